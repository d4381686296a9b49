use serde_json::json;

use super::image_pull::{name, sets_by_revision};
use super::store::{BETTER, GOOD, MISSING, Store, with_web};
use crate::options::Pace;

fn settled(replicas: usize) -> Store {
    let mut store = with_web(Pace::demo(), replicas, GOOD);
    store.run_for(5_000);
    store
}

fn sizes(store: &Store) -> Vec<i64> {
    sets_by_revision(store).iter().map(|set| set["spec"]["replicas"].as_i64().unwrap()).collect()
}

#[test]
fn a_stuck_rollout_keeps_the_old_pods_and_gives_way_to_the_next() {
    let mut store = settled(4);
    store.set_image("web", MISSING);
    store.run_for(5_000);
    assert_eq!(sizes(&store), [3, 2]);
    let status = store.deployment()["status"].clone();
    assert_eq!((&status["replicas"], &status["availableReplicas"], &status["unavailableReplicas"]), (&json!(5), &json!(3), &json!(2)));
    assert_eq!(store.condition("Available"), "True MinimumReplicasAvailable Deployment has minimum availability.");
    store.set_image("web", BETTER);
    store.step();
    // No room for a third beside the two: it begins with none, and the Pods that never ran go first.
    assert_eq!(sizes(&store), [3, 0, 0]);
    store.step();
    assert_eq!(sizes(&store), [3, 0, 2]);
    store.run_for(5_000);
    assert_eq!(sizes(&store), [0, 0, 4]);
}

#[test]
fn scaling_in_the_middle_of_a_rollout_keeps_the_proportions() {
    let mut store = settled(4);
    store.set_image("web", MISSING);
    store.run_for(2_000);
    store.set_replicas("web", 10);
    store.step();
    assert_eq!(sizes(&store), [8, 5]);
    assert!(sets_by_revision(&store).iter().all(|set| set["metadata"]["annotations"]["deployment.kubernetes.io/desired-replicas"] == "10"));
    store.set_replicas("web", 0);
    store.run_for(2_000);
    assert_eq!((sizes(&store), store.list("pods").len()), (vec![0, 0], 0));
}

#[test]
fn recreate_ends_all_before_it_begins_any() {
    let mut store = settled(3);
    store.change("deployments", "web", |web| web["spec"]["strategy"] = json!({"type": "Recreate"}));
    store.set_image("web", BETTER);
    store.run_checking(store.now.plus(5_000), |store| {
        let images: std::collections::BTreeSet<String> =
            store.list("pods").iter().map(|pod| pod["spec"]["containers"][0]["image"].to_string()).collect();
        assert!(images.len() <= 1, "{images:?}");
    });
    assert_eq!(sizes(&store), [0, 3]);
    let [_, down, up] = &store.told("Deployment")[..] else { panic!("{:?}", store.told("Deployment")) };
    assert!(down.contains("from 3 to 0") && up.contains("from 0 to 3"), "{down} {up}");
}

#[test]
fn a_paused_deployment_scales_and_does_not_roll() {
    let mut store = settled(2);
    store.change("deployments", "web", |web| web["spec"]["paused"] = true.into());
    store.set_image("web", BETTER);
    store.set_replicas("web", 3);
    store.run_for(700_000);
    assert_eq!(sizes(&store), [3]);
    assert_eq!(store.condition("Progressing"), "Unknown DeploymentPaused Deployment is paused");
    store.change("deployments", "web", |web| web["spec"]["paused"] = false.into());
    store.run_for(5_000);
    assert_eq!(sizes(&store), [0, 3]);
    assert!(store.condition("Progressing").starts_with("True NewReplicaSetAvailable"));
}

#[test]
fn ready_is_not_available_before_min_ready_seconds() {
    let mut store = with_web(Pace::demo(), 1, GOOD);
    store.change("deployments", "web", |web| web["spec"]["minReadySeconds"] = 5.into());
    store.run_for(2_000);
    let status = &store.deployment()["status"];
    assert_eq!((&status["readyReplicas"], status.get("availableReplicas")), (&json!(1), None));
    store.run_for(5_000);
    assert_eq!(store.deployment()["status"]["availableReplicas"], 1);
}

#[test]
fn pods_that_never_ran_go_before_those_that_serve() {
    let mut store = settled(2);
    let serving = store.list("pods").to_vec();
    store.set_image("web", MISSING);
    store.run_for(2_000);
    store.set_replicas("web", 1);
    store.run_for(2_000);
    let left = store.list("pods");
    assert!(left.iter().any(|pod| serving.iter().any(|old| name(old) == name(pod))), "one that serves is left");
    assert_eq!(store.deployment()["status"]["availableReplicas"], 1);
}

#[test]
fn a_scaling_between_two_moves_of_a_rollout_does_not_stop_it() {
    let mut store = with_web(Pace::demo(), 6, GOOD);
    store.run_for(5_000);
    store.set_image("web", MISSING);
    store.run_for(5_000);
    assert_eq!(sizes(&store), [5, 3]);
    store.set_image("web", BETTER);
    store.step();
    assert_eq!(sizes(&store), [5, 0, 0]);
    store.set_replicas("web", 5);
    store.run_for(5_000);
    assert_eq!(sizes(&store), [0, 0, 5]);
}
