//! How many accounts an organization has, in numbers that are kept rather than counted.

use super::Organization;
use crate::account::{Account, Seats, Status};

/// The numbers of an organization's accounts. A store keeps them in a row of their own and changes
/// them with every account, in the same transaction: they equal what a count gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// How many seats are bought; `None` if any number is included. The application sets it.
    pub purchased: Option<u32>,
    /// Active accounts.
    pub active: u32,
    /// Invitations.
    pub invited: u32,
    /// Deactivated accounts.
    pub deactivated: u32,
    /// Deleted accounts of which the record is there.
    pub deleted: u32,
    /// Active administrators.
    pub administrators: u32,
    /// Active administrators whom the settings in effect [let in](Organization::reaches).
    pub reachable: u32,
    /// Whether there ever was an active administrator. An organization that never had one is not
    /// held to keep one.
    pub had_administrator: bool,
}

/// Why a change of an account cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shortage {
    /// It leaves the organization without an active administrator.
    LastAdministrator,
    /// It takes a seat, and none is free.
    NoSeat,
}

impl Counters {
    /// The numbers of these accounts, as many as there are: for an application that keeps none.
    ///
    /// ```
    /// use chrono::DateTime;
    /// use saml_login::account::{Account, AccountId};
    /// use saml_login::organization::{Counters, Organization, Slug, SpUrls};
    ///
    /// let slug = Slug::parse("acme")?;
    /// let urls = SpUrls::derived("https://app.example.com", &slug).ok_or("no base URL")?;
    /// let acme = Organization::new("org-1", slug, urls);
    /// let alice = Account::new(AccountId::new("1"), "org-1", DateTime::UNIX_EPOCH);
    /// let counters = Counters::of(&acme, [&alice]);
    /// assert_eq!((counters.active, counters.administrators), (1, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of<'a>(
        organization: &Organization,
        accounts: impl IntoIterator<Item = &'a Account>,
    ) -> Self {
        let add = |counters: Self, account| counters.changed(organization, None, Some(account));
        accounts.into_iter().fold(Self::default(), add)
    }

    /// How many seats there are, and how many are taken.
    pub fn seats(&self) -> Seats {
        Seats::new(self.purchased, self.active.saturating_add(self.invited))
    }

    /// How many accounts have this status.
    pub fn with_status(&self, status: Status) -> u32 {
        match status {
            Status::Active => self.active,
            Status::Deactivated => self.deactivated,
            Status::Deleted => self.deleted,
            Status::Invited => self.invited,
        }
    }

    /// How many accounts there are, deleted ones aside.
    pub fn living(&self) -> u32 {
        self.seats().taken.saturating_add(self.deactivated)
    }

    /// What speaks against one account becoming another: `None` is one that is not there. The last
    /// administrator first.
    pub fn shortage(&self, before: Option<&Account>, after: Option<&Account>) -> Option<Shortage> {
        let gone = is_administrator(before) && !is_administrator(after);
        if gone && self.administrators <= 1 && self.had_administrator {
            return Some(Shortage::LastAdministrator);
        }
        let takes = !holds_seat(before) && holds_seat(after);
        (takes && !self.seats().has_free()).then_some(Shortage::NoSeat)
    }

    /// Whether numbers that come after these leave nobody who gets in and mends things, where there
    /// was somebody.
    pub fn lose_reach(&self, after: &Self) -> bool {
        self.reachable > 0 && after.reachable == 0
    }

    /// The numbers once one account has become another, with these settings in effect.
    #[must_use]
    pub fn changed(
        self,
        organization: &Organization,
        before: Option<&Account>,
        after: Option<&Account>,
    ) -> Self {
        let reached =
            |account: Option<&Account>| account.is_some_and(|one| organization.reaches(one));
        let mut changed = self;
        if let Some(before) = before {
            let number = changed.number(before.status);
            *number = number.saturating_sub(1);
        }
        if let Some(after) = after {
            let number = changed.number(after.status);
            *number = number.saturating_add(1);
        }
        let (were, are) = (is_administrator(before), is_administrator(after));
        changed.administrators = moved(self.administrators, were, are);
        changed.reachable = moved(self.reachable, reached(before), reached(after));
        changed.had_administrator |= changed.administrators > 0;
        changed
    }

    /// The numbers once other settings are in effect, with all active administrators at hand: other
    /// settings may let in others of them.
    #[must_use]
    pub fn counted_anew<'a>(
        self,
        organization: &Organization,
        administrators: impl IntoIterator<Item = &'a Account>,
    ) -> Self {
        let reached = administrators.into_iter().filter(|account| organization.reaches(account));
        Self { reachable: u32::try_from(reached.count()).unwrap_or(u32::MAX), ..self }
    }

    fn number(&mut self, status: Status) -> &mut u32 {
        match status {
            Status::Active => &mut self.active,
            Status::Deactivated => &mut self.deactivated,
            Status::Deleted => &mut self.deleted,
            Status::Invited => &mut self.invited,
        }
    }
}

/// A number of those of whom something is true, once it was true of one and is.
fn moved(number: u32, was: bool, is: bool) -> u32 {
    match (was, is) {
        (false, true) => number.saturating_add(1),
        (true, false) => number.saturating_sub(1),
        (true, true) | (false, false) => number,
    }
}

fn holds_seat(account: Option<&Account>) -> bool {
    account.is_some_and(|account| account.status.holds_seat())
}

fn is_administrator(account: Option<&Account>) -> bool {
    account.is_some_and(Account::is_active_administrator)
}
