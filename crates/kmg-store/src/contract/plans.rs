//! A plan's way through the store.

use futures_util::future::join_all;
use kmg_core::clock::Clock;
use kmg_core::plan::{Outcome, PlanId, Stage};
use kmg_core::problem::Code;
use kmg_core::untrusted::Quoted;

use super::refused;
use crate::fixtures::{Asked, CAPS, EXECUTE_WITHIN, NOW, asked, insert, no, person, receipt, yes};
use crate::{Inbox, Inserted, MAX_BODY_BYTES, Store, StoreError};

pub(crate) async fn a_plan_comes_back_as_it_went_in(store: &Store, _clock: &Clock) {
    let row = asked(1).stored(store).await;
    assert_eq!(row.life.stage, Stage::Pending);
    let read = store.plan(row.id()).await.unwrap().unwrap();
    assert_eq!(read, row);
    assert_eq!(read.body.bytes(), kmg_core::plan::StoredBody::seal(asked(1).body()).unwrap().bytes());
    assert_eq!(store.plan(&PlanId::new(NOW, [9; 10])).await.unwrap(), None);
}

pub(crate) async fn the_walk_of_a_plan(store: &Store, clock: &Clock) {
    let row = asked(1).stored(store).await;
    let id = row.id();
    assert_eq!(refused(store.claim(id, "gateway").await), Code::NotApproved);
    clock.advance(1_000);
    let approved = store.approve(id, yes(), NOW).await.unwrap();
    assert_eq!((approved.life.stage, approved.epoch, approved.changed_at), (Stage::Approved, 1, NOW.plus(1_000)));
    assert_eq!(approved.life.execute_before, Some(NOW.plus(EXECUTE_WITHIN)));
    assert_eq!(approved.decided, Some(yes()));
    assert_eq!(refused(store.approve(id, yes(), NOW).await), Code::AlreadyClaimed);
    assert_eq!(refused(store.deny(id, no()).await), Code::AlreadyClaimed);
    let claimed = store.claim(id, "gateway").await.unwrap();
    assert_eq!((claimed.life.stage, claimed.epoch, claimed.owner.as_deref()), (Stage::Claimed, 2, Some("gateway")));
    assert_eq!(store.unfinished().await.unwrap(), [claimed]);
    let applied = store.record_receipt(id, &receipt(id, Outcome::Applied)).await.unwrap();
    assert_eq!((applied.life.stage, applied.epoch), (Stage::Applied, 3));
    assert_eq!(applied.receipt, Some(receipt(id, Outcome::Applied)));
    assert_eq!(applied.decided, Some(yes()));
    assert_eq!(store.plan(id).await.unwrap().unwrap(), applied);
    assert!(store.unfinished().await.unwrap().is_empty());
    assert_eq!(refused(store.claim(id, "gateway").await), Code::AlreadyClaimed);
    assert_eq!(refused(store.record_receipt(id, &receipt(id, Outcome::Rejected)).await), Code::AlreadyClaimed);
    assert_eq!(refused(store.claim(&PlanId::new(NOW, [9; 10]), "gateway").await), Code::PlanNotFound);
}

pub(crate) async fn of_64_claims_one_wins(store: &Store, _clock: &Clock) {
    let row = asked(1).stored(store).await;
    store.approve(row.id(), yes(), NOW).await.unwrap();
    let owners: Vec<String> = (0..64).map(|number| format!("process-{number}")).collect();
    let claims = join_all(owners.iter().map(|owner| store.claim(row.id(), owner))).await;
    let winners: Vec<_> = claims.iter().filter_map(|claim| claim.as_ref().ok()).collect();
    assert_eq!(winners.len(), 1);
    for lost in claims.iter().filter_map(|claim| claim.as_ref().err()) {
        assert_eq!(lost.code(), Code::AlreadyClaimed);
    }
    let stored = store.plan(row.id()).await.unwrap().unwrap();
    assert_eq!((&stored.owner, stored.epoch), (&winners[0].owner, 2));
}

pub(crate) async fn an_unknown_outcome_is_established_later(store: &Store, clock: &Clock) {
    let row = asked(1).stored(store).await;
    let id = row.id();
    store.approve(id, yes(), NOW).await.unwrap();
    store.claim(id, "gateway").await.unwrap();
    store.record_receipt(id, &receipt(id, Outcome::Unknown)).await.unwrap();
    clock.advance(86_400_000);
    assert!(store.sweep().await.unwrap().is_empty(), "what may have been sent never expires");
    assert_eq!(store.unfinished().await.unwrap().len(), 1);
    let later = store.record_receipt(id, &receipt(id, Outcome::Applied)).await.unwrap();
    assert_eq!((later.life.stage, later.receipt.unwrap().outcome), (Stage::Applied, Outcome::Applied));
}

pub(crate) async fn the_inbox_filters_and_pages(store: &Store, _clock: &Clock) {
    let mut ids = Vec::new();
    for seed in 0..5 {
        let sub = if seed == 3 { "bob" } else { "alice" };
        ids.push(Asked { sub, at: NOW.plus(i64::from(seed)), ..asked(seed) }.stored(store).await.id().clone());
    }
    store.deny(&ids[1], no()).await.unwrap();
    let list = async |filter: Inbox| -> Vec<PlanId> { store.inbox(filter).await.unwrap().iter().map(|row| row.id().clone()).collect() };
    let pick = |which: &[usize]| -> Vec<PlanId> { which.iter().map(|index| ids[*index].clone()).collect() };
    let all = Inbox { stages: Stage::ALL.to_vec(), limit: 200, ..Inbox::default() };
    assert_eq!(list(all.clone()).await, pick(&[4, 3, 2, 1, 0]));
    assert_eq!(list(Inbox { stages: vec![Stage::Pending], ..all.clone() }).await, pick(&[4, 3, 2, 0]));
    assert_eq!(list(Inbox { requester: Some(person("bob")), ..all.clone() }).await, pick(&[3]));
    assert_eq!(list(Inbox { limit: 2, ..all.clone() }).await, pick(&[4, 3]));
    assert_eq!(list(Inbox { limit: 2, before: Some(ids[3].clone()), ..all.clone() }).await, pick(&[2, 1]));
    assert_eq!(list(Inbox { stages: vec![], ..all.clone() }).await, pick(&[]));
    assert_eq!(list(Inbox { requester: Some(person("mallory")), ..all }).await, pick(&[]));
}

pub(crate) async fn the_caller_is_held_to_its_preconditions(store: &Store, _clock: &Clock) {
    let row = asked(1).stored(store).await;
    let id = row.id();
    let misuse = |result: Result<_, StoreError>| matches!(result, Err(StoreError::Misuse(_)));
    assert!(misuse(store.approve(id, no(), NOW).await), "a denial approves");
    assert!(misuse(store.approve(id, crate::Decided { approval: None, ..yes() }, NOW).await), "an approval without proof");
    assert!(misuse(store.deny(id, yes()).await), "an approval denies");
    assert!(misuse(store.record_receipt(id, &receipt(&PlanId::new(NOW, [9; 10]), Outcome::Applied)).await), "another plan's receipt");
    assert!(misuse(asked(1).insert(store).await.map(Inserted::into_row)), "one id twice");
    assert_eq!(store.plan(id).await.unwrap().unwrap(), row);
}

pub(crate) async fn sizes_are_bounded(store: &Store, _clock: &Clock) {
    let mut body = asked(1).body();
    body.reason = Some(Quoted::new(&"x".repeat(MAX_BODY_BYTES), MAX_BODY_BYTES));
    assert_eq!(refused(insert(store, body, CAPS).await), Code::TooLarge);
    let row = asked(1).stored(store).await;
    let long = Some(Quoted::new(&"x".repeat(300 << 10), 300 << 10));
    assert_eq!(refused(store.deny(row.id(), crate::Decided { reason: long, ..no() }).await), Code::TooLarge);
    assert_eq!(store.plan(row.id()).await.unwrap().unwrap(), row);
}
