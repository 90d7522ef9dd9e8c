//! A row, as either database gives it.

use serde_json::from_slice;
use sqlx::{Error, Row as _};

use crate::failure::Failure;

pub(crate) enum Row {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::sqlite::SqliteRow),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::postgres::PgRow),
}

/// The value at a place, from 0, as the type that is asked for.
macro_rules! at {
    ($row:expr, $place:expr) => {
        match $row {
            #[cfg(feature = "sqlite")]
            Row::Sqlite(row) => row.try_get($place),
            #[cfg(feature = "postgres")]
            Row::Postgres(row) => row.try_get($place),
        }
    };
}

impl Row {
    pub(crate) fn int(&self, place: usize) -> Result<i64, Error> {
        at!(self, place)
    }

    pub(crate) fn maybe_int(&self, place: usize) -> Result<Option<i64>, Error> {
        at!(self, place)
    }

    pub(crate) fn bytes(&self, place: usize) -> Result<Vec<u8>, Error> {
        at!(self, place)
    }

    pub(crate) fn maybe_bytes(&self, place: usize) -> Result<Option<Vec<u8>>, Error> {
        at!(self, place)
    }

    /// A record of JSON.
    pub(crate) fn record<T: serde::de::DeserializeOwned>(
        &self,
        place: usize,
    ) -> Result<T, Failure> {
        Ok(from_slice(&self.bytes(place)?)?)
    }

    /// Bytes of which there are so many.
    pub(crate) fn array<const N: usize>(&self, place: usize) -> Result<[u8; N], Failure> {
        let bytes = self.bytes(place)?;
        bytes.try_into().map_err(|_| Failure::other("a column has bytes of another length"))
    }
}
