//! What is wrong, before the change and after it.

use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::Walk;
use super::account::{Account, Actor};
use super::agent::Agent;
use crate::demo::cluster::DEPLOYMENT;
use crate::progress;

/// How long the fault may take to show, and the rollout to end.
const PATIENCE: Duration = Duration::from_mins(3);
const PAUSE: Duration = Duration::from_secs(1);
/// How often a fault that keeps changing is looked at again.
const LOOKS: usize = 10;
/// Evidence of a finding that is told.
const MAX_EVIDENCE: usize = 3;

/// The Deployment as the diagnosis has it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Diagnosis {
    rollout_complete: bool,
    replicas: Replicas,
    containers: Vec<Container>,
    findings: Vec<Finding>,
}

#[derive(Debug, Deserialize)]
struct Replicas {
    desired: i64,
    available: i64,
}

#[derive(Debug, Deserialize)]
struct Container {
    name: String,
    image: String,
}

#[derive(Debug, Deserialize)]
struct Finding {
    id: String,
    severity: String,
    summary: String,
    #[serde(default)]
    evidence: Vec<Evidence>,
}

#[derive(Debug, Deserialize)]
struct Evidence {
    path: String,
    value: Value,
}

#[derive(Deserialize)]
struct Allowed {
    namespaces: Vec<String>,
}

#[derive(Deserialize)]
struct Status {
    deployments: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    name: String,
    replicas: i64,
    ready: i64,
}

impl Diagnosis {
    fn is_critical(&self) -> bool {
        self.findings.first().is_some_and(|finding| finding.severity == "critical")
    }

    fn summary(&self) -> &str {
        self.findings.first().map_or("", |finding| &finding.summary)
    }

    fn is_healthy(&self) -> bool {
        self.findings.is_empty() && self.rollout_complete
    }

    /// Its container and that one's image.
    fn image(&self) -> &str {
        self.containers.iter().find(|one| one.name == DEPLOYMENT).map_or("", |one| &one.image)
    }

    fn available(&self) -> String {
        format!("{} of {} replicas available", self.replicas.available, self.replicas.desired)
    }
}

/// The agent looks around and finds the fault.
pub(super) async fn fault(walk: &Walk<'_>, agent: &Agent) -> anyhow::Result<Diagnosis> {
    let (account, namespace) = (walk.account, &walk.args.namespace);
    account.says(Actor::Agent, "calls tools/list with its token.");
    let tools = agent.tools().await?;
    account.says(Actor::Guard, &format!("accepts the token, which is for {} alone, and offers {tools} tools.", walk.layout.mcp_url()));
    let allowed: Allowed = agent.read("get_allowed_namespaces", &json!({})).await?;
    account.says(Actor::Agent, &format!("calls get_allowed_namespaces: it may look into {}.", allowed.namespaces.join(", ")));
    let status: Status = agent.read("get_k8s_status", &json!({ "namespace": namespace })).await?;
    let row = status.deployments.iter().find(|row| row.name == DEPLOYMENT).context("the Deployment is not in the namespace")?;
    account.says(Actor::Agent, &format!("calls get_k8s_status: Deployment {}, {} of {} Pods ready.", row.name, row.ready, row.replicas));
    account.says(Actor::Agent, &format!("calls get_deployment_diagnostics for {DEPLOYMENT}."));
    let found = progress::during("waiting for the fault to show", settled(walk, agent)).await.context("the fault does not show")?;
    tell(account, &found);
    Ok(found)
}

/// The fault, once it looks the same twice: Pods do not fail all at once.
async fn settled(walk: &Walk<'_>, agent: &Agent) -> anyhow::Result<Diagnosis> {
    let mut before = until(walk, agent, Diagnosis::is_critical).await?;
    for _look in 0..LOOKS {
        sleep(PAUSE).await;
        let now = until(walk, agent, Diagnosis::is_critical).await?;
        if now.summary() == before.summary() {
            return Ok(now);
        }
        before = now;
    }
    Ok(before)
}

fn tell(account: Account, diagnosis: &Diagnosis) {
    let Some(worst) = diagnosis.findings.first() else { return };
    account.says(Actor::Guard, &format!("finds, from what the API server shows its reader: {} ({}).", worst.id, worst.severity));
    account.row("-", &worst.summary);
    // A container's message is long, and the summary already says what it means.
    let told = worst.evidence.iter().filter(|one| !one.path.ends_with(".message")).take(MAX_EVIDENCE);
    for one in told {
        let value = one.value.as_str().map_or_else(|| one.value.to_string(), str::to_owned);
        account.row("-", &format!("{} is {value}", one.path));
    }
}

/// The agent watches the rollout to its end, and the two states are told beside each other.
pub(super) async fn recovery(walk: &Walk<'_>, agent: &Agent, before: &Diagnosis) -> anyhow::Result<()> {
    let account = walk.account;
    account.says(Actor::Agent, "calls get_deployment_diagnostics until the rollout is complete and nothing is found.");
    let after = progress::during("waiting for the rollout", until(walk, agent, Diagnosis::is_healthy))
        .await
        .context("the Deployment did not become healthy")?;
    account.says(Actor::Cluster, "runs what was approved:");
    account.row("before:", &format!("{}, {}", before.image(), before.available()));
    account.row("after: ", &format!("{}, {}", after.image(), after.available()));
    Ok(())
}

async fn until(walk: &Walk<'_>, agent: &Agent, holds: impl Fn(&Diagnosis) -> bool) -> anyhow::Result<Diagnosis> {
    let arguments = json!({ "namespace": walk.args.namespace, "name": DEPLOYMENT });
    let deadline = Instant::now() + PATIENCE;
    loop {
        let diagnosis: Diagnosis = agent.read("get_deployment_diagnostics", &arguments).await?;
        if holds(&diagnosis) {
            return Ok(diagnosis);
        }
        if Instant::now() >= deadline {
            bail!("after {} minutes: {}", PATIENCE.as_secs() / 60, diagnosis.available());
        }
        sleep(PAUSE).await;
    }
}
