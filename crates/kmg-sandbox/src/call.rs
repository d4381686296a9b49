//! One request, read as far as every answer needs it.

use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, USER_AGENT};
use http::{HeaderMap, Method};
use serde_json::Value;

use crate::identity::Identity;
use crate::path::{Path, Resource};
use crate::query::Query;

/// A request.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: Path<'a>,
    pub(crate) query: Query<'a>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) user: &'a Identity,
}

impl Call<'_> {
    /// What the request does to `resource`, in the words of access control.
    pub(crate) fn verb(&self, resource: &Resource<'_>) -> &'static str {
        let one = !resource.name.is_empty();
        match self.method.as_str() {
            "GET" | "HEAD" if self.query.is_true("watch") => "watch",
            "GET" | "HEAD" if one => "get",
            "GET" | "HEAD" => "list",
            "POST" => "create",
            "PUT" => "update",
            "PATCH" => "patch",
            "DELETE" if one => "delete",
            "DELETE" => "deletecollection",
            _ => "",
        }
    }

    /// Whether the request wants to act as someone else.
    pub(crate) fn impersonates(&self) -> bool {
        self.headers.keys().any(|name| name.as_str().starts_with("impersonate-"))
    }

    pub(crate) fn accept(&self) -> &str {
        self.header(&ACCEPT)
    }

    /// The content type without its parameters.
    pub(crate) fn content_type(&self) -> &str {
        self.header(&CONTENT_TYPE).split(';').next().unwrap_or_default().trim()
    }

    /// The client's program and version.
    pub(crate) fn user_agent(&self) -> &str {
        self.header(&USER_AGENT)
    }

    fn header(&self, name: &HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Whether the request is a dry run: by its query, or where a DELETE has a body, by that alone.
pub(crate) fn is_dry_run(method: &Method, query: &Query<'_>, body: &[u8]) -> bool {
    if method == Method::DELETE && !body.is_empty() {
        let options: Value = serde_json::from_slice(body).unwrap_or_default();
        return options["dryRun"].as_array().is_some_and(|all| !all.is_empty());
    }
    !query.get("dryRun").is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_of_a_deletion_outweighs_its_query() {
        let query = Query::parse(Some("dryRun=All"));
        assert!(is_dry_run(&Method::PATCH, &query, b"[]"));
        assert!(is_dry_run(&Method::DELETE, &query, b""));
        assert!(!is_dry_run(&Method::DELETE, &query, b"{}"));
        assert!(is_dry_run(&Method::DELETE, &Query::parse(None), br#"{"dryRun":["All"]}"#));
    }
}
