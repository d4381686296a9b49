//! Pods that the API server refuses to create.

use serde_json::{Value, json};

use crate::case::{Case, Step};
use crate::shapes::{deployment, merge, object, pod, simulated, spec};

const ADMISSION: &str = "admissionregistration.k8s.io/v1";

/// Refused Pods are tried again ever more seldom: the mended Deployment differs, so that it is tried at once.
fn mended_deployment() -> Step {
    let mark = json!({"spec": {"template": {"metadata": {"annotations": {"lab.test/mended": "yes"}}}}});
    Step::Apply(merge(deployment(simulated(spec())), mark))
}

fn refused(name: &'static str, cause: &'static str, over: Value) -> Case {
    Case::broken(name, ("pods-not-created", cause), deployment(simulated(merge(spec(), over)))).off_node().mended([mended_deployment()])
}

/// Waits until the API server refuses such a Pod: one that came before would stay.
fn in_force(over: Value) -> Step {
    Step::Refused(pod(simulated(merge(spec(), over))))
}

pub(super) fn cases() -> Vec<Case> {
    let plain = |name, cause| refused(name, cause, json!({}));
    let quota = object("v1", "ResourceQuota", "few", json!({"spec": {"hard": {"pods": "0"}}}));
    let limits = {
        let limit = json!({"type": "Container", "max": {"memory": "1Mi"}, "min": {"memory": "1Mi"}, "default": {"memory": "1Mi"}});
        object("v1", "LimitRange", "narrow", json!({"spec": {"limits": [limit]}}))
    };
    let wanting = json!({"containers": [{"name": "web", "image": "registry.test/web:1", "resources": {"requests": {"memory": "8Mi"}, "limits": {"memory": "8Mi"}}}]});
    let level = |level: &str| {
        let labels = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": level}}});
        Step::Apply(object("v1", "Namespace", "$ns", labels))
    };
    // Nobody listens there.
    let silent = webhook(&json!({"url": "https://127.0.0.1:1/"}));
    vec![
        plain("quota", "quota")
            .after([Step::Apply(quota.clone()), Step::Until("/api/v1/namespaces/$ns/resourcequotas/few", "/status/hard/pods", "0".into())])
            .mended_after([Step::Delete(quota)]),
        refused("limit-range", "limit-range", wanting.clone())
            .after([Step::Apply(limits.clone()), in_force(wanting)])
            .mended_after([Step::Delete(limits)]),
        plain("pod-security", "pod-security").after([level("restricted"), in_force(json!({}))]).mended_after([level("privileged")]),
        plain("webhook-unavailable", "webhook-unavailable")
            .after([Step::Apply(silent.clone()), in_force(json!({}))])
            .mended_after([Step::Delete(silent)]),
        policy(),
        // The API server keeps the account's name in an older field too: it has to be said which one it is now.
        refused("service-account-missing", "service-account-missing", json!({"serviceAccountName": "absent"}))
            .mended([Step::Apply(deployment(merge(simulated(spec()), json!({"serviceAccountName": "default"}))))]),
        refused("priority-class-missing", "priority-class-missing", json!({"priorityClassName": "absent"})),
        refused("runtime-class-missing", "runtime-class-missing", json!({"runtimeClassName": "absent"})),
    ]
}

/// A webhook for the case's Pods.
fn webhook(client: &Value) -> Value {
    let hook = json!({
        "name": "hook.lab.test", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail",
        "clientConfig": client,
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "$ns"}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]
    });
    object(ADMISSION, "ValidatingWebhookConfiguration", "$ns", json!({"webhooks": [hook]}))
}

/// Pods that a webhook refuses, which `client` leads to.
pub(super) fn denied(client: &Value) -> Case {
    refused("webhook-denied", "webhook-denied", json!({}))
        .after([Step::Apply(webhook(client)), in_force(json!({}))])
        .quotes("no owner, no Pod")
        .mended_after([Step::Delete(webhook(client))])
}

/// A policy that refuses the case's Pods.
fn policy() -> Case {
    let rules = json!([{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]);
    let policy = object(ADMISSION, "ValidatingAdmissionPolicy", "$ns", {
        json!({"spec": {
            "failurePolicy": "Fail", "matchConstraints": {"resourceRules": rules},
            "validations": [{"expression": "'team' in object.metadata.labels", "message": "every Pod names its team"}]
        }})
    });
    let binding = object(ADMISSION, "ValidatingAdmissionPolicyBinding", "$ns", {
        json!({"spec": {
            "policyName": "$ns", "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "$ns"}}}
        }})
    });
    let labelled = merge(deployment(simulated(spec())), json!({"spec": {"template": {"metadata": {"labels": {"team": "lab"}}}}}));
    refused("admission-policy", "admission-policy", json!({}))
        .after([Step::Apply(policy), Step::Apply(binding), in_force(json!({}))])
        .quotes("every Pod names its team")
        .mended([Step::Apply(labelled)])
}
