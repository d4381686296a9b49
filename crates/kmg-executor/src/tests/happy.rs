//! One write, once, as approved.

use kmg_core::plan::Outcome;

use super::front::{Act, Kind, When};
use super::world::{NEW_IMAGE, World, brief, worlds};
use crate::{ExecutorError, SealKey, open_pre_image};

#[tokio::test]
async fn an_approved_plan_is_written_once_and_remembered() {
    for world in worlds("executor::an_approved_plan_is_written_once_and_remembered").await {
        let executor = world.open().await;
        let before = world.front.read().await.unwrap();
        let job = world.approved(1).await;
        let receipt = executor.execute(job.clone()).await.unwrap();
        assert_eq!(brief(&receipt), (Outcome::Applied, 1), "{}", receipt.reason);
        assert_eq!(world.image().await, NEW_IMAGE);
        let audit_id = format!("{}.1", job.plan_id);
        assert_eq!(world.front.audit_ids(), std::slice::from_ref(&audit_id));
        assert!(world.accepted(&audit_id).is_none_or(|accepted| accepted == 1), "the cluster's own audit log has the plan");
        assert_eq!(receipt.steps[0].audit_id, Some(audit_id));
        let finished = world.lines().into_iter().find(|line| line["kind"] == "job.finished").unwrap();
        assert_eq!(
            (receipt.executor_head.seq, receipt.executor_head.hash.as_str()),
            (finished["seq"].as_u64().unwrap(), finished["hash"].as_str().unwrap())
        );
        assert_eq!((world.front.count(Kind::DryRun), world.front.count(Kind::Write)), (1, 1));

        let asked = world.front.not_reads();
        assert_eq!(executor.execute(job.clone()).await.unwrap(), receipt, "the same receipt again");
        assert_eq!(executor.reconcile(job.plan_id.clone(), None).await.unwrap(), receipt);
        world.end(&executor).await;
        drop(executor);

        let again = world.open().await;
        assert_eq!(again.execute(job.clone()).await.unwrap(), receipt, "from the journal alone");
        assert_eq!(world.front.not_reads(), asked);
        world.end(&again).await;
        assert_eq!(world.kinds(), ["executor.started", "apply.intent", "apply.outcome", "job.finished", "executor.started"]);
        let kept = open_pre_image(&world.journal_path(), &World::seal_key(), &job.plan_id, 1).unwrap();
        assert_eq!(kept["spec"], before["spec"]);
    }
}

#[tokio::test]
async fn a_pre_image_is_sealed() {
    let world = World::double().await;
    let executor = world.open().await;
    let job = world.approved(1).await;
    executor.execute(job.clone()).await.unwrap();
    let folder = world.journal_path().with_file_name("executor.jsonl.pre-images");
    let file = folder.join(format!("{}.1.sealed", job.plan_id));
    let bytes = std::fs::read(&file).unwrap();
    assert!(!bytes.windows(8).any(|window| window == b"registry"), "plain text on the disk");
    let open = |key: &SealKey, attempt| open_pre_image(&world.journal_path(), key, &job.plan_id, attempt);
    assert!(open(&SealKey::new([8; 32]), 1).is_err());
    std::fs::rename(&file, folder.join(format!("{}.2.sealed", job.plan_id))).unwrap();
    assert!(matches!(open(&World::seal_key(), 2), Err(ExecutorError::PreImages(_))), "it is bound to its attempt");
}

#[tokio::test]
async fn racing_calls_for_one_plan_write_once() {
    for world in worlds("executor::racing_calls_for_one_plan_write_once").await {
        let executor = world.open().await;
        let job = world.approved(1).await;
        let mut racing = tokio::task::JoinSet::new();
        for _ in 0..64 {
            let (executor, job) = (executor.clone(), job.clone());
            racing.spawn(async move { executor.execute(job).await });
        }
        let mut receipts = Vec::new();
        for outcome in racing.join_all().await {
            match outcome {
                Ok(receipt) => receipts.push(receipt),
                Err(error) => assert!(matches!(error, ExecutorError::Busy), "{error}"),
            }
        }
        assert!(receipts.iter().all(|receipt| brief(receipt) == (Outcome::Applied, 1)) && !receipts.is_empty());
        assert_eq!((world.front.count(Kind::Write), world.front.count(Kind::DryRun)), (1, 1));
        world.end(&executor).await;
    }
}

#[tokio::test]
async fn two_plans_for_one_object_write_once() {
    for world in worlds("executor::two_plans_for_one_object_write_once").await {
        let executor = world.open().await;
        let first = world.approved(1).await;
        let plan = world.plan_for(2, "registry.test/web:3").await;
        let second = World::job(&plan, Some(world.approve(&plan)));
        let (a, b) = tokio::join!(executor.execute(first), executor.execute(second));
        let outcomes = [a.unwrap().outcome, b.unwrap().outcome];
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Applied).count(), 1, "{outcomes:?}");
        assert!(outcomes.iter().any(|outcome| matches!(outcome, Outcome::Refused | Outcome::Stale)), "{outcomes:?}");
        assert_eq!(world.front.count(Kind::Write), 1);
        world.end(&executor).await;
    }
}

#[tokio::test]
async fn an_answer_that_differs_from_the_prediction_is_told() {
    for world in worlds("executor::an_answer_that_differs_from_the_prediction_is_told").await {
        let executor = world.open().await;
        let job = world.approved(1).await;
        world.front.once(Kind::Write, When::After, Act::Twist("/spec/revisionHistoryLimit", 3.into()));
        let receipt = executor.execute(job).await.unwrap();
        assert_eq!(brief(&receipt), (Outcome::AppliedDiverged, 1));
        world.end(&executor).await;
    }
}

#[tokio::test]
async fn an_object_that_names_the_plan_is_not_written_again() {
    for world in worlds("executor::an_object_that_names_the_plan_is_not_written_again").await {
        let executor = world.open().await;
        let job = world.approved(1).await;
        assert_eq!(executor.execute(job.clone()).await.unwrap().outcome, Outcome::Applied);
        world.end(&executor).await;
        drop(executor);
        // The journal is lost, the object is not.
        std::fs::remove_file(world.journal_path()).unwrap();
        let amnesiac = world.open().await;
        let receipt = amnesiac.execute(job).await.unwrap();
        assert_eq!(brief(&receipt), (Outcome::Applied, 0), "{}", receipt.reason);
        assert_eq!(world.front.count(Kind::Write), 1);
        world.end(&amnesiac).await;
    }
}
