//! Classes of fields and their caps.

/// What kind of field a text stands in. The class decides how long it may be and whether it has lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldClass {
    /// A name or a key: one line, 320 bytes.
    Name,
    /// An image reference, a selector, a cursor, a URL: one line, 2 KiB.
    Reference,
    /// A condition's or an event's message in a list: one line, 1 KiB.
    Line,
    /// A message on its own: 2 KiB, 32 lines.
    Message,
    /// A longer text, such as a log: 64 KiB, 1,000 lines.
    Text,
}

impl FieldClass {
    /// The cap in bytes, the note about the cut included.
    pub const fn max_bytes(self) -> usize {
        match self {
            Self::Name => 320,
            Self::Reference | Self::Message => 2 << 10,
            Self::Line => 1 << 10,
            Self::Text => 64 << 10,
        }
    }

    /// The cap in lines.
    pub const fn max_lines(self) -> usize {
        match self {
            Self::Name | Self::Reference | Self::Line => 1,
            Self::Message => 32,
            Self::Text => 1_000,
        }
    }
}

const NOTE_START: &str = "…[truncated ";
const NOTE_END: &str = " bytes]";
/// The longest note: both ends and the digits of the largest 64-bit number.
const NOTE_MAX: usize = NOTE_START.len() + NOTE_END.len() + 20;

/// `text` cut to the class's caps, or `None` when it is within them. Never cuts into a placeholder.
pub(crate) fn cut(text: &str, class: FieldClass) -> Option<String> {
    let line_end = text.match_indices('\n').nth(class.max_lines() - 1).map(|(at, _)| at);
    let mut end = match (text.len() > class.max_bytes(), line_end) {
        (false, None) => return None,
        (false, Some(at)) => at.min(class.max_bytes() - NOTE_MAX),
        (true, at) => at.unwrap_or(usize::MAX).min(class.max_bytes() - NOTE_MAX),
    };
    end = text.floor_char_boundary(end);
    if let Some(open) = text[..end].rfind("[redacted:")
        && !text[open..end].contains(']')
    {
        end = open;
    }
    Some(format!("{}{NOTE_START}{}{NOTE_END}", &text[..end], text.len() - end))
}

/// `text` without the note that [`cut`] leaves at its end, and the note.
pub(crate) fn split_note(text: &str) -> (&str, &str) {
    let Some(at) = text.rfind(NOTE_START) else { return (text, "") };
    let digits = text[at + NOTE_START.len()..].strip_suffix(NOTE_END);
    if digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())) {
        text.split_at(at)
    } else {
        (text, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_says_how_much_is_missing_and_fits_the_cap() {
        let text = "é".repeat(1_000);
        let short = cut(&text, FieldClass::Name).unwrap();
        assert!(short.len() <= FieldClass::Name.max_bytes());
        let (kept, note) = split_note(&short);
        assert_eq!(note, format!("…[truncated {} bytes]", text.len() - kept.len()));
        assert_eq!(cut(&short, FieldClass::Name), None);
    }

    #[test]
    fn lines_are_capped_too() {
        let text = "a\n".repeat(40);
        let short = cut(&text, FieldClass::Message).unwrap();
        assert_eq!(short.lines().count(), 32);
        assert_eq!(cut("a\nb", FieldClass::Message), None);
    }
}
