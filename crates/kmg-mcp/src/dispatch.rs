//! From a call of a tool to its reply.

use std::time::{Duration, Instant};

use kmg_core::identity::Caller;
use kmg_core::observe::Rollout;
use kmg_core::problem::{Code, Fault, Problem};
use kmg_rpc::CallTool;
use kmg_tools::{Back, InputVerdict, Reply, Tool, ToolCall, allowed_namespaces, answer, parse, plan_reply, refusal_reply};

use crate::Edge;
use crate::entry::Entry;
use crate::stream::Progress;

/// The tool's reply; a refusal is one too. It is made of screened text only.
pub(crate) async fn reply(edge: &Edge, caller: &Caller, call: (Tool, &CallTool), entry: &mut Entry, progress: &Progress) -> Reply {
    match run(edge, caller, call, entry, progress).await {
        Ok(reply) => reply,
        Err(problem) => {
            if let Problem::Fault(fault) = &problem {
                tracing::warn!(request = entry.request_id(), code = %fault.code, cause = %fault.internal, "a call failed");
            }
            refusal_reply(edge.app.guard(), &problem)
        }
    }
}

async fn run(
    edge: &Edge,
    caller: &Caller,
    (tool, call): (Tool, &CallTool),
    entry: &mut Entry,
    progress: &Progress,
) -> Result<Reply, Problem> {
    let app = &edge.app;
    let begun = Instant::now();
    let call = parse(tool, &call.arguments)?;
    entry.arguments(&call);
    let permit = call.namespace().map(|namespace| app.allow_list().permit(namespace)).transpose()?;
    let (status, within) = match (call, permit) {
        (ToolCall::AllowedNamespaces, _) => return Ok(allowed_namespaces(app.guard(), app.allow_list())),
        (ToolCall::Observe(query), Some(permit)) => {
            let observed = app.observe(caller, &permit, &query).await?;
            return Ok(answer(app.guard(), &observed, app.clock().now()));
        }
        (ToolCall::Propose { ask, reason, verdict }, Some(permit)) => {
            note(entry, &verdict);
            (app.propose(caller, &permit, ask, reason).await?, Duration::ZERO)
        }
        (ToolCall::Rollback { back, reason, verdict }, Some(permit)) => {
            note(entry, &verdict);
            let ask = match back {
                Back::Plan(_, id) => app.undo_of(caller, &permit, &id).await?,
                Back::Revision(request) => app.back_to_revision(&permit, &request).await?,
            };
            (app.propose(caller, &permit, ask, reason).await?, Duration::ZERO)
        }
        (ToolCall::Apply(id), _) => (app.apply(caller, &id).await?, app.watch_rollouts()),
        (ToolCall::PlanStatus(id), _) => (app.plan_status(caller, &id).await?, Duration::ZERO),
        (ToolCall::WaitForPlan(id, timeout), _) => (app.wait_for_plan(caller, &id, timeout).await?, timeout),
        (ToolCall::Observe(_) | ToolCall::Propose { .. } | ToolCall::Rollback { .. }, None) => {
            return Err(Fault::new(Code::Internal, "a call with a namespace came without a permit").into());
        }
    };
    entry.plan(&status.plan_id);
    let listener = |rollouts: &[Rollout]| progress.tell(&kmg_tools::progress(app.guard(), rollouts));
    let status = app.follow(caller, status, within.saturating_sub(begun.elapsed()), &listener).await?;
    Ok(plan_reply(app.guard(), tool, &status, app.clock().now()))
}

fn note(entry: &Entry, verdict: &InputVerdict) {
    if !verdict.is_clean() {
        tracing::info!(request = entry.request_id(), marks = ?verdict.marks(), "the agent's reason has marks");
    }
}
