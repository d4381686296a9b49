//! Whatever is asked for in whatever order, what stands in the end is what was asked for last.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::store::{MISSING, Store, with_web};
use crate::options::Pace;

#[derive(Clone, Debug)]
enum Act {
    Image(usize),
    Replicas(usize),
    DeletePod(usize),
    Pause(bool),
    Wait(i64),
}

fn image(number: usize) -> String {
    if number == 0 { MISSING.to_owned() } else { format!("registry.example/web:{number}") }
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0_usize..4).prop_map(Act::Image),
        3 => (0_usize..7).prop_map(Act::Replicas),
        2 => (0_usize..7).prop_map(Act::DeletePod),
        1 => any::<bool>().prop_map(Act::Pause),
        3 => (0_i64..2_500).prop_map(Act::Wait),
    ]
}

fn pace() -> impl Strategy<Value = Pace> {
    prop_oneof![Just(Pace::demo()), Just(Pace::instant())]
}

fn perform(store: &mut Store, act: &Act) {
    match act {
        Act::Image(number) => store.set_image("web", &image(*number)),
        Act::Replicas(replicas) => store.set_replicas("web", *replicas),
        Act::Pause(paused) => store.change("deployments", "web", |web| web["spec"]["paused"] = (*paused).into()),
        Act::Wait(millis) => store.run_for(*millis),
        Act::DeletePod(at) => {
            let names: Vec<String> = store.list("pods").iter().map(|pod| pod["metadata"]["name"].as_str().unwrap().to_owned()).collect();
            if let Some(name) = names.get(*at) {
                store.delete_pod(name);
            }
        }
    }
    store.step();
}

fn count(pods: &[Value], holds: impl Fn(&Value) -> bool) -> usize {
    pods.iter().filter(|pod| pod["metadata"].get("deletionTimestamp").is_none() && holds(pod)).count()
}

fn is_ready(pod: &Value) -> bool {
    super::store::condition(pod, "Ready") == "True"
}

fn no_orphans(store: &Store) {
    let uids: Vec<Value> =
        ["deployments", "replicasets"].iter().flat_map(|plural| store.list(plural)).map(|o| o["metadata"]["uid"].clone()).collect();
    for object in store.list("pods").iter().chain(store.list("replicasets")) {
        assert!(uids.contains(&object["metadata"]["ownerReferences"][0]["uid"]), "an orphan: {object}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_ends_in_what_was_asked_last(
        pace in pace(), recreate in any::<bool>(), acts in prop::collection::vec(act(), 1..12), last in 1_usize..4, replicas in 0_usize..7,
    ) {
        let mut store = with_web(pace, 2, &image(1));
        if recreate {
            store.change("deployments", "web", |web| web["spec"]["strategy"] = json!({"type": "Recreate"}));
        }
        for act in &acts {
            perform(&mut store, act);
            no_orphans(&store);
        }
        for act in [Act::Pause(false), Act::Image(last), Act::Replicas(replicas)] {
            perform(&mut store, &act);
        }
        store.run_for(60_000);
        let pods = store.list("pods");
        prop_assert_eq!(pods.len(), replicas);
        prop_assert_eq!(count(pods, |pod| is_ready(pod) && pod["spec"]["containers"][0]["image"] == image(last)), replicas);
        let sizes: i64 = store.list("replicasets").iter().map(|set| set["spec"]["replicas"].as_i64().unwrap()).sum();
        prop_assert_eq!(usize::try_from(sizes).unwrap(), replicas);
        prop_assert!(store.condition("Progressing").starts_with("True NewReplicaSetAvailable"), "{}", store.condition("Progressing"));
        let status = &store.deployment()["status"];
        prop_assert_eq!(&status["observedGeneration"], &store.deployment()["metadata"]["generation"]);
        let addresses: BTreeSet<String> = pods.iter().map(|pod| pod["status"]["podIP"].to_string()).collect();
        prop_assert_eq!(addresses.len(), replicas, "each Pod has an address of its own");
        no_orphans(&store);
        store.writes.clear();
        store.step();
        prop_assert_eq!(&store.writes, &[], "what is as it should be is left alone");
    }

    #[test]
    fn a_rollout_never_takes_more_than_it_may(
        pace in pace(), replicas in 1_usize..7, surge in 0_usize..3, unavailable in 0_usize..3,
        acts in prop::collection::vec(prop_oneof![(0_usize..4).prop_map(Act::Image), (0_i64..1_500).prop_map(Act::Wait)], 1..12),
    ) {
        let mut store = with_web(pace, replicas, &image(1));
        let posts = if surge + unavailable == 0 { (0, 1) } else { (surge, unavailable) };
        store.change("deployments", "web", |web| {
            web["spec"]["strategy"]["rollingUpdate"] = json!({"maxSurge": surge, "maxUnavailable": unavailable});
        });
        store.run_for(10_000);
        let bounds = |store: &Store| {
            let pods = store.list("pods");
            let (available, all) = (count(pods, is_ready), count(pods, |_| true));
            assert!(available + posts.1 >= replicas, "{available} of {replicas} available");
            assert!(all <= replicas + posts.0, "{all} Pods for {replicas}");
        };
        for act in acts.iter().chain(&[Act::Image(2), Act::Wait(30_000)]) {
            if let Act::Wait(millis) = act {
                store.run_checking(store.now.plus(*millis), bounds);
            } else {
                perform(&mut store, act);
                bounds(&store);
            }
        }
        prop_assert_eq!(count(store.list("pods"), |pod| pod["spec"]["containers"][0]["image"] == image(2)), replicas);
    }
}
