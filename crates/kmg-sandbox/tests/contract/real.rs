//! The real API server: a namespace of the case's own, and the guard's accounts for it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kmg_cluster::rbac::{Identity as Account, RbacOptions, manifests};
use kmg_core::clock::Clock;
use kmg_testkit::lane::{self, TestCluster};
use reqwest::Identity;
use serde_json::{Value, json};

use crate::ask::{Ask, JSON, Who, delete, get, post};
use crate::recorded;
use crate::setup::{self, ACCOUNTS, Needs, plural};
use crate::target::{Target, client};
use crate::transcript::Transcript;

/// A kubelet reports, backs off and ends containers within it, on a busy machine too.
const PATIENCE: Duration = Duration::from_mins(4);

/// Runs `case` on the real API server: its transcript is the recorded one, or becomes it.
pub(crate) async fn check(name: &str, needs: Needs, case: impl AsyncFn(&mut Transcript)) {
    let title = format!("contract: {name}");
    let cluster = if needs == Needs::Node { lane::node(&title) } else { lane::api_server(&title) };
    let Some(cluster) = cluster else { return };
    let mut transcript = Transcript::new(target(&cluster, name, needs).await);
    case(&mut transcript).await;
    let (target, lines) = transcript.end();
    clear(&target, needs).await;
    if recorded::recording() {
        recorded::write(name, &lines);
    } else {
        recorded::compare(name, &lines, "the real API server");
    }
}

async fn target(cluster: &TestCluster, name: &str, needs: Needs) -> Target {
    let authority = std::fs::read(&cluster.ca_file).unwrap();
    let stamp = Clock::system().now().0 % 100_000_000;
    let mut target = Target {
        server: cluster.server.clone(),
        admin: client(&authority, Some(administrator(&cluster.kubeconfig))),
        plain: client(&authority, None),
        tokens: BTreeMap::from([(Who::Forger, "forged".to_owned())]),
        patience: PATIENCE,
        namespace: format!("c{stamp}-{}", name.replace('_', "-")),
    };
    for object in setup::objects(needs, &target.namespace) {
        let answer = target.send(&post(collection(&object), &object)).await;
        assert_eq!(answer.status, 201, "{:?}", answer.body);
    }
    for wanted in ["configmaps/kube-root-ca.crt", "serviceaccounts/default"] {
        present(&target, &get(format!("/api/v1/namespaces/$ns/{wanted}"))).await;
    }
    if needs == Needs::Accounts {
        present(&target, &get("/api/v1/namespaces/$ns-kmg/configmaps/kube-root-ca.crt")).await;
        for (who, account) in ACCOUNTS {
            let token = mint(&target, account).await;
            target.tokens.insert(who, token);
        }
        fenced(&target).await;
    }
    target
}

/// The administrator's client certificate. The test cluster writes one field a line.
fn administrator(kubeconfig: &Path) -> Identity {
    let text = std::fs::read_to_string(kubeconfig).unwrap();
    let field = |name: &str| {
        let value = text.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap();
        STANDARD.decode(value.trim().trim_matches('"')).unwrap()
    };
    let pem = [field("client-certificate-data:"), field("client-key-data:")].concat();
    Identity::from_pem(&pem).unwrap()
}

fn collection(object: &Value) -> String {
    let version = object["apiVersion"].as_str().unwrap();
    let group = if version == "v1" { "/api/v1".to_owned() } else { format!("/apis/{version}") };
    let plural = plural(object["kind"].as_str().unwrap());
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("{group}/namespaces/{namespace}/{plural}"),
        None => format!("{group}/{plural}"),
    }
}

async fn mint(target: &Target, account: Account) -> String {
    let path = format!("/api/v1/namespaces/$ns-kmg/serviceaccounts/{}/token", account.account());
    let ask = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3_600}});
    let answer = target.send(&post(path, &ask)).await;
    assert_eq!(answer.status, 201, "no token: {}", answer.body);
    answer.text("/status/token").to_owned()
}

async fn present(target: &Target, ask: &Ask) {
    until(async || target.send(ask).await.status == 200).await;
}

/// A new policy takes about half a second to bite.
async fn fenced(target: &Target) {
    let probe = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt"}});
    let ask = post("/api/v1/namespaces/$ns/configmaps", &probe).by(Who::Planner);
    until(async || target.send(&ask).await.text("/message").contains("ValidatingAdmissionPolicy")).await;
}

async fn until(done: impl AsyncFn() -> bool) {
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    let whole = async {
        while !done().await {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, whole).await.unwrap();
}

/// Removes what the case and its set-up left; the namespaces go in the background.
async fn clear(target: &Target, needs: Needs) {
    let mut paths = vec!["/api/v1/namespaces/$ns".to_owned(), "/api/v1/namespaces/$ns-kmg".to_owned()];
    if needs == Needs::Accounts {
        let options = RbacOptions::in_namespace(&target.name("$ns-kmg")).unwrap();
        let installed = manifests(&[], &options);
        let global = installed.iter().filter(|object| object["metadata"]["namespace"].is_null());
        paths.extend(global.map(|object| format!("{}/{}", collection(object), object["metadata"]["name"].as_str().unwrap())));
    }
    for path in paths {
        target.send(&delete(path, &Value::Null).header("accept", JSON)).await;
    }
}
