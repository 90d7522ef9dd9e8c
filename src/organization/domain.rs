use std::fmt;
use std::str::FromStr;

use crate::identity::{Email, is_domain};

/// A domain of e-mail addresses, in lower case; at least two labels (RFC 1035 §2.3.1).
///
/// The application has its customers prove that a domain is theirs (a TXT record, usually) and says
/// so. A domain of which anybody can have an address (`gmail.com`) never counts as verified: see
/// [`is_public`](Self::is_public).
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

    /// Whether anybody can have an address in this domain: it is that of a mailbox provider.
    ///
    /// ```
    /// use saml_login::organization::EmailDomain;
    ///
    /// assert!(EmailDomain::parse("gmail.com")?.is_public());
    /// assert!(!EmailDomain::parse("acme.test")?.is_public());
    /// # Ok::<(), saml_login::organization::EmailDomainError>(())
    /// ```
    pub fn is_public(&self) -> bool {
        let (name, ending) = self.0.split_once('.').unwrap_or((&self.0, ""));
        PUBLIC.contains(&self.0.as_str())
            || (PUBLIC_IN_MANY.contains(&name) && MANY.contains(&ending))
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

/// Mailbox providers that have one domain.
const PUBLIC: [&str; 50] = [
    "126.com",
    "163.com",
    "aim.com",
    "aol.com",
    "att.net",
    "bk.ru",
    "bluewin.ch",
    "comcast.net",
    "cox.net",
    "daum.net",
    "duck.com",
    "fastmail.com",
    "fastmail.fm",
    "foxmail.com",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "googlemail.com",
    "hanmail.net",
    "hey.com",
    "hushmail.com",
    "icloud.com",
    "inbox.ru",
    "laposte.net",
    "libero.it",
    "list.ru",
    "mac.com",
    "mail.com",
    "mail.ru",
    "mailbox.org",
    "me.com",
    "msn.com",
    "naver.com",
    "orange.fr",
    "pm.me",
    "posteo.de",
    "proton.me",
    "protonmail.ch",
    "protonmail.com",
    "qq.com",
    "rocketmail.com",
    "sbcglobal.net",
    "seznam.cz",
    "sina.com",
    "t-online.de",
    "tutanota.com",
    "verizon.net",
    "web.de",
    "wp.pl",
    "ymail.com",
];

/// Mailbox providers that have their name in many countries.
const PUBLIC_IN_MANY: [&str; 6] = ["gmx", "hotmail", "live", "outlook", "yahoo", "yandex"];

/// Where those are.
const MANY: [&str; 36] = [
    "at", "be", "ca", "ch", "cl", "co.id", "co.in", "co.jp", "co.kr", "co.nz", "co.th", "co.uk",
    "co.za", "com", "com.ar", "com.au", "com.br", "com.mx", "com.tr", "cz", "de", "dk", "es", "fi",
    "fr", "gr", "hu", "ie", "in", "it", "jp", "net", "nl", "pt", "ru", "se",
];

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
