//! Opening a database by its URL.

use std::str::FromStr;
#[cfg(feature = "sqlite")]
use std::time::Duration;

#[cfg(feature = "postgres")]
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
#[cfg(feature = "sqlite")]
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use crate::database::Database;
use crate::failure::Error;

pub(crate) async fn open(url: &str) -> Result<Database, Error> {
    #[cfg(feature = "sqlite")]
    if url.starts_with("sqlite:") {
        return open_sqlite(url).await;
    }
    #[cfg(feature = "postgres")]
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        // A parameter of the session, which poolers refuse. There are no floats here.
        let options = PgConnectOptions::from_str(url)?.extra_float_digits(None);
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect_with(options);
        return Ok(Database::Postgres(pool.await?));
    }
    let _ = url;
    Err(Error::UnknownUrl)
}

/// So many connections to a server.
#[cfg(feature = "postgres")]
const CONNECTIONS: u32 = 16;

/// So many connections read at the same time.
#[cfg(feature = "sqlite")]
const READERS: u32 = 8;

/// So long a process waits for another one that writes.
#[cfg(feature = "sqlite")]
const BUSY: Duration = Duration::from_secs(10);

#[cfg(feature = "sqlite")]
async fn open_sqlite(url: &str) -> Result<Database, Error> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit that was acknowledged survives a loss of power: in WAL, NORMAL does not promise
        // that.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY);
    let writer = one_connection().connect_with(options.clone()).await?;
    // Each connection to memory would be a database of its own.
    let readers = match is_memory(url) {
        true => writer.clone(),
        false => readers(options.create_if_missing(false)).await?,
    };
    Ok(Database::Sqlite { writer, readers })
}

#[cfg(feature = "sqlite")]
fn is_memory(url: &str) -> bool {
    url.contains(":memory:") || url.contains("mode=memory")
}

/// It stays: a database in memory goes with its connection.
#[cfg(feature = "sqlite")]
fn one_connection() -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None)
}

#[cfg(feature = "sqlite")]
async fn readers(options: SqliteConnectOptions) -> Result<SqlitePool, Error> {
    let options = options.pragma("query_only", "ON");
    Ok(SqlitePoolOptions::new().max_connections(READERS).connect_with(options).await?)
}
