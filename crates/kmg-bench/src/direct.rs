//! A tool's reads made directly: by the very functions the server process uses, here in this process. What the tool
//! takes beyond them is the guard's own: HTTP, identity, screening, the link between processes, the journal.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::LocalBoxFuture;
use kmg_cluster::{Cluster, KubeconfigSource, Options, read};
use kmg_core::allow::{AllowList, Permit};
use kmg_core::clock::Clock;
use kmg_core::names::{Namespace, ObjectName};
use kmg_core::observe::{DeploymentView, StatusQuery};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::series::{Subject, Window};

/// What is read.
#[derive(Clone, Debug)]
pub enum Read {
    /// What `get_k8s_status` reads.
    Status,
    /// What `get_deployment_diagnostics` reads.
    Deployment(ObjectName),
}

/// The reader's client in this process. Its work runs on two threads, as many as the server process has.
#[derive(Clone)]
pub struct Reader {
    runtime: Handle,
    cluster: Cluster,
    permit: Permit,
}

impl Reader {
    /// Connects with the reader's kubeconfig.
    pub async fn connect(runtime: &Handle, kubeconfig: &Path, namespace: &str) -> anyhow::Result<Self> {
        let namespace: Namespace = namespace.parse()?;
        let permit = AllowList::new([namespace.clone()]).permit(&namespace).map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
        let source = KubeconfigSource { path: kubeconfig.to_owned(), context: None };
        let cluster = runtime.spawn(async move { Cluster::connect(&source, Options::new(Clock::system())).await }).await??;
        Ok(Self { runtime: runtime.clone(), cluster, permit })
    }

    /// One Deployment and what belongs to it.
    pub async fn deployment(&self, name: &ObjectName) -> anyhow::Result<DeploymentView> {
        let (reader, name) = (self.clone(), name.clone());
        Ok(self.runtime.spawn(async move { read::deployment(&reader.cluster, &reader.permit, &name).await }).await??)
    }

    async fn read(&self, read: &Read) -> anyhow::Result<()> {
        match read {
            Read::Deployment(name) => drop(read::deployment(&self.cluster, &self.permit, name).await?),
            Read::Status => {
                let namespace = self.permit.namespace().clone();
                let query = StatusQuery { namespace, label_selector: None, limit: 50, cursor: None };
                drop(read::status(&self.cluster, &self.permit, &query).await?);
            }
        }
        Ok(())
    }
}

/// Callers of the reader's functions.
pub struct Direct {
    reader: Reader,
    read: Read,
    callers: usize,
}

impl Direct {
    /// As many `callers` as the tool has.
    pub const fn new(reader: Reader, read: Read, callers: usize) -> Self {
        Self { reader, read, callers }
    }

    async fn run(&self, length: Duration) -> anyhow::Result<Window> {
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for _ in 0..self.callers {
            tasks.spawn_on(call_until(self.reader.clone(), self.read.clone(), began + length), &self.reader.runtime);
        }
        let mut window = Window::default();
        while let Some(latencies) = tasks.join_next().await {
            window.latencies.extend(latencies??);
        }
        window.calls = window.latencies.len() as u64;
        window.elapsed = began.elapsed();
        Ok(window)
    }
}

impl Subject for Direct {
    fn name(&self) -> &'static str {
        "same reads, directly"
    }
    fn window(&mut self, length: Duration) -> LocalBoxFuture<'_, anyhow::Result<Window>> {
        Box::pin(self.run(length))
    }
}

async fn call_until(reader: Reader, read: Read, until: Instant) -> anyhow::Result<Vec<u64>> {
    let mut latencies = Vec::new();
    while Instant::now() < until {
        let began = Instant::now();
        reader.read(&read).await?;
        latencies.push(u64::try_from(began.elapsed().as_nanos())?);
    }
    Ok(latencies)
}
