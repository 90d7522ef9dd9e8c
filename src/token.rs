//! Secrets that are handed out once and kept as a digest: of invitations, sessions, setup links and
//! the directory.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::digest::{Digest, hex};
#[cfg(feature = "serde")]
use crate::fingerprint::Fingerprint;
use crate::random::Random;

/// A secret of 256 random bits, as 43 letters of Base64 that need no escaping in a URL.
///
/// It is shown, mailed or set as a cookie, and then forgotten: what is kept is its
/// [digest](Token::digest). `Debug` hides it.
///
/// ```
/// use saml_login::Random;
/// use saml_login::token::{Token, TokenDigest};
///
/// let token = Token::new(Random::generate()?);
/// let link = format!("https://app.example.com/invitation#{}", token.as_str());
/// // What comes back is compared by its digest.
/// assert_eq!(TokenDigest::of(token.as_str()), token.digest());
/// # assert!(link.len() > 43);
/// # Ok::<(), saml_login::error::SendError>(())
/// ```
pub struct Token(String);

impl Token {
    /// One that nobody can guess.
    pub fn new(random: Random) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random.for_purpose("token")))
    }

    /// One that begins so: who finds it in a log or a repository knows what it opens.
    pub(crate) fn with_prefix(prefix: &str, random: Random) -> Self {
        let Self(secret) = Self::new(random);
        Self(format!("{prefix}{secret}"))
    }

    /// The secret itself, to be handed out.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What to keep of it.
    pub fn digest(&self) -> TokenDigest {
        TokenDigest::of(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The SHA-256 digest of a [`Token`]. 256 random bits need no slower function: nobody tries them
/// out. To look it up by an index tells nothing: whoever chooses the token does not choose the
/// digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// That of what came back. Blanks around it, from a paste, do not count.
    pub fn of(token: &str) -> Self {
        Self(Digest::of("token").text(token.trim()).finish())
    }

    /// One that was stored.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Good for nothing, and so shown.
impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenDigest({})", hex(&self.0))
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for TokenDigest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex(&self.0))
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for TokenDigest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        let digest: Fingerprint = text.parse().map_err(serde::de::Error::custom)?;
        Ok(Self(*digest.as_bytes()))
    }
}
