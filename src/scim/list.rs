//! The envelope of a list.

use serde_json::{Map, Value, json};

use super::names::LIST_RESPONSE;

/// A page of a list (RFC 7644 §3.4.2, RFC 9865 §2).
///
/// ```
/// use saml_login::scim::ListResponse;
///
/// let empty = ListResponse::new(Vec::new(), 0).from(1).to_json();
/// assert_eq!(empty["totalResults"], 0);
/// assert_eq!(empty["itemsPerPage"], 0);
/// assert_eq!(empty["startIndex"], 1);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ListResponse {
    /// What is on the page.
    pub resources: Vec<Value>,
    /// How many there are on all pages.
    pub total_results: usize,
    /// The place of the first on the page, 1 for the first of all; where pages are numbered.
    pub start_index: Option<usize>,
    /// What leads to the next page, where there is one and pages are asked for by cursor.
    pub next_cursor: Option<String>,
    /// What leads to the page before.
    pub previous_cursor: Option<String>,
}

impl ListResponse {
    /// These, of so many.
    pub fn new(resources: Vec<Value>, total_results: usize) -> Self {
        let (next_cursor, previous_cursor) = (None, None);
        Self { resources, total_results, start_index: None, next_cursor, previous_cursor }
    }

    /// The same, from this place on.
    #[must_use]
    pub fn from(self, start_index: usize) -> Self {
        Self { start_index: Some(start_index), ..self }
    }

    /// The same, with cursors to the next page and to the one before.
    #[must_use]
    pub fn between(self, previous_cursor: Option<String>, next_cursor: Option<String>) -> Self {
        Self { next_cursor, previous_cursor, ..self }
    }

    /// The body of the answer. `itemsPerPage` is how many are on the page.
    pub fn to_json(self) -> Value {
        let mut body = Map::new();
        body.insert("schemas".into(), json!([LIST_RESPONSE]));
        body.insert("totalResults".into(), self.total_results.into());
        body.insert("itemsPerPage".into(), self.resources.len().into());
        let start_index = self.start_index.map(Value::from);
        let cursors = [("nextCursor", self.next_cursor), ("previousCursor", self.previous_cursor)];
        let cursors = cursors.map(|(name, cursor)| (name, cursor.map(Value::from)));
        for (name, value) in [("startIndex", start_index)].into_iter().chain(cursors) {
            body.extend(value.map(|value| (name.to_owned(), value)));
        }
        body.insert("Resources".into(), self.resources.into());
        body.into()
    }
}
