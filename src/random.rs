//! Randomness, which comes in through arguments like time, and is used up by whoever takes it.

use std::fmt;

use openssl::rand::rand_bytes;
use openssl::sha::sha256;

use crate::error::SendError;

/// 256 bits from a cryptographic generator, good for one use.
///
/// It is neither `Clone` nor `Copy`, so that the same randomness cannot be handed in twice: whoever
/// knows the `ID` of a request knows nothing of a cookie.
///
/// ```
/// use saml_login::Random;
///
/// let random = Random::generate()?;
/// # let _ = random;
/// # Ok::<(), saml_login::error::SendError>(())
/// ```
#[must_use = "randomness is there to be used, once"]
pub struct Random([u8; 32]);

impl Random {
    /// Takes 32 bytes of a cryptographic generator of the caller's choice. In tests, take any.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Draws from OpenSSL's generator, which the operating system seeds.
    ///
    /// # Errors
    ///
    /// [`SendError::Random`], if the generator has nothing to give.
    pub fn generate() -> Result<Self, SendError> {
        let mut bytes = [0; 32];
        rand_bytes(&mut bytes).map_err(|error| SendError::Random(error.into()))?;
        Ok(Self(bytes))
    }

    /// What it becomes for one purpose, which tells nothing of what it becomes for another: an `ID`
    /// is seen by everybody on the way.
    pub(crate) fn for_purpose(self, purpose: &str) -> [u8; 32] {
        self.derived(purpose)
    }

    /// One for each of two uses, neither of which tells anything of the other.
    pub(crate) fn split(self) -> (Self, Self) {
        (Self(self.derived("first of two")), Self(self.derived("second of two")))
    }

    /// Takes a part of it, and leaves the rest: for what asks an unknown number of times.
    #[cfg(feature = "scim")]
    pub(crate) fn draw(&mut self) -> Self {
        let (drawn, rest) = Self(self.0).split();
        *self = rest;
        drawn
    }

    fn derived(&self, purpose: &str) -> [u8; 32] {
        sha256(&[b"saml-login ", purpose.as_bytes(), b": ", &self.0].concat())
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random(…)")
    }
}
