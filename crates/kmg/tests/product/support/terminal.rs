//! A real terminal: tmux, on a socket of its own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kmg_testkit::lane;

use super::process::Process;

/// Wider than the account, so that a line that is too long shows.
const SIZE: [&str; 4] = ["-x", "100", "-y", "40"];
/// The first thing awaited may be a build.
const PATIENCE: Duration = Duration::from_mins(15);
const PAUSE: Duration = Duration::from_millis(100);

/// How long a program that is left may take to end.
const LEAVE: Duration = Duration::from_secs(30);
/// Behind the command's last line its exit status is shown: tmux may miss that its child ended, and what the terminal has
/// not shown yet is not over. The trap keeps this shell, not the command, from ending by Ctrl-C; `exec` leaves no other
/// shell between them.
const SHELL: &str = "trap : INT; sh -c \"exec $1\"; printf '\n[exit status %s]\n' $?";

/// A terminal with one command in it. When this is dropped the command is interrupted, and the terminal stopped by its
/// process id.
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

    /// Runs `command`, as a person would type it, in `place`.
    pub(crate) fn start(place: &Path, command: &str) -> Self {
        Self::start_with(place, command, &[])
    }

    /// The same with more in its environment.
    pub(crate) fn start_with(place: &Path, command: &str, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // What a program left stays on the screen.
        std::fs::write(folder.path().join("tmux.conf"), "set -g remain-on-exit on\nset -g history-limit 10000\n").unwrap();
        let terminal = Self { folder };
        let mut words: Vec<OsString> = ["new-session", "-d"].into_iter().chain(SIZE).map(OsString::from).collect();
        words.extend(["-c".into(), place.into(), "--".into(), "env".into()]);
        // tmux would give its own PATH to the program, whatever it is told.
        words.extend(environment.iter().map(|(name, value)| OsString::from(format!("{name}={value}"))));
        words.extend(["sh", "-c", SHELL, "sh", command].map(OsString::from));
        terminal.tmux(&words);
        terminal
    }

    /// Presses a key, such as `C-c`.
    pub(crate) fn press(&self, key: &str) {
        self.tmux(&["send-keys".into(), key.into()]);
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
            assert!(began.elapsed() < PATIENCE && exit_status(&screen).is_none(), "no {what}:\n{screen}");
            std::thread::sleep(PAUSE);
        }
    }

    /// Waits until the command ended; its exit status.
    pub(crate) fn ended(&self) -> i32 {
        self.wait_for("end", exit_status)
    }

    fn capture(&self, more: &[&str]) -> String {
        let words: Vec<OsString> = ["capture-pane", "-p", "-J", "-S", "-"].iter().chain(more).map(OsString::from).collect();
        let lines: Vec<String> = self.tmux(&words).lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n").trim_end().to_owned()
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
}

fn exit_status(screen: &str) -> Option<i32> {
    screen.lines().find_map(|line| line.strip_prefix("[exit status ")?.strip_suffix(']')?.parse().ok())
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A test that failed half-way: the command stops what it started before its terminal goes.
        let began = Instant::now();
        while exit_status(&self.screen()).is_none() && began.elapsed() < LEAVE {
            self.press("C-c");
            std::thread::sleep(PAUSE);
        }
        let server = self.tmux(&["display-message", "-p", "#{pid}"].map(OsString::from));
        if let Some(pid) = server.trim().parse().ok().and_then(rustix::process::Pid::from_raw) {
            let _gone_already = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
    }
}
