use std::fmt;

use super::field::text;
use crate::error::Rejection;
use crate::xml::Element;

/// The name by which the identity provider knows a person (Core §2.2.2, §2.2.3), as sent.
///
/// The value alone identifies nobody: `42` with one qualifier or Format is another person than `42`
/// with a different one. [`Identity::stable_key`](crate::Identity::stable_key) takes all of it into
/// account. `Debug` hides the value.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct NameId {
    /// The text of the element, untrimmed.
    pub value: String,
    /// What kind of name the value is: a URI, usually but not always one of those in Core §8.3.
    /// Absent is as good as [`NameId::UNSPECIFIED`].
    pub format: Option<String>,
    /// The domain, chosen by the identity provider, within which the name is unique.
    pub name_qualifier: Option<String>,
    /// The service provider, or group of them, for which the name was made.
    pub sp_name_qualifier: Option<String>,
}

impl NameId {
    /// The Format in effect where none is given (Core §2.2.2).
    pub const UNSPECIFIED: &'static str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";

    /// A name as an application kept it, without Format and qualifiers: those that it had are to be
    /// set as well, for they are part of whom it means.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), format: None, name_qualifier: None, sp_name_qualifier: None }
    }

    /// Core §2.2.3. The value is kept as it stands; one that is empty or blank names nobody.
    pub(crate) fn read(element: Element<'_>) -> Result<Self, Rejection> {
        let value = text(element, "NameID")?;
        if value.trim().is_empty() {
            return Err(Rejection::NameIdMissing);
        }
        let owned = |attribute| element.attribute(attribute).map(str::to_owned);
        Ok(Self {
            value: value.into_owned(),
            format: owned("Format"),
            name_qualifier: owned("NameQualifier"),
            sp_name_qualifier: owned("SPNameQualifier"),
        })
    }

    /// The Format in effect: the one given, or [`NameId::UNSPECIFIED`].
    pub fn effective_format(&self) -> &str {
        self.format.as_deref().unwrap_or(Self::UNSPECIFIED)
    }

    /// Whether the Format says that the value is an e-mail address. The value is not looked at.
    pub fn is_email_format(&self) -> bool {
        self.is_kind("emailAddress")
    }

    /// Whether the Format is this one. Unspecified "MAY be interpreted as" any (Core §8.3.1), and
    /// what is to come encrypted has any (§8.3.9); of those that SAML names, the version in the
    /// identifier does not count.
    pub(crate) fn is_of_format(&self, asked: &str) -> bool {
        let kind = |format: &str| {
            let (_, kind) = format.strip_prefix("urn:oasis:names:tc:SAML:")?.split_once(':')?;
            kind.strip_prefix("nameid-format:").map(str::to_owned)
        };
        let (asked_kind, own) = (kind(asked), self.effective_format());
        matches!(asked_kind.as_deref(), Some("unspecified" | "encrypted"))
            || asked == own
            || (asked_kind.is_some() && asked_kind == kind(own))
    }

    /// Whether the name is a pseudonym made for this service provider, the same at every login
    /// (Core §8.3.7).
    pub fn is_persistent(&self) -> bool {
        self.is_kind("persistent")
    }

    /// Whether the name is good for this login only (Core §8.3.8). Nothing lasting may hang on it.
    pub fn is_transient(&self) -> bool {
        self.is_kind("transient")
    }

    /// Whether the identity provider leaves open what kind of name it is (Core §8.3.1).
    pub fn is_unspecified(&self) -> bool {
        self.is_kind("unspecified")
    }

    /// The standard spreads its formats over two version numbers, which identity providers mix up:
    /// JumpCloud, say, sends `SAML:1.0` for `unspecified`. All three versions are understood for
    /// every kind.
    fn is_kind(&self, kind: &str) -> bool {
        self.effective_format()
            .strip_prefix("urn:oasis:names:tc:SAML:")
            .and_then(|rest| rest.split_once(":nameid-format:"))
            .is_some_and(|(version, found)| {
                matches!(version, "1.0" | "1.1" | "2.0") && found == kind
            })
    }
}

impl fmt::Debug for NameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NameId")
            .field("value", &format_args!("…"))
            .field("format", &self.format)
            .field("name_qualifier", &self.name_qualifier)
            .field("sp_name_qualifier", &self.sp_name_qualifier)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_format(format: Option<&str>) -> NameId {
        NameId {
            value: "alice@example.test".into(),
            format: format.map(Into::into),
            name_qualifier: None,
            sp_name_qualifier: Some("https://app.example.test".into()),
        }
    }

    #[test]
    fn formats_are_recognized_under_every_version_number() {
        // (Format, e-mail, persistent, transient, unspecified)
        for (format, expected) in [
            (None, [false, false, false, true]),
            (
                Some("urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"),
                [false, false, false, true],
            ),
            (
                Some("urn:oasis:names:tc:SAML:1.0:nameid-format:unspecified"),
                [false, false, false, true],
            ),
            (
                Some("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"),
                [true, false, false, false],
            ),
            (
                Some("urn:oasis:names:tc:SAML:2.0:nameid-format:emailAddress"),
                [true, false, false, false],
            ),
            (
                Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"),
                [false, true, false, false],
            ),
            (
                Some("urn:oasis:names:tc:SAML:2.0:nameid-format:transient"),
                [false, false, true, false],
            ),
            (Some("urn:oasis:names:tc:SAML:3.0:nameid-format:transient"), [false; 4]),
            (Some("urn:oasis:names:tc:SAML:2.0:nameid-format:Transient"), [false; 4]),
            (Some("https://idp.example.test/formats/staff"), [false; 4]),
            (Some(""), [false; 4]),
        ] {
            let name_id = of_format(format);
            let found = [
                name_id.is_email_format(),
                name_id.is_persistent(),
                name_id.is_transient(),
                name_id.is_unspecified(),
            ];
            assert_eq!(found, expected, "{format:?}");
        }
    }

    #[test]
    fn debug_hides_the_value() {
        assert_eq!(
            format!("{:?}", of_format(None)),
            "NameId { value: …, format: None, name_qualifier: None, \
             sp_name_qualifier: Some(\"https://app.example.test\") }"
        );
    }
}
