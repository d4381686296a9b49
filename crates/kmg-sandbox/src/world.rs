//! What a running sandbox is made of.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use kmg_core::clock::{Clock, Millis};
use tokio::sync::Notify;

use crate::identity::Identities;
use crate::json::text;
use crate::kinds::Kind;
use crate::options::{Fence, Images, Options};
use crate::status::Status;
use crate::store::Store;

/// The store and everything that judges requests for it.
#[derive(Debug)]
pub(crate) struct World {
    store: RwLock<Store>,
    /// Told whenever the store has changed.
    pub(crate) changed: Notify,
    pub(crate) identities: Identities,
    /// The namespaces and names of the accounts in the seed.
    pub(crate) accounts: Vec<(String, String)>,
    pub(crate) fence: Option<Fence>,
    pub(crate) images: Images,
    pub(crate) clock: Clock,
    /// The certificate that clients trust, in PEM: also in every namespace's `kube-root-ca.crt`.
    pub(crate) authority_pem: String,
}

impl World {
    /// An empty world for the users of `options`; its seed counts as far as it says who may do what.
    pub(crate) fn new(options: Options, authority_pem: String) -> Self {
        let Options { users, seed, fence, images, clock, .. } = options;
        let accounts = seed.iter().filter(|object| object["kind"] == "ServiceAccount");
        let accounts = accounts.map(|account| ["namespace", "name"].map(|key| text(account, &format!("/metadata/{key}")).to_owned()));
        Self {
            store: RwLock::default(),
            changed: Notify::new(),
            accounts: accounts.map(|[namespace, name]| (namespace, name)).collect(),
            identities: Identities::new(users, &seed),
            fence,
            images,
            clock,
            authority_pem,
        }
    }

    pub(crate) fn now(&self) -> Millis {
        self.clock.now()
    }

    /// The store to read. A panic elsewhere leaves it whole: every change is one call on it.
    pub(crate) fn store(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `change` with the store to itself, and tells the controllers if anything changed.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
        let before = store.revision();
        let out = change(&mut store);
        let after = store.revision();
        drop(store);
        if after != before {
            self.changed.notify_one();
        }
        out
    }

    /// The fence, where validating admission stands: behind access control and validation, before the storage. It
    /// judges writes only, and lets dry runs through.
    pub(crate) fn admit(&self, user: &str, dry_run: bool, kind: &Kind, name: &str) -> Result<(), Status> {
        let Some(fence) = self.fence.as_ref().filter(|fence| fence.user == user && !dry_run) else { return Ok(()) };
        let Fence { policy, binding, message, .. } = fence;
        let why = format!("ValidatingAdmissionPolicy '{policy}' with binding '{binding}' denied request: {message}");
        Err(Status::denied((kind.plural, kind.group), name, &why))
    }
}
