//! Names and descriptions.

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// The namespace allow-list.
    GetAllowedNamespaces,
    /// The workloads of a namespace.
    GetK8sStatus,
    /// Events of a namespace.
    GetK8sEvents,
    /// The newest lines of a container's log.
    GetPodLogs,
    /// One object, summarised.
    GetK8sResource,
    /// One Deployment with findings.
    GetDeploymentDiagnostics,
    /// One Pod with findings.
    GetPodDiagnostics,
    /// One Service with findings.
    GetServiceDiagnostics,
    /// A plan that scales a Deployment.
    RequestScaleDeployment,
    /// A plan that sets a container's image.
    RequestSetDeploymentImage,
    /// A plan that restarts a Deployment's Pods.
    RequestRestartDeployment,
    /// A plan that applies manifests.
    RequestApplyManifest,
    /// A plan that deletes objects.
    RequestDeleteManifest,
    /// A plan that goes back to what was before.
    RequestRollback,
    /// Executes an approved plan.
    ApplyApprovedPlan,
    /// Where a plan stands.
    GetPlanStatus,
    /// Waits for a decision.
    WaitForPlan,
}

/// What a tool does to the world, as hints for clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It reads.
    Read,
    /// It stores a plan, which changes nothing in the cluster.
    Propose,
    /// It changes the cluster, once for each plan.
    Apply,
}

impl Tool {
    /// Every tool, in the order of the list.
    pub const ALL: [Self; 17] = [
        Self::GetAllowedNamespaces,
        Self::GetK8sStatus,
        Self::GetK8sEvents,
        Self::GetPodLogs,
        Self::GetK8sResource,
        Self::GetDeploymentDiagnostics,
        Self::GetPodDiagnostics,
        Self::GetServiceDiagnostics,
        Self::RequestScaleDeployment,
        Self::RequestSetDeploymentImage,
        Self::RequestRestartDeployment,
        Self::RequestApplyManifest,
        Self::RequestDeleteManifest,
        Self::RequestRollback,
        Self::ApplyApprovedPlan,
        Self::GetPlanStatus,
        Self::WaitForPlan,
    ];

    /// The tool of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GetAllowedNamespaces => "get_allowed_namespaces",
            Self::GetK8sStatus => "get_k8s_status",
            Self::GetK8sEvents => "get_k8s_events",
            Self::GetPodLogs => "get_pod_logs",
            Self::GetK8sResource => "get_k8s_resource",
            Self::GetDeploymentDiagnostics => "get_deployment_diagnostics",
            Self::GetPodDiagnostics => "get_pod_diagnostics",
            Self::GetServiceDiagnostics => "get_service_diagnostics",
            Self::RequestScaleDeployment => "request_scale_deployment",
            Self::RequestSetDeploymentImage => "request_set_deployment_image",
            Self::RequestRestartDeployment => "request_restart_deployment",
            Self::RequestApplyManifest => "request_apply_manifest",
            Self::RequestDeleteManifest => "request_delete_manifest",
            Self::RequestRollback => "request_rollback",
            Self::ApplyApprovedPlan => "apply_approved_plan",
            Self::GetPlanStatus => "get_plan_status",
            Self::WaitForPlan => "wait_for_plan",
        }
    }

    /// Whether a call of it may take so long that a client can ask to hear of its progress.
    pub const fn takes_time(self) -> bool {
        matches!(self, Self::ApplyApprovedPlan | Self::WaitForPlan)
    }

    /// Whether the stand-alone server offers it: a read of the cluster.
    pub const fn is_cluster_read(self) -> bool {
        matches!(
            self,
            Self::GetAllowedNamespaces
                | Self::GetK8sStatus
                | Self::GetDeploymentDiagnostics
                | Self::GetPodDiagnostics
                | Self::GetServiceDiagnostics
                | Self::GetK8sEvents
                | Self::GetPodLogs
                | Self::GetK8sResource
        )
    }

    pub(crate) const fn effect(self) -> Effect {
        match self {
            Self::RequestScaleDeployment
            | Self::RequestSetDeploymentImage
            | Self::RequestRestartDeployment
            | Self::RequestApplyManifest
            | Self::RequestDeleteManifest
            | Self::RequestRollback => Effect::Propose,
            Self::ApplyApprovedPlan => Effect::Apply,
            Self::GetAllowedNamespaces
            | Self::GetK8sStatus
            | Self::GetDeploymentDiagnostics
            | Self::GetPodDiagnostics
            | Self::GetServiceDiagnostics
            | Self::GetK8sEvents
            | Self::GetPodLogs
            | Self::GetK8sResource
            | Self::GetPlanStatus
            | Self::WaitForPlan => Effect::Read,
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::GetAllowedNamespaces => "Allowed namespaces",
            Self::GetK8sStatus => "Namespace status",
            Self::GetK8sEvents => "Events",
            Self::GetPodLogs => "Pod logs",
            Self::GetK8sResource => "One object",
            Self::GetDeploymentDiagnostics => "Deployment diagnostics",
            Self::GetPodDiagnostics => "Pod diagnostics",
            Self::GetServiceDiagnostics => "Service diagnostics",
            Self::RequestScaleDeployment => "Plan: scale a Deployment",
            Self::RequestSetDeploymentImage => "Plan: set a container image",
            Self::RequestRestartDeployment => "Plan: restart a Deployment",
            Self::RequestApplyManifest => "Plan: apply manifests",
            Self::RequestDeleteManifest => "Plan: delete objects",
            Self::RequestRollback => "Plan: go back",
            Self::ApplyApprovedPlan => "Apply an approved plan",
            Self::GetPlanStatus => "Plan status",
            Self::WaitForPlan => "Wait for a decision",
        }
    }

    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::GetAllowedNamespaces => "Lists the namespaces these tools may touch. Call it first.",
            Self::GetK8sStatus => {
                "Shows Deployments, ReplicaSets, Pods, Services and ConfigMaps (key names only) of a namespace, worst first. \
                 cursor gives more rows."
            }
            Self::GetK8sEvents => "Shows a namespace's Events, newest first; equal ones are one row with a count.",
            Self::GetPodLogs => {
                "Shows the newest lines of a container's log. previous: the run before a crash. contains: only lines with this text, \
                 of the last 2,000."
            }
            Self::GetK8sResource => {
                "Summarises one object: labels, owner, conditions, images, ports, resources, who changed it last. Never values of \
                 ConfigMaps or environments; no Secrets."
            }
            Self::GetDeploymentDiagnostics => {
                "Says what is wrong with one Deployment: ranked findings with evidence and next steps, ReplicaSets, worst Pods, Events. \
                 No findings means healthy."
            }
            Self::GetPodDiagnostics => {
                "Says what is wrong with one Pod: ranked findings with evidence, conditions, containers' states, owners, Events."
            }
            Self::GetServiceDiagnostics => {
                "Says why a Service does or does not answer: ranked findings, selector, ports, endpoints, Pods, Events."
            }
            Self::RequestScaleDeployment => {
                "Makes a plan for another replica count. Changes nothing: a person must approve it at approvalUrl before expiresAt."
            }
            Self::RequestSetDeploymentImage => {
                "Makes a plan for another image of an existing container. Changes nothing: a person must approve it."
            }
            Self::RequestRestartDeployment => {
                "Makes a plan to replace a Deployment's Pods one by one. Changes nothing: a person must approve it."
            }
            Self::RequestApplyManifest => {
                "Makes a plan to apply Deployments, Services or ConfigMaps (server-side apply; fields of other managers are refused). Quote \
                 texts such as \"yes\" or \"0755\"; no anchors or tags. Changes nothing: a person must approve it."
            }
            Self::RequestDeleteManifest => {
                "Makes a plan to delete the objects that the manifest names. Changes nothing: a person must approve it."
            }
            Self::RequestRollback => {
                "Makes a plan to undo what planId wrote, or to set Deployment name back to revision, else to the one before. A person \
                 must approve it."
            }
            Self::ApplyApprovedPlan => {
                "Executes a plan that a person approved, exactly as approved and at most once, and watches its rollout. Unapproved, or \
                 again, it only reports."
            }
            Self::GetPlanStatus => "Shows where one of your plans stands: state, expiry, a denial's reason, the outcome.",
            Self::WaitForPlan => {
                "Waits for the decision, or for the rollout of what was written, until the time is up; then shows where it stands."
            }
        }
    }
}
