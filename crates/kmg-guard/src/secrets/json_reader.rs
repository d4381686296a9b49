//! One forward pass over JSON of one level of escaping, for the data of its Secrets.

use std::ops::Range;

use super::bounds::{backslashes, level, own_backslashes, run};

/// The deepest nesting that is followed.
const MAX_DEPTH: usize = 512;

/// The values in the data of every Secret in JSON of escaping level `depth`.
pub(super) fn data_of_secrets(bytes: &[u8], depth: u32) -> Vec<Range<usize>> {
    Reader { bytes, level: depth, frames: vec![Frame::default()], open: 0, scalars: Vec::new(), data: Vec::new() }.read()
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Member {
    Kind,
    Data,
    #[default]
    Other,
}

/// One object under way.
#[derive(Debug, Default)]
struct Frame {
    member: Member,
    is_secret: bool,
    /// Where the scalars of its `data` and `stringData` stand in the list.
    data: Vec<Range<usize>>,
    since: usize,
}

struct Reader<'t> {
    bytes: &'t [u8],
    level: u32,
    frames: Vec<Frame>,
    /// How many objects under way are inside of their data.
    open: usize,
    scalars: Vec<Range<usize>>,
    data: Vec<Range<usize>>,
}

impl Reader<'_> {
    fn read(mut self) -> Vec<Range<usize>> {
        let mut at = 0;
        while at < self.bytes.len() {
            match self.bytes[at] {
                b'"' => at = self.string(at),
                b'{' if self.frames.len() < MAX_DEPTH => {
                    self.frames.push(Frame::default());
                    at += 1;
                }
                b'}' => {
                    self.close();
                    at += 1;
                }
                _ => at += 1,
            }
        }
        self.reset();
        self.marked()
    }

    /// Reads the string whose quote stands at `open`; what is behind it.
    fn string(&mut self, open: usize) -> usize {
        let depth = level(backslashes(self.bytes, open));
        if depth < self.level {
            self.reset();
        }
        if depth != self.level {
            return open + 1;
        }
        let Some(quote) = closing(self.bytes, open + 1, self.level) else { return run(self.bytes, open + 1, usize::MAX, |b| b != b'\n') };
        let end = quote - own_backslashes(level(backslashes(self.bytes, quote)));
        let text = &self.bytes[open + 1..end.max(open + 1)];
        let behind = run(self.bytes, quote + 1, 64, |b| b.is_ascii_whitespace());
        if self.bytes.get(behind) == Some(&b':') {
            self.member(match text {
                b"kind" => Member::Kind,
                b"data" | b"stringData" => Member::Data,
                _ => Member::Other,
            });
        } else {
            if let Some(frame) = self.frames.last_mut() {
                frame.is_secret |= frame.member == Member::Kind && text == b"Secret";
            }
            if self.open > 0 && !text.is_empty() && super::judge::is_private(text) {
                self.scalars.push(open + 1..end);
            }
        }
        quote + 1
    }

    fn member(&mut self, member: Member) {
        let so_far = self.scalars.len();
        let Some(frame) = self.frames.last_mut() else { return };
        if frame.member == Member::Data {
            frame.data.push(frame.since..so_far);
            self.open -= 1;
        }
        frame.member = member;
        frame.since = so_far;
        self.open += usize::from(member == Member::Data);
    }

    fn close(&mut self) {
        self.member(Member::Other);
        if let Some(frame) = self.frames.pop()
            && frame.is_secret
        {
            self.data.extend(frame.data);
        }
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
    }

    fn reset(&mut self) {
        while self.frames.len() > 1 {
            self.close();
        }
        self.close();
    }

    /// The scalars in any Secret's data, each once.
    fn marked(mut self) -> Vec<Range<usize>> {
        self.data.sort_by_key(|range| range.start);
        let mut next = 0;
        let mut out = Vec::new();
        for range in &self.data {
            out.extend(self.scalars.get(range.start.max(next)..range.end.max(next)).unwrap_or_default().iter().cloned());
            next = next.max(range.end);
        }
        out
    }
}

/// The quote that ends a string of this level; `None` when its line or the text around it ends first.
fn closing(bytes: &[u8], from: usize, depth: u32) -> Option<usize> {
    let mut at = from;
    while at < bytes.len() && bytes[at] != b'\n' {
        if bytes[at] == b'\\' {
            let next = run(bytes, at, usize::MAX, |b| b == b'\\');
            if bytes.get(next) == Some(&b'"') && level(next - at) <= depth {
                return (level(next - at) == depth).then_some(next);
            }
            at = next + 1;
        } else if bytes[at] == b'"' {
            return (depth == 0).then_some(at);
        } else {
            at += 1;
        }
    }
    None
}
