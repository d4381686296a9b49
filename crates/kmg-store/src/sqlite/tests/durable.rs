//! Commits, crashes, files, locks and settings.

use std::os::unix::fs::PermissionsExt as _;

use futures_util::future::join_all;
use kmg_core::clock::Clock;
use kmg_core::plan::Stage;
use kmg_core::problem::Code;
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;

use super::super::schema::{number, text};
use super::super::{read_options, write_options};
use super::{file, fresh, opened};
use crate::fixtures::{Asked, NOW, asked, pending, yes};
use crate::{Inserted, SealKey, Store, StoreError, Writes};

fn clock() -> Clock {
    Clock::manual(NOW)
}

#[tokio::test]
async fn changes_that_wait_together_share_a_commit() {
    let (_folder, store) = fresh(clock()).await;
    let asks: Vec<Asked> = (0..20).map(asked).collect();
    let stored = join_all(asks.iter().map(|ask| ask.insert(&store))).await;
    assert!(stored.iter().all(|inserted| matches!(inserted, Ok(Inserted::New(_)))));
    assert_eq!(store.writes(), Writes { changes: 20, commits: 1 });
}

#[tokio::test]
async fn a_refused_neighbour_does_not_undo_the_others() {
    let (_folder, store) = fresh(clock()).await;
    let missing = asked(9).body().plan_id;
    let (one, missing, two) = tokio::join!(asked(1).insert(&store), store.claim(&missing, "x"), asked(2).insert(&store));
    assert_eq!(missing.unwrap_err().code(), Code::PlanNotFound);
    assert_eq!(store.writes().commits, 1);
    for inserted in [one, two] {
        let row = inserted.unwrap().into_row();
        assert_eq!(store.plan(row.id()).await.unwrap(), Some(row));
    }
}

#[tokio::test]
async fn a_claim_nobody_waits_for_is_not_made() {
    let (_folder, store) = fresh(clock()).await;
    let row = asked(1).stored(&store).await;
    store.approve(row.id(), yes(), NOW).await.unwrap();
    tokio::select! {
        biased;
        _ = store.claim(row.id(), "gone") => panic!("answered before the writer could run"),
        () = std::future::ready(()) => {}
    }
    store.purge().await.unwrap();
    assert_eq!(store.plan(row.id()).await.unwrap().unwrap().life.stage, Stage::Approved);
}

#[tokio::test]
async fn a_full_queue_refuses() {
    let (_folder, store) = fresh(clock()).await;
    let sign_ins: Vec<_> = (0..300).map(pending).collect();
    let results = join_all(sign_ins.iter().map(|sign_in| store.insert_pending(sign_in))).await;
    let refused: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 300 - super::super::QUEUE);
    assert!(refused.iter().all(|error| error.code() == Code::Overloaded));
}

#[test]
fn what_was_acknowledged_survives_a_process_that_just_stops() {
    let folder = TempDir::new().unwrap();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let (store, row) = first.block_on(async {
        let store = opened(&file(&folder), &clock()).await.unwrap();
        let row = asked(1).stored(&store).await;
        let approved = store.approve(row.id(), yes(), NOW).await.unwrap();
        (store, approved)
    });
    // Neither `close` nor an orderly end of the writer: its task is dropped where it stands.
    drop(first);
    drop(store);
    runtime().block_on(async {
        let store = opened(&file(&folder), &clock()).await.unwrap();
        assert_eq!(store.plan(row.id()).await.unwrap(), Some(row));
    });
}

#[tokio::test]
async fn what_was_acknowledged_is_in_the_files_before_any_close() {
    let (folder, store) = fresh(clock()).await;
    let row = asked(1).stored(&store).await;
    let copies = TempDir::new().unwrap();
    for name in ["store.db", "store.db-wal"] {
        std::fs::copy(folder.path().join(name), copies.path().join(name)).unwrap();
    }
    let copy = opened(&file(&copies), &clock()).await.unwrap();
    assert_eq!(copy.plan(row.id()).await.unwrap(), Some(row));
}

#[tokio::test]
async fn a_torn_end_of_the_log_loses_only_what_was_not_acknowledged() {
    let (folder, store) = fresh(clock()).await;
    let first = asked(1).stored(&store).await;
    let wal = folder.path().join("store.db-wal");
    let acknowledged = std::fs::metadata(&wal).unwrap().len();
    let second = asked(2).stored(&store).await;
    let copies = TempDir::new().unwrap();
    std::fs::copy(file(&folder), file(&copies)).unwrap();
    let mut bytes = std::fs::read(&wal).unwrap();
    bytes.truncate(usize::try_from(acknowledged).unwrap() + 100);
    std::fs::write(copies.path().join("store.db-wal"), bytes).unwrap();
    std::fs::set_permissions(copies.path().join("store.db-wal"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let copy = opened(&file(&copies), &clock()).await.unwrap();
    assert_eq!(copy.plan(first.id()).await.unwrap(), Some(first));
    assert_eq!(copy.plan(second.id()).await.unwrap(), None);
}

#[tokio::test]
async fn one_process_at_a_time() {
    let (folder, store) = fresh(clock()).await;
    let second = opened(&file(&folder), &clock()).await;
    assert!(matches!(second, Err(StoreError::Locked)));
    let clone = store.clone();
    store.close().await.unwrap();
    assert_eq!(clone.purge().await.unwrap_err().code(), Code::StoreUnavailable);
    assert_eq!(clone.plan(&asked(1).body().plan_id).await.unwrap_err().code(), Code::StoreUnavailable);
    opened(&file(&folder), &clock()).await.unwrap();
}

#[tokio::test]
async fn files_are_private_and_the_log_is_emptied_at_close() {
    let (folder, store) = fresh(clock()).await;
    asked(1).stored(&store).await;
    let mode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    for name in ["store.db", "store.db-wal", "store.db.lock"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    store.close().await.unwrap();
    assert!(std::fs::metadata(folder.path().join("store.db-wal")).map_or(0, |file| file.len()) == 0);
    std::fs::set_permissions(file(&folder), std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(opened(&file(&folder), &clock()).await, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn the_settings_hold_on_every_connection() {
    let (folder, _store) = fresh(clock()).await;
    let path = file(&folder);
    for (options, reads) in [(write_options(&path), false), (read_options(&path), true)] {
        let mut connection = options.connect().await.unwrap();
        assert_eq!(text(&mut connection, "PRAGMA journal_mode").await.unwrap(), "wal");
        for (sql, value) in [
            ("PRAGMA synchronous", 2),
            ("PRAGMA busy_timeout", 5_000),
            ("PRAGMA foreign_keys", 1),
            ("PRAGMA trusted_schema", 0),
            ("PRAGMA cell_size_check", 1),
            ("PRAGMA query_only", i64::from(reads)),
            ("PRAGMA application_id", 0x4b4d_4753),
            ("PRAGMA user_version", 1),
        ] {
            assert_eq!(number(&mut connection, sql).await.unwrap(), value, "{sql}");
        }
        if !reads {
            assert_eq!(number(&mut connection, "PRAGMA journal_size_limit").await.unwrap(), 64 << 20);
        }
        assert_eq!(sqlx::query("DELETE FROM plan").execute(&mut connection).await.is_err(), reads);
    }
}

#[tokio::test]
async fn foreign_newer_and_altered_databases_are_refused() {
    let cases = [
        ("CREATE TABLE other (x); PRAGMA application_id = 0; PRAGMA user_version = 0;", Code::StoreUnavailable),
        ("PRAGMA application_id = 7;", Code::StoreUnavailable),
        ("PRAGMA user_version = 2;", Code::StoreUnavailable),
        ("PRAGMA user_version = 0;", Code::StoreUnavailable),
        ("CREATE TRIGGER t AFTER UPDATE ON plan BEGIN DELETE FROM web_session; END;", Code::Tampered),
        ("DROP INDEX plan_one_goes;", Code::Tampered),
        ("DELETE FROM seal;", Code::Tampered),
    ];
    for (sql, code) in cases {
        let (folder, store) = fresh(clock()).await;
        store.close().await.unwrap();
        let mut connection = write_options(&file(&folder)).connect().await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        assert_eq!(opened(&file(&folder), &clock()).await.unwrap_err().code(), code, "{sql}");
    }
    let (folder, store) = fresh(clock()).await;
    store.close().await.unwrap();
    let wrong = Store::open(&file(&folder), SealKey::new([1; 32]), clock()).await;
    assert!(matches!(wrong, Err(StoreError::Tampered)), "another key");
}

#[tokio::test]
async fn after_a_failure_in_doubt_nothing_is_written_any_more() {
    let (folder, store) = fresh(clock()).await;
    let row = asked(1).stored(&store).await;
    let mut connection = write_options(&file(&folder)).connect().await.unwrap();
    sqlx::raw_sql("ALTER TABLE plan RENAME TO hidden").execute(&mut connection).await.unwrap();
    assert_eq!(store.deny(row.id(), crate::fixtures::no()).await.unwrap_err().code(), Code::StoreUnavailable);
    sqlx::raw_sql("ALTER TABLE hidden RENAME TO plan").execute(&mut connection).await.unwrap();
    assert_eq!(store.deny(row.id(), crate::fixtures::no()).await.unwrap_err().code(), Code::StoreUnavailable);
    assert_eq!(store.plan(row.id()).await.unwrap(), Some(row), "reads go on");
}
