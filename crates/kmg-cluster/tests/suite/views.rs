//! A Pod and a Service of the real API server, with what belongs to them.

use http::Method;
use kmg_cluster::ClusterError;
use kmg_cluster::rbac::Identity;
use kmg_cluster::read::{pod, service};
use kmg_cluster::write::install::apply_manifest;
use kmg_core::observe::TargetPort;
use serde_json::json;

use crate::lab::{eventually, lab, send};

#[tokio::test]
async fn a_pod_comes_with_its_owners_events_and_claims() {
    let Some(lab) = lab("pod view", "podview").await else { return };
    let admin = lab.raw(None).await;
    let claimed = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "claimed", "annotations": {"note": "hunter2"}},
        "spec": {
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "absent"}}],
            "containers": [{"name": "c", "image": "registry.test/web:1", "env": [{"name": "A", "value": "hunter2"}]}]
        }
    });
    eventually("a Pod", || async {
        (send(&admin, Method::POST, &lab.core("pods"), Some(("application/json", claimed.clone()))).await.0 < 300).then_some(())
    })
    .await;
    let reader = lab.identity(Identity::Reader).await;
    let name = "claimed".parse().unwrap();
    let view = eventually("the scheduler's verdict", || async {
        pod(&reader, &lab.permit, &name).await.ok().filter(|view| !view.events.is_empty())
    })
    .await;
    assert_eq!(view.checked, ["pod", "events", "persistentvolumeclaims", "owners"]);
    assert_eq!(
        view.around.claims.iter().map(|claim| (claim.name.as_str(), claim.phase.as_str())).collect::<Vec<_>>(),
        [("absent", "Missing")]
    );
    assert!(view.events.iter().all(|event| event.regarding_uid == view.pod.uid));
    assert!(!serde_json::to_string(&view).unwrap().contains("hunter2"));

    let owned = eventually("a Pod of the Deployment", || async {
        let list = lab.read(&lab.core("pods?labelSelector=app%3Dweb")).await;
        list["items"][0]["metadata"]["name"].as_str().map(str::to_owned)
    })
    .await;
    let view = pod(&reader, &lab.permit, &owned.parse().unwrap()).await.unwrap();
    assert_eq!(view.owners.len(), 2);
    assert!(view.owners[0].starts_with("ReplicaSet/web-") && view.owners[1] == "Deployment/web", "{:?}", view.owners);
    assert!(matches!(pod(&reader, &lab.permit, &"absent".parse().unwrap()).await, Err(ClusterError::NotFound(_))));
}

#[tokio::test]
async fn a_service_comes_with_its_endpoints_and_with_what_it_misses() {
    let Some(lab) = lab("service view", "svcview").await else { return };
    for (name, selector) in [("web", json!({"app": "web"})), ("lost", json!({"app": "wbe"}))] {
        let object = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": lab.namespace},
            "spec": {"selector": selector, "ports": [{"port": 80, "targetPort": "http"}]}
        });
        apply_manifest(&lab.admin, &object).await.unwrap();
    }
    let reader = lab.identity(Identity::Reader).await;
    let name = "web".parse().unwrap();
    let view = eventually("its slices and Pods", || async {
        let view = service(&reader, &lab.permit, &name).await.unwrap();
        (view.pods_total == 2 && view.endpoints.as_ref().is_some_and(|endpoints| endpoints.slices > 0)).then_some(view)
    })
    .await;
    assert_eq!(view.service.ports[0].target, TargetPort::Name("http".to_owned()));
    assert!(view.pods.iter().all(|pod| pod.detail.is_some()));
    assert!(view.others.is_empty() && view.workloads.is_empty());
    let lost = service(&reader, &lab.permit, &"lost".parse().unwrap()).await.unwrap();
    assert_eq!((lost.pods_total, lost.others.len(), lost.others[0].pods), (0, 1, 2));
    assert!(lost.checked.contains(&"pod labels".to_owned()) && lost.not_checked.is_empty(), "{lost:?}");

    let executor = lab.identity(Identity::Executor).await;
    let blind = service(&executor, &lab.permit, &name).await.unwrap();
    assert!(blind.not_checked.iter().any(|note| note.reason == "forbidden") && blind.endpoints.is_none(), "{blind:?}");
}
