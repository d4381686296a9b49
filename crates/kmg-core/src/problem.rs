//! What went wrong, for whom, under a stable code.
//!
//! A [`Refusal`] is an outcome the product foresees and the asker can act on. A [`Fault`] is ours or the
//! infrastructure's. Only two places turn either into an answer: the MCP edge and the browser edge.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::untrusted::Quoted;

macro_rules! codes {
    ($($variant:ident = $text:literal, $doc:literal;)*) => {
        /// A stable, kebab-case reason code. Clients may match on it; it is never renamed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code { $(#[doc = $doc] #[serde(rename = $text)] $variant,)* }

        impl Code {
            /// Every code, in the order of its declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// The code as clients see it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
            /// What the code means, in one sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }
        }
    };
}

codes! {
    UnknownTool = "unknown-tool", "No tool has this name.";
    UnknownArgument = "unknown-argument", "The tool does not take an argument of this name.";
    MissingArgument = "missing-argument", "A required argument is absent.";
    WrongType = "wrong-type", "An argument has another JSON type than the schema says.";
    OutOfBounds = "out-of-bounds", "A number or a length is outside its documented bounds.";
    InvalidName = "invalid-name", "A name is not a DNS-1123 name.";
    InvalidImage = "invalid-image", "An image reference cannot be read.";
    DuplicateKey = "duplicate-key", "A JSON object names the same key twice.";
    TooDeep = "too-deep", "The JSON or YAML is nested too deeply.";
    TooLarge = "too-large", "The body is larger than the limit.";
    InvalidJson = "invalid-json", "The body is not the JSON this endpoint takes.";
    InexactNumber = "inexact-number", "A number is not a whole one within 2^53-1, so readers may disagree on it.";
    YamlSyntax = "yaml-syntax", "The text is not YAML.";
    UnseenCharacter = "unseen-character", "The manifest holds a character that is not seen, or is not the same to every reader.";
    YamlDirective = "yaml-directive", "The YAML holds a directive.";
    YamlAnchor = "yaml-anchor", "The YAML holds an anchor or an alias.";
    YamlMerge = "yaml-merge", "The YAML holds a merge key.";
    YamlTag = "yaml-tag", "The YAML holds a tag.";
    YamlKey = "yaml-key", "A key of the YAML is not one text on one line.";
    YamlAmbiguous = "yaml-ambiguous", "Readers of YAML disagree on what an unquoted value is.";
    YamlEmpty = "yaml-empty", "A YAML document is empty.";
    InvalidManifest = "invalid-manifest", "The manifest is not an object of the shape this product takes.";
    ManifestMember = "manifest-member", "The manifest sets a member that is not the asker's to set.";
    NamespaceMismatch = "namespace-mismatch", "The manifest names another namespace than the call.";
    DuplicateObject = "duplicate-object", "Two manifests are about the same object.";
    InvalidRequest = "invalid-request", "The request is not one this endpoint takes.";
    RateLimited = "rate-limited", "This caller calls too often; try again in a moment.";
    NamespaceNotAllowed = "namespace-not-allowed", "The namespace is not on the allow-list.";
    KindNotAllowed = "kind-not-allowed", "The kind is not one this product changes.";
    NotFound = "not-found", "The cluster has no such object.";
    ContainerNotFound = "container-not-found", "There is no such container.";
    PolicyDenied = "policy-denied", "A built-in rule forbids the change; nobody was asked.";
    FieldConflict = "field-conflict", "Another manager owns a field the manifest sets; it is never taken over.";
    NotReversible = "not-reversible", "What was done cannot be undone.";
    PreImageHidden = "pre-image-hidden", "Going back would send values that no reviewer is shown.";
    NoChange = "no-change", "The object already is what was asked for.";
    ClusterForbidden = "cluster-forbidden", "The cluster's access control refuses the guard this call.";
    ClusterInvalid = "cluster-invalid", "The API server refuses the change as invalid.";
    ClusterUnavailable = "cluster-unavailable", "The API server could not be reached or did not answer in time.";
    ClusterConflict = "cluster-conflict", "The object changed while the change was being planned; ask again.";
    NotFenced = "not-fenced", "The cluster does not fence the planner, so nothing is planned.";
    Screened = "screened", "The text was withheld because screening could not be completed.";
    TooManyPending = "too-many-pending", "Too many plans wait for a decision.";
    DeniedRecently = "denied-recently", "The same change was denied a short while ago.";
    ObjectBusy = "object-busy", "Another approved plan for this object has not been executed yet.";
    PlanNotFound = "plan-not-found", "There is no such plan for this caller.";
    NotApproved = "not-approved", "Nobody has approved the plan yet.";
    PlanDenied = "plan-denied", "A person denied the plan.";
    PlanExpired = "plan-expired", "The plan's time has run out.";
    AlreadyClaimed = "already-claimed", "The plan is being executed or has been executed.";
    NotVerified = "not-verified", "The executor could not verify the approval.";
    Stale = "stale", "Something moved since the plan was made; plan again.";
    Rejected = "rejected", "The API server refused the write; nothing was changed.";
    OutcomeUnknown = "outcome-unknown", "Whether the write was accepted is not known yet.";
    NeedsHuman = "needs-human", "What happened could not be established; a person must look.";
    MissingToken = "missing-token", "The request carries no bearer token.";
    InvalidToken = "invalid-token", "The bearer token is not valid here.";
    InsufficientScope = "insufficient-scope", "The token lacks the scope for this tool.";
    HostNotAllowed = "host-not-allowed", "The Host or Origin header is not allowed here.";
    NotSignedIn = "not-signed-in", "The page needs a signed-in person.";
    NotAnApprover = "not-an-approver", "This person may not decide this plan.";
    NameNotTyped = "name-not-typed", "The plan asks for the object's name, and it was not typed.";
    FormRejected = "form-rejected", "The form was not issued to this session, or too old, or posted too soon.";
    SignInFailed = "sign-in-failed", "The identity provider's answer was not valid.";
    IssuerUnavailable = "issuer-unavailable", "The identity provider could not be reached or did not answer as it should.";
    NotFresh = "not-fresh", "The sign-in is not fresh enough.";
    DigestMismatch = "digest-mismatch", "The plan is not the one that was shown.";
    LinkDown = "link-down", "A process of the guard is not running; it is being restarted.";
    DeadlineExceeded = "deadline-exceeded", "The call did not finish in its time.";
    Overloaded = "overloaded", "Too many calls at once; try again.";
    JournalUnavailable = "journal-unavailable", "The journal cannot be written, so nothing is done.";
    StoreUnavailable = "store-unavailable", "The database cannot be used.";
    Tampered = "tampered", "A stored row or a digest does not verify.";
    Internal = "internal", "A fault inside the guard.";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An outcome the product foresees. The message says what the asker can do next; it is composed by us and
/// may quote the asker's own argument names, never text of the cluster or of a provider.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {public}")]
pub struct Refusal {
    /// The stable reason.
    pub code: Code,
    /// The sentence the asker reads.
    pub public: String,
    /// What the cluster or a webhook said about it, as a quotation.
    pub quote: Option<Quoted>,
}

impl Refusal {
    /// A refusal with `public` as the sentence the asker reads.
    pub fn new(code: Code, public: impl Into<String>) -> Self {
        Self { code, public: public.into(), quote: None }
    }

    /// The same with the words of whoever refused.
    #[must_use]
    pub fn quoting(self, quote: Option<Quoted>) -> Self {
        Self { quote, ..self }
    }
}

/// A failure of ours or of the infrastructure. `internal` goes to the log and never to a client.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}: {internal}")]
pub struct Fault {
    /// The stable reason.
    pub code: Code,
    /// What the log says.
    pub internal: String,
}

impl Fault {
    /// A fault with `internal` as the log's text.
    pub fn new(code: Code, internal: impl fmt::Display) -> Self {
        Self { code, internal: internal.to_string() }
    }
}

/// Either kind of failure.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Problem {
    /// The asker can do something.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// We failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Problem {
    /// The stable reason.
    pub const fn code(&self) -> Code {
        match self {
            Self::Refusal(refusal) => refusal.code,
            Self::Fault(fault) => fault.code,
        }
    }

    /// The words of whoever refused, to be screened or escaped.
    pub const fn quote(&self) -> Option<&Quoted> {
        match self {
            Self::Refusal(refusal) => refusal.quote.as_ref(),
            Self::Fault(_) => None,
        }
    }

    /// What a client may read: a refusal's own sentence, or the code's meaning for a fault.
    pub fn public(&self) -> &str {
        match self {
            Self::Refusal(refusal) => &refusal.public,
            Self::Fault(fault) => fault.code.meaning(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_never_shows_its_internal_text() {
        let problem = Problem::from(Fault::new(Code::StoreUnavailable, "disk /secret/path is full"));
        assert!(!problem.public().contains("/secret/path"));
    }

    #[test]
    fn codes_are_kebab_case_and_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code}");
            assert!(seen.insert(code.as_str()), "{code} twice");
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
