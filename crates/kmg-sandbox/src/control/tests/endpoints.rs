use serde_json::{Value, json};

use super::store::{BETTER, GOOD, MISSING, Store, with_web};
use crate::options::Pace;

fn with_service(store: &mut Store, target: &Value) {
    store.create(
        "services",
        json!({
            "kind": "Service", "apiVersion": "v1", "metadata": {"name": "web", "namespace": "demo", "labels": {"team": "a"}},
            "spec": {"type": "ClusterIP", "clusterIP": "10.96.0.9", "selector": {"app": "web"},
                "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": target}]}
        }),
    );
}

fn ready(slice: &Value) -> Vec<bool> {
    let endpoints = slice["endpoints"].as_array().cloned().unwrap_or_default();
    endpoints.iter().map(|endpoint| endpoint["conditions"]["ready"].as_bool().unwrap()).collect()
}

#[test]
fn a_slice_follows_the_pods() {
    let mut store = with_web(Pace::demo(), 2, MISSING);
    with_service(&mut store, &json!(8080));
    store.step();
    let slice = store.list("endpointslices")[0].clone();
    assert_eq!((&slice["endpoints"], &slice["ports"]), (&Value::Null, &Value::Null));
    assert_eq!(
        slice["metadata"]["labels"],
        json!({"team": "a", "kubernetes.io/service-name": "web", "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"})
    );
    store.run_for(5_000);
    assert_eq!(ready(&store.list("endpointslices")[0]), [false, false]);
    store.set_image("web", BETTER);
    store.run_for(5_000);
    let slice = store.list("endpointslices")[0].clone();
    assert_eq!(ready(&slice), [true, true]);
    let pod = store.list("pods")[0].clone();
    let endpoint = slice["endpoints"].as_array().unwrap().iter().find(|one| one["targetRef"]["name"] == pod["metadata"]["name"]).unwrap();
    assert_eq!(endpoint["addresses"][0], pod["status"]["podIP"]);
    assert_eq!(endpoint["nodeName"], crate::control::NODE);
    assert_eq!(slice["ports"], json!([{"name": "http", "protocol": "TCP", "port": 8080}]));
    store.delete("services", "web");
    store.run_for(100);
    assert_eq!(store.list("endpointslices"), [] as [Value; 0]);
}

#[test]
fn a_pod_that_ends_serves_on_and_is_not_ready() {
    let mut store = with_web(Pace::demo(), 1, GOOD);
    with_service(&mut store, &json!("http"));
    store.run_for(2_000);
    assert_eq!(store.list("endpointslices")[0]["ports"], json!([]), "no container names that port");
    let pod = store.list("pods")[0]["metadata"]["name"].as_str().unwrap().to_owned();
    store.delete_pod(&pod);
    store.step();
    let endpoint = &store.list("endpointslices")[0]["endpoints"][0];
    assert_eq!(endpoint["conditions"], json!({"ready": false, "serving": true, "terminating": true}));
}

#[test]
fn many_endpoints_take_several_slices() {
    let mut store = with_web(Pace::instant(), 150, GOOD);
    with_service(&mut store, &json!(8080));
    store.run_for(2_000);
    let mut sizes: Vec<usize> = store.list("endpointslices").iter().map(|slice| ready(slice).len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [50, 100]);
    store.set_replicas("web", 20);
    store.run_for(2_000);
    let sizes: Vec<usize> = store.list("endpointslices").iter().map(|slice| ready(slice).len()).collect();
    assert_eq!(sizes, [20]);
}
