//! `kmg demo --walkthrough`: the person with real Chromium, the agent in a real terminal or a pipe.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::RwLockReadGuard;

use kmg_testkit::lane;
use serde_json::Value;

use crate::support::{ApiServer, Human, Login, Process, Terminal, demo, fence_stands, ports};

/// Where one walkthrough happens.
struct Stage {
    namespace: String,
    port: u16,
    folder: tempfile::TempDir,
    _fence: RwLockReadGuard<'static, ()>,
}

impl Stage {
    /// `name` with this run's number: what an earlier run repaired is not what this one begins with.
    fn new(name: &str) -> Self {
        let namespace = format!("e2e-{name}-{}", std::process::id());
        Self { namespace, port: ports(), folder: tempfile::tempdir().unwrap(), _fence: fence_stands() }
    }

    fn words(&self, api: &ApiServer) -> Vec<OsString> {
        let mut words = demo(api, &self.namespace, self.port, &self.folder.path().join("data"));
        words.extend(["--walkthrough", "--once", "--no-browser"].map(OsString::from));
        words
    }

    fn verify_journals(&self) {
        let file = |name: &str| self.folder.path().join("data").join(name);
        let mut command = Process::command(env!("CARGO_BIN_EXE_kmg"));
        command.args(["audit", "verify"]).arg(file("gateway/journal.jsonl")).arg("--witness").arg(file("executor/journal.jsonl"));
        command.arg("--key").arg(file("gateway/keys/checkpoint.pub")).arg("--key").arg(file("executor/keys/checkpoint.pub"));
        let out = command.output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }
}

#[test]
fn the_agent_is_watched_in_a_terminal() {
    let case = "the walkthrough in a terminal";
    let Some(api) = ApiServer::with_node(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    if !Terminal::available(case) {
        return;
    }
    let stage = Stage::new("walk");
    let terminal = Terminal::start(env!("CARGO_BIN_EXE_kmg"), &stage.words(&api));
    let login = terminal.wait_for("sign-in", login);
    sign_in(&mut human, &login, &terminal.wait_for("sign-in's address", |screen| address(screen, "/authorize?")));
    let page = terminal.wait_for("plan's address", |screen| address(screen, "/plans/"));
    let decided = human.approve(&login, &page);
    assert!(decided["text"].as_str().is_some_and(|text| text.contains("Approved")), "{decided}");
    assert_eq!(terminal.ended(), 0, "{}", terminal.screen());

    let screen = account(&terminal.screen());
    for line in screen.lines().filter(|line| !line.starts_with("http")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let coloured = terminal.coloured();
    for actor in ["36mAgent", "33mGuard", "32mYou", "35mCluster", "34mJournal"] {
        assert!(coloured.contains(actor), "{actor}: {coloured:?}");
    }
    let plan = page.rsplit('/').next().unwrap();
    let writes = api.accepted_writes(&stage.namespace);
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert!(screen.contains(writes[0]["auditID"].as_str().unwrap()), "the account names the one write: {writes:?}");
    assert_eq!(api.image(&stage.namespace), "registry.test/web:1");
    stage.verify_journals();
    compare(&normal(&screen, &stage, &login, plan));
}

#[test]
fn a_denial_ends_well_and_a_pipe_gets_plain_text() {
    let case = "a denied walkthrough in a pipe";
    let Some(api) = ApiServer::with_node(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let stage = Stage::new("no");
    let mut pipe = Pipe::start(&stage.words(&api));
    let address_of_sign_in = pipe.hear("/authorize?");
    let login = login(&pipe.said).unwrap();
    sign_in(&mut human, &login, &address_of_sign_in);
    let page = pipe.hear("/plans/");
    human.deny(&login, &page, "Not on a Friday");
    assert_eq!(pipe.ended(), Some(0), "{}", pipe.said);
    for words in ["and say: \"Not on a Friday\"", "refuses (plan-denied)", "Denied, and nothing was changed."] {
        assert!(pipe.said.contains(words), "{words}: {}", pipe.said);
    }
    assert!(!pipe.said.contains('\u{1b}') && !pipe.said.contains('\r'), "{:?}", pipe.said);
    assert_eq!(api.writes(&stage.namespace).len(), 0);
    stage.verify_journals();
}

#[test]
fn a_cancelled_sign_in_ends_badly() {
    let case = "a walkthrough nobody signs in for";
    let Some(api) = ApiServer::with_node(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let stage = Stage::new("cancel");
    let mut pipe = Pipe::start(&stage.words(&api));
    let address = pipe.hear("/authorize?");
    human.open(&address);
    let page = human.click("button", "Cancel");
    assert!(page["text"].as_str().is_some_and(|text| text.contains("Not signed in")), "{page}");
    assert_eq!(pipe.ended(), Some(1), "{}", pipe.said);
    assert!(!pipe.said.contains("2. It finds the fault"), "{}", pipe.said);
}

/// A walkthrough whose output is no terminal.
struct Pipe {
    process: Process,
    said: String,
}

impl Pipe {
    fn start(words: &[OsString]) -> Self {
        let mut command = Process::command(env!("CARGO_BIN_EXE_kmg"));
        Self { process: Process::start("kmg demo", command.args(words)), said: String::new() }
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

/// The screen without the log, and without what tmux says of the program's end.
fn account(screen: &str) -> String {
    let lines = screen.lines().filter(|line| !line.contains(" WARN ") && !line.starts_with("Pane is dead"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The account with what differs between runs put into one form, as long as what it stands for.
fn normal(account: &str, stage: &Stage, login: &Login, plan: &str) -> String {
    let mut text = format!("$ ./demo --walkthrough\n{}\n", account.trim_end());
    let mut values = vec![
        (login.password.clone(), "the-demo-prints-it--".to_owned()),
        (plan.to_owned(), "plan_0123456789abcdef0123456789abcdef".to_owned()),
        (stage.namespace.clone(), "demo".to_owned()),
    ];
    for offset in 0..3 {
        values.push((format!("127.0.0.1:{}", stage.port + offset), format!("127.0.0.1:{}", 3001 + offset)));
        values.push((format!("127.0.0.1%3A{}", stage.port + offset), format!("127.0.0.1%3A{}", 3001 + offset)));
    }
    for (value, stands_for) in values {
        text = text.replace(&value, &stands_for);
    }
    let mut before = String::new();
    let lines = text.lines().map(|line| {
        let words = line.split(' ').map(|word| {
            let normal = normal_word(&before, word);
            if !word.is_empty() {
                word.clone_into(&mut before);
            }
            normal
        });
        words.collect::<Vec<_>>().join(" ") + "\n"
    });
    lines.collect()
}

fn normal_word(before: &str, word: &str) -> String {
    let digits = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_number = digits.len() < word.len();
    let counted = ["gateway", "executor", "gateway:", "executor:", "resourceVersion", "checkpoints:"].contains(&before);
    if is_number && word.len() == 8 && word.matches(':').count() == 2 {
        "12:00:00".to_owned()
    } else if is_number && counted {
        format!("N{digits}")
    } else if let Some(digest) = word.strip_prefix("sha256:") {
        let rest = digest.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        format!("sha256:{}{rest}", &"0123456789abcdef".repeat(4)[..digest.len() - rest.len()])
    } else if word.starts_with("Pod/web-") {
        "Pod/web-0123456789-abcde".to_owned()
    } else if word == "ErrImagePull" {
        // The kubelet changes between the two.
        "ImagePullBackOff".to_owned()
    } else if word.contains("/authorize?") {
        normal_request(word)
    } else {
        word.to_owned()
    }
}

fn normal_request(url: &str) -> String {
    let mut parts: Vec<String> = url.split('&').map(str::to_owned).collect();
    for part in &mut parts {
        let Some((name, _)) = part.split_once('=') else { continue };
        let value = match name {
            "client_id" => "mcp-0123456789abcdefghijkl",
            "state" | "code_challenge" => "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
            "redirect_uri" => "http%3A%2F%2F127.0.0.1%3A40000%2Fcallback",
            _ => continue,
        };
        *part = format!("{name}={value}");
    }
    parts.join("&")
}

/// Compares with the kept text word by word: what is longer in one run than in another breaks its lines elsewhere.
fn compare(text: &str) {
    let kept: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/walkthrough.txt");
    if lane::prepared("KMG_RECORD").is_ok() {
        std::fs::write(&kept, text).unwrap();
    }
    let before = std::fs::read_to_string(&kept).unwrap_or_default();
    let (now, then): (Vec<&str>, Vec<&str>) = (text.split_whitespace().collect(), before.split_whitespace().collect());
    let differs =
        now.iter().zip(&then).position(|(now, then)| now != then).or((now.len() != then.len()).then(|| now.len().min(then.len())));
    if let Some(at) = differs {
        let around = |words: &[&str]| words[at.saturating_sub(8).min(words.len())..(at + 8).min(words.len())].join(" ");
        panic!(
            "docs/walkthrough.txt is not what the walkthrough says; KMG_RECORD=1 writes it anew.\nnow:  {}\nkept: {}",
            around(&now),
            around(&then)
        );
    }
}
