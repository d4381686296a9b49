//! Several documents: one ordered plan with an outcome for each object.

use kmg_core::plan::{Kind, Outcome};
use serde_json::{Value, json};

use crate::lab::lab;

fn config(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": value}})
}

fn outcomes(receipt: &kmg_core::plan::Receipt) -> Vec<Outcome> {
    receipt.steps.iter().map(|step| step.outcome).collect()
}

#[tokio::test]
async fn every_object_is_checked_before_the_first_is_written() {
    let Some(lab) = lab("several objects", "several").await else { return };
    let plan = lab.plan(lab.apply_ask(vec![config("a", "1"), config("b", "1"), config("c", "1")])).await;
    assert_eq!(plan.body().steps.len(), 3);
    // The last one is taken: nothing is written at all.
    lab.someone_applies(config("c", "theirs")).await;
    let receipt = lab.execute(&plan).await;
    assert_eq!((receipt.outcome, outcomes(&receipt)), (Outcome::Stale, vec![Outcome::Refused, Outcome::Refused, Outcome::Stale]));
    assert!(lab.get(Kind::ConfigMap, "a").await.is_none());
    assert!(lab.writes().await.is_empty());
    let plan = lab.plan(lab.apply_ask(vec![config("a", "1"), config("b", "1")])).await;
    let receipt = lab.execute(&plan).await;
    assert_eq!((receipt.outcome, outcomes(&receipt)), (Outcome::Applied, vec![Outcome::Applied; 2]), "{receipt:?}");
    assert_eq!(lab.writes().await, ["patch configmaps 201"; 2]);
}
