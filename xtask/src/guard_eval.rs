//! `cargo xtask guard-eval`: how well the guard does on the development corpora, and how fast it is.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

const USAGE: &str = "usage: cargo xtask guard-eval [--quick] [--record] [--corpora DIR]";
/// What stands between them in `docs/benchmarks.md` is written here; kmg-bench leaves it as it is.
const BEGIN: &str = "<!-- guard-eval: begin -->";
const END: &str = "<!-- guard-eval: end -->";

/// Measures and prints; `--record` writes the tables to `docs/benchmarks.md`, `--quick` trains no model, and the
/// corpora are looked for beside the workspace unless `--corpora` says where they are.
pub fn run(args: &[String]) -> anyhow::Result<()> {
    let metadata = cargo_metadata::MetadataCommand::new().no_deps().exec()?;
    let (root, target) = (metadata.workspace_root.as_std_path(), metadata.target_directory.as_std_path());
    let mut corpora = root.join("../shared/corpora");
    let (mut quick, mut record) = (false, false);
    let mut rest = args.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "--quick" => quick = true,
            "--record" => record = true,
            "--corpora" => corpora = PathBuf::from(rest.next().context(USAGE)?),
            _ => anyhow::bail!(USAGE),
        }
    }
    ensure!(!(quick && record), "what --quick measures is not recorded: it leaves columns out");
    for file in ["dev.jsonl.gz", "k8s_secrets.jsonl"] {
        let path = corpora.join(file);
        ensure!(path.is_file(), "the corpora are not there: {} is no file; --corpora says where they are", path.display());
    }
    let built = Command::new("cargo").args(["build", "--release", "-p", "kmg-guard-train"]).current_dir(root).status()?;
    ensure!(built.success(), "cargo build failed");
    let mut command = Command::new(target.join("release/kmg-guard-eval"));
    command.arg("--corpora").arg(&corpora).args(quick.then_some("--quick")).stderr(Stdio::inherit());
    let output = command.output().context("the evaluation did not start")?;
    ensure!(output.status.success(), "the evaluation failed");
    let tables = String::from_utf8(output.stdout)?;
    print!("{tables}");
    if record {
        let path = root.join("docs/benchmarks.md");
        let report = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        std::fs::write(&path, with_part(&report, &format!("{}\n\n{}", measured(root)?, tables.trim())))?;
    }
    Ok(())
}

/// When, on what commit and on what processor.
fn measured(root: &Path) -> anyhow::Result<String> {
    let said = |program: &str, args: &[&str]| -> anyhow::Result<String> {
        let output = Command::new(program).args(args).current_dir(root).output().with_context(|| program.to_owned())?;
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    };
    let commit = said("git", &["rev-parse", "--short=12", "HEAD"])?;
    let changed = said("git", &["status", "--porcelain", "--untracked-files=no"])?;
    let date = said("date", &["-u", "+%Y-%m-%d %H:%M UTC"])?;
    let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    Ok(format!(
        "Written by `cargo xtask guard-eval --record`. Commit {commit}{}, {date}, {}.",
        if changed.is_empty() { "" } else { " with changes" },
        name.map_or("unknown processor", |(_, name)| name),
    ))
}

/// `report` with `part` between the markers, or with both behind everything.
fn with_part(report: &str, part: &str) -> String {
    let part = format!("{BEGIN}\n## Guardrails\n\n{part}\n{END}");
    let around = report.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    match around {
        Some((before, behind)) => format!("{before}{part}{behind}"),
        None => format!("{}\n\n{part}\n", report.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_is_added_once_and_then_replaced() {
        let first = with_part("# Benchmarks\n\nwords\n", "old");
        assert_eq!(first, format!("# Benchmarks\n\nwords\n\n{BEGIN}\n## Guardrails\n\nold\n{END}\n"));
        assert_eq!(with_part(&first, "new"), first.replace("old", "new"));
    }
}
