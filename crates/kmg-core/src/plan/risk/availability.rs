//! Whether something keeps serving while the change rolls out, and after it.

use serde_json::Value;

use super::pod::{POD, Pod, held, items, text};
use super::rule::{Fact, Found, Sides};
use super::table::{
    ALL_AT_ONCE, BY_HALF, CEILING, LIVENESS, NO_DEADLINE, NO_WAY_BACK, PAUSED, PLACEMENT, READINESS, RESOURCES, ROLLING, SHUTDOWN, TO_ZERO,
    TRIPLES,
};
use crate::plan::ask::MAX_REPLICAS;
use crate::quantity::nanos;

/// The longest progress deadline in seconds that raises nothing; Kubernetes' default is 600.
const LONG_DEADLINE: i64 = 3_600;
const DEFAULT_GRACE: i64 = 30;

pub(super) fn find(sides: &Sides<'_>, found: &mut Found) {
    let (live, after) = (Pod::of(sides.before()), Pod::of(sides.after));
    if let Some(live) = sides.live {
        replicas(replicas_of(live), replicas_of(sides.after), found);
        rollout(live, found);
    }
    let more = sides.live.is_none_or(|live| replicas_of(sides.after) > replicas_of(live));
    if more && replicas_of(sides.after) > i64::from(MAX_REPLICAS) {
        found.add(&CEILING, "spec.replicas");
    }
    found.appears(&ALL_AT_ONCE, &all_at_once(sides.before()), &all_at_once(sides.after));
    no_way_back(sides, found);
    probes(&live, &after, found);
    resources(&live, &after, found);
    if sides.live.is_some() {
        found.appears(&PLACEMENT, &constraints(&live), &constraints(&after));
        let tolerations = |pod: &Pod<'_>| facts_of("tolerations", items(pod.spec, "tolerations").iter());
        found.goes(&PLACEMENT, &tolerations(&live), &tolerations(&after));
        shutdown(&live, &after, found);
    }
}

/// What a change of the count from `from` to `to` means.
pub(super) fn replicas(from: i64, to: i64, found: &mut Found) {
    const PATH: &str = "spec.replicas";
    if to == 0 && from > 0 {
        found.add(&TO_ZERO, PATH);
    } else if to.saturating_mul(2) < from {
        found.add(&BY_HALF, PATH);
    }
    if from > 0 && to > from.saturating_mul(3) {
        found.add(&TRIPLES, PATH);
    }
}

pub(super) fn replicas_of(object: &Value) -> i64 {
    object.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1)
}

fn rollout(live: &Value, found: &mut Found) {
    if live.pointer("/spec/paused") == Some(&Value::Bool(true)) {
        found.add(&PAUSED, "spec.paused");
    }
    let number = |pointer: &str| live.pointer(pointer).and_then(Value::as_i64);
    let conditions = live.get("status").map_or(&[][..], |status| items(status, "conditions"));
    let failed =
        conditions.iter().any(|condition| text(condition, "type") == Some("Progressing") && text(condition, "status") == Some("False"));
    let unseen = number("/status/observedGeneration").zip(number("/metadata/generation")).is_some_and(|(seen, now)| seen < now);
    let moving = live.get("status").is_some() && number("/status/updatedReplicas").unwrap_or(0) < replicas_of(live);
    if failed || unseen || moving {
        found.add(&ROLLING, "status.conditions");
    }
}

/// The ways of rolling out that may leave nothing serving.
fn all_at_once(object: &Value) -> Vec<Fact> {
    if object.pointer("/spec/strategy/type").and_then(Value::as_str) == Some("Recreate") {
        return vec![Fact::new("spec.strategy.type", "")];
    }
    let all = match object.pointer("/spec/strategy/rollingUpdate/maxUnavailable") {
        Some(Value::String(text)) => {
            text.strip_suffix('%').and_then(|percent| percent.parse::<u32>().ok()).is_some_and(|percent| percent >= 100)
        }
        Some(value) => value.as_i64().is_some_and(|count| count >= replicas_of(object).max(1)),
        None => false,
    };
    held(all).map(|key| Fact::new("spec.strategy.rollingUpdate.maxUnavailable", key)).into_iter().collect()
}

fn no_way_back(sides: &Sides<'_>, found: &mut Found) {
    let number = |object: &Value, field: &str| object.get("spec").and_then(|spec| spec.get(field)).and_then(Value::as_i64);
    let facts = |object: &Value, field: &str, holds: fn(i64) -> bool| {
        number(object, field)
            .filter(|number| holds(*number))
            .map(|_| Fact::new(format!("spec.{field}"), ""))
            .into_iter()
            .collect::<Vec<_>>()
    };
    for (rule, field, holds) in [
        (&NO_WAY_BACK, "revisionHistoryLimit", (|limit| limit == 0) as fn(i64) -> bool),
        (&NO_DEADLINE, "progressDeadlineSeconds", |seconds| seconds > LONG_DEADLINE),
    ] {
        found.appears(rule, &facts(sides.before(), field, holds), &facts(sides.after, field, holds));
    }
}

fn probes(live: &Pod<'_>, after: &Pod<'_>, found: &mut Found) {
    for (rule, probe) in [(&READINESS, "readinessProbe"), (&LIVENESS, "livenessProbe"), (&LIVENESS, "startupProbe")] {
        let facts = |pod: &Pod<'_>, other: &Pod<'_>| {
            pod.shared_facts(other, &format!(".{probe}"), |c| held(c.get(probe).is_some_and(Value::is_object)))
        };
        found.goes(rule, &facts(live, after), &facts(after, live));
    }
    for container in after.containers() {
        let patience = |value: Option<&Value>| {
            let probe = value?.get("readinessProbe")?.as_object()?;
            let of = |field: &str, default: i64| probe.get(field).and_then(Value::as_i64).unwrap_or(default);
            Some(of("failureThreshold", 3).saturating_mul(of("periodSeconds", 10)))
        };
        if patience(live.container(&container.path)).zip(patience(Some(container.value))).is_some_and(|(old, new)| new > old) {
            found.add(&READINESS, format!("{}.readinessProbe", container.path));
        }
    }
}

fn resources(live: &Pod<'_>, after: &Pod<'_>, found: &mut Found) {
    for container in after.containers() {
        let Some(before) = live.container(&container.path) else { continue };
        for kind in ["requests", "limits"] {
            let pointer = format!("/resources/{kind}");
            let new = container.value.pointer(&pointer);
            let lost = |(name, old): (&String, &Value)| match (amount(old), new.and_then(|new| new.get(name)).and_then(amount)) {
                (Some(old), Some(new)) => new < old,
                (_, new) => new.is_none(),
            };
            if before.pointer(&pointer).and_then(Value::as_object).is_some_and(|old| old.iter().any(lost)) {
                found.add(&RESOURCES, format!("{}.resources.{kind}", container.path));
            }
        }
    }
}

fn amount(value: &Value) -> Option<i128> {
    match value {
        Value::String(text) => nanos(text),
        value => nanos(&value.as_i64()?.to_string()),
    }
}

/// What a node must have, or must not have, for a Pod to run on it.
fn constraints(pod: &Pod<'_>) -> Vec<Fact> {
    let selected = pod.spec.get("nodeSelector").and_then(Value::as_object).into_iter().flatten();
    let mut facts: Vec<Fact> = selected.map(|(key, value)| Fact::new(format!("{POD}.nodeSelector"), format!("{key}={value}"))).collect();
    for kind in ["nodeAffinity", "podAffinity", "podAntiAffinity"] {
        let pointer = format!("/affinity/{kind}/requiredDuringSchedulingIgnoredDuringExecution");
        if let Some(required) = pod.spec.pointer(&pointer) {
            facts.push(Fact::new(format!("{POD}.affinity.{kind}"), required.to_string()));
        }
    }
    let spread = items(pod.spec, "topologySpreadConstraints").iter();
    facts.extend(facts_of(
        "topologySpreadConstraints",
        spread.filter(|constraint| text(constraint, "whenUnsatisfiable") == Some("DoNotSchedule")),
    ));
    facts
}

fn facts_of<'a>(field: &str, values: impl Iterator<Item = &'a Value>) -> Vec<Fact> {
    values.map(|value| Fact::new(format!("{POD}.{field}"), value.to_string())).collect()
}

fn shutdown(live: &Pod<'_>, after: &Pod<'_>, found: &mut Found) {
    let grace = |pod: &Pod<'_>| pod.spec.get("terminationGracePeriodSeconds").and_then(Value::as_i64).unwrap_or(DEFAULT_GRACE);
    if grace(after) < grace(live) {
        found.add(&SHUTDOWN, format!("{POD}.terminationGracePeriodSeconds"));
    }
    let hooks = |pod: &Pod<'_>, other: &Pod<'_>| {
        pod.shared_facts(other, ".lifecycle.preStop", |container| {
            held(container.pointer("/lifecycle/preStop").is_some_and(Value::is_object))
        })
    };
    found.goes(&SHUTDOWN, &hooks(live, after), &hooks(after, live));
}
