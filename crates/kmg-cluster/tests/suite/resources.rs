//! Single objects of the real API server.

use http::Method;
use kmg_cluster::rbac::Identity;
use kmg_cluster::read::resource;
use kmg_cluster::{Cluster, ClusterError};
use kmg_core::observe::{Detail, ResourceKind, ResourceQuery, ResourceView};
use kmg_core::problem::Code;
use serde_json::json;

use crate::lab::{Lab, lab, send};
use crate::specimens::specimen;

const SECRET: &str = "hunter2-must-not-leave";

async fn read(cluster: &Cluster, lab: &Lab, kind: ResourceKind, name: &str) -> Result<ResourceView, ClusterError> {
    let query = ResourceQuery { namespace: lab.namespace.clone(), kind, name: name.parse().unwrap() };
    resource(cluster, &lab.permit, &query).await
}

/// The API of `kind` and its name in paths.
fn api(kind: ResourceKind) -> (&'static str, &'static str) {
    match kind {
        ResourceKind::Deployment => ("apps/v1", "deployments"),
        ResourceKind::ReplicaSet => ("apps/v1", "replicasets"),
        ResourceKind::StatefulSet => ("apps/v1", "statefulsets"),
        ResourceKind::DaemonSet => ("apps/v1", "daemonsets"),
        ResourceKind::Pod => ("v1", "pods"),
        ResourceKind::Service => ("v1", "services"),
        ResourceKind::ConfigMap => ("v1", "configmaps"),
        ResourceKind::PersistentVolumeClaim => ("v1", "persistentvolumeclaims"),
        ResourceKind::Job => ("batch/v1", "jobs"),
        ResourceKind::CronJob => ("batch/v1", "cronjobs"),
        ResourceKind::HorizontalPodAutoscaler => ("autoscaling/v2", "horizontalpodautoscalers"),
        ResourceKind::Ingress => ("networking.k8s.io/v1", "ingresses"),
        ResourceKind::Node | ResourceKind::Namespace => unreachable!("they are there"),
    }
}

#[tokio::test]
async fn every_kind_is_summarised_and_no_value_leaves() {
    let Some(lab) = lab("single objects", "objects").await else { return };
    let admin = lab.raw(None).await;
    let reader = lab.identity(Identity::Reader).await;
    for kind in ResourceKind::ALL {
        if matches!(kind, ResourceKind::Node | ResourceKind::Namespace) {
            continue;
        }
        let (version, plural) = api(kind);
        let mut object = specimen(&lab, version, kind.as_str(), "thing");
        object["metadata"]["annotations"] = json!({"note": SECRET});
        if kind == ResourceKind::ConfigMap {
            object["data"] = json!({"a": SECRET, "password": SECRET});
        }
        let prefix = if version == "v1" { "/api/v1".to_owned() } else { format!("/apis/{version}") };
        let path = format!("{prefix}/namespaces/{}/{plural}", lab.namespace);
        let created = send(&admin, Method::POST, &path, Some(("application/json", object))).await;
        assert_eq!(created.0, 201, "{}", created.1);
        let view = read(&reader, &lab, kind, "thing").await.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        assert_eq!((view.kind, view.name.as_str()), (kind, "thing"));
        assert!(view.meta.annotation_keys.contains(&"note".to_owned()), "{:?}", view.meta);
        assert!(!view.meta.changed_by.is_empty() && view.meta.created_at.is_some(), "{:?}", view.meta);
        assert!(!serde_json::to_string(&view).unwrap().contains("hunter2"), "{kind:?}");
        assert!(matches!(read(&reader, &lab, kind, "absent").await, Err(ClusterError::NotFound(_))), "{kind:?}");
    }
    let Detail::ConfigMap(map) = read(&reader, &lab, ResourceKind::ConfigMap, "thing").await.unwrap().detail else { panic!() };
    let sizes: Vec<_> = map.keys.iter().map(|key| (key.name.as_str(), key.bytes)).collect();
    assert_eq!(sizes, [("a", 22), ("password", 22)]);
    let Detail::Workload(web) = read(&reader, &lab, ResourceKind::Deployment, "web").await.unwrap().detail else { panic!() };
    assert_eq!((web.replicas["desired"], web.template.containers[0].image.as_str()), (2, "registry.test/web:1"));

    // The role of a namespace reads the namespace itself, under its own name only.
    let own = read(&reader, &lab, ResourceKind::Namespace, lab.namespace.as_str()).await.unwrap();
    assert!(matches!(own.detail, Detail::Namespace(shape) if shape.phase == "Active"));
    assert!(matches!(read(&reader, &lab, ResourceKind::Namespace, "kube-system").await, Err(ClusterError::OtherNamespace)));
    let node = read(&reader, &lab, ResourceKind::Node, "kwok-0").await.unwrap_err();
    assert!(matches!(node, ClusterError::NoRight { right: "get nodes (in a ClusterRole)", .. }), "{node}");
    assert_eq!(node.code(), Code::ClusterForbidden);
    let Detail::Node(node) = read(&lab.admin, &lab, ResourceKind::Node, "kwok-0").await.unwrap().detail else { panic!() };
    assert!(node.allocatable.contains_key("cpu") && node.versions.contains_key("kubelet"), "{node:?}");
    let executor = lab.identity(Identity::Executor).await;
    assert!(matches!(read(&executor, &lab, ResourceKind::Pod, "thing").await, Err(ClusterError::NoRight { right: "get pods", .. })));
}
