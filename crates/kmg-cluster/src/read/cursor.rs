//! Where a page of ranked rows ended: a bounded text that only this crate reads.

use crate::error::ClusterError;

/// No page begins behind this many rows.
const MAX_OFFSET: usize = 5_000;

/// How many rows of each kind earlier pages showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor(pub(super) usize);

impl Cursor {
    pub(super) fn parse(text: Option<&str>) -> Result<Self, ClusterError> {
        let Some(text) = text else { return Ok(Self::default()) };
        let digits =
            text.strip_prefix("r1.").filter(|digits| (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()));
        let offset = digits.and_then(|digits| digits.parse().ok()).filter(|offset| *offset < MAX_OFFSET);
        offset.map(Self).ok_or(ClusterError::Cursor)
    }

    pub(super) fn text(self) -> Option<String> {
        (self.0 < MAX_OFFSET).then(|| format!("r1.{}", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_text_is_read() {
        assert_eq!(Cursor::parse(None).unwrap(), Cursor(0));
        assert_eq!(Cursor::parse(Cursor(40).text().as_deref()).unwrap(), Cursor(40));
        for text in ["", "r1.", "r1.-1", "r1.99999", "r1.5000", "r2.1", "r1.1 ", "r1.+1"] {
            assert!(Cursor::parse(Some(text)).is_err(), "{text}");
        }
    }
}
