//! Scanners in code, by the names that rule files use.

use super::keys::Strength;
use super::scan::{Hit, Scan};
use super::{assignment, json_object, pem, urls, yaml_object};

/// A scanner that a rule may name as its `structure`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Structure {
    /// A key whose name says secret, and its value, in any notation.
    Assignment,
    /// The data of a Kubernetes Secret, in YAML or in JSON.
    SecretObject,
    /// A private key from its BEGIN to its END.
    Pem,
    /// User and password inside a URL.
    UserInfo,
}

impl Structure {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "assignment" => Self::Assignment,
            "secret-object" => Self::SecretObject,
            "pem" => Self::Pem,
            "user-info" => Self::UserInfo,
            _ => return None,
        })
    }
}

/// Runs the scanner at a literal.
pub(super) fn run(scan: &mut Scan<'_>, structure: Structure, strength: Strength, hit: Hit) {
    match structure {
        Structure::Assignment => assignment::scan(scan, strength, hit),
        Structure::SecretObject => {
            if !json_object::note(scan, hit) {
                yaml_object::scan(scan, hit);
            }
        }
        Structure::Pem => pem::scan(scan, hit),
        Structure::UserInfo => urls::scan(scan, hit),
    }
}
