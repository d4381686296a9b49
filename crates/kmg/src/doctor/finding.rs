//! What a check found, and all findings as one report.

use kmg_core::untrusted::Quoted;
use kmg_core::visible::Visible;
use serde::Serialize;

/// The longest text of a finding, in bytes. Paths, and what a server or provider said, stand in it.
const MAX_TEXT: usize = 2_000;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    /// As it should be.
    Ok,
    /// It could not be looked at; `seen` says why.
    NotChecked,
    /// It works now and may not for long, or not for others.
    Warning,
    /// It does not work, or it is not safe.
    Problem,
}

/// One check. The texts are visible ones: no character in them acts on a terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// Which check; stable.
    pub(crate) id: &'static str,
    /// Of what, where the same check is made of several things.
    pub(crate) about: Option<String>,
    pub(crate) status: Status,
    pub(crate) seen: String,
    /// What to do about a warning or a problem.
    #[serde(rename = "do")]
    pub(crate) remedy: Option<String>,
}

impl Finding {
    pub(crate) fn ok(id: &'static str, seen: impl AsRef<str>) -> Self {
        Self { id, about: None, status: Status::Ok, seen: visible(seen.as_ref()), remedy: None }
    }

    pub(crate) fn warning(id: &'static str, seen: impl AsRef<str>, remedy: impl AsRef<str>) -> Self {
        Self { status: Status::Warning, remedy: Some(visible(remedy.as_ref())), ..Self::ok(id, seen) }
    }

    pub(crate) fn problem(id: &'static str, seen: impl AsRef<str>, remedy: impl AsRef<str>) -> Self {
        Self { status: Status::Problem, ..Self::warning(id, seen, remedy) }
    }

    pub(crate) fn not_checked(id: &'static str, why: impl AsRef<str>) -> Self {
        Self { status: Status::NotChecked, ..Self::ok(id, why) }
    }

    /// The same finding, of `thing`.
    #[must_use]
    pub(crate) fn about(self, thing: impl AsRef<str>) -> Self {
        Self { about: Some(visible(thing.as_ref())), ..self }
    }
}

fn visible(text: &str) -> String {
    Visible::line(Quoted::new(text, MAX_TEXT).for_escaping()).to_string()
}

/// A path or an address as one word of a shell's command line.
pub(crate) fn word(text: impl AsRef<std::ffi::OsStr>) -> String {
    let text = text.as_ref().to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text.into_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Everything that was looked at.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The version of this shape.
    format: u32,
    version: &'static str,
    config: String,
    /// The worst of the findings: what was not checked is neither good nor bad.
    result: Status,
    counts: Counts,
    pub(crate) checks: Vec<Finding>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    ok: usize,
    warnings: usize,
    problems: usize,
    not_checked: usize,
}

impl Report {
    pub(crate) fn new(config: &std::path::Path, checks: Vec<Finding>) -> Self {
        let count = |status| checks.iter().filter(|finding| finding.status == status).count();
        let counts = Counts {
            ok: count(Status::Ok),
            warnings: count(Status::Warning),
            problems: count(Status::Problem),
            not_checked: count(Status::NotChecked),
        };
        let statuses = checks.iter().map(|finding| finding.status).filter(|status| *status != Status::NotChecked);
        let result = statuses.max().unwrap_or(Status::Ok);
        Self { format: 1, version: env!("CARGO_PKG_VERSION"), config: visible(&config.to_string_lossy()), result, counts, checks }
    }

    /// Whether nothing but warnings was found.
    pub(crate) fn is_well(&self) -> bool {
        self.result != Status::Problem
    }

    /// The report for a person: a line for each check, and under a finding what to do.
    pub(crate) fn text(&self, colour: bool) -> String {
        let width = self.checks.iter().map(|finding| finding.id.len()).max().unwrap_or_default();
        let mut lines = Vec::new();
        for Finding { id, about, status, seen, remedy } in &self.checks {
            let about = about.as_ref().map(|about| format!("{about}: ")).unwrap_or_default();
            lines.push(format!("{}  {id:width$}  {about}{seen}", status.word(colour)));
            lines.extend(remedy.as_ref().map(|remedy| format!("      do: {remedy}")));
        }
        let Counts { ok, warnings, problems, not_checked } = self.counts;
        lines.push(format!("\n{ok} ok, {warnings} warnings, {problems} problems, {not_checked} not checked"));
        lines.join("\n")
    }

    /// The report for a program.
    pub(crate) fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(self)?)
    }
}

impl Status {
    /// Four characters, in colour by ECMA-48 where that is wanted.
    fn word(self, colour: bool) -> String {
        let (word, code) = match self {
            Self::Ok => ("ok  ", 32),
            Self::NotChecked => ("-   ", 2),
            Self::Warning => ("warn", 33),
            Self::Problem => ("FAIL", 31),
        };
        if colour { format!("\x1b[{code}m{word}\x1b[0m") } else { word.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn report() -> Report {
        let checks = vec![
            Finding::ok("files.data", "fine").about("/d\u{1b}[2J"),
            Finding::not_checked("trust.file", "it is another user's"),
            Finding::warning("settings.mode", "development", "use production"),
        ];
        Report::new(Path::new("/etc/kmg.toml"), checks)
    }

    #[test]
    fn a_line_for_each_check_and_what_to_do_below_it() {
        let expected = "ok    files.data     /d\\u{1b}[2J: fine\n\
                        -     trust.file     it is another user's\n\
                        warn  settings.mode  development\n      do: use production\n\n\
                        1 ok, 1 warnings, 0 problems, 1 not checked";
        assert_eq!(report().text(false), expected);
        assert!(report().text(true).contains("\u{1b}[33mwarn\u{1b}[0m  settings.mode"));
    }

    #[test]
    fn the_shape_for_programs_is_stable() {
        let shape: serde_json::Value = serde_json::from_str(&report().json().unwrap()).unwrap();
        let version = env!("CARGO_PKG_VERSION");
        let expected = serde_json::json!({
            "format": 1, "version": version, "config": "/etc/kmg.toml", "result": "warning",
            "counts": {"ok": 1, "warnings": 1, "problems": 0, "notChecked": 1},
            "checks": [
                {"id": "files.data", "about": "/d\\u{1b}[2J", "status": "ok", "seen": "fine", "do": null},
                {"id": "trust.file", "about": null, "status": "not-checked", "seen": "it is another user's", "do": null},
                {"id": "settings.mode", "about": null, "status": "warning", "seen": "development", "do": "use production"},
            ]
        });
        assert_eq!(shape, expected);
    }

    #[test]
    fn only_a_problem_makes_the_whole_unwell() {
        assert!(report().is_well());
        assert!(!Report::new(Path::new("x"), vec![Finding::problem("a", "b", "c"), Finding::ok("d", "e")]).is_well());
        assert!(Report::new(Path::new("x"), vec![Finding::not_checked("a", "b")]).is_well());
    }

    #[test]
    fn a_path_cannot_become_another_command() {
        assert_eq!(word("/etc/kmg/approval.key"), "/etc/kmg/approval.key");
        assert_eq!(word("/a b;rm '$x'"), r"'/a b;rm '\''$x'\'''");
        assert_eq!(word(""), "''");
    }
}
