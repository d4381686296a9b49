//! Every intent has exactly one closing record.
//!
//! An outcome closes its intent, unless it says `unknown` or `deleting`: then a reconciliation closes it. A
//! crash may leave an intent without any outcome; a reconciliation closes that too.

use std::collections::BTreeMap;

use crate::chain::Why;
use crate::kinds;
use crate::record::Record;

type Key = (String, u64);

enum Life {
    /// Nothing came of it yet.
    Sent(u64),
    /// Its outcome is not final.
    Undecided(u64),
    Closed,
}

/// The intents seen so far.
#[derive(Default)]
pub(super) struct Pairs(BTreeMap<Key, Life>);

impl Pairs {
    pub(super) fn record(&mut self, record: &Record) -> Result<(), Why> {
        match record.kind.as_str() {
            kinds::APPLY_INTENT => match self.0.insert(key(record)?, Life::Sent(record.seq)) {
                None => Ok(()),
                Some(_) => Err(Why::Twice),
            },
            kinds::APPLY_OUTCOME => self.close(record, false),
            kinds::APPLY_RECONCILED => self.close(record, true),
            _ => Ok(()),
        }
    }

    fn close(&mut self, record: &Record, reconciled: bool) -> Result<(), Why> {
        let life = self.0.get_mut(&key(record)?).ok_or(Why::NoIntent)?;
        let state = record.body.get("state").and_then(|state| state.as_str()).ok_or(Why::Body("state"))?;
        let at = match *life {
            Life::Sent(at) => at,
            Life::Undecided(at) if reconciled => at,
            Life::Undecided(_) | Life::Closed => return Err(Why::Twice),
        };
        *life = if matches!(state, "unknown" | "deleting") { Life::Undecided(at) } else { Life::Closed };
        Ok(())
    }

    /// The first intent that nothing answered.
    pub(super) fn first_unanswered(&self) -> Option<u64> {
        self.0.values().filter_map(|life| if let Life::Sent(at) = life { Some(*at) } else { None }).min()
    }

    /// The numbers of all intents without a final record, in order.
    pub(super) fn open(&self) -> Vec<u64> {
        let open = self.0.values().filter_map(|life| match life {
            Life::Sent(at) | Life::Undecided(at) => Some(*at),
            Life::Closed => None,
        });
        let mut open: Vec<_> = open.collect();
        open.sort_unstable();
        open
    }
}

fn key(record: &Record) -> Result<Key, Why> {
    let plan = record.body.get("planId").and_then(|id| id.as_str()).ok_or(Why::Body("planId"))?;
    let attempt = record.body.get("attempt").and_then(serde_json::Value::as_u64).ok_or(Why::Body("attempt"))?;
    Ok((plan.to_owned(), attempt))
}
