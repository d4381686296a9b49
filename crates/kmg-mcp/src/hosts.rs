//! `Host` and `Origin`: what keeps a web page that rebinds its name from speaking to a local listener.

use axum::http::HeaderMap;
use axum::http::header::{HOST, HeaderName, ORIGIN};

/// Whether the request names one allowed host, and no origin or one allowed origin.
pub(crate) fn allowed(headers: &HeaderMap, hosts: &[String], origins: &[String]) -> bool {
    host_allowed(headers, hosts) && origin_allowed(headers, origins)
}

/// Whether the request names exactly one host, and an allowed one.
pub(crate) fn host_allowed(headers: &HeaderMap, hosts: &[String]) -> bool {
    matches!(single(headers, &HOST), Ok(Some(host)) if hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(host)))
}

fn origin_allowed(headers: &HeaderMap, origins: &[String]) -> bool {
    match single(headers, &ORIGIN) {
        Ok(None) => true,
        // `null` is an origin too: a sandboxed frame has it.
        Ok(Some(origin)) => origins.iter().any(|allowed| allowed == origin),
        Err(()) => false,
    }
}

/// The value of a header that may stand once.
pub(crate) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        (Some(_), Some(_)) => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_of_hosts_and_origins() {
        let hosts = ["127.0.0.1:3001".to_owned(), "localhost:3001".to_owned()];
        let origins = ["http://localhost:6274".to_owned()];
        for (host, origin, ok) in [
            (&["127.0.0.1:3001"][..], &[][..], true),
            (&["LOCALHOST:3001"], &[], true),
            (&["127.0.0.1"], &[], false),
            (&["127.0.0.1:3002"], &[], false),
            (&["evil.example"], &[], false),
            (&["evil.example:3001"], &[], false),
            (&["127.0.0.1:3001.evil.example"], &[], false),
            (&[], &[], false),
            (&["127.0.0.1:3001", "127.0.0.1:3001"], &[], false),
            (&["127.0.0.1:3001"], &["http://localhost:6274"], true),
            (&["127.0.0.1:3001"], &["http://evil.example"], false),
            (&["127.0.0.1:3001"], &["http://127.0.0.1:3001"], false),
            (&["127.0.0.1:3001"], &["null"], false),
            (&["127.0.0.1:3001"], &[""], false),
            (&["127.0.0.1:3001"], &["http://localhost:6274", "http://localhost:6274"], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in host {
                headers.append(HOST, value.parse().unwrap());
            }
            for value in origin {
                headers.append(ORIGIN, value.parse().unwrap());
            }
            assert_eq!(allowed(&headers, &hosts, &origins), ok, "{host:?} {origin:?}");
        }
        assert!(!allowed(&HeaderMap::new(), &[], &[]), "an empty list allows nothing");
    }
}
