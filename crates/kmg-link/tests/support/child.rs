//! The child process of the supervisor's tests. Its first argument is what it calls itself.

use std::io;
use std::time::Duration;

use kmg_core::problem::Code;
use kmg_link::{ServeOptions, WireError, serve, take_stdio};
use serde_json::{Value, json};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> io::Result<()> {
    let name = std::env::args().nth(1).unwrap_or_default();
    if name == "deserter" {
        return Ok(());
    }
    let (reader, writer) = take_stdio()?;
    serve(reader, writer, handle, ServeOptions::new(name)).await.map_err(io::Error::other)
}

async fn handle(method: String, body: Value, _deadline: Duration) -> Result<Value, WireError> {
    let failed = |error: io::Error| WireError::new(Code::Internal, error.to_string());
    match method.as_str() {
        "echo" => Ok(body),
        "pid" => Ok(json!(std::process::id())),
        "hang" => std::future::pending().await,
        "environment" => Ok(std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect()),
        "descriptors" => descriptors().map_err(failed),
        "print" => {
            use io::Write as _;
            let mut out = io::stdout();
            out.write_all(b"not a frame\n").and_then(|()| out.flush()).map(|()| Value::Null).map_err(failed)
        }
        // What a write in flight looks like from outside: it takes its time, then it is on record.
        "execute" => {
            let file = body["file"].as_str().unwrap_or_default().to_owned();
            while tokio::fs::metadata(format!("{file}.go")).await.is_err() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            tokio::fs::write(&file, b"done").await.map(|()| Value::Null).map_err(failed)
        }
        _ => Err(WireError { untrusted: Some("foreign".to_owned()), ..WireError::new(Code::NotFound, "no such method") }),
    }
}

/// What each descriptor points to, and whether a program started by this process would inherit it.
fn descriptors() -> io::Result<Value> {
    let mut found = serde_json::Map::new();
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let (Ok(target), Ok(info)) =
            (std::fs::read_link(format!("/proc/self/fd/{name}")), std::fs::read_to_string(format!("/proc/self/fdinfo/{name}")))
        else {
            continue; // the descriptor of this listing
        };
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap_or_default();
        let closed_on_exec = u32::from_str_radix(flags.trim(), 8).is_ok_and(|flags| flags & 0o2_000_000 != 0);
        found.insert(name, json!({ "to": target.to_string_lossy(), "closedOnExec": closed_on_exec }));
    }
    Ok(Value::Object(found))
}
