//! The two databases as one: statements with values of three kinds, and rows of the same.
//!
//! All columns are bytes, whole numbers or short codes of ours, so both databases take the same
//! statements, `$1` included. What differs is how a transaction begins and that PostgreSQL locks
//! rows.

mod open;
mod row;

use std::borrow::Cow;

#[cfg(feature = "postgres")]
use sqlx::PgConnection;
#[cfg(feature = "sqlite")]
use sqlx::SqliteConnection;
use sqlx::{AssertSqlSafe, Error};

pub(crate) use self::open::Database;
pub(crate) use self::row::Row;

/// A value that a statement is given.
#[derive(Clone)]
pub(crate) enum Value {
    Bytes(Vec<u8>),
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

/// A connection to either database.
pub(crate) enum Connection<'c> {
    #[cfg(feature = "sqlite")]
    Sqlite(&'c mut SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(&'c mut PgConnection),
}

/// Binds the values to a statement of one database.
macro_rules! bound {
    ($query:expr, $values:expr) => {
        $values.into_iter().fold($query, |query, value| match value {
            Value::Bytes(bytes) => query.bind(bytes),
            Value::Code(code) => query.bind(code),
            Value::Int(number) => query.bind(number),
            Value::NoBytes => query.bind(None::<Vec<u8>>),
            Value::NoInt => query.bind(None::<i64>),
        })
    };
}

/// A statement. Its text is ours alone: whatever comes from outside is a [`Value`].
pub(crate) type Sql = Cow<'static, str>;

impl Connection<'_> {
    /// Runs a statement; how many rows it was about.
    pub(crate) async fn run(
        &mut self,
        sql: impl Into<Sql>,
        values: Vec<Value>,
    ) -> Result<u64, Error> {
        let sql = statement(sql.into());
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => {
                let query = bound!(sqlx::query::<sqlx::Sqlite>(sql), values);
                Ok(query.execute(&mut **connection).await?.rows_affected())
            }
            // No name: a pooler in transaction mode gives the next transaction another server,
            // which knows none of the names.
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => {
                let query = bound!(sqlx::query::<sqlx::Postgres>(sql).persistent(false), values);
                Ok(query.execute(&mut **connection).await?.rows_affected())
            }
        }
    }

    /// The rows of a statement.
    pub(crate) async fn rows(
        &mut self,
        sql: impl Into<Sql>,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, Error> {
        let sql = statement(sql.into());
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => {
                let query = bound!(sqlx::query::<sqlx::Sqlite>(sql), values);
                let rows = query.fetch_all(&mut **connection).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => {
                let query = bound!(sqlx::query::<sqlx::Postgres>(sql).persistent(false), values);
                let rows = query.fetch_all(&mut **connection).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The first row of a statement, if it has one.
    pub(crate) async fn row(
        &mut self,
        sql: impl Into<Sql>,
        values: Vec<Value>,
    ) -> Result<Option<Row>, Error> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Runs statements without values, several at once.
    pub(crate) async fn batch(&mut self, sql: impl Into<Sql>) -> Result<(), Error> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.into()));
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => sql.execute(&mut **connection).await.map(drop),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => sql.execute(&mut **connection).await.map(drop),
        }
    }

    /// The same connection for somebody else, for as long.
    pub(crate) fn reborrow(&mut self) -> Connection<'_> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => Connection::Sqlite(connection),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => Connection::Postgres(connection),
        }
    }

    /// What a statement ends with that reads rows in order to write them. SQLite has one writer.
    pub(crate) fn for_update(&self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => "",
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => " FOR UPDATE",
        }
    }
}

/// Our own text.
fn statement(sql: Sql) -> AssertSqlSafe<Sql> {
    #[cfg(test)]
    crate::plans::SEEN.lock().unwrap().insert(sql.to_string());
    AssertSqlSafe(sql)
}

/// `$1, $2, …`: so many, from this one on.
pub(crate) fn places(first: usize, count: usize) -> String {
    let places = (first..first.saturating_add(count)).map(|place| format!("${place}"));
    places.collect::<Vec<_>>().join(", ")
}
