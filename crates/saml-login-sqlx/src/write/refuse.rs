//! What speaks against a write, in the order of the contract: `Outdated`, `AlreadySpent`,
//! `Conflict`, `Claimed`, `LastAdministrator`, `NoSeat`.

use saml_login::organization::{Counters, Shortage};
use saml_login::replay::SpendOutcome;
use saml_login::store::{
    AccountWrite, Kept, KeptWrite, Record, SessionWrite, SettingsWrite, Write, Written,
};

use super::ask::Asked;
use super::{Writing, after, counters, of, read_store_record, spent};
use crate::database::{Answers, Batch};
use crate::failure::Failure;

impl<'w> Writing<'w> {
    /// What was there, by the answers.
    pub(super) fn read(
        write: &'w Write,
        asked: &Asked,
        answers: &Answers,
    ) -> Result<Self, Failure> {
        let mut writing = Self {
            write,
            organization: of(write),
            record: None,
            is_there: false,
            changes: 0,
            events: 0,
            before: None,
            administrators: Vec::new(),
            batch: Batch::default(),
        };
        let first = |place: Option<usize>| place.and_then(|place| answers.first(place));
        if let (Some(row), Some(organization)) = (first(asked.lock), first(asked.organization)) {
            writing.record = Some(counters::read_record(organization, counters::read(row)?)?);
            writing.is_there = true;
            (writing.changes, writing.events) = (row.int(8)?, row.int(9)?);
        }
        if let Some(row) = first(asked.event) {
            writing.events = row.int(0)?;
        }
        writing.before = first(asked.before).map(|row| row.record(0)).transpose()?;
        let administrators = asked.administrators.map(|place| answers.rows(place));
        let administrators = administrators.into_iter().flatten().map(|row| row.record(0));
        writing.administrators = administrators.collect::<Result<_, _>>()?;
        Ok(writing)
    }

    /// What speaks against it, before its claims are asked about.
    pub(super) fn refused(
        &mut self,
        asked: &Asked,
        answers: &Answers,
    ) -> Result<Option<Written>, Failure> {
        let write = self.write;
        let version = self.record.as_ref().map(|record| record.version);
        let is_other = write.decided_by.is_some_and(|read| version != Some(read));
        if is_other || (!self.is_there && write.needs_organization()) {
            return Ok(Some(Written::Outdated));
        }
        let outcome = asked.spent.as_ref().map(|spent| spent::read(spent, answers));
        if write.spend.is_some() && outcome != Some(SpendOutcome::Fresh) {
            return Ok(Some(Written::AlreadySpent));
        }
        let conflicts = write.is_mixed()
            || self.is_stale_store_record(asked, answers)?
            || self.settings_conflict(asked, answers)
            || self.account_conflicts(asked, answers)?
            || self.kept_conflicts(asked, answers)?
            || self.sessions_conflict(asked, answers);
        Ok(conflicts.then_some(Written::Conflict))
    }

    fn is_stale_store_record(&self, asked: &Asked, answers: &Answers) -> Result<bool, Failure> {
        let (Some(new), Some(place)) = (&self.write.store_record, asked.store_record) else {
            return Ok(false);
        };
        let before = answers.first(place).map(read_store_record).transpose()?.unwrap_or_default();
        Ok(before.version.checked_add(1) != Some(new.version))
    }

    fn settings_conflict(&mut self, asked: &Asked, answers: &Answers) -> bool {
        match &self.write.settings {
            Some(SettingsWrite::Found { organization, purchased, purge_key }) => {
                let mut counters = Counters::default();
                counters.purchased = *purchased;
                let organization = (**organization).clone();
                self.record = Some(Record::new(organization, 0, counters, purge_key.clone()));
                asked.founded.is_none_or(|place| answers.affected(place) == 0)
            }
            Some(SettingsWrite::Change(_)) => self.write.decided_by.is_none(),
            _ => false,
        }
    }

    /// Whether the account is another by now than it was read, or a name of it is somebody else's.
    fn account_conflicts(&self, asked: &Asked, answers: &Answers) -> Result<bool, Failure> {
        let Some(account) = &self.write.account else { return Ok(false) };
        let version = self.before.as_ref().map(|before| before.version);
        let is_as_read = match account {
            AccountWrite::Create(account) => version.is_none() && account.version == 0,
            AccountWrite::Change(account) => {
                version.and_then(|version| version.checked_add(1)) == Some(account.version)
            }
            AccountWrite::Purge { version: read, .. } => version == Some(*read),
            _ => return Err(Failure::other("a write of an account that this release knows not")),
        };
        let is_taken = asked.named.iter().any(|place| Asked::is_found(*place, answers));
        Ok(!is_as_read || is_taken)
    }

    /// Whether anything kept is other than it was read, or not there any more.
    fn kept_conflicts(&self, asked: &Asked, answers: &Answers) -> Result<bool, Failure> {
        for (write, place) in self.write.kept.iter().zip(&asked.kept) {
            let row = answers.first(*place);
            let before: Option<Kept> = row.map(|row| row.record(0)).transpose()?;
            let is_own =
                before.as_ref().is_some_and(|kept| kept.organization == self.write.organization);
            let fits = match (write, before) {
                (KeptWrite::Put(kept), Some(before)) => {
                    is_own && before.version.checked_add(1) == Some(kept.version)
                }
                (KeptWrite::Put(kept), None) => kept.version == 0,
                _ => is_own,
            };
            if !fits {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a session that begins has no account, or takes another organization's place.
    fn sessions_conflict(&self, asked: &Asked, answers: &Answers) -> bool {
        let begin = self.write.sessions.iter().filter(|one| matches!(one, SessionWrite::Begin(_)));
        begin.zip(&asked.sessions).any(|(_, asked)| {
            let has_account = match asked.account {
                Some(place) => Asked::is_found(place, answers),
                // It is the one that is written.
                None => after(self.write).is_some(),
            };
            !has_account || Asked::is_found(asked.elsewhere, answers)
        })
    }

    /// What speaks against it in the end.
    pub(super) fn shortage(&self) -> Option<Written> {
        let write = self.write;
        let record = self.record.as_ref()?;
        if write.keep_reachable && self.is_there && self.loses_reach(record) {
            return Some(Written::LastAdministrator);
        }
        let account = write.account.as_ref()?;
        match record.counters.shortage(self.before.as_ref(), account.after())? {
            Shortage::LastAdministrator if write.keep_administrator => {
                Some(Written::LastAdministrator)
            }
            Shortage::NoSeat => Some(Written::NoSeat),
            // What takes an administrator away takes no seat.
            _ => None,
        }
    }

    /// Whether it leaves nobody who gets in, where there was somebody.
    fn loses_reach(&self, record: &Record) -> bool {
        let settings = self.write.settings.as_ref().and_then(SettingsWrite::organization);
        let counted = match settings {
            Some(settings) => record.counters.counted_anew(settings, &self.administrators),
            None => record.counters,
        };
        let organization = settings.unwrap_or(&record.organization);
        let changed = counted.changed(organization, self.before.as_ref(), after(self.write));
        record.counters.lose_reach(&changed)
    }
}
