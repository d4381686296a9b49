use std::io::Write as _;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use kmg_core::clock::{Clock, Millis};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::record::Draft;
use crate::{Hash, Journal, JournalOptions, kinds};

fn key(purpose: Purpose) -> SigningKey {
    SigningKey::from_bytes(&[if purpose == Purpose::Gateway { 1 } else { 2 }; 32])
}

fn open(path: &Path, purpose: Purpose) -> Journal {
    let options = JournalOptions {
        checkpoint_key: Some(key(purpose)),
        lock_wait: Duration::ZERO,
        seal_after: Duration::from_hours(1),
        ..JournalOptions::new(purpose, Clock::manual(Millis(1_700_000_000_000)))
    };
    Journal::open(path, options).unwrap().0
}

fn trusted() -> Vec<VerifyingKey> {
    vec![key(Purpose::Gateway).verifying_key(), key(Purpose::Executor).verifying_key()]
}

struct Pair {
    _folder: TempDir,
    gateway: PathBuf,
    executor: PathBuf,
}

/// Both journals of `plans` executed plans, with reads in between.
async fn pair(plans: u64) -> Pair {
    let folder = tempfile::tempdir().unwrap();
    let (gateway, executor) = (folder.path().join("gateway"), folder.path().join("executor"));
    let (g, e) = (open(&gateway, Purpose::Gateway), open(&executor, Purpose::Executor));
    for plan in 0..plans {
        g.append("call", json!({ "tool": "get_k8s_status", "n": plan })).await.unwrap();
        let head = g.append("plan.intent", json!({ "planId": plan.to_string() })).await.unwrap();
        let body = json!({ "planId": plan.to_string(), "attempt": 1, "gatewayHead": head });
        e.append(kinds::APPLY_INTENT, body).await.unwrap();
        let done = json!({ "planId": plan.to_string(), "attempt": 1, "state": "applied" });
        let head = e.append(kinds::APPLY_OUTCOME, done).await.unwrap();
        g.append(kinds::PLAN_OUTCOME, json!({ "planId": plan.to_string(), "executorHead": head })).await.unwrap();
        if plan % 20 == 7 {
            g.seal().await.unwrap();
            e.seal().await.unwrap();
        }
    }
    g.close().await.unwrap();
    e.close().await.unwrap();
    Pair { _folder: folder, gateway, executor }
}

fn options(other: Option<&Path>) -> VerifyOptions {
    VerifyOptions { trusted: trusted(), other: other.map(Path::to_owned), at_least: Vec::new() }
}

/// Without truncating first: some file systems flush a file that is truncated and written again.
fn overwrite(path: &Path, bytes: &[u8]) {
    let mut file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
    file.set_len(bytes.len() as u64).unwrap();
}

fn lines(path: &Path) -> Vec<Vec<u8>> {
    std::fs::read(path).unwrap().split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect()
}

#[tokio::test]
async fn intact_journals_verify_against_each_other() {
    let pair = pair(40).await;
    let report = verify(&pair.gateway, &options(Some(&pair.executor))).unwrap();
    assert_eq!((report.purpose, report.records, report.checkpoints), (Purpose::Gateway, 126, 4));
    assert_eq!((report.unsealed_tail, report.torn_bytes, report.closed), (0, 0, true));
    assert_eq!((report.witnessed, report.witnessed_up_to), (40, 123), "each intent names a gateway record");
    let other = report.other.unwrap();
    assert_eq!((other.purpose, other.witnessed), (Purpose::Executor, 40));
    assert!(other.open_intents.is_empty());
    let turned = verify(&pair.executor, &options(Some(&pair.gateway))).unwrap();
    assert_eq!((turned.witnessed, turned.other.unwrap().witnessed), (40, 40));
    let alone = verify(&pair.executor, &options(Some(&pair.executor))).unwrap_err();
    assert_eq!(alone.why, Why::NotAWitness(Purpose::Executor));
}

#[tokio::test]
async fn every_record_flipped_deleted_doubled_moved_or_cut_is_noticed() {
    let pair = pair(67).await;
    let whole = lines(&pair.gateway);
    assert!(whole.len() > 200);
    let head = verify(&pair.gateway, &options(None)).unwrap().head;
    let known = VerifyOptions { at_least: vec![head], ..options(None) };
    let refused = |altered: &[Vec<u8>], what: &str| {
        overwrite(&pair.gateway, &altered.concat());
        let error = verify(&pair.gateway, &known).expect_err(what);
        assert_eq!(error.code(), Code::Tampered, "{what}: {error}");
        error.seq
    };
    for at in 0..whole.len() {
        let seq = at as u64 + 1;
        // Another field of the line each time.
        let mut altered = whole.clone();
        let byte = at * 37 % (altered[at].len() - 1);
        altered[at][byte] ^= 0x01;
        assert_eq!(refused(&altered, &format!("flip of byte {byte} in {seq}")), seq);
        let mut altered = whole.clone();
        altered.remove(at);
        assert_eq!(refused(&altered, &format!("deletion of {seq}")), seq);
        let mut altered = whole.clone();
        altered.insert(at, whole[at].clone());
        assert_eq!(refused(&altered, &format!("doubling of {seq}")), seq + 1);
        if at > 0 {
            let mut altered = whole.clone();
            altered.swap(at - 1, at);
            assert_eq!(refused(&altered, &format!("reordering of {seq}")), seq - 1);
        }
        refused(&whole[..at], &format!("truncation before {seq}"));
    }
    overwrite(&pair.gateway, &whole.concat());
    verify(&pair.gateway, &known).unwrap();
}

/// Rewrites the record at `at` and chains everything behind it again, as somebody without the key could.
fn rechained(whole: &[Vec<u8>], at: usize) -> Vec<u8> {
    let mut prev = Hash::ZERO;
    let mut out = Vec::new();
    for (index, line) in whole.iter().enumerate() {
        let record: Value = serde_json::from_slice(line).unwrap();
        let mut body = record["body"].clone();
        if index == at {
            body["forged"] = true.into();
        } else if index > at && record["kind"] == kinds::CHECKPOINT {
            body["head"] = prev.to_string().into();
        }
        let body = kmg_core::json::canonical(&body).unwrap();
        let (seq, time) = (record["seq"].as_u64().unwrap(), Millis(record["time"].as_i64().unwrap()));
        let draft = Draft { seq, time, prev, kind: record["kind"].as_str().unwrap(), body: &body };
        prev = draft.hash(Purpose::Gateway);
        draft.write_line(prev, &mut out);
    }
    out
}

#[tokio::test]
async fn a_rewritten_and_rechained_record_breaks_the_next_checkpoint() {
    let pair = pair(20).await;
    let whole = lines(&pair.gateway);
    for at in 0..whole.len() {
        overwrite(&pair.gateway, &rechained(&whole, at));
        let error = verify(&pair.gateway, &options(None)).unwrap_err();
        let expected = if at == 0 {
            Why::Purpose
        } else if kind(&whole[at]) == kinds::CHECKPOINT {
            Why::Checkpoint
        } else {
            Why::Signature
        };
        assert_eq!(error.why, expected, "record {}", at + 1);
    }
    overwrite(&pair.gateway, &rechained(&whole, usize::MAX));
    verify(&pair.gateway, &options(None)).unwrap();
}

fn kind(line: &[u8]) -> String {
    serde_json::from_slice::<Value>(line).unwrap()["kind"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_the_other_journal_saw_cannot_be_cut_off() {
    let pair = pair(20).await;
    let seen = verify(&pair.gateway, &options(Some(&pair.executor))).unwrap().witnessed_up_to;
    for (path, other) in [(&pair.gateway, &pair.executor), (&pair.executor, &pair.gateway)] {
        let whole = lines(path);
        let up_to = verify(path, &options(Some(other))).unwrap().witnessed_up_to;
        for keep in 1..usize::try_from(up_to).unwrap() {
            overwrite(path, &whole[..keep].concat());
            for (first, second) in [(path, other), (other, path)] {
                let error = verify(first, &options(Some(second))).unwrap_err();
                assert_eq!((&error.journal, error.code()), (path, Code::Tampered), "{keep} records kept");
            }
        }
        overwrite(path, &whole.concat());
    }
    // The documented limit: behind the last record anybody else knows of, a cut end looks like a crash.
    let whole = lines(&pair.gateway);
    overwrite(&pair.gateway, &whole[..usize::try_from(seen).unwrap()].concat());
    let report = verify(&pair.gateway, &VerifyOptions { other: None, ..options(None) }).unwrap();
    assert!(!report.closed && report.unsealed_tail > 0);
}

#[tokio::test]
async fn a_checkpoint_of_a_trusted_key_is_needed() {
    let pair = pair(2).await;
    let stranger = VerifyOptions { trusted: vec![key(Purpose::Executor).verifying_key()], ..options(None) };
    let error = verify(&pair.gateway, &stranger).unwrap_err();
    assert_eq!((error.seq, error.why), (2, Why::UntrustedKey));
    let whole = lines(&pair.gateway);
    overwrite(&pair.gateway, &whole[0]);
    assert_eq!(verify(&pair.gateway, &options(None)).unwrap_err().why, Why::Unsealed);
    overwrite(&pair.gateway, b"");
    assert_eq!(verify(&pair.gateway, &options(None)).unwrap_err().why, Why::Empty);
    overwrite(&pair.gateway, &whole[..whole.len() - 1].concat());
    assert_eq!(verify(&pair.gateway, &options(None)).unwrap_err().why, Why::Close, "the closing checkpoint is gone");
}

#[tokio::test]
async fn each_intent_has_exactly_one_closing_record() {
    let intent = || (kinds::APPLY_INTENT, json!({ "planId": "p", "attempt": 1, "gatewayHead": Position::START }));
    let outcome = |state: &str| (kinds::APPLY_OUTCOME, json!({ "planId": "p", "attempt": 1, "state": state }));
    let reconciled = |state: &str| (kinds::APPLY_RECONCILED, json!({ "planId": "p", "attempt": 1, "state": state }));
    let cases = [
        (vec![intent(), outcome("applied")], Ok(vec![])),
        (vec![intent(), reconciled("applied")], Ok(vec![])),
        (vec![intent(), outcome("unknown"), reconciled("applied")], Ok(vec![])),
        (vec![intent(), outcome("deleting"), reconciled("unknown"), reconciled("applied")], Ok(vec![])),
        (vec![intent(), outcome("unknown")], Ok(vec![3])),
        (vec![intent()], Err((3, Why::NoOutcome))),
        (vec![intent(), intent()], Err((4, Why::Twice))),
        (vec![outcome("applied")], Err((3, Why::NoIntent))),
        (vec![intent(), outcome("applied"), outcome("applied")], Err((5, Why::Twice))),
        (vec![intent(), outcome("unknown"), outcome("applied")], Err((5, Why::Twice))),
        (vec![intent(), outcome("applied"), reconciled("stale")], Err((5, Why::Twice))),
        (vec![(kinds::APPLY_INTENT, json!({ "planId": "p", "attempt": 1 }))], Err((3, Why::Body("gatewayHead")))),
    ];
    for (index, (records, expected)) in cases.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("executor");
        let journal = open(&path, Purpose::Executor);
        for (kind, body) in records {
            journal.append(kind, body).await.unwrap();
        }
        journal.close().await.unwrap();
        let found = verify(&path, &options(None)).map(|report| report.open_intents).map_err(|e| (e.seq, e.why));
        assert_eq!(found, expected, "case {index}");
    }
}

#[tokio::test]
async fn a_crash_is_no_damage_and_a_line_being_written_neither() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway");
    let journal = open(&path, Purpose::Gateway);
    journal.append("call", json!({})).await.unwrap();
    let live = verify(&path, &options(None)).unwrap();
    assert_eq!((live.records, live.unsealed_tail, live.closed), (3, 1, false));
    let mut torn = std::fs::read(&path).unwrap();
    journal.close().await.unwrap();
    torn.extend_from_slice(b"{\"body\":");
    std::fs::write(&path, torn).unwrap();
    assert_eq!(verify(&path, &options(None)).unwrap().torn_bytes, 8);
    open(&path, Purpose::Gateway).close().await.unwrap();
    let report = verify(&path, &options(None)).unwrap();
    assert_eq!((report.records, report.unsealed_tail, report.closed), (8, 0, true));
}
