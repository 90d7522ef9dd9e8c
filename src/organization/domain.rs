use std::fmt;

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
    /// Takes a domain in any letter case; `None` for what is none. Internationalized names come in
    /// their `xn--` form.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.trim().to_ascii_lowercase();
        is_domain(&lower).then_some(Self(lower))
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

impl fmt::Display for EmailDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for EmailDomain {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a domain"))
    }
}
