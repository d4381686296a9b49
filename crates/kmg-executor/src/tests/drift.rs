//! Something moves between approval and write.

use kmg_core::plan::Outcome;

use super::front::{Act, Kind, When};
use super::world::{NEW_IMAGE, World, brief, worlds};

/// Every point between approval and write, as the request at which the change happens.
const POINTS: [(Kind, When); 6] = [
    (Kind::Identify, When::Before),
    (Kind::Identify, When::After),
    (Kind::Read, When::Before),
    (Kind::Read, When::After),
    (Kind::DryRun, When::After),
    (Kind::Write, When::Before),
];

#[tokio::test]
async fn a_change_at_any_point_is_stale_and_nothing_is_accepted() {
    for (kind, when) in POINTS {
        for world in worlds(&format!("executor::a_change_at_any_point_is_stale: {when:?} {kind:?}")).await {
            let executor = world.open().await;
            let job = world.approved(1).await;
            let old = world.image().await;
            world.front.once(kind, when, Act::Meddle);
            let receipt = executor.execute(job).await.unwrap();
            assert_eq!(receipt.outcome, Outcome::Stale, "{when:?} {kind:?}: {}", receipt.reason);
            assert_eq!(world.image().await, old);
            assert_eq!(u32::try_from(world.front.count(Kind::Write)), Ok(receipt.attempts));
            world.end(&executor).await;
        }
    }
}

#[tokio::test]
async fn a_replaced_or_deleted_object_is_stale() {
    for again in [true, false] {
        for (kind, when) in POINTS {
            let world = World::double().await;
            let executor = world.open().await;
            let job = world.approved(1).await;
            world.front.once(kind, when, Act::Delete(again));
            let receipt = executor.execute(job).await.unwrap();
            assert_eq!(receipt.outcome, Outcome::Stale, "{again} {when:?} {kind:?}: {}", receipt.reason);
            world.end(&executor).await;
        }
    }
}

#[tokio::test]
async fn a_move_nobody_reviews_takes_another_numbered_attempt() {
    for world in worlds("executor::a_move_nobody_reviews_takes_another_numbered_attempt").await {
        let executor = world.open().await;
        let job = world.approved(1).await;
        world.front.once(Kind::Write, When::Before, Act::Stir);
        let receipt = executor.execute(job.clone()).await.unwrap();
        assert_eq!(brief(&receipt), (Outcome::Applied, 2), "{}", receipt.reason);
        assert_eq!(world.front.audit_ids(), [format!("{}.1", job.plan_id), format!("{}.2", job.plan_id)]);
        assert_eq!(world.front.count(Kind::DryRun), 2, "every attempt has its own dry run");
        assert_eq!(world.image().await, NEW_IMAGE);
        world.end(&executor).await;
    }
}

#[tokio::test]
async fn there_are_at_most_three_attempts() {
    let world = World::double().await;
    let executor = world.open().await;
    let job = world.approved(1).await;
    for _ in 0..3 {
        world.front.once(Kind::Write, When::Before, Act::Status(409));
    }
    // A refusal although nothing moved is a refusal of the bytes: no second attempt.
    let receipt = executor.execute(job).await.unwrap();
    assert_eq!(brief(&receipt), (Outcome::Rejected, 1), "{}", receipt.reason);
    let world = World::double().await;
    let executor = world.open().await;
    let job = world.approved(1).await;
    world.front.every(Kind::Write, When::Before, Act::Stir);
    let receipt = executor.execute(job).await.unwrap();
    assert_eq!(brief(&receipt), (Outcome::Stale, 3), "{}", receipt.reason);
    assert_eq!(world.front.count(Kind::Write), 3);
    world.end(&executor).await;
}

#[tokio::test]
async fn another_prediction_under_this_identity_is_stale() {
    for world in worlds("executor::another_prediction_under_this_identity_is_stale").await {
        let executor = world.open().await;
        let job = world.approved(1).await;
        world.front.once(Kind::DryRun, When::After, Act::Twist("/spec/revisionHistoryLimit", 3.into()));
        let receipt = executor.execute(job).await.unwrap();
        assert_eq!(brief(&receipt), (Outcome::Stale, 0));
        assert_eq!(world.front.count(Kind::Write), 0);
        world.end(&executor).await;
    }
}

#[tokio::test]
async fn a_dry_run_that_is_refused_or_does_not_answer_sends_no_write() {
    for (status, outcome) in [
        (403, Outcome::Stale),
        (409, Outcome::Stale),
        (422, Outcome::Stale),
        (401, Outcome::Refused),
        (500, Outcome::Refused),
        (503, Outcome::Refused),
    ] {
        let world = World::double().await;
        let executor = world.open().await;
        let job = world.approved(1).await;
        world.front.every(Kind::DryRun, When::Before, Act::Status(status));
        let receipt = executor.execute(job).await.unwrap();
        assert_eq!(brief(&receipt), (outcome, 0), "{status}");
        assert_eq!(world.front.count(Kind::Write), 0);
        world.end(&executor).await;
    }
}

/// A rollout's status moves the version between read and dry run; the reviewed state is still there.
#[tokio::test]
async fn a_version_that_moved_before_the_dry_run_is_read_again() {
    for status in [409, 422] {
        let world = World::double().await;
        let executor = world.open().await;
        let job = world.approved(1).await;
        world.front.once(Kind::DryRun, When::Before, Act::Status(status));
        let receipt = executor.execute(job).await.unwrap();
        assert_eq!(brief(&receipt), (Outcome::Applied, 1), "{status}: {}", receipt.reason);
        assert_eq!((world.front.count(Kind::DryRun), world.front.count(Kind::Write)), (2, 1));
        world.end(&executor).await;
    }
}

#[tokio::test]
async fn a_graver_finding_than_reviewed_is_stale() {
    let world = World::double().await;
    let executor = world.open().await;
    let mut body = world.body(1, NEW_IMAGE).await;
    body.findings.clear();
    let plan = kmg_core::plan::StoredBody::seal(body).unwrap();
    let receipt = executor.execute(World::job(&plan, Some(world.approve(&plan)))).await.unwrap();
    assert_eq!((receipt.outcome, receipt.reason.as_str()), (Outcome::Stale, "There is a graver finding than the reviewer saw."));
    assert_eq!(world.front.count(Kind::Write), 0);
}
