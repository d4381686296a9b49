//! Instructions aimed at a model inside Kubernetes text, and the ordinary texts that resemble them most, put together
//! from templates by a fixed seed.
//!
//! Each section's lines are in four parts; a row is made of lines of one part only and names it, so that measuring
//! can hold out lines and not only rows.

use crate::corpus::Row;
use crate::dice::Dice;
use crate::fill::{Slots, sections};

const GOALS: &str = include_str!("../data/goals.txt");
const WRAPPERS: &str = include_str!("../data/wrappers.txt");
const HARD: &str = include_str!("../data/hard.txt");
const PEOPLE: &str = include_str!("../data/people.txt");

/// Parts of a section.
const PARTS: usize = 4;
/// Rows made of each line by itself: of an attack, of an ordinary one.
const EACH: [usize; 2] = [8, 2];
/// Texts of several lines made of each part of an ordinary section.
const TEXTS: usize = 6;
/// Long texts made of each part of all ordinary sections of a file.
const LONG: usize = 100;

/// The rows, and what they are made with.
struct Maker {
    rows: Vec<Row>,
    dice: Dice,
    slots: Slots,
}

impl Maker {
    fn add(&mut self, corpus: &str, part: usize, attack: bool, text: String) {
        let (id, corpus) = (format!("{corpus}:{}", self.rows.len()), corpus.replace(' ', "_"));
        let kind = format!("part {}", part % PARTS);
        self.rows.push(Row { id, corpus, kind, attack, text, licence: "Apache-2.0".to_owned() });
    }

    /// `wrapper` around one of the errands.
    fn wrapped(&mut self, wrapper: &str, errands: &[String]) -> String {
        let at = self.dice.below(errands.len());
        let errand = errands.get(at).map(|errand| self.slots.fill(errand, &mut self.dice)).unwrap_or_default();
        let mut letters = errand.chars();
        let begun: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        let wrapper = self.slots.fill(wrapper, &mut self.dice);
        wrapper.replace("{g}", &errand).replace("{G}", &begun)
    }

    fn attacks(&mut self, goals: &[(String, Vec<String>)]) {
        let english: Vec<String> = goals.iter().take(2).flat_map(|(_, errands)| errands.iter().cloned()).collect();
        for (section, wrappers) in sections(WRAPPERS) {
            let errands = goals.iter().find(|(name, _)| *name == section).map_or(&english, |(_, errands)| errands);
            for (at, wrapper) in wrappers.iter().enumerate() {
                for _ in 0..EACH[0] {
                    let text = self.wrapped(wrapper, errands);
                    self.add(&format!("kmg_inject_{section}"), at, true, text);
                }
            }
        }
    }

    /// Each line by itself, and texts of several lines of a part.
    fn ordinary(&mut self, start: &str, file: &str, errands: &[String]) {
        for (section, lines) in sections(file) {
            let corpus = format!("{start}_{section}");
            for (at, line) in lines.iter().enumerate() {
                for _ in 0..if line.contains("{g}") || line.contains("{G}") { EACH[0] } else { EACH[1] } {
                    let text = self.wrapped(line, errands);
                    self.add(&corpus, at, false, text);
                }
            }
            for part in 0..PARTS {
                let some: Vec<&String> = lines.iter().skip(part).step_by(PARTS).collect();
                for _ in 0..TEXTS {
                    let count = 2 + self.dice.below(5);
                    let text = self.several(&some, count, errands);
                    self.add(&corpus, part, false, text);
                }
            }
        }
    }

    /// Long texts of lines of any section: a model that adds up words must not take much prose for an attack.
    fn long(&mut self, start: &str, file: &str, errands: &[String]) {
        let all = sections(file);
        for part in 0..PARTS {
            let some: Vec<&String> = all.iter().flat_map(|(_, lines)| lines.iter().skip(part).step_by(PARTS)).collect();
            for _ in 0..LONG {
                let count = 6 + self.dice.below(14);
                let text = self.several(&some, count, errands);
                self.add(&format!("{start}_long"), part, false, text);
            }
        }
    }

    /// `count` of some lines, as one text.
    fn several(&mut self, some: &[&String], count: usize, errands: &[String]) -> String {
        let mut many = Vec::new();
        for number in 1..=count {
            let at = self.dice.below(some.len());
            let Some(line) = some.get(at) else { continue };
            many.push((number, self.wrapped(line, errands)));
        }
        self.text(&many)
    }

    /// Lines as one text: a paragraph, a list, a log.
    fn text(&mut self, lines: &[(usize, String)]) -> String {
        let form = self.dice.below(6);
        let second = 10 + self.dice.below(40);
        let told = lines.iter().map(|(number, line)| match form {
            0 => format!("{line} "),
            1 => format!("{number}. {line}\n"),
            2 => format!("- {line}\n"),
            3 => format!("2026-05-12T08:10:{second}Z INFO {line}\n"),
            4 => format!("# {line}\n"),
            _ => format!("{line}\n\n"),
        });
        told.collect::<String>().trim_end().to_owned()
    }
}

/// All rows.
pub fn rows(seed: u64) -> Vec<Row> {
    let mut maker = Maker { rows: Vec::new(), dice: Dice(seed ^ 0x0_5eed), slots: Slots::read() };
    let goals = sections(GOALS);
    maker.attacks(&goals);
    let errands = goals.first().map(|(_, errands)| errands.as_slice()).unwrap_or_default();
    maker.ordinary("kmg_hard", HARD, errands);
    maker.ordinary("kmg_people", PEOPLE, errands);
    maker.long("kmg_hard", HARD, errands);
    maker.long("kmg_people", PEOPLE, errands);
    maker.rows
}
