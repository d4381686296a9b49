//! Installing what the suites need: Debian packages, a Python environment, Node modules. Cached by content hash.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use sha2::{Digest as _, Sha256};

/// What the suites are told about the parts, as environment variables.
pub struct Parts {
    /// Names and values.
    pub environment: BTreeMap<String, PathBuf>,
}

/// Programs the suites use, and the Debian package that brings each.
const PROGRAMS: &[(&str, &str)] = &[
    ("chromium", "chromium"),
    ("runc", "runc"),
    ("iptables", "iptables"),
    ("conntrack", "conntrack"),
    ("socat", "socat"),
    ("busybox", "busybox-static"),
    ("tmux", "tmux"),
];
const FILES: &[(&str, &str)] =
    &[("/usr/lib/cni/ptp", "containernetworking-plugins"), ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "fonts-dejavu-core")];

/// The workspace's root folder.
pub fn root() -> anyhow::Result<PathBuf> {
    Ok(cargo_metadata::MetadataCommand::new().no_deps().exec()?.workspace_root.into_std_path_buf())
}

/// Where things that are slow to make are kept between runs.
pub fn cache() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os("KMG_CACHE") {
        return Ok(path.into());
    }
    let home = std::env::var_os("HOME").context("neither KMG_CACHE nor HOME is set")?;
    Ok(PathBuf::from(home).join(".cache/kmg"))
}

/// Installs what is missing. A part that cannot be had is left out with a word: the cases that need it are
/// counted as skipped.
pub fn parts(root: &Path) -> Parts {
    let mut environment = BTreeMap::new();
    if let Err(error) = debian() {
        eprintln!("Debian packages: {error:#}");
    }
    let tests = root.join("tests");
    match python(&tests) {
        Ok(path) => drop(environment.insert("KMG_TEST_PYTHON".to_owned(), path)),
        Err(error) => eprintln!("Python environment: {error:#}"),
    }
    for (folder, variable) in [("node", "KMG_TEST_NODE_MODULES"), ("clients", "KMG_TEST_CLIENTS")] {
        match npm(&tests, folder) {
            Ok(path) => drop(environment.insert(variable.to_owned(), path)),
            Err(error) => eprintln!("npm packages of tests/{folder}: {error:#}"),
        }
    }
    match on_path("chromium") {
        Some(path) => drop(environment.insert("KMG_TEST_CHROMIUM".to_owned(), path)),
        None => eprintln!("Chromium is not installed"),
    }
    Parts { environment }
}

fn debian() -> anyhow::Result<()> {
    let programs = PROGRAMS.iter().filter(|(program, _)| on_path(program).is_none()).map(|(_, package)| *package);
    let files = FILES.iter().filter(|(file, _)| !Path::new(file).exists()).map(|(_, package)| *package);
    let missing: Vec<&str> = programs.chain(files).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("installing {}", missing.join(" "));
    run(Command::new("apt-get").args(["-qq", "update"]))?;
    run(Command::new("apt-get")
        .args(["-qq", "install", "-y", "--no-install-recommends"])
        .args(missing)
        .env("DEBIAN_FRONTEND", "noninteractive"))
}

fn python(tests: &Path) -> anyhow::Result<PathBuf> {
    let requirements = tests.join("python/requirements.txt");
    let folder = cache()?.join("python").join(hash(&[&requirements])?);
    let interpreter = folder.join("bin/python");
    if !folder.join("complete").exists() {
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        run(Command::new(&interpreter).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&requirements))?;
        std::fs::write(folder.join("complete"), "")?;
    }
    Ok(interpreter)
}

/// The `node_modules` of `tests/NAME`.
fn npm(tests: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let (manifest, lock) = (tests.join(name).join("package.json"), tests.join(name).join("package-lock.json"));
    let folder = cache()?.join(name).join(hash(&[&manifest, &lock])?);
    if !folder.join("complete").exists() {
        std::fs::create_dir_all(&folder)?;
        for file in [&manifest, &lock] {
            std::fs::copy(file, folder.join(file.file_name().context("a file name")?))?;
        }
        run(Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]).current_dir(&folder))?;
        std::fs::write(folder.join("complete"), "")?;
    }
    Ok(folder.join("node_modules"))
}

fn hash(files: &[&Path]) -> anyhow::Result<String> {
    let mut hasher = Sha256::new();
    for file in files {
        hasher.update(std::fs::read(file).with_context(|| file.display().to_string())?);
    }
    let digits = hasher.finalize();
    Ok(digits.iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}
