//! The text of `docs/walkthrough.txt`: what a person saw, with what differs from run to run put into one form.

use std::path::Path;

use kmg_testkit::lane;

use super::COMMAND;
use crate::support::Login;

/// The account alone: without what cargo said before it, the log, and what the terminal adds.
pub(super) fn account(screen: &str) -> String {
    let lines = screen.lines().skip_while(|line| !line.starts_with("Kubernetes MCP Guard: "));
    let lines = lines.filter(|line| !line.contains(" WARN ") && !line.starts_with("Pane is dead") && *line != "^C");
    let lines = lines.take_while(|line| !line.starts_with("[exit status"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The account with what differs between runs put into one form, as long as what it stands for.
pub(super) fn normal(account: &str, login: &Login, plan: &str) -> String {
    let text = format!("$ {COMMAND}\n\n{}\n", account.trim_end());
    let text = text.replace(&login.password, "the-demo-prints-it--").replace(plan, "plan_0123456789abcdef0123456789abcdef");
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
pub(super) fn compare(text: &str) {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/walkthrough.txt");
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
