//! What can go wrong, inside and outside.

use std::fmt;
use std::sync::Arc;

use saml_login::error::BoxError;

/// What goes wrong with a database that is opened or migrated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database does not answer, or not so.
    #[error("the database failed")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A newer release has changed the schema, and says that code of this age cannot run on it.
    #[error(
        "the database has schema {version}, on which code of schema {oldest} and later can run; \
         this release knows schema {known}"
    )]
    SchemaTooNew {
        /// The schema that the database has.
        version: u32,
        /// The oldest schema whose code can run on it.
        oldest: u32,
        /// The schema of this release.
        known: u32,
    },
    /// The URL is of no database that this crate was built for: `sqlite:` needs the feature
    /// `sqlite`, `postgres:` and `postgresql:` need the feature `postgres`.
    #[error(
        "no feature of this build serves the URL of the database: sqlite or postgres is needed"
    )]
    UnknownUrl,
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Box::new(error))
    }
}

/// What goes wrong with one piece of work.
#[derive(Debug)]
pub(crate) enum Failure {
    Sql(sqlx::Error),
    /// A hook, a record that cannot be read.
    Other(BoxError),
}

impl Failure {
    pub(crate) fn other(text: &'static str) -> Self {
        Self::Other(BoxError::new(text))
    }

    /// Whether the same work may go well if it is done again: the database has ended it for the
    /// sake of another.
    pub(crate) fn is_retried(&self) -> bool {
        let error = match self {
            Self::Sql(error) => Some(error),
            Self::Other(error) => error.downcast_ref::<sqlx::Error>(),
        };
        let code = error.and_then(|error| error.as_database_error()?.code());
        // serialization_failure and deadlock_detected.
        matches!(code.as_deref(), Some("40001" | "40P01"))
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Other(error.into())
    }
}

impl From<BoxError> for Failure {
    fn from(error: BoxError) -> Self {
        Self::Other(error)
    }
}

impl From<Failure> for BoxError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Sql(error) => error.into(),
            Failure::Other(error) => error,
        }
    }
}

/// One failure of several writes.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<sqlx::Error>);

impl Shared {
    pub(crate) fn new(error: sqlx::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the transaction that this was written in failed")
    }
}

impl std::error::Error for Shared {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}
