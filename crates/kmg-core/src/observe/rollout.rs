//! How far a written Deployment is rolled out: numbers and a verdict, no text of the cluster.

use serde::{Deserialize, Serialize};

use super::{DeploymentFacts, Observation};
use crate::clock::Millis;
use crate::digest::Digest;
use crate::names::{Namespace, ObjectName};
use crate::problem::Code;
use crate::untrusted::Untrusted;

/// Which Deployment is looked at after a write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RolloutQuestion {
    /// Its namespace.
    pub namespace: Namespace,
    /// Its name.
    pub name: ObjectName,
    /// The uid that was written; empty where the write created it.
    pub uid: String,
    /// The projection digest that was predicted for it.
    pub predicted: Option<Digest>,
    /// What the projection leaves out, as JSON pointers.
    pub exclusions: Vec<String>,
}

/// What is to be said of a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RolloutVerdict {
    /// The controller has seen the newest spec, every replica is of it and available, and no older one is left.
    Complete,
    /// Not complete, and not given up.
    Progressing,
    /// The controller says that its progress deadline has passed.
    Failed,
    /// The Deployment that was written is no longer there.
    Gone,
}

impl RolloutVerdict {
    /// The verdict in one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Progressing => "progressing",
            Self::Failed => "failed",
            Self::Gone => "gone",
        }
    }
}

/// A look at a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RolloutState {
    /// When it was read.
    pub as_of: Millis,
    /// What is to be said of it.
    pub verdict: RolloutVerdict,
    /// `spec.replicas`.
    pub desired: i32,
    /// `status.replicas`.
    pub current: i32,
    /// `status.updatedReplicas`.
    pub updated: i32,
    /// `status.availableReplicas`.
    pub available: i32,
    /// Whether the object is no longer what the plan predicted: somebody wrote it since, or the cluster made
    /// something else of it. The verdict is about the spec as it is now.
    pub changed: bool,
}

/// The rollout of one Deployment that a plan wrote.
#[derive(Clone, Debug)]
pub struct Rollout {
    /// Its namespace.
    pub namespace: Namespace,
    /// Its name.
    pub name: ObjectName,
    /// The last look at it, or why there was none.
    pub state: Result<RolloutState, Code>,
    /// The Deployment with its Pods, where it is not complete: for saying what holds it up.
    pub trouble: Option<Untrusted<Observation>>,
}

impl Rollout {
    /// Whether looking on can change what is said of it.
    pub const fn is_open(&self) -> bool {
        match self.state {
            Ok(state) => matches!(state.verdict, RolloutVerdict::Progressing),
            Err(code) => matches!(code, Code::LinkDown | Code::ClusterUnavailable | Code::DeadlineExceeded | Code::Overloaded),
        }
    }
}

impl DeploymentFacts {
    /// Whether a rollout is complete: the controller has seen the newest spec, every replica is of it, no older
    /// one is left, and all are available.
    pub const fn is_rolled_out(&self) -> bool {
        self.observed_generation >= self.generation
            && self.updated == self.replicas
            && self.current == self.updated
            && self.available == self.updated
    }

    /// What is to be said of the rollout of the newest spec. A deadline that passed before the controller has seen
    /// that spec is an older one's.
    pub fn rollout(&self) -> RolloutVerdict {
        let given_up =
            |one: &super::ConditionFacts| one.kind == "Progressing" && one.status == "False" && one.reason == "ProgressDeadlineExceeded";
        if self.terminating {
            RolloutVerdict::Gone
        } else if self.is_rolled_out() {
            RolloutVerdict::Complete
        } else if self.observed_generation >= self.generation && self.conditions.iter().any(given_up) {
            RolloutVerdict::Failed
        } else {
            RolloutVerdict::Progressing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ConditionFacts;
    use super::*;

    fn deployment(observed: i64, [desired, current, updated, available]: [i32; 4]) -> DeploymentFacts {
        DeploymentFacts {
            generation: 7,
            observed_generation: observed,
            replicas: desired,
            current,
            updated,
            available,
            ..DeploymentFacts::default()
        }
    }

    fn given_up(facts: DeploymentFacts) -> DeploymentFacts {
        let condition = ConditionFacts {
            kind: "Progressing".to_owned(),
            status: "False".to_owned(),
            reason: "ProgressDeadlineExceeded".to_owned(),
            ..ConditionFacts::default()
        };
        DeploymentFacts { conditions: vec![condition], ..facts }
    }

    #[test]
    fn complete_is_said_of_nothing_less() {
        assert_eq!(deployment(7, [3, 3, 3, 3]).rollout(), RolloutVerdict::Complete);
        assert_eq!(deployment(7, [0, 0, 0, 0]).rollout(), RolloutVerdict::Complete);
        for unfinished in [
            deployment(6, [3, 3, 3, 3]),
            deployment(7, [3, 4, 3, 3]),
            deployment(7, [3, 3, 2, 3]),
            deployment(7, [3, 3, 3, 2]),
            deployment(7, [0, 1, 1, 1]),
        ] {
            assert_eq!(unfinished.rollout(), RolloutVerdict::Progressing, "{unfinished:?}");
        }
    }

    #[test]
    fn failed_is_the_controllers_word_about_the_newest_spec() {
        assert_eq!(given_up(deployment(7, [3, 4, 1, 3])).rollout(), RolloutVerdict::Failed);
        assert_eq!(given_up(deployment(6, [3, 4, 1, 3])).rollout(), RolloutVerdict::Progressing, "an older spec's deadline");
        assert_eq!(given_up(deployment(7, [3, 3, 3, 3])).rollout(), RolloutVerdict::Complete, "it came late");
        let going = DeploymentFacts { terminating: true, ..deployment(7, [3, 3, 3, 3]) };
        assert_eq!(going.rollout(), RolloutVerdict::Gone);
    }
}
