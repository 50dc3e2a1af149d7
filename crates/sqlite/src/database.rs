//! The file, its pool of connections, and how each of them is set up.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sqlite::SqliteConnection;
use diesel_async::AsyncConnection as _;
use diesel_async::pooled_connection::deadpool::{Object, Pool};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use tapedeck_sql::pool::{InUse, lend};
use tokio::sync::Mutex;

use crate::location::{directory, network_file_system};

type Connection = SyncConnectionWrapper<SqliteConnection>;

/// An open database file. Cloning shares the pool.
#[derive(Clone)]
pub struct Database {
    pool: Pool<Connection>,
    path: Arc<Path>,
    acquire_timeout: Duration,
    /// Writers of this process queue here, in order; only writers of other processes make
    /// SQLite itself wait.
    writer: Arc<Mutex<()>>,
}

/// Why a database file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its directory cannot be made.
    #[error("the directory {} of the database cannot be created", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Its file system is another machine's.
    #[error(
        "{} is on a network file system ({kind}), where SQLite's locks are not reliable; \
         use a local disk, or Postgres", path.display()
    )]
    NetworkFileSystem {
        /// The file.
        path: PathBuf,
        /// The kind of file system.
        kind: &'static str,
    },
    /// It is there, and it cannot be opened or written.
    #[error("the database {} cannot be opened: {reason}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
}

impl Database {
    /// Opens `path`, creating the file and its directory where they are missing.
    ///
    /// # Errors
    /// See [`OpenError`]; nothing is left half made.
    pub async fn open(
        path: &Path,
        max_connections: usize,
        acquire_timeout: Duration,
    ) -> Result<Self, OpenError> {
        let dir = directory(path);
        std::fs::create_dir_all(&dir)
            .map_err(|source| OpenError::Directory { path: dir.clone(), source })?;
        if let Some(kind) = network_file_system(&dir) {
            return Err(OpenError::NetworkFileSystem { path: path.to_owned(), kind });
        }
        let unusable = |reason: String| OpenError::Unusable { path: path.to_owned(), reason };
        let pool = pool(path, max_connections).map_err(unusable)?;
        tapedeck_sql::pool::opened(max_connections);
        let writer = Arc::new(Mutex::new(()));
        let database = Self { pool, path: path.into(), acquire_timeout, writer };
        // Takes the write lock once, so that a read-only file is found now and not at night.
        database.write(|_| Ok::<_, DieselError>(())).await.map_err(|e| unusable(e.to_string()))?;
        Ok(database)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `body` on a blocking thread, in a transaction that sees one state of the database.
    pub(crate) async fn read<R, E>(
        &self,
        body: impl FnOnce(&mut SqliteConnection) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<DieselError> + Send + 'static,
    {
        let (mut conn, _in_use) = self.connection().await?;
        conn.spawn_blocking(move |conn| Ok(conn.transaction(body))).await?
    }

    /// Runs `body` on a blocking thread, in a transaction that holds the write lock from its
    /// start; an error takes everything back.
    pub(crate) async fn write<R, E>(
        &self,
        body: impl FnOnce(&mut SqliteConnection) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<DieselError> + Send + 'static,
    {
        let _turn = self.writer.lock().await;
        let (mut conn, _in_use) = self.connection().await?;
        conn.spawn_blocking(move |conn| Ok(conn.immediate_transaction(body))).await?
    }

    /// Runs `body` on a blocking thread, outside any transaction.
    pub(crate) async fn bare<R, E>(
        &self,
        body: impl FnOnce(&mut SqliteConnection) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<DieselError> + Send + 'static,
    {
        let (mut conn, _in_use) = self.connection().await?;
        conn.spawn_blocking(move |conn| Ok(body(conn))).await?
    }

    async fn connection(&self) -> Result<(Object<Connection>, InUse), DieselError> {
        let size = || self.pool.status().size;
        lend(self.acquire_timeout, self.pool.get(), size).await.map_err(unavailable)
    }
}

fn unavailable(reason: impl Display) -> DieselError {
    DieselError::DatabaseError(DatabaseErrorKind::UnableToSendCommand, Box::new(reason.to_string()))
}

fn pool(path: &Path, max_connections: usize) -> Result<Pool<Connection>, String> {
    let url = path.to_str().ok_or("its path is not UTF-8")?;
    let mut config = ManagerConfig::<Connection>::default();
    config.custom_setup = Box::new(|url| {
        Box::pin(async move {
            let mut conn = Connection::establish(url).await?;
            conn.spawn_blocking(|conn| conn.batch_execute(PRAGMAS))
                .await
                .map_err(|error| diesel::ConnectionError::BadConnection(error.to_string()))?;
            Ok(conn)
        })
    });
    let manager = AsyncDieselConnectionManager::new_with_config(url, config);
    Pool::builder(manager).max_size(max_connections).build().map_err(|error| error.to_string())
}

/// The busy timeout comes first: switching to the write-ahead log may have to wait, too.
/// `FULL`, because an acknowledged job must survive a power cut.
const PRAGMAS: &str = "PRAGMA busy_timeout = 5000; \
                       PRAGMA journal_mode = WAL; \
                       PRAGMA synchronous = FULL; \
                       PRAGMA foreign_keys = ON;";
