//! Form tokens: a decision can only be posted from the page that showed these bytes to this session.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kmg_core::clock::Millis;
use kmg_core::digest::Digest;
use kmg_core::plan::PlanId;
use kmg_core::problem::{Code, Problem, Refusal};

use crate::options::App;
use crate::sessions::SignedIn;

/// Nobody reads and decides faster, in milliseconds: a scripted or double click is refused.
const SOONEST: i64 = 700;
/// A page left open longer is shown again, in milliseconds.
const OLDEST: i64 = 3_600_000;

impl App {
    /// A token for the page that shows `plan` with `digest` to this session now.
    pub fn form_token(&self, who: &SignedIn, plan: &PlanId, digest: &Digest) -> String {
        let now = self.clock().now();
        format!("{}.{}", now.0, URL_SAFE_NO_PAD.encode(self.form_mac(who, plan, digest, now)))
    }

    /// Checks a posted token.
    ///
    /// # Errors
    /// `form-rejected`: made for another session, plan or digest, older than an hour, or posted within 700 ms.
    pub fn check_form(&self, who: &SignedIn, plan: &PlanId, digest: &Digest, token: &str) -> Result<(), Problem> {
        let (time, mac) = token.split_once('.').ok_or_else(rejected)?;
        let shown_at = Millis(time.parse().map_err(|_| rejected())?);
        let mac = URL_SAFE_NO_PAD.decode(mac).map_err(|_| rejected())?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.parts().form_key);
        hmac::verify(&key, &message(who, plan, digest, shown_at), &mac).map_err(|_| rejected())?;
        let age = self.clock().now().since(shown_at);
        if !(SOONEST..=OLDEST).contains(&age) {
            return Err(rejected());
        }
        Ok(())
    }

    fn form_mac(&self, who: &SignedIn, plan: &PlanId, digest: &Digest, at: Millis) -> Vec<u8> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.parts().form_key);
        hmac::sign(&key, &message(who, plan, digest, at)).as_ref().to_vec()
    }
}

fn message(who: &SignedIn, plan: &PlanId, digest: &Digest, at: Millis) -> Vec<u8> {
    // Fixed-width or delimiter-free parts: no two inputs share a message.
    [b"kmg/form/1|".as_slice(), &who.id_hash, plan.as_str().as_bytes(), digest.bytes(), &at.0.to_be_bytes()].concat()
}

fn rejected() -> Problem {
    Refusal::new(Code::FormRejected, "Open the plan again and decide from the page as it is shown now.").into()
}
