//! A stub that plays an API server gone wrong: what it sends is neither kept nor waited for without bound.

use kmg_cluster::read::{namespace_events, pod_log, resource, status};
use kmg_cluster::{Cluster, ClusterError, Options};
use kmg_core::allow::{AllowList, Permit};
use kmg_core::clock::Clock;
use kmg_core::observe::{EventsQuery, LogQuery, ResourceKind, ResourceQuery, StatusQuery};
use serde_json::json;

use crate::stub::{Reply, Stub};

/// What may wait in the machine's own buffers of one connection.
const BUFFERS: usize = 16 << 20;

fn permit() -> Permit {
    AllowList::new(["demo".parse().unwrap()]).permit(&"demo".parse().unwrap()).unwrap()
}

async fn cluster(stub: &Stub) -> Cluster {
    Cluster::connect_text(&stub.kubeconfig(), Options::new(Clock::system())).await.unwrap()
}

fn log_query(tail_lines: u32, contains: Option<&str>) -> LogQuery {
    LogQuery {
        namespace: "demo".parse().unwrap(),
        pod: "web".parse().unwrap(),
        container: None,
        tail_lines,
        previous: false,
        since_seconds: None,
        contains: contains.map(str::to_owned),
    }
}

fn status_query() -> StatusQuery {
    StatusQuery { namespace: "demo".parse().unwrap(), label_selector: None, limit: 20, cursor: None }
}

/// A stub with one Pod whose log is `log`.
async fn with_log(log: Reply) -> Stub {
    let pod = json!({"metadata": {"name": "web"}, "spec": {"nodeName": "n", "containers": [{"name": "app"}]}}).to_string();
    Stub::start(move |line| if line.contains("/log?") { log.clone() } else { Reply::Whole(200, pod.clone()) }).await
}

#[tokio::test]
async fn an_endless_log_is_cut() {
    for (text, contains) in [("2026-01-01T00:00:00Z a line\n", None), ("one line that never ends ", None), ("\u{0}", Some("x"))] {
        let stub = with_log(Reply::Flood(text)).await;
        let log = pod_log(&cluster(&stub).await, &permit(), &log_query(500, contains)).await.unwrap();
        assert!(log.more, "{text:?}");
        let bytes = serde_json::to_string(&log).unwrap().len();
        assert!(bytes <= 400_000, "{bytes} bytes for {text:?}");
        // Asked for again with fewer lines, each time hung up on after a mebibyte.
        let asked = stub.heads("GET").iter().filter(|head| head.contains("/log?")).count();
        assert!((2..=5).contains(&asked), "{asked} requests");
        assert!(stub.flooded() <= asked * BUFFERS, "{} bytes sent", stub.flooded());
    }
}

#[tokio::test]
async fn a_config_map_of_50_mb_is_refused() {
    let whole = json!({"metadata": {"name": "web"}, "data": {"a": "x".repeat(50_000_000)}}).to_string();
    let stub = Stub::start(move |_| Reply::Whole(200, whole.clone())).await;
    let query = ResourceQuery { namespace: "demo".parse().unwrap(), kind: ResourceKind::ConfigMap, name: "web".parse().unwrap() };
    let refused = resource(&cluster(&stub).await, &permit(), &query).await;
    assert!(matches!(refused, Err(ClusterError::TooLarge(bytes)) if bytes <= 4 << 20), "{refused:?}");
}

#[tokio::test]
async fn an_endless_object_and_an_endless_list_are_given_up() {
    let stub = Stub::start(|_| Reply::Flood(" ")).await;
    let cluster = cluster(&stub).await;
    let query = ResourceQuery { namespace: "demo".parse().unwrap(), kind: ResourceKind::Pod, name: "web".parse().unwrap() };
    assert!(matches!(resource(&cluster, &permit(), &query).await, Err(ClusterError::TooLarge(_))));
    assert!(matches!(status(&cluster, &permit(), &status_query()).await, Err(ClusterError::TooLarge(_))));
    // Five lists, each asked for in four sizes of page.
    let asked = stub.heads("GET").len();
    assert!(asked <= 1 + 5 * 4, "{asked} requests");
    assert!(stub.flooded() <= asked * BUFFERS, "{} bytes sent", stub.flooded());
}

/// A page of Pods from `first` on, as the server of `limit=` would give it; `more` says whether others follow.
fn page(first: usize, rows: usize, more: bool) -> String {
    let pod = |index: usize| {
        let phase = if index == 777 { "Failed" } else { "Running" };
        json!({"metadata": {"name": format!("p{index:06}")}, "spec": {"containers": []}, "status": {"phase": phase, "conditions": [{"type": "Ready", "status": "True"}]}})
    };
    let items: Vec<_> = (first..first + rows).map(pod).collect();
    let next = if more { format!("c{}", first + rows) } else { String::new() };
    json!({"metadata": {"continue": next, "remainingItemCount": 100_000 - first - rows}, "items": items}).to_string()
}

fn number_after(line: &str, name: &str) -> Option<usize> {
    let digits: String = line.split_once(name)?.1.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[tokio::test]
async fn of_100_000_pods_the_first_5_000_are_read_and_the_rest_is_counted() {
    let stub = Stub::start(|line| {
        if !line.contains("/pods?") {
            return Reply::Whole(200, json!({"metadata": {}, "items": []}).to_string());
        }
        let first = number_after(line, "continue=c").unwrap_or(0);
        Reply::Whole(200, page(first, number_after(line, "limit=").unwrap(), true))
    })
    .await;
    let answer = status(&cluster(&stub).await, &permit(), &status_query()).await.unwrap();
    assert_eq!((answer.pods.total, answer.pods.items.len(), answer.pods.truncated), (100_000, 20, true));
    assert_eq!(answer.pods.items[0].name, "p000777", "the worst of those that were read");
    assert!(answer.cursor.is_some());
    assert!(stub.heads("GET").len() <= 4 + 20, "{}", stub.heads("GET").len());
    assert!(serde_json::to_string(&answer).unwrap().len() <= 16_000);
}

#[tokio::test]
async fn a_continue_token_that_never_ends_is_left() {
    for rows in [0, 1] {
        // Every page has the same token, and none or one row, whatever was asked for.
        let stub = Stub::start(move |line| {
            let items = if line.contains("/pods?") {
                page(0, rows, false)
            } else {
                json!({"items": vec![json!({"metadata": {}}); rows]}).to_string()
            };
            let mut list: serde_json::Value = serde_json::from_str(&items).unwrap();
            list["metadata"]["continue"] = json!("again");
            Reply::Whole(200, list.to_string())
        })
        .await;
        let cluster = cluster(&stub).await;
        let answer = status(&cluster, &permit(), &status_query()).await.unwrap();
        assert!(answer.pods.truncated && answer.services.truncated);
        let before = stub.heads("GET").len();
        assert!(before <= 5 * 200, "{before} requests");
        let query = EventsQuery { namespace: "demo".parse().unwrap(), label_selector: None, field_selector: None, limit: 20, cursor: None };
        assert!(namespace_events(&cluster, &permit(), &query).await.unwrap().events.truncated);
        assert!(stub.heads("GET").len() - before <= 200);
    }
}
