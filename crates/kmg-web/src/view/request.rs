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
    /// The body. A line ends after each element of the outermost JSON array; nothing else is laid out.
    pub(crate) lines: Vec<Vec<Piece>>,
}

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

fn lines(halves: &[String; 2]) -> Vec<Vec<Piece>> {
    let mut scanner = Scanner::default();
    scanner.half(&halves[0]);
    scanner.line.push(Piece::Slot);
    scanner.half(&halves[1]);
    scanner.end_line();
    scanner.lines
}

/// Follows strings and nesting across both halves, to find where an element of the outermost array ends.
#[derive(Default)]
struct Scanner {
    lines: Vec<Vec<Piece>>,
    line: Vec<Piece>,
    depth: usize,
    in_string: bool,
    escaped: bool,
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
            ',' => return self.in_array && self.depth == 1,
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
            self.lines.push(std::mem::take(&mut self.line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(lines: &[Vec<Piece>]) -> Vec<String> {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.to_string(),
            Piece::Slot => "<slot>".to_owned(),
        };
        lines.iter().map(|line| line.iter().map(piece).collect()).collect()
    }

    #[test]
    fn one_operation_a_line_and_every_byte_kept() {
        let halves = [r#"[{"op":"test","value":"a\",[{"},{"value":""#.to_owned(), r#""},{"op":"replace","value":{"a":[1,2]}}]"#.to_owned()];
        let out = shown(&lines(&halves));
        assert_eq!(out, [r#"[{"op":"test","value":"a\",[{"},"#, r#"{"value":"<slot>"},"#, r#"{"op":"replace","value":{"a":[1,2]}}]"#]);
        assert_eq!(out.concat(), halves.join("<slot>"));
    }

    #[test]
    fn a_body_that_is_no_array_is_one_line() {
        let halves = [r#"{"a":[1,2],"rv":""#.to_owned(), r#"","b":3}"#.to_owned()];
        assert_eq!(lines(&halves).len(), 1);
    }

    #[test]
    fn text_that_looks_like_the_slot_is_not_the_slot() {
        let halves = ["[\"<slot>\",\"".to_owned(), "\"]".to_owned()];
        let slots = lines(&halves).iter().flatten().filter(|piece| **piece == Piece::Slot).count();
        assert_eq!(slots, 1);
    }
}
