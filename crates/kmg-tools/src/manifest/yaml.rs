//! YAML, read from the parser's events: what a loader would resolve silently is still visible there.

use kmg_core::problem::{Code, Refusal};
use kmg_core::visible::is_deceptive;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};
use serde_json::{Map, Value};

use super::characters::{TAB, Walk, scan};
use super::place::Place;
use super::plain::resolve;
use super::{MAX_DEPTH, MAX_DOCUMENTS, count};

const ANCHOR: &str = "anchors and aliases are not taken; write the value out where it is used";
const TAG: &str = "tags are not taken; remove it, and put a text in quotes";
const KEY: &str = "a key is one text on one line; put a number, a boolean or null in quotes";
const MERGE: &str = "merge keys are not taken; write the keys out";
const OPEN_LINE: &str = "readers of YAML disagree on whether this text ends with a line feed; end the manifest with one, or write |- or >-";

/// Reads the documents of `text`.
pub(super) fn read(text: &str) -> Result<Vec<Value>, Refusal> {
    scan(text)?;
    Reader { text, parser: Parser::new_from_str(text), walk: Walk::new(text), nodes: 0 }.documents()
}

struct Reader<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    walk: Walk<'a>,
    nodes: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Refusal> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => Err(self.syntax(&error)),
            None => Err(Refusal::new(Code::YamlSyntax, "The YAML ends too soon.")),
        }
    }

    /// Tabs, an alias of nothing and a tag of no known handle are errors to the parser already.
    fn syntax(&self, error: &ScanError) -> Refusal {
        let place = Place::from(*error.marker());
        let mut around = self.text.chars().skip(error.marker().index().saturating_sub(1));
        let (before, at) = if error.marker().index() == 0 { (None, around.next()) } else { (around.next(), around.next()) };
        match at {
            _ if error.info() == "recursion limit exceeded" => too_deep(place),
            _ if before == Some('\t') || at == Some('\t') || error.info().contains(" tab") => place.refuse(Code::UnseenCharacter, TAB),
            Some('*' | '&') => place.refuse(Code::YamlAnchor, ANCHOR),
            Some('!') => place.refuse(Code::YamlTag, TAG),
            _ => place.refuse(Code::YamlSyntax, &format!("this is not YAML ({})", error.info().escape_debug())),
        }
    }

    fn documents(mut self) -> Result<Vec<Value>, Refusal> {
        let mut documents = Vec::new();
        // An empty document at either end is a stray separator; in between, something may be missing.
        let mut gap = None;
        loop {
            let (event, _span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(_) => {}
                _ => continue,
            }
            let (root, span) = self.next()?;
            if root == Event::Scalar("".into(), ScalarStyle::Plain, 0, None) {
                gap = gap.or((!documents.is_empty()).then_some(Place::from(span.start)));
                continue;
            }
            if let Some(place) = gap {
                return Err(place.refuse(Code::YamlEmpty, "the document before this separator is empty; remove one separator"));
            }
            if documents.len() == MAX_DOCUMENTS {
                return Err(Refusal::new(Code::TooLarge, format!("A manifest has at most {MAX_DOCUMENTS} documents.")));
            }
            let object = self.node((root, span), 0)?;
            if !object.is_object() {
                let why = "a document is one object; write each object as a document of its own, separated by ---";
                return Err(Place::from(span.start).refuse(Code::InvalidManifest, why));
            }
            documents.push(object);
        }
        self.walk.to(usize::MAX, |_| false)?;
        if documents.is_empty() {
            return Err(Refusal::new(Code::YamlEmpty, "The manifest is empty."));
        }
        Ok(documents)
    }

    /// The value that begins with `event`, below `depth` objects and lists.
    fn node(&mut self, (event, span): (Event<'a>, Span), depth: usize) -> Result<Value, Refusal> {
        count(&mut self.nodes)?;
        let place = Place::from(span.start);
        unadorned(&event, place)?;
        match event {
            Event::Scalar(text, style, ..) => {
                self.pass(&text, style, span, may_stand_in(style))?;
                if text.ends_with('\n') && is_block(style) && self.walk.is_at_an_open_line() {
                    return Err(place.refuse(Code::YamlAmbiguous, OPEN_LINE));
                }
                scalar(&text, style, place)
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if depth == MAX_DEPTH => Err(too_deep(place)),
            Event::SequenceStart(..) => self.sequence(depth + 1),
            Event::MappingStart(..) => self.mapping(depth + 1),
            _ => Err(place.refuse(Code::YamlSyntax, "a value is missing")),
        }
    }

    /// Walks over a scalar. That the parser counts characters as we do is seen from where each scalar begins.
    fn pass(&mut self, text: &str, style: ScalarStyle, span: Span, may_stand: fn(char) -> bool) -> Result<(), Refusal> {
        self.walk.to(span.start.index(), |_| false)?;
        let begins_with = match style {
            ScalarStyle::Plain => text.chars().next(),
            ScalarStyle::SingleQuoted => Some('\''),
            ScalarStyle::DoubleQuoted => Some('"'),
            ScalarStyle::Literal | ScalarStyle::Folded => None,
        };
        if begins_with.is_some_and(|c| !self.walk.stands_before(c)) {
            return Err(Place::from(span.start).refuse(Code::YamlSyntax, "the text cannot be followed; write it as JSON"));
        }
        self.walk.to(span.end.index(), may_stand)
    }

    fn sequence(&mut self, depth: usize) -> Result<Value, Refusal> {
        let mut items = Vec::new();
        loop {
            let next = self.next()?;
            if next.0 == Event::SequenceEnd {
                return Ok(Value::Array(items));
            }
            items.push(self.node(next, depth)?);
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, Refusal> {
        let mut map = Map::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Value::Object(map));
            }
            let key = self.key(event, span)?;
            if map.contains_key(&key) {
                return Err(Place::from(span.start).refuse(Code::DuplicateKey, "this key stands twice in its object; keep one of them"));
            }
            let value = self.next()?;
            let value = self.node(value, depth)?;
            map.insert(key, value);
        }
    }

    fn key(&mut self, event: Event<'a>, span: Span) -> Result<String, Refusal> {
        count(&mut self.nodes)?;
        let place = Place::from(span.start);
        unadorned(&event, place)?;
        let Event::Scalar(text, style, ..) = event else { return Err(place.refuse(Code::YamlKey, KEY)) };
        self.pass(&text, style, span, |_| true)?;
        // Some readers merge by a quoted key too.
        if text == "<<" {
            return Err(place.refuse(Code::YamlMerge, MERGE));
        }
        if span.start.line() != span.end.line() || is_block(style) {
            return Err(place.refuse(Code::YamlKey, KEY));
        }
        if text.contains(is_deceptive) {
            return Err(place.refuse(Code::UnseenCharacter, "a key holds a character that is not seen; remove it"));
        }
        if style != ScalarStyle::Plain {
            return Ok(text.into_owned());
        }
        match resolve(&text) {
            Ok(Value::String(key)) => Ok(key),
            Err(doubt) if doubt.code() == Code::YamlAmbiguous && !text.is_empty() => Err(place.refuse(doubt.code(), doubt.why())),
            _ => Err(place.refuse(Code::YamlKey, KEY)),
        }
    }
}

fn too_deep(place: Place) -> Refusal {
    place.refuse(Code::TooDeep, &format!("the manifest is nested deeper than {MAX_DEPTH} levels"))
}

/// Refuses aliases, anchors and tags.
fn unadorned(event: &Event<'_>, place: Place) -> Result<(), Refusal> {
    let (anchor, tag) = match event {
        Event::Alias(_) => return Err(place.refuse(Code::YamlAnchor, ANCHOR)),
        Event::Scalar(_, _, anchor, tag) | Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => (*anchor, tag),
        _ => return Ok(()),
    };
    if tag.is_some() {
        return Err(place.refuse(Code::YamlTag, TAG));
    }
    if anchor != 0 {
        return Err(place.refuse(Code::YamlAnchor, ANCHOR));
    }
    Ok(())
}

fn scalar(text: &str, style: ScalarStyle, place: Place) -> Result<Value, Refusal> {
    if text.contains('\0') {
        return Err(place.refuse(Code::UnseenCharacter, "the text holds a NUL character; remove it"));
    }
    if style == ScalarStyle::Plain {
        return resolve(text).map_err(|doubt| place.refuse(doubt.code(), doubt.why()));
    }
    Ok(Value::String(text.to_owned()))
}

const fn is_block(style: ScalarStyle) -> bool {
    matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
}

/// The reviewer sees our escaped writing of a value, so double quotes may hold anything; elsewhere only tabs may be
/// meant.
const fn may_stand_in(style: ScalarStyle) -> fn(char) -> bool {
    match style {
        ScalarStyle::Plain => |_| false,
        ScalarStyle::SingleQuoted | ScalarStyle::Literal | ScalarStyle::Folded => |c| c == '\t',
        ScalarStyle::DoubleQuoted => |_| true,
    }
}
