//! Values that manuals put where a reader's own secret will stand.

/// Words that manuals put where a reader's own secret will stand.
const EXAMPLE: [&str; 50] = [
    "another",
    "anthropic",
    "api",
    "apikey",
    "bar",
    "change",
    "changeit",
    "changeme",
    "custom",
    "default",
    "demo",
    "dummy",
    "enter",
    "example",
    "fake",
    "first",
    "foo",
    "google",
    "here",
    "insert",
    "jks",
    "key",
    "keystore",
    "me",
    "my",
    "new",
    "old",
    "openai",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "placeholder",
    "pw",
    "pwd",
    "replace",
    "root",
    "sample",
    "secret",
    "some",
    "super",
    "test",
    "the",
    "token",
    "user",
    "username",
    "value",
    "very",
    "with",
    "your",
];
/// Where the words with each first letter begin among them, from `a`.
const FIRST: [u8; 27] = first();

const fn first() -> [u8; 27] {
    let mut table = [0; 27];
    let mut word = 0;
    while word < EXAMPLE.len() {
        let mut letter = (EXAMPLE[word].as_bytes()[0] - b'a') as usize + 1;
        while letter < table.len() {
            table[letter] += 1;
            letter += 1;
        }
        word += 1;
    }
    table
}

/// A value made of such words alone: `your-api-key-here`, `DB_PASSWORD`, `[ROOT_PASSWORD]`, `YYYY`.
pub(super) fn is_example(value: &[u8]) -> bool {
    let inside = value.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")).unwrap_or(value);
    if inside.len() < 3 || inside.len() > 48 || !inside.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_' | b' ' | b'.')) {
        return false;
    }
    let name = inside.to_ascii_lowercase();
    let shouted = inside.iter().all(|b| b.is_ascii_uppercase() || *b == b'_');
    let ends = ["password", "pass", "secret", "token", "key"].iter().any(|word| name.ends_with(word.as_bytes()));
    let same = inside.len() >= 3 && inside.iter().all(|b| *b == inside[0]);
    same || (shouted && ends)
        || name.starts_with(b"your")
        || (name.starts_with(b"my") && ends)
        || (name.len() <= 12 && value.ends_with(b"..."))
        || name.split(|b| !b.is_ascii_alphabetic()).all(made_of_examples)
}

/// Whether `word`, of at most 48 small letters, is such words in a row.
fn made_of_examples(word: &[u8]) -> bool {
    let mut reached = 1_u64;
    for (at, letter) in word.iter().enumerate() {
        if reached >> at & 1 == 1 {
            let first = usize::from(letter - b'a');
            let known = &EXAMPLE[usize::from(FIRST[first])..usize::from(FIRST[first + 1])];
            reached |=
                known.iter().filter(|known| word[at..].starts_with(known.as_bytes())).map(|known| 1 << (at + known.len())).sum::<u64>();
        }
    }
    reached >> word.len() & 1 == 1
}
