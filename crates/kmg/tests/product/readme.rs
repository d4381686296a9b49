//! README.md and the guide, taken at their word: every command they give is run as it stands there.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kmg_testkit::lane;
use serde_json::Value;

use crate::support::{ApiServer, Human, Login, Process, Terminal, default_ports, fence_stands, leave, root};
use crate::walkthrough;

const PAGES: [&str; 2] = ["README.md", "docs/guides/first-five-minutes.md"];
const DEMO: &str = "./demo";
const ON_A_CLUSTER: &str = "./demo --context NAME";
const CLAUDE: [&str; 2] = ["claude mcp add --transport http kmg http://127.0.0.1:3001/mcp", "claude mcp login kmg"];
const CODEX: &str = "codex mcp add kmg --url http://127.0.0.1:3001/mcp";
/// What runs this case.
const TEST: &str = "./test";
/// How long a client may take to open the browser.
const PATIENCE: Duration = Duration::from_mins(3);

/// The content of the pages' fenced blocks of `language`.
fn blocks(language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let text = PAGES.map(|page| std::fs::read_to_string(root().join(page)).unwrap()).concat();
    text.split(&fence).skip(1).map(|rest| rest.split_once("```").unwrap().0.to_owned()).collect()
}

#[test]
fn every_command_of_the_pages_has_a_case() {
    let commands: BTreeSet<String> = blocks("sh").iter().flat_map(|block| block.lines()).map(str::to_owned).collect();
    let known = [DEMO, ON_A_CLUSTER, walkthrough::COMMAND, CLAUDE[0], CLAUDE[1], CODEX, TEST];
    assert_eq!(commands, known.iter().map(|command| (*command).to_owned()).collect());
    for block in blocks("json") {
        let settings: Value = serde_json::from_str(&block).unwrap();
        assert_eq!(settings["servers"]["kmg"]["url"], "http://127.0.0.1:3001/mcp");
    }
}

#[test]
fn the_demo_serves_claude_code_and_codex() {
    let case = "README: ./demo with Claude Code and Codex";
    let Some(clients) = Clients::available(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    if !Terminal::available(case) {
        return;
    }
    let _ports = default_ports();
    let terminal = Terminal::start(&root(), DEMO);
    let login = terminal.wait_for("demo to be ready", |screen| screen.contains("Ctrl-C stops everything").then(|| login(screen)));
    for command in [CLAUDE[0], CLAUDE[1], CODEX] {
        assert!(terminal.screen().contains(command), "the demo says what the page says: {command}");
    }

    let added = clients.run(CLAUDE[0]);
    assert!(added.contains("kmg"), "{added}");
    let signing_in = clients.start(CLAUDE[1]);
    clients.sign_in(&mut human, &login);
    assert_eq!(signing_in.ended(), 0, "{}", signing_in.screen());
    let listed = clients.run("claude mcp list");
    assert!(listed.contains("Connected"), "{listed}");

    let signing_in = clients.start(CODEX);
    clients.sign_in(&mut human, &login);
    assert_eq!(signing_in.ended(), 0, "{}", signing_in.screen());
    let listed: Value = serde_json::from_str(&clients.run("codex mcp list --json")).unwrap();
    assert_eq!(listed[0]["auth_status"], "o_auth", "{listed}");

    terminal.press("C-c");
    assert_eq!(terminal.ended(), 0, "{}", terminal.screen());
    assert!(std::net::TcpListener::bind("127.0.0.1:3001").is_ok(), "nothing listens any more");
}

#[test]
fn the_demo_asks_before_it_changes_a_cluster() {
    let case = "README: ./demo --context";
    let Some(api) = ApiServer::available(case) else { return };
    if !Terminal::available(case) {
        return;
    }
    let _fence = fence_stands();
    let _ports = default_ports();
    let kubeconfig = api.kubeconfig();
    let command = ON_A_CLUSTER.replace("NAME", &current_context(&kubeconfig));
    let start = || {
        let terminal = Terminal::start_with(&root(), &command, &[("KUBECONFIG", kubeconfig.to_str().unwrap())]);
        terminal.wait_for("question", |screen| screen.contains("Create this? [y/N]").then_some(()));
        terminal
    };
    let refused = start();
    assert!(refused.screen().contains("ValidatingAdmissionPolicy kmg-system-planner-fence"), "{}", refused.screen());
    refused.press("n");
    refused.press("Enter");
    assert_eq!(refused.ended(), 1, "{}", refused.screen());
    assert!(refused.screen().contains("nothing was created"), "{}", refused.screen());

    let left = start();
    left.press("C-c");
    assert_eq!(left.ended(), 0, "Ctrl-C is heard at the question: {}", left.screen());

    let accepted = start();
    accepted.press("y");
    accepted.press("Enter");
    accepted.wait_for("demo to be ready", |screen| screen.contains("Ctrl-C stops everything").then_some(()));
    accepted.press("C-c");
    assert_eq!(accepted.ended(), 0, "{}", accepted.screen());
    leave(&api.folder(), "demo");
}

fn current_context(kubeconfig: &Path) -> String {
    let text = std::fs::read_to_string(kubeconfig).unwrap();
    text.lines().find_map(|line| line.strip_prefix("current-context: ")).unwrap().to_owned()
}

fn login(screen: &str) -> Login {
    let value = |label: &str| screen.lines().find_map(|line| line.trim_start().strip_prefix(label)).unwrap().trim().to_owned();
    Login {
        username: value("Sign in as"),
        password: value("Password"),
        web_origin: value("Approvals"),
        issuer_url: "http://127.0.0.1:3003".to_owned(),
    }
}

/// Claude Code and Codex, with a home of their own and a browser that only tells what it should open.
struct Clients {
    home: tempfile::TempDir,
    path: String,
}

impl Clients {
    /// The clients, or `None` after the skip was counted.
    fn available(case: &str) -> Option<Self> {
        let found = lane::prepared("KMG_TEST_CLIENTS").and_then(|modules| {
            let claude = program(&modules.join("@anthropic-ai"), "claude").ok_or("Claude Code has no program for this machine")?;
            let codex = program(&modules.join("@openai"), "codex").ok_or("Codex has no program for this machine")?;
            Ok((claude, codex))
        });
        let (claude, codex) = match found {
            Ok(found) => found,
            Err(reason) => {
                lane::skip("mcp-client", case, &reason);
                return None;
            }
        };
        lane::ran("mcp-client", case);
        let home = tempfile::tempdir().unwrap();
        let browser = home.path().join("bin/xdg-open");
        std::fs::create_dir(home.path().join("bin")).unwrap();
        let opened = home.path().join("opened");
        std::fs::write(&browser, format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >'{}'\n", opened.display())).unwrap();
        std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o700)).unwrap();
        let folder = |file: &Path| file.parent().unwrap().display().to_string();
        let path = [folder(&browser), folder(&claude), folder(&codex), "/usr/bin:/bin".to_owned()].join(":");
        Some(Self { home, path })
    }

    /// Runs a command to its end; what it says.
    fn run(&self, command: &str) -> String {
        let mut words = command.split(' ');
        let mut process = Process::command("env");
        process.current_dir(self.home.path()).env_clear().envs(self.environment()).args([words.next().unwrap()]).args(words);
        let out = process.stdin(std::process::Stdio::null()).output().unwrap();
        assert!(out.status.success(), "{command}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    /// Starts a command in a terminal.
    fn start(&self, command: &str) -> Terminal {
        let environment = self.environment();
        let environment: Vec<(&str, &str)> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Terminal::start_with(self.home.path(), command, &environment)
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let home = self.home.path().display().to_string();
        let mut all = vec![("HOME", home.clone()), ("PATH", self.path.clone()), ("BROWSER", format!("{home}/bin/xdg-open"))];
        // What reports home stays silent: a test speaks to loopback only.
        for quiet in ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_TELEMETRY", "DISABLE_ERROR_REPORTING", "DISABLE_AUTOUPDATER"] {
            all.push((quiet, "1".to_owned()));
        }
        all
    }

    /// The person signs in on the page that the client opens.
    fn sign_in(&self, human: &mut Human, login: &Login) {
        let opened = self.home.path().join("opened");
        let began = Instant::now();
        let url = loop {
            if let Ok(url) = std::fs::read_to_string(&opened)
                && url.ends_with('\n')
            {
                break url;
            }
            assert!(began.elapsed() < PATIENCE, "the client opened no browser");
            std::thread::sleep(Duration::from_millis(50));
        };
        std::fs::remove_file(&opened).unwrap();
        human.open(url.trim());
        human.sign_in(login);
    }
}

/// The program `name` somewhere below `folder`.
fn program(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).ok()?.flatten() {
            let kind = entry.file_type().ok()?;
            let executable = entry.metadata().is_ok_and(|file| file.permissions().mode() & 0o111 != 0);
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && executable && entry.file_name() == name {
                return Some(entry.path());
            }
        }
    }
    None
}
