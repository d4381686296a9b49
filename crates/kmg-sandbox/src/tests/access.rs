//! Who may do what, the fence, and what is not implemented.

use serde_json::json;

use super::{CONFIG_MAPS, DEPLOYMENTS, Lab};

const JSON: (&str, &str) = ("content-type", "application/json");
const JSON_PATCH: (&str, &str) = ("content-type", "application/json-patch+json");

#[test]
fn access_control_comes_before_everything_else() {
    let lab = Lab::new();
    lab.deployment();
    assert_eq!(lab.send("reader", &format!("GET {DEPLOYMENTS}/web"), &[], "").0, 200);
    for request in [
        format!("PATCH {DEPLOYMENTS}/web"),
        format!("GET {DEPLOYMENTS}/web/scale"),
        format!("GET {CONFIG_MAPS}"),
        "GET /api/v1/namespaces/other/pods".to_owned(),
        "GET /api/v1/namespaces/demo/secrets/s".to_owned(),
        "GET /metrics".to_owned(),
    ] {
        let (status, body) = lab.send("reader", &request, &[], "");
        assert_eq!((status, &body["reason"]), (403, &json!("Forbidden")), "{request}");
    }
}

#[test]
fn the_fence_lets_reads_and_dry_runs_through_and_nothing_else() {
    let lab = Lab::new();
    lab.deployment();
    let probe = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"kube-root-ca.crt","namespace":"demo"}}"#;
    let (status, body) = lab.send("planner", &format!("POST {CONFIG_MAPS}"), &[JSON], probe);
    let message =
        "configmaps \"kube-root-ca.crt\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: dry runs only";
    assert_eq!((status, &body["message"]), (403, &json!(message)));
    assert_eq!(lab.send("admin", &format!("POST {CONFIG_MAPS}"), &[JSON], probe).0, 409, "without the fence the storage answers");
    let patch = r#"[{"op":"replace","path":"/spec/replicas","value":1}]"#;
    for (request, body, expected) in [
        (format!("PATCH {DEPLOYMENTS}/web"), patch, 403),
        (format!("PATCH {DEPLOYMENTS}/web/scale"), patch, 403),
        (format!("DELETE {DEPLOYMENTS}/web"), "", 403),
        (format!("DELETE {DEPLOYMENTS}/web?dryRun=All"), "{}", 403),
        (format!("PATCH {DEPLOYMENTS}/web?dryRun=All"), patch, 200),
        (format!("PATCH {DEPLOYMENTS}/web/scale?dryRun=All"), patch, 200),
        (format!("DELETE {DEPLOYMENTS}/web"), r#"{"dryRun":["All"]}"#, 200),
        (format!("GET {DEPLOYMENTS}/web"), "", 200),
    ] {
        assert_eq!(lab.send("planner", &request, &[JSON_PATCH], body).0, expected, "{request} {body}");
    }
}

#[test]
fn everything_else_is_not_implemented() {
    let lab = Lab::new();
    for request in [
        "GET /apis",
        "GET /api/v1/namespaces/demo/secrets",
        "GET /api/v1/services",
        "GET /api/v1/namespaces/demo/pods?watch=1",
        "PUT /api/v1/namespaces/demo/configmaps/c",
        "DELETE /api/v1/namespaces/demo/configmaps",
        "PATCH /api/v1/namespaces/demo/pods/p",
        "POST /api/v1/namespaces/demo/pods/p/eviction",
        "GET /api/v1/namespaces/demo/pods/p/status",
        "POST /apis/apps/v1/namespaces/demo/replicasets",
    ] {
        let (status, body) = lab.send("admin", request, &[], "");
        assert_eq!(status, 501, "{request}");
        assert!(body["message"].as_str().unwrap().starts_with("the sandbox does not implement "), "{body}");
    }
    let merge = [("content-type", "application/merge-patch+json")];
    assert_eq!(lab.send("admin", &format!("PATCH {CONFIG_MAPS}/kube-root-ca.crt"), &merge, "{}").0, 501);
}
