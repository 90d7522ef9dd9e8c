//! The two databases as one: batches of statements with values of three kinds, and rows of these.
//!
//! All columns are bytes, whole numbers or short codes of ours, so both databases take the same
//! statements. What differs is how they are sent, how a transaction begins, and that PostgreSQL
//! locks rows.
//!
//! **One message.** What is asked and what is written goes in few messages of several statements:
//! a message costs SQLite a change of threads, and PostgreSQL a way over the network and back.

mod batch;
mod open;
mod row;

use std::borrow::Cow;

use sqlx::Either;
use sqlx::Error;
use sqlx::Executor as _;
#[cfg(feature = "postgres")]
use sqlx::PgConnection;
#[cfg(feature = "sqlite")]
use sqlx::SqliteConnection;

pub(crate) use self::batch::{Answers, Batch, Outcome, Value, values};
pub(crate) use self::open::Database;
pub(crate) use self::row::Row;

/// A statement. Its text is ours alone: whatever comes from outside is a [`Value`].
pub(crate) type Sql = Cow<'static, str>;

/// A connection to either database.
pub(crate) struct Connection<'c> {
    raw: Raw<'c>,
    /// What is sent before the next message, in it.
    queued: Vec<&'static str>,
}

pub(crate) enum Raw<'c> {
    #[cfg(feature = "sqlite")]
    Sqlite(&'c mut SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(&'c mut PgConnection),
}

/// Reads what a message is answered: its rows, and at the end of each statement how many rows it
/// was about.
macro_rules! answered {
    ($stream:expr, $row:path) => {{
        let mut stream = $stream;
        let mut answers = Answers::default();
        while let Some(answer) = next(&mut stream).await {
            match answer? {
                Either::Left(done) => answers.end(done.rows_affected()),
                Either::Right(row) => answers.row($row(row)),
            }
        }
        answers
    }};
}

impl<'c> Connection<'c> {
    pub(crate) fn new(raw: Raw<'c>) -> Self {
        Self { raw, queued: Vec::new() }
    }

    /// Runs statements, one after the other, in one message; what each is answered.
    pub(crate) async fn many(&mut self, batch: Batch) -> Result<Answers, Error> {
        let queued = std::mem::take(&mut self.queued);
        let before = queued.len();
        let batch = batch.behind(queued);
        if batch.is_empty() {
            return Ok(Answers::default());
        }
        let answers = match &mut self.raw {
            #[cfg(feature = "sqlite")]
            Raw::Sqlite(connection) => {
                answered!((&mut **connection).fetch_many(batch.for_sqlite()), Row::Sqlite)
            }
            #[cfg(feature = "postgres")]
            Raw::Postgres(connection) => {
                answered!((&mut **connection).fetch_many(batch.for_postgres()), Row::Postgres)
            }
        };
        Ok(answers.without(before))
    }

    /// Runs one statement.
    async fn one(&mut self, sql: impl Into<Sql>, values: Vec<Value>) -> Result<Outcome, Error> {
        let mut batch = Batch::default();
        batch.add(sql, values);
        Ok(self.many(batch).await?.take())
    }

    /// Runs a statement; how many rows it was about.
    pub(crate) async fn run(
        &mut self,
        sql: impl Into<Sql>,
        values: Vec<Value>,
    ) -> Result<u64, Error> {
        Ok(self.one(sql, values).await?.affected)
    }

    /// The rows of a statement.
    pub(crate) async fn rows(
        &mut self,
        sql: impl Into<Sql>,
        values: Vec<Value>,
    ) -> Result<Vec<Row>, Error> {
        Ok(self.one(sql, values).await?.rows)
    }

    /// The first row of a statement, if it has one.
    pub(crate) async fn row(
        &mut self,
        sql: impl Into<Sql>,
        values: Vec<Value>,
    ) -> Result<Option<Row>, Error> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Sends this before the next message, in it.
    pub(crate) fn queue(&mut self, sql: &'static str) {
        self.queued.push(sql);
    }

    /// Sends what waits for the next message.
    pub(crate) async fn send_queued(&mut self) -> Result<(), Error> {
        if self.queued.is_empty() {
            return Ok(());
        }
        self.many(Batch::default()).await.map(drop)
    }

    /// Runs the statements of a file.
    pub(crate) async fn script(&mut self, sql: &'static str) -> Result<(), Error> {
        let sql = sqlx::raw_sql(sql);
        match &mut self.raw {
            #[cfg(feature = "sqlite")]
            Raw::Sqlite(connection) => sql.execute(&mut **connection).await.map(drop),
            #[cfg(feature = "postgres")]
            Raw::Postgres(connection) => sql.execute(&mut **connection).await.map(drop),
        }
    }

    /// The connection itself, for somebody else.
    pub(crate) fn raw(&mut self) -> &mut Raw<'c> {
        &mut self.raw
    }

    /// What a statement ends with that reads rows in order to write them. SQLite has one writer.
    pub(crate) fn for_update(&self) -> &'static str {
        match self.raw {
            #[cfg(feature = "sqlite")]
            Raw::Sqlite(_) => "",
            #[cfg(feature = "postgres")]
            Raw::Postgres(_) => " FOR UPDATE",
        }
    }
}

/// The next piece of a stream.
async fn next<T>(stream: &mut (impl futures_core::Stream<Item = T> + Unpin)) -> Option<T> {
    std::future::poll_fn(|context| std::pin::Pin::new(&mut *stream).poll_next(context)).await
}
