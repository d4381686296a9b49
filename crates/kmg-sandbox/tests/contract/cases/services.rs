//! Services.

use serde_json::{Value, json};

use crate::ask::{core, delete, get, patch, post};
use crate::manifests::{service, with};
use crate::transcript::Transcript;

pub(super) async fn service_life(t: &mut Transcript) {
    t.send("create", post(core("services"), &service("web"))).await;
    t.send("read", get(core("services/web"))).await;
    let ports = json!([{"name": "http", "port": 80, "targetPort": "http"}, {"name": "dns", "port": 53, "protocol": "UDP"}]);
    let full = with(&service("full"), "/spec/ports", ports);
    t.send("several ports", post(core("services"), &with(&full, "/spec/sessionAffinity", json!("ClientIP")))).await;
    t.send("headless", post(core("services"), &with(&service("headless"), "/spec/clusterIP", json!("None")))).await;
    let external = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "external"}, "spec": {"type": "ExternalName", "externalName": "example.test"}});
    t.send("a name elsewhere", post(core("services"), &external)).await;
    t.send("list", get(core("services"))).await;
    t.send("patch", patch(core("services/web"), &json!([{"op": "replace", "path": "/spec/ports/0/targetPort", "value": 9090}]))).await;
    t.send("delete", delete(core("services/web"), &Value::Null)).await;
    t.send("read what is gone", get(core("services/web"))).await;
}

pub(super) async fn service_refusals(t: &mut Transcript) {
    let web = service("web");
    t.send("create", post(core("services"), &web)).await;
    t.send("a taken name", post(core("services"), &web)).await;
    t.send("a bad name", post(core("services"), &service("1web"))).await;
    t.send("no ports", post(core("services"), &with(&service("none"), "/spec/ports", json!([])))).await;
    t.send("port 0", post(core("services"), &with(&service("zero"), "/spec/ports/0/port", json!(0)))).await;
    t.send("a port too large", post(core("services"), &with(&service("large"), "/spec/ports/0/port", json!(70_000)))).await;
    t.send("a bad protocol", post(core("services"), &with(&service("proto"), "/spec/ports/0/protocol", json!("ICMP")))).await;
    t.send("an unknown type", post(core("services"), &with(&service("type"), "/spec/type", json!("Strange")))).await;
    let unnamed = json!([{"port": 80}, {"port": 81}]);
    t.send("two ports without names", post(core("services"), &with(&service("two"), "/spec/ports", unnamed))).await;
    t.send("patch to an invalid port", patch(core("services/web"), &json!([{"op": "replace", "path": "/spec/ports/0/port", "value": -1}])))
        .await;
}
