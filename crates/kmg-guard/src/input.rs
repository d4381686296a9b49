//! Looking at what the agent says. Its words are what will be sent, so they are marked and never rewritten.

use serde::Serialize;

use crate::report::Report;
use crate::secrets::redact;
use crate::text::canonical;

/// What stands out in a text of the agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct InputVerdict {
    marks: Report,
}

impl InputVerdict {
    /// Whether nothing stands out.
    pub fn is_clean(&self) -> bool {
        self.marks.is_empty()
    }

    /// What stands out: kinds and counts.
    pub const fn marks(&self) -> &Report {
        &self.marks
    }
}

/// Marks invisible characters, direction controls, control characters and secrets in `text`.
pub fn screen_input(text: &str) -> InputVerdict {
    let mut marks = Report::default();
    let shown = canonical(text, true, &mut marks).text;
    let _only_counted = redact(&shown, &mut marks);
    InputVerdict { marks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Kind;

    #[test]
    fn hidden_characters_and_secrets_are_marked() {
        assert!(screen_input("scale for the launch").is_clean());
        assert_eq!(screen_input("sc\u{200b}ale").marks().count(Kind::Hidden), 1);
        assert_eq!(screen_input("password=hunter2").marks().redactions(), 1);
    }
}
