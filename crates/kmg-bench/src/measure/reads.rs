//! The read path: a tool's calls through the guard, the same reads made directly, the same requests without reading
//! their answers, and a bare wait for the disk, in turn.

use std::path::Path;

use anyhow::Context as _;
use kmg_core::names::ObjectName;
use kmg_core::observe::DeploymentView;
use serde_json::{Value, json};

use super::Lab;
use crate::api::Access;
use crate::callers::{Callers, Stages, succeeded, tool_succeeded};
use crate::direct::{Direct, Read, Reader};
use crate::disk::Disk;
use crate::http::Connection;
use crate::series::{Pace, Series, Subject, interleave};

/// How many agents call at once beside the single one.
pub const MANY: usize = 32;
/// Requests in flight at the API server, as the server process has it.
const IN_FLIGHT: usize = 32;
/// The most requests one tool call has in flight.
const AT_ONCE: usize = 8;

pub const GUARD: &str = "through the guard";
pub const DIRECT: &str = "same reads, directly";
pub const RAW: &str = "same GETs, bytes only";
pub const DISK: &str = "fdatasync";

/// One tool with a number of callers.
#[derive(Debug)]
pub struct ToolReads {
    /// Which.
    pub tool: &'static str,
    /// How many requests one call makes.
    pub requests: usize,
    /// How many callers there are.
    pub callers: usize,
    /// The guard first, the disk last.
    pub series: Vec<Series>,
}

impl ToolReads {
    /// The series of that name.
    pub fn series(&self, name: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.name == name)
    }
}

/// A tool, its arguments, and what it reads.
struct Tool {
    name: &'static str,
    arguments: Value,
    read: Option<Read>,
    stages: Stages,
}

/// Measures every read tool with one caller and with many.
pub async fn reads(lab: &Lab, folder: &Path, pace: Pace) -> anyhow::Result<Vec<ToolReads>> {
    let info = &lab.product.info;
    let access = Access::load(&lab.product.credential("reader"))?;
    let reader = Reader::connect(&lab.clients, &lab.product.credential("reader"), &info.namespace).await?;
    let name: ObjectName = info.deployment.parse()?;
    let view = reader.deployment(&name).await?;
    let here = json!({ "namespace": info.namespace });
    let tools = [
        Tool { name: "get_allowed_namespaces", arguments: json!({}), read: None, stages: Stages::new() },
        Tool { name: "get_k8s_status", arguments: here, read: Some(Read::Status), stages: status(&access, &info.namespace) },
        Tool {
            name: "get_deployment_diagnostics",
            arguments: json!({ "namespace": info.namespace, "name": name }),
            read: Some(Read::Deployment(name)),
            stages: deployment(&access, &view),
        },
    ];
    let mut all = Vec::new();
    for tool in tools {
        for callers in [1, MANY] {
            let mut subjects = guard(lab, &tool, callers).await?;
            if let Some(read) = tool.read.clone() {
                subjects.push(Box::new(Direct::new(reader.clone(), read, callers)));
                subjects.push(Box::new(raw(&access, tool.stages.clone(), callers).await?));
            }
            subjects.push(Box::new(Disk::new(DISK, folder, callers as u64)?));
            let series = interleave(&mut subjects, pace, &lab.watched()?).await.with_context(|| tool.name)?;
            all.push(ToolReads { tool: tool.name, requests: tool.stages.iter().map(Vec::len).sum(), callers, series });
        }
    }
    Ok(all)
}

async fn guard(lab: &Lab, tool: &Tool, callers: usize) -> anyhow::Result<Vec<Box<dyn Subject>>> {
    let endpoint = lab.endpoint().await?;
    let mut connections = Vec::new();
    for _ in 0..callers {
        connections.push(vec![endpoint.connect().await?]);
    }
    let stages = vec![vec![endpoint.call(tool.name, &tool.arguments)]];
    Ok(vec![Box::new(Callers::new(GUARD, connections, stages, tool_succeeded))])
}

/// As many connections for each caller as keep the API server as busy as the server process would.
async fn raw(access: &Access, stages: Stages, callers: usize) -> anyhow::Result<Callers> {
    let each = (IN_FLIGHT / callers).clamp(1, AT_ONCE);
    let mut connections = Vec::new();
    for _ in 0..callers {
        let mut own: Vec<Connection> = Vec::new();
        for _ in 0..each {
            own.push(access.connect().await?);
        }
        connections.push(own);
    }
    Ok(Callers::new(RAW, connections, stages, succeeded))
}

/// The requests of `get_k8s_status`: five lists at once.
fn status(access: &Access, namespace: &str) -> Stages {
    let (core, apps) = (format!("/api/v1/namespaces/{namespace}"), format!("/apis/apps/v1/namespaces/{namespace}"));
    let lists = [(&apps, "deployments"), (&apps, "replicasets"), (&core, "pods"), (&core, "services"), (&core, "configmaps")];
    vec![lists.iter().map(|(group, kind)| access.get(&format!("{group}/{kind}?limit=250"))).collect()]
}

/// The requests of `get_deployment_diagnostics`: the object, then what it owns and what stands around it, then the
/// Events of each.
fn deployment(access: &Access, view: &DeploymentView) -> Stages {
    let (namespace, name) = (&view.namespace, &view.deployment.name);
    let apps = format!("/apis/apps/v1/namespaces/{namespace}");
    let selector = format!("limit=250&labelSelector=app%3D{name}");
    let uids = [&view.deployment.uid].into_iter();
    let uids = uids.chain(view.replica_sets.iter().take(5).map(|set| &set.uid)).chain(view.pods.iter().take(10).map(|pod| &pod.uid));
    let events = uids.map(|uid| {
        access.get(&format!("/apis/events.k8s.io/v1/namespaces/{namespace}/events?limit=250&fieldSelector=regarding.uid%3D{uid}"))
    });
    vec![
        vec![access.get(&format!("{apps}/deployments/{name}"))],
        vec![
            access.get(&format!("{apps}/replicasets?{selector}")),
            access.get(&format!("/api/v1/namespaces/{namespace}/pods?{selector}")),
            access.get(&format!("/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers?limit=250")),
            access.get(&format!("/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets?limit=250")),
            access.get(&format!("/api/v1/namespaces/{namespace}/resourcequotas?limit=8")),
        ],
        events.collect(),
    ]
}
