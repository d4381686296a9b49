//! Looking at plans.

use axum::extract::{Path, State};
use kmg_app::PlanRow;

use super::{Answer, html, plan_id};
use crate::Web;
use crate::page::{DecisionForm, ListPage, ReviewPage, RowView};
use crate::person::Person;
use crate::view::{Moment, TimelineView, Visible};

/// The plans that wait for this person.
pub(crate) async fn inbox(State(web): State<Web>, person: Person) -> Answer {
    let rows = web.app.inbox(&person.0).await?;
    html(&ListPage {
        frame: person.frame("Inbox", "inbox"),
        heading: "Waiting for you",
        lead: "Changes that an agent asked for and that only happen if you approve them.",
        empty: "Nothing waits for you.",
        rows: views(&web, &rows),
    })
}

/// The plans this person may see, in every state.
pub(crate) async fn history(State(web): State<Web>, person: Person) -> Answer {
    let rows = web.app.history(&person.0).await?;
    html(&ListPage {
        frame: person.frame("History", "history"),
        heading: "History",
        lead: "Plans you asked for or may decide, newest first.",
        empty: "There are no plans yet.",
        rows: views(&web, &rows),
    })
}

/// One plan, from its stored bytes only.
pub(crate) async fn review(State(web): State<Web>, person: Person, Path(id): Path<String>) -> Answer {
    let id = plan_id(&id)?;
    let review = web.app.review(&person.0, &id).await?;
    let timeline = web.app.timeline(&person.0, &id).await?;
    let now = web.app.clock().now();
    let entry = |entry: kmg_app::TimelineEntry| TimelineView {
        at: Moment::new(entry.at, now),
        what: Visible::line(&entry.what),
        who: Visible::line(&entry.who),
    };
    let mut page = ReviewPage { timeline: timeline.into_iter().map(entry).collect(), ..ReviewPage::new(&review.row, person.name(), now) };
    match review.may_decide {
        Ok(()) => page.form = Some(DecisionForm { token: web.app.form_token(&person.0, &id, &review.row.body.digest()) }),
        Err(refusal) => page.refusal = Some(Visible::line(&refusal.public)),
    }
    html(&page)
}

fn views(web: &Web, rows: &[PlanRow]) -> Vec<RowView> {
    let now = web.app.clock().now();
    rows.iter().map(|row| RowView::new(row, now)).collect()
}
