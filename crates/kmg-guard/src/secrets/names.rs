//! Values that are names, words, code or identifiers, and no secrets.

/// A call or a member of a program: `os.environ[...]`, `getToken()`, `config.password`.
pub(super) fn is_code(value: &[u8]) -> bool {
    let word =
        |part: &[u8]| part.first().is_some_and(u8::is_ascii_alphabetic) && part.iter().all(|b| b.is_ascii_alphabetic() || *b == b'_');
    let end = value.iter().position(|b| !(b.is_ascii_alphabetic() || matches!(b, b'_' | b'.'))).unwrap_or(value.len());
    let head = &value[..end];
    let ends = matches!(value.get(end), None | Some(b'(' | b'['));
    let members = ends && head.split(|b| *b == b'.').all(word);
    value.starts_with(b"(") || (members && (head.len() < value.len() || head.contains(&b'.')))
}

/// `Token{78af589`, `token(x)`: a name and its bracket.
pub(super) fn is_call(value: &[u8]) -> bool {
    let name = value.iter().take_while(|b| b.is_ascii_alphabetic() || matches!(b, b'.' | b'_')).count();
    name > 0 && matches!(value.get(name), Some(b'{' | b'('))
}

/// Words without digits, joined: `default/Deployment/web`.
pub(super) fn is_words(value: &[u8]) -> bool {
    value.split(|b| matches!(b, b'-' | b'.' | b'/' | b'_' | b':')).all(|word| word.len() <= 14 && word.iter().all(u8::is_ascii_alphabetic))
        && value.iter().any(|b| matches!(b, b'-' | b'.' | b'/' | b'_' | b':'))
}

/// An object of a program: `android.os.Binder@2bd79ce`, and addresses of mail or of the net.
pub(super) fn is_instance(value: &[u8]) -> bool {
    memchr::memmem::find(value, b"://").is_some()
        || value.iter().position(|b| *b == b'@').is_some_and(|at| value[..at].contains(&b'.') || value[at..].contains(&b'.'))
}

/// The name of an object or of an image: small letters, digits and hyphens, and no long run that mixes them.
pub(super) fn is_name(value: &[u8]) -> bool {
    let small = value.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'/' | b'_' | b':'));
    small
        && !value.split(|b| matches!(b, b'-' | b'.' | b'/' | b'_' | b':')).any(is_jumble)
        && (value.len() < 20 || value.iter().any(|b| matches!(b, b'-' | b'/' | b'_' | b'.')))
}

/// Sixteen letters and digits or more, changing from one to the other four times at least.
fn is_jumble(part: &[u8]) -> bool {
    part.len() >= 14 && part.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count() >= 4
}

/// Digests and resource versions: long and random, and no secret.
pub(super) fn is_identifier(value: &[u8]) -> bool {
    [&b"sha256:"[..], b"sha512:", b"sha256~0"].iter().any(|start| value.starts_with(start))
}

/// A uid in its usual form.
pub(super) fn is_uid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, b)| if matches!(at, 8 | 13 | 18 | 23) { *b == b'-' } else { b.is_ascii_hexdigit() })
}
