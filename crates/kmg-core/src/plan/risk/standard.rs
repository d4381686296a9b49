//! The Pod Security Standards as a namespace asks for them, as far as a template can be held to them here.

use serde_json::Value;

use super::super::body::PlanFinding;
use super::pod::{Container, POD, Pod, held, is_true, items, text};
use super::ranked;
use super::rule::{Fact, Found};
use super::security::{baseline, context, drops_all, is_false};
use super::table::BELOW_LEVEL;

/// What a namespace demands of its Pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PodSecurity {
    /// Nothing.
    Privileged,
    /// No known way out of the box.
    Baseline,
    /// What hardening asks for.
    Restricted,
}

impl PodSecurity {
    /// The level of the label `pod-security.kubernetes.io/enforce`. Like the API server, it takes a word that it does
    /// not know for the strictest.
    pub fn of_label(value: Option<&str>) -> Self {
        match value {
            None | Some("privileged") => Self::Privileged,
            Some("baseline") => Self::Baseline,
            Some(_) => Self::Restricted,
        }
    }
}

/// Volumes that the restricted level leaves out, by their member.
const REFUSED_VOLUMES: [&str; 20] = [
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "gitRepo",
    "glusterfs",
    "iscsi",
    "nfs",
    "photonPersistentDisk",
    "portworxVolume",
    "quobyte",
    "rbd",
    "scaleIO",
    "storageos",
    "vsphereVolume",
];

/// What of the Deployment `after` does not meet the level `enforced` of its namespace: its Pods would be refused. What
/// did not meet it before is shown.
pub fn level_findings(live: Option<&Value>, after: &Value, enforced: PodSecurity) -> Vec<PlanFinding> {
    let facts = |object: &Value| {
        let pod = Pod::of(object);
        match enforced {
            PodSecurity::Privileged => Vec::new(),
            PodSecurity::Baseline => baseline(&pod),
            PodSecurity::Restricted => [baseline(&pod), restricted(&pod)].concat(),
        }
    };
    let mut found = Found::default();
    found.appears(&BELOW_LEVEL, &live.map(facts).unwrap_or_default(), &facts(after));
    ranked(found.into_findings())
}

fn restricted(pod: &Pod<'_>) -> Vec<Fact> {
    let own = context(pod.spec);
    let windows = pod.spec.pointer("/os/name").and_then(Value::as_str) == Some("windows");
    // Who has a user namespace of its own may be root in it.
    let own_users = is_false(pod.spec, "hostUsers");
    let mut facts: Vec<Fact> = pod.volumes().iter().filter_map(refused_volume).collect();
    if !own_users && own.get("runAsUser").and_then(Value::as_i64) == Some(0) {
        facts.push(Fact::new(format!("{POD}.securityContext.runAsUser"), ""));
    }
    for container in pod.containers() {
        let its = context(container.value);
        let mut lacks = |field: &str, lacks: bool| {
            facts.extend(held(lacks).map(|key| Fact::new(format!("{}.securityContext.{field}", container.path), key)));
        };
        let non_root = its.get("runAsNonRoot").or_else(|| own.get("runAsNonRoot"));
        lacks("runAsNonRoot", !own_users && non_root != Some(&Value::Bool(true)));
        lacks("runAsUser", !own_users && its.get("runAsUser").and_then(Value::as_i64) == Some(0));
        if windows {
            continue;
        }
        let profile = its.get("seccompProfile").or_else(|| own.get("seccompProfile")).and_then(|profile| text(profile, "type"));
        lacks("seccompProfile", !matches!(profile, Some("RuntimeDefault" | "Localhost")));
        lacks("allowPrivilegeEscalation", !is_false(its, "allowPrivilegeEscalation") || is_true(its, "privileged"));
        lacks("capabilities.drop", !drops_all(container.value));
        let added = its.get("capabilities").map_or(&[][..], |capabilities| items(capabilities, "add"));
        lacks("capabilities.add", added.iter().any(|name| name != "NET_BIND_SERVICE"));
    }
    facts
}

fn refused_volume(volume: &Container<'_>) -> Option<Fact> {
    let kind = REFUSED_VOLUMES.into_iter().find(|kind| volume.value.get(kind).is_some())?;
    Some(Fact::new(format!("{}.{kind}", volume.path), ""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::body::Demand;
    use super::*;

    fn deployment(pod: &Value) -> Value {
        json!({"kind": "Deployment", "spec": {"template": {"spec": pod}}})
    }

    /// A Pod that meets the strictest level.
    fn hardened() -> Value {
        json!({
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{"name": "web", "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}],
            "volumes": [{"name": "data", "emptyDir": {}}]
        })
    }

    fn paths(pod: &Value, level: PodSecurity) -> Vec<String> {
        level_findings(None, &deployment(pod), level).into_iter().map(|finding| finding.path).collect()
    }

    #[test]
    fn a_label_names_a_level_and_an_unknown_word_the_strictest() {
        for (label, level) in [
            (None, PodSecurity::Privileged),
            (Some("privileged"), PodSecurity::Privileged),
            (Some("baseline"), PodSecurity::Baseline),
            (Some("restricted"), PodSecurity::Restricted),
            (Some("Baseline"), PodSecurity::Restricted),
        ] {
            assert_eq!(PodSecurity::of_label(label), level, "{label:?}");
        }
    }

    #[test]
    fn each_demand_of_the_restricted_level_is_missed_by_its_path() {
        assert_eq!(paths(&hardened(), PodSecurity::Restricted), [""; 0]);
        let web = "spec.template.spec.containers[name=web].securityContext";
        for (pointer, value, path) in [
            ("/securityContext/runAsNonRoot", Value::Null, format!("{web}.runAsNonRoot")),
            ("/securityContext/runAsUser", json!(0), "spec.template.spec.securityContext.runAsUser".to_owned()),
            ("/securityContext/seccompProfile", Value::Null, format!("{web}.seccompProfile")),
            ("/containers/0/securityContext/allowPrivilegeEscalation", Value::Null, format!("{web}.allowPrivilegeEscalation")),
            ("/containers/0/securityContext/capabilities", json!({"drop": ["NET_RAW"]}), format!("{web}.capabilities.drop")),
            ("/containers/0/securityContext/capabilities", json!({"drop": ["ALL"], "add": ["CHOWN"]}), format!("{web}.capabilities.add")),
            ("/volumes/0", json!({"name": "data", "nfs": {}}), "spec.template.spec.volumes[name=data].nfs".to_owned()),
        ] {
            let mut pod = hardened();
            let (parent, member) = pointer.rsplit_once('/').unwrap();
            let parent = pod.pointer_mut(parent).unwrap();
            match member.parse::<usize>() {
                Ok(index) => parent[index] = value,
                Err(_) => parent[member] = value,
            }
            assert_eq!(paths(&pod, PodSecurity::Restricted), [path], "{pointer}");
            assert_eq!(paths(&pod, PodSecurity::Baseline), [""; 0], "{pointer}");
        }
    }

    #[test]
    fn the_baseline_refuses_the_way_out_and_what_was_so_before_is_shown() {
        let mut pod = hardened();
        pod["hostPID"] = true.into();
        assert_eq!(paths(&pod, PodSecurity::Privileged), [""; 0]);
        let after = deployment(&pod);
        let demands = |live: Option<&Value>| {
            level_findings(live, &after, PodSecurity::Baseline).into_iter().map(|finding| finding.demand).collect::<Vec<_>>()
        };
        assert_eq!(demands(None), [Demand::Deny]);
        assert_eq!(demands(Some(&deployment(&hardened()))), [Demand::Deny]);
        assert_eq!(demands(Some(&after)), [Demand::Show]);
    }
}
