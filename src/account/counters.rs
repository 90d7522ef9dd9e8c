//! How many accounts an organization has, in numbers that are kept rather than counted.

use super::{Account, Seats, Status};

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
    /// Active administrators who get in by
    /// [single sign-on](Account::is_reachable_administrator).
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
    /// How many seats there are, and how many are taken.
    pub fn seats(&self) -> Seats {
        Seats::new(self.purchased, self.active.saturating_add(self.invited))
    }

    /// How many accounts have this status.
    pub fn of(&self, status: Status) -> u32 {
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

    /// Whether one account becoming another leaves no administrator who gets in by single sign-on,
    /// where there was one.
    pub fn leaves_unreachable(&self, before: Option<&Account>, after: Option<&Account>) -> bool {
        is_reachable(before) && !is_reachable(after) && self.reachable <= 1
    }

    /// The numbers once one account has become another.
    #[must_use]
    pub fn changed(self, before: Option<&Account>, after: Option<&Account>) -> Self {
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
        changed.reachable = moved(self.reachable, is_reachable(before), is_reachable(after));
        changed.had_administrator |= changed.administrators > 0;
        changed
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

fn is_reachable(account: Option<&Account>) -> bool {
    account.is_some_and(Account::is_reachable_administrator)
}

fn holds_seat(account: Option<&Account>) -> bool {
    account.is_some_and(|account| account.status.holds_seat())
}

fn is_administrator(account: Option<&Account>) -> bool {
    account.is_some_and(Account::is_active_administrator)
}
