//! Manifests by server-side apply, and the traps around it.

use kmg_core::plan::{Action, Ask, Kind, Outcome, Shown};
use kmg_core::problem::Code;
use serde_json::{Value, json};

use crate::lab::{Lab, lab};

fn config(data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data})
}

fn web(image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": 0, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": image}]}}
        }
    })
}

async fn refused(lab: &Lab, ask: &Ask) -> (Code, String) {
    let error = lab.preview(ask).await.unwrap_err();
    let wire = error.to_wire();
    (wire.code, wire.untrusted.unwrap_or(wire.message))
}

#[tokio::test]
async fn a_manifest_creates_and_then_changes_an_object() {
    let Some(lab) = lab("a manifest creates and changes", "create").await else { return };
    let plan = lab.plan(lab.apply_ask(vec![config(&json!({"a": "1", "b": "s3cret-b"}))])).await;
    let step = &plan.body().steps[0];
    assert_eq!((step.action, step.base, step.exclusions.as_slice()), (Action::Create, None, &["/metadata/uid".to_owned()][..]));
    assert!(lab.get(Kind::ConfigMap, "settings").await.is_none(), "a plan changes nothing");
    let receipt = lab.execute(&plan).await;
    assert_eq!(receipt.outcome, Outcome::Applied, "{receipt:?}");
    let live = lab.get(Kind::ConfigMap, "settings").await.unwrap();
    assert_eq!(live["data"], json!({"a": "1", "b": "s3cret-b"}));
    assert_eq!(live["metadata"]["annotations"]["kmg.dev/applied-plan"], plan.body().plan_id.as_str());

    // The same manager may change and remove what it applied; what it replaces is not shown.
    let plan = lab.plan(lab.apply_ask(vec![config(&json!({"a": "2"}))])).await;
    let changes = &plan.body().steps[0].changes;
    let of = |path: &str| changes.iter().find(|change| change.path == path).unwrap_or_else(|| panic!("{path}: {changes:?}"));
    assert!(matches!(of("data.a").before, Shown::Hidden { .. }) && of("data.a").after == Shown::Value("2".into()));
    assert_eq!(of("data.b").after, Shown::Absent);
    assert!(!String::from_utf8_lossy(plan.bytes()).contains("s3cret"));
    assert_eq!(lab.execute(&plan).await.outcome, Outcome::Applied);
    assert_eq!(lab.get(Kind::ConfigMap, "settings").await.unwrap()["data"], json!({"a": "2"}));
    assert_eq!(lab.writes().await, ["patch configmaps 201", "patch configmaps 200"]);
    lab.planner_wrote_nothing().await;
    assert!(!lab.journal().contains("s3cret"));
}

/// A creation never becomes a change of an object that someone else made meanwhile.
#[tokio::test]
async fn a_creation_is_stale_when_the_name_was_taken() {
    let Some(lab) = lab("a creation whose name was taken", "taken").await else { return };
    let plan = lab.plan(lab.apply_ask(vec![config(&json!({"a": "1"}))])).await;
    lab.someone_applies(config(&json!({"theirs": "x"}))).await;
    let receipt = lab.execute(&plan).await;
    assert_eq!(receipt.outcome, Outcome::Stale, "{receipt:?}");
    assert_eq!(lab.get(Kind::ConfigMap, "settings").await.unwrap()["data"], json!({"theirs": "x"}));
    assert!(lab.writes().await.is_empty());
}

/// Server-side apply with a resourceVersion alone creates an object that is gone; ours names the uid.
#[tokio::test]
async fn an_apply_never_recreates_what_was_deleted_or_replaced() {
    let Some(lab) = lab("an apply on a deleted object", "recreate").await else { return };
    for again in [false, true] {
        lab.someone_applies(config(&json!({"theirs": "x"}))).await;
        let plan = lab.plan(lab.apply_ask(vec![config(&json!({"a": "1"}))])).await;
        let doomed = lab.delete_ask(&[(Kind::ConfigMap, "settings")]);
        assert_eq!(lab.execute(&lab.plan(doomed).await).await.outcome, Outcome::Applied);
        if again {
            lab.someone_applies(config(&json!({"theirs": "y"}))).await;
        }
        let receipt = lab.execute(&plan).await;
        assert_eq!(receipt.outcome, Outcome::Stale, "{receipt:?}");
        assert_eq!(lab.get(Kind::ConfigMap, "settings").await.is_some(), again);
    }
    assert_eq!(lab.writes().await, ["delete configmaps 200"; 2]);
}

#[tokio::test]
async fn what_the_api_server_refuses_is_refused_with_its_words() {
    let Some(lab) = lab("refused manifests", "refused").await else { return };
    lab.someone_applies(web("registry.test/web:1")).await;
    // Owned by another manager: named with its fields, and never forced.
    let (code, words) = refused(&lab, &lab.apply_ask(vec![web("registry.test/web:2")])).await;
    assert_eq!(code, Code::FieldConflict, "{words}");
    assert!(words.contains(".spec.template.spec.containers[name=\"web\"].image"), "{words}");
    // A typing error is the manifest's fault, though the API server says 500.
    let mut typed = web("registry.test/web:1");
    typed["spec"]["template"]["spec"]["containers"][0]["imagePullPolicyy"] = "Always".into();
    let (code, words) = refused(&lab, &lab.apply_ask(vec![typed])).await;
    assert_eq!(code, Code::ClusterInvalid, "{words}");
    assert!(words.contains("imagePullPolicyy"), "{words}");
    // Immutable.
    let mut selector = web("registry.test/web:1");
    selector["spec"]["selector"]["matchLabels"] = json!({"app": "other"});
    selector["spec"]["template"]["metadata"]["labels"] = json!({"app": "other"});
    let (code, _) = refused(&lab, &lab.apply_ask(vec![selector])).await;
    assert!(matches!(code, Code::ClusterInvalid | Code::FieldConflict | Code::PolicyDenied), "{code}");
    assert!(lab.writes().await.is_empty());
    lab.planner_wrote_nothing().await;
}

#[tokio::test]
async fn a_services_addresses_are_left_out_and_everything_else_is_compared() {
    let Some(lab) = lab("a service's addresses", "service").await else { return };
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}
    });
    let plan = lab.plan(lab.apply_ask(vec![service.clone()])).await;
    let exclusions = &plan.body().steps[0].exclusions;
    assert!(exclusions.contains(&"/spec/clusterIP".to_owned()), "{exclusions:?}");
    let receipt = lab.execute(&plan).await;
    assert_eq!(receipt.outcome, Outcome::Applied, "{receipt:?}");
    let live = lab.get(Kind::Service, "web").await.unwrap();
    assert!(live["spec"]["clusterIP"].as_str().is_some_and(|ip| ip.starts_with("10.")), "{live}");
    let mut changed = service;
    changed["spec"]["ports"][0]["targetPort"] = 9090.into();
    let plan = lab.plan(lab.apply_ask(vec![changed])).await;
    assert!(!plan.body().steps[0].exclusions.contains(&"/spec/clusterIP".to_owned()));
    assert_eq!(lab.execute(&plan).await.outcome, Outcome::Applied);
    assert_eq!(lab.get(Kind::Service, "web").await.unwrap()["spec"]["clusterIP"], live["spec"]["clusterIP"]);
}

/// What moved since the review, however little, is not written over.
#[tokio::test]
async fn an_object_that_moved_is_stale_and_status_churn_is_not_a_move() {
    let Some(lab) = lab("a manifest's object moved", "moved").await else { return };
    lab.someone_applies(config(&json!({"theirs": "x"}))).await;
    let plan = lab.plan(lab.apply_ask(vec![config(&json!({"a": "1"}))])).await;
    lab.someone_applies(config(&json!({"theirs": "y"}))).await;
    let receipt = lab.execute(&plan).await;
    assert_eq!(receipt.outcome, Outcome::Stale, "{receipt:?}");
    assert!(lab.writes().await.is_empty());
}
