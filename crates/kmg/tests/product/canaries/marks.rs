//! Random values nobody may see again, and how they are looked for.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Letters only, so that no rule for tokens of high entropy hides what a tool should not have read.
const LETTERS: &[u8; 16] = b"abcdefghijkmnopq";
const MARKER: usize = 14;
const OWN: usize = 8;

/// The values of one run. All of them begin and end with the run's marker, so that one cut at either end is found too.
pub(crate) struct Marks {
    marker: String,
    /// Random too, but allowed to be seen: what the search must find.
    pub(crate) visible: String,
}

impl Marks {
    pub(crate) fn new() -> Self {
        Self { marker: letters(MARKER), visible: letters(MARKER) }
    }

    /// A fresh value to hide.
    pub(crate) fn fresh(&self) -> String {
        format!("{0}{1}{0}", self.marker, letters(OWN))
    }

    /// A fresh value as a Secret's `data` has it.
    pub(crate) fn encoded(&self) -> String {
        base64::engine::general_purpose::STANDARD.encode(self.fresh())
    }

    /// The marker as it is, in hex, and inside base64 at each of its three alignments.
    pub(crate) fn forms(&self) -> Vec<String> {
        let mut forms = vec![self.marker.clone(), hex(&self.marker)];
        for shift in 0..3 {
            forms.push(aligned(&STANDARD_NO_PAD, &self.marker, shift));
            forms.push(aligned(&URL_SAFE_NO_PAD, &self.marker, shift));
        }
        forms
    }
}

/// The characters of base64 that `text` alone decides where `shift` bytes of something else stand before it.
fn aligned(engine: &impl base64::Engine, text: &str, shift: usize) -> String {
    let whole = engine.encode([&vec![0; shift], text.as_bytes()].concat());
    let (from, to) = ((shift * 8).div_ceil(6), (shift + text.len()) * 8 / 6);
    whole[from..to].to_owned()
}

fn hex(text: &str) -> String {
    text.bytes().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

fn letters(count: usize) -> String {
    let mut random = vec![0_u8; count];
    getrandom::fill(&mut random).unwrap();
    random.iter().map(|byte| char::from(LETTERS[usize::from(byte & 15)])).collect()
}

/// The search finds a value in each of its disguises, whatever stands around it.
#[test]
fn a_disguised_value_is_found() {
    let marks = Marks::new();
    let value = marks.fresh();
    let found = |text: &str| marks.forms().iter().any(|form| text.contains(form));
    for before in ["", "a", "ab", "abc"] {
        let text = format!("{before}{value}{before}");
        for told in [text.clone(), hex(&text), STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text), text[..20].to_owned()] {
            assert!(found(&told), "{told}");
        }
    }
    assert!(!found(&marks.visible));
}
