use serde_json::{Value, json};

use super::super::fixtures::{body, deployment, plan_id, web};
use super::super::{Action, Ask, Change, PlanBody, step_change};
use super::edit::{Operation, edited};
use super::owned::applied_by;
use super::*;
use crate::problem::{Code, Refusal};

/// A Deployment that another manager and ours had applied, and what ours had applied, both from a real API server.
const DEPLOYMENT: &str = include_str!("recorded/deployment.json");
const APPLIED: &str = include_str!("recorded/applied.json");

fn recorded(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A plan of one step that was written.
fn plan(ask: Ask, action: Action) -> PlanBody {
    let mut body = body();
    let target = ask.targets().remove(0);
    body.ask = ask;
    body.steps[0].action = action;
    body.steps[0].object.kind = target.kind.to_string();
    body.steps[0].object.name = target.name.to_string();
    body
}

fn manifest(value: Value) -> Manifest {
    Manifest::read(value, &"demo".parse().unwrap()).unwrap()
}

fn apply(value: Value) -> Ask {
    Ask::ApplyManifest { namespace: "demo".parse().unwrap(), objects: vec![manifest(value)] }
}

fn back(undo: Undo) -> Ask {
    Ask::Rollback { namespace: "demo".parse().unwrap(), origin: Origin::Plan { plan_id: plan_id() }, changes: vec![undo] }
}

fn quoted(refusal: &Refusal) -> &str {
    refusal.quote.as_ref().map(crate::untrusted::Quoted::for_screening).unwrap_or_default()
}

fn meant(undo: Undo, live: Option<&Value>) -> Result<Change, Refusal> {
    let target = undo.target.clone();
    step_change(&back(undo), &target, &plan_id(), live)
}

#[test]
fn what_our_manager_applied_is_found_again_and_nothing_of_others() {
    let was = recorded(DEPLOYMENT);
    let mut wanted = recorded(APPLIED);
    // An empty map that the API server does not write.
    wanted["spec"]["template"]["spec"]["containers"][0]["resources"].as_object_mut().unwrap().remove("requests");
    let ask = apply(wanted.clone());
    let undone = undo(&plan(ask, Action::Apply), 0, &was, None).unwrap();
    let Restore::Fields { manifest } = undone.restore else { panic!("{undone:?}") };
    let items = |value: &Value, pointer: &str| value.pointer(pointer).cloned().unwrap();
    for pointer in ["/metadata", "/spec/template/spec/containers/0", "/spec/template/spec/containers/1", "/spec/template/spec/tolerations"]
    {
        assert_eq!(items(manifest.value(), pointer), items(&wanted, pointer), "{pointer}");
    }
    assert_eq!(manifest.value()["spec"]["template"]["spec"]["volumes"], wanted["spec"]["template"]["spec"]["volumes"]);
    assert!(manifest.value()["spec"].get("replicas").is_none() && !manifest.value().to_string().contains("MODE"));
}

#[test]
fn a_manager_that_never_applied_has_no_fields_and_a_set_that_does_not_fit_is_refused() {
    let was = recorded(DEPLOYMENT);
    assert_eq!(applied_by(&was, "nobody", "apps/v1"), Ok(json!({})));
    assert!(applied_by(&was, "kmg", "apps/v2").is_err(), "fields of another version");
    let of = |object: Value, set: Value| {
        let mut object = object;
        object["metadata"] = json!({"managedFields": [{"manager": "kmg", "operation": "Apply", "apiVersion": "v1", "fieldsV1": set}]});
        applied_by(&object, "kmg", "v1")
    };
    assert_eq!(of(json!({"l": ["a", "b"]}), json!({"f:l": {"v:\"b\"": {}}})), Ok(json!({"l": ["b"]})));
    assert_eq!(of(json!({"m": {"x": 1}}), json!({"f:m": {".": {}}})), Ok(json!({"m": {}})));
    assert_eq!(of(json!({"l": [1]}), json!({"f:l": {".": {}}})), Ok(json!({"l": []})));
    for (object, set) in [
        (json!({"l": ["a"]}), json!({"f:l": {"i:0": {}}})),
        (json!({"l": ["a"]}), json!({"f:l": {"v:\"b\"": {}}})),
        (json!({"l": [{"name": "a"}]}), json!({"f:l": {"k:{\"name\":\"b\"}": {}}})),
        (json!({"l": [{"name": "a"}]}), json!({"f:l": {"k:no": {}}})),
        (json!({"m": {"x": 1}}), json!({"f:m": {"k:{\"x\":1}": {}}})),
        (json!({"m": 1}), json!({"f:m": {"f:x": {}}})),
        (json!({}), json!({"f:m": {"f:x": {}}})),
        (json!({"é": 1}), json!({"é": {}})),
        (json!({"l": ["a"]}), json!({"f:l": {"é": {}}})),
    ] {
        assert!(of(object.clone(), set.clone()).is_err(), "{object} {set}");
    }
}

/// A map that is owned as a whole is one thing; where another manager owns parts of it, only the map itself is ours.
#[test]
fn what_others_own_below_a_place_of_ours_stays_theirs() {
    let entry = |manager: &str, set: Value| json!({"manager": manager, "operation": "Apply", "apiVersion": "v1", "fieldsV1": set});
    let shared = json!({"m": {"x": 1}, "metadata": {"managedFields": [entry("kmg", json!({"f:m": {}})), entry("other", json!({"f:m": {"f:x": {}}}))]}});
    assert_eq!(applied_by(&shared, "kmg", "v1"), Ok(json!({"m": {}})));
    let alone = json!({"m": {"x": 1}, "metadata": {"managedFields": [entry("kmg", json!({"f:m": {}}))]}});
    assert_eq!(applied_by(&alone, "kmg", "v1"), Ok(json!({"m": {"x": 1}})));
}

#[test]
fn values_that_no_reviewer_sees_are_not_sent_back_unless_the_plan_itself_had_them() {
    let was = recorded(DEPLOYMENT);
    let mut other = recorded(APPLIED);
    other["spec"]["template"]["spec"]["containers"][1]["args"] = json!(["--loud"]);
    let refusal = undo(&plan(apply(other), Action::Apply), 0, &was, None).unwrap_err();
    assert_eq!(refusal.code, Code::PreImageHidden);
    assert_eq!(quoted(&refusal), "Deployment/two spec.template.spec.containers[name=side].args[0]");

    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": "demo", "annotations": {"note": "s3cret-n"}},
        "data": {"a.json": "s3cret-a", "b": "s3cret-b"}, "binaryData": {"c": "czNjcmV0"}});
    let target = Target { kind: Kind::ConfigMap, name: "web".parse().unwrap() };
    let ask = Ask::DeleteManifest { namespace: "demo".parse().unwrap(), objects: vec![target] };
    let refusal = undo(&plan(ask, Action::Delete), 0, &config, None).unwrap_err();
    for key in ["data[\"a.json\"]", "data.b", "binaryData.c", "metadata.annotations.note"] {
        assert!(quoted(&refusal).contains(key), "{key}: {refusal:?}");
    }
    assert!(!format!("{refusal:?}").contains("s3cret") && !format!("{refusal:?}").contains("czNj"));
}

#[test]
fn a_deleted_object_comes_back_without_what_the_api_server_sets() {
    let was = json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "web", "namespace": "demo", "uid": "u", "resourceVersion": "7", "creationTimestamp": "t", "managedFields": [],
            "ownerReferences": [{"kind": "X"}], "labels": {"a": "b"},
            "annotations": {"kmg.dev/plan": "p", "kubectl.kubernetes.io/last-applied-configuration": "{}"}},
        "spec": {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ports": [{"port": 80, "nodePort": 30001}], "selector": {"app": "web"}},
        "status": {"loadBalancer": {}}});
    let target = Target { kind: Kind::Service, name: "web".parse().unwrap() };
    let ask = Ask::DeleteManifest { namespace: "demo".parse().unwrap(), objects: vec![target.clone()] };
    let undone = undo(&plan(ask.clone(), Action::Delete), 0, &was, None).unwrap();
    let Restore::Object { manifest, without } = &undone.restore else { panic!("{undone:?}") };
    let spec = json!({"ports": [{"port": 80}], "selector": {"app": "web"}});
    let metadata = json!({"name": "web", "namespace": "demo", "labels": {"a": "b"}});
    assert_eq!(manifest.value(), &json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}));
    assert_eq!(without.len(), 5, "{without:?}");
    // A headless Service stays one.
    let mut headless = was.clone();
    headless["spec"]["clusterIP"] = "None".into();
    headless["spec"]["clusterIPs"] = json!(["None"]);
    let undone = undo(&plan(ask, Action::Delete), 0, &headless, None).unwrap();
    assert_eq!(undone.restore.manifest().unwrap().value()["spec"]["clusterIPs"], json!(["None"]));
    // It is created, never applied over what is there again.
    let change = meant(undone.clone(), None).unwrap();
    assert_eq!((change.action, change.object.uid.as_str()), (Action::Create, ""));
    let there = json!({"metadata": {"name": "web", "namespace": "demo", "uid": "u-9"}});
    assert_eq!(meant(undone, Some(&there)).unwrap_err().code, Code::NotReversible);
}

#[test]
fn a_creation_goes_back_by_the_deletion_of_that_very_object() {
    let ask = apply(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}));
    let body = plan(ask, Action::Create);
    assert_eq!(undo(&body, 0, &Value::Null, None).unwrap_err().code, Code::NotReversible, "which object is not known");
    let undone = undo(&body, 0, &Value::Null, Some("u-1")).unwrap();
    assert_eq!(meant(undone.clone(), Some(&deployment())).unwrap().action, Action::Delete);
    let mut another = deployment();
    another["metadata"]["uid"] = "u-2".into();
    assert_eq!(meant(undone.clone(), Some(&another)).unwrap_err().code, Code::NotReversible);
    assert_eq!(meant(undone, None).unwrap_err().code, Code::NotFound);
}

#[test]
fn a_patch_goes_back_by_a_patch_and_a_restart_does_not() {
    let named = || ("demo".parse().unwrap(), "web".parse().unwrap());
    let (namespace, name) = named();
    let scale = plan(Ask::ScaleDeployment { namespace, name, replicas: 7 }, Action::Patch);
    let undone = undo(&scale, 0, &deployment(), None).unwrap();
    assert_eq!((undone.uid.as_deref(), undone.restore), (Some("u-1"), Restore::Replicas { replicas: 2 }));
    let undone = undo(&body(), 0, &deployment(), None).unwrap();
    let image = "registry.test/web:does-not-exist".parse().unwrap();
    assert_eq!(undone.restore, Restore::Image { container: "web".parse().unwrap(), image });
    assert_eq!(undone.left, body().steps[0].predicted);
    let (namespace, name) = named();
    let restart = plan(Ask::RestartDeployment { namespace, name }, Action::Patch);
    assert_eq!(undo(&restart, 0, &deployment(), None).unwrap_err().code, Code::NotReversible);
    assert_eq!(undo(&restart, 1, &deployment(), None).unwrap_err().code, Code::NotReversible);
}

#[test]
fn an_ask_that_goes_back_says_so_and_is_read_as_it_was_written() {
    let undone = undo(&body(), 0, &deployment(), None).unwrap();
    let operations = vec![Operation::Remove { path: "/spec/template/x".into() }];
    let ask = back(undone);
    let words =
        "Undo plan_019bc0a8d80070707070707070707070 in demo: set container web of Deployment web back to registry.test/web:does-not-exist";
    assert!(
        ask.summary().starts_with("Undo plan_") && ask.summary().ends_with(&words[words.find(" in demo").unwrap()..]),
        "{}",
        ask.summary()
    );
    let revision = Ask::Rollback {
        namespace: "demo".parse().unwrap(),
        origin: Origin::Revision { number: 3 },
        changes: vec![Undo::of_template("web".parse().unwrap(), "u-1".into(), operations)],
    };
    assert_eq!(revision.summary(), "Set the Pod template of Deployment demo/web back to revision 3");
    for ask in [ask, revision] {
        let text = serde_json::to_string(&ask).unwrap();
        assert_eq!(serde_json::from_str::<Ask>(&text).unwrap(), ask, "{text}");
    }
}

fn with_template(template: Value) -> Value {
    let mut object = deployment();
    object["spec"]["template"] = template;
    object
}

fn template(containers: &Value) -> Value {
    json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}})
}

/// Whatever the two templates are: the operations lead from the one to the other, or the refusal names what is hidden.
#[test]
fn the_operations_lead_from_one_template_to_the_other() {
    let c = |name: &str, image: &str| json!({"name": name, "image": image});
    let mut ports = c("a", "x:1");
    ports["ports"] = json!([{"containerPort": 80}, {"containerPort": 81}]);
    let mut more = ports.clone();
    more["ports"] = json!([{"containerPort": 80}]);
    let mut labelled = template(&json!([c("a", "x:1")]));
    labelled["metadata"]["labels"]["a/b~c"] = "d".into();
    labelled["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/restartedAt": "2027-01-15T08:00:00Z"});
    let all = [
        template(&json!([c("a", "x:1")])),
        template(&json!([c("a", "x:2")])),
        template(&json!([c("a", "x:1"), c("b", "y:1")])),
        template(&json!([c("b", "y:1"), c("a", "x:1")])),
        template(&json!([c("b", "y:2"), c("c", "z:1"), c("a", "x:3")])),
        template(&json!([c("c", "z:1")])),
        template(&json!([ports])),
        template(&json!([more])),
        labelled,
    ];
    for before in &all {
        for after in &all {
            let live = with_template(before.clone());
            let mut hashed = after.clone();
            hashed["metadata"]["labels"]["pod-template-hash"] = "abc".into();
            let found = back_to_template(&web(), &live, &hashed);
            if before == after {
                assert_eq!(found.unwrap_err().code, Code::NoChange);
                continue;
            }
            let operations = found.unwrap();
            assert_eq!(edited(&live, &operations).unwrap()["spec"]["template"], *after, "{operations:?}");
            let undone = Undo::of_template("web".parse().unwrap(), "u-1".into(), operations);
            let change = meant(undone, Some(&live)).unwrap();
            assert_eq!((change.action, change.exclusions), (Action::Patch, vec![]));
        }
    }
}

#[test]
fn a_template_goes_back_only_by_values_that_are_seen() {
    let env = |image: &str, value: &str| {
        template(&json!([{"name": "a", "image": image, "env": [{"name": "T", "value": value}, {"name": "U", "value": "s3cret-u"}]}]))
    };
    // What stays may be anything.
    let operations = back_to_template(&web(), &with_template(env("x:2", "s3cret")), &env("x:1", "s3cret")).unwrap();
    assert!(!json!(operations).to_string().contains("s3cret"), "{operations:?}");
    let refusal = back_to_template(&web(), &with_template(env("x:2", "s3cret-new")), &env("x:1", "s3cret-old")).unwrap_err();
    assert_eq!(
        (refusal.code, quoted(&refusal)),
        (Code::PreImageHidden, "Deployment/web spec.template.spec.containers[name=a].env[name=T].value")
    );
    // What goes is not sent, so it goes untested.
    let operations =
        back_to_template(&web(), &with_template(env("x:1", "s3cret")), &template(&json!([{"name": "a", "image": "x:1"}]))).unwrap();
    let text = json!(operations).to_string();
    assert!(text.contains("remove") && !text.contains("s3cret"), "{text}");
}

#[test]
fn operations_that_do_not_fit_or_leave_the_template_change_nothing() {
    let live = with_template(template(&json!([{"name": "a", "image": "x:1"}])));
    let refused = |operations: Vec<Operation>| {
        let undone = Undo::of_template("web".parse().unwrap(), "u-1".into(), operations);
        meant(undone, Some(&live)).unwrap_err().code
    };
    let at = |path: &str| path.to_owned();
    for operation in [
        Operation::Replace { path: at("/spec/replicas"), value: json!(0) },
        Operation::Replace { path: at("/spec/template"), value: json!({}) },
        Operation::Remove { path: at("/spec/template/spec/containers/1") },
        Operation::Remove { path: at("/spec/template/spec/none") },
        Operation::Add { path: at("/spec/template/spec/containers/2"), value: json!({}) },
        Operation::Add { path: at("/spec/template/spec/containers/-"), value: json!({}) },
        Operation::Replace { path: at("/spec/template/spec/containers/0/none"), value: json!(1) },
        Operation::Test { path: at("/spec/template/spec/containers/0/image"), value: json!("x:2") },
        Operation::Test { path: at(""), value: json!("x:2") },
    ] {
        assert_eq!(refused(vec![operation.clone()]), Code::ClusterConflict, "{operation:?}");
    }
    let mut paused = live.clone();
    paused["spec"]["paused"] = true.into();
    let fits = Operation::Test { path: at("/spec/template/spec/containers/0/image"), value: json!("x:1") };
    let undone = Undo::of_template("web".parse().unwrap(), "u-1".into(), vec![fits]);
    assert_eq!(meant(undone, Some(&paused)).unwrap_err().code, Code::NotReversible);
}
