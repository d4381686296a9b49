//! A Deployment's status and its conditions.

use serde_json::{Map, Value, json};

use super::Sync;
use crate::control::object::Object;
use crate::control::time::{parse, seconds};

/// Whether a sync judges the progress of the rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Judged,
    AsItIs,
}

/// The condition of a type, where the Deployment has one.
pub(super) fn condition<'a>(deployment: &'a Object, kind: &str) -> Option<&'a Value> {
    deployment.list("/status/conditions").iter().find(|condition| condition["type"] == kind)
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    replicas: i64,
    updated: i64,
    ready: i64,
    available: i64,
    unavailable: i64,
}

impl Counts {
    fn reported(deployment: &Object<'_>) -> Self {
        Self {
            replicas: deployment.int("/status/replicas"),
            updated: deployment.int("/status/updatedReplicas"),
            ready: deployment.int("/status/readyReplicas"),
            available: deployment.int("/status/availableReplicas"),
            unavailable: deployment.int("/status/unavailableReplicas"),
        }
    }

    const fn is_complete(self, wanted: i64) -> bool {
        self.updated == wanted && self.replicas == wanted && self.available == wanted
    }

    const fn is_further_than(self, before: Self) -> bool {
        self.updated > before.updated
            || self.replicas - self.updated < before.replicas - before.updated
            || self.ready > before.ready
            || self.available > before.available
    }
}

impl Sync<'_, '_> {
    /// Whether the reported status says that the rollout is finished.
    pub(super) fn is_complete(&self) -> bool {
        let deployment = self.deployment();
        deployment.int("/status/observedGeneration") >= deployment.int("/metadata/generation")
            && Counts::reported(deployment).is_complete(self.strategy.replicas)
    }

    /// Tells in the Progressing condition that the rollout was paused or resumed; the deadline starts anew.
    pub(super) fn report_pause(&mut self) {
        let reason = condition(self.deployment(), "Progressing").map(|condition| condition["reason"].as_str().unwrap_or_default());
        if self.strategy.deadline.is_none() || reason == Some("ProgressDeadlineExceeded") {
            return;
        }
        match (self.strategy.paused, reason == Some("DeploymentPaused")) {
            (true, false) => self.set_progress("Unknown", "DeploymentPaused", "Deployment is paused"),
            (false, true) => self.set_progress("Unknown", "DeploymentResumed", "Deployment is resumed"),
            _ => {}
        }
    }

    pub(super) fn set_progress(&mut self, status: &str, reason: &str, message: &str) {
        self.set_condition("Progressing", status, reason, message);
    }

    pub(super) fn report_status(&mut self, progress: Progress) {
        let before = Counts::reported(self.deployment());
        let counts = self.count();
        let was_progressing = condition(self.deployment(), "Progressing").cloned();
        let available = counts.available >= self.strategy.minimum();
        self.write_counts(counts);
        if available {
            self.set_condition("Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.");
        } else {
            let message = "Deployment does not have minimum availability.";
            self.set_condition("Available", "False", "MinimumReplicasUnavailable", message);
        }
        if progress == Progress::AsItIs {
            return;
        }
        self.pass_on_failure();
        if self.strategy.deadline.is_none() {
            self.drop_condition("Progressing");
            return;
        }
        let was_complete = was_progressing.is_some_and(|condition| condition["reason"] == "NewReplicaSetAvailable");
        if !(was_complete && counts.replicas == counts.updated) {
            self.judge(before, counts);
        }
    }

    /// A ReplicaSet that cannot make its Pods says so, and the Deployment repeats it; the newest one's word first.
    fn pass_on_failure(&mut self) {
        let failure = |at: usize| {
            let conditions = self.set(at).list("/status/conditions");
            conditions.iter().find(|condition| condition["type"] == "ReplicaFailure")
        };
        let Some(failure) = self.family.new.into_iter().chain(self.family.all()).find_map(failure).cloned() else {
            if condition(self.deployment(), "ReplicaFailure").is_some() {
                self.drop_condition("ReplicaFailure");
            }
            return;
        };
        let text = |field: &str| failure[field].as_str().unwrap_or_default();
        self.set_condition("ReplicaFailure", text("status"), text("reason"), text("message"));
    }

    fn judge(&mut self, before: Counts, counts: Counts) {
        let subject = self
            .family
            .new
            .map_or_else(|| format!("Deployment \"{}\"", self.deployment().name()), |at| format!("ReplicaSet \"{}\"", self.set(at).name()));
        if counts.is_complete(self.strategy.replicas) {
            self.set_progress("True", "NewReplicaSetAvailable", &format!("{subject} has successfully progressed."));
        } else if counts.is_further_than(before) {
            self.touch_progress(&format!("{subject} is progressing."));
        } else if self.is_overdue() {
            self.set_progress("False", "ProgressDeadlineExceeded", &format!("{subject} has timed out progressing."));
        }
    }

    /// Each sign of progress moves `lastUpdateTime`, from which the deadline counts.
    fn touch_progress(&mut self, message: &str) {
        self.put_condition("Progressing", "True", "ReplicaSetUpdated", message);
    }

    /// Whether the deadline has passed; where it has not, the time at which it will have is noted.
    fn is_overdue(&mut self) -> bool {
        let Some(condition) = condition(self.deployment(), "Progressing") else { return false };
        if matches!(condition["reason"].as_str(), Some("NewReplicaSetAvailable" | "ProgressDeadlineExceeded")) {
            return false;
        }
        let since = condition["lastUpdateTime"].as_str().and_then(parse);
        let Some((since, deadline)) = since.zip(self.strategy.deadline) else { return false };
        let due = since.plus(deadline.saturating_mul(1_000));
        if self.world.now > due {
            return true;
        }
        self.world.wake(due.plus(1));
        false
    }

    fn count(&self) -> Counts {
        let sum = |field: &str| self.family.all().map(|at| self.set(at).int(field)).sum::<i64>();
        let available = sum("/status/availableReplicas");
        Counts {
            replicas: sum("/status/replicas"),
            updated: self.family.new.map_or(0, |at| self.set(at).int("/status/replicas")),
            ready: sum("/status/readyReplicas"),
            available,
            unavailable: (sum("/spec/replicas") - available).max(0),
        }
    }

    /// The Pods that are ending; unknown while a ReplicaSet's status does not tell.
    fn terminating(&self) -> Option<i64> {
        self.family.all().try_fold(0, |sum, at| {
            let set = self.set(at);
            match set.at("/status/terminatingReplicas").and_then(Value::as_i64) {
                Some(count) => Some(sum + count),
                None if set.int("/status/observedGeneration") == 0 => Some(sum),
                None => None,
            }
        })
    }

    fn write_counts(&mut self, counts: Counts) {
        let terminating = self.terminating();
        let deployment = self.deployment_mut();
        let mut status = Map::new();
        status.insert("observedGeneration".to_owned(), deployment.int("/metadata/generation").into());
        for (field, count) in [
            ("replicas", counts.replicas),
            ("updatedReplicas", counts.updated),
            ("readyReplicas", counts.ready),
            ("availableReplicas", counts.available),
            ("unavailableReplicas", counts.unavailable),
        ] {
            if count != 0 {
                status.insert(field.to_owned(), count.into());
            }
        }
        if let Some(terminating) = terminating {
            status.insert("terminatingReplicas".to_owned(), terminating.into());
        }
        for field in ["conditions", "collisionCount"] {
            if let Some(value) = deployment.at(&format!("/status/{field}")) {
                status.insert(field.to_owned(), value.clone());
            }
        }
        deployment.set("/status", Value::Object(status));
    }

    /// Sets a condition unless it stands already with this status and reason; it then goes to the list's end.
    fn set_condition(&mut self, kind: &str, status: &str, reason: &str, message: &str) {
        let same = |old: &Value| old["status"] == status && old["reason"] == reason;
        if !condition(self.deployment(), kind).is_some_and(same) {
            self.put_condition(kind, status, reason, message);
        }
    }

    /// Puts a condition at the list's end; its transition is the old one's if the status is.
    fn put_condition(&mut self, kind: &str, status: &str, reason: &str, message: &str) {
        let now = seconds(self.world.now);
        let old = condition(self.deployment(), kind).filter(|old| old["status"] == status);
        let transition = old.map_or_else(|| json!(now), |old| old["lastTransitionTime"].clone());
        self.drop_condition(kind);
        let condition = json!({
            "type": kind, "status": status, "lastUpdateTime": now, "lastTransitionTime": transition, "reason": reason, "message": message,
        });
        self.deployment_mut().edit_list("/status/conditions", |conditions| conditions.push(condition));
    }

    fn drop_condition(&mut self, kind: &str) {
        self.deployment_mut().edit_list("/status/conditions", |conditions| conditions.retain(|condition| condition["type"] != kind));
    }
}
