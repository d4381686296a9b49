//! What controllers and a real node make of Deployments.

use serde_json::{Value, json};

use crate::ask::{Ask, apps, core, delete, get, patch, post};
use crate::manifests::{at_rest, deployment, service, with};
use crate::transcript::Transcript;

const EVENTS: &str = "/apis/events.k8s.io/v1/namespaces/$ns/events";

/// What the controllers made of the Deployment.
async fn survey(t: &mut Transcript) {
    t.send("its ReplicaSets", get(apps("replicasets"))).await;
    t.send("its Pods", get(core("pods"))).await;
}

fn reasons(list: &Value) -> Vec<&str> {
    list["items"].as_array().into_iter().flatten().filter_map(|event| event["reason"].as_str()).collect()
}

async fn events(t: &mut Transcript, wanted: &[(&str, usize)]) {
    let enough =
        |list: &Value| wanted.iter().all(|(reason, count)| reasons(list).iter().filter(|found| *found == reason).count() >= *count);
    t.settled("the Events", get(EVENTS), enough).await;
}

fn web() -> Ask {
    get(apps("deployments/web"))
}

fn pods_are(count: usize) -> impl Fn(&Value) -> bool {
    move |list| list["items"].as_array().is_some_and(|items| items.len() == count)
}

fn quick(replicas: u32) -> Value {
    // Containers that end at once when they are told to.
    with(&deployment("web", "registry.test/web:1", replicas), "/spec/template/spec/terminationGracePeriodSeconds", json!(1))
}

pub(super) async fn runs(t: &mut Transcript) {
    t.send("create", post(apps("deployments"), &quick(2))).await;
    t.settled("at rest", web(), at_rest).await;
    survey(t).await;
    events(t, &[("ScalingReplicaSet", 1), ("SuccessfulCreate", 2), ("Scheduled", 2), ("Pulled", 2), ("Created", 2), ("Started", 2)]).await;
    t.send("the same in the core group", get(core("events"))).await;
    let pods = t.until("Pods", &get(core("pods")), pods_are(2)).await;
    t.send("one Pod", get(core(&format!("pods/{}", pods.text("/items/0/metadata/name"))))).await;
    let select = |key: &'static str, value: &str| {
        get(core("pods")).query(key, value).header("accept", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io")
    };
    t.send("by label", select("labelSelector", "app=web")).await;
    t.send("by phase", select("fieldSelector", "status.phase=Running")).await;
    t.send("by node", select("fieldSelector", &format!("spec.nodeName={}", pods.text("/items/0/spec/nodeName")))).await;
    t.send("of no other phase", select("fieldSelector", "status.phase!=Running")).await;
}

pub(super) async fn cannot_pull(t: &mut Transcript) {
    t.send(
        "create",
        post(apps("deployments"), &with(&quick(1), "/spec/template/spec/containers/0/image", json!("registry.test/web:does-not-exist"))),
    )
    .await;
    let waits = |list: &Value| {
        list["items"].as_array().is_some_and(|items| {
            items.iter().any(|pod| {
                pod.pointer("/status/containerStatuses/0/state/waiting/reason").is_some_and(|reason| reason == "ImagePullBackOff")
            })
        })
    };
    t.settled("its Pod waits", get(core("pods")), waits).await;
    t.send("the Deployment", web()).await;
    t.send("its ReplicaSet", get(apps("replicasets"))).await;
    events(t, &[("ScalingReplicaSet", 1), ("SuccessfulCreate", 1), ("Scheduled", 1), ("Pulling", 1), ("Failed", 3), ("BackOff", 1)]).await;
    let waiting = pod_name(t).await;
    t.send("the logs of what waits", get(core(&format!("pods/{waiting}/log")))).await;
    t.send(
        "the fix",
        patch(
            apps("deployments/web"),
            &json!([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "registry.test/web:2"}]),
        ),
    )
    .await;
    t.settled("at rest", web(), at_rest).await;
    t.until("the first Pod is gone", &get(core("pods")), pods_are(1)).await;
    survey(t).await;
    events(t, &[("ScalingReplicaSet", 3), ("SuccessfulCreate", 2), ("SuccessfulDelete", 1), ("Scheduled", 2), ("Started", 1)]).await;
}

async fn pod_name(t: &mut Transcript) -> String {
    t.settled("its Pod", get(core("pods")), pods_are(1)).await.text("/items/0/metadata/name").to_owned()
}

pub(super) async fn scales(t: &mut Transcript) {
    t.send("create", post(apps("deployments"), &quick(1))).await;
    t.settled("at rest", web(), at_rest).await;
    let to = |count: u32| json!([{"op": "replace", "path": "/spec/replicas", "value": count}]);
    t.send("up", patch(apps("deployments/web/scale"), &to(3))).await;
    t.settled("at rest", web(), at_rest).await;
    t.send("the scale", get(apps("deployments/web/scale"))).await;
    survey(t).await;
    // Which Pods go is the controller's choice among equals: they are looked at again when all are gone.
    t.send("down", patch(apps("deployments/web"), &to(1))).await;
    t.until("two Pods are gone", &get(core("pods")), pods_are(1)).await;
    t.settled("at rest", web(), at_rest).await;
    t.send("to nothing", patch(apps("deployments/web"), &to(0))).await;
    t.until("no Pod is left", &get(core("pods")), pods_are(0)).await;
    t.settled("at rest", web(), at_rest).await;
    survey(t).await;
    let wanted =
        [("ScalingReplicaSet", 4), ("SuccessfulCreate", 3), ("SuccessfulDelete", 3), ("Scheduled", 3), ("Started", 3), ("Killing", 3)];
    events(t, &wanted).await;
}

pub(super) async fn replaces(t: &mut Transcript) {
    t.send("create", post(apps("deployments"), &quick(1))).await;
    t.settled("at rest", web(), at_rest).await;
    let first = pod_name(t).await;
    t.send("delete its Pod", delete(core(&format!("pods/{first}")), &Value::Null)).await;
    t.settled("the Pod is gone", get(core(&format!("pods/{first}"))), |answer| answer["reason"] == "NotFound").await;
    t.settled("at rest", web(), at_rest).await;
    survey(t).await;
    events(t, &[("ScalingReplicaSet", 1), ("SuccessfulCreate", 2), ("Scheduled", 2), ("Started", 2), ("Killing", 1)]).await;
}

pub(super) async fn service_endpoints(t: &mut Transcript) {
    let slices = "/apis/discovery.k8s.io/v1/namespaces/$ns/endpointslices";
    t.send("a Service without Pods", post(core("services"), &service("web"))).await;
    let ready = |count: usize| {
        move |list: &Value| {
            let all: Vec<&Value> = list["items"]
                .as_array()
                .into_iter()
                .flatten()
                .flat_map(|slice| slice["endpoints"].as_array().into_iter().flatten())
                .collect();
            list["items"].as_array().is_some_and(|items| !items.is_empty())
                && all.len() == count
                && all.iter().all(|endpoint| endpoint["conditions"]["ready"] == true)
        }
    };
    t.settled("no endpoints", get(slices), ready(0)).await;
    t.send("its Pods", post(apps("deployments"), &quick(1))).await;
    t.settled("at rest", web(), at_rest).await;
    pod_name(t).await;
    let list = t.settled("one endpoint", get(slices), ready(1)).await;
    t.send("by name", get(format!("{slices}/{}", list.text("/items/0/metadata/name")))).await;
    t.send("by the Service's name", get(slices).query("labelSelector", "kubernetes.io/service-name=web")).await;
}

pub(super) async fn logs(t: &mut Transcript) {
    // The words that every container of the sandbox begins with.
    let say = json!(["sh", "-c", "echo starting web; echo ready, listening on port 8080; sleep 3600"]);
    let talker =
        with(&quick(1), "/spec/template/spec/containers/0", json!({"name": "web", "image": "registry.test/sleeper:1", "command": say}));
    t.send("create", post(apps("deployments"), &talker)).await;
    t.settled("at rest", web(), at_rest).await;
    let path = core(&format!("pods/{}/log", pod_name(t).await));
    let log = |key: &'static str, value: &str| get(path.clone()).query(key, value);
    t.settled("all", get(path.clone()), |text| text.as_str().is_some_and(|text| text.contains("ready"))).await;
    t.send("the last line", log("tailLines", "1")).await;
    t.send("no line", log("tailLines", "0")).await;
    t.send("seven bytes", log("limitBytes", "7")).await;
    t.send("ten bytes of the last line", log("tailLines", "1").query("limitBytes", "10")).await;
    t.send("by container", log("container", "web")).await;
    t.send("another container", log("container", "absent")).await;
    t.send("the previous container", log("previous", "true")).await;
    t.send("a negative tail", log("tailLines", "-1")).await;
    t.send("no bytes", log("limitBytes", "0")).await;
    t.send("a tail that is no number", log("tailLines", "two")).await;
}
