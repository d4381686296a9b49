//! Who says that it writes (`fieldManager`): the owner of the fields it sets.

use serde_json::json;

use crate::call::Call;
use crate::status::{Cause, Status};

/// The most bytes of a manager's name.
const MOST: usize = 128;

/// The manager of an apply, which has to name one.
///
/// # Errors
/// As [`manager`]; 422 where none is named.
pub(super) fn applier(call: &Call<'_>) -> Result<String, Status> {
    if call.query.get("fieldManager").is_empty() {
        let cause = Cause::required("fieldManager", "is required for apply patch");
        return Err(Status::invalid(("PatchOptions", "meta.k8s.io"), "", &[cause]));
    }
    manager(call, "PatchOptions")
}

/// The manager of a request: the one it names, or the program of its `User-Agent`. `options` is the kind that holds it.
///
/// # Errors
/// 422 for a name that is too long or has unprintable characters.
pub(super) fn manager(call: &Call<'_>, options: &str) -> Result<String, Status> {
    let named = call.query.get("fieldManager");
    let refused = |cause: Cause| Err(Status::invalid((options, "meta.k8s.io"), "", &[cause]));
    if named.len() > MOST {
        return refused(Cause::too_long("fieldManager", MOST));
    }
    if let Some((at, c)) = named.char_indices().find(|(_, c)| c.is_control()) {
        let why = format!("invalid character U+{:04X} (at position {at})", u32::from(c));
        return refused(Cause::invalid("fieldManager", &json!(named), &why));
    }
    if !named.is_empty() {
        return Ok(named.to_owned());
    }
    let program = call.user_agent().split('/').next().unwrap_or_default();
    let program: String = program.chars().filter(|c| !c.is_control()).take(MOST).collect();
    Ok(if program.is_empty() { "unknown".to_owned() } else { program })
}
