//! Values that a way back must not send, because nobody was shown them.

use serde_json::Value;

use super::super::diff::{Proposed, collect, may_be_shown};
use super::super::kind::Target;
use crate::problem::{Code, Refusal};
use crate::untrusted::Quoted;

/// The most places that are named.
const MAX_NAMED: usize = 20;
/// The longest list of them, in bytes.
const MAX_QUOTED: usize = 2_048;

/// The places of `value` whose values a reviewer is not shown, `path` being where it stands. What the requester
/// proposed itself at that very place, as `known` has it, is no secret to anyone who may see the plan.
pub(super) fn unseen(path: &str, value: &Value, known: &Proposed) -> Vec<String> {
    let mut leaves = Proposed::new();
    collect(path.to_owned(), value, &mut leaves);
    // A list stands there under its own path too; its items are judged one by one.
    leaves.retain(|path, value| !value.is_array() && !value.is_object() && !may_be_shown(path, value) && known.get(path) != Some(value));
    leaves.into_keys().collect()
}

/// The refusal that names `places` of `target`; their names are the cluster's, so they are a quotation.
pub(super) fn pre_image_hidden(target: &Target, places: &[String]) -> Refusal {
    let named = places.iter().take(MAX_NAMED).map(|place| format!("{target} {place}")).collect::<Vec<_>>().join(", ");
    let more = places.len().saturating_sub(MAX_NAMED);
    let rest = if more > 0 { format!(" {more} more are not named.") } else { String::new() };
    let text = format!(
        "Going back would send values of {target} that no reviewer is shown; the quotation names their places.{rest} A person has to restore them."
    );
    Refusal::new(Code::PreImageHidden, text).quoting(Some(Quoted::new(&named, MAX_QUOTED)))
}
