//! What keeps an agent from pressing, and time from being stretched.

use kmg_core::clock::Clock;
use kmg_core::plan::{Outcome, Stage};
use kmg_core::problem::Code;

use super::refused;
use crate::fixtures::{APPROVE_WITHIN, Asked, CAPS, EXECUTE_WITHIN, NOW, asked, no, receipt, yes};
use crate::{Caps, Inserted, Store};

pub(crate) async fn the_same_ask_coalesces_until_it_is_decided(store: &Store, clock: &Clock) {
    let first = asked(1).stored(store).await;
    let again = Asked { seed: 2, ..asked(1) };
    assert_eq!(again.insert(store).await.unwrap(), Inserted::Coalesced(first.clone()));
    assert_eq!(store.plan(&again.body().plan_id).await.unwrap(), None);
    let others = [
        Asked { seed: 3, client: "other", ..asked(1) },
        Asked { seed: 4, sub: "bob", ..asked(1) },
        Asked { seed: 5, replicas: 7, ..asked(1) },
    ];
    for other in others {
        other.stored(store).await;
    }
    clock.advance(APPROVE_WITHIN);
    let later = Asked { seed: 6, at: clock.now(), ..asked(1) }.stored(store).await;
    assert_eq!(store.plan(first.id()).await.unwrap().unwrap().life.stage, Stage::Expired);
    store.approve(later.id(), yes(), clock.now()).await.unwrap();
    Asked { seed: 7, at: clock.now(), ..asked(1) }.stored(store).await;
}

pub(crate) async fn a_denial_sticks_for_the_cool_down(store: &Store, clock: &Clock) {
    let row = asked(1).stored(store).await;
    let denied = store.deny(row.id(), no()).await.unwrap();
    assert_eq!((denied.life.stage, denied.decided), (Stage::Denied, Some(no())));
    let again = |seed| Asked { seed, at: clock.now(), replicas: 1, ..asked(1) };
    assert_eq!(refused(again(2).insert(store).await), Code::DeniedRecently);
    Asked { seed: 3, replicas: 2, ..asked(1) }.stored(store).await;
    clock.advance(CAPS.deny_cool_down - 1);
    assert_eq!(refused(again(4).insert(store).await), Code::DeniedRecently);
    clock.advance(-CAPS.deny_cool_down);
    assert_eq!(refused(again(5).insert(store).await), Code::DeniedRecently, "a clock that goes back frees nothing");
    clock.advance(CAPS.deny_cool_down + 1);
    again(6).stored(store).await;
    assert_eq!(refused(store.approve(row.id(), yes(), clock.now()).await), Code::PlanDenied);
}

pub(crate) async fn caps_follow_the_person_and_the_namespace(store: &Store, clock: &Clock) {
    let caps = Caps { per_requester: 2, per_namespace: 3, ..CAPS };
    let ask = |seed, sub, client, namespace| Asked { sub, client, namespace, caps, at: clock.now(), ..asked(seed) }.insert(store);
    ask(1, "alice", "a", "demo").await.unwrap();
    let second = ask(2, "alice", "b", "demo").await.unwrap().into_row();
    assert_eq!(refused(ask(3, "alice", "c", "demo").await), Code::TooManyPending, "another client is no other person");
    assert_eq!(refused(ask(4, "alice", "a", "other").await), Code::TooManyPending);
    ask(5, "bob", "a", "demo").await.unwrap();
    assert_eq!(refused(ask(6, "carol", "a", "demo").await), Code::TooManyPending);
    ask(7, "carol", "a", "other").await.unwrap();
    store.deny(second.id(), no()).await.unwrap();
    ask(8, "alice", "c", "demo").await.unwrap();
    clock.advance(APPROVE_WITHIN);
    let late = Asked { sub: "alice", caps, at: clock.now(), ..asked(9) };
    late.stored(store).await;
}

pub(crate) async fn one_approved_plan_per_object(store: &Store, clock: &Clock) {
    let first = asked(1).stored(store).await;
    let second = asked(2).stored(store).await;
    let elsewhere = Asked { name: "api", ..asked(3) }.stored(store).await;
    store.approve(first.id(), yes(), NOW).await.unwrap();
    assert_eq!(refused(store.approve(second.id(), yes(), NOW).await), Code::ObjectBusy);
    assert_eq!(store.plan(second.id()).await.unwrap().unwrap(), second);
    store.approve(elsewhere.id(), yes(), NOW).await.unwrap();
    store.claim(first.id(), "gateway").await.unwrap();
    clock.advance(EXECUTE_WITHIN);
    assert_eq!(refused(store.approve(second.id(), yes(), clock.now()).await), Code::ObjectBusy, "claimed does not expire");
    store.record_receipt(first.id(), &receipt(first.id(), Outcome::Applied)).await.unwrap();
    store.approve(second.id(), yes(), clock.now()).await.unwrap();
    let third = Asked { at: clock.now(), ..asked(4) }.stored(store).await;
    clock.advance(EXECUTE_WITHIN);
    store.approve(third.id(), yes(), clock.now()).await.unwrap();
    assert_eq!(store.plan(second.id()).await.unwrap().unwrap().life.stage, Stage::Expired);
}

pub(crate) async fn an_expiry_is_stored_before_it_is_reported(store: &Store, clock: &Clock) {
    let rows = [asked(1).stored(store).await, asked(2).stored(store).await, Asked { name: "api", ..asked(3) }.stored(store).await];
    clock.advance(APPROVE_WITHIN - EXECUTE_WITHIN);
    store.approve(rows[2].id(), yes(), clock.now()).await.unwrap();
    clock.advance(EXECUTE_WITHIN);
    assert_eq!(refused(store.approve(rows[0].id(), yes(), clock.now()).await), Code::PlanExpired);
    assert_eq!(refused(store.deny(rows[1].id(), no()).await), Code::PlanExpired);
    assert_eq!(refused(store.claim(rows[2].id(), "gateway").await), Code::PlanExpired);
    clock.advance(-APPROVE_WITHIN);
    for row in &rows {
        let stored = store.plan(row.id()).await.unwrap().unwrap();
        assert_eq!(stored.life.stage, Stage::Expired, "a clock that goes back revives nothing");
        assert_eq!(stored.owner, None);
    }
    assert_eq!(refused(store.claim(rows[2].id(), "gateway").await), Code::PlanExpired);
    let stale = Asked { at: NOW.plus(-APPROVE_WITHIN), ..asked(4) };
    assert_eq!(refused(stale.insert(store).await), Code::PlanExpired);
}

pub(crate) async fn the_sweep_expires_what_is_due_once(store: &Store, clock: &Clock) {
    let waits = asked(1).stored(store).await;
    let approved = Asked { name: "api", ..asked(2) }.stored(store).await;
    let denied = Asked { name: "db", ..asked(3) }.stored(store).await;
    let young = Asked { at: NOW.plus(1), ..asked(4) }.stored(store).await;
    store.approve(approved.id(), yes(), NOW).await.unwrap();
    store.deny(denied.id(), no()).await.unwrap();
    assert!(store.sweep().await.unwrap().is_empty());
    clock.advance(EXECUTE_WITHIN);
    assert_eq!(store.sweep().await.unwrap(), [approved.id().clone()]);
    clock.advance(APPROVE_WITHIN - EXECUTE_WITHIN);
    assert_eq!(store.sweep().await.unwrap(), [waits.id().clone()]);
    assert!(store.sweep().await.unwrap().is_empty());
    let stage = async |row: &crate::PlanRow| store.plan(row.id()).await.unwrap().unwrap().life.stage;
    assert_eq!((stage(&waits).await, stage(&denied).await, stage(&young).await), (Stage::Expired, Stage::Denied, Stage::Pending));
}
