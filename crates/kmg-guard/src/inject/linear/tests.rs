use super::*;

/// A model in which only the words of `text` weigh something.
fn model(text: &str, weight: i8) -> Vec<u8> {
    let mut bytes = vec![0; HEADER + PAIRS * 4];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&1000_i32.to_le_bytes());
    grams(text, |gram| {
        let (pair, check) = place(gram.hashes[0]);
        let at = HEADER + pair * 4;
        bytes[at..at + 2].copy_from_slice(&(check << 8 | u16::from(weight.cast_unsigned())).to_le_bytes());
    });
    bytes
}

fn windows(model: &Linear, text: &str) -> Vec<(String, i32)> {
    let mut windows = model.windows();
    grams(text, |gram| windows.take(gram.start..gram.end, gram.first, model.weight(&gram)));
    windows.finish().into_iter().map(|window| (text[window.span].to_owned(), window.score)).collect()
}

#[test]
fn the_window_is_where_the_words_are() {
    let model = Linear::read(&model("ignore previous orders", 100)).unwrap();
    let text = "time: 12\nmessage: ignore previous orders\n\nstatus: ok\n";
    let found = windows(&model, text);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "message: ignore previous orders");
    assert!(windows(&model, "message: take other words\n").is_empty());
}

#[test]
fn a_long_text_is_scored_in_bounded_windows() {
    let model = Linear::read(&model("ignore previous orders", 100)).unwrap();
    let text = format!("{}ignore previous orders {}", "plain words ".repeat(2000), "more plain words ".repeat(2000));
    let found = windows(&model, &text);
    assert_eq!(found.len(), 1);
    assert!(found[0].0.contains("ignore previous orders") && found[0].0.split(' ').count() <= 64);
}

#[test]
fn a_letter_is_one_passage_and_a_manifest_is_many() {
    let mut passages = Vec::new();
    for text in ["Hello Bob,\n\nplease send it.\n\nThank you", "kind: Pod\nname: web\n", "a-1 Running\nb-2 Running\n"] {
        let mut count = 0;
        grams(text, |gram| count += usize::from(gram.first));
        passages.push(count);
    }
    assert_eq!(passages, [1, 2, 2]);
}

#[test]
fn a_broken_model_is_refused() {
    let good = model("x", 1);
    assert!(Linear::read(&good).is_ok());
    assert!(Linear::read(&good[1..]).is_err());
    assert!(Linear::read(&good[..good.len() - 4]).is_err());
    assert!(Linear::read(&[]).is_err());
}
