//! Over the private link, as the gateway calls it.

use std::time::Duration;

use kmg_core::plan::{Outcome, Receipt, UndoRequest, WayBack};
use kmg_core::problem::Code;
use kmg_link::methods::{EXECUTE, HELLO, Hello, OBSERVE, PROBE, PROTOCOL, RECONCILE, UNDO};
use kmg_link::{Link, LinkOptions};
use serde_json::{Value, json};

use super::front::{Act, Kind, When};
use super::world::{NEW_IMAGE, World, brief};
use crate::{LINK_NAME, ProbeResponse, ReconcileRequest, run};

const DEADLINE: Duration = Duration::from_mins(1);

fn started(world: &World) -> (Link, tokio::task::JoinHandle<Result<(), crate::ExecutorError>>) {
    let (here, there) = tokio::io::duplex(1 << 20);
    let (reader, writer) = tokio::io::split(there);
    let running = tokio::spawn(run(reader, writer, world.options()));
    let (reader, writer) = tokio::io::split(here);
    (Link::start(reader, writer, LinkOptions::default()), running)
}

#[tokio::test]
async fn the_gateway_executes_reconciles_and_probes() {
    let world = World::double().await;
    let (link, running) = started(&world);
    let hello = Hello { protocol: PROTOCOL, name: LINK_NAME.to_owned() };
    link.call::<Hello, _>(HELLO, &hello, DEADLINE).await.unwrap();
    let job = world.approved(1).await;
    let receipt: Receipt = link.call(EXECUTE, &job, DEADLINE).await.unwrap();
    assert_eq!(brief(&receipt), (Outcome::Applied, 1));
    let again: Receipt = link.call(RECONCILE, &ReconcileRequest { plan_id: job.plan_id, body: None }, DEADLINE).await.unwrap();
    assert_eq!(again, receipt);
    let back = UndoRequest { plan_id: receipt.plan_id.clone(), body: job.body };
    let way: WayBack = link.call(UNDO, &back, DEADLINE).await.unwrap();
    assert_eq!(way.changes.len(), 1);
    let never = world.plan_for(2, "registry.test/web:3").await;
    let question = World::job(&never, None);
    let voided: Receipt = link.call(RECONCILE, &json!({"planId": question.plan_id, "body": question.body}), DEADLINE).await.unwrap();
    assert_eq!(brief(&voided), (Outcome::Refused, 0));
    let (_, record) = world.records().into_iter().find(|(kind, _)| kind == "plan.voided").unwrap();
    assert_eq!(record["reviewDigest"], json!(never.digest()));
    let probe: ProbeResponse = link.call(PROBE, &Value::Null, DEADLINE).await.unwrap();
    // A checkpoint may have followed.
    assert!(probe.head.seq >= voided.executor_head.seq && probe.open_plans.is_empty());
    for (method, body, code) in [
        (EXECUTE, json!({"planId": "x"}), Code::InvalidJson),
        (RECONCILE, json!({}), Code::InvalidJson),
        (UNDO, json!({}), Code::InvalidJson),
        (UNDO, json!({"planId": receipt.plan_id, "body": ""}), Code::PlanNotFound),
        (OBSERVE, json!({}), Code::Internal),
    ] {
        let error = link.call::<Value, _>(method, &body, DEADLINE).await.unwrap_err();
        assert_eq!(error.code(), code, "{method}");
    }
    link.close();
    drop(link);
    running.await.unwrap().unwrap();
    assert_eq!(world.records().last().unwrap().0, "checkpoint", "closed in good order");
}

#[tokio::test]
async fn a_gateway_that_leaves_does_not_stop_a_write() {
    let world = World::double().await;
    let (link, running) = started(&world);
    let job = world.approved(1).await;
    world.front.once(Kind::Write, When::Before, Act::Pause);
    let calling = link.call::<Receipt, _>(EXECUTE, &job, DEADLINE);
    let (_, ()) = tokio::join!(calling, async {
        world.front.hung.notified().await;
        link.close();
    });
    drop(link);
    world.front.resume.notify_one();
    running.await.unwrap().unwrap();
    assert_eq!(world.image().await, NEW_IMAGE);
    assert_eq!(world.kinds()[1..], ["apply.intent", "apply.outcome", "job.finished"]);
}
