//! `SQLite` for one node: one writer that shares commits, and a few read-only connections.

mod files;
mod pendings;
mod plans;
mod schema;
mod sessions;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kmg_core::clock::{Clock, Millis};
use kmg_core::identity::Principal;
use kmg_core::plan::PlanId;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use crate::change::{Answer, Change};
use crate::error::StoreError;
use crate::record::principal_key;
use crate::rules::overloaded;
use crate::seal::Seal;
use crate::types::{Inbox, PlanRow, WebSession, Writes};
use writer::{Command, Context, Message, Writer};

const READERS: u32 = 4;
const QUEUE: usize = 256;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug, Default)]
struct Counters {
    changes: AtomicU64,
    commits: AtomicU64,
}

/// An open database.
pub(crate) struct Sqlite {
    readers: SqlitePool,
    commands: mpsc::Sender<Message>,
    seal: Arc<Seal>,
    counters: Arc<Counters>,
}

/// Why a statement's work is not kept.
pub(super) enum Failure {
    /// The change is refused; its neighbours in the same transaction go on.
    Refused(StoreError),
    /// The database failed; the whole transaction is gone.
    Database(sqlx::Error),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<kmg_core::problem::Refusal> for Failure {
    fn from(refusal: kmg_core::problem::Refusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match error {
            // A column of another type than the schema's: somebody has altered the row.
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Refused(StoreError::Tampered),
            other => Self::Database(other),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(error) => error,
            Failure::Database(error) => Self::unavailable(error),
        }
    }
}

impl Sqlite {
    /// Opens, checks and migrates the database, and starts its writer.
    pub(crate) async fn open(path: &Path, seal: Arc<Seal>, clock: Clock) -> Result<Self, StoreError> {
        let path = std::path::absolute(path).map_err(StoreError::unavailable)?;
        let lock = files::lock(&path)?;
        files::prepare(&path)?;
        let options = write_options(&path);
        let mut connection = options.connect().await.map_err(StoreError::unavailable)?;
        schema::check_library(&mut connection).await?;
        schema::migrate(&mut connection, &seal).await?;
        schema::check_content(&mut connection).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(BUSY_TIMEOUT)
            .connect_with(read_options(&path))
            .await
            .map_err(StoreError::unavailable)?;
        let counters = Arc::new(Counters::default());
        let (commands, queue) = mpsc::channel(QUEUE);
        let context = Context { seal: Arc::clone(&seal), clock };
        let writer =
            Writer { connection: Some(connection), options, _lock: lock, queue, context, counters: Arc::clone(&counters), broken: None };
        // The task ends by itself: with the last sender, or at `close`, which waits for it.
        drop(tokio::spawn(writer.run()));
        Ok(Self { readers, commands, seal, counters })
    }

    /// Hands a change to the writer and waits until it is durable or refused.
    pub(crate) async fn change(&self, change: Change) -> Result<Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.commands.try_send(Message::Change(Command { change, reply })).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::from(overloaded()),
            mpsc::error::TrySendError::Closed(_) => closed(),
        })?;
        match tokio::time::timeout(ANSWER_TIMEOUT, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(closed()),
            Err(_) => Err(StoreError::unavailable("the writer did not answer in time")),
        }
    }

    pub(crate) async fn plan(&self, id: &PlanId) -> Result<Option<PlanRow>, StoreError> {
        let mut connection = self.reader().await?;
        match plans::load(&mut connection, id).await? {
            Some(record) => Ok(Some(record.open(&self.seal)?)),
            None => Ok(None),
        }
    }

    pub(crate) async fn inbox(&self, filter: Inbox) -> Result<Vec<PlanRow>, StoreError> {
        let mut connection = self.reader().await?;
        Ok(plans::inbox(&mut connection, filter, &self.seal).await?)
    }

    pub(crate) async fn unfinished(&self) -> Result<Vec<PlanRow>, StoreError> {
        let mut connection = self.reader().await?;
        Ok(plans::unfinished(&mut connection, &self.seal).await?)
    }

    pub(crate) async fn session(&self, id_hash: &[u8; 32]) -> Result<Option<WebSession>, StoreError> {
        let mut connection = self.reader().await?;
        match sessions::load(&mut connection, id_hash).await? {
            Some(record) => Ok(Some(record.open(&self.seal)?)),
            None => Ok(None),
        }
    }

    pub(crate) async fn sessions_of(&self, principal: &Principal, now: Millis) -> Result<Vec<WebSession>, StoreError> {
        let mut connection = self.reader().await?;
        let records = sessions::of(&mut connection, &principal_key(&self.seal, principal), now).await?;
        records.iter().map(|record| record.open(&self.seal)).collect()
    }

    /// Ends readers and writer, in this order: an open reader would hold the log back.
    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        self.readers.close().await;
        let (reply, answer) = oneshot::channel();
        self.commands.send(Message::Close(reply)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    async fn reader(&self) -> Result<sqlx::pool::PoolConnection<sqlx::Sqlite>, StoreError> {
        self.readers.acquire().await.map_err(StoreError::unavailable)
    }

    pub(crate) fn writes(&self) -> Writes {
        Writes { changes: self.counters.changes.load(Ordering::Relaxed), commits: self.counters.commits.load(Ordering::Relaxed) }
    }
}

impl Counters {
    fn add(&self, changes: usize) {
        self.changes.fetch_add(changes as u64, Ordering::Relaxed);
        self.commits.fetch_add(1, Ordering::Relaxed);
    }
}

fn closed() -> StoreError {
    StoreError::unavailable("the store is closed")
}

/// The settings of every connection. `trusted_schema` off: a schema altered by others cannot call functions.
fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        .pragma("mmap_size", "0")
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging()
}

fn write_options(path: &Path) -> SqliteConnectOptions {
    options(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", "1000")
        .pragma("journal_size_limit", "67108864")
}

fn read_options(path: &Path) -> SqliteConnectOptions {
    options(path).read_only(true).pragma("query_only", "ON")
}

/// The connection of a transaction, as the statements take it.
pub(super) type Connection = SqliteConnection;
