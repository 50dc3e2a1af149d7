//! Says once that the server is away, and once that it is back, however many calls find out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use tokio::time::Instant;

/// Whether the server is there, as far as calls know. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Reach {
    place: Arc<str>,
    state: Arc<Mutex<Option<Absence>>>,
}

/// Since when it is away.
struct Absence {
    since: Instant,
    /// Since when calls succeed again.
    steady: Option<Instant>,
    failed: u64,
}

/// Calls must succeed for so long before the server is said to be back, so that one which comes
/// and goes is reported once.
const STEADY: Duration = Duration::from_secs(1);

impl Reach {
    /// Of a server that has just answered.
    pub(crate) fn new(place: &str) -> Self {
        Self { place: place.into(), state: Arc::default() }
    }

    /// A call failed since the server is away.
    pub(crate) fn lost(&self, reason: &str) {
        let mut state = self.lock();
        if let Some(absence) = state.as_mut() {
            absence.failed += 1;
            absence.steady = None;
            return;
        }
        *state = Some(Absence { since: Instant::now(), steady: None, failed: 1 });
        drop(state);
        tracing::error!(
            database = %self.place,
            reason,
            "the database is away; nothing is started or kept until it is back"
        );
    }

    /// A call succeeded.
    pub(crate) fn found(&self) {
        let mut state = self.lock();
        let Some(absence) = state.as_mut() else { return };
        let now = Instant::now();
        if now.duration_since(*absence.steady.get_or_insert(now)) < STEADY {
            return;
        }
        let (away, failed) = (now.duration_since(absence.since), absence.failed);
        *state = None;
        drop(state);
        let away_ms = u64::try_from(away.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(
            database = %self.place,
            away_ms,
            failed_calls = failed,
            "the database is back"
        );
    }

    fn lock(&self) -> MutexGuard<'_, Option<Absence>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error of a call that may say that the server is away.
pub(crate) trait SaysAway {
    /// Why it is, if it is.
    fn away(&self) -> Option<String>;
}

impl SaysAway for DieselError {
    fn away(&self) -> Option<String> {
        let DieselError::DatabaseError(kind, said) = self else { return None };
        let lost = matches!(
            kind,
            DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection
        );
        // What a server says of itself while it stops or starts.
        let ends = ["terminating connection", "the database system is"];
        let says_so = || ends.iter().any(|text| said.message().contains(text));
        (lost || says_so()).then(|| said.message().to_owned())
    }
}

impl SaysAway for tapedeck_domain::port::StorageError {
    fn away(&self) -> Option<String> {
        use std::error::Error as _;
        self.is_away().then(|| self.source().map(ToString::to_string).unwrap_or_default())
    }
}
