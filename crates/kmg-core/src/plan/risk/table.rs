//! Every finding about a change: what may be said of a plan is what stands here, and the reference is made of it.

use super::super::body::{Demand, PlanFinding, Severity};

/// One row of the table. Nothing outside of it makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    id: &'static str,
    severity: Severity,
    demand: Demand,
    summary: &'static str,
}

impl Rule {
    /// Its id, such as `KMG-A01`; rules that share one are degrees of the same thing.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// How grave it is.
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// What it asks for.
    pub const fn demand(&self) -> Demand {
        self.demand
    }

    /// What it says, in one sentence.
    pub const fn summary(&self) -> &'static str {
        self.summary
    }

    /// The rule found at `path`, with a sentence of ours that says how it is here.
    pub fn finding(&self, summary: impl Into<String>, path: impl Into<String>) -> PlanFinding {
        PlanFinding { id: self.id.to_owned(), severity: self.severity, demand: self.demand, summary: summary.into(), path: path.into() }
    }

    /// The same, asking for nothing but to be seen.
    pub(super) const fn shown(&self) -> Self {
        Self { demand: Demand::Show, ..*self }
    }

    const fn deny(id: &'static str, summary: &'static str) -> Self {
        Self { id, severity: Severity::High, demand: Demand::Deny, summary }
    }
    const fn two(id: &'static str, summary: &'static str) -> Self {
        Self { id, severity: Severity::High, demand: Demand::TwoApprovers, summary }
    }
    const fn typed(id: &'static str, summary: &'static str) -> Self {
        Self { id, severity: Severity::High, demand: Demand::TypedName, summary }
    }
    const fn high(id: &'static str, summary: &'static str) -> Self {
        Self { id, severity: Severity::High, demand: Demand::Show, summary }
    }
    const fn show(id: &'static str, summary: &'static str) -> Self {
        Self { id, severity: Severity::Warning, demand: Demand::Show, summary }
    }
    const fn info(id: &'static str, summary: &'static str) -> Self {
        Self { id, severity: Severity::Info, demand: Demand::Show, summary }
    }
}

/// The rules as constants, and as a list in the order of the table.
macro_rules! rules {
    ($($name:ident = $grade:ident $id:literal $summary:literal)+) => {
        $(#[doc = $id] pub const $name: Rule = Rule::$grade($id, $summary);)+

        /// All of them.
        pub const ALL: &[Rule] = &[$($name),+];
    };
}

rules! {
    TO_ZERO = typed "KMG-A01" "Scales to zero: nothing will serve."
    BY_HALF = high "KMG-A02" "Cuts the replicas by more than half."
    ALONE = show "KMG-A03" "One replica alone serves a Service: it answers nobody while that Pod is replaced."
    TRIPLES = show "KMG-A04" "More than triples the replicas."
    CEILING = deny "KMG-A04" "Asks for more replicas than may be asked for."
    AUTOSCALER_UNDOES = high "KMG-A05" "A HorizontalPodAutoscaler keeps the replicas within its bounds: it will undo this."
    AUTOSCALED = info "KMG-A05" "A HorizontalPodAutoscaler keeps the replicas within its bounds: their count is not part of the review."
    BUDGET_SPENT = two "KMG-A06" "A PodDisruptionBudget allows no disruption now, and this change disrupts Pods."
    BUDGET_BROKEN = show "KMG-A06" "A PodDisruptionBudget allows no disruption now, since too few Pods are healthy already."
    BUDGET = info "KMG-A06" "How many disruptions a PodDisruptionBudget allows now."
    ALL_AT_ONCE = high "KMG-A07" "All Pods may be taken down at once when the Deployment rolls out."
    READINESS = two "KMG-A08" "A readiness probe is removed or takes longer to notice."
    LIVENESS = high "KMG-A09" "A liveness or startup probe is removed."
    RESOURCES = high "KMG-A10" "A request or limit is removed or cut."
    QUOTA_EXCEEDED = deny "KMG-A11" "A ResourceQuota would be exceeded: the Pods do not fit."
    QUOTA_TIGHT = show "KMG-A11" "A ResourceQuota would be used to nine tenths or more."
    PLACEMENT = show "KMG-A12" "The Pods may run on fewer nodes than before."
    PAUSED = show "KMG-A13" "The Deployment is paused: the change rolls out when it is resumed."
    ROLLING = high "KMG-A13" "A rollout is running already, or has failed."
    NO_WAY_BACK = high "KMG-A14" "No old revision is kept to go back to."
    NO_DEADLINE = high "KMG-A14" "A rollout that fails is not reported as failed for more than an hour."
    SHUTDOWN = show "KMG-A15" "The containers get less time or no hook to shut down."
    UNFENCED = high "KMG-F01" "The fence of the planner is not in force."
    NOT_CHECKED = show "KMG-F02" "A part of the surroundings could not be read."
    NO_TAG = deny "KMG-I01" "The image has no fixed tag."
    NO_DIGEST = info "KMG-I02" "The image is not pinned by a digest; the tag can move."
    REGISTRY = deny "KMG-I03" "The image comes from a registry that is neither allowed nor in use here."
    UNREADABLE = deny "KMG-I03" "The image reference cannot be read, so it is not known where it comes from."
    REPOSITORY = high "KMG-I03" "The image comes from another repository than the present one."
    PULL_POLICY = info "KMG-I04" "The tag can move, and a node that has the image does not look for a newer one."
    BACKWARDS = show "KMG-I05" "The version goes backwards."
    ADDED = high "KMG-I07" "A container is added or renamed."
    REMOVED = high "KMG-I07" "A container is removed or renamed."
    EXPOSED = two "KMG-N01" "The Service is reachable from outside the cluster."
    CAPTURE = deny "KMG-N02" "The Service takes or sends traffic of addresses that are not the cluster's."
    OPEN = deny "KMG-N02" "The load balancer is open to every address."
    SELECTS_NOBODY = two "KMG-N03" "The Service loses all the Pods that it leads to."
    SELECTS_NOBODY_YET = show "KMG-N03" "The selector of the new Service matches no Pod of the namespace."
    PORT_LOST = high "KMG-N04" "A port of the Service leads to a port that no Pod behind it declares."
    ROUTING = show "KMG-N05" "How the Service routes has changed."
    TRAFFIC = two "KMG-N06" "Other objects send traffic to the deleted Service."
    GITOPS = high "KMG-O01" "A GitOps controller owns the object: it will undo what is not in its repository."
    HELM = show "KMG-O02" "Helm owns the object: its next upgrade will undo this."
    CONTROLLED = deny "KMG-O03" "A controller owns the object: it is changed through its owner."
    FINALIZERS = typed "KMG-O05" "The object has finalizers: deleting it sets off work elsewhere, and may not end by itself."
    DEPENDENTS = typed "KMG-O05" "Other objects belong to the deleted one and go with it."
    POINTED_AT = show "KMG-O05" "Other objects point at the deleted Deployment or its Pods."
    IMMUTABLE = deny "KMG-O07" "The field cannot be changed; only deleting and creating anew could."
    SELECTOR = deny "KMG-O08" "The selector does not match the labels of the Pod template."
    CONFIG_NEEDED = typed "KMG-O09" "Workloads use the deleted ConfigMap and fail without it when their Pods start again."
    CONFIG_USED = info "KMG-O09" "Workloads use the ConfigMap; no rollout follows."
    PROTECTED = deny "KMG-O10" "The object is protected."
    TERMINATING = deny "KMG-O11" "The object is being deleted already."
    MUTATED = high "KMG-O12" "The cluster puts something else in the place of what was asked for, or drops it."
    API_WARNING = show "KMG-O13" "The API server warns about the change; its words stand on the page."
    OPEN_PLAN = high "KMG-O14" "Another plan that writes the object waits, or may be applied."
    RECENT = high "KMG-O14" "Somebody else changed the object within the last ten minutes."
    MOVED_ON = two "KMG-O15" "The object is not as that plan was to leave it: what was changed since may be undone too."
    LEFT_OUT = show "KMG-O16" "The object comes back without this field."
    PRIVILEGED = deny "KMG-S01" "A container runs privileged: it has the whole node."
    HOST = deny "KMG-S02" "The Pod shares a namespace of its node."
    HOST_USERS = deny "KMG-S02" "The Pod gives up its own user namespace."
    HOST_PATH = deny "KMG-S03" "A directory or socket of the node is mounted."
    CAPABILITY = deny "KMG-S04" "A container adds a capability beyond the baseline."
    DROP_LOST = show "KMG-S04" "A container no longer drops all capabilities."
    ESCALATION = high "KMG-S05" "A container may gain more privileges than its parent process."
    ROOT = high "KMG-S06" "A container runs as root or in its group, or is no longer kept from it."
    KERNEL = deny "KMG-S07" "A guard of the kernel is switched off or loosened."
    HOST_PORT = deny "KMG-S08" "A container takes a port of its node."
    WRITABLE = show "KMG-S09" "A container's root file system becomes writable."
    ACCOUNT = two "KMG-S10" "The Pod acts as another ServiceAccount than before, or as one of its own."
    TOKEN = two "KMG-S10" "The Pod gets a token for the API server that it did not have."
    SECRET = two "KMG-S11" "The workload can read a Secret that it could not read before."
    LITERAL = deny "KMG-S12" "A credential is written out; it belongs into a Secret."
    COMMAND = high "KMG-S13" "What a container runs has changed."
    SHELL = high "KMG-S13" "A container runs a shell or fetches what it runs."
    SCHEDULING = deny "KMG-S14" "The Pod passes by the scheduler, its taints, its priorities or the runtime chosen for it."
    BELOW_LEVEL = deny "KMG-S15" "The Pods do not meet the Pod Security level that the namespace enforces: they are not created."
    BELOW_WARNING = show "KMG-S15" "The Pods do not meet the Pod Security level that the namespace warns about."
    PODS = info "KMG-T01" "How many Pods the change touches."
}
