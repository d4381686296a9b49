//! A child that answers one JSON line for each JSON line.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// The child; it is stopped by its process id when this is dropped.
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Process {
    #[expect(clippy::disallowed_methods, reason = "the tests start the product and its clients")]
    pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
        Command::new(program)
    }

    pub(crate) fn start(name: &'static str, command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { name, child, input, output }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it with -9 and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The next line, as it is.
    pub(crate) fn hear_line(&mut self) -> String {
        self.output.next().unwrap_or_else(|| panic!("{} ended", self.name)).unwrap()
    }

    /// The next line, or `None` once it closed its output.
    pub(crate) fn hear_more(&mut self) -> Option<String> {
        self.output.next().map(Result::unwrap)
    }

    /// Waits for its end; the exit status, or `None` after a signal.
    pub(crate) fn exit_status(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// The next line, as JSON.
    pub(crate) fn hear(&mut self) -> Value {
        let line = self.output.next().unwrap_or_else(|| panic!("{} ended", self.name)).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{}: {error}: {line}", self.name))
    }

    pub(crate) fn say(&mut self, value: &Value) {
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{value}").unwrap_or_else(|error| panic!("{}: {error}", self.name));
    }

    pub(crate) fn ask(&mut self, value: &Value) -> Value {
        self.say(value);
        self.hear()
    }

    /// Asks it to end and waits for it.
    pub(crate) fn end(&mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid
            && matches!(self.child.try_wait(), Ok(None))
        {
            let _gone_already = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        drop(self.input.take());
        let _ended = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
