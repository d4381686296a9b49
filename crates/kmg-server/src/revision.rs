//! The way back to a revision of a Deployment, as `kubectl rollout undo` finds it.

use std::collections::BTreeMap;

use kmg_cluster::read::{object, revisions};
use kmg_core::plan::{Kind, Origin, RevisionRequest, Target, Undo, WayBack, back_to_template};
use kmg_core::problem::{Code, Refusal};
use serde_json::Value;

use crate::error::ServerError;
use crate::server::Server;

/// The most revisions a refusal names.
const MAX_NAMED: usize = 20;

impl Server {
    /// The operations that set the Pod template of a Deployment back to that of a revision. The templates are read by
    /// the reader; what comes out holds no value that a reviewer is not shown.
    ///
    /// # Errors
    /// `namespace-not-allowed`; `not-found` for the Deployment or the revision, naming those that exist;
    /// `not-reversible` for a paused Deployment, and as [`back_to_template`].
    pub async fn back_to_revision(&self, request: &RevisionRequest) -> Result<WayBack, ServerError> {
        let RevisionRequest { namespace, name, revision } = request;
        let permit = self.allow.permit(namespace)?;
        let target = Target { kind: Kind::Deployment, name: name.clone() };
        let missing = || Refusal::new(Code::NotFound, format!("The cluster has no Deployment {namespace}/{name}."));
        let live = object(&self.reader, &permit, &target).await?.ok_or_else(missing)?;
        if live.pointer("/spec/paused") == Some(&Value::Bool(true)) {
            let text = "The Deployment is paused: it goes back to no revision before a person resumes it.";
            return Err(Refusal::new(Code::NotReversible, text).into());
        }
        let uid = live.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default();
        let known = revisions(&self.reader, &permit, &live).await?;
        let number = chosen(&known, *revision)?;
        let operations = back_to_template(&target, &live, &known[&number])?;
        let change = Undo::of_template(name.clone(), uid.to_owned(), operations);
        Ok(WayBack { origin: Origin::Revision { number }, changes: vec![change] })
    }
}

/// The revision that is wanted: without a number the one before the newest.
fn chosen(known: &BTreeMap<u64, Value>, wanted: Option<u64>) -> Result<u64, Refusal> {
    let number = match wanted {
        Some(number) => known.contains_key(&number).then_some(number),
        None => known.keys().rev().nth(1).copied(),
    };
    number.ok_or_else(|| {
        let named: Vec<String> = known.keys().rev().take(MAX_NAMED).map(ToString::to_string).collect();
        let exist = if named.is_empty() { "It keeps none.".to_owned() } else { format!("Those kept are {}.", named.join(", ")) };
        let what = wanted.map_or_else(|| "no revision before the current one".to_owned(), |number| format!("no revision {number}"));
        Refusal::new(Code::NotFound, format!("The Deployment has {what}. {exist}"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn without_a_number_the_one_before_the_newest_is_meant() {
        let known = |numbers: &[u64]| numbers.iter().map(|number| (*number, json!({}))).collect::<BTreeMap<_, _>>();
        assert_eq!(chosen(&known(&[1, 3, 4]), None), Ok(3));
        assert_eq!(chosen(&known(&[1, 3, 4]), Some(1)), Ok(1));
        for (numbers, wanted, named) in [(&[1, 3][..], Some(2), "3, 1"), (&[4], None, "are 4"), (&[], None, "none")] {
            let refusal = chosen(&known(numbers), wanted).unwrap_err();
            assert!(refusal.code == Code::NotFound && refusal.public.contains(named), "{refusal}");
        }
    }
}
