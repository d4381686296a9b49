//! The product under measurement: prepared by `kmg demo`, then run part by part from the settings it wrote, with the
//! cap on a caller's calls out of the way.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use kmg_client::{Session, SignIn};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::api::Access;
use crate::person::Person;
use crate::process::{Process, Watched, child};

/// Far beyond what is reached.
const UNLIMITED: &[(&str, &str)] = &[("KMG_MCP_CALLS_PER_SECOND", "100000")];
const SIGN_IN: Duration = Duration::from_secs(20);

/// Where the product runs.
#[derive(Clone, Debug)]
pub enum Target {
    /// The sandbox with instant answers, as a process of its own.
    Sandbox,
    /// A real cluster.
    Cluster {
        /// The administrator's kubeconfig.
        kubeconfig: PathBuf,
        /// The processes of its API server.
        api_server: Vec<u32>,
    },
}

impl Target {
    /// Its name in the report.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sandbox => "the sandbox",
            Self::Cluster { .. } => "the real API server",
        }
    }
}

/// What `kmg demo --json` says.
#[derive(Clone, Debug, Deserialize)]
pub struct Info {
    /// The MCP endpoint.
    pub mcp_url: Url,
    approval_url: Url,
    issuer_url: Url,
    username: String,
    password: String,
    /// The namespace that may be read and changed.
    pub namespace: String,
    /// The Deployment in it.
    pub deployment: String,
    /// The gateway's journal.
    pub audit_file: PathBuf,
}

/// The namespace everything is measured in.
const NAMESPACE: &str = "kmg-bench";
/// An image that simulated nodes and the sandbox can run.
pub const IMAGE: &str = "registry.test/web:1";

/// How the product is started.
#[derive(Clone, Debug)]
pub struct Starter {
    /// The binary.
    pub kmg: PathBuf,
    /// A folder on the disk that is measured.
    pub folder: PathBuf,
}

/// The running product.
pub struct Product {
    /// What the demo said.
    pub info: Info,
    data: PathBuf,
    starter: Starter,
    target: Target,
    sandbox: Option<Process>,
    issuer: Process,
    gateway: Process,
}

impl Starter {
    /// Runs the demo in a folder of its own until it is ready, then ends it; what it said and how long it took.
    pub async fn demo(&self, target: &Target, data: &Path) -> anyhow::Result<(Info, Duration)> {
        let (port, data) = (free_ports()?.to_string(), data.to_string_lossy());
        let mut words = vec!["demo", "--json", "--insecure-print-password", "--namespace", NAMESPACE, "--image", IMAGE];
        words.extend(["--port", &port, "--data", &data]);
        let kubeconfig = match target {
            Target::Sandbox => None,
            Target::Cluster { kubeconfig, .. } => Some(kubeconfig.to_string_lossy()),
        };
        if let Some(kubeconfig) = &kubeconfig {
            words.extend(["--yes", "--kubeconfig", kubeconfig]);
        }
        let began = Instant::now();
        let mut demo = Process::start(&self.kmg, &words, &[], &self.log())?;
        let line = demo.first_line().await?;
        let took = began.elapsed();
        demo.end().await?;
        Ok((serde_json::from_str(&line).context("the demo's line")?, took))
    }

    /// Starts a part from the settings in `data`; it and how long it took to be ready.
    async fn part(&self, name: &str, data: &Path) -> anyhow::Result<(Process, Duration)> {
        let config = data.join(format!("{name}.toml"));
        self.ready(&[name, "--config", &config.to_string_lossy()]).await
    }

    async fn ready(&self, words: &[&str]) -> anyhow::Result<(Process, Duration)> {
        let (began, name) = (Instant::now(), words.first().copied().unwrap_or_default());
        let mut part = Process::start(&self.kmg, &[words, &["--exit-with-stdin"]].concat(), UNLIMITED, &self.log())?;
        let line = part.first_line().await?;
        ensure!(line == "ready", "{name} said {line:?}");
        Ok((part, began.elapsed()))
    }

    /// Starts a sandbox with new credentials in place of the demo's, which ended with it, and lets the executor trust
    /// this one.
    async fn sandbox(&self, data: &Path) -> anyhow::Result<Process> {
        let credentials = data.join("credentials");
        let out = credentials.to_string_lossy();
        let (sandbox, _) = self.ready(&["sandbox", "--out", &out, "--namespace", NAMESPACE, "--image", IMAGE, "--instant"]).await?;
        let admin = Access::load(&credentials.join("admin.kubeconfig"))?;
        let mut connection = admin.connect().await?;
        let (status, body) = connection.exchange(&admin.get("/api/v1/namespaces/kube-system")).await?;
        ensure!(status == 200, "the sandbox has no kube-system");
        let system: Value = serde_json::from_slice(body)?;
        let trust = data.join("executor/trust.json");
        let mut file: Value = serde_json::from_slice(&std::fs::read(&trust)?)?;
        *file.get_mut("clusterId").context("a trust file without a cluster")? = system["metadata"]["uid"].clone();
        std::fs::write(&trust, file.to_string())?;
        Ok(sandbox)
    }

    fn log(&self) -> PathBuf {
        self.folder.join("kmg.log")
    }
}

impl Product {
    /// Prepares the target by the demo and starts issuer and gateway.
    pub async fn start(starter: &Starter, target: &Target) -> anyhow::Result<Self> {
        let data = starter.folder.join("product");
        let (info, _) = starter.demo(target, &data).await?;
        let sandbox = match target {
            Target::Sandbox => Some(starter.sandbox(&data).await?),
            Target::Cluster { .. } => None,
        };
        let (issuer, _) = starter.part("issuer", &data).await?;
        let (gateway, _) = starter.part("gateway", &data).await?;
        Ok(Self { info, data, starter: starter.clone(), target: target.clone(), sandbox, issuer, gateway })
    }

    /// Ends the gateway and starts it again; how long the start took.
    pub async fn restart(self) -> anyhow::Result<(Self, Duration)> {
        self.gateway.end().await?;
        let (gateway, took) = self.starter.part("gateway", &self.data).await?;
        Ok((Self { gateway, ..self }, took))
    }

    /// What its reads and writes go to.
    pub fn api_server(&self) -> anyhow::Result<Watched> {
        let pids = match &self.target {
            Target::Sandbox => self.sandbox.iter().map(Process::id).collect::<anyhow::Result<Vec<u32>>>()?,
            Target::Cluster { api_server, .. } => api_server.clone(),
        };
        Ok(Watched { name: "API server", pids })
    }

    /// The administrator's kubeconfig.
    pub fn admin(&self) -> PathBuf {
        match &self.target {
            Target::Sandbox => self.credential("admin"),
            Target::Cluster { kubeconfig, .. } => kubeconfig.clone(),
        }
    }

    /// Whether it runs on the sandbox.
    pub const fn on_sandbox(&self) -> bool {
        self.sandbox.is_some()
    }

    /// The three processes, each by its name.
    pub fn processes(&self) -> anyhow::Result<Vec<Watched>> {
        let gateway = self.gateway.id()?;
        let one = |name, pid| Watched { name, pids: vec![pid] };
        Ok(vec![one("gateway", gateway), one("server", child(gateway, "server")?), one("executor", child(gateway, "executor")?)])
    }

    /// The kubeconfig of `reader`, `planner` or `executor`.
    pub fn credential(&self, identity: &str) -> PathBuf {
        self.data.join("credentials").join(format!("{identity}.kubeconfig"))
    }

    /// The demo's person, signed in to the pages.
    pub async fn person(&self) -> anyhow::Result<Person> {
        let info = &self.info;
        let mut person = Person::new(info.approval_url.clone(), info.issuer_url.clone(), &info.username, &info.password)?;
        person.sign_in().await?;
        Ok(person)
    }

    /// An agent that `person` let in.
    pub async fn agent(&self, person: &Person) -> anyhow::Result<Session> {
        let sign_in = SignIn::begin(&self.info.mcp_url, "benchmark").await?;
        let authorize = sign_in.authorize_url().clone();
        let (let_in, session) = tokio::join!(person.let_in(&authorize), sign_in.finish(SIGN_IN));
        let_in?;
        Ok(session?)
    }

    /// Ends everything.
    pub async fn end(self) -> anyhow::Result<()> {
        self.gateway.end().await?;
        self.issuer.end().await?;
        match self.sandbox {
            Some(sandbox) => sandbox.end().await,
            None => Ok(()),
        }
    }
}

/// The first of three free ports in a row.
fn free_ports() -> anyhow::Result<u16> {
    let free = |port: u16| (port..port + 3).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    (41_000..60_000).step_by(3).find(|port| free(*port)).context("no free ports")
}
