//! A job whose approval does not prove itself: nothing but reads leaves the process.

use kmg_core::decision::{Approval, Statement};
use kmg_core::identity::Principal;
use kmg_core::plan::{Head, Job, Outcome, StoredBody};
use serde_json::{Value, json};

use super::front::{Act, Kind, When};
use super::world::{World, brief, worlds};

/// Runs `job` and expects a refusal for `reason`, without a single request that is not a read.
async fn refuses(world: &World, case: &str, job: Job, reason: &str) {
    let executor = world.open().await;
    let (asked, seen) = (world.front.not_reads(), world.audited());
    let receipt = executor.execute(job.clone()).await.unwrap();
    assert_eq!((receipt.outcome, receipt.reason.as_str(), receipt.attempts), (Outcome::Refused, reason, 0), "{case}");
    // Refused is final: the same plan with a good approval does not run later.
    assert_eq!(executor.execute(job).await.unwrap(), receipt, "{case}");
    assert_eq!(world.front.not_reads(), asked, "{case}: something was sent");
    assert_eq!(world.audited(), seen, "{case}: the cluster saw something, if only a dry run");
    assert_eq!(world.kinds().last().unwrap(), "job.refused", "{case}");
    world.end(&executor).await;
}

fn restated(world: &World, plan: &StoredBody, alter: impl FnOnce(&mut Statement)) -> Approval {
    let mut statement = world.statement(plan);
    alter(&mut statement);
    let bytes = statement.to_bytes().unwrap();
    let token = world.sign_in(&bytes, |_| {});
    Approval::new(&bytes, &world.gateway_key, Some(token))
}

fn signed_in(world: &World, plan: &StoredBody, alter: impl FnOnce(&mut Value)) -> Approval {
    let bytes = world.statement(plan).to_bytes().unwrap();
    let token = world.sign_in(&bytes, alter);
    Approval::new(&bytes, &world.gateway_key, Some(token))
}

const SIGN_IN: &str = "fresh sign-in missing or not verified by the provider's keys";

#[tokio::test]
async fn an_approval_that_does_not_prove_itself_sends_nothing() {
    for world in worlds("executor::an_approval_that_does_not_prove_itself_sends_nothing").await {
        let plan = world.plan(1).await;
        refuses(&world, "missing", World::job(&plan, None), "approval missing").await;

        let plan = world.plan(2).await;
        let approval = restated(&world, &world.plan(3).await, |_| {});
        refuses(&world, "for another plan", World::job(&plan, Some(approval)), "approval is for another plan").await;

        let plan = world.plan(4).await;
        let approval = world.approve(&plan);
        let mut body = plan.body().clone();
        body.times.execute_within += 1;
        let altered = StoredBody::seal(body).unwrap();
        refuses(&world, "altered bytes", World::job(&altered, Some(approval)), "approval is for other bytes").await;

        let plan = world.plan(5).await;
        let mut approval = world.approve(&plan);
        approval.envelope.payload.replace_range(0..4, "e30K");
        refuses(&world, "altered statement", World::job(&plan, Some(approval)), "approval not signed by a trusted key").await;

        let plan = world.plan(6).await;
        let bytes = world.statement(&plan).to_bytes().unwrap();
        let alone = Approval::new(&bytes, &world.gateway_key, None);
        refuses(&world, "the gateway's key alone", World::job(&plan, Some(alone)), SIGN_IN).await;

        let plan = world.plan(7).await;
        let mut body = plan.body().clone();
        body.cluster_id = "99999999-2222-3333-4444-555555555555".into();
        let elsewhere = StoredBody::seal(body).unwrap();
        refuses(&world, "another cluster", World::job(&elsewhere, Some(world.approve(&elsewhere))), "plan is for another cluster").await;
    }
}

#[tokio::test]
async fn a_sign_in_that_does_not_commit_to_the_decision_sends_nothing() {
    let world = World::double().await;
    for (seed, reason, alter) in [
        (1, SIGN_IN, (|c: &mut Value| c["aud"] = "kmg-web".into()) as fn(&mut Value)),
        (2, SIGN_IN, |c| c["aud"] = json!(["kmg-approve", "agent"])),
        (3, SIGN_IN, |c| c["iss"] = "https://other.example".into()),
        (4, "sign-in does not commit to this decision", |c| c["nonce"] = "another".into()),
        (5, "sign-in is by another person", |c| c["sub"] = "mallory".into()),
        (6, "sign-in is not fresh", |c| c["auth_time"] = (c["auth_time"].as_i64().unwrap() - 60).into()),
    ] {
        let plan = world.plan(seed).await;
        let approval = signed_in(&world, &plan, alter);
        refuses(&world, reason, World::job(&plan, Some(approval)), reason).await;
    }
    let plan = world.plan(7).await;
    let stranger = World::double().await;
    let bytes = world.statement(&plan).to_bytes().unwrap();
    let forged = Approval::new(&bytes, &world.gateway_key, Some(stranger.sign_in(&bytes, |c| c["iss"] = world.issuer.clone().into())));
    refuses(&world, "keys of another issuer", World::job(&plan, Some(forged)), SIGN_IN).await;
}

#[tokio::test]
async fn the_executors_own_rules_decide() {
    for (alter, reason) in [
        ((|t: &mut Value| t["rule"] = "other".into()) as fn(&mut Value), "approver not allowed"),
        (|t| t["approvers"][0]["sub"] = "alice".into(), "approver not allowed"),
        (|t| t["namespaces"] = json!(["elsewhere"]), "namespace not allowed"),
    ] {
        let world = World::double().await;
        world.write_trust(alter);
        let job = world.approved(1).await;
        refuses(&world, reason, job, reason).await;
    }
    let world = World::double().await;
    let plan = world.plan(1).await;
    let other = Principal { sub: "mallory".into(), ..world.person() };
    let approval = restated(&world, &plan, |statement| statement.approver = other);
    refuses(&world, "approver of the statement", World::job(&plan, Some(approval)), "sign-in is by another person").await;
}

#[tokio::test]
async fn a_window_that_closed_sends_nothing() {
    for world in worlds("executor::a_window_that_closed_sends_nothing").await {
        let job = world.approved(1).await;
        // From the sign-in, ten seconds before now.
        world.clock.advance(590_000);
        refuses(&world, "expired", job, "expired").await;
    }
}

#[tokio::test]
async fn a_window_that_closes_on_the_way_sends_no_write() {
    for world in worlds("executor::a_window_that_closes_on_the_way_sends_no_write").await {
        let executor = world.open().await;
        let job = world.approved(1).await;
        world.front.once(Kind::DryRun, When::After, Act::Advance(590_000));
        let receipt = executor.execute(job).await.unwrap();
        assert_eq!((brief(&receipt), receipt.reason.as_str()), ((Outcome::Refused, 0), "expired"));
        assert_eq!(world.front.count(Kind::Write), 0);
        world.end(&executor).await;
    }
}

#[tokio::test]
async fn a_job_is_what_it_says_or_nothing() {
    let world = World::double().await;
    let job = world.approved(1).await;
    let other = world.plan(2).await;
    let renamed = Job { plan_id: other.body().plan_id.clone(), ..job.clone() };
    refuses(&world, "renamed", renamed, "the bytes are of another plan").await;
    let job = world.approved(3).await;
    refuses(&world, "no base64", Job { body: "!".into(), ..job.clone() }, "the plan's bytes are not base64").await;
    let job = world.approved(4).await;
    refuses(&world, "no witness", Job { gateway_head: Head::default(), ..job }, "the gateway's journal position is missing").await;
    let mut body = world.plan(5).await.body().clone();
    body.steps.push(body.steps[0].clone());
    let twice = StoredBody::seal(body).unwrap();
    refuses(&world, "twice", World::job(&twice, Some(world.approve(&twice))), "the plan writes one object twice").await;
}

#[tokio::test]
async fn a_request_that_is_not_what_the_ask_means_is_refused_although_approved() {
    for world in worlds("executor::a_request_that_is_not_what_the_ask_means_is_refused_although_approved").await {
        let executor = world.open().await;
        let mut body = world.plan(1).await.body().clone();
        for half in &mut body.steps[0].template.body {
            *half = half.replace("registry.test/web:2", "registry.test/bad:2");
        }
        let plan = StoredBody::seal(body).unwrap();
        let receipt = executor.execute(World::job(&plan, Some(world.approve(&plan)))).await.unwrap();
        assert_eq!(
            (receipt.outcome, receipt.reason.as_str()),
            (Outcome::Refused, "the stored request is not what the ask means for the object")
        );
        let mut body = world.plan(2).await.body().clone();
        body.steps[0].exclusions.push("/spec".into());
        let plan = StoredBody::seal(body).unwrap();
        let receipt = executor.execute(World::job(&plan, Some(world.approve(&plan)))).await.unwrap();
        assert_eq!((receipt.outcome, receipt.reason.as_str()), (Outcome::Refused, "the plan leaves out a field that must be compared"));
        assert_eq!(world.front.not_reads(), 0);
        world.end(&executor).await;
    }
}

#[tokio::test]
async fn a_plan_that_was_never_received_is_voided_before_it_is_answered() {
    for world in worlds("executor::a_plan_that_was_never_received_is_voided_before_it_is_answered").await {
        let executor = world.open().await;
        let job = world.approved(1).await;
        let receipt = executor.reconcile(job.plan_id.clone(), None).await.unwrap();
        assert_eq!(brief(&receipt), (Outcome::Refused, 0));
        assert_eq!(world.kinds(), ["executor.started", "plan.voided"]);
        assert_eq!(executor.execute(job.clone()).await.unwrap(), receipt, "it came late");
        world.end(&executor).await;
        drop(executor);
        let again = world.open().await;
        assert_eq!(again.execute(job).await.unwrap(), receipt);
        assert_eq!(world.front.not_reads(), 0);
        world.end(&again).await;
    }
}

#[tokio::test]
async fn the_credential_must_lead_to_the_cluster_of_the_trust_file() {
    let world = World::double().await;
    world.front.once(Kind::Identify, When::After, Act::Twist("/metadata/uid", "other".into()));
    let job = world.approved(1).await;
    refuses(&world, "another cluster", job, "the credential leads to another cluster").await;
    let job = world.approved(2).await;
    let executor = world.open().await;
    world.front.once(Kind::Identify, When::Before, Act::Status(503));
    assert_eq!(executor.execute(job).await.unwrap().outcome, Outcome::Refused);
    assert_eq!(world.front.not_reads(), 0);
}

#[tokio::test]
async fn a_clock_behind_the_journal_executes_nothing() {
    let world = World::double().await;
    let executor = world.open().await;
    world.end(&executor).await;
    drop(executor);
    world.clock.advance(-10_000);
    let job = world.approved(1).await;
    refuses(&world, "clock", job, "the clock is behind the journal").await;
}
