use serde_json::json;

use super::super::fixtures::{deployment, plan_id, set_image as ask, web};
use super::super::{Kind, Shown};
use super::*;

fn rendered(change: &Change) -> Value {
    serde_json::from_slice(&change.template.render(&"7".parse().unwrap()).body(false)).unwrap()
}

fn meant(ask: &Ask) -> Change {
    step_change(ask, &web(), &plan_id(), Some(&deployment())).unwrap()
}

#[test]
fn an_image_ask_binds_the_container_and_the_old_image() {
    let body = rendered(&meant(&ask("web", "registry.test/web:2")));
    assert_eq!(body[2], json!({"op":"test","path":"/spec/template/spec/containers/0/name","value":"web"}));
    assert_eq!(body[3]["op"], "test");
    assert_eq!(body[4], json!({"op":"replace","path":"/spec/template/spec/containers/0/image","value":"registry.test/web:2"}));
    assert_eq!(body[5]["path"], "/metadata/annotations/kmg.dev~1plan");
}

#[test]
fn unknown_containers_and_no_ops_are_refused() {
    let refused = |container, image| step_change(&ask(container, image), &web(), &plan_id(), Some(&deployment())).unwrap_err().code;
    assert_eq!(refused("other", "a:1"), Code::ContainerNotFound);
    assert_eq!(refused("web", "registry.test/web:does-not-exist"), Code::NoChange);
    let mut foreign = deployment();
    foreign["metadata"]["name"] = "other".into();
    assert_eq!(step_change(&ask("web", "a:1"), &web(), &plan_id(), Some(&foreign)).unwrap_err().code, Code::ClusterInvalid);
    assert_eq!(step_change(&ask("web", "a:1"), &web(), &plan_id(), None).unwrap_err().code, Code::NotFound);
    let other = Target { kind: Kind::Service, name: "web".parse().unwrap() };
    assert_eq!(step_change(&ask("web", "a:1"), &other, &plan_id(), Some(&deployment())).unwrap_err().code, Code::Internal);
}

#[test]
fn a_restarts_time_is_the_plans_own() {
    let restart = Ask::RestartDeployment { namespace: "demo".parse().unwrap(), name: "web".parse().unwrap() };
    let mut live = deployment();
    assert_eq!(
        step_change(&restart, &web(), &plan_id(), Some(&live)).unwrap_err().code,
        Code::ClusterInvalid,
        "a template without metadata"
    );
    live["spec"]["template"]["metadata"] = json!({"labels": {"app": "web"}});
    let change = step_change(&restart, &web(), &plan_id(), Some(&live)).unwrap();
    let at = json!("2027-01-15T08:00:00Z");
    assert_eq!(
        rendered(&change)[2],
        json!({"op":"add","path":"/spec/template/metadata/annotations","value":{"kubectl.kubernetes.io/restartedAt": at}})
    );
    live["spec"]["template"]["metadata"]["annotations"] = json!({"a": "b"});
    let change = step_change(&restart, &web(), &plan_id(), Some(&live)).unwrap();
    assert_eq!(rendered(&change)[2]["path"], "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt");
    assert_eq!(change.proposed["spec.template.metadata.annotations[\"kubectl.kubernetes.io/restartedAt\"]"], at);
    live["spec"]["paused"] = true.into();
    assert_eq!(step_change(&restart, &web(), &plan_id(), Some(&live)).unwrap_err().code, Code::NoChange);
}

/// The API server takes the options of a body for all there are: `dryRun` in the query alone deletes.
#[test]
fn a_deletions_dry_run_says_so_in_its_body() {
    let delete = Ask::DeleteManifest { namespace: "demo".parse().unwrap(), objects: vec![web()] };
    let rendered = meant(&delete).template.render(&"7".parse().unwrap());
    let real: Value = serde_json::from_slice(&rendered.body(false)).unwrap();
    let preconditions = json!({"uid": "u-1", "resourceVersion": "7"});
    assert_eq!(real, json!({"apiVersion":"v1","kind":"DeleteOptions","propagationPolicy":"Background","preconditions":preconditions}));
    let dry: Value = serde_json::from_slice(&rendered.body(true)).unwrap();
    assert_eq!(dry["dryRun"], json!(["All"]));
    assert_eq!(dry["preconditions"], preconditions);
    assert_eq!(rendered.target(true), "/apis/apps/v1/namespaces/demo/deployments/web?dryRun=All");
    assert_eq!(rendered.target(false), "/apis/apps/v1/namespaces/demo/deployments/web");
}

fn apply(live: Option<&Value>, manifest: &Value) -> Change {
    let kind = Kind::from_name(manifest["kind"].as_str().unwrap()).unwrap();
    let target = Target { kind, name: "web".parse().unwrap() };
    let ask = Ask::DeleteManifest { namespace: "demo".parse().unwrap(), objects: vec![target.clone()] };
    let place = Place { ask: &ask, target: &target, plan: &plan_id() };
    let live = live.map(|object| Live { object, uid: object["metadata"]["uid"].as_str().unwrap() });
    apply::apply(&place, live.as_ref(), manifest.as_object().unwrap())
}

#[test]
fn an_apply_names_uid_and_version_and_a_creation_a_version_no_object_has() {
    let manifest = json!({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"web","annotations":{"a":"b"}},"data":{"k":"v"}});
    let there = json!({"metadata":{"name":"web","namespace":"demo","uid":"u\"9"}});
    let change = apply(Some(&there), &manifest);
    let sent = rendered(&change);
    assert_eq!((change.action, change.object.uid.as_str()), (Action::Apply, "u\"9"));
    assert_eq!(sent["metadata"]["uid"], "u\"9");
    assert_eq!(sent["metadata"]["resourceVersion"], "7");
    assert_eq!(sent["metadata"]["namespace"], "demo");
    assert_eq!(sent["metadata"]["annotations"], json!({"a":"b","kmg.dev/applied-plan":plan_id()}));
    assert_eq!(sent["data"], json!({"k":"v"}));
    assert!(change.template.query.contains("force=false") && change.template.query.contains("fieldValidation=Strict"));
    let change = apply(None, &manifest);
    assert_eq!((change.action, change.template.body.len()), (Action::Create, 1));
    assert_eq!(rendered(&change)["metadata"]["resourceVersion"], "1");
    assert!(rendered(&change)["metadata"].get("uid").is_none());
    assert_eq!(change.exclusions, ["/metadata/uid"]);
}

#[test]
fn what_the_api_server_chooses_is_declared_and_what_is_asked_is_not() {
    let service = |ports: Value| json!({"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"spec":{"ports":ports}});
    let created = apply(None, &service(json!([{"port":80},{"port":81,"nodePort":30001}])));
    let expected = ["/metadata/uid", "/spec/clusterIP", "/spec/clusterIPs", "/spec/ports/0/nodePort", "/spec/healthCheckNodePort"];
    assert_eq!(created.exclusions, expected);
    let mut headless = service(json!([{"port":80}]));
    headless["spec"]["clusterIP"] = "None".into();
    assert!(!apply(None, &headless).exclusions.iter().any(|pointer| pointer.starts_with("/spec/clusterIP")));
    let live = json!({"metadata":{"name":"web","namespace":"demo","uid":"u"},"spec":{"clusterIP":"10.0.0.1","clusterIPs":["10.0.0.1"],"ports":[{"port":80,"nodePort":30000}]}});
    assert_eq!(
        apply(Some(&live), &service(json!([{"port":80},{"port":81}]))).exclusions,
        ["/spec/ports/1/nodePort", "/spec/healthCheckNodePort"]
    );
}

#[test]
fn a_manifests_values_are_shown_and_the_values_they_replace_are_not() {
    let manifest = json!({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"web"},"data":{"k":"new","same":"s","list.json":"[1]"}});
    let live = json!({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"web","namespace":"demo","uid":"u"},"data":{"k":"0ld-s3cret","same":"s","gone":"s3cret"}});
    let change = apply(Some(&live), &manifest);
    let mut after = live.clone();
    after["data"] = json!({"k":"new","same":"s","list.json":"[1]","injected":"s3cret-too"});
    after["metadata"]["annotations"] = json!({"kmg.dev/applied-plan": plan_id()});
    let prediction = Prediction {
        live: Some(&live),
        predicted: Some(&after),
        exclusions: vec![],
        warnings: vec![],
        dependents: vec![],
        fingerprint: &|bytes| format!("fp{}", bytes.len()),
    };
    let step = predict(change, prediction).unwrap();
    let of = |path: &str| step.changes.iter().find(|change| change.path == path).unwrap_or_else(|| panic!("{path}"));
    assert!(
        matches!(of("data.k").before, Shown::Hidden { .. }) && of("data.k").after == Shown::Value("new".into()) && of("data.k").proposed
    );
    assert_eq!(of("data[\"list.json\"]").after, Shown::Value("[1]".into()));
    assert!(matches!(of("data.gone").before, Shown::Hidden { .. }) && !of("data.gone").proposed);
    assert!(matches!(of("data.injected").after, Shown::Hidden { .. }), "a webhook's value was not proposed");
    assert!(!serde_json::to_string(&step.changes).unwrap().contains("s3cret"));
    // A webhook that puts its own value in the place of a proposed one.
    let change = apply(Some(&live), &manifest);
    after["data"]["k"] = "s3cret-other".into();
    let prediction = Prediction {
        predicted: Some(&after),
        live: Some(&live),
        exclusions: vec![],
        warnings: vec![],
        dependents: vec![],
        fingerprint: &|_| "fp".to_owned(),
    };
    let replaced = predict(change, prediction).unwrap();
    assert!(!serde_json::to_string(&replaced.changes).unwrap().contains("s3cret"));
}
