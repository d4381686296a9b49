//! The gateway's wiring, in the order that safety needs: keys, journal, database, processes, provider, and the
//! listeners last.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use kmg_app::{App, Options, Parts, Peer};
use kmg_audit::{Journal, JournalOptions, Purpose};
use kmg_auth::{RelyingParty, RelyingPartyOptions, TokenVerifier};
use kmg_core::clock::Clock;
use kmg_guard::Guard;
use kmg_jwt::{JwksSource, KeySet, http_client};
use kmg_link::{ChildSpec, LinkOptions, Supervisor, methods};
use kmg_store::{Caps, SealKey, Store};
use serde_json::json;

use crate::settings::{ExecutorLink, Settings};
use crate::{files, keys};

/// How long the first probe of each process may take.
const PROBE: Duration = Duration::from_secs(15);

/// The environment as the settings' overlay reads it.
#[expect(clippy::disallowed_methods, reason = "settings are read once, here")]
pub(crate) fn environment() -> BTreeMap<String, String> {
    std::env::vars().filter(|(name, _)| name.starts_with("KMG_")).collect()
}

/// The wired gateway.
pub(crate) struct Gateway {
    pub(crate) app: App,
    pub(crate) journal: Journal,
    pub(crate) server: Arc<Supervisor>,
    pub(crate) executor: Arc<Supervisor>,
    pub(crate) store: Store,
}

/// Wires the gateway. Nothing listens yet.
///
/// # Errors
/// The first part that cannot be had.
pub(crate) async fn gateway(settings: &Settings, clock: &Clock) -> anyhow::Result<Gateway> {
    files::private_folder(&settings.data)?;
    let (journal, replay) = open_journal(settings, clock)?;
    let open = kmg_app::open_intents(&replay)?;
    let seal = SealKey::new(*keys::read(&settings.keys, keys::SEAL)?);
    let store = Store::open(&settings.data.join("plans.sqlite"), seal, clock.clone()).await.context("the database")?;
    let server = Arc::new(supervise("server", kmg_link::Peer::Child(server_child(settings)?)));
    let executor = Arc::new(supervise("executor", executor_peer(settings)?));
    let http = http_client()?;
    let issuer_keys = KeySet::new(JwksSource::Discovery { issuer: settings.identity.issuer.clone() }, clock.clone(), http.clone());
    let party = |client: &str, path: &str| {
        RelyingParty::new(
            RelyingPartyOptions {
                issuer: settings.identity.issuer.clone(),
                client_id: client.to_owned(),
                redirect_uri: format!("{}{path}", settings.web_origin),
                client_secret: None,
            },
            issuer_keys.clone(),
            http.clone(),
            clock.clone(),
        )
    };
    let app = App::new(Parts {
        options: options(settings),
        clock: clock.clone(),
        guard: Guard::default(),
        allow: settings.namespaces.clone(),
        journal: journal.clone(),
        store: store.clone(),
        server: Peer::Supervised(Arc::clone(&server)),
        executor: Peer::Supervised(Arc::clone(&executor)),
        tokens: tokens(settings, issuer_keys.clone(), clock),
        sign_in: party(&settings.identity.sign_in_client, "/sign-in/callback"),
        approve: party(&settings.identity.approve_client, "/approve/callback"),
        approval_key: keys::signing(&settings.keys, keys::APPROVAL)?,
        form_key: *keys::read(&settings.keys, keys::FORM)?,
    });
    app.close_intents(&open).await?;
    Ok(Gateway { app, journal, server, executor, store })
}

fn tokens(settings: &Settings, keys: KeySet, clock: &Clock) -> TokenVerifier {
    let identity = &settings.identity;
    let verifier = TokenVerifier::new(keys, identity.issuer.clone(), settings.mcp_url.to_string(), clock.clone());
    if identity.plain_jwt { verifier.accept_plain_jwt() } else { verifier }
}

fn open_journal(settings: &Settings, clock: &Clock) -> anyhow::Result<(Journal, kmg_audit::Replay)> {
    let mut options = JournalOptions::new(Purpose::Gateway, clock.clone());
    options.checkpoint_key = Some(keys::signing(&settings.keys, keys::CHECKPOINT)?);
    Journal::open(&settings.data.join("journal.jsonl"), options).context("the gateway's journal")
}

fn options(settings: &Settings) -> Options {
    let (identity, plans) = (&settings.identity, &settings.plans);
    Options {
        web_origin: settings.web_origin.clone(),
        mcp_resource: settings.mcp_url.to_string(),
        issuer: identity.issuer.clone(),
        scope: identity.scope.clone(),
        rule: identity.rule.clone(),
        approvers: identity.approvers.clone(),
        approve_within: plans.approve_within,
        execute_within: plans.execute_within,
        watch_rollouts: Duration::from_millis(plans.watch_rollout.unsigned_abs()),
        caps: Caps { per_requester: plans.per_requester, per_namespace: plans.per_namespace, deny_cool_down: plans.deny_cool_down },
        session_idle: settings.session_idle,
        session_absolute: settings.session_absolute,
    }
}

fn supervise(name: &'static str, peer: kmg_link::Peer) -> Supervisor {
    Supervisor::start(name, peer, LinkOptions::default(), |_event| {})
}

/// The reading process: its credentials by file, nothing of our environment.
pub(crate) fn server_child(settings: &Settings) -> anyhow::Result<ChildSpec> {
    let mut args: Vec<OsString> = vec!["server".into(), "--link".into(), "--kubeconfig".into(), settings.reader_kubeconfig.clone().into()];
    args.extend(["--planner-kubeconfig".into(), settings.planner_kubeconfig.clone().into()]);
    args.extend(["--namespaces".into(), namespaces(settings).into()]);
    if !settings.registries.is_empty() {
        args.extend(["--registries".into(), settings.registries.join(",").into()]);
    }
    if settings.unfenced {
        tracing::warn!("planning goes on without the fence: the planner's credential could write");
        args.push("--insecure-unfenced".into());
    }
    child(args)
}

/// The executor: a child, or another user's process.
pub(crate) fn executor_peer(settings: &Settings) -> anyhow::Result<kmg_link::Peer> {
    match &settings.executor {
        ExecutorLink::Socket { path, uid } => Ok(kmg_link::Peer::Socket { path: path.clone(), uid: *uid }),
        ExecutorLink::Child { kubeconfig, trust, keys, data } => {
            let mut args: Vec<OsString> = vec!["executor".into()];
            for (flag, path) in [("--kubeconfig", kubeconfig), ("--trust", trust), ("--keys", keys), ("--data", data)] {
                args.extend([flag.into(), path.clone().into()]);
            }
            tracing::warn!("the executor is a child on stdio: this separates code, not users");
            Ok(kmg_link::Peer::Child(child(args)?))
        }
    }
}

fn child(args: Vec<OsString>) -> anyhow::Result<ChildSpec> {
    Ok(ChildSpec { program: std::env::current_exe()?, args, env: Vec::new() })
}

fn namespaces(settings: &Settings) -> String {
    settings.namespaces.namespaces().map(kmg_core::names::Namespace::as_str).collect::<Vec<_>>().join(",")
}

impl Gateway {
    /// Waits until both processes answer, for the same cluster.
    ///
    /// # Errors
    /// The one that does not.
    pub(crate) async fn ready(&self, within: Duration) -> anyhow::Result<()> {
        self.server.ready(within).await.context("the server process")?;
        self.executor.ready(within).await.context("the executor process")?;
        let server: kmg_server::ProbeResponse =
            self.server.current()?.call(methods::PROBE, &json!({}), PROBE).await.context("the server's probe")?;
        let executor: kmg_executor::ProbeResponse =
            self.executor.current()?.call(methods::PROBE, &json!({}), PROBE).await.context("the executor's probe")?;
        if let Some(id) = &server.cluster_id {
            anyhow::ensure!(*id == executor.cluster_id, "server and executor are on different clusters: {id} and {}", executor.cluster_id);
        }
        tracing::info!(fence = ?server.fence, open_plans = executor.open_plans.len(), "both processes answer for one cluster");
        Ok(())
    }
}
