//! Runs the cases of a family side by side.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;
use kmg_core::clock::Clock;
use serde_json::{Value, json};
use tokio::sync::{RwLock, Semaphore};
use tokio::task::JoinSet;

use crate::admin::{is_cluster_wide, object_path};
use crate::case::{About, Broken, Case, Step};
use crate::diagnose::{Diagnosis, diagnose};
use crate::lab::Lab;
use crate::record;

/// How many cases have Pods on the real node at once, over all families.
static PLACES: Semaphore = Semaphore::const_new(8);
/// What the scheduler says counts every node: the case that brings a cordoned one has it to itself.
static NODES: RwLock<()> = RwLock::const_new(());
/// How long a first finding may take to be the right one, and to be gone.
const PATIENCE: Duration = Duration::from_mins(5);
const TICK: Duration = Duration::from_millis(2_500);
/// How often a case speaks for a node of its own.
const BEAT: Duration = Duration::from_secs(10);
/// A healthy workload must stay one: the guards that wait for minutes are asked too.
const LATER: i64 = 11;

/// Runs every case and says of each that failed what was seen.
///
/// # Panics
/// When one of them failed.
pub(crate) async fn all(family: &str, mut cases: Vec<Case>) {
    cases.retain(|case| record::wanted(case.name));
    let Some(lab) = Lab::open(family, &cases).await else { return };
    let lab = Arc::new(lab);
    let total = cases.len();
    let mut running = JoinSet::new();
    for case in cases {
        let lab = Arc::clone(&lab);
        running.spawn(async move {
            let outcome = Box::pin(one(&lab, &case)).await;
            let cleared = lab.clear(&lab.namespace(&case)).await;
            (case.name, outcome.and(cleared))
        });
    }
    let mut wrong = Vec::new();
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok((_, Ok(()))) => {}
            Ok((name, Err(what))) => wrong.push(format!("{name}: {what}")),
            Err(panic) => wrong.push(format!("a case ended early: {panic}")),
        }
    }
    Arc::into_inner(lab).unwrap().close().await;
    assert!(wrong.is_empty(), "{} of {total} cases of {family} failed:\n{}", wrong.len(), wrong.join("\n"));
}

async fn one(lab: &Lab, case: &Case) -> Result<(), String> {
    let namespace = lab.namespace(case);
    lab.furnished(&namespace).await?;
    let _place = if case.on_node { Some(PLACES.acquire().await.map_err(|error| error.to_string())?) } else { None };
    let brings_node = case.steps.iter().filter_map(cluster_wide).any(|object| object["spec"]["unschedulable"] == true);
    let unschedulable = case.broken.as_ref().is_some_and(|broken| broken.id == "unschedulable");
    let _alone = if brings_node { Some(NODES.write().await) } else { None };
    let _among = if unschedulable && !brings_node { Some(NODES.read().await) } else { None };
    let began = Instant::now();
    let play = Box::pin(played(lab, case, &namespace));
    let outcome = if speaks_for_its_node(case) {
        tokio::select! {
            outcome = play => outcome,
            failed = Box::pin(keep_alive(lab, &namespace)) => failed,
        }
    } else {
        play.await
    };
    for object in case.steps.iter().filter_map(cluster_wide) {
        lab.admin.delete(&filled(object, &namespace)).await?;
    }
    outcome.map_err(|what| format!("{what} (after {} s)", began.elapsed().as_secs()))
}

/// Whether the case has a node of its own that is not to be missed.
fn speaks_for_its_node(case: &Case) -> bool {
    let is_missed = case.broken.as_ref().is_some_and(|broken| broken.id == "node-lost");
    !is_missed && case.steps.iter().any(|step| matches!(step, Step::Send(_, "/api/v1/nodes/$ns/status", ..)))
}

/// Says of the case's own node, again and again, what was said of it: one that is silent for 40 seconds is missed, and on
/// a busy machine a case takes longer.
async fn keep_alive(lab: &Lab, node: &str) -> Result<(), String> {
    let path = format!("/api/v1/nodes/{node}");
    let mut ticks = tokio::time::interval(BEAT);
    loop {
        ticks.tick().await;
        let live = lab.admin.get(&path).await?;
        let mut conditions = live["status"]["conditions"].as_array().into_iter().flatten();
        let Some(ready) = conditions.find(|one| one["type"] == "Ready") else { continue };
        let at = Clock::system().now().rfc3339();
        let again = json!({"status": {"conditions": [{"type": "Ready", "status": ready["status"], "lastHeartbeatTime": at}]}});
        let media = "application/strategic-merge-patch+json";
        lab.admin.must(Method::PATCH, &format!("{path}/status"), Some((media, &again))).await?;
    }
}

async fn played(lab: &Lab, case: &Case, namespace: &str) -> Result<(), String> {
    take(lab, namespace, &case.steps).await?;
    let Some(broken) = &case.broken else { return healthy(lab, case, namespace).await };
    let found = until(lab, case, namespace, |seen| is_first(seen, broken)).await?;
    record::keep(case.name, &found, &json!({"id": broken.id, "cause": broken.cause}));
    take(lab, namespace, &broken.mend).await?;
    until(lab, case, namespace, |seen| seen.findings.is_empty()).await?;
    Ok(())
}

async fn healthy(lab: &Lab, case: &Case, namespace: &str) -> Result<(), String> {
    if matches!(case.about, About::Deployment) {
        until(lab, case, namespace, |seen| seen.answer["rolloutComplete"] == true).await?;
    }
    for ahead in [case.ahead, case.ahead + LATER] {
        let seen = diagnose(&lab.server, case.about, namespace, ahead).await?;
        if !seen.findings.is_empty() {
            return Err(format!("is healthy, but {ahead} minutes ahead: {}", Value::from(seen.findings)));
        }
        if ahead == case.ahead {
            record::keep(case.name, &seen, &Value::Null);
        }
    }
    Ok(())
}

fn is_first(seen: &Diagnosis, broken: &Broken) -> bool {
    let quoted = broken.quotes.is_none_or(|words| seen.findings.first().is_some_and(|first| first.to_string().contains(words)));
    seen.first() == (Some(broken.id), broken.cause) && quoted
}

/// Diagnoses until `holds`, and tells on failure every first finding there was.
async fn until(lab: &Lab, case: &Case, namespace: &str, holds: impl Fn(&Diagnosis) -> bool) -> Result<Diagnosis, String> {
    let mut firsts: Vec<String> = Vec::new();
    let mut last = Value::Null;
    let whole = async {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let seen = diagnose(&lab.server, case.about, namespace, case.ahead).await?;
            if holds(&seen) {
                return Ok(seen);
            }
            let first = match seen.first() {
                (Some(id), because) => format!("{id}/{}", because.unwrap_or_default()),
                (None, _) => "nothing".to_owned(),
            };
            if firsts.last() != Some(&first) {
                firsts.push(first);
            }
            last = seen.answer;
        }
    };
    match tokio::time::timeout(PATIENCE, whole).await {
        Ok(found) => found,
        Err(_) => Err(format!("found first: {}; at last: {last}", firsts.join(", then "))),
    }
}

async fn take(lab: &Lab, namespace: &str, steps: &[Step]) -> Result<(), String> {
    for step in steps {
        match step {
            Step::Apply(manifest) => drop(lab.admin.apply(&filled(manifest, namespace)).await?),
            Step::Delete(manifest) => {
                let manifest = filled(manifest, namespace);
                lab.admin.delete(&manifest).await?;
                lab.until(&object_path(&manifest), Value::is_null).await?;
            }
            Step::Send(method, path, content_type, body) => {
                let path = path.replace("$ns", namespace);
                lab.admin.must(method.clone(), &path, Some((content_type, &named(body, namespace)))).await?;
            }
            Step::Refused(pod) => {
                let path = format!("/api/v1/namespaces/{namespace}/pods?dryRun=All");
                lab.until_refused(&path, &filled(pod, namespace)).await?;
            }
            Step::Attach(status) => attach(lab, namespace, status).await?,
            Step::Until(path, pointer, value) => {
                let (path, value) = (path.replace("$ns", namespace), named(value, namespace));
                lab.until(&path, |object| object.pointer(pointer).unwrap_or(&Value::Null) == &value).await?;
            }
        }
    }
    Ok(())
}

/// Says what an attacher of the case's driver would have said.
async fn attach(lab: &Lab, node: &str, status: &Value) -> Result<(), String> {
    const ATTACHMENTS: &str = "/apis/storage.k8s.io/v1/volumeattachments";
    let here = |list: &Value| list["items"].as_array().and_then(|items| items.iter().find(|one| one["spec"]["nodeName"] == node)).cloned();
    lab.until(ATTACHMENTS, |list| here(list).is_some()).await?;
    let found = here(&lab.admin.get(ATTACHMENTS).await?).ok_or("the attachment is gone again")?;
    let path = format!("{ATTACHMENTS}/{}/status", found["metadata"]["name"].as_str().unwrap_or_default());
    lab.admin.must(Method::PATCH, &path, Some(("application/merge-patch+json", &json!({"status": status})))).await?;
    Ok(())
}

/// What of a case does not go with its namespace.
fn cluster_wide(step: &Step) -> Option<&Value> {
    match step {
        Step::Apply(manifest) if manifest["kind"].as_str().is_some_and(is_cluster_wide) => Some(manifest),
        _ => None,
    }
}

/// The manifest in its namespace.
fn filled(manifest: &Value, namespace: &str) -> Value {
    let mut manifest = named(manifest, namespace);
    if !manifest["kind"].as_str().is_some_and(is_cluster_wide) {
        manifest["metadata"]["namespace"] = namespace.into();
    }
    manifest
}

/// `value` with the namespace's name for every `$ns`.
fn named(value: &Value, namespace: &str) -> Value {
    match value {
        Value::String(text) => text.replace("$ns", namespace).into(),
        Value::Array(items) => items.iter().map(|item| named(item, namespace)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.replace("$ns", namespace), named(value, namespace))).collect())
        }
        other => other.clone(),
    }
}
