//! The rules of ARCHITECTURE.md that a compiler does not check.

mod layers;
mod sizes;
mod words;

use std::path::Path;

/// Checks every rule and reports every breach at once.
pub fn run() -> anyhow::Result<()> {
    let metadata = cargo_metadata::MetadataCommand::new().exec()?;
    let root = metadata.workspace_root.clone().into_std_path_buf();
    let mut breaches = layers::check(&metadata)?;
    breaches.extend(sizes::check(&root)?);
    breaches.extend(words::check(&root)?);
    if breaches.is_empty() {
        println!("tidy: layers, bans and sizes hold");
        return Ok(());
    }
    for breach in &breaches {
        eprintln!("tidy: {breach}");
    }
    anyhow::bail!("tidy: {} breaches", breaches.len())
}

/// Every tracked or new file below `root` that git does not ignore and whose name ends in `ending`.
fn files(root: &Path, ending: &str) -> anyhow::Result<Vec<String>> {
    let listed =
        std::process::Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root).output()?;
    anyhow::ensure!(listed.status.success(), "git ls-files failed");
    let text = String::from_utf8(listed.stdout)?;
    Ok(text.lines().filter(|line| line.ends_with(ending) && root.join(line).is_file()).map(str::to_owned).collect())
}
