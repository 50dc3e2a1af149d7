//! Access keys and tickets in memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tapedeck_domain::access::{AccessKey, SecretHash, Ticket};
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::id::KeyId;
use tapedeck_domain::port::{KeyStore, NameTaken, Revoked, StorageError, TicketStore};
use tapedeck_domain::time::Timestamp;

use super::MemoryJobs;

/// Keys and tickets; decisions are added to the trail of the jobs.
pub struct MemoryAccess {
    state: Mutex<State>,
    trail: Arc<MemoryJobs>,
}

#[derive(Default)]
struct State {
    keys: Vec<AccessKey>,
    tickets: Vec<Ticket>,
}

impl MemoryAccess {
    /// Without any key.
    pub fn new(trail: Arc<MemoryJobs>) -> Self {
        Self { state: Mutex::default(), trail }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl KeyStore for MemoryAccess {
    async fn add(
        &self,
        key: AccessKey,
        audit: AuditEntry,
    ) -> Result<Result<(), NameTaken>, StorageError> {
        let mut state = self.lock();
        if state.keys.iter().any(|other| other.name == key.name) {
            return Ok(Err(NameTaken));
        }
        state.keys.push(key);
        state.keys.sort_by_key(|key| (key.created_at, key.id));
        self.trail.record(audit);
        Ok(Ok(()))
    }

    async fn all(&self) -> Result<Vec<AccessKey>, StorageError> {
        Ok(self.lock().keys.clone())
    }

    async fn revoke(
        &self,
        id: KeyId,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<Revoked, StorageError> {
        let mut state = self.lock();
        let Some(key) = state.keys.iter_mut().find(|key| key.id == id) else {
            return Ok(Revoked::NotFound);
        };
        if key.revoked_at.is_some() {
            return Ok(Revoked::Before);
        }
        key.revoked_at = Some(at);
        self.trail.record(audit);
        Ok(Revoked::Now)
    }

    async fn touch(&self, uses: Vec<(KeyId, Timestamp)>) -> Result<(), StorageError> {
        let mut state = self.lock();
        for (id, at) in uses {
            for key in state.keys.iter_mut().filter(|key| key.id == id) {
                key.last_used_at = key.last_used_at.max(Some(at));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl TicketStore for MemoryAccess {
    async fn put(&self, ticket: Ticket) -> Result<(), StorageError> {
        let mut state = self.lock();
        state.tickets.retain(|old| old.expires_at > ticket.created_at);
        state.tickets.push(ticket);
        Ok(())
    }

    async fn take(
        &self,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<Ticket>, StorageError> {
        let mut state = self.lock();
        let valid = |ticket: &Ticket| ticket.hash == *hash && ticket.expires_at > now;
        let place = state.tickets.iter().position(valid);
        Ok(place.map(|place| state.tickets.remove(place)))
    }
}
