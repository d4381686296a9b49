//! The three cookies: one session, and one for each journey to the identity provider.
//!
//! All are `__Host-` cookies: bound to this origin, never to a domain, always `Secure`. Browsers count
//! loopback as secure.

use axum::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use kmg_core::problem::{Code, Fault};

/// A cookie of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// The signed-in session: never sent on a navigation that another site starts.
    Session,
    /// Waits for the sign-in's callback, which the provider's site starts.
    SignIn,
    /// Waits for the approval's callback.
    Approval,
}

/// How long a journey to the provider may take, in seconds.
const JOURNEY_SECONDS: u32 = 900;
const MAX_VALUE: usize = 2_048;

impl Cookie {
    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Session => "__Host-kmg-session",
            Self::SignIn => "__Host-kmg-sign-in",
            Self::Approval => "__Host-kmg-approval",
        }
    }

    /// Its value in the request. A cookie that is there twice counts as absent.
    pub(crate) fn read(self, headers: &HeaderMap) -> Option<String> {
        let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
        let mut values =
            pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(name, _)| *name == self.name()).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (Some(value), None) if !value.is_empty() && value.len() <= MAX_VALUE => Some(value.to_owned()),
            _ => None,
        }
    }

    /// Sets it to `value` in an answer.
    ///
    /// # Errors
    /// `internal` where `value` cannot stand in a cookie.
    pub(crate) fn set(self, headers: &mut HeaderMap, value: &str) -> Result<(), Fault> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~' | b'=');
        if value.is_empty() || value.len() > MAX_VALUE || !value.bytes().all(plain) {
            return Err(Fault::new(Code::Internal, "a cookie's value holds other than token characters"));
        }
        let age = match self {
            Self::Session => String::new(),
            Self::SignIn | Self::Approval => format!("; Max-Age={JOURNEY_SECONDS}"),
        };
        self.append(headers, value, &age)
    }

    /// Removes it in an answer.
    pub(crate) fn clear(self, headers: &mut HeaderMap) {
        // An empty value is always a header's text.
        let _cleared = self.append(headers, "", "; Max-Age=0");
    }

    fn append(self, headers: &mut HeaderMap, value: &str, age: &str) -> Result<(), Fault> {
        let site = match self {
            Self::Session => "Strict",
            Self::SignIn | Self::Approval => "Lax",
        };
        let text = format!("{}={value}; Path=/; Secure; HttpOnly; SameSite={site}{age}", self.name());
        headers.append(SET_COOKIE, HeaderValue::try_from(text).map_err(|e| Fault::new(Code::Internal, e))?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, cookie.parse().unwrap())])
    }

    #[test]
    fn the_session_is_strict_and_journeys_are_lax() {
        let mut headers = HeaderMap::new();
        Cookie::Session.set(&mut headers, "abc-_").unwrap();
        Cookie::Approval.set(&mut headers, "x").unwrap();
        Cookie::SignIn.clear(&mut headers);
        let all: Vec<_> = headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!(all[0], "__Host-kmg-session=abc-_; Path=/; Secure; HttpOnly; SameSite=Strict");
        assert_eq!(all[1], "__Host-kmg-approval=x; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=900");
        assert_eq!(all[2], "__Host-kmg-sign-in=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    }

    #[test]
    fn a_value_cannot_add_attributes() {
        for value in ["", "a;Domain=evil.example", "a\r\nSet-Cookie: b=c", "a b", "a,b"] {
            assert!(Cookie::Session.set(&mut HeaderMap::new(), value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn a_tossed_second_cookie_makes_both_void() {
        assert_eq!(Cookie::Session.read(&request("a=b; __Host-kmg-session=one")).as_deref(), Some("one"));
        assert_eq!(Cookie::Session.read(&request("__Host-kmg-session=one; __Host-kmg-session=two")), None);
        assert_eq!(Cookie::Session.read(&request("x__Host-kmg-session=one; __host-kmg-session=two")), None);
        assert_eq!(Cookie::Session.read(&request("__Host-kmg-session=")), None);
    }
}
