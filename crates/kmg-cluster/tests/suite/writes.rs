//! Dry runs and the one write, on the real API server.

use std::time::Duration;

use kmg_cluster::ClusterError;
use kmg_cluster::rbac::Identity;
use kmg_cluster::read::object;
use kmg_cluster::write::apply::{SendResult, send_once};
use kmg_cluster::write::dry_run::dry_run;
use kmg_core::plan::{Ask, Kind, PlanId, Rendered, Target, step_change};
use serde_json::{Value, json};

use crate::lab::{Lab, lab};

const DEADLINE: Duration = Duration::from_mins(1);

fn plan() -> PlanId {
    PlanId::new(kmg_core::clock::Millis(1), [7; 10])
}

fn web() -> Target {
    Target { kind: Kind::Deployment, name: "web".parse().unwrap() }
}

fn scale(lab: &Lab, name: &str, replicas: u32) -> Ask {
    Ask::ScaleDeployment { namespace: lab.namespace.clone(), name: name.parse().unwrap(), replicas }
}

/// The request for `ask` on the object as it is now.
fn rendered(ask: &Ask, live: &Value) -> Rendered {
    let version = live["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap();
    step_change(ask, &ask.targets()[0], &plan(), Some(live)).unwrap().template.render(&version)
}

/// `web` when its controller has nothing more to say about it.
async fn settled(lab: &Lab) -> Value {
    crate::lab::eventually("the Deployment to settle", || async {
        let web = lab.read(&format!("{}/web", lab.deployments())).await;
        let done =
            web["status"]["observedGeneration"] == web["metadata"]["generation"] && web["status"]["replicas"] == web["spec"]["replicas"];
        done.then_some(web)
    })
    .await
}

#[tokio::test]
async fn a_dry_run_returns_what_would_be_stored_and_stores_nothing() {
    let Some(lab) = lab("dry run", "dry").await else { return };
    let planner = lab.identity(Identity::Planner).await;
    settled(&lab).await;
    let live = object(&planner, &lab.permit, &web()).await.unwrap().unwrap();
    let request = rendered(&scale(&lab, "web", 5), &live);
    let first = dry_run(&planner, &request).await.unwrap();
    assert_eq!(first.object["spec"]["replicas"], 5);
    assert_eq!(first.object["metadata"]["annotations"]["kmg.dev/plan"], plan().as_str());
    let second = dry_run(&planner, &request).await.unwrap();
    assert_eq!(first.object["metadata"]["resourceVersion"], second.object["metadata"]["resourceVersion"]);
    assert_eq!(object(&planner, &lab.permit, &web()).await.unwrap().unwrap(), live);
}

#[tokio::test]
async fn a_dry_runs_failures_have_their_codes() {
    let Some(lab) = lab("dry run failures", "dryf").await else { return };
    let live = settled(&lab).await;
    let planner = lab.identity(Identity::Planner).await;
    let good = rendered(&scale(&lab, "web", 5), &live);
    let with = |change: &dyn Fn(&mut Rendered)| {
        let mut request = good.clone();
        change(&mut request);
        request
    };
    let stale = with(&|r| {
        let body = String::from_utf8(r.body.clone()).unwrap();
        r.body = body.replace(live["metadata"]["resourceVersion"].as_str().unwrap(), "1").into_bytes();
    });
    assert!(matches!(dry_run(&planner, &stale).await, Err(ClusterError::Invalid { status: 422, .. })));
    let absent = with(&|r| r.path = r.path.replace("/web", "/absent"));
    assert!(matches!(dry_run(&planner, &absent).await, Err(ClusterError::NotFound(_))));
    let elsewhere = with(&|r| r.path = r.path.replace(lab.namespace.as_str(), "kube-system"));
    assert!(matches!(dry_run(&planner, &elsewhere).await, Err(ClusterError::Forbidden(_))));
    let unknown_field = Rendered {
        method: "PATCH".into(),
        path: good.path.clone(),
        query: "fieldManager=kmg&fieldValidation=Strict".into(),
        content_type: "application/apply-patch+yaml".into(),
        body: json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"replica": 1}})
            .to_string()
            .into_bytes(),
    };
    assert!(matches!(dry_run(&planner, &unknown_field).await, Err(ClusterError::Invalid { status: 500, .. })));
    assert!(matches!(dry_run(&planner, &with(&|r| r.method = "DELETE".into())).await, Err(ClusterError::Unwritable(_))));
    assert_eq!(settled(&lab).await["metadata"]["generation"], live["metadata"]["generation"]);
}

#[tokio::test]
async fn one_accepted_write_is_one_line_in_the_clusters_own_audit() {
    let Some(lab) = lab("one write", "write").await else { return };
    let executor = lab.identity(Identity::Executor).await;
    settled(&lab).await;
    let live = object(&executor, &lab.permit, &web()).await.unwrap().unwrap();
    let request = rendered(&scale(&lab, "web", 3), &live);
    let audit_id = format!("{}.1", plan());
    let SendResult::Accepted { object, status: 200 } = send_once(&executor, &request, &audit_id, DEADLINE).await else {
        panic!("not accepted")
    };
    assert_eq!(object["spec"]["replicas"], 3);
    assert_eq!(object["metadata"]["annotations"]["kmg.dev/plan"], plan().as_str());
    // The same bytes again: the resourceVersion has moved.
    assert!(matches!(send_once(&executor, &request, &format!("{}.2", plan()), DEADLINE).await, SendResult::Unprocessable(_)));

    let writes: Vec<Value> = lab.audit(Identity::Executor).into_iter().filter(|event| event["verb"] != "get").collect();
    let codes: Vec<(&str, u64)> =
        writes.iter().map(|event| (event["auditID"].as_str().unwrap(), event["responseStatus"]["code"].as_u64().unwrap())).collect();
    assert_eq!(codes, [(audit_id.as_str(), 200), (format!("{}.2", plan()).as_str(), 422)]);
    assert!(writes[0]["userAgent"].as_str().unwrap().ends_with(" plan"));
    assert_eq!(writes[0]["objectRef"]["resource"], "deployments");
}

#[tokio::test]
async fn refusals_are_classified_as_the_real_server_sends_them() {
    let Some(lab) = lab("classification", "class").await else { return };
    let live = settled(&lab).await;
    let executor = lab.identity(Identity::Executor).await;
    let good = rendered(&scale(&lab, "web", 4), &live);
    let with = |change: &dyn Fn(&mut Rendered)| {
        let mut request = good.clone();
        change(&mut request);
        request
    };
    let absent = with(&|r| r.path = r.path.replace("/web", "/absent"));
    assert!(matches!(send_once(&executor, &absent, "a.1", DEADLINE).await, SendResult::NotFound(_)));
    let elsewhere = with(&|r| r.path = r.path.replace(lab.namespace.as_str(), "kube-system"));
    assert!(matches!(send_once(&executor, &elsewhere, "a.2", DEADLINE).await, SendResult::Rejected { status: 403, .. }));
    let other_uid =
        with(&|r| r.body = String::from_utf8(r.body.clone()).unwrap().replace(live["metadata"]["uid"].as_str().unwrap(), "x").into_bytes());
    assert!(matches!(send_once(&executor, &other_uid, "a.3", DEADLINE).await, SendResult::Unprocessable(_)));
    let no_json = with(&|r| r.body = b"[".to_vec());
    assert!(matches!(send_once(&executor, &no_json, "a.4", DEADLINE).await, SendResult::Rejected { status: 400, .. }));
    let no_type = with(&|r| r.content_type = "text/plain".into());
    assert!(matches!(send_once(&executor, &no_type, "a.5", DEADLINE).await, SendResult::Rejected { status: 415, .. }));
    let mut old = live.clone();
    old["metadata"]["resourceVersion"] = "1".into();
    let put =
        Rendered { method: "PUT".into(), content_type: "application/json".into(), body: old.to_string().into_bytes(), ..good.clone() };
    assert!(matches!(send_once(&lab.admin, &put, "a.6", DEADLINE).await, SendResult::Conflict(_)));
    assert_eq!(settled(&lab).await["metadata"]["generation"], live["metadata"]["generation"]);
}
