//! What a query asks for.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::Refused;
use crate::scim::Selection;

/// The parameters of a query, or of a search by POST (RFC 7644 §3.4.2, §3.4.3). Those that nobody
/// here knows are left out: Entra keeps switches of its own in the URL.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    pub(super) filter: Option<String>,
    pub(super) sort_by: Option<String>,
    pub(super) sort_order: Option<String>,
    start_index: Option<String>,
    count: Option<String>,
    pub(super) cursor: Option<String>,
    attributes: Vec<String>,
    excluded: Vec<String>,
}

/// So many people a page has at most.
pub(super) const MOST: usize = 200;

impl Query {
    /// That of a URL.
    pub(super) fn parse(query: &str) -> Self {
        let mut read = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            read.take(&decoded(name), decoded(value));
        }
        read
    }

    /// That of a SearchRequest.
    pub(super) fn of_body(body: &Map<String, Value>) -> Self {
        let mut read = Self::default();
        for (name, value) in body {
            match value {
                Value::String(text) => read.take(name, text.clone()),
                Value::Number(number) => read.take(name, number.to_string()),
                Value::Array(list) => {
                    let texts = list.iter().filter_map(Value::as_str);
                    texts.for_each(|text| read.take(name, text.to_owned()));
                }
                _ => {}
            }
        }
        read
    }

    /// The first of each name counts; of attributes, all.
    fn take(&mut self, name: &str, value: String) {
        let place = match name.to_ascii_lowercase().as_str() {
            "attributes" => return self.attributes.push(value),
            "excludedattributes" => return self.excluded.push(value),
            "count" => &mut self.count,
            "cursor" => &mut self.cursor,
            "filter" => &mut self.filter,
            "sortby" => &mut self.sort_by,
            "sortorder" => &mut self.sort_order,
            "startindex" => &mut self.start_index,
            _ => return,
        };
        place.get_or_insert(value);
    }

    pub(super) fn selection(&self) -> Selection {
        let joined = |names: &[String]| Some(names.join(",")).filter(|names| !names.is_empty());
        Selection::of(joined(&self.attributes).as_deref(), joined(&self.excluded).as_deref())
    }

    /// From 1. RFC 7644 §3.4.2.4: "A value less than 1 SHALL be interpreted as 1."
    pub(super) fn start_index(&self) -> Result<usize, Refused> {
        let start = number("startIndex", self.start_index.as_deref())?;
        // It is told back, and many clients keep it in 32 bits.
        Ok(start.map_or(1, |start| start.clamp(1, usize::try_from(i32::MAX).unwrap_or(1))))
    }

    /// "A negative value SHALL be interpreted as '0'." Without one a page is as long as it can be:
    /// some clients take the first page for everybody.
    pub(super) fn count(&self) -> Result<usize, Refused> {
        Ok(number("count", self.count.as_deref())?.map_or(MOST, |count| count.min(MOST)))
    }
}

/// A whole number; one below 0 is 0, and one that is too large the largest.
fn number(name: &str, text: Option<&str>) -> Result<Option<usize>, Refused> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refused::unfit(
            "scim_number_unfit",
            format!("{name} has to be a whole number."),
        ));
    }
    let is_negative = text.starts_with('-');
    Ok(Some(if is_negative { 0 } else { digits.parse().unwrap_or(usize::MAX) }))
}

/// As forms are encoded: a plus is a blank.
fn decoded(text: &str) -> String {
    let text = text.replace('+', " ");
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_clients_write_it() {
        let query = Query::parse("aadOptscim062020&filter=a+b%2B%22&FILTER=c&count=5&&");
        assert_eq!(query.filter.as_deref(), Some("a b+\""));
        assert_eq!(query.count(), Ok(5));
        assert_eq!(query.start_index(), Ok(1));
        for (text, expected) in
            [("-7", 1), ("0", 1), ("3", 3), ("99999999999999999999999", 2_147_483_647)]
        {
            assert_eq!(Query::parse(&format!("startIndex={text}")).start_index(), Ok(expected));
        }
        for (text, expected) in [("", 200), ("-1", 0), ("0", 0), ("1000000000", 200)] {
            assert_eq!(Query::parse(&format!("count={text}")).count(), Ok(expected));
        }
        let unfit = Query::parse("count=abc").count().expect_err("no number");
        assert_eq!(unfit.reason, "scim_number_unfit");
        assert_eq!(unfit.error.status, 400);
    }
}
