//! What was changed at run time, as this process last saw it.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;
use tapedeck_domain::actor::{Actor, Requester};
use tapedeck_domain::audit::AuditEntry;
use tapedeck_domain::id::RequestId;
use tapedeck_domain::port::{Clock, Override, OverrideChange, OverrideStore, StorageError};

/// What was changed at run time. Reading is cheap and asks nobody: a process reads what it saw
/// when it last looked, and keeps that while the store is away. Cloning shares it.
#[derive(Clone)]
pub struct Overrides(Arc<Inner>);

struct Inner {
    store: Arc<dyn OverrideStore>,
    clock: Arc<dyn Clock>,
    seen: RwLock<BTreeMap<String, Override>>,
}

/// Who changes something, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decider {
    /// Who.
    pub actor: Actor,
    /// The request, if there was one.
    pub request_id: Option<RequestId>,
}

impl Decider {
    /// Whoever works at the machine itself.
    pub fn command_line() -> Self {
        Self { actor: Actor::command_line(), request_id: None }
    }
}

impl From<Requester> for Decider {
    fn from(Requester { actor, request_id }: Requester) -> Self {
        Self { actor, request_id: Some(request_id) }
    }
}

/// A decision about one key, in the words of the audit trail.
pub(crate) struct Decision<'a> {
    pub(crate) key: String,
    pub(crate) value: Option<Value>,
    pub(crate) action: &'static str,
    pub(crate) subject: String,
    /// What holds under an override, or under none.
    pub(crate) effect: &'a (dyn Fn(Option<&Value>) -> Value + Send + Sync),
}

/// Changes at the same moment, after which no further try is made.
const TRIES: usize = 10;

impl Overrides {
    /// Kept in `store`. Nothing is known of it until it is looked at.
    pub fn new(store: Arc<dyn OverrideStore>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner { store, clock, seen: RwLock::default() }))
    }

    /// Looks at the store. What was known before holds on where it does not answer.
    ///
    /// # Errors
    /// The store failed.
    pub async fn refresh(&self) -> Result<(), StorageError> {
        let all = self.0.store.all().await?;
        let seen = all.into_iter().map(|held| (held.key.clone(), held)).collect();
        *self.0.seen.write().unwrap_or_else(PoisonError::into_inner) = seen;
        Ok(())
    }

    /// What this process knows of a key.
    pub fn get(&self, key: &str) -> Option<Override> {
        self.0.seen.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Sets or takes back one, and says whether that changed anything. What would change nothing
    /// is no decision, and is not recorded.
    pub(crate) async fn decide(
        &self,
        decision: Decision<'_>,
        decider: Decider,
    ) -> Result<bool, StorageError> {
        for _ in 0..TRIES {
            self.refresh().await?;
            let expected = self.get(&decision.key).map(|held| held.value);
            if expected == decision.value {
                return Ok(false);
            }
            let change = self.change(&decision, expected, decider.clone());
            if self.0.store.change(change).await? {
                self.refresh().await?;
                return Ok(true);
            }
        }
        Err(StorageError::unavailable("others change the same thing all the time"))
    }

    fn change(
        &self,
        decision: &Decision<'_>,
        expected: Option<Value>,
        Decider { actor, request_id }: Decider,
    ) -> OverrideChange {
        let at = self.0.clock.now();
        let audit = AuditEntry {
            at,
            actor: actor.clone(),
            action: decision.action.to_owned(),
            subject: decision.subject.clone(),
            request_id: request_id.clone(),
            before: Some((decision.effect)(expected.as_ref())),
            after: Some((decision.effect)(decision.value.as_ref())),
        };
        let next = decision.value.clone().map(|value| {
            let key = decision.key.clone();
            Override { key, value, at, by: actor, request_id }
        });
        OverrideChange { key: decision.key.clone(), expected, next, audit }
    }
}
