//! The plan as it is stored, hashed, shown, approved and sent.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::ask::Ask;
use super::diff::FieldChange;
use super::template::Template;
use crate::clock::Millis;
use crate::digest::{Digest, types};
use crate::identity::Requester;
use crate::json::{Limits, NotCanonical, canonical, parse_strict};
use crate::untrusted::Quoted;

/// The schema version this code writes and executes; it refuses any other.
pub const SCHEMA: &str = "kmg.dev/plan/v2";

/// A plan's id: `plan_` and a version 7 UUID (RFC 9562) in 32 hexadecimal digits. A name, not a capability.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PlanId(String);

impl PlanId {
    /// An id for `now` with 10 random bytes.
    pub fn new(now: Millis, random: [u8; 10]) -> Self {
        let millis = u64::try_from(now.0).unwrap_or(0);
        Self(format!("plan_{}", uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().simple()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// When it was made, to the millisecond: the first 48 bits of a version 7 UUID.
    pub fn minted_at(&self) -> Millis {
        let digits = self.0.get("plan_".len().."plan_".len() + 12).unwrap_or_default();
        Millis(i64::from_str_radix(digits, 16).unwrap_or_default())
    }
}

/// The text is not a plan id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a plan id")]
pub struct NotAPlanId;

impl FromStr for PlanId {
    type Err = NotAPlanId;
    fn from_str(text: &str) -> Result<Self, NotAPlanId> {
        let digits = text.strip_prefix("plan_").ok_or(NotAPlanId)?;
        if digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAPlanId)
        }
    }
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PlanId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// One object of the cluster, with the uid that was reviewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectId {
    /// Such as `apps/v1`.
    pub api_version: String,
    /// Such as `Deployment`.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid; empty for an object that is yet to be created.
    pub uid: String,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Look twice.
    Warning,
    /// Likely harm.
    High,
}

/// What a finding asks for before the plan may be approved; a later one asks for more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Demand {
    /// That the reviewer sees it.
    #[default]
    Show,
    /// That the approver types the object's name, and that the sign-in is not older than five minutes.
    TypedName,
    /// That a second person approves: not the one in whose name it was asked.
    TwoApprovers,
    /// It cannot be asked for: refused before a person is asked.
    Deny,
}

/// Something the reviewer should know about the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanFinding {
    /// A stable id such as `KMG-A01`.
    pub id: String,
    /// How grave it is.
    pub severity: Severity,
    /// What it asks for.
    pub demand: Demand,
    /// One sentence, composed by us.
    pub summary: String,
    /// The field it follows from, as a path.
    pub path: String,
}

/// What a write does with its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Changes named fields (JSON Patch, RFC 6902).
    Patch,
    /// Server-side apply on an object that exists.
    Apply,
    /// Server-side apply that creates; refused by the API server if the object exists.
    Create,
    /// Deletes.
    Delete,
}

impl Action {
    /// The action in one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Apply => "apply",
            Self::Create => "create",
            Self::Delete => "delete",
        }
    }
}

/// One write of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// What is written.
    pub object: ObjectId,
    /// The projection digest of the state that was reviewed; none where the object must not exist.
    pub base: Option<Digest>,
    /// The projection digest of the state the dry run predicts; none where the object will be gone.
    pub predicted: Option<Digest>,
    /// Fields left out of both, as JSON pointers, such as `/spec/replicas` under an HPA.
    pub exclusions: Vec<String>,
    /// The exact request.
    pub template: Template,
    /// For a delete: how dependents are treated.
    pub propagation_policy: Option<String>,
    /// Dependents shown to the reviewer.
    pub dependents: Vec<ObjectId>,
    /// What changes, field by field, after the cluster's own defaulting.
    pub changes: Vec<FieldChange>,
    /// Warnings of the API server and its webhooks about the dry run.
    pub warnings: Vec<Quoted>,
}

/// The plan's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Times {
    /// When the plan was made.
    pub created_at: Millis,
    /// From this moment on it cannot be approved.
    pub approve_before: Millis,
    /// Milliseconds from the approving sign-in within which it may be executed; at most one hour.
    pub execute_within: i64,
}

/// A plan's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanBody {
    /// [`SCHEMA`].
    pub schema: String,
    /// Its id.
    pub plan_id: PlanId,
    /// The uid of the namespace `kube-system`.
    pub cluster_id: String,
    /// In whose name it was asked, and through which client.
    pub requester: Requester,
    /// Its clocks.
    pub times: Times,
    /// What was asked.
    pub ask: Ask,
    /// The writes, in order.
    pub steps: Vec<Step>,
    /// What the reviewer should know.
    pub findings: Vec<PlanFinding>,
    /// What the caller was shown lately that looked like an injection. Empty until detection exists.
    pub taint: Vec<Value>,
    /// The policy decision. None until policies exist.
    pub policy: Option<Value>,
    /// Evidence demanded beyond the sign-in. Empty until passkeys exist.
    pub required_evidence: Vec<String>,
    /// The agent's own words: a claim, shown last, never trusted.
    pub reason: Option<Quoted>,
}

impl PlanBody {
    /// The most that a finding asks for.
    pub fn demand(&self) -> Demand {
        self.findings.iter().map(|finding| finding.demand).max().unwrap_or_default()
    }

    /// The name the approver has to type, where a finding asks for it: that of the first object.
    pub fn name_to_type(&self) -> Option<&str> {
        self.steps.first().filter(|_| self.demand() >= Demand::TypedName).map(|step| step.object.name.as_str())
    }
}

/// A body's bytes, its digest, and what they say. The three belong together for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBody {
    bytes: Vec<u8>,
    digest: Digest,
    body: PlanBody,
}

/// The bytes are not a plan this code knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Not strict JSON of the plan's shape.
    #[error("the plan's bytes cannot be read")]
    Unreadable,
    /// Another schema version.
    #[error("the plan has another schema version")]
    Schema,
    /// The body has no canonical form.
    #[error(transparent)]
    NotCanonical(#[from] NotCanonical),
}

impl StoredBody {
    /// Serialises `body`, once.
    ///
    /// # Errors
    /// [`BodyError::NotCanonical`] where a value has no canonical form.
    pub fn seal(body: PlanBody) -> Result<Self, BodyError> {
        let value = serde_json::to_value(&body).map_err(|_| BodyError::Unreadable)?;
        let bytes = canonical(&value)?;
        Ok(Self { digest: Digest::of(types::PLAN, &bytes), bytes, body })
    }

    /// Reads stored bytes back. They are kept as they are, never written again.
    ///
    /// # Errors
    /// [`BodyError`] for anything but a plan of [`SCHEMA`].
    pub fn open(bytes: Vec<u8>) -> Result<Self, BodyError> {
        let value = parse_strict(&bytes, Limits::DOCUMENT).map_err(|_| BodyError::Unreadable)?;
        if value.get("schema").and_then(Value::as_str) != Some(SCHEMA) {
            return Err(BodyError::Schema);
        }
        let body = serde_json::from_value(value).map_err(|_| BodyError::Unreadable)?;
        Ok(Self { digest: Digest::of(types::PLAN, &bytes), bytes, body })
    }

    /// The stored bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The review digest: SHA-256 over a domain tag and the stored bytes.
    pub const fn digest(&self) -> Digest {
        self.digest
    }

    /// What the bytes say.
    pub const fn body(&self) -> &PlanBody {
        &self.body
    }
}
