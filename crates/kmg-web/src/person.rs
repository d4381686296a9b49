//! The person behind a request, as one extractor for GET and POST alike.

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use kmg_app::SignedIn;
use kmg_core::problem::{Code, Refusal};

use crate::Web;
use crate::cookie::Cookie;
use crate::error::Failure;
use crate::page::Frame;

/// A signed-in person.
pub(crate) struct Person(pub(crate) SignedIn);

impl Person {
    /// What to call the person on a page: the provider's word, for show only.
    pub(crate) fn name(&self) -> &str {
        let reviewer = &self.0.reviewer;
        if reviewer.display_name().trim().is_empty() { &reviewer.principal().sub } else { reviewer.display_name() }
    }

    pub(crate) fn frame(&self, title: &str, page: &'static str) -> Frame {
        Frame::of(title, self.name(), page)
    }
}

impl FromRequestParts<Web> for Person {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Failure> {
        match Cookie::Session.read(&parts.headers) {
            Some(cookie) => Ok(Self(web.app.signed_in(&cookie).await?)),
            None if came_from_elsewhere(parts) => Err(Failure::CameFromElsewhere),
            None => Err(Refusal::new(Code::NotSignedIn, "Sign in to continue.").into()),
        }
    }
}

/// Whether another site started this navigation: then a strict cookie stays away though there may be one. A GET
/// changes nothing, so going on from a page of ours is safe.
fn came_from_elsewhere(parts: &Parts) -> bool {
    let says = |name: &str, value: &str| parts.headers.get(name).is_some_and(|found| found.as_bytes() == value.as_bytes());
    parts.method == Method::GET && says("sec-fetch-site", "cross-site") && says("sec-fetch-mode", "navigate")
}
