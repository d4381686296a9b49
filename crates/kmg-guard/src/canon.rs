//! One canonical form of text: what a reader sees is what a parser reads.
//!
//! Invisible characters carry hidden instructions, direction controls reorder what a person reads, terminal
//! sequences hide and overwrite. The first are removed, the others shown as `\u{…}` escapes.

use std::fmt::Write as _;

use crate::report::{Kind, Report};

/// How many invisible characters in a row are a hidden channel, and leave a visible mark.
const CHANNEL: u64 = 4;
/// The longest parameter part of a terminal sequence that is taken for one.
const MAX_PARAMETERS: usize = 32;

enum Fate {
    Keep,
    Space,
    Hide,
    Escape(Kind),
}

const fn fate(character: char) -> Fate {
    match character {
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Fate::Escape(Kind::Control),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}' => Fate::Escape(Kind::Bidi),
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{2065}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => Fate::Hide,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Fate::Space,
        '\u{2028}' | '\u{2029}' => Fate::Escape(Kind::Separator),
        '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{f0000}'..='\u{10ffff}' => Fate::Escape(Kind::PrivateUse),
        _ if (character as u32) & 0xfffe == 0xfffe => Fate::Escape(Kind::PrivateUse),
        _ => Fate::Keep,
    }
}

/// The canonical form of `text`. `lines` says whether line feeds and tabs stay; else they are shown as `\n`, ` `.
pub(crate) fn canonical(text: &str, lines: bool, report: &mut Report) -> String {
    let mut out = String::with_capacity(text.len());
    let mut hidden = 0;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let behind = &rest[character.len_utf8()..];
        rest = behind;
        if matches!(fate(character), Fate::Hide) {
            hidden += 1;
            continue;
        }
        flush(&mut hidden, &mut out, report);
        match (character, fate(character)) {
            ('\n', _) if lines => out.push('\n'),
            ('\n', _) => out.push_str("\\n"),
            ('\t', _) => out.push(if lines { '\t' } else { ' ' }),
            ('\r', _) if behind.starts_with('\n') => {}
            ('\u{1b}' | '\u{9b}', _) if sequence(character, behind).is_some() => {
                rest = sequence(character, behind).unwrap_or(behind);
                report.add(Kind::Ansi, 1);
            }
            (_, Fate::Space) => {
                out.push(' ');
                report.add(Kind::Separator, 1);
            }
            (_, Fate::Escape(kind)) => {
                let _infallible = write!(out, "\\u{{{:x}}}", u32::from(character));
                report.add(kind, 1);
            }
            (_, Fate::Keep | Fate::Hide) => out.push(character),
        }
    }
    flush(&mut hidden, &mut out, report);
    out
}

fn flush(hidden: &mut u64, out: &mut String, report: &mut Report) {
    if *hidden >= CHANNEL {
        let _infallible = write!(out, "[hidden:{hidden}]");
    }
    report.add(Kind::Hidden, *hidden);
    *hidden = 0;
}

/// What follows a control sequence (ECMA-48 CSI) that `first` begins; `None` when it begins none.
fn sequence(first: char, behind: &str) -> Option<&str> {
    let parameters = if first == '\u{9b}' { behind } else { behind.strip_prefix('[')? };
    let end = parameters.bytes().take(MAX_PARAMETERS).position(|b| !(0x20..=0x3f).contains(&b))?;
    let last = *parameters.as_bytes().get(end)?;
    (0x40..=0x7e).contains(&last).then(|| &parameters[end + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        canonical(text, true, &mut Report::default())
    }

    #[test]
    fn tricks_become_visible_or_vanish() {
        assert_eq!(shown("a\u{1b}[8;31mhidden\u{1b}[0m b"), "ahidden b");
        assert_eq!(shown("a\u{1b}]0;title\u{7}"), "a\\u{1b}]0;title\\u{7}");
        assert_eq!(shown("nigol\u{202e}x"), "nigol\\u{202e}x");
        assert_eq!(shown("pass\u{200b}word"), "password");
        assert_eq!(shown("ok\u{e0049}\u{e0067}\u{e006e}\u{e006f}"), "ok[hidden:4]");
        assert_eq!(shown(&format!("ok{}", "\u{e0101}".repeat(9))), "ok[hidden:9]");
        assert_eq!(shown("a\u{a0}b\u{2028}c"), "a b\\u{2028}c");
        assert_eq!(shown("a\r\nb\rc"), "a\nb\\u{d}c");
        assert_eq!(shown("\u{1b}\u{1b}[m[m"), "\\u{1b}[m");
    }

    #[test]
    fn ordinary_text_of_any_script_is_kept() {
        for text in ["plain: text, 100%\n\tindented", "größer", "日本語のログ", "Ошибка: нет", "שלום", "مرحبا", "😀 ok"]
        {
            let mut report = Report::default();
            assert_eq!(canonical(text, true, &mut report), text);
            assert!(report.is_empty(), "{text}");
        }
    }

    #[test]
    fn one_line_fields_have_one_line() {
        assert_eq!(canonical("a\r\nb\tc", false, &mut Report::default()), "a\\nb c");
    }
}
