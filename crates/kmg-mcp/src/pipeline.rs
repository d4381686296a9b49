//! The line that every request walks: host and origin, identity, verb, size and type, accept, one strict parse,
//! era, scope, rate, arguments and permit, dispatch, screening, journal, answer.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Request as HttpRequest};
use axum::response::Response;
use kmg_core::identity::Caller;
use kmg_core::problem::Code;
use kmg_rpc::{CallTool, Incoming, Received, Request, RpcError, reply};
use kmg_tools::{INSTRUCTIONS, Tool, tools_list};

use crate::answer::Answer;
use crate::entry::Entry;
use crate::metadata::refuse;
use crate::stream::Progress;
use crate::{Edge, SERVER, checks, dispatch, hosts, stream};

pub(crate) async fn handle(State(edge): State<Edge>, request: HttpRequest<Body>) -> Response {
    if !hosts::allowed(request.headers(), &edge.hosts, &edge.origins) {
        return refuse(&edge, 403, Code::HostNotAllowed);
    }
    match edge.app.authenticate(authorization(request.headers()).as_deref()).await {
        // In a task of its own: a client that goes away neither stops a call half-way nor unsays its record.
        Ok(caller) => tokio::spawn(identified(edge, caller, request)).await.unwrap_or_else(|_| broken()),
        Err(failure) => {
            edge.app.count_unidentified(failure.code);
            let error = RpcError::transport(failure.status, failure.code, failure.code.meaning());
            Answer::error(&error).challenge(failure.www_authenticate).into_response("")
        }
    }
}

/// One request of a known caller: one answer, and one record that is durable before it.
async fn identified(edge: Edge, caller: Caller, request: HttpRequest<Body>) -> Response {
    // Before anything is read or recorded: a flood fills neither memory nor the journal, and is counted.
    if !edge.limiter.take(caller.requester(), edge.app.clock().now()) {
        edge.app.count_unidentified(Code::RateLimited);
        return Answer::error(&RpcError::transport(429, Code::RateLimited, Code::RateLimited.meaning())).into_response("");
    }
    let Ok(mut entry) = Entry::new(&caller) else { return broken() };
    let streamable = checks::accepts_events(request.headers());
    let (call, token) = match understand(&edge, &caller, request, &mut entry).await {
        Ok(Understood::Call(call)) => {
            let token = call.of.progress.clone().filter(|_| streamable && call.tool.takes_time());
            (call, token)
        }
        Ok(Understood::Answer(answer)) | Err(answer) => {
            return recorded(&edge, &entry, answer, None).await.into_response(entry.request_id());
        }
    };
    let Some(token) = token else {
        let answer = call.answer(&edge, &caller, &mut entry, &Progress::none()).await;
        return recorded(&edge, &entry, answer, Some(&call.incoming)).await.into_response(entry.request_id());
    };
    let (response, progress, last) = stream::open(token, entry.request_id());
    // Detached, as every call is: who closes the stream ends the watching, never the write.
    tokio::spawn(async move {
        let answer = call.answer(&edge, &caller, &mut entry, &progress).await;
        last.send(recorded(&edge, &entry, answer, Some(&call.incoming)).await).await;
    });
    response
}

/// `answer`, once its record is durable: without one there is no answer.
async fn recorded(edge: &Edge, entry: &Entry, answer: Answer, incoming: Option<&Incoming>) -> Answer {
    let Err(fault) = edge.app.record_call(&entry.record(&answer)).await else { return answer };
    tracing::error!(request = entry.request_id(), cause = %fault.internal, "the journal cannot be written");
    let code = Code::JournalUnavailable;
    Answer::error(&RpcError::transport(503, code, code.meaning()).of(incoming.map(|incoming| incoming.id.clone())))
}

/// What a request turned out to be.
enum Understood {
    /// Something that is answered already.
    Answer(Answer),
    /// A call of a tool.
    Call(Box<Call>),
}

/// A call of a tool that exists, by a caller who may.
struct Call {
    incoming: Incoming,
    tool: Tool,
    of: CallTool,
}

impl Call {
    async fn answer(&self, edge: &Edge, caller: &Caller, entry: &mut Entry, progress: &Progress) -> Answer {
        let reply = dispatch::reply(edge, caller, (self.tool, &self.of), entry, progress).await;
        Answer::tool(&self.incoming, reply)
    }
}

async fn understand(edge: &Edge, caller: &Caller, request: HttpRequest<Body>, entry: &mut Entry) -> Result<Understood, Answer> {
    checks::request(&request)?;
    let (parts, body) = request.into_parts();
    let body = checks::body(body).await?;
    let headers = checks::protocol_headers(&parts.headers)?;
    let incoming = match kmg_rpc::read(&body, Some(&headers))? {
        Received::Request(incoming) => incoming,
        Received::Notification => {
            entry.notification();
            return Ok(Understood::Answer(Answer::accepted()));
        }
    };
    entry.method(&incoming.request);
    admit(edge, caller, &incoming)?;
    let body = match &incoming.request {
        Request::Initialize(version) => reply::initialize(&incoming, version, SERVER, INSTRUCTIONS),
        Request::Discover => reply::discover(&incoming, SERVER, INSTRUCTIONS),
        Request::Ping => reply::pong(&incoming),
        Request::ListTools => reply::tools(&incoming, tools_list(false), SERVER),
        Request::CallTool(call) => {
            let tool = Tool::from_name(&call.name).ok_or_else(|| RpcError::unknown_tool().of(Some(incoming.id.clone())))?;
            entry.tool(tool, call);
            let of = call.clone();
            return Ok(Understood::Call(Box::new(Call { incoming, tool, of })));
        }
    };
    Ok(Understood::Answer(Answer::json(200, &body)))
}

/// The scope, before anything of the request is acted on. Opening and describing need a valid token only.
fn admit(edge: &Edge, caller: &Caller, incoming: &Incoming) -> Result<(), Answer> {
    let needs_scope = matches!(incoming.request, Request::ListTools | Request::CallTool(_));
    if !needs_scope || caller.has_scope(edge.app.scope()) {
        return Ok(());
    }
    let code = Code::InsufficientScope;
    let error = RpcError::transport(403, code, code.meaning()).of(Some(incoming.id.clone()));
    Err(Answer::error(&error).challenge(Some(edge.app.insufficient_scope_challenge())))
}

/// The header's values in one line: two lines are no bearer token, whatever each of them says.
fn authorization(headers: &HeaderMap) -> Option<String> {
    let lines: Vec<_> = headers.get_all(AUTHORIZATION).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

fn broken() -> Response {
    Answer::error(&RpcError::transport(500, Code::Internal, Code::Internal.meaning())).into_response("")
}
