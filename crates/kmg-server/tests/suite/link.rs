//! The gateway's end of the link, as the gateway uses it.

use std::time::Duration;

use kmg_core::clock::Clock;
use kmg_core::observe::{Observation, Observe, StatusQuery};
use kmg_core::plan::{Ask, PlanId, PreviewRequest, PreviewResponse};
use kmg_core::problem::Code;
use kmg_link::{Link, LinkError, LinkOptions, methods};
use kmg_server::{FencePolicy, FenceState, PROCESS_NAME, ProbeResponse, serve_link};

use crate::lab::lab;

const DEADLINE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn the_link_answers_every_method_and_keeps_foreign_text_apart() {
    let Some(lab) = lab("link", "link").await else { return };
    let server = lab.server(Clock::system(), FencePolicy::Required).await;
    let (near, far) = tokio::io::duplex(1 << 20);
    let (read, write) = tokio::io::split(far);
    let serving = tokio::spawn(serve_link(read, write, server));
    let (read, write) = tokio::io::split(near);
    let link = Link::start(read, write, LinkOptions::default());

    let hello = methods::Hello { protocol: methods::PROTOCOL, name: PROCESS_NAME.to_owned() };
    let _hello: methods::Hello = link.call(methods::HELLO, &hello, DEADLINE).await.unwrap();
    let probe: ProbeResponse = link.call(methods::PROBE, &(), DEADLINE).await.unwrap();
    assert_eq!((probe.fence, probe.namespaces), (FenceState::Fenced, vec![lab.namespace.to_string()]));
    assert_eq!(probe.cluster_id, Some(lab.admin.cluster_id().await.unwrap()));

    let query = |selector: Option<&str>| {
        Observe::Status(StatusQuery {
            namespace: lab.namespace.clone(),
            label_selector: selector.map(str::to_owned),
            limit: 5,
            cursor: None,
        })
    };
    let Observation::Status(status) = link.call(methods::OBSERVE, &query(None), DEADLINE).await.unwrap() else { panic!("not a status") };
    assert_eq!(status.deployments.items[0].name, "web");
    let preview = PreviewRequest {
        plan_id: PlanId::new(Clock::system().now(), [1; 10]),
        ask: Ask::ScaleDeployment { namespace: lab.namespace.clone(), name: "web".parse().unwrap(), replicas: 3 },
    };
    let answer: PreviewResponse = link.call(methods::PREVIEW, &preview, DEADLINE).await.unwrap();
    assert_eq!(answer.steps.len(), 1);

    let refused: Result<Observation, LinkError> = link.call(methods::OBSERVE, &query(Some("odd in (")), DEADLINE).await;
    let Err(LinkError::Remote { code: Code::ClusterInvalid, message, untrusted: Some(foreign) }) = refused else { panic!("{refused:?}") };
    assert!(foreign.for_screening().contains("unable to parse") && !message.contains("unable to parse"), "{foreign:?} {message}");
    let unknown: Result<(), LinkError> = link.call("execute", &(), DEADLINE).await;
    assert_eq!(unknown.unwrap_err().code(), Code::Internal);
    let malformed: Result<(), LinkError> = link.call(methods::OBSERVE, &"text", DEADLINE).await;
    assert_eq!(malformed.unwrap_err().code(), Code::Internal);

    link.close();
    drop(link);
    tokio::time::timeout(DEADLINE, serving).await.unwrap().unwrap().unwrap();
}
