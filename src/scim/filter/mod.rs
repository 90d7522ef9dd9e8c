//! Filters (RFC 7644 §3.4.2.2) and the paths of PATCH (§3.5.2).

mod bind;
mod parse;
mod path;
mod render;

use std::fmt;

pub(super) use self::bind::address_filter;
pub use self::path::{AttributePath, PatchPath};
use super::{ScimError, ScimType};

/// A filter as it was sent: a tree of expressions, of which nobody has asked yet whether the
/// attributes exist. [`filter`](Expression::filter) makes of it what a store answers.
///
/// `Display` writes it so that it is read again as the same. `Debug` hides what is compared with.
///
/// ```
/// use saml_login::scim::Expression;
/// use saml_login::store::{Attribute, Filter};
///
/// let expression = Expression::parse(r#"userName Eq "alice@example.com""#)?;
/// assert_eq!(expression.filter()?, Filter::is(Attribute::UserName, "alice@example.com"));
/// # Ok::<(), saml_login::scim::FilterRefusal>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expression {
    /// All of these hold.
    All(Vec<Expression>),
    /// Any of these holds.
    Any(Vec<Expression>),
    /// An attribute compares so with a value.
    Compare(AttributePath, Comparison, Operand),
    /// One of the values of an attribute passes: `emails[type eq "work"]`. Entra's
    /// `emails[type eq "work"].value eq "x"`, which RFC 7644 does not have, is
    /// `emails[type eq "work" and value eq "x"]`.
    Has(AttributePath, Box<Expression>),
    /// This does not hold.
    Not(Box<Expression>),
    /// An attribute has a value.
    Present(AttributePath),
}

/// RFC 7644 §3.4.2.2, table 3, but for `pr`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Comparison {
    /// `co`
    Contains,
    /// `ew`
    EndsWith,
    /// `eq`
    Equal,
    /// `gt`
    Greater,
    /// `ge`
    GreaterOrEqual,
    /// `lt`
    Less,
    /// `le`
    LessOrEqual,
    /// `ne`
    NotEqual,
    /// `sw`
    StartsWith,
}

/// What an attribute is compared with. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operand {
    /// Without quotes: `true`, `false`, `null` and numbers, and what authentik sends for a text.
    Bare(String),
    /// A text in quotes, its escapes resolved.
    Text(String),
}

impl fmt::Debug for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bare(_) => "Bare(…)",
            Self::Text(_) => "Text(…)",
        })
    }
}

impl Expression {
    /// So many bytes does a filter have at most.
    pub const MAX_BYTES: usize = 8192;
    /// So deep do parentheses and brackets stand in one another at most.
    pub const MAX_DEPTH: usize = 16;
    /// So many comparisons does a filter have at most.
    pub const MAX_TERMS: usize = 100;

    /// All of these, those that are all of others among them.
    fn all(expressions: Vec<Self>) -> Self {
        let flat = expressions.into_iter().flat_map(|one| match one {
            Self::All(inner) => inner,
            one => vec![one],
        });
        Self::one_or(flat.collect(), Self::All)
    }

    /// Any of these, those that are any of others among them.
    fn any(expressions: Vec<Self>) -> Self {
        let flat = expressions.into_iter().flat_map(|one| match one {
            Self::Any(inner) => inner,
            one => vec![one],
        });
        Self::one_or(flat.collect(), Self::Any)
    }

    fn one_or(mut expressions: Vec<Self>, several: fn(Vec<Self>) -> Self) -> Self {
        match expressions.pop() {
            Some(only) if expressions.is_empty() => only,
            last => {
                expressions.extend(last);
                several(expressions)
            }
        }
    }
}

/// Why a filter is not answered. RFC 7644 §3.4.2.2: "Providers MUST decline to filter results if
/// the specified filter operation is not recognized". Neither everybody nor nobody is an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterRefusal {
    /// An attribute is none of a User's. It is named as it was sent, in printable characters, the
    /// first 64 of them.
    #[error("{0} is no attribute that can be searched for: see /Schemas")]
    AttributeUnknown(String),
    /// It cannot be read.
    #[error("the filter cannot be read at character {0}")]
    Malformed(usize),
    /// An attribute does not compare so: `active` is not greater.
    #[error("{0} cannot be compared so")]
    OperatorUnfit(&'static str),
    /// Parentheses stand too deep in one another.
    #[error("more than 16 parentheses stand in one another")]
    TooDeep,
    /// It has too many bytes.
    #[error("the filter has more than 8192 bytes")]
    TooLong,
    /// It has too many comparisons.
    #[error("the filter has more than 100 comparisons")]
    TooManyTerms,
    /// An attribute cannot have such a value.
    #[error("{0} cannot be compared with such a value")]
    ValueUnfit(&'static str),
}

impl FilterRefusal {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AttributeUnknown(_) => "scim_filter_attribute_unknown",
            Self::Malformed(_) => "scim_filter_malformed",
            Self::OperatorUnfit(_) => "scim_filter_operator_unfit",
            Self::TooDeep => "scim_filter_too_deep",
            Self::TooLong => "scim_filter_too_long",
            Self::TooManyTerms => "scim_filter_too_many_terms",
            Self::ValueUnfit(_) => "scim_filter_value_unfit",
        }
    }
}

impl From<FilterRefusal> for ScimError {
    fn from(refusal: FilterRefusal) -> Self {
        Self::bad(ScimType::InvalidFilter, refusal.to_string())
    }
}
