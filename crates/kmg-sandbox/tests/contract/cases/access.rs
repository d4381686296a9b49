//! Who may do what: authentication, roles, the fence.

use serde_json::{Value, json};

use crate::ask::{Ask, Who, apps, core, delete, get, patch, post};
use crate::manifests::{config_map, idle, with};
use crate::transcript::Transcript;

pub(super) async fn authentication(t: &mut Transcript) {
    for who in [Who::Forger, Who::Nobody] {
        t.send("a read", get(core("configmaps")).by(who)).await;
        t.send("one object", get(core("configmaps/kube-root-ca.crt")).by(who)).await;
        t.send("a write", post(core("configmaps"), &config_map("m", &Value::Null)).by(who)).await;
        t.send("a list of the cluster", get("/api/v1/namespaces").by(who)).await;
    }
    let basic = get(core("configmaps")).by(Who::Nobody);
    t.send("another scheme", basic.clone().header("authorization", "Basic YTpi")).await;
    t.send("an empty token", basic.header("authorization", "Bearer ")).await;
    for who in [Who::Reader, Who::Planner, Who::Executor] {
        t.send("the cluster's id", get("/api/v1/namespaces/kube-system").by(who)).await;
    }
}

pub(super) async fn roles(t: &mut Transcript) {
    t.send("create", post(apps("deployments"), &with(&idle("web"), "/spec/paused", json!(true)))).await;
    let nothing = json!([]);
    let table: Vec<Ask> = vec![
        get("/api/v1/namespaces/$ns"),
        get("/api/v1/namespaces"),
        get("/api/v1/pods"),
        get("/api/v1/namespaces/default/pods"),
        get("/apis/apps/v1/namespaces/default/deployments/web"),
        get(core("configmaps/absent")),
        get(core("configmaps/kube-root-ca.crt")),
        get(core("pods")),
        get(core("pods/absent/log")),
        get(core("services/absent")),
        get(apps("deployments/absent")),
        get(apps("deployments/web/scale")),
        patch(apps("deployments/absent"), &nothing),
        patch(apps("deployments/web/scale"), &nothing),
        patch(core("configmaps/kube-root-ca.crt"), &nothing),
        post(core("configmaps"), &config_map("m", &Value::Null)).dry(),
        post(apps("deployments"), &idle("other")).dry(),
        post("/api/v1/namespaces", &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "$ns-two"}})),
        delete(apps("deployments/web"), &json!({"dryRun": ["All"]})),
        delete(core("services/absent"), &Value::Null),
    ];
    for who in [Who::Reader, Who::Planner, Who::Executor] {
        for ask in &table {
            t.send("by its role", ask.clone().by(who)).await;
        }
    }
}

pub(super) async fn fence(t: &mut Transcript) {
    let system = |rest: &str| format!("/api/v1/namespaces/$ns-kmg/{rest}");
    let web = |rest: &str| format!("/apis/apps/v1/namespaces/$ns-kmg/deployments{rest}");
    t.send("an object", post(system("configmaps"), &config_map("m", &json!({"a": "1"})))).await;
    t.send("a Deployment", post(web(""), &with(&idle("web"), "/spec/paused", json!(true)))).await;
    let add = json!([{"op": "add", "path": "/data/b", "value": "2"}]);
    let replicas = json!([{"op": "replace", "path": "/spec/replicas", "value": 1}]);
    let label = json!([{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}]);
    let refused: Vec<(&str, Ask)> = vec![
        ("the probe", post(core("configmaps"), &config_map("kube-root-ca.crt", &Value::Null))),
        ("a create", post(system("configmaps"), &config_map("n", &Value::Null))),
        ("a create of a taken name", post(system("configmaps"), &config_map("m", &Value::Null))),
        ("a create of what is invalid", post(system("configmaps"), &config_map("N", &Value::Null))),
        ("a patch", patch(system("configmaps/m"), &add)),
        ("a patch that changes nothing", patch(system("configmaps/m"), &json!([]))),
        ("a patch of what is absent", patch(system("configmaps/absent"), &add)),
        ("a patch with a failing test", patch(system("configmaps/m"), &json!([{"op": "test", "path": "/metadata/uid", "value": "x"}]))),
        ("a Deployment's patch", patch(web("/web"), &label)),
        ("a scale", patch(web("/web/scale"), &replicas)),
        ("a Deployment", post(web(""), &idle("other"))),
        ("a Service", post(system("services"), &crate::manifests::service("web"))),
        (
            "a Pod",
            post(
                system("pods"),
                &json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "registry.test/web:1"}]}}),
            ),
        ),
        ("a delete", delete(system("configmaps/m"), &Value::Null)),
        ("a delete whose dry run is in the query but not in the body", delete(system("configmaps/m"), &json!({})).dry()),
        ("a delete of what is absent", delete(system("configmaps/absent"), &Value::Null)),
    ];
    for (about, ask) in refused {
        t.send(about, ask.by(Who::Planner)).await;
    }
    let passes: Vec<(&str, Ask)> = vec![
        ("a dry run of a create", post(system("configmaps"), &config_map("n", &Value::Null)).dry()),
        ("a dry run of a patch", patch(system("configmaps/m"), &add).dry()),
        ("a dry run of a scale", patch(web("/web/scale"), &replicas).dry()),
        ("a dry run of a delete", delete(system("configmaps/m"), &json!({"dryRun": ["All"]}))),
        ("a read", get(system("configmaps/m"))),
        ("a list", get(web(""))),
    ];
    for (about, ask) in passes {
        t.send(about, ask.by(Who::Planner)).await;
    }
    t.send(
        "the probe by the executor: its role has no create",
        post(core("configmaps"), &config_map("kube-root-ca.crt", &Value::Null)).by(Who::Executor),
    )
    .await;
    t.send("the probe by who is not fenced", post(core("configmaps"), &config_map("kube-root-ca.crt", &Value::Null))).await;
}

pub(super) async fn audit_id(t: &mut Transcript) {
    let path = "/api/v1/namespaces/kube-system";
    t.send("is echoed", get(core("configmaps/kube-root-ca.crt")).header("audit-id", "0190c2f0.1")).await;
    t.send("is echoed where the role refuses", get(path.replace("kube-system", "default")).by(Who::Executor).header("audit-id", "plan.2"))
        .await;
    t.send("is echoed where nobody is known", get(path).by(Who::Forger).header("audit-id", "plan.3")).await;
    t.send("is echoed whole", get(core("configmaps/absent")).header("audit-id", "a".repeat(100))).await;
}
