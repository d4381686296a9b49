//! What each tool needs of the cluster, and which identity has it. The roles that `kmg rbac` makes grant exactly
//! this; a test compares them.

use crate::catalogue::Tool;

/// Who acts in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Actor {
    /// Reads.
    Reader,
    /// Dry-runs, behind the fence.
    Planner,
    /// Writes what was approved.
    Executor,
}

impl Actor {
    /// Its name, as in `kmg-reader`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Planner => "planner",
            Self::Executor => "executor",
        }
    }
}

/// A right that tools need, in the namespaces that are allowed.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// The tools.
    pub tools: &'static [Tool],
    /// Who needs it.
    pub actor: Actor,
    /// The API group; empty for the core.
    pub group: &'static str,
    /// The resources.
    pub resources: &'static [&'static str],
    /// The verbs.
    pub verbs: &'static [&'static str],
    /// Whether the tools do without it: `kmg rbac` does not grant it, and they say what they could not read.
    pub optional: bool,
}

impl Need {
    const fn of(tools: &'static [Tool], group: &'static str, resources: &'static [&'static str], verbs: &'static [&'static str]) -> Self {
        Self { tools, actor: Actor::Reader, group, resources, verbs, optional: false }
    }

    const fn by(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }

    const fn or_without(self) -> Self {
        Self { optional: true, ..self }
    }
}

const STATUS: &[Tool] = &[Tool::GetK8sStatus];
const EVENTS: &[Tool] = &[Tool::GetK8sEvents, Tool::GetDeploymentDiagnostics, Tool::GetPodDiagnostics, Tool::GetServiceDiagnostics];
const LOGS: &[Tool] = &[Tool::GetPodLogs];
const RESOURCE: &[Tool] = &[Tool::GetK8sResource];
const DIAGNOSES: &[Tool] = &[Tool::GetDeploymentDiagnostics, Tool::GetPodDiagnostics, Tool::GetServiceDiagnostics];
const REQUESTS: &[Tool] = &[
    Tool::RequestScaleDeployment,
    Tool::RequestSetDeploymentImage,
    Tool::RequestRestartDeployment,
    Tool::RequestApplyManifest,
    Tool::RequestDeleteManifest,
    Tool::RequestRollback,
];
/// Who depends on an object or points at it.
const NEIGHBOURS: &[Tool] = &[Tool::RequestApplyManifest, Tool::RequestDeleteManifest, Tool::RequestRollback];
/// How the rollout of what was written goes, and what holds it up.
const ROLLOUTS: &[Tool] = &[Tool::ApplyApprovedPlan, Tool::GetPlanStatus, Tool::WaitForPlan];
const ROLLBACK: &[Tool] = &[Tool::RequestRollback];
const APPLY: &[Tool] = &[Tool::ApplyApprovedPlan];

/// What an apply, a patch and a deletion take; an apply that creates takes `patch` and `create`.
const WRITES: &[&str] = &["get", "create", "patch", "delete"];

/// Every need. Besides, all three actors `get` the namespace `kube-system`, whose uid is the cluster's id.
pub static NEEDS: &[Need] = &[
    Need::of(STATUS, "", &["configmaps", "pods", "services"], &["list"]),
    Need::of(STATUS, "apps", &["deployments", "replicasets"], &["list"]),
    Need::of(EVENTS, "events.k8s.io", &["events"], &["list"]),
    Need::of(LOGS, "", &["pods", "pods/log"], &["get"]),
    Need::of(RESOURCE, "", &["configmaps", "namespaces", "persistentvolumeclaims", "pods", "services"], &["get"]),
    Need::of(RESOURCE, "apps", &["daemonsets", "deployments", "replicasets", "statefulsets"], &["get"]),
    Need::of(RESOURCE, "autoscaling", &["horizontalpodautoscalers"], &["get"]),
    Need::of(RESOURCE, "batch", &["cronjobs", "jobs"], &["get"]),
    Need::of(RESOURCE, "networking.k8s.io", &["ingresses"], &["get"]),
    Need::of(RESOURCE, "", &["nodes"], &["get"]).or_without(),
    Need::of(DIAGNOSES, "", &["pods", "services", "persistentvolumeclaims", "pods/log"], &["get"]),
    Need::of(DIAGNOSES, "", &["pods", "resourcequotas"], &["list"]),
    Need::of(DIAGNOSES, "apps", &["deployments", "replicasets"], &["get"]),
    Need::of(DIAGNOSES, "apps", &["replicasets"], &["list"]),
    Need::of(DIAGNOSES, "batch", &["jobs"], &["get"]),
    Need::of(DIAGNOSES, "discovery.k8s.io", &["endpointslices"], &["list"]),
    Need::of(DIAGNOSES, "policy", &["poddisruptionbudgets"], &["list"]),
    Need::of(DIAGNOSES, "autoscaling", &["horizontalpodautoscalers"], &["list"]),
    Need::of(DIAGNOSES, "", &["nodes"], &["get"]).or_without(),
    Need::of(REQUESTS, "", &["namespaces"], &["get"]),
    Need::of(REQUESTS, "", &["resourcequotas", "services"], &["list"]),
    Need::of(REQUESTS, "autoscaling", &["horizontalpodautoscalers"], &["list"]),
    Need::of(REQUESTS, "policy", &["poddisruptionbudgets"], &["list"]),
    Need::of(NEIGHBOURS, "", &["configmaps", "services", "persistentvolumeclaims", "pods"], &["list"]),
    Need::of(NEIGHBOURS, "apps", &["deployments", "statefulsets", "daemonsets"], &["list"]),
    Need::of(NEIGHBOURS, "batch", &["jobs", "cronjobs"], &["list"]),
    Need::of(NEIGHBOURS, "discovery.k8s.io", &["endpointslices"], &["list"]),
    Need::of(NEIGHBOURS, "networking.k8s.io", &["ingresses", "networkpolicies"], &["list"]),
    Need::of(ROLLBACK, "apps", &["deployments"], &["get"]),
    Need::of(ROLLBACK, "apps", &["replicasets"], &["list"]),
    Need::of(ROLLOUTS, "", &["persistentvolumeclaims", "pods/log"], &["get"]),
    Need::of(ROLLOUTS, "", &["pods", "resourcequotas"], &["list"]),
    Need::of(ROLLOUTS, "apps", &["deployments"], &["get"]),
    Need::of(ROLLOUTS, "apps", &["replicasets"], &["list"]),
    Need::of(ROLLOUTS, "autoscaling", &["horizontalpodautoscalers"], &["list"]),
    Need::of(ROLLOUTS, "events.k8s.io", &["events"], &["list"]),
    Need::of(ROLLOUTS, "policy", &["poddisruptionbudgets"], &["list"]),
    Need::of(ROLLOUTS, "", &["nodes"], &["get"]).or_without(),
    // The planner's create of a ConfigMap is also the probe of the fence, which the fence refuses.
    Need::of(REQUESTS, "apps", &["deployments"], WRITES).by(Actor::Planner),
    Need::of(REQUESTS, "", &["services", "configmaps"], WRITES).by(Actor::Planner),
    Need::of(APPLY, "apps", &["deployments"], WRITES).by(Actor::Executor),
    Need::of(APPLY, "", &["services", "configmaps"], WRITES).by(Actor::Executor),
];
