//! Who calls, and what they may do.

mod error;
mod keys;
mod known;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::lock;
use tapedeck_domain::access::{KeyText, Scope, Ticket, TicketText};
use tapedeck_domain::actor::Actor;
use tapedeck_domain::id::{KeyId, KeyName};
use tapedeck_domain::port::{Clock, Entropy, Ids, KeyStore, StorageError, TicketStore};
use tapedeck_domain::time::Timestamp;

pub use error::{AccessError, KeyError};
pub use keys::{Keys, NewKey};

use known::Known;

use crate::outage::warn_of;

/// How old what is known of the keys may be: a key that was revoked, by whatever process, is
/// refused within a second.
const REFRESH: Duration = Duration::from_millis(400);
/// How soon the store is asked again about a key that is not known.
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// Last uses are written once in so many refreshes, not once a request.
const WRITE_EVERY: u32 = 25;

/// What access is decided by.
#[derive(Clone)]
#[expect(missing_docs, reason = "each is described by its port")]
pub struct AccessPorts {
    pub keys: Arc<dyn KeyStore>,
    pub tickets: Arc<dyn TicketStore>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub entropy: Arc<dyn Entropy>,
}

/// Tells who calls. All keys are held in memory and read again all the time, so that a request
/// waits for no store, and the server goes on with what it knows when the store is away.
#[derive(Clone)]
pub struct Access(Arc<Inner>);

struct Inner {
    ports: AccessPorts,
    known: RwLock<Option<Arc<Known>>>,
    /// The last question to the store; held while there is one.
    asked: lock::Mutex<Option<Asked>>,
    uses: Mutex<BTreeMap<KeyId, Timestamp>>,
}

/// A question to the store.
#[derive(Clone, Copy)]
struct Asked {
    began: Duration,
    answered: bool,
}

/// What a client sent to say who it is.
#[derive(Debug, Clone)]
pub enum Credential {
    /// Nothing.
    None,
    /// What should be a key.
    Key(String),
    /// What should be a ticket.
    Ticket(String),
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Anybody: there are no keys.
    Anonymous,
    /// The holder of a key, or of a ticket that one was exchanged for.
    Key {
        /// Which one.
        id: KeyId,
        /// Its name.
        name: KeyName,
        /// What it may do.
        scope: Scope,
    },
}

impl Caller {
    /// As the audit trail has it.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Anonymous => Actor::anonymous(),
            Self::Key { name, .. } => Actor::key(name),
        }
    }

    /// Whether this is allowed. Without keys, everything is.
    pub fn may(&self, needed: Scope) -> bool {
        match self {
            Self::Anonymous => true,
            Self::Key { scope, .. } => scope.includes(needed),
        }
    }

    /// Which key, if there is one.
    pub const fn key(&self) -> Option<KeyId> {
        match self {
            Self::Anonymous => None,
            Self::Key { id, .. } => Some(*id),
        }
    }
}

impl Access {
    /// Over these ports. Nothing is known until [`refresh`](Self::refresh) has succeeded once.
    pub fn new(ports: AccessPorts) -> Self {
        Self(Arc::new(Inner {
            ports,
            known: RwLock::default(),
            asked: lock::Mutex::default(),
            uses: Mutex::default(),
        }))
    }

    fn known(&self) -> Option<Arc<Known>> {
        self.0.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a key is needed: there is one, or was. Revoking the last one opens nothing.
    /// `None` when that was never found out.
    pub fn is_closed(&self) -> Option<bool> {
        self.known().map(|known| !known.is_empty())
    }

    /// Who sent this, as far as that can be told without the store; `None` when it cannot.
    pub fn known_caller(&self, credential: &Credential) -> Option<Result<Caller, AccessError>> {
        let known = self.known()?;
        if known.is_empty() {
            return Some(Ok(Caller::Anonymous));
        }
        match credential {
            Credential::None => Some(Err(AccessError::Missing)),
            Credential::Key(text) => {
                let Some(key) = KeyText::parse(text) else {
                    return Some(Err(AccessError::Unknown));
                };
                Some(self.admit(known.holder(&key, self.0.ports.clock.now())?))
            }
            Credential::Ticket(text) => {
                TicketText::parse(text).is_none().then_some(Err(AccessError::Ticket))
            }
        }
    }

    /// Who sent this. Asks the store about a key that is not known, since another process may
    /// have made it just now, and takes the ticket that it names.
    ///
    /// # Errors
    /// See [`AccessError`].
    pub async fn caller(&self, credential: Credential) -> Result<Caller, AccessError> {
        if let Some(caller) = self.known_caller(&credential) {
            return caller;
        }
        if self.known().is_some()
            && let Credential::Ticket(text) = &credential
        {
            return self.holder_of_ticket(text).await;
        }
        self.ask().await?;
        match (self.known_caller(&credential), credential) {
            (Some(caller), _) => caller,
            (None, Credential::Ticket(text)) => self.holder_of_ticket(&text).await,
            (None, Credential::Key(_)) => Err(AccessError::Unknown),
            (None, Credential::None) => Err(silent()),
        }
    }

    fn admit(&self, caller: Result<Caller, AccessError>) -> Result<Caller, AccessError> {
        let caller = caller?;
        if let Some(id) = caller.key() {
            let now = self.0.ports.clock.now();
            self.0.uses.lock().unwrap_or_else(PoisonError::into_inner).insert(id, now);
        }
        Ok(caller)
    }

    async fn holder_of_ticket(&self, text: &str) -> Result<Caller, AccessError> {
        let ticket = TicketText::parse(text).ok_or(AccessError::Ticket)?;
        let now = self.0.ports.clock.now();
        let ticket = self.0.ports.tickets.take(&ticket.hash(), now).await?;
        let id = ticket.and_then(|ticket| ticket.key).ok_or(AccessError::Ticket)?;
        let known = self.known().ok_or(AccessError::Ticket)?;
        self.admit(known.by_id(id, now).ok_or(AccessError::Ticket)?)
    }

    /// A ticket for `caller`, good for one socket or stream.
    ///
    /// # Errors
    /// It cannot be made or kept.
    pub async fn ticket(&self, caller: &Caller) -> Result<(TicketText, Ticket), KeyError> {
        let text = TicketText::from_random(self.0.ports.entropy.bits()?);
        let created_at = self.0.ports.clock.now();
        let expires_at = created_at.plus(Ticket::LIFE);
        let ticket = Ticket { hash: text.hash(), key: caller.key(), created_at, expires_at };
        self.0.ports.tickets.put(ticket.clone()).await?;
        Ok((text, ticket))
    }

    /// Reads the keys again. What was known stays where the store does not answer.
    ///
    /// # Errors
    /// The store failed.
    pub async fn refresh(&self) -> Result<(), StorageError> {
        let mut asked = self.0.asked.lock().await;
        self.read(&mut asked).await
    }

    async fn read(&self, asked: &mut Option<Asked>) -> Result<(), StorageError> {
        let began = self.0.ports.clock.monotonic();
        let keys = self.0.ports.keys.all().await;
        *asked = Some(Asked { began, answered: keys.is_ok() });
        let known = Some(Arc::new(Known::new(keys?)));
        *self.0.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(())
    }

    /// Has the keys read once after this was called, by whomever: whoever sends keys at random
    /// makes no more than ten questions a second of them.
    async fn ask(&self) -> Result<(), AccessError> {
        let clock = &self.0.ports.clock;
        let called = clock.monotonic();
        let mut asked = self.0.asked.lock().await;
        if let Some(last) = *asked {
            if last.began > called {
                return if last.answered { Ok(()) } else { Err(silent()) };
            }
            let pause = (last.began + ASK_AGAIN).saturating_sub(clock.monotonic());
            if !pause.is_zero() {
                clock.sleep(pause).await;
            }
        }
        Ok(self.read(&mut asked).await?)
    }

    /// Keeps what is known fresh until `stop`, and writes down when keys were used.
    pub async fn keep(self, stop: impl Future<Output = ()>) {
        let (mut stop, mut failing, mut turn) = (std::pin::pin!(stop), false, 0);
        loop {
            let pause = self.0.ports.clock.sleep(REFRESH);
            if let Either::Left(_) = select(stop.as_mut(), pause).await {
                break self.write_uses().await;
            }
            let failed = self.refresh().await.err();
            if let Some(error) = failed.as_ref().filter(|_| !failing) {
                warn_of(error, "the access keys cannot be read; those that are known still hold");
            }
            failing = failed.is_some();
            turn = (turn + 1) % WRITE_EVERY;
            if turn == 0 && !failing {
                self.write_uses().await;
            }
        }
    }

    async fn write_uses(&self) {
        let uses = std::mem::take(&mut *self.0.uses.lock().unwrap_or_else(PoisonError::into_inner));
        if uses.is_empty() {
            return;
        }
        if let Err(error) = self.0.ports.keys.touch(uses.into_iter().collect()).await {
            tracing::debug!(%error, "when keys were last used was not kept");
        }
    }
}

/// The keys were asked for a moment ago, in vain.
fn silent() -> AccessError {
    AccessError::Storage(StorageError::unavailable("the keys could not be read a moment ago"))
}
