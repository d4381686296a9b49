//! Changed fields as the reviewer reads them.

use kmg_core::plan::{FieldChange, Shown, is_mark};
use serde_json::Value;

use super::Visible;

/// One row of the table of changes.
#[derive(Clone, Debug)]
pub(crate) struct ChangeView {
    /// The field's path.
    pub(crate) path: Visible,
    /// Before.
    pub(crate) before: ValueView,
    /// After.
    pub(crate) after: ValueView,
    /// Who wants it.
    pub(crate) origin: Origin,
}

/// Who wants a change, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// The ask.
    Asked,
    /// The guard, which marks the object with the plan.
    Mark,
    /// What is no longer there: the ask leaves it out, or the cluster drops it.
    Gone,
    /// The cluster: its defaults and webhooks.
    Cluster,
}

impl Origin {
    fn of(change: &FieldChange) -> Self {
        match change.proposed {
            true if is_mark(&change.path) => Self::Mark,
            true => Self::Asked,
            false if change.after == Shown::Absent => Self::Gone,
            false => Self::Cluster,
        }
    }

    /// What stands beside the field.
    pub(crate) const fn note(self) -> Option<&'static str> {
        match self {
            Self::Asked => None,
            Self::Mark => Some("the guard's mark"),
            Self::Gone => Some("taken away"),
            Self::Cluster => Some("added by the cluster"),
        }
    }
}

/// One value.
#[derive(Clone, Debug)]
pub(crate) enum ValueView {
    /// The field is not there.
    Absent,
    /// The whole value.
    Text(Visible),
    /// A live value that is not shown.
    Hidden {
        /// Its length in bytes.
        bytes: u64,
        /// Its keyed fingerprint.
        fingerprint: Visible,
    },
}

impl ChangeView {
    /// The rows for `changes`: what was asked first.
    pub(crate) fn table(changes: &[FieldChange]) -> Vec<Self> {
        let mut rows: Vec<Self> = changes.iter().map(Self::new).collect();
        rows.sort_by_key(|row| row.origin);
        rows
    }

    fn new(change: &FieldChange) -> Self {
        Self {
            path: Visible::line(&change.path),
            before: ValueView::new(&change.before),
            after: ValueView::new(&change.after),
            origin: Origin::of(change),
        }
    }
}

impl ValueView {
    /// `shown` in words.
    pub(crate) fn new(shown: &Shown) -> Self {
        match shown {
            Shown::Absent => Self::Absent,
            Shown::Value(value) => Self::Text(Visible::block(&text(value))),
            Shown::Hidden { bytes, fingerprint } => Self::Hidden { bytes: *bytes, fingerprint: Visible::line(fingerprint) },
        }
    }
}

/// A string as it is, unless it would read as another JSON value or as nothing at all: then in quotes.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) if !is_ambiguous(text) => text.clone(),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => format!("{value:#}"),
    }
}

fn is_ambiguous(text: &str) -> bool {
    text.trim() != text || text.is_empty() || serde_json::from_str::<Value>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_string_is_never_mistaken_for_another_type() {
        assert_eq!(text(&json!("nginx:1.29")), "nginx:1.29");
        assert_eq!(text(&json!("3")), "\"3\"");
        assert_eq!(text(&json!(3)), "3");
        assert_eq!(text(&json!("true")), "\"true\"");
        assert_eq!(text(&json!("")), "\"\"");
        assert_eq!(text(&json!("a ")), "\"a \"");
        assert_eq!(text(&json!({"a": 1})), "{\n  \"a\": 1\n}");
    }
}
