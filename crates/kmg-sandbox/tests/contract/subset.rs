//! What the sandbox declares is what the recordings show, and nothing else is answered.

use kmg_sandbox::SUBSET;
use serde_json::json;

use crate::ask::{Ask, Who, apps, core, delete, get, patch, post};
use crate::cases::apply;
use crate::manifests::{config_map, idle, pod, with};
use crate::recorded;
use crate::sandbox::start;
use crate::setup::Needs;
use crate::target::Target;
use crate::transcript::Line;

/// Whether `request`, a recorded request line, is one of `method` and `template`.
fn meets(request: &str, method: &str, template: &str) -> bool {
    let Some((sent, target)) = request.split_once(' ') else { return false };
    let path = target.split('?').next().unwrap_or_default();
    let (path, template): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), template.split('/').collect());
    sent == method && path.len() == template.len() && template.iter().zip(&path).all(|(t, p)| t.starts_with('{') || t == p)
}

/// The request line and the status of every exchange that is recorded.
fn requests() -> Vec<(String, u16)> {
    let files = std::fs::read_dir(recorded::path("x").parent().unwrap()).unwrap();
    let names = files.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    let lines = names.flat_map(|name| recorded::read(&name));
    lines.filter_map(|line| if let Line::Exchange(exchange) = line { Some((exchange.request, exchange.status)) } else { None }).collect()
}

#[test]
fn all_that_is_declared_is_recorded() {
    let requests = requests();
    for (method, template) in SUBSET {
        // An answer of access control says nothing of what stands behind it.
        let shown = |(request, status): &(String, u16)| ![401, 403].contains(status) && meets(request, method, template);
        assert!(requests.iter().any(shown), "no recording has {method} {template}");
    }
}

#[test]
fn all_that_is_recorded_is_declared() {
    for (request, _) in requests() {
        assert!(SUBSET.iter().any(|(method, template)| meets(&request, method, template)), "{request} is not declared");
    }
}

#[test]
fn every_recording_has_its_case() {
    let files = std::fs::read_dir(recorded::path("x").parent().unwrap()).unwrap();
    for file in files {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(crate::cases::NAMES.contains(&name), "{name} is a recording without a case");
    }
}

#[tokio::test]
async fn all_else_is_not_implemented_and_says_so() {
    let (sandbox, target) = start(Needs::Accounts).await;
    let put = |path: String| Ask { method: "PUT", ..post(path, &idle("web")) };
    let merge = patch(apps("deployments/web"), &json!({})).header("content-type", "application/merge-patch+json");
    let table: Vec<Ask> = vec![
        get("/api"),
        get("/apis"),
        get("/apis/apps/v1"),
        get("/openapi/v3"),
        get("/metrics"),
        get("/nonsense"),
        get(core("secrets")),
        get(core("secrets/s")),
        get(core("nodes")),
        get("/apis/apps/v1beta1/namespaces/$ns/deployments"),
        get("/apis/storage.k8s.io/v1/storageclasses"),
        get("/apis/batch/v1/jobs"),
        post("/apis/batch/v1/namespaces/$ns/jobs", &json!({})),
        delete(core("limitranges/l"), &json!({})),
        get("/api/v1/nodes/n/proxy"),
        get(apps("deployments")).query("watch", "true"),
        get(apps("deployments/web/status")),
        get(core("pods/p/log")).query("follow", "true"),
        post(core("pods/p/exec"), &json!({})),
        post(core("pods/p/eviction"), &json!({})),
        post(core("serviceaccounts/default/token"), &json!({})),
        post("/apis/rbac.authorization.k8s.io/v1/clusterroles", &json!({})),
        put(apps("deployments/web")),
        put(apps("deployments/web/scale")),
        merge.clone(),
        merge.header("content-type", "application/strategic-merge-patch+json"),
        apply(core("configmaps/m"), &config_map("m", &json!({}))).bytes("kind: ConfigMap"),
        apply(core("configmaps/m"), &config_map("m", &json!({"a": null}))),
        apply(apps("deployments/web/scale"), &json!({"spec": {"replicas": 1}})),
        apply("/api/v1/namespaces/$ns", &json!({"apiVersion": "v1", "kind": "Namespace"})),
        patch(apps("deployments/web/status"), &json!([])),
        patch("/api/v1/namespaces/$ns", &json!([])),
        patch(core("pods/p"), &json!([])),
        delete(apps("deployments"), &json!({})),
        delete(apps("replicasets/web"), &json!({})),
    ];
    let mut answered = Vec::new();
    for ask in table.into_iter().chain(variants()) {
        answered.extend(answered_anyway(&target, ask).await);
    }
    assert!(answered.is_empty(), "these should be 501:\n{}", answered.join("\n"));
    // Access control comes first, and knows nothing of what is implemented.
    let secret = target.send(&get(core("secrets/s")).by(Who::Reader)).await;
    assert_eq!(secret.status, 403, "{}", secret.body);
    sandbox.stop().await;
}

/// Requests for what is declared, in a way that is not.
fn variants() -> Vec<Ask> {
    let map = config_map("m", &json!({}));
    let maps = || get(core("configmaps"));
    let one = || get(core("configmaps/kube-root-ca.crt"));
    vec![
        one().header("accept", "application/json;as=Table;v=v1;g=meta.k8s.io"),
        one().header("accept", "application/yaml"),
        one().header("accept", "application/vnd.kubernetes.protobuf"),
        one().header("impersonate-user", "someone"),
        one().header("impersonate-group", "system:masters"),
        one().query("resourceVersion", "999999999"),
        maps().query("resourceVersion", "999999999"),
        maps().query("resourceVersion", "1").query("resourceVersionMatch", "Exact"),
        get(core("pods/p/log/more")),
        post(core("configmaps"), &map).header("content-type", "application/yaml"),
        post(core("configmaps"), &map).header("content-type", "application/vnd.kubernetes.protobuf"),
        post(core("pods"), &with(&pod("p"), "/metadata/finalizers", json!(["example.test/wait"]))),
        delete(core("pods/p"), &json!({"propagationPolicy": "Orphan"})),
        delete("/api/v1/namespaces/$ns", &json!({"propagationPolicy": "Foreground"})),
        delete(core("configmaps/kube-root-ca.crt"), &json!({"orphanDependents": true})),
    ]
}

/// What is wrong with the refusal of `ask`: it is 501 for whoever is known, and 401 for who is not.
async fn answered_anyway(target: &Target, ask: Ask) -> Option<String> {
    let answer = target.send(&ask).await;
    let says = answer.text("/message").starts_with("the sandbox does not implement");
    let is_status = (answer.text("/kind"), answer.text("/status")) == ("Status", "Failure");
    let line = format!("{} {} {:?} {:?}: {} {:.300}", ask.method, ask.path, ask.query, ask.headers, answer.status, answer.body.to_string());
    let forger = target.send(&ask.by(Who::Forger)).await.status;
    (answer.status != 501 || !says || !is_status || forger != 401).then_some(line)
}
