//! The one writer: changes that wait together share a transaction and its fsync.

use std::fs::File;
use std::sync::Arc;

use kmg_core::clock::Clock;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::{mpsc, oneshot};

use super::{Connection, Counters, Failure, pendings, plans, sessions};
use crate::change::{Answer, Change};
use crate::error::StoreError;
use crate::seal::Seal;

const MAX_BATCH: usize = 128;
/// The library's primary result codes after which the database is as it was: busy, full, constraint.
const HARMLESS: [i64; 3] = [5, 13, 19];

pub(super) enum Message {
    Change(Command),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

pub(super) struct Command {
    pub(super) change: Change,
    pub(super) reply: oneshot::Sender<Result<Answer, StoreError>>,
}

/// What a change needs beside its connection.
pub(super) struct Context {
    pub(super) seal: Arc<Seal>,
    pub(super) clock: Clock,
}

pub(super) struct Writer {
    pub(super) connection: Option<Connection>,
    pub(super) options: SqliteConnectOptions,
    /// Held until the connection is closed, so that the next process never overlaps.
    pub(super) _lock: File,
    pub(super) queue: mpsc::Receiver<Message>,
    pub(super) context: Context,
    pub(super) counters: Arc<Counters>,
    /// Why nothing is written any more.
    pub(super) broken: Option<String>,
}

impl Writer {
    /// Serves until `close` or until every sender is gone.
    pub(super) async fn run(mut self) {
        let mut messages = Vec::with_capacity(MAX_BATCH);
        let mut closing = None;
        while closing.is_none() && self.queue.recv_many(&mut messages, MAX_BATCH).await > 0 {
            let mut commands = Vec::with_capacity(messages.len());
            for message in messages.drain(..) {
                match message {
                    // Whoever gave up waiting gets nothing done: an unheard claim would strand its plan.
                    Message::Change(command) if command.reply.is_closed() || closing.is_some() => drop(command),
                    Message::Change(command) => commands.push(command),
                    Message::Close(reply) => closing = Some(reply),
                }
            }
            if !commands.is_empty() {
                self.serve(commands).await;
            }
        }
        self.queue.close();
        let closed = self.shut().await;
        drop(self);
        if let Some(reply) = closing {
            let _nobody_waits = reply.send(closed);
        }
    }

    async fn serve(&mut self, commands: Vec<Command>) {
        let (changes, replies): (Vec<_>, Vec<_>) = commands.into_iter().map(|command| (command.change, command.reply)).unzip();
        match self.transact(changes).await {
            Ok(answers) => {
                for (reply, answer) in replies.into_iter().zip(answers) {
                    let _nobody_waits = reply.send(answer);
                }
            }
            Err(error) => {
                for reply in replies {
                    let _nobody_waits = reply.send(Err(error.clone()));
                }
            }
        }
    }

    /// One transaction for all of `changes`. A database error undoes them all; after one that may have left
    /// the log in doubt (a failed fsync is not repeated by the kernel) the writer stays closed.
    async fn transact(&mut self, changes: Vec<Change>) -> Result<Vec<Result<Answer, StoreError>>, StoreError> {
        if let Some(reason) = &self.broken {
            return Err(StoreError::unavailable(reason));
        }
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.options.connect().await.map_err(StoreError::unavailable)?,
        };
        let count = changes.len();
        match transaction(&mut connection, changes, &self.context).await {
            Ok(answers) => {
                self.connection = Some(connection);
                self.counters.add(count);
                Ok(answers)
            }
            Err(error) => {
                tracing::error!(%error, "the database refused a transaction");
                let harmless = primary_code(&error).is_some_and(|code| HARMLESS.contains(&code));
                if !harmless {
                    self.broken = Some(format!("stopped writing after: {error}"));
                }
                // SQLite may have rolled back by itself; a new connection knows where it stands.
                drop(connection.close().await);
                Err(StoreError::unavailable(error))
            }
        }
    }

    async fn shut(&mut self) -> Result<(), StoreError> {
        let Some(mut connection) = self.connection.take() else { return Ok(()) };
        let moved = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut connection).await;
        let closed = connection.close().await;
        moved.map_err(StoreError::unavailable)?;
        closed.map_err(StoreError::unavailable)
    }
}

async fn transaction(
    connection: &mut Connection,
    changes: Vec<Change>,
    context: &Context,
) -> Result<Vec<Result<Answer, StoreError>>, sqlx::Error> {
    let mut outer = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut answers = Vec::with_capacity(changes.len());
    for change in changes {
        let mut savepoint = outer.begin().await?;
        match apply(&mut savepoint, change, context).await {
            Ok(answer) => {
                savepoint.commit().await?;
                answers.push(Ok(answer));
            }
            Err(Failure::Refused(error)) => {
                savepoint.rollback().await?;
                answers.push(Err(error));
            }
            Err(Failure::Database(error)) => return Err(error),
        }
    }
    outer.commit().await?;
    Ok(answers)
}

async fn apply(connection: &mut Connection, change: Change, context: &Context) -> Result<Answer, Failure> {
    let now = context.clock.now();
    match change {
        Change::InsertPlan(insert) => plans::insert(connection, *insert, context, now).await,
        Change::Advance(advance) => plans::advance(connection, *advance, context, now).await,
        Change::Sweep => plans::sweep(connection, context, now).await,
        Change::InsertSession(record) => sessions::insert(connection, &record, now).await,
        Change::TouchSession { id_hash, at } => sessions::touch(connection, &id_hash, at, &context.seal).await,
        Change::DeleteSession { id_hash } => sessions::delete(connection, &id_hash).await,
        Change::InsertPending(record) => pendings::insert(connection, &record, now).await,
        Change::TakePending { state_hash } => pendings::take(connection, &state_hash, &context.seal, now).await,
        Change::Purge => {
            sessions::purge(connection, now).await?;
            pendings::purge(connection, now).await?;
            Ok(Answer::Done)
        }
    }
}

fn primary_code(error: &sqlx::Error) -> Option<i64> {
    let code: i64 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
