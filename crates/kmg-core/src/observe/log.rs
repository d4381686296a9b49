//! A container's log.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::names::{ContainerName, Namespace, ObjectName};

/// What `get_pod_logs` takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogQuery {
    /// The namespace.
    pub namespace: Namespace,
    /// The Pod.
    pub pod: ObjectName,
    /// The container; the default one when absent.
    pub container: Option<ContainerName>,
    /// At most this many lines, the newest ones; 1–500.
    pub tail_lines: u32,
    /// The run before the current one.
    pub previous: bool,
    /// Only lines of the last so many seconds.
    pub since_seconds: Option<u32>,
    /// Only lines with this text in them, at most 200 bytes.
    pub contains: Option<String>,
}

/// The newest lines of a container's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodLog {
    /// The namespace.
    pub namespace: Namespace,
    /// When it was read.
    pub as_of: Millis,
    /// The Pod.
    pub pod: String,
    /// The container.
    pub container: String,
    /// Why that one.
    pub chosen: Chosen,
    /// The Pod's other containers, init and ephemeral ones included; at most 32.
    pub others: Vec<String>,
    /// Whether this is the run before the current one.
    pub previous: bool,
    /// The lines, oldest first.
    pub lines: Vec<LogLine>,
    /// How many lines were read, those included that were left out again.
    pub read: u64,
    /// How many of them have the text that was looked for; as many as were read where none was.
    pub matched: u64,
    /// Whether the log has lines that were not read or not kept.
    pub more: bool,
    /// Why there is nothing to read.
    pub absent: Option<LogAbsence>,
}

/// A line of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    /// When the container wrote it; `None` where the line does not say.
    pub time: Option<Millis>,
    /// Its text; what is no UTF-8 is replaced by U+FFFD.
    pub text: String,
    /// How many of its bytes were left out at its end.
    pub cut: u64,
}

/// Why a container was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chosen {
    /// It was asked for.
    Asked,
    /// The Pod has no other.
    Only,
    /// The Pod's annotation `kubectl.kubernetes.io/default-container` names it.
    Annotated,
    /// It is the first of several.
    First,
}

impl Chosen {
    /// The reason in one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Only => "only",
            Self::Annotated => "annotated",
            Self::First => "first",
        }
    }
}

/// Why a container has no log to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogAbsence {
    /// It has not started yet.
    NotStarted,
    /// It has had no run before this one.
    NoPreviousRun,
    /// The node keeps no log of it.
    NotKept,
    /// The node did not answer the API server.
    NodeUnreachable,
}

impl LogAbsence {
    /// The reason as a stable word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "not-started",
            Self::NoPreviousRun => "no-previous-run",
            Self::NotKept => "not-kept",
            Self::NodeUnreachable => "node-unreachable",
        }
    }
}
