//! The accounts of an organization in every order that a list has.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use chrono::{DateTime, Utc};

use super::super::{Position, SortBy};
use crate::account::{Account, AccountId, Status};

/// When an account was made, and which one it is: the order that never changes.
pub(super) type Place = (DateTime<Utc>, AccountId);

/// Ids, in some order.
pub(super) type Ids<'a> = Box<dyn Iterator<Item = &'a AccountId> + 'a>;

/// The living in each order, so that a page of a list is read by itself.
#[derive(Default)]
pub(super) struct Orders {
    made: BTreeSet<Place>,
    changed: BTreeSet<(DateTime<Utc>, Place)>,
    ids: BTreeSet<AccountId>,
    user_names: BTreeSet<(String, Place)>,
    by_status: BTreeMap<Status, BTreeSet<Place>>,
}

impl Orders {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.made.len()
    }

    pub(super) fn add(&mut self, account: &Account) {
        if account.status == Status::Deleted {
            return;
        }
        let place = place_of(account);
        self.changed.insert((account.changed_at, place.clone()));
        self.ids.insert(account.id.clone());
        self.user_names.insert((user_name_of(account), place.clone()));
        self.by_status.entry(account.status).or_default().insert(place.clone());
        self.made.insert(place);
    }

    pub(super) fn remove(&mut self, account: &Account) {
        let place = place_of(account);
        self.made.remove(&place);
        self.ids.remove(&account.id);
        if let Some(places) = self.by_status.get_mut(&account.status) {
            places.remove(&place);
        }
        self.user_names.remove(&(user_name_of(account), place.clone()));
        self.changed.remove(&(account.changed_at, place));
    }

    /// All of them, from a position on.
    pub(super) fn from(&self, sort: SortBy, descending: bool, from: &Position) -> Ids<'_> {
        let all: Ids<'_> = match sort {
            SortBy::Changed => turned(self.changed.iter().map(|(_, (_, id))| id), descending),
            SortBy::Created => return from_place(&self.made, descending, from),
            SortBy::Id => turned(self.ids.iter(), descending),
            SortBy::UserName => turned(self.user_names.iter().map(|(_, (_, id))| id), descending),
        };
        match from {
            Position::Skip(skip) => Box::new(all.skip(*skip)),
            Position::After(..) | Position::Start => all,
        }
    }

    /// Those of a status in the order of their making, from a position on, and how many there are.
    pub(super) fn of_status(
        &self,
        status: Status,
        descending: bool,
        from: &Position,
    ) -> (Ids<'_>, usize) {
        match self.by_status.get(&status) {
            Some(places) => (from_place(places, descending, from), places.len()),
            None => (Box::new(std::iter::empty()), 0),
        }
    }

    /// Those that were written in a span of time.
    pub(super) fn changed(
        &self,
        after: Bound<DateTime<Utc>>,
        before: Bound<DateTime<Utc>>,
    ) -> Ids<'_> {
        let is_behind = move |at: DateTime<Utc>| match after {
            Bound::Included(after) => at >= after,
            Bound::Excluded(after) => at > after,
            Bound::Unbounded => true,
        };
        let is_before = move |at: DateTime<Utc>| match before {
            Bound::Included(before) => at <= before,
            Bound::Excluded(before) => at < before,
            Bound::Unbounded => true,
        };
        // The least of all places at the first instant.
        let first = match after {
            Bound::Included(after) | Bound::Excluded(after) => {
                Bound::Included((after, (DateTime::<Utc>::MIN_UTC, AccountId::new(""))))
            }
            Bound::Unbounded => Bound::Unbounded,
        };
        let rest = self.changed.range((first, Bound::Unbounded));
        let span = rest.skip_while(move |(at, _)| !is_behind(*at));
        Box::new(span.take_while(move |(at, _)| is_before(*at)).map(|(_, (_, id))| id))
    }
}

fn place_of(account: &Account) -> Place {
    (account.created_at, account.id.clone())
}

fn user_name_of(account: &Account) -> String {
    account.user_name.as_deref().unwrap_or_default().to_ascii_lowercase()
}

fn turned<'a>(
    ids: impl DoubleEndedIterator<Item = &'a AccountId> + 'a,
    descending: bool,
) -> Ids<'a> {
    if descending { Box::new(ids.rev()) } else { Box::new(ids) }
}

fn from_place<'a>(places: &'a BTreeSet<Place>, descending: bool, from: &Position) -> Ids<'a> {
    let range = match from {
        Position::After(at, id) if descending => {
            (Bound::Unbounded, Bound::Excluded((*at, id.clone())))
        }
        Position::After(at, id) => (Bound::Excluded((*at, id.clone())), Bound::Unbounded),
        Position::Skip(_) | Position::Start => (Bound::Unbounded, Bound::Unbounded),
    };
    let rest = turned(places.range(range).map(|(_, id)| id), descending);
    match from {
        Position::Skip(skip) => Box::new(rest.skip(*skip)),
        Position::After(..) | Position::Start => rest,
    }
}
