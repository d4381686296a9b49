//! A namespace with more Pods than one answer could ever show, on the real API server.

use futures_util::StreamExt as _;
use http::Method;
use kmg_cluster::rbac::Identity;
use kmg_cluster::read::status;
use kmg_core::observe::StatusQuery;
use serde_json::json;

use crate::lab::{eventually, lab, send};

const PODS: usize = 5_000;
/// The number of the one that fails.
const FAILING: usize = 777;
/// How many are created at once.
const AT_ONCE: usize = 64;

#[tokio::test]
async fn the_worst_of_5_000_pods_is_first_in_a_small_answer() {
    let Some(lab) = lab("5,000 Pods", "many").await else { return };
    let admin = lab.raw(None).await;
    let path = lab.core("pods");
    // On a simulated node of their own, which reports each as running: a node that is full would refuse the Pods of
    // other cases. Without a grace period they go when their namespace does.
    let node = format!("node-of-{}", lab.namespace);
    let simulated = json!({
        "apiVersion": "v1", "kind": "Node", "spec": {"unschedulable": true},
        "metadata": {"name": node, "annotations": {"kwok.x-k8s.io/node": "fake"}, "labels": {"kubernetes.io/hostname": node, "type": "kwok"}}
    });
    assert_eq!(send(&admin, Method::POST, "/api/v1/nodes", Some(("application/json", simulated))).await.0, 201);
    let create = |index: usize| {
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("p{index:04}"), "labels": {"test": "many"}}, "spec": {"nodeName": node, "terminationGracePeriodSeconds": 0, "containers": [{"name": "c", "image": "registry.test/web:1"}]}});
        let (admin, path) = (&admin, &path);
        async move { send(admin, Method::POST, path, Some(("application/json", pod))).await.0 }
    };
    // The first, before the node has others to report: it has the last word on a Pod until it runs.
    assert_eq!(create(FAILING).await, 201);
    let failing_one = lab.core("pods/p0777");
    eventually("the node to report p0777", || async {
        let (_, pod) = send(&admin, Method::GET, &failing_one, None).await;
        pod.contains("\"phase\":\"Running\"").then_some(())
    })
    .await;
    let created = futures_util::stream::iter((0..PODS).filter(|index| *index != FAILING).map(create)).buffer_unordered(AT_ONCE);
    assert_eq!(created.filter(|status| std::future::ready(*status == 201)).count().await, PODS - 1);
    let failing = json!({"status": {"containerStatuses": [{"name": "c", "image": "", "imageID": "", "ready": false, "restartCount": 9, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}});
    let patched =
        send(&admin, Method::PATCH, &lab.core("pods/p0777/status"), Some(("application/strategic-merge-patch+json", failing))).await;
    assert_eq!(patched.0, 200, "{}", patched.1);

    let reader = lab.identity(Identity::Reader).await;
    let query = StatusQuery { namespace: lab.namespace.clone(), label_selector: Some("test=many".to_owned()), limit: 20, cursor: None };
    let first = status(&reader, &lab.permit, &query).await.unwrap();
    assert_eq!((first.pods.total, first.pods.items.len(), first.pods.truncated), (5_000, 20, true));
    assert_eq!(first.pods.items[0].name, "p0777");
    assert!(serde_json::to_string(&first).unwrap().len() <= 16_000);
    let second = status(&reader, &lab.permit, &StatusQuery { cursor: first.cursor, ..query }).await.unwrap();
    assert!(second.pods.items.iter().all(|pod| first.pods.items.iter().all(|shown| shown.name != pod.name)), "a page shows no row twice");
    let lists = lab.audit(Identity::Reader).into_iter().filter(|event| event["objectRef"]["resource"] == "pods").count();
    assert!(lists >= 2 * PODS / 250, "read page by page: {lists}");

    let gone = send(&admin, Method::DELETE, &format!("/api/v1/namespaces/{}", lab.namespace), None).await;
    assert_eq!(gone.0, 200, "{}", gone.1);
    assert_eq!(send(&admin, Method::DELETE, &format!("/api/v1/nodes/{node}"), None).await.0, 200);
}
