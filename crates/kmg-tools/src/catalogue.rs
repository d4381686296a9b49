//! Names and descriptions.

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// The namespace allow-list.
    GetAllowedNamespaces,
    /// The workloads of a namespace.
    GetK8sStatus,
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
    pub const ALL: [Self; 13] = [
        Self::GetAllowedNamespaces,
        Self::GetK8sStatus,
        Self::GetDeploymentDiagnostics,
        Self::GetPodDiagnostics,
        Self::GetServiceDiagnostics,
        Self::RequestScaleDeployment,
        Self::RequestSetDeploymentImage,
        Self::RequestRestartDeployment,
        Self::RequestApplyManifest,
        Self::RequestDeleteManifest,
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
            Self::GetDeploymentDiagnostics => "get_deployment_diagnostics",
            Self::GetPodDiagnostics => "get_pod_diagnostics",
            Self::GetServiceDiagnostics => "get_service_diagnostics",
            Self::RequestScaleDeployment => "request_scale_deployment",
            Self::RequestSetDeploymentImage => "request_set_deployment_image",
            Self::RequestRestartDeployment => "request_restart_deployment",
            Self::RequestApplyManifest => "request_apply_manifest",
            Self::RequestDeleteManifest => "request_delete_manifest",
            Self::ApplyApprovedPlan => "apply_approved_plan",
            Self::GetPlanStatus => "get_plan_status",
            Self::WaitForPlan => "wait_for_plan",
        }
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
        )
    }

    pub(crate) const fn effect(self) -> Effect {
        match self {
            Self::RequestScaleDeployment
            | Self::RequestSetDeploymentImage
            | Self::RequestRestartDeployment
            | Self::RequestApplyManifest
            | Self::RequestDeleteManifest => Effect::Propose,
            Self::ApplyApprovedPlan => Effect::Apply,
            Self::GetAllowedNamespaces
            | Self::GetK8sStatus
            | Self::GetDeploymentDiagnostics
            | Self::GetPodDiagnostics
            | Self::GetServiceDiagnostics
            | Self::GetPlanStatus
            | Self::WaitForPlan => Effect::Read,
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::GetAllowedNamespaces => "Allowed namespaces",
            Self::GetK8sStatus => "Namespace status",
            Self::GetDeploymentDiagnostics => "Deployment diagnostics",
            Self::GetPodDiagnostics => "Pod diagnostics",
            Self::GetServiceDiagnostics => "Service diagnostics",
            Self::RequestScaleDeployment => "Plan: scale a Deployment",
            Self::RequestSetDeploymentImage => "Plan: set a container image",
            Self::RequestRestartDeployment => "Plan: restart a Deployment",
            Self::RequestApplyManifest => "Plan: apply manifests",
            Self::RequestDeleteManifest => "Plan: delete objects",
            Self::ApplyApprovedPlan => "Apply an approved plan",
            Self::GetPlanStatus => "Plan status",
            Self::WaitForPlan => "Wait for a decision",
        }
    }

    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::GetAllowedNamespaces => "Lists the namespaces these tools may touch. Call it first.",
            Self::GetK8sStatus => {
                "Shows Deployments, ReplicaSets, Pods, Services and ConfigMaps (key names only) of one namespace, worst first. \
                 Use cursor for more rows."
            }
            Self::GetDeploymentDiagnostics => {
                "Says what is wrong with one Deployment: ranked findings with evidence and next steps, its ReplicaSets, worst Pods and Events. \
                 No findings means healthy."
            }
            Self::GetPodDiagnostics => {
                "Says what is wrong with one Pod: ranked findings with evidence, its conditions, every container's state, its owners and Events."
            }
            Self::GetServiceDiagnostics => {
                "Says why a Service does or does not answer: ranked findings, selector, ports, endpoints, the Pods behind it and Events."
            }
            Self::RequestScaleDeployment => {
                "Asks for another replica count. Changes nothing by itself: the cluster dry-runs it, and a person must approve it at approvalUrl. \
                 The plan expires at expiresAt."
            }
            Self::RequestSetDeploymentImage => {
                "Asks for another image of one existing container. Changes nothing by itself: the cluster dry-runs it, and a person must approve it \
                 at approvalUrl. The plan expires at expiresAt."
            }
            Self::RequestRestartDeployment => {
                "Asks for new Pods of a Deployment, one after another. Changes nothing by itself: a person must approve the plan."
            }
            Self::RequestApplyManifest => {
                "Asks for Deployments, Services or ConfigMaps as the manifest says, by server-side apply: fields it leaves out stay as they \
                 are, fields of other managers are refused. Quote strings such as \"yes\" or \"0755\"; no anchors or tags. Changes nothing by \
                 itself: a person must approve the plan."
            }
            Self::RequestDeleteManifest => {
                "Asks for the deletion of the objects that the manifest names (apiVersion, kind, name). Changes nothing by itself: a person \
                 must approve the plan."
            }
            Self::ApplyApprovedPlan => {
                "Executes a plan that a person approved, exactly as approved and at most once. For a plan without approval it returns the state and \
                 approvalUrl. Calling it again only reports."
            }
            Self::GetPlanStatus => "Shows where one of your plans stands: state, expiry, a denial's reason, the outcome.",
            Self::WaitForPlan => {
                "Waits until a person decided, the plan expired or was executed, or the time is up; then shows where it stands."
            }
        }
    }
}
