//! Statements on web sessions.

use kmg_core::clock::Millis;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Connection, Failure};
use crate::change::Answer;
use crate::record::SessionRecord;
use crate::rules::overloaded;
use crate::seal::Seal;
use crate::types::{MAX_SESSIONS, MAX_SESSIONS_OF};

macro_rules! select_sessions {
    ($rest:literal) => {
        concat!("SELECT id_hash, principal_key, last_seen, expires_at, payload, mac FROM web_session ", $rest)
    };
}

fn record(row: &SqliteRow) -> Result<SessionRecord, sqlx::Error> {
    Ok(SessionRecord {
        id_hash: row.try_get(0)?,
        principal: row.try_get(1)?,
        last_seen: row.try_get(2)?,
        expires_at: row.try_get(3)?,
        payload: row.try_get(4)?,
        mac: row.try_get(5)?,
    })
}

/// The row of `id_hash`, unverified.
pub(super) async fn load(connection: &mut Connection, id_hash: &[u8]) -> Result<Option<SessionRecord>, Failure> {
    let row = sqlx::query(select_sessions!("WHERE id_hash = ?")).bind(id_hash).fetch_optional(connection).await?;
    Ok(row.as_ref().map(record).transpose()?)
}

/// The live rows of one person, unverified, last used first.
pub(super) async fn of(connection: &mut Connection, principal: &[u8], now: Millis) -> Result<Vec<SessionRecord>, Failure> {
    let rows = sqlx::query(select_sessions!("WHERE principal_key = ? AND expires_at > ? ORDER BY last_seen DESC, id_hash LIMIT ?"))
        .bind(principal)
        .bind(now.0)
        .bind(MAX_SESSIONS_OF)
        .fetch_all(connection)
        .await?;
    Ok(rows.iter().map(record).collect::<Result<_, _>>()?)
}

/// Inserts a session; the person's session unused for longest makes room.
pub(super) async fn insert(connection: &mut Connection, record: &SessionRecord, now: Millis) -> Result<Answer, Failure> {
    purge(connection, now).await?;
    sqlx::query(
        "DELETE FROM web_session WHERE id_hash IN \
         (SELECT id_hash FROM web_session WHERE principal_key = ? ORDER BY last_seen DESC, id_hash LIMIT -1 OFFSET ?)",
    )
    .bind(&record.principal)
    .bind(MAX_SESSIONS_OF - 1)
    .execute(&mut *connection)
    .await?;
    let live: i64 = sqlx::query("SELECT count(*) FROM web_session").fetch_one(&mut *connection).await?.try_get(0)?;
    if live >= MAX_SESSIONS {
        return Err(overloaded().into());
    }
    sqlx::query("INSERT INTO web_session (id_hash, principal_key, last_seen, expires_at, payload, mac) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(&record.id_hash)
        .bind(&record.principal)
        .bind(record.last_seen)
        .bind(record.expires_at)
        .bind(&record.payload)
        .bind(&record.mac)
        .execute(connection)
        .await?;
    Ok(Answer::Done)
}

/// Moves `last_seen` forward.
pub(super) async fn touch(connection: &mut Connection, id_hash: &[u8], at: Millis, seal: &Seal) -> Result<Answer, Failure> {
    let Some(found) = load(connection, id_hash).await? else { return Ok(Answer::Done) };
    let mut session = found.open(seal)?;
    if at <= session.last_seen {
        return Ok(Answer::Done);
    }
    session.last_seen = at;
    let record = SessionRecord::seal(&session, seal)?;
    sqlx::query("UPDATE web_session SET last_seen = ?, payload = ?, mac = ? WHERE id_hash = ?")
        .bind(record.last_seen)
        .bind(&record.payload)
        .bind(&record.mac)
        .bind(id_hash)
        .execute(connection)
        .await?;
    Ok(Answer::Done)
}

/// Ends a session.
pub(super) async fn delete(connection: &mut Connection, id_hash: &[u8]) -> Result<Answer, Failure> {
    sqlx::query("DELETE FROM web_session WHERE id_hash = ?").bind(id_hash).execute(connection).await?;
    Ok(Answer::Done)
}

/// Removes expired sessions.
pub(super) async fn purge(connection: &mut Connection, now: Millis) -> Result<(), Failure> {
    sqlx::query("DELETE FROM web_session WHERE expires_at <= ?").bind(now.0).execute(connection).await?;
    Ok(())
}
