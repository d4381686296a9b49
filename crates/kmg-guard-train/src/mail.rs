//! Ordinary mail, talk and notes, written for this project and put together by a fixed seed: kinds of text that the
//! corpora know from attacks only. Without them a model learns that a letter is an attack.

use crate::corpus::Row;
use crate::dice::Dice;

const LETTERS: &str = include_str!("../data/letters.txt");
const TALK: &str = include_str!("../data/talk.txt");
const ASKS: &str = include_str!("../data/asks.txt");
const LOGS: &str = include_str!("../data/logs.txt");
const FRAMES: &str = include_str!("../data/frames.txt");

/// Letters made.
const MADE: u64 = 1200;

/// The paragraphs of a file; a line that begins with `#` says what they are.
fn paragraphs(file: &'static str) -> Vec<&'static str> {
    file.split("\n\n").map(str::trim).filter(|part| !part.is_empty() && !part.starts_with('#')).collect()
}

/// The lines below `# name` in the frames.
fn lines(name: &str) -> Vec<&'static str> {
    let section =
        FRAMES.split("\n\n").find(|part| part.trim_start().strip_prefix("# ").is_some_and(|rest| rest.lines().next() == Some(name)));
    section.map(|part| part.trim().lines().skip(1).collect()).unwrap_or_default()
}

/// All rows: every paragraph by itself, and letters, inboxes and threads put together from them.
pub fn rows(seed: u64) -> Vec<Row> {
    let (letters, talk, asks) = (paragraphs(LETTERS), paragraphs(TALK), paragraphs(ASKS));
    let mut rows = Vec::new();
    let mut add = |corpus: &str, text: String| {
        let id = format!("{corpus}:{}", rows.len());
        rows.push(Row { id, corpus: corpus.to_owned(), kind: String::new(), attack: false, text, licence: "Apache-2.0".to_owned() });
    };
    for (corpus, texts) in [("kmg_letter", &letters), ("kmg_talk", &talk), ("kmg_ask", &asks)] {
        for text in texts {
            add(corpus, (*text).to_owned());
        }
    }
    let logs: Vec<&str> = LOGS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let mut dice = Dice(seed);
    let frames = Frames { greetings: lines("greetings"), closings: lines("closings"), names: lines("names"), subjects: lines("subjects") };
    for number in 0..MADE {
        match number % 8 {
            0..=2 => add("kmg_mail", letter(&mut dice, &frames, &letters, number % 2 == 0)),
            3 => add(
                "kmg_inbox",
                (0..2 + dice.roll() % 4).map(|_| letter(&mut dice, &frames, &letters, true)).collect::<Vec<_>>().join("\n\n"),
            ),
            4 => add(
                "kmg_thread",
                (0..3 + dice.roll() % 6).map(|_| format!("{}: {}", dice.of(&frames.names), dice.of(&talk))).collect::<Vec<_>>().join("\n"),
            ),
            5 => add("kmg_log", log(&mut dice, &logs)),
            _ => add("kmg_note", [dice.of(&asks), dice.of(&letters), dice.of(&asks)].join(" ")),
        }
    }
    rows
}

/// Lines of a log in one of the usual forms; a `%` in a line stands for a number.
fn log(dice: &mut Dice, lines: &[&str]) -> String {
    let (form, program) =
        (dice.roll() % 7, dice.of(&["postgres", "broker", "worker", "api", "ingress", "csi-driver", "operator", "cache", "scheduler"]));
    let (month, day) = (dice.of(&MONTHS), dice.of(&DAYS));
    let level = ["INFO", "WARN", "ERROR", "DEBUG", "notice", "error"];
    let mut text = Vec::new();
    for _ in 0..6 + dice.roll() % 14 {
        let (second, level, number) = (dice.roll() % 60, dice.of(&level), dice.roll() % 30000);
        let line = dice
            .of(lines)
            .split('%')
            .map(str::to_owned)
            .reduce(|all, rest| format!("{all}{}{rest}", dice.roll() % 9000))
            .unwrap_or_default();
        text.push(match form {
            0 => format!("{month} 14 09:31:{second:02} node-{} {program}[{number}]: {line}\n", number % 9),
            1 => format!("[{day} {month} 04 04:52:{second:02} 2025] [{level}] {line}\n"),
            2 => format!("2025-03-09 11:08:{second:02},{number} {level} org.example.{program}.Server: {line}\n"),
            3 => format!("03-17 16:13:{second:02}.{number} 1702 2395 D {program}: {line}\n"),
            4 => format!(
                "- 1131566461 2025.11.09 {program}{} {month} 9 12:01:{second:02} {program}/{program} {program}: {line}\n",
                number % 100
            ),
            5 => format!("250309 2035{second:02} 143 {level} dfs.{program}: {line}\n"),
            _ => format!("{level}: {line}\n"),
        });
    }
    text.concat()
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

struct Frames {
    greetings: Vec<&'static str>,
    closings: Vec<&'static str>,
    names: Vec<&'static str>,
    subjects: Vec<&'static str>,
}

fn letter(dice: &mut Dice, frames: &Frames, letters: &[&str], headers: bool) -> String {
    let (from, to) = (dice.of(&frames.names), dice.of(&frames.names));
    let mail = |name: &str| {
        format!("{}@example.{}", name.to_lowercase().replace(' ', "."), if name.len().is_multiple_of(2) { "com" } else { "org" })
    };
    let header = if headers {
        let subject = dice.of(&frames.subjects);
        match dice.roll() % 3 {
            0 => format!("From: {from} <{}>\nTo: {}\nSubject: {subject}\n\n", mail(from), mail(to)),
            1 => format!("Subject: {subject}\n"),
            _ => format!("- id: {}\n  sender: {}\n  subject: {subject}\n  body: ", dice.roll() % 90, mail(from)),
        }
    } else {
        String::new()
    };
    let body: Vec<&str> = (0..=dice.roll() % 3).map(|_| dice.of(letters)).collect();
    let gap = if dice.roll().is_multiple_of(2) { "\n\n" } else { " " };
    let greeting = dice.of(&frames.greetings).replace("{}", to.split(' ').next().unwrap_or(to));
    let closing = dice.of(&frames.closings);
    header + [greeting.as_str(), &body.join(gap), closing, from].join(gap).trim()
}
