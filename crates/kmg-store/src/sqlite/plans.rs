//! Statements on plans.

use futures_util::TryStreamExt as _;
use kmg_core::clock::Millis;
use kmg_core::plan::{Event, PlanId};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::writer::Context;
use super::{Connection, Failure};
use crate::change::{Advance, Answer, InsertPlan};
use crate::error::StoreError;
use crate::record::{PlanKeys, PlanRecord, plan_id, principal_key};
use crate::rules::{Move, advanced, below_caps, born, busy, cooled_down, moved, not_found, ticked};
use crate::seal::Seal;
use crate::types::{Caps, Inbox, Inserted, MAX_INBOX, MAX_UNFINISHED, PlanRow};

/// The most bytes of one listing in memory.
const MAX_LISTED_BYTES: usize = 64 << 20;

macro_rules! select_plans {
    ($rest:literal) => {
        concat!(
            "SELECT id, stage, epoch, approve_before, execute_within, execute_before, changed_at, ask_key, target_key, ",
            "namespace_key, requester_key, owner, body, decided, receipt, mac FROM plan ",
            $rest
        )
    };
}

fn record(row: &SqliteRow) -> Result<PlanRecord, sqlx::Error> {
    Ok(PlanRecord {
        id: row.try_get(0)?,
        stage: row.try_get(1)?,
        epoch: row.try_get(2)?,
        approve_before: row.try_get(3)?,
        execute_within: row.try_get(4)?,
        execute_before: row.try_get(5)?,
        changed_at: row.try_get(6)?,
        keys: PlanKeys { ask: row.try_get(7)?, target: row.try_get(8)?, namespace: row.try_get(9)?, requester: row.try_get(10)? },
        owner: row.try_get(11)?,
        body: row.try_get(12)?,
        decided: row.try_get(13)?,
        receipt: row.try_get(14)?,
        mac: row.try_get(15)?,
    })
}

/// The row of `id`, unverified.
pub(super) async fn load(connection: &mut Connection, id: &PlanId) -> Result<Option<PlanRecord>, Failure> {
    let row = sqlx::query(select_plans!("WHERE id = ?")).bind(id.as_str()).fetch_optional(connection).await?;
    Ok(row.as_ref().map(record).transpose()?)
}

/// Inserts a pending plan, unless its ask already waits, was denied a short while ago, or exceeds the caps.
pub(super) async fn insert(connection: &mut Connection, insert: InsertPlan, context: &Context, now: Millis) -> Result<Answer, Failure> {
    let InsertPlan { mut row, keys, caps } = insert;
    row.life = born(&row.body, now)?;
    row.changed_at = now;
    if load(connection, row.id()).await?.is_some() {
        return Err(StoreError::Misuse("a plan with this id is stored").into());
    }
    if let Some(waiting) = waiting(connection, &keys, context, now).await? {
        return Ok(Answer::Inserted(Inserted::Coalesced(waiting)));
    }
    refuse_denied(connection, &keys, caps, &context.seal, now).await?;
    let of_requester = count(
        connection,
        "SELECT count(*) FROM plan WHERE stage = 'pending' AND approve_before > ? AND requester_key = ?",
        &keys.requester,
        now,
    )
    .await?;
    let of_namespace = count(
        connection,
        "SELECT count(*) FROM plan WHERE stage = 'pending' AND approve_before > ? AND namespace_key = ?",
        &keys.namespace,
        now,
    )
    .await?;
    below_caps(of_requester, of_namespace, caps)?;
    write_new(connection, &PlanRecord::seal(&row, keys, &context.seal)?).await?;
    Ok(Answer::Inserted(Inserted::New(row)))
}

/// The plan that waits with the same ask; one whose time has run out is stored as expired and is none.
async fn waiting(connection: &mut Connection, keys: &PlanKeys, context: &Context, now: Millis) -> Result<Option<PlanRow>, Failure> {
    let found =
        sqlx::query(select_plans!("WHERE ask_key = ? AND stage = 'pending'")).bind(&keys.ask).fetch_optional(&mut *connection).await?;
    let Some(found) = found else { return Ok(None) };
    let (row, expired) = expire(connection, record(&found)?, context, now).await?;
    Ok(if expired { None } else { Some(row) })
}

async fn refuse_denied(connection: &mut Connection, keys: &PlanKeys, caps: Caps, seal: &Seal, now: Millis) -> Result<(), Failure> {
    let denied = sqlx::query(select_plans!("WHERE ask_key = ? AND stage = 'denied' ORDER BY changed_at DESC LIMIT 1"))
        .bind(&keys.ask)
        .fetch_optional(connection)
        .await?;
    match denied {
        Some(row) => Ok(cooled_down(record(&row)?.open(seal)?.changed_at, caps, now)?),
        None => Ok(()),
    }
}

async fn count(connection: &mut Connection, sql: &'static str, key: &[u8], now: Millis) -> Result<i64, Failure> {
    Ok(sqlx::query(sql).bind(now.0).bind(key).fetch_one(connection).await?.try_get(0)?)
}

/// One event of one plan, written only where stage and epoch still are what was read.
pub(super) async fn advance(connection: &mut Connection, advance: Advance, context: &Context, now: Millis) -> Result<Answer, Failure> {
    let mut found = load(connection, &advance.id).await?.ok_or_else(not_found)?;
    let mut row = found.open(&context.seal)?;
    let before = (found.stage.clone(), row.epoch);
    let refusal = match moved(&row.life, advance.event, now) {
        Move::Refused(refusal) => return Err(refusal.into()),
        Move::Expires(life, refusal) => {
            advanced(&mut row, life, now);
            Some(refusal)
        }
        Move::Happens(life) => {
            if matches!(advance.event, Event::Approve { .. }) {
                refuse_busy(connection, &row, context, now).await?;
            }
            advanced(&mut row, life, now);
            advance.leave(&mut row);
            None
        }
    };
    found.reseal(&row, &context.seal)?;
    write(connection, &found, before).await?;
    Ok(match refusal {
        Some(refusal) => Answer::RefusedAndStored(refusal),
        None => Answer::Plan(row),
    })
}

/// Refuses while another plan for one of the same objects is approved and in its window, or claimed. There are as
/// many such plans as people have just approved.
async fn refuse_busy(connection: &mut Connection, plan: &PlanRow, context: &Context, now: Millis) -> Result<(), Failure> {
    let rows = sqlx::query(select_plans!("WHERE stage IN ('approved', 'claimed') AND id <> ?"))
        .bind(plan.id().as_str())
        .fetch_all(&mut *connection)
        .await?;
    for other in &rows {
        let (other, expired) = expire(connection, record(other)?, context, now).await?;
        let (mine, theirs) = (plan.body.body(), other.body.body());
        if !expired && mine.cluster_id == theirs.cluster_id && mine.ask.overlaps(&theirs.ask) {
            return Err(busy().into());
        }
    }
    Ok(())
}

/// The plan of `found`, and whether its time has just run out: then that is stored.
async fn expire(connection: &mut Connection, mut found: PlanRecord, context: &Context, now: Millis) -> Result<(PlanRow, bool), Failure> {
    let mut row = found.open(&context.seal)?;
    let Some(expired) = ticked(&row.life, now) else { return Ok((row, false)) };
    let before = (found.stage.clone(), row.epoch);
    advanced(&mut row, expired, now);
    found.reseal(&row, &context.seal)?;
    write(connection, &found, before).await?;
    Ok((row, true))
}

/// Stores the expiry of every plan whose time has run out.
pub(super) async fn sweep(connection: &mut Connection, context: &Context, now: Millis) -> Result<Answer, Failure> {
    let due = sqlx::query(
        "SELECT id FROM plan WHERE (stage = 'pending' AND approve_before <= ?1) \
         OR (stage = 'approved' AND (execute_before IS NULL OR execute_before <= ?1)) ORDER BY id LIMIT 1000",
    )
    .bind(now.0)
    .fetch_all(&mut *connection)
    .await?;
    let mut swept = Vec::new();
    for row in &due {
        let id = plan_id(row.try_get(0)?)?;
        let Some(found) = load(connection, &id).await? else { continue };
        if expire(connection, found, context, now).await?.1 {
            swept.push(id);
        }
    }
    Ok(Answer::Swept(swept))
}

/// Plans by stage and requester, newest first.
pub(super) async fn inbox(connection: &mut Connection, filter: Inbox, seal: &Seal) -> Result<Vec<PlanRow>, Failure> {
    let stages = filter.stages.iter().map(|stage| stage.as_str()).collect::<serde_json::Value>().to_string();
    let rows = sqlx::query(select_plans!(
        "WHERE stage IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR requester_key = ?2) AND (?3 IS NULL OR id < ?3) \
         ORDER BY id DESC LIMIT ?4"
    ))
    .bind(stages)
    .bind(filter.requester.as_ref().map(|requester| principal_key(seal, requester)))
    .bind(filter.before.as_ref().map(PlanId::as_str))
    .bind(i64::from(filter.limit.min(MAX_INBOX)))
    .fetch(connection);
    listed(rows, seal).await
}

/// Plans whose outcome is not known, oldest first.
pub(super) async fn unfinished(connection: &mut Connection, seal: &Seal) -> Result<Vec<PlanRow>, Failure> {
    let rows = sqlx::query(select_plans!("WHERE stage IN ('claimed', 'unknown', 'deleting') ORDER BY id LIMIT ?"))
        .bind(i64::from(MAX_UNFINISHED))
        .fetch(connection);
    listed(rows, seal).await
}

type Rows<'a> = futures_util::stream::BoxStream<'a, Result<SqliteRow, sqlx::Error>>;

async fn listed(mut rows: Rows<'_>, seal: &Seal) -> Result<Vec<PlanRow>, Failure> {
    let (mut out, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.try_next().await? {
        let record = record(&row)?;
        bytes += record.size();
        if bytes > MAX_LISTED_BYTES && !out.is_empty() {
            break;
        }
        out.push(record.open(seal)?);
    }
    Ok(out)
}

async fn write_new(connection: &mut Connection, record: &PlanRecord) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO plan (id, stage, epoch, approve_before, execute_within, execute_before, changed_at, ask_key, target_key, \
         namespace_key, requester_key, owner, body, decided, receipt, mac) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&record.id)
    .bind(&record.stage)
    .bind(record.epoch)
    .bind(record.approve_before)
    .bind(record.execute_within)
    .bind(record.execute_before)
    .bind(record.changed_at)
    .bind(&record.keys.ask)
    .bind(&record.keys.target)
    .bind(&record.keys.namespace)
    .bind(&record.keys.requester)
    .bind(&record.owner)
    .bind(&record.body)
    .bind(&record.decided)
    .bind(&record.receipt)
    .bind(&record.mac)
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes a changed row where `before` (stage and epoch) still stands.
async fn write(connection: &mut Connection, record: &PlanRecord, before: (String, i64)) -> Result<(), Failure> {
    let written = sqlx::query(
        "UPDATE plan SET stage = ?, epoch = ?, execute_before = ?, changed_at = ?, owner = ?, decided = ?, receipt = ?, mac = ? \
         WHERE id = ? AND stage = ? AND epoch = ?",
    )
    .bind(&record.stage)
    .bind(record.epoch)
    .bind(record.execute_before)
    .bind(record.changed_at)
    .bind(&record.owner)
    .bind(&record.decided)
    .bind(&record.receipt)
    .bind(&record.mac)
    .bind(&record.id)
    .bind(before.0)
    .bind(before.1)
    .execute(connection)
    .await?;
    if written.rows_affected() == 1 { Ok(()) } else { Err(StoreError::unavailable("the row changed under its transaction").into()) }
}
