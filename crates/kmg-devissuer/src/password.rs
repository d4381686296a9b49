//! The one person's password, as a salted, slow hash.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use crate::secret::{NoRandomness, hash, random};

/// The hash keeps the password out of this process's memory and makes the comparison even. It is no store's hash:
/// whoever could steal it can read the settings file it came from, and guessing is slowed by the throttle.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(20_000).expect("not zero");
const ALGORITHM: pbkdf2::Algorithm = pbkdf2::PBKDF2_HMAC_SHA256;

/// What a user name and a password are compared with.
pub(crate) struct Credential {
    username: String,
    salt: [u8; 16],
    derived: [u8; 32],
}

impl Credential {
    pub(crate) fn new(username: &str, password: &SecretString) -> Result<Self, NoRandomness> {
        let salt = random()?;
        let mut derived = [0; 32];
        pbkdf2::derive(ALGORITHM, ITERATIONS, &salt, password.expose_secret().as_bytes(), &mut derived);
        Ok(Self { username: username.to_owned(), salt, derived })
    }

    pub(crate) fn username(&self) -> &str {
        &self.username
    }

    /// Takes the same time whichever of the two is wrong. Slow by design: call it off the async threads.
    pub(crate) fn admits(&self, username: &str, password: &str) -> bool {
        let name = hash(username).ct_eq(&hash(&self.username));
        let word = pbkdf2::verify(ALGORITHM, ITERATIONS, &self.salt, password.as_bytes(), &self.derived).is_ok();
        bool::from(name) & word
    }
}
