//! The product under measurement: prepared by `kmg demo`, then run part by part from the settings it wrote, with the
//! cap on a caller's calls out of the way.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use kmg_client::{Session, SignIn};
use serde::Deserialize;
use url::Url;

use crate::person::Person;
use crate::process::{Process, Watched, child};

/// Far beyond what is reached.
const UNLIMITED: &[(&str, &str)] = &[("KMG_MCP_CALLS_PER_SECOND", "100000")];
const SIGN_IN: Duration = Duration::from_secs(20);

/// Where the product runs.
#[derive(Clone, Debug)]
pub struct Target {
    /// For the report.
    pub name: &'static str,
    /// The administrator's kubeconfig of a real cluster.
    pub kubeconfig: PathBuf,
    /// The processes of its API server.
    pub api_server: Vec<u32>,
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
    issuer: Process,
    gateway: Process,
}

impl Starter {
    /// Runs the demo in a folder of its own until it is ready, then ends it; what it said and how long it took.
    pub async fn demo(&self, target: &Target, data: &Path) -> anyhow::Result<(Info, Duration)> {
        let (port, kubeconfig, data) = (free_ports()?.to_string(), target.kubeconfig.to_string_lossy(), data.to_string_lossy());
        let words = ["demo", "--yes", "--json", "--insecure-print-password", "--namespace", NAMESPACE, "--image", "registry.test/web:1"];
        let places = ["--port", &port, "--data", &data, "--kubeconfig", &kubeconfig];
        let began = Instant::now();
        let mut demo = Process::start(&self.kmg, &[&words[..], &places].concat(), &[], &self.log())?;
        let line = demo.first_line().await?;
        let took = began.elapsed();
        demo.end().await?;
        Ok((serde_json::from_str(&line).context("the demo's line")?, took))
    }

    /// Starts a part from the settings in `data`; it and how long it took to be ready.
    pub async fn part(&self, name: &str, data: &Path) -> anyhow::Result<(Process, Duration)> {
        let config = data.join(format!("{name}.toml"));
        let began = Instant::now();
        let words = [name, "--config", &config.to_string_lossy(), "--exit-with-stdin"];
        let mut part = Process::start(&self.kmg, &words, UNLIMITED, &self.log())?;
        let line = part.first_line().await?;
        ensure!(line == "ready", "{name} said {line:?}");
        Ok((part, began.elapsed()))
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
        let (issuer, _) = starter.part("issuer", &data).await?;
        let (gateway, _) = starter.part("gateway", &data).await?;
        Ok(Self { info, data, starter: starter.clone(), issuer, gateway })
    }

    /// Ends the gateway and starts it again; how long the start took.
    pub async fn restart(self) -> anyhow::Result<(Self, Duration)> {
        self.gateway.end().await?;
        let (gateway, took) = self.starter.part("gateway", &self.data).await?;
        Ok((Self { gateway, ..self }, took))
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
        self.issuer.end().await
    }
}

/// The first of three free ports in a row.
fn free_ports() -> anyhow::Result<u16> {
    let free = |port: u16| (port..port + 3).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    (41_000..60_000).step_by(3).find(|port| free(*port)).context("no free ports")
}
