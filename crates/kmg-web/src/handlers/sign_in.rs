//! Signing in and out.

use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};

use super::{Answer, callback, provider_url, see_other};
use crate::Web;
use crate::cookie::Cookie;
use crate::error::{Failure, onward};
use crate::form::Fields;
use crate::person::Person;

/// Sends the browser to the provider.
pub(crate) async fn begin(State(web): State<Web>, method: Method, uri: Uri) -> Answer {
    if method != Method::GET {
        return Err(Failure::MethodNotAllowed);
    }
    // The way back is a plan's id or the inbox, never a URL.
    let plan = Fields::of_query(uri.query())?.take("plan").and_then(|text| text.parse().ok());
    let start = web.app.begin_sign_in(plan).await?;
    let mut response = see_other(&provider_url(start.authorize_url)?)?;
    Cookie::SignIn.set(response.headers_mut(), &start.browser_cookie)?;
    Ok(response)
}

/// Completes the sign-in. The page goes on by itself: a redirect would still count as the provider's navigation,
/// on which the browser keeps the new strict cookie back.
pub(crate) async fn finish(State(web): State<Web>, method: Method, headers: HeaderMap, uri: Uri) -> Answer {
    let (waiting, params) = callback(&method, &headers, &uri, Cookie::SignIn)?;
    let session = web.app.finish_sign_in(&waiting, params).await?;
    let href = session.return_to.map_or_else(|| "/".to_owned(), |plan| format!("/plans/{plan}"));
    let mut response = onward("You are signed in", &href);
    Cookie::Session.set(response.headers_mut(), &session.cookie)?;
    Cookie::SignIn.clear(response.headers_mut());
    Ok(response)
}

/// Ends this session.
pub(crate) async fn end(State(web): State<Web>, person: Person) -> Answer {
    web.app.sign_out(&person.0).await?;
    let mut response = see_other("/")?;
    Cookie::Session.clear(response.headers_mut());
    Ok(response)
}
