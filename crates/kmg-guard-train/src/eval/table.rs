//! Tables in Markdown, and how numbers stand in them.

use std::fmt::Write as _;

use super::intervals::wilson;

/// A table; all columns but the first are numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// What the columns are.
    pub head: Vec<String>,
    /// The cells, a row as long as the head.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(head: &[&str]) -> Self {
        Self { head: head.iter().map(|cell| (*cell).to_owned()).collect(), rows: Vec::new() }
    }

    /// Adds a row; cells that are missing stay empty.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut cells: Vec<String> = cells.into_iter().collect();
        cells.resize(self.head.len(), String::new());
        self.rows.push(cells);
    }

    /// The table in Markdown, with no line end behind it.
    pub fn markdown(&self) -> String {
        let mut text = format!("| {} |\n| ---", self.head.join(" | "));
        for _column in 1..self.head.len() {
            text.push_str(" | ---:");
        }
        text.push_str(" |");
        for row in &self.rows {
            let _infallible = write!(text, "\n| {} |", row.join(" | "));
        }
        text
    }
}

/// A share in percent.
pub fn percent(share: f64) -> String {
    let share = share * 100.0;
    if share < 9.95 { format!("{share:.2} %") } else { format!("{share:.1} %") }
}

/// Hits of trials in percent with Wilson's interval at 95 %; a dash without trials.
pub fn share(hits: u32, trials: u32) -> String {
    if trials == 0 {
        return "–".to_owned();
    }
    let (low, high) = wilson(hits, trials);
    let short = |share: f64| format!("{:.1}", share * 100.0);
    format!("{} ({}–{})", percent(f64::from(hits) / f64::from(trials)), short(low), short(high))
}

/// How many of 100,000.
pub fn of_lines(hits: u32, lines: u32) -> String {
    format!("{:.1}", f64::from(hits) * 100_000.0 / f64::from(lines.max(1)))
}
