//! A person with real Chromium.

use std::path::Path;

use kmg_testkit::lane;
use serde_json::{Value, json};

use super::process::Process;
use super::product::Login;

/// The person.
pub(crate) struct Human(Process);

impl Human {
    /// A browser, or `None` after the skip was counted.
    pub(crate) fn start(case: &str) -> Option<Self> {
        let parts = lane::prepared("KMG_TEST_CHROMIUM").and_then(|chromium| Ok((chromium, lane::prepared("KMG_TEST_NODE_MODULES")?)));
        let (chromium, modules) = match parts {
            Ok(parts) => parts,
            Err(reason) => {
                lane::skip("browser", case, &reason);
                return None;
            }
        };
        lane::ran("browser", case);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/node/human.mjs");
        let mut process = Process::start("human", Process::command("node").arg(script).arg(chromium).arg(modules));
        assert_eq!(process.hear()["ready"], true);
        Some(Self(process))
    }

    pub(crate) fn open(&mut self, url: &str) -> Value {
        self.ask(&json!({ "do": "open", "url": url }))
    }

    pub(crate) fn click(&mut self, role: &str, name: &str) -> Value {
        self.ask(&json!({ "do": "click", "role": role, "name": name }))
    }

    pub(crate) fn fill(&mut self, label: &str, value: &str) -> Value {
        self.ask(&json!({ "do": "fill", "label": label, "value": value }))
    }

    /// Types name and password on the provider's page.
    pub(crate) fn sign_in(&mut self, login: &Login) -> Value {
        self.ask(&json!({ "do": "sign-in", "username": login.username, "password": login.password }))
    }

    /// Opens a page of ours, signing in on the way where that is needed.
    pub(crate) fn visit(&mut self, login: &Login, url: &str) -> Value {
        let page = self.open(url);
        if !text(&page).contains("Sign in") {
            return page;
        }
        if page["url"].as_str().unwrap().starts_with(&login.web_origin) {
            self.click("link", "Sign in");
        }
        self.sign_in(login);
        self.open(url)
    }

    /// Decides to approve, and signs in afresh for it; the result page.
    pub(crate) fn approve(&mut self, login: &Login, url: &str) -> Value {
        self.approve_typing(login, url, None)
    }

    /// The same; types a name where the page asks for one.
    pub(crate) fn approve_typing(&mut self, login: &Login, url: &str, name: Option<&str>) -> Value {
        let page = self.visit(login, url);
        assert!(text(&page).contains("Approve this plan"), "{page}");
        if let Some(name) = name {
            self.fill("Type the name", name);
        }
        self.picture("review", 1100, false);
        self.picture("review-narrow", 380, false);
        self.picture("review-dark", 1100, true);
        self.ask(&json!({ "do": "wait", "ms": 800 }));
        self.click("button", "Approve this plan");
        self.picture("continue", 1100, false);
        let provider = self.click("link", "Continue to sign in and approve");
        assert!(provider["url"].as_str().unwrap().starts_with(&login.issuer_url), "{provider}");
        self.picture("sign-in", 1100, false);
        let decided = self.sign_in(login);
        self.picture("decided", 1100, false);
        decided
    }

    /// Denies with a reason.
    pub(crate) fn deny(&mut self, login: &Login, url: &str, reason: &str) -> Value {
        self.visit(login, url);
        self.ask(&json!({ "do": "wait", "ms": 800 }));
        self.fill("Reason", reason);
        self.click("button", "Deny this plan")
    }

    /// Where `KMG_TEST_PICTURES` names a folder, keeps the page for a person to look at.
    pub(crate) fn picture(&mut self, name: &str, width: u32, dark: bool) {
        if let Ok(folder) = lane::prepared("KMG_TEST_PICTURES") {
            let path = folder.join(format!("{name}.png"));
            self.ask(&json!({ "do": "shot", "path": path, "width": width, "dark": dark }));
        }
    }

    pub(crate) fn ask(&mut self, step: &Value) -> Value {
        let answer = self.0.ask(step);
        assert!(answer.get("error").is_none(), "{step}: {answer}");
        answer
    }
}

/// A page's visible text.
pub(crate) fn text(page: &Value) -> &str {
    page["text"].as_str().unwrap_or_default()
}
