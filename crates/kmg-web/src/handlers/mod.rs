//! One handler for each route.

pub(crate) mod decision;
pub(crate) mod plans;
pub(crate) mod sessions;
pub(crate) mod sign_in;

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header::LOCATION};
use axum::response::{Html, IntoResponse, Response};
use kmg_app::CallbackParams;
use kmg_core::plan::PlanId;
use kmg_core::problem::{Code, Fault, Problem, Refusal};

use crate::cookie::Cookie;
use crate::error::Failure;
use crate::form::Fields;
use crate::page::render;

/// What handlers return.
pub(crate) type Answer = Result<Response, Failure>;

pub(crate) fn html(page: &impl askama::Template) -> Answer {
    Ok(Html(render(page)?).into_response())
}

/// 303 to `location`, which is made by us or a provider's checked URL.
pub(crate) fn see_other(location: &str) -> Answer {
    let value = HeaderValue::try_from(location).map_err(|error| Fault::new(Code::Internal, error))?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, value)]).into_response())
}

/// A plan id in a path; anything else is a plan that does not exist.
pub(crate) fn plan_id(text: &str) -> Result<PlanId, Problem> {
    text.parse().map_err(|_| Refusal::new(Code::PlanNotFound, "There is no such plan for you.").into())
}

/// The provider's page, once it is certain that it is one: discovery names it, so a `javascript:` URL is possible.
pub(crate) fn provider_url(url: String) -> Result<String, Fault> {
    match url::Url::parse(&url) {
        Ok(parsed) if matches!(parsed.scheme(), "https" | "http") => Ok(url),
        _ => Err(Fault::new(Code::Internal, "the provider's authorization endpoint is not an http or https URL")),
    }
}

/// The waiting cookie and the provider's answer. Parameters we do not know are the provider's business.
pub(crate) fn callback(method: &Method, headers: &HeaderMap, uri: &Uri, cookie: Cookie) -> Result<(String, CallbackParams), Failure> {
    if method != Method::GET {
        return Err(Failure::MethodNotAllowed);
    }
    let mut fields = Fields::of_query(uri.query())?;
    let params =
        CallbackParams { code: fields.take("code"), state: fields.take("state"), iss: fields.take("iss"), error: fields.take("error") };
    let waiting = cookie
        .read(headers)
        .ok_or_else(|| Refusal::new(Code::SignInFailed, "This browser did not begin that sign-in, or too long ago; begin again."))?;
    Ok((waiting, params))
}
