//! `fieldSelector`: equal or not, and only by the fields that a kind is known by.

use serde_json::Value;

use crate::kinds::Kind;
use crate::status::Status;

/// Terms on fields; none admit everything.
#[derive(Debug, Default)]
pub(crate) struct FieldSelector(Vec<Term>);

#[derive(Debug)]
struct Term {
    /// Where the field stands in the stored object.
    pointer: String,
    value: String,
    equal: bool,
}

impl FieldSelector {
    /// # Errors
    /// 400 for a term that is none, or a field that `kind` is not selected by.
    pub(crate) fn parse(text: &str, kind: &Kind) -> Result<Self, Status> {
        let mut terms = Vec::new();
        for term in split(text).into_iter().filter(|term| !term.is_empty()) {
            let (field, value, equal) =
                parts(&term).ok_or_else(|| Status::bad_request(format!("invalid selector: '{text}'; can't understand '{term}'")))?;
            if !known(kind).contains(&field) {
                return Err(unknown(field, kind));
            }
            terms.push(Term { pointer: pointer(field), value: unescaped(value), equal });
        }
        Ok(Self(terms))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn matches(&self, object: &Value) -> bool {
        self.0.iter().all(|term| {
            let found = match object.pointer(&term.pointer) {
                Some(Value::String(text)) => *text == term.value,
                Some(Value::Number(number)) => number.to_string().eq(&term.value),
                Some(Value::Bool(flag)) => flag.to_string().eq(&term.value),
                // Flags and counts have a value where they are not said.
                None if term.pointer == "/spec/unschedulable" => term.value == "false",
                None if term.pointer == "/status/succeeded" => term.value == "0",
                _ => term.value.is_empty(),
            };
            found == term.equal
        })
    }
}

/// Splits at commas that no backslash protects.
fn split(text: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        if c == ',' && !escaped {
            terms.push(String::new());
        } else if let Some(term) = terms.last_mut() {
            term.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    terms
}

fn parts(term: &str) -> Option<(&str, &str, bool)> {
    let at = term.find('=')?;
    if let Some(field) = term[..at].strip_suffix('!') {
        return Some((field, &term[at + 1..], false));
    }
    let value = &term[at + 1..];
    Some((&term[..at], value.strip_prefix('=').unwrap_or(value), true))
}

fn unescaped(value: &str) -> String {
    value.replace("\\,", ",").replace("\\=", "=").replace("\\\\", "\\")
}

const META: &[&str] = &["metadata.name", "metadata.namespace"];
const PODS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
];
const EVENTS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
];
const EVENTS_API: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "regarding.kind",
    "regarding.namespace",
    "regarding.name",
    "regarding.uid",
    "regarding.apiVersion",
    "regarding.resourceVersion",
    "regarding.fieldPath",
    "reason",
    "reportingController",
    "type",
];

fn known(kind: &Kind) -> &'static [&'static str] {
    match (kind.group, kind.plural) {
        ("", "pods") => PODS,
        ("", "events") => EVENTS,
        ("events.k8s.io", "events") => EVENTS_API,
        ("", "services") => &["metadata.name", "metadata.namespace", "spec.clusterIP", "spec.type"],
        ("", "namespaces") => &["metadata.name", "status.phase"],
        ("", "nodes") => &["metadata.name", "spec.unschedulable"],
        ("batch", "jobs") => &["metadata.name", "metadata.namespace", "status.successful"],
        ("apps", "replicasets") => &["metadata.name", "metadata.namespace", "status.replicas"],
        _ => META,
    }
}

fn unknown(field: &str, kind: &Kind) -> Status {
    Status::bad_request(match (kind.group, kind.plural) {
        ("", "pods" | "events" | "services" | "namespaces" | "nodes") | ("events.k8s.io", _) => {
            format!("field label not supported: {field}")
        }
        ("batch", "jobs") => format!("field label \"{field}\" not supported for Job"),
        _ => format!("\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""),
    })
}

/// Events are stored in the core shape, whichever group is asked.
fn pointer(field: &str) -> String {
    let field = match field {
        "reportingController" => "reportingComponent".to_owned(),
        "source" => "source.component".to_owned(),
        "status.successful" => "status.succeeded".to_owned(),
        _ => field.replace("regarding.", "involvedObject."),
    };
    format!("/{}", field.replace('.', "/"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn events_api() -> &'static Kind {
        Kind::served("events.k8s.io", "v1", "events").unwrap()
    }

    #[test]
    fn events_are_found_by_the_uid_they_regard_in_both_groups() {
        let event = json!({"metadata": {"name": "e"}, "involvedObject": {"uid": "u"}, "type": "Warning"});
        for (selector, kind, expected) in [
            ("regarding.uid=u", events_api(), true),
            ("regarding.uid!=u", events_api(), false),
            ("involvedObject.uid==u,type=Warning", Kind::served("", "v1", "events").unwrap(), true),
            ("involvedObject.uid=v", Kind::served("", "v1", "events").unwrap(), false),
        ] {
            assert_eq!(FieldSelector::parse(selector, kind).unwrap().matches(&event), expected, "{selector}");
        }
    }

    #[test]
    fn an_unknown_field_and_a_term_without_an_operator_are_refused() {
        let deployments = Kind::served("apps", "v1", "deployments").unwrap();
        let refused = |text| FieldSelector::parse(text, deployments).unwrap_err().message;
        assert_eq!(refused("spec.x=a"), "\"spec.x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
        assert_eq!(refused("bad"), "invalid selector: 'bad'; can't understand 'bad'");
        assert!(FieldSelector::parse("regarding.uid=u", deployments).is_err());
    }

    #[test]
    fn a_comma_behind_a_backslash_belongs_to_the_value() {
        let kind = Kind::served("", "v1", "pods").unwrap();
        let selector = FieldSelector::parse("metadata.name=a\\,b,status.phase=Running", kind).unwrap();
        assert!(selector.matches(&json!({"metadata": {"name": "a,b"}, "status": {"phase": "Running"}})));
    }
}
