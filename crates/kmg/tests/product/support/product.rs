//! The product: `kmg demo` on the test cluster, in a folder and on ports of its own.

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::Value;

use super::cluster::ApiServer;
use super::process::Process;

/// The image that the node and KWOK can run.
pub(crate) const GOOD_IMAGE: &str = "registry.test/web:1";

/// Who signs in, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) web_origin: String,
    pub(crate) issuer_url: String,
}

/// One running demo.
pub(crate) struct Product {
    process: Process,
    info: Value,
    login: Login,
    folder: tempfile::TempDir,
    _fence: Fence,
    pub(crate) namespace: String,
    /// Where the test cluster's files are.
    cluster: PathBuf,
}

/// The fence belongs to the whole cluster: a test that takes it down waits for the others and keeps them waiting.
#[expect(dead_code, reason = "the guards are held, not read")]
enum Fence {
    Stands(RwLockReadGuard<'static, ()>),
    Ours(RwLockWriteGuard<'static, ()>),
}

static FENCE: RwLock<()> = RwLock::new(());

/// While this is held the fence stands.
pub(crate) fn fence_stands() -> RwLockReadGuard<'static, ()> {
    FENCE.read().unwrap_or_else(PoisonError::into_inner)
}

/// The ports a person gets who names none: for one test at a time.
pub(crate) fn default_ports() -> MutexGuard<'static, ()> {
    static DEFAULT: Mutex<()> = Mutex::new(());
    DEFAULT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Ports are looked for by one test at a time.
static PORTS: Mutex<u16> = Mutex::new(0);

impl Product {
    /// Starts the demo for `namespace`, while the fence stands. Rollouts are looked at for a moment only.
    pub(crate) fn start(api: &ApiServer, namespace: &str) -> Self {
        Self::start_under(Fence::Stands(fence_stands()), api, namespace, "1")
    }

    /// The same, with rollouts watched for as long as they are where nobody says otherwise.
    pub(crate) fn start_watching(api: &ApiServer, namespace: &str) -> Self {
        Self::start_under(Fence::Stands(fence_stands()), api, namespace, "40")
    }

    /// Starts the demo alone, so that the test may take the fence down.
    pub(crate) fn start_alone(api: &ApiServer, namespace: &str) -> Self {
        Self::start_under(Fence::Ours(FENCE.write().unwrap_or_else(PoisonError::into_inner)), api, namespace, "1")
    }

    fn start_under(fence: Fence, api: &ApiServer, namespace: &str, watch: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Process::command(env!("CARGO_BIN_EXE_kmg"));
        command.args(demo(api, namespace, ports(), &folder.path().join("data"))).args(["--json", "--insecure-print-password"]);
        command.env("KMG_PLANS_WATCH_ROLLOUT_SECONDS", watch);
        let mut process = Process::start("kmg demo", &mut command);
        let info = process.hear();
        let text = |name: &str| info[name].as_str().unwrap_or_else(|| panic!("no {name} in {info}")).to_owned();
        let (username, password) = (text("username"), text("password"));
        let login = Login { username, password, web_origin: text("approval_url"), issuer_url: text("issuer_url") };
        Self { process, info, login, folder, _fence: fence, namespace: namespace.to_owned(), cluster: api.folder() }
    }

    pub(crate) const fn login(&self) -> &Login {
        &self.login
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    fn text(&self, name: &str) -> &str {
        self.info[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.info))
    }

    pub(crate) fn mcp_url(&self) -> &str {
        self.text("mcp_url")
    }

    pub(crate) fn web_origin(&self) -> &str {
        &self.login.web_origin
    }

    pub(crate) fn journal(&self) -> &Path {
        Path::new(self.text("audit_file"))
    }

    pub(crate) fn executor_journal(&self) -> &Path {
        Path::new(self.text("executor_audit_file"))
    }

    /// A file the demo wrote.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("data").join(name)
    }

    /// The gateway's records of `kind` so far.
    pub(crate) fn records(&self, kind: &str) -> Vec<Value> {
        records(self.journal(), kind)
    }

    /// Starts one part alone, from the settings the demo wrote: `gateway` or `issuer`.
    pub(crate) fn start_part(&self, name: &'static str) -> Process {
        self.start_part_with(name, |_| {})
    }

    /// The same with more in its environment, or with its log elsewhere.
    pub(crate) fn start_part_with(&self, name: &'static str, more: impl FnOnce(&mut Command)) -> Process {
        let config = self.path(&format!("{name}.toml"));
        let mut command = Process::command(env!("CARGO_BIN_EXE_kmg"));
        command.args([name, "--config"]).arg(config).arg("--exit-with-stdin");
        more(&mut command);
        let mut part = Process::start(name, &mut command);
        assert_eq!(part.hear_line(), "ready");
        part
    }

    /// Ends the demo; its folder stays until this is dropped.
    pub(crate) fn end(&mut self) {
        self.process.end();
    }

    /// `kmg audit verify` of both journals against each other.
    pub(crate) fn verify_journals(&self) {
        let pairs = [(self.journal(), self.executor_journal()), (self.executor_journal(), self.journal())];
        for (journal, witness) in pairs {
            let mut command = Process::command(env!("CARGO_BIN_EXE_kmg"));
            command.args(["audit", "verify"]).arg(journal).arg("--witness").arg(witness);
            command.args(["--key", self.text("audit_key"), "--key", self.text("executor_audit_key")]);
            let out = command.output().unwrap();
            let said = String::from_utf8_lossy(&out.stdout);
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            assert!(said.contains(" positions witnessed") && !said.contains("; 0 positions"), "each journal names the other: {said}");
        }
    }
}

impl Product {
    /// A second implementation, written from the format's documentation, verifies both journals too.
    pub(crate) fn crosscheck_journals(&self, python: &Path) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python/crosscheck.py");
        for (journal, key) in [(self.journal(), "audit_key"), (self.executor_journal(), "executor_audit_key")] {
            let out = Process::command(python).arg(&script).arg("journal").arg(journal).arg(self.text(key)).output().unwrap();
            assert!(out.status.success(), "{}: {}", journal.display(), String::from_utf8_lossy(&out.stderr));
        }
    }
}

/// A journal's records of `kind`.
pub(crate) fn records(journal: &Path, kind: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(journal).unwrap();
    let complete = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    complete.filter(|record| record["kind"] == kind).collect()
}

/// The words that start the demo of a test, on the test cluster.
pub(crate) fn demo(api: &ApiServer, namespace: &str, port: u16, data: &Path) -> Vec<OsString> {
    let mut words: Vec<OsString> = ["demo", "--yes", "--namespace", namespace, "--image", GOOD_IMAGE].map(OsString::from).into();
    words.extend(["--kubeconfig".into(), api.kubeconfig().into(), "--port".into(), port.to_string().into(), "--data".into(), data.into()]);
    words
}

/// Three free ports in a row, below the ephemeral range: no outgoing connection takes one before the demo does.
pub(crate) fn ports() -> u16 {
    let mut last = PORTS.lock().unwrap_or_else(PoisonError::into_inner);
    let base = 10_000 + u16::try_from(std::process::id() % 5_000).unwrap();
    let first = if *last == 0 { base } else { *last + 3 };
    let free = |port: u16| (port..port + 3).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    let port = (first..32_000).step_by(3).find(|port| free(*port)).unwrap();
    *last = port;
    port
}

impl Drop for Product {
    fn drop(&mut self) {
        self.process.end();
        super::cluster::leave(&self.cluster, &self.namespace);
    }
}
