//! What lets a Pod out of its box: the Pod Security Standards' baseline, and what goes beyond it.

use serde_json::Value;

use super::pod::{Container, POD, Pod, held, is_true, items, text};
use super::rule::{Fact, Found, Sides};
use super::table::{
    CAPABILITY, DROP_LOST, ESCALATION, HOST, HOST_PATH, HOST_PORT, HOST_USERS, KERNEL, PRIVILEGED, ROOT, Rule, SCHEDULING, WRITABLE,
};

/// What the Pod Security Standards' baseline lets a container add.
const BASELINE_CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
/// The sysctls that the baseline allows.
const SAFE_SYSCTLS: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];
const SAFE_SELINUX_TYPES: [&str; 5] = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];
const APPARMOR_ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";
const CONTEXT: &str = ".securityContext";

/// Whether a container has a guard.
type Holds = fn(&Value) -> bool;

pub(super) fn find(sides: &Sides<'_>, found: &mut Found) {
    let (live, after) = (Pod::of(sides.before()), Pod::of(sides.after));
    let mut appears = |rule: &Rule, facts: fn(&Pod<'_>) -> Vec<Fact>| found.appears(rule, &facts(&live), &facts(&after));
    appears(&PRIVILEGED, privileged);
    appears(&HOST, host_namespaces);
    appears(&HOST_PATH, host_paths);
    appears(&CAPABILITY, capabilities);
    appears(&ESCALATION, |pod| {
        pod.container_facts(".securityContext.allowPrivilegeEscalation", |c| held(is_true(context(c), "allowPrivilegeEscalation")))
    });
    appears(&ROOT, root);
    appears(&KERNEL, kernel);
    appears(&HOST_PORT, host_ports);
    appears(&SCHEDULING, scheduling);

    let goes: [(&Rule, &str, Holds); 3] = [
        (&DROP_LOST, ".securityContext.capabilities.drop", drops_all),
        (&ESCALATION, ".securityContext.allowPrivilegeEscalation", |c| is_false(context(c), "allowPrivilegeEscalation")),
        (&WRITABLE, ".securityContext.readOnlyRootFilesystem", |c| is_true(context(c), "readOnlyRootFilesystem")),
    ];
    for (rule, field, holds) in goes {
        let facts = |pod: &Pod<'_>, other: &Pod<'_>| pod.shared_facts(other, field, |c| held(holds(c)));
        found.goes(rule, &facts(&live, &after), &facts(&after, &live));
    }
    found.goes(&ROOT, &kept_from_root(&live, &after), &kept_from_root(&after, &live));
    found.goes(&KERNEL, &confined(&live, &after), &confined(&after, &live));
    if live.spec.is_object() {
        let own_users = |pod: &Pod<'_>| pod_fact("hostUsers", held(is_false(pod.spec, "hostUsers")));
        found.goes(&HOST_USERS, &own_users(&live), &own_users(&after));
        let runtime = |pod: &Pod<'_>| pod_fact("runtimeClassName", text(pod.spec, "runtimeClassName").map(str::to_owned));
        found.goes(&SCHEDULING, &runtime(&live), &runtime(&after));
    }
}

/// What the baseline of the Pod Security Standards refuses.
pub(super) fn baseline(pod: &Pod<'_>) -> Vec<Fact> {
    [privileged(pod), host_namespaces(pod), host_paths(pod), capabilities(pod), kernel(pod), host_ports(pod)].concat()
}

fn privileged(pod: &Pod<'_>) -> Vec<Fact> {
    pod.container_facts(".securityContext.privileged", |c| held(is_true(context(c), "privileged")))
}

pub(super) fn context(value: &Value) -> &Value {
    value.get("securityContext").unwrap_or(&Value::Null)
}

pub(super) fn is_false(value: &Value, member: &str) -> bool {
    value.get(member) == Some(&Value::Bool(false))
}

fn pod_fact(field: &str, key: Option<String>) -> Vec<Fact> {
    key.map(|key| Fact::new(format!("{POD}.{field}"), key)).into_iter().collect()
}

fn host_namespaces(pod: &Pod<'_>) -> Vec<Fact> {
    let on = |field: &&str| is_true(pod.spec, field);
    ["hostNetwork", "hostPID", "hostIPC"].into_iter().filter(on).map(|field| Fact::new(format!("{POD}.{field}"), "")).collect()
}

/// The volumes that are of the node, and which containers have them, for reading or for writing.
fn host_paths(pod: &Pod<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    let containers = pod.containers();
    for volume in pod.volumes() {
        let Some(host) = volume.value.get("hostPath") else { continue };
        facts.push(Fact::new(format!("{}.hostPath", volume.path), host.to_string()));
        let name = text(volume.value, "name");
        for container in &containers {
            for mount in items(container.value, "volumeMounts").iter().filter(|mount| text(mount, "name") == name) {
                facts.push(Fact::new(format!("{}.volumeMounts", container.path), format!("{name:?} {}", is_true(mount, "readOnly"))));
            }
        }
    }
    facts
}

fn capabilities(pod: &Pod<'_>) -> Vec<Fact> {
    let of = |container: Container<'_>| {
        let added = context(container.value).get("capabilities").map_or(&[][..], |capabilities| items(capabilities, "add"));
        let beyond = added.iter().filter(|name| !name.as_str().is_some_and(|name| BASELINE_CAPABILITIES.contains(&name)));
        beyond.map(|name| Fact::new(format!("{}{CONTEXT}.capabilities.add", container.path), name.to_string())).collect::<Vec<_>>()
    };
    pod.containers().into_iter().flat_map(of).collect()
}

pub(super) fn drops_all(container: &Value) -> bool {
    context(container).get("capabilities").is_some_and(|capabilities| items(capabilities, "drop").iter().any(|name| name == "ALL"))
}

/// Identities that are root by word: a user or group of zero, or `runAsNonRoot: false`.
fn root(pod: &Pod<'_>) -> Vec<Fact> {
    let of = |path: &str, context: &Value| {
        let zero = ["runAsUser", "runAsGroup", "fsGroup"].into_iter().filter(|field| context.get(field).and_then(Value::as_i64) == Some(0));
        let told = is_false(context, "runAsNonRoot").then_some("runAsNonRoot");
        zero.chain(told).map(|field| Fact::new(format!("{path}{CONTEXT}.{field}"), "")).collect::<Vec<_>>()
    };
    let mut facts = of(POD, context(pod.spec));
    facts.extend(pod.containers().into_iter().flat_map(|container| of(&container.path, context(container.value))));
    facts
}

/// The containers, of those that `other` has too, that cannot run as root, by their own word or the Pod's.
fn kept_from_root(pod: &Pod<'_>, other: &Pod<'_>) -> Vec<Fact> {
    let own = context(pod.spec);
    pod.shared_facts(other, CONTEXT, |container| {
        let effective = |field: &str| context(container).get(field).or_else(|| own.get(field));
        let user = effective("runAsUser").and_then(Value::as_i64);
        held(effective("runAsNonRoot") == Some(&Value::Bool(true)) || user.is_some_and(|user| user != 0))
    })
}

fn kernel(pod: &Pod<'_>) -> Vec<Fact> {
    let mut facts = loosened(POD, context(pod.spec));
    for sysctl in items(context(pod.spec), "sysctls") {
        if !text(sysctl, "name").is_some_and(|name| SAFE_SYSCTLS.contains(&name)) {
            facts.push(Fact::new(format!("{POD}{CONTEXT}.sysctls"), sysctl.to_string()));
        }
    }
    for container in pod.containers() {
        facts.extend(loosened(&container.path, context(container.value)));
    }
    let annotations = pod.object.pointer("/spec/template/metadata/annotations").and_then(Value::as_object);
    for (name, value) in annotations.into_iter().flatten() {
        if name.starts_with(APPARMOR_ANNOTATION) && value == "unconfined" {
            facts.push(Fact::new("spec.template.metadata.annotations", name));
        }
    }
    facts
}

/// What of one security context is beyond the baseline.
fn loosened(path: &str, context: &Value) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |field: &str, key: String| facts.push(Fact::new(format!("{path}{CONTEXT}.{field}"), key));
    for field in ["seccompProfile", "appArmorProfile"] {
        if context.get(field).and_then(|profile| text(profile, "type")) == Some("Unconfined") {
            add(field, String::new());
        }
    }
    if let Some(options) = context.get("seLinuxOptions") {
        let word = |member: &str| text(options, member).unwrap_or_default();
        if !SAFE_SELINUX_TYPES.contains(&word("type")) || !word("user").is_empty() || !word("role").is_empty() {
            add("seLinuxOptions", options.to_string());
        }
    }
    if text(context, "procMount").is_some_and(|mount| mount != "Default") {
        add("procMount", String::new());
    }
    if context.get("windowsOptions").is_some_and(|options| is_true(options, "hostProcess")) {
        add("windowsOptions.hostProcess", String::new());
    }
    facts
}

/// The containers, of those that `other` has too, under a seccomp or `AppArmor` profile, their own or the Pod's.
fn confined(pod: &Pod<'_>, other: &Pod<'_>) -> Vec<Fact> {
    let own = context(pod.spec);
    let by = |field: &'static str| {
        pod.shared_facts(other, &format!("{CONTEXT}.{field}"), |container| {
            let profile = context(container).get(field).or_else(|| own.get(field))?;
            held(text(profile, "type").is_some_and(|kind| kind != "Unconfined"))
        })
    };
    [by("seccompProfile"), by("appArmorProfile")].concat()
}

fn host_ports(pod: &Pod<'_>) -> Vec<Fact> {
    let of = |container: Container<'_>| {
        let taken = items(container.value, "ports").iter().filter_map(|port| port.get("hostPort").and_then(Value::as_i64));
        let path = format!("{}.ports", container.path);
        taken.filter(|port| *port != 0).map(|port| Fact::new(path.clone(), port.to_string())).collect::<Vec<_>>()
    };
    pod.containers().into_iter().flat_map(of).collect()
}

fn scheduling(pod: &Pod<'_>) -> Vec<Fact> {
    let word = |field: &'static str| text(pod.spec, field).filter(|word| !word.is_empty()).map(|word| (field, word.to_owned()));
    let words = [
        word("nodeName"),
        word("schedulerName").filter(|(_, name)| name != "default-scheduler"),
        word("priorityClassName").filter(|(_, name)| name.starts_with("system-")),
        word("runtimeClassName"),
    ];
    let tolerates = |toleration: &&Value| {
        let key = text(toleration, "key").unwrap_or_default();
        key.is_empty() || matches!(key, "node-role.kubernetes.io/control-plane" | "node-role.kubernetes.io/master")
    };
    let tolerations = items(pod.spec, "tolerations").iter().filter(tolerates);
    let facts = words.into_iter().flatten().map(|(field, word)| Fact::new(format!("{POD}.{field}"), word));
    facts.chain(tolerations.map(|toleration| Fact::new(format!("{POD}.tolerations"), toleration.to_string()))).collect()
}
