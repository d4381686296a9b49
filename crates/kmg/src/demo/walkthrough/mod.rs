//! `kmg demo --walkthrough`: a scripted agent goes the whole way, and the person decides.
//!
//! Nothing here knows more than an agent and a person do: it speaks to the endpoint by MCP with a token of its own
//! sign-in. Only the last chapter opens files of the demo, the two journals.

mod account;
mod agent;
mod change;
mod diagnose;
mod journals;
mod terminal;

use kmg_core::plan::Stage;

use super::layout::{Layout, USERNAME};
use crate::cli::DemoArgs;
use crate::files;
use account::{Account, Actor};
use agent::Agent;

/// What every chapter needs.
struct Walk<'a> {
    args: &'a DemoArgs,
    layout: &'a Layout,
    account: Account,
}

/// Walks through the demo that is ready now. With `--once` it returns; else it says how it ended and waits for ever.
///
/// # Errors
/// With `--once`: the sign-in or a step did not succeed, nobody decided, or a journal does not hold. A denial is no
/// error.
pub(crate) async fn run(args: &DemoArgs, layout: &Layout, password: &str) -> anyhow::Result<()> {
    let walk = Walk { args, layout, account: Account::new(terminal::takes_colours()) };
    walk.opening(password);
    let ended = walk.chapters().await;
    if args.walk.once {
        return ended;
    }
    if let Err(error) = ended {
        files::complain(&format!("kmg: {error:#}"));
    }
    walk.account.chapter("Everything is still running; Ctrl-C stops it.");
    std::future::pending().await
}

impl Walk<'_> {
    fn opening(&self, password: &str) {
        self.account.chapter("Kubernetes MCP Guard: an agent repairs a Deployment, and you decide");
        files::say(&format!(
            "  MCP endpoint   {}\n  Your pages     {}\n  Sign in as     {USERNAME}\n  Password       {password}\n\
             \x20                (yours alone: the agent must not have it)",
            self.layout.mcp_url(),
            self.layout.web_origin(),
        ));
    }

    async fn chapters(&self) -> anyhow::Result<()> {
        let account = self.account;
        account.chapter("1. The agent signs in");
        let agent = Agent::sign_in(self).await?;
        account.chapter("2. It finds the fault");
        let before = diagnose::fault(self, &agent).await?;
        account.chapter("3. It asks for a change");
        let asked = change::ask(self, &agent).await?;
        account.chapter("4. You decide");
        let plan = change::decision(self, &agent, &asked).await?;
        let mut stage = plan.state;
        match stage {
            Stage::Approved => {
                account.chapter("5. The change is written, and the Deployment recovers");
                stage = change::apply(self, &agent, &plan).await?;
                if stage == Stage::Applied {
                    diagnose::recovery(self, &agent, &before).await?;
                }
            }
            Stage::Denied => {
                account.chapter("5. The agent hears no");
                change::denied(self, &agent, &plan).await?;
            }
            other => account.says(Actor::Guard, &format!("ends the wait: the plan is {other}.")),
        }
        account.chapter("6. What the journals recorded");
        journals::tell(self, &plan.id)?;
        self.ending(stage)
    }

    fn ending(&self, stage: Stage) -> anyhow::Result<()> {
        match stage {
            Stage::Applied => self.account.chapter("Repaired: asked for by the agent, approved by you, written once."),
            Stage::Denied => self.account.chapter("Denied, and nothing was changed. That is a fine end: it is what the gate is for."),
            other => anyhow::bail!("the Deployment was not repaired: the plan is {other}"),
        }
        Ok(())
    }
}
