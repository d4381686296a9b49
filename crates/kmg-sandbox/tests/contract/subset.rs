//! What the sandbox declares is what the recordings show, and nothing else is answered.

use kmg_sandbox::SUBSET;
use serde_json::json;

use crate::ask::{Ask, Who, apps, core, delete, get, patch, post};
use crate::manifests::idle;
use crate::recorded;
use crate::sandbox::start;
use crate::setup::Needs;
use crate::transcript::Line;

/// Whether `request`, a recorded request line, is one of `method` and `template`.
fn meets(request: &str, method: &str, template: &str) -> bool {
    let Some((sent, target)) = request.split_once(' ') else { return false };
    let path = target.split('?').next().unwrap_or_default();
    let (path, template): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), template.split('/').collect());
    sent == method && path.len() == template.len() && template.iter().zip(&path).all(|(t, p)| t.starts_with('{') || t == p)
}

/// The request lines of every recording.
fn requests() -> Vec<String> {
    let files = std::fs::read_dir(recorded::path("x").parent().unwrap()).unwrap();
    let names = files.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    let lines = names.flat_map(|name| recorded::read(&name));
    lines.filter_map(|line| if let Line::Exchange(exchange) = line { Some(exchange.request) } else { None }).collect()
}

#[test]
fn all_that_is_declared_is_recorded() {
    let requests = requests();
    for (method, template) in SUBSET {
        assert!(requests.iter().any(|request| meets(request, method, template)), "no recording has {method} {template}");
    }
}

#[test]
fn all_that_is_recorded_is_declared() {
    for request in requests() {
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
        get("/apis/batch/v1/namespaces/$ns/jobs"),
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
        merge.clone().header("content-type", "application/strategic-merge-patch+json"),
        merge.header("content-type", "application/apply-patch+yaml"),
        patch(apps("deployments/web/status"), &json!([])),
        patch("/api/v1/namespaces/$ns", &json!([])),
        patch(core("pods/p"), &json!([])),
        delete(apps("deployments"), &json!({})),
        delete(apps("replicasets/web"), &json!({})),
    ];
    for ask in table {
        let answer = target.send(&ask).await;
        let line = format!("{} {} {:?}: {}", ask.method, ask.path, ask.query, answer.body);
        assert_eq!(answer.status, 501, "{line}");
        assert!(answer.text("/message").starts_with("the sandbox does not implement"), "{line}");
        assert_eq!((answer.text("/kind"), answer.text("/status")), ("Status", "Failure"), "{line}");
        assert_eq!(target.send(&ask.by(Who::Forger)).await.status, 401, "{line}");
    }
    sandbox.stop().await;
}
