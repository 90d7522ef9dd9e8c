//! Pages of the accounts in memory.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::super::{Attribute, Filter, Listing, Name, Page, Position, SortBy, Test, TooMany};
use super::orders::Ids;
use super::tenant::Tenant;
use crate::account::{Account, AccountId, Status};

impl Tenant {
    pub(super) fn list(&self, listing: &Listing) -> Result<Page, TooMany> {
        let Listing { filter, sort, descending, from, count } = listing;
        match filter {
            None => {
                let ids = self.orders.from(*sort, *descending, from);
                Ok(Page::new(self.read(ids, *count), self.orders.len()))
            }
            Some(Filter::Status(status)) if *sort == SortBy::Created => {
                let (ids, total) = self.orders.of_status(*status, *descending, from);
                Ok(Page::new(self.read(ids, *count), total))
            }
            Some(filter) => Ok(self.page_of(listing, self.passing(filter)?)),
        }
    }

    fn read(&self, ids: Ids<'_>, count: usize) -> Vec<Account> {
        ids.take(count).filter_map(|id| self.account(id)).cloned().collect()
    }

    /// The living that pass a filter. Where no index says exactly which they are, no more than a
    /// bounded number of accounts are looked at.
    fn passing(&self, filter: &Filter) -> Result<Vec<&Account>, TooMany> {
        let all = || self.orders.from(SortBy::Created, false, &Position::Start);
        let candidates = self.candidates(filter).unwrap_or_else(all);
        let bound = if is_exact(filter) { usize::MAX } else { Listing::MAX_SCANNED };
        let mut passing = Vec::new();
        for (number, id) in candidates.enumerate() {
            if number >= bound {
                return Err(TooMany);
            }
            let account = self.account(id).filter(|account| account.status != Status::Deleted);
            passing.extend(account.filter(|account| filter.passes(account)));
        }
        Ok(passing)
    }

    /// At most how many accounts an index gives for a filter; `None` where none serves it.
    fn number(&self, filter: &Filter) -> Option<usize> {
        match filter {
            Filter::All(filters) => filters.iter().filter_map(|one| self.number(one)).min(),
            Filter::Any(filters) => filters.iter().map(|one| self.number(one)).sum(),
            Filter::Status(status) => {
                Some(self.orders.of_status(*status, false, &Position::Start).1)
            }
            Filter::Text(attribute, Test::Is(value)) => {
                self.named_so(*attribute, value).map(Iterator::count)
            }
            Filter::ChangedAfter(..) | Filter::ChangedBefore(..) => Some(self.orders.len()),
            _ => None,
        }
    }

    /// Whom a filter can be about, where an index tells.
    fn candidates(&self, filter: &Filter) -> Option<Ids<'_>> {
        match filter {
            Filter::All(filters) => {
                let least = filters.iter().filter_map(|one| Some((self.number(one)?, one)));
                self.candidates(least.min_by_key(|(number, _)| *number)?.1)
            }
            Filter::Any(filters) => {
                let each: Option<Vec<_>> = filters.iter().map(|one| self.candidates(one)).collect();
                let all: BTreeSet<&AccountId> = each?.into_iter().flatten().collect();
                Some(Box::new(all.into_iter()))
            }
            Filter::Status(status) => {
                Some(self.orders.of_status(*status, false, &Position::Start).0)
            }
            Filter::Text(attribute, Test::Is(value)) => self.named_so(*attribute, value),
            Filter::ChangedAfter(at, too) => {
                let from = if *too { Bound::Included(*at) } else { Bound::Excluded(*at) };
                Some(self.orders.changed(from, Bound::Unbounded))
            }
            Filter::ChangedBefore(at, too) => {
                let to = if *too { Bound::Included(*at) } else { Bound::Excluded(*at) };
                Some(self.orders.changed(Bound::Unbounded, to))
            }
            _ => None,
        }
    }

    fn named_so(&self, attribute: Attribute, value: &str) -> Option<Ids<'_>> {
        let name = match attribute {
            Attribute::ExternalId => Name::ExternalId(value.to_owned()),
            Attribute::UserName => Name::user_name(value),
            Attribute::Id => {
                let account = self.account(&AccountId::new(value));
                return Some(Box::new(account.map(|account| &account.id).into_iter()));
            }
            // The address of an account, or one that the directory has pushed.
            Attribute::Email => return Some(self.addressed(&value.to_ascii_lowercase())),
            Attribute::DisplayName
            | Attribute::FamilyName
            | Attribute::Formatted
            | Attribute::GivenName => return None,
        };
        Some(self.named(&name))
    }

    fn page_of(&self, listing: &Listing, mut accounts: Vec<&Account>) -> Page {
        accounts.sort_by(|one, other| listing.compare(one, other));
        let total = accounts.len();
        let skip = match &listing.from {
            Position::After(at, id) => accounts.partition_point(|account| {
                let (place, after) = ((account.created_at, &account.id), (*at, id));
                if listing.descending { place >= after } else { place <= after }
            }),
            Position::Skip(skip) => *skip,
            Position::Start => 0,
        };
        let page = accounts.into_iter().skip(skip).take(listing.count).cloned().collect();
        Page::new(page, total)
    }
}

/// Whether an index gives the accounts that pass and no others.
fn is_exact(filter: &Filter) -> bool {
    match filter {
        Filter::All(filters) => filters.is_empty(),
        Filter::Any(filters) => filters.iter().all(is_exact),
        Filter::Status(_) | Filter::ChangedAfter(..) | Filter::ChangedBefore(..) => true,
        Filter::Text(attribute, Test::Is(_)) => !matches!(
            attribute,
            Attribute::DisplayName
                | Attribute::FamilyName
                | Attribute::Formatted
                | Attribute::GivenName
        ),
        _ => false,
    }
}
