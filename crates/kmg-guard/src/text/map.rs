//! Where the bytes of a derived text come from.

use std::ops::Range;

/// A piece of a derived text. An exact piece was copied byte by byte; any other stands for its source as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    /// Where it begins in the derived text.
    at: usize,
    source: Range<usize>,
    exact: bool,
}

/// Leads from places in a derived text back to the text it was made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SpanMap {
    pieces: Vec<Piece>,
    end: usize,
}

impl SpanMap {
    /// Notes that the next bytes were copied from `source`.
    pub(crate) fn copied(&mut self, source: Range<usize>) {
        let length = source.len();
        if length == 0 {
            return;
        }
        match self.pieces.last_mut() {
            Some(last) if last.exact && last.source.end == source.start => last.source.end = source.end,
            _ => self.pieces.push(Piece { at: self.end, source, exact: true }),
        }
        self.end += length;
    }

    /// Notes that the next `length` bytes stand for `source`.
    pub(crate) fn replaced(&mut self, length: usize, source: Range<usize>) {
        if length > 0 {
            self.pieces.push(Piece { at: self.end, source, exact: false });
            self.end += length;
        }
    }

    /// The smallest span of the source that gave the bytes of `span`.
    pub(crate) fn source(&self, span: Range<usize>) -> Range<usize> {
        let start = self
            .piece(span.start)
            .map_or(0, |piece| if piece.exact { piece.source.start + (span.start - piece.at) } else { piece.source.start });
        let last = span.end.saturating_sub(1).max(span.start);
        let end = self.piece(last).map_or(start, |piece| {
            if piece.exact { (piece.source.start + (last - piece.at) + 1).min(piece.source.end) } else { piece.source.end }
        });
        if span.is_empty() { start..start } else { start..end.max(start) }
    }

    fn piece(&self, at: usize) -> Option<&Piece> {
        let behind = self.pieces.partition_point(|piece| piece.at <= at);
        self.pieces.get(behind.checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_lead_back() {
        let mut map = SpanMap::default();
        map.copied(0..3);
        map.replaced(1, 3..9);
        map.copied(9..12);
        assert_eq!(map.source(0..2), 0..2);
        assert_eq!(map.source(2..4), 2..9);
        assert_eq!(map.source(3..4), 3..9);
        assert_eq!(map.source(4..6), 9..11);
        assert_eq!(map.source(0..7), 0..12);
        assert_eq!(map.source(5..5), 10..10);
    }
}
