//! The pages: pure functions from a view to HTML.

use askama::Template;
use kmg_app::PlanRow;
use kmg_core::clock::Millis;
use kmg_core::plan::{Severity, Stage};
use kmg_core::problem::{Code, Fault};

use crate::view::{
    DecisionView, Moment, OutcomeView, Piece, PlanView, StageView, TimelineView, ValueView, Visible, headline, summary_line,
};

/// What every page shows.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// The window's title, and on small pages the heading.
    pub(crate) title: String,
    /// Who is signed in; untrusted.
    pub(crate) person: Option<Visible>,
    /// Which entry of the navigation is current.
    pub(crate) page: &'static str,
}

impl Frame {
    /// A page without navigation.
    pub(crate) fn bare(title: &str) -> Self {
        Self { title: title.to_owned(), person: None, page: "" }
    }

    /// A page of a signed-in person.
    pub(crate) fn of(title: &str, person: &str, page: &'static str) -> Self {
        Self { title: title.to_owned(), person: Some(Visible::line(person)), page }
    }
}

/// Renders `page`.
///
/// # Errors
/// `internal` where the template fails; never for well-formed views.
pub(crate) fn render(page: &impl Template) -> Result<String, Fault> {
    page.render().map_err(|error| Fault::new(Code::Internal, error))
}

/// Asks for a sign-in.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignInPage {
    /// The page's frame.
    pub(crate) frame: Frame,
    /// Whether a plan waits behind it.
    pub(crate) for_plan: bool,
    /// Where signing in begins.
    pub(crate) href: String,
    /// The reason code.
    pub(crate) code: &'static str,
    /// The request's id.
    pub(crate) request_id: String,
}

/// Goes on by itself: a navigation that starts on our own page carries the strict session cookie.
#[derive(Debug, Template)]
#[template(path = "onward.html")]
pub(crate) struct OnwardPage {
    /// The page's frame.
    pub(crate) frame: Frame,
    /// A path of ours.
    pub(crate) href: String,
}

/// Says what went wrong.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage {
    /// The page's frame.
    pub(crate) frame: Frame,
    /// One sentence.
    pub(crate) message: Visible,
    /// The reason code.
    pub(crate) code: &'static str,
    /// The request's id.
    pub(crate) request_id: String,
}

/// Lists plans.
#[derive(Debug, Template)]
#[template(path = "list.html")]
pub(crate) struct ListPage {
    /// The page's frame.
    pub(crate) frame: Frame,
    /// The heading.
    pub(crate) heading: &'static str,
    /// What is listed.
    pub(crate) lead: &'static str,
    /// What an empty list says.
    pub(crate) empty: &'static str,
    /// The plans.
    pub(crate) rows: Vec<RowView>,
}

/// A plan in a list.
#[derive(Debug)]
pub(crate) struct RowView {
    id: String,
    headline: Visible,
    summary: Option<(Visible, Visible)>,
    stage: StageView,
    requester: Visible,
    client_id: Visible,
    created: Moment,
    approve_before: Moment,
    waiting: bool,
    high: usize,
}

impl RowView {
    /// `row`, as seen at `now`.
    pub(crate) fn new(row: &PlanRow, now: Millis) -> Self {
        let body = row.body.body();
        Self {
            id: body.plan_id.to_string(),
            headline: headline(body),
            summary: summary_line(body),
            stage: StageView::new(&row.life, now),
            requester: Visible::line(&body.requester.sub),
            client_id: Visible::line(&body.requester.client_id),
            created: Moment::new(body.times.created_at, now),
            approve_before: Moment::new(body.times.approve_before, now),
            waiting: row.life.stage == Stage::Pending && now < row.life.approve_before,
            high: body.findings.iter().filter(|finding| finding.severity == Severity::High).count(),
        }
    }
}

/// One plan, for review.
#[derive(Debug, Template)]
#[template(path = "review.html")]
pub(crate) struct ReviewPage {
    /// The page's frame.
    pub(crate) frame: Frame,
    /// The plan.
    pub(crate) plan: PlanView,
    /// The decision, once made.
    pub(crate) decision: Option<DecisionView>,
    /// The executor's report.
    pub(crate) outcome: Option<OutcomeView>,
    /// What happened so far.
    pub(crate) timeline: Vec<TimelineView>,
    /// The form, for whom may decide.
    pub(crate) form: Option<DecisionForm>,
    /// Why there is none.
    pub(crate) refusal: Option<Visible>,
}

/// What the form carries beside the digest.
#[derive(Debug)]
pub(crate) struct DecisionForm {
    /// Bound to session, plan, digest and render time.
    pub(crate) token: String,
}

impl ReviewPage {
    /// The page of `row` for `person`, as seen at `now`; without form, refusal and timeline.
    pub(crate) fn new(row: &PlanRow, person: &str, now: Millis) -> Self {
        let plan = PlanView::new(&row.body, &row.life, now);
        Self {
            frame: Frame::of(&plan.headline.to_string(), person, ""),
            decision: decision(row, now),
            outcome: row.receipt.as_ref().map(|receipt| OutcomeView::new(receipt, now)),
            timeline: Vec::new(),
            form: None,
            refusal: None,
            plan,
        }
    }
}

fn decision(row: &PlanRow, now: Millis) -> Option<DecisionView> {
    let decided = row.decided.as_ref()?;
    let view = DecisionView::new(decided.decision, &decided.approver, &decided.approver_name, Moment::new(decided.at, now));
    let reason = decided.reason.as_ref().map(|text| Visible::block(text.for_escaping()));
    Some(DecisionView { reason, ..view })
}

/// Leads to the fresh sign-in.
#[derive(Debug, Template)]
#[template(path = "continue.html")]
pub(crate) struct ContinuePage {
    /// The page's frame.
    pub(crate) frame: Frame,
    /// The plan.
    pub(crate) plan: PlanView,
    /// The provider's page; http or https.
    pub(crate) authorize_url: String,
    /// The provider's host.
    pub(crate) provider_host: Visible,
    /// The nonce that commits to the decision.
    pub(crate) nonce: String,
    /// Its first characters, to compare by eye.
    pub(crate) code: String,
}

/// Says that an approval is complete.
#[derive(Debug, Template)]
#[template(path = "decided.html")]
pub(crate) struct DecidedPage {
    /// The page's frame.
    pub(crate) frame: Frame,
    /// The plan.
    pub(crate) plan: PlanView,
    /// The decision.
    pub(crate) decision: Option<DecisionView>,
}

impl DecidedPage {
    /// The page of `row`, as seen at `now`.
    pub(crate) fn new(row: &PlanRow, now: Millis) -> Self {
        let title = if row.life.stage == Stage::Approved { "You approved this plan" } else { "The plan was decided" };
        Self { frame: Frame::bare(title), plan: PlanView::new(&row.body, &row.life, now), decision: decision(row, now) }
    }
}

/// Lists this person's sessions.
#[derive(Debug, Template)]
#[template(path = "sessions.html")]
pub(crate) struct SessionsPage {
    /// The page's frame.
    pub(crate) frame: Frame,
    /// The sessions.
    pub(crate) rows: Vec<SessionView>,
}

/// A session.
#[derive(Debug)]
pub(crate) struct SessionView {
    /// The handle to end it by; hexadecimal.
    pub(crate) handle: String,
    /// Whether it is the one looking.
    pub(crate) current: bool,
    /// When it began.
    pub(crate) signed_in: Moment,
    /// When it was last used.
    pub(crate) last_seen: Moment,
}
