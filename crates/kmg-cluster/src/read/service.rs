//! One Service with its endpoints and the Pods behind it.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kmg_core::allow::Permit;
use kmg_core::names::ObjectName;
use kmg_core::observe::{DeploymentFacts, EndpointFacts, LabelSet, PodFacts, ServiceDetail, ServicePortFacts, ServiceView, TargetPort};
use serde::Deserialize;

use super::around::Near;
use super::facts::{MAX_PARTS, clip, condition, deployment_facts, millis, short};
use super::page::{ListOf, each, each_as};
use super::pod_detail::labels;
use super::pods::pods_by_selector;
use super::rank::{Worst, pod_key};
use super::trouble::{Notes, trouble};
use crate::client::{Cluster, JSON};
use crate::error::ClusterError;

const PODS: usize = 50;
const EVENTS: usize = 50;
const MAX_SLICES: usize = 100;
const MAX_OTHERS_READ: usize = 1_000;
const OTHERS: usize = 50;
const WORKLOADS: usize = 4;
/// Names and labels only.
const METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// The Service `name` of the permit's namespace, its `EndpointSlices` by their label and the Pods that its selector
/// matches. Where it matches none, the labels of the namespace's Pods and the Deployments it would match.
///
/// # Errors
/// When the Service itself cannot be read; parts that cannot be are named in `not_checked`.
pub async fn service(cluster: &Cluster, permit: &Permit, name: &ObjectName) -> Result<ServiceView, ClusterError> {
    let namespace = permit.namespace();
    let as_of = cluster.now();
    let answer = cluster.get(&format!("/api/v1/namespaces/{namespace}/services/{name}"), &[], JSON).await?.success()?;
    let object: Service = answer.json("a Service")?;
    let facts = detail(&object);
    let near = Near { cluster, permit };
    let selector: BTreeMap<String, String> = object.spec.and_then(|spec| spec.selector).unwrap_or_default();
    let text = selector.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",");
    let mut notes = Notes { checked: vec!["service".to_owned()], ..Notes::default() };
    let selects = !selector.is_empty() && facts.external_name.is_none();
    let matched = async { if selects { pods_by_selector(near, &text, PODS).await.map(Some) } else { Ok(None) } };
    let (endpoints, matched) = tokio::join!(Box::pin(endpoints(near, &facts.name)), Box::pin(matched));
    let endpoints = notes.take(endpoints, "endpointslices");
    let matched = match matched {
        Ok(None) => None,
        Ok(Some(pods)) => notes.take(Ok(pods), "pods"),
        Err(error) => notes.take(Err(error), "pods"),
    };
    let none_matched = matched.as_ref().is_some_and(Vec::is_empty);
    let (pods, pods_total) = worst(matched.unwrap_or_default());
    let (mut others, mut workloads) = (Vec::new(), Vec::new());
    if none_matched {
        let (labels, deployments) = tokio::join!(Box::pin(label_sets(near)), Box::pin(deployments(near, &selector)));
        others = notes.take(labels, "pod labels").unwrap_or_default();
        workloads = notes.take(deployments, "deployments").unwrap_or_default();
    }
    let found = Box::pin(trouble(near, vec![facts.uid.clone()], &pods, EVENTS, &mut notes)).await;
    Ok(ServiceView {
        as_of,
        namespace: namespace.clone(),
        service: facts,
        endpoints,
        pods,
        pods_total,
        others,
        workloads,
        events: found.events,
        logs: found.logs,
        around: found.around,
        checked: notes.checked,
        not_checked: notes.not_checked,
    })
}

fn worst(pods: Vec<PodFacts>) -> (Vec<PodFacts>, u64) {
    let mut worst = Worst::new(PODS, pod_key);
    for pod in pods {
        worst.push(pod);
    }
    let total = worst.seen();
    (worst.into_rows(), total)
}

fn detail(object: &Service) -> ServiceDetail {
    let spec = object.spec.clone().unwrap_or_default();
    let status = object.status.clone().unwrap_or_default();
    let addresses = status.load_balancer.and_then(|balancer| balancer.ingress).map_or(0, |ingress| ingress.len());
    ServiceDetail {
        name: short(object.metadata.name.as_deref()),
        uid: short(object.metadata.uid.as_deref()),
        kind: short(spec.type_.as_deref()),
        selector: labels(spec.selector.as_ref()),
        ports: spec
            .ports
            .iter()
            .flatten()
            .take(MAX_PARTS)
            .map(|port| ServicePortFacts {
                name: short(port.name.as_deref()),
                port: port.port,
                protocol: port.protocol.as_deref().map_or_else(|| "TCP".to_owned(), |protocol| short(Some(protocol))),
                target: match &port.target_port {
                    Some(IntOrString::String(name)) => TargetPort::Name(clip(name, 64)),
                    Some(IntOrString::Int(number)) => TargetPort::Number(*number),
                    None => TargetPort::Number(port.port),
                },
            })
            .collect(),
        headless: spec.cluster_ip.as_deref() == Some("None"),
        publish_not_ready: spec.publish_not_ready_addresses.unwrap_or_default(),
        external_name: spec.external_name.as_deref().filter(|name| !name.is_empty()).map(|name| short(Some(name))),
        external_policy: short(spec.external_traffic_policy.as_deref()),
        internal_policy: short(spec.internal_traffic_policy.as_deref()),
        load_balancer_addresses: u32::try_from(addresses).unwrap_or(u32::MAX),
        load_balancer_class: spec.load_balancer_class.as_deref().map(|class| short(Some(class))),
        conditions: status
            .conditions
            .iter()
            .flatten()
            .take(MAX_PARTS)
            .map(|c| condition(&c.type_, &c.status, (Some(&c.reason), Some(&c.message)), Some(&c.last_transition_time)))
            .collect(),
        created_at: millis(object.metadata.creation_timestamp.as_ref()),
    }
}

/// The Pods of the permit's namespace that a Service with this selector leads to, with their detail; at most 50, worst
/// first.
///
/// # Errors
/// When they cannot be read.
pub async fn pods_behind(cluster: &Cluster, permit: &Permit, selector: &BTreeMap<String, String>) -> Result<Vec<PodFacts>, ClusterError> {
    let text = selector.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",");
    let pods = pods_by_selector(Near { cluster, permit }, &text, PODS).await?;
    Ok(worst(pods).0)
}

async fn endpoints(near: Near<'_>, service: &str) -> Result<EndpointFacts, ClusterError> {
    let path = format!("/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices", near.permit.namespace());
    let selector = format!("kubernetes.io/service-name={service}");
    let list = ListOf { path: &path, label_selector: Some(&selector), field_selector: None, cap: MAX_SLICES };
    let mut facts = EndpointFacts::default();
    let (mut ports, mut nodes) = (BTreeSet::new(), BTreeSet::new());
    each(near.cluster, list, |slice: EndpointSlice| add(&slice, &mut facts, &mut ports, &mut nodes)).await?;
    facts.ports = ports.into_iter().take(MAX_PARTS).collect();
    facts.nodes = nodes.into_iter().take(MAX_PARTS).collect();
    Ok(facts)
}

fn add(slice: &EndpointSlice, facts: &mut EndpointFacts, ports: &mut BTreeSet<String>, nodes: &mut BTreeSet<String>) {
    facts.slices += 1;
    for port in slice.ports.iter().flatten().take(MAX_PARTS) {
        let number = port.port.map(|port| port.to_string()).unwrap_or_default();
        let name = port.name.as_deref().filter(|name| !name.is_empty()).map(|name| format!("{name}:")).unwrap_or_default();
        ports.insert(short(Some(&format!("{name}{number}/{}", port.protocol.as_deref().unwrap_or("TCP")))));
    }
    for endpoint in slice.endpoints.iter().flatten() {
        let conditions = endpoint.conditions.clone().unwrap_or_default();
        facts.terminating += u32::from(conditions.terminating == Some(true));
        if conditions.ready == Some(false) {
            facts.not_ready += 1;
        } else {
            facts.ready += 1;
            nodes.extend(endpoint.node_name.as_deref().filter(|_| nodes.len() < MAX_PARTS).map(|node| short(Some(node))));
        }
    }
}

#[derive(Deserialize)]
struct Labelled {
    #[serde(default)]
    metadata: ObjectMeta,
}

/// The namespace's Pods by their labels, the most common first.
async fn label_sets(near: Near<'_>) -> Result<Vec<LabelSet>, ClusterError> {
    let path = format!("/api/v1/namespaces/{}/pods", near.permit.namespace());
    let list = ListOf { path: &path, label_selector: None, field_selector: None, cap: MAX_OTHERS_READ };
    let mut sets: BTreeMap<_, LabelSet> = BTreeMap::new();
    each_as(near.cluster, METADATA, list, |object: Labelled| {
        let mut own = object.metadata.labels.unwrap_or_default();
        own.retain(|key, _| {
            !matches!(key.as_str(), "pod-template-hash" | "controller-revision-hash" | "statefulset.kubernetes.io/pod-name")
        });
        let labels = labels(Some(&own));
        if sets.len() < MAX_OTHERS_READ && !labels.is_empty() {
            let example = || short(object.metadata.name.as_deref());
            sets.entry(labels.clone()).or_insert_with(|| LabelSet { labels, pods: 0, example: example() }).pods += 1;
        }
    })
    .await?;
    let mut sets: Vec<LabelSet> = sets.into_values().collect();
    sets.sort_by(|a, b| b.pods.cmp(&a.pods).then_with(|| a.example.cmp(&b.example)));
    sets.truncate(OTHERS);
    Ok(sets)
}

/// The Deployments whose Pods `selector` would match.
async fn deployments(near: Near<'_>, selector: &BTreeMap<String, String>) -> Result<Vec<DeploymentFacts>, ClusterError> {
    let path = format!("/apis/apps/v1/namespaces/{}/deployments", near.permit.namespace());
    let list = ListOf { path: &path, label_selector: None, field_selector: None, cap: MAX_OTHERS_READ };
    let mut found = Vec::new();
    each(near.cluster, list, |object: Deployment| {
        let template = object.spec.as_ref().and_then(|spec| spec.template.metadata.as_ref()).and_then(|meta| meta.labels.as_ref());
        let matches = template.is_some_and(|labels| selector.iter().all(|(key, value)| labels.get(key) == Some(value)));
        if matches && found.len() < WORKLOADS {
            found.push(deployment_facts(&object));
        }
    })
    .await?;
    Ok(found)
}
