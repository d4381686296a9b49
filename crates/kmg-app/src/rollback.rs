//! From a wish to go back to an ask that holds all of it.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kmg_core::allow::Permit;
use kmg_core::identity::Caller;
use kmg_core::plan::{Ask, MAX_OBJECTS, Origin, PlanId, RevisionRequest, Stage, UndoRequest, WayBack};
use kmg_core::problem::{Code, Fault, Problem, Refusal};
use kmg_link::methods;

use crate::options::App;
use crate::query::not_found;

const DEADLINE: Duration = Duration::from_secs(30);

impl App {
    /// The ask that undoes what the caller's own plan `id` wrote. The executor works it out from what it kept.
    ///
    /// # Errors
    /// `plan-not-found` for a plan of somebody else or of another namespace, `not-reversible` where nothing was
    /// written or nothing leads back, `pre-image-hidden`, and faults of store and link.
    pub async fn undo_of(&self, caller: &Caller, permit: &Permit, id: &PlanId) -> Result<Ask, Problem> {
        let row = self.owned(caller.requester(), id).await?;
        if row.body.body().ask.namespace() != permit.namespace() {
            return Err(not_found());
        }
        if !matches!(row.life.stage, Stage::Applied | Stage::AppliedDiverged | Stage::Partial) {
            let text = format!("The plan is {}: it has written nothing that could be undone.", row.life.stage.as_str());
            return Err(Refusal::new(Code::NotReversible, text).into());
        }
        let request = UndoRequest { plan_id: id.clone(), body: STANDARD.encode(row.body.bytes()) };
        let way: WayBack = self.parts().executor.call(methods::UNDO, &request, DEADLINE).await?;
        if way.origin != (Origin::Plan { plan_id: id.clone() }) {
            return Err(mistaken("executor"));
        }
        ask_of(permit, way, "executor")
    }

    /// The ask that sets a Deployment back to a revision. The server works it out from the revision's `ReplicaSet`.
    ///
    /// # Errors
    /// `not-found`, `no-change`, `not-reversible`, `pre-image-hidden`, and faults of the link.
    pub async fn back_to_revision(&self, permit: &Permit, request: &RevisionRequest) -> Result<Ask, Problem> {
        if permit.namespace() != &request.namespace {
            return Err(Fault::new(Code::Internal, "the permit is for another namespace").into());
        }
        let way: WayBack = self.parts().server.call(methods::REVISION, request, DEADLINE).await?;
        let of_it = way.changes.iter().all(|change| change.target.name == request.name);
        if !of_it || !matches!(way.origin, Origin::Revision { .. }) {
            return Err(mistaken("server"));
        }
        ask_of(permit, way, "server")
    }
}

fn ask_of(permit: &Permit, way: WayBack, who: &str) -> Result<Ask, Problem> {
    let WayBack { origin, changes } = way;
    let targets: BTreeSet<_> = changes.iter().map(|change| &change.target).collect();
    if changes.is_empty() || changes.len() > MAX_OBJECTS || targets.len() != changes.len() {
        return Err(mistaken(who));
    }
    Ok(Ask::Rollback { namespace: permit.namespace().clone(), origin, changes })
}

fn mistaken(who: &str) -> Problem {
    Fault::new(Code::Internal, format!("the {who}'s answer is about something else")).into()
}
