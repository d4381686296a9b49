//! Everything that left the product, and the search in it.

use std::path::Path;

use super::marks::Marks;

/// How much of what stands around a value is told.
const AROUND: usize = 60;

/// What was said, and where.
#[derive(Default)]
pub(crate) struct Heap(Vec<(String, Vec<u8>)>);

impl Heap {
    pub(crate) fn add(&mut self, place: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.push((place.into(), bytes.into()));
    }

    /// Every file below `folder`, by its bytes.
    pub(crate) fn add_files(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.add_files(&path);
            } else if path.is_file() {
                self.add(format!("file {}", path.display()), std::fs::read(&path).unwrap());
            }
        }
    }

    /// Whether something from a place whose name has `part` says `text`.
    pub(crate) fn says(&self, part: &str, text: &str) -> bool {
        self.0.iter().filter(|(place, _)| place.contains(part)).any(|(_, bytes)| find(bytes, text).is_some())
    }

    /// Every place that gives a planted value away, with what stands around it.
    pub(crate) fn leaks(&self, marks: &Marks) -> Vec<String> {
        let mut leaks = Vec::new();
        for (place, bytes) in &self.0 {
            for form in marks.forms() {
                if let Some(at) = find(bytes, &form) {
                    let around = &bytes[at.saturating_sub(AROUND)..bytes.len().min(at + AROUND)];
                    leaks.push(format!("{place}: …{}…", String::from_utf8_lossy(around)));
                }
            }
        }
        leaks
    }
}

fn find(bytes: &[u8], text: &str) -> Option<usize> {
    let (first, rest) = text.as_bytes().split_first()?;
    let mut from = 0;
    while let Some(next) = bytes[from..].iter().position(|byte| byte == first) {
        let at = from + next;
        if bytes[at + 1..].starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}
