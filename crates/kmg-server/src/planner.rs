//! Previews: what an ask would do, as the cluster itself says in a dry run.

use kmg_cluster::ClusterError;
use kmg_cluster::read::{autoscaler_of, deployment_object};
use kmg_cluster::write::dry_run::{DryRun, dry_run};
use kmg_core::allow::Permit;
use kmg_core::digest::Digest;
use kmg_core::plan::{
    Ask, Change, Demand, PlanFinding, Prediction, PreviewRequest, PreviewResponse, Severity, findings, predict, step_change,
};
use kmg_core::problem::{Code, Refusal};
use serde_json::Value;

use crate::error::ServerError;
use crate::fence::{FencePolicy, refusal};
use crate::server::{Planner, Server};

/// How often a preview is begun again because the object moved between its read and its dry run.
const ATTEMPTS: u32 = 3;
const REPLICAS: &str = "/spec/replicas";

impl Server {
    /// Previews an ask: reads the object and dry-runs the exact request as the planner, and says what would
    /// change and what the reviewer should know. Nothing is stored anywhere.
    ///
    /// # Errors
    /// `namespace-not-allowed`, `not-fenced`, `not-found`, `container-not-found`, `no-change`,
    /// `cluster-invalid`, `cluster-conflict`, `cluster-forbidden`, `cluster-unavailable`.
    pub async fn preview(&self, request: &PreviewRequest) -> Result<PreviewResponse, ServerError> {
        let ask = &request.ask;
        let permit = self.allow.permit(ask.namespace())?;
        let Some(planner) = &self.planner else {
            return Err(Refusal::new(Code::NotFenced, "This process has no planner credential, so nothing is planned.").into());
        };
        let unfenced = refusal(&planner.fence.state(permit.namespace()).await);
        if let Some(refusal) = unfenced.clone().filter(|_| self.policy == FencePolicy::Required) {
            return Err(refusal.into());
        }
        let cluster_id = planner.cluster.cluster_id().await?;
        let Dry { live, change, run } = Box::pin(dry(planner, &permit, request)).await?;
        let (exclusions, about_autoscaler) = self.autoscaling(&permit, ask).await;

        let mut all = findings(ask, &live);
        all.extend(about_autoscaler);
        all.extend(unfenced.map(|refusal| finding("KMG-F01", Severity::High, refusal.public, "")));
        all.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
        let fingerprint = |bytes: &[u8]| self.fingerprint(bytes);
        let prediction = Prediction { live: &live, predicted: &run.object, exclusions, warnings: run.warnings, fingerprint: &fingerprint };
        let step = predict(change, prediction)
            .map_err(|error| Refusal::new(Code::ClusterInvalid, format!("The object cannot be reviewed: {error}.")))?;
        Ok(PreviewResponse { cluster_id, steps: vec![step], findings: all })
    }

    /// Fields that an autoscaler moves by itself, and what to say about it.
    async fn autoscaling(&self, permit: &Permit, ask: &Ask) -> (Vec<String>, Option<PlanFinding>) {
        let scales = matches!(ask, Ask::ScaleDeployment { .. });
        match (autoscaler_of(&self.reader, permit, ask.name()).await, scales) {
            (Ok(None), _) => (Vec::new(), None),
            (Ok(Some(found)), true) => {
                let text = format!(
                    "A HorizontalPodAutoscaler keeps the replicas between {} and {}: it will undo this.",
                    found.min_replicas, found.max_replicas
                );
                (Vec::new(), Some(finding("KMG-A05", Severity::High, text, "spec.replicas")))
            }
            (Ok(Some(found)), false) => {
                let text = format!(
                    "A HorizontalPodAutoscaler keeps the replicas between {} and {}: their count is not part of the review.",
                    found.min_replicas, found.max_replicas
                );
                (vec![REPLICAS.to_owned()], Some(finding("KMG-A05", Severity::Info, text, "spec.replicas")))
            }
            // Without the exclusion a plan goes stale when an autoscaler acts: that is the safe side.
            (Err(error), _) => {
                let text = format!("Whether a HorizontalPodAutoscaler moves the replicas could not be checked ({}).", error.reason());
                (Vec::new(), Some(finding("KMG-N01", if scales { Severity::Warning } else { Severity::Info }, text, "spec.replicas")))
            }
        }
    }

    /// 64 bits of a digest keyed by this process: equal values look equal, nothing else can be told.
    fn fingerprint(&self, bytes: &[u8]) -> String {
        let keyed = [&self.fingerprint_key[..], bytes].concat();
        Digest::of("application/vnd.kmg.fingerprint.v1", &keyed).hex()[..16].to_owned()
    }
}

struct Dry {
    live: Value,
    change: Change,
    run: DryRun,
}

/// Reads and dry-runs one version of the object. A Deployment in rollout gets a new resourceVersion with every
/// status update, so a version that moved in between is read again, a few times.
async fn dry(planner: &Planner, permit: &Permit, request: &PreviewRequest) -> Result<Dry, ServerError> {
    let ask = &request.ask;
    let mut live = deployment_object(&planner.cluster, permit, ask.name()).await?;
    for _attempt in 0..ATTEMPTS {
        let change = step_change(ask, &request.plan_id, &live)?;
        let version = version(&live).parse().map_err(|_| ClusterError::Malformed("a resourceVersion"))?;
        let failed = match dry_run(&planner.cluster, &change.template.render(&version)).await {
            Ok(run) => return Ok(Dry { live, change, run }),
            Err(error @ (ClusterError::Invalid { status: 422, .. } | ClusterError::Conflict(_))) => error,
            Err(error) => return Err(error.into()),
        };
        // A failed `test` looks like any other bad patch: only another read tells them apart.
        let again = deployment_object(&planner.cluster, permit, ask.name()).await?;
        if version_moved(&live, &again) {
            live = again;
        } else {
            return Err(failed.into());
        }
    }
    Err(Refusal::new(Code::ClusterConflict, "The Deployment keeps changing while it is planned; ask again when its rollout has settled.")
        .into())
}

fn version(object: &Value) -> &str {
    object.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default()
}

fn version_moved(before: &Value, after: &Value) -> bool {
    version(before) != version(after)
}

fn finding(id: &str, severity: Severity, summary: String, path: &str) -> PlanFinding {
    PlanFinding { id: id.to_owned(), severity, demand: Demand::Show, summary, path: path.to_owned() }
}
