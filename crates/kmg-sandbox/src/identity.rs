//! Who is asking: a bearer token, or nobody.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use crate::options::User;
use crate::rbac::Rights;
use crate::status::Status;

/// An asker and what it may do.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) rights: Rights,
}

/// Everybody who may ask.
#[derive(Debug)]
pub(crate) struct Identities {
    users: Vec<(SecretString, Identity)>,
    anonymous: Identity,
}

impl Identities {
    /// The users with the rights that the roles and bindings among `seed` give them.
    pub(crate) fn new(users: Vec<User>, seed: &[Value]) -> Self {
        let users = users
            .into_iter()
            .map(|user| {
                let mut groups = user.groups;
                groups.push("system:authenticated".to_owned());
                let rights = Rights::of(&user.name, &groups, seed);
                (user.token, Identity { name: user.name, rights })
            })
            .collect();
        let nobody = "system:anonymous".to_owned();
        let rights = Rights::of(&nobody, &["system:unauthenticated".to_owned()], seed);
        Self { users, anonymous: Identity { name: nobody, rights } }
    }

    /// Whose request this is, by its `Authorization` header. Without a bearer token it is
    /// anonymous.
    ///
    /// # Errors
    /// 401 for a token that nobody has.
    pub(crate) fn by_header(&self, authorization: Option<&[u8]>) -> Result<&Identity, Status> {
        let Some(token) = authorization.and_then(bearer) else { return Ok(&self.anonymous) };
        let known = self.users.iter().find(|(secret, _)| bool::from(secret.expose_secret().as_bytes().ct_eq(token)));
        known.map(|(_, identity)| identity).ok_or_else(Status::unauthorized)
    }

    /// The token of the user `name`.
    pub(crate) fn token(&self, name: &str) -> Option<&SecretString> {
        self.users.iter().find(|(_, identity)| identity.name == name).map(|(token, _)| token)
    }
}

/// The token of a `Bearer` header (RFC 6750 §2.1); other schemes are no credential here.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = header.split_at_checked("Bearer ".len())?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"Bearer ") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_token_is_its_user_an_unknown_one_is_refused_and_none_is_anonymous() {
        let users = vec![User { name: "reader".into(), groups: Vec::new(), token: "t-1".to_owned().into() }];
        let identities = Identities::new(users, &[]);
        assert_eq!(identities.by_header(Some(b"Bearer t-1")).unwrap().name, "reader");
        assert_eq!(identities.by_header(Some(b"bearer t-1")).unwrap().name, "reader");
        for header in [None, Some(&b"Bearer "[..]), Some(b"Basic t-1"), Some(b"")] {
            assert_eq!(identities.by_header(header).unwrap().name, "system:anonymous");
        }
        assert_eq!(identities.by_header(Some(b"Bearer t-2")).unwrap_err().code, 401);
    }
}
