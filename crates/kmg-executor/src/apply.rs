//! The apply algorithm: check every step first, then write each one once.
//!
//! Each numbered step of the specification is one function here, in order: [`Work::check`] (re-read, rebuild,
//! own dry run), [`Work::announce`] (pre-image and durable intent), [`Work::send`] (one request, classified),
//! [`run`] (steps in order, the outcome names each object).

use kmg_cluster::ClusterError;
use kmg_cluster::read::object;
use kmg_cluster::write::apply::{SendResult, send_once};
use kmg_cluster::write::dry_run::dry_run;
use kmg_core::clock::Millis;
use kmg_core::decision::VerifiedPlan;
use kmg_core::plan::{
    Action, Change, Head, Kind, ObjectId, Outcome, Receipt, Rendered, ResourceVersion, Step, StepOutcome, Target as Place, before_dry_run,
    findings, project, projection_digest, step_change, worse,
};
use kmg_core::untrusted::Quoted;
use serde_json::Value;

use crate::error::ExecutorError;
use crate::executor::Executor;
use crate::record::{APPLY_INTENT, APPLY_OUTCOME, Closing, End, Intent, JOB_FINISHED, State, overall};
use crate::verdict::{Conclusion, Look, Target, Version, Written, after_refusal, deleted, look, written};

/// At most this many requests for one step.
const MAX_ATTEMPTS: u32 = 3;
/// How often read and dry run are repeated when the version moves between them.
const DRY_RUNS: u32 = 3;
/// The field that the planner may leave out of a Deployment's projections, beyond those that follow from the ask:
/// an autoscaler, not a person, sets it.
const REPLICAS: &str = "/spec/replicas";

/// One verified plan on its way.
struct Work<'a> {
    executor: &'a Executor,
    plan: &'a VerifiedPlan<'a>,
    head: Head,
    objects: Vec<ObjectId>,
    /// Announced requests so far.
    attempts: u32,
    /// Requests that were really sent.
    sent: u32,
}

/// A step that may be sent as it stands.
struct Ready {
    rendered: Rendered,
    version: Version,
    live: Option<Value>,
}

enum Checked {
    Ready(Box<Ready>),
    /// The object names this plan already.
    Written(Written),
}

/// Why a step is not sent.
struct Halt {
    outcome: Outcome,
    reason: String,
    message: Option<Quoted>,
    /// The dry run met another version than the read: reading again may find the reviewed state still there.
    moved: bool,
}

impl Halt {
    fn new(outcome: Outcome, reason: impl Into<String>) -> Self {
        Self { outcome, reason: reason.into(), message: None, moved: false }
    }

    fn quoting(outcome: Outcome, reason: String, error: &ClusterError) -> Self {
        Self { outcome, reason, message: error.quoted().cloned(), moved: false }
    }
}

/// What became of one step, and why.
struct Done {
    step: StepOutcome,
    reason: String,
}

/// Executes a verified plan to its end.
pub(crate) async fn run(
    executor: &Executor,
    plan: &VerifiedPlan<'_>,
    head: Head,
    objects: Vec<ObjectId>,
) -> Result<Receipt, ExecutorError> {
    let mut work = Work { executor, plan, head, objects, attempts: 0, sent: 0 };
    let steps = &plan.body().steps;
    let mut checked = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        match work.check(step).await {
            Ok(passed) => checked.push(passed),
            Err(halt) => return work.finish(vec![halted(step, halt)], index).await,
        }
    }
    let mut done = Vec::with_capacity(steps.len());
    for (index, (step, checked)) in steps.iter().zip(checked).enumerate() {
        let one = match checked {
            Checked::Written(written) => already(step, written),
            Checked::Ready(ready) => work.write(index, step, *ready).await?,
        };
        let go_on = matches!(one.step.outcome, Outcome::Applied | Outcome::AppliedDiverged | Outcome::Deleting);
        done.push(one);
        if !go_on {
            break;
        }
    }
    work.finish(done, 0).await
}

impl Work<'_> {
    /// Re-reads the object, proves that request and state are the reviewed ones, and repeats the dry run under
    /// this process's own identity. Sends nothing that is stored.
    async fn check(&self, step: &Step) -> Result<Checked, Halt> {
        let mut left = DRY_RUNS;
        loop {
            left -= 1;
            match self.check_once(step).await {
                // The version moved between read and dry run, as a rollout's status does all the time: read again.
                Err(halt) if halt.moved && left > 0 => {}
                checked => return checked,
            }
        }
    }

    async fn check_once(&self, step: &Step) -> Result<Checked, Halt> {
        let body = self.plan.body();
        let refused = |reason: &str| Halt::new(Outcome::Refused, reason);
        let permit = self.executor.settings.trust.namespaces.permit(body.ask.namespace()).map_err(|_| refused("namespace not allowed"))?;
        if !step.exclusions.iter().all(|pointer| may_be_left_out(pointer)) {
            return Err(refused("the plan leaves out a field that must be compared"));
        }
        let place = place(step).ok_or_else(|| refused("the plan writes something this executor does not"))?;
        let live = object(&self.executor.cluster, &permit, &place)
            .await
            .map_err(|error| Halt::quoting(Outcome::Refused, format!("the object could not be read: {error}"), &error))?;
        let version = match look(live.as_ref(), &self.target(step)) {
            Look::Absent if step.action == Action::Create => Version { resource_version: ResourceVersion::absent(), generation: None },
            Look::Absent => return Err(Halt::new(Outcome::Stale, "The object is gone.")),
            Look::Replaced => return Err(Halt::new(Outcome::Stale, "The object was replaced by another of the same name.")),
            Look::Ours(written) => return Ok(Checked::Written(written)),
            Look::NotOurs { .. } if step.action == Action::Create => {
                return Err(Halt::new(Outcome::Stale, "An object of this name was created since the review."));
            }
            Look::NotOurs { as_reviewed: false, .. } => return Err(Halt::new(Outcome::Stale, "The object has changed since the review.")),
            Look::NotOurs { version, .. } => version.ok_or_else(|| refused("the object has no readable version"))?,
        };
        self.as_meant(step, &place, live.as_ref())?;
        if !before_dry_run(&body.ask, &place, live.as_ref(), &self.executor.settings.registries).is_empty() {
            return Err(refused("an image comes from a registry that this executor does not allow"));
        }
        let rendered = step.template.render(&version.resource_version);
        let run = dry_run(&self.executor.cluster, &rendered).await.map_err(|error| dry_run_failed(&error))?;
        let predicted = (step.action != Action::Delete).then_some(&run.object);
        let digest = predicted.map(|object| projection_digest(object, &step.exclusions)).transpose();
        if digest != Ok(step.predicted) {
            return Err(Halt::new(Outcome::Stale, "The executor's own dry run predicts something else than was reviewed."));
        }
        if worse(&body.findings, &findings(&body.ask, live.as_ref(), predicted, &self.executor.settings.registries)) {
            return Err(Halt::new(Outcome::Stale, "There is a graver finding than the reviewer saw."));
        }
        Ok(Checked::Ready(Box::new(Ready { rendered, version, live })))
    }

    /// A stored request is only a claim of what the ask means: this process works it out again.
    fn as_meant(&self, step: &Step, place: &Place, live: Option<&Value>) -> Result<(), Halt> {
        let body = self.plan.body();
        let refused = |reason: &str| Halt::new(Outcome::Refused, reason);
        let mean = |live: Option<&Value>| step_change(&body.ask, place, &body.plan_id, live);
        let is_step = |meant: &Change| {
            (&meant.action, &meant.template, &meant.object, &meant.propagation_policy)
                == (&step.action, &step.template, &step.object, &step.propagation_policy)
        };
        let meant = mean(live).map_err(|_| refused("the ask has no meaning for the object"))?;
        if !is_step(&meant) {
            // A controller's first annotation is no change of the reviewed state, but makes another patch of it.
            let bare = live.map(|live| project(live, &[]));
            return Err(if mean(bare.as_ref()).is_ok_and(|meant| is_step(&meant)) {
                Halt::new(Outcome::Stale, "The object got its first annotation since the review.")
            } else {
                refused("the stored request is not what the ask means for the object")
            });
        }
        let autoscaled = |pointer: &String| place.kind == Kind::Deployment && pointer == REPLICAS && !meant.sets_replicas();
        if step.exclusions.iter().any(|pointer| !meant.exclusions.contains(pointer) && !autoscaled(pointer)) {
            return Err(refused("the plan leaves out a field that must be compared"));
        }
        Ok(())
    }

    /// Writes one checked step: at most [`MAX_ATTEMPTS`] requests, a further one only after proof that nothing
    /// was accepted.
    async fn write(&mut self, index: usize, step: &Step, mut ready: Ready) -> Result<Done, ExecutorError> {
        let retry_until = tokio::time::Instant::now() + self.executor.timing.retry_within;
        for nth in 1..=MAX_ATTEMPTS {
            if self.window_closed() {
                return Ok(halted(step, Halt::new(Outcome::Refused, "expired")));
            }
            let intent = match self.announce(index, step, &ready).await? {
                Ok(intent) => intent,
                Err(halt) => return Ok(halted(step, halt)),
            };
            let (conclusion, message) = self.send(&intent, &ready.rendered).await?;
            let conclusion = if matches!(conclusion.state, State::Unknown | State::Deleting) {
                self.executor.settle_attempt(&intent.plan_id, intent.attempt).await?.unwrap_or(conclusion)
            } else {
                conclusion
            };
            let again = conclusion.state == State::Conflict && nth < MAX_ATTEMPTS && tokio::time::Instant::now() < retry_until;
            if !again {
                return Ok(sent(step, &intent, conclusion, message));
            }
            match self.check(step).await {
                Ok(Checked::Ready(next)) => ready = *next,
                Ok(Checked::Written(written)) => return Ok(already(step, written)),
                Err(halt) => return Ok(halted(step, halt)),
            }
        }
        Ok(halted(step, Halt::new(Outcome::Stale, "The object kept moving while it was written.")))
    }

    /// Keeps the pre-image and makes the intent durable: from here on a crash is reconciled, never repeated.
    async fn announce(&mut self, index: usize, step: &Step, ready: &Ready) -> Result<Result<Intent, Halt>, ExecutorError> {
        let body = self.plan.body();
        let attempt = self.attempts + 1;
        let intent = Intent {
            plan_id: body.plan_id.clone(),
            attempt,
            audit_id: format!("{}.{attempt}", body.plan_id),
            review_digest: self.plan.digest(),
            approver: self.plan.approver().clone(),
            gateway_head: self.head.clone(),
            objects: self.objects.clone(),
            step: index,
            action: step.action,
            resource_version: ready.version.resource_version.clone(),
            generation: ready.version.generation,
            base: step.base,
            predicted: step.predicted,
            exclusions: step.exclusions.clone(),
            execute_before: self.plan.execute_before(),
        };
        // Before a creation there was nothing: `null` says so to whoever has to undo it.
        if let Err(error) = self.executor.pre_images.keep(&intent, ready.live.as_ref().unwrap_or(&Value::Null)).await {
            tracing::error!(%error, plan = %body.plan_id, "the pre-image could not be kept");
            return Ok(Err(Halt::new(Outcome::Refused, "the object as it was could not be kept")));
        }
        self.executor.book.write(APPLY_INTENT, &intent).await?;
        self.attempts = attempt;
        Ok(Ok(intent))
    }

    /// Sends the request once, unless the window closed meanwhile, and writes down what the answer proves.
    async fn send(&mut self, intent: &Intent, rendered: &Rendered) -> Result<(Conclusion, Option<Quoted>), ExecutorError> {
        let (conclusion, message) = if self.window_closed() {
            (Conclusion::plain(State::Withheld, "expired"), None)
        } else {
            self.sent += 1;
            let answer = send_once(&self.executor.cluster, rendered, &intent.audit_id, self.executor.timing.send_deadline).await;
            self.classify(intent, answer).await
        };
        self.executor.book.write(APPLY_OUTCOME, &end_of(intent, &conclusion)).await?;
        Ok((conclusion, message))
    }

    async fn classify(&self, intent: &Intent, answer: SendResult) -> (Conclusion, Option<Quoted>) {
        match answer {
            SendResult::Accepted { object, .. } if intent.action == Action::Delete => {
                let uid = intent.object().map_or("", |object| object.uid.as_str());
                let state = deleted(&object, uid);
                let reason = match state {
                    State::Applied => "The API server deleted the object.",
                    State::Deleting => "The API server accepted the deletion; finalizers hold the object.",
                    _ => "The API server accepted the deletion and does not say whether the object is gone.",
                };
                (Conclusion::plain(state, reason), None)
            }
            SendResult::Accepted { object, .. } => {
                let written = written(&object, &Target::of(intent));
                let reason = if written.as_predicted {
                    "The API server accepted the write and returned what was predicted."
                } else {
                    "The API server accepted the write and returned something else than was predicted."
                };
                (Conclusion::written(written, reason), None)
            }
            SendResult::Rejected { status, message } => {
                (Conclusion::plain(State::Rejected, format!("The API server refused the write (status {status}).")), Some(message))
            }
            SendResult::Conflict(message) | SendResult::Unprocessable(message) | SendResult::NotFound(message) => {
                (after_refusal(intent, &self.executor.read(intent).await), Some(message))
            }
            SendResult::Unknown { why } => {
                (Conclusion::plain(State::Unknown, format!("It is not known whether the write was accepted: {why}.")), None)
            }
        }
    }

    fn target<'s>(&'s self, step: &'s Step) -> Target<'s> {
        Target {
            plan: &self.plan.body().plan_id,
            action: step.action,
            uid: &step.object.uid,
            base: step.base,
            predicted: step.predicted,
            exclusions: &step.exclusions,
        }
    }

    fn window_closed(&self) -> bool {
        self.now() >= self.plan.execute_before()
    }

    fn now(&self) -> Millis {
        self.executor.clock.now()
    }

    /// Closes the plan. `first` is the step that `done` begins with; every other step was not sent.
    async fn finish(self, done: Vec<Done>, first: usize) -> Result<Receipt, ExecutorError> {
        let mut steps: Vec<StepOutcome> = self.objects.iter().map(|object| outcome_of(object, Outcome::Refused)).collect();
        let reason = done.last().map_or_else(String::new, |last| last.reason.clone());
        for (slot, one) in steps.iter_mut().skip(first).zip(done) {
            *slot = one.step;
        }
        let outcomes: Vec<Outcome> = steps.iter().map(|step| step.outcome).collect();
        let closing = Closing {
            plan_id: self.plan.body().plan_id.clone(),
            outcome: overall(&outcomes, self.sent),
            reason,
            attempts: self.sent,
            steps,
            at: self.now(),
            review_digest: Some(self.plan.digest()),
        };
        if matches!(closing.outcome, Outcome::Unknown | Outcome::Deleting) {
            // Not the end: reconciliation closes it.
            return Ok(closing.receipt(self.executor.head()));
        }
        self.executor.close_plan(JOB_FINISHED, closing).await
    }
}

/// The object of `step`, if it is of a kind this executor knows.
fn place(step: &Step) -> Option<Place> {
    Some(Place { kind: Kind::from_name(&step.object.kind)?, name: step.object.name.parse().ok()? })
}

/// Whether a field is one that somebody but the ask may set; which of them are left out of a step follows from its
/// ask. Whatever else a plan left out, its digests would not protect.
fn may_be_left_out(pointer: &str) -> bool {
    let node_port = pointer.strip_prefix("/spec/ports/").and_then(|rest| rest.strip_suffix("/nodePort"));
    let known = [REPLICAS, "/metadata/uid", "/spec/clusterIP", "/spec/clusterIPs", "/spec/healthCheckNodePort"];
    known.contains(&pointer) || node_port.is_some_and(|index| !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit()))
}

/// A dry run that did not end in an object. Nothing was sent either way.
fn dry_run_failed(error: &ClusterError) -> Halt {
    let outcome = match error {
        ClusterError::Forbidden(_) | ClusterError::NotFound(_) | ClusterError::Conflict(_) | ClusterError::Invalid { .. } => Outcome::Stale,
        _ => Outcome::Refused,
    };
    let moved = matches!(error, ClusterError::Conflict(_) | ClusterError::Invalid { status: 422, .. });
    Halt { moved, ..Halt::quoting(outcome, format!("The executor's own dry run failed: {error}."), error) }
}

pub(crate) fn end_of(intent: &Intent, conclusion: &Conclusion) -> End {
    let Conclusion { state, reason, resource_version, created } = conclusion.clone();
    End { plan_id: intent.plan_id.clone(), attempt: intent.attempt, state, reason, resource_version, uid: created }
}

pub(crate) fn outcome_of(object: &ObjectId, outcome: Outcome) -> StepOutcome {
    StepOutcome { object: object.clone(), outcome, resource_version: None, audit_id: None, message: None }
}

fn halted(step: &Step, halt: Halt) -> Done {
    let Halt { outcome, reason, message, moved: _ } = halt;
    Done { step: StepOutcome { message, ..outcome_of(&step.object, outcome) }, reason }
}

fn already(step: &Step, written: Written) -> Done {
    let outcome = written.state().outcome();
    let step = StepOutcome { resource_version: written.resource_version, ..outcome_of(&step.object, outcome) };
    Done { step, reason: "The object names this plan already: it was applied before.".to_owned() }
}

fn sent(step: &Step, intent: &Intent, conclusion: Conclusion, message: Option<Quoted>) -> Done {
    let Conclusion { state, reason, resource_version, created: _ } = conclusion;
    let audit_id = (state != State::Withheld).then(|| intent.audit_id.clone());
    Done { step: StepOutcome { object: step.object.clone(), outcome: state.outcome(), resource_version, audit_id, message }, reason }
}
