//! Deletes: the body outweighs the query, preconditions hold on dry runs too.

use serde_json::{Value, json};

use crate::ask::{apps, core, delete, get, post};
use crate::manifests::{at_rest, config_map, idle, pod, service, unscheduled};
use crate::transcript::Transcript;

pub(super) async fn delete_preconditions(t: &mut Transcript) {
    let map = t.send("create", post(core("configmaps"), &config_map("m", &Value::Null))).await;
    let path = || core("configmaps/m");
    let other = "00000000-0000-4000-8000-000000000000";
    let with = |uid: &str, version: &str| json!({"preconditions": {"uid": uid, "resourceVersion": version}});
    t.send("another uid", delete(path(), &json!({"preconditions": {"uid": other}}))).await;
    t.send("another version", delete(path(), &json!({"preconditions": {"resourceVersion": "1"}}))).await;
    t.send("both wrong", delete(path(), &with(other, "1"))).await;
    t.send("only the version wrong", delete(path(), &with(map.uid(), "1"))).await;
    t.send("another uid, dry run", delete(path(), &json!({"preconditions": {"uid": other}, "dryRun": ["All"]}))).await;
    t.send("both right, dry run", delete(path(), &json!({"preconditions": {"uid": map.uid()}, "dryRun": ["All"]}))).await;
    t.send("it is there", get(path())).await;
    t.send("both right", delete(path(), &with(map.uid(), map.version()))).await;
    t.send("again", delete(path(), &with(map.uid(), map.version()))).await;
}

pub(super) async fn delete_dry_runs(t: &mut Transcript) {
    for name in ["body", "query", "both"] {
        t.send("create", post(core("configmaps"), &config_map(name, &Value::Null))).await;
    }
    t.send("in the body", delete(core("configmaps/body"), &json!({"dryRun": ["All"]}))).await;
    t.send("it is there", get(core("configmaps/body"))).await;
    t.send("in the query, without a body", delete(core("configmaps/query"), &Value::Null).dry()).await;
    t.send("it is there", get(core("configmaps/query"))).await;
    t.send(
        "in the query, with a body that says nothing of it: deletes",
        delete(core("configmaps/both"), &json!({"propagationPolicy": "Background"})).dry(),
    )
    .await;
    t.send("it is gone", get(core("configmaps/both"))).await;
    t.send("an unknown dry run", delete(core("configmaps/body"), &json!({"dryRun": ["Some"]}))).await;
    t.send("no JSON", delete(core("configmaps/body"), &json!({})).bytes("{")).await;
    t.send("a Deployment", post(apps("deployments"), &idle("web"))).await;
    t.send("dry", delete(apps("deployments/web"), &json!({"dryRun": ["All"]}))).await;
    t.settled("it comes to rest", get(apps("deployments/web")), at_rest).await;
}

pub(super) async fn delete_answers(t: &mut Transcript) {
    t.send("create", post(core("configmaps"), &config_map("m", &Value::Null))).await;
    t.send("create", post(core("services"), &service("web"))).await;
    t.send("create", post(apps("deployments"), &idle("web"))).await;
    t.send("a ConfigMap", delete(core("configmaps/m"), &Value::Null)).await;
    t.send("a Service", delete(core("services/web"), &json!({}))).await;
    t.send("a Deployment", delete(apps("deployments/web"), &json!({}))).await;
    for path in [core("configmaps/m"), core("services/web"), apps("deployments/web")] {
        t.send("gone", get(path)).await;
    }
}

pub(super) async fn delete_in_background(t: &mut Transcript) {
    t.send("create", post(apps("deployments"), &idle("web"))).await;
    let web = t.settled("at rest", get(apps("deployments/web")), at_rest).await;
    let options = json!({"propagationPolicy": "Background", "preconditions": {"uid": web.uid(), "resourceVersion": web.version()}});
    t.send("delete", delete(apps("deployments/web"), &options)).await;
    t.send("gone at once", get(apps("deployments/web"))).await;
    t.settled("its ReplicaSet follows", get(apps("replicasets")), |list| list["items"].as_array().is_some_and(Vec::is_empty)).await;
    t.send("create again", post(apps("deployments"), &idle("web"))).await;
    let again = t.settled("at rest", get(apps("deployments/web")), at_rest).await;
    t.fact("another object", again.uid() != web.uid());
}

pub(super) async fn delete_pod(t: &mut Transcript) {
    let path = || core("pods/lone");
    let lone = t.send("create", post(core("pods"), &unscheduled(&pod("lone")))).await;
    t.send("read", get(path())).await;
    t.send("another uid", delete(path(), &json!({"preconditions": {"uid": "00000000-0000-4000-8000-000000000000"}}))).await;
    t.send("dry run", delete(path(), &json!({"dryRun": ["All"]}))).await;
    t.send("it is there", get(path())).await;
    t.send("delete", delete(path(), &json!({"preconditions": {"uid": lone.uid()}}))).await;
    t.send("it is gone: no node had it", get(path())).await;
}

pub(super) async fn delete_namespace(t: &mut Transcript) {
    let second = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "$ns-kmg"}});
    let path = || "/api/v1/namespaces/$ns-kmg";
    t.send("create", post("/api/v1/namespaces", &second)).await;
    t.send("something in it", post(format!("{}/configmaps", path()), &config_map("m", &Value::Null))).await;
    t.send("dry run", delete(path(), &json!({"dryRun": ["All"]}))).await;
    t.send("it is there", get(path())).await;
    t.send("delete", delete(path(), &Value::Null)).await;
    t.settled("it is gone in the end", get(path()), |answer| answer["reason"] == "NotFound").await;
    t.send("and what was in it", get(format!("{}/configmaps/m", path()))).await;
    t.send("again", delete(path(), &Value::Null)).await;
}
