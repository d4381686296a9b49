//! The tables, their versions, and the checks at start.

use sqlx::{Connection as _, Row as _};

use super::Connection;
use crate::error::StoreError;
use crate::record::{check_key, key_check};
use crate::seal::Seal;

/// "KMGS": marks the file as ours.
const APPLICATION_ID: i64 = 0x4b4d_4753;
/// The oldest library without known faults in its write-ahead log.
const OLDEST_LIBRARY: [u32; 3] = [3, 51, 3];

/// Each entry leads from the version of its index to the next one. Entries are never changed, only added.
///
/// The unique indexes repeat what the rules promise: one waiting plan for an ask, one approved or claimed plan
/// for an object.
const MIGRATIONS: &[&str] = &["
CREATE TABLE seal (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  key_check BLOB NOT NULL
) STRICT;
CREATE TABLE plan (
  id TEXT NOT NULL PRIMARY KEY,
  stage TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  approve_before INTEGER NOT NULL,
  execute_within INTEGER NOT NULL,
  execute_before INTEGER,
  changed_at INTEGER NOT NULL,
  ask_key BLOB NOT NULL,
  target_key BLOB NOT NULL,
  namespace_key BLOB NOT NULL,
  requester_key BLOB NOT NULL,
  owner TEXT,
  mac BLOB NOT NULL,
  body BLOB NOT NULL,
  decided BLOB,
  receipt BLOB
) STRICT;
CREATE INDEX plan_by_stage ON plan (stage, id);
CREATE INDEX plan_by_requester ON plan (requester_key, id);
CREATE INDEX plan_by_ask ON plan (ask_key, stage, changed_at);
CREATE UNIQUE INDEX plan_one_waits ON plan (ask_key) WHERE stage = 'pending';
CREATE UNIQUE INDEX plan_one_goes ON plan (target_key) WHERE stage IN ('approved', 'claimed');
CREATE TABLE web_session (
  id_hash BLOB NOT NULL PRIMARY KEY,
  principal_key BLOB NOT NULL,
  last_seen INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  mac BLOB NOT NULL,
  payload BLOB NOT NULL
) STRICT;
CREATE INDEX web_session_by_principal ON web_session (principal_key, last_seen);
CREATE INDEX web_session_by_expiry ON web_session (expires_at);
CREATE TABLE pending_sign_in (
  state_hash BLOB NOT NULL PRIMARY KEY,
  expires_at INTEGER NOT NULL,
  mac BLOB NOT NULL,
  payload BLOB NOT NULL
) STRICT;
CREATE INDEX pending_sign_in_by_expiry ON pending_sign_in (expires_at);
PRAGMA application_id = 1263355731;
PRAGMA user_version = 1;
"];

/// Refuses a library older than the one with the last known fault.
pub(super) async fn check_library(connection: &mut Connection) -> Result<(), StoreError> {
    let version: String = sqlx::query("SELECT sqlite_version()")
        .fetch_one(connection)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(StoreError::unavailable)?;
    let numbers: Vec<u32> = version.split('.').map_while(|part| part.parse().ok()).collect();
    if numbers.as_slice() < OLDEST_LIBRARY.as_slice() {
        return Err(StoreError::unavailable(format!("SQLite {version} is too old")));
    }
    Ok(())
}

/// Brings the tables to this version in one transaction and checks that `seal` is this database's key.
pub(super) async fn migrate(connection: &mut Connection, seal: &Seal) -> Result<(), StoreError> {
    let application = number(connection, "PRAGMA application_id").await?;
    let version = number(connection, "PRAGMA user_version").await?;
    let tables = number(connection, "SELECT count(*) FROM sqlite_schema").await?;
    let fresh = (application, version, tables) == (0, 0, 0);
    if !fresh && application != APPLICATION_ID {
        return Err(StoreError::unavailable("the file is another program's database"));
    }
    let done = usize::try_from(version).ok().filter(|done| *done <= MIGRATIONS.len() && (fresh || *done > 0));
    let done =
        done.ok_or_else(|| StoreError::unavailable(format!("the database has version {version}, which this program does not know")))?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(StoreError::unavailable)?;
    for migration in MIGRATIONS.iter().skip(done) {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await.map_err(StoreError::unavailable)?;
    }
    if fresh {
        sqlx::query("INSERT INTO seal (id, key_check) VALUES (1, ?)")
            .bind(key_check(seal))
            .execute(&mut *transaction)
            .await
            .map_err(StoreError::unavailable)?;
    }
    transaction.commit().await.map_err(StoreError::unavailable)?;
    let stored =
        sqlx::query("SELECT key_check FROM seal WHERE id = 1").fetch_optional(connection).await.map_err(StoreError::unavailable)?;
    let stored: Vec<u8> = stored.ok_or(StoreError::Tampered)?.try_get(0).map_err(|_| StoreError::Tampered)?;
    check_key(seal, &stored)
}

/// Refuses a damaged file, a schema with anything but our tables (a trigger, a view), and settings that a
/// network file system did not accept.
pub(super) async fn check_content(connection: &mut Connection) -> Result<(), StoreError> {
    let verdict = text(connection, "PRAGMA quick_check(1)").await?;
    if verdict != "ok" {
        return Err(StoreError::unavailable(format!("the database is damaged: {verdict}")));
    }
    if schema_of(connection).await? != expected_schema().await? {
        return Err(StoreError::Tampered);
    }
    let journal = text(connection, "PRAGMA journal_mode").await?;
    let synchronous = number(connection, "PRAGMA synchronous").await?;
    if journal != "wal" || synchronous != 2 {
        return Err(StoreError::unavailable("the file system does not support a durable write-ahead log"));
    }
    Ok(())
}

async fn expected_schema() -> Result<Vec<String>, StoreError> {
    let mut memory = Connection::connect("sqlite::memory:").await.map_err(StoreError::unavailable)?;
    for migration in MIGRATIONS {
        sqlx::raw_sql(*migration).execute(&mut memory).await.map_err(StoreError::unavailable)?;
    }
    schema_of(&mut memory).await
}

async fn schema_of(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query("SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1")
        .fetch_all(connection)
        .await
        .map_err(StoreError::unavailable)?;
    rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map_err(StoreError::unavailable)
}

pub(super) async fn number(connection: &mut Connection, sql: &'static str) -> Result<i64, StoreError> {
    sqlx::query(sql).fetch_one(connection).await.and_then(|row| row.try_get(0)).map_err(StoreError::unavailable)
}

pub(super) async fn text(connection: &mut Connection, sql: &'static str) -> Result<String, StoreError> {
    sqlx::query(sql).fetch_one(connection).await.and_then(|row| row.try_get(0)).map_err(StoreError::unavailable)
}
