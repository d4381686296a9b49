//! Objects that no API server would let in: the controllers may do nothing useful with them, but they go on.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::store::{BETTER, MISSING, with_web};
use crate::control::{Memory, Snapshot, step};
use crate::options::Pace;

fn snapshot() -> Snapshot {
    let mut store = with_web(Pace::demo(), 3, "registry.example/web:1");
    store.create(
        "services",
        json!({"kind": "Service", "apiVersion": "v1", "metadata": {"name": "web", "namespace": "demo", "labels": {"a": "b"}},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "protocol": "TCP", "targetPort": "http"}]}}),
    );
    store.run_for(2_000);
    store.set_image("web", MISSING);
    store.run_for(2_000);
    store.set_image("web", BETTER);
    store.step();
    store.snapshot().clone()
}

fn junk() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!("")),
        Just(json!("%")),
        Just(json!("99999999999999%")),
        Just(json!(i64::MAX)),
        Just(json!(i64::MIN)),
        Just(json!(-1)),
        Just(json!(1.5)),
        Just(json!([])),
        Just(json!({})),
        Just(json!([null, 1, "x", {}])),
        Just(json!({"x": null})),
    ]
}

/// Replaces the `at`th value of those below `value`, counted from the top.
fn replace(value: &mut Value, at: &mut usize, junk: &Value) {
    if *at == 0 {
        *value = junk.clone();
        *at = usize::MAX;
        return;
    }
    *at = at.saturating_sub(1);
    match value {
        Value::Object(object) => object.values_mut().for_each(|value| replace(value, at, junk)),
        Value::Array(list) => list.iter_mut().for_each(|value| replace(value, at, junk)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn no_object_makes_a_controller_panic(places in prop::collection::vec((0_usize..6, 0_usize..8, 1_usize..120, junk()), 1..4)) {
        let mut snapshot = SNAPSHOT.with(Clone::clone);
        for (list, object, at, junk) in places {
            let lists = [
                &mut snapshot.deployments, &mut snapshot.replica_sets, &mut snapshot.pods, &mut snapshot.services,
                &mut snapshot.endpoint_slices, &mut snapshot.events,
            ];
            if let Some(object) = lists.into_iter().nth(list).and_then(|list| list.get_mut(object)) {
                replace(object, &mut { at }, &junk);
            }
        }
        let images = crate::options::Images { missing: Vec::new(), pace: Pace::instant() };
        let mut memory = Memory::default();
        for later in 0..3 {
            let step = step(&mut memory, &snapshot, &images, super::store::START.plus(later * 10_000));
            prop_assert!(step.writes.len() < 3_000);
        }
    }
}

thread_local! {
    static SNAPSHOT: Snapshot = snapshot();
}
