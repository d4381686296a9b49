//! Previews: what an ask would do, as the cluster itself says in a dry run.

use kmg_core::allow::Permit;
use kmg_core::digest::Digest;
use kmg_core::plan::{
    Demand, PlanFinding, Prediction, PreviewRequest, PreviewResponse, Step, Target, before_dry_run, gravest_first, mutations, predict,
    recent, rules,
};
use kmg_core::problem::{Code, Refusal};
use kmg_core::untrusted::Quoted;
use serde_json::Value;

use crate::around::{self, Scene};
use crate::dry::{Dry, dry};
use crate::error::ServerError;
use crate::fence::{FencePolicy, refusal};
use crate::server::{Planner, Server};

impl Server {
    /// Previews an ask: reads each object and dry-runs the exact request as the planner, and says what would
    /// change and what the reviewer should know. Nothing is stored anywhere.
    ///
    /// # Errors
    /// `namespace-not-allowed`, `not-fenced`, `not-found`, `container-not-found`, `no-change`, `policy-denied`,
    /// `field-conflict`, `cluster-invalid`, `cluster-conflict`, `cluster-forbidden`, `cluster-unavailable`.
    pub async fn preview(&self, request: &PreviewRequest) -> Result<PreviewResponse, ServerError> {
        let permit = self.allow.permit(request.ask.namespace())?;
        let Some(planner) = &self.planner else {
            return Err(Refusal::new(Code::NotFenced, "This process has no planner credential, so nothing is planned.").into());
        };
        let unfenced = refusal(&planner.fence.state(permit.namespace()).await);
        if let Some(refusal) = unfenced.clone().filter(|_| self.policy == FencePolicy::Required) {
            return Err(refusal.into());
        }
        let mut response = PreviewResponse { cluster_id: planner.cluster.cluster_id().await?, steps: Vec::new(), findings: Vec::new() };
        for target in request.ask.targets() {
            let (step, findings) = Box::pin(self.step(planner, &permit, request, &target)).await?;
            response.steps.push(step);
            response.findings.extend(findings);
        }
        response.findings.extend(unfenced.map(|refusal| rules::UNFENCED.finding(refusal.public, "")));
        gravest_first(&mut response.findings);
        deny(&response.findings)?;
        Ok(response)
    }

    async fn step(
        &self,
        planner: &Planner,
        permit: &Permit,
        request: &PreviewRequest,
        target: &Target,
    ) -> Result<(Step, Vec<PlanFinding>), ServerError> {
        let sent_to_webhooks = |live: Option<&Value>| deny(&before_dry_run(&request.ask, target, live, &self.registries));
        let Dry { live, change, run } = dry(planner, permit, request, (target, &sent_to_webhooks)).await?;
        let after = run.as_ref().map(|run| &run.object);
        let scene = Scene { reader: &self.reader, permit, ask: &request.ask, target, action: change.action, live: live.as_ref(), after };
        let around = Box::pin(around::look(&scene)).await;
        let mut findings = kmg_core::plan::findings(&request.ask, live.as_ref(), after, &self.registries);
        findings.extend(around.findings);
        findings.extend(after.map(|after| mutations(&change.proposed, after)).unwrap_or_default());
        findings.extend(live.as_ref().and_then(|live| recent(live, self.reader.now())));
        findings.extend(run.as_ref().and_then(|run| warned(&run.warnings)));
        let fingerprint = |bytes: &[u8]| self.fingerprint(bytes);
        let prediction = Prediction {
            live: live.as_ref(),
            predicted: after,
            exclusions: around.exclusions,
            dependents: around.dependents,
            warnings: run.as_ref().map(|run| run.warnings.clone()).unwrap_or_default(),
            fingerprint: &fingerprint,
        };
        let step = predict(change, prediction)
            .map_err(|error| Refusal::new(Code::ClusterInvalid, format!("The object cannot be reviewed: {error}.")))?;
        Ok((step, findings))
    }

    /// 64 bits of a digest keyed by this process: equal values look equal, nothing else can be told.
    fn fingerprint(&self, bytes: &[u8]) -> String {
        let keyed = [&self.fingerprint_key[..], bytes].concat();
        Digest::of("application/vnd.kmg.fingerprint.v1", &keyed).hex()[..16].to_owned()
    }
}

/// Policy before people: what a built-in rule forbids reaches no reviewer.
fn deny(findings: &[PlanFinding]) -> Result<(), Refusal> {
    let denied: Vec<String> = findings
        .iter()
        .filter(|finding| finding.demand == Demand::Deny)
        .take(8)
        .map(|finding| format!("{} ({}, {})", finding.summary.trim_end_matches('.'), finding.id, finding.path))
        .collect();
    if denied.is_empty() { Ok(()) } else { Err(Refusal::new(Code::PolicyDenied, format!("{}.", denied.join("; ")))) }
}

/// What the API server's warnings come to. Of Pod Security it warns by the namespace's own label.
fn warned(warnings: &[Quoted]) -> Option<PlanFinding> {
    let of_level = |warning: &Quoted| warning.for_screening().contains("violate PodSecurity");
    let rule = match warnings {
        [] => return None,
        some if some.iter().any(of_level) => rules::BELOW_WARNING,
        _ => rules::API_WARNING,
    };
    Some(rule.finding(rule.summary(), ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_told_apart() {
        let of = |texts: &[&str]| {
            let warnings: Vec<_> = texts.iter().map(|text| Quoted::new(text, 1_024)).collect();
            warned(&warnings).map(|finding| finding.id)
        };
        let level = "would violate PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false";
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["unknown field \"spec.x\""]).as_deref(), Some("KMG-O13"));
        assert_eq!(of(&["unknown field \"spec.x\"", level]).as_deref(), Some("KMG-S15"));
    }
}
