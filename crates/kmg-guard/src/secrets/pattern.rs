//! A rule's expression, and what must stand around its literal.

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::bounds::is_word_start;
use super::check::Check;

/// The largest compiled form of one rule's expression, in bytes.
const MAX_COMPILED: usize = 1 << 20;

/// An expression, compiled when its literal is first met.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) source: String,
    pub(super) compiled: OnceLock<Option<Regex>>,
    /// Whether the secret is all of the match.
    pub(super) whole: bool,
    pub(super) before: usize,
    pub(super) window: usize,
    /// How many bytes behind a literal without a match none is tried. The expression of such a rule is the
    /// same behind each of its literals, and looks that much further than it has to.
    pub(super) again: usize,
    /// Whether a match ends with its line at the latest.
    pub(super) of_line: bool,
    /// What stands between the match's beginning and the literal, when that is told by its bytes.
    pub(super) back: Option<Back>,
    /// Whether the match begins `before` bytes before the literal, neither more nor less.
    pub(super) exact: bool,
    pub(super) boundary: Boundary,
    pub(super) entropy: f64,
    pub(super) checks: Vec<Check>,
}

impl Pattern {
    /// The first match in `window`, and the secret in it. The match alone costs one pass of an automaton; the group
    /// inside is looked for only where it is not the whole.
    pub(super) fn find(&self, window: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
        let regex = self.compiled.get_or_init(|| self.compile().ok()).as_ref()?;
        let whole = regex.find(window)?.range();
        if self.whole {
            return Some((whole.clone(), whole));
        }
        let secret = regex.captures(&window[whole.clone()])?.name("secret")?.range();
        Some((whole.clone(), whole.start + secret.start..whole.start + secret.end))
    }

    pub(super) fn compile(&self) -> Result<Regex, String> {
        let anchor = if self.before == 0 || self.exact || self.back.is_some() { r"\A" } else { "" };
        let built = RegexBuilder::new(&format!("{anchor}(?:{})", self.source)).unicode(false).size_limit(MAX_COMPILED).build();
        let regex = built.map_err(|error| format!("regex: {error}"))?;
        let named = regex.capture_names().flatten().any(|name| name == "secret");
        if named { Ok(regex) } else { Err("regex: has no capture group named secret".to_owned()) }
    }
}

/// Bytes that a match has before its literal: the match begins where their run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Back {
    Digits,
    Hex,
    Token,
    Host,
    Login,
    Dsn,
}

impl Back {
    /// The bytes called `name` in rule files.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "digits" => Self::Digits,
            "hex" => Self::Hex,
            "token" => Self::Token,
            "host" => Self::Host,
            "login" => Self::Login,
            "dsn" => Self::Dsn,
            _ => return None,
        })
    }

    /// Where the run of such bytes begins that ends at `at`, at most `max` bytes before it.
    pub(super) fn start(self, bytes: &[u8], at: usize, max: usize) -> usize {
        let member = |b: u8| match self {
            Self::Digits => b.is_ascii_digit(),
            Self::Hex => b.is_ascii_hexdigit(),
            Self::Token => b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'_' | b'-'),
            Self::Host => b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'*' | b'-'),
            Self::Login => b.is_ascii_alphanumeric() || matches!(b, b':' | b'@'),
            Self::Dsn => !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b'`' | b'/'),
        };
        at - bytes[at.saturating_sub(max)..at].iter().rev().take_while(|b| member(**b)).count()
    }
}

/// What may stand before a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Boundary {
    /// Anything.
    Free,
    /// No letter or digit.
    Word,
    /// No letter, digit, `_` or `-`.
    Token,
}

impl Boundary {
    pub(super) fn holds(self, bytes: &[u8], at: usize) -> bool {
        let joint = at > 0 && matches!(bytes[at - 1], b'_' | b'-');
        self == Self::Free || (is_word_start(bytes, at) && (self == Self::Word || !joint))
    }
}

/// Whether the group named secret is all of the expression, a closing `\b` left out.
pub(super) fn is_whole(source: &str) -> bool {
    let source = source.strip_prefix("(?i)").unwrap_or(source);
    let Some(inside) = source.strip_prefix("(?P<secret>") else { return false };
    let (mut depth, mut class, mut escaped) = (1, false, false);
    let end = inside.bytes().position(|b| {
        match b {
            _ if escaped => {}
            b'[' => class = true,
            b']' => class = false,
            b'(' if !class => depth += 1,
            b')' if !class => depth -= 1,
            _ => {}
        }
        escaped = b == b'\\' && !escaped;
        depth == 0
    });
    end.is_some_and(|end| matches!(&inside[end + 1..], "" | "\\b"))
}
