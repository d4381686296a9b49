//! Redirect URIs: which may be registered, and which match.

use url::Url;

use crate::options::host_is_loopback;

const MAX_BYTES: usize = 512;
const LOOPBACK_HOSTS: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Checks a redirect URI for registration: https, or http on `127.0.0.1`, `localhost` or `[::1]`.
pub(crate) fn check(uri: &str) -> Result<Url, &'static str> {
    if uri.len() > MAX_BYTES {
        return Err("a redirect URI is longer than 512 bytes");
    }
    // What the URL parser would drop or rewrite is refused: the text that is compared is the text that is used.
    if uri.bytes().any(|byte| !byte.is_ascii_graphic() || matches!(byte, b'\\' | b'*' | b'"' | b'<' | b'>')) {
        return Err("a redirect URI has a character that is not allowed");
    }
    let url = Url::parse(uri).map_err(|_| "a redirect URI is not a URL")?;
    if !url.username().is_empty() || url.password().is_some() || uri.contains('@') {
        return Err("a redirect URI has user information");
    }
    if uri.contains('#') {
        return Err("a redirect URI has a fragment");
    }
    match url.scheme() {
        "https" if uri.starts_with("https://") => Ok(url),
        "http" if loopback_parts(uri).is_some() => Ok(url),
        "http" => Err("an http redirect URI must be on loopback"),
        _ => Err("a redirect URI must be https, or http on loopback"),
    }
}

/// Whether `requested` is `registered`: byte for byte, or, for a native client, on loopback with any port
/// (RFC 8252 §7.3). Scheme, host, path and query stay exact.
pub(crate) fn matches(registered: &str, requested: &str, any_loopback_port: bool) -> bool {
    if registered == requested {
        return true;
    }
    match (loopback_parts(registered), loopback_parts(requested)) {
        (Some(one), Some(other)) => any_loopback_port && one == other && check(requested).is_ok(),
        _ => false,
    }
}

/// Host and the rest behind the port of an `http` URI on loopback.
fn loopback_parts(uri: &str) -> Option<(&str, &str)> {
    let authority_and_rest = uri.strip_prefix("http://")?;
    let end = authority_and_rest.find(['/', '?']).unwrap_or(authority_and_rest.len());
    let (authority, rest) = authority_and_rest.split_at(end);
    let host = LOOPBACK_HOSTS.into_iter().find(|host| authority.starts_with(host))?;
    match authority.strip_prefix(host)? {
        "" => {}
        port => {
            let digits = port.strip_prefix(':')?;
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<u16>().ok().filter(|port| plain && *port != 0)?;
        }
    }
    Some((host, if rest.is_empty() { "/" } else { rest }))
}

/// `uri` with `answer` appended to its query.
pub(crate) fn with_answer(uri: &str, answer: &[(&str, &str)]) -> Option<String> {
    let mut url = Url::parse(uri).ok()?;
    url.query_pairs_mut().extend_pairs(answer);
    Some(url.into())
}

/// Whether answers go to this machine only.
pub(crate) fn is_loopback(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| host_is_loopback(&url))
}

/// Host and port, for people.
pub(crate) fn host_for_people(uri: &str) -> String {
    Url::parse(uri).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
}

/// The CSP source that lets the form's answer redirect to `uri`. CSP has no syntax for IPv6 literals, so those
/// are allowed by scheme.
pub(crate) fn csp_source(uri: &str) -> String {
    match Url::parse(uri) {
        Ok(url) if matches!(url.host(), Some(url::Host::Ipv6(_))) => format!("{}:", url.scheme()),
        Ok(url) => url.origin().ascii_serialization(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_registered() {
        for good in [
            "https://app.example/cb",
            "http://127.0.0.1/cb",
            "http://127.0.0.1:9/",
            "http://localhost:61546/callback",
            "http://[::1]:7/cb?x=1",
            "https://localhost/cb",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "http://app.example/cb",
            "http://127.0.0.1.app.example/cb",
            "http://127.0.0.2/cb",
            "http://localhost.app.example/cb",
            "http://localhost:0/cb",
            "http://localhost:99999/cb",
            "http://localhost:+80/cb",
            "http://user@localhost/cb",
            "https://user:pw@app.example/cb",
            "https://@app.example/cb",
            "https://app.example/cb#x",
            "https://app.example/cb#",
            "https://*.app.example/cb",
            "https://app.example/\\evil",
            "https:/app.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "cursor://callback",
            "//app.example/cb",
            "/cb",
            "",
            "https://app.example/c b",
            "https://app.example/\u{e9}",
            "http://2130706433/cb",
            "HTTP://localhost/cb",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert!(check(&format!("https://app.example/{}", "x".repeat(512))).is_err());
    }

    #[test]
    fn only_the_port_of_a_native_client_on_loopback_is_free() {
        let native = |registered, requested| matches(registered, requested, true);
        assert!(native("http://localhost:61546/callback", "http://localhost:3118/callback"));
        assert!(native("http://127.0.0.1/", "http://127.0.0.1:33418/"));
        assert!(native("http://127.0.0.1/", "http://127.0.0.1:33418"));
        assert!(native("http://[::1]/cb", "http://[::1]:5/cb"));
        assert!(native("https://app.example/cb", "https://app.example/cb"));
        for (registered, requested) in [
            ("http://localhost:1/callback", "http://127.0.0.1:1/callback"),
            ("http://localhost:1/callback", "http://localhost:1/callback/"),
            ("http://localhost:1/callback", "http://localhost:1/callback?x=1"),
            ("http://localhost:1/callback", "http://localhost:1/other"),
            ("http://localhost:1/callback", "https://localhost:1/callback"),
            ("http://localhost:1/callback", "http://localhost.evil.example:1/callback"),
            ("http://localhost:1/callback", "http://localhost:1@evil.example/callback"),
            ("http://localhost:1/callback", "http://localhost:1/callback#x"),
            ("http://localhost:1/a/b", "http://localhost:1/a/../a/b"),
            ("https://app.example/cb", "https://app.example:8443/cb"),
            ("https://app.example/cb", "https://app.example/CB"),
            ("https://app.example/cb", "https://app.example/cb/"),
            ("https://app.example/cb", "https://APP.example/cb"),
        ] {
            assert!(!native(registered, requested), "{registered} {requested}");
        }
        assert!(!matches("http://127.0.0.1:3002/cb", "http://127.0.0.1:3003/cb", false));
        assert!(matches("http://127.0.0.1:3002/cb", "http://127.0.0.1:3002/cb", false));
    }
}
