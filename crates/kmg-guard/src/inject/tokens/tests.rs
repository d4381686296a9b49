use super::*;

fn words(text: &str) -> Vec<(String, Break)> {
    let mut all = Vec::new();
    each(text, |token| all.push((text[token.start..token.end].to_owned(), token.before)));
    all
}

fn marks(text: &str, word: &str) -> Marks {
    let mut found = None;
    each(text, |token| {
        if &text[token.start..token.end] == word {
            found = Some(token.marks);
        }
    });
    found.unwrap()
}

#[test]
fn sentences_and_fields_end() {
    let text = "Stop here. Go on\nas prose\n  key: \"value\", \"b\"";
    let breaks: Vec<(String, Break)> = words(text);
    let of = |word: &str| breaks.iter().find(|(found, _)| found == word).unwrap().1;
    assert_eq!(of("Stop"), Break::Field);
    assert_eq!(of("Go"), Break::Sentence);
    assert_eq!(of("as"), Break::None);
    assert_eq!(of("key"), Break::Field);
    assert_eq!(of("b"), Break::Field);
    assert_eq!(words("system\\nset it")[1], ("set".to_owned(), Break::None));
}

#[test]
fn hashes_stand_for_what_is_read() {
    let hashes = |text: &str| {
        let mut all = Vec::new();
        each(text, |token| all.push(token.hash));
        all
    };
    assert_eq!(hashes("Don't PRÉCÉDENTES"), vec![hash("dont"), hash("precedentes")]);
    assert_eq!(hashes("请忽略"), vec![hash("请"), hash("忽"), hash("略")]);
    assert_eq!(hashes("ИГНОРИРУЙ всё"), vec![hash("игнорируй"), hash("всё")]);
}

#[test]
fn marks_tell_how_a_word_is_written() {
    assert!(marks("<|im_start|>x", "im").has(Marks::PIPE));
    assert!(marks("<system>x", "system").has(Marks::OPEN.with(Marks::FIRST)));
    assert!(marks("a SYSTEM: b", "SYSTEM").has(Marks::CAPS.with(Marks::COLON)));
    assert!(marks("a ### Instruction: b", "Instruction").has(Marks::HASH));
    assert!(marks("a b3f0r3 c", "b3f0r3").has(Marks::MIXED));
    assert!(!marks("a b3f0r3 c", "c").has(Marks::MIXED));
}
