//! Every finding there is: what may be found is what stands here, and the reference is made of it.

/// A list of findings as one type: nothing else can be found.
macro_rules! findings {
    ($($variant:ident $id:literal [$($cause:literal),*] $says:literal $next:literal)+) => {
        /// What is wrong. Its name is stable between polls and versions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Id {
            $(#[doc = $says] $variant,)+
        }

        impl Id {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Its name in kebab-case, as clients see it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)+
                }
            }

            /// The finer causes that may be named with it; where none of them can be told, none is.
            pub const fn causes(self) -> &'static [&'static str] {
                match self {
                    $(Self::$variant => &[$($cause),*],)+
                }
            }

            /// What it says, in one sentence.
            pub const fn says(self) -> &'static str {
                match self {
                    $(Self::$variant => $says,)+
                }
            }

            /// What to do about it.
            pub const fn next(self) -> &'static str {
                match self {
                    $(Self::$variant => $next,)+
                }
            }
        }
    };
}

findings! {
    ImagePullFailed "image-pull-failed"
        ["not-found", "no-credentials", "rate-limited", "tls", "wrong-platform", "network", "invalid-name", "never-pulled", "signature"]
        "The kubelet cannot get the image of a container."
        "Ask for an image that exists with `request_set_deployment_image`; credentials, certificates and networks are for a person."
    ConfigMissing "config-missing" ["config-map-missing", "secret-missing", "key-missing"]
        "A container's environment refers to a ConfigMap, a Secret or a key that does not exist."
        "Create what is missing or correct the reference; the kubelet then goes on by itself."
    ContainerConfigInvalid "container-config-invalid" ["run-as-non-root"]
        "The kubelet refuses a container as it is configured."
        "Use a numeric user other than 0, or correct what the message names."
    ContainerCannotStart "container-cannot-start"
        ["command-not-found", "permission-denied", "exec-format", "sub-path", "hook-failed"]
        "The runtime creates a container and cannot start it."
        "Compare command, args, hooks and image with the previous revision."
    InitContainerFailed "init-container-failed" ["out-of-memory", "cannot-start", "signal", "application-error"]
        "An init container fails, so that the others never start."
        "Read its log; compare command and image with the previous revision."
    InitContainerStalled "init-container-stalled" []
        "An init container runs and does not end."
        "Find out what it waits for: its log is in the evidence."
    CrashLoop "crash-loop" ["cannot-start", "ends-at-once", "signal", "application-error"]
        "A container ends and is started again, over and over."
        "Read the log and the termination message; if it began with the last change, ask for the previous image."
    OutOfMemory "out-of-memory" []
        "The kernel killed a container because it needs more memory than it may use."
        "Raise the memory limit or find the leak."
    PodFailed "pod-failed" ["cannot-start", "signal", "application-error"]
        "A Pod failed, and its containers are not started again."
        "Read the log and the termination message."
    RestartsOften "restarts-often" []
        "A container runs at the moment and was restarted often, the last time lately."
        "Read the log of its previous run with `get_pod_logs`."
    LivenessProbeFailing "liveness-probe-failing" ["port-name", "http-status", "connection-refused", "timeout", "command-failed"]
        "The kubelet ends a container because its liveness probe fails, or is about to."
        "Compare the probe with what the application serves; it may need more time."
    ReadinessProbeFailing "readiness-probe-failing" ["port-name", "http-status", "connection-refused", "timeout", "command-failed"]
        "A container takes no traffic because its readiness probe fails."
        "Compare the probe with what the application serves, and read its log."
    StartupProbeFailing "startup-probe-failing" ["port-name", "http-status", "connection-refused", "timeout", "command-failed"]
        "A container never counts as started because its startup probe fails."
        "It may need a higher failureThreshold; read the log for what it waits for."
    HookFailed "hook-failed" []
        "A preStop hook failed in a Pod that is otherwise as it should be."
        "Look at lifecycle.preStop: containers end without what the hook should do."
    ReadinessGate "readiness-gate" []
        "All containers are ready, and a readiness gate is not open."
        "Look at the controller behind the condition, often that of a load balancer."
    ResizePending "resize-pending" []
        "A resize in place does not happen."
        "The node has no room for it now, or never; a new Pod elsewhere may."
    NotReady "not-ready" []
        "A Pod is not ready for a while, and neither status nor Events say why."
        "Read its log with `get_pod_logs`; Events may have expired."
    Evicted "evicted" []
        "The kubelet evicted a Pod."
        "Raise the limit of the volume or the request that the message names, or look at the node's pressure."
    DeadlineExceeded "deadline-exceeded" []
        "A Pod was ended for its activeDeadlineSeconds."
        "Raise the deadline, or find out why the work takes longer."
    KubeletRefused "kubelet-refused" []
        "The kubelet of its node did not admit a Pod."
        "A Pod that names its node is not moved by itself: let the scheduler choose, or make room."
    Disrupted "disrupted" []
        "A Pod was ended from outside: preemption, an eviction, a taint, a lost node."
        "Its controller makes another one; look at what ended it if that goes on."
    StuckTerminating "stuck-terminating" []
        "A Pod does not end though its deletion is overdue."
        "Look at the owner of the finalizer, or at the node whose kubelet does not answer."
    NodeLost "node-lost" []
        "A Pod is not ready because its node is not."
        "Look at the node; its Pods are replaced after their tolerations run out, five minutes by default."
    VolumeMountFailed "volume-mount-failed"
        ["multi-attach", "claim-missing", "secret-missing", "config-map-missing", "key-missing", "timeout"]
        "A Pod waits for a volume that cannot be attached or mounted."
        "Create what is missing or correct the reference; a ReadWriteOnce volume must first leave its other node."
    SandboxFailed "sandbox-failed" []
        "The sandbox of a Pod or its network cannot be set up."
        "Look at the node's container runtime, its runtime handlers and its network plugin."
    Unschedulable "unschedulable"
        ["insufficient-resources", "untolerated-taint", "node-cordoned", "node-selector", "pod-affinity", "topology-spread", "host-port",
         "unbound-volume-claim", "volume-claim-missing", "volume-claim-in-use", "volume-zone", "volume-limit", "resource-claim", "several"]
        "No node takes a Pod; the scheduler's reasons are told with their counts of nodes."
        "Lower the requests, scale down, or change what the cause names; labels, taints and cordons of nodes are for a person."
    SchedulingGated "scheduling-gated" []
        "A Pod waits for a scheduling gate to be removed."
        "Look at the controller that owns the gate."
    NeverScheduled "never-scheduled" []
        "No scheduler ever looked at a Pod."
        "Check that a scheduler of the name in spec.schedulerName runs."
    PodsNotCreated "pods-not-created"
        ["quota", "limit-range", "pod-security", "webhook-denied", "webhook-unavailable", "admission-policy", "service-account-missing",
         "priority-class-missing", "runtime-class-missing", "namespace-terminating", "controller-forbidden"]
        "The cluster refuses to create Pods."
        "The message names the quota, policy or object that is in the way."
    RolloutStalled "rollout-stalled" []
        "A rollout made no progress for longer than its deadline."
        "Look at the newest Pods: their containers' states say what is missing."
    RolloutPaused "rollout-paused" []
        "A rollout is paused and not finished."
        "It goes on when a person resumes it."
    RolloutInProgress "rollout-in-progress" []
        "A rollout is under way."
        "Ask again in a while."
    ReplicasUnavailable "replicas-unavailable" []
        "The rollout is over, and fewer replicas are available than are wanted."
        "Look at the Pods that are not ready and their Events."
    ControllerBehind "controller-behind" []
        "The Deployment controller has never seen a Deployment."
        "Look at the controller manager of the cluster."
    SurgeCannotFit "surge-cannot-fit" []
        "New Pods must fit beside all the old ones, and there is no room for them."
        "Allow one Pod to be unavailable (maxUnavailable), or make room."
    NoMatchingPods "no-matching-pods" ["label-mismatch", "no-pods"]
        "The selector of a Service matches no Pod; where one label is off, it is named."
        "Correct the selector or the labels of the workload's template."
    ScaledToZero "scaled-to-zero" []
        "The Deployment behind a Service is scaled to zero."
        "If it should answer, ask for replicas with `request_scale_deployment`."
    TargetPortUnresolved "target-port-unresolved" ["protocol"]
        "A port of a Service leads to a port name that no Pod behind it has for this protocol."
        "Compare targetPort and protocol with the ports of the containers."
    TargetPortUnknown "target-port-unknown" ["protocol"]
        "A port of a Service leads to a number that no Pod behind it declares for this protocol."
        "Compare targetPort and protocol with the ports of the containers; it may still listen there."
    NoEndpoints "no-endpoints" []
        "A Service has no selector, and nobody made endpoints for it."
        "Make an EndpointSlice for it, or give it a selector."
    NoReadyEndpoints "no-ready-endpoints" []
        "No endpoint of a Service is ready."
        "Look at the Pods behind it with `get_pod_diagnostics`."
    LoadBalancerPending "load-balancer-pending" []
        "Nobody gave a Service of type `LoadBalancer` an address."
        "The cluster needs a controller that makes load balancers, of this class where one is named."
    LocalTrafficPolicy "local-traffic-policy" []
        "Clients on nodes without a Pod of the Service get no answer."
        "Set internalTrafficPolicy to Cluster, or run a Pod on every node."
    QuotaExhausted "quota-exhausted" []
        "A quota of the namespace is used up, and Pods are missing."
        "Scale something down, or have the quota raised."
    AutoscalerCannotScale "autoscaler-cannot-scale" []
        "An autoscaler of the workload cannot do its work."
        "Resource metrics need a metrics server and requests on every container."
    AutoscalerAtMaximum "autoscaler-at-maximum" []
        "An autoscaler wants more replicas than it may have."
        "A person may raise the maximum."
    DisruptionBlocked "disruption-blocked" []
        "A disruption budget never allows a Pod to be evicted."
        "Allow one Pod to be unavailable, or run more replicas."
    BudgetsOverlap "budgets-overlap" []
        "Several disruption budgets select the same Pods, which the eviction API refuses to evict."
        "Leave one budget for the Pods."
    VolumeClaimLost "volume-claim-lost" []
        "A volume claim lost its volume."
        "Restore the data and make the claim anew."
    VolumeClaimPending "volume-claim-pending" []
        "A volume claim is not bound to a volume."
        "Read the claim's Events: it needs a StorageClass whose provisioner works, or a volume."
    VolumeResizeFailed "volume-resize-failed" []
        "A volume cannot be made as large as its claim asks."
        "Look at the storage driver and at what the StorageClass allows."
    NodeNotReady "node-not-ready" []
        "The node of a Pod that is in trouble is not ready."
        "Look at the node."
    NodePressure "node-pressure" []
        "The node of a Pod that is in trouble is short of memory, disk, process ids or network."
        "Look at the node."
    NodeCordoned "node-cordoned" []
        "The node of a Pod that is in trouble is cordoned: no new Pods come to it."
        "Cordoning is somebody's intent: ask first."
}
