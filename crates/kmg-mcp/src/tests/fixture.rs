//! The edge over a real `App`: its own journal and database, tokens of a key made here, and a cluster server
//! played by a function behind a real link.

use std::path::PathBuf;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, Response};
use ed25519_dalek::SigningKey as ApprovalKey;
use kmg_app::{App, Options, Parts, Peer};
use kmg_audit::{Journal, JournalOptions, Purpose};
use kmg_auth::{RelyingParty, RelyingPartyOptions, TokenVerifier};
use kmg_core::allow::AllowList;
use kmg_core::clock::{Clock, Millis};
use kmg_core::identity::{ApproverRule, Principal};
use kmg_core::observe::{ContainerFacts, ContainerState, DeploymentFacts, DeploymentView, Observation, Observe, PodFacts};
use kmg_core::plan::{
    Operation, Origin, Prediction, PreviewRequest, PreviewResponse, RevisionRequest, Undo, WayBack, predict, step_change,
};
use kmg_core::problem::Code;
use kmg_guard::Guard;
use kmg_jwt::{KeySet, SigningKey, http_client};
use kmg_link::{Link, LinkOptions, ServeOptions, WireError, methods, serve};
use kmg_store::{Caps, SealKey, Store};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::Rate;

pub(super) const HOST: &str = "127.0.0.1:3001";
const ISSUER: &str = "http://127.0.0.1:3003";
const RESOURCE: &str = "http://127.0.0.1:3001/mcp";
const NOW: Millis = Millis(1_800_000_000_000);

pub(super) struct Fixture {
    pub(super) app: App,
    pub(super) journal: Journal,
    router: Router,
    key: SigningKey,
    path: PathBuf,
    _dir: tempfile::TempDir,
}

/// An answer, read to its end.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Answered {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The stable code, wherever it stands.
    pub(super) fn code(&self) -> &str {
        let error = &self.body["error"]["data"]["code"];
        error.as_str().or_else(|| self.body["result"]["structuredContent"]["code"].as_str()).unwrap_or_default()
    }
}

/// A request under way.
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Ask {
    /// A well-formed POST of `body` with `token`.
    pub(super) fn post(token: Option<&str>, body: impl Into<Vec<u8>>) -> Self {
        let mut headers = vec![
            ("host", HOST.to_owned()),
            ("content-type", "application/json".to_owned()),
            ("accept", "application/json, text/event-stream".to_owned()),
        ];
        headers.extend(token.map(|token| ("authorization", format!("Bearer {token}"))));
        Self { method: Method::POST, path: "/mcp", headers, body: body.into() }
    }

    /// Replaces or adds a header; without a value it is taken away.
    pub(super) fn header(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.extend(value.map(|value| (name, value.to_owned())));
        self
    }

    /// Adds a header even where one stands.
    pub(super) fn also(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

pub(super) fn rpc(method: &str, params: &Value) -> Vec<u8> {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string().into_bytes()
}

impl Fixture {
    pub(super) async fn new() -> Self {
        Self::with_rate(Rate { per_second: 1_000, burst: 1_000 }).await
    }

    pub(super) async fn with_rate(rate: Rate) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        let clock = Clock::manual(NOW);
        let (journal, _replay) = Journal::open(&path, JournalOptions::new(Purpose::Gateway, clock.clone())).unwrap();
        let key = SigningKey::generate_ed25519().unwrap();
        let keys = || KeySet::fixed(&SigningKey::jwks(&[&key]), clock.clone()).unwrap();
        let relying_party = |client_id: &str| {
            let options = RelyingPartyOptions {
                issuer: ISSUER.to_owned(),
                client_id: client_id.to_owned(),
                redirect_uri: "http://127.0.0.1:3002/callback".to_owned(),
                client_secret: None,
            };
            RelyingParty::new(options, keys(), http_client().unwrap(), clock.clone())
        };
        let app = App::new(Parts {
            options: options(),
            clock: clock.clone(),
            guard: Guard::default(),
            allow: AllowList::new(["demo".parse().unwrap()]),
            journal: journal.clone(),
            store: Store::open(&dir.path().join("plans.db"), SealKey::new([7; 32]), clock.clone()).await.unwrap(),
            server: cluster(),
            executor: cluster(),
            tokens: TokenVerifier::new(keys(), ISSUER, RESOURCE, clock.clone()),
            sign_in: relying_party("kmg-web"),
            approve: relying_party("kmg-approve"),
            approval_key: ApprovalKey::from_bytes(&[9; 32]),
            form_key: [3; 32],
        });
        let edge = crate::Options { hosts: vec![HOST.to_owned()], origins: vec!["http://localhost:6274".to_owned()], rate };
        Self { router: crate::router(app.clone(), edge), app, journal, key, path, _dir: dir }
    }

    /// A token of alice through the client `agent`.
    pub(super) fn token(&self) -> String {
        self.token_with(&json!({}))
    }

    /// The same token with some claims replaced.
    pub(super) fn token_with(&self, claims: &Value) -> String {
        let now = NOW.unix_seconds();
        let mut all = json!({ "iss": ISSUER, "sub": "alice", "aud": RESOURCE, "client_id": "agent", "scope": "mcp:tools", "iat": now, "exp": now + 600, "jti": "t" });
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        self.key.sign("at+jwt", &all).unwrap()
    }

    pub(super) async fn send(&self, ask: Ask) -> Answered {
        let mut request = Request::builder().method(ask.method).uri(ask.path);
        for (name, value) in ask.headers {
            request = request.header(name, value);
        }
        let response: Response<Body> = self.router.clone().oneshot(request.body(Body::from(ask.body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 22).await.unwrap();
        let streamed = parts.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let body = match bytes.is_empty() {
            true => Value::Null,
            false if streamed => serde_json::from_slice(last_event(&bytes)).unwrap(),
            false => serde_json::from_slice(&bytes).unwrap(),
        };
        Answered { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Calls a tool as alice, in the legacy era.
    pub(super) async fn call(&self, tool: &str, arguments: &Value) -> Answered {
        self.send(Ask::post(Some(&self.token()), rpc("tools/call", &json!({ "name": tool, "arguments": arguments })))).await
    }

    /// The journal's call records so far.
    pub(super) fn calls(&self) -> Vec<Value> {
        self.records().iter().filter(|record| record["kind"] == "mcp.call").map(|record| record["body"].clone()).collect()
    }

    /// The journal's records so far.
    pub(super) fn records(&self) -> Vec<Value> {
        let lines = std::fs::read_to_string(&self.path).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The data of a stream's last event.
fn last_event(stream: &[u8]) -> &[u8] {
    let stream = stream.strip_suffix(b"\n\n").unwrap();
    let begin = stream.windows(2).rposition(|pair| pair == b"\n\n").map_or(0, |at| at + 2);
    stream[begin..].strip_prefix(b"event: message\ndata: ").unwrap()
}

fn options() -> Options {
    Options {
        web_origin: "http://127.0.0.1:3002".to_owned(),
        mcp_resource: RESOURCE.to_owned(),
        issuer: ISSUER.to_owned(),
        scope: "mcp:tools".to_owned(),
        rule: ApproverRule::Requester,
        approvers: vec![Principal { iss: ISSUER.to_owned(), sub: "alice".to_owned() }],
        approve_within: 900_000,
        execute_within: 600_000,
        watch_rollouts: Duration::from_secs(5),
        caps: Caps::default(),
        session_idle: 1_800_000,
        session_absolute: 28_800_000,
    }
}

/// A cluster with one Deployment, `demo/web`, whose image cannot be pulled.
fn cluster() -> Peer {
    let (near, far) = tokio::io::duplex(1 << 20);
    let (reader, writer) = tokio::io::split(far);
    let handler = |method: String, body: Value, _deadline: Duration| async move {
        match method.as_str() {
            methods::OBSERVE => observe(serde_json::from_value(body).unwrap()),
            methods::PREVIEW => preview(&serde_json::from_value(body).unwrap()),
            methods::REVISION => revision(&serde_json::from_value(body).unwrap()),
            _ => Err(WireError::new(Code::Internal, "not played here")),
        }
    };
    drop(tokio::spawn(serve(reader, writer, handler, ServeOptions::new("server"))));
    let (reader, writer) = tokio::io::split(near);
    Peer::Fixed(Link::start(reader, writer, LinkOptions::default()))
}

fn observe(query: Observe) -> Result<Value, WireError> {
    let Observe::Deployment { namespace, name } = query else { return Err(WireError::new(Code::Internal, "not played here")) };
    if name.as_str() != "web" {
        return Err(WireError {
            untrusted: Some("evil\u{202e}".to_owned()),
            ..WireError::new(Code::NotFound, "There is no such Deployment.")
        });
    }
    let pod = PodFacts {
        name: "web-1".to_owned(),
        containers: vec![ContainerFacts {
            name: "web".to_owned(),
            image: "registry.test/web:none".to_owned(),
            state: ContainerState::Waiting { reason: "ErrImagePull".to_owned(), message: "not found, password=hunter2\u{202e}".to_owned() },
            ..ContainerFacts::default()
        }],
        ..PodFacts::default()
    };
    let view = DeploymentView {
        as_of: NOW,
        namespace,
        deployment: DeploymentFacts { name: "web".to_owned(), replicas: 2, updated: 2, current: 2, ..DeploymentFacts::default() },
        replica_sets: Vec::new(),
        pods: vec![pod],
        pods_total: 1,
        events: Vec::new(),
        logs: Vec::new(),
        around: kmg_core::observe::Around::default(),
        checked: vec!["pods".to_owned()],
        not_checked: Vec::new(),
    };
    Ok(serde_json::to_value(Observation::Deployment(Box::new(view))).unwrap())
}

fn preview(request: &PreviewRequest) -> Result<Value, WireError> {
    let target = request.ask.targets().remove(0);
    if target.name.as_str() != "web" {
        return Err(WireError::new(Code::NotFound, "There is no such Deployment."));
    }
    let live = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "web", "namespace": "demo", "uid": "u-1", "resourceVersion": "7", "annotations": {} },
        "spec": { "replicas": 2, "template": { "spec": { "containers": [{ "name": "web", "image": "registry.test/web:none" }] } } },
    });
    let change = step_change(&request.ask, &target, &request.plan_id, Some(&live))
        .map_err(|refusal| WireError::new(refusal.code, refusal.public))?;
    let mut predicted = live.clone();
    match &request.ask {
        kmg_core::plan::Ask::ScaleDeployment { replicas, .. } => predicted["spec"]["replicas"] = json!(replicas),
        kmg_core::plan::Ask::SetDeploymentImage { image, .. } => {
            predicted["spec"]["template"]["spec"]["containers"][0]["image"] = json!(image);
        }
        kmg_core::plan::Ask::Rollback { .. } => {
            predicted["spec"]["template"]["spec"]["containers"][0]["image"] = json!("registry.test/web:1");
        }
        other => return Err(WireError::new(Code::Internal, format!("{} is not in this double", other.operation()))),
    }
    let prediction = Prediction {
        live: Some(&live),
        predicted: Some(&predicted),
        exclusions: Vec::new(),
        warnings: Vec::new(),
        dependents: Vec::new(),
        fingerprint: &|_| "fp".to_owned(),
    };
    let steps = vec![predict(change, prediction).unwrap()];
    Ok(serde_json::to_value(PreviewResponse { cluster_id: "c-1".to_owned(), steps, findings: Vec::new() }).unwrap())
}

/// The way back to revision 1; of revision 2 only values that nobody is shown differ.
fn revision(request: &RevisionRequest) -> Result<Value, WireError> {
    let RevisionRequest { name, revision, .. } = request;
    if *revision == Some(2) {
        let untrusted = Some("Deployment/web data.evil\u{202e}".to_owned());
        return Err(WireError { untrusted, ..WireError::new(Code::PreImageHidden, "Going back would send hidden values.") });
    }
    let path = "/spec/template/spec/containers/0/image".to_owned();
    let operations = vec![Operation::Replace { path, value: json!("registry.test/web:1") }];
    let changes = vec![Undo::of_template(name.clone(), "u-1".to_owned(), operations)];
    Ok(serde_json::to_value(WayBack { origin: Origin::Revision { number: 1 }, changes }).unwrap())
}
