//! Statements on sign-ins under way.

use kmg_core::clock::Millis;
use sqlx::Row as _;

use super::{Connection, Failure};
use crate::change::Answer;
use crate::record::PendingRecord;
use crate::rules::overloaded;
use crate::seal::Seal;
use crate::types::MAX_PENDING_SIGN_INS;

/// Inserts a sign-in; expired ones make room, live ones never do.
pub(super) async fn insert(connection: &mut Connection, record: &PendingRecord, now: Millis) -> Result<Answer, Failure> {
    purge(connection, now).await?;
    let waiting: i64 = sqlx::query("SELECT count(*) FROM pending_sign_in").fetch_one(&mut *connection).await?.try_get(0)?;
    if waiting >= MAX_PENDING_SIGN_INS {
        return Err(overloaded().into());
    }
    sqlx::query("INSERT INTO pending_sign_in (state_hash, expires_at, payload, mac) VALUES (?, ?, ?, ?)")
        .bind(&record.state_hash)
        .bind(record.expires_at)
        .bind(&record.payload)
        .bind(&record.mac)
        .execute(connection)
        .await?;
    Ok(Answer::Done)
}

/// Takes a sign-in out of the table; an expired one is gone too, and is not returned.
pub(super) async fn take(connection: &mut Connection, state_hash: &[u8], seal: &Seal, now: Millis) -> Result<Answer, Failure> {
    let row = sqlx::query("DELETE FROM pending_sign_in WHERE state_hash = ? RETURNING state_hash, expires_at, payload, mac")
        .bind(state_hash)
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(Answer::Pending(None)) };
    let record = PendingRecord { state_hash: row.try_get(0)?, expires_at: row.try_get(1)?, payload: row.try_get(2)?, mac: row.try_get(3)? };
    let pending = record.open(seal)?;
    Ok(Answer::Pending(Some(pending).filter(|pending| now < pending.expires_at)))
}

/// Removes expired sign-ins.
pub(super) async fn purge(connection: &mut Connection, now: Millis) -> Result<(), Failure> {
    sqlx::query("DELETE FROM pending_sign_in WHERE expires_at <= ?").bind(now.0).execute(connection).await?;
    Ok(())
}
