//! What the tests of this program have in common.

use tapedeck_tests::torture::api::Api;
use tapedeck_tests::torture::fleet::{Addresses, Fleet, Place};
use tapedeck_tests::torture::history::History;
use tapedeck_tests::torture::postgres::Postgres;
use tapedeck_tests::torture::server::Plan;

/// Where jobs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

/// Directories and a database, for one test.
pub(crate) struct World {
    pub(crate) place: Place,
    pub(crate) postgres: Option<Postgres>,
}

impl World {
    pub(crate) async fn new(database: Database) -> Self {
        let postgres = match database {
            Database::Sqlite => None,
            Database::Postgres => Some(Postgres::start().await),
        };
        Self { place: Place::new(), postgres }
    }

    /// A server of this world.
    pub(crate) fn plan(&self, name: &str) -> Plan {
        let url = self.postgres.as_ref().map(Postgres::url);
        Plan::serve(&self.place.data(), self.place.logs(), name).on(url.as_deref())
    }

    /// So many servers.
    pub(crate) async fn fleet(&self, size: usize) -> Fleet {
        Fleet::start((0..size).map(|number| self.plan(&format!("server-{number}"))).collect()).await
    }

    /// A client of the servers at these addresses.
    pub(crate) fn api(&self, addresses: Addresses) -> Api {
        Api::new(addresses, History::new(&self.place.logs().join("history.jsonl")))
    }
}

/// Where a library of the system is that is put before a program.
pub(crate) fn library(name: &str) -> String {
    let dirs =
        ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"];
    let mut places = dirs.iter().map(|dir| format!("{dir}/{name}"));
    places
        .find(|path| std::path::Path::new(path).exists())
        .unwrap_or_else(|| panic!("missing: {name}; scripts/torture.sh installs it or says how"))
}
