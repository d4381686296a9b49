//! The answer of `get_pod_logs`.

use kmg_core::clock::Millis;
use kmg_core::observe::{LogAbsence, LogLine, LogQuery, PodLog};
use kmg_guard::{FieldClass, Guard, ModelText, Screener};
use serde_json::{Value, json};

use super::{Lines, compact, count};
use crate::reply::Reply;

/// The most bytes of a reply that are lines, in the text and in the structured part together.
const MAX_BYTES: usize = 64 << 10;
/// What a line costs beside its text: its time twice, and the JSON around it.
const LINE_COST: usize = 96;

/// Leaves the newest `tail_lines` of those lines that hold the query's `contains`. The text is looked for in what
/// screening shows: a search of the raw line would tell by its count what a redacted secret begins with.
pub fn search(guard: &Guard, log: &mut PodLog, query: &LogQuery) {
    let Some(needle) = query.contains.as_deref() else { return };
    let shown = screened(&mut guard.screener(), &log.lines);
    let lines = std::mem::take(&mut log.lines).into_iter().zip(shown);
    log.lines = lines
        .filter(|(_, shown)| shown.as_str().contains(needle))
        .map(|(line, shown)| LogLine { text: shown.as_str().to_owned(), ..line })
        .collect();
    log.matched = u64::try_from(log.lines.len()).unwrap_or(u64::MAX);
    let most = usize::try_from(query.tail_lines).unwrap_or(usize::MAX);
    let gone = log.lines.len().saturating_sub(most);
    log.lines.drain(..gone);
    log.more |= gone > 0;
}

fn screened(screener: &mut Screener, lines: &[LogLine]) -> Vec<ModelText> {
    let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    screener.lines(&texts, FieldClass::Message)
}

pub(super) fn answer(guard: &Guard, log: &PodLog) -> Reply {
    let mut screener = guard.screener();
    // So many before screening, whose budget is larger, and so many of what it makes of them.
    let kept = &log.lines[log.lines.len() - newest(log.lines.iter().map(|line| line.text.len()))..];
    let shown = screened(&mut screener, kept);
    let fitting = newest(shown.iter().map(|text| 2 * json!(text).to_string().len() + LINE_COST));
    let lines: Vec<(&LogLine, &ModelText)> = kept.iter().zip(&shown).skip(shown.len() - fitting).collect();
    let gone = log.lines.len() - fitting;
    let truncated = log.more || gone > 0;
    let rows: Vec<Value> = lines.iter().map(|(line, shown)| row(line, shown)).collect();
    let mut value = json!({
        "namespace": log.namespace,
        "pod": log.pod,
        "container": log.container,
        "chosen": log.chosen.as_str(),
        "otherContainers": log.others,
        "previous": log.previous,
        "asOf": log.as_of.rfc3339(),
        "truncated": truncated,
        "counts": { "shown": rows.len(), "matched": log.matched, "read": log.read },
        "lines": rows,
    });
    if let Some(absent) = log.absent {
        value["absent"] = json!(absent.as_str());
        value["next"] = json!(next(absent));
    }
    let structured = screener.value(&value);
    Reply::new(text(guard, log, &lines, truncated), structured, screener.report().clone())
}

fn row(line: &LogLine, shown: &ModelText) -> Value {
    let mut row = compact(json!({ "time": line.time.map(Millis::rfc3339), "cutBytes": (line.cut > 0).then_some(line.cut) }));
    row["text"] = json!(shown);
    row
}

/// How many of the newest lines fit, by what each costs.
fn newest(costs: impl DoubleEndedIterator<Item = usize>) -> usize {
    let mut left = MAX_BYTES;
    let fits = |cost: &usize| {
        let room = left.checked_sub(*cost);
        left = room.unwrap_or_default();
        room.is_some()
    };
    costs.rev().take_while(fits).count()
}

const fn next(absent: LogAbsence) -> &'static str {
    match absent {
        LogAbsence::NotStarted => {
            "The container has not started, so it has written nothing. get_k8s_events about the Pod says what it waits for."
        }
        LogAbsence::NoPreviousRun => "The container has had no earlier run. Call again without previous.",
        LogAbsence::NotKept => "The node keeps no log of this container any more. get_k8s_resource shows how it ended.",
        LogAbsence::NodeUnreachable => {
            "The Pod's node did not answer the API server. get_k8s_events about the Node may say why; try again later."
        }
    }
}

/// Every line of the log begins with a bar, so that none of them can pass for a line of ours.
fn text(guard: &Guard, log: &PodLog, rows: &[(&LogLine, &ModelText)], truncated: bool) -> ModelText {
    let mut lines = Lines::new(guard);
    lines.own("Log of ").name(log.namespace.as_str()).own("/").name(&log.pod).own(", container ").name(&log.container);
    lines.own(if log.previous { ", the run before this one" } else { "" });
    lines.own(" (").own(log.chosen.as_str()).own("): ").number(count(rows.len())).own(" lines of ");
    lines.number(i64::try_from(log.read).unwrap_or(i64::MAX)).own(" read\n");
    for (index, other) in log.others.iter().enumerate() {
        lines.own(if index == 0 { "Other containers: " } else { ", " }).name(other);
    }
    lines.own(if log.others.is_empty() { "" } else { "\n" });
    for (line, shown) in rows {
        lines.own("| ");
        if let Some(time) = line.time {
            lines.name(&time.rfc3339()).own(" ");
        }
        lines.draft.text(shown).own("\n");
    }
    if let Some(absent) = log.absent {
        lines.own(next(absent)).own("\n");
    }
    if truncated {
        lines.own("Lines were left out; use contains, sinceSeconds or another tailLines.\n");
    }
    lines.draft.finish()
}
