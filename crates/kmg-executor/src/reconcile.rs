//! Open attempts: read until decided, never send again.

use kmg_cluster::read::object;
use kmg_core::allow::AllowList;
use kmg_core::names::{Namespace, ObjectName};
use kmg_core::plan::{Kind, Outcome, PlanId, Receipt, StepOutcome, Target};

use crate::apply::{end_of, outcome_of};
use crate::error::ExecutorError;
use crate::executor::Executor;
use crate::ledger::{Attempt, Seen};
use crate::record::{APPLY_RECONCILED, Closing, Intent, JOB_FINISHED, State, overall};
use crate::verdict::{Conclusion, Read, conclude};

impl Executor {
    /// Decides about a plan whose requests were announced and that has no final record, as far as reading can.
    pub(crate) async fn settle(&self, plan: &PlanId) -> Result<Receipt, ExecutorError> {
        for attempt in self.attempts(plan).iter().filter(|attempt| attempt.is_open()) {
            self.settle_attempt(plan, attempt.intent.attempt).await?;
        }
        let attempts = self.attempts(plan);
        let closing = self.closing(plan, &attempts);
        if attempts.iter().any(Attempt::is_open) { Ok(closing.receipt(self.head())) } else { self.close_plan(JOB_FINISHED, closing).await }
    }

    /// Reads the object of one open attempt until it can be decided or the call's time is over; `None` means
    /// not yet.
    pub(crate) async fn settle_attempt(&self, plan: &PlanId, number: u32) -> Result<Option<Conclusion>, ExecutorError> {
        let attempts = self.attempts(plan);
        let Some(attempt) = attempts.iter().find(|attempt| attempt.intent.attempt == number && attempt.is_open()) else { return Ok(None) };
        let settled_at = attempt.at.plus(millis(self.timing.api_request_timeout)).plus(millis(self.timing.margin));
        let until = tokio::time::Instant::now() + self.timing.settle_within;
        loop {
            // Taken before the read: what is read must be younger than the moment it is held against.
            let now = self.clock.now();
            let read = if self.is_our_cluster().await { self.read(&attempt.intent).await } else { Read::Failed };
            let known = attempt.end.as_ref().map(|end| end.state);
            let news = conclude(&attempt.intent, &read, now, settled_at)
                .filter(|now| now.state != State::Deleting || known != Some(State::Deleting));
            if let Some(conclusion) = news {
                self.book.write(APPLY_RECONCILED, &end_of(&attempt.intent, &conclusion)).await?;
                return Ok(Some(conclusion));
            }
            if tokio::time::Instant::now() + self.timing.poll_every > until {
                return Ok(None);
            }
            tokio::time::sleep(self.timing.poll_every).await;
        }
    }

    /// Reads the object an announced request is about. Its place is taken from our own journal.
    pub(crate) async fn read(&self, intent: &Intent) -> Read {
        let Some(written) = intent.object() else { return Read::Failed };
        let (Some(kind), Ok(namespace), Ok(name)) =
            (Kind::from_name(&written.kind), written.namespace.parse::<Namespace>(), written.name.parse::<ObjectName>())
        else {
            return Read::Failed;
        };
        let Ok(permit) = AllowList::new([namespace.clone()]).permit(&namespace) else { return Read::Failed };
        match object(&self.cluster, &permit, &Target { kind, name }).await {
            Ok(Some(live)) => Read::Object(live),
            Ok(None) => Read::Gone,
            Err(error) => {
                tracing::warn!(%error, plan = %intent.plan_id, "an object could not be read to decide about a write");
                Read::Failed
            }
        }
    }

    /// Another cluster's object of the same name would prove nothing.
    async fn is_our_cluster(&self) -> bool {
        self.cluster.cluster_id().await.is_ok_and(|id| id == self.settings.trust.cluster_id)
    }

    fn attempts(&self, plan: &PlanId) -> Vec<Attempt> {
        match self.book.seen(plan) {
            Some(Seen::Sent(attempts)) => attempts,
            _ => Vec::new(),
        }
    }

    /// The plan's end as its attempts tell it.
    fn closing(&self, plan: &PlanId, attempts: &[Attempt]) -> Closing {
        let objects = attempts.first().map_or(&[][..], |attempt| attempt.intent.objects.as_slice());
        let steps: Vec<StepOutcome> = objects
            .iter()
            .enumerate()
            .map(|(index, object)| {
                let last = attempts.iter().rev().find(|attempt| attempt.intent.step == index);
                last.map_or_else(|| outcome_of(object, Outcome::Refused), step_of)
            })
            .collect();
        let outcomes: Vec<Outcome> = steps.iter().map(|step| step.outcome).collect();
        let sent = u32::try_from(attempts.iter().filter(|attempt| state(attempt) != State::Withheld).count()).unwrap_or(u32::MAX);
        let last = attempts.iter().rev().find_map(|attempt| attempt.end.as_ref());
        Closing {
            plan_id: plan.clone(),
            outcome: overall(&outcomes, sent),
            reason: last.map_or_else(String::new, |end| end.reason.clone()),
            attempts: sent,
            steps,
            at: self.clock.now(),
            review_digest: attempts.first().map(|attempt| attempt.intent.review_digest),
        }
    }
}

fn state(attempt: &Attempt) -> State {
    attempt.end.as_ref().map_or(State::Unknown, |end| end.state)
}

fn step_of(attempt: &Attempt) -> StepOutcome {
    let object = &attempt.intent.objects[attempt.intent.step];
    StepOutcome {
        resource_version: attempt.end.as_ref().and_then(|end| end.resource_version.clone()),
        audit_id: (state(attempt) != State::Withheld).then(|| attempt.intent.audit_id.clone()),
        ..outcome_of(object, state(attempt).outcome())
    }
}

fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
