//! Hidden channels: runs of invisible characters, concealing terminal sequences, forced direction.

use std::ops::Range;

/// How many invisible characters in a row are a hidden channel, and leave a visible mark.
const CHANNEL: u64 = 4;
/// How many bytes of a channel are decoded.
const MAX_DECODED: usize = 16 << 10;
/// How many channels of a text are told apart.
const MAX_CHANNELS: usize = 512;

/// How something was hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// Tag characters (U+E0020 to U+E007E), which repeat ASCII.
    Tags,
    /// Variation selectors, each of which stands for a byte.
    Selectors,
    /// Zero-width and other invisible characters in a row.
    Invisible,
    /// Invisible characters between visible ones.
    Scattered,
    /// A terminal sequence that conceals what follows (SGR 8).
    Concealed,
    /// A control that forces the direction of writing.
    Direction,
}

/// Something hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Channel {
    pub(crate) means: Means,
    /// Where it was, in the original.
    pub(crate) source: Range<usize>,
    /// Where it was, or its mark is, in the canonical text.
    pub(crate) at: usize,
    /// How many characters hid it.
    pub(crate) count: u64,
    /// What it says, where that can be read.
    pub(crate) says: String,
}

/// A run of invisible characters that has ended.
pub(super) struct Ended {
    pub(super) count: u64,
    pub(super) source: Range<usize>,
    /// The mark that it leaves, when it is a channel.
    pub(super) mark: Option<String>,
}

/// Collects what is hidden in one text.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    count: u64,
    tags: Vec<u8>,
    selectors: Vec<u8>,
    source: Range<usize>,
    channels: Vec<Channel>,
    scattered: Option<Channel>,
}

impl Hidden {
    pub(super) const fn is_open(&self) -> bool {
        self.count > 0
    }

    pub(super) fn take(&mut self, character: char, span: Range<usize>) {
        if self.count == 0 {
            self.source = span.clone();
        }
        self.count += 1;
        self.source.end = span.end;
        let code = u32::from(character);
        let room = self.tags.len() + self.selectors.len() < MAX_DECODED;
        match code {
            0xe0020..=0xe007e if room => self.tags.extend(u8::try_from(code - 0xe0000)),
            0xfe00..=0xfe0f if room => self.selectors.extend(u8::try_from(code - 0xfe00)),
            0xe0100..=0xe01ef if room => self.selectors.extend(u8::try_from(code - 0xe0100 + 16)),
            _ => {}
        }
    }

    /// Ends a run; the canonical text is `at` bytes long.
    pub(super) fn close(&mut self, at: usize) -> Option<Ended> {
        if self.count == 0 {
            return None;
        }
        let (count, source) = (std::mem::take(&mut self.count), std::mem::take(&mut self.source));
        let (tags, selectors) = (std::mem::take(&mut self.tags), std::mem::take(&mut self.selectors));
        if count < CHANNEL {
            self.scatter(count, &source, at);
            return Some(Ended { count, source, mark: None });
        }
        let (means, says) = if tags.len() >= 4 {
            (Means::Tags, tags)
        } else if selectors.len() >= 4 {
            (Means::Selectors, selectors)
        } else {
            (Means::Invisible, Vec::new())
        };
        let says = String::from_utf8_lossy(&says).into_owned();
        self.push(Channel { means, source: source.clone(), at, count, says });
        Some(Ended { count, source, mark: Some(format!("[hidden:{count}]")) })
    }

    /// A terminal sequence, as it stands behind its first character.
    pub(super) fn terminal(&mut self, sequence: &str, source: Range<usize>, at: usize) {
        let parameters = sequence.trim_start_matches('[').strip_suffix('m').unwrap_or_default();
        if parameters.split(';').any(|parameter| parameter == "8") {
            self.push(Channel { means: Means::Concealed, source, at, count: 1, says: String::new() });
        }
    }

    pub(super) fn direction(&mut self, source: Range<usize>, at: usize) {
        self.push(Channel { means: Means::Direction, source, at, count: 1, says: String::new() });
    }

    pub(super) fn finish(mut self) -> Vec<Channel> {
        self.channels.extend(self.scattered);
        self.channels
    }

    /// Invisible characters between others, one by one, break words apart: they count together.
    fn scatter(&mut self, count: u64, source: &Range<usize>, at: usize) {
        match &mut self.scattered {
            Some(all) => {
                all.count += count;
                all.source.end = source.end;
            }
            none => *none = Some(Channel { means: Means::Scattered, source: source.clone(), at, count, says: String::new() }),
        }
    }

    fn push(&mut self, channel: Channel) {
        if self.channels.len() < MAX_CHANNELS {
            self.channels.push(channel);
        }
    }
}
