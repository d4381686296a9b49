//! One credential: whether it is taken, by whom it is known, and how long it lasts.

use std::path::Path;

use kmg_cluster::write::probe::user_name;
use kmg_cluster::{Cluster, ClusterError, Credential, KubeconfigSource, Options, Permitted};
use kmg_core::clock::{Clock, Millis};
use serde::Deserialize;

use super::super::clock::ahead;
use super::super::finding::{Finding, word};
use super::super::place::{Owner, Want, look as look_at};
use super::APPLY;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// A token that is renewed in its file has more than this left, or its renewal has stopped.
const RENEWED: i64 = 15 * MINUTE;
/// A token that nobody can renew should have more than this left.
const FIXED: i64 = 24 * HOUR;

/// What was found with one credential.
pub(super) struct Looked {
    pub(super) name: &'static str,
    pub(super) findings: Vec<Finding>,
    pub(super) reached: Option<Reached>,
    /// By how many milliseconds the API server's clock is ahead of ours.
    pub(super) ahead: Option<i64>,
}

/// A cluster that answered.
pub(super) struct Reached {
    pub(super) cluster: Cluster,
    pub(super) id: String,
    /// The user name by which the API server knows the credential.
    pub(super) user: Option<String>,
}

/// Looks at the credential `name` in the kubeconfig at `path`.
pub(super) async fn look(name: &'static str, path: &Path, owner: Owner, clock: &Clock) -> Looked {
    let source = KubeconfigSource { path: path.to_owned(), context: None };
    let mut looked = Looked { name, findings: Vec::new(), reached: None, ahead: None };
    let add = |looked: &mut Looked, finding: Finding| looked.findings.push(finding.about(name));
    let cluster = match Cluster::connect(&source, Options::new(clock.clone())).await {
        Ok(cluster) => cluster,
        Err(error) => {
            add(&mut looked, Finding::problem("cluster.kubeconfig", error.to_string(), format!("repair {}, or: {APPLY}", word(path))));
            add(&mut looked, Finding::not_checked("cluster.reach", "there is no usable kubeconfig"));
            return looked;
        }
    };
    add(&mut looked, Finding::ok("cluster.kubeconfig", format!("leads to {}", cluster.server())));
    if let Ok(credential) = Credential::of(&source, Permitted::default()).await {
        add(&mut looked, expiry(&credential, clock.now()));
        looked
            .findings
            .extend(credential.files.iter().map(|file| look_at(file, Want::PrivateFile, owner).finding("files.credential", file, APPLY)));
    }
    let (version, server_ahead) = ahead(clock, cluster.get("/version", &[], JSON), |answer| answer.as_ref().ok()?.date).await;
    looked.ahead = server_ahead;
    match cluster.cluster_id().await {
        Ok(id) => {
            let version = version.ok().and_then(|answer| serde_json::from_slice::<Version>(&answer.body).ok());
            let version = version.map_or_else(|| "of unknown version".to_owned(), |version| version.git_version);
            add(&mut looked, Finding::ok("cluster.reach", format!("Kubernetes {version}, cluster {id}")));
            let (user, finding) = user(&cluster).await;
            add(&mut looked, finding);
            looked.reached = Some(Reached { cluster, id, user });
        }
        Err(error) => add(&mut looked, Finding::problem("cluster.reach", said(&error), remedy(&error, &cluster))),
    }
    looked
}

const JSON: &str = "application/json";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    git_version: String,
}

async fn user(cluster: &Cluster) -> (Option<String>, Finding) {
    const ID: &str = "cluster.user";
    match user_name(cluster).await {
        Ok(user) => {
            let finding = Finding::ok(ID, &user);
            (Some(user), finding)
        }
        Err(error) => (None, Finding::not_checked(ID, format!("the API server does not say who this is: {}", said(&error)))),
    }
}

/// How long the token lasts. One in a file of its own is renewed there by somebody; any other ends with its day.
fn expiry(credential: &Credential, now: Millis) -> Finding {
    const ID: &str = "cluster.token";
    let Some(end) = credential.expires_at else {
        return Finding::not_checked(ID, "neither a token nor one that says when it ends");
    };
    let left = end.since(now);
    let hours = format!("{} h {} min", left.max(0) / HOUR, left.max(0) % HOUR / MINUTE);
    let (least, kept) = if credential.renewable { (RENEWED, "renewed in its file") } else { (FIXED, "which nobody can renew in place") };
    if left <= 0 {
        Finding::problem(ID, format!("the token ended at {}", end.rfc3339()), APPLY)
    } else if left < least {
        Finding::warning(ID, format!("{hours} are left of a token {kept}"), format!("see to it that it is renewed in time: {APPLY}"))
    } else {
        Finding::ok(ID, format!("{hours} are left of a token {kept}"))
    }
}

/// Our words, and the API server's as a quotation.
pub(super) fn said(error: &ClusterError) -> String {
    match error.quoted().map(kmg_core::untrusted::Quoted::for_escaping).filter(|quoted| !quoted.is_empty()) {
        Some(quoted) => format!("{error}: \u{201c}{quoted}\u{201d}"),
        None => error.to_string(),
    }
}

/// What to do about a cluster that did not answer as it should.
pub(super) fn remedy(error: &ClusterError, cluster: &Cluster) -> String {
    match error {
        ClusterError::Unreachable(_) | ClusterError::Timeout(_) | ClusterError::Unavailable { .. } => format!(
            "is the API server up, and do its address and its CA in the kubeconfig hold from here? `curl -v {}` tells",
            word(format!("{}/version", cluster.server().trim_end_matches('/')))
        ),
        _ => APPLY.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Status;
    use super::*;

    #[test]
    fn a_token_that_ends_is_told_in_time() {
        let now = Millis(1_800_000_000_000);
        let status = |renewable, left| {
            let credential = Credential { files: Vec::new(), renewable, expires_at: Some(now.plus(left)) };
            expiry(&credential, now).status
        };
        for (renewable, left, expected) in [
            (true, 0, Status::Problem),
            (true, -HOUR, Status::Problem),
            (true, RENEWED - 1, Status::Warning),
            (true, RENEWED, Status::Ok),
            (false, RENEWED, Status::Warning),
            (false, FIXED, Status::Ok),
        ] {
            assert_eq!(status(renewable, left), expected, "{renewable} {left}");
        }
        let certificate = Credential { files: Vec::new(), renewable: false, expires_at: None };
        assert_eq!(expiry(&certificate, now).status, Status::NotChecked);
        let soon = Credential { files: Vec::new(), renewable: true, expires_at: Some(now.plus(90 * MINUTE)) };
        assert_eq!(expiry(&soon, now).seen, "1 h 30 min are left of a token renewed in its file");
    }
}
