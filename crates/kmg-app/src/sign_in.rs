//! Signing in to the pages.

use std::sync::PoisonError;

use kmg_auth::{CallbackParams, Freshness};
use kmg_core::plan::PlanId;
use kmg_core::problem::{Code, Problem, Refusal};
use kmg_store::WebSession;
use serde_json::json;

use crate::options::App;
use crate::pending::{Purpose, failed};
use crate::random::{handle_hash, token};

/// Where to send the browser, and the cookie that must come back with the callback.
#[derive(Clone, Debug)]
pub struct SignInStart {
    /// The provider's page.
    pub authorize_url: String,
    /// The waiting cookie's value.
    pub browser_cookie: String,
}

/// A session that begins.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// The session cookie's value: 32 random bytes.
    pub cookie: String,
    /// The plan the person was on the way to.
    pub return_to: Option<PlanId>,
}

impl App {
    /// Begins a sign-in.
    ///
    /// # Errors
    /// `issuer-unavailable`, or a fault of the store.
    pub async fn begin_sign_in(&self, return_to: Option<PlanId>) -> Result<SignInStart, Problem> {
        self.pace()?;
        let start = self.parts().sign_in.begin(token()?, Freshness::Any).await?;
        let purpose = Purpose::SignIn { return_to: return_to.map(|plan| plan.to_string()) };
        let browser_cookie = self.keep(start.flow, purpose).await?;
        Ok(SignInStart { authorize_url: start.url, browser_cookie })
    }

    /// At most ten sign-ins a second begin, with bursts of fifty: who has no identity cannot fill the store with
    /// flows on their way, which approvals need too (10,000 of them, 10 minutes each).
    fn pace(&self) -> Result<(), Problem> {
        const SPACING: i64 = 100;
        const BURST: i64 = 50;
        let now = self.clock().now();
        let mut next = self.0.next_sign_in.lock().unwrap_or_else(PoisonError::into_inner);
        if next.since(now) > SPACING * BURST {
            return Err(Refusal::new(Code::Overloaded, "Too many sign-ins begin at once; try again in a moment.").into());
        }
        *next = now.max(*next).plus(SPACING);
        Ok(())
    }

    /// Completes a sign-in: a new session with a new id, for anyone the provider vouches for. What the person may
    /// see and decide is asked on every page.
    ///
    /// # Errors
    /// `sign-in-failed`, or faults of provider, journal and store.
    pub async fn finish_sign_in(&self, browser_cookie: &str, callback: CallbackParams) -> Result<NewSession, Problem> {
        let (flow, purpose) = self.take(browser_cookie, &callback).await?;
        let Purpose::SignIn { return_to } = purpose else { return Err(failed()) };
        let signed_in = self.parts().sign_in.finish(callback, &flow).await?;
        let cookie = token()?;
        let now = self.clock().now();
        let session = WebSession {
            id_hash: handle_hash(&cookie),
            principal: signed_in.principal,
            display_name: signed_in.display_name,
            signed_in_at: now,
            last_seen: now,
            expires_at: now.plus(self.options().session_absolute),
        };
        self.record("session.begun", json!({ "principal": session.principal })).await?;
        self.parts().store.insert_session(&session).await?;
        Ok(NewSession { cookie, return_to: return_to.and_then(|text| text.parse().ok()) })
    }
}
