//! `kmg doctor`: looks at everything a gateway stands on, and says what to do about each thing found.

mod clock;
mod cluster;
mod files;
mod finding;
mod journals;
mod links;
mod listen;
mod place;
mod provider;
mod settings;
#[cfg(test)]
mod specimen;
mod trust;

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::ExitCode;

use kmg_core::clock::Clock;

use crate::cli::DoctorArgs;
use crate::{files as output, progress, wire};
use finding::{Finding, Report};

/// Runs every check that can be made, and prints what was found.
///
/// # Errors
/// The report cannot be written; what was found is never an error.
pub(crate) async fn run(args: &DoctorArgs) -> anyhow::Result<ExitCode> {
    let checks = examine(&args.config).await?;
    let report = Report::new(&args.config, checks);
    let text = if args.json { report.json()? } else { report.text(std::io::stdout().is_terminal() && !no_colour()) };
    output::print(&text)?;
    Ok(if report.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// <https://no-color.org>: set and not empty.
#[expect(clippy::disallowed_methods, reason = "whether colour is wanted is the environment's to say")]
fn no_colour() -> bool {
    std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty())
}

async fn examine(config: &Path) -> anyhow::Result<Vec<Finding>> {
    let (mut findings, settings) = settings::check(config, &wire::environment());
    let Some(settings) = settings else {
        let rest = ["listen", "files", "cluster", "trust", "provider", "journal", "link"];
        findings.extend(rest.map(|part| Finding::not_checked(part, "the settings cannot be read")));
        return Ok(findings);
    };
    let clock = Clock::system();
    let http = kmg_jwt::http_client()?;
    let (found, gateway) = listen::check(&settings).await;
    findings.extend(found);
    findings.extend(files::check(config, &settings));
    let (found, cluster_id) = progress::during("asking the cluster", Box::pin(cluster::check(&settings, &clock))).await;
    findings.extend(found);
    findings.extend(trust::check(&settings, cluster_id.as_deref(), clock.now()));
    findings.extend(progress::during("asking the identity provider", provider::check(&settings.identity.issuer, &http, &clock)).await);
    findings.extend(journals::check(&settings).await?);
    findings.extend(progress::during("asking the processes", links::check(config, &settings, gateway)).await);
    Ok(findings)
}
