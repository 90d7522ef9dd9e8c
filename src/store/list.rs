//! Pages of an organization's accounts.

use std::cmp::Ordering;
use std::fmt;

use chrono::{DateTime, Utc};

use super::AddressFilter;
use crate::account::{Account, AccountId, Pushed, Role, Status};
use crate::code::codes;

/// What to list, and from where on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// Which accounts; all that are not deleted, where there is none.
    pub filter: Option<Filter>,
    /// In which order; that of their making, unless another one is asked for. Those that are equal
    /// stand in that order.
    pub sort: SortBy,
    /// Whether the last come first.
    pub descending: bool,
    /// Where the page begins.
    pub from: Position,
    /// How many accounts it has at most.
    pub count: usize,
}

impl Listing {
    /// So many accounts are looked at for a filter that no index serves.
    pub const MAX_SCANNED: usize = 10_000;

    /// The first so many of all.
    pub fn first(count: usize) -> Self {
        Self {
            filter: None,
            sort: SortBy::Created,
            descending: false,
            from: Position::Start,
            count,
        }
    }

    /// The same of these accounts alone.
    #[must_use]
    pub fn filtered(self, filter: Filter) -> Self {
        Self { filter: Some(filter), ..self }
    }

    /// The order of two accounts in it.
    pub fn compare(&self, one: &Account, other: &Account) -> Ordering {
        let created = (one.created_at, &one.id).cmp(&(other.created_at, &other.id));
        let order = match self.sort {
            SortBy::Changed => one.changed_at.cmp(&other.changed_at).then(created),
            SortBy::Created => created,
            SortBy::Id => one.id.cmp(&other.id),
            SortBy::UserName => {
                let name = |account: &Account| {
                    account.user_name.as_deref().unwrap_or_default().to_ascii_lowercase()
                };
                name(one).cmp(&name(other)).then(created)
            }
        };
        if self.descending { order.reverse() } else { order }
    }
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Position {
    /// Behind this account, which stood at the end of the page before. Only in the order of making.
    After(DateTime<Utc>, AccountId),
    /// After so many accounts.
    Skip(usize),
    /// At the beginning.
    Start,
}

/// By what a list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SortBy {
    /// When the account was last written.
    Changed,
    /// When the account came to be: an order that never changes.
    #[default]
    Created,
    /// The id.
    Id,
    /// The user name, in lower case.
    UserName,
}

codes!(SortBy {
    Changed = "changed",
    Created = "created",
    Id = "id",
    UserName = "user_name",
});

/// Which accounts: a tree of tests.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Filter {
    /// Those that have one address which passes this as a whole.
    Address(AddressFilter),
    /// Those that pass all of these.
    All(Vec<Filter>),
    /// Those that pass any of these.
    Any(Vec<Filter>),
    /// Those that do not pass this.
    Not(Box<Filter>),
    /// Those that have this role.
    Role(Role),
    /// Those that have this status.
    Status(Status),
    /// Those whose attribute passes a test.
    Text(Attribute, Test),
    /// Those that were written after this instant, it included where `true`.
    ChangedAfter(DateTime<Utc>, bool),
    /// Those that were written before this instant, it included where `true`.
    ChangedBefore(DateTime<Utc>, bool),
    /// Those that were made after this instant, it included where `true`.
    CreatedAfter(DateTime<Utc>, bool),
    /// Those that were made before this instant, it included where `true`.
    CreatedBefore(DateTime<Utc>, bool),
}

/// A text of an account. Those of ids are compared to the letter, all others without regard to
/// ASCII letter case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Attribute {
    /// What is shown of the person.
    DisplayName,
    /// The account's address, or one that the directory has pushed.
    Email,
    /// The directory's own id.
    ExternalId,
    /// The last name.
    FamilyName,
    /// The whole name, as the directory has pushed it.
    Formatted,
    /// The first name.
    GivenName,
    /// The id.
    Id,
    /// SCIM's `userName`.
    UserName,
}

codes!(Attribute {
    DisplayName = "display_name",
    Email = "email",
    ExternalId = "external_id",
    FamilyName = "family_name",
    Formatted = "formatted",
    GivenName = "given_name",
    Id = "id",
    UserName = "user_name",
});

/// What is asked of a text. `Debug` hides what it is compared with.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Test {
    /// That it stands after this in the order of its bytes, this included where `true`.
    After(String, bool),
    /// That it stands before this in the order of its bytes, this included where `true`.
    Before(String, bool),
    /// That it holds this somewhere.
    Contains(String),
    /// That it ends so.
    EndsWith(String),
    /// That it is this.
    Is(String),
    /// That there is one.
    Present,
    /// That it begins so.
    StartsWith(String),
}

impl fmt::Debug for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::After(..) => "After(…)",
            Self::Before(..) => "Before(…)",
            Self::Contains(_) => "Contains(…)",
            Self::EndsWith(_) => "EndsWith(…)",
            Self::Is(_) => "Is(…)",
            Self::Present => "Present",
            Self::StartsWith(_) => "StartsWith(…)",
        })
    }
}

impl Filter {
    /// The accounts of which an attribute is this.
    pub fn is(attribute: Attribute, value: impl Into<String>) -> Self {
        Self::Text(attribute, Test::Is(value.into()))
    }

    /// Whether an account passes: for stores that look at one account after the other.
    pub fn passes(&self, account: &Account) -> bool {
        match self {
            Self::Address(filter) => {
                Pushed::of(account).addresses.iter().any(|address| filter.passes(address))
            }
            Self::All(filters) => filters.iter().all(|filter| filter.passes(account)),
            Self::Any(filters) => filters.iter().any(|filter| filter.passes(account)),
            Self::Not(filter) => !filter.passes(account),
            Self::Role(role) => account.role == *role,
            Self::Status(status) => account.status == *status,
            Self::Text(attribute, test) => {
                attribute.texts(account).iter().any(|text| test.passes(text, attribute.is_exact()))
            }
            Self::ChangedAfter(at, too) => is_after(account.changed_at, *at, *too),
            Self::ChangedBefore(at, too) => is_after(*at, account.changed_at, *too),
            Self::CreatedAfter(at, too) => is_after(account.created_at, *at, *too),
            Self::CreatedBefore(at, too) => is_after(*at, account.created_at, *too),
        }
    }
}

fn is_after<T: Ord>(one: T, other: T, too: bool) -> bool {
    one > other || (too && one == other)
}

impl Attribute {
    /// Whether letter case counts (RFC 7643 §3.1: `id` and `externalId` are "caseExact").
    fn is_exact(self) -> bool {
        matches!(self, Self::ExternalId | Self::Id)
    }

    fn texts(self, account: &Account) -> Vec<&str> {
        let profile = &account.profile;
        let one = match self {
            Self::DisplayName => profile.display_name.as_deref(),
            Self::Email => {
                let own = account.email().map(|email| email.address());
                let pushed = account.pushed.iter().flat_map(|pushed| &pushed.addresses);
                return own.into_iter().chain(pushed.map(|address| &*address.value)).collect();
            }
            Self::ExternalId => account.external_id.as_deref(),
            Self::FamilyName => profile.last_name.as_deref(),
            Self::Formatted => account.pushed.as_ref().and_then(|sent| sent.formatted.as_deref()),
            Self::GivenName => profile.first_name.as_deref(),
            Self::Id => Some(account.id.as_str()),
            Self::UserName => account.user_name.as_deref(),
        };
        one.into_iter().collect()
    }
}

impl Test {
    /// Whether a text passes, in which letter case counts or not.
    pub(super) fn passes(&self, text: &str, is_exact: bool) -> bool {
        let folded = |text: &str| match is_exact {
            true => text.to_owned(),
            false => text.to_ascii_lowercase(),
        };
        let own = folded(text);
        match self {
            Self::After(other, too) => is_after(own, folded(other), *too),
            Self::Before(other, too) => is_after(folded(other), own, *too),
            Self::Contains(part) => own.contains(&folded(part)),
            Self::EndsWith(part) => own.ends_with(&folded(part)),
            Self::Is(other) => own == folded(other),
            Self::Present => !own.is_empty(),
            Self::StartsWith(part) => own.starts_with(&folded(part)),
        }
    }
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The accounts on it.
    pub accounts: Vec<Account>,
    /// How many there are on all pages.
    pub total: usize,
}

impl Page {
    /// These, of so many.
    pub fn new(accounts: Vec<Account>, total: usize) -> Self {
        Self { accounts, total }
    }
}

/// No index serves the filter, and the organization has more accounts than are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error(
    "this filter would have to look at too many accounts: add a user name, an address or an id"
)]
#[non_exhaustive]
pub struct TooMany;

impl TooMany {
    /// What a [`Store`](super::Store) answers then.
    pub fn new() -> Self {
        Self
    }
}
