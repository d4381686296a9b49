//! The query of a request.

use std::borrow::Cow;

use serde_json::json;

use crate::status::{Cause, Status};

/// The parameters of a query; of a repeated one the first counts.
#[derive(Debug)]
pub(crate) struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    pub(crate) fn parse(query: Option<&'a str>) -> Self {
        Self(query.map(|query| url::form_urlencoded::parse(query.as_bytes()).collect()).unwrap_or_default())
    }

    /// The value of `key`, or nothing.
    pub(crate) fn get(&self, key: &str) -> &str {
        self.0.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value)
    }

    /// Whether `key` is set to something true, as Go's `ParseBool` reads it.
    pub(crate) fn is_true(&self, key: &str) -> bool {
        matches!(self.get(key), "1" | "t" | "T" | "true" | "TRUE" | "True")
    }

    /// The whole number `key`, if it is there.
    pub(crate) fn integer(&self, key: &str) -> Result<Option<i64>, Status> {
        let text = self.get(key);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| Status::bad_request(format!("strconv.ParseInt: parsing \"{text}\": invalid syntax")))
    }

    /// All values of `key`.
    pub(crate) fn all(&self, key: &str) -> Vec<&str> {
        self.0.iter().filter(|(name, _)| name == key).map(|(_, value)| value.as_ref()).collect()
    }
}

/// Whether a request is a dry run, by the values of its `dryRun`. `options` is the kind that holds them.
pub(crate) fn dry_run(values: &[&str], options: &str) -> Result<bool, Status> {
    if values.iter().any(|value| *value != "All") {
        let cause = Cause::unsupported("dryRun", &json!(values).to_string(), &["All"]);
        return Err(Status::invalid((options, "meta.k8s.io"), "", &[cause]));
    }
    Ok(!values.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_the_first_counts() {
        let query = Query::parse(Some("labelSelector=a%3Db&limit=5&limit=6&watch=1&dryRun=All"));
        assert_eq!((query.get("labelSelector"), query.integer("limit").unwrap()), ("a=b", Some(5)));
        assert!(query.is_true("watch") && !query.is_true("limit"));
        assert!(dry_run(&query.all("dryRun"), "CreateOptions").unwrap());
        assert!(!dry_run(&[], "CreateOptions").unwrap());
    }

    #[test]
    fn a_dry_run_of_another_kind_is_refused() {
        let status = dry_run(&["Some"], "CreateOptions").unwrap_err();
        let message = r#"CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All""#;
        assert_eq!((status.code, status.message.as_str()), (422, message));
    }
}
