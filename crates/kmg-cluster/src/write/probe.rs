//! Is the planner fenced, and who is asking? Requests that change nothing either way.

use http::Method;
use kmg_core::names::Namespace;
use kube::client::Body;
use serde::Deserialize;
use serde_json::json;

use crate::client::{Cluster, JSON, request};
use crate::error::{ClusterError, foreign_message};
use crate::rbac::{FENCE_MESSAGE, FENCE_SUFFIX};

/// What the probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fence {
    /// Our admission policy refused the request.
    Fenced,
    /// The request reached the storage: this identity can write.
    NotFenced,
    /// Neither was seen; `0` says what was.
    Unknown(&'static str),
}

/// POSTs a `ConfigMap` `kube-root-ca.crt`, which every namespace has, without `dryRun`. Validating admission runs
/// before the storage sees that the name exists: 403 by our policy means fenced, 409 means not, and nothing is
/// stored in either case.
pub async fn probe(cluster: &Cluster, namespace: &Namespace) -> Fence {
    let path = format!("/api/v1/namespaces/{namespace}/configmaps");
    let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt", "namespace": namespace}});
    let Ok(request) =
        request(Method::POST, &path).header("content-type", JSON).header("accept", JSON).body(Body::from(body.to_string().into_bytes()))
    else {
        return Fence::Unknown("the request cannot be written");
    };
    #[expect(clippy::disallowed_methods, reason = "the probe: a create of a name that is taken")]
    let sent = cluster.kube().send(request);
    match cluster.exchange(sent, cluster.bounds()).await {
        Ok(answer) => judge(answer.status, foreign_message(&answer.body).for_screening()),
        Err(ClusterError::Timeout(_)) => Fence::Unknown("no answer in time"),
        Err(_) => Fence::Unknown("no answer"),
    }
}

fn judge(status: u16, message: &str) -> Fence {
    match status {
        // Access control's own 403 says nothing about admission: without `create` the request never gets there.
        403 if is_by_the_fence(message) => Fence::Fenced,
        403 => Fence::Unknown("forbidden, but not by the fence: the planner's role may be missing"),
        401 => Fence::Unknown("the planner's credential is not accepted"),
        // 201: the ConfigMap was absent and has been created. That is a write by an identity that must not have one.
        200..300 | 409 => Fence::NotFenced,
        404 => Fence::Unknown("the namespace does not exist"),
        _ => Fence::Unknown("an unexpected status"),
    }
}

/// The user name by which the API server knows this credential (`SelfSubjectReview`, Kubernetes 1.28 and newer).
///
/// # Errors
/// No answer, or any status but 2xx.
pub async fn user_name(cluster: &Cluster) -> Result<String, ClusterError> {
    #[derive(Deserialize)]
    struct Review {
        status: Status,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Status {
        user_info: UserInfo,
    }
    #[derive(Deserialize)]
    struct UserInfo {
        username: String,
    }
    let body = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
    let request = request(Method::POST, "/apis/authentication.k8s.io/v1/selfsubjectreviews?dryRun=All")
        .header("content-type", JSON)
        .header("accept", JSON)
        .body(Body::from(body.to_string().into_bytes()))
        .map_err(|_| ClusterError::Unwritable("a SelfSubjectReview"))?;
    #[expect(clippy::disallowed_methods, reason = "a review: the API server stores none, and this is a dry run of one")]
    let sent = cluster.kube().send(request);
    let review: Review = cluster.exchange(sent, cluster.bounds()).await?.success()?.json("a SelfSubjectReview")?;
    Ok(review.status.user_info.username)
}

/// The API server's own frame around a policy's message names the policy; a webhook's refusal is framed
/// otherwise, whatever text the webhook chose.
fn is_by_the_fence(message: &str) -> bool {
    let Some(rest) = message.strip_prefix("configmaps \"kube-root-ca.crt\" is forbidden: ValidatingAdmissionPolicy '") else {
        return false;
    };
    let Some((policy, rest)) = rest.split_once('\'') else { return false };
    policy.ends_with(FENCE_SUFFIX) && rest.ends_with(FENCE_MESSAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_policy_counts_as_the_fence() {
        let by_policy = |name: &str| {
            format!(
                "configmaps \"kube-root-ca.crt\" is forbidden: ValidatingAdmissionPolicy '{name}' with binding 'b' denied request: {FENCE_MESSAGE}"
            )
        };
        assert_eq!(judge(403, &by_policy("kmg-system-planner-fence")), Fence::Fenced);
        assert!(matches!(judge(403, &by_policy("other")), Fence::Unknown(_)));
        assert!(matches!(
            judge(403, &format!("admission webhook \"w\" denied the request: {}", by_policy("kmg-system-planner-fence"))),
            Fence::Unknown(_)
        ));
        assert!(matches!(judge(403, "User \"p\" cannot create resource \"configmaps\""), Fence::Unknown(_)));
        assert_eq!(judge(409, "already exists"), Fence::NotFenced);
        assert_eq!(judge(201, ""), Fence::NotFenced);
        for status in [401, 404, 429, 500, 503] {
            assert!(matches!(judge(status, &by_policy("kmg-system-planner-fence")), Fence::Unknown(_)), "{status}");
        }
    }
}
