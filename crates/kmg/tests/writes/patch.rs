//! Restart: the one time in the reviewed bytes is the one that is sent.

use kmg_core::plan::{Ask, Kind, Outcome, Shown};
use serde_json::json;

use crate::lab::{Lab, lab};

fn web() -> serde_json::Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": 0, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "registry.test/web:1"}]}}
        }
    })
}

#[tokio::test]
async fn a_restart_sends_the_time_that_was_reviewed() {
    let Some(lab) = lab("a restart", "restart").await else { return };
    lab.someone_applies(web()).await;
    let plan = lab.plan(Ask::RestartDeployment { namespace: lab.namespace.clone(), name: "web".parse().unwrap() }).await;
    let shown = plan.body().steps[0].changes.iter().find(|change| change.path.contains("restartedAt")).unwrap();
    let Shown::Value(at) = &shown.after else { panic!("{shown:?}") };
    // Somebody else made it a moment ago, and no webhook has a hand in it.
    let ids: Vec<_> = plan.body().findings.iter().map(|finding| finding.id.as_str()).collect();
    assert!(ids.contains(&"KMG-O14") && !ids.contains(&"KMG-O12"), "{ids:?}");
    let receipt = lab.execute(&plan).await;
    assert_eq!(receipt.outcome, Outcome::Applied, "{receipt:?}");
    let live = lab.get(Kind::Deployment, "web").await.unwrap();
    assert_eq!(&live["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"], at);
    assert_eq!(lab.writes().await, ["patch deployments 200"]);
    // Executed again it is only reported.
    assert_eq!(lab.execute(&plan).await.outcome, Outcome::Applied);
    assert_eq!(lab.writes().await.len(), 1);
    lab.planner_wrote_nothing().await;
    manifests_go_on(&lab).await;
    first_annotation(&lab).await;
}

/// A patch leaves nothing behind that a later manifest would conflict with, nor the other way round.
async fn manifests_go_on(lab: &Lab) {
    let labelled = |tier: &str| {
        let metadata = json!({"name": "web", "labels": {"tier": tier}});
        lab.apply_ask(vec![json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata})])
    };
    for tier in ["a", "b"] {
        let applied = lab.execute(&lab.plan(labelled(tier)).await).await;
        assert_eq!(applied.outcome, Outcome::Applied, "{applied:?}");
        let restart = Ask::RestartDeployment { namespace: lab.namespace.clone(), name: "web".parse().unwrap() };
        let restarted = lab.execute(&lab.plan(restart).await).await;
        assert_eq!(restarted.outcome, Outcome::Applied, "{restarted:?}");
    }
    assert_eq!(lab.get(Kind::Deployment, "web").await.unwrap()["metadata"]["labels"]["tier"], "b");
}

/// The controller's first annotation changes nothing that was reviewed, but the patch for "no annotations yet" no
/// longer fits: the plan is stale, and nobody is accused of a forged request.
async fn first_annotation(lab: &Lab) {
    let mut paused = web();
    paused["metadata"]["name"] = "young".into();
    paused["spec"]["paused"] = true.into();
    lab.someone_applies(paused.clone()).await;
    let ask = Ask::ScaleDeployment { namespace: lab.namespace.clone(), name: "young".parse().unwrap(), replicas: 1 };
    let plan = lab.plan(ask).await;
    paused["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": "1"});
    lab.someone_applies(paused).await;
    let receipt = lab.execute(&plan).await;
    assert_eq!((receipt.outcome, receipt.attempts), (Outcome::Stale, 0), "{receipt:?}");
}
