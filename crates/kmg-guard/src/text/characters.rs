//! What becomes of a character, and which invisible ones are a part of ordinary writing.

use crate::report::Kind;

pub(super) enum Fate {
    Keep,
    Space,
    Hide,
    Escape(Kind),
}

pub(super) const fn fate(character: char) -> Fate {
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

/// How many bytes of invisible characters at the start of `behind` belong to `before` as it is written: the
/// selector of an emoji (one), a joiner between emoji or between Arabic or Indic letters, the tags of a flag.
pub(super) fn ordinary(before: Option<char>, behind: &str) -> usize {
    let mut rest = behind.chars();
    match (before, rest.next(), rest.next()) {
        (Some('\u{1f3f4}'), Some('\u{e0061}'..='\u{e007a}'), _) => flag(behind),
        (Some(base), Some(selector @ '\u{fe0f}'), _) if is_pictograph(base) || base.is_ascii_digit() || matches!(base, '#' | '*') => {
            selector.len_utf8()
        }
        (Some(base), Some(joiner @ '\u{200d}'), Some(next)) if (is_pictograph(base) || base == '\u{fe0f}') && is_pictograph(next) => {
            joiner.len_utf8()
        }
        (Some(base), Some(joiner @ ('\u{200c}' | '\u{200d}')), Some(next)) if joins(base) && joins(next) => joiner.len_utf8(),
        _ => 0,
    }
}

/// The tags of a flag of a region (UTS #51): three to six, and the cancel tag.
fn flag(behind: &str) -> usize {
    let tags = behind.chars().take_while(|c| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}')).take(7).count();
    if (3..=6).contains(&tags) && behind.chars().nth(tags) == Some('\u{e007f}') { (tags + 1) * 4 } else { 0 }
}

const fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21ff}'
        | '\u{231a}'..='\u{23ff}' | '\u{24c2}' | '\u{25aa}'..='\u{27bf}' | '\u{2934}' | '\u{2935}' | '\u{2b00}'..='\u{2bff}'
        | '\u{1f000}'..='\u{1faff}')
}

/// Letters of the scripts in which joiners are spelling.
const fn joins(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{900}'..='\u{dff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
}
