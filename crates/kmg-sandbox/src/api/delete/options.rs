//! `DeleteOptions`: the body's; without a body those of the query.

use serde::Deserialize;
use serde_json::json;

use crate::call::Call;
use crate::finalizers::Policy;
use crate::json::uid;
use crate::patch::go_words;
use crate::query::dry_run;
use crate::status::{Cause, Status};
use crate::store::Stored;

use super::About;

const KIND: (&str, &str) = ("DeleteOptions", "meta.k8s.io");

/// As they are sent.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Sent {
    kind: String,
    api_version: String,
    dry_run: Option<Vec<String>>,
    preconditions: Option<Preconditions>,
    propagation_policy: Option<String>,
    grace_period_seconds: Option<i64>,
    orphan_dependents: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Preconditions {
    uid: Option<String>,
    resource_version: Option<String>,
}

/// As they are meant.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) dry_run: bool,
    pub(super) policy: Option<Policy>,
    pub(super) grace_period_seconds: Option<i64>,
    preconditions: Preconditions,
}

impl Options {
    /// # Errors
    /// 400 for a body that is none; 422 for an option that does not exist; 501 for one that is not served.
    pub(super) fn of(call: &Call<'_>) -> Result<Self, Status> {
        let sent = if call.body.is_empty() { Sent::of_query(call)? } else { Sent::of_body(call.body)? };
        let dry_run = dry_run(&sent.dry_run.iter().flatten().map(String::as_str).collect::<Vec<_>>(), KIND.0)?;
        let policy = sent.policy()?;
        let preconditions = sent.preconditions.unwrap_or_default();
        Ok(Self { dry_run, policy, grace_period_seconds: sent.grace_period_seconds, preconditions })
    }

    /// Refuses an object that is not the one meant. The same on dry runs.
    pub(super) fn check_preconditions(&self, about: About<'_>, live: &Stored) -> Result<(), Status> {
        let refused = |why: String| Err(Status::precondition(about.kind, about.resource.name, &why));
        if let Some(wanted) = self.preconditions.uid.as_deref().filter(|wanted| *wanted != uid(&live.object)) {
            let record = uid(&live.object);
            return refused(format!(
                "the UID in the precondition ({wanted}) does not match the UID in record ({record}). The object might have been deleted and then recreated"
            ));
        }
        if let Some(wanted) = self.preconditions.resource_version.as_deref().filter(|wanted| *wanted != live.version()) {
            let record = live.version();
            return refused(format!(
                "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({record}). The object might have been modified"
            ));
        }
        Ok(())
    }
}

impl Sent {
    fn of_query(call: &Call<'_>) -> Result<Self, Status> {
        let query = &call.query;
        let optional = |key: &str| Some(query.get(key).to_owned()).filter(|text| !text.is_empty());
        Ok(Self {
            dry_run: Some(query.all("dryRun").into_iter().map(str::to_owned).collect()),
            propagation_policy: optional("propagationPolicy"),
            grace_period_seconds: query.integer("gracePeriodSeconds")?,
            ..Self::default()
        })
    }

    fn of_body(body: &[u8]) -> Result<Self, Status> {
        let sent: Self = serde_json::from_slice(body).map_err(|error| {
            Status::bad_request(if error.is_data() {
                format!("json: cannot unmarshal {error}")
            } else {
                format!("couldn't get version/kind; json parse error: {}", go_words(&error, body))
            })
        })?;
        if !matches!(sent.kind.as_str(), "" | "DeleteOptions") {
            let Self { kind, api_version, .. } = &sent;
            let why = format!("no kind \"{kind}\" is registered for version \"{api_version}\" in scheme \"pkg/runtime/scheme.go:111\"");
            return Err(Status::bad_request(why));
        }
        Ok(sent)
    }

    fn policy(&self) -> Result<Option<Policy>, Status> {
        let refused = |cause: Cause| Err(Status::invalid(KIND, "", &[cause]));
        let policy = match self.propagation_policy.as_deref() {
            None => None,
            Some("Background") => Some(Policy::Background),
            Some("Foreground") => Some(Policy::Foreground),
            Some("Orphan") => Some(Policy::Orphan),
            Some(other) => {
                let supported = ["Foreground", "Background", "Orphan", "nil"];
                return refused(Cause::unsupported("propagationPolicy", &json!(other).to_string(), &supported));
            }
        };
        match (&self.propagation_policy, self.orphan_dependents) {
            (_, None) => Ok(policy),
            (None, Some(_)) => Err(Status::not_implemented("orphanDependents")),
            (Some(named), Some(_)) => {
                let why = "orphanDependents and deletionPropagation cannot be both set";
                refused(Cause::invalid("propagationPolicy", &json!(named), why))
            }
        }
    }
}
