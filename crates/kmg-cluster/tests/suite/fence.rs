//! The planner's credential, used directly by someone who has it, writes nothing.

use http::Method;
use kmg_cluster::rbac::{FENCE_MESSAGE, Identity};
use kmg_cluster::write::install::{apply_manifest, install};
use kmg_cluster::write::probe::{Fence, probe};
use serde_json::{Value, json};

use crate::lab::{Lab, eventually, lab, send};

const JSON: &str = "application/json";
const MERGE: &str = "application/merge-patch+json";

/// Grants the planner everything RBAC can grant: only the fence is left.
pub(crate) async fn grant_everything(lab: &Lab) {
    let name = format!("{}-test-only", lab.rbac.system_namespace);
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
        "subjects": [{"kind": "ServiceAccount", "name": "kmg-planner", "namespace": lab.rbac.system_namespace}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    });
    apply_manifest(&lab.admin, &binding).await.unwrap();
    let planner = lab.identity(Identity::Planner).await;
    eventually("cluster-admin for the planner", || async {
        (planner.get("/api/v1/secrets", &[("limit", "1")], JSON).await.unwrap().status == 200).then_some(())
    })
    .await;
}

type Attempt = (Method, String, Option<(&'static str, Value)>);

/// Every write there is a verb or a subresource for.
fn attempts(lab: &Lab, web: &Value) -> Vec<Attempt> {
    let deployments = lab.deployments();
    let at = |rest: &str| format!("{deployments}/web{rest}");
    let mut put = web.clone();
    put["spec"]["replicas"] = 7.into();
    // Without a version: a conflict with the controllers would answer before admission does.
    put["metadata"].as_object_mut().unwrap().remove("resourceVersion");
    let scale = json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "web", "namespace": lab.namespace}, "spec": {"replicas": 7}});
    let patch = || Some((MERGE, json!({"spec": {"replicas": 7}})));
    let named = |kind: &str, api: &str, name: &str| json!({"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": lab.namespace}});
    let token = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}});
    let accounts = format!("/api/v1/namespaces/{}/serviceaccounts", lab.rbac.system_namespace);
    let dry_only_in_query = json!({"apiVersion": "v1", "kind": "DeleteOptions"});
    vec![
        (Method::POST, lab.core("configmaps"), Some((JSON, named("ConfigMap", "v1", "planted")))),
        (Method::POST, lab.core("secrets"), Some((JSON, named("Secret", "v1", "planted")))),
        (Method::POST, deployments.clone(), Some((JSON, lab.deployment("planted", "x:1", 1)))),
        (
            Method::POST,
            "/api/v1/namespaces".into(),
            Some((JSON, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "planted-"}}))),
        ),
        (Method::PATCH, at(""), patch()),
        (
            Method::PATCH,
            format!("{}?fieldManager=x&force=true", at("")),
            Some(("application/apply-patch+yaml", lab.deployment("web", "evil:1", 9))),
        ),
        (Method::PATCH, at(""), Some(("application/json-patch+json", json!([{"op": "replace", "path": "/spec/replicas", "value": 7}])))),
        (Method::PUT, at(""), Some((JSON, put.clone()))),
        (Method::PUT, at("/scale"), Some((JSON, scale))),
        (Method::PATCH, at("/scale"), patch()),
        (Method::PUT, at("/status"), Some((JSON, put))),
        (Method::PATCH, at("/status"), Some((MERGE, json!({"status": {"replicas": 9}})))),
        (Method::DELETE, at(""), None),
        // The body outweighs the query: this one would really delete.
        (Method::DELETE, format!("{}?dryRun=All", at("")), Some((JSON, dry_only_in_query))),
        (Method::DELETE, deployments, None),
        (Method::DELETE, lab.core("pods/victim"), None),
        (Method::POST, lab.core("pods/victim/eviction"), Some((JSON, named("Eviction", "policy/v1", "victim")))),
        (
            Method::POST,
            lab.core("pods/victim/binding"),
            Some((
                JSON,
                json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "victim"}, "target": {"kind": "Node", "name": "n"}}),
            )),
        ),
        (Method::POST, lab.core("pods/victim/exec?command=id"), None),
        (Method::GET, lab.core("pods/victim/exec?command=id"), None),
        (Method::POST, lab.core("pods/victim/attach"), None),
        (Method::POST, lab.core("pods/victim/portforward"), None),
        (Method::POST, format!("{accounts}/kmg-executor/token"), Some((JSON, token))),
        (Method::DELETE, format!("/api/v1/namespaces/{}", lab.namespace), None),
        (Method::DELETE, format!("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{}-test-only", lab.rbac.system_namespace), None),
    ]
}

/// What the namespace holds, name by name with its resourceVersion.
async fn state(lab: &Lab) -> Vec<String> {
    let mut out = Vec::new();
    for path in [
        lab.deployments(),
        lab.core("configmaps"),
        lab.core("secrets"),
        lab.core("pods"),
        lab.core("services"),
        "/api/v1/namespaces".into(),
    ] {
        let list = lab.read(&path).await;
        out.extend(
            list["items"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|item| !path.ends_with("namespaces") || item["metadata"]["name"] == lab.namespace.as_str())
                .map(|item| {
                    let meta = &item["metadata"];
                    format!("{path} {} {} {} {}", meta["name"], meta["uid"], meta["generation"], meta["deletionTimestamp"])
                }),
        );
    }
    out
}

#[tokio::test]
async fn the_planners_credential_writes_nothing_though_access_control_allows_everything() {
    let Some(lab) = lab("planner writes nothing", "fence").await else { return };
    grant_everything(&lab).await;
    let admin = lab.raw(None).await;
    let victim = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "victim"}, "spec": {"schedulerName": "none", "containers": [{"name": "c", "image": "x:1"}]}});
    eventually("a Pod", || async {
        (send(&admin, Method::POST, &lab.core("pods"), Some((JSON, victim.clone()))).await.0 < 300).then_some(())
    })
    .await;
    let web = eventually("the Deployment to settle", || async {
        let web = lab.read(&format!("{}/web", lab.deployments())).await;
        (web["status"]["replicas"] == 2).then_some(web)
    })
    .await;
    let before = state(&lab).await;
    let planner = lab.raw(Some(Identity::Planner)).await;
    for (method, path, body) in attempts(&lab, &web) {
        let (status, text) = send(&planner, method.clone(), &path, body).await;
        assert!(status == 403 && text.contains(FENCE_MESSAGE), "{method} {path}: {status} {text}");
    }
    assert_eq!(state(&lab).await, before);
    // The cluster's own witness: no request of that name other than reads and dry runs was accepted.
    for event in lab.audit(Identity::Planner) {
        let accepted = event["responseStatus"]["code"].as_u64().unwrap() < 300;
        let read = matches!(event["verb"].as_str().unwrap(), "get" | "list");
        assert!(!accepted || read, "{event}");
    }
    // Reads and dry runs go through.
    let (status, _) =
        send(&planner, Method::PATCH, &format!("{}/web?dryRun=All", lab.deployments()), Some((MERGE, json!({"spec": {"replicas": 7}}))))
            .await;
    assert_eq!(status, 200);
    assert_eq!(state(&lab).await, before);
}

#[tokio::test]
async fn the_probe_sees_the_fence_go_and_come_and_changes_nothing() {
    let Some(lab) = lab("probe follows the fence", "probe").await else { return };
    let planner = lab.identity(Identity::Planner).await;
    let path = lab.core("configmaps/kube-root-ca.crt");
    let before = lab.read(&path).await;
    assert_eq!(probe(&planner, &lab.namespace).await, Fence::Fenced);
    // Another identity's refusal by access control is not the fence.
    let reader = lab.identity(Identity::Reader).await;
    assert!(matches!(probe(&reader, &lab.namespace).await, Fence::Unknown(_)));

    let admin = lab.raw(None).await;
    let policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings";
    let removed = send(&admin, Method::DELETE, &format!("{policies}/{}", lab.rbac.fence_name()), None).await;
    assert_eq!(removed.0, 200);
    eventually("the probe to see that the fence is gone", || async {
        (probe(&planner, &lab.namespace).await == Fence::NotFenced).then_some(())
    })
    .await;
    // Installing again repairs it, and is idempotent.
    let manifests = kmg_cluster::rbac::manifests(std::slice::from_ref(&lab.namespace), &lab.rbac);
    install(&lab.admin, &manifests).await.unwrap();
    install(&lab.admin, &manifests).await.unwrap();
    eventually("the fence to bite again", || async { (probe(&planner, &lab.namespace).await == Fence::Fenced).then_some(()) }).await;
    assert_eq!(lab.read(&path).await, before);
}

#[tokio::test]
async fn our_own_roles_cannot_touch_the_fence_or_the_accounts() {
    let Some(lab) = lab("roles stay inside", "roles").await else { return };
    let (policy, binding) = own_objects(&lab);
    let token = format!("/api/v1/namespaces/{}/serviceaccounts/kmg-executor/token", lab.rbac.system_namespace);
    for identity in Identity::ALL {
        let client = lab.raw(Some(identity)).await;
        for (method, path) in [
            (Method::DELETE, policy.clone()),
            (Method::DELETE, binding.clone()),
            (Method::PATCH, policy.clone()),
            (Method::POST, token.clone()),
            (Method::GET, lab.core("secrets")),
            (Method::DELETE, lab.core("pods")),
            (Method::DELETE, lab.deployments()),
            (Method::GET, "/api/v1/namespaces".to_owned()),
            (Method::GET, "/api/v1/namespaces/kube-system/configmaps".to_owned()),
            (Method::POST, lab.core("pods/victim/exec?command=id")),
        ] {
            let (status, text) = send(&client, method.clone(), &path, None).await;
            assert_eq!(status, 403, "{identity:?} {method} {path} {text}");
        }
    }
}

fn own_objects(lab: &Lab) -> (String, String) {
    let base = "/apis/admissionregistration.k8s.io/v1";
    let name = lab.rbac.fence_name();
    (format!("{base}/validatingadmissionpolicies/{name}"), format!("{base}/validatingadmissionpolicybindings/{name}"))
}

/// What the fence does not stop: the API server applies no policy to policies. So the roles must not name them,
/// which the case above shows of ours.
#[tokio::test]
async fn a_policy_does_not_guard_itself() {
    let Some(lab) = lab("policy exempt", "exempt").await else { return };
    grant_everything(&lab).await;
    let planner = lab.raw(Some(Identity::Planner)).await;
    let (policy, binding) = own_objects(&lab);
    for path in [&policy, &binding] {
        let (status, text) = send(&planner, Method::PATCH, path, Some((MERGE, json!({"metadata": {"labels": {"a": "b"}}})))).await;
        assert_eq!(status, 200, "the API server guards {path} now: say so in the documents: {text}");
    }
    // Webhook configurations are guarded.
    let webhook = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": lab.rbac.fence_name()}, "webhooks": []});
    let (status, text) =
        send(&planner, Method::POST, "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", Some((JSON, webhook))).await;
    assert!(status == 403 && text.contains(FENCE_MESSAGE), "{status} {text}");
}
