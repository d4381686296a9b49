use serde_json::{Value, json};

use super::store::{BETTER, MISSING, Store, condition, with_web};
use crate::options::Pace;

const NOT_FOUND: &str = "rpc error: code = NotFound desc = failed to pull and unpack image \
    \"registry.example/web:does-not-exist\": failed to resolve image: registry.example/web:does-not-exist: not found";

fn waiting(pod: &Value) -> Value {
    pod["status"]["containerStatuses"][0]["state"]["waiting"].clone()
}

/// The reasons for which the first Pod waited, in their order, with the moment of each.
fn reasons(store: &Store) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for write in &store.writes {
        let crate::control::Write::Update { plural: "pods", object } = write else { continue };
        if let Some(reason) = waiting(object)["reason"].as_str()
            && reasons.last().is_none_or(|last| last != reason)
        {
            reasons.push(reason.to_owned());
        }
    }
    reasons
}

#[test]
fn a_missing_image_is_refused_at_once_and_backed_off_from() {
    let mut store = with_web(Pace::demo(), 1, MISSING);
    store.run_for(500);
    let pod = store.list("pods")[0].clone();
    assert_eq!(waiting(&pod), json!({"reason": "ErrImagePull", "message": NOT_FOUND}));
    assert_eq!(pod["status"]["phase"], "Pending");
    assert_eq!(condition(&pod, "Ready"), "False ContainersNotReady containers with unready status: [web]");
    assert_eq!(condition(&pod, "PodReadyToStartContainers"), "True");
    store.run_for(1_500);
    let pod = store.list("pods")[0].clone();
    let message = format!("Back-off pulling image \"{MISSING}\": ErrImagePull: {NOT_FOUND}");
    assert_eq!(waiting(&pod), json!({"reason": "ImagePullBackOff", "message": message}));
    assert_eq!(reasons(&store), ["ContainerCreating", "ErrImagePull", "ImagePullBackOff"]);
    assert_eq!(
        store.told("Pod")[1..],
        [
            format!("Normal Pulling Pulling image \"{MISSING}\" x1"),
            format!("Warning Failed Failed to pull image \"{MISSING}\": {NOT_FOUND} x1"),
            "Warning Failed Error: ErrImagePull x1".to_owned(),
            format!("Normal BackOff Back-off pulling image \"{MISSING}\" x1"),
            "Warning Failed Error: ImagePullBackOff x1".to_owned(),
        ]
    );
}

#[test]
fn the_back_off_doubles_to_five_minutes_and_its_events_are_counted() {
    let mut store = with_web(Pace::demo(), 1, MISSING);
    let mut pulls = Vec::new();
    let mut seen = 0;
    store.run_checking(super::store::START.plus(1_200_000), |store| {
        let count = store.told("Pod").iter().find_map(|line| line.strip_prefix("Normal Pulling")?.rsplit('x').next()?.parse().ok());
        if let Some(count) = count
            && count > seen
        {
            pulls.push(store.now);
            seen = count;
        }
    });
    let between: Vec<i64> = pulls.windows(2).map(|pair| (pair[1].since(pair[0])) / 1_000).collect();
    assert_eq!(between, [10, 20, 40, 80, 160, 300, 300]);
    assert_eq!(store.list("events").len(), 8, "folded: {:?}", store.told("Pod"));
}

#[test]
fn a_rollout_that_cannot_finish_is_said_to_be_overdue() {
    let mut store = with_web(Pace::demo(), 2, MISSING);
    store.change("deployments", "web", |web| web["spec"]["progressDeadlineSeconds"] = 60.into());
    store.run_for(50_000);
    let set = store.list("replicasets")[0].clone()["metadata"]["name"].as_str().unwrap().to_owned();
    assert_eq!(store.condition("Progressing"), format!("True ReplicaSetUpdated ReplicaSet \"{set}\" is progressing."));
    store.run_for(15_000);
    assert_eq!(store.condition("Progressing"), format!("False ProgressDeadlineExceeded ReplicaSet \"{set}\" has timed out progressing."));
    assert_eq!(store.condition("Available"), "False MinimumReplicasUnavailable Deployment does not have minimum availability.");
    let status = &store.deployment()["status"];
    assert_eq!((&status["replicas"], &status["updatedReplicas"], &status["unavailableReplicas"]), (&json!(2), &json!(2), &json!(2)));
    assert_eq!(status.get("availableReplicas"), None, "zero is left out");
}

#[test]
fn a_mended_image_recovers_within_two_seconds() {
    let mut store = with_web(Pace::demo(), 2, MISSING);
    store.run_for(30_000);
    store.set_image("web", BETTER);
    store.run_for(400);
    let sizes: Vec<i64> = sets_by_revision(&store).iter().map(|set| set["spec"]["replicas"].as_i64().unwrap()).collect();
    assert_eq!(sizes, [2, 1], "what does not run yet makes room for nothing");
    store.run_for(1_600);
    let status = &store.deployment()["status"];
    assert_eq!(status["availableReplicas"], 2, "{status}");
    assert_eq!(status["observedGeneration"], 2);
    assert_eq!(status["terminatingReplicas"], 0);
    assert_eq!(store.condition("Available"), "True MinimumReplicasAvailable Deployment has minimum availability.");
    let [old, new] = &sets_by_revision(&store)[..] else { panic!("two ReplicaSets") };
    assert_eq!(
        store.condition("Progressing"),
        format!("True NewReplicaSetAvailable ReplicaSet \"{}\" has successfully progressed.", name(new))
    );
    assert_eq!(
        store.told("Deployment"),
        [
            format!("Normal ScalingReplicaSet Scaled up replica set {} from 0 to 2 x1", name(old)),
            format!("Normal ScalingReplicaSet Scaled up replica set {} from 0 to 1 x1", name(new)),
            format!("Normal ScalingReplicaSet Scaled down replica set {} from 2 to 1 x1", name(old)),
            format!("Normal ScalingReplicaSet Scaled up replica set {} from 1 to 2 x1", name(new)),
            format!("Normal ScalingReplicaSet Scaled down replica set {} from 1 to 0 x1", name(old)),
        ]
    );
    assert!(store.list("pods").iter().all(|pod| pod["status"]["containerStatuses"][0]["image"] == BETTER));
}

pub(super) fn sets_by_revision(store: &Store) -> Vec<Value> {
    let mut sets = store.list("replicasets").to_vec();
    sets.sort_by_key(|set| set["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str().unwrap().parse::<u64>().unwrap());
    sets
}

pub(super) fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

#[test]
fn an_image_that_is_no_reference_and_one_that_is_never_pulled_are_told_apart() {
    let mut store = with_web(Pace::demo(), 1, "Registry.example/Web:1");
    store.change("deployments", "web", |web| {
        let second = json!({"name": "side", "image": "registry.example/side:does-not-exist", "imagePullPolicy": "Never"});
        web["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap().push(second);
    });
    store.run_for(1_000);
    let pod = store.list("pods")[0].clone();
    let statuses = pod["status"]["containerStatuses"].as_array().unwrap();
    assert_eq!(statuses[0]["state"]["waiting"]["reason"], "InvalidImageName");
    assert_eq!(statuses[1]["state"]["waiting"]["reason"], "ErrImageNeverPull");
    assert_eq!(
        statuses[1]["state"]["waiting"]["message"],
        "Container image \"registry.example/side:does-not-exist\" is not present with pull policy of Never"
    );
    assert_eq!(condition(&pod, "Ready"), "False ContainersNotReady containers with unready status: [web side]");
    store.run_for(30_000);
    assert!(store.told("Pod").iter().any(|line| line == "Warning Failed Error: InvalidImageName x3"), "{:?}", store.told("Pod"));
}
