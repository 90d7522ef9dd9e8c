//! The organization's row of numbers: the lock of everything that is written of it.

use saml_login::organization::{Counters, Organization};
use saml_login::store::{PurgeKey, Record};

use super::{Writing, after};
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

impl Writing<'_, '_> {
    /// Locks the row of the organization, if it is there, and reads its settings behind the lock:
    /// in one statement they would be those from before it.
    pub(super) async fn lock(&mut self) -> Result<(), Failure> {
        let lock = self.connection.for_update();
        let sql =
            format!("SELECT {COLUMNS}, changes FROM saml_counters WHERE organization = $1{lock}");
        let Some(row) = self.connection.row(sql, values![self.organization]).await? else {
            return Ok(());
        };
        let counters = read(&row)?;
        self.changes = row.int(8)?;
        let sql = "SELECT version, record, purge_key FROM saml_organizations \
             WHERE organization = $1 AND record IS NOT NULL";
        let row = self.connection.row(sql, values![self.organization]).await?;
        self.record = row.map(|row| read_record(&row, counters)).transpose()?;
        Ok(())
    }

    /// Whether it leaves nobody who gets in, where there was somebody.
    pub(super) async fn loses_reach(&mut self) -> Result<bool, Failure> {
        let settings = self.write.settings.as_ref().and_then(|one| one.organization());
        let Some(before) = self.record.as_ref().map(|record| record.counters) else {
            return Ok(false);
        };
        let counted = self.counted(settings).await?;
        let Some(record) = &self.record else { return Ok(false) };
        let organization = settings.unwrap_or(&record.organization);
        let changed = counted.changed(organization, self.before.as_ref(), after(self.write));
        Ok(before.lose_reach(&changed))
    }

    /// The numbers with these settings, if others than those in effect are given.
    pub(super) async fn counted(
        &mut self,
        settings: Option<&Organization>,
    ) -> Result<Counters, Failure> {
        let counters = self.record.as_ref().map(|record| record.counters).unwrap_or_default();
        let Some(settings) = settings else { return Ok(counters) };
        let sql = "SELECT record FROM saml_accounts WHERE organization = $1 AND administrator = 1";
        let rows = self.connection.rows(sql, values![self.organization]).await?;
        let administrators = rows.iter().map(|row| row.record(0)).collect::<Result<Vec<_>, _>>()?;
        Ok(counters.counted_anew(settings, &administrators))
    }

    /// Writes the numbers, if the write has changed any.
    pub(super) async fn put_counters(&mut self) -> Result<(), Failure> {
        if self.write.settings.is_none() && self.write.account.is_none() {
            return Ok(());
        }
        let Some(record) = &self.record else { return Ok(()) };
        let counters = &record.counters;
        let sql = "UPDATE saml_counters SET purchased = $2, active = $3, invited = $4, \
             deactivated = $5, deleted = $6, administrators = $7, reachable = $8, \
             had_administrator = $9, changes = $10 WHERE organization = $1";
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
        ];
        self.connection.run(sql, values).await?;
        Ok(())
    }
}

/// Reads an organization from a row of version, record and purge key.
fn read_record(row: &Row, counters: Counters) -> Result<Record, Failure> {
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
