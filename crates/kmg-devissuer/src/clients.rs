//! Who may ask for tokens: pre-registered web clients and MCP clients that registered themselves.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kmg_core::clock::Millis;

use crate::options::WebClient;
use crate::redirect;
use crate::secret::{NoRandomness, random};

/// How the id of a registered MCP client begins.
pub(crate) const DYNAMIC_PREFIX: &str = "mcp-";
/// MCP clients that may be registered at a time.
const MAX_REGISTERED: usize = 100;
/// A registration nobody signed in with is forgotten after ten minutes.
const UNUSED_MILLIS: i64 = 10 * 60_000;
/// A registration is forgotten this long after its last use.
const USED_MILLIS: i64 = 24 * 3_600_000;

/// A client of either kind.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) kind: Kind,
}

/// What a client is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Gets `id_tokens`; access tokens only for the issuer itself.
    Web {
        /// What signing in for it means.
        purpose: String,
    },
    /// Gets access tokens for the MCP resource, never an `id_token`.
    Mcp {
        /// Whether it registered `refresh_token`.
        refreshes: bool,
    },
}

impl Client {
    pub(crate) fn is_mcp(&self) -> bool {
        matches!(self.kind, Kind::Mcp { .. })
    }

    pub(crate) fn may_redirect_to(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|registered| redirect::matches(registered, uri, self.is_mcp()))
    }
}

/// Every client.
pub(crate) struct Clients {
    web: Vec<Client>,
    registered: Mutex<HashMap<String, Registered>>,
}

struct Registered {
    client: Client,
    expires: Millis,
}

/// Why no client was registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotRegistered {
    Full,
    Randomness,
}

impl From<NoRandomness> for NotRegistered {
    fn from(_: NoRandomness) -> Self {
        Self::Randomness
    }
}

impl Clients {
    pub(crate) fn new(web: &[WebClient]) -> Self {
        let web = web.iter().map(|client| Client {
            id: client.client_id.clone(),
            name: client.name.clone(),
            redirect_uris: client.redirect_uris.clone(),
            kind: Kind::Web { purpose: client.purpose.clone() },
        });
        Self { web: web.collect(), registered: Mutex::default() }
    }

    pub(crate) fn find(&self, id: &str, now: Millis) -> Option<Client> {
        if let Some(client) = self.web.iter().find(|client| client.id == id) {
            return Some(client.clone());
        }
        let registered = self.registered.lock().unwrap_or_else(PoisonError::into_inner);
        registered.get(id).filter(|known| now < known.expires).map(|known| known.client.clone())
    }

    pub(crate) fn register(&self, name: String, redirect_uris: Vec<String>, refreshes: bool, now: Millis) -> Result<Client, NotRegistered> {
        let id = format!("{DYNAMIC_PREFIX}{}", URL_SAFE_NO_PAD.encode(random::<16>()?));
        let mut registered = self.registered.lock().unwrap_or_else(PoisonError::into_inner);
        registered.retain(|_, known| now < known.expires);
        if registered.len() >= MAX_REGISTERED {
            return Err(NotRegistered::Full);
        }
        let client = Client { id: id.clone(), name, redirect_uris, kind: Kind::Mcp { refreshes } };
        registered.insert(id, Registered { client: client.clone(), expires: now.plus(UNUSED_MILLIS) });
        Ok(client)
    }

    /// Notes that a person signed in for this client or that it refreshed.
    pub(crate) fn used(&self, id: &str, now: Millis) {
        if let Some(known) = self.registered.lock().unwrap_or_else(PoisonError::into_inner).get_mut(id) {
            known.expires = now.plus(USED_MILLIS);
        }
    }
}
