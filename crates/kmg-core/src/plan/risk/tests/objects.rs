//! What is said of Deployments, Services, `ConfigMaps` and of any object.

use serde_json::{Value, json};

use super::super::super::body::Demand::{self, Deny, Show, TwoApprovers, TypedName};
use super::super::delete_findings;
use super::{comes, demand_of, deployment, raised, stays_quiet, with};

fn service() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "demo"},
        "spec": {
            "type": "ClusterIP", "clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "internalTrafficPolicy": "Cluster",
            "sessionAffinity": "None", "selector": {"app": "web"}, "ports": [{"port": 80, "protocol": "TCP", "targetPort": 8080}]
        }
    })
}

fn config_map() -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "demo"}, "data": {"a": "1"}})
}

fn demand(live: &Value, pointer: &str, value: Value, id: &str) -> Option<Demand> {
    demand_of(&raised(Some(live), &with(live, pointer, value)), id)
}

#[test]
fn replicas() {
    let base = deployment();
    for (to, id, expected) in [
        (0, "KMG-A01", Some(TypedName)),
        (1, "KMG-A01", None),
        (1, "KMG-A02", Some(Show)),
        (2, "KMG-A02", None),
        (0, "KMG-A02", None),
        (13, "KMG-A04", Some(Show)),
        (12, "KMG-A04", None),
        (1_001, "KMG-A04", Some(Deny)),
    ] {
        assert_eq!(demand(&base, "/spec/replicas", json!(to), id), expected, "{id} {to}");
    }
    let beyond = with(&base, "/spec/replicas", json!(2_000));
    assert_eq!(demand(&beyond, "/spec/replicas", json!(1_500), "KMG-A04"), None, "fewer is not asking for more");
    let none = with(&base, "/spec/replicas", json!(0));
    assert_eq!(demand_of(&raised(None, &none), "KMG-A01"), None, "nothing served before");
    assert_eq!(demand(&none, "/spec/replicas", json!(5), "KMG-A04"), None, "starting is no multiple");
}

#[test]
fn the_way_a_deployment_rolls() {
    let base = deployment();
    for (id, pointer, value) in [
        ("KMG-A07", "/spec/strategy", json!({"type": "Recreate"})),
        ("KMG-A07", "/spec/strategy/rollingUpdate/maxUnavailable", json!("100%")),
        ("KMG-A07", "/spec/strategy/rollingUpdate/maxUnavailable", json!(4)),
        ("KMG-A14", "/spec/revisionHistoryLimit", json!(0)),
        ("KMG-A14", "/spec/progressDeadlineSeconds", json!(3_601)),
    ] {
        comes(&base, id, Show, (pointer, &value));
    }
    for (id, pointer, value) in [
        ("KMG-A07", "/spec/strategy/rollingUpdate/maxUnavailable", json!("99%")),
        ("KMG-A07", "/spec/strategy/rollingUpdate/maxUnavailable", json!(3)),
        ("KMG-A14", "/spec/revisionHistoryLimit", json!(1)),
        ("KMG-A14", "/spec/progressDeadlineSeconds", json!(3_600)),
    ] {
        stays_quiet(&base, id, (pointer, &value));
    }
    assert_eq!(demand(&base, "/spec/template/spec/terminationGracePeriodSeconds", json!(5), "KMG-A15"), Some(Show));
    assert_eq!(demand(&base, "/spec/template/spec/terminationGracePeriodSeconds", json!(60), "KMG-A15"), None);
}

#[test]
fn a_rollout_under_way() {
    let base = deployment();
    for (pointer, value, expected) in [
        ("/spec/paused", json!(true), Some(Show)),
        ("/status/observedGeneration", json!(0), Some(Show)),
        ("/status/updatedReplicas", json!(3), Some(Show)),
        ("/status/conditions", json!([{"type": "Progressing", "status": "False"}]), Some(Show)),
        ("/status/conditions", json!([{"type": "Progressing", "status": "True"}]), None),
        ("/status/conditions", json!([{"type": "Available", "status": "False"}]), None),
    ] {
        let live = with(&base, pointer, value);
        assert_eq!(demand_of(&raised(Some(&live), &live), "KMG-A13"), expected, "{pointer}");
    }
}

#[test]
fn services() {
    let base = service();
    let ranges = json!({"type": "LoadBalancer", "loadBalancerSourceRanges": ["192.0.2.0/24"]});
    let open = json!({"type": "LoadBalancer", "loadBalancerSourceRanges": ["192.0.2.0/24", "0.0.0.0/0"]});
    for (id, demand, pointer, value) in [
        ("KMG-N01", TwoApprovers, "/spec/type", json!("NodePort")),
        ("KMG-N01", TwoApprovers, "/spec/type", json!("LoadBalancer")),
        ("KMG-N01", TwoApprovers, "/spec", ranges.clone()),
        ("KMG-N02", Deny, "/spec/type", json!("LoadBalancer")),
        ("KMG-N02", Deny, "/spec", open),
        ("KMG-N02", Deny, "/spec", json!({"type": "LoadBalancer", "loadBalancerSourceRanges": ["::/0"]})),
        ("KMG-N02", Deny, "/spec/externalIPs", json!(["192.0.2.1"])),
        ("KMG-N02", Deny, "/spec/externalName", json!("example.test")),
    ] {
        comes(&base, id, demand, (pointer, &value));
    }
    stays_quiet(&base, "KMG-N02", ("/spec", &ranges));
    stays_quiet(&base, "KMG-N02", ("/spec/externalIPs", &json!([])));
    stays_quiet(&base, "KMG-N01", ("/spec/ports/0/port", &json!(81)));
    for (field, value) in [
        ("externalTrafficPolicy", json!("Local")),
        ("internalTrafficPolicy", json!("Local")),
        ("sessionAffinity", json!("ClientIP")),
        ("publishNotReadyAddresses", json!(true)),
    ] {
        let pointer = format!("/spec/{field}");
        assert_eq!(demand(&base, &pointer, value.clone(), "KMG-N05"), Some(Show), "{field}");
        assert_eq!(demand_of(&raised(None, &with(&base, &pointer, value)), "KMG-N05"), None, "{field} of a new Service");
    }
    assert_eq!(demand(&base, "/spec/publishNotReadyAddresses", json!(false), "KMG-N05"), None);
}

#[test]
fn credentials_outside_of_containers() {
    for (pointer, value) in [
        ("/data", json!({"db.password": "letmein"})),
        ("/data", json!({"id_rsa": "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA"})),
        ("/data", json!({"url": "postgres://app:letmein@db/x"})),
        ("/metadata/annotations", json!({"example.test/token": "abcdefgh"})),
    ] {
        comes(&config_map(), "KMG-S12", Deny, (pointer, &value));
    }
    comes(&deployment(), "KMG-S12", Deny, ("/spec/template/metadata/annotations", &json!({"example.test/api-key": "abcdefgh"})));
    for value in [json!({"db.host": "db"}), json!({"db.password": "${DB_PASSWORD}"}), json!({"cert": "-----BEGIN CERTIFICATE-----\nMII"})] {
        stays_quiet(&config_map(), "KMG-S12", ("/data", &value));
    }
}

#[test]
fn owners() {
    let kept = |base: &Value, pointer: &str, value: Value, id: &str| {
        let live = with(base, pointer, value);
        let demands = [raised(Some(&live), &live), raised(None, &live), delete_findings(&live)].map(|all| demand_of(&all, id));
        assert!(demands.windows(2).all(|pair| pair[0] == pair[1]), "{id} {pointer}");
        demands[0]
    };
    for base in [deployment(), service(), config_map()] {
        for (pointer, value, id, expected) in [
            ("/metadata/labels", json!({"argocd.argoproj.io/instance": "x"}), "KMG-O01", Some(Show)),
            ("/metadata/annotations", json!({"argocd.argoproj.io/tracking-id": "x"}), "KMG-O01", Some(Show)),
            ("/metadata/labels", json!({"kustomize.toolkit.fluxcd.io/name": "x"}), "KMG-O01", Some(Show)),
            ("/metadata/labels", json!({"helm.toolkit.fluxcd.io/name": "x"}), "KMG-O01", Some(Show)),
            ("/metadata/labels", json!({"team": "argocd.argoproj.io/instance"}), "KMG-O01", None),
            ("/metadata/labels", json!({"app.kubernetes.io/managed-by": "Helm"}), "KMG-O02", Some(Show)),
            ("/metadata/annotations", json!({"meta.helm.sh/release-name": "x"}), "KMG-O02", Some(Show)),
            ("/metadata/labels", json!({"app.kubernetes.io/managed-by": "kustomize"}), "KMG-O02", None),
            ("/metadata/ownerReferences", json!([{"kind": "X", "controller": true}]), "KMG-O03", Some(Deny)),
            ("/metadata/ownerReferences", json!([{"kind": "X"}]), "KMG-O03", None),
            ("/metadata/namespace", json!("kube-system"), "KMG-O10", Some(Deny)),
            ("/metadata/namespace", json!("my-kube-system"), "KMG-O10", None),
            ("/metadata/labels", json!({"kmg.dev/protected": "true"}), "KMG-O10", Some(Deny)),
            ("/metadata/labels", json!({"kmg.dev/protected": "false"}), "KMG-O10", None),
            ("/metadata/deletionTimestamp", json!("2026-01-01T00:00:00Z"), "KMG-O11", Some(Deny)),
            ("/metadata/deletionTimestamp", json!(null), "KMG-O11", None),
        ] {
            assert_eq!(kept(&base, pointer, value.clone(), id), expected, "{id} {value}");
        }
        let held = with(&base, "/metadata/finalizers", json!(["example.test/x"]));
        assert_eq!(demand_of(&delete_findings(&held), "KMG-O05"), Some(TypedName));
        assert_eq!(demand_of(&delete_findings(&base), "KMG-O05"), None);
        assert_eq!(demand_of(&raised(Some(&held), &held), "KMG-O05"), None, "only a delete sets them off");
    }
}

#[test]
fn fields_that_cannot_change() {
    let mut other = deployment();
    other["spec"]["selector"] = json!({"matchLabels": {"app": "web", "tier": "x"}});
    assert_eq!(demand_of(&raised(Some(&deployment()), &other), "KMG-O07"), Some(Deny));
    assert_eq!(demand_of(&raised(None, &other), "KMG-O07"), None);
    assert_eq!(demand(&service(), "/spec/clusterIP", json!("10.0.0.2"), "KMG-O07"), Some(Deny));
    assert_eq!(demand(&service(), "/spec/selector/app", json!("x"), "KMG-O07"), None);
    let fixed = with(&config_map(), "/immutable", json!(true));
    assert_eq!(demand(&fixed, "/data/a", json!("2"), "KMG-O07"), Some(Deny));
    assert_eq!(demand(&fixed, "/immutable", json!(false), "KMG-O07"), Some(Deny));
    assert_eq!(demand(&fixed, "/metadata/labels/x", json!("y"), "KMG-O07"), None);
    assert_eq!(demand(&config_map(), "/data/a", json!("2"), "KMG-O07"), None);
}

#[test]
fn a_selector_matches_its_template() {
    let base = deployment();
    for (selector, expected) in [
        (json!({"matchLabels": {"app": "web"}}), None),
        (json!({"matchLabels": {"app": "other"}}), Some(Deny)),
        (json!({"matchLabels": {"app": "web", "tier": "x"}}), Some(Deny)),
        (json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "x"]}]}), None),
        (json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["x"]}]}), Some(Deny)),
        (json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}), Some(Deny)),
        (json!({"matchExpressions": [{"key": "app", "operator": "Exists"}, {"key": "x", "operator": "DoesNotExist"}]}), None),
        (json!({"matchExpressions": [{"key": "x", "operator": "Exists"}]}), Some(Deny)),
    ] {
        let after = with(&base, "/spec/selector", selector.clone());
        assert_eq!(demand_of(&raised(None, &after), "KMG-O08"), expected, "{selector}");
    }
}
