use super::*;
use crate::text::Means;

fn shown(text: &str) -> String {
    canonical(text, true, &mut Report::default()).text.into_owned()
}

#[test]
fn tricks_become_visible_or_vanish() {
    assert_eq!(shown("a\u{1b}[8;31mhidden\u{1b}[0m b"), "ahidden b");
    assert_eq!(shown("a\u{1b}]0;title\u{7}"), "a\\u{1b}]0;title\\u{7}");
    assert_eq!(shown("nigol\u{202e}x"), "nigol\\u{202e}x");
    assert_eq!(shown("pass\u{200b}word"), "password");
    assert_eq!(shown("ok\u{e0049}\u{e0067}\u{e006e}\u{e006f}"), "ok[hidden:4]");
    assert_eq!(shown(&format!("ok{}", "\u{e0101}".repeat(9))), "ok[hidden:9]");
    assert_eq!(shown("a\u{a0}b\u{2028}c"), "a b\\u{2028}c");
    assert_eq!(shown("a\r\nb\rc"), "a\nb\\u{d}c");
    assert_eq!(shown("\u{1b}\u{1b}[m[m"), "\\u{1b}[m");
}

#[test]
fn ordinary_text_of_any_script_is_kept() {
    let texts = ["plain: text, 100%\n\tindented", "größer", "日本語のログ", "Ошибка: нет", "שלום", "مرحبا", "😀 ok"];
    for text in texts.into_iter().chain(["❤\u{fe0f} 1\u{fe0f}", "👩\u{200d}💻", "می\u{200c}خواهم", "क\u{94d}\u{200d}ष"]) {
        let mut report = Report::default();
        assert_eq!(canonical(text, true, &mut report).text, text);
        assert!(report.is_empty(), "{text}");
    }
    let scotland = "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
    assert_eq!(shown(scotland), scotland);
    assert_eq!(shown("🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e0074}\u{e0074}\u{e0074}"), "🏴[hidden:8]");
    assert_eq!(shown("a\u{fe0f}\u{200d}b"), "ab");
}

#[test]
fn one_line_fields_have_one_line() {
    assert_eq!(canonical("a\r\nb\tc", false, &mut Report::default()).text, "a\\nb c");
}

#[test]
fn what_was_hidden_is_read() {
    let tags: String = "drop it".chars().map(|c| char::from_u32(0xe0000 + u32::from(c)).unwrap()).collect();
    let selectors: String = "drop it".bytes().map(|b| char::from_u32(0xe0100 - 16 + u32::from(b)).unwrap()).collect();
    let text = format!("a{tags} b😀{selectors}");
    let canonical = canonical(&text, true, &mut Report::default());
    let read: Vec<(Means, &str)> = canonical.channels.iter().map(|channel| (channel.means, channel.says.as_str())).collect();
    assert_eq!(read, [(Means::Tags, "drop it"), (Means::Selectors, "drop it")]);
    assert_eq!(text[canonical.channels[0].source.clone()], tags);
}

#[test]
fn the_text_leads_back_to_the_original() {
    let text = "ab\u{200b}cd\u{1b}[8mef";
    let canonical = canonical(text, true, &mut Report::default());
    assert_eq!(canonical.text, "abcdef");
    assert_eq!(&text[canonical.source(1..3)], "b\u{200b}c");
    assert_eq!(canonical.channels.last().map(|channel| channel.count), Some(1));
    assert_eq!(canonical.channels[0].means, Means::Concealed);
}
