//! Looking at plans: the requester's agent by id, a signed-in person on the pages.

use std::time::Duration;

use kmg_core::clock::Millis;
use kmg_core::decision::{NotVerified, may_approve};
use kmg_core::identity::{ApproverRule, Caller, Principal, Requester};
use kmg_core::plan::{PlanId, PlanStatus, Stage};
use kmg_core::problem::{Code, Problem, Refusal};
use kmg_store::{Inbox, PlanRow};

use crate::options::App;
use crate::sessions::SignedIn;

/// How often a waiting call looks at the store when nothing in this process changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A plan as the review page needs it.
#[derive(Clone, Debug)]
pub struct Review {
    /// The plan.
    pub row: PlanRow,
    /// Whether this person may decide it now, and if not, why.
    pub may_decide: Result<(), Refusal>,
}

/// One line of a plan's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEntry {
    /// When.
    pub at: Millis,
    /// What happened, composed by us.
    pub what: String,
    /// Who did it.
    pub who: String,
}

impl App {
    /// The plan's state, for its requester only: a stranger hears the same as for a plan that does not exist.
    ///
    /// # Errors
    /// `plan-not-found`, or a fault of the store.
    pub async fn plan_status(&self, caller: &Caller, id: &PlanId) -> Result<PlanStatus, Problem> {
        Ok(self.view(&self.owned(caller.requester(), id).await?))
    }

    /// Waits until a person decided, the plan expired, or `timeout` has passed; the plan's state then. A plan that
    /// is being executed is waited for too.
    ///
    /// # Errors
    /// As [`App::plan_status`]; `overloaded` when too many calls wait.
    pub async fn wait_for_plan(&self, caller: &Caller, id: &PlanId, timeout: Duration) -> Result<PlanStatus, Problem> {
        let _place = self.start_waiting(caller.requester())?;
        let mut changes = self.0.changes.subscribe();
        let deadline = tokio::time::Instant::now() + timeout;
        loop {
            let row = self.owned(caller.requester(), id).await?;
            let waiting = matches!(row.life.stage, Stage::Pending | Stage::Claimed);
            if !waiting || tokio::time::Instant::now() >= deadline {
                return Ok(self.view(&row));
            }
            let next_look = deadline.min(tokio::time::Instant::now() + LOOK_EVERY);
            let _woken_or_time_to_look = tokio::time::timeout_at(next_look, changes.changed()).await;
        }
    }

    /// Plans that wait for this person, newest first, at most 100.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn inbox(&self, who: &SignedIn) -> Result<Vec<PlanRow>, Problem> {
        // Asked of the store where the rule allows it: others' plans must not crowd out this person's. With several
        // approvers a plan of another person may wait for this one as its second.
        let alone = self.options().approvers.len() < 2;
        let own = (self.options().rule == ApproverRule::Requester && alone).then(|| who.reviewer.principal().clone());
        let rows = self.rows(vec![Stage::Pending], own).await?;
        let mine = |row: &PlanRow| self.may_decide(who.reviewer.principal(), row).is_ok();
        Ok(rows.into_iter().filter(mine).collect())
    }

    /// Plans this person may see, of every state, newest first, at most 100.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn history(&self, who: &SignedIn) -> Result<Vec<PlanRow>, Problem> {
        let rows = self.rows(Stage::ALL.to_vec(), None).await?;
        Ok(rows.into_iter().filter(|row| self.may_see(who.reviewer.principal(), &row.body.body().requester)).collect())
    }

    async fn rows(&self, stages: Vec<Stage>, requester: Option<Principal>) -> Result<Vec<PlanRow>, Problem> {
        self.expire().await?;
        Ok(self.parts().store.inbox(Inbox { stages, requester, limit: 100, before: None }).await?)
    }

    /// The plan for the review page.
    ///
    /// # Errors
    /// `plan-not-found` also for a person who may not see it.
    pub async fn review(&self, who: &SignedIn, id: &PlanId) -> Result<Review, Problem> {
        let row = self.row(id).await?;
        let person = who.reviewer.principal();
        if !self.may_see(person, &row.body.body().requester) {
            return Err(not_found());
        }
        let may_decide = self.may_decide(person, &row);
        Ok(Review { row, may_decide })
    }

    /// The plan's history in order.
    ///
    /// # Errors
    /// As [`App::review`].
    pub async fn timeline(&self, who: &SignedIn, id: &PlanId) -> Result<Vec<TimelineEntry>, Problem> {
        let row = self.review(who, id).await?.row;
        let body = row.body.body();
        let mut out = vec![TimelineEntry {
            at: body.times.created_at,
            what: "asked for and dry-run".to_owned(),
            who: format!("{} through client {}", body.requester.sub, body.requester.client_id),
        }];
        if let Some(decided) = &row.decided {
            let what = match decided.decision {
                kmg_core::decision::Decision::Approve => "approved by a fresh sign-in",
                kmg_core::decision::Decision::Deny => "denied",
            };
            out.push(TimelineEntry { at: decided.at, what: what.to_owned(), who: decided.approver.sub.clone() });
        }
        if let Some(receipt) = &row.receipt {
            let what = format!("{}: {}", receipt.outcome.stage(), receipt.reason);
            out.push(TimelineEntry { at: receipt.at, what, who: "executor".to_owned() });
        }
        if row.life.stage == Stage::Expired {
            out.push(TimelineEntry { at: row.changed_at, what: "expired".to_owned(), who: "gateway".to_owned() });
        }
        Ok(out)
    }

    pub(crate) async fn row(&self, id: &PlanId) -> Result<PlanRow, Problem> {
        self.expire().await?;
        self.parts().store.plan(id).await?.ok_or_else(not_found)
    }

    pub(crate) async fn owned(&self, requester: &Requester, id: &PlanId) -> Result<PlanRow, Problem> {
        let row = self.row(id).await?;
        if row.body.body().requester == *requester { Ok(row) } else { Err(not_found()) }
    }

    fn may_see(&self, person: &Principal, requester: &Requester) -> bool {
        *person == requester.principal() || self.options().approvers.contains(person)
    }

    /// What the pages go by; the executor judges by its own file.
    pub(crate) fn may_decide(&self, person: &Principal, row: &PlanRow) -> Result<(), Refusal> {
        let requester = &row.body.body().requester;
        if row.life.stage != Stage::Pending {
            return Err(Refusal::new(Code::AlreadyClaimed, "The plan no longer waits for a decision."));
        }
        let options = self.options();
        match may_approve(row.body.body(), person, &options.approvers, &options.rule) {
            Ok(()) => Ok(()),
            Err(NotVerified::SecondPerson) if options.approvers.iter().all(|other| *other == requester.principal()) => {
                let text = "Its findings ask for a second person's approval, and no second approver is configured: it cannot be approved.";
                Err(Refusal::new(Code::NotAnApprover, text))
            }
            Err(NotVerified::SecondPerson) => {
                let text = "Its findings ask for a second person's approval: another approver has to decide it.";
                Err(Refusal::new(Code::NotAnApprover, text))
            }
            Err(_) => Err(Refusal::new(Code::NotAnApprover, "You may look at this plan, but not decide it.")),
        }
    }
}

pub(crate) fn not_found() -> Problem {
    Refusal::new(Code::PlanNotFound, "There is no such plan for you.").into()
}
