//! Answers of both eras.

use serde_json::{Map, Value, json};

use crate::envelope::Id;
use crate::era::{Era, SUPPORTED};
use crate::params::{Incoming, ProgressToken};

/// How long a client may keep the list of tools, in milliseconds. It is compiled in and never changes.
const TTL_MS: u32 = 300_000;

/// Who we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerInfo {
    /// Program name.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Version.
    pub version: &'static str,
}

impl ServerInfo {
    fn json(self) -> Value {
        json!({ "name": self.name, "title": self.title, "version": self.version })
    }
}

/// The answer to `initialize`, with the legacy version that [`crate::Request::Initialize`] carries.
pub fn initialize(incoming: &Incoming, version: &str, server: ServerInfo, instructions: &str) -> Value {
    let result = json!({
        "protocolVersion": version,
        "capabilities": { "tools": {} },
        "serverInfo": server.json(),
        "instructions": instructions,
    });
    envelope(&incoming.id, result)
}

/// The answer to `server/discover`.
pub fn discover(incoming: &Incoming, server: ServerInfo, instructions: &str) -> Value {
    let result = json!({ "supportedVersions": SUPPORTED, "capabilities": { "tools": {} }, "instructions": instructions });
    envelope(&incoming.id, modern(result, server, true))
}

/// The answer to `ping`.
pub fn pong(incoming: &Incoming) -> Value {
    envelope(&incoming.id, json!({}))
}

/// The answer to `tools/list`; `list` is `{"tools": […]}`. It may be cached, for this caller only.
pub fn tools(incoming: &Incoming, list: Value, server: ServerInfo) -> Value {
    let result = match incoming.era {
        Era::Modern => modern(list, server, true),
        Era::Legacy => list,
    };
    envelope(&incoming.id, result)
}

/// The answer to `tools/call`; `result` is a `CallToolResult`.
pub fn call(incoming: &Incoming, result: Value, server: ServerInfo) -> Value {
    let result = match incoming.era {
        Era::Modern => modern(result, server, false),
        Era::Legacy => result,
    };
    envelope(&incoming.id, result)
}

/// A `notifications/progress` under the client's own token. `progress` grows with every one; nothing says how much
/// there will be in all.
pub fn progress(token: &ProgressToken, progress: u64, message: &Value) -> Value {
    json!({
        "jsonrpc": "2.0",
        "method": "notifications/progress",
        "params": { "progressToken": token, "progress": progress, "message": message },
    })
}

fn modern(result: Value, server: ServerInfo, cacheable: bool) -> Value {
    let mut members = match result {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members.insert("resultType".to_owned(), json!("complete"));
    members.insert("_meta".to_owned(), json!({ "io.modelcontextprotocol/serverInfo": server.json() }));
    if cacheable {
        members.insert("ttlMs".to_owned(), json!(TTL_MS));
        // The list may differ between callers: it is never to be served across tokens.
        members.insert("cacheScope".to_owned(), json!("private"));
    }
    Value::Object(members)
}

fn envelope(id: &Id, result: Value) -> Value {
    let mut members = Map::new();
    members.insert("jsonrpc".to_owned(), json!("2.0"));
    members.insert("id".to_owned(), json!(id));
    members.insert("result".to_owned(), result);
    Value::Object(members)
}
