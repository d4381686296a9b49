//! `kmg demo --walkthrough`: the person with real Chromium, the agent in a real terminal or a pipe.

#[cfg(test)]
mod kept;

use std::ffi::OsString;
use std::path::Path;

use serde_json::Value;

use crate::support::{ApiServer, Human, Login, Process, Terminal, default_ports, demo, fence_stands, leave, ports, root};

/// As README.md says it.
pub(crate) const COMMAND: &str = "./demo --walkthrough";

#[test]
fn the_readmes_walkthrough_is_watched_in_a_terminal() {
    let Some(mut human) = Human::start(COMMAND) else { return };
    if !Terminal::available(COMMAND) {
        return;
    }
    let _ports = default_ports();
    let terminal = Terminal::start(&root(), COMMAND);
    let login = terminal.wait_for("sign-in", login);
    sign_in(&mut human, &login, &terminal.wait_for("sign-in's address", |screen| address(screen, "/authorize?")));
    let page = terminal.wait_for("plan's address", |screen| address(screen, "/plans/"));
    let decided = human.approve(&login, &page);
    assert!(decided["text"].as_str().is_some_and(|text| text.contains("Approved")), "{decided}");
    terminal.wait_for("end", |screen| screen.contains("Ctrl-C stops it").then_some(()));
    let coloured = terminal.coloured();
    terminal.press("C-c");
    assert_eq!(terminal.ended(), 0, "{}", terminal.screen());

    let screen = kept::account(&terminal.screen());
    for line in screen.lines().filter(|line| !line.starts_with("http")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    for actor in ["36mAgent", "33mGuard", "32mYou", "35mCluster", "34mJournal"] {
        assert!(coloured.contains(actor), "{actor}: {coloured:?}");
    }
    kept::compare(&kept::normal(&screen, &login, page.rsplit('/').next().unwrap()));
}

#[test]
fn a_walkthrough_on_the_real_node_writes_once() {
    let case = "a walkthrough on the real node";
    let Some(api) = ApiServer::with_node(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let _fence = fence_stands();
    let folder = tempfile::tempdir().unwrap();
    let namespace = format!("e2e-walk-{}", std::process::id());
    let mut pipe = Pipe::start(demo(&api, &namespace, ports(), &folder.path().join("data")));
    let login = pipe.sign_in(&mut human);
    let page = pipe.hear("/plans/");
    human.approve(&login, &page);
    assert_eq!(pipe.ended(), Some(0), "{}", pipe.said);
    let writes = api.accepted_writes(&namespace);
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert!(pipe.said.contains(writes[0]["auditID"].as_str().unwrap()), "the account names the one write: {writes:?}");
    assert_eq!(api.image(&namespace), "registry.test/web:1");
    verify_journals(folder.path());
    leave(&api.folder(), &namespace);
}

#[test]
fn a_denial_ends_well_and_a_pipe_gets_plain_text() {
    let Some(mut human) = Human::start("a denied walkthrough in a pipe") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut pipe = Pipe::start(on_the_sandbox(folder.path()));
    let login = pipe.sign_in(&mut human);
    let page = pipe.hear("/plans/");
    human.deny(&login, &page, "Not on a Friday");
    assert_eq!(pipe.ended(), Some(0), "{}", pipe.said);
    for words in ["and say: \"Not on a Friday\"", "refuses (plan-denied)", "Denied, and nothing was changed."] {
        assert!(pipe.said.contains(words), "{words}: {}", pipe.said);
    }
    assert!(!pipe.said.contains('\u{1b}') && !pipe.said.contains('\r'), "{:?}", pipe.said);
    verify_journals(folder.path());
}

#[test]
fn a_cancelled_sign_in_ends_badly() {
    let Some(mut human) = Human::start("a walkthrough nobody signs in for") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut pipe = Pipe::start(on_the_sandbox(folder.path()));
    let address = pipe.hear("/authorize?");
    human.open(&address);
    let page = human.click("button", "Cancel");
    assert!(page["text"].as_str().is_some_and(|text| text.contains("Not signed in")), "{page}");
    assert_eq!(pipe.ended(), Some(1), "{}", pipe.said);
    assert!(!pipe.said.contains("2. It finds the fault"), "{}", pipe.said);
}

/// `kmg demo` without a cluster, on ports of its own.
fn on_the_sandbox(folder: &Path) -> Vec<OsString> {
    let words = ["demo".into(), "--port".into(), ports().to_string().into(), "--data".into(), folder.join("data").into()];
    words.to_vec()
}

fn verify_journals(folder: &Path) {
    let file = |name: &str| folder.join("data").join(name);
    let mut command = Process::command(env!("CARGO_BIN_EXE_kmg"));
    command.args(["audit", "verify"]).arg(file("gateway/journal.jsonl")).arg("--witness").arg(file("executor/journal.jsonl"));
    command.arg("--key").arg(file("gateway/keys/checkpoint.pub")).arg("--key").arg(file("executor/keys/checkpoint.pub"));
    let out = command.output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

/// A walkthrough whose output is no terminal.
struct Pipe {
    process: Process,
    said: String,
}

impl Pipe {
    fn start(words: impl IntoIterator<Item = OsString>) -> Self {
        let mut command = Process::command(env!("CARGO_BIN_EXE_kmg"));
        command.args(words).args(["--walkthrough", "--once", "--no-browser"]);
        Self { process: Process::start("kmg demo", &mut command), said: String::new() }
    }

    /// Reads on to an address with `part` in it.
    fn hear(&mut self, part: &str) -> String {
        while let Some(line) = self.process.hear_more() {
            self.said.push_str(&line);
            self.said.push('\n');
            if let Some(found) = address(&line, part) {
                return found;
            }
        }
        panic!("no {part}: {}", self.said);
    }

    /// The person signs in for the agent.
    fn sign_in(&mut self, human: &mut Human) -> Login {
        let address = self.hear("/authorize?");
        let login = login(&self.said).unwrap();
        sign_in(human, &login, &address);
        login
    }

    /// Reads to the end.
    fn ended(&mut self) -> Option<i32> {
        while let Some(line) = self.process.hear_more() {
            self.said.push_str(&line);
            self.said.push('\n');
        }
        self.process.exit_status()
    }
}

fn address(screen: &str, part: &str) -> Option<String> {
    screen.lines().find(|line| line.starts_with("http") && line.contains(part)).map(str::to_owned)
}

/// What the opening tells the person.
fn login(screen: &str) -> Option<Login> {
    let value = |label: &str| screen.lines().find_map(|line| line.trim_start().strip_prefix(label)).map(|rest| rest.trim().to_owned());
    let authorize = address(screen, "/authorize?")?;
    let issuer_url = authorize.split_once("/authorize?")?.0.to_owned();
    Some(Login { username: value("Sign in as")?, password: value("Password ")?, web_origin: value("Your pages")?, issuer_url })
}

fn sign_in(human: &mut Human, login: &Login, address: &str) {
    let page = human.open(address);
    assert!(page["text"].as_str().is_some_and(|text| text.contains("kmg walkthrough")), "the person reads who asks: {page}");
    let back: Value = human.sign_in(login);
    assert!(back["text"].as_str().is_some_and(|text| text.contains("You may close this tab")), "{back}");
}
