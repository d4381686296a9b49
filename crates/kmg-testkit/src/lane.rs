//! Lanes: which cases ran on a real part, and which were skipped, because of what.
//!
//! A case that needs a real part asks for it by name. Where the part is absent the case is counted as skipped
//! with its reason; `KMG_REQUIRED_LANES` (comma-separated) turns such a skip into a failure. The counts go to
//! the file `KMG_LANES_FILE` names, one JSON line each, and the test run's last line adds them up.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A running test cluster, as `cargo xtask cluster up` describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestCluster {
    /// The administrator's kubeconfig.
    pub kubeconfig: PathBuf,
    /// The API server's URL.
    pub server: String,
    /// The API server's certificate authority.
    pub ca_file: PathBuf,
    /// The API server's own audit log, one JSON event a line, blocking.
    pub audit_log: PathBuf,
    /// The real node.
    pub node: Node,
    /// How many KWOK nodes there are.
    pub kwok_nodes: u32,
}

/// The real node of a test cluster.
#[derive(Clone, Debug, Deserialize)]
pub struct Node {
    /// Whether it runs.
    pub ready: bool,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Why it does not run.
    #[serde(default)]
    pub reason: String,
}

/// The real API server for `case`, or `None` after the skip was counted.
///
/// # Panics
/// When the lane `api-server` is required and there is no cluster: a required lane never passes silently.
pub fn api_server(case: &str) -> Option<TestCluster> {
    match cluster() {
        Ok(cluster) => {
            record("api-server", case, None);
            Some(cluster)
        }
        Err(reason) => {
            skip("api-server", case, &reason);
            None
        }
    }
}

/// The real node (kubelet, containers) for `case`, or `None` after the skip was counted.
///
/// # Panics
/// When the lane `node` is required and there is no node.
pub fn node(case: &str) -> Option<TestCluster> {
    match cluster() {
        Ok(cluster) if cluster.node.ready => {
            record("node", case, None);
            Some(cluster)
        }
        Ok(cluster) => {
            skip("node", case, &cluster.node.reason);
            None
        }
        Err(reason) => {
            skip("node", case, &reason);
            None
        }
    }
}

/// Counts `case` as run on the real part `lane`, such as `browser` or `mcp-client`.
pub fn ran(lane: &str, case: &str) {
    record(lane, case, None);
}

/// Counts `case` as skipped.
///
/// # Panics
/// When `lane` is required.
pub fn skip(lane: &str, case: &str, reason: &str) {
    record(lane, case, Some(reason));
    let required = setting("KMG_REQUIRED_LANES").is_some_and(|lanes| lanes.split(',').any(|required| required == lane));
    assert!(!required, "{case}: the lane {lane} is required, but: {reason}");
}

/// A file or folder the test run prepared, named by an environment variable; `Err` says it is not set.
///
/// # Errors
/// The reason for a skip.
pub fn prepared(variable: &str) -> Result<PathBuf, String> {
    setting(variable).map(PathBuf::from).ok_or_else(|| format!("{variable} is not set; run ./test"))
}

fn cluster() -> Result<TestCluster, String> {
    let path = prepared("KMG_TEST_CLUSTER")?;
    read(&path)
}

fn read(path: &Path) -> Result<TestCluster, String> {
    let file = File::open(path).map_err(|error| format!("the test cluster's description cannot be read: {error}"))?;
    serde_json::from_reader(file).map_err(|error| format!("the test cluster's description is not valid: {error}"))
}

fn record(lane: &str, case: &str, skipped: Option<&str>) {
    let Some(path) = setting("KMG_LANES_FILE") else {
        if let Some(reason) = skipped {
            note(&format!("skipped, because {reason}: {case}"));
        }
        return;
    };
    // One write for the whole line: cases append from several threads and processes.
    let entry = format!("{}\n", serde_json::json!({ "lane": lane, "case": case, "skipped": skipped }));
    let written = OpenOptions::new().create(true).append(true).open(&path).and_then(|mut file| file.write_all(entry.as_bytes()));
    if let Err(error) = written {
        note(&format!("the lanes file cannot be written: {error}"));
    }
}

#[expect(clippy::print_stderr, reason = "the test run's own output")]
fn note(text: &str) {
    eprintln!("{text}");
}

#[expect(clippy::disallowed_methods, reason = "tests are told about real parts by the environment")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
