//! Observations of the real API server.

use http::Method;
use kmg_cluster::rbac::Identity;
use kmg_cluster::read::{autoscaler_of, deployment, forbidden_kinds, status};
use kmg_cluster::write::install::apply_manifest;
use kmg_cluster::write::probe::user_name;
use kmg_cluster::{Cluster, ClusterError, Options};
use kmg_core::allow::AllowList;
use kmg_core::clock::Clock;
use kmg_core::observe::StatusQuery;
use serde_json::json;

use crate::lab::{Lab, eventually, lab, send};

fn query(lab: &Lab, limit: u32, cursor: Option<String>) -> StatusQuery {
    StatusQuery { namespace: lab.namespace.clone(), label_selector: None, limit, cursor }
}

#[tokio::test]
async fn a_namespace_is_read_page_by_page_without_a_value() {
    let Some(lab) = lab("status", "status").await else { return };
    for index in 0..7 {
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("map{index}"), "namespace": lab.namespace}, "data": {"password": "hunter2-in-a-value"}, "binaryData": {"b": "AAEC"}});
        apply_manifest(&lab.admin, &map).await.unwrap();
    }
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": lab.namespace}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}});
    apply_manifest(&lab.admin, &service).await.unwrap();
    let reader = lab.identity(Identity::Reader).await;
    let first = eventually("two Pods", || async {
        let answer = status(&reader, &lab.permit, &query(&lab, 3, None)).await.unwrap();
        (answer.pods.total == 2).then_some(answer)
    })
    .await;
    assert!(first.not_checked.is_empty());
    assert_eq!((first.deployments.items[0].name.as_str(), first.deployments.items[0].replicas), ("web", 2));
    assert_eq!(first.deployments.items[0].containers[0].image, "registry.test/web:1");
    assert_eq!(first.replica_sets.items[0].owner_uid.as_deref(), Some(first.deployments.items[0].uid.as_str()));
    assert_eq!(first.services.items[0].ports, ["80/TCP→8080"]);
    // Seven of ours and kube-root-ca.crt.
    assert_eq!((first.config_maps.total, first.config_maps.items.len(), first.config_maps.truncated), (8, 3, true));
    let mut names: Vec<String> = first.config_maps.items.iter().map(|map| map.name.clone()).collect();
    let mut cursor = first.cursor.clone();
    while let Some(at) = cursor {
        let page = status(&reader, &lab.permit, &query(&lab, 3, Some(at))).await.unwrap();
        names.extend(page.config_maps.items.iter().map(|map| map.name.clone()));
        assert!(!serde_json::to_string(&page).unwrap().contains("hunter2"));
        cursor = page.cursor;
    }
    assert_eq!(names, ["kube-root-ca.crt", "map0", "map1", "map2", "map3", "map4", "map5", "map6"]);
    assert!(matches!(status(&reader, &lab.permit, &query(&lab, 3, Some("x".into()))).await, Err(ClusterError::Cursor)));
    let selected = StatusQuery { label_selector: Some("app=web".into()), ..query(&lab, 10, None) };
    assert_eq!(status(&reader, &lab.permit, &selected).await.unwrap().config_maps.total, 0);
    let nonsense = StatusQuery { label_selector: Some("a in (".into()), ..query(&lab, 10, None) };
    assert!(matches!(status(&reader, &lab.permit, &nonsense).await, Err(ClusterError::Invalid { status: 400, .. })));
}

#[tokio::test]
async fn what_is_forbidden_is_named_and_the_rest_is_read() {
    let Some(lab) = lab("forbidden parts", "part").await else { return };
    let executor = lab.identity(Identity::Executor).await;
    assert!(matches!(status(&executor, &lab.permit, &query(&lab, 10, None)).await, Err(ClusterError::Forbidden(_))));
    let role = |kind: &str, rest: serde_json::Value| {
        let mut object = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": "test-pods", "namespace": lab.namespace}});
        object.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        object
    };
    let rules = json!({"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]});
    let binding = json!({
        "subjects": [{"kind": "ServiceAccount", "name": "kmg-executor", "namespace": lab.rbac.system_namespace}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "test-pods"}
    });
    apply_manifest(&lab.admin, &role("Role", rules)).await.unwrap();
    apply_manifest(&lab.admin, &role("RoleBinding", binding)).await.unwrap();
    let answer = eventually("list of Pods", || async {
        status(&executor, &lab.permit, &query(&lab, 10, None)).await.ok().filter(|answer| answer.pods.total == 2)
    })
    .await;
    let missing: Vec<(&str, &str)> = answer.not_checked.iter().map(|note| (note.what.as_str(), note.reason.as_str())).collect();
    assert_eq!(
        missing,
        [("deployments", "forbidden"), ("replicasets", "forbidden"), ("services", "forbidden"), ("configmaps", "forbidden")]
    );
    let view = deployment(&executor, &lab.permit, &"web".parse().unwrap()).await.unwrap();
    assert_eq!(view.checked, ["deployment"]);
    let missing: Vec<&str> = view.not_checked.iter().map(|note| note.what.as_str()).collect();
    assert_eq!(missing, ["replicasets", "pods", "events", "horizontalpodautoscalers", "poddisruptionbudgets", "resourcequotas"]);
    assert_eq!(view.deployment.name, "web");
    let forbidden = forbidden_kinds(&executor, &lab.permit).await.unwrap();
    assert_eq!(forbidden.first().copied(), Some("deployments"));
    assert!(!forbidden.contains(&"pods") && forbidden.contains(&"persistentvolumeclaims"));
}

/// What an operator is told about a credential, fenced or not.
#[tokio::test]
async fn a_credential_is_known_by_its_user_name_and_its_rights() {
    let Some(lab) = lab("credentials", "who").await else { return };
    for identity in Identity::ALL {
        let cluster = lab.identity(identity).await;
        assert_eq!(user_name(&cluster).await.unwrap(), lab.rbac.user_name(identity));
    }
    let reader = lab.identity(Identity::Reader).await;
    assert_eq!(forbidden_kinds(&reader, &lab.permit).await.unwrap(), Vec::<&str>::new());
    let date = reader.get("/version", &[], "application/json").await.unwrap().date.unwrap();
    assert!(Clock::system().now().since(date).abs() < 60_000, "{date:?}");
    let nobody = Cluster::connect_text(&kubeconfig_of_nobody(&lab), Options::new(Clock::system())).await.unwrap();
    assert!(matches!(user_name(&nobody).await, Err(ClusterError::Unauthorized(_))));
    assert!(matches!(forbidden_kinds(&nobody, &lab.permit).await, Err(ClusterError::Unauthorized(_))));
}

fn kubeconfig_of_nobody(lab: &Lab) -> String {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "k", "cluster": {"server": lab.test_cluster.server, "certificate-authority": lab.test_cluster.ca_file}}],
        "users": [{"name": "u", "user": {"token": "not-a-token"}}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}]
    })
    .to_string()
}

#[tokio::test]
async fn a_deployment_comes_with_what_belongs_to_it_and_nothing_else() {
    let Some(lab) = lab("deployment view", "view").await else { return };
    let admin = lab.raw(None).await;
    // The same labels, another owner: not one of its Pods.
    let stranger = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "stranger", "labels": {"app": "web", "pod-template-hash": "0"}}, "spec": {"containers": [{"name": "c", "image": "x:1"}]}});
    eventually("a Pod", || async {
        (send(&admin, Method::POST, &lab.core("pods"), Some(("application/json", stranger.clone()))).await.0 < 300).then_some(())
    })
    .await;
    let reader = lab.identity(Identity::Reader).await;
    let name = "web".parse().unwrap();
    let view = eventually("its Pods and Events", || async {
        let view = deployment(&reader, &lab.permit, &name).await.ok()?;
        let scaled = view.events.iter().any(|event| event.reason == "ScalingReplicaSet");
        (view.pods_total == 2 && view.events.len() >= 2 && scaled).then_some(view)
    })
    .await;
    let checked = ["deployment", "replicasets", "pods", "events", "horizontalpodautoscalers", "poddisruptionbudgets", "resourcequotas"];
    assert_eq!(view.checked, checked);
    assert_eq!((view.replica_sets.len(), view.replica_sets[0].revision), (1, Some(1)));
    assert!(view.pods.iter().all(|pod| pod.owner_uid.as_deref() == Some(view.replica_sets[0].uid.as_str()) && pod.name != "stranger"));
    assert!(view.events.iter().any(|event| event.reason == "ScalingReplicaSet" && event.regarding == "Deployment/web"));
    assert!(view.events.windows(2).all(|pair| pair[0].last_seen >= pair[1].last_seen));
    assert!(matches!(deployment(&reader, &lab.permit, &"absent".parse().unwrap()).await, Err(ClusterError::NotFound(_))));
}

#[tokio::test]
async fn identities_see_the_clusters_id_and_the_autoscaler() {
    let Some(lab) = lab("cluster id and autoscaler", "hpa").await else { return };
    let id = lab.admin.cluster_id().await.unwrap();
    for identity in Identity::ALL {
        assert_eq!(lab.identity(identity).await.cluster_id().await.unwrap(), id);
    }
    let reader = lab.identity(Identity::Reader).await;
    let name = "web".parse().unwrap();
    assert_eq!(autoscaler_of(&reader, &lab.permit, &name).await.unwrap(), None);
    let hpa = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web"}, "spec": {"minReplicas": 2, "maxReplicas": 9, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}});
    let path = format!("/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers", lab.namespace);
    let created = send(&lab.raw(None).await, Method::POST, &path, Some(("application/json", hpa))).await;
    assert_eq!(created.0, 201, "{}", created.1);
    let found = autoscaler_of(&reader, &lab.permit, &name).await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.min_replicas, found.max_replicas), ("web", 2, 9));
    let elsewhere = AllowList::new(["kube-system".parse().unwrap()]).permit(&"kube-system".parse().unwrap()).unwrap();
    assert!(matches!(autoscaler_of(&reader, &elsewhere, &name).await, Err(ClusterError::Forbidden(_))));
}
