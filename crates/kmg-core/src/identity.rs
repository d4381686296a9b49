//! Who acts. A [`Caller`] holds a verified bearer token, a [`Reviewer`] a browser session of our own sign-in.
//!
//! What separates the two is the credential, never the subject: an agent's token usually carries the same
//! `sub` as the person who decides. There is no conversion between them, in either direction.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// A person or machine at one identity provider: `iss` and `sub` together, compared byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Principal {
    /// The provider's issuer identifier, exactly as in its tokens.
    pub iss: String,
    /// The subject at that provider.
    pub sub: String,
}

/// Who asked for a plan: the principal and the OAuth client it came through.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Requester {
    /// The provider's issuer identifier.
    pub iss: String,
    /// The subject at that provider.
    pub sub: String,
    /// The OAuth client id; self-asserted by dynamic registration, so shown as unverified.
    pub client_id: String,
}

impl Requester {
    /// The principal without its client.
    pub fn principal(&self) -> Principal {
        Principal { iss: self.iss.clone(), sub: self.sub.clone() }
    }
}

/// A verified MCP caller. It can read, ask and claim; it cannot decide.
#[derive(Clone, Debug)]
pub struct Caller {
    requester: Requester,
    scopes: BTreeSet<String>,
}

impl Caller {
    /// Asserts that a bearer token was verified: signature, `iss`, `aud`, `exp`, `nbf`, `typ`.
    /// Only kmg-auth may call this (a clippy ban), and the stand-alone server never has a caller.
    pub const fn assert_verified(requester: Requester, scopes: BTreeSet<String>) -> Self {
        Self { requester, scopes }
    }

    /// Who the token names.
    pub const fn requester(&self) -> &Requester {
        &self.requester
    }

    /// Whether the token carries `scope`, exactly.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }
}

/// A person signed in to the browser edge.
#[derive(Clone, Debug)]
pub struct Reviewer {
    principal: Principal,
    display_name: String,
    signed_in_at: Millis,
}

impl Reviewer {
    /// Asserts that a browser session of our own sign-in stands behind this person.
    /// Only kmg-app's session look-up may call this (a clippy ban).
    pub const fn assert_signed_in(principal: Principal, display_name: String, signed_in_at: Millis) -> Self {
        Self { principal, display_name, signed_in_at }
    }

    /// Who signed in.
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The provider's display name: untrusted, for show only.
    pub fn display_name(&self) -> &str {
        &self.display_name
    }

    /// When this session's sign-in happened.
    pub const fn signed_in_at(&self) -> Millis {
        self.signed_in_at
    }
}

/// Who may approve a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApproverRule {
    /// The person in whose name the agent asked (the default).
    Requester,
    /// Anyone allowed to review but that person (four eyes).
    Other,
}

impl ApproverRule {
    /// Whether `approver` may approve what `requester` asked for.
    pub fn allows(&self, approver: &Principal, requester: &Requester) -> bool {
        let same = *approver == requester.principal();
        match self {
            Self::Requester => same,
            Self::Other => !same,
        }
    }
}
