//! One write is one request, whatever the server does.

use std::time::Duration;

use kmg_cluster::write::apply::{SendResult, send_once};
use kmg_cluster::{Cluster, ClusterError, Options};
use kmg_core::clock::Clock;
use kmg_core::plan::Rendered;

use crate::stub::{Reply, Stub};

const DEADLINE: Duration = Duration::from_secs(30);
/// For servers that never answer: long enough for a request to be written on a busy machine.
const SHORT: Duration = Duration::from_secs(3);

fn write(method: &str) -> Rendered {
    Rendered {
        method: method.to_owned(),
        path: "/apis/apps/v1/namespaces/demo/deployments/web".to_owned(),
        query: "fieldManager=kmg".to_owned(),
        content_type: "application/json-patch+json".to_owned(),
        body: b"[]".to_vec(),
    }
}

async fn cluster(stub: &Stub) -> Cluster {
    Cluster::connect_text(&stub.kubeconfig(), Options { body_bytes: 100_000, ..Options::new(Clock::system()) }).await.unwrap()
}

#[tokio::test]
async fn a_stub_that_answers_503_sees_one_request_for_one_write() {
    for method in ["PATCH", "PUT", "POST", "DELETE"] {
        for status in [429, 500, 502, 503, 504] {
            let stub = Stub::start(move |_| Reply::Whole(status, "{}".to_owned())).await;
            let result = send_once(&cluster(&stub).await, &write(method), "plan_1.1", DEADLINE).await;
            match status {
                429 => assert!(matches!(result, SendResult::Rejected { status: 429, .. }), "{result:?}"),
                _ => assert!(matches!(result, SendResult::Unknown { .. }), "{result:?}"),
            }
            assert_eq!(stub.heads(method).len(), 1, "{method} {status}");
        }
    }
}

#[tokio::test]
async fn a_broken_answer_is_unknown_and_never_sent_again() {
    for reply in [Reply::Hangup, Reply::Stall, Reply::Endless, Reply::Short] {
        let stub = Stub::start(move |line| if line.starts_with("GET") { Reply::Whole(200, "{}".to_owned()) } else { reply.clone() }).await;
        let cluster = cluster(&stub).await;
        // A reused connection is where HTTP clients like to try again.
        cluster.get("/version", &[], "application/json").await.unwrap();
        let result = send_once(&cluster, &write("PATCH"), "plan_1.1", SHORT).await;
        assert!(matches!(result, SendResult::Unknown { .. }), "{result:?}");
        assert_eq!(stub.heads("PATCH").len(), 1);
        assert_eq!(stub.connections(), 1);
    }
}

#[tokio::test]
async fn the_request_carries_the_audit_id_and_says_who_sends_it() {
    let stub = Stub::start(|_| Reply::Whole(200, "{\"kind\":\"Deployment\"}".to_owned())).await;
    let result = send_once(&cluster(&stub).await, &write("PATCH"), "plan_1.1", DEADLINE).await;
    assert!(matches!(result, SendResult::Accepted { status: 200, .. }));
    let head = stub.heads("PATCH").remove(0).to_lowercase();
    assert!(head.starts_with("patch /apis/apps/v1/namespaces/demo/deployments/web?fieldmanager=kmg http/1.1\r\n"), "{head}");
    assert!(head.contains("audit-id: plan_1.1\r\n"));
    assert!(head.contains(concat!("user-agent: kmg/", env!("CARGO_PKG_VERSION"), " plan\r\n")));
    assert!(!head.contains("dryrun"));
}

#[tokio::test]
async fn a_header_in_the_audit_id_is_never_sent() {
    let stub = Stub::start(|_| Reply::Whole(200, "{}".to_owned())).await;
    let result = send_once(&cluster(&stub).await, &write("PATCH"), "x\r\nImpersonate-User: admin", DEADLINE).await;
    assert!(matches!(result, SendResult::Rejected { status: 0, .. }));
    assert!(stub.heads("").is_empty());
}

#[tokio::test]
async fn reads_are_bounded_too() {
    let stub = Stub::start(|line| if line.contains("/endless") { Reply::Endless } else { Reply::Stall }).await;
    let options = Options { body_bytes: 100_000, deadline: SHORT, ..Options::new(Clock::system()) };
    let cluster = Cluster::connect_text(&stub.kubeconfig(), options).await.unwrap();
    assert!(matches!(cluster.get("/endless", &[], "application/json").await, Err(ClusterError::TooLarge(100_000))));
    assert!(matches!(cluster.get("/stall", &[], "application/json").await, Err(ClusterError::Timeout(3000))));
}

#[tokio::test]
async fn no_more_calls_are_in_flight_than_allowed() {
    let stub = Stub::start(|_| Reply::Stall).await;
    let options = Options { in_flight: 3, deadline: 5 * SHORT, ..Options::new(Clock::system()) };
    let cluster = Cluster::connect_text(&stub.kubeconfig(), options).await.unwrap();
    let calls = (0..20).map(|_| cluster.get("/x", &[], "application/json"));
    let mut all = Box::pin(futures_util::future::join_all(calls));
    // Looked at while they wait: the first to be given up makes room for others, which may still be sent.
    let sent = async {
        stub.at_least("GET", 3).await;
        tokio::time::sleep(SHORT).await;
        stub.heads("GET").len()
    };
    tokio::select! {
        _ = &mut all => panic!("a call was answered or given up"),
        sent = sent => assert_eq!(sent, 3),
    }
    let all = all.await;
    assert!(all.iter().all(|answer| matches!(answer, Err(ClusterError::Timeout(_)))));
}

/// Why the stack is not kube's default one: it repeats writes. Should this fail after an update of kube, look
/// at what its default has become.
#[tokio::test]
async fn kubes_default_stack_repeats_a_write() {
    for method in ["PATCH", "DELETE"] {
        for status in [429, 503, 504] {
            let stub = Stub::start(move |_| Reply::Whole(status, "{}".to_owned())).await;
            let file = kube::config::Kubeconfig::from_yaml(&stub.kubeconfig()).unwrap();
            let mut config = kube::Config::from_custom_kubeconfig(file, &kube::config::KubeConfigOptions::default()).await.unwrap();
            config.proxy_url = None;
            let client = kube::Client::try_from(config).unwrap();
            let request = http::Request::builder().method(method).uri("/x").body(kube::client::Body::from(b"[]".to_vec())).unwrap();
            #[expect(clippy::disallowed_methods, reason = "shows what the default client does")]
            let sending = client.send(request);
            tokio::select! {
                _ = sending => panic!("{method} {status}: the default client no longer repeats"),
                () = stub.at_least(method, 4) => {}
            }
        }
    }
}
