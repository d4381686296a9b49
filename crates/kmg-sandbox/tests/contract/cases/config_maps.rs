//! ConfigMaps and Namespaces: create, read, list, and what is refused.

use serde_json::{Value, json};

use crate::ask::{core, delete, get, post};
use crate::manifests::{config_map, with, without};
use crate::transcript::Transcript;

pub(super) async fn config_map_life(t: &mut Transcript) {
    let map = config_map("settings", &json!({"b": "2", "a": "1"}));
    let created = t.send("create", post(core("configmaps"), &map)).await;
    let read = t.send("read", get(core("configmaps/settings"))).await;
    t.fact("reading answers what creating answered", created.body == read.body);
    let full = with(
        &map,
        "/metadata",
        json!({"name": "full", "labels": {"a": "b"}, "annotations": {"kmg.dev/plan": "x"}, "uid": "mine", "resourceVersion": ""}),
    );
    let full = with(&full, "/binaryData", json!({"raw": "AAEC"}));
    let later = t
        .send(
            "labels, annotations, binary data; a uid is the server's to give",
            post(core("configmaps"), &with(&full, "/immutable", json!(true))),
        )
        .await;
    t.fact("versions rise", later.order() > created.order());
    t.send(
        "the namespace may be named",
        post(core("configmaps"), &with(&config_map("named", &Value::Null), "/metadata/namespace", json!("$ns"))),
    )
    .await;
    t.send("list", get(core("configmaps"))).await;
    t.send("delete", delete(core("configmaps/settings"), &Value::Null)).await;
    t.send("read what is gone", get(core("configmaps/settings"))).await;
    t.send("delete what is gone", delete(core("configmaps/settings"), &Value::Null)).await;
    let generated = with(&without(&map, "/metadata/name"), "/metadata/generateName", json!("made-"));
    t.send("a name to be made up", post(core("configmaps"), &generated)).await;
    let again = t.send("create again", post(core("configmaps"), &map)).await;
    t.fact("the same name is another object", again.uid() != created.uid());
}

pub(super) async fn config_map_refusals(t: &mut Transcript) {
    let map = config_map("settings", &json!({"a": "1"}));
    t.send("create", post(core("configmaps"), &map)).await;
    t.send("a taken name", post(core("configmaps"), &map)).await;
    t.send("a taken name of every namespace", post(core("configmaps"), &config_map("kube-root-ca.crt", &Value::Null))).await;
    for name in ["Upper", "-dash", "white space", "under_score", &"n".repeat(254)] {
        t.send("a bad name", post(core("configmaps"), &config_map(name, &Value::Null))).await;
    }
    t.send("no name", post(core("configmaps"), &without(&map, "/metadata/name"))).await;
    t.send("a bad key", post(core("configmaps"), &config_map("keys", &json!({"a/b": "1"})))).await;
    t.send("a key twice", post(core("configmaps"), &with(&config_map("keys", &json!({"a": "1"})), "/binaryData", json!({"a": "AAEC"}))))
        .await;
    t.send("a bad label", post(core("configmaps"), &with(&map, "/metadata/labels", json!({"a": "not a value"})))).await;
    t.send("a bad annotation", post(core("configmaps"), &with(&map, "/metadata/annotations", json!({"a b": ""})))).await;
    t.send(
        "a resourceVersion on creation",
        post(core("configmaps"), &with(&config_map("versioned", &Value::Null), "/metadata/resourceVersion", json!("1"))),
    )
    .await;
    t.send(
        "another namespace than the path's",
        post(core("configmaps"), &with(&config_map("elsewhere", &Value::Null), "/metadata/namespace", json!("default"))),
    )
    .await;
    t.send("a namespace that does not exist", post("/api/v1/namespaces/$ns-absent/configmaps", &map)).await;
    t.send("read in a namespace that does not exist", get("/api/v1/namespaces/$ns-absent/configmaps/settings")).await;
    t.send("list in a namespace that does not exist", get("/api/v1/namespaces/$ns-absent/configmaps")).await;
    t.send("a value that is no string", post(core("configmaps"), &config_map("numbers", &json!({"a": 1})))).await;
}

pub(super) async fn namespace_life(t: &mut Transcript) {
    let second = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "$ns-kmg"}});
    t.send("create", post("/api/v1/namespaces", &second)).await;
    t.send("create again", post("/api/v1/namespaces", &second)).await;
    t.send("a bad name", post("/api/v1/namespaces", &with(&second, "/metadata/name", json!("a.b")))).await;
    t.send("read", get("/api/v1/namespaces/$ns-kmg")).await;
    t.send("read what is absent", get("/api/v1/namespaces/$ns-absent")).await;
    t.send("list by name", get("/api/v1/namespaces").query("fieldSelector", "metadata.name=$ns-kmg")).await;
    t.send("list by the label every namespace has", get("/api/v1/namespaces").query("labelSelector", "kubernetes.io/metadata.name=$ns"))
        .await;
    let system = t.until("kube-system", &get("/api/v1/namespaces/kube-system"), |_| true).await;
    t.fact("kube-system has a uid", system.uid().len() == 36);
    let path = "/api/v1/namespaces/$ns-kmg/configmaps/kube-root-ca.crt";
    let root = t.until("kube-root-ca.crt", &get(path), |body| body["kind"] == "ConfigMap").await;
    t.fact(
        "every namespace comes to hold the authority's certificate",
        root.text("/data/ca.crt").starts_with("-----BEGIN CERTIFICATE-----"),
    );
}
