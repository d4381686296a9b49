//! At the start: what an earlier process announced in the journal and did not close, closed from the database.

use std::collections::BTreeMap;

use kmg_audit::{Replay, kinds};
use kmg_core::plan::{PlanId, Stage};
use kmg_core::problem::{Code, Fault};
use serde_json::{Value, json};

use crate::options::App;

/// The kinds that announce, and the kinds that close each.
const PAIRS: &[(&str, &[&str])] = &[
    ("plan.intent", &["plan.created", "plan.coalesced", "plan.refused", "plan.reconciled"]),
    ("decision.intent", &["decision.recorded", "decision.refused", "decision.reconciled"]),
    ("execute.intent", &[kinds::PLAN_OUTCOME, "execute.reconciled"]),
];

/// Announcements without an end, as the journal has them.
pub type Open = BTreeMap<(String, &'static str), u64>;

/// Folds a journal into what is still open.
///
/// # Errors
/// The journal cannot be read again.
pub fn open_intents(replay: &Replay) -> Result<Open, Fault> {
    let broken = |error| Fault::new(Code::JournalUnavailable, error);
    let mut open = Open::new();
    for record in replay.records().map_err(broken)? {
        let record = record.map_err(|error| Fault::new(Code::JournalUnavailable, error))?;
        let Some(plan) = record.body.get("planId").and_then(Value::as_str) else { continue };
        for (announces, closes) in PAIRS {
            if record.kind == *announces {
                open.insert((plan.to_owned(), announces), record.seq);
            } else if closes.contains(&record.kind.as_str()) {
                open.remove(&(plan.to_owned(), *announces));
            }
        }
    }
    Ok(open)
}

impl App {
    /// Writes the closing record of every announcement that `open` holds, from what the database says became of
    /// it. An execution that is still undecided stays open: the sweeper asks the executor.
    ///
    /// # Errors
    /// Faults of journal and store.
    pub async fn close_intents(&self, open: &Open) -> Result<(), Fault> {
        for ((plan, announced), seq) in open {
            let stage = self.stage_of(plan).await?;
            let undecided = matches!(stage, Some(Stage::Claimed | Stage::Unknown | Stage::Deleting));
            let kind = match *announced {
                "execute.intent" if undecided => continue,
                "execute.intent" => "execute.reconciled",
                "decision.intent" => "decision.reconciled",
                _ => "plan.reconciled",
            };
            let found = stage.map_or("absent", Stage::as_str);
            self.record(kind, json!({ "planId": plan, "intent": seq, "state": found })).await?;
        }
        Ok(())
    }

    async fn stage_of(&self, plan: &str) -> Result<Option<Stage>, Fault> {
        let Ok(id) = plan.parse::<PlanId>() else { return Ok(None) };
        let row = self.parts().store.plan(&id).await.map_err(|error| Fault::new(error.code(), &error))?;
        Ok(row.map(|row| row.life.stage))
    }
}

#[cfg(test)]
mod tests {
    use kmg_audit::{Journal, JournalOptions, Purpose};
    use kmg_core::clock::Clock;

    use super::*;

    #[tokio::test]
    async fn what_was_announced_and_not_closed_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let options = || JournalOptions::new(Purpose::Gateway, Clock::system());
        let (journal, _replay) = Journal::open(&path, options()).unwrap();
        let records = [
            ("plan.intent", "a"),
            ("plan.created", "a"),
            ("plan.intent", "b"),
            ("decision.intent", "a"),
            ("decision.refused", "a"),
            ("decision.intent", "a"),
            ("execute.intent", "c"),
            (kinds::PLAN_OUTCOME, "c"),
            ("execute.intent", "d"),
        ];
        for (kind, plan) in records {
            journal.append(kind, json!({ "planId": plan })).await.unwrap();
        }
        drop(journal);
        let (_journal, replay) = Journal::open(&path, options()).unwrap();
        let open: Vec<_> = open_intents(&replay).unwrap().into_keys().collect();
        let expected = [("a", "decision.intent"), ("b", "plan.intent"), ("d", "execute.intent")];
        assert_eq!(open, expected.map(|(plan, kind)| (plan.to_owned(), kind)));
    }
}
