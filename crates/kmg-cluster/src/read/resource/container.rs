//! A Pod's specification, without what can hold a secret: values, commands, arguments, headers.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, EnvFromSource, EnvVar, PodSpec, PodTemplateSpec, Probe, Volume};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kmg_core::observe::{ContainerShape, PodShape};

use crate::read::facts::{MAX_PARTS, short};

/// The most variables of one container.
const MAX_ENV: usize = 64;

pub(super) fn template(template: &PodTemplateSpec) -> PodShape {
    template.spec.as_ref().map(pod_shape).unwrap_or_default()
}

pub(super) fn pod_shape(spec: &PodSpec) -> PodShape {
    let init = spec.init_containers.iter().flatten().map(|one| container(one, true));
    let main = spec.containers.iter().map(|one| container(one, false));
    PodShape {
        containers: init.chain(main).take(MAX_PARTS).collect(),
        volumes: spec.volumes.iter().flatten().take(MAX_PARTS).map(volume).collect(),
        service_account: spec.service_account_name.as_deref().map(text),
        node_selector: spec.node_selector.iter().flatten().take(MAX_PARTS).map(|(key, value)| (text(key), text(value))).collect(),
        priority_class: spec.priority_class_name.as_deref().map(text),
        restart_policy: spec.restart_policy.as_deref().filter(|policy| *policy != "Always").map(text),
        host_network: spec.host_network.unwrap_or_default(),
        pull_secrets: spec.image_pull_secrets.iter().flatten().take(MAX_PARTS).map(|one| text(&one.name)).collect(),
    }
}

fn container(one: &Container, init: bool) -> ContainerShape {
    let resources = one.resources.as_ref();
    let probes = [("startup", &one.startup_probe), ("readiness", &one.readiness_probe), ("liveness", &one.liveness_probe)];
    let env = one.env.iter().flatten().map(variable).chain(one.env_from.iter().flatten().map(variables));
    let ports = one.ports.iter().flatten().map(|port| {
        let name = port.name.as_deref().map(|name| format!("{name} ")).unwrap_or_default();
        text(&format!("{name}{}/{}", port.container_port, port.protocol.as_deref().unwrap_or("TCP")))
    });
    let mounts = one.volume_mounts.iter().flatten().map(|mount| text(&format!("{} at {}", mount.name, mount.mount_path)));
    ContainerShape {
        name: text(&one.name),
        image: short(one.image.as_deref()),
        init,
        ports: ports.take(MAX_PARTS).collect(),
        requests: quantities(resources.and_then(|all| all.requests.as_ref())),
        limits: quantities(resources.and_then(|all| all.limits.as_ref())),
        env: env.take(MAX_ENV).collect(),
        mounts: mounts.take(MAX_PARTS).collect(),
        probes: probes.into_iter().filter_map(|(kind, probe)| Some(format!("{kind} {}", check(probe.as_ref()?)))).collect(),
    }
}

pub(super) fn quantities(all: Option<&BTreeMap<String, Quantity>>) -> BTreeMap<String, String> {
    all.into_iter().flatten().take(MAX_PARTS).map(|(name, quantity)| (text(name), text(&quantity.0))).collect()
}

/// A variable's name and where its value comes from.
fn variable(one: &EnvVar) -> String {
    let source = one.value_from.as_ref();
    let from = if let Some(key) = source.and_then(|from| from.secret_key_ref.as_ref()) {
        format!("from Secret {} key {}", key.name, key.key)
    } else if let Some(key) = source.and_then(|from| from.config_map_key_ref.as_ref()) {
        format!("from ConfigMap {} key {}", key.name, key.key)
    } else if let Some(field) = source.and_then(|from| from.field_ref.as_ref()) {
        format!("from field {}", field.field_path)
    } else if let Some(field) = source.and_then(|from| from.resource_field_ref.as_ref()) {
        format!("from resource {}", field.resource)
    } else if source.is_some() {
        "from elsewhere".to_owned()
    } else {
        "from its own value".to_owned()
    };
    text(&format!("{} {from}", one.name))
}

fn variables(one: &EnvFromSource) -> String {
    let prefix = one.prefix.as_deref().unwrap_or_default();
    match (&one.config_map_ref, &one.secret_ref) {
        (Some(map), _) => text(&format!("{prefix}* from ConfigMap {}", map.name)),
        (None, Some(secret)) => text(&format!("{prefix}* from Secret {}", secret.name)),
        (None, None) => text(&format!("{prefix}* from elsewhere")),
    }
}

fn volume(one: &Volume) -> String {
    let from = if let Some(map) = &one.config_map {
        format!("ConfigMap {}", map.name)
    } else if let Some(secret) = &one.secret {
        format!("Secret {}", secret.secret_name.as_deref().unwrap_or_default())
    } else if let Some(claim) = &one.persistent_volume_claim {
        format!("PersistentVolumeClaim {}", claim.claim_name)
    } else if let Some(host) = &one.host_path {
        format!("hostPath {}", host.path)
    } else if let Some(csi) = &one.csi {
        format!("csi {}", csi.driver)
    } else if one.empty_dir.is_some() {
        "emptyDir".to_owned()
    } else if one.projected.is_some() {
        "projected".to_owned()
    } else if one.downward_api.is_some() {
        "downwardAPI".to_owned()
    } else if one.ephemeral.is_some() {
        "ephemeral".to_owned()
    } else {
        "elsewhere".to_owned()
    };
    text(&format!("{} from {from}", one.name))
}

fn check(probe: &Probe) -> String {
    let port = |port: &IntOrString| match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => text(name),
    };
    if let Some(http) = &probe.http_get {
        format!("httpGet {}", port(&http.port))
    } else if let Some(tcp) = &probe.tcp_socket {
        format!("tcpSocket {}", port(&tcp.port))
    } else if let Some(grpc) = &probe.grpc {
        format!("grpc {}", grpc.port)
    } else {
        "exec".to_owned()
    }
}

fn text(text: &str) -> String {
    short(Some(text))
}
