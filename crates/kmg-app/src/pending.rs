//! Sign-ins on their way: what is kept between leaving for the provider and coming back.

use kmg_auth::{CallbackParams, PendingFlow};
use kmg_core::problem::{Code, Fault, Problem, Refusal};
use kmg_store::PendingSignIn;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::options::App;
use crate::random::{handle_hash, token};

/// How long a sign-in may take, in milliseconds.
const LIFETIME: i64 = 600_000;

/// A sign-in's purpose with what completing it needs.
#[derive(Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Purpose {
    /// To see the pages.
    SignIn {
        /// The plan to go to afterwards.
        return_to: Option<String>,
    },
    /// To approve.
    Approve {
        /// The statement's bytes, as text: they are canonical JSON.
        statement: String,
        /// The approver's display name.
        name: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    flow: PendingFlow,
    cookie_hash: [u8; 32],
    purpose: Purpose,
}

impl App {
    /// Keeps a flow; returns the cookie that must come back with the callback.
    pub(crate) async fn keep(&self, flow: PendingFlow, purpose: Purpose) -> Result<String, Problem> {
        let cookie = token()?;
        let state_hash = handle_hash(flow.state());
        let kept = Kept { flow, cookie_hash: handle_hash(&cookie), purpose };
        let payload = serde_json::to_value(&kept).map_err(|error| Fault::new(Code::Internal, error))?;
        let expires_at = self.clock().now().plus(LIFETIME);
        self.parts().store.insert_pending(&PendingSignIn { state_hash, expires_at, payload }).await?;
        Ok(cookie)
    }

    /// Takes the flow the callback's `state` names; a second callback finds nothing. The cookie binds it to the
    /// browser that began it (login CSRF).
    pub(crate) async fn take(&self, cookie: &str, callback: &CallbackParams) -> Result<(PendingFlow, Purpose), Problem> {
        let state = callback.state.as_deref().ok_or_else(failed)?;
        let pending = self.parts().store.take_pending(&handle_hash(state)).await?.ok_or_else(failed)?;
        let kept: Kept = serde_json::from_value(pending.payload).map_err(|error| Fault::new(Code::Tampered, error))?;
        if !bool::from(kept.cookie_hash.ct_eq(&handle_hash(cookie))) {
            return Err(failed());
        }
        Ok((kept.flow, kept.purpose))
    }
}

pub(crate) fn failed() -> Problem {
    Refusal::new(Code::SignInFailed, "The sign-in could not be completed; begin again.").into()
}
