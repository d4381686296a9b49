//! The stand-alone MCP server: reads only, one JSON text per line.

use std::sync::Arc;

use kmg_core::problem::{Code, Problem, Refusal};
use kmg_core::untrusted::Untrusted;
use kmg_rpc::stdio::{Line, read_line, write_line};
use kmg_rpc::{CallTool, Incoming, Received, Request, RpcError, read, reply};
use kmg_tools::{Guard, INSTRUCTIONS, Reply, Tool, ToolCall, allowed_namespaces, answer, parse, refusal_reply, tools_list};
use serde_json::{Map, Value};
use tokio::io::{AsyncBufRead, AsyncWrite};
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;

use crate::journal::{Call, StandAloneJournal};
use crate::server::Server;

/// How many calls run at once; the input is not read further meanwhile.
const AT_ONCE: usize = 16;

/// What the stand-alone server needs beside its [`Server`].
pub struct StdioOptions {
    /// Its journal: no journal, no reads.
    pub journal: StandAloneJournal,
    /// What screens every answer.
    pub guard: Guard,
    /// How it names itself.
    pub info: reply::ServerInfo,
    /// Where the time comes from.
    pub clock: kmg_core::clock::Clock,
}

struct Session<W> {
    server: Server,
    options: StdioOptions,
    output: Mutex<W>,
}

/// Serves MCP until the input closes, then finishes what runs and closes the journal. A planner's credential
/// in `server` is never used: only the tools that read the cluster exist here.
///
/// # Errors
/// The input cannot be read or the output not be written.
pub async fn serve_stdio<R, W>(mut input: R, output: W, server: Server, options: StdioOptions) -> std::io::Result<()>
where
    R: AsyncBufRead + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let session = Arc::new(Session { server, options, output: Mutex::new(output) });
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    let ended = loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break Ok(()) };
        while running.try_join_next().is_some() {}
        match read_line(&mut input).await {
            Ok(Line::End) => break Ok(()),
            Ok(line) => {
                let session = Arc::clone(&session);
                running.spawn(async move {
                    let _place = place;
                    if let Some(message) = session.message(line).await {
                        let mut output = session.output.lock().await;
                        if let Err(error) = write_line(&mut *output, &message).await {
                            tracing::error!(%error, "the answer could not be written");
                        }
                    }
                });
            }
            Err(error) => break Err(error),
        }
    };
    while running.join_next().await.is_some() {}
    session.options.journal.close().await;
    ended
}

impl<W: Send> Session<W> {
    /// The answer to one line; `None` for a notification.
    async fn message(&self, line: Line) -> Option<Value> {
        let text = match line {
            Line::Text(text) => text,
            Line::TooLong => {
                let error = RpcError::transport(413, Code::TooLarge, "The message is larger than 1 MiB.");
                return Some(self.protocol_error(&error).await);
            }
            Line::End => return None,
        };
        match read(&text, None) {
            Ok(Received::Notification) => None,
            Ok(Received::Request(incoming)) => Some(self.request(incoming).await),
            Err(error) => Some(self.protocol_error(&error).await),
        }
    }

    async fn protocol_error(&self, error: &RpcError) -> Value {
        let body = error.body();
        let call = Call {
            method: "invalid",
            tool: None,
            arguments: &Map::new(),
            namespace: None,
            code: Some(error.code),
            answer: &body,
            report: None,
        };
        match self.options.journal.record(call).await {
            Ok(()) => body,
            Err(_) => RpcError::transport(503, Code::JournalUnavailable, Code::JournalUnavailable.meaning()).of(error.id.clone()).body(),
        }
    }

    async fn request(&self, incoming: Incoming) -> Value {
        let info = self.options.info;
        match &incoming.request {
            Request::Initialize(version) => reply::initialize(&incoming, version, info, INSTRUCTIONS),
            Request::Discover => reply::discover(&incoming, info, INSTRUCTIONS),
            Request::Ping => reply::pong(&incoming),
            Request::ListTools => reply::tools(&incoming, tools_list(true), info),
            Request::CallTool(call) => match Tool::from_name(&call.name).filter(|tool| tool.is_cluster_read()) {
                Some(tool) => reply::call(&incoming, self.call(tool, call).await, info),
                None => self.protocol_error(&RpcError::unknown_tool().of(Some(incoming.id.clone()))).await,
            },
        }
    }

    /// The result of a tool, given out only when its record is durable.
    async fn call(&self, tool: Tool, call: &CallTool) -> Value {
        let guard = &self.options.guard;
        let parsed = parse(tool, &call.arguments);
        let namespace = parsed.as_ref().ok().and_then(ToolCall::namespace).map(ToString::to_string);
        let reply = match parsed {
            Ok(parsed) => Box::pin(self.answer(&parsed)).await,
            Err(refusal) => Err(refusal.into()),
        };
        let reply: Reply = reply.unwrap_or_else(|problem| refusal_reply(guard, &problem));
        let (code, report) = (reply.code(), reply.report().clone());
        let result = reply.into_result();
        let record = Call {
            method: "tools/call",
            tool: Some(tool.name()),
            arguments: &call.arguments,
            namespace,
            code,
            answer: &result,
            report: Some(&report),
        };
        match self.options.journal.record(record).await {
            Ok(()) => result,
            Err(fault) => {
                tracing::error!(%fault, "the answer is withheld");
                refusal_reply(guard, &fault.into()).into_result()
            }
        }
    }

    async fn answer(&self, call: &ToolCall) -> Result<Reply, Problem> {
        let guard = &self.options.guard;
        match call {
            ToolCall::AllowedNamespaces => Ok(allowed_namespaces(guard, self.server.allow())),
            ToolCall::Observe(ask) => {
                let observation = self.server.observe(ask).await.map_err(|error| {
                    tracing::info!(code = %error.code(), %error, "read refused");
                    error.to_problem()
                })?;
                Ok(answer(guard, &Untrusted::new(observation), self.options.clock.now()))
            }
            ToolCall::Propose { .. }
            | ToolCall::Rollback { .. }
            | ToolCall::Apply(_)
            | ToolCall::PlanStatus(_)
            | ToolCall::WaitForPlan(..) => Err(Refusal::new(Code::UnknownTool, "This server only reads.").into()),
        }
    }
}
