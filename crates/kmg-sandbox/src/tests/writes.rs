//! Creations, patches, dry runs, deletions.

use serde_json::{Value, json};

use super::{CONFIG_MAPS, DEPLOYMENTS, Lab};

#[test]
fn what_is_created_is_read_and_listed() {
    let lab = Lab::new();
    let made = lab.deployment();
    assert_eq!((&made["metadata"]["generation"], &made["status"]), (&json!(1), &json!({})));
    assert_eq!(lab.get(&format!("{DEPLOYMENTS}/web")), (200, made.clone()));
    let (_, list) = lab.get(DEPLOYMENTS);
    assert_eq!((&list["kind"], &list["apiVersion"]), (&json!("DeploymentList"), &json!("apps/v1")));
    assert_eq!((&list["items"][0]["spec"], list["items"][0].get("kind")), (&made["spec"], None));
    assert_eq!(lab.post(DEPLOYMENTS, &made).1["message"], "resourceVersion should not be set on objects to be created");
    let again = json!({"metadata": {"name": "kube-root-ca.crt"}});
    let (status, body) = lab.post(CONFIG_MAPS, &again);
    assert_eq!((status, &body["reason"]), (409, &json!("AlreadyExists")));
    assert_eq!(lab.post("/api/v1/namespaces/nope/configmaps", &again).0, 404);
}

#[test]
fn a_dry_run_shows_what_would_be_and_stores_nothing() {
    let lab = Lab::new();
    let made = lab.deployment();
    let image = json!([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "registry.test/web:2"}]);
    let (status, dry) = lab.patch(&format!("{DEPLOYMENTS}/web?dryRun=All"), &image);
    assert_eq!((status, &dry["metadata"]["generation"]), (200, &json!(2)));
    assert_eq!(dry["metadata"]["resourceVersion"], made["metadata"]["resourceVersion"]);
    assert_eq!(lab.get(&format!("{DEPLOYMENTS}/web")).1, made);
    let (status, real) = lab.patch(&format!("{DEPLOYMENTS}/web"), &image);
    assert_eq!((status, &real["spec"]), (200, &dry["spec"]));
    assert_ne!(real["metadata"]["resourceVersion"], made["metadata"]["resourceVersion"]);
    let (status, dry) = lab.post(&format!("{CONFIG_MAPS}?dryRun=All"), &json!({"metadata": {"name": "c"}}));
    assert_eq!((status, dry["metadata"].get("resourceVersion")), (201, None));
    assert_eq!(lab.get(&format!("{CONFIG_MAPS}/c")).0, 404);
}

#[test]
fn a_patch_is_guarded_by_uid_and_version() {
    let lab = Lab::new();
    let made = lab.deployment();
    let with = |uid: &Value, version: &Value| {
        json!([
            {"op": "test", "path": "/metadata/uid", "value": uid},
            {"op": "test", "path": "/metadata/resourceVersion", "value": version},
            {"op": "replace", "path": "/spec/replicas", "value": 5}
        ])
    };
    let target = format!("{DEPLOYMENTS}/web");
    let (uid, version) = (&made["metadata"]["uid"], &made["metadata"]["resourceVersion"]);
    assert_eq!(lab.patch(&target, &with(&json!("other"), version)).0, 422);
    assert_eq!(lab.patch(&target, &with(uid, &json!("1"))).0, 422);
    assert_eq!(lab.patch(&target, &with(uid, version)).0, 200);
    let (status, body) = lab.patch(&target, &with(uid, version));
    assert_eq!((status, &body["details"]), (422, &json!({})), "the accepted patch cannot be sent again");
    let stale = json!([{"op": "replace", "path": "/metadata/resourceVersion", "value": version}]);
    assert_eq!(lab.patch(&target, &stale).1["reason"], "Conflict");
}

#[test]
fn a_patch_that_changes_nothing_makes_no_version() {
    let lab = Lab::new();
    let made = lab.deployment();
    let same = json!([{"op": "replace", "path": "/spec/replicas", "value": 3}]);
    assert_eq!(lab.patch(&format!("{DEPLOYMENTS}/web"), &same), (200, made.clone()));
    let forged = json!([{"op": "replace", "path": "/status", "value": {"replicas": 9}}, {"op": "replace", "path": "/metadata/generation", "value": 7}]);
    assert_eq!(lab.patch(&format!("{DEPLOYMENTS}/web"), &forged), (200, made));
}

#[test]
fn scale_is_read_and_patched_as_a_kind_of_its_own() {
    let lab = Lab::new();
    let made = lab.deployment();
    let target = format!("{DEPLOYMENTS}/web/scale");
    let (_, scale) = lab.get(&target);
    assert_eq!(
        (&scale["kind"], &scale["spec"], &scale["status"]),
        (&json!("Scale"), &json!({"replicas": 3}), &json!({"replicas": 0, "selector": "app=web"}))
    );
    let to = |replicas: i64| json!([{"op": "test", "path": "/metadata/uid", "value": made["metadata"]["uid"]}, {"op": "replace", "path": "/spec/replicas", "value": replicas}]);
    assert_eq!(lab.patch(&format!("{target}?dryRun=All"), &to(4)).1["spec"], json!({"replicas": 4}));
    let (status, scale) = lab.patch(&target, &to(4));
    assert_eq!((status, &scale["spec"]), (200, &json!({"replicas": 4})));
    let (_, stored) = lab.get(&format!("{DEPLOYMENTS}/web"));
    assert_eq!((&stored["spec"]["replicas"], &stored["metadata"]["generation"]), (&json!(4), &json!(2)));
    let large = json!([{"op": "replace", "path": "/spec/replicas", "value": 1_i64 << 32}]);
    assert!(lab.patch(&target, &large).1["message"].as_str().unwrap().starts_with(" \"\" is invalid: patch: "));
    let other = json!([{"op": "replace", "path": "/metadata/uid", "value": "x"}]);
    assert_eq!(lab.patch(&target, &other).0, 501);
    assert!(lab.patch(&target, &to(-1)).1["message"].as_str().unwrap().starts_with("Scale.autoscaling \"web\" is invalid"));
}

#[test]
fn the_body_of_a_deletion_outweighs_its_query() {
    let lab = Lab::new();
    let made = lab.deployment();
    let target = format!("{DEPLOYMENTS}/web");
    let (status, body) = lab.delete(&target, &json!({"dryRun": ["All"]}));
    assert_eq!((status, &body["status"], &body["details"]["uid"]), (200, &json!("Success"), &made["metadata"]["uid"]));
    let (status, body) = lab.delete(&target, &json!({"preconditions": {"uid": "other"}}));
    assert_eq!((status, &body["reason"], &body["details"]["kind"]), (409, &json!("Conflict"), &json!("Deployment")));
    assert_eq!(lab.delete(&target, &json!({"preconditions": {"resourceVersion": "1"}})).0, 409);
    assert_eq!(lab.delete(&format!("{target}?dryRun=All"), &Value::Null).0, 200);
    assert_eq!(lab.get(&target).0, 200, "still there");
    assert_eq!(lab.delete(&format!("{target}?dryRun=All"), &json!({})).0, 200);
    assert_eq!(lab.get(&target).0, 404, "a body without dryRun really deletes");
}

#[test]
fn a_list_comes_in_pages() {
    let lab = Lab::new();
    for name in ["a", "b", "c"] {
        lab.post(CONFIG_MAPS, &json!({"metadata": {"name": name, "labels": {"keep": "yes"}}}));
    }
    let (_, first) = lab.get(&format!("{CONFIG_MAPS}?limit=2"));
    assert_eq!(first["metadata"]["remainingItemCount"], 2);
    let token = first["metadata"]["continue"].as_str().unwrap();
    let (_, second) = lab.get(&format!("{CONFIG_MAPS}?limit=2&continue={token}"));
    assert_eq!((&second["items"][0]["metadata"]["name"], second["metadata"].get("continue")), (&json!("c"), None));
    let (_, selected) = lab.get(&format!("{CONFIG_MAPS}?labelSelector=keep&limit=3"));
    assert_eq!((selected["items"].as_array().unwrap().len(), selected["metadata"].get("remainingItemCount")), (3, None));
}

#[test]
fn a_namespace_brings_the_certificate_and_closes_when_it_ends() {
    let lab = Lab::new();
    assert_eq!(lab.post("/api/v1/namespaces", &json!({"metadata": {"name": "new"}})).0, 201);
    assert_eq!(lab.get("/api/v1/namespaces/new/configmaps/kube-root-ca.crt").1["data"]["ca.crt"], "PEM");
    let (status, body) = lab.delete("/api/v1/namespaces/new", &Value::Null);
    assert_eq!((status, &body["status"]["phase"]), (200, &json!("Terminating")));
    let (status, body) = lab.post("/api/v1/namespaces/new/configmaps", &json!({"metadata": {"name": "c"}}));
    assert_eq!((status, &body["reason"]), (403, &json!("Forbidden")));
    let (status, body) = lab.delete("/api/v1/namespaces/default", &Value::Null);
    assert_eq!((status, &body["message"]), (403, &json!("namespaces \"default\" is forbidden: this namespace may not be deleted")));
}
