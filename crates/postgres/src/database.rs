//! The pool of connections, and how long anything may take.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use diesel::ConnectionError;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};

use crate::reach::{Reach, SaysAway};
use tapedeck_sql::pool::{InUse, lend};

use crate::target::Target;

type Connection = Object<AsyncPgConnection>;

/// A database on a server. Cloning shares the pool.
#[derive(Clone)]
pub struct Database {
    pool: Pool<AsyncPgConnection>,
    target: Arc<Target>,
    reach: Reach,
    acquire_timeout: Duration,
    call_timeout: Duration,
}

/// How many connections, and how patient.
#[derive(Debug, Clone, Copy)]
pub struct DatabaseOptions {
    /// Size of the pool.
    pub max_connections: usize,
    /// How long a call waits for a connection, a new one included.
    pub acquire_timeout: Duration,
    /// How long the server works on one statement.
    pub statement_timeout: Duration,
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL cannot be used.
    #[error("the database URL cannot be used: {reason}")]
    Url {
        /// What is wrong with it; never the URL itself.
        reason: String,
    },
    /// There is no answer, or not one that is final: trying again may help.
    #[error("postgres at {place} cannot be reached: {reason}")]
    Unreachable {
        /// Host, port and database.
        place: String,
        /// What the system, the driver or the server said.
        reason: String,
    },
    /// The server does not let this user into this database.
    #[error("postgres at {place} refuses the connection: {reason}")]
    Refused {
        /// Host, port and database.
        place: String,
        /// What the server said.
        reason: String,
    },
}

impl OpenError {
    /// Whether the same attempt may succeed later.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}

/// What a call may take beyond what one statement may: the server's own limit should speak
/// first, since it knows the reason.
const GRACE: Duration = Duration::from_secs(1);

impl Database {
    /// Connects once, to find out now whether it can be done.
    ///
    /// # Errors
    /// See [`OpenError`]; none of them shows the password.
    pub async fn open(url: &str, options: DatabaseOptions) -> Result<Self, OpenError> {
        let target = Arc::new(Target::parse(url, &options)?);
        drop(target.connect().await?);
        let built = pool(&target, options.max_connections);
        let pool = built.map_err(|reason| OpenError::Url { reason })?;
        tapedeck_sql::pool::opened(options.max_connections);
        let call_timeout = options.statement_timeout + GRACE;
        let (reach, acquire_timeout) = (Reach::new(target.place()), options.acquire_timeout);
        Ok(Self { pool, target, reach, acquire_timeout, call_timeout })
    }

    /// Host, port and database, for people.
    pub fn place(&self) -> &str {
        self.target.place()
    }

    /// Lends a connection of the pool to `work`, within the limit of a call. A server that is
    /// away is reported here, once for all callers.
    pub(crate) async fn run<R, E: From<DieselError> + SaysAway>(
        &self,
        work: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<R, E>,
    ) -> Result<R, E> {
        let result = self.lend(work).await;
        match result.as_ref().err().map(SaysAway::away) {
            None => self.reach.found(),
            Some(Some(reason)) => self.reach.lost(&reason),
            // The server answers, and will not do this.
            Some(None) => {}
        }
        result
    }

    async fn lend<R, E: From<DieselError>>(
        &self,
        work: impl AsyncFnOnce(&mut AsyncPgConnection) -> Result<R, E>,
    ) -> Result<R, E> {
        let (connection, _in_use) = self.connection().await?;
        let mut lent = Lent(Some(connection));
        let Some(conn) = lent.0.as_mut() else { return Err(unavailable("no connection").into()) };
        match tokio::time::timeout(self.call_timeout, work(conn)).await {
            Ok(result) => {
                drop(lent.0.take());
                result
            }
            Err(_) => {
                // Whatever made this one fall silent has probably silenced those that lie idle,
                // too; who comes next should not have to find out one by one.
                self.pool.retain(|_, _| false);
                tapedeck_sql::pool::fell_silent();
                Err(unavailable("no answer in time").into())
            }
        }
    }

    async fn connection(&self) -> Result<(Connection, InUse), DieselError> {
        let size = || self.pool.status().size;
        lend(self.acquire_timeout, self.pool.get(), size).await.map_err(unavailable)
    }

    /// A connection of its own, outside the pool.
    pub(crate) async fn dedicated(&self) -> Result<AsyncPgConnection, OpenError> {
        self.target.connect().await
    }

    /// How long to wait for an answer to one statement.
    pub(crate) const fn call_timeout(&self) -> Duration {
        self.call_timeout
    }
}

/// A connection that is dropped, and not given back, when the call that has it is given up: its
/// answer may still be coming, or never.
struct Lent(Option<Connection>);

impl Drop for Lent {
    fn drop(&mut self) {
        drop(self.0.take().map(Object::take));
    }
}

fn unavailable(reason: impl Display) -> DieselError {
    DieselError::DatabaseError(DatabaseErrorKind::UnableToSendCommand, Box::new(reason.to_string()))
}

fn pool(target: &Arc<Target>, size: usize) -> Result<Pool<AsyncPgConnection>, String> {
    let mut config = ManagerConfig::default();
    // Without a question before each call: that would double the way to the server. A connection
    // that was closed is known to be, and one that fell silent is found by the limit of the call.
    config.recycling_method = RecyclingMethod::Fast;
    let target = target.clone();
    config.custom_setup = Box::new(move |_| {
        let target = target.clone();
        Box::pin(async move {
            let connected = target.connect().await;
            connected.map_err(|error| ConnectionError::BadConnection(error.to_string()))
        })
    });
    // Without the URL: the setup has it, and the manager has no use for a password.
    let manager = AsyncDieselConnectionManager::new_with_config("", config);
    Pool::builder(manager).max_size(size).build().map_err(|error| error.to_string())
}
