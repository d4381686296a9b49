//! Our own origin, as configured; never as a request says.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, Uri};
use url::{Host, Url};

/// The browser edge's origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    text: String,
    authorities: Vec<String>,
}

/// The configured origin cannot be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Not `scheme://host[:port]` and nothing more.
    #[error("the web origin is not scheme://host[:port]")]
    Malformed,
    /// `Secure` cookies exist on https and on loopback only.
    #[error("the web origin must be https, or http on loopback")]
    Insecure,
}

impl Origin {
    /// Parses a configured origin.
    ///
    /// # Errors
    /// [`OriginError`] for anything but an https origin, or an http origin on loopback.
    pub(crate) fn parse(text: &str) -> Result<Self, OriginError> {
        let url = Url::parse(text).map_err(|_| OriginError::Malformed)?;
        let bare =
            url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        let host = url.host().filter(|_| bare).ok_or(OriginError::Malformed)?;
        let loopback = match &host {
            Host::Domain(name) => *name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
            return Err(OriginError::Insecure);
        }
        let port = url.port_or_known_default().ok_or(OriginError::Malformed)?;
        let mut authorities = vec![format!("{host}:{port}")];
        if url.port().is_none() {
            authorities.push(host.to_string());
        }
        Ok(Self { text: url.origin().ascii_serialization(), authorities })
    }

    /// Whether the request names this host, and only this one. Stops DNS rebinding to a local listener.
    pub(crate) fn is_addressed(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let mut hosts = headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        let ours = |text: &str| self.authorities.iter().any(|own| own.eq_ignore_ascii_case(text));
        host.to_str().is_ok_and(ours) && uri.authority().is_none_or(|authority| ours(authority.as_str()))
    }

    /// Whether a POST comes from one of our own pages. Under `Referrer-Policy: no-referrer` browsers send
    /// `Origin: null` even for our own forms, so `null` counts only beside `Sec-Fetch-Site: same-origin`,
    /// which no page can set.
    pub(crate) fn sent_this_form(&self, headers: &HeaderMap) -> bool {
        let one = |name: &str| {
            let mut values = headers.get_all(name).iter();
            match (values.next(), values.next()) {
                (None, _) => Ok(None),
                (Some(value), None) => value.to_str().map(Some).map_err(drop),
                _ => Err(()),
            }
        };
        let (Ok(origin), Ok(site), Ok(mode)) = (one(ORIGIN.as_str()), one("sec-fetch-site"), one("sec-fetch-mode")) else { return false };
        if mode.is_some_and(|mode| mode != "navigate") {
            return false;
        }
        match (origin, site) {
            (Some("null") | None, site) => site == Some("same-origin"),
            (Some(origin), site) => origin == self.text && site.is_none_or(|site| site == "same-origin"),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in list {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn only_origins_on_which_secure_cookies_work() {
        for text in [
            "https://approve.example",
            "https://approve.example:8443/",
            "http://127.0.0.1:3002",
            "http://[::1]:3002",
            "http://localhost:3002",
        ] {
            assert!(Origin::parse(text).is_ok(), "{text}");
        }
        assert_eq!(Origin::parse("http://approve.example"), Err(OriginError::Insecure));
        assert_eq!(Origin::parse("ftp://127.0.0.1"), Err(OriginError::Insecure));
        for text in ["", "approve.example", "https://approve.example/x", "https://approve.example?x", "https://u@approve.example", "data:x"]
        {
            assert_eq!(Origin::parse(text), Err(OriginError::Malformed), "{text}");
        }
    }

    #[test]
    fn one_host_and_no_other() {
        let local = Origin::parse("http://127.0.0.1:3002").unwrap();
        let addressed = |list: &[_], uri: &str| local.is_addressed(&headers(list), &uri.parse().unwrap());
        assert!(addressed(&[("host", "127.0.0.1:3002")], "/"));
        for host in ["127.0.0.1", "127.0.0.1:3001", "localhost:3002", "evil.example:3002", "127.0.0.1:3002.evil.example", ""] {
            assert!(!addressed(&[("host", host)], "/"), "{host}");
        }
        assert!(!addressed(&[], "/"));
        assert!(!addressed(&[("host", "127.0.0.1:3002"), ("host", "127.0.0.1:3002")], "/"));
        assert!(!addressed(&[("host", "127.0.0.1:3002")], "http://evil.example/"));
        let public = Origin::parse("https://approve.example").unwrap();
        assert!(public.is_addressed(&headers(&[("host", "Approve.example")]), &"/".parse().unwrap()));
        assert!(public.is_addressed(&headers(&[("host", "approve.example:443")]), &"/".parse().unwrap()));
    }

    #[test]
    fn only_our_own_pages_may_post() {
        let own = Origin::parse("https://approve.example").unwrap();
        let accepted: &[&[(&str, &str)]] = &[
            &[("origin", "https://approve.example")],
            &[("origin", "https://approve.example"), ("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")],
            &[("origin", "null"), ("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "same-origin")],
        ];
        let refused: &[&[(&str, &str)]] = &[
            &[],
            &[("origin", "null")],
            &[("origin", "https://evil.example")],
            &[("origin", "https://approve.example.evil.example")],
            &[("origin", "http://approve.example")],
            &[("origin", "https://approve.example:8443")],
            &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
            &[("origin", "https://approve.example"), ("sec-fetch-site", "same-site")],
            &[("origin", "https://approve.example"), ("sec-fetch-site", "cross-site")],
            &[("origin", "null"), ("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://approve.example"), ("origin", "https://evil.example")],
            &[("origin", "https://approve.example"), ("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")],
        ];
        for list in accepted {
            assert!(own.sent_this_form(&headers(list)), "{list:?}");
        }
        for list in refused {
            assert!(!own.sent_this_form(&headers(list)), "{list:?}");
        }
    }
}
