//! The whole edge on a manual clock: real store, journal and identity provider; a browser that keeps cookies.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request};
use kmg_app::{App, Options, Parts, Peer, PlanRow};
use kmg_audit::{Journal, JournalOptions, Purpose};
use kmg_auth::{RelyingParty, RelyingPartyOptions, TokenVerifier};
use kmg_core::allow::AllowList;
use kmg_core::clock::Clock;
use kmg_core::identity::{ApproverRule, Principal};
use kmg_core::plan::{PlanBody, Stage, StoredBody};
use kmg_devissuer::{IssuerOptions, WebClient};
use kmg_guard::Guard;
use kmg_jwt::{JwksSource, KeySet, SigningKey, http_client};
use kmg_link::{Link, LinkOptions};
use kmg_store::{Caps, NewPlan, SealKey, Store, WebSession};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use url::{Url, form_urlencoded};

use super::sample;

pub(super) const ORIGIN: &str = "http://127.0.0.1:3002";
pub(super) const HOST_NAME: &str = "127.0.0.1:3002";
const PASSWORD: &str = "correct horse battery";

pub(super) struct Site {
    pub(super) router: Router,
    pub(super) store: Store,
    pub(super) clock: Clock,
    issuer: Router,
    issuer_url: String,
    sessions: AtomicU32,
    _dir: TempDir,
}

impl Site {
    /// A site with one pending plan of `dev`, who may approve.
    pub(super) async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::manual(sample::NOW);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer_url = format!("http://{}", listener.local_addr().unwrap());
        let issuer = kmg_devissuer::router(issuer_options(&issuer_url), clock.clone()).unwrap();
        tokio::spawn(axum::serve(listener, issuer.clone()).into_future());
        let store = Store::open(&dir.path().join("store.db"), SealKey::new([1; 32]), clock.clone()).await.unwrap();
        let app = App::new(parts(dir.path(), &clock, &store, &issuer_url));
        let site = Self { router: crate::router(app).unwrap(), store, clock, issuer, issuer_url, sessions: AtomicU32::new(0), _dir: dir };
        site.insert(sample::body()).await;
        site
    }

    /// Stores `body` as a plan that `dev` of this site's issuer asked for.
    pub(super) async fn insert(&self, mut body: PlanBody) {
        body.requester.iss.clone_from(&self.issuer_url);
        let key = body.ask.key(&body.requester);
        let stored = StoredBody::seal(body).unwrap();
        self.store.insert_plan(NewPlan { body: &stored, ask_key: key, caps: Caps::default() }).await.unwrap();
    }

    pub(super) async fn row(&self) -> PlanRow {
        self.store.plan(&sample::plan_id()).await.unwrap().unwrap()
    }

    pub(super) async fn stage(&self) -> Stage {
        self.row().await.life.stage
    }

    /// A browser that nobody signed in with.
    pub(super) fn stranger(&self) -> Browser<'_> {
        Browser { site: self, cookies: BTreeMap::new() }
    }

    /// A browser with a session of `sub`.
    pub(super) async fn browser(&self, sub: &str) -> Browser<'_> {
        let mut browser = self.stranger();
        let cookie = format!("session-{}", self.sessions.fetch_add(1, Ordering::Relaxed));
        let now = self.clock.now();
        let session = WebSession {
            id_hash: Sha256::digest(&cookie).into(),
            principal: Principal { iss: self.issuer_url.clone(), sub: sub.to_owned() },
            display_name: format!("{sub} by name"),
            signed_in_at: now,
            last_seen: now,
            expires_at: now.plus(28_800_000),
        };
        self.store.insert_session(&session).await.unwrap();
        browser.cookies.insert("__Host-kmg-session".to_owned(), cookie);
        browser
    }
}

fn issuer_options(issuer_url: &str) -> IssuerOptions {
    let client = |id: &str, path: &str| WebClient {
        client_id: id.to_owned(),
        name: id.to_owned(),
        redirect_uris: vec![format!("{ORIGIN}{path}")],
        purpose: "A test.".to_owned(),
    };
    IssuerOptions {
        issuer_url: issuer_url.to_owned(),
        bind: issuer_url.trim_start_matches("http://").parse().unwrap(),
        username: "dev".to_owned(),
        password: PASSWORD.into(),
        mcp_resource: "http://127.0.0.1:3001/mcp".to_owned(),
        web_clients: vec![client("kmg-web", "/sign-in/callback"), client("kmg-approve", "/approve/callback")],
        access_token_ttl_seconds: 600,
        signing_key: SigningKey::generate_es256().unwrap(),
    }
}

fn parts(dir: &Path, clock: &Clock, store: &Store, issuer_url: &str) -> Parts {
    let http = http_client().unwrap();
    let keys = KeySet::new(JwksSource::Discovery { issuer: issuer_url.to_owned() }, clock.clone(), http.clone());
    let party = |id: &str, path: &str| {
        let options = RelyingPartyOptions {
            issuer: issuer_url.to_owned(),
            client_id: id.to_owned(),
            redirect_uri: format!("{ORIGIN}{path}"),
            client_secret: None,
        };
        RelyingParty::new(options, keys.clone(), http.clone(), clock.clone())
    };
    let (near, _far) = tokio::io::duplex(64);
    let (reader, writer) = tokio::io::split(near);
    let peer = Peer::Fixed(Link::start(reader, writer, LinkOptions::default()));
    let mut journal = JournalOptions::new(Purpose::Gateway, clock.clone());
    journal.lock_wait = Duration::ZERO;
    Parts {
        options: Options {
            web_origin: ORIGIN.to_owned(),
            mcp_resource: "http://127.0.0.1:3001/mcp".to_owned(),
            issuer: issuer_url.to_owned(),
            scope: "mcp:tools".to_owned(),
            rule: ApproverRule::Requester,
            approvers: ["dev", "other"].map(|sub| Principal { iss: issuer_url.to_owned(), sub: sub.to_owned() }).into(),
            approve_within: 900_000,
            execute_within: 600_000,
            watch_rollouts: Duration::from_secs(5),
            caps: Caps::default(),
            session_idle: 900_000,
            session_absolute: 28_800_000,
        },
        clock: clock.clone(),
        guard: Guard::default(),
        allow: AllowList::new(["demo".parse().unwrap()]),
        journal: Journal::open(&dir.join("journal.jsonl"), journal).unwrap().0,
        store: store.clone(),
        server: peer.clone(),
        executor: peer,
        tokens: TokenVerifier::new(keys.clone(), issuer_url, "http://127.0.0.1:3001/mcp", clock.clone()),
        sign_in: party("kmg-web", "/sign-in/callback"),
        approve: party("kmg-approve", "/approve/callback"),
        approval_key: ed25519_dalek::SigningKey::from_bytes(&[9; 32]),
        form_key: [5; 32],
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Page {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The value of the first field or attribute after `before`.
    pub(super) fn after(&self, before: &str) -> String {
        let (_, rest) = self.text.split_once(before).unwrap_or_else(|| panic!("no {before} in {}", self.text));
        rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&")
    }
}

/// A browser: it keeps cookies, and sends what Chromium sends with a form of our own.
pub(super) struct Browser<'a> {
    pub(super) site: &'a Site,
    pub(super) cookies: BTreeMap<String, String>,
}

impl Browser<'_> {
    pub(super) async fn send(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Page {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header(HOST, HOST_NAME);
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let page = answer(&self.site.router, request.body(body.into()).unwrap()).await;
        for cookie in page.headers.get_all(SET_COOKIE) {
            let (pair, rest) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name)
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned())
            };
        }
        page
    }

    pub(super) async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, &[], Body::empty()).await
    }

    pub(super) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.post_raw(path, body).await
    }

    pub(super) async fn post_raw(&mut self, path: &str, body: impl Into<Body>) -> Page {
        // What Chromium sends under `Referrer-Policy: no-referrer`.
        let headers = [
            (CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded"),
            ("origin", "null"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-mode", "navigate"),
        ];
        self.send(Method::POST, path, &headers, body).await
    }

    /// Signs in at the provider whose page is `url`; returns the callback's path with its query.
    pub(super) async fn at_provider(&self, url: &str) -> String {
        let target = |url: &Url| format!("{}?{}", url.path(), url.query().unwrap_or_default());
        let host = self.site.issuer_url.trim_start_matches("http://");
        assert!(url.starts_with(&self.site.issuer_url), "{url}");
        let request = Request::get(target(&url.parse().unwrap())).header(HOST, host);
        let form = answer(&self.site.issuer, request.body(Body::empty()).unwrap()).await;
        let transaction = form.after("name=\"transaction\" value=\"");
        let fields = [("transaction", transaction.as_str()), ("username", "dev"), ("password", PASSWORD)];
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post("/authorize").header(HOST, host).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let back = answer(&self.site.issuer, request.body(body.into()).unwrap()).await;
        let location: Url = back.header(LOCATION.as_str()).parse().unwrap_or_else(|_| panic!("{back:?}"));
        assert_eq!(location.origin().ascii_serialization(), ORIGIN);
        target(&location)
    }
}

async fn answer(router: &Router, request: Request<Body>) -> Page {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let bytes = to_bytes(body, 4 << 20).await.unwrap();
    Page { status: parts.status.as_u16(), headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}
