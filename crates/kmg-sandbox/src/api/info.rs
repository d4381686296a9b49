//! Version, health, and the banner.

use bytes::Bytes;
use http::Method;
use serde_json::json;

use crate::reply::{Reply, TEXT_UTF8};

const BANNER: &str = "This is the sandbox of Kubernetes MCP Guard: a small part of the Kubernetes API in memory.\n\
    It is not a cluster. Nothing runs here, and everything is gone when it stops.\n";

/// What `GET /` says to everybody.
pub(super) fn banner() -> Reply {
    Reply::new(200, TEXT_UTF8, Bytes::from_static(BANNER.as_bytes()))
}

pub(super) fn info(method: &Method, path: &str) -> Option<Reply> {
    match path {
        _ if method != Method::GET => None,
        "/version" | "/version/" => Some(version()),
        "/healthz" | "/livez" | "/readyz" => Some(Reply::new(200, TEXT_UTF8, Bytes::from_static(b"ok"))),
        _ => None,
    }
}

/// The version of the API that the sandbox is compared with; the git fields say what it is.
fn version() -> Reply {
    let fields = json!({
        "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36",
        "minCompatibilityMajor": "1", "minCompatibilityMinor": "35",
        "gitVersion": "v1.36.3+kmg-sandbox", "gitCommit": "", "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "", "compiler": "rustc", "platform": "sandbox"
    });
    Reply::json(200, &fields)
}
