//! Dry runs: the answer shows what would be stored, and nothing is.

use serde_json::{Value, json};

use crate::ask::{apps, core, get, patch, post};
use crate::manifests::{at_rest, config_map, idle, service};
use crate::target::Answer;
use crate::transcript::Transcript;

/// Two dry runs of the same bytes agree in everything but what a creation makes up.
fn agree(first: &Answer, second: &Answer) -> bool {
    first.body["metadata"]["resourceVersion"] == second.body["metadata"]["resourceVersion"]
        && first.body["metadata"]["generation"] == second.body["metadata"]["generation"]
        && first.body["spec"] == second.body["spec"]
}

pub(super) async fn dry_run_creates(t: &mut Transcript) {
    let objects: [(String, Value); 3] =
        [(core("configmaps"), config_map("m", &json!({"a": "1"}))), (core("services"), service("web")), (apps("deployments"), idle("web"))];
    for (path, object) in objects {
        let first = t.send("create", post(&path, &object).dry()).await;
        let second = t.send("create again", post(&path, &object).dry()).await;
        t.fact("each has a uid that no object ever has", first.uid().len() == 36 && first.uid() != second.uid());
        let name = object["metadata"]["name"].as_str().unwrap();
        t.send("nothing is stored", get(format!("{path}/{name}"))).await;
        t.send("a real one", post(&path, &object)).await;
        t.send("a dry run of a taken name", post(&path, &object).dry()).await;
    }
    t.send("a dry run of what is invalid", post(core("configmaps"), &config_map("M", &Value::Null)).dry()).await;
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "$ns-kmg"}});
    t.send("a namespace", post("/api/v1/namespaces", &namespace).dry()).await;
    t.send("it is absent", get("/api/v1/namespaces/$ns-kmg")).await;
}

pub(super) async fn dry_run_patches(t: &mut Transcript) {
    t.send("create", post(apps("deployments"), &idle("web"))).await;
    let path = || apps("deployments/web");
    let rest = t.settled("at rest", get(path()), at_rest).await;
    let operations = json!([
        {"op": "test", "path": "/metadata/uid", "value": rest.uid()},
        {"op": "test", "path": "/metadata/resourceVersion", "value": rest.version()},
        {"op": "replace", "path": "/spec/replicas", "value": 3},
        {"op": "add", "path": "/metadata/annotations/kmg.dev~1plan", "value": "p1"}
    ]);
    let first = t.send("the live version, the next generation", patch(path(), &operations).dry()).await;
    let second = t.send("the same again", patch(path(), &operations).dry()).await;
    t.fact("both answers agree", agree(&first, &second));
    t.fact("the version is the live one", first.version() == rest.version());
    let read = t.send("nothing is stored", get(path())).await;
    t.fact("nothing changed", read.body == rest.body);
    t.send("what changes nothing", patch(path(), &json!([{"op": "replace", "path": "/spec/replicas", "value": 0}])).dry()).await;
    t.send("a failing test", patch(path(), &json!([{"op": "test", "path": "/metadata/uid", "value": "x"}])).dry()).await;
    t.send("what is invalid", patch(path(), &json!([{"op": "replace", "path": "/spec/replicas", "value": -3}])).dry()).await;
    t.send("what is absent", patch(apps("deployments/absent"), &operations).dry()).await;
    let map = t.send("create", post(core("configmaps"), &config_map("m", &json!({"a": "1"})))).await;
    let dry = t.send("a ConfigMap", patch(core("configmaps/m"), &json!([{"op": "remove", "path": "/data"}])).dry()).await;
    t.fact("its version is the live one", dry.version() == map.version());
    t.send("it is as it was", get(core("configmaps/m"))).await;
}
