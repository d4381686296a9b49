use serde_json::json;

use super::*;

fn demo() -> Namespace {
    "demo".parse().unwrap()
}

fn config_map() -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "1"}})
}

/// The code under which `change` of a good manifest is refused.
fn code(change: impl Fn(&mut Value)) -> Code {
    let mut value = config_map();
    change(&mut value);
    Manifest::read(value, &demo()).unwrap_err().code
}

#[test]
fn three_kinds_are_taken_and_know_their_paths() {
    for (api_version, kind, path) in [
        ("apps/v1", "Deployment", "/apis/apps/v1/namespaces/demo/deployments/web.v2"),
        ("v1", "ConfigMap", "/api/v1/namespaces/demo/configmaps/web.v2"),
        ("v1", "Service", "/api/v1/namespaces/demo/services/web"),
    ] {
        let name = if kind == "Service" { "web" } else { "web.v2" };
        let value = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
        let manifest = Manifest::read(value, &demo()).unwrap();
        assert_eq!((manifest.api_version(), manifest.kind().as_str(), manifest.path().as_str()), (api_version, kind, path));
        assert_eq!((manifest.namespace().as_str(), manifest.name().as_str()), ("demo", name));
        assert_eq!(manifest.value()["metadata"]["namespace"], "demo", "the namespace is written in");
    }
}

#[test]
fn other_kinds_are_refused() {
    for (api_version, kind) in [
        ("v1", "Secret"),
        ("v1", "Pod"),
        ("v1", "Deployment"),
        ("extensions/v1beta1", "Deployment"),
        ("apps/v1", "deployment"),
        ("apps/v1", "StatefulSet"),
        ("v1", "List"),
        ("v1", "ConfigMapList"),
        ("v1 ", "ConfigMap"),
        ("", ""),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ] {
        let refused = |value: &mut Value| {
            value["apiVersion"] = api_version.into();
            value["kind"] = kind.into();
        };
        assert_eq!(code(refused), Code::KindNotAllowed, "{api_version} {kind}");
    }
}

#[test]
fn a_manifest_has_a_shape() {
    assert_eq!(Manifest::read(json!([]), &demo()).unwrap_err().code, Code::InvalidManifest);
    assert_eq!(code(|value| value["kind"] = json!(1)), Code::InvalidManifest);
    assert_eq!(code(|value| value["metadata"] = json!("x")), Code::InvalidManifest);
    assert_eq!(code(|value| value["metadata"] = json!({})), Code::InvalidManifest);
    assert_eq!(code(|value| value["metadata"] = json!({"generateName": "x-"})), Code::InvalidManifest);
    assert_eq!(code(|value| value["metadata"]["name"] = json!(1)), Code::InvalidManifest);
    assert_eq!(code(|value| value["metadata"]["name"] = json!("../kube-system")), Code::InvalidName);
    assert_eq!(code(|value| value["metadata"]["name"] = json!("a%2fb")), Code::InvalidName);
    assert_eq!(code(|value| value["metadata"]["labels"] = json!({"a": 1})), Code::InvalidManifest);
    assert_eq!(code(|value| value["metadata"]["annotations"] = json!([])), Code::InvalidManifest);
    assert_eq!(code(|value| value["data"]["a"] = json!(1.5)), Code::InexactNumber);
    assert_eq!(code(|value| value["data"]["a"] = json!("x".repeat(MAX_STRING + 1))), Code::TooLarge);
    assert_eq!(code(|value| value["data"] = json!(vec!["x".repeat(MAX_STRING); 4])), Code::TooLarge);
}

#[test]
fn a_service_is_named_by_a_label_that_begins_with_a_letter() {
    for name in ["1web", "web.v2", "Web", ""] {
        let value = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}});
        assert_eq!(Manifest::read(value, &demo()).unwrap_err().code, Code::InvalidName, "{name}");
    }
}

#[test]
fn members_of_the_cluster_and_of_the_guard_are_refused() {
    assert_eq!(code(|value| value["status"] = json!({})), Code::ManifestMember);
    for name in NOT_THEIRS {
        assert_eq!(code(|value| value["metadata"][name] = Value::Null), Code::ManifestMember, "{name}");
    }
    for (kind, key) in [("annotations", "kmg.dev/plan"), ("labels", "kmg.dev/protected"), ("annotations", LAST_APPLIED)] {
        assert_eq!(code(|value| value["metadata"][kind] = json!({key: "x"})), Code::ManifestMember, "{key}");
        let template = |value: &mut Value| value["spec"] = json!({"template": {"metadata": {kind: {key: "x"}}}});
        assert_eq!(code(template), Code::ManifestMember, "{key} in the template");
    }
}

#[test]
fn the_namespace_is_the_call_s() {
    for (namespace, expected) in [
        (json!("demo"), None),
        (json!("kube-system"), Some(Code::NamespaceMismatch)),
        (json!(""), Some(Code::NamespaceMismatch)),
        (json!(null), Some(Code::InvalidManifest)),
    ] {
        let mut value = config_map();
        value["metadata"]["namespace"] = namespace;
        assert_eq!(Manifest::read(value, &demo()).err().map(|refusal| refusal.code), expected);
    }
}

#[test]
fn a_stored_manifest_is_checked_again() {
    let manifest = Manifest::read(config_map(), &demo()).unwrap();
    let stored = serde_json::to_value(&manifest).unwrap();
    assert_eq!(&stored, manifest.value());
    assert_eq!(serde_json::from_value::<Manifest>(stored.clone()).unwrap(), manifest);
    for (pointer, value) in [("/kind", json!("Secret")), ("/metadata/namespace", json!("../x")), ("/metadata/name", json!("A"))] {
        let mut edited = stored.clone();
        *edited.pointer_mut(pointer).unwrap() = value;
        assert!(serde_json::from_value::<Manifest>(edited).is_err(), "{pointer}");
    }
    assert!(serde_json::from_value::<Manifest>(config_map()).is_err(), "a stored one names its namespace");
}

#[test]
fn a_plan_takes_one_to_twenty_objects_and_none_twice() {
    let refused = |values| read_all(values, &demo()).unwrap_err();
    let named = |index: usize| {
        let mut value = config_map();
        value["metadata"]["name"] = format!("settings-{index}").into();
        value
    };
    assert_eq!(refused(vec![]).code, Code::InvalidManifest);
    assert_eq!(refused((0..=MAX_OBJECTS).map(named).collect()).code, Code::TooLarge);
    assert_eq!(read_all((0..MAX_OBJECTS).map(named).collect(), &demo()).unwrap().len(), MAX_OBJECTS);
    let twice = refused(vec![named(1), named(2), named(1)]);
    assert_eq!((twice.code, &twice.public[..9]), (Code::DuplicateObject, "Object 3:"));
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "settings-1"}});
    assert_eq!(read_all(vec![named(1), service], &demo()).unwrap().len(), 2, "another kind is another object");
}
