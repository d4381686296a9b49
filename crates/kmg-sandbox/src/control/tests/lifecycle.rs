use serde_json::{Value, json};

use super::image_pull::{name, sets_by_revision};
use super::store::{BETTER, GOOD, Store, condition, with_web};
use crate::control::MOST_PODS;
use crate::options::Pace;

fn settled(replicas: usize) -> Store {
    let mut store = with_web(Pace::instant(), replicas, GOOD);
    store.run_for(2_000);
    store
}

fn pods(store: &Store) -> Vec<String> {
    store.list("pods").iter().map(|pod| name(pod).to_owned()).collect()
}

#[test]
fn a_deployment_gets_a_replica_set_and_running_pods() {
    let store = settled(2);
    let set = store.list("replicasets")[0].clone();
    let hash = set["metadata"]["labels"]["pod-template-hash"].as_str().unwrap();
    assert_eq!(name(&set), format!("web-{hash}"));
    assert_eq!(set["spec"]["selector"]["matchLabels"], json!({"app": "web", "pod-template-hash": hash}));
    assert_eq!(
        set["metadata"]["annotations"],
        json!({"note": "kept", "deployment.kubernetes.io/revision": "1", "deployment.kubernetes.io/desired-replicas": "2", "deployment.kubernetes.io/max-replicas": "3"})
    );
    assert_eq!(
        set["status"],
        json!({"replicas": 2, "fullyLabeledReplicas": 2, "readyReplicas": 2, "availableReplicas": 2, "terminatingReplicas": 0, "observedGeneration": 1})
    );
    let pod = store.list("pods")[0].clone();
    assert!(name(&pod).starts_with(&format!("web-{hash}-")) && name(&pod).len() == name(&set).len() + 6, "{}", name(&pod));
    assert_eq!(pod["metadata"]["ownerReferences"][0]["uid"], set["metadata"]["uid"]);
    assert_eq!(pod["status"]["phase"], "Running");
    assert!(pod["status"]["podIP"].as_str().unwrap().starts_with("10.88."));
    for kind in ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"] {
        assert_eq!(condition(&pod, kind), "True", "{kind}");
    }
    assert_eq!(store.told("Pod").len(), 2 * 4, "{:?}", store.told("Pod"));
    assert_eq!(store.deployment()["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "1");
    assert_eq!(store.deployment()["status"]["observedGeneration"], 1);
}

#[test]
fn a_deleted_pod_is_made_anew_and_its_end_is_seen() {
    let mut store = settled(2);
    let gone = pods(&store).remove(0);
    store.delete_pod(&gone);
    store.writes.clear();
    store.run_for(2_000);
    assert_eq!(pods(&store).len(), 2);
    assert!(!pods(&store).contains(&gone));
    let phases: Vec<&Value> = store
        .writes
        .iter()
        .filter_map(|write| match write {
            crate::control::Write::Update { plural: "pods", object } if name(object) == gone => Some(&object["status"]["phase"]),
            _ => None,
        })
        .collect();
    assert_eq!(phases, ["Running", "Succeeded"]);
    assert!(store.told("Pod").contains(&"Normal Killing Stopping container web x1".to_owned()));
}

#[test]
fn an_earlier_template_is_found_again_and_becomes_the_newest_revision() {
    let mut store = settled(2);
    store.set_image("web", BETTER);
    store.run_for(2_000);
    store.set_image("web", GOOD);
    store.run_for(2_000);
    let sets = sets_by_revision(&store);
    assert_eq!(sets.len(), 2);
    let annotations = &sets[1]["metadata"]["annotations"];
    assert_eq!(annotations["deployment.kubernetes.io/revision"], "3");
    assert_eq!(annotations["deployment.kubernetes.io/revision-history"], "1");
    assert_eq!(sets[1]["spec"]["replicas"], 2);
    assert_eq!(store.deployment()["metadata"]["annotations"]["deployment.kubernetes.io/revision"], "3");
}

#[test]
fn only_as_many_old_revisions_are_kept_as_are_wanted() {
    let mut store = settled(1);
    store.change("deployments", "web", |web| web["spec"]["revisionHistoryLimit"] = 2.into());
    for tag in 2..8 {
        store.set_image("web", &format!("registry.example/web:{tag}"));
        store.run_for(2_000);
    }
    let revisions: Vec<Value> =
        sets_by_revision(&store).iter().map(|set| set["metadata"]["annotations"]["deployment.kubernetes.io/revision"].clone()).collect();
    assert_eq!(revisions, ["5", "6", "7"]);
}

#[test]
fn what_a_deployment_made_goes_with_it() {
    let mut store = settled(3);
    store.delete("deployments", "web");
    store.run_for(2_000);
    assert_eq!((store.list("replicasets").len(), store.list("pods").len()), (0, 0));
}

#[test]
fn a_pod_of_another_node_and_one_with_a_status_of_its_own_stay_as_they_are() {
    let mut store = settled(1);
    for (pod, node) in [("elsewhere", "another-node"), ("adopted", crate::control::NODE)] {
        let seed = json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": pod, "namespace": "demo"},
            "spec": {"nodeName": node, "containers": [{"name": "c", "image": GOOD}]}});
        store.create("pods", seed);
    }
    store.change("pods", "adopted", |pod| pod["status"] = json!({"phase": "Running", "startTime": "2023-01-01T00:00:00Z"}));
    let before = (store.get("pods", "elsewhere").clone(), store.get("pods", "adopted").clone());
    store.run_for(2_000);
    assert_eq!(before, (store.get("pods", "elsewhere").clone(), store.get("pods", "adopted").clone()));
    store.delete_pod("adopted");
    store.run_for(2_000);
    assert!(!pods(&store).contains(&"adopted".to_owned()), "its deletion is carried out");
}

#[test]
fn there_is_an_end_to_pods() {
    let mut store = settled(1);
    store.crowd(MOST_PODS - 3);
    store.set_replicas("web", 1_000_000);
    store.run_for(1_000);
    assert_eq!(store.list("pods").len(), MOST_PODS);
    assert_eq!(store.condition("ReplicaFailure"), "True FailedCreate the sandbox keeps at most 2000 Pods");
    let told = store.told("ReplicaSet");
    assert_eq!(told.last().unwrap(), "Warning FailedCreate Error creating: the sandbox keeps at most 2000 Pods x1", "said once");
    store.set_replicas("web", 1);
    store.run_for(1_000);
    assert_eq!((store.list("pods").len(), store.condition("ReplicaFailure")), (MOST_PODS - 2, String::new()));
}
