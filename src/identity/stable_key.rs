use std::fmt::{self, Write as _};

use percent_encoding::percent_decode_str;

use crate::assertion::NameId;

/// The key under which to remember a person: equal if and only if connection, issuer and the whole
/// NameID are.
///
/// E-mail addresses change hands and issuers are free text that any tenant may choose; this key is
/// what to store beside an account. Compare it byte for byte: a database column that ignores letter
/// case or trailing blank space would let one person in as another. Where a column is too short for
/// it, store a SHA-256 of it. It contains the NameID, which `Debug` hides.
///
/// # Encoding
///
/// Part of semver, so that stored keys keep their meaning: seven fields joined by `|`.
///
/// ```text
/// 1|connection id|issuer|Format|NameQualifier|SPNameQualifier|value
/// ```
///
/// The first is the version of the encoding. An absent Format is written as
/// [`urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified`](NameId::UNSPECIFIED), which is then in
/// effect (Core §2.2.2). An absent qualifier is an empty field; one that is present begins with
/// `=`. Inside fields, `%`, `|` and the ASCII control characters are written as `%` and two
/// upper-case hexadecimal digits; everything else stands for itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct StableKey(String);

impl StableKey {
    /// `None` for a name that does not last (transient) or does not exist (blank).
    pub(crate) fn new(connection_id: &str, issuer: &str, name_id: &NameId) -> Option<Self> {
        if name_id.is_transient() || name_id.value.trim().is_empty() {
            return None;
        }
        let mut key = String::from("1");
        push_field(&mut key, "", connection_id);
        push_field(&mut key, "", issuer);
        push_field(&mut key, "", name_id.effective_format());
        for qualifier in [&name_id.name_qualifier, &name_id.sp_name_qualifier] {
            match qualifier {
                None => push_field(&mut key, "", ""),
                Some(qualifier) => push_field(&mut key, "=", qualifier),
            }
        }
        push_field(&mut key, "", &name_id.value);
        Some(Self(key))
    }

    /// The key that was stored as this text; `None` if it is not one of the encoding above.
    pub fn from_stored(text: &str) -> Option<Self> {
        let key = Self(text.to_owned());
        let fields = key.0.split('|').count();
        (fields == FIELDS && key.field(0) == "1" && !key.field(VALUE).is_empty()).then_some(key)
    }

    /// The connection that the person came through.
    pub(crate) fn connection_id(&self) -> String {
        self.field(1)
    }

    /// The identity provider that knows the person under this key.
    pub(crate) fn issuer(&self) -> String {
        self.field(2)
    }

    /// Whether the name's Format says that it is an e-mail address.
    pub(crate) fn is_email_format(&self) -> bool {
        NameId { format: Some(self.field(3)), ..NameId::new("") }.is_email_format()
    }

    /// The NameID itself.
    pub(crate) fn value(&self) -> String {
        self.field(VALUE)
    }

    fn field(&self, number: usize) -> String {
        let field = self.0.split('|').nth(number).unwrap_or_default();
        percent_decode_str(field).decode_utf8_lossy().into_owned()
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Version, connection, issuer, Format, two qualifiers, value.
const FIELDS: usize = 7;
const VALUE: usize = 6;

fn push_field(key: &mut String, mark: &str, field: &str) {
    key.push('|');
    key.push_str(mark);
    for character in field.chars() {
        if matches!(character, '%' | '|') || character.is_ascii_control() {
            // Writing to a String cannot fail.
            let _ = write!(key, "%{:02X}", u32::from(character));
        } else {
            key.push(character);
        }
    }
}

impl fmt::Debug for StableKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StableKey(…)")
    }
}

/// Reads a key from a string.
#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for StableKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        Self::from_stored(&text).ok_or_else(|| serde::de::Error::custom("not a stable key"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

    fn name_id(format: Option<&str>, qualifiers: [Option<&str>; 2], value: &str) -> NameId {
        let [name_qualifier, sp_name_qualifier] =
            qualifiers.map(|qualifier| qualifier.map(Into::into));
        NameId {
            value: value.into(),
            format: format.map(Into::into),
            name_qualifier,
            sp_name_qualifier,
        }
    }

    fn key(connection_id: &str, issuer: &str, name_id: &NameId) -> Option<String> {
        StableKey::new(connection_id, issuer, name_id).map(|key| key.0)
    }

    #[test]
    fn the_encoding_is_frozen() {
        assert_eq!(
            key(
                "acme",
                "https://idp.test/",
                &name_id(Some(PERSISTENT), [Some("a=b"), Some("")], "Ä x")
            ),
            Some(format!("1|acme|https://idp.test/|{PERSISTENT}|=a=b|=|Ä x"))
        );
        assert_eq!(
            key("a|b%c", "Free text\r\n", &name_id(None, [None, None], "\u{0}\u{7f}~")),
            Some(format!("1|a%7Cb%25c|Free text%0D%0A|{}|||%00%7F~", NameId::UNSPECIFIED))
        );
    }

    #[test]
    fn an_absent_format_is_the_unspecified_one_and_no_other() {
        let of_format = |format| key("c", "i", &name_id(format, [None, None], "v"));
        assert_eq!(of_format(None), of_format(Some(NameId::UNSPECIFIED)));
        assert_ne!(of_format(None), of_format(Some("")));
        assert_ne!(
            of_format(None),
            of_format(Some("urn:oasis:names:tc:SAML:1.0:nameid-format:unspecified"))
        );
    }

    #[test]
    fn a_transient_or_blank_name_has_no_key() {
        let transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
        assert_eq!(key("c", "i", &name_id(Some(transient), [None, None], "v")), None);
        assert_eq!(key("c", "i", &name_id(None, [None, None], "")), None);
        assert_eq!(key("c", "i", &name_id(None, [None, None], " \n")), None);
    }

    /// Every combination of texts made to confuse separators, escapes, marks, and empty with
    /// absent.
    #[test]
    fn different_people_have_different_keys() {
        let texts =
            ["x", "X", "x ", "|", "||", "%", "%7C", "%257C", "=", "=x", "x|", "|x", "\u{1}", "%01"];
        let optional: Vec<Option<&str>> =
            [None, Some("")].into_iter().chain(texts.map(Some)).collect();
        let mut seen = HashMap::new();
        let mut total = 0;
        let mut record = |connection_id: &str, issuer: &str, name_id: NameId| {
            let person = (connection_id.to_owned(), issuer.to_owned(), name_id);
            let key = key(&person.0, &person.1, &person.2).unwrap();
            total += 1;
            let earlier = seen.insert(key, person.clone());
            assert!(
                earlier.as_ref().is_none_or(|earlier| *earlier == person),
                "{earlier:?} and {person:?}"
            );
        };
        for first in &texts {
            for second in &texts {
                for third in &texts {
                    record(first, second, name_id(Some(PERSISTENT), [None, None], third));
                }
                for name_qualifier in &optional {
                    for sp_name_qualifier in &optional {
                        let qualifiers = [*name_qualifier, *sp_name_qualifier];
                        record("c", first, name_id(Some(PERSISTENT), qualifiers, second));
                        record("c", "i", name_id(Some(first), qualifiers, second));
                    }
                }
            }
        }
        assert_eq!(total, 14 * 14 * (14 + 16 * 16 * 2));
    }

    #[test]
    fn debug_hides_the_key() {
        let key = StableKey::new("c", "i", &name_id(None, [None, None], "alice")).unwrap();
        assert_eq!(format!("{key:?}"), "StableKey(…)");
        assert!(key.as_str().ends_with("|alice"));
    }
}
