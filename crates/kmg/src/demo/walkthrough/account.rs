//! The account of the walkthrough: who did what, in 80 columns, readable without colours.

use kmg_core::visible::Visible;

use crate::files;

/// The width of the account. Addresses stand on lines of their own and are never broken.
const WIDTH: usize = 80;
/// Before an actor's words.
const INDENT: usize = 9;

// Parameters of the SGR sequence (ECMA-48 §8.3.117).
const BOLD: &str = "1";
const DIM: &str = "2";
const UNDERLINED: &str = "4";

/// Who does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actor {
    /// The scripted MCP client.
    Agent,
    /// The gateway, its server and its executor.
    Guard,
    /// The person at the browser.
    You,
    /// The API server.
    Cluster,
    /// What was written down.
    Journal,
}

impl Actor {
    const fn name(self) -> &'static str {
        match self {
            Self::Agent => "Agent",
            Self::Guard => "Guard",
            Self::You => "You",
            Self::Cluster => "Cluster",
            Self::Journal => "Journal",
        }
    }

    /// Bold, and one of the eight colours that every terminal has.
    const fn colour(self) -> &'static str {
        match self {
            Self::Agent => "1;36",
            Self::Guard => "1;33",
            Self::You => "1;32",
            Self::Cluster => "1;35",
            Self::Journal => "1;34",
        }
    }
}

/// Where the account is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    coloured: bool,
}

impl Account {
    pub(super) const fn new(coloured: bool) -> Self {
        Self { coloured }
    }

    /// The title of what follows.
    pub(super) fn chapter(self, title: &str) {
        files::say(&format!("\n{}\n", self.in_colour(BOLD, &visible(title))));
    }

    /// What an actor does or says.
    pub(super) fn says(self, actor: Actor, words: &str) {
        files::say(&self.line(actor, words));
    }

    /// A row whose words stand in a column of their own, behind `head`.
    pub(super) fn row(self, head: &str, words: &str) {
        let head = visible(head);
        let column = INDENT + head.chars().count() + 1;
        let words = wrapped(words, column, column);
        files::say(&format!("{:INDENT$}{} {}", "", self.in_colour(DIM, &head), words.trim_start()));
    }

    /// An address to open, whole.
    pub(super) fn address(self, url: &str) {
        files::say(&format!("\n{}\n", self.in_colour(UNDERLINED, &visible(url))));
    }

    fn line(self, actor: Actor, words: &str) -> String {
        let words = wrapped(words, INDENT, INDENT);
        let name = self.in_colour(actor.colour(), actor.name());
        let gap = " ".repeat(INDENT - actor.name().len());
        format!("{name}{gap}{}", words.trim_start())
    }

    fn in_colour(self, parameters: &str, text: &str) -> String {
        if self.coloured { format!("\u{1b}[{parameters}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// `words` in lines of at most [`WIDTH`] columns, the first behind `first` spaces and the others behind `rest`. A word
/// that is longer than a line stays whole.
fn wrapped(words: &str, first: usize, rest: usize) -> String {
    let mut out = " ".repeat(first);
    let (mut column, mut begun) = (first, false);
    for word in visible(words).split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if begun && column + 1 + length > WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(rest));
            column = rest;
        } else if begun {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
        begun = true;
    }
    out
}

/// `text` as a terminal may get it: the cluster, the agent or the issuer may have written it, and what could move the
/// cursor, hide, or turn the line around is spelled out.
pub(super) fn visible(text: &str) -> String {
    Visible::line(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_behind_the_actors_column() {
        let text = Account::new(false).line(Actor::You, &"word ".repeat(30));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("You      word word"), "{text}");
        assert!(lines[1].starts_with("         word"), "{text}");
        assert!(lines.iter().all(|line| line.len() <= WIDTH && !line.ends_with(' ')), "{text}");
        assert_eq!(text.split_whitespace().count(), 31);
        let long = "x".repeat(100);
        assert_eq!(wrapped(&format!("a {long} b"), 2, 4), format!("  a\n    {long}\n    b"));
    }

    #[test]
    fn colours_are_of_the_actor_only_and_change_no_column() {
        let (plain, coloured) = (Account::new(false).line(Actor::Agent, "asks"), Account::new(true).line(Actor::Agent, "asks"));
        assert_eq!(plain, "Agent    asks");
        assert_eq!(coloured, "\u{1b}[1;36mAgent\u{1b}[0m    asks");
    }

    #[test]
    fn foreign_text_cannot_move_the_cursor_or_hide() {
        for hostile in ["\u{1b}[2J", "\r", "\n", "\u{8}", "\u{9b}31m", "\u{202e}", "\u{200b}", "\u{e0041}", "\u{feff}", "\u{2028}", "\t"] {
            let shown = Account::new(true).line(Actor::Cluster, &format!("a{hostile}b"));
            let behind = shown.split("\u{1b}[0m").nth(1).unwrap();
            assert!(!behind.chars().any(char::is_control), "{behind:?}");
            assert!(behind.contains("\\u{"), "{behind:?}");
        }
    }
}
