//! One plan as its page shows it.

use std::cmp::Reverse;

use kmg_core::clock::Millis;
use kmg_core::digest::Digest;
use kmg_core::plan::{Action, Ask, Demand, Life, ObjectId, PlanBody, PlanFinding, Severity, Shown, Stage, Step, StoredBody};

use super::{ChangeView, Moment, RequestView, StageView, Visible, duration};

/// A plan: everything its stored bytes say.
#[derive(Clone, Debug)]
pub(crate) struct PlanView {
    /// The id; safe inside a path.
    pub(crate) id: String,
    /// The consequence in one sentence.
    pub(crate) headline: Visible,
    /// From what to what.
    pub(crate) summary: Option<(Visible, Visible)>,
    /// Where it stands.
    pub(crate) stage: StageView,
    /// The person in whose name the agent asked.
    pub(crate) requester: (Visible, Visible),
    /// The OAuth client.
    pub(crate) client_id: Visible,
    /// When it was made.
    pub(crate) created: Moment,
    /// Until when it can be approved.
    pub(crate) approve_before: Moment,
    /// Whether it waits for a decision, as far as its stage says.
    pub(crate) waiting: bool,
    /// How long after the approving sign-in it may be executed.
    pub(crate) execute_within: String,
    /// Until when it may be executed, while it is approved and not executed.
    pub(crate) execute_before: Option<Moment>,
    /// The writes.
    pub(crate) steps: Vec<StepView>,
    /// The name the approver has to type.
    pub(crate) name_to_type: Option<Visible>,
    /// Gravest first.
    pub(crate) findings: Vec<FindingView>,
    /// What the caller was shown lately that looked like an injection, as JSON.
    pub(crate) taint: Vec<Visible>,
    /// The policy decision, as JSON.
    pub(crate) policy: Option<Visible>,
    /// Evidence demanded beyond the sign-in.
    pub(crate) required_evidence: Vec<Visible>,
    /// The digest that an approval commits to.
    pub(crate) digest: String,
    /// The uid of the namespace `kube-system`.
    pub(crate) cluster_id: Visible,
    /// The body's schema version.
    pub(crate) schema: Visible,
    /// The stored body's length.
    pub(crate) bytes: usize,
    /// The agent's own words.
    pub(crate) claim: Option<Visible>,
}

/// One write.
#[derive(Clone, Debug)]
pub(crate) struct StepView {
    /// Its number, from 1.
    pub(crate) number: usize,
    /// What is done, in one word.
    pub(crate) action: &'static str,
    /// What is written.
    pub(crate) object: ObjectView,
    /// What changes.
    pub(crate) changes: Vec<ChangeView>,
    /// Words of the API server or a webhook.
    pub(crate) warnings: Vec<Visible>,
    /// The exact request.
    pub(crate) request: RequestView,
    /// Fields left out of the comparison.
    pub(crate) exclusions: Vec<Visible>,
    /// How a delete treats dependents.
    pub(crate) propagation_policy: Option<Visible>,
    /// The dependents.
    pub(crate) dependents: Vec<ObjectView>,
    /// The digests of the state reviewed and the state predicted.
    pub(crate) digests: (String, String),
}

/// An object.
#[derive(Clone, Debug)]
pub(crate) struct ObjectView {
    /// Such as `Deployment demo/web`.
    pub(crate) title: Visible,
    /// Such as `apps/v1`.
    pub(crate) api_version: Visible,
    /// Its uid.
    pub(crate) uid: Visible,
}

/// A finding.
#[derive(Clone, Debug)]
pub(crate) struct FindingView {
    /// Its stable id.
    pub(crate) id: Visible,
    /// The severity in a word.
    pub(crate) severity: &'static str,
    /// Its class name in the stylesheet.
    pub(crate) class: &'static str,
    /// What it asks for beyond being seen.
    pub(crate) demand: Option<&'static str>,
    /// One sentence.
    pub(crate) summary: Visible,
    /// The field it follows from.
    pub(crate) path: Visible,
}

/// One entry of the plan's timeline.
#[derive(Clone, Debug)]
pub(crate) struct TimelineView {
    /// When.
    pub(crate) at: Moment,
    /// What happened.
    pub(crate) what: Visible,
    /// Who did it.
    pub(crate) who: Visible,
}

impl PlanView {
    /// The plan in `stored`, whose life stands at `life`, as seen at `now`.
    pub(crate) fn new(stored: &StoredBody, life: &Life, now: Millis) -> Self {
        let body = stored.body();
        let json = |value: &serde_json::Value| Visible::block(&format!("{value:#}"));
        Self {
            id: body.plan_id.to_string(),
            headline: headline(body),
            summary: summary_line(body),
            stage: StageView::new(life, now),
            requester: (Visible::line(&body.requester.sub), Visible::line(&body.requester.iss)),
            client_id: Visible::line(&body.requester.client_id),
            created: Moment::new(body.times.created_at, now),
            approve_before: Moment::new(body.times.approve_before, now),
            execute_within: duration(body.times.execute_within),
            waiting: life.stage == Stage::Pending,
            execute_before: life.execute_before.filter(|_| life.stage == Stage::Approved).map(|at| Moment::new(at, now)),
            steps: body.steps.iter().enumerate().map(|(index, step)| StepView::new(index + 1, step)).collect(),
            name_to_type: body.name_to_type().map(Visible::line),
            findings: findings(&body.findings),
            taint: body.taint.iter().map(json).collect(),
            policy: body.policy.as_ref().map(json),
            required_evidence: body.required_evidence.iter().map(|text| Visible::line(text)).collect(),
            digest: stored.digest().to_string(),
            cluster_id: Visible::line(&body.cluster_id),
            schema: Visible::line(&body.schema),
            bytes: stored.bytes().len(),
            claim: body.reason.as_ref().map(|text| Visible::block(text.for_escaping())),
        }
    }
}

impl StepView {
    /// Whether the object will be gone.
    pub(crate) fn destructive(&self) -> bool {
        self.action == Action::Delete.as_str()
    }

    fn new(number: usize, step: &Step) -> Self {
        Self {
            number,
            action: step.action.as_str(),
            object: ObjectView::new(&step.object),
            changes: ChangeView::table(&step.changes),
            warnings: step.warnings.iter().map(|text| Visible::block(text.for_escaping())).collect(),
            request: RequestView::new(&step.template),
            exclusions: step.exclusions.iter().map(|pointer| Visible::line(pointer)).collect(),
            propagation_policy: step.propagation_policy.as_deref().map(Visible::line),
            dependents: step.dependents.iter().map(ObjectView::new).collect(),
            digests: (digest(step.base), digest(step.predicted)),
        }
    }
}

impl ObjectView {
    /// `object` in words.
    pub(crate) fn new(object: &ObjectId) -> Self {
        Self {
            title: Visible::line(&format!("{} {}/{}", object.kind, object.namespace, object.name)),
            api_version: Visible::line(&object.api_version),
            uid: Visible::line(&object.uid),
        }
    }
}

/// The consequence of `body` in one sentence.
pub(crate) fn headline(body: &PlanBody) -> Visible {
    Visible::line(&match &body.ask {
        // The new image stands in the line below, beside the old one.
        Ask::SetDeploymentImage { container, namespace, name, .. } => {
            format!("Set image of container {container} in Deployment {namespace}/{name}")
        }
        ask => ask.summary(),
    })
}

/// The one value that matters most, before and after, where the reviewed changes hold it.
pub(crate) fn summary_line(body: &PlanBody) -> Option<(Visible, Visible)> {
    let path = match &body.ask {
        Ask::ScaleDeployment { .. } => "spec.replicas".to_owned(),
        Ask::SetDeploymentImage { container, .. } => format!("spec.template.spec.containers[name={container}].image"),
        Ask::RestartDeployment { .. } | Ask::ApplyManifest { .. } | Ask::DeleteManifest { .. } | Ask::Rollback { .. } => return None,
    };
    let change = body.steps.iter().flat_map(|step| &step.changes).find(|change| change.path == path)?;
    let plain = |shown: &Shown| match shown {
        Shown::Value(serde_json::Value::String(text)) => Some(Visible::line(text)),
        Shown::Value(value) => Some(Visible::line(&value.to_string())),
        Shown::Absent | Shown::Hidden { .. } => None,
    };
    Some((plain(&change.before)?, plain(&change.after)?))
}

/// A projection digest, or that there is no object to have one.
fn digest(of: Option<Digest>) -> String {
    of.map_or_else(|| "no object".to_owned(), |digest| digest.to_string())
}

fn findings(all: &[PlanFinding]) -> Vec<FindingView> {
    let mut ranked: Vec<&PlanFinding> = all.iter().collect();
    ranked.sort_by_key(|finding| Reverse(finding.severity));
    ranked.into_iter().map(finding).collect()
}

fn finding(finding: &PlanFinding) -> FindingView {
    let (severity, class) = match finding.severity {
        Severity::High => ("High", "high"),
        Severity::Warning => ("Warning", "warning"),
        Severity::Info => ("Info", "info"),
    };
    FindingView {
        id: Visible::line(&finding.id),
        severity,
        class,
        demand: match finding.demand {
            Demand::Show => None,
            Demand::TypedName => Some("asks for the object's name to be typed"),
            Demand::TwoApprovers => Some("asks for a second person"),
            Demand::Deny => Some("must not be approved"),
        },
        summary: Visible::line(&finding.summary),
        path: Visible::line(&finding.path),
    }
}
