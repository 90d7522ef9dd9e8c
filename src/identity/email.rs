use std::str::FromStr;
use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

/// An e-mail address that is safe to look people up by and to send mail to.
///
/// The domain is in lower case; the local part stays as sent, for only its own mail server knows
/// what its letter case means (RFC 5321 §2.4). Two values are equal if their
/// [`address`](Email::address)es are, byte for byte. `Debug` hides the address.
///
/// # What is taken for an address
///
/// After blank space around it is removed: exactly one `@`, at most 254 bytes in all (RFC 5321
/// §4.5.3.1.3), and
///
/// - a local part that is a dot-atom (RFC 5321 §4.1.2) of at most 64 ASCII bytes, without `!`, `%`
///   and `=?`;
/// - a domain of at least two labels of ASCII letters, digits and inner hyphens, at most 63 bytes
///   each. The last label is not a number alone, which would make it an IP address.
///   Internationalized names come in their `xn--` form.
///
/// This is narrower than the grammar of mail, because programs along the way read the rest of that
/// grammar in different ways: a quoted local part, a comment, an encoded word (`=?utf-8?q?…?=`), a
/// bang path or a percent route can make the address that was checked here and the mailbox that a
/// mail server picks lie in different domains. A domain without a dot (`alice@localhost`,
/// `alice@CORP`) cannot be verified to belong to anyone and is what user names of internal
/// directories look like.
#[derive(Clone)]
pub struct Email {
    address: Box<str>,
    original: Box<str>,
}

impl Email {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// [`EmailError`] for whatever is not one in the sense above.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let trimmed = text.trim();
        let (local, domain) = trimmed.split_once('@').ok_or(EmailError)?;
        if trimmed.len() > MAX_BYTES || !is_local_part(local) || !is_domain(domain) {
            return Err(EmailError);
        }
        let address = format!("{local}@{}", domain.to_ascii_lowercase()).into();
        Ok(Self { address, original: text.into() })
    }

    /// The address, its domain in lower case.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The domain, in lower case.
    pub fn domain(&self) -> &str {
        self.address.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// The text as it was sent, with its letter case and any blank space around it.
    pub fn original(&self) -> &str {
        &self.original
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        Self::parse(text)
    }
}

/// A text that is no e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an e-mail address: one of the form name@example.com is needed")]
#[non_exhaustive]
pub struct EmailError;

fn is_local_part(local: &str) -> bool {
    local.len() <= MAX_LOCAL_BYTES
        && !local.contains("=?")
        && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom_byte))
}

/// `atext` of RFC 5322 §3.2.3 without the two characters by which mail was once routed.
fn is_atom_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"#$&'*+-/=?^_`{|}~".contains(&byte)
}

pub(crate) fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=MAX_LABEL_BYTES).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    domain.len() <= MAX_DOMAIN_BYTES
        && domain.split('.').all(is_label)
        && domain
            .rsplit_once('.')
            .is_some_and(|(_, last)| !last.bytes().all(|byte| byte.is_ascii_digit()))
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
    }
}

impl Eq for Email {}

impl Hash for Email {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.address.hash(state);
    }
}

impl PartialOrd for Email {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Email {
    fn cmp(&self, other: &Self) -> Ordering {
        self.address.cmp(&other.address)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

/// Serialized, an e-mail address is its [`address`](Email::address).
#[cfg(feature = "serde")]
impl serde::Serialize for Email {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.address)
    }
}

/// Where it is kept, an e-mail address is written as it was sent: what is read then is the same to
/// the letter.
#[cfg(feature = "serde")]
pub(crate) mod as_sent {
    use serde::{Serialize, Serializer};

    use super::Email;

    pub(crate) fn one<S: Serializer>(email: &Email, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&email.original)
    }

    pub(crate) fn any<S: Serializer>(
        email: &Option<Email>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        email.as_ref().map(Email::original).serialize(serializer)
    }
}

/// Reads an address from a string.
#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Email {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// RFC 5321 §4.5.3.1.3: a path has at most 256 octets, two of which are its angle brackets.
const MAX_BYTES: usize = 254;
/// RFC 5321 §4.5.3.1.1.
const MAX_LOCAL_BYTES: usize = 64;
/// RFC 1035 §2.3.4, without the last dot.
const MAX_DOMAIN_BYTES: usize = 253;
/// RFC 1035 §2.3.4.
const MAX_LABEL_BYTES: usize = 63;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_trimmed_and_only_their_domain_is_lower_cased() {
        for (text, address, domain) in [
            ("alice@example.test", "alice@example.test", "example.test"),
            (" \n\tAlice.B@EXAMPLE.Test\r\n ", "Alice.B@example.test", "example.test"),
            (
                "o'brien+saml@mail.example.test",
                "o'brien+saml@mail.example.test",
                "mail.example.test",
            ),
            ("a@b.c", "a@b.c", "b.c"),
            ("1@2.3x", "1@2.3x", "2.3x"),
            ("#$&'*+-/?=^_`{|}~@a-b.test", "#$&'*+-/?=^_`{|}~@a-b.test", "a-b.test"),
            ("alice@XN--BCHER-KVA.example", "alice@xn--bcher-kva.example", "xn--bcher-kva.example"),
        ] {
            let email = Email::parse(text).unwrap_or_else(|_| panic!("{text:?} is an address"));
            assert_eq!(email.address(), address);
            assert_eq!(email.domain(), domain);
            assert_eq!(email.original(), text);
        }
    }

    #[test]
    fn whatever_could_be_read_in_two_ways_is_not_an_address() {
        for text in [
            "",
            " ",
            "@",
            "alice",
            "alice@",
            "@example.test",
            "a@b@example.test",
            "alice@example.test, mallory@evil.test",
            "alice@example.test;mallory@evil.test",
            "Alice <alice@example.test>",
            "<alice@example.test>",
            "mailto:alice@example.test",
            "\"alice\"@example.test",
            "\"alice@evil.test\"@example.test",
            "alice(comment)@example.test",
            "alice@example.test(comment)",
            "alice@(comment)example.test",
            "mallory%evil.test@example.test",
            "evil.test!mallory@example.test",
            "=?utf-8?q?mallory=40evil.test=3e?=@example.test",
            "a=?x?q??=@example.test",
            "alice\\@example.test",
            "alice\\,@example.test",
            "al ice@example.test",
            "alice @example.test",
            "alice@ example.test",
            "alice@exa mple.test",
            "alice\u{0}@example.test",
            "alice@example.test\u{0}",
            "alice\r\nBcc:x@example.test",
            "alice@example.test\u{7f}",
            "alice\u{a0}@example.test",
            "alice\u{200b}@example.test",
            "alice@example.test\u{200b}",
            "\u{202e}alice@example.test",
            "älice@example.test",
            "alice@exämple.test",
            "alice@example\u{3002}test",
            "alice\u{ff20}example.test",
            ".alice@example.test",
            "alice.@example.test",
            "al..ice@example.test",
            "alice@.example.test",
            "alice@example.test.",
            "alice@example..test",
            "alice@-example.test",
            "alice@example-.test",
            "alice@example.-test",
            "alice@exam_ple.test",
            "alice@localhost",
            "alice@CORP",
            "alice@192.0.2.1",
            "alice@[192.0.2.1]",
            "alice@example.test:25",
        ] {
            assert_eq!(Email::parse(text), Err(EmailError), "{text:?}");
        }
    }

    #[test]
    fn lengths_are_bounded() {
        let parses = |local: usize, labels: &[usize]| {
            let domain: Vec<String> = labels.iter().map(|length| "d".repeat(*length)).collect();
            Email::parse(&format!("{}@{}", "l".repeat(local), domain.join("."))).is_ok()
        };
        assert!(parses(64, &[63, 4]));
        assert!(!parses(65, &[63, 4]));
        assert!(!parses(1, &[64, 4]));
        assert!(parses(64, &[63, 63, 61]), "254 bytes");
        assert!(!parses(64, &[63, 63, 62]), "255 bytes");
    }

    #[test]
    fn equality_and_debug() {
        let parse = |text| Email::parse(text).unwrap();
        assert_eq!(parse("alice@EXAMPLE.test"), parse(" alice@example.test"));
        assert_ne!(parse("Alice@example.test"), parse("alice@example.test"));
        assert_eq!(format!("{:?}", parse("alice@example.test")), "Email(…)");
    }
}
