//! The process dies: what the journal announced is reconciled, never sent again.

use kmg_core::plan::{Job, Outcome};
use serde_json::json;

use super::front::{Act, Kind, When};
use super::world::{NEW_IMAGE, SETTLED, World, brief};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Runs an approved job in a process of its own and kills it when the write hangs at `when`.
fn killed_at(when: When) -> (tokio::runtime::Runtime, World, Job) {
    let outside = runtime();
    let world = outside.block_on(World::double());
    let job = outside.block_on(world.approved(1));
    world.front.once(Kind::Write, when, Act::Hang);
    let process = runtime();
    let executor = process.block_on(world.open());
    let running = {
        let job = job.clone();
        process.spawn(async move { executor.execute(job).await })
    };
    outside.block_on(world.front.hung.notified());
    process.shutdown_background();
    assert!(outside.block_on(running).is_err(), "killed before it could answer");
    (outside, world, job)
}

#[test]
fn killed_after_the_write_was_accepted() {
    let (outside, world, job) = killed_at(When::After);
    outside.block_on(async {
        let executor = world.open().await;
        assert_eq!(world.kinds()[1..], ["apply.intent", "executor.started", "apply.reconciled"]);
        assert_eq!(executor.open_plans(), std::slice::from_ref(&job.plan_id));
        let receipt = executor.execute(job.clone()).await.unwrap();
        assert_eq!(brief(&receipt), (Outcome::Applied, 1), "{}", receipt.reason);
        assert_eq!(executor.reconcile(job.plan_id, None).await.unwrap(), receipt);
        assert_eq!((world.front.count(Kind::Write), world.image().await.as_str()), (1, NEW_IMAGE));
        world.end(&executor).await;
    });
}

#[test]
fn killed_after_sending_before_the_api_server_took_it() {
    let (outside, world, job) = killed_at(When::Before);
    outside.block_on(async {
        let executor = world.open().await;
        assert_eq!(executor.reconcile(job.plan_id.clone(), None).await.unwrap().outcome, Outcome::Unknown);
        world.clock.advance(SETTLED);
        assert_eq!(brief(&executor.execute(job).await.unwrap()), (Outcome::Rejected, 1));
        assert_eq!(world.front.count(Kind::Write), 1);
        world.end(&executor).await;
    });
}

#[tokio::test]
async fn killed_between_intent_and_sending() {
    let world = World::double().await;
    let executor = world.open().await;
    // The intent of another run: taken from its journal, with nothing behind it.
    let job = world.approved(1).await;
    assert_eq!(executor.execute(job.clone()).await.unwrap().outcome, Outcome::Applied);
    let (_, mut intent) = world.records().into_iter().find(|(kind, _)| kind == "apply.intent").unwrap();
    let plan = world.plan_for(2, "registry.test/web:3").await;
    let live = world.front.read().await.unwrap();
    intent["planId"] = json!(plan.body().plan_id);
    intent["resourceVersion"] = live["metadata"]["resourceVersion"].clone();
    intent["generation"] = live["metadata"]["generation"].clone();
    intent["base"] = json!(plan.body().steps[0].base);
    intent["predicted"] = json!(plan.body().steps[0].predicted);
    let intent: crate::record::Intent = serde_json::from_value(intent).unwrap();
    executor.book.write(crate::record::APPLY_INTENT, &intent).await.unwrap();
    drop(executor);

    let executor = world.open().await;
    let again = World::job(&plan, Some(world.approve(&plan)));
    assert_eq!(executor.execute(again.clone()).await.unwrap().outcome, Outcome::Unknown);
    world.clock.advance(SETTLED);
    assert_eq!(brief(&executor.execute(again).await.unwrap()), (Outcome::Rejected, 1));
    assert_eq!(world.front.count(Kind::Write), 1, "only the first plan's");
    world.end(&executor).await;
}

#[tokio::test]
async fn a_second_executor_waits_for_the_first() {
    let world = World::double().await;
    let executor = world.open().await;
    let second = kmg_audit::Journal::open(
        &world.journal_path(),
        kmg_audit::JournalOptions {
            lock_wait: std::time::Duration::ZERO,
            ..kmg_audit::JournalOptions::new(kmg_audit::Purpose::Executor, world.clock.clone())
        },
    );
    assert!(matches!(second, Err(kmg_audit::AuditError::Locked)));
    world.end(&executor).await;
}
