//! Whose object it is, and what cannot be done to it at all.

use serde_json::Value;

use super::pod::{items, text};
use super::rule::{Found, Sides};
use super::table::{CONTROLLED, FINALIZERS, GITOPS, HELM, IMMUTABLE, PROTECTED, SELECTOR, TERMINATING};

const GITOPS_MARKS: [&str; 4] =
    ["argocd.argoproj.io/instance", "argocd.argoproj.io/tracking-id", "kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name"];
const PROTECTED_LABEL: &str = "kmg.dev/protected";

pub(super) fn of_change(sides: &Sides<'_>, found: &mut Found) {
    owners(sides.live.unwrap_or(sides.after), found);
    if sides.live.is_some() && is_protected(sides.after) && !is_protected(sides.before()) {
        found.add(&PROTECTED, "metadata.labels");
    }
    let kind = text(sides.after, "kind");
    let fields: &[&str] = match kind {
        Some("Deployment") => &["selector"],
        Some("Service") => &["clusterIP", "clusterIPs"],
        _ => &[],
    };
    for field in fields {
        // What was not set before may be set once.
        if sides.changed(&format!("/spec/{field}")).is_some_and(|(old, _new)| !old.is_null() && old != "") {
            found.add(&IMMUTABLE, format!("spec.{field}"));
        }
    }
    if sides.before().get("immutable") == Some(&Value::Bool(true)) {
        for field in ["data", "binaryData", "immutable"] {
            if sides.changed(&format!("/{field}")).is_some() {
                found.add(&IMMUTABLE, field);
            }
        }
    }
    if kind == Some("Deployment") && !selects_its_template(sides.after) {
        found.add(&SELECTOR, "spec.selector");
    }
}

pub(super) fn of_delete(live: &Value, found: &mut Found) {
    owners(live, found);
    if live.get("metadata").is_some_and(|metadata| !items(metadata, "finalizers").is_empty()) {
        found.add(&FINALIZERS, "metadata.finalizers");
    }
}

fn owners(object: &Value, found: &mut Found) {
    for (pointer, path) in [("/metadata/labels", "metadata.labels"), ("/metadata/annotations", "metadata.annotations")] {
        let Some(marks) = object.pointer(pointer) else { continue };
        if GITOPS_MARKS.iter().any(|mark| marks.get(mark).is_some()) {
            found.add(&GITOPS, path);
        }
        if text(marks, "app.kubernetes.io/managed-by") == Some("Helm") || marks.get("meta.helm.sh/release-name").is_some() {
            found.add(&HELM, path);
        }
    }
    let controlled = |owner: &Value| owner.get("controller") == Some(&Value::Bool(true));
    if object.get("metadata").is_some_and(|metadata| items(metadata, "ownerReferences").iter().any(controlled)) {
        found.add(&CONTROLLED, "metadata.ownerReferences");
    }
    if is_protected(object) {
        found.add(&PROTECTED, "metadata.labels");
    }
    if object.pointer("/metadata/namespace").and_then(Value::as_str).is_some_and(|namespace| namespace.starts_with("kube-")) {
        found.add(&PROTECTED, "metadata.namespace");
    }
    if object.pointer("/metadata/deletionTimestamp").is_some_and(|time| !time.is_null()) {
        found.add(&TERMINATING, "metadata.deletionTimestamp");
    }
}

fn is_protected(object: &Value) -> bool {
    object.pointer("/metadata/labels").and_then(|labels| text(labels, PROTECTED_LABEL)).is_some_and(|value| value != "false")
}

/// Whether the template's labels satisfy the selector; of expressions, all four operators are known.
fn selects_its_template(object: &Value) -> bool {
    let Some(selector) = object.pointer("/spec/selector") else { return true };
    let labels = object.pointer("/spec/template/metadata/labels").unwrap_or(&Value::Null);
    let matches_labels =
        selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
    let expression = |expression: &Value| {
        let label = text(expression, "key").and_then(|key| labels.get(key));
        let listed = label.is_some_and(|label| items(expression, "values").contains(label));
        match text(expression, "operator") {
            Some("In") => listed,
            Some("NotIn") => !listed,
            Some("Exists") => label.is_some(),
            Some("DoesNotExist") => label.is_none(),
            _ => false,
        }
    };
    matches_labels && items(selector, "matchExpressions").iter().all(expression)
}
