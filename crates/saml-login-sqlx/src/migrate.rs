//! The schema, from one version to the next.
//!
//! Forward only. Each migration says the oldest schema whose code can run on what it leaves, so
//! that old and new processes run side by side during an upgrade, and only beyond that a newer
//! schema is refused.

use crate::database::{Connection, Database, Raw, values};
use crate::failure::{Error, Failure};

/// A step of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Migration {
    /// The schema that it leaves.
    pub version: u32,
    /// What it is called.
    pub name: &'static str,
    /// Its statements, for one transaction: for people who run their own tool. The last one notes
    /// the migration in `saml_migrations`.
    pub sql: &'static str,
}

#[cfg(feature = "sqlite")]
const SQLITE: &[Migration] = &[Migration {
    version: 1,
    name: "first",
    sql: include_str!("../migrations/sqlite/0001_first.sql"),
}];

#[cfg(feature = "postgres")]
const POSTGRES: &[Migration] = &[Migration {
    version: 1,
    name: "first",
    sql: include_str!("../migrations/postgres/0001_first.sql"),
}];

fn all(database: &Database) -> &'static [Migration] {
    match database {
        #[cfg(feature = "sqlite")]
        Database::Sqlite { .. } => SQLITE,
        #[cfg(feature = "postgres")]
        Database::Postgres(_) => POSTGRES,
    }
}

/// Runs what is pending, in one transaction. Whoever comes second waits, and finds nothing to do.
pub(crate) async fn migrate(database: &Database) -> Result<Vec<Migration>, Error> {
    let mut open = database.begin().await?;
    let mut connection = open.connection();
    lock(&mut connection).await?;
    let pending = missing(&mut connection, all(database)).await?;
    for migration in &pending {
        connection.script(migration.sql).await?;
    }
    open.commit().await?;
    Ok(pending)
}

/// In SQLite the transaction itself has waited for other writers.
async fn lock(connection: &mut Connection<'_>) -> Result<(), Error> {
    match connection.raw() {
        #[cfg(feature = "sqlite")]
        Raw::Sqlite(_) => Ok(()),
        // "saml_log" in ASCII. It ends with the transaction, whatever becomes of the session.
        #[cfg(feature = "postgres")]
        Raw::Postgres(_) => {
            Ok(connection.script("SELECT pg_advisory_xact_lock(8314046699327483751)").await?)
        }
    }
}

/// What [`migrate`] would run.
pub(crate) async fn pending(database: &Database) -> Result<Vec<Migration>, Error> {
    let mut open = database.snapshot().await?;
    missing(&mut open.connection(), all(database)).await
}

async fn missing(
    connection: &mut Connection<'_>,
    all: &[Migration],
) -> Result<Vec<Migration>, Error> {
    let Some((version, oldest)) = latest(connection).await.map_err(database_failed)? else {
        return Ok(all.to_vec());
    };
    let known = all.last().map_or(0, |last| last.version);
    if oldest > known {
        return Err(Error::SchemaTooNew { version, oldest, known });
    }
    Ok(all.iter().filter(|migration| migration.version > version).copied().collect())
}

/// The version of the schema, and the oldest whose code can run on it.
async fn latest(connection: &mut Connection<'_>) -> Result<Option<(u32, u32)>, Failure> {
    let exists = match connection.raw() {
        #[cfg(feature = "sqlite")]
        Raw::Sqlite(_) => "SELECT 1 FROM sqlite_master WHERE name = 'saml_migrations'",
        #[cfg(feature = "postgres")]
        Raw::Postgres(_) => "SELECT 1 WHERE to_regclass('saml_migrations') IS NOT NULL",
    };
    if connection.row(exists, values![]).await?.is_none() {
        return Ok(None);
    }
    let sql = "SELECT version, oldest FROM saml_migrations ORDER BY version DESC LIMIT 1";
    let Some(row) = connection.row(sql, values![]).await? else { return Ok(None) };
    let number = |place| -> Result<u32, Failure> {
        let number = u32::try_from(row.int(place)?);
        number.map_err(|_| Failure::other("a version of the schema is out of range"))
    };
    Ok(Some((number(0)?, number(1)?)))
}

fn database_failed(failure: Failure) -> Error {
    Error::Database(saml_login::error::BoxError::from(failure).into())
}
