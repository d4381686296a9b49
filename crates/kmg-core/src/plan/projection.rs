//! The reviewed part of an object: everything but a published list of volatile fields.

use serde_json::{Map, Value};

use crate::digest::{Digest, types};
use crate::json::{NotCanonical, canonical};

/// The annotation by which a patched object names the plan that patched it.
pub const PLAN_ANNOTATION: &str = "kmg.dev/plan";
/// The same of an applied object. It is another one because a patch would take the annotation over for its own field
/// manager, and every later apply would conflict with us over it.
pub const APPLIED_ANNOTATION: &str = "kmg.dev/applied-plan";
/// Both.
pub const MARKS: [&str; 2] = [PLAN_ANNOTATION, APPLIED_ANNOTATION];

/// Whether `path`, as a field diff writes it, is one of the guard's marks.
pub fn is_mark(path: &str) -> bool {
    let name = path.strip_prefix("metadata.annotations[\"").and_then(|rest| rest.strip_suffix("\"]"));
    name.is_some_and(|name| MARKS.contains(&name))
}

/// The annotation of a Pod template by which `kubectl rollout restart` makes a new revision: a moment.
pub(super) const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// Fields the projection leaves out, as JSON pointers: the server's own book-keeping.
pub const VOLATILE_FIELDS: &[&str] = &[
    "/status",
    "/metadata/managedFields",
    "/metadata/resourceVersion",
    "/metadata/generation",
    "/metadata/creationTimestamp",
    "/metadata/selfLink",
];

/// Annotations the projection leaves out: controllers move them without changing what runs.
pub const VOLATILE_ANNOTATIONS: &[&str] = &["deployment.kubernetes.io/revision"];

/// `object` without its volatile fields and without `exclusions` (JSON pointers, RFC 6901).
pub fn project(object: &Value, exclusions: &[String]) -> Value {
    let mut view = object.clone();
    for pointer in VOLATILE_FIELDS.iter().copied().chain(exclusions.iter().map(String::as_str)) {
        remove(&mut view, pointer);
    }
    if let Some(metadata) = view.pointer_mut("/metadata").and_then(Value::as_object_mut) {
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            for name in VOLATILE_ANNOTATIONS {
                annotations.remove(*name);
            }
        }
        // A map that held volatile entries only is the same as no map.
        if metadata.get("annotations").and_then(Value::as_object).is_some_and(Map::is_empty) {
            metadata.remove("annotations");
        }
    }
    view
}

/// The digest of `object`'s projection.
///
/// # Errors
/// [`NotCanonical`] where the object holds a float or an integer beyond 2^53−1.
pub fn projection_digest(object: &Value, exclusions: &[String]) -> Result<Digest, NotCanonical> {
    Ok(Digest::of(types::PROJECTION, &canonical(&project(object, exclusions))?))
}

fn remove(value: &mut Value, pointer: &str) {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return };
    let key = last.replace("~1", "/").replace("~0", "~");
    if let Some(map) = value.pointer_mut(parent).and_then(Value::as_object_mut) {
        map.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn book_keeping_does_not_move_the_digest_and_the_spec_does() {
        let a = json!({"metadata":{"name":"x","resourceVersion":"1","generation":1,"annotations":{"deployment.kubernetes.io/revision":"1"}},"spec":{"replicas":1},"status":{"ready":0}});
        let b = json!({"metadata":{"name":"x","resourceVersion":"9","generation":4},"spec":{"replicas":1},"status":{"ready":5}});
        let c = json!({"metadata":{"name":"x"},"spec":{"replicas":2}});
        assert_eq!(projection_digest(&a, &[]).unwrap(), projection_digest(&b, &[]).unwrap());
        assert_ne!(projection_digest(&a, &[]).unwrap(), projection_digest(&c, &[]).unwrap());
        let excluded = ["/spec/replicas".to_owned()];
        assert_eq!(projection_digest(&a, &excluded).unwrap(), projection_digest(&c, &excluded).unwrap());
    }

    #[test]
    fn another_annotation_is_reviewed() {
        let a = json!({"metadata":{"annotations":{"team":"a"}}});
        let b = json!({"metadata":{"annotations":{"team":"b"}}});
        assert_ne!(projection_digest(&a, &[]).unwrap(), projection_digest(&b, &[]).unwrap());
    }
}
