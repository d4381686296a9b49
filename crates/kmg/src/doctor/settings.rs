//! The settings themselves, and who answers on their ports.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::finding::{Finding, word};
use crate::settings::{self, ExecutorLink, Inspected, Settings};

/// Reads the settings file; the settings come along when every value can be read, also of a file that is refused.
pub(crate) fn check(file: &Path, environment: &BTreeMap<String, String>) -> (Vec<Finding>, Option<Settings>) {
    let inspected = match settings::inspect(file, environment) {
        Ok(inspected) => inspected,
        Err(error) => return (vec![Finding::problem("settings.file", format!("{error:#}"), UNREADABLE)], None),
    };
    let Inspected { settings, problems, only_here } = inspected;
    let repair = format!("edit {}, or the environment; `kmg config reference` says what each setting takes", word(file));
    let mut findings: Vec<Finding> = problems.iter().map(|problem| Finding::problem("settings.file", problem, &repair)).collect();
    if findings.is_empty() {
        findings.push(Finding::ok("settings.file", format!("{}: every setting is valid", file.display())));
    }
    if let Some(settings) = &settings {
        findings.push(mode(settings, &only_here));
        findings.extend(paths(settings));
    }
    (findings, settings)
}

const UNREADABLE: &str =
    "name the settings file with --config, as a user who may read it: the gateway's; `kmg config reference` prints one to begin with";

fn mode(settings: &Settings, only_here: &[String]) -> Finding {
    const ID: &str = "settings.mode";
    if settings.production {
        return Finding::ok(ID, "production");
    }
    if only_here.is_empty() {
        return Finding::warning(ID, "development, and nothing needs it", "set gateway.mode = \"production\"");
    }
    let seen = format!("development: {} settings are only safe on one's own machine", only_here.len());
    Finding::warning(
        ID,
        seen,
        format!("before others use it, set gateway.mode = \"production\" and repair what it refuses: {}", only_here.join("; ")),
    )
}

/// A path that depends on where a process was started means another file to the gateway than to this command.
fn paths(settings: &Settings) -> Option<Finding> {
    let relative: Vec<String> =
        all_paths(settings).into_iter().filter(|path| path.is_relative()).map(|path| path.display().to_string()).collect();
    let seen = format!("relative paths: {}", relative.join(", "));
    (!relative.is_empty())
        .then(|| Finding::warning("settings.paths", seen, "write them from the root on: they depend on where the gateway is started"))
}

fn all_paths(settings: &Settings) -> Vec<PathBuf> {
    let mut paths =
        vec![settings.data.clone(), settings.keys.clone(), settings.reader_kubeconfig.clone(), settings.planner_kubeconfig.clone()];
    match &settings.executor {
        ExecutorLink::Socket { path, .. } => paths.push(path.clone()),
        ExecutorLink::Child { kubeconfig, trust, keys, data } => paths.extend([kubeconfig, trust, keys, data].map(Clone::clone)),
    }
    // What is not set at all is named among the settings' problems.
    paths.retain(|path| !path.as_os_str().is_empty());
    paths
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::super::specimen::{Specimen, one, unwell};
    use super::*;

    fn found(specimen: &Specimen, environment: &[(&str, &str)]) -> (Vec<Finding>, Option<Settings>) {
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        check(&specimen.path("gateway.toml"), &environment)
    }

    #[test]
    fn every_problem_is_a_finding_of_its_own() {
        let specimen = Specimen::new();
        let (findings, settings) = found(&specimen, &[("KMG_WEB_SESION", "1"), ("KMG_MCP_URL", "http://127.0.0.1:3001/x")]);
        assert_eq!(unwell(&findings), ["settings.file", "settings.file", "settings.mode"]);
        assert!(settings.is_some(), "the rest can still be looked at");
        let (findings, settings) = found(&specimen, &[("KMG_GATEWAY_MODE", "both")]);
        assert_eq!(one(&findings, "settings.file").status, Status::Problem);
        assert!(settings.is_none());
        let (findings, settings) = check(&specimen.path("not-there.toml"), &BTreeMap::new());
        assert_eq!((unwell(&findings), settings.is_none()), (vec!["settings.file"], true));
    }

    #[test]
    fn what_is_only_safe_here_and_what_depends_on_the_place_are_warnings() {
        let specimen = Specimen::new();
        let (findings, _) = found(&specimen, &[("KMG_GATEWAY_DATA", "data")]);
        assert_eq!(one(&findings, "settings.file").status, Status::Ok);
        let mode = one(&findings, "settings.mode");
        assert_eq!(mode.status, Status::Warning);
        assert!(mode.remedy.as_ref().unwrap().contains("executor.link: stdio"), "{mode:?}");
        assert_eq!(one(&findings, "settings.paths").seen, "relative paths: data");
    }
}
