//! What somebody can do who writes the database file and does not have the key.

use kmg_core::clock::Clock;
use kmg_core::plan::{Outcome, PlanId, Stage};
use kmg_core::untrusted::Quoted;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _, SqliteConnection};
use tempfile::TempDir;

use super::super::write_options;
use super::{file, fresh, opened};
use crate::fixtures::{APPROVE_WITHIN, CAPS, NOW, asked, insert, no, pending, person, receipt, session, yes};
use crate::{Decided, Inbox, PendingSignIn, Store, StoreError, WebSession};

async fn intruder(folder: &TempDir) -> SqliteConnection {
    write_options(&file(folder)).connect().await.unwrap()
}

async fn execute(connection: &mut SqliteConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.unwrap();
}

fn all() -> Inbox {
    Inbox { stages: Stage::ALL.to_vec(), limit: 200, ..Inbox::default() }
}

/// Every table with its columns, as the database itself lists them.
async fn columns(connection: &mut SqliteConnection) -> Vec<(String, String, String)> {
    let sql = "SELECT s.name, c.name, c.type FROM sqlite_schema s, pragma_table_info(s.name) c WHERE s.type = 'table'";
    let rows = sqlx::query(sql).fetch_all(connection).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

fn tampered<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Tampered))
}

/// Whether the altered row of `table` is refused wherever it is loaded. One whose key was altered may be gone
/// for who asks by the old key, like a deleted row, but is never taken for another.
async fn is_found_out(store: &Store, table: &str, id: &PlanId) -> bool {
    match table {
        "plan" => {
            let (by_id, listed) = (store.plan(id).await, store.inbox(all()).await);
            let written = store.record_receipt(id, &receipt(id, Outcome::Applied)).await;
            let gone = matches!(&by_id, Ok(None));
            let unlisted = matches!(&listed, Ok(rows) if rows.is_empty());
            written.is_err() && (gone || tampered(&by_id) && tampered(&written)) && (unlisted || tampered(&listed)) && !(gone && unlisted)
        }
        "web_session" => {
            let (by_id, mine) = (store.session(&[1; 32]).await, store.sessions_of(&person("alice")).await);
            let touched = store.touch_session(&[1; 32], NOW.plus(99)).await;
            let gone = matches!(&by_id, Ok(None));
            let unlisted = matches!(&mine, Ok(list) if list.is_empty());
            (gone || tampered(&by_id) && tampered(&touched)) && (unlisted || tampered(&mine)) && !(gone && unlisted)
        }
        "pending_sign_in" => {
            let taken = store.take_pending(&pending(1).state_hash).await;
            matches!(taken, Ok(None)) || tampered(&taken)
        }
        other => panic!("no check for table {other}"),
    }
}

#[tokio::test]
async fn every_flipped_column_is_found_out() {
    let (folder, store) = fresh(Clock::manual(NOW)).await;
    let row = asked(1).stored(&store).await;
    let id = row.id().clone();
    store.approve(&id, yes(), NOW).await.unwrap();
    store.claim(&id, "gateway").await.unwrap();
    store.record_receipt(&id, &receipt(&id, Outcome::Unknown)).await.unwrap();
    store.insert_session(&session(1, "alice")).await.unwrap();
    store.insert_pending(&pending(1)).await.unwrap();
    let mut connection = intruder(&folder).await;
    let mut checked = 0;
    for (table, column, kind) in columns(&mut connection).await.into_iter().filter(|(table, ..)| table != "seal") {
        let altered: &[&str] = match (kind.as_str(), column.as_str()) {
            ("INTEGER", _) => &["{} + 1", "{} - 1", "0"],
            ("TEXT", "stage") => &["'pending'", "'approved'", "'applied'", "{} || 'x'"],
            ("TEXT", _) => &["{} || 'x'", "''"],
            _ => &["CAST(substr({}, 1, length({}) - 1) || x'00' AS BLOB)", "x''", "CAST({} || x'00' AS BLOB)"],
        };
        for value in altered.iter().map(|value| value.replace("{}", &column)).chain(["NULL".to_owned()]) {
            execute(&mut connection, &format!("SAVEPOINT s; CREATE TEMP TABLE kept AS SELECT rowid AS r, * FROM main.{table}; RELEASE s"))
                .await;
            let update = format!("UPDATE {table} SET {column} = {value} WHERE {column} IS NOT {value}");
            let changed = sqlx::raw_sql(AssertSqlSafe(update.clone())).execute(&mut connection).await;
            // NOT NULL columns refuse NULL by themselves.
            if changed.is_ok_and(|done| done.rows_affected() == 1) {
                assert!(is_found_out(&store, &table, &id).await, "{update}");
                checked += 1;
            }
            execute(
                &mut connection,
                &format!("UPDATE main.{table} SET {column} = (SELECT {column} FROM kept WHERE r = main.{table}.rowid); DROP TABLE kept"),
            )
            .await;
        }
    }
    assert!(checked > 60, "{checked} alterations");
    assert_eq!(store.plan(&id).await.unwrap().unwrap().life.stage, Stage::Unknown, "restored");
    assert!(store.session(&[1; 32]).await.unwrap().is_some(), "restored");
    assert!(store.take_pending(&pending(1).state_hash).await.unwrap().is_some(), "restored");
}

#[tokio::test]
async fn the_key_check_is_sealed_too() {
    let (folder, store) = fresh(Clock::manual(NOW)).await;
    store.close().await.unwrap();
    execute(&mut intruder(&folder).await, "UPDATE seal SET key_check = zeroblob(32)").await;
    assert!(matches!(opened(&file(&folder), &Clock::manual(NOW)).await, Err(StoreError::Tampered)));
}

#[tokio::test]
async fn no_part_of_one_row_serves_in_another() {
    for column in ["stage", "epoch", "execute_before", "body", "decided", "mac"] {
        let (folder, store) = fresh(Clock::manual(NOW)).await;
        let (one, two) = (asked(1).stored(&store).await, asked(2).stored(&store).await);
        store.approve(two.id(), yes(), NOW).await.unwrap();
        let copy = format!("UPDATE plan SET {column} = (SELECT {column} FROM plan WHERE id = '{}') WHERE id = '{}'", two.id(), one.id());
        execute(&mut intruder(&folder).await, &format!("DROP INDEX plan_one_goes; {copy}")).await;
        assert!(tampered(&store.plan(one.id()).await), "{column}");
        assert!(tampered(&store.claim(one.id(), "x").await), "{column}");
        store.claim(two.id(), "x").await.unwrap();
    }
}

#[tokio::test]
async fn altered_rows_stop_every_step_that_loads_them() {
    let clock = Clock::manual(NOW);
    let (folder, store) = fresh(clock.clone()).await;
    let row = asked(1).stored(&store).await;
    execute(&mut intruder(&folder).await, "UPDATE plan SET epoch = 7").await;
    assert!(tampered(&store.approve(row.id(), yes(), NOW).await));
    assert!(tampered(&store.deny(row.id(), no()).await));
    assert!(tampered(&crate::fixtures::Asked { seed: 2, ..asked(1) }.insert(&store).await));
    assert!(tampered(&store.inbox(all()).await));
    clock.advance(APPROVE_WITHIN);
    assert!(tampered(&store.sweep().await));
    execute(&mut intruder(&folder).await, "UPDATE plan SET stage = 'claimed'").await;
    assert!(tampered(&store.unfinished().await));
}

#[tokio::test]
async fn nothing_said_or_named_stands_in_the_files() {
    const CANARY: &str = "canary-7f3a9c";
    let (folder, store) = fresh(Clock::manual(NOW)).await;
    let mut body = crate::fixtures::Asked { namespace: CANARY, sub: CANARY, ..asked(1) }.body();
    body.reason = Some(Quoted::new(CANARY, 100));
    let row = insert(&store, body, CAPS).await.unwrap().into_row();
    let decided = Decided { approver_name: CANARY.into(), reason: Some(Quoted::new(CANARY, 100)), ..yes() };
    store.approve(row.id(), decided, NOW).await.unwrap();
    store.claim(row.id(), "gateway-process").await.unwrap();
    let mut report = receipt(row.id(), Outcome::Applied);
    report.reason = CANARY.into();
    store.record_receipt(row.id(), &report).await.unwrap();
    store.insert_session(&WebSession { principal: person(CANARY), display_name: CANARY.into(), ..session(1, "x") }).await.unwrap();
    store.insert_pending(&PendingSignIn { payload: serde_json::json!({ "verifier": CANARY }), ..pending(1) }).await.unwrap();
    let contains = |needle: &str| {
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.iter().filter(|path| std::fs::read(path).unwrap().windows(needle.len()).any(|part| part == needle.as_bytes())).count()
    };
    // The search itself works: what is not secret is found, in the log before the close and in the file after.
    assert_eq!((contains(CANARY), contains("gateway-process")), (0, 1));
    store.close().await.unwrap();
    assert_eq!((contains(CANARY), contains("gateway-process")), (0, 1));
}
