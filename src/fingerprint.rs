//! How certificates are told apart by people: the one spelling of fingerprints.

use std::fmt;
use std::str::FromStr;

use openssl::sha::sha256;

/// The SHA-256 fingerprint of a certificate: of its DER, so of the whole certificate and not only
/// of its key.
///
/// It is written as upper-case hexadecimal pairs with colons, as most consoles show it. It is read
/// in any letter case, with colons, blank space or nothing between the pairs.
///
/// ```
/// use saml_login::trust::Fingerprint;
///
/// let digits = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";
/// let fingerprint: Fingerprint = digits.parse()?;
/// assert!(fingerprint.to_string().starts_with("01:02:03:04:05:06:07:08:09:0A:0B"));
/// assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
/// # Ok::<(), saml_login::trust::FingerprintError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// That of this DER, whether or not it is a certificate that can be used.
    pub(crate) fn of(der: &[u8]) -> Self {
        Self(sha256(der))
    }

    /// The one of these bytes.
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, byte) in self.0.iter().enumerate() {
            let colon = if position == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let mut bytes = [0; 32];
        let mut digits = text.chars().filter(|c| *c != ':' && !c.is_whitespace());
        let mut digit = || digits.next().and_then(|c| c.to_digit(16)?.try_into().ok());
        for byte in &mut bytes {
            let (high, low): (Option<u8>, Option<u8>) = (digit(), digit());
            *byte = high.zip(low).map(|(high, low)| high << 4 | low).ok_or(FingerprintError)?;
        }
        match digits.next() {
            None => Ok(Self(bytes)),
            Some(_) => Err(FingerprintError),
        }
    }
}

/// A text that is no SHA-256 fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not a SHA-256 fingerprint: 64 hexadecimal digits are needed, with or without colons"
)]
#[non_exhaustive]
pub struct FingerprintError;

#[cfg(feature = "serde")]
impl serde::Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
