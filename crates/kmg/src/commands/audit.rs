//! `kmg audit verify`.

use std::path::{Path, PathBuf};

use anyhow::bail;
use kmg_audit::{Report, VerifyError, VerifyOptions};

use crate::{files, keys, progress};

/// Verifies a journal offline and prints what was found.
pub(crate) async fn verify(journal: PathBuf, witness: Option<PathBuf>, keys: &[String]) -> anyhow::Result<()> {
    let trusted = keys.iter().map(|key| keys::public(key)).collect::<anyhow::Result<Vec<_>>>()?;
    let options = VerifyOptions { trusted, other: witness, ..VerifyOptions::default() };
    match read(&journal, options).await? {
        Ok(report) => files::print(&sentence(&journal, &report)),
        Err(error) => bail!("{}: {error}", journal.display()),
    }
}

/// Verifies a journal, which may be as long as its disk.
///
/// # Errors
/// The outer one: the work was lost. The inner one: the first damage.
pub(crate) async fn read(journal: &Path, options: VerifyOptions) -> anyhow::Result<Result<Report, VerifyError>> {
    let path = journal.to_owned();
    let work = tokio::task::spawn_blocking(move || kmg_audit::verify(&path, &options));
    Ok(progress::during("reading journals", work).await?)
}

/// What was found, in one line.
pub(crate) fn sentence(journal: &Path, report: &Report) -> String {
    let mut parts = vec![
        format!("{}: intact. {} records, {} checkpoints", journal.display(), report.records, report.checkpoints),
        format!("head {} {}", report.head.seq, report.head.hash),
    ];
    if report.unsealed_tail > 0 {
        parts.push(format!("{} records after the last checkpoint are chained, not signed", report.unsealed_tail));
    }
    if !report.open_intents.is_empty() {
        parts.push(format!("intents without a final outcome: {:?}", report.open_intents));
    }
    if report.other.is_some() {
        parts.push(format!("{} positions witnessed, up to record {}", report.witnessed, report.witnessed_up_to));
    }
    parts.join("; ")
}
