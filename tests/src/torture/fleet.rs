//! Several servers that share one database, and a place for what they leave behind.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;

use super::server::{Plan, Server};

/// Where servers can be reached now. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub struct Addresses(Arc<Mutex<Vec<SocketAddr>>>);

impl Addresses {
    /// These, from now on.
    pub fn set(&self, addresses: Vec<SocketAddr>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = addresses;
    }

    /// The one that comes at `turn`, if there is any.
    pub fn at(&self, turn: usize) -> Option<SocketAddr> {
        let addresses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = addresses.len();
        addresses.get(turn.checked_rem(count)?).copied()
    }
}

/// Directories of a test: removed with it, but kept when it fails.
pub struct Place(Option<TempDir>);

impl Place {
    /// New and empty.
    pub fn new() -> Self {
        Self(Some(tempfile::Builder::new().prefix("tapedeck-torture.").tempdir().unwrap()))
    }

    /// For logs and the history.
    pub fn logs(&self) -> &Path {
        self.0.as_ref().unwrap().path()
    }

    /// For the servers.
    pub fn data(&self) -> PathBuf {
        self.logs().join("data")
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let dir = self.0.take().filter(|_| std::thread::panicking());
        if let Some(dir) = dir {
            super::seed::say(&format!("kept for you: {}", dir.keep().display()));
        }
    }
}

/// Servers over one database.
pub struct Fleet {
    servers: Vec<Server>,
    addresses: Addresses,
}

impl Fleet {
    /// Starts them one after another, so that one of them makes the schema.
    pub async fn start(plans: Vec<Plan>) -> Self {
        let (mut servers, addresses) = (Vec::new(), Addresses::default());
        for plan in plans {
            servers.push(Server::start(plan).await);
        }
        let fleet = Self { servers, addresses };
        fleet.tell();
        fleet
    }

    /// Where they can be reached; follows them.
    pub fn addresses(&self) -> Addresses {
        self.addresses.clone()
    }

    /// How many there are.
    pub fn size(&self) -> usize {
        self.servers.len()
    }

    /// One of them.
    pub fn server(&mut self, index: usize) -> &mut Server {
        &mut self.servers[index]
    }

    /// Kills one and starts it again.
    pub async fn kill_and_restart(&mut self, index: usize) {
        self.servers[index].kill();
        self.servers[index].restart().await;
        self.tell();
    }

    /// Tells clients where the servers are.
    pub fn tell(&self) {
        self.addresses.set(self.servers.iter().map(|server| server.address).collect());
    }
}
