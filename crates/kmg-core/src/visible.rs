//! Foreign text in a form in which nothing is invisible.

use std::fmt::{self, Write as _};

/// Combining marks of the common blocks that may stand on one character before the rest is spelled out.
const MAX_MARKS: usize = 2;
/// The longest text, in bytes, that is given places to break at.
const MAX_SOFT: usize = 400;

/// Text of the cluster, the agent or a provider, as a page or a terminal may show it: every control,
/// bidirectional, zero-width, tag, private and blank look-alike character is spelled `\u{…}`. A backslash that
/// would make plain text look like such a spelling is itself spelled, so the two cannot be mistaken for each
/// other. It is not escaped for HTML: the templates do that to everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visible(String);

impl Visible {
    /// Text of one line: line ends and tabs are spelled too.
    pub fn line(text: &str) -> Self {
        Self(spell(text, false))
    }

    /// Text of several lines: line feeds and tabs stay as they are.
    pub fn block(text: &str) -> Self {
        Self(spell(text, true))
    }

    /// The text in pieces after which a line may break; longer texts break anywhere.
    pub fn pieces(&self) -> Vec<&str> {
        if self.0.len() > MAX_SOFT { vec![&self.0] } else { self.0.split_inclusive(['.', '/', ':', '=', ',', ']']).collect() }
    }

    /// Whether nothing is left to show.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Visible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn spell(text: &str, lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    for (at, c) in text.char_indices() {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        let kept = match c {
            '\n' | '\t' => lines,
            '\\' => !text[at..].starts_with("\\u{"),
            _ => !is_deceptive(c) && marks <= MAX_MARKS,
        };
        if kept {
            out.push(c);
        } else {
            let _infallible = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
    out
}

/// Marks that pile up on the character before them.
const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Whether `c` shows nothing, moves its neighbours, or passes for a plain space.
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
            | '\u{115f}'..='\u{1160}' | '\u{1680}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{2800}' | '\u{3000}' | '\u{3164}'
            | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{ffff}'
            | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1345f}' | '\u{16fe4}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_invisible_survives() {
        let hostile = [
            '\0',
            '\u{7}',
            '\u{1b}',
            '\r',
            '\u{7f}',
            '\u{85}',
            '\u{a0}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{202a}',
            '\u{202e}',
            '\u{2028}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{fff9}',
            '\u{e000}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{f0000}',
            '\u{10ffff}',
        ];
        for c in hostile {
            let shown = Visible::block(&format!("a{c}b")).to_string();
            assert_eq!(shown, format!("a\\u{{{:x}}}b", u32::from(c)));
        }
    }

    #[test]
    fn plain_text_of_any_language_is_untouched() {
        for text in ["registry.test/web:2", "Grüße, мир, 世界, ✓ 🚀", "é e\u{301}", r"C:\path\use"] {
            assert_eq!(Visible::line(text).to_string(), text);
        }
    }

    #[test]
    fn line_ends_only_survive_in_blocks() {
        assert_eq!(Visible::block("a\n\tb").to_string(), "a\n\tb");
        assert_eq!(Visible::line("a\n\tb").to_string(), "a\\u{a}\\u{9}b");
    }

    #[test]
    fn a_spelling_in_the_text_is_not_taken_for_ours() {
        assert_ne!(Visible::line("\\u{202e}").to_string(), Visible::line("\u{202e}").to_string());
        assert_eq!(Visible::line("\\u{202e}").to_string(), "\\u{5c}u{202e}");
    }

    #[test]
    fn piled_marks_are_spelled_out() {
        let shown = Visible::line(&format!("a{}", "\u{301}".repeat(50))).to_string();
        assert_eq!(shown.matches("\\u{301}").count(), 48);
    }
}
