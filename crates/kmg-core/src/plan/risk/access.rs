//! What a workload may newly read or act as, and what it runs.

use std::collections::BTreeSet;

use serde_json::Value;

use super::pod::{Container, POD, Pod, is_true, items, text};
use super::rule::{Fact, Found, Sides};
use super::table::{ACCOUNT, COMMAND, SECRET, SHELL, TOKEN};

const EXECS: [&str; 7] = [
    "/command",
    "/args",
    "/lifecycle/postStart/exec/command",
    "/lifecycle/preStop/exec/command",
    "/livenessProbe/exec/command",
    "/readinessProbe/exec/command",
    "/startupProbe/exec/command",
];
/// Programs that run or fetch other programs.
const RUNNERS: [&str; 18] = [
    "sh", "bash", "ash", "dash", "zsh", "busybox", "curl", "wget", "nc", "ncat", "socat", "python", "python3", "perl", "ruby", "nsenter",
    "chroot", "base64",
];

pub(super) fn find(sides: &Sides<'_>, found: &mut Found) {
    let (live, after) = (Pod::of(sides.before()), Pod::of(sides.after));
    let account = |pod: &Pod<'_>| text(pod.spec, "serviceAccountName").filter(|name| !name.is_empty()).unwrap_or("default").to_owned();
    let before = if sides.live.is_some() { account(&live) } else { "default".to_owned() };
    if account(&after) != before {
        found.add(&ACCOUNT, format!("{POD}.serviceAccountName"));
    }
    found.appears(&TOKEN, &tokens(&live), &tokens(&after));
    let refused = |pod: &Pod<'_>| pod.spec.get("automountServiceAccountToken") == Some(&Value::Bool(false));
    if refused(&live) && !refused(&after) && !is_true(after.spec, "automountServiceAccountToken") {
        found.add(&TOKEN, format!("{POD}.automountServiceAccountToken"));
    }
    let known: BTreeSet<String> = secrets(&live).into_iter().map(|secret| secret.key).collect();
    for secret in secrets(&after) {
        // A Secret that is read as a whole has no further keys to be read.
        let whole = secret.key.split('\n').next().unwrap_or_default();
        if !known.contains(&secret.key) && !known.contains(whole) {
            found.add(&SECRET, secret.path);
        }
    }
    commands(&live, &after, found);
}

fn tokens(pod: &Pod<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    if is_true(pod.spec, "automountServiceAccountToken") {
        facts.push(Fact::new(format!("{POD}.automountServiceAccountToken"), ""));
    }
    for volume in pod.volumes() {
        for source in volume.value.get("projected").map_or(&[][..], |projected| items(projected, "sources")) {
            if let Some(token) = source.get("serviceAccountToken") {
                facts.push(Fact::new(format!("{}.projected.sources", volume.path), token.to_string()));
            }
        }
    }
    facts
}

/// The Secrets that containers or the kubelet read: by name where they are read as a whole, else by name and key.
fn secrets(pod: &Pod<'_>) -> Vec<Fact> {
    let mut facts: Vec<Fact> = pod.containers().iter().flat_map(of_container).collect();
    for volume in pod.volumes() {
        for source in volume.value.get("projected").map_or(&[][..], |projected| items(projected, "sources")) {
            facts.extend(named(&volume.path, ".projected.sources", source.get("secret"), "name"));
        }
        facts.extend(named(&volume.path, ".secret", volume.value.get("secret"), "secretName"));
        facts.extend(named(&volume.path, ".azureFile", volume.value.get("azureFile"), "secretName"));
        for kind in ["csi", "cephfs", "cinder", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos"] {
            let Some(source) = volume.value.get(kind) else { continue };
            for member in ["secretRef", "nodePublishSecretRef"] {
                facts.extend(named(&volume.path, &format!(".{kind}"), source.get(member), "name"));
            }
            if let Some(class) = source.pointer("/volumeAttributes/secretProviderClass").and_then(Value::as_str) {
                facts.push(Fact::new(format!("{}.csi", volume.path), format!("@class\n{class}")));
            }
        }
    }
    for pull in items(pod.spec, "imagePullSecrets") {
        let key = format!("@pull\n{}", text(pull, "name").unwrap_or_default());
        facts.push(Fact::new(format!("{POD}.imagePullSecrets"), key));
    }
    facts
}

fn named(path: &str, field: &str, reference: Option<&Value>, member: &str) -> Option<Fact> {
    reference.and_then(|reference| text(reference, member)).map(|name| Fact::new(format!("{path}{field}"), name))
}

fn of_container(container: &Container<'_>) -> Vec<Fact> {
    let whole = items(container.value, "envFrom").iter();
    let whole = whole.filter_map(|source| named(&container.path, ".envFrom", source.get("secretRef"), "name"));
    let keys = items(container.value, "env").iter().filter_map(|env| {
        let reference = env.pointer("/valueFrom/secretKeyRef")?;
        let key = format!("{}\n{}", text(reference, "name")?, text(reference, "key")?);
        Some(Fact::new(format!("{}.env{}.valueFrom", container.path, bracketed(env)), key))
    });
    whole.chain(keys).collect()
}

/// `[name=…]` of an environment variable whose name may stand in a path.
pub(super) fn bracketed(env: &Value) -> String {
    let plain = |name: &&str| name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    text(env, "name").filter(plain).map_or_else(String::new, |name| format!("[name={name}]"))
}

fn commands(live: &Pod<'_>, after: &Pod<'_>, found: &mut Found) {
    for container in after.containers() {
        let before = live.container(&container.path);
        for pointer in EXECS {
            let (old, new) = (before.and_then(|before| before.pointer(pointer)), container.value.pointer(pointer));
            let path = format!("{}{}", container.path, pointer.replace('/', "."));
            if before.is_some() && old != new {
                found.add(&COMMAND, path);
            } else if before.is_none() && new.is_some_and(runs_others) {
                found.add(&SHELL, path);
            }
        }
    }
}

fn runs_others(command: &Value) -> bool {
    let words = command.as_array().into_iter().flatten().filter_map(Value::as_str).flat_map(str::split_whitespace);
    words.map(|word| word.rsplit('/').next().unwrap_or(word)).any(|word| RUNNERS.contains(&word))
}
