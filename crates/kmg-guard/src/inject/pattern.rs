//! The notation of token rules.
//!
//! A pattern is a row of elements with spaces between: a word (`ignore`), alternatives (`ignore|forget`), a class
//! of the lexicon (`@override`), each with marks before it (`^` first of its field, `!` in capitals, `<`, `[` and `#`
//! as they stand in the text, `/` behind `<` or `[`, `+` behind a pipe) and perhaps a colon behind; marks are of all alternatives. `?` makes an element
//! optional. Between two elements, `..3` lets three words at most stand inside the sentence, and `~3` lets them
//! stand in the same field, over the ends of sentences. Without either, the elements follow each other directly.

use super::tokens::Marks;

/// The most elements of a pattern.
const MAX_ELEMENTS: usize = 12;
/// The most words of a gap.
const MAX_GAP: u32 = 40;

/// What may stand between an element and the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Distance {
    /// Words at most.
    pub(super) words: u32,
    /// Whether a sentence may end between them.
    pub(super) over_sentences: bool,
}

/// A place of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) distance: Distance,
    pub(super) marks: Marks,
    /// Words, or names of classes with `@` before.
    pub(super) accepts: Vec<String>,
    optional: bool,
}

/// Every row of elements that `pattern` stands for: one, or more when elements are optional.
///
/// # Errors
/// What is wrong with the notation, in words.
pub(super) fn parse(pattern: &str) -> Result<Vec<Vec<Element>>, String> {
    let mut elements: Vec<Element> = Vec::new();
    let mut distance = Distance::default();
    for part in pattern.split_whitespace() {
        if let Some(found) = gap(part)? {
            distance = found;
            continue;
        }
        elements.push(element(part, std::mem::take(&mut distance))?);
    }
    if elements.iter().all(|element| element.optional) {
        return Err(format!("pattern {pattern:?} needs an element that is not optional"));
    }
    if elements.len() > MAX_ELEMENTS {
        return Err(format!("pattern {pattern:?} has more than {MAX_ELEMENTS} elements"));
    }
    Ok(variants(&elements))
}

fn gap(part: &str) -> Result<Option<Distance>, String> {
    let (digits, over_sentences) = match (part.strip_prefix(".."), part.strip_prefix('~')) {
        (Some(digits), _) => (digits, false),
        (_, Some(digits)) => (digits, true),
        _ => return Ok(None),
    };
    let words = digits.parse().ok().filter(|words| *words <= MAX_GAP);
    words
        .map(|words| Some(Distance { words, over_sentences }))
        .ok_or_else(|| format!("{part:?} is no gap: ..0 to ..{MAX_GAP}, or ~0 to ~{MAX_GAP}"))
}

fn element(part: &str, distance: Distance) -> Result<Element, String> {
    let (part, optional) = part.strip_suffix('?').map_or((part, false), |part| (part, true));
    let mut accepts = Vec::new();
    let mut marks = Marks::default();
    for alternative in part.split('|') {
        let (word, found) = word(alternative);
        // Marks stand before the first alternative and behind the last, or at each of them alike.
        marks = marks.with(found);
        let name = word.strip_prefix('@').unwrap_or(word);
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || !c.is_ascii() || (word != name && c == '-')) {
            return Err(format!("{alternative:?} in {part:?} is no word"));
        }
        accepts.push(word.to_owned());
    }
    Ok(Element { distance, marks, accepts, optional })
}

/// A word without its marks, and the marks.
fn word(part: &str) -> (&str, Marks) {
    let mut marks = Marks::default();
    let mut rest = part;
    while let Some((first, behind)) = rest.split_at_checked(1) {
        let mark = match first {
            "^" => Marks::FIRST,
            "!" => Marks::CAPS,
            "<" => Marks::OPEN,
            "[" => Marks::SQUARE,
            "#" => Marks::HASH,
            "/" => Marks::SLASH,
            "+" => Marks::PIPE,
            _ => break,
        };
        marks = marks.with(mark);
        rest = behind;
    }
    rest.strip_suffix(':').map_or((rest, marks), |rest| (rest, marks.with(Marks::COLON)))
}

/// Leaving an optional element out adds its distance to that of the next.
fn variants(elements: &[Element]) -> Vec<Vec<Element>> {
    let mut rows: Vec<(Vec<Element>, Distance)> = vec![(Vec::new(), Distance::default())];
    for element in elements {
        let mut next = Vec::new();
        for (row, carried) in rows {
            let distance = Distance {
                words: carried.words + element.distance.words,
                over_sentences: carried.over_sentences || element.distance.over_sentences,
            };
            if element.optional {
                next.push((row.clone(), distance));
            }
            let mut with = row;
            with.push(Element { distance, optional: false, ..element.clone() });
            next.push((with, Distance::default()));
        }
        rows = next;
    }
    rows.into_iter().map(|(row, _)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_read() {
        let rows = parse("^!system: ..4 @act|run the? ~2 <user").unwrap();
        assert_eq!(rows.len(), 2);
        let row = &rows[1];
        assert_eq!(row.len(), 4);
        assert!(row[0].marks.has(Marks::FIRST) && row[0].marks.has(Marks::CAPS) && row[0].marks.has(Marks::COLON));
        assert_eq!(row[1].accepts, ["@act", "run"]);
        assert_eq!(row[1].distance, Distance { words: 4, over_sentences: false });
        assert_eq!(rows[0][2].distance, Distance { words: 2, over_sentences: true });
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for bad in ["", "the?", "a ..x b", "a ~99 b", "@", "a||b", "a-b"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
