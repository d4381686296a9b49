//! The line that every request walks: host and origin, identity, verb, size and type, accept, one strict parse,
//! era, scope, rate, arguments and permit, dispatch, screening, journal, answer.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Request as HttpRequest};
use axum::response::Response;
use kmg_core::identity::Caller;
use kmg_core::problem::Code;
use kmg_rpc::{Incoming, Received, Request, RpcError, reply};
use kmg_tools::{INSTRUCTIONS, Tool, tools_list};

use crate::answer::Answer;
use crate::entry::Entry;
use crate::metadata::refuse;
use crate::{Edge, SERVER, checks, dispatch, hosts};

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
    let answer = understand(&edge, &caller, request, &mut entry).await.unwrap_or_else(|refused| refused);
    match edge.app.record_call(&entry.record(&answer)).await {
        Ok(()) => answer.into_response(entry.request_id()),
        Err(fault) => {
            tracing::error!(request = entry.request_id(), cause = %fault.internal, "the journal cannot be written");
            let code = Code::JournalUnavailable;
            Answer::error(&RpcError::transport(503, code, code.meaning())).into_response(entry.request_id())
        }
    }
}

async fn understand(edge: &Edge, caller: &Caller, request: HttpRequest<Body>, entry: &mut Entry) -> Result<Answer, Answer> {
    checks::request(&request)?;
    let (parts, body) = request.into_parts();
    let body = checks::body(body).await?;
    let headers = checks::protocol_headers(&parts.headers)?;
    let incoming = match kmg_rpc::read(&body, Some(&headers))? {
        Received::Request(incoming) => incoming,
        Received::Notification => {
            entry.notification();
            return Ok(Answer::accepted());
        }
    };
    entry.method(&incoming.request);
    admit(edge, caller, &incoming)?;
    match &incoming.request {
        Request::Initialize(version) => Ok(Answer::json(200, &reply::initialize(&incoming, version, SERVER, INSTRUCTIONS))),
        Request::Discover => Ok(Answer::json(200, &reply::discover(&incoming, SERVER, INSTRUCTIONS))),
        Request::Ping => Ok(Answer::json(200, &reply::pong(&incoming))),
        Request::ListTools => Ok(Answer::json(200, &reply::tools(&incoming, tools_list(false), SERVER))),
        Request::CallTool(call) => {
            let tool = Tool::from_name(&call.name).ok_or_else(|| RpcError::unknown_tool().of(Some(incoming.id.clone())))?;
            entry.tool(tool, call);
            Ok(Answer::tool(&incoming, dispatch::reply(edge, caller, tool, call, entry).await))
        }
    }
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
