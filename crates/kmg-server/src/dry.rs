//! The dry run of one step, on one version of its object.

use kmg_cluster::ClusterError;
use kmg_cluster::read::object;
use kmg_cluster::write::dry_run::{DryRun, dry_run};
use kmg_core::allow::Permit;
use kmg_core::plan::{Action, Change, PreviewRequest, ResourceVersion, Target, step_change};
use kmg_core::problem::{Code, Refusal};
use kmg_core::untrusted::Quoted;
use serde_json::Value;

use crate::error::ServerError;
use crate::server::Planner;

/// How often a preview is begun again because the object moved between its read and its dry run.
const ATTEMPTS: u32 = 3;

/// What is asked about the object as it is, before anything is sent.
pub(crate) type Allowed<'a> = dyn Fn(Option<&Value>) -> Result<(), Refusal> + Sync + 'a;

pub(crate) struct Dry {
    pub(crate) live: Option<Value>,
    pub(crate) change: Change,
    /// What the dry run returned; none for a deletion, whose answer holds no object.
    pub(crate) run: Option<DryRun>,
}

/// Reads and dry-runs one version of the object. A Deployment in rollout gets a new resourceVersion with every
/// status update, so a version that moved in between is read again, a few times.
///
/// `allowed` is asked before anything is sent.
pub(crate) async fn dry(
    planner: &Planner,
    permit: &Permit,
    request: &PreviewRequest,
    (target, allowed): (&Target, &Allowed<'_>),
) -> Result<Dry, ServerError> {
    let mut live = object(&planner.cluster, permit, target).await?;
    for _attempt in 0..ATTEMPTS {
        allowed(live.as_ref())?;
        let change = step_change(&request.ask, target, &request.plan_id, live.as_ref())?;
        let version = version(live.as_ref())?;
        let failed = match dry_run(&planner.cluster, &change.template.render(&version)).await {
            Ok(run) => return Ok(Dry { live, run: Some(run).filter(|_| change.action != Action::Delete), change }),
            Err(error @ (ClusterError::Invalid { status: 422, .. } | ClusterError::Conflict(_))) => error,
            Err(error) => return Err(error.into()),
        };
        // A failed `test` looks like any other bad patch, and a replaced object like an invalid one: only another
        // read tells them apart.
        let again = object(&planner.cluster, permit, target).await?;
        if version_of(live.as_ref()) == version_of(again.as_ref()) {
            return Err(refused(&failed, change.action).map_or_else(|| failed.into(), Into::into));
        }
        live = again;
    }
    let text = format!("The {} keeps changing while it is planned; ask again when it has settled.", target.kind);
    Err(Refusal::new(Code::ClusterConflict, text).into())
}

/// A conflict of server-side apply: the API server's own words name the owners and the fields.
fn refused(error: &ClusterError, action: Action) -> Option<Refusal> {
    let ClusterError::Conflict(message) = error else { return None };
    let of_fields = action == Action::Apply && message.for_screening().starts_with("Apply failed with ");
    of_fields.then(|| {
        let text = "Another field manager owns fields that the manifest sets, and they are never taken over: leave them out, or use the tool that changes just them.";
        Refusal::new(Code::FieldConflict, text).quoting(Some(Quoted::new(message.for_screening(), 1_024)))
    })
}

fn version(live: Option<&Value>) -> Result<ResourceVersion, ClusterError> {
    match live {
        None => Ok(ResourceVersion::absent()),
        Some(_) => version_of(live).unwrap_or_default().parse().map_err(|_| ClusterError::Malformed("a resourceVersion")),
    }
}

fn version_of(object: Option<&Value>) -> Option<&str> {
    object?.pointer("/metadata/resourceVersion").and_then(Value::as_str)
}
