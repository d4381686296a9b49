use kmg_core::digest::types;
use kmg_core::identity::Principal;
use kmg_core::plan::{Head, ObjectId};
use serde_json::json;

use super::*;

const SENT_AT: Millis = Millis(1_800_000_000_000);
const SETTLED_AT: Millis = SENT_AT.plus(65_000);

fn plan() -> PlanId {
    PlanId::new(SENT_AT, [3; 10])
}

fn object(image: &str, annotation: Option<&PlanId>) -> Value {
    let mut object = json!({"metadata": {"uid": "u-1", "resourceVersion": "100", "generation": 1, "annotations": {"team": "a"}}, "spec": {"image": image}, "status": {}});
    if let Some(plan) = annotation {
        object["metadata"]["annotations"][MARKS[1]] = plan.as_str().into();
    }
    object
}

fn at(mut object: Value, version: &str, generation: i64) -> Value {
    object["metadata"]["resourceVersion"] = version.into();
    object["metadata"]["generation"] = generation.into();
    object
}

fn intent() -> Intent {
    let digest = |object: &Value| projection_digest(object, &[]).unwrap();
    Intent {
        plan_id: plan(),
        attempt: 1,
        audit_id: format!("{}.1", plan()),
        review_digest: Digest::of(types::PLAN, b""),
        approver: Principal { iss: "i".into(), sub: "s".into() },
        gateway_head: Head { seq: 1, hash: "00".repeat(32) },
        objects: vec![ObjectId {
            api_version: "apps/v1".into(),
            kind: "Deployment".into(),
            namespace: "demo".into(),
            name: "web".into(),
            uid: "u-1".into(),
        }],
        step: 0,
        action: Action::Patch,
        resource_version: "100".parse().unwrap(),
        generation: Some(1),
        base: Some(digest(&object("a", None))),
        predicted: Some(digest(&object("b", Some(&plan())))),
        exclusions: vec![],
        execute_before: SENT_AT.plus(600_000),
    }
}

fn concluded(read: &Read, now: Millis) -> Option<State> {
    conclude(&intent(), read, now, SETTLED_AT).map(|conclusion| conclusion.state)
}

#[test]
fn an_open_attempt_is_concluded_by_what_the_object_shows() {
    let late = SETTLED_AT;
    let early = SETTLED_AT.plus(-1);
    let of = |object: Value, now| concluded(&Read::Object(object), now);
    assert_eq!(of(at(object("b", Some(&plan())), "101", 2), early), Some(State::Applied));
    assert_eq!(of(at(object("c", Some(&plan())), "105", 3), early), Some(State::AppliedDiverged));
    assert_eq!(of(object("a", None), early), None, "the request may still arrive");
    assert_eq!(of(object("a", None), late), Some(State::Rejected));
    assert_eq!(of(at(object("a", None), "101", 1), early), Some(State::Rejected), "its test of the version can only fail now");
    let mut labelled = at(object("a", None), "101", 1);
    labelled["metadata"]["annotations"]["team"] = "b".into();
    assert_eq!(of(labelled, early), Some(State::Stale));
    assert_eq!(of(at(object("c", None), "101", 2), late), Some(State::NeedsHuman));
    assert_eq!(of(at(object("a", None), "103", 3), late), Some(State::NeedsHuman), "changed and changed back");
    let other = PlanId::new(SENT_AT, [4; 10]);
    assert_eq!(of(at(object("b", Some(&other)), "101", 2), late), Some(State::NeedsHuman), "another plan's");
    let mut replaced = at(object("b", Some(&plan())), "101", 2);
    replaced["metadata"]["uid"] = "u-2".into();
    assert_eq!(of(replaced, late), Some(State::NeedsHuman), "the annotation of another object proves nothing");
    assert_eq!(concluded(&Read::Gone, late), Some(State::NeedsHuman));
    assert_eq!(concluded(&Read::Failed, late), None);
}

#[test]
fn without_a_generation_a_newer_version_proves_nothing() {
    let intent = Intent { generation: None, ..intent() };
    let mut moved = at(object("a", None), "101", 1);
    moved["metadata"].as_object_mut().unwrap().remove("generation");
    let concluded = conclude(&intent, &Read::Object(moved), SETTLED_AT, SETTLED_AT).unwrap();
    assert_eq!(concluded.state, State::NeedsHuman);
}

#[test]
fn a_refusal_allows_another_attempt_only_with_proof() {
    let of = |read: Read| after_refusal(&intent(), &read).state;
    assert_eq!(of(Read::Object(at(object("a", None), "101", 1))), State::Conflict);
    assert_eq!(of(Read::Object(at(object("a", None), "103", 3))), State::Stale, "it could be ours, undone");
    assert_eq!(of(Read::Object(object("a", None))), State::Rejected, "nothing moved, so the bytes were refused");
    assert_eq!(of(Read::Object(at(object("c", None), "101", 2))), State::Stale);
    assert_eq!(of(Read::Object(at(object("b", Some(&plan())), "101", 2))), State::Applied);
    assert_eq!(of(Read::Gone), State::Stale);
    assert_eq!(of(Read::Failed), State::Unknown);
}

#[test]
fn an_object_that_has_no_canonical_form_is_not_the_reviewed_one() {
    let mut odd = object("a", None);
    odd["spec"]["weight"] = json!(0.5);
    assert!(matches!(look(Some(&odd), &Target::of(&intent())), Look::NotOurs { as_reviewed: false, version: Some(_) }));
}

#[test]
fn a_creation_is_recognised_by_the_plan_alone() {
    let mut intent =
        Intent { action: Action::Create, base: None, generation: None, resource_version: ResourceVersion::absent(), ..intent() };
    intent.objects[0].uid.clear();
    let of = |read: Read, now| conclude(&intent, &read, now, SETTLED_AT).map(|conclusion| conclusion.state);
    let mut made = at(object("b", Some(&plan())), "101", 1);
    made["metadata"]["uid"] = "u-9".into();
    let excluded = Intent { exclusions: vec!["/metadata/uid".into()], ..intent.clone() };
    let mut predicted = object("b", Some(&plan()));
    predicted["metadata"]["uid"] = "u-of-the-dry-run".into();
    let excluded = Intent { predicted: projection_digest(&predicted, &excluded.exclusions).ok(), ..excluded };
    assert_eq!(conclude(&excluded, &Read::Object(made), SETTLED_AT, SETTLED_AT).unwrap().state, State::Applied);
    assert_eq!(of(Read::Gone, SETTLED_AT.plus(-1)), None, "the request may still arrive");
    assert_eq!(of(Read::Gone, SETTLED_AT), Some(State::Rejected));
    assert_eq!(
        of(Read::Object(at(object("b", None), "101", 1)), SETTLED_AT),
        Some(State::NeedsHuman),
        "someone else's, or ours and taken over"
    );
    assert_eq!(after_refusal(&intent, &Read::Object(object("b", None))).state, State::Stale);
    assert_eq!(after_refusal(&intent, &Read::Gone).state, State::Rejected);
}

#[test]
fn a_deletion_is_done_when_the_uid_is_gone() {
    let intent = Intent { action: Action::Delete, predicted: None, ..intent() };
    let of = |read: Read, now| conclude(&intent, &read, now, SETTLED_AT).map(|conclusion| conclusion.state);
    let early = SETTLED_AT.plus(-1);
    assert_eq!(of(Read::Gone, early), Some(State::Applied));
    let mut another = object("a", None);
    another["metadata"]["uid"] = "u-2".into();
    assert_eq!(of(Read::Object(another), early), Some(State::Applied));
    let mut leaving = at(object("a", None), "101", 2);
    leaving["metadata"]["deletionTimestamp"] = "2027-01-15T08:00:00Z".into();
    assert_eq!(of(Read::Object(leaving.clone()), early), Some(State::Deleting));
    assert_eq!(of(Read::Object(object("a", None)), early), None, "the request may still arrive");
    assert_eq!(of(Read::Object(object("a", None)), SETTLED_AT), Some(State::Rejected));
    assert_eq!(of(Read::Object(at(object("a", None), "103", 3)), early), Some(State::Rejected), "its precondition can only fail now");
    assert_eq!(of(Read::Object(at(object("c", None), "103", 3)), early), Some(State::Stale));
    assert_eq!(after_refusal(&intent, &Read::Gone).state, State::Stale);
    assert_eq!(deleted(&json!({"kind": "Status", "status": "Success", "details": {"uid": "u-1"}}), "u-1"), State::Applied);
    assert_eq!(deleted(&json!({"kind": "Status", "status": "Success", "details": {"uid": "u-2"}}), "u-1"), State::Unknown);
    assert_eq!(deleted(&leaving, "u-1"), State::Deleting);
    assert_eq!(deleted(&object("a", None), "u-1"), State::Unknown);
}
