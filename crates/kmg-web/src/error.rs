//! From a reason code to a status and a page: the browser edge's only mapping of errors to the outside.

use axum::http::header::{ALLOW, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use kmg_core::plan::PlanId;
use kmg_core::problem::{Code, Fault, Problem, Refusal};

use crate::page::{ErrorPage, Frame, OnwardPage, SignInPage, render};
use crate::view::Visible;

/// Why a request gets no ordinary page.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// A refusal or a fault.
    Problem(Problem),
    /// There is no such page.
    NoSuchPage,
    /// The page does not take this method.
    MethodNotAllowed,
    /// The request carries an `Authorization` header.
    BearerOnPage,
    /// The request is not one HTTP reader would understand alike.
    Malformed,
    /// A navigation from another site carries no strict cookie: go on to the same page from here.
    CameFromElsewhere,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Problem(refusal.into())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Problem(fault.into())
    }
}

impl IntoResponse for Failure {
    /// An empty answer that carries the failure to the frame, which knows the request's id.
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The status that tells the browser about `code`.
pub const fn status(code: Code) -> StatusCode {
    match code {
        Code::UnknownTool
        | Code::UnknownArgument
        | Code::MissingArgument
        | Code::WrongType
        | Code::OutOfBounds
        | Code::InvalidName
        | Code::InvalidImage
        | Code::DuplicateKey
        | Code::TooDeep
        | Code::InvalidJson
        | Code::InexactNumber
        | Code::UnseenCharacter
        | Code::YamlSyntax
        | Code::YamlDirective
        | Code::YamlAnchor
        | Code::YamlMerge
        | Code::YamlTag
        | Code::YamlKey
        | Code::YamlAmbiguous
        | Code::YamlEmpty
        | Code::InvalidManifest
        | Code::ManifestMember
        | Code::NamespaceMismatch
        | Code::DuplicateObject
        | Code::InvalidRequest
        | Code::SignInFailed => StatusCode::BAD_REQUEST,
        Code::MissingToken | Code::InvalidToken | Code::NotSignedIn => StatusCode::UNAUTHORIZED,
        Code::NamespaceNotAllowed
        | Code::KindNotAllowed
        | Code::ClusterForbidden
        | Code::InsufficientScope
        | Code::HostNotAllowed
        | Code::NotAnApprover
        | Code::NameNotTyped
        | Code::FormRejected
        | Code::NotFresh => StatusCode::FORBIDDEN,
        Code::NotFound | Code::ContainerNotFound | Code::PlanNotFound => StatusCode::NOT_FOUND,
        Code::NoChange
        | Code::NotReversible
        | Code::PreImageHidden
        | Code::PolicyDenied
        | Code::FieldConflict
        | Code::ClusterInvalid
        | Code::ClusterConflict
        | Code::DeniedRecently
        | Code::ObjectBusy
        | Code::NotApproved
        | Code::PlanDenied
        | Code::PlanExpired
        | Code::AlreadyClaimed
        | Code::NotVerified
        | Code::Stale
        | Code::Rejected
        | Code::OutcomeUnknown
        | Code::NeedsHuman
        | Code::DigestMismatch => StatusCode::CONFLICT,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::TooManyPending | Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::ClusterUnavailable
        | Code::NotFenced
        | Code::LinkDown
        | Code::Overloaded
        | Code::JournalUnavailable
        | Code::StoreUnavailable
        | Code::IssuerUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::Screened | Code::Tampered | Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The page for `failure` of the request `request_id` for `path`.
pub(crate) fn answer(failure: &Failure, request_id: &str, path: &str) -> Response {
    let (status, title, code, message) = match failure {
        Failure::Problem(problem) if problem.code() == Code::NotSignedIn => return sign_in(request_id, path),
        Failure::CameFromElsewhere => return onward("Opening the page", own_page(path).as_deref().unwrap_or("/")),
        Failure::Problem(problem) => {
            log(problem, request_id);
            let status = status(problem.code());
            (status, title(status), problem.code().as_str(), problem.public())
        }
        Failure::NoSuchPage => (StatusCode::NOT_FOUND, "No such page", "page-not-found", "There is nothing at this address."),
        Failure::MethodNotAllowed => {
            (StatusCode::METHOD_NOT_ALLOWED, "Not possible here", "method-not-allowed", "This page does not take that kind of request.")
        }
        Failure::BearerOnPage => {
            (StatusCode::BAD_REQUEST, "Not for tokens", "bearer-not-accepted", "A bearer token never opens a page; a person signs in here.")
        }
        Failure::Malformed => (StatusCode::BAD_REQUEST, "Not understood", Code::InvalidRequest.as_str(), "The request cannot be read."),
    };
    let page = ErrorPage { frame: Frame::bare(title), message: Visible::line(message), code, request_id: request_id.to_owned() };
    let mut response = (status, html(&page)).into_response();
    if status == StatusCode::UNAUTHORIZED {
        challenge(&mut response);
    }
    response
}

/// A page that goes on to `href`, a path of ours.
pub(crate) fn onward(title: &str, href: &str) -> Response {
    html(&OnwardPage { frame: Frame::bare(title), href: href.to_owned() })
}

fn sign_in(request_id: &str, path: &str) -> Response {
    let plan = plan_of(path);
    let page = SignInPage {
        frame: Frame::bare("Sign in"),
        for_plan: plan.is_some(),
        href: plan.map_or_else(|| "/sign-in".to_owned(), |plan| format!("/sign-in?plan={plan}")),
        code: Code::NotSignedIn.as_str(),
        request_id: request_id.to_owned(),
    };
    let mut response = (StatusCode::UNAUTHORIZED, html(&page)).into_response();
    challenge(&mut response);
    response
}

/// RFC 9110 wants a challenge with every 401; no browser knows this scheme, so none asks for a password.
fn challenge(response: &mut Response) {
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("KmgSession realm=\"sign-in\""));
}

fn html(page: &impl askama::Template) -> Response {
    match render(page) {
        Ok(text) => Html(text).into_response(),
        Err(fault) => {
            tracing::error!(%fault, "a page could not be rendered");
            (StatusCode::INTERNAL_SERVER_ERROR, "internal").into_response()
        }
    }
}

/// `path`, if it is a page that a signed-in person may be on the way to.
fn own_page(path: &str) -> Option<String> {
    match path {
        "/" | "/history" | "/sessions" => Some(path.to_owned()),
        _ => plan_of(path).map(|plan| format!("/plans/{plan}")),
    }
}

fn plan_of(path: &str) -> Option<PlanId> {
    let rest = path.strip_prefix("/plans/")?;
    rest.strip_suffix("/decision").unwrap_or(rest).parse().ok()
}

/// Which methods exist at all; a route's own list is narrower.
pub(crate) fn allow(response: &mut Response) {
    response.headers_mut().entry(ALLOW).or_insert(HeaderValue::from_static("GET, HEAD, POST"));
}

fn title(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "Sign in",
        403 => "Not allowed",
        404 => "Not found",
        409 => "Not possible any more",
        413 => "Too large",
        429 | 503 | 504 => "Not available right now",
        500 => "Something went wrong",
        _ => "That did not work",
    }
}

fn log(problem: &Problem, request_id: &str) {
    match problem {
        Problem::Refusal(refusal) => tracing::info!(request_id, code = %refusal.code, "refused"),
        Problem::Fault(fault) => tracing::error!(request_id, code = %fault.code, internal = %fault.internal, "fault"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_an_error_status() {
        for code in Code::ALL {
            assert!(status(*code).is_client_error() || status(*code).is_server_error(), "{code}");
        }
    }

    #[test]
    fn only_pages_of_ours_are_gone_on_to() {
        let id = format!("plan_{}", "a".repeat(32));
        assert_eq!(own_page(&format!("/plans/{id}")), Some(format!("/plans/{id}")));
        for path in ["//evil.example", "/\\evil.example", "/plans/x", "/plans/%2e%2e", "/sign-out", "https://evil.example", ""] {
            assert_eq!(own_page(path), None, "{path}");
        }
    }
}
