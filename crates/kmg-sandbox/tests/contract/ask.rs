//! One request as a case writes it down. `$ns` stands for the case's namespace, `$ns-kmg` for the accounts' one.

use serde_json::{Value, json};

/// Who sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// Group `system:masters`.
    Admin,
    /// The guard's accounts, with the roles `kmg rbac` prints.
    Reader,
    Planner,
    Executor,
    /// A token nobody issued.
    Forger,
    /// No credential at all.
    Nobody,
}

impl Who {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Reader => "reader",
            Self::Planner => "planner",
            Self::Executor => "executor",
            Self::Forger => "forger",
            Self::Nobody => "nobody",
        }
    }
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) by: Who,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Vec<u8>>,
}

pub(crate) const JSON: &str = "application/json";
pub(crate) const JSON_PATCH: &str = "application/json-patch+json";
/// Server-side apply; its body may be JSON, and is.
pub(crate) const APPLY: &str = "application/apply-patch+yaml";

/// The path of a collection or object of the core group in the case's namespace.
pub(crate) fn core(rest: &str) -> String {
    format!("/api/v1/namespaces/$ns/{rest}")
}

/// As [`core`], of the group `apps`.
pub(crate) fn apps(rest: &str) -> String {
    format!("/apis/apps/v1/namespaces/$ns/{rest}")
}

pub(crate) fn get(path: impl Into<String>) -> Ask {
    Ask { by: Who::Admin, method: "GET", path: path.into(), query: Vec::new(), headers: Vec::new(), body: None }
}

pub(crate) fn post(path: impl Into<String>, object: &Value) -> Ask {
    Ask { method: "POST", ..get(path) }.typed(JSON, object)
}

/// An RFC 6902 patch of `operations`.
pub(crate) fn patch(path: impl Into<String>, operations: &Value) -> Ask {
    Ask { method: "PATCH", ..get(path) }.typed(JSON_PATCH, operations)
}

/// A delete whose `DeleteOptions` have the fields of `options`; none when it is null.
pub(crate) fn delete(path: impl Into<String>, options: &Value) -> Ask {
    let ask = Ask { method: "DELETE", ..get(path) };
    if options.is_null() {
        return ask;
    }
    let mut body = json!({"apiVersion": "v1", "kind": "DeleteOptions"});
    body.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    ask.typed(JSON, &body)
}

impl Ask {
    pub(crate) fn by(self, by: Who) -> Self {
        Self { by, ..self }
    }

    pub(crate) fn query(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.query.push((key, value.into()));
        self
    }

    pub(crate) fn dry(self) -> Self {
        self.query("dryRun", "All")
    }

    /// Sets a header, in place of one of the same name.
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    /// Replaces the body's bytes and keeps its type.
    pub(crate) fn bytes(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(body.into()), ..self }
    }

    fn typed(self, content_type: &str, body: &Value) -> Self {
        self.header("content-type", content_type).bytes(body.to_string())
    }
}
