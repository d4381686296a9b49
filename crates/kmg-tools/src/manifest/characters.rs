//! The characters of a text, before and beside its grammar.

use std::str::Chars;

use kmg_core::problem::{Code, Refusal};
use kmg_core::visible::is_deceptive;

use super::place::Place;

pub(super) const TAB: &str = "a tab stands here; use spaces, or put the text it belongs to in quotes";

/// Refuses what may stand nowhere: control characters, byte order marks, what only YAML 1.1 takes for a line end
/// (U+0085, U+2028, U+2029), a carriage return that ends no line, and directives.
pub(super) fn scan(text: &str) -> Result<(), Refusal> {
    let mut walk = Walk::new(text);
    while let Some((place, c)) = walk.next() {
        let why = match c {
            '\n' | '\t' => continue,
            '\r' if walk.chars.as_str().starts_with('\n') => continue,
            '\r' => "a carriage return stands alone; end lines by a line feed",
            '\u{feff}' => "a byte order mark stands here; remove it",
            '\u{85}' | '\u{2028}' | '\u{2029}' => {
                "some readers of YAML end a line here and some do not; write \\N, \\L or \\P in double quotes, or remove the character"
            }
            '\u{fffe}' | '\u{ffff}' => "this is no character; remove it",
            c if c.is_control() => "a control character stands here; remove it or write its escape in double quotes",
            '%' if place.column == 1 => {
                return Err(
                    place.refuse(Code::YamlDirective, "directives are not taken; remove the line, or indent the text it belongs to")
                );
            }
            _ => continue,
        };
        return Err(place.refuse(Code::UnseenCharacter, why));
    }
    Ok(())
}

/// Follows the grammar through the text and refuses tabs and unseen characters where they may not stand.
pub(super) struct Walk<'a> {
    chars: Chars<'a>,
    index: usize,
    place: Place,
}

impl<'a> Walk<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { chars: text.chars(), index: 0, place: Place { line: 1, column: 1 } }
    }

    fn next(&mut self) -> Option<(Place, char)> {
        let c = self.chars.next()?;
        let place = self.place;
        self.index += 1;
        if c == '\n' {
            self.place = Place { line: place.line + 1, column: 1 };
        } else {
            self.place.column += 1;
        }
        Some((place, c))
    }

    /// Whether `c` comes next.
    pub(super) fn stands_before(&self, c: char) -> bool {
        self.chars.as_str().starts_with(c)
    }

    /// Whether the text ends here, in the middle of a line.
    pub(super) fn is_at_an_open_line(&self) -> bool {
        self.chars.as_str().is_empty() && self.place.column > 1
    }

    /// Walks to the character of number `until`, refusing every unseen character that `may_stand` does not let pass.
    pub(super) fn to(&mut self, until: usize, may_stand: fn(char) -> bool) -> Result<(), Refusal> {
        while self.index < until {
            let Some((place, c)) = self.next() else { return Ok(()) };
            if matches!(c, '\n' | '\r') || !is_deceptive(c) || may_stand(c) {
                continue;
            }
            let why = if c == '\t' {
                TAB
            } else {
                "a character that is not seen, or passes for a space, stands here; remove it or write its escape in double quotes"
            };
            return Err(place.refuse(Code::UnseenCharacter, why));
        }
        Ok(())
    }
}
