//! The machine the numbers are from, and what else it did.

use std::path::Path;
use std::process::Command;

/// What a reader needs to judge the numbers.
#[derive(Debug)]
pub struct Machine {
    /// When, in UTC.
    pub date: String,
    /// The commit, with a mark where the tree was changed.
    pub commit: String,
    /// The processor's name.
    pub cpu: String,
    /// How many of its threads may be used.
    pub cores: usize,
    /// Memory in GiB.
    pub memory: u64,
    /// The kernel's release.
    pub kernel: String,
    /// The file system that durable writes went to.
    pub file_system: String,
    /// The load averages of 1, 5 and 15 minutes before the run.
    pub load_before: String,
    /// The same after it.
    pub load_after: String,
}

impl Machine {
    /// Looks at the machine before a run whose files go to `folder`.
    pub fn look(folder: &Path) -> Self {
        Self {
            date: jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
            commit: commit().unwrap_or_else(|| "unknown".to_owned()),
            cpu: named(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory: named(&read("/proc/meminfo"), "MemTotal").and_then(|text| kib(&text)).unwrap_or(0).div_ceil(1 << 20),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            file_system: file_system(&read("/proc/self/mountinfo"), folder).unwrap_or_else(|| "unknown".to_owned()),
            load_before: load(),
            load_after: String::new(),
        }
    }

    /// Looks at the load once more.
    #[must_use]
    pub fn after(self) -> Self {
        Self { load_after: load(), ..self }
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn load() -> String {
    read("/proc/loadavg").split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

/// The value of the first line `name : value`.
fn named(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn kib(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

/// The type of the file system that holds `folder`, by the longest mount point above it (`proc_pid_mountinfo(5)`).
fn file_system(mounts: &str, folder: &Path) -> Option<String> {
    let mount = |line: &str| {
        let (left, right) = line.split_once(" - ")?;
        let point = left.split(' ').nth(4)?.to_owned();
        folder.starts_with(&point).then(|| (point.len(), right.split(' ').next().unwrap_or_default().to_owned()))
    };
    mounts.lines().filter_map(mount).max_by_key(|(length, _)| *length).map(|(_, kind)| kind)
}

fn commit() -> Option<String> {
    let git = |words: &[&str]| {
        let out = Command::new("git").args(words).output().ok().filter(|out| out.status.success())?;
        Some(String::from_utf8_lossy(&out.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    // The report itself may be about to change.
    let changed = git(&["status", "--porcelain", "--", ".", ":!docs/benchmarks.md"])?;
    Some(if changed.is_empty() { commit } else { format!("{commit} with changes") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_mount_counts() {
        let mounts = "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n30 22 0:25 / /tmp rw shared:2 - tmpfs tmpfs rw\n";
        assert_eq!(file_system(mounts, Path::new("/tmp/x")).as_deref(), Some("tmpfs"));
        assert_eq!(file_system(mounts, Path::new("/tmpx")).as_deref(), Some("ext4"));
    }

    #[test]
    fn names_are_read_up_to_the_colon() {
        assert_eq!(named("model : 5\nmodel name\t: Fast CPU\n", "model name").as_deref(), Some("Fast CPU"));
        assert_eq!(kib("24000000 kB"), Some(24_000_000));
    }
}
