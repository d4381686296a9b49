//! Proving rules on the texts they carry. `{alnum:36}` in such a text stands for 36 made-up bytes, so that no file
//! holds what looks like a live key.

use super::pack::Pack;
use super::rule::LoadError;

/// Made-up bodies, repeated as long as they are needed.
const BODIES: [(&str, &str); 9] = [
    ("alnum", "Ex4mpLe7FaKe2bOdY9NoTr3aLkEy5Vz8QwJ1sH6dGcUi0T"),
    ("lower", "ex4mple7fake2body9notr3alkey5vz8qwj1sh6dgcui0t"),
    ("upper", "EX4MPLE7FAKE2BODY6NOTR3ALKEY5VZ2QWJ4SH6DGCUI7T"),
    ("word", "Ex4mpLe7_FaKe2bOdY9NoTr3a_LkEy5Vz8QwJ1sH6dGcUi0T"),
    ("url", "Ex4mpLe7-FaKe2bOdY9_NoTr3aLkEy5Vz8QwJ1sH6dGcUi0T"),
    ("b64", "Ex4mpLe7/FaKe2bOdY9NoTr3aLkEy5+Vz8QwJ1sH6dGcUi0T"),
    ("hex", "0fa4e7c21b9d83e65ca70f3be14d92ac"),
    ("digits", "4820173956"),
    ("alpha", "ExAmPlEFaKeBoDyNoTrEaLkEyVzQwJsHdGcUiT"),
];

/// `text` with every `{class:count}` written out.
pub(super) fn expand(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        rest = &rest[open..];
        let Some((body, count, behind)) = marker(rest) else {
            out.push('{');
            rest = &rest[1..];
            continue;
        };
        out.extend(body.chars().cycle().take(count));
        rest = behind;
    }
    out.push_str(rest);
    out
}

fn marker(text: &str) -> Option<(&'static str, usize, &str)> {
    let (inside, behind) = text.strip_prefix('{')?.split_once('}')?;
    let (class, count) = inside.split_once(':')?;
    let body = BODIES.iter().find(|(name, _)| *name == class)?.1;
    Some((body, count.parse().ok().filter(|count| *count <= 4096)?, behind))
}

impl Pack {
    /// Proves every rule on its own texts; the errors name the rule and the text.
    pub(super) fn prove(&self) -> Vec<LoadError> {
        let mut errors = Vec::new();
        for (index, rule) in (0..).zip(&self.rules) {
            let fires = |text: &str| !self.scan(&expand(text), Some(index)).raw.is_empty();
            let texts = rule.head.matches.iter().map(|text| (text, true)).chain(rule.head.no_match.iter().map(|text| (text, false)));
            for (text, must) in texts {
                if fires(text) != must {
                    let field = if must { "match: does not fire on" } else { "no_match: fires on" };
                    errors.push(LoadError { file: "-".to_owned(), rule: rule.head.id.clone(), reason: format!("{field} {text:?}") });
                }
            }
        }
        errors
    }
}
