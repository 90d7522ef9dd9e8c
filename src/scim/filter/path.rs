//! Paths to attributes.

use super::super::schema::{Found, find};
use super::parse::Parser;
use super::{Expression, FilterRefusal};

/// `[URI ":"] ATTRNAME ["." ATTRNAME]` (RFC 7644 §3.10): an attribute, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttributePath {
    /// The schema before it.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
    /// The sub-attribute.
    pub within: Option<String>,
}

impl AttributePath {
    /// Reads one. Beside what RFC 7643 §2.1 lets begin a name, `$` (for `$ref`) and `_` do: such
    /// names occur, and are told to be unknown.
    pub fn parse(text: &str) -> Option<Self> {
        let is_urn = text.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("urn:"));
        let (schema, path) = match text.rsplit_once(':') {
            Some((schema, path)) if is_urn => (Some(schema.to_owned()), path),
            _ => (None, text),
        };
        let (name, within) = match path.split_once('.') {
            Some((name, within)) => (name, Some(within)),
            None => (path, None),
        };
        let is_path = is_name(name) && within.is_none_or(is_name);
        is_path.then(|| Self { schema, name: name.to_owned(), within: within.map(Into::into) })
    }

    pub(in super::super) fn found(&self) -> Found {
        find(&self.to_string())
    }
}

/// RFC 7643 §2.1: `ATTRNAME = ALPHA *(nameChar)`, `nameChar = "$" / "-" / "_" / DIGIT / ALPHA`.
fn is_name(text: &str) -> bool {
    let begins = |c: char| c.is_ascii_alphabetic() || matches!(c, '$' | '_');
    text.starts_with(begins)
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '$' | '_' | '-'))
}

/// `attrPath / valuePath [subAttr]` (RFC 7644 §3.5.2): where an operation of a PATCH points to.
///
/// `Display` writes it so that it is read again as the same.
///
/// ```
/// use saml_login::scim::PatchPath;
///
/// let path = PatchPath::parse(r#"emails[type EQ "work"].value"#)?;
/// assert_eq!(path.attribute.name, "emails");
/// assert_eq!(path.to_string(), r#"emails[type eq "work"].value"#);
/// # Ok::<(), saml_login::scim::FilterRefusal>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PatchPath {
    /// The attribute.
    pub attribute: AttributePath,
    /// Which of its values.
    pub filter: Option<Expression>,
    /// The sub-attribute of those values.
    pub within: Option<String>,
}

impl PatchPath {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// [`FilterRefusal`] for what is no path, or has more of anything than is read.
    pub fn parse(text: &str) -> Result<Self, FilterRefusal> {
        let mut parser = Parser::new(text.trim_ascii())?;
        let attribute = AttributePath::parse(parser.word()).ok_or(parser.malformed())?;
        let (mut filter, mut within) = (None, None);
        if attribute.within.is_none() && parser.next_is('[') {
            filter = Some(parser.brackets()?);
            let rest = parser.word();
            within = match rest.strip_prefix('.') {
                Some(name) if is_name(name) => Some(name.to_owned()),
                None if rest.is_empty() => None,
                _ => return Err(parser.malformed()),
            };
        }
        parser.end()?;
        Ok(Self { attribute, filter, within })
    }
}
