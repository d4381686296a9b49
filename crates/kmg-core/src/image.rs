//! Container image references, as the distribution specification's grammar reads them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::problem::{Code, Refusal};

/// A valid image reference: `[registry[:port]/]path[:tag][@algorithm:hex]`, at most 500 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ImageRef(String);

impl ImageRef {
    /// The reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The registry host with its port; `docker.io` where the reference names none.
    pub fn registry(&self) -> &str {
        match self.0.split_once('/') {
            Some((host, _)) if is_host(host) => host,
            _ => "docker.io",
        }
    }

    /// The tag, where there is one.
    pub fn tag(&self) -> Option<&str> {
        let name = self.0.split('@').next().unwrap_or_default();
        let last = name.rsplit('/').next().unwrap_or_default();
        last.split_once(':').map(|(_, tag)| tag)
    }

    /// The digest, where there is one.
    pub fn digest(&self) -> Option<&str> {
        self.0.split_once('@').map(|(_, digest)| digest)
    }
}

fn is_host(text: &str) -> bool {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let port_ok = port.is_none_or(|port| (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit()));
    (host.contains('.') || port.is_some() || host == "localhost")
        && port_ok
        && host.split('.').all(|part| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !part.starts_with('-')
                && !part.ends_with('-')
        })
}

/// Runs of lower-case letters and digits, joined by one dot, one or two underscores, or any number of dashes.
fn is_path_component(text: &str) -> bool {
    let in_run = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let mut separators = text.split(|c: char| u8::try_from(c).is_ok_and(in_run)).filter(|separator| !separator.is_empty());
    let joins = |separator: &str| matches!(separator, "." | "_" | "__") || separator.bytes().all(|b| b == b'-');
    text.bytes().next().is_some_and(in_run) && text.bytes().last().is_some_and(in_run) && separators.all(joins)
}

fn is_tag(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
        && !text.starts_with(['.', '-'])
}

fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, hex)| {
        let digits = match algorithm {
            "sha256" => 64,
            "sha512" => 128,
            _ => return false,
        };
        hex.len() == digits && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

fn is_reference(text: &str) -> bool {
    if text.len() > 500 {
        return false;
    }
    let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
    let path = match name.split_once('/') {
        Some((host, path)) if is_host(host) => path,
        _ => name,
    };
    let (path, tag) = match path.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (path, None),
    };
    digest.is_none_or(is_digest) && tag.is_none_or(is_tag) && path.split('/').all(is_path_component)
}

impl FromStr for ImageRef {
    type Err = Refusal;
    fn from_str(text: &str) -> Result<Self, Refusal> {
        if is_reference(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Refusal::new(Code::InvalidImage, "That is not an image reference of the form [registry/]path[:tag][@digest]."))
        }
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ImageRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_with_ports_tags_and_digests() {
        let hex = "0123456789abcdef".repeat(4);
        for (text, registry, tag) in [
            ("nginx", "docker.io", None),
            ("nginx:1.27", "docker.io", Some("1.27")),
            ("library/nginx:1", "docker.io", Some("1")),
            ("registry.test/web:2", "registry.test", Some("2")),
            ("localhost:5000/a/b", "localhost:5000", None),
            ("h.example:5000/a/b:t", "h.example:5000", Some("t")),
            (&format!("r.example/a@sha256:{hex}"), "r.example", None),
            (&format!("r.example/a:1@sha256:{hex}"), "r.example", Some("1")),
        ] {
            let image: ImageRef = text.parse().unwrap_or_else(|_| panic!("{text}"));
            assert_eq!((image.registry(), image.tag()), (registry, tag), "{text}");
        }
    }

    #[test]
    fn hostile_references_are_refused() {
        for text in [
            "",
            " ",
            "a b",
            "A/b",
            "a:b:c",
            "a@sha256:1",
            "a@md5:00",
            "../a",
            "a/../b",
            "a//b",
            "http://x/y",
            "x:-t",
            "a\u{200b}",
            "r.example:99999999/a",
            "-a",
            "a-",
            "a.-b",
            "a___b",
        ] {
            assert!(text.parse::<ImageRef>().is_err(), "{text:?}");
        }
    }
}
