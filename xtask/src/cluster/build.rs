//! Builds the cluster's programs once per content of `tests/cluster`.

use super::host_command;
use anyhow::{Context, ensure};
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The program that is the whole cluster.
pub(super) const PROGRAM: &str = "kmg-testcluster";

/// What the Kubernetes parts call themselves; the same version as in `tests/cluster/go.mod`.
const VERSION_FLAGS: &str = "-s -w \
    -X k8s.io/component-base/version.gitVersion=v1.36.3 \
    -X k8s.io/component-base/version.gitMajor=1 \
    -X k8s.io/component-base/version.gitMinor=36";

/// One `go build`: folder, package, and flags of its own.
const STEPS: [(&str, &str, &[&str]); 3] = [
    ("", ".", &["-ldflags", VERSION_FLAGS]),
    ("tools/containerd", "tool", &["-ldflags", "-s -w", "-tags", "no_btrfs,no_zfs,no_devmapper,no_aufs"]),
    ("tools/kwok", "tool", &["-ldflags", "-s -w"]),
];

/// Why no cluster can be built here, or `None`.
#[must_use]
pub fn unavailable() -> Option<String> {
    go_version().err().map(|error| format!("{error:#}"))
}

/// Returns the folder with all programs, building them if this content was never built.
pub fn build() -> anyhow::Result<PathBuf> {
    let source = source_dir();
    let cache = cache_dir()?;
    let finished = cache.join(content_hash(&source)?);
    let bin = finished.join("bin");
    if bin.is_dir() {
        return Ok(bin);
    }
    fs::create_dir_all(&cache)?;
    let lock = File::create(cache.join("lock"))?;
    lock.lock().context("wait for another build")?;
    if bin.is_dir() {
        return Ok(bin);
    }
    eprintln!("cluster: building Kubernetes from source; this takes minutes, once");
    let unfinished = cache.join(format!("unfinished-{}", std::process::id()));
    let unfinished_bin = unfinished.join("bin");
    fs::create_dir_all(&unfinished_bin)?;
    let built = build_all(&source, &unfinished_bin).and_then(|()| fs::rename(&unfinished, &finished).context("publish the built programs"));
    if built.is_err() {
        fs::remove_dir_all(&unfinished).ok();
    }
    built.map(|()| bin)
}

/// The programs for the present content if they are built, else the latest ones built.
pub(super) fn newest_built() -> Option<PathBuf> {
    let cache = cache_dir().ok()?;
    if let Ok(hash) = content_hash(&source_dir()) {
        let bin = cache.join(hash).join("bin");
        if bin.is_dir() {
            return Some(bin);
        }
    }
    let entries = fs::read_dir(cache).ok()?.filter_map(Result::ok);
    entries
        .map(|entry| entry.path().join("bin"))
        .filter(|bin| bin.join(PROGRAM).is_file())
        .max_by_key(|bin| bin.metadata().and_then(|data| data.modified()).ok())
}

fn build_all(source: &Path, bin: &Path) -> anyhow::Result<()> {
    for (folder, package, flags) in STEPS {
        let status = host_command(Path::new("go"))
            .current_dir(source.join(folder))
            .args(["build", "-trimpath", "-buildvcs=false", "-mod=readonly"])
            .args(flags)
            .arg("-o")
            .arg(bin.join(""))
            .arg(package)
            .status()
            .context("start go")?;
        ensure!(status.success(), "go build in tests/cluster/{folder} failed: {status}");
    }
    Ok(())
}

fn source_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cluster")
}

fn cache_dir() -> anyhow::Result<PathBuf> {
    let base = match std::env::var_os("KMG_CACHE") {
        Some(dir) => PathBuf::from(dir),
        None => PathBuf::from(std::env::var_os("HOME").context("neither KMG_CACHE nor HOME is set")?).join(".cache/kmg"),
    };
    Ok(base.join("cluster"))
}

/// Covers everything a build depends on: sources, pinned modules, flags and the toolchain.
fn content_hash(source: &Path) -> anyhow::Result<String> {
    let mut files = Vec::new();
    collect(source, &mut files)?;
    files.sort();
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    add(&go_version()?);
    add(format!("{STEPS:?}").as_bytes());
    for file in files {
        add(file.strip_prefix(source)?.as_os_str().as_encoded_bytes());
        add(&fs::read(&file)?);
    }
    Ok(hash.finalize().iter().take(16).fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let extension = path.extension().and_then(OsStr::to_str);
        if path.is_dir() {
            collect(&path, files)?;
        } else if matches!(extension, Some("go" | "mod" | "sum" | "yaml")) {
            files.push(path);
        }
    }
    Ok(())
}

fn go_version() -> anyhow::Result<Vec<u8>> {
    let output = host_command(Path::new("go")).arg("version").output().context("Go is not installed")?;
    ensure!(output.status.success(), "go version failed: {}", output.status);
    Ok(output.stdout)
}
