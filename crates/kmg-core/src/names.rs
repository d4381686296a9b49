//! Names, parsed once (RFC 1123 labels and subdomains as Kubernetes uses them).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::problem::{Code, Refusal};

/// Whether `text` is an RFC 1123 label: 1–63 of `[a-z0-9-]`, with a letter or digit at both ends.
pub fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Whether `text` is an RFC 1123 subdomain: labels joined by dots, 1–253 bytes together.
pub fn is_subdomain(text: &str) -> bool {
    (1..=253).contains(&text.len()) && text.split('.').all(is_label)
}

macro_rules! name_type {
    ($name:ident, $what:literal, $rule:ident) => {
        #[doc = concat!("The name of ", $what, ", known to be valid.")]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = Refusal;
            fn from_str(text: &str) -> Result<Self, Refusal> {
                if $rule(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(Refusal::new(Code::InvalidName, concat!("That is not a DNS-1123 name of ", $what, ".")))
                }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

name_type!(Namespace, "a namespace", is_label);
name_type!(ObjectName, "an object", is_subdomain);
name_type!(ContainerName, "a container", is_label);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_refused() {
        for text in ["", "-a", "a-", "A", "a_b", "a/b", "../x", "a%2fb", "a\0", "--server=x", "é", "a b", "a..b", ".a"] {
            assert!(text.parse::<ObjectName>().is_err(), "{text:?}");
            assert!(text.parse::<Namespace>().is_err(), "{text:?}");
        }
        assert!("a.b".parse::<ObjectName>().is_ok());
        assert!("a.b".parse::<Namespace>().is_err());
        assert!("a".repeat(64).parse::<Namespace>().is_err());
        assert!(serde_json::from_str::<Namespace>("\"A\"").is_err());
    }
}
