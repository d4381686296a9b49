use kmg_audit::{JournalOptions, Purpose};
use kmg_core::digest::{Digest, types};
use kmg_core::identity::Principal;
use serde_json::json;

use super::*;

const NOW: Millis = Millis(1_800_000_000_000);

fn plan(seed: u16) -> PlanId {
    let [high, low] = seed.to_be_bytes();
    PlanId::new(NOW, [high, low, 0, 0, 0, 0, 0, 0, 0, 0])
}

fn object() -> ObjectId {
    ObjectId { api_version: "apps/v1".into(), kind: "Deployment".into(), namespace: "demo".into(), name: "web".into(), uid: "u-1".into() }
}

fn intent(plan_id: &PlanId, attempt: u32) -> Intent {
    let digest = Digest::of(types::PLAN, b"");
    Intent {
        plan_id: plan_id.clone(),
        attempt,
        audit_id: format!("{plan_id}.{attempt}"),
        review_digest: digest,
        approver: Principal { iss: "i".into(), sub: "s".into() },
        gateway_head: Head { seq: 1, hash: "00".repeat(32) },
        objects: vec![object()],
        step: 0,
        action: kmg_core::plan::Action::Patch,
        resource_version: "100".parse().unwrap(),
        generation: Some(1),
        base: Some(digest),
        predicted: Some(digest),
        exclusions: vec![],
        execute_before: NOW,
    }
}

fn end(plan_id: &PlanId, attempt: u32, state: State) -> End {
    End { plan_id: plan_id.clone(), attempt, state, reason: "r".into(), resource_version: None, uid: None }
}

fn closing(plan_id: &PlanId, outcome: Outcome) -> Closing {
    Closing { plan_id: plan_id.clone(), outcome, reason: "r".into(), attempts: 1, steps: vec![], at: NOW, review_digest: None }
}

fn open(path: &std::path::Path) -> (Book, Replay) {
    let clock = Clock::manual(NOW);
    let (journal, replay) = Journal::open(path, JournalOptions::new(Purpose::Executor, clock.clone())).unwrap();
    (Book::new(journal, Ledger::fold(&replay).unwrap(), clock), replay)
}

#[tokio::test]
async fn memory_and_journal_tell_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let (book, _) = open(&path);
    let (applied, unknown, refused) = (plan(1), plan(2), plan(3));
    book.write(APPLY_INTENT, &intent(&applied, 1)).await.unwrap();
    book.write(APPLY_OUTCOME, &end(&applied, 1, State::Applied)).await.unwrap();
    book.write(JOB_FINISHED, &closing(&applied, Outcome::Applied)).await.unwrap();
    book.write(APPLY_INTENT, &intent(&unknown, 1)).await.unwrap();
    book.write(APPLY_OUTCOME, &end(&unknown, 1, State::Conflict)).await.unwrap();
    book.write(APPLY_INTENT, &intent(&unknown, 2)).await.unwrap();
    book.write(APPLY_OUTCOME, &end(&unknown, 2, State::Unknown)).await.unwrap();
    book.write(JOB_REFUSED, &closing(&refused, Outcome::Refused)).await.unwrap();
    assert!(book.is_undecided(&object()));
    let live = format!("{:?}", [&applied, &unknown, &refused].map(|plan| book.seen(plan)));
    book.journal().close().await.unwrap();
    drop(book);
    let (again, _) = open(&path);
    assert_eq!(format!("{:?}", [&applied, &unknown, &refused].map(|plan| again.seen(plan))), live);
    assert_eq!(again.open_plans(), [unknown]);
    assert!(again.is_undecided(&object()) && !again.is_undecided(&ObjectId { name: "other".into(), ..object() }));
    assert!(again.seen(&plan(9)).is_none());
}

#[tokio::test]
async fn records_that_contradict_each_other_are_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (book, _) = open(&folder.path().join("j"));
    let one = plan(1);
    let foreign = |outcome: Result<Position, ExecutorError>| assert!(matches!(outcome, Err(ExecutorError::Record { .. })), "{outcome:?}");
    foreign(book.write(APPLY_OUTCOME, &end(&one, 1, State::Applied)).await);
    book.write(APPLY_INTENT, &intent(&one, 1)).await.unwrap();
    foreign(book.write(APPLY_INTENT, &intent(&one, 1)).await);
    foreign(book.write(JOB_FINISHED, &closing(&one, Outcome::Applied)).await);
    book.write(APPLY_OUTCOME, &end(&one, 1, State::Applied)).await.unwrap();
    foreign(book.write(APPLY_RECONCILED, &end(&one, 1, State::Rejected)).await);
    book.write(JOB_FINISHED, &closing(&one, Outcome::Applied)).await.unwrap();
    foreign(book.write(PLAN_VOIDED, &closing(&one, Outcome::Refused)).await);
    foreign(book.write(APPLY_INTENT, &intent(&one, 2)).await);
}

#[tokio::test]
async fn a_record_this_version_did_not_write_keeps_the_executor_shut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let (book, _) = open(&path);
    let position = book.journal().append(JOB_FINISHED, json!({"planId": plan(1), "outcome": "exploded"})).await.unwrap();
    book.journal().close().await.unwrap();
    drop(book);
    let (_journal, replay) = Journal::open(&path, JournalOptions::new(Purpose::Executor, Clock::manual(NOW))).unwrap();
    assert!(matches!(Ledger::fold(&replay), Err(ExecutorError::Record { seq }) if seq == position.seq));
}

#[test]
fn old_receipts_shrink_and_are_never_forgotten() {
    let mut ledger = Ledger::default();
    let many = u16::try_from(RECENT).unwrap() + 10;
    for seed in 0..many {
        let closing = serde_json::to_value(closing(&plan(seed), Outcome::Applied)).unwrap();
        ledger.take(JOB_FINISHED, closing, NOW, Position::START).unwrap();
    }
    assert_eq!(ledger.recent.len(), RECENT);
    for seed in [0, 9, 10, many - 1] {
        assert!(
            matches!(ledger.seen(&plan(seed)), Some(Seen::Closed(receipt)) if receipt.outcome == Outcome::Applied && receipt.attempts == 1),
            "{seed}"
        );
    }
}
