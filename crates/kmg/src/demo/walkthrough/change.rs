//! The change: asked for, refused without an approval, decided by the person, applied.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use kmg_core::plan::Stage;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::Walk;
use super::account::Actor;
use super::agent::{Agent, Plan};
use super::journals::{short, time_of_day};
use crate::demo::cluster::DEPLOYMENT;
use crate::progress;

/// How long an outcome that is not known yet may take.
const SETTLING: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_secs(1);

/// The agent asks, and shows that it cannot go further by itself.
pub(super) async fn ask(walk: &Walk<'_>, agent: &Agent) -> anyhow::Result<Plan> {
    let (account, image) = (walk.account, walk.args.image());
    account.says(Actor::Agent, &format!("calls request_set_deployment_image: container {DEPLOYMENT}, image {image}."));
    let arguments = json!({
        "namespace": walk.args.namespace, "name": DEPLOYMENT, "container": DEPLOYMENT, "image": image,
        "reason": "The registry has no such tag; this one exists.",
    });
    let plan: Plan = agent.read("request_set_deployment_image", &arguments).await?;
    account.says(Actor::Cluster, "accepts the change as a dry run, which stores nothing.");
    account.says(Actor::Guard, &format!("keeps it as {}:", plan.id));
    account.row("-", &format!("{}.", plan.summary));
    for note in &plan.findings {
        account.row("-", &note.summary);
    }
    account.row("-", &format!("What you will see and approve, and what will be sent, are the same bytes: {}", short(&plan.review_digest)));
    account.says(Actor::Agent, "cannot approve it. It tries apply_approved_plan all the same.");
    refused(walk, agent, &plan.id, "not-approved").await?;
    Ok(plan)
}

/// `apply_approved_plan` must refuse under `code`.
async fn refused(walk: &Walk<'_>, agent: &Agent, id: &str, code: &str) -> anyhow::Result<()> {
    let plan = agent.plan("apply_approved_plan", id).await?;
    let said = plan.code.unwrap_or_default();
    ensure!(said == code, "apply_approved_plan should have been refused as {code}, and was answered with {} {said}", plan.state);
    walk.account.says(Actor::Guard, &format!("refuses ({said}): {}", plan.message.unwrap_or_default()));
    Ok(())
}

/// Waits for the person.
pub(super) async fn decision(walk: &Walk<'_>, agent: &Agent, asked: &Plan) -> anyhow::Result<Plan> {
    let account = walk.account;
    let url = asked.approval_url.as_deref().context("the plan has no page")?;
    ensure!(url.starts_with(&format!("{}/", walk.layout.web_origin())), "the plan's page is not one of this demo");
    account.says(
        Actor::You,
        "review the plan here, and approve or deny it. You sign in for the page, and once more for an approval: that sign-in is your signature.",
    );
    walk.open(url);
    account.says(
        Actor::Agent,
        &format!("waits for your decision with wait_for_plan. The plan expires at {} UTC.", time_of_day(&asked.expires_at)),
    );
    progress::during("waiting for your decision", decided(agent, &asked.id)).await
}

async fn decided(agent: &Agent, id: &str) -> anyhow::Result<Plan> {
    loop {
        let plan = agent.plan("wait_for_plan", id).await?;
        if plan.state != Stage::Pending {
            return Ok(plan);
        }
    }
}

/// What a denial means for the agent.
pub(super) async fn denied(walk: &Walk<'_>, agent: &Agent, plan: &Plan) -> anyhow::Result<()> {
    let reason = plan.deny_reason.as_deref().map_or_else(|| "without a reason.".to_owned(), |reason| format!("and say: \"{reason}\""));
    walk.account.says(Actor::You, &format!("deny it {reason}"));
    walk.account.says(Actor::Guard, &format!("tells the agent: {}", plan.next));
    walk.account.says(Actor::Agent, "tries apply_approved_plan all the same.");
    refused(walk, agent, &plan.id, "plan-denied").await
}

/// The agent has the approved plan executed; where it stands then.
pub(super) async fn apply(walk: &Walk<'_>, agent: &Agent, approved: &Plan) -> anyhow::Result<Stage> {
    let account = walk.account;
    let at = approved.decided_at.as_deref().map(time_of_day).unwrap_or_default();
    account.says(Actor::You, &format!("approve it at {at} UTC."));
    account.says(Actor::Agent, "calls apply_approved_plan.");
    let plan = progress::during("waiting for the executor", settled(agent, &approved.id)).await?;
    if plan.state != Stage::Applied {
        let reason = plan.outcome.map(|outcome| outcome.reason).or(plan.message).unwrap_or_default();
        account.says(Actor::Guard, &format!("answers that the plan is {}. {reason} {}", plan.state, plan.next));
        return Ok(plan.state);
    }
    let outcome = plan.outcome.context("the plan has no outcome")?;
    account.says(
        Actor::Guard,
        "has its executor prove the approval again, the signature and your sign-in included, and send exactly the approved bytes, once.",
    );
    account.says(Actor::Cluster, &outcome.reason);
    for step in outcome.steps {
        let known = |text: Option<String>| text.unwrap_or_else(|| "not known".to_owned());
        let (version, audit) = (known(step.resource_version), known(step.audit_id));
        account.row("-", &format!("resourceVersion {version}; in the API server's audit log as {audit}"));
    }
    Ok(Stage::Applied)
}

/// Applies plan `id`. An outcome that is not known yet is asked for, never sent again.
async fn settled(agent: &Agent, id: &str) -> anyhow::Result<Plan> {
    let mut plan = agent.plan("apply_approved_plan", id).await?;
    let deadline = Instant::now() + SETTLING;
    while !plan.state.is_final() && Instant::now() < deadline {
        sleep(PAUSE).await;
        plan = agent.plan("get_plan_status", id).await?;
    }
    Ok(plan)
}
