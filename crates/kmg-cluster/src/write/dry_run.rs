//! The dry run: the exact bytes, sent so that nothing is stored.

use kmg_core::json::{Limits, parse_strict};
use kmg_core::plan::Rendered;
use kmg_core::untrusted::Quoted;
use serde_json::Value;

use super::http_request;
use crate::client::Cluster;
use crate::error::ClusterError;

/// What the API server says would be stored.
#[derive(Clone, Debug)]
pub struct DryRun {
    /// The object after defaulting, webhooks and validation; for a deletion whatever the API server answers.
    pub object: Value,
    /// Warnings of the API server and its webhooks.
    pub warnings: Vec<Quoted>,
}

/// Sends `rendered` with `dryRun=All`, once.
///
/// # Errors
/// `cluster-conflict` (409), `cluster-invalid` (400, 422, and the 500 by which server-side apply names a field
/// its schema does not know), `cluster-forbidden`, `not-found`, `cluster-unavailable`.
pub async fn dry_run(cluster: &Cluster, rendered: &Rendered) -> Result<DryRun, ClusterError> {
    // The body of a DELETE outweighs its query: without dryRun in the body it would really delete.
    if rendered.method == "DELETE" && !says_dry_run(&rendered.body(true)) {
        return Err(ClusterError::Unwritable("a DELETE whose body does not say that it is a dry run"));
    }
    let request = http_request(rendered, true, &[])?;
    #[expect(clippy::disallowed_methods, reason = "the dry run: the query ends in dryRun=All, and a DELETE's body says so")]
    let sent = cluster.kube().send(request);
    let answer = cluster.exchange(sent, cluster.bounds()).await?;
    if answer.status == 500 {
        Err(match ClusterError::from_status(500, &answer.body) {
            ClusterError::Unavailable { status, message } if message.for_screening().starts_with("failed to create typed patch object") => {
                ClusterError::Invalid { status, message }
            }
            other => other,
        })
    } else {
        let answer = answer.success()?;
        let object = parse_strict(&answer.body, Limits::DOCUMENT).map_err(|_| ClusterError::Malformed("an object"))?;
        Ok(DryRun { object, warnings: answer.warnings })
    }
}

fn says_dry_run(body: &[u8]) -> bool {
    let options = parse_strict(body, Limits::REQUEST).unwrap_or_default();
    options.get("dryRun") == Some(&serde_json::json!(["All"]))
}
