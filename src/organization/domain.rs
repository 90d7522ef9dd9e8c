use std::fmt;
use std::str::FromStr;

use crate::identity::{Email, is_domain};

/// A domain of e-mail addresses, in lower case; at least two labels (RFC 1035 §2.3.1).
///
/// The application has its customers prove that a domain is theirs (a TXT record, usually) and says
/// so. A domain of which anybody can have an address (`gmail.com`) must never count as verified.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct EmailDomain(String);

impl EmailDomain {
    /// Takes a domain in any letter case. Internationalized names come in their `xn--` form.
    ///
    /// # Errors
    ///
    /// [`EmailDomainError`] for what is none.
    pub fn parse(text: &str) -> Result<Self, EmailDomainError> {
        let lower = text.trim().to_ascii_lowercase();
        if is_domain(&lower) { Ok(Self(lower)) } else { Err(EmailDomainError) }
    }

    /// The domain, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an address is of one of these domains.
    pub(crate) fn any_holds<'d>(
        domains: impl IntoIterator<Item = &'d Self>,
        email: &Email,
    ) -> bool {
        domains.into_iter().any(|domain| domain.holds(email))
    }

    /// Whether an address is of this very domain; those of subdomains are not.
    pub fn holds(&self, email: &Email) -> bool {
        email.domain() == self.0
    }
}

impl FromStr for EmailDomain {
    type Err = EmailDomainError;

    fn from_str(text: &str) -> Result<Self, EmailDomainError> {
        Self::parse(text)
    }
}

/// A text that is no domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a domain of e-mail addresses: one of the form example.com is needed")]
#[non_exhaustive]
pub struct EmailDomainError;

impl fmt::Display for EmailDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for EmailDomain {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
