//! Statements that go in one message, and what they are answered.

use std::fmt::Write as _;

use super::{Row, Sql};

/// A value that a statement is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Bytes(Vec<u8>),
    /// A word of ours.
    Code(&'static str),
    Int(i64),
    NoBytes,
    NoInt,
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&'static str> for Value {
    fn from(code: &'static str) -> Self {
        Self::Code(code)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(is: bool) -> Self {
        Self::Int(is.into())
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::NoInt, Self::Int)
    }
}

impl<const N: usize> From<Option<[u8; N]>> for Value {
    fn from(bytes: Option<[u8; N]>) -> Self {
        bytes.map_or(Self::NoBytes, Self::from)
    }
}

/// The values of a statement, in order.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::database::Value::from($value)),*] };
}
pub(crate) use values;

/// Statements, one after the other.
#[derive(Default)]
pub(crate) struct Batch {
    statements: Vec<(Sql, Vec<Value>)>,
}

impl Batch {
    /// Adds a statement, in which `$1` is the first of the values; its place.
    pub(crate) fn add(&mut self, sql: impl Into<Sql>, values: Vec<Value>) -> usize {
        let sql = sql.into();
        #[cfg(test)]
        crate::plans::SEEN.lock().unwrap().insert(sql.to_string());
        self.statements.push((sql, values));
        self.statements.len().saturating_sub(1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    pub(super) fn behind(self, queued: Vec<&'static str>) -> Self {
        let queued = queued.into_iter().map(|sql| (sql.into(), Vec::new()));
        Self { statements: queued.chain(self.statements).collect() }
    }

    /// One text, with all values in order.
    #[cfg(feature = "sqlite")]
    pub(super) fn for_sqlite(
        self,
    ) -> sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments> {
        let (mut text, mut all) = (String::new(), Vec::new());
        for (sql, values) in self.statements {
            let before = all.len();
            put(&mut text, &sql, |place, text| {
                // Writing to a String cannot fail.
                let _ = write!(text, "${}", place.saturating_add(before));
            });
            all.extend(values);
        }
        let query = sqlx::query::<sqlx::Sqlite>(sqlx::AssertSqlSafe(text));
        all.into_iter().fold(query, |query, value| match value {
            Value::Bytes(bytes) => query.bind(bytes),
            Value::Code(code) => query.bind(code),
            Value::Int(number) => query.bind(number),
            Value::NoBytes => query.bind(None::<Vec<u8>>),
            Value::NoInt => query.bind(None::<i64>),
        })
    }

    /// One text of the simple protocol, which alone takes several statements in a message and
    /// leaves nothing behind in the session: a pooler in transaction mode gives the next
    /// transaction another server. So the values stand in the text; they are digits and codes of
    /// ours, and nothing that comes from outside is a letter of it.
    #[cfg(feature = "postgres")]
    pub(super) fn for_postgres(self) -> sqlx::RawSql {
        let mut text = String::new();
        for (sql, values) in &self.statements {
            put(&mut text, sql, |place, text| {
                let value = place.checked_sub(1).and_then(|place| values.get(place));
                literal(text, value.unwrap_or(&Value::NoBytes));
            });
        }
        sqlx::raw_sql(sqlx::AssertSqlSafe(text))
    }
}

/// Adds a statement to a text, with whatever `place` writes where a value has its place.
fn put(text: &mut String, sql: &str, place: impl Fn(usize, &mut String)) {
    let mut parts = sql.split('$');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let rest = part.trim_start_matches(|digit: char| digit.is_ascii_digit());
        let digits = part.strip_suffix(rest).unwrap_or_default();
        place(digits.parse().unwrap_or_default(), text);
        text.push_str(rest);
    }
    text.push_str("; ");
}

/// Writes a value as PostgreSQL reads it, whatever `standard_conforming_strings` says.
#[cfg(feature = "postgres")]
fn literal(text: &mut String, value: &Value) {
    match value {
        Value::Bytes(bytes) => {
            text.reserve(bytes.len().saturating_mul(2).saturating_add(16));
            text.push_str(r"E'\\x");
            let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
            text.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
            text.push_str("'::bytea");
        }
        // Ours alone, and still nothing but letters.
        Value::Code(code) => {
            let letters = code.chars().filter(|c| c.is_ascii_lowercase() || *c == '_');
            text.push('\'');
            text.extend(letters);
            text.push('\'');
        }
        Value::Int(number) => {
            let _ = write!(text, "({number})::bigint");
        }
        Value::NoBytes => text.push_str("NULL::bytea"),
        Value::NoInt => text.push_str("NULL::bigint"),
    }
}

/// What the statements of a batch are answered.
#[derive(Default)]
pub(crate) struct Answers {
    outcomes: Vec<Outcome>,
    open: Vec<Row>,
}

/// What a statement is answered.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) rows: Vec<Row>,
    /// How many rows were written.
    pub(crate) affected: u64,
}

impl Answers {
    pub(super) fn row(&mut self, row: Row) {
        self.open.push(row);
    }

    pub(super) fn end(&mut self, affected: u64) {
        self.outcomes.push(Outcome { rows: std::mem::take(&mut self.open), affected });
    }

    pub(super) fn without(mut self, first: usize) -> Self {
        self.outcomes.drain(..first.min(self.outcomes.len()));
        self
    }

    /// The one answer.
    pub(super) fn take(&mut self) -> Outcome {
        self.outcomes.pop().unwrap_or_default()
    }

    /// The rows of the statement at a place.
    pub(crate) fn rows(&self, place: usize) -> &[Row] {
        self.outcomes.get(place).map(|outcome| &*outcome.rows).unwrap_or_default()
    }

    /// The first of these.
    pub(crate) fn first(&self, place: usize) -> Option<&Row> {
        self.rows(place).first()
    }

    /// How many rows the statement at a place has written.
    pub(crate) fn affected(&self, place: usize) -> u64 {
        self.outcomes.get(place).map_or(0, |outcome| outcome.affected)
    }
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_without_a_letter_from_outside() {
        let written = |value: Value| {
            let mut text = String::new();
            literal(&mut text, &value);
            text
        };
        assert_eq!(written(b"'; \\\0\xFF".into()), r"E'\\x273b205c00ff'::bytea");
        assert_eq!(written(Vec::new().into()), r"E'\\x'::bytea");
        assert_eq!(written(i64::MIN.into()), "(-9223372036854775808)::bigint");
        assert_eq!(written(None::<i64>.into()), "NULL::bigint");
        assert_eq!(written(None::<[u8; 12]>.into()), "NULL::bytea");
        assert_eq!(written("setup_link".into()), "'setup_link'");
        assert_eq!(written("a'; --".into()), "'a'");
    }

    #[test]
    fn places_are_numbered_by_statement() {
        let mut text = String::new();
        let place = |place, text: &mut String| text.push_str(&format!("<{place}>"));
        put(&mut text, "SELECT $1, $12 FROM one WHERE two = $2", place);
        put(&mut text, "DELETE", place);
        assert_eq!(text, "SELECT <1>, <12> FROM one WHERE two = <2>; DELETE; ");
    }
}
