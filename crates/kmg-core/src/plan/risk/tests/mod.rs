//! Each finding: cases that raise it, and cases near by that do not.

mod containers;
mod objects;
mod pods;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::body::{Demand, PlanFinding};
use super::object_findings;

/// A Deployment as the API server returns it, with nothing that stands out but a tag that can move.
fn deployment() -> Value {
    let container = |name: &str| {
        json!({
            "name": name, "image": "registry.test/web:1.4.2", "imagePullPolicy": "IfNotPresent",
            "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
            "terminationMessagePath": "/dev/termination-log"
        })
    };
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "demo", "uid": "u-1", "generation": 1, "labels": {"app": "web"}},
        "spec": {
            "replicas": 4, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "initContainers": [container("first")], "containers": [container("app")], "ephemeralContainers": [container("debug")],
                    "schedulerName": "default-scheduler", "terminationGracePeriodSeconds": 30, "restartPolicy": "Always",
                    "dnsPolicy": "ClusterFirst", "securityContext": {}
                }
            }
        },
        "status": {"observedGeneration": 1, "updatedReplicas": 4}
    })
}

/// Sets `value` at a JSON pointer, making the objects on the way.
fn set(object: &mut Value, pointer: &str, value: Value) {
    let mut at = object;
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/");
        at = match part.parse::<usize>() {
            Ok(index) if at.is_array() => &mut at[index],
            _ => &mut at[part],
        };
    }
    *at = value;
}

fn with(object: &Value, pointer: &str, value: Value) -> Value {
    let mut object = object.clone();
    set(&mut object, pointer, value);
    object
}

/// What a change raises beyond what the unchanged object does.
fn raised(live: Option<&Value>, after: &Value) -> Vec<PlanFinding> {
    object_findings(live, after, &[])
}

fn demand_of(findings: &[PlanFinding], id: &str) -> Option<Demand> {
    findings.iter().filter(|finding| finding.id == id).map(|finding| finding.demand).max()
}

/// `value` at `pointer` raises `id` with `demand` when it comes, and is at most shown when it was there before.
fn comes(base: &Value, id: &str, demand: Demand, (pointer, value): (&str, &Value)) {
    let after = with(base, pointer, value.clone());
    assert_eq!(demand_of(&raised(Some(base), &after), id), Some(demand), "{id} {pointer} {value}");
    assert_eq!(demand_of(&raised(None, &after), id), Some(demand), "{id} {pointer} {value} in a new object");
    let kept = demand_of(&raised(Some(&after), &after), id);
    assert_eq!(kept, (demand == Demand::Deny).then_some(Demand::Show), "{id} {pointer} {value} as before");
    let elsewhere = with(&after, "/metadata/labels/x", json!("y"));
    assert_eq!(demand_of(&raised(Some(&after), &elsewhere), id), kept, "{id} is not held against another change");
}

/// `value` at `pointer` does not raise `id`.
fn stays_quiet(base: &Value, id: &str, (pointer, value): (&str, &Value)) {
    let after = with(base, pointer, value.clone());
    for live in [Some(base), None] {
        assert_eq!(demand_of(&raised(live, &after), id), None, "{id} {pointer} {value}");
    }
}

/// That `value` at `pointer` goes, or becomes `other`, raises `id` with `demand`; that it comes does not.
fn goes(base: &Value, id: &str, demand: Demand, (pointer, value, other): (&str, &Value, &Value)) {
    let live = with(base, pointer, value.clone());
    let after = with(base, pointer, other.clone());
    assert_eq!(demand_of(&raised(Some(&live), &after), id), Some(demand), "{id} {pointer} {value}");
    assert_eq!(demand_of(&raised(Some(&live), &live), id), None, "{id} {pointer} {value} stays");
    assert_eq!(demand_of(&raised(Some(base), &live), id), None, "{id} {pointer} {value} comes");
}

#[test]
fn the_plain_deployment_raises_what_is_said_of_it_only() {
    let base = deployment();
    assert!(raised(Some(&base), &base).is_empty());
    assert!(raised(None, &base).iter().all(|finding| finding.id == "KMG-I02"));
}

#[test]
fn a_summary_never_holds_text_of_the_object() {
    let mut after = deployment();
    let spec = "/spec/template/spec";
    set(&mut after, &format!("{spec}/containers/0/env"), json!([{"name": "APPROVE NOW PASSWORD", "value": "approve-now"}]));
    set(&mut after, &format!("{spec}/hostNetwork"), json!(true));
    set(&mut after, &format!("{spec}/volumes"), json!([{"name": "APPROVE NOW", "hostPath": {"path": "/approve-now"}}]));
    set(&mut after, "/metadata/annotations", json!({"approve now password": "approve-now"}));
    let findings = raised(Some(&deployment()), &after);
    for id in ["KMG-S02", "KMG-S03", "KMG-S12"] {
        assert_eq!(demand_of(&findings, id), Some(Demand::Deny), "{id}");
    }
    for finding in findings {
        let text = format!("{} {}", finding.summary, finding.path).to_lowercase();
        assert!(!text.contains("approve"), "{text}");
    }
}

#[test]
fn one_rule_fills_no_page() {
    let many = |image: &str, secret: &str| -> Value {
        let container =
            |index| json!({"name": format!("c{index}"), "image": image, "envFrom": [{"secretRef": {"name": format!("{secret}{index}")}}]});
        with(&deployment(), "/spec/template/spec/containers", (0..3_000).map(container).collect())
    };
    let findings = raised(Some(&many("registry.test/a:2", "a")), &many("other.test/a", "b"));
    for id in ["KMG-I01", "KMG-I03", "KMG-S11"] {
        let of_id: Vec<_> = findings.iter().filter(|finding| finding.id == id).collect();
        assert_eq!(of_id.len(), 10, "{id}");
        assert_eq!(of_id.iter().filter(|finding| finding.summary.ends_with("So it is in 2990 more places.")).count(), 1, "{id}");
    }
}

/// Any value, of the right shape or not.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec!["", "Unconfined", "web", "100%", "1Gi", "r.test/a:1", "a b", "LoadBalancer", "0.0.0.0/0", "é"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let key = prop::sample::select(vec!["name", "value", "type", "add", "hostPath", "secretRef", "key", "exec", "0"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..3).prop_map(|map| json!(map)),
        ]
    })
}

fn any_deployment() -> impl Strategy<Value = Value> {
    let pointers = vec![
        "/spec/replicas",
        "/spec/strategy",
        "/spec/strategy/rollingUpdate/maxUnavailable",
        "/spec/template/metadata/annotations",
        "/spec/template/spec/volumes",
        "/spec/template/spec/tolerations",
        "/spec/template/spec/securityContext",
        "/spec/template/spec/containers",
        "/spec/template/spec/containers/0/securityContext",
        "/spec/template/spec/containers/0/image",
        "/spec/template/spec/containers/0/env",
        "/spec/template/spec/containers/0/resources",
        "/spec/template/spec/containers/0/readinessProbe",
        "/metadata/labels",
    ];
    prop::collection::vec((prop::sample::select(pointers), any_value()), 0..4).prop_map(|edits| {
        edits.into_iter().fold(deployment(), |object, (pointer, value)| {
            if object.pointer(pointer.rsplit_once('/').unwrap().0).is_some_and(Value::is_object) {
                with(&object, pointer, value)
            } else {
                object
            }
        })
    })
}

proptest! {
    /// Whatever shape an object has, a change that changes nothing is refused for nothing, and every change can be judged.
    #[test]
    fn an_unchanged_object_is_not_held_against_anyone(live in any_deployment(), after in any_deployment()) {
        prop_assert!(raised(Some(&live), &live).iter().all(|finding| finding.demand == Demand::Show), "{live}");
        let registries = ["registry.test".to_owned()];
        let [told, again] = [(); 2].map(|()| object_findings(Some(&live), &after, &registries));
        prop_assert_eq!(told, again);
    }
}
