//! `WWW-Authenticate` of a protected resource (RFC 6750 §3, RFC 9728 §5.1).

/// The parameter `name` of a Bearer challenge; `None` for another scheme, or where it is absent.
pub(crate) fn parameter(header: &str, name: &str) -> Option<String> {
    let (scheme, rest) = header.trim_start().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let mut rest = rest;
    loop {
        let (key, behind) = rest.trim_start_matches([' ', '\t', ',']).split_once('=')?;
        let (value, behind) = value(behind)?;
        if key.trim_end().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = behind;
    }
}

/// A token or a quoted-string (RFC 9110 §5.6), and what stands behind it.
fn value(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut out = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((out, &quoted[at + 1..])),
            '\\' => out.push(characters.next()?.1),
            plain => out.push(plain),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::parameter;

    #[test]
    fn parameters_are_found_wherever_they_stand() {
        let header = "Bearer error=\"x\\\", resource_metadata=\\\"evil\", scope=mcp:tools ,\tresource_metadata = \"http://a/b\"";
        assert_eq!(parameter(header, "resource_metadata").as_deref(), Some("http://a/b"));
        assert_eq!(parameter(header, "scope").as_deref(), Some("mcp:tools"));
        assert_eq!(parameter(header, "error").as_deref(), Some("x\", resource_metadata=\"evil"));
        assert_eq!(parameter("bearer SCOPE=\"a b\"", "scope").as_deref(), Some("a b"));
    }

    #[test]
    fn what_is_no_bearer_challenge_has_none() {
        for header in ["", "Bearer", "Basic realm=\"resource_metadata\"", "Bearer resource_metadata=\"open", "Bearer resource_metadata"] {
            assert_eq!(parameter(header, "resource_metadata"), None, "{header}");
        }
    }
}
