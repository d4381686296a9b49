use std::collections::BTreeSet;
use std::io::Write as _;

use kmg_core::clock::Millis;

use super::*;
use crate::Hash;
use crate::refusals::Refusals;

fn options(clock: &Clock) -> JournalOptions {
    JournalOptions {
        checkpoint_key: Some(SigningKey::from_bytes(&[7; 32])),
        lock_wait: Duration::ZERO,
        ..JournalOptions::new(Purpose::Gateway, clock.clone())
    }
}

fn clock() -> Clock {
    Clock::manual(Millis(1_700_000_000_000))
}

fn open(path: &Path) -> (Journal, Replay) {
    Journal::open(path, options(&clock())).unwrap()
}

fn records(replay: &Replay) -> Vec<Record> {
    replay.records().unwrap().map(Result::unwrap).collect()
}

fn kinds_of(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| record.kind.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_appenders_share_syncs_and_get_their_own_durable_records() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.jsonl");
    let (journal, replay) = open(&path);
    assert_eq!((replay.end(), replay.cut()), (Position::START, 0));
    let before = journal.syncs();
    let tasks: Vec<_> = (0..64)
        .map(|caller| {
            let journal = journal.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                for n in 0..16 {
                    let position = journal.append("call", json!({ "caller": caller, "n": n })).await.unwrap();
                    assert!(journal.head().seq >= position.seq, "told before it was durable");
                    mine.push((position, caller, n));
                }
                mine
            })
        })
        .collect();
    let mut told = Vec::new();
    for task in tasks {
        told.extend(task.await.unwrap());
    }
    let syncs = journal.syncs() - before;
    assert!(syncs < 64 * 16, "{syncs} syncs for {} records", 64 * 16);
    assert_eq!(told.iter().map(|(position, ..)| position.seq).collect::<BTreeSet<_>>().len(), 64 * 16);
    let end = journal.close().await.unwrap();
    let (_again, replay) = open(&path);
    assert_eq!(replay.end(), end);
    let records = records(&replay);
    for (position, caller, n) in told {
        let record = &records[usize::try_from(position.seq).unwrap() - 1];
        assert_eq!((record.hash, &record.body), (position.hash, &json!({ "caller": caller, "n": n })));
    }
}

#[tokio::test]
async fn a_torn_last_line_is_cut_off_and_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let (journal, _) = open(&path);
    journal.append("call", json!({ "text": "\u{2028}\r\n\u{1b}[31m" })).await.unwrap();
    let kept = journal.append("call", json!({})).await.unwrap();
    journal.append("call", json!({ "lost": true })).await.unwrap();
    journal.close().await.unwrap();
    let whole = std::fs::read(&path).unwrap();
    let lines: Vec<_> = whole.split_inclusive(|b| *b == b'\n').collect();
    assert_eq!(lines.len(), 7, "one line for each record, whatever its text");
    let keep = lines[..4].concat();
    for torn in 1..lines[4].len() {
        std::fs::write(&path, [&keep[..], &lines[4][..torn]].concat()).unwrap();
        let (journal, replay) = open(&path);
        assert_eq!((replay.end(), replay.cut()), (kept, torn as u64));
        journal.close().await.unwrap();
    }
    std::fs::write(&path, [&keep[..], &[0; 5_000]].concat()).unwrap();
    open(&path).0.close().await.unwrap();
    let (_journal, replay) = open(&path);
    let records = records(&replay);
    let expected = ["call", "call", "journal.opened", "journal.recovered", "checkpoint", "journal.closed", "checkpoint"];
    assert_eq!(kinds_of(&records)[2..], expected);
    assert_eq!(records[5].body["cutBytes"], 5_000);
}

#[tokio::test]
async fn any_other_damage_keeps_the_journal_shut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let (journal, _) = open(&path);
    journal.append("call", json!({ "n": 1 })).await.unwrap();
    journal.close().await.unwrap();
    let whole = std::fs::read(&path).unwrap();
    for at in (0..whole.len() - 1).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        let error = Journal::open(&path, options(&clock())).err();
        assert!(matches!(error, Some(AuditError::Damaged(_))), "byte {at}: {error:?}");
        assert_eq!(std::fs::read(&path).unwrap(), damaged, "a damaged journal is evidence and stays as it is");
    }
    std::fs::write(&path, &whole).unwrap();
    let other = JournalOptions { purpose: Purpose::Executor, ..options(&clock()) };
    assert!(matches!(Journal::open(&path, other), Err(AuditError::Damaged(Damage { seq: 1, why: Why::Purpose }))));
}

#[tokio::test]
async fn a_second_process_finds_it_locked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let (journal, _) = open(&path);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(matches!(Journal::open(&path, options(&clock())), Err(AuditError::Locked)));
    assert!(is_being_written(&path).unwrap());
    let clone = journal.clone();
    journal.close().await.unwrap();
    assert!(!is_being_written(&path).unwrap());
    assert!(matches!(clone.append("call", json!({})).await, Err(AuditError::Closed)));
    open(&path).0.close().await.unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(matches!(Journal::open(&link, options(&clock())), Err(AuditError::Io { .. })));
    assert!(matches!(is_being_written(&link), Err(AuditError::Io { .. })));
}

#[tokio::test]
async fn records_out_of_bounds_are_refused_and_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, _) = open(&folder.path().join("j"));
    let head = journal.head();
    let mut deep = json!({});
    for _ in 0..60 {
        deep = json!({ "d": deep });
    }
    for (kind, body) in [
        ("checkpoint", json!({})),
        ("journal.closed", json!({})),
        ("Call", json!({})),
        ("", json!({})),
        ("a\"b", json!({})),
        ("call", json!([])),
        ("call", deep),
        ("call", json!({ "f": 0.5 })),
        ("call", json!({ "big": 1_u64 << 53 })),
        ("call", json!({ "long": "x".repeat(MAX_LINE) })),
    ] {
        let error = journal.append(kind, body).await.unwrap_err();
        assert_eq!(error.code(), kmg_core::problem::Code::Internal, "{kind}: {error}");
    }
    let longest = json!({ "t": "x".repeat(MAX_LINE - LINE_OVERHEAD - 8) });
    assert_eq!(journal.append(&"k".repeat(64), longest).await.unwrap().seq, head.seq + 1);
}

#[tokio::test]
async fn a_checkpoint_follows_within_its_time_and_after_a_thousand_records() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let (journal, _) = Journal::open(&path, JournalOptions { seal_after: Duration::from_millis(1), ..options(&clock()) }).unwrap();
    let mut heads = journal.heads();
    let call = journal.append("call", json!({})).await.unwrap();
    heads.wait_for(|head| head.seq == call.seq + 1).await.unwrap();
    journal.close().await.unwrap();

    let (journal, replay) = Journal::open(&path, JournalOptions { seal_after: Duration::from_hours(1), ..options(&clock()) }).unwrap();
    assert_eq!(kinds_of(&records(&replay)), ["journal.opened", "checkpoint", "call", "checkpoint", "journal.closed", "checkpoint"]);
    let start = journal.head().seq;
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let journal = journal.clone();
        waiting.spawn(async move { journal.append("call", json!({})).await.unwrap() });
    }
    waiting.join_all().await;
    assert_eq!(journal.head().seq, start + 1_001);
    assert_eq!(journal.seal().await.unwrap().seq, start + 1_001, "nothing is left to seal");
}

fn writer(file: File, shared: &Arc<Shared>) -> Writer {
    Writer {
        file,
        shared: Arc::clone(shared),
        purpose: Purpose::Gateway,
        clock: clock(),
        key: None,
        seal_after: Duration::from_secs(10),
        tip: Position::START,
        unsealed: 0,
        sealed: false,
        seal_by: None,
        buffer: Vec::new(),
    }
}

#[tokio::test]
async fn a_full_disk_or_a_failed_sync_poisons_the_writer() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    // A pipe takes the bytes and cannot be synced.
    let (_reader, pipe) = io::pipe().unwrap();
    for (file, tried) in [(full, "written"), (File::from(std::os::fd::OwnedFd::from(pipe)), "synced")] {
        let shared = Shared::new(16, Position::START);
        let journal = Journal::start(writer(file, &shared)).unwrap();
        let first = journal.append("call", json!({})).await;
        assert!(matches!(first, Err(AuditError::Io { doing, .. }) if doing == tried), "{first:?}");
        let syncs = journal.syncs();
        assert!(matches!(journal.append("call", json!({})).await, Err(AuditError::Poisoned)));
        assert!(matches!(journal.close().await, Err(AuditError::Poisoned)));
        assert!(journal.is_poisoned());
        assert_eq!((journal.syncs(), journal.head()), (syncs, Position::START), "tried again after a failure");
    }
}

#[tokio::test]
async fn a_full_queue_refuses_and_a_dead_writer_answers() {
    let shared = Shared::new(2, Position::START);
    let journal = Journal(Arc::new(Handle { shared: Arc::clone(&shared) }));
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let (reply, answer) = oneshot::channel();
            shared.queue.push(Item::Seal(reply)).unwrap();
            answer
        })
        .collect();
    let error = journal.append("call", json!({})).await.unwrap_err();
    assert_eq!(error.code(), kmg_core::problem::Code::Overloaded);
    shared.queue.shut();
    for answer in waiting {
        assert!(answer.await.is_err(), "whoever waits learns that the writer is gone");
    }
    assert!(matches!(journal.append("call", json!({})).await, Err(AuditError::Closed)));
}

#[tokio::test]
async fn a_replay_notices_a_file_changed_under_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    open(&path).0.close().await.unwrap();
    let (_journal, replay) = open(&path);
    assert_eq!(records(&replay).len(), 4);
    let whole = std::fs::read(&path).unwrap();
    let mut file = OpenOptions::new().write(true).truncate(true).open(&path).unwrap();
    file.write_all(whole.split_inclusive(|b| *b == b'\n').next().unwrap()).unwrap();
    let last = replay.records().unwrap().last().unwrap();
    assert_eq!(last, Err(Damage { seq: 2, why: Why::Truncated }));
    assert_ne!(replay.end().hash, Hash::ZERO);
}

#[tokio::test]
async fn refusals_are_summed_and_not_written_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let (journal, _) = open(&path);
    let (mut heads, start) = (journal.heads(), journal.head().seq);
    let refusals = Refusals::start(journal.clone(), clock(), Duration::from_hours(1));
    refusals.count(kmg_core::problem::Code::MissingToken);
    heads.wait_for(|head| head.seq > start).await.unwrap();
    for _ in 0..500 {
        refusals.count(kmg_core::problem::Code::MissingToken);
        tokio::task::yield_now().await;
    }
    refusals.count(kmg_core::problem::Code::InvalidToken);
    assert_eq!(journal.head().seq, start + 1, "no second record within the time");
    refusals.finish().await;
    journal.close().await.unwrap();
    let (_journal, replay) = open(&path);
    let records = records(&replay);
    let sums: Vec<_> = records.iter().filter(|record| record.kind == kinds::REFUSALS).map(|record| &record.body).collect();
    assert_eq!(sums.len(), 2);
    assert_eq!((&sums[0]["counts"], &sums[0]["total"]), (&json!({ "missing-token": 1 }), &json!(1)));
    assert_eq!((&sums[1]["counts"], &sums[1]["total"]), (&json!({ "invalid-token": 1, "missing-token": 500 }), &json!(501)));
}
