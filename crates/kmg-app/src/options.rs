//! What the use cases stand on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ed25519_dalek::SigningKey;
use kmg_audit::{Journal, Refusals};
use kmg_auth::{RelyingParty, TokenVerifier};
use kmg_core::allow::AllowList;
use kmg_core::clock::{Clock, Millis};
use kmg_core::identity::{ApproverRule, Principal, Requester};
use kmg_core::problem::{Code, Fault, Problem, Refusal};
use kmg_core::untrusted::Quoted;
use kmg_guard::Guard;
use kmg_link::{Link, LinkError, Supervisor};
use kmg_store::{Caps, Store};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

/// The rules of one installation.
#[derive(Clone, Debug)]
pub struct Options {
    /// The browser edge's origin, such as `http://127.0.0.1:3002`.
    pub web_origin: String,
    /// The MCP endpoint's canonical URL: the audience of its tokens.
    pub mcp_resource: String,
    /// The identity provider's issuer identifier.
    pub issuer: String,
    /// The scope a caller needs.
    pub scope: String,
    /// How approver and requester must relate.
    pub rule: ApproverRule,
    /// Who may decide at all; empty means no one.
    pub approvers: Vec<Principal>,
    /// Milliseconds a plan waits for a decision.
    pub approve_within: i64,
    /// Milliseconds from the approving sign-in within which it may be executed.
    pub execute_within: i64,
    /// How long a call looks on at the rollouts of what it wrote; zero looks once.
    pub watch_rollouts: Duration,
    /// How many plans may wait, and how long a denial sticks.
    pub caps: Caps,
    /// How long a browser session lives without use, in milliseconds.
    pub session_idle: i64,
    /// How long a browser session lives at most, in milliseconds.
    pub session_absolute: i64,
}

/// A process of the guard: a supervised child, or a link that someone else keeps.
#[derive(Clone)]
pub enum Peer {
    /// Started and restarted by this process.
    Supervised(Arc<Supervisor>),
    /// A fixed connection.
    Fixed(Link),
}

impl Peer {
    /// Waits until the peer can be called, at most `within`.
    ///
    /// # Errors
    /// `link-down`.
    pub(crate) async fn ready(&self, within: Duration) -> Result<(), Problem> {
        match self {
            Self::Supervised(supervisor) => supervisor.ready(within).await.map(drop).map_err(problem),
            Self::Fixed(link) if link.is_down() => Err(problem(LinkError::LinkDown)),
            Self::Fixed(_) => Ok(()),
        }
    }

    /// Calls `method` and waits at most `deadline`.
    ///
    /// # Errors
    /// `link-down`, `deadline-exceeded`, `overloaded`, or the peer's own refusal under its code.
    pub async fn call<T: DeserializeOwned>(&self, method: &str, body: &impl Serialize, deadline: Duration) -> Result<T, Problem> {
        let link = match self {
            Self::Supervised(supervisor) => supervisor.current().map_err(problem)?,
            Self::Fixed(link) => link.clone(),
        };
        link.call(method, body, deadline).await.map_err(problem)
    }
}

/// The longest quotation in a refusal, in bytes.
const QUOTE_BYTES: usize = 1_024;

/// A peer composes `message` itself; foreign text travels beside it and stays a quotation, which is screened or
/// escaped wherever it is shown.
fn problem(error: LinkError) -> Problem {
    match error {
        LinkError::Remote { code, message, untrusted } if is_refusal(code) => {
            let quote = untrusted.map(|text| Quoted::new(text.for_screening(), QUOTE_BYTES));
            Refusal::new(code, message).quoting(quote).into()
        }
        LinkError::Remote { code, message, .. } => Fault::new(code, message).into(),
        other => Fault::new(other.code(), other).into(),
    }
}

const fn is_refusal(code: Code) -> bool {
    !matches!(code, Code::Internal | Code::LinkDown | Code::Tampered | Code::JournalUnavailable | Code::StoreUnavailable)
}

/// The parts of the gateway, made by the binary's wiring.
pub struct Parts {
    /// The rules.
    pub options: Options,
    /// Time.
    pub clock: Clock,
    /// Screening.
    pub guard: Guard,
    /// The namespaces.
    pub allow: AllowList,
    /// The gateway's journal.
    pub journal: Journal,
    /// Plans, decisions, sessions.
    pub store: Store,
    /// The reading and planning process.
    pub server: Peer,
    /// The writing process.
    pub executor: Peer,
    /// Bearer tokens.
    pub tokens: TokenVerifier,
    /// The client for signing in to the pages.
    pub sign_in: RelyingParty,
    /// The client for approving, used for nothing else.
    pub approve: RelyingParty,
    /// The gateway's approval key.
    pub approval_key: SigningKey,
    /// The key of form tokens and session hashes, 32 bytes.
    pub form_key: [u8; 32],
}

pub(crate) struct Inner {
    pub(crate) parts: Parts,
    /// Taken when the gateway closes.
    pub(crate) refusals: Mutex<Option<Refusals>>,
    /// A plan claimed before this moment was claimed by an earlier process.
    pub(crate) started_at: Millis,
    /// Counts decisions and outcomes, so that a waiting call wakes at once.
    pub(crate) changes: watch::Sender<u64>,
    /// Calls that wait for a person, by requester.
    pub(crate) waits: Mutex<HashMap<Requester, u32>>,
    /// When the next anonymous sign-in may begin.
    pub(crate) next_sign_in: Mutex<Millis>,
}

/// The use cases; a cheap handle.
#[derive(Clone)]
pub struct App(pub(crate) Arc<Inner>);

impl App {
    /// The use cases over `parts`. Needs a tokio runtime.
    pub fn new(parts: Parts) -> Self {
        let refusals = Mutex::new(Some(Refusals::start(parts.journal.clone(), parts.clock.clone(), Duration::from_secs(1))));
        let started_at = parts.clock.now();
        Self(Arc::new(Inner {
            refusals,
            started_at,
            changes: watch::Sender::new(0),
            waits: Mutex::default(),
            next_sign_in: Mutex::new(Millis(0)),
            parts,
        }))
    }

    /// Writes what is still counted. To be called before the journal is closed.
    pub async fn close(&self) {
        let refusals = self.0.refusals.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(refusals) = refusals {
            refusals.finish().await;
        }
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0.parts
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.parts.options
    }

    /// The namespaces.
    pub fn allow_list(&self) -> &AllowList {
        &self.0.parts.allow
    }

    /// Screening.
    pub fn guard(&self) -> &Guard {
        &self.0.parts.guard
    }

    /// Time.
    pub fn clock(&self) -> &Clock {
        &self.0.parts.clock
    }

    /// The browser edge's origin.
    pub fn web_origin(&self) -> &str {
        &self.0.parts.options.web_origin
    }

    /// How long a call looks on at the rollouts of what it wrote.
    pub fn watch_rollouts(&self) -> Duration {
        self.0.parts.options.watch_rollouts
    }

    /// The scope a caller needs.
    pub fn scope(&self) -> &str {
        &self.0.parts.options.scope
    }

    /// The MCP endpoint's canonical URL.
    pub fn mcp_resource(&self) -> &str {
        &self.0.parts.options.mcp_resource
    }

    pub(crate) fn changed(&self) {
        self.0.changes.send_modify(|count| *count = count.wrapping_add(1));
    }
}
