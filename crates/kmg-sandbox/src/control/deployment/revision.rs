//! The newest ReplicaSet: found, made, numbered.

use serde_json::{Value, json};

use super::{DESIRED, MAXIMUM, REVISION, REVISION_HISTORY, Sync, annotate_sizes, number, status};
use crate::control::names::template_hash;
use crate::control::object::Object;

/// The Deployment's annotations that are its own and not its ReplicaSets'.
const OWN: [&str; 6] =
    ["kubectl.kubernetes.io/last-applied-configuration", REVISION, REVISION_HISTORY, DESIRED, MAXIMUM, "deprecated.deployment.rollback.to"];
const HISTORY_BYTES: usize = 2_000;

impl Sync<'_, '_> {
    /// Gives the newest ReplicaSet, if there is one, the highest revision and the Deployment's annotations.
    pub(super) fn sync_revision(&mut self) {
        let Some(at) = self.family.new else { return };
        let revision = self.next_revision();
        let deployment = &self.world.deployments[self.deployment];
        let set = &mut self.world.replica_sets[at];
        copy_annotations(deployment, set);
        raise_revision(set, revision);
        if let Some(seconds) = deployment.at("/spec/minReadySeconds").filter(|seconds| set.at("/spec/minReadySeconds") != Some(*seconds)) {
            set.set("/spec/minReadySeconds", seconds.clone());
            set.increment("/metadata/generation");
        }
        let revision = set.annotation(REVISION).unwrap_or_default().to_owned();
        let message = format!("Found new replica set \"{}\"", set.name());
        self.deployment_mut().annotate(REVISION, revision);
        if self.strategy.deadline.is_some() && status::condition(self.deployment(), "Progressing").is_none() {
            self.set_progress("True", "FoundNewReplicaSet", &message);
        }
    }

    /// The newest ReplicaSet; made where there is none.
    pub(super) fn new_set(&mut self) -> usize {
        if let Some(at) = self.family.new {
            return at;
        }
        let revision = self.next_revision();
        let mut set = self.blank_set();
        let total: i64 = self.family.old.iter().map(|&at| self.size(at)).sum();
        let size = if self.strategy.recreate { self.strategy.replicas } else { self.room(total, 0) };
        set.set("/spec/replicas", size);
        copy_annotations(self.deployment(), &mut set);
        set.annotate(REVISION, revision.to_string());
        annotate_sizes(&mut set, self.strategy.replicas, self.strategy.maximum());
        let name = set.name().to_owned();
        let at = self.world.replica_sets.len();
        self.world.replica_sets.push(set);
        self.family.new = Some(at);
        if size > 0 {
            self.report_scaling(&format!("Scaled up replica set {name} from 0 to {size}"));
        }
        self.deployment_mut().annotate(REVISION, revision.to_string());
        if self.strategy.deadline.is_some() {
            self.set_progress("True", "NewReplicaSetCreated", &format!("Created new replica set \"{name}\""));
        }
        at
    }

    fn blank_set(&self) -> Object<'static> {
        let deployment = self.deployment();
        let template = deployment.at("/spec/template").cloned().unwrap_or_default();
        let (name, hash) = self.free_name(&template);
        let mut set = Object::new(json!({
            "kind": "ReplicaSet", "apiVersion": "apps/v1",
            "metadata": { "name": name, "namespace": deployment.namespace(), "ownerReferences": deployment.as_owner() },
            "spec": { "selector": deployment.at("/spec/selector"), "template": template },
            "status": { "replicas": 0 },
        }));
        set.set("/spec/selector/matchLabels/pod-template-hash", hash.as_str());
        set.set("/spec/template/metadata/labels/pod-template-hash", hash);
        set.set("/metadata/labels", set.at("/spec/template/metadata/labels").cloned().unwrap_or_default());
        if let Some(seconds) = deployment.at("/spec/minReadySeconds") {
            set.set("/spec/minReadySeconds", seconds.clone());
        }
        set
    }

    /// A name that no ReplicaSet of the namespace has, with its hash.
    fn free_name(&self, template: &Value) -> (String, String) {
        let deployment = self.deployment();
        let named = |salt| {
            let hash = template_hash(template, salt);
            (format!("{}-{hash}", deployment.name()), hash)
        };
        let taken = |name: &str| self.world.replica_sets.iter().any(|set| set.name() == name && set.namespace() == deployment.namespace());
        // One more than the ReplicaSets that exist: one of the names is free.
        let tries = u32::try_from(self.world.replica_sets.len()).unwrap_or(u32::MAX);
        (0..=tries).map(named).find(|(name, _)| !taken(name)).unwrap_or_default()
    }

    fn next_revision(&self) -> i64 {
        self.family.old.iter().filter_map(|&at| number(self.set(at), REVISION)).max().unwrap_or_default() + 1
    }

    /// Forgets the oldest ReplicaSets over `revisionHistoryLimit` that have nothing left.
    pub(super) fn forget_history(&mut self) {
        let mut old = self.family.old.clone();
        let over = old.len().saturating_sub(self.strategy.history);
        old.sort_by_key(|&at| number(self.set(at), REVISION));
        let is_done = |set: &Object<'_>| {
            set.int("/status/replicas") == 0
                && set.int("/spec/replicas") == 0
                && set.int("/metadata/generation") <= set.int("/status/observedGeneration")
        };
        let gone: Vec<String> =
            old.into_iter().take(over).map(|at| self.set(at)).filter(|set| is_done(set)).map(|set| set.uid().to_owned()).collect();
        if gone.is_empty() {
            return;
        }
        self.world.replica_sets.retain(|set| !set.is_stored() || !gone.iter().any(|uid| uid == set.uid()));
        self.family = super::Family::of(&self.world.deployments[self.deployment], &self.world.replica_sets);
    }
}

fn copy_annotations(deployment: &Object<'_>, set: &mut Object<'_>) {
    let Some(annotations) = deployment.at("/metadata/annotations").and_then(Value::as_object) else { return };
    for (key, value) in annotations.iter().filter(|(key, _)| !OWN.contains(&key.as_str())) {
        set.annotate(key, value.clone());
    }
}

/// An older revision that is rolled back to gets the newest number and keeps the numbers it had.
fn raise_revision(set: &mut Object<'_>, revision: i64) {
    let before = number(set, REVISION);
    if before.is_some_and(|before| before >= revision) {
        return;
    }
    set.annotate(REVISION, revision.to_string());
    if let Some(before) = before {
        let history = match set.annotation(REVISION_HISTORY) {
            Some(history) if !history.is_empty() => format!("{history},{before}"),
            _ => before.to_string(),
        };
        if history.len() <= HISTORY_BYTES {
            set.annotate(REVISION_HISTORY, history);
        }
    }
}
