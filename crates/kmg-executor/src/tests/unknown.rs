//! The write's answer is lost, late or senseless: read, never send again.

use kmg_core::plan::Outcome;

use super::front::{Act, Kind, When};
use super::world::{NEW_IMAGE, SETTLED, World, brief, worlds};

#[tokio::test]
async fn one_503_is_one_request_and_then_only_reads() {
    for world in worlds("executor::one_503_is_one_request_and_then_only_reads").await {
        let executor = world.open().await;
        let job = world.approved(1).await;
        let old = world.image().await;
        world.front.once(Kind::Write, When::Before, Act::Status(503));
        let receipt = executor.execute(job.clone()).await.unwrap();
        assert!(matches!(receipt.outcome, Outcome::Unknown | Outcome::Rejected), "{:?}", receipt.outcome);
        world.clock.advance(SETTLED);
        let settled = executor.reconcile(job.plan_id.clone(), None).await.unwrap();
        assert_eq!(brief(&settled), (Outcome::Rejected, 1), "{}", settled.reason);
        assert_eq!(executor.execute(job).await.unwrap(), settled);
        assert_eq!((world.front.count(Kind::Write), world.image().await), (1, old));
        world.end(&executor).await;
    }
}

#[tokio::test]
async fn it_is_not_rejected_before_the_api_servers_own_timeout() {
    let world = World::double().await;
    let executor = world.open().await;
    let job = world.approved(1).await;
    world.front.once(Kind::Write, When::Before, Act::Status(503));
    assert_eq!(executor.execute(job.clone()).await.unwrap().outcome, Outcome::Unknown);
    world.clock.advance(SETTLED - 2_000);
    assert_eq!(executor.reconcile(job.plan_id.clone(), None).await.unwrap().outcome, Outcome::Unknown);
    // The twin arrives after all.
    let (_, intent) = world.records().into_iter().find(|(kind, _)| kind == "apply.intent").unwrap();
    assert_eq!(intent["resourceVersion"], "100");
    world.clock.advance(2_000);
    assert_eq!(executor.reconcile(job.plan_id, None).await.unwrap().outcome, Outcome::Rejected);
    assert_eq!(world.front.count(Kind::Write), 1);
    world.end(&executor).await;
}

#[tokio::test]
async fn an_accepted_write_whose_answer_is_lost_is_applied() {
    for act in [Act::Cut, Act::Status(500), Act::Status(504), Act::Garbage, Act::Status(409), Act::Status(422), Act::Status(404)] {
        for world in worlds(&format!("executor::an_accepted_write_whose_answer_is_lost_is_applied: {act:?}")).await {
            let executor = world.open().await;
            let job = world.approved(1).await;
            world.front.once(Kind::Write, When::After, act.clone());
            let receipt = executor.execute(job).await.unwrap();
            assert_eq!(brief(&receipt), (Outcome::Applied, 1), "{act:?}: {}", receipt.reason);
            assert_eq!((world.front.count(Kind::Write), world.image().await.as_str()), (1, NEW_IMAGE));
            world.end(&executor).await;
        }
    }
}

#[tokio::test]
async fn a_connection_reset_before_the_api_server_is_settled_by_reading() {
    for world in worlds("executor::a_connection_reset_before_the_api_server_is_settled_by_reading").await {
        let executor = world.open().await;
        let job = world.approved(1).await;
        world.front.once(Kind::Write, When::Before, Act::Cut);
        executor.execute(job.clone()).await.unwrap();
        world.clock.advance(SETTLED);
        assert_eq!(brief(&executor.reconcile(job.plan_id, None).await.unwrap()), (Outcome::Rejected, 1));
        assert_eq!(world.front.count(Kind::Write), 1);
        world.end(&executor).await;
    }
}

#[tokio::test]
async fn a_refusal_is_final_and_sent_once() {
    for status in [400, 401, 403, 405, 413, 415, 429] {
        let world = World::double().await;
        let executor = world.open().await;
        let job = world.approved(1).await;
        world.front.once(Kind::Write, When::Before, Act::Status(status));
        let receipt = executor.execute(job).await.unwrap();
        assert_eq!(brief(&receipt), (Outcome::Rejected, 1), "{status}");
        assert_eq!(receipt.steps[0].message.as_ref().unwrap().for_escaping(), "the double says no");
        assert!(
            !world.records().iter().any(|(_, body)| body.to_string().contains("the double says no")),
            "the cluster's words are not journalled"
        );
        world.end(&executor).await;
    }
}

#[tokio::test]
async fn what_cannot_be_seen_any_more_needs_a_person() {
    for (act, name) in [(Act::Meddle, "changed"), (Act::Delete(true), "replaced"), (Act::Delete(false), "gone")] {
        let world = World::double().await;
        let executor = world.open().await;
        let job = world.approved(1).await;
        world.front.once(Kind::Write, When::Before, act);
        world.front.once(Kind::Write, When::Before, Act::Status(503));
        let receipt = executor.execute(job).await.unwrap();
        assert_eq!(brief(&receipt), (Outcome::NeedsHuman, 1), "{name}: {}", receipt.reason);
        world.end(&executor).await;
    }
}

#[tokio::test]
async fn an_undecided_write_keeps_other_plans_off_its_object() {
    let world = World::double().await;
    let executor = world.open().await;
    let job = world.approved(1).await;
    world.front.once(Kind::Write, When::Before, Act::Status(503));
    assert_eq!(executor.execute(job.clone()).await.unwrap().outcome, Outcome::Unknown);
    assert_eq!(executor.open_plans(), [job.plan_id]);
    let receipt = executor.execute(world.approved(2).await).await.unwrap();
    assert_eq!(receipt.reason, "another plan for the object is being executed or is not decided yet");
    assert_eq!(world.front.count(Kind::Write), 1);
    world.end(&executor).await;
}
