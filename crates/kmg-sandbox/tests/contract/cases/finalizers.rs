//! Deletions that do not end at once: finalizers, and the policies for dependents.

use serde_json::{Value, json};

use crate::ask::{apps, core, delete, get, patch, post};
use crate::manifests::{at_rest, config_map, idle, service, with};
use crate::transcript::Transcript;

const HOLD: &str = "example.test/hold";

fn gone(answer: &Value) -> bool {
    answer["reason"] == "NotFound"
}

/// Whether the collector has nothing more to do.
fn only_held(answer: &Value) -> bool {
    answer["metadata"]["finalizers"] == json!([HOLD])
}

/// Whether its controller has seen the present specification.
fn is_observed(answer: &Value) -> bool {
    answer["metadata"]["generation"] == answer["status"]["observedGeneration"]
}

/// `object` with a finalizer of nobody's.
fn held(object: &Value) -> Value {
    with(object, "/metadata/finalizers", json!([HOLD]))
}

pub(super) async fn delete_held(t: &mut Transcript) {
    let path = || core("configmaps/m");
    let map = t.send("create", post(core("configmaps"), &held(&config_map("m", &json!({"a": "1"}))))).await;
    t.send("dry run", delete(path(), &json!({"dryRun": ["All"]}))).await;
    let read = t.send("it is as it was", get(path())).await;
    t.fact("nothing changed", read.body == map.body);
    t.send("another uid", delete(path(), &json!({"preconditions": {"uid": "x"}}))).await;
    let right = json!({"preconditions": {"uid": map.uid(), "resourceVersion": map.version()}});
    let marked = t.send("delete", delete(path(), &right)).await;
    t.send("it is there", get(path())).await;
    t.send("the old version", delete(path(), &right)).await;
    t.send("again", delete(path(), &json!({"preconditions": {"uid": map.uid()}}))).await;
    t.send("again, dry run", delete(path(), &json!({"dryRun": ["All"]}))).await;
    let read = t.send("still there", get(path())).await;
    t.fact("a second deletion changes nothing", read.version() == marked.version());
    t.send("a taken name", post(core("configmaps"), &config_map("m", &Value::Null))).await;
    t.send("it may change", patch(path(), &json!([{"op": "replace", "path": "/data/a", "value": "2"}]))).await;
    let more = json!([{"op": "add", "path": "/metadata/finalizers/-", "value": "example.test/more"}]);
    t.send("no finalizer may come", patch(path(), &more)).await;
    let free = json!([{"op": "remove", "path": "/metadata/finalizers"}]);
    t.send("the last finalizer goes, dry run", patch(path(), &free).dry()).await;
    t.send("still there", get(path())).await;
    t.send("the last finalizer goes", patch(path(), &free)).await;
    t.send("it is gone", get(path())).await;
    t.send(
        "a finalizer without a domain",
        post(core("configmaps"), &with(&config_map("n", &Value::Null), "/metadata/finalizers", json!(["hold"]))),
    )
    .await;
    for (path, object) in [(core("services"), service("web")), (apps("deployments"), idle("web"))] {
        t.send("create", post(&path, &held(&object))).await;
        let one = format!("{path}/web");
        t.settled("at rest", get(&one), |web| web["kind"] == "Service" || at_rest(web)).await;
        t.send("delete", delete(&one, &json!({"propagationPolicy": "Background"}))).await;
        t.settled("seen by its controller", get(&one), is_observed).await;
        t.send("the finalizer goes", patch(&one, &free)).await;
        t.send("gone", get(&one)).await;
    }
}

pub(super) async fn delete_foreground(t: &mut Transcript) {
    let path = || apps("deployments/web");
    let foreground =
        |uid: &str, version: &str| json!({"propagationPolicy": "Foreground", "preconditions": {"uid": uid, "resourceVersion": version}});
    // Its own finalizer keeps it from ending before it is looked at.
    t.send("create", post(apps("deployments"), &held(&idle("web")))).await;
    let web = t.settled("at rest", get(path()), at_rest).await;
    t.send("a stale version", delete(path(), &foreground(web.uid(), "1"))).await;
    let dry = with(&foreground(web.uid(), web.version()), "/dryRun", json!(["All"]));
    t.send("dry run", delete(path(), &dry)).await;
    let read = t.send("it is as it was", get(path())).await;
    t.fact("nothing changed", read.body == web.body);
    t.send("delete", delete(path(), &foreground(web.uid(), web.version()))).await;
    t.settled("its ReplicaSet goes first", get(apps("replicasets")), |list| list["items"].as_array().is_some_and(Vec::is_empty)).await;
    let waits = |web: &Value| only_held(web) && is_observed(web);
    t.settled("then the collector lets go", get(path()), waits).await;
    t.send("the other finalizer goes", patch(path(), &json!([{"op": "remove", "path": "/metadata/finalizers"}]))).await;
    t.send("gone", get(path())).await;
    for (path, object) in [(core("configmaps"), config_map("m", &Value::Null)), (core("services"), service("web"))] {
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        let one = t.send("create", post(&path, &object)).await;
        let path = format!("{path}/{name}");
        t.send("a foreground deletion is answered with the object", delete(&path, &foreground(one.uid(), one.version()))).await;
        t.settled("gone in the end", get(&path), gone).await;
    }
}

pub(super) async fn delete_orphans(t: &mut Transcript) {
    let path = || apps("deployments/web");
    t.send("create", post(apps("deployments"), &idle("web"))).await;
    let web = t.settled("at rest", get(path()), at_rest).await;
    let options = json!({"propagationPolicy": "Orphan", "preconditions": {"uid": web.uid(), "resourceVersion": web.version()}});
    t.send("dry run", delete(path(), &with(&options, "/dryRun", json!(["All"])))).await;
    t.send("delete", delete(path(), &options)).await;
    t.settled("gone in the end", get(path()), gone).await;
    t.send("its ReplicaSet stays, without an owner", get(apps("replicasets"))).await;
    let map = t.send("create", post(core("configmaps"), &config_map("m", &Value::Null))).await;
    t.send("a ConfigMap", delete(core("configmaps/m"), &json!({"propagationPolicy": "Orphan", "preconditions": {"uid": map.uid()}}))).await;
    t.settled("gone in the end", get(core("configmaps/m")), gone).await;
}

pub(super) async fn delete_options(t: &mut Transcript) {
    let create = || post(core("configmaps"), &config_map("m", &Value::Null));
    let path = || core("configmaps/m");
    t.send("create", create()).await;
    for (about, options) in [
        ("an unknown policy", json!({"propagationPolicy": "Sideways"})),
        ("a policy and its elder", json!({"propagationPolicy": "Background", "orphanDependents": true})),
        ("a policy that is no text", json!({"propagationPolicy": 1})),
        ("a list of dry runs that is none", json!({"dryRun": "All"})),
        ("two dry runs", json!({"dryRun": ["All", "All"]})),
        ("a negative grace period of a dry run", json!({"gracePeriodSeconds": -1, "dryRun": ["All"]})),
        ("an unknown field of a dry run", json!({"dryRn": ["All"], "dryRun": ["All"]})),
        ("preconditions that say nothing, dry run", json!({"preconditions": {}, "dryRun": ["All"]})),
    ] {
        t.send(about, delete(path(), &options)).await;
    }
    t.send("another kind of options", delete(path(), &json!({})).bytes(r#"{"kind":"ConfigMap","apiVersion":"v1"}"#)).await;
    t.send("options without a kind, dry run", delete(path(), &json!({})).bytes(r#"{"dryRun":["All"]}"#)).await;
    t.send("it is there", get(path())).await;
    let held = post(core("configmaps"), &held(&config_map("held", &Value::Null)));
    t.send("create", held).await;
    t.send(
        "the query's policy counts without a body",
        delete(core("configmaps/held"), &Value::Null).query("propagationPolicy", "Foreground"),
    )
    .await;
    t.settled("the collector lets go", get(core("configmaps/held")), only_held).await;
    t.send("but not beside one", delete(path(), &json!({})).query("propagationPolicy", "Foreground")).await;
    t.send("gone at once", get(path())).await;
    t.send("the finalizer goes", patch(core("configmaps/held"), &json!([{"op": "remove", "path": "/metadata/finalizers"}]))).await;
    t.settled("gone", get(core("configmaps/held")), gone).await;
}
