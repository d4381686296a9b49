//! A person's own sessions.

use axum::extract::{Path, State};

use super::{Answer, html, see_other};
use crate::Web;
use crate::page::{SessionView, SessionsPage};
use crate::person::Person;
use crate::view::Moment;

/// Lists them.
pub(crate) async fn list(State(web): State<Web>, person: Person) -> Answer {
    let rows = web.app.my_sessions(&person.0).await?;
    let now = web.app.clock().now();
    let view = |row: kmg_app::SessionRow| SessionView {
        handle: row.handle,
        current: row.current,
        signed_in: Moment::new(row.signed_in_at, now),
        last_seen: Moment::new(row.last_seen, now),
    };
    html(&SessionsPage { frame: person.frame("My sessions", "sessions"), rows: rows.into_iter().map(view).collect() })
}

/// Ends one of them.
pub(crate) async fn revoke(State(web): State<Web>, person: Person, Path(handle): Path<String>) -> Answer {
    web.app.revoke_session(&person.0, &handle).await?;
    see_other("/sessions")
}
