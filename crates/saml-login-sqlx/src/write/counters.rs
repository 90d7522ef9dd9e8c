//! The organization's row of numbers: the lock of everything that is written of it.

use saml_login::organization::Counters;
use saml_login::store::{PurgeKey, Record};

use super::Writing;
use crate::database::{Row, values};
use crate::failure::Failure;

/// The columns of the numbers, in the order in which they are read.
pub(crate) const COLUMNS: &str = "purchased, active, invited, deactivated, deleted, \
     administrators, reachable, had_administrator";

/// Reads the numbers from the first columns of a row.
pub(crate) fn read(row: &Row) -> Result<Counters, Failure> {
    let number = |place| -> Result<u32, Failure> { small(row.int(place)?) };
    let mut counters = Counters::default();
    counters.purchased = row.maybe_int(0)?.map(small).transpose()?;
    counters.active = number(1)?;
    counters.invited = number(2)?;
    counters.deactivated = number(3)?;
    counters.deleted = number(4)?;
    counters.administrators = number(5)?;
    counters.reachable = number(6)?;
    counters.had_administrator = row.int(7)? != 0;
    Ok(counters)
}

fn small(number: i64) -> Result<u32, Failure> {
    u32::try_from(number).map_err(|_| Failure::other("a number of accounts is out of range"))
}

/// Reads an organization from a row of version, record and purge key.
pub(super) fn read_record(row: &Row, counters: Counters) -> Result<Record, Failure> {
    let version = u64::try_from(row.int(0)?).unwrap_or_default();
    let purge_key = PurgeKey::from_bytes(row.array(2)?);
    Ok(Record::new(row.record(1)?, version, counters, purge_key))
}

/// Reads an organization from a row of its numbers, then version, record and purge key.
pub(crate) fn read_whole(row: &Row) -> Result<Record, Failure> {
    let version = u64::try_from(row.int(8)?).unwrap_or_default();
    let purge_key = PurgeKey::from_bytes(row.array(10)?);
    Ok(Record::new(row.record(9)?, version, read(row)?, purge_key))
}

impl Writing<'_> {
    /// Writes the numbers, if the write has changed any.
    pub(super) fn put_counters(&mut self) {
        let write = self.write;
        if write.settings.is_none() && write.account.is_none() && write.events.is_empty() {
            return;
        }
        let Some(record) = &self.record else { return };
        let counters = &record.counters;
        let sql = "UPDATE saml_counters SET purchased = $2, active = $3, invited = $4, \
             deactivated = $5, deleted = $6, administrators = $7, reachable = $8, \
             had_administrator = $9, changes = $10, events = $11 WHERE organization = $1";
        let values = values![
            self.organization,
            counters.purchased.map(i64::from),
            i64::from(counters.active),
            i64::from(counters.invited),
            i64::from(counters.deactivated),
            i64::from(counters.deleted),
            i64::from(counters.administrators),
            i64::from(counters.reachable),
            counters.had_administrator,
            self.changes,
            self.events,
        ];
        self.batch.add(sql, values);
    }
}
