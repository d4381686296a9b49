//! What the executor talks to in these cases: it writes down every request, lets things happen at chosen points,
//! and hands the request to the double or to the real API server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kmg_cluster::Cluster;
use kmg_cluster::write::apply::{SendResult, send_once};
use kmg_core::clock::Clock;
use kmg_core::plan::Rendered;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::api_server::{ApiServer, refusal};
use super::http::{Reply, Request, serve};

/// The `Audit-ID` of what the cases themselves write.
pub(super) const SOMEONE_ELSE: &str = "someone-else";
/// How long the real API server may take on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);

/// The requests an executor makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Identify,
    Read,
    DryRun,
    Write,
    Other,
}

/// Whether the request has reached the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Before,
    After,
}

/// What happens at a point.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Someone else changes the spec.
    Meddle,
    /// Someone else changes what nobody reviews.
    Stir,
    /// Someone else deletes the object, and makes another of the same name if true.
    Delete(bool),
    /// Time passes, in milliseconds.
    Advance(i64),
    /// The executor gets this status.
    Status(u16),
    /// The executor gets a 200 that is not JSON.
    Garbage,
    /// The connection ends.
    Cut,
    /// Nothing more happens, and `hung` is notified.
    Hang,
    /// As `Hang`, until `resume` is notified.
    Pause,
    /// The answer's object says something else at this pointer.
    Twist(&'static str, Value),
}

pub(super) enum Backend {
    Double(ApiServer),
    Real { cluster: Cluster, path: String },
}

pub(super) struct Front {
    pub(super) backend: Backend,
    pub(super) hung: Notify,
    pub(super) resume: Notify,
    clock: Clock,
    log: Mutex<Vec<(Kind, Option<String>)>>,
    others: AtomicUsize,
    script: Mutex<Vec<(Kind, When, Act)>>,
    always: Mutex<Vec<(Kind, When, Act)>>,
}

impl Front {
    /// Serves `backend` on loopback; returns the base URL too.
    pub(super) async fn start(backend: Backend, clock: Clock) -> (Arc<Self>, String) {
        let this = Arc::new(Self {
            backend,
            hung: Notify::new(),
            resume: Notify::new(),
            clock,
            log: Mutex::default(),
            others: AtomicUsize::new(0),
            script: Mutex::default(),
            always: Mutex::default(),
        });
        let served = Arc::clone(&this);
        let url = serve(move |request| {
            let this = Arc::clone(&served);
            Box::pin(async move { this.handle(request).await })
        });
        (this, url.await)
    }

    /// Lets `act` happen once, at the next request of `kind`. Rules of one point happen in their order.
    pub(super) fn once(&self, kind: Kind, when: When, act: Act) {
        self.script.lock().unwrap().push((kind, when, act));
    }

    /// Lets `act` happen at every request of `kind`.
    pub(super) fn every(&self, kind: Kind, when: When, act: Act) {
        self.always.lock().unwrap().push((kind, when, act));
    }

    /// How many requests of `kind` came.
    pub(super) fn count(&self, kind: Kind) -> usize {
        self.log.lock().unwrap().iter().filter(|(seen, _)| *seen == kind).count()
    }

    /// How many requests came that were no reads.
    pub(super) fn not_reads(&self) -> usize {
        self.log.lock().unwrap().iter().filter(|(kind, _)| !matches!(kind, Kind::Identify | Kind::Read)).count()
    }

    /// The `Audit-ID`s of the writes, in order.
    pub(super) fn audit_ids(&self) -> Vec<String> {
        self.log.lock().unwrap().iter().filter(|(kind, _)| *kind == Kind::Write).filter_map(|(_, id)| id.clone()).collect()
    }

    async fn handle(&self, request: Request) -> Reply {
        let kind = kind_of(&request);
        self.log.lock().unwrap().push((kind, request.header("audit-id").map(str::to_owned)));
        if let Some(reply) = self.happen(kind, When::Before, None).await {
            return reply;
        }
        let answer = self.forward(kind, &request).await;
        let twisted = self.happen(kind, When::After, Some(&answer)).await;
        twisted.unwrap_or(answer)
    }

    async fn happen(&self, kind: Kind, when: When, answer: Option<&Reply>) -> Option<Reply> {
        let now: Vec<Act> = {
            let mut script = self.script.lock().unwrap();
            let here = |rule: &(Kind, When, Act)| rule.0 == kind && rule.1 == when;
            let (mut now, later): (Vec<_>, Vec<_>) = script.drain(..).partition(here);
            *script = later;
            now.extend(self.always.lock().unwrap().iter().filter(|rule| here(rule)).cloned());
            now.into_iter().map(|(_, _, act)| act).collect()
        };
        let mut reply = None;
        for act in now {
            match act {
                Act::Meddle => self.change(&json!([{"op": "replace", "path": "/spec/revisionHistoryLimit", "value": 7}])).await,
                Act::Stir => self.stir().await,
                Act::Delete(again) => self.delete(again),
                Act::Advance(millis) => self.clock.advance(millis),
                Act::Status(status) => reply = Some(refusal(status)),
                Act::Garbage => reply = Some(Reply::Json(200, b"{".to_vec())),
                Act::Cut => reply = Some(Reply::Cut),
                Act::Hang => {
                    self.hung.notify_one();
                    std::future::pending::<()>().await;
                }
                Act::Pause => {
                    self.hung.notify_one();
                    self.resume.notified().await;
                }
                Act::Twist(pointer, value) => {
                    let Some(Reply::Json(status, body)) = answer else { panic!("nothing to twist") };
                    let mut object: Value = serde_json::from_slice(body).unwrap();
                    *object.pointer_mut(pointer).unwrap() = value;
                    reply = Some(Reply::Json(*status, object.to_string().into_bytes()));
                }
            }
        }
        reply
    }

    async fn forward(&self, kind: Kind, request: &Request) -> Reply {
        match &self.backend {
            Backend::Double(server) => match kind {
                Kind::Identify => Reply::Json(200, json!({"metadata": {"uid": super::api_server::CLUSTER}}).to_string().into_bytes()),
                Kind::Read => server.read().map_or_else(|| refusal(404), |object| Reply::Json(200, object.to_string().into_bytes())),
                Kind::DryRun | Kind::Write => server.patch(&serde_json::from_slice(&request.body).unwrap(), kind == Kind::DryRun),
                Kind::Other => refusal(404),
            },
            Backend::Real { cluster, .. } => match kind {
                Kind::Identify | Kind::Read | Kind::Other => {
                    let answer = cluster.get(&request.target, &[], "application/json").await.unwrap();
                    Reply::Json(answer.status, answer.body)
                }
                Kind::DryRun | Kind::Write => real_write(cluster, request).await,
            },
        }
    }

    /// The object now.
    pub(super) async fn read(&self) -> Option<Value> {
        match &self.backend {
            Backend::Double(server) => server.read(),
            Backend::Real { cluster, path } => {
                let answer = cluster.get(path, &[], "application/json").await.unwrap();
                (answer.status == 200).then(|| serde_json::from_slice(&answer.body).unwrap())
            }
        }
    }

    /// How many writes of someone else the cases themselves made.
    pub(super) fn others(&self) -> usize {
        self.others.load(Ordering::SeqCst)
    }

    /// Someone else's patch.
    pub(super) async fn change(&self, operations: &Value) {
        self.others.fetch_add(1, Ordering::SeqCst);
        match &self.backend {
            Backend::Double(server) => drop(server.patch(operations, false)),
            Backend::Real { cluster, path } => real_patch(cluster, path, operations).await,
        }
    }

    async fn stir(&self) {
        self.others.fetch_add(1, Ordering::SeqCst);
        let operations = json!([{"op": "add", "path": "/status/collisionCount", "value": 3}]);
        match &self.backend {
            Backend::Double(server) => drop(server.patch(&operations, false)),
            Backend::Real { cluster, path } => real_patch(cluster, &format!("{path}/status"), &operations).await,
        }
    }

    fn delete(&self, again: bool) {
        match &self.backend {
            Backend::Double(server) => server.delete(again),
            Backend::Real { .. } => panic!("only the double deletes"),
        }
    }
}

fn kind_of(request: &Request) -> Kind {
    match (request.method.as_str(), request.target.as_str()) {
        ("GET", "/api/v1/namespaces/kube-system") => Kind::Identify,
        ("GET", target) if target.contains("/deployments/") => Kind::Read,
        ("PATCH", target) if target.contains("dryRun=All") => Kind::DryRun,
        ("PATCH", _) => Kind::Write,
        _ => Kind::Other,
    }
}

async fn real_write(cluster: &Cluster, request: &Request) -> Reply {
    let (path, query) = request.target.split_once('?').unwrap();
    let rendered = Rendered {
        method: request.method.clone(),
        path: path.to_owned(),
        query: query.to_owned(),
        content_type: request.header("content-type").unwrap().to_owned(),
        body: request.body.clone(),
    };
    match send_once(cluster, &rendered, request.header("audit-id").unwrap_or("dry-run-of-a-test"), DEADLINE).await {
        SendResult::Accepted { object, status } => Reply::Json(status, object.to_string().into_bytes()),
        SendResult::Conflict(_) => refusal(409),
        SendResult::Unprocessable(_) => refusal(422),
        SendResult::NotFound(_) => refusal(404),
        SendResult::Rejected { status, .. } => refusal(status),
        SendResult::Unknown { why } => panic!("the real API server: {why}"),
    }
}

pub(super) async fn real_patch(cluster: &Cluster, path: &str, operations: &Value) {
    let rendered = Rendered {
        method: "PATCH".to_owned(),
        path: path.to_owned(),
        query: "fieldManager=someone-else".to_owned(),
        content_type: "application/json-patch+json".to_owned(),
        body: operations.to_string().into_bytes(),
    };
    let sent = send_once(cluster, &rendered, SOMEONE_ELSE, DEADLINE).await;
    assert!(matches!(sent, SendResult::Accepted { .. }), "{sent:?}");
}

pub(super) async fn real_create(cluster: &Cluster, path: &str, object: &Value) {
    let rendered = Rendered {
        method: "POST".to_owned(),
        path: path.to_owned(),
        query: "fieldManager=someone-else".to_owned(),
        content_type: "application/json".to_owned(),
        body: object.to_string().into_bytes(),
    };
    let sent = send_once(cluster, &rendered, SOMEONE_ELSE, DEADLINE).await;
    assert!(matches!(sent, SendResult::Accepted { .. }), "{sent:?}");
}
