//! The executor's end of the private link.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kmg_core::digest::Digest;
use kmg_core::plan::{Head, Job, PlanId, StoredBody, UndoRequest};
use kmg_core::problem::Code;
use kmg_link::methods::{EXECUTE, PROBE, RECONCILE, UNDO};
use kmg_link::{ServeOptions, WireError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::error::ExecutorError;
use crate::executor::{Executor, ExecutorOptions};

/// What the executor calls itself in the link's `hello`.
pub const LINK_NAME: &str = "executor";

/// The body of `reconcile`. What was sent the executor knows from its own journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReconcileRequest {
    /// The plan.
    pub plan_id: PlanId,
    /// The stored bytes in standard base64: a voided plan's record then names their digest. Nothing else follows
    /// from them.
    #[serde(default)]
    pub body: Option<String>,
}

impl ReconcileRequest {
    /// The digest of the bytes, if they are this plan's.
    fn review_digest(&self) -> Option<Digest> {
        let stored = StoredBody::open(STANDARD.decode(self.body.as_ref()?).ok()?).ok()?;
        (stored.body().plan_id == self.plan_id).then(|| stored.digest())
    }
}

/// The answer to `probe`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProbeResponse {
    /// The cluster the trust file names.
    pub cluster_id: String,
    /// Where the executor's journal stands.
    pub head: Head,
    /// Plans whose outcome is not established yet.
    pub open_plans: Vec<PlanId>,
}

/// Opens an executor, serves one gateway over the stream until it closes, and closes the journal in good order.
/// For the child process of a gateway.
///
/// # Errors
/// As [`Executor::open`] and [`Executor::close`]; [`ExecutorError::Link`] when the stream fails.
pub async fn run<R, W>(reader: R, writer: W, options: ExecutorOptions) -> Result<(), ExecutorError>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let executor = Executor::open(options).await?;
    let served = serve(&executor, reader, writer).await;
    let closed = executor.close().await;
    served?;
    closed.map(|_| ())
}

/// Serves one connection. Returns when it has closed and every job it brought has ended; for a process that
/// outlives its connections.
///
/// # Errors
/// [`ExecutorError::Link`] when the stream fails.
pub async fn serve<R, W>(executor: &Arc<Executor>, reader: R, writer: W) -> Result<(), ExecutorError>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let handler = |method: String, body: Value, _deadline: Duration| {
        let executor = Arc::clone(executor);
        async move { answer(&executor, &method, body).await }
    };
    let serving = kmg_link::serve(reader, writer, handler, ServeOptions::new(LINK_NAME));
    tokio::select! {
        served = serving => served.map_err(ExecutorError::Link),
        // A journal that failed once refuses everything: whoever keeps this process starts it again.
        () = executor.journal_failed() => Err(ExecutorError::Lost),
    }
}

async fn answer(executor: &Arc<Executor>, method: &str, body: Value) -> Result<Value, WireError> {
    match method {
        EXECUTE => written(executor.execute(parse::<Job>(EXECUTE, body)?).await),
        RECONCILE => {
            let request = parse::<ReconcileRequest>(RECONCILE, body)?;
            let digest = request.review_digest();
            written(executor.reconcile(request.plan_id, digest).await)
        }
        UNDO => written(executor.undo(parse::<UndoRequest>(UNDO, body)?).await),
        PROBE => written(Ok(ProbeResponse {
            cluster_id: executor.cluster_id().to_owned(),
            head: executor.head(),
            open_plans: executor.open_plans(),
        })),
        _ => Err(WireError::new(Code::Internal, "The executor has no such method.")),
    }
}

fn parse<T: DeserializeOwned>(method: &'static str, body: Value) -> Result<T, WireError> {
    serde_json::from_value(body).map_err(|_| wire(&ExecutorError::Parameters(method)))
}

fn written<T: Serialize>(outcome: Result<T, ExecutorError>) -> Result<Value, WireError> {
    let value = outcome.map_err(|error| {
        if let ExecutorError::Refused(refusal) = &error {
            tracing::info!(code = %refusal.code, "a call of the gateway was refused");
        } else {
            tracing::error!(%error, "a call of the gateway was not carried out");
        }
        wire(&error)
    })?;
    serde_json::to_value(value).map_err(|_| wire(&ExecutorError::Lost))
}

fn wire(error: &ExecutorError) -> WireError {
    let problem = error.problem();
    let untrusted = problem.quote().map(|quote| quote.for_screening().to_owned());
    WireError { untrusted, ..WireError::new(problem.code(), problem.public()) }
}
