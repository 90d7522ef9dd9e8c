//! Pages of the accounts in memory.

use chrono::{DateTime, Utc};

use super::super::{Attribute, Filter, Listing, Name, Page, Position, SortBy, Test, TooMany};
use super::tenant::Tenant;
use crate::account::{Account, AccountId, Status};

impl Tenant {
    pub(super) fn list(&self, listing: &Listing) -> Result<Page, TooMany> {
        let in_order = listing.sort == SortBy::Created && !listing.descending;
        match &listing.filter {
            None if in_order => Ok(self.page_in_order(listing)),
            None => self.page_of(listing, self.scanned()?),
            Some(filter) => match self.indexed(filter) {
                Some(found) => self.page_of(listing, found),
                None => self.page_of(listing, self.scanned()?),
            },
        }
    }

    /// Without a filter the numbers are known, and one page is read.
    fn page_in_order(&self, listing: &Listing) -> Page {
        let read = |(_, id): &(DateTime<Utc>, AccountId)| self.account(id).cloned();
        let accounts = match &listing.from {
            Position::After(at, id) => {
                let after = (*at, id.clone());
                let rest = self
                    .order
                    .range((std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded));
                rest.take(listing.count).filter_map(read).collect()
            }
            Position::Skip(skip) => {
                self.order.iter().skip(*skip).take(listing.count).filter_map(read).collect()
            }
            Position::Start => self.order.iter().take(listing.count).filter_map(read).collect(),
        };
        Page::new(accounts, self.order.len())
    }

    /// The accounts that a filter is about, where an index tells which they are.
    fn indexed(&self, filter: &Filter) -> Option<Vec<&Account>> {
        match filter {
            Filter::All(filters) => filters.iter().find_map(|filter| self.indexed(filter)),
            Filter::Any(filters) => {
                let each: Option<Vec<_>> = filters.iter().map(|one| self.indexed(one)).collect();
                let mut all: Vec<&Account> = each?.into_iter().flatten().collect();
                all.sort_by(|one, other| one.id.cmp(&other.id));
                all.dedup_by(|one, other| one.id == other.id);
                Some(all)
            }
            Filter::Status(status) => {
                let places = self.by_status.get(status).into_iter().flatten();
                Some(places.filter_map(|(_, id)| self.account(id)).collect())
            }
            Filter::Text(attribute, Test::Is(value)) => self.named_so(*attribute, value),
            _ => None,
        }
    }

    fn named_so(&self, attribute: Attribute, value: &str) -> Option<Vec<&Account>> {
        let name = match attribute {
            Attribute::ExternalId => Name::ExternalId(value.to_owned()),
            Attribute::UserName => Name::user_name(value),
            Attribute::Id => {
                return Some(self.account(&AccountId::new(value)).into_iter().collect());
            }
            Attribute::Email => return Some(self.pushed_to(value)),
            Attribute::DisplayName | Attribute::FamilyName | Attribute::GivenName => return None,
        };
        Some(self.named(&name).collect())
    }

    /// The accounts of an address, and those to which the directory has pushed it.
    fn pushed_to(&self, address: &str) -> Vec<&Account> {
        let folded = address.to_ascii_lowercase();
        self.addressed(&folded).filter_map(|id| self.account(id)).collect()
    }

    /// All accounts, where they are not too many to look at.
    fn scanned(&self) -> Result<Vec<&Account>, TooMany> {
        if self.order.len() > Listing::MAX_SCANNED {
            return Err(TooMany);
        }
        Ok(self.order.iter().filter_map(|(_, id)| self.account(id)).collect())
    }

    fn page_of(&self, listing: &Listing, accounts: Vec<&Account>) -> Result<Page, TooMany> {
        let passes = |account: &&Account| {
            account.status != Status::Deleted
                && listing.filter.as_ref().is_none_or(|filter| filter.passes(account))
        };
        let mut accounts: Vec<&Account> = accounts.into_iter().filter(passes).collect();
        accounts.sort_by(|one, other| listing.compare(one, other));
        let total = accounts.len();
        let skip = match &listing.from {
            Position::After(at, id) => {
                accounts.partition_point(|account| (account.created_at, &account.id) <= (*at, id))
            }
            Position::Skip(skip) => *skip,
            Position::Start => 0,
        };
        let page = accounts.into_iter().skip(skip).take(listing.count).cloned().collect();
        Ok(Page::new(page, total))
    }
}
