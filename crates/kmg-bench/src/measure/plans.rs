//! The plan path: a change is asked for, approved by a person and applied; beside the same dry run and the same
//! patch sent directly, and a bare wait for the disk. The approval itself is not timed: it is a person's.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use url::Url;

use super::Lab;
use crate::api::Access;
use crate::callers::{succeeded, tool_succeeded};
use crate::disk::Disk;
use crate::http::Connection;
use crate::series::{Series, Subject as _};

const SETTLED: Duration = Duration::from_mins(1);

/// The steps of a change.
#[derive(Debug)]
pub struct Plans {
    /// `request_scale_deployment`.
    pub request: Series,
    /// `apply_approved_plan`, with the watching of the rollout to its verdict.
    pub apply: Series,
    /// The dry run alone, sent directly.
    pub dry_run: Series,
    /// The patch alone, sent directly.
    pub patch: Series,
    /// One record made durable.
    pub disk: Series,
    /// Records in the gateway's journal for one change.
    pub records: f64,
}

/// The API server's side of a change.
struct Scale {
    path: String,
    planner: (Access, Connection),
    executor: (Access, Connection),
}

/// Makes `count` changes.
pub async fn plans(lab: &Lab, folder: &Path, count: usize) -> anyhow::Result<Plans> {
    let info = &lab.product.info;
    let mut scale = Scale::connect(lab).await?;
    let mut disk = Disk::new("fdatasync", folder, 1)?;
    let (mut request, mut apply, mut dry_run, mut patch, mut waits) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let before = records(&info.audit_file)?;
    for _ in 0..count {
        // Tokens live for minutes and a change takes most of a second.
        let endpoint = lab.endpoint().await?;
        let mut connection = endpoint.connect().await?;
        let ask =
            endpoint.call("request_scale_deployment", &json!({ "namespace": info.namespace, "name": info.deployment, "replicas": 1 }));
        let (asked, took) = timed(&mut connection, &ask).await?;
        request.push(took);
        let plan = asked["planId"].as_str().with_context(|| format!("no plan: {asked}"))?;
        let page = asked["approvalUrl"].as_str().and_then(|url| Url::parse(url).ok()).context("no approval URL")?;
        lab.person.approve(&page).await?;
        let (applied, took) = timed(&mut connection, &endpoint.call("apply_approved_plan", &json!({ "planId": plan }))).await?;
        ensure!(applied["state"] == "applied", "not applied: {applied}");
        apply.push(took);
        scale.settled(1).await?;
        dry_run.push(scale.dry_run(2).await?);
        patch.push(scale.patch(2).await?);
        scale.settled(2).await?;
        waits.extend(disk.window(Duration::from_millis(20)).await?.latencies);
    }
    let count = f64::from(u32::try_from(count)?.max(1));
    Ok(Plans {
        request: Series::of("request_scale_deployment", request),
        apply: Series::of("apply_approved_plan, to the rollout's verdict", apply),
        dry_run: Series::of("dry-run PATCH, directly", dry_run),
        patch: Series::of("PATCH, directly", patch),
        disk: Series::of("fdatasync", waits),
        records: f64::from(u32::try_from(records(&info.audit_file)? - before)?) / count,
    })
}

/// A tool's structured content, and how long it took in nanoseconds.
async fn timed(connection: &mut Connection, request: &[u8]) -> anyhow::Result<(Value, u64)> {
    let began = Instant::now();
    let (status, body) = connection.exchange(request).await?;
    let took = u64::try_from(began.elapsed().as_nanos())?;
    tool_succeeded(status, body)?;
    let mut message: Value = serde_json::from_slice(body)?;
    Ok((message["result"]["structuredContent"].take(), took))
}

/// Complete lines of a journal.
fn records(journal: &Path) -> anyhow::Result<usize> {
    Ok(std::fs::read_to_string(journal)?.matches('\n').count())
}

impl Scale {
    async fn connect(lab: &Lab) -> anyhow::Result<Self> {
        let info = &lab.product.info;
        let planner = Access::load(&lab.product.credential("planner"))?;
        let executor = Access::load(&lab.product.credential("executor"))?;
        let (dry, wet) = (planner.connect().await?, executor.connect().await?);
        let path = format!("/apis/apps/v1/namespaces/{}/deployments/{}", info.namespace, info.deployment);
        Ok(Self { path, planner: (planner, dry), executor: (executor, wet) })
    }

    async fn dry_run(&mut self, replicas: i32) -> anyhow::Result<u64> {
        let path = format!("{}?dryRun=All", self.path);
        send(&mut self.planner, &path, replicas).await
    }

    async fn patch(&mut self, replicas: i32) -> anyhow::Result<u64> {
        send(&mut self.executor, &self.path, replicas).await
    }

    /// Waits until the controller has caught up, so that its own updates meet no timed call.
    async fn settled(&mut self, replicas: i64) -> anyhow::Result<()> {
        let began = Instant::now();
        let (access, connection) = &mut self.executor;
        let get = access.get(&self.path);
        loop {
            let (status, body) = connection.exchange(&get).await?;
            succeeded(status, body)?;
            let object: Value = serde_json::from_slice(body)?;
            let seen = object["status"]["observedGeneration"] == object["metadata"]["generation"];
            if seen && object["spec"]["replicas"] == replicas && object["status"]["replicas"].as_i64().unwrap_or(0) == replicas {
                return Ok(());
            }
            ensure!(began.elapsed() < SETTLED, "the Deployment does not settle: {}", object["status"]);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn send((access, connection): &mut (Access, Connection), path: &str, replicas: i32) -> anyhow::Result<u64> {
    let request = access.patch(path, &json!([{ "op": "replace", "path": "/spec/replicas", "value": replicas }]));
    let began = Instant::now();
    let (status, body) = connection.exchange(&request).await?;
    let took = u64::try_from(began.elapsed().as_nanos())?;
    succeeded(status, body)?;
    Ok(took)
}
