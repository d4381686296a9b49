//! I5: the bytes that are reviewed, stored, dry-run and sent are the same bytes, whatever is asked of whatever object.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::fixtures::body;
use super::{Ask, Change, Kind, MAX_REPLICAS, PlanBody, PlanId, ResourceVersion, StoredBody, Target, step_change};
use crate::clock::Millis;

const LABEL: &str = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const SUBDOMAIN: &str = "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?){0,3}";
const IMAGE: &str = "([a-z0-9]{1,9}\\.[a-z]{2,5}(:[0-9]{1,5})?/)?[a-z0-9]{1,9}([._-][a-z0-9]{1,9}){0,2}(/[a-z0-9]{1,9}){0,2}\
                     (:[A-Za-z0-9_][A-Za-z0-9_.-]{0,20})?(@sha256:[0-9a-f]{64})?";
/// What an object may hold that nobody of us chose: quotes, backslashes, braces, percent signs, any letter.
const HOSTILE: &str = "(\\PC|[\"\\\\{}\\[\\]%$,:]){0,30}";

/// An ask, the Deployment it is about, and the versions that are seen for it.
#[derive(Clone, Debug)]
struct Case {
    ask: Ask,
    live: Value,
    plan: PlanId,
    versions: [ResourceVersion; 2],
}

fn version() -> impl Strategy<Value = ResourceVersion> {
    "[0-9]{1,20}".prop_map(|text| text.parse().unwrap())
}

prop_compose! {
    /// Containers before the one that is meant, and what stands around it.
    fn surroundings()(
        uid in "[\"\\\\a-z0-9{}-]{1,36}",
        others in prop::collection::vec(LABEL, 0..3),
        annotations in prop::option::of(prop::collection::btree_map(HOSTILE, HOSTILE, 0..3)),
        old in HOSTILE,
        now in 0..=MAX_REPLICAS,
    ) -> (String, Vec<String>, Option<Value>, String, u32) {
        (uid, others, annotations.map(|map| json!(map)), old, now)
    }
}

prop_compose! {
    fn case()(
        (namespace, name, container, image) in (LABEL, SUBDOMAIN, LABEL, IMAGE),
        scale in prop::option::of(0..=MAX_REPLICAS),
        (uid, others, annotations, old, now) in surroundings(),
        random in any::<[u8; 10]>(),
        versions in [version(), version()],
    ) -> Case {
        let (namespace, name) = (namespace.parse().unwrap(), name.parse().unwrap());
        let mut containers: Vec<Value> = others.iter().map(|name| json!({"name": name, "image": old})).collect();
        containers.push(json!({"name": container, "image": old}));
        let mut live = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": namespace, "uid": uid, "resourceVersion": versions[0]},
            "spec": {"replicas": now, "template": {"spec": {"containers": containers}}}
        });
        if let Some(annotations) = annotations {
            live["metadata"]["annotations"] = annotations;
        }
        let ask = if let Some(replicas) = scale {
            Ask::ScaleDeployment { namespace, name, replicas }
        } else {
            let (container, image) = (container.parse().unwrap(), image.parse().unwrap());
            Ask::SetDeploymentImage { namespace, name, container, image }
        };
        Case { ask, live, plan: PlanId::new(Millis(1_800_000_000_000), random), versions }
    }
}

fn target(case: &Case) -> Target {
    case.ask.targets().remove(0)
}

/// What the ask means; none where the object is already so.
fn meant(case: &Case) -> Option<Change> {
    match step_change(&case.ask, &target(case), &case.plan, Some(&case.live)) {
        Ok(change) => Some(change),
        Err(refusal) => {
            assert_eq!(refusal.code, crate::problem::Code::NoChange, "{case:?}");
            None
        }
    }
}

/// A plan whose only step sends what `change` says.
fn plan_of(case: &Case, change: &Change) -> PlanBody {
    let mut plan = body();
    plan.plan_id = case.plan.clone();
    plan.ask = case.ask.clone();
    plan.steps[0].object = change.object.clone();
    plan.steps[0].template = change.template.clone();
    plan
}

proptest! {
    #[test]
    fn what_is_sent_is_the_stored_halves_around_the_version(case in case()) {
        let Some(change) = meant(&case) else { return Ok(()) };
        let [before, after] = change.template.body.as_slice() else { panic!("no slot: {change:?}") };
        for version in &case.versions {
            let rendered = change.template.render(version);
            let sent = rendered.body(false);
            let rest = sent.strip_prefix(before.as_bytes()).and_then(|rest| rest.strip_suffix(after.as_bytes()));
            prop_assert_eq!(rest, Some(version.as_str().as_bytes()), "without the slot, the stored halves and nothing else");
            // Whatever the object holds, the version fills exactly one string, and the tests come before the changes.
            let operations: Vec<Value> = serde_json::from_slice(&rendered.body(false)).unwrap();
            prop_assert_eq!(&operations[0], &json!({"op": "test", "path": "/metadata/uid", "value": change.object.uid}));
            prop_assert_eq!(&operations[1], &json!({"op": "test", "path": "/metadata/resourceVersion", "value": version}));
            prop_assert!(operations[2..].iter().all(|operation| operation["path"] != "/metadata/resourceVersion"));
            let last = operations.last().unwrap();
            let named = last["value"] == json!(case.plan) || last["value"] == json!({super::PLAN_ANNOTATION: case.plan});
            prop_assert!(named, "the object is told which plan wrote it: {}", last);
        }
    }

    #[test]
    fn the_dry_run_differs_from_the_write_in_its_flag_only(case in case()) {
        let Some(change) = meant(&case) else { return Ok(()) };
        let (dry, real) = (change.template.render(&case.versions[0]), change.template.render(&case.versions[0]));
        prop_assert_eq!(&dry, &real, "one version, one request");
        prop_assert_eq!(dry.target(true), real.target(false) + "&dryRun=All");
        prop_assert!(!real.target(false).contains("dryRun"), "no name can smuggle the flag in: {}", real.target(false));
        prop_assert_eq!(real.target(false).matches('?').count(), 1);
        let object = Kind::Deployment.path(case.ask.namespace(), &target(&case).name);
        prop_assert_eq!(&real.path, &object);
    }

    #[test]
    fn deriving_again_gives_the_same_request_whatever_the_version(case in case()) {
        let Some(change) = meant(&case) else { return Ok(()) };
        prop_assert_eq!(&step_change(&case.ask, &target(&case), &case.plan, Some(&case.live)).unwrap(), &change);
        let mut moved = case.live.clone();
        moved["metadata"]["resourceVersion"] = json!(case.versions[1]);
        moved["status"] = json!({"replicas": 3});
        prop_assert_eq!(&step_change(&case.ask, &target(&case), &case.plan, Some(&moved)).unwrap(), &change);
        // And another object of the same name is another request.
        moved["metadata"]["uid"] = json!(format!("{}x", change.object.uid));
        prop_assert_ne!(step_change(&case.ask, &target(&case), &case.plan, Some(&moved)).unwrap().template, change.template);
    }

    #[test]
    fn a_sealed_plan_opens_to_the_same_request(case in case()) {
        let Some(change) = meant(&case) else { return Ok(()) };
        let sealed = StoredBody::seal(plan_of(&case, &change)).unwrap();
        let opened = StoredBody::open(sealed.bytes().to_vec()).unwrap();
        prop_assert_eq!(&opened, &sealed);
        prop_assert_eq!(opened.digest(), sealed.digest());
        let template = &opened.body().steps[0].template;
        prop_assert_eq!(template, &change.template);
        prop_assert_eq!(template.render(&case.versions[1]), change.template.render(&case.versions[1]));
        let again = step_change(&opened.body().ask, &target(&case), &opened.body().plan_id, Some(&case.live)).unwrap();
        prop_assert_eq!(&again.template, template, "what the executor derives is what was approved");
    }
}
