//! After a write: how far the Deployments are rolled out.

use std::ops::ControlFlow;
use std::time::Duration;

use kmg_core::identity::Caller;
use kmg_core::observe::{Observation, Observe, Rollout, RolloutQuestion, RolloutState, RolloutVerdict};
use kmg_core::plan::{Action, Kind, Outcome, PlanStatus, Step};
use kmg_core::problem::Problem;
use kmg_core::untrusted::Untrusted;
use kmg_link::methods;
use kmg_store::PlanRow;
use tokio::time::Instant;

use crate::options::App;

/// A rollout is looked at again after so long, then after twice as long each time, up to [`LOOK_EVERY`]: many are
/// complete at once, such as those to fewer replicas.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// How often a rollout is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The deadline of one look, and of looking at what holds a rollout up.
const DEADLINE: Duration = Duration::from_secs(5);
/// A plan's rollouts are told of for so long after its write, in milliseconds: an hour.
const TOLD_FOR: i64 = 3_600_000;
/// Of how many unfinished rollouts it is said what holds them up.
const EXPLAINED: usize = 3;

/// Hears how rollouts stand, and says whether to look on.
pub type Listener<'a> = dyn Fn(&[Rollout]) -> ControlFlow<()> + Sync + 'a;

impl App {
    /// `status` with the rollouts of the Deployments that its plan wrote within the last hour. They are looked at
    /// again and again until none can change any more, `within` has passed, or the listener has heard enough; with
    /// no time, once. What is not complete by then is told as it stands: time never completes a rollout.
    ///
    /// What cannot be read is told as such, in its place: the plan's outcome does not depend on it.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn follow(
        &self,
        caller: &Caller,
        mut status: PlanStatus,
        within: Duration,
        listener: &Listener<'_>,
    ) -> Result<PlanStatus, Problem> {
        let written = status.outcome.as_ref().is_some_and(|receipt| self.clock().now().since(receipt.at) < TOLD_FOR);
        if !written {
            return Ok(status);
        }
        let row = self.owned(caller.requester(), &status.plan_id).await?;
        let questions = questions(&row);
        // Without a place among the waiting calls there is one look.
        let place = if within.is_zero() { None } else { self.start_waiting(caller.requester()).ok() };
        let until = Instant::now() + if place.is_some() { within } else { Duration::ZERO };
        let mut pause = LOOK_AGAIN;
        loop {
            status.rollouts = self.look(&questions).await;
            let heard = listener(&status.rollouts);
            let next = Instant::now() + pause;
            if heard.is_break() || next > until || !status.rollouts.iter().any(Rollout::is_open) {
                break;
            }
            tokio::time::sleep_until(next).await;
            pause = LOOK_EVERY.min(pause * 2);
        }
        let unfinished = status.rollouts.iter_mut().filter(|rollout| {
            let verdict = rollout.state.as_ref().map(|state| state.verdict);
            matches!(verdict, Ok(RolloutVerdict::Progressing | RolloutVerdict::Failed))
        });
        for rollout in unfinished.take(EXPLAINED) {
            rollout.trouble = self.trouble(rollout).await;
        }
        Ok(status)
    }

    async fn look(&self, questions: &[RolloutQuestion]) -> Vec<Rollout> {
        let mut rollouts = Vec::with_capacity(questions.len());
        for question in questions {
            let asked = self.parts().server.call::<RolloutState>(methods::ROLLOUT, question, DEADLINE).await;
            let state = asked.map_err(|problem| problem.code());
            rollouts.push(Rollout { namespace: question.namespace.clone(), name: question.name.clone(), state, trouble: None });
        }
        rollouts
    }

    async fn trouble(&self, rollout: &Rollout) -> Option<Untrusted<Observation>> {
        let query = Observe::Deployment { namespace: rollout.namespace.clone(), name: rollout.name.clone() };
        let seen = self.parts().server.call(methods::OBSERVE, &query, DEADLINE).await;
        seen.map(Untrusted::new).map_err(|problem| tracing::info!(code = %problem.code(), "what holds a rollout up was not read")).ok()
    }
}

/// What to look at: the Deployments that the API server said it wrote.
fn questions(row: &PlanRow) -> Vec<RolloutQuestion> {
    let outcomes = row.receipt.iter().flat_map(|receipt| &receipt.steps);
    let steps = row.body.body().steps.iter().zip(outcomes);
    let written = steps.filter(|(step, end)| {
        step.action != Action::Delete
            && step.object.kind == Kind::Deployment.as_str()
            && matches!(end.outcome, Outcome::Applied | Outcome::AppliedDiverged)
    });
    written.filter_map(|(step, _)| question(step)).collect()
}

fn question(step: &Step) -> Option<RolloutQuestion> {
    Some(RolloutQuestion {
        namespace: step.object.namespace.parse().ok()?,
        name: step.object.name.parse().ok()?,
        uid: step.object.uid.clone(),
        predicted: step.predicted,
        exclusions: step.exclusions.clone(),
    })
}
