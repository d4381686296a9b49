//! Creations as the product sends them: a field manager, strict decoding, a dry run before.

use serde_json::{Value, json};

use crate::ask::{Ask, apps, core, get, post};
use crate::manifests::{config_map, idle, service, with, without};
use crate::transcript::Transcript;

fn strict(path: impl Into<String>, object: &Value) -> Ask {
    post(path, object).query("fieldManager", "kmg").query("fieldValidation", "Strict")
}

pub(super) async fn create_strictly(t: &mut Transcript) {
    for (path, object) in
        [(core("configmaps"), config_map("m", &json!({"a": "1"}))), (core("services"), service("web")), (apps("deployments"), idle("web"))]
    {
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        t.send("dry run", strict(&path, &object).dry()).await;
        t.send("nothing is stored", get(format!("{path}/{name}"))).await;
        let created = t.send("create", strict(&path, &object)).await;
        t.fact("it has a version", created.order() > 0);
        t.send("the same bytes again", strict(&path, &object)).await;
        t.send("and as a dry run", strict(&path, &object).dry()).await;
        t.send("an unknown field", strict(&path, &with(&object, "/spce", json!({})))).await;
        t.send("an unknown field of the metadata, dry run", strict(&path, &with(&object, "/metadata/lables", json!({}))).dry()).await;
        let twice = object.to_string().replacen("\"kind\":", "\"kind\":\"Other\",\"kind\":", 1);
        t.send("a key twice", strict(&path, &object).bytes(twice)).await;
        let both = object.to_string().replacen("\"name\":", "\"nmae\":\"x\",\"name\":\"y\",\"name\":", 1);
        t.send("a key twice and an unknown one", strict(&path, &object).bytes(both)).await;
    }
}

pub(super) async fn create_services(t: &mut Transcript) {
    let typed = |name: &str, kind: &str| with(&service(name), "/spec/type", json!(kind));
    let named = json!([{"name": "http", "port": 80, "targetPort": "http"}, {"name": "dns", "port": 53, "protocol": "UDP"}]);
    let table = [
        ("with an address", service("internal")),
        ("headless", with(&service("headless"), "/spec/clusterIP", json!("None"))),
        ("with a node port", typed("node", "NodePort")),
        ("with two", with(&typed("two", "NodePort"), "/spec/ports", named)),
        ("headless without a selector", without(&with(&service("bare"), "/spec/clusterIP", json!("None")), "/spec/selector")),
    ];
    for (about, object) in table {
        t.send(&format!("{about}, dry run"), strict(core("services"), &object).dry()).await;
        t.send(about, strict(core("services"), &object)).await;
    }
    t.send("list", get(core("services"))).await;
    let outside = with(&typed("outside", "NodePort"), "/spec/ports/0/nodePort", json!(40_000));
    t.send("a node port out of range", strict(core("services"), &outside)).await;
    t.send("a node port out of range, dry run", strict(core("services"), &outside).dry()).await;
    let surplus = with(&service("surplus"), "/spec/ports/0/nodePort", json!(40_000));
    t.send("a node port of a ClusterIP", strict(core("services"), &surplus)).await;
    t.send("a headless NodePort", strict(core("services"), &with(&typed("both", "NodePort"), "/spec/clusterIP", json!("None")))).await;
    let foreign = with(&service("foreign"), "/spec/clusterIP", json!("192.0.2.1"));
    t.send("an address of another network", strict(core("services"), &foreign)).await;
    t.send("an address of another network, dry run", strict(core("services"), &foreign).dry()).await;
    let internal = t.send("a Service", get(core("services/internal"))).await;
    let taken = with(&service("taken"), "/spec/clusterIP", internal.body["spec"]["clusterIP"].clone());
    t.send("its address", strict(core("services"), &taken)).await;
    t.send("its address, dry run", strict(core("services"), &taken).dry()).await;
    let node = t.send("a NodePort", get(core("services/node"))).await;
    let taken = with(&typed("taken", "NodePort"), "/spec/ports/0/nodePort", node.body["spec"]["ports"][0]["nodePort"].clone());
    t.send("its node port", strict(core("services"), &taken)).await;
    t.send("its node port, dry run", strict(core("services"), &taken).dry()).await;
}

pub(super) async fn create_refused(t: &mut Transcript) {
    let web = idle("web");
    t.send("another kind", strict(apps("deployments"), &with(&web, "/kind", json!("ReplicaSet")))).await;
    t.send("another group", strict(apps("deployments"), &with(&web, "/apiVersion", json!("v1")))).await;
    t.send("a kind of another group", strict(core("configmaps"), &web)).await;
    t.send("no kind", strict(apps("deployments"), &without(&web, "/kind"))).await;
    t.send("no version", strict(apps("deployments"), &without(&web, "/apiVersion"))).await;
    t.send("a list", strict(core("configmaps"), &json!([]))).await;
    t.send("a text", strict(core("configmaps"), &json!("ConfigMap"))).await;
    t.send("data that is a list", strict(core("configmaps"), &config_map("m", &json!([])))).await;
    t.send("replicas that are a text", strict(apps("deployments"), &with(&web, "/spec/replicas", json!("1")))).await;
    let long = "m".repeat(129);
    t.send("a manager's name too long", post(core("configmaps"), &config_map("m", &Value::Null)).query("fieldManager", long)).await;
    t.send("a manager's name with a line end", post(core("configmaps"), &config_map("m", &Value::Null)).query("fieldManager", "a\nb"))
        .await;
}
