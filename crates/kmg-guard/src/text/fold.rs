//! What a text reads like: compatibility forms become plain letters, and words of mixed script the Latin ones
//! that they imitate (UAX #15, UTS #39). Text of one script stays as it is.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

use super::map::SpanMap;

/// `text` as it reads, and where its bytes come from when that is not the text itself.
pub(crate) fn fold(text: &str) -> (Cow<'_, str>, Option<SpanMap>) {
    if text.is_ascii() || !text.chars().any(may_fold) {
        return (Cow::Borrowed(text), None);
    }
    let mut out = String::with_capacity(text.len());
    let mut map = SpanMap::default();
    let mut at = 0;
    while at < text.len() {
        let length = word_length(&text[at..]);
        if length == 0 {
            let next = text[at..].chars().next().map_or(1, char::len_utf8);
            push(&text[at..at + next], at, &mut out, &mut map, false);
            at += next;
        } else {
            let word = &text[at..at + length];
            push(word, at, &mut out, &mut map, imitates(word));
            at += length;
        }
    }
    (Cow::Owned(out), Some(map))
}

fn push(part: &str, at: usize, out: &mut String, map: &mut SpanMap, latin: bool) {
    for (offset, letter) in part.char_indices() {
        let source = at + offset..at + offset + letter.len_utf8();
        if letter.is_ascii() {
            out.push(letter);
            map.copied(source);
            continue;
        }
        let before = out.len();
        match (latin, lookalike(letter)) {
            (true, Some(plain)) => out.push(plain),
            _ => out.extend(std::iter::once(letter).nfkc().map(|c| if latin { lookalike(c).unwrap_or(c) } else { c })),
        }
        if out[before..].starts_with(letter) { map.copied(source) } else { map.replaced(out.len() - before, source) }
    }
}

fn word_length(text: &str) -> usize {
    text.char_indices().find(|(_, c)| !c.is_alphanumeric()).map_or(text.len(), |(at, _)| at)
}

fn may_fold(letter: char) -> bool {
    !letter.is_ascii() && (lookalike(letter).is_some() || std::iter::once(letter).nfkc().any(|c| c != letter))
}

/// Whether a word mixes Latin letters with letters that look like them.
fn imitates(word: &str) -> bool {
    let folded = |c: char| c.is_ascii_alphanumeric() || std::iter::once(c).nfkc().all(|c| c.is_ascii_alphanumeric());
    let latin = word.chars().any(folded);
    let others = word.chars().filter(|c| !folded(*c));
    let (mut any, mut all) = (false, true);
    for other in others {
        any = true;
        all &= lookalike(other).is_some();
    }
    any && all && (latin || word.chars().count() == 1)
}

/// The Latin letter that looks like `letter`.
const fn lookalike(letter: char) -> Option<char> {
    Some(match letter {
        'а' | 'α' | 'ɑ' => 'a',
        'Α' | 'А' | 'Ꭺ' => 'A',
        'в' | 'В' | 'Β' | 'Ᏼ' => 'B',
        'Ь' | 'ь' | 'Ꮟ' => 'b',
        'с' | 'ϲ' | 'ᴄ' | 'ⅽ' => 'c',
        'С' | 'Ϲ' | 'Ꮯ' => 'C',
        'ԁ' | 'ɗ' | 'ⅾ' | 'Ꮷ' => 'd',
        'Ꭰ' => 'D',
        'е' | 'ё' | 'ε' | 'є' | 'ҽ' => 'e',
        'Ε' | 'Е' | 'Ꭼ' => 'E',
        'ƒ' => 'f',
        'Ϝ' => 'F',
        'ɡ' | 'ց' | 'ƍ' => 'g',
        'Ԍ' | 'Ꮐ' => 'G',
        'һ' | 'հ' | 'Ꮒ' => 'h',
        'Η' | 'Н' | 'н' | 'Ꮋ' => 'H',
        'і' | 'ι' | 'ı' | 'ɩ' | 'ї' | 'ⅰ' => 'i',
        'І' | 'Ι' | 'Ӏ' | 'Ї' => 'I',
        'ј' | 'ϳ' => 'j',
        'Ј' | 'Ꭻ' => 'J',
        'к' | 'κ' | 'ĸ' => 'k',
        'К' | 'Κ' | 'Ꮶ' => 'K',
        'ӏ' | 'ⅼ' | 'ǀ' => 'l',
        'Ꮮ' => 'L',
        'м' | 'ⅿ' => 'm',
        'М' | 'Μ' | 'Ꮇ' => 'M',
        'п' | 'ո' | 'ղ' => 'n',
        'Ν' => 'N',
        'о' | 'ο' | 'օ' | 'σ' => 'o',
        'О' | 'Ο' | 'Օ' => 'O',
        'р' | 'ρ' | 'ϱ' => 'p',
        'Р' | 'Ρ' | 'Ꮲ' => 'P',
        'ԛ' | 'գ' => 'q',
        'Ԛ' => 'Q',
        'г' | 'ᴦ' => 'r',
        'Ꭱ' | 'Ʀ' => 'R',
        'ѕ' | 'ꜱ' => 's',
        'Ѕ' | 'Տ' | 'Ꮪ' => 'S',
        'т' | 'τ' => 't',
        'Т' | 'Τ' | 'Ꭲ' => 'T',
        'υ' | 'ս' | 'ц' => 'u',
        'Ս' => 'U',
        'ѵ' | 'ν' | 'ⅴ' => 'v',
        'Ѵ' | 'Ꮩ' => 'V',
        'ѡ' | 'ԝ' | 'ω' | 'ա' => 'w',
        'Ԝ' | 'Ꮃ' => 'W',
        'х' | 'χ' | 'ⅹ' => 'x',
        'Х' | 'Χ' => 'X',
        'у' | 'γ' | 'ү' | 'ყ' => 'y',
        'У' | 'Υ' | 'Ү' => 'Y',
        'ᴢ' | 'ʐ' => 'z',
        'Ζ' | 'Ꮓ' => 'Z',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_the_same_becomes_the_same() {
        for (odd, plain) in [
            ("ｄｅｌｅｔｅ it", "delete it"),
            ("𝐈𝐠𝐧𝐨𝐫𝐞 𝐚𝐥𝐥", "Ignore all"),
            ("\u{430}ss\u{456}st\u{430}nt", "assistant"),
            ("\u{435}v\u{435}ry S\u{435}rv\u{456}\u{441}\u{435}", "every Service"),
        ] {
            assert_eq!(fold(odd).0, plain);
        }
    }

    #[test]
    fn text_of_one_script_is_kept() {
        for text in ["Ошибка: нет места", "größer", "日本語のログ", "μετά", "naïve"] {
            assert_eq!(fold(text).0, text);
        }
    }

    #[test]
    fn spans_lead_back_to_the_original() {
        let odd = "x ｄｅｌ y";
        let (text, map) = fold(odd);
        let at = text.find("del").unwrap();
        assert_eq!(&odd[map.unwrap().source(at..at + 3)], "ｄｅｌ");
    }
}
