//! Browser sessions: server-side, by the hash of a random cookie.

use kmg_core::clock::Millis;
use kmg_core::digest::hex;
use kmg_core::identity::Reviewer;
use kmg_core::problem::{Code, Problem, Refusal};
use kmg_store::WebSession;
use serde_json::json;

use crate::options::App;
use crate::random::handle_hash;

/// Between two notes of a session's use, in milliseconds: a page view need not wait for the disk.
const TOUCH_EVERY: i64 = 60_000;

/// A signed-in person with the session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub reviewer: Reviewer,
    pub(crate) id_hash: [u8; 32],
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// The handle to revoke it by: not the cookie, and useless as one.
    pub handle: String,
    /// When it began.
    pub signed_in_at: Millis,
    /// When it was last used, to the minute.
    pub last_seen: Millis,
    /// Whether it is the one looking.
    pub current: bool,
}

impl App {
    /// The person behind a session cookie.
    ///
    /// # Errors
    /// `not-signed-in` for an unknown, idle or ended session.
    #[expect(clippy::disallowed_methods, reason = "the one place that makes a Reviewer: from a session of our own sign-in")]
    pub async fn signed_in(&self, cookie: &str) -> Result<SignedIn, Problem> {
        let id_hash = handle_hash(cookie);
        let session = self.parts().store.session(&id_hash).await?.ok_or_else(not_signed_in)?;
        let now = self.clock().now();
        if now >= session.expires_at || now >= session.last_seen.plus(self.options().session_idle) {
            self.parts().store.delete_session(&id_hash).await?;
            return Err(not_signed_in());
        }
        if now.since(session.last_seen) >= TOUCH_EVERY {
            self.parts().store.touch_session(&id_hash, now).await?;
        }
        Ok(SignedIn { reviewer: Reviewer::assert_signed_in(session.principal, session.display_name, session.signed_in_at), id_hash })
    }

    /// Ends this session.
    ///
    /// # Errors
    /// Faults of journal and store.
    pub async fn sign_out(&self, who: &SignedIn) -> Result<(), Problem> {
        self.end(who, &who.id_hash).await
    }

    /// This person's sessions.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn my_sessions(&self, who: &SignedIn) -> Result<Vec<SessionRow>, Problem> {
        let rows = self.parts().store.sessions_of(who.reviewer.principal()).await?;
        Ok(rows.iter().map(|row| session_row(row, who)).collect())
    }

    /// Ends one of this person's sessions.
    ///
    /// # Errors
    /// `not-found` for a handle of nobody or of another person.
    pub async fn revoke_session(&self, who: &SignedIn, handle: &str) -> Result<(), Problem> {
        let rows = self.parts().store.sessions_of(who.reviewer.principal()).await?;
        let found = rows.iter().find(|row| hex(&row.id_hash) == handle);
        let row = found.ok_or_else(|| Refusal::new(Code::NotFound, "You have no such session."))?;
        self.end(who, &row.id_hash).await
    }

    async fn end(&self, who: &SignedIn, id_hash: &[u8; 32]) -> Result<(), Problem> {
        self.record("session.ended", json!({ "principal": who.reviewer.principal() })).await?;
        Ok(self.parts().store.delete_session(id_hash).await?)
    }
}

fn session_row(row: &WebSession, who: &SignedIn) -> SessionRow {
    SessionRow { handle: hex(&row.id_hash), signed_in_at: row.signed_in_at, last_seen: row.last_seen, current: row.id_hash == who.id_hash }
}

fn not_signed_in() -> Problem {
    Refusal::new(Code::NotSignedIn, "Sign in to continue.").into()
}
