//! A demo that cannot start says why, and leaves nothing behind.

use std::net::TcpListener;
use std::path::Path;

use crate::support::Process;

fn demo(temporary: &Path, port: u16) -> (bool, String) {
    let mut command = Process::command(env!("CARGO_BIN_EXE_kmg"));
    command.args(["demo", "--yes", "--kubeconfig", "/nonexistent/kubeconfig", "--port", &port.to_string()]).env("TMPDIR", temporary);
    let out = command.output().unwrap();
    (out.status.success(), String::from_utf8_lossy(&out.stderr).into_owned())
}

#[test]
fn a_cluster_that_cannot_be_had_leaves_no_keys_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().clamp(1_024, 60_000);
    let (ok, said) = demo(temporary.path(), free);
    assert!(!ok && said.contains("kmg: "), "{said}");
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0, "{said}");
}

#[test]
fn a_busy_port_is_named() {
    let temporary = tempfile::tempdir().unwrap();
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port();
    if port >= 65_000 {
        return;
    }
    let (ok, said) = demo(temporary.path(), port);
    assert!(!ok && said.contains(&format!("port {port} for the MCP endpoint is busy")), "{said}");
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0, "{said}");
}
