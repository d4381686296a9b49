//! What stands around an object: what the reviewer should know of its surroundings, read as the reader.

mod alone;
mod autoscaler;
mod budget;
mod level;
mod neighbours;
mod pods;
mod quota;
mod traffic;

use std::collections::BTreeMap;

use kmg_cluster::Cluster;
use kmg_cluster::read::surroundings;
use kmg_core::allow::Permit;
use kmg_core::plan::{Action, Ask, Kind, ObjectId, PlanFinding, Rule, Target, rules};
use serde_json::Value;

/// What is looked at.
pub(crate) struct Scene<'a> {
    pub(crate) reader: &'a Cluster,
    pub(crate) permit: &'a Permit,
    pub(crate) ask: &'a Ask,
    pub(crate) target: &'a Target,
    pub(crate) action: Action,
    /// The object as it is.
    pub(crate) live: Option<&'a Value>,
    /// The object as the dry run predicts it.
    pub(crate) after: Option<&'a Value>,
}

/// The surroundings of one object.
#[derive(Default)]
pub(crate) struct Around {
    pub(crate) findings: Vec<PlanFinding>,
    /// Fields that a controller moves by itself, as JSON pointers.
    pub(crate) exclusions: Vec<String>,
    /// What goes with a deleted object.
    pub(crate) dependents: Vec<ObjectId>,
}

impl Around {
    fn say(&mut self, rule: &Rule, summary: String, path: &str) {
        self.findings.push(rule.finding(summary, path));
    }

    /// What could not be looked at is said, never taken for absent.
    fn not_checked(&mut self, what: &str, reason: &str) {
        let summary = format!("Could not be checked: {what} ({reason}).");
        self.say(&rules::NOT_CHECKED, summary, "");
    }
}

pub(crate) async fn look(scene: &Scene<'_>) -> Around {
    let mut around = Around::default();
    if scene.target.kind == Kind::Deployment {
        if scene.live.is_some() && scene.action != Action::Delete {
            autoscaler::look(scene, &mut around).await;
        }
        let labels = labels(scene.live.or(scene.after));
        let found = surroundings(scene.reader, scene.permit, &labels).await;
        match &found.budgets {
            Ok(budgets) => budget::judge(scene, budgets, &mut around),
            Err(error) => around.not_checked("PodDisruptionBudgets", error.reason()),
        }
        match &found.quotas {
            Ok(quotas) => quota::judge(scene, quotas, &mut around),
            Err(error) => around.not_checked("ResourceQuotas", error.reason()),
        }
        pods::touched(scene, &mut around);
        level::look(scene, &mut around).await;
        alone::look(scene, &mut around).await;
    }
    if scene.target.kind == Kind::Service {
        traffic::look(scene, &mut around).await;
    }
    neighbours::look(scene, &mut around).await;
    around
}

/// The labels of a Deployment's Pods.
fn labels(deployment: Option<&Value>) -> BTreeMap<String, String> {
    let labels = deployment.and_then(|object| object.pointer("/spec/template/metadata/labels")).and_then(Value::as_object);
    let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    labels.into_iter().flatten().filter_map(text).collect()
}

/// `spec.replicas`, 1 where it is absent.
fn replicas(deployment: Option<&Value>) -> i64 {
    deployment.map_or(0, |object| object.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1))
}

/// Whether the change makes new Pods of a new template.
fn rolls(scene: &Scene<'_>) -> bool {
    let template = |object: Option<&Value>| object.and_then(|object| object.pointer("/spec/template")).cloned();
    scene.live.is_some() && scene.after.is_some() && template(scene.live) != template(scene.after)
}
