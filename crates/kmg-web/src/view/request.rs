//! The exact request, laid out for reading without a byte added or left out.

use kmg_core::plan::Template;

use super::Visible;

/// A stretch of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Bytes that are sent as shown.
    Text(Visible),
    /// The place where the resourceVersion stands.
    Slot,
}

/// A request as it would be sent.
#[derive(Clone, Debug)]
pub(crate) struct RequestView {
    /// The HTTP method.
    pub(crate) method: Visible,
    /// The path.
    pub(crate) path: Visible,
    /// The query.
    pub(crate) query: Visible,
    /// The body's media type.
    pub(crate) content_type: Visible,
    /// The body. A line ends after each operation of a patch, and after each member of an object.
    pub(crate) lines: Vec<Line>,
}

/// A line of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// How deep it stands, 0 to [`DEEPEST`].
    pub(crate) depth: usize,
    /// What stands on it.
    pub(crate) pieces: Vec<Piece>,
}

/// The deepest indentation; what is deeper stands there too.
const DEEPEST: usize = 8;

impl RequestView {
    /// The request of `template`.
    pub(crate) fn new(template: &Template) -> Self {
        Self {
            method: Visible::line(&template.method),
            path: Visible::line(&template.path),
            query: Visible::line(&template.query),
            content_type: Visible::line(&template.content_type),
            lines: lines(&template.body),
        }
    }
}

fn lines(parts: &[String]) -> Vec<Line> {
    let mut scanner = Scanner::default();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            scanner.line.push(Piece::Slot);
        }
        scanner.half(part);
    }
    scanner.end_line();
    scanner.lines
}

/// Follows strings and nesting across the parts, to find where a line may end.
#[derive(Default)]
struct Scanner {
    lines: Vec<Line>,
    line: Vec<Piece>,
    /// The depth at which the line began.
    began: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// The outermost value is an array: its elements are lines, whatever they hold.
    in_array: bool,
}

impl Scanner {
    fn half(&mut self, text: &str) {
        let mut start = 0;
        for (at, c) in text.char_indices() {
            let end = at + c.len_utf8();
            if self.ends_line(c) {
                self.piece(&text[start..end]);
                self.end_line();
                start = end;
            }
        }
        self.piece(&text[start..]);
    }

    fn ends_line(&mut self, c: char) -> bool {
        if self.in_string {
            self.in_string = self.escaped || c != '"';
            self.escaped = c == '\\' && !self.escaped;
            return false;
        }
        match c {
            '"' => self.in_string = true,
            '[' | '{' => {
                self.in_array |= self.depth == 0 && c == '[';
                self.depth += 1;
            }
            ']' | '}' => self.depth = self.depth.saturating_sub(1),
            ',' => return !self.in_array || self.depth == 1,
            _ => {}
        }
        false
    }

    fn piece(&mut self, text: &str) {
        if !text.is_empty() {
            self.line.push(Piece::Text(Visible::line(text)));
        }
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            let depth = if self.in_array { 0 } else { self.began.min(DEEPEST) };
            self.lines.push(Line { depth, pieces: std::mem::take(&mut self.line) });
        }
        self.began = self.depth;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(lines: &[Line]) -> Vec<String> {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.to_string(),
            Piece::Slot => "<slot>".to_owned(),
        };
        lines.iter().map(|line| line.pieces.iter().map(piece).collect()).collect()
    }

    #[test]
    fn one_operation_a_line_and_every_byte_kept() {
        let halves = [r#"[{"op":"test","value":"a\",[{"},{"value":""#.to_owned(), r#""},{"op":"replace","value":{"a":[1,2]}}]"#.to_owned()];
        let out = shown(&lines(&halves));
        assert_eq!(out, [r#"[{"op":"test","value":"a\",[{"},"#, r#"{"value":"<slot>"},"#, r#"{"op":"replace","value":{"a":[1,2]}}]"#]);
        assert_eq!(out.concat(), halves.join("<slot>"));
    }

    #[test]
    fn an_object_has_a_line_for_each_member_at_its_depth() {
        let halves = [r#"{"m":{"rv":""#.to_owned(), r#"","n":"a,b"},"s":{"k":[1,2]}}"#.to_owned()];
        let out = lines(&halves);
        assert_eq!(shown(&out), [r#"{"m":{"rv":"<slot>","#, r#""n":"a,b"},"#, r#""s":{"k":[1,"#, "2]}}"]);
        assert_eq!(out.iter().map(|line| line.depth).collect::<Vec<_>>(), [0, 2, 1, 3]);
        assert_eq!(lines(&["{}".to_owned()]).len(), 1, "a creation has no slot");
    }

    #[test]
    fn text_that_looks_like_the_slot_is_not_the_slot() {
        let halves = ["[\"<slot>\",\"".to_owned(), "\"]".to_owned()];
        let slots = lines(&halves).iter().flat_map(|line| &line.pieces).filter(|piece| **piece == Piece::Slot).count();
        assert_eq!(slots, 1);
    }
}
