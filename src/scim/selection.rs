//! Which attributes an answer has: `attributes` and `excludedAttributes` (RFC 7644 §3.9).

use std::collections::BTreeSet;

use super::schema::{ATTRIBUTES, Field, Found, find};

/// Which attributes an answer has. `schemas` and `id` are always among them.
///
/// ```
/// use saml_login::scim::Selection;
///
/// let few = Selection::of(Some("userName,name.givenName"), None);
/// assert_ne!(few, Selection::default());
/// assert_eq!(few, Selection::of(Some("NAME.givenname, username, userName,"), None));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    shown: BTreeSet<Field>,
}

/// All of them.
impl Default for Selection {
    fn default() -> Self {
        Self { shown: ATTRIBUTES.iter().flat_map(|attribute| attribute.leaves()).collect() }
    }
}

impl Selection {
    /// By the parameters of a query: names in any letter case, with a schema before them or
    /// without, separated by commas. What is not stored is not there, asked for or not.
    pub fn of(attributes: Option<&str>, excluded: Option<&str>) -> Self {
        let all = Self::default();
        let all = match attributes {
            Some(names) if !names.trim().is_empty() => Self::only(names.split(',')),
            _ => all,
        };
        all.without(excluded.into_iter().flat_map(|names| names.split(',')))
    }

    /// These alone: RFC 7644 §3.9 "When specified, the default list of attributes SHALL be
    /// overridden".
    pub fn only<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        Self { shown: fields(names) }
    }

    /// The same without these.
    #[must_use]
    pub fn without<'n>(self, names: impl IntoIterator<Item = &'n str>) -> Self {
        let hidden = fields(names);
        Self { shown: self.shown.into_iter().filter(|field| !hidden.contains(field)).collect() }
    }

    pub(super) fn shows(&self, field: Field) -> bool {
        field == Field::Id || self.shown.contains(&field)
    }
}

fn fields<'n>(names: impl IntoIterator<Item = &'n str>) -> BTreeSet<Field> {
    let mut fields = BTreeSet::new();
    for name in names {
        match find(name.trim()) {
            Found::Stored(definition) => fields.extend(definition.leaves()),
            Found::User => fields.extend(Selection::default().shown),
            Found::NotStored | Found::Schemas | Found::Unknown => {}
        }
    }
    fields
}
