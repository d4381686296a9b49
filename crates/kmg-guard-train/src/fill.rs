//! Templates: files of lines under `## section`, and the choices that stand for `{names}` in them.

use std::collections::BTreeMap;

use crate::dice::Dice;

const SLOTS: &str = include_str!("../data/slots.txt");

/// The lines of each section of a file, in the file's order. A file's first line says what it is; `\n` in a line is
/// the end of a line.
pub fn sections(file: &str) -> Vec<(String, Vec<String>)> {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for line in file.lines().skip(1).map(str::trim).filter(|line| !line.is_empty()) {
        match (line.strip_prefix("## "), all.last_mut()) {
            // Templates may begin with two hashes themselves; names of sections have small letters only.
            (Some(name), _) if name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b' ') => {
                all.push((name.to_owned(), Vec::new()));
            }
            (_, Some((_, lines))) => lines.push(line.replace("\\n", "\n")),
            (_, None) => {}
        }
    }
    all
}

/// What stands for each name.
#[derive(Debug)]
pub struct Slots(BTreeMap<&'static str, Vec<&'static str>>);

impl Slots {
    /// Reads the data file.
    pub fn read() -> Self {
        let choices = SLOTS.lines().filter_map(|line| line.split_once(" = "));
        Self(choices.map(|(name, all)| (name, all.split('|').map(str::trim).collect())).collect())
    }

    /// `template` with something for each name that is known; other braces stay.
    pub fn fill(&self, template: &str, dice: &mut Dice) -> String {
        let mut text = String::new();
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once('{') {
            text.push_str(before);
            if let Some((choices, behind)) = behind.split_once('}').and_then(|(name, behind)| Some((self.0.get(name)?, behind))) {
                text.push_str(&value(dice.of(choices), dice));
                rest = behind;
            } else {
                text.push('{');
                rest = behind;
            }
        }
        text + rest
    }
}

fn value(choice: &str, dice: &mut Dice) -> String {
    if let Some((from, to)) = choice.strip_prefix('#').and_then(|range| range.split_once('-')) {
        let (from, to) = (from.parse().unwrap_or(0), to.parse().unwrap_or(1_u64));
        return (from + dice.roll() % to.saturating_sub(from).max(1)).to_string();
    }
    if let Some(digits) = choice.strip_prefix('%').and_then(|digits| digits.parse::<usize>().ok()) {
        return format!("{:016x}", dice.roll()).chars().take(digits).collect();
    }
    choice.to_owned()
}
