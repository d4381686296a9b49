//! A person's decision, and its proof.
//!
//! Approving asks the identity provider for a fresh sign-in whose nonce is the hash of the statement: the
//! provider's signature then commits to exactly these bytes. [`verify`] is the executor's own check; it trusts
//! the gateway's key, the provider's keys and its own clock, never the gateway's word.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::allow::AllowList;
use crate::clock::Millis;
use crate::digest::{Digest, Envelope, types};
use crate::identity::{ApproverRule, Principal, Reviewer};
use crate::json::{Limits, NotCanonical, canonical, parse_strict};
use crate::plan::{Demand, PlanBody, PlanId, StoredBody};

/// The schema version of statements.
pub const SCHEMA: &str = "kmg.dev/decision/v1";
/// How far the provider's `auth_time` may lie before the statement's time, in milliseconds.
pub const SIGN_IN_LEEWAY: i64 = 30_000;

/// What a person decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Execute exactly this plan.
    Approve,
    /// Do not.
    Deny,
}

/// The statement a sign-in commits to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Statement {
    /// [`SCHEMA`].
    pub schema: String,
    /// The plan.
    pub plan_id: PlanId,
    /// The decision.
    pub decision: Decision,
    /// The digest of the plan's bytes, as shown.
    pub review_digest: Digest,
    /// Who decides.
    pub approver: Principal,
    /// When the decision was posted.
    pub at: Millis,
    /// 32 random bytes in URL-safe base64: two decisions never share a nonce.
    pub salt: String,
    /// The object's name as the approver typed it, where the plan asks for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typed_name: Option<String>,
}

impl Statement {
    /// The approval of `plan` by `reviewer`: a signed-in person, never the caller of a tool.
    pub fn approving(plan: &StoredBody, reviewer: &Reviewer, at: Millis, salt: String) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            plan_id: plan.body().plan_id.clone(),
            decision: Decision::Approve,
            review_digest: plan.digest(),
            approver: reviewer.principal().clone(),
            at,
            salt,
            typed_name: None,
        }
    }

    /// The same with what the approver typed.
    #[must_use]
    pub fn typed(self, name: Option<String>) -> Self {
        Self { typed_name: name, ..self }
    }

    /// The statement's bytes. They are made once and kept.
    ///
    /// # Errors
    /// [`NotCanonical`] never for a statement within the calendar; kept for totality.
    pub fn to_bytes(&self) -> Result<Vec<u8>, NotCanonical> {
        canonical(&serde_json::to_value(self).unwrap_or_default())
    }
}

/// The nonce a sign-in for these statement bytes must carry: 43 characters of URL-safe base64.
pub fn nonce(statement: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Digest::of(types::DECISION, statement).bytes())
}

/// The stored proof of an approval: the statement under the gateway's signature, and the provider's `id_token`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approval {
    /// The statement as a DSSE envelope.
    pub envelope: Envelope,
    /// The provider's signed answer to the fresh sign-in, as received.
    pub id_token: Option<String>,
}

impl Approval {
    /// Signs `statement` and joins it with the provider's answer.
    pub fn new(statement: &[u8], key: &SigningKey, id_token: Option<String>) -> Self {
        Self { envelope: Envelope::sign(types::DECISION, statement, key), id_token }
    }
}

/// The claims of an `id_token` whose signature, `iss`, `aud` (the approve client) and types were verified with
/// the provider's own keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInClaims {
    /// Who signed in.
    pub principal: Principal,
    /// The nonce.
    pub nonce: String,
    /// When the person proved themselves to the provider, in seconds; absent means not fresh.
    pub auth_time: Option<i64>,
}

/// What a trust file says may approve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// A fresh sign-in that commits to the statement, and the gateway's signature.
    FreshSignIn,
    /// The gateway's signature alone. Protects nothing from a taken-over gateway; production refuses it.
    GatewaySignature,
}

/// A key of the gateway and when it may sign.
#[derive(Clone, Debug)]
pub struct TrustedKey {
    /// The public key.
    pub key: VerifyingKey,
    /// From this moment on.
    pub not_before: Millis,
    /// Until before this moment.
    pub not_after: Millis,
}

/// The executor's own rules.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The gateway's approval keys.
    pub gateway_keys: Vec<TrustedKey>,
    /// Which evidence is demanded.
    pub evidence: Evidence,
    /// How approver and requester must relate.
    pub rule: ApproverRule,
    /// Who may approve at all; empty means no one.
    pub approvers: Vec<Principal>,
    /// The cluster this executor writes to.
    pub cluster_id: String,
    /// The namespaces it may write in; empty means none.
    pub namespaces: AllowList,
    /// The kinds it may write; empty means none.
    pub kinds: Vec<String>,
}

/// Why a job is not executed. The text is stable and stands in the journal and in the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// No approval was handed over.
    #[error("approval missing")]
    Missing,
    /// The envelope is not signed by a trusted key in its validity.
    #[error("approval not signed by a trusted key")]
    Signature,
    /// The statement cannot be read or is not an approval.
    #[error("statement unreadable or not an approval")]
    Statement,
    /// The statement is about another plan.
    #[error("approval is for another plan")]
    OtherPlan,
    /// The statement is about other bytes.
    #[error("approval is for other bytes")]
    OtherBytes,
    /// There is no verified sign-in.
    #[error("fresh sign-in missing or not verified by the provider's keys")]
    SignIn,
    /// The sign-in does not commit to this statement.
    #[error("sign-in does not commit to this decision")]
    Nonce,
    /// The sign-in is not by the approver the statement names.
    #[error("sign-in is by another person")]
    OtherPerson,
    /// The provider did not prove the person afresh between statement and deadline.
    #[error("sign-in is not fresh")]
    NotFresh,
    /// This person may not approve this plan.
    #[error("approver not allowed")]
    Approver,
    /// The plan asks for a second person.
    #[error("the plan needs a second person's approval")]
    SecondPerson,
    /// The plan asks for the object's name to be typed, and it was not.
    #[error("the object's name was not typed")]
    TypedName,
    /// A window has closed.
    #[error("expired")]
    Expired,
    /// The plan is for another cluster.
    #[error("plan is for another cluster")]
    OtherCluster,
    /// The namespace is not on the executor's list.
    #[error("namespace not allowed")]
    Namespace,
    /// The kind is not on the executor's list.
    #[error("kind not allowed")]
    Kind,
    /// The plan demands evidence this executor cannot check.
    #[error("plan demands evidence that cannot be checked")]
    Demands,
}

/// Proof that a job was verified: made only by [`verify`].
#[derive(Debug)]
pub struct VerifiedPlan<'a> {
    stored: &'a StoredBody,
    approver: Principal,
    execute_before: Millis,
}

impl<'a> VerifiedPlan<'a> {
    /// The plan.
    pub const fn body(&self) -> &'a PlanBody {
        self.stored.body()
    }
    /// The review digest.
    pub const fn digest(&self) -> Digest {
        self.stored.digest()
    }
    /// Who approved.
    pub const fn approver(&self) -> &Principal {
        &self.approver
    }
    /// From this moment on nothing may be sent.
    pub const fn execute_before(&self) -> Millis {
        self.execute_before
    }
}

/// Whether `approver` may approve `body`: listed, and related to the requester as `rule` says. A plan that asks for a
/// second person takes any listed one but the requester, whatever the rule.
///
/// # Errors
/// [`NotVerified::SecondPerson`], [`NotVerified::Approver`], or [`NotVerified::Demands`] for what must never be asked.
pub fn may_approve(body: &PlanBody, approver: &Principal, approvers: &[Principal], rule: &ApproverRule) -> Result<(), NotVerified> {
    let listed = approvers.contains(approver);
    match body.demand() {
        Demand::Deny => Err(NotVerified::Demands),
        Demand::TwoApprovers if *approver == body.requester.principal() => Err(NotVerified::SecondPerson),
        Demand::TwoApprovers if listed => Ok(()),
        Demand::Show | Demand::TypedName if listed && rule.allows(approver, &body.requester) => Ok(()),
        Demand::Show | Demand::TypedName | Demand::TwoApprovers => Err(NotVerified::Approver),
    }
}

/// Verifies that `approval` lets `stored` be executed at `now`, by `trust` alone.
///
/// `sign_in` holds the claims of the approval's `id_token`, verified by the caller with keys it fetched from
/// the issuer that its own file names; `None` where that failed.
///
/// # Errors
/// The first check that fails, in a fixed order.
pub fn verify<'a>(
    stored: &'a StoredBody,
    approval: Option<&Approval>,
    sign_in: Option<&SignInClaims>,
    trust: &Trust,
    now: Millis,
) -> Result<VerifiedPlan<'a>, NotVerified> {
    let body = stored.body();
    let approval = approval.ok_or(NotVerified::Missing)?;
    let statement = open_statement(&approval.envelope, trust, now)?;
    if statement.plan_id != body.plan_id {
        return Err(NotVerified::OtherPlan);
    }
    if statement.review_digest != stored.digest() {
        return Err(NotVerified::OtherBytes);
    }
    let signed_in_at = match trust.evidence {
        Evidence::FreshSignIn => {
            let payload = STANDARD.decode(&approval.envelope.payload).map_err(|_| NotVerified::Statement)?;
            check_sign_in(&statement, &nonce(&payload), sign_in.ok_or(NotVerified::SignIn)?, body)?
        }
        Evidence::GatewaySignature => statement.at,
    };
    may_approve(body, &statement.approver, &trust.approvers, &trust.rule)?;
    if body.name_to_type().is_some_and(|name| statement.typed_name.as_deref() != Some(name)) {
        return Err(NotVerified::TypedName);
    }
    let execute_before = signed_in_at.min(now).plus(body.times.execute_within.clamp(0, crate::plan::MAX_EXECUTE_WITHIN));
    if statement.at >= body.times.approve_before || now >= execute_before {
        return Err(NotVerified::Expired);
    }
    check_target(body, trust)?;
    Ok(VerifiedPlan { stored, approver: statement.approver, execute_before })
}

fn open_statement(envelope: &Envelope, trust: &Trust, now: Millis) -> Result<Statement, NotVerified> {
    let keys: Vec<VerifyingKey> = trust.gateway_keys.iter().map(|trusted| trusted.key).collect();
    let payload = envelope.verify(types::DECISION, &keys).map_err(|_| NotVerified::Signature)?;
    let value = parse_strict(&payload, Limits::REQUEST).map_err(|_| NotVerified::Statement)?;
    let statement: Statement = serde_json::from_value(value).map_err(|_| NotVerified::Statement)?;
    if statement.schema != SCHEMA || statement.decision != Decision::Approve {
        return Err(NotVerified::Statement);
    }
    // The statement's own time is the signer's claim: a retired key could backdate it.
    let in_validity = trust.gateway_keys.iter().any(|trusted| {
        trusted.not_before <= now
            && now < trusted.not_after
            && trusted.not_before <= statement.at
            && statement.at < trusted.not_after
            && envelope.verify(types::DECISION, &[trusted.key]).is_ok()
    });
    if in_validity { Ok(statement) } else { Err(NotVerified::Signature) }
}

fn check_sign_in(statement: &Statement, expected: &str, sign_in: &SignInClaims, body: &PlanBody) -> Result<Millis, NotVerified> {
    if !bool::from(expected.as_bytes().ct_eq(sign_in.nonce.as_bytes())) {
        return Err(NotVerified::Nonce);
    }
    if sign_in.principal != statement.approver {
        return Err(NotVerified::OtherPerson);
    }
    let seconds = sign_in.auth_time.ok_or(NotVerified::NotFresh)?;
    let signed_in_at = Millis(seconds.saturating_mul(1000));
    if signed_in_at < statement.at.plus(-SIGN_IN_LEEWAY) || signed_in_at >= body.times.approve_before {
        return Err(NotVerified::NotFresh);
    }
    Ok(signed_in_at)
}

fn check_target(body: &PlanBody, trust: &Trust) -> Result<(), NotVerified> {
    if body.cluster_id != trust.cluster_id || trust.cluster_id.is_empty() {
        return Err(NotVerified::OtherCluster);
    }
    if !body.required_evidence.is_empty() || body.steps.is_empty() {
        return Err(NotVerified::Demands);
    }
    for step in &body.steps {
        let namespace = step.object.namespace.parse().map_err(|_| NotVerified::Namespace)?;
        trust.namespaces.permit(&namespace).map_err(|_| NotVerified::Namespace)?;
        if !trust.kinds.contains(&step.object.kind) {
            return Err(NotVerified::Kind);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
