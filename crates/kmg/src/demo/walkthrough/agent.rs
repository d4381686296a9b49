//! The agent: an MCP client without any knowledge of the demo but the endpoint's URL.

use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use kmg_client::{ClientError, Reply, Session, SignIn};
use kmg_core::plan::Stage;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::account::{Actor, visible};
use super::{Walk, terminal};
use crate::demo::layout::USERNAME;
use crate::progress;

/// The name the person is shown by the issuer.
const NAME: &str = "kmg walkthrough";
/// Less than the ten minutes after which the issuer forgets a registration nobody used.
const SIGN_IN: Duration = Duration::from_mins(9);

/// The signed-in agent.
pub(super) struct Agent(Session);

/// A plan, as the tools tell of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Plan {
    #[serde(rename = "planId")]
    pub(super) id: String,
    pub(super) state: Stage,
    pub(super) expires_at: String,
    pub(super) review_digest: String,
    pub(super) summary: String,
    pub(super) next: String,
    #[serde(default)]
    pub(super) findings: Vec<Note>,
    pub(super) approval_url: Option<String>,
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) decided_at: Option<String>,
    pub(super) deny_reason: Option<String>,
    pub(super) outcome: Option<Outcome>,
}

/// What the reviewer is told about a plan.
#[derive(Debug, Deserialize)]
pub(super) struct Note {
    pub(super) summary: String,
}

/// What became of a plan.
#[derive(Debug, Deserialize)]
pub(super) struct Outcome {
    pub(super) reason: String,
    #[serde(default)]
    pub(super) steps: Vec<Step>,
}

/// What became of one object.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Step {
    pub(super) resource_version: Option<String>,
    pub(super) audit_id: Option<String>,
}

impl Agent {
    /// Signs in as any client does: the person does it, in a browser.
    pub(super) async fn sign_in(walk: &Walk<'_>) -> anyhow::Result<Self> {
        let account = walk.account;
        let sign_in = SignIn::begin(&walk.layout.mcp_url().parse()?, NAME).await.map_err(explained).context("the agent's sign-in")?;
        account.says(
            Actor::Agent,
            &format!(
                "asks the endpoint without a token, learns from its answer who the issuer is, and registers there as \"{NAME}\". \
                 It holds no credential of the cluster."
            ),
        );
        account.says(
            Actor::You,
            &format!(
                "open this page and sign in as {USERNAME} with the password above. It goes to the issuer: the agent never sees it and gets \
                 a token for the tools."
            ),
        );
        walk.open(sign_in.authorize_url().as_str());
        account.says(Actor::Agent, &format!("waits until you have signed in ({} minutes at most).", SIGN_IN.as_secs() / 60));
        let session = progress::during("waiting for you to sign in", sign_in.finish(SIGN_IN)).await;
        let session = session.map_err(explained).context("the agent's sign-in")?;
        account.says(Actor::You, "have signed in.");
        Ok(Self(session))
    }

    /// How many tools there are.
    pub(super) async fn tools(&self) -> anyhow::Result<usize> {
        Ok(self.0.tools().await.map_err(explained).context("tools/list")?.len())
    }

    /// Calls a tool that has to answer.
    pub(super) async fn read<T: DeserializeOwned>(&self, tool: &str, arguments: &Value) -> anyhow::Result<T> {
        let reply = self.call(tool, arguments).await?;
        if reply.is_error {
            bail!("{tool} was refused: {}", visible(&reply.text));
        }
        understood(tool, reply)
    }

    /// Calls a tool that tells of plan `id`, whether it refuses or not.
    pub(super) async fn plan(&self, tool: &str, id: &str) -> anyhow::Result<Plan> {
        let mut arguments = json!({ "planId": id });
        if tool == "wait_for_plan" {
            arguments["timeoutSeconds"] = json!(50);
        }
        understood(tool, self.call(tool, &arguments).await?)
    }

    async fn call(&self, tool: &str, arguments: &Value) -> anyhow::Result<Reply> {
        self.0.call(tool, arguments).await.map_err(explained).with_context(|| tool.to_owned())
    }
}

impl Walk<'_> {
    /// Prints an address, and opens it where it may.
    pub(super) fn open(&self, url: &str) {
        self.account.address(url);
        if !self.args.walk.no_browser && terminal::open(url) {
            self.account.says(Actor::You, "will find it in your browser, which was asked to open it.");
        }
    }
}

fn understood<T: DeserializeOwned>(tool: &str, reply: Reply) -> anyhow::Result<T> {
    // The parser's words may quote the answer.
    serde_json::from_value(reply.structured).map_err(|error| anyhow!("{tool} answered something else: {}", visible(&error.to_string())))
}

/// The error with the words that came from outside, spelled out.
fn explained(error: ClientError) -> anyhow::Error {
    let said = match &error {
        ClientError::Refused(text) | ClientError::Endpoint { error: text, .. } | ClientError::Rpc { message: text, .. } => {
            visible(text.for_escaping())
        }
        _ => return error.into(),
    };
    anyhow!("{error}: {said}")
}
