//! Approving is signing: a fresh sign-in whose nonce commits to the decision.

use kmg_auth::{CallbackParams, Freshness, PendingFlow, SignedIn as ProviderSignIn};
use kmg_core::clock::Millis;
use kmg_core::decision::{Approval, Decision, SIGN_IN_LEEWAY, Statement, nonce};
use kmg_core::digest::Digest;
use kmg_core::plan::PlanId;
use kmg_core::problem::{Code, Fault, Problem, Refusal};
use kmg_store::{Decided, PlanRow};
use serde_json::json;

use crate::options::App;
use crate::pending::{Purpose, failed};
use crate::random::token;
use crate::sessions::SignedIn;

/// Where the person signs in afresh, and what that sign-in will commit to.
#[derive(Clone, Debug)]
pub struct ApprovalStart {
    /// The provider's page.
    pub authorize_url: String,
    /// The waiting cookie's value.
    pub browser_cookie: String,
    /// The nonce: the hash of the decision statement.
    pub nonce: String,
    /// The provider's host, to be shown beside the link.
    pub provider_host: String,
}

impl App {
    /// Fixes the decision statement and begins the sign-in that commits to it. Nothing is approved yet.
    ///
    /// # Errors
    /// As [`App::deny`], `name-not-typed` where the plan asks for the object's name, and `issuer-unavailable`.
    pub async fn begin_approval(&self, who: &SignedIn, id: &PlanId, seen: Digest, typed: Option<&str>) -> Result<ApprovalStart, Problem> {
        let row = self.decidable(who, id, seen).await?;
        let wanted = row.body.body().name_to_type();
        if wanted.is_some_and(|name| typed.map(str::trim) != Some(name)) {
            return Err(Refusal::new(Code::NameNotTyped, "The name that was typed is not the object's; nothing was decided.").into());
        }
        let statement = Statement::approving(&row.body, &who.reviewer, self.clock().now(), token()?).typed(wanted.map(str::to_owned));
        let bytes = statement.to_bytes().map_err(|error| Fault::new(Code::Internal, error))?;
        let nonce = nonce(&bytes);
        let start = self.parts().approve.begin(nonce.clone(), Freshness::Fresh).await?;
        let text = String::from_utf8(bytes).map_err(|error| Fault::new(Code::Internal, error))?;
        let purpose = Purpose::Approve { statement: text, name: who.reviewer.display_name().to_owned() };
        let browser_cookie = self.keep(start.flow, purpose).await?;
        Ok(ApprovalStart { authorize_url: start.url, browser_cookie, nonce, provider_host: self.provider_host() })
    }

    /// Completes a posted decision: verifies the sign-in, joins it with the statement, signs, and stores the
    /// approval by compare-and-set.
    ///
    /// # Errors
    /// `sign-in-failed` (also for another person), `not-fresh`, `plan-expired`, `object-busy`, or a decision that
    /// was made meanwhile.
    pub async fn finish_approval(&self, browser_cookie: &str, callback: CallbackParams) -> Result<PlanRow, Problem> {
        let (flow, purpose) = self.take(browser_cookie, &callback).await?;
        let Purpose::Approve { statement: bytes, name } = purpose else { return Err(failed()) };
        let statement: Statement = serde_json::from_str(&bytes).map_err(|error| Fault::new(Code::Tampered, error))?;
        let checked = self.fresh_sign_in(&statement, &bytes, callback, &flow).await;
        let (signed_in_at, id_token) = match checked {
            Ok(proved) => proved,
            Err(problem) => {
                let note = json!({ "planId": statement.plan_id, "reviewDigest": statement.review_digest, "approver": statement.approver, "code": problem.code() });
                self.record("decision.refused", note).await?;
                return Err(problem);
            }
        };
        let row = self.row(&statement.plan_id).await?;
        self.may_decide(&statement.approver, &row)?;
        if row.body.digest() != statement.review_digest {
            return Err(Fault::new(Code::Tampered, "the stored plan is not the one that was shown").into());
        }
        let note = json!({ "decision": Decision::Approve, "nonce": nonce(bytes.as_bytes()), "signedInAt": signed_in_at });
        self.record_decision("decision.intent", &row.body, &statement.approver, note.clone()).await?;
        let decided = Decided {
            decision: Decision::Approve,
            approver: statement.approver.clone(),
            approver_name: name,
            at: self.clock().now(),
            reason: None,
            approval: Some(Approval::new(bytes.as_bytes(), &self.parts().approval_key, Some(id_token))),
        };
        let stored = self.parts().store.approve(&statement.plan_id, decided, signed_in_at).await;
        let approved = self.or_record_refusal(stored, &row.body, &statement.approver).await?;
        self.record_decision("decision.recorded", &row.body, &statement.approver, note).await?;
        self.changed();
        Ok(approved)
    }

    async fn fresh_sign_in(
        &self,
        statement: &Statement,
        bytes: &str,
        callback: CallbackParams,
        flow: &PendingFlow,
    ) -> Result<(Millis, String), Problem> {
        let signed_in = self.parts().approve.finish(callback, flow).await?;
        let at = check(statement, bytes, &signed_in)?;
        Ok((at, signed_in.id_token))
    }

    fn provider_host(&self) -> String {
        let issuer = self.options().issuer.as_str();
        let rest = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest).to_owned()
    }
}

/// The same person, the same nonce, and a sign-in after the statement (30 s of leeway): what the executor will
/// ask too, told to the person now instead of failing later.
fn check(statement: &Statement, bytes: &str, signed_in: &ProviderSignIn) -> Result<Millis, Problem> {
    if signed_in.principal != statement.approver {
        return Err(Refusal::new(Code::SignInFailed, "Someone else signed in than the person who decided.").into());
    }
    if signed_in.nonce != nonce(bytes.as_bytes()) {
        return Err(failed());
    }
    let seconds = signed_in.auth_time.ok_or_else(not_fresh)?;
    let signed_in_at = Millis(seconds.saturating_mul(1000));
    if signed_in_at < statement.at.plus(-SIGN_IN_LEEWAY) {
        return Err(not_fresh());
    }
    Ok(signed_in_at)
}

fn not_fresh() -> Problem {
    Refusal::new(Code::NotFresh, "The identity provider did not ask for a fresh sign-in; the plan was not approved.").into()
}
