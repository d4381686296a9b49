//! Strict reading of posted forms and of query strings.

use axum::body::{Body, to_bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use kmg_core::problem::{Code, Refusal};

/// The longest form, in bytes.
pub const MAX_FORM: usize = 16 * 1024;
/// The longest query string, in bytes: a provider's code and state fit many times.
pub const MAX_QUERY: usize = 8 * 1024;
const MAX_FIELDS: usize = 16;
/// How long a posted form may take to arrive.
const BODY_DEADLINE: std::time::Duration = std::time::Duration::from_secs(10);

/// Decoded fields; no name stands twice.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a posted form.
    ///
    /// # Errors
    /// `too-large` beyond [`MAX_FORM`]; `form-rejected` for another media type, a duplicate name, bytes that
    /// are not UTF-8, or a malformed escape.
    pub(crate) async fn of_body(headers: &HeaderMap, body: Body) -> Result<Self, Refusal> {
        let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = media.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(malformed());
        }
        let read = tokio::time::timeout(BODY_DEADLINE, to_bytes(body, MAX_FORM)).await.map_err(|_| malformed())?;
        let bytes = read.map_err(|_| Refusal::new(Code::TooLarge, "The form is larger than 16 KiB."))?;
        Self::parse(&bytes)
    }

    /// Reads a query string, without its question mark.
    ///
    /// # Errors
    /// As for a body, with [`MAX_QUERY`].
    pub(crate) fn of_query(query: Option<&str>) -> Result<Self, Refusal> {
        match query {
            Some(query) if query.len() > MAX_QUERY => Err(Refusal::new(Code::TooLarge, "The address is longer than 8 KiB.")),
            Some(query) => Self::parse(query.as_bytes()),
            None => Ok(Self::default()),
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for pair in bytes.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
            let at = pair.iter().position(|b| *b == b'=').ok_or_else(malformed)?;
            let (name, value) = (decode(&pair[..at])?, decode(&pair[at + 1..])?);
            if fields.len() == MAX_FIELDS || fields.iter().any(|(seen, _)| *seen == name) {
                return Err(malformed());
            }
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    /// Takes the value of `name` out.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(seen, _)| seen == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Takes the value of `name` out.
    ///
    /// # Errors
    /// `form-rejected` where it is absent.
    pub(crate) fn require(&mut self, name: &str) -> Result<String, Refusal> {
        self.take(name).ok_or_else(malformed)
    }

    /// Checks that every field was taken.
    ///
    /// # Errors
    /// `form-rejected` where one is left.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(malformed()) }
    }
}

pub(crate) fn malformed() -> Refusal {
    Refusal::new(Code::FormRejected, "The form is not one of this site's own; open the page again.")
}

fn decode(text: &[u8]) -> Result<String, Refusal> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (high, low) = (hex_digit(rest.next())?, hex_digit(rest.next())?);
                high << 4 | low
            }
            other => other,
        });
    }
    String::from_utf8(out).map_err(|_| malformed())
}

fn hex_digit(byte: Option<u8>) -> Result<u8, Refusal> {
    let digit = byte.and_then(|b| char::from(b).to_digit(16)).ok_or_else(malformed)?;
    u8::try_from(digit).map_err(|_| malformed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_and_taken_once() {
        let mut fields = Fields::of_query(Some("a=1+2&b=%C3%A9%0D%0A&c=")).unwrap();
        assert_eq!(fields.take("a").as_deref(), Some("1 2"));
        assert_eq!(fields.take("b").as_deref(), Some("é\r\n"));
        assert_eq!(fields.take("a"), None);
        assert_eq!(fields.require("c").unwrap(), "");
        assert!(fields.finish().is_ok());
    }

    #[test]
    fn anything_odd_is_refused() {
        for query in ["a=1&a=2", "a=1&%61=2", "a", "a=%", "a=%4", "a=%zz", "a=%ff", "a=%c0%af"] {
            assert_eq!(Fields::of_query(Some(query)).unwrap_err().code, Code::FormRejected, "{query}");
        }
        let many = (0..=MAX_FIELDS).map(|n| format!("f{n}=")).collect::<Vec<_>>().join("&");
        assert_eq!(Fields::of_query(Some(&many)).unwrap_err().code, Code::FormRejected);
        assert_eq!(Fields::of_query(Some(&"x".repeat(MAX_QUERY + 1))).unwrap_err().code, Code::TooLarge);
        assert!(Fields::of_query(Some("left=1")).unwrap().finish().is_err());
    }

    #[tokio::test]
    async fn a_body_needs_its_media_type_and_its_size() {
        let mut headers = HeaderMap::new();
        let refused =
            |headers: HeaderMap, body: Vec<u8>| async move { Fields::of_body(&headers, Body::from(body)).await.unwrap_err().code };
        assert_eq!(refused(headers.clone(), b"a=1".to_vec()).await, Code::FormRejected);
        for media in ["text/plain", "multipart/form-data; boundary=x", "application/json"] {
            headers.insert(CONTENT_TYPE, media.parse().unwrap());
            assert_eq!(refused(headers.clone(), b"a=1".to_vec()).await, Code::FormRejected, "{media}");
        }
        headers.insert(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=UTF-8".parse().unwrap());
        assert_eq!(refused(headers.clone(), [b"a=".as_slice(), &[b'x'; MAX_FORM]].concat()).await, Code::TooLarge);
        assert_eq!(Fields::of_body(&headers, Body::from("a=1")).await.unwrap().take("a").as_deref(), Some("1"));
    }
}
