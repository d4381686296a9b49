//! Deciding: the posted form, and the callback that completes an approval.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, Uri};
use kmg_core::decision::Decision;
use kmg_core::digest::Digest;
use kmg_core::plan::PlanId;
use kmg_core::problem::{Code, Fault, Problem, Refusal};

use super::{Answer, callback, html, plan_id, provider_url, see_other};
use crate::Web;
use crate::cookie::Cookie;
use crate::form::{Fields, malformed};
use crate::page::{ContinuePage, DecidedPage};
use crate::person::Person;
use crate::view::{PlanView, Visible};

/// The longest reason for denying, in characters.
const MAX_REASON: usize = 500;
/// How much of the nonce a person compares; the development issuer shows as much.
const CODE_CHARS: usize = 8;

/// What the form says.
struct Posted {
    decision: Decision,
    digest: Digest,
    token: String,
    reason: Option<String>,
    /// The object's name as it was typed.
    typed: Option<String>,
}

impl Posted {
    async fn read(headers: &HeaderMap, body: Body) -> Result<Self, Refusal> {
        let mut fields = Fields::of_body(headers, body).await?;
        let decision = match fields.require("decision")?.as_str() {
            "approve" => Decision::Approve,
            "deny" => Decision::Deny,
            _ => return Err(malformed()),
        };
        let digest = fields.require("digest")?.parse().map_err(|_| malformed())?;
        let token = fields.require("token")?;
        let reason = match decision {
            Decision::Deny => fields.take("reason").map(|text| text.replace("\r\n", "\n")).filter(|text| !text.trim().is_empty()),
            Decision::Approve => None,
        };
        let typed = fields.take("typed_name").filter(|_| decision == Decision::Approve);
        fields.finish()?;
        if reason.as_ref().is_some_and(|text| text.chars().count() > MAX_REASON) {
            return Err(Refusal::new(Code::TooLarge, "The reason is longer than 500 characters."));
        }
        Ok(Self { decision, digest, token, reason, typed })
    }
}

/// Takes a decision about exactly the bytes that were shown.
pub(crate) async fn decide(State(web): State<Web>, person: Person, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Answer {
    let id = plan_id(&id)?;
    let posted = Posted::read(&headers, body).await?;
    web.app.check_form(&person.0, &id, &posted.digest, &posted.token)?;
    match posted.decision {
        Decision::Deny => {
            let (app, who, plan) = (web.app.clone(), person.0, id.clone());
            to_its_end(async move { app.deny(&who, &plan, posted.digest, posted.reason.as_deref()).await }).await?;
            see_other(&format!("/plans/{id}"))
        }
        Decision::Approve => lead_to_sign_in(&web, &person, &id, &posted).await,
    }
}

/// Runs a decision in a task of its own: a browser tab that closes does not cut it in half.
async fn to_its_end<T: Send + 'static>(work: impl Future<Output = Result<T, Problem>> + Send + 'static) -> Result<T, Problem> {
    tokio::spawn(work).await.map_err(|error| Fault::new(Code::Internal, error))?
}

/// A page with a plain link: a redirect away from a posted form would trip `form-action 'self'`.
async fn lead_to_sign_in(web: &Web, person: &Person, id: &PlanId, posted: &Posted) -> Answer {
    let start = web.app.begin_approval(&person.0, id, posted.digest, posted.typed.as_deref()).await?;
    let row = web.app.review(&person.0, id).await?.row;
    let mut response = html(&ContinuePage {
        frame: person.frame("Sign in to approve", ""),
        plan: PlanView::new(&row.body, &row.life, web.app.clock().now()),
        authorize_url: provider_url(start.authorize_url)?,
        provider_host: Visible::line(&start.provider_host),
        code: start.nonce.chars().take(CODE_CHARS).collect(),
        nonce: start.nonce,
    })?;
    Cookie::Approval.set(response.headers_mut(), &start.browser_cookie)?;
    Ok(response)
}

/// Completes an approval that was posted before. It goes by the waiting cookie and the provider's answer alone:
/// the navigation comes from the provider, so the session's strict cookie is not there.
pub(crate) async fn approved(State(web): State<Web>, method: Method, headers: HeaderMap, uri: Uri) -> Answer {
    let (waiting, params) = callback(&method, &headers, &uri, Cookie::Approval)?;
    let app = web.app.clone();
    let row = to_its_end(async move { app.finish_approval(&waiting, params).await }).await?;
    let mut response = html(&DecidedPage::new(&row, web.app.clock().now()))?;
    Cookie::Approval.clear(response.headers_mut());
    Ok(response)
}
