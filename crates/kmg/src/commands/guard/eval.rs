//! `kmg guard eval`: a line for each row, and a summary.

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use kmg_guard::{Action, Finding, Pack, Scan};
use serde::Serialize;
use serde_json::Value;

use super::rows::{Row, rows};
use crate::cli::Source;

/// What is said of a row.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a Value,
    action: &'static str,
    /// How likely it is an attack, between 0 and 1.
    score: f32,
    findings: Vec<Found<'a>>,
    text_out: &'a str,
}

#[derive(Serialize)]
struct Found<'a> {
    rule: &'a str,
    /// The first byte of the row's text that it is about, and the one behind the last.
    span: [usize; 2],
    action: &'static str,
}

/// What is said of all rows.
#[derive(Debug, Default, Serialize)]
struct Summary {
    rows: u64,
    bytes: usize,
    seconds: f64,
    megabytes_per_second: f64,
    attacks: u64,
    attacks_redacted: u64,
    attacks_warned_or_redacted: u64,
    benign: u64,
    benign_redacted: u64,
    benign_warned_or_redacted: u64,
    secrets: u64,
    secrets_gone: u64,
    recall: Option<f64>,
    false_positive_rate: Option<f64>,
    secret_recall: Option<f64>,
}

/// The word for an action.
pub(super) const fn action(action: Action) -> &'static str {
    match action {
        Action::Allow => "allow",
        Action::Warn => "warn",
        Action::Redact => "redact",
    }
}

/// How fast `bytes` were looked at in `time`.
pub(super) fn megabytes_per_second(bytes: usize, time: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a rate for a person")]
    let bytes = bytes as f64;
    bytes / time.as_secs_f64().max(1e-9) / 1e6
}

/// Looks at every row of `file`, prints a line for each, and a summary on standard error.
///
/// # Errors
/// The file or a row of it cannot be read, or the output is closed.
pub(crate) fn eval(file: &Path, secrets: bool, _source: Source) -> anyhow::Result<()> {
    let pack = Pack::builtin()?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut summary = Summary::default();
    let mut time = Duration::ZERO;
    for row in rows(file)? {
        let row = row?;
        let started = Instant::now();
        let scan = kmg_guard::scan(&pack, &row.text);
        time += started.elapsed();
        summary.add(&row, &scan, secrets);
        serde_json::to_writer(&mut out, &line(&row, &scan))?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    summary.seconds = time.as_secs_f64();
    summary.megabytes_per_second = megabytes_per_second(summary.bytes, time);
    let mut errors = std::io::stderr().lock();
    writeln!(errors, "{}", serde_json::to_string(&summary.finished())?)?;
    Ok(())
}

fn line<'a>(row: &'a Row, scan: &'a Scan) -> Line<'a> {
    let found =
        |finding: &'a Finding| Found { rule: &finding.rule, span: [finding.span.start, finding.span.end], action: action(finding.action) };
    Line {
        id: &row.id,
        action: action(scan.action),
        score: f32::from(scan.score) / 1000.0,
        findings: scan.findings.iter().chain(&scan.secrets).map(found).collect(),
        text_out: &scan.text,
    }
}

impl Summary {
    fn add(&mut self, row: &Row, scan: &Scan, secrets: bool) {
        self.rows += 1;
        self.bytes += row.text.len();
        let (redacted, told) = (u64::from(scan.action == Action::Redact), u64::from(scan.action >= Action::Warn));
        match row.label {
            Some(0) => {
                self.benign += 1;
                self.benign_redacted += redacted;
                self.benign_warned_or_redacted += told;
            }
            Some(_) => {
                self.attacks += 1;
                self.attacks_redacted += redacted;
                self.attacks_warned_or_redacted += told;
            }
            None => {}
        }
        if secrets {
            self.secrets += row.secrets.len() as u64;
            self.secrets_gone += row.secrets.iter().filter(|secret| !scan.text.contains(secret.as_str())).count() as u64;
        }
    }

    fn finished(mut self) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a share for a person")]
        let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
        self.recall = share(self.attacks_redacted, self.attacks);
        self.false_positive_rate = share(self.benign_redacted, self.benign);
        self.secret_recall = share(self.secrets_gone, self.secrets);
        self
    }
}
