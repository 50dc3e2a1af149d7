//! The yardstick: how many single rows a second pgbench inserts into the same Postgres.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::support::{TestDatabase, client};

/// A row such as a queue has: a key, a state in a few numbers, and a payload of 256 characters.
const TABLE: &str = "CREATE TABLE rows (id text PRIMARY KEY, status int NOT NULL, \
                     priority int NOT NULL, created_at bigint NOT NULL, payload text NOT NULL)";

const INSERT: &str = "\\set n random(1, 1000000000)\n\
     INSERT INTO rows VALUES (gen_random_uuid()::text, 0, 1, :n, repeat(md5(:n::text), 8));\n";

/// pgbench with its script.
pub(crate) struct PgBench {
    program: PathBuf,
    dir: TempDir,
}

impl PgBench {
    pub(crate) fn new(program: &Path) -> Self {
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("insert.sql"), INSERT).unwrap();
        Self { program: program.to_owned(), dir }
    }

    /// Inserts a second by so many clients, in a database of its own.
    pub(crate) async fn rate(&self, clients: usize, time: Duration) -> f64 {
        let database = TestDatabase::empty().await;
        client(&database.name).await.batch_execute(TABLE).await.unwrap();
        let output = self.command(&database, clients, time).output().await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        let tps = said.lines().find_map(|line| line.strip_prefix("tps = ")).unwrap();
        tps.split(' ').next().unwrap().parse().unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "starts pgbench")]
    fn command(&self, database: &TestDatabase, clients: usize, time: Duration) -> Command {
        let config: Config = database.url().parse().unwrap();
        let [Host::Tcp(host)] = config.get_hosts() else { panic!("one host") };
        let mut command = Command::new(&self.program);
        command.args(["-n", "-M", "prepared", "-f"]).arg(self.dir.path().join("insert.sql"));
        command.args(["-c", &clients.to_string(), "-j", &clients.min(2).to_string()]);
        command.args(["-T", &time.as_secs().to_string()]);
        command.args(["-h", host, "-p", &config.get_ports()[0].to_string()]);
        command.args(["-U", config.get_user().unwrap(), &database.name]);
        command.env("PGPASSWORD", std::str::from_utf8(config.get_password().unwrap()).unwrap());
        command
    }
}
