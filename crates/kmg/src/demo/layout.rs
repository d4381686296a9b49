//! Where the demo keeps its files, and what it writes into them.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;

use anyhow::Context as _;
use kmg_core::clock::Clock;

use crate::cli::{DemoArgs, TrustArgs};
use crate::commands::trust::trust_file;
use crate::files;
use crate::issuer_file::IssuerFile;
use crate::keys;

/// The demo's one person.
pub(crate) const USERNAME: &str = "dev";
/// No 0, 1, l or o: the password is read from a terminal and typed.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The demo's folders and ports.
pub(crate) struct Layout {
    pub(crate) folder: PathBuf,
    temporary: bool,
    port: u16,
}

impl Layout {
    pub(crate) fn new(args: &DemoArgs) -> anyhow::Result<Self> {
        let (folder, temporary) = match &args.data {
            Some(folder) => (std::path::absolute(folder)?, false),
            None => (files::temporary_folder("kmg-demo")?, true),
        };
        files::private_folder(&folder)?;
        for part in ["gateway", "executor", "credentials"] {
            files::private_folder(&folder.join(part))?;
        }
        Ok(Self { folder, temporary, port: args.port })
    }

    /// The three ports are free now; a busy one is named before anything is created.
    pub(crate) fn check_ports(&self) -> anyhow::Result<()> {
        for (what, port) in [("the MCP endpoint", self.port), ("the pages", self.port + 1), ("the issuer", self.port + 2)] {
            TcpListener::bind((Ipv4Addr::LOCALHOST, port))
                .with_context(|| format!("port {port} for {what} is busy; --port N moves all three"))?;
        }
        Ok(())
    }

    fn origin(&self, offset: u16) -> String {
        format!("http://127.0.0.1:{}", self.port + offset)
    }

    fn address(&self, offset: u16) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port + offset).into()
    }

    pub(crate) fn mcp_url(&self) -> String {
        format!("{}/mcp", self.origin(0))
    }

    pub(crate) fn web_origin(&self) -> String {
        self.origin(1)
    }

    pub(crate) fn issuer(&self) -> String {
        self.origin(2)
    }

    /// The folder of the cluster credentials.
    pub(crate) fn credentials(&self) -> PathBuf {
        self.folder.join("credentials")
    }

    pub(crate) fn credential(&self, identity: &str) -> PathBuf {
        self.credentials().join(format!("{identity}.kubeconfig"))
    }

    pub(crate) fn gateway_journal(&self) -> PathBuf {
        self.folder.join("gateway").join("journal.jsonl")
    }

    pub(crate) fn executor_journal(&self) -> PathBuf {
        self.folder.join("executor").join("journal.jsonl")
    }

    pub(crate) fn gateway_keys(&self) -> PathBuf {
        self.folder.join("gateway/keys")
    }

    pub(crate) fn executor_keys(&self) -> PathBuf {
        self.folder.join("executor/keys")
    }

    pub(crate) fn gateway_config(&self) -> PathBuf {
        self.folder.join("gateway.toml")
    }

    pub(crate) fn issuer_config(&self) -> PathBuf {
        self.folder.join("issuer.toml")
    }

    fn trust(&self) -> PathBuf {
        self.folder.join("executor/trust.json")
    }

    /// Writes keys, the trust file and the settings; returns the person's new password.
    pub(crate) fn write(&self, args: &DemoArgs, cluster_id: &str, clock: &Clock) -> anyhow::Result<String> {
        for folder in [self.gateway_keys(), self.executor_keys()] {
            if !folder.join(keys::APPROVAL).exists() {
                keys::init(&folder)?;
            }
        }
        let trust = TrustArgs {
            registries: Vec::new(),
            approval_key: self.gateway_keys().join(keys::APPROVAL).with_extension("pub").to_string_lossy().into_owned(),
            days: 30,
            cluster_id: cluster_id.to_owned(),
            namespaces: vec![args.namespace.clone()],
            issuer: self.issuer(),
            approve_client: "kmg-approve".to_owned(),
            approvers: vec![USERNAME.to_owned()],
            four_eyes: false,
        };
        files::write_private(&self.trust(), &serde_json::to_vec_pretty(&trust_file(&trust, clock)?)?)?;
        files::write_private(&self.gateway_config(), self.settings(args).as_bytes())?;
        let password = password()?;
        let issuer = IssuerFile {
            listen: self.address(2),
            issuer: self.issuer(),
            username: USERNAME.to_owned(),
            password: password.clone(),
            mcp_url: self.mcp_url(),
            web_origin: self.web_origin(),
            signing_key: self.folder.join("issuer-key.pem"),
        };
        files::write_private(&self.issuer_config(), toml::to_string(&issuer)?.as_bytes())?;
        Ok(password)
    }

    fn settings(&self, args: &DemoArgs) -> String {
        let text = |value: &str| toml::Value::from(value).to_string();
        let path = |value: PathBuf| text(&value.to_string_lossy());
        let lines = [
            "[gateway]".to_owned(),
            "mode = \"development\"".to_owned(),
            format!("data = {}", path(self.folder.join("gateway"))),
            format!("namespaces = [{}]", text(&args.namespace)),
            "[mcp]".to_owned(),
            format!("listen = {}", text(&self.address(0).to_string())),
            format!("url = {}", text(&self.mcp_url())),
            "[web]".to_owned(),
            format!("listen = {}", text(&self.address(1).to_string())),
            format!("origin = {}", text(&self.web_origin())),
            "[identity]".to_owned(),
            format!("issuer = {}", text(&self.issuer())),
            format!("approvers = [{}]", text(USERNAME)),
            "[keys]".to_owned(),
            format!("folder = {}", path(self.gateway_keys())),
            "[server]".to_owned(),
            format!("reader_kubeconfig = {}", path(self.credential("reader"))),
            format!("planner_kubeconfig = {}", path(self.credential("planner"))),
            "[executor]".to_owned(),
            format!("kubeconfig = {}", path(self.credential("executor"))),
            format!("trust = {}", path(self.trust())),
            format!("keys = {}", path(self.executor_keys())),
            format!("data = {}", path(self.folder.join("executor"))),
        ];
        lines.join("\n") + "\n"
    }
}

/// A temporary folder goes with its keys; a named one stays.
impl Drop for Layout {
    fn drop(&mut self) {
        if self.temporary
            && let Err(error) = std::fs::remove_dir_all(&self.folder)
        {
            tracing::warn!("{} was not removed: {error}", self.folder.display());
        }
    }
}

/// 20 characters of 5 random bits each.
fn password() -> anyhow::Result<String> {
    let mut random = [0_u8; 20];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(random.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect())
}
