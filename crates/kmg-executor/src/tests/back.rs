//! The way back from a plan: out of what the executor kept, and for nobody who does not have the plan's bytes.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kmg_core::plan::{Job, Origin, Outcome, Restore, StoredBody, UndoRequest, WayBack};
use kmg_core::problem::Code;

use super::front::{Act, Kind, When};
use super::world::{NEW_IMAGE, World, brief};
use crate::{Executor, ExecutorError};

fn request(job: &Job) -> UndoRequest {
    UndoRequest { plan_id: job.plan_id.clone(), body: job.body.clone() }
}

async fn refused(executor: &Executor, request: UndoRequest) -> Code {
    match executor.undo(request).await {
        Err(ExecutorError::Refused(refusal)) => refusal.code,
        other => panic!("{other:?}"),
    }
}

fn pre_image_of(world: &World, job: &Job) -> PathBuf {
    world.journal_path().with_file_name("executor.jsonl.pre-images").join(format!("{}.1.sealed", job.plan_id))
}

#[tokio::test]
async fn an_applied_image_leads_back_to_the_one_before_and_again_after_a_restart() {
    let world = World::double().await;
    let executor = world.open().await;
    let before = world.image().await;
    let job = world.approved(1).await;
    assert_eq!(brief(&executor.execute(job.clone()).await.unwrap()), (Outcome::Applied, 1));
    let way = executor.undo(request(&job)).await.unwrap();
    let [change] = way.changes.as_slice() else { panic!("{way:?}") };
    let wanted = Restore::Image { container: "web".parse().unwrap(), image: before.parse().unwrap() };
    assert_eq!((&change.restore, &way.origin), (&wanted, &Origin::Plan { plan_id: job.plan_id.clone() }));
    let body = StoredBody::open(STANDARD.decode(&job.body).unwrap()).unwrap();
    assert_eq!(change.left, body.body().steps[0].predicted);
    let asked = world.front.not_reads();
    world.end(&executor).await;
    drop(executor);
    let again = world.open().await;
    assert_eq!(again.undo(request(&job)).await.unwrap(), way, "from the journal alone");
    assert_eq!(world.front.not_reads(), asked, "nothing is sent");
    world.end(&again).await;
}

#[tokio::test]
async fn only_the_bytes_that_were_executed_lead_back() {
    let world = World::double().await;
    let executor = world.open().await;
    let job = world.approved(1).await;
    assert_eq!(refused(&executor, request(&job)).await, Code::PlanNotFound, "not executed yet");
    executor.execute(job.clone()).await.unwrap();
    let mut other = StoredBody::open(STANDARD.decode(&job.body).unwrap()).unwrap().body().clone();
    other.steps[0].exclusions.push("/spec".to_owned());
    let other = STANDARD.encode(StoredBody::seal(other).unwrap().bytes());
    for body in [other, "no base64".to_owned(), STANDARD.encode("{}")] {
        assert_eq!(refused(&executor, UndoRequest { plan_id: job.plan_id.clone(), body }).await, Code::PlanNotFound);
    }
    let never = World::job(&world.plan_for(2, "registry.test/web:3").await, None);
    assert_eq!(refused(&executor, request(&never)).await, Code::PlanNotFound);
    executor.execute(never.clone()).await.unwrap();
    assert_eq!(refused(&executor, request(&never)).await, Code::NotReversible, "refused: it wrote nothing");
    world.end(&executor).await;
}

#[tokio::test]
async fn a_pre_image_that_is_gone_is_a_refusal_and_a_damaged_one_a_fault() {
    let world = World::double().await;
    let executor = world.open().await;
    let job = world.approved(1).await;
    executor.execute(job.clone()).await.unwrap();
    let file = pre_image_of(&world, &job);
    let sealed = std::fs::read(&file).unwrap();
    std::fs::write(&file, &sealed[..sealed.len() - 1]).unwrap();
    assert!(matches!(executor.undo(request(&job)).await, Err(ExecutorError::PreImages(_))));
    std::fs::remove_file(&file).unwrap();
    assert_eq!(refused(&executor, request(&job)).await, Code::NotReversible);
    world.end(&executor).await;
}

/// A write whose answer was lost is undone like any other once it is known; until then it is not over.
#[tokio::test]
async fn what_is_not_decided_has_no_way_back_yet() {
    let world = World::double().await;
    let executor = world.open().await;
    let job = world.approved(1).await;
    world.front.once(Kind::Write, When::After, Act::Cut);
    let receipt = executor.execute(job.clone()).await.unwrap();
    assert_eq!((receipt.outcome, world.image().await.as_str()), (Outcome::Applied, NEW_IMAGE), "{receipt:?}");
    let WayBack { changes, .. } = executor.undo(request(&job)).await.unwrap();
    assert_eq!(changes.len(), 1);
    world.end(&executor).await;
}
