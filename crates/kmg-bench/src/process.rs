//! Processes: started, watched through `/proc`, and ended by their ids.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// How long a process may take to say its first line.
const FIRST_LINE: Duration = Duration::from_mins(2);
/// How long a process may take to end.
const END: Duration = Duration::from_secs(20);

/// A process of ours; killed when dropped.
pub struct Process {
    name: String,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts `kmg` with `words`; its log goes to the file `log`.
    pub fn start(kmg: &Path, words: &[&str], environment: &[(&str, &str)], log: &Path) -> anyhow::Result<Self> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let mut child = Command::new(kmg)
            .args(words)
            .env("RUST_LOG", "warn")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| kmg.display().to_string())?;
        let lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        Ok(Self { name: words.first().copied().unwrap_or_default().to_owned(), child, lines })
    }

    /// Its first line.
    pub async fn first_line(&mut self) -> anyhow::Result<String> {
        let line = tokio::time::timeout(FIRST_LINE, self.lines.next_line()).await.with_context(|| format!("{} is silent", self.name))?;
        line?.with_context(|| format!("{} ended before it was ready; see its log", self.name))
    }

    /// Its process id.
    pub fn id(&self) -> anyhow::Result<u32> {
        self.child.id().with_context(|| format!("{} has ended", self.name))
    }

    /// Asks it to end and waits.
    pub async fn end(mut self) -> anyhow::Result<()> {
        let id = self.id()?;
        let pid = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw).context("no process id")?;
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        match tokio::time::timeout(END, self.child.wait()).await {
            Ok(status) => ensure!(status?.success(), "{} did not end in order; see its log", self.name),
            Err(_) => bail!("{} did not end", self.name),
        }
        Ok(())
    }
}

/// A part whose CPU time is watched: one process or several.
#[derive(Clone, Debug)]
pub struct Watched {
    /// What it is.
    pub name: &'static str,
    /// Its processes.
    pub pids: Vec<u32>,
}

impl Watched {
    /// User and system time so far, ended threads included. A process that has gone counts nothing.
    pub fn cpu(&self) -> Duration {
        let ticks: u64 = self.pids.iter().filter_map(|pid| cpu_ticks(&read(*pid, "stat"))).sum();
        Duration::from_millis(ticks * 1_000 / rustix::param::clock_ticks_per_second().max(1))
    }

    /// The proportional set size now, in KiB.
    pub fn pss(&self) -> u64 {
        self.pids.iter().filter_map(|pid| pss(&read(*pid, "smaps_rollup"))).sum()
    }
}

/// The children of `pid` by the word after the program's name: `server`, `executor`.
pub fn child(pid: u32, word: &str) -> anyhow::Result<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task"))?;
    let children = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok());
    let ids: Vec<u32> = children.flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()).collect();
    let found = ids.into_iter().find(|id| read(*id, "cmdline").split('\0').nth(1) == Some(word));
    found.with_context(|| format!("process {pid} has no child `{word}`"))
}

fn read(pid: u32, file: &str) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default()
}

/// Fields 14 and 15 of `proc_pid_stat(5)`. The name in field 2 may hold spaces and brackets.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

/// The line `Pss:` of `proc_pid_smaps_rollup(5)`, in KiB.
fn pss(rollup: &str) -> Option<u64> {
    rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_found_behind_any_name() {
        let stat = "42 (a) b) c) S 1 42 42 0 -1 4194560 9 0 0 0 250 31 0 0 20 0 8 0 100 1 2";
        assert_eq!(cpu_ticks(stat), Some(281));
        assert_eq!(cpu_ticks(""), None);
    }

    #[test]
    fn pss_is_not_mistaken_for_its_parts() {
        let rollup = "5500-7ffd ---p 00000000 00:00 0 [rollup]\nRss:  9000 kB\nPss_Anon: 1 kB\nPss:      7321 kB\nPss_Dirty: 2 kB\n";
        assert_eq!(pss(rollup), Some(7321));
        assert_eq!(pss("Rss: 1 kB\n"), None);
    }

    #[test]
    fn this_very_process_uses_cpu_and_memory() {
        let own = Watched { name: "own", pids: vec![std::process::id()] };
        assert!(own.pss() > 0);
        let gone = Watched { name: "gone", pids: vec![u32::MAX] };
        assert_eq!((gone.pss(), gone.cpu()), (0, Duration::ZERO));
    }
}
