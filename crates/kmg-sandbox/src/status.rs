//! Refusals in the API's own form: `kind: Status`, with the real API server's words.

use serde_json::{Map, Value, json};

use crate::kinds::{Kind, qualified};

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    pub(crate) details: Option<Value>,
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    pub(crate) field: String,
}

impl Cause {
    /// `value` as it is quoted in the message: JSON.
    pub(crate) fn invalid(field: impl Into<String>, value: &Value, why: &str) -> Self {
        Self { reason: "FieldValueInvalid", message: format!("Invalid value: {value}: {why}"), field: field.into() }
    }

    pub(crate) fn required(field: impl Into<String>, why: &str) -> Self {
        let message = if why.is_empty() { "Required value".to_owned() } else { format!("Required value: {why}") };
        Self { reason: "FieldValueRequired", message, field: field.into() }
    }

    pub(crate) fn forbidden(field: impl Into<String>, why: &str) -> Self {
        Self { reason: "FieldValueForbidden", message: format!("Forbidden: {why}"), field: field.into() }
    }

    /// `field` is owned by `who`.
    pub(crate) fn conflict(field: &str, who: &str) -> Self {
        Self { reason: "FieldManagerConflict", message: format!("conflict with {who}"), field: field.to_owned() }
    }

    fn json(&self) -> Value {
        json!({"reason": self.reason, "message": self.message, "field": self.field})
    }

    pub(crate) fn duplicate(field: impl Into<String>, value: &str) -> Self {
        Self { reason: "FieldValueDuplicate", message: format!("Duplicate value: \"{value}\""), field: field.into() }
    }

    pub(crate) fn too_long(field: impl Into<String>, most: usize) -> Self {
        Self { reason: "FieldValueTooLong", message: format!("Too long: may not be more than {most} bytes"), field: field.into() }
    }

    pub(crate) fn not_found(field: impl Into<String>, value: &str) -> Self {
        Self { reason: "FieldValueNotFound", message: format!("Not found: \"{value}\""), field: field.into() }
    }

    /// `value` as it is to be quoted, and the supported values likewise.
    pub(crate) fn unsupported(field: impl Into<String>, value: &str, supported: &[&str]) -> Self {
        let supported = supported.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(", ");
        let message = format!("Unsupported value: {value}: supported values: {supported}");
        Self { reason: "FieldValueNotSupported", message, field: field.into() }
    }
}

impl Status {
    pub(crate) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: None }
    }

    fn with(self, details: Value) -> Self {
        Self { details: Some(details), ..self }
    }

    /// Everything outside the subset.
    pub(crate) fn not_implemented(what: &str) -> Self {
        Self::new(501, "NotImplemented", format!("the sandbox does not implement {what}"))
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    pub(crate) fn not_found(kind: &Kind, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} \"{name}\" not found", kind.qualified_plural())).with(details(name, kind.group, kind.plural))
    }

    pub(crate) fn already_exists(kind: &Kind, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", kind.qualified_plural());
        Self::new(409, "AlreadyExists", message).with(details(name, kind.group, kind.plural))
    }

    /// The same refusal where the object that has the name is about to go.
    pub(crate) fn of_an_ending_one(self) -> Self {
        Self { message: format!("object is being deleted: {}", self.message), ..self }
    }

    /// The object has moved since it was read.
    pub(crate) fn modified(kind: &Kind, name: &str) -> Self {
        Self::unfulfilled(kind, name, "the object has been modified; please apply your changes to the latest version and try again")
    }

    /// What is stored is not what was meant.
    pub(crate) fn unfulfilled(kind: &Kind, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", kind.qualified_plural());
        Self::new(409, "Conflict", message).with(details(name, kind.group, kind.plural))
    }

    /// Others own what an apply would change.
    pub(crate) fn conflicts(message: &str, causes: &[Cause]) -> Self {
        Self::new(409, "Conflict", message).with(json!({"causes": causes.iter().map(Cause::json).collect::<Vec<_>>()}))
    }

    /// A precondition of a deletion failed. The real API server names the kind here, not the resource.
    pub(crate) fn precondition(kind: &Kind, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", kind.qualified_kind());
        Self::new(409, "Conflict", message).with(details(name, kind.group, kind.name))
    }

    /// `plural` of `group` is refused to the asker; `name` may be empty.
    pub(crate) fn forbidden((plural, group): (&str, &str), name: &str, why: &str) -> Self {
        let what = qualified(plural, group);
        let message =
            if name.is_empty() { format!("{what} is forbidden: {why}") } else { format!("{what} \"{name}\" is forbidden: {why}") };
        Self::new(403, "Forbidden", message).with(details(name, group, plural))
    }

    /// Refused by an admission policy.
    pub(crate) fn denied(resource: (&str, &str), name: &str, why: &str) -> Self {
        let mut status = Self::forbidden(resource, name, why);
        if let Some(details) = &mut status.details {
            details["causes"] = json!([{"message": why}]);
        }
        status
    }

    /// A path that is no resource is refused to the asker.
    pub(crate) fn forbidden_path(why: &str) -> Self {
        Self::new(403, "Forbidden", format!("forbidden: {why}")).with(json!({}))
    }

    pub(crate) fn invalid((kind, group): (&str, &str), name: &str, causes: &[Cause]) -> Self {
        let mut lines: Vec<String> = Vec::new();
        for cause in causes {
            let line = format!("{}: {}", cause.field, cause.message);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        let lines = if let [one] = lines.as_slice() { one.clone() } else { format!("[{}]", lines.join(", ")) };
        let mut details = details(name, group, kind);
        details["causes"] = causes.iter().map(Cause::json).collect();
        Self::new(422, "Invalid", format!("{} \"{name}\" is invalid: {lines}", qualified(kind, group))).with(details)
    }

    /// A patch whose operations do not fit, with nothing said about which.
    pub(crate) fn unfit_patch() -> Self {
        Self::new(422, "Invalid", "the server rejected our request due to an error in our request").with(json!({}))
    }

    pub(crate) fn unsupported_media_type(message: &str) -> Self {
        Self::new(415, "UnsupportedMediaType", message)
    }

    pub(crate) fn not_acceptable(message: impl Into<String>) -> Self {
        Self::new(406, "NotAcceptable", message)
    }

    pub(crate) fn too_large() -> Self {
        Self::new(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728")
    }

    /// An injected fault, in the words of a real one where there are any.
    pub(crate) fn injected(code: u16) -> Self {
        let (reason, message) = match code {
            429 => ("TooManyRequests", "the server has received too many requests and has asked us to try again later"),
            500 => ("InternalError", "an error on the server has prevented the request from succeeding"),
            503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
            504 => ("Timeout", "the server was unable to return a response in the time allotted"),
            _ => ("", "a fault on order"),
        };
        Self::new(code, reason, message)
    }

    /// The same refusal with empty details, as generic errors have them.
    pub(crate) fn bare(self) -> Self {
        self.with(json!({}))
    }

    pub(crate) fn json(&self) -> Value {
        let mut out = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.message, "code": self.code
        });
        if !self.reason.is_empty() {
            out["reason"] = self.reason.into();
        }
        if let Some(details) = &self.details {
            out["details"] = details.clone();
        }
        out
    }
}

/// `details`, without what is empty.
pub(crate) fn details(name: &str, group: &str, kind: &str) -> Value {
    let parts = [("name", name), ("group", group), ("kind", kind)];
    Value::Object(
        parts.into_iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| (key.to_owned(), value.into())).collect::<Map<_, _>>(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_causes_stand_in_brackets_and_a_repeated_one_is_said_once() {
        let twice = [Cause::required("spec.selector", ""), Cause::required("spec.selector", "")];
        let status = Status::invalid(("Deployment", "apps"), "web", &twice);
        assert_eq!(status.message, "Deployment.apps \"web\" is invalid: spec.selector: Required value");
        assert_eq!(status.details.unwrap()["causes"].as_array().unwrap().len(), 2);
        let two = [Cause::required("a", ""), Cause::invalid("b", &json!(-1), "no")];
        assert_eq!(Status::invalid(("Pod", ""), "p", &two).message, "Pod \"p\" is invalid: [a: Required value, b: Invalid value: -1: no]");
    }

    #[test]
    fn empty_details_are_left_out() {
        assert_eq!(Status::forbidden(("pods", ""), "", "no").json()["details"], json!({"kind": "pods"}));
        assert_eq!(Status::bad_request("x").json().get("details"), None);
    }
}
