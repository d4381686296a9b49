//! Deletions: uid and version in the body, finalizers followed.

use kmg_core::plan::{Action, Kind, Outcome};
use kmg_core::problem::Code;
use serde_json::{Value, json};

use crate::lab::{eventually, lab};

fn config(finalizers: &[&str]) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "finalizers": finalizers}, "data": {"k": "s3cret"}})
}

/// A delete's dry run that says so in its query alone really deletes: planning must leave the object where it is.
#[tokio::test]
async fn planning_a_deletion_deletes_nothing_and_executing_it_deletes_once() {
    let Some(lab) = lab("a deletion", "delete").await else { return };
    lab.someone_applies(config(&[])).await;
    let ask = lab.delete_ask(&[(Kind::ConfigMap, "settings")]);
    let plan = lab.plan(ask.clone()).await;
    let step = &plan.body().steps[0];
    assert_eq!((step.action, step.predicted, step.propagation_policy.as_deref()), (Action::Delete, None, Some("Background")));
    assert!(!String::from_utf8_lossy(plan.bytes()).contains("s3cret"), "what is lost is named, not shown");
    assert!(lab.get(Kind::ConfigMap, "settings").await.is_some());
    lab.planner_wrote_nothing().await;
    let receipt = lab.execute(&plan).await;
    assert_eq!(receipt.outcome, Outcome::Applied, "{receipt:?}");
    assert!(lab.get(Kind::ConfigMap, "settings").await.is_none());
    assert_eq!(lab.writes().await, ["delete configmaps 200"]);
    assert_eq!(lab.preview(&ask).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_changed_or_replaced_object_is_not_deleted() {
    let Some(lab) = lab("a deletion of a changed object", "changed").await else { return };
    lab.someone_applies(config(&[])).await;
    let plan = lab.plan(lab.delete_ask(&[(Kind::ConfigMap, "settings")])).await;
    let mut changed = config(&[]);
    changed["data"]["k"] = "other".into();
    lab.someone_applies(changed).await;
    assert_eq!(lab.execute(&plan).await.outcome, Outcome::Stale);
    assert!(lab.get(Kind::ConfigMap, "settings").await.is_some());
    assert!(lab.writes().await.is_empty());
}

#[tokio::test]
async fn finalizers_are_followed_until_the_object_is_gone() {
    let Some(lab) = lab("a deletion held by finalizers", "final").await else { return };
    lab.someone_applies(config(&["example.com/hold"])).await;
    let plan = lab.plan(lab.delete_ask(&[(Kind::ConfigMap, "settings")])).await;
    let receipt = lab.execute(&plan).await;
    assert_eq!(receipt.outcome, Outcome::Deleting, "{receipt:?}");
    assert_eq!(lab.reconcile(&plan).await.outcome, Outcome::Deleting);
    lab.someone_applies(config(&[])).await;
    eventually("the object to go", async || lab.get(Kind::ConfigMap, "settings").await.is_none().then_some(())).await;
    let receipt = lab.reconcile(&plan).await;
    assert_eq!(receipt.outcome, Outcome::Applied, "{receipt:?}");
    assert_eq!(lab.writes().await, ["delete configmaps 200"]);
}
