//! Order of a list.

use super::schema::{Field, Found, find};
use crate::store::SortBy;

/// By what a list is sorted that names this attribute in `sortBy` (RFC 7644 §3.4.2.3), in any
/// letter case; `None` for what no index keeps in order.
///
/// ```
/// use saml_login::scim::sort_by;
/// use saml_login::store::SortBy;
///
/// assert_eq!(sort_by("USERNAME"), Some(SortBy::UserName));
/// assert_eq!(sort_by("meta.lastModified"), Some(SortBy::Changed));
/// assert_eq!(sort_by("displayName"), None);
/// ```
pub fn sort_by(attribute: &str) -> Option<SortBy> {
    let Found::Stored(definition) = find(attribute.trim()) else { return None };
    match definition.field {
        Field::Created => Some(SortBy::Created),
        Field::Id => Some(SortBy::Id),
        Field::LastModified => Some(SortBy::Changed),
        Field::UserName => Some(SortBy::UserName),
        _ => None,
    }
}
