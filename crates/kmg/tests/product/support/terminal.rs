//! A real terminal: tmux, on a socket of its own.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use kmg_testkit::lane;

use super::process::Process;

/// Wider than the account, so that a line that is too long shows.
const SIZE: [&str; 4] = ["-x", "100", "-y", "40"];
const PATIENCE: Duration = Duration::from_mins(3);
const PAUSE: Duration = Duration::from_millis(100);

/// A terminal with one program in it. Program and terminal are stopped by their process ids when this is dropped.
pub(crate) struct Terminal {
    folder: tempfile::TempDir,
}

impl Terminal {
    /// Whether there is tmux, or false after the skip was counted.
    pub(crate) fn available(case: &str) -> bool {
        match Process::command("tmux").arg("-V").output() {
            Ok(_) => lane::ran("terminal", case),
            Err(error) => {
                lane::skip("terminal", case, &format!("tmux cannot be started: {error}"));
                return false;
            }
        }
        true
    }

    /// Starts `program` with `words`.
    pub(crate) fn start(program: &str, words: &[OsString]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // What a dead program left stays on the screen, and its exit status can be asked for.
        std::fs::write(folder.path().join("tmux.conf"), "set -g remain-on-exit on\nset -g history-limit 10000\n").unwrap();
        let terminal = Self { folder };
        let mut all: Vec<OsString> = ["new-session", "-d"].into_iter().chain(SIZE).map(OsString::from).collect();
        all.extend(["--".into(), program.into()]);
        all.extend_from_slice(words);
        terminal.tmux(&all);
        terminal
    }

    /// Everything that was printed, lines that the terminal broke joined again.
    pub(crate) fn screen(&self) -> String {
        self.capture(&[])
    }

    /// The same with its colours.
    pub(crate) fn coloured(&self) -> String {
        self.capture(&["-e"])
    }

    /// Waits until `find` finds something on the screen.
    pub(crate) fn wait_for<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            let screen = self.screen();
            if let Some(found) = find(&screen) {
                return found;
            }
            assert!(began.elapsed() < PATIENCE && self.exit_status().is_none(), "no {what}:\n{screen}");
            std::thread::sleep(PAUSE);
        }
    }

    /// Waits until the program ended; its exit status.
    pub(crate) fn ended(&self) -> i32 {
        let began = Instant::now();
        loop {
            if let Some(status) = self.exit_status() {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it did not end:\n{}", self.screen());
            std::thread::sleep(PAUSE);
        }
    }

    fn exit_status(&self) -> Option<i32> {
        let said = self.says("#{pane_dead} #{pane_dead_status}");
        let (dead, status) = said.split_once(' ')?;
        (dead == "1").then(|| status.parse().unwrap_or(-1))
    }

    fn capture(&self, more: &[&str]) -> String {
        let words: Vec<OsString> = ["capture-pane", "-p", "-J", "-S", "-"].iter().chain(more).map(OsString::from).collect();
        let lines: Vec<String> = self.tmux(&words).lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n").trim_end().to_owned()
    }

    fn says(&self, format: &str) -> String {
        self.tmux(&["display-message".into(), "-p".into(), format.into()]).trim().to_owned()
    }

    fn tmux(&self, words: &[OsString]) -> String {
        let file = |name: &str| -> PathBuf { self.folder.path().join(name) };
        let mut command = Process::command("tmux");
        command.arg("-u").arg("-S").arg(file("socket")).arg("-f").arg(file("tmux.conf")).args(words);
        command.env("LC_ALL", "C.UTF-8").env_remove("TMUX").env_remove("NO_COLOR");
        let out = command.output().unwrap();
        assert!(out.status.success(), "tmux {words:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    fn stop(&self, pid: &str) {
        if let Some(pid) = self.says(pid).parse().ok().and_then(rustix::process::Pid::from_raw) {
            let _gone_already = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A test that failed half-way: the program stops what it started before its terminal goes.
        if self.exit_status().is_none() {
            self.stop("#{pane_pid}");
            let began = Instant::now();
            while self.exit_status().is_none() && began.elapsed() < PATIENCE {
                std::thread::sleep(PAUSE);
            }
        }
        self.stop("#{pid}");
    }
}
