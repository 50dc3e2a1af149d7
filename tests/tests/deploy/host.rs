//! A machine with builds, instances and something that restarts them, in a folder.
#![expect(clippy::disallowed_methods, reason = "runs scripts and the binary")]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tapedeck_tests::binary;
use tempfile::TempDir;

use crate::support::TestDatabase;

/// Stops an instance and starts the current build of it, as its unit would.
const RESTART: &str = r#"#!/bin/sh
set -u
dir=$(dirname "$0")
pid=$(cat "$dir/$1.pid" 2>/dev/null || echo none)
if [ -e "/proc/$pid" ]; then
    kill -TERM "$pid"
    while [ -e "/proc/$pid" ] && ! grep -q '^State:.Z' "/proc/$pid/status"; do sleep 0.05; done
fi
[ "${2:-}" != stop ] || exit 0
cd "$dir"
env -i PATH="$PATH" $(grep -h '^[A-Z]' etc/common.env "etc/$1.env") DATABASE_URL="$(cat etc/secrets/database_url)" \
    home/current/tapedeck serve >>"$1.log" 2>&1 9>&- &
echo $! >"$1.pid"
"#;

pub(crate) struct Host {
    dir: TempDir,
    pub(crate) instances: Vec<String>,
}

impl Host {
    /// An API process and a worker on one database, none of them started.
    pub(crate) fn new(database: &TestDatabase) -> Self {
        let dir = TempDir::new().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("etc/secrets")).unwrap();
        fs::create_dir_all(at("home")).unwrap();
        let shared = format!(
            "# What both share.\nTAPEDECK_DATA_DIR={}\nLOG_FORMAT=json\n\
             TAPEDECK__DATABASE__MIGRATE_ON_START=false\n",
            at("data").display(),
        );
        fs::write(at("etc/common.env"), shared).unwrap();
        fs::write(at("etc/secrets/database_url"), database.url()).unwrap();
        let host = Self { dir, instances: vec!["api-1".into(), "worker-2".into()] };
        for instance in &host.instances {
            let role = instance.split('-').next().unwrap();
            let own = format!("TAPEDECK_ROLE={role}\nBACKEND_PORT={}\n", free_port());
            fs::write(host.path(&format!("etc/{instance}.env")), own).unwrap();
        }
        host.executable("restart", RESTART);
        host
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A program that says which build it is, and does `serve` or `migrate` in a way of its own.
    pub(crate) fn build(&self, version: &str, special: &str) -> PathBuf {
        let program = binary();
        let script = format!(
            "#!/bin/sh\nexport RELEASE_OF_TEST={version}\ncase \"$1\" in\n{special}\nesac\n\
             exec {} \"$@\"\n",
            program.display(),
        );
        self.executable(&format!("build-{version}"), &script)
    }

    fn executable(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Runs `deploy/release.sh`: its exit code and all that it said.
    pub(crate) fn release(&self, program: &Path, version: &str) -> (Option<i32>, String) {
        let restart = self.path("restart");
        let stop =
            self.executable("stop", "#!/bin/sh\nexec \"$(dirname \"$0\")/restart\" \"$1\" stop\n");
        let mut command = Command::new(crate::files::root().join("deploy/release.sh"));
        command.arg(program).arg(version).env("TAPEDECK_HOME", self.path("home"));
        command.env("TAPEDECK_ETC", self.path("etc")).env("TAPEDECK_UNIT", "");
        command.env("TAPEDECK_RESTART", restart).env("TAPEDECK_STOP", stop);
        command.env("TAPEDECK_INSTANCES", self.instances.join(" "));
        // Those that get ready do within a second or two; on a busy machine, later.
        let patience = if version.starts_with("good") { "120" } else { "4" };
        command.env("TAPEDECK_WAIT_S", patience).env("TAPEDECK_RUN_AS", "none");
        let output = command.output().unwrap();
        (output.status.code(), said(&output))
    }

    pub(crate) fn current(&self) -> String {
        fs::read_link(self.path("home/current")).unwrap().display().to_string()
    }

    pub(crate) fn pid(&self, instance: &str) -> String {
        fs::read_to_string(self.path(&format!("{instance}.pid"))).unwrap().trim().to_owned()
    }

    /// Which build an instance is of, as its process says.
    pub(crate) fn build_of(&self, instance: &str) -> String {
        let path = format!("/proc/{}/environ", self.pid(instance));
        let environment = String::from_utf8(fs::read(path).unwrap()).unwrap();
        let mut variables = environment.split('\0');
        variables.find_map(|one| one.strip_prefix("RELEASE_OF_TEST=")).unwrap_or("").to_owned()
    }

    /// Asks an instance whether it is ready, as `tapedeck healthcheck` does.
    pub(crate) fn is_ready(&self, instance: &str) -> bool {
        let own = fs::read_to_string(self.path(&format!("etc/{instance}.env"))).unwrap();
        let port = own.lines().find_map(|line| line.strip_prefix("BACKEND_PORT=")).unwrap();
        let mut command = Command::new(binary());
        command.env_clear().current_dir(self.dir.path()).arg("healthcheck");
        command.env("BACKEND_PORT", port).output().unwrap().status.success()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        for instance in &self.instances {
            if self.path(&format!("{instance}.pid")).exists() {
                let _ = Command::new("kill").args(["-KILL", &self.pid(instance)]).output();
            }
        }
    }
}

/// Free a moment ago; nobody else asks for it by its number.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) fn said(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    format!("{stdout}{}", String::from_utf8_lossy(&output.stderr))
}
