//! Faults of lists: sentence 11.

use saml_login::account::{Account, OrganizationId, Status};
use saml_login::store::{
    AddressFilter, Filter, Listing, Page, Position, SortBy, Store, Test, TooMany,
};

use super::faulty::{Fault, Faulty, Hook, now};

const ALL: usize = 99_999;

fn list(faulty: &Faulty, id: &OrganizationId, listing: &Listing) -> Result<Page, TooMany> {
    now(faulty.inner.list(id, listing))
}

/// Lists something else.
macro_rules! lists {
    ($name:literal, $how:expr, $words:literal) => {
        Fault(
            $name,
            &[Hook::List(|faulty, id, listing| {
                let how: fn(&mut Listing) = $how;
                let mut listing = listing.clone();
                how(&mut listing);
                list(faulty, id, &listing)
            })],
            $words,
        )
    };
}

/// Makes something else of a page.
macro_rules! pages {
    ($name:literal, $how:expr, $words:literal) => {
        Fault(
            $name,
            &[Hook::List(|faulty, id, listing| {
                let how: fn(&Faulty, &Listing, &mut Page) = $how;
                let mut page = list(faulty, id, listing)?;
                how(faulty, listing, &mut page);
                Ok(page)
            })],
            $words,
        )
    };
}

/// Lists the accounts that pass a filter that is read otherwise.
fn filtered(
    faulty: &Faulty,
    id: &OrganizationId,
    listing: &Listing,
    passes: fn(&Filter, &Account) -> bool,
) -> Result<Page, TooMany> {
    let Some(filter) = &listing.filter else { return list(faulty, id, listing) };
    let mut all = faulty.all(id);
    all.retain(|account| account.status != Status::Deleted && passes(filter, account));
    all.sort_by(|one, other| listing.compare(one, other));
    let total = all.len();
    let skip = if let Position::Skip(skip) = listing.from { skip } else { 0 };
    Ok(Page::new(all.into_iter().skip(skip).take(listing.count).collect(), total))
}

fn like(test: &Test) -> Test {
    let any = |text: &str| text.replace(['%', '_'], "");
    match test {
        Test::Contains(text) => Test::Contains(any(text)),
        Test::StartsWith(text) => Test::StartsWith(any(text)),
        other => other.clone(),
    }
}

pub(crate) const FAULTS: &[Fault] = &[
    Fault(
        "lists who was deleted",
        &[Hook::List(|faulty, id, listing| match (&listing.filter, &listing.from) {
            (None, Position::Start) => {
                let mut all = faulty.all(id);
                all.sort_by(|one, other| listing.compare(one, other));
                let total = all.len();
                Ok(Page::new(all.into_iter().take(listing.count).collect(), total))
            }
            _ => list(faulty, id, listing),
        })],
        "a list has no deleted accounts",
    ),
    Fault(
        "lists who was deleted where that is asked for",
        &[Hook::List(|faulty, id, listing| match &listing.filter {
            Some(Filter::Status(Status::Deleted)) => {
                let mut all = faulty.all(id);
                all.retain(|account| account.status == Status::Deleted);
                let total = all.len();
                Ok(Page::new(all, total))
            }
            _ => list(faulty, id, listing),
        })],
        "a list has no deleted accounts, asked for or not",
    ),
    lists!("lists by id", |listing| listing.sort = SortBy::Id, "a list is in the order of making"),
    pages!(
        "sorts by the instant alone",
        |_, listing, page| {
            if listing.sort == SortBy::Created && listing.filter.is_none() {
                page.accounts.reverse();
                page.accounts.sort_by_key(|account| account.created_at);
            }
        },
        "a list is in the order of making, and then of ids"
    ),
    pages!(
        "totals the page",
        |_, _, page| page.total = page.accounts.len(),
        "the total is that of all pages"
    ),
    pages!(
        "totals the rest",
        |_, listing, page| {
            if let Position::Skip(skip) = listing.from {
                page.total = page.total.saturating_sub(skip);
            }
        },
        "the total is that of all pages"
    ),
    pages!(
        "totals the deleted",
        |faulty, listing, page| {
            if listing.filter.is_none()
                && let Some(account) = page.accounts.first()
            {
                page.total = faulty.all(&account.organization).len();
            }
        },
        "the total is that of all pages"
    ),
    pages!(
        "lists without the profile",
        |_, _, page| {
            page.accounts.iter_mut().for_each(|account| account.profile.display_name = None);
        },
        "accounts are listed whole"
    ),
    lists!(
        "skips one less",
        |listing| {
            if let Position::Skip(skip) = &mut listing.from {
                *skip = skip.saturating_sub(1);
            }
        },
        "pages by number have everybody once"
    ),
    lists!(
        "skips one more",
        |listing| {
            if let Position::Skip(skip) = &mut listing.from
                && *skip > 0
            {
                *skip += 1;
            }
        },
        "pages by number have everybody once"
    ),
    pages!(
        "pages go on after an instant",
        |_, listing, page| {
            if let Position::After(at, _) = &listing.from {
                page.accounts.retain(|account| account.created_at > *at);
            }
        },
        "pages go on after an account"
    ),
    Fault(
        "pages go on at an account",
        &[Hook::List(|faulty, id, listing| {
            let mut listing = listing.clone();
            if let Position::After(at, account) = &listing.from {
                let before = account.as_str()[..account.as_str().len() - 1].to_owned();
                listing.from = Position::After(*at, before.into());
            }
            list(faulty, id, &listing)
        })],
        "pages after an account have everybody once",
    ),
    Fault(
        "pages go on after an account that is there",
        &[Hook::List(|faulty, id, listing| {
            let mut listing = listing.clone();
            if let Position::After(_, account) = &listing.from
                && faulty.account(id, account).is_some_and(|one| one.status == Status::Deleted)
            {
                listing.from = Position::Start;
            }
            list(faulty, id, &listing)
        })],
        "a page goes on after an account that is gone",
    ),
    lists!(
        "lists without a bound",
        |listing| listing.count = ALL,
        "a page has no more than what was asked for"
    ),
    lists!(
        "lists one at least",
        |listing| listing.count = listing.count.max(1),
        "a page of nobody has the total alone"
    ),
    lists!(
        "does not sort by user name",
        |listing| {
            if listing.sort == SortBy::UserName {
                listing.sort = SortBy::Created;
            }
        },
        "a list is sorted as it was asked for: None UserName false"
    ),
    pages!(
        "sorts user names by letters",
        |_, listing, page| {
            if listing.sort == SortBy::UserName && !listing.descending {
                page.accounts.sort_by_key(|account| {
                    (account.user_name.clone(), account.created_at, account.id.clone())
                });
            }
        },
        "a list is sorted as it was asked for: None UserName false"
    ),
    lists!(
        "does not sort by the last change",
        |listing| {
            if listing.sort == SortBy::Changed {
                listing.sort = SortBy::Created;
            }
        },
        "a list is sorted as it was asked for: None Changed false"
    ),
    lists!(
        "never descends",
        |listing| listing.descending = false,
        "a list is sorted as it was asked for: None Changed true"
    ),
    lists!(
        "sorts no search",
        |listing| {
            if listing.filter.is_some() {
                (listing.sort, listing.descending) = (SortBy::Created, false);
            }
        },
        "a list is sorted as it was asked for: Some"
    ),
    lists!(
        "does not filter",
        |listing| listing.filter = None,
        "the total is of those who pass the filter"
    ),
    Fault(
        "filters the page",
        &[Hook::List(|faulty, id, listing| {
            let mut whole = listing.clone();
            let filter = whole.filter.take();
            let mut page = list(faulty, id, &whole)?;
            page.accounts
                .retain(|account| filter.as_ref().is_none_or(|filter| filter.passes(account)));
            page.total = list(faulty, id, listing)?.total;
            Ok(page)
        })],
        "pages are pages of a sorted list",
    ),
    Fault(
        "knows no role",
        &[Hook::List(|faulty, id, listing| {
            filtered(faulty, id, listing, |filter, account| {
                matches!(filter, Filter::Role(_)) || filter.passes(account)
            })
        })],
        "the total is of those who pass the filter: Some(Role(Administrator))",
    ),
    Fault(
        "knows no not",
        &[Hook::List(|faulty, id, listing| {
            filtered(faulty, id, listing, |filter, account| match filter {
                Filter::Not(filter) => filter.passes(account),
                _ => filter.passes(account),
            })
        })],
        "the total is of those who pass the filter: Some(Not(",
    ),
    Fault(
        "takes any for all",
        &[Hook::List(|faulty, id, listing| {
            filtered(faulty, id, listing, |filter, account| match filter {
                Filter::All(filters) => {
                    filters.is_empty() || filters.iter().any(|one| one.passes(account))
                }
                _ => filter.passes(account),
            })
        })],
        "the total is of those who pass the filter: Some(All(",
    ),
    Fault(
        "takes all for any",
        &[Hook::List(|faulty, id, listing| {
            filtered(faulty, id, listing, |filter, account| match filter {
                Filter::Any(filters) => filters.iter().all(|one| one.passes(account)),
                _ => filter.passes(account),
            })
        })],
        "the total is of those who pass the filter: Some(Any(",
    ),
    Fault(
        "searches by patterns",
        &[Hook::List(|faulty, id, listing| {
            filtered(faulty, id, listing, |filter, account| match filter {
                Filter::Text(attribute, test) => {
                    Filter::Text(*attribute, like(test)).passes(account)
                }
                _ => filter.passes(account),
            })
        })],
        "the total is of those who pass the filter: Some(Text(",
    ),
    Fault(
        "finds no pushed address",
        &[Hook::List(|faulty, id, listing| {
            filtered(faulty, id, listing, |filter, account| {
                let mut account = account.clone();
                account.pushed = None;
                filter.passes(&account)
            })
        })],
        "a pushed address is found in a list",
    ),
    Fault(
        "tests each address in parts",
        &[Hook::List(|faulty, id, listing| {
            filtered(faulty, id, listing, |filter, account| match filter {
                Filter::Address(AddressFilter::All(filters)) => {
                    filters.iter().all(|one| Filter::Address(one.clone()).passes(account))
                }
                _ => filter.passes(account),
            })
        })],
        "the total is of those who pass the filter: Some(Address(All",
    ),
    Fault(
        "knows no order of texts",
        &[Hook::List(|faulty, id, listing| {
            filtered(faulty, id, listing, |filter, account| match filter {
                Filter::Text(attribute, Test::After(text, _)) => {
                    Filter::Text(*attribute, Test::After(text.clone(), true)).passes(account)
                }
                _ => filter.passes(account),
            })
        })],
        "the total is of those who pass the filter: Some(Text(UserName, After",
    ),
    Fault(
        "searches ids in any case",
        &[Hook::List(|faulty, id, listing| {
            filtered(faulty, id, listing, |filter, account| match filter {
                Filter::Text(saml_login::store::Attribute::Id, Test::Is(wanted)) => {
                    account.id.as_str().eq_ignore_ascii_case(wanted)
                }
                _ => filter.passes(account),
            })
        })],
        "the total is of those who pass the filter: Some(Text(Id",
    ),
    Fault(
        "takes instants for past",
        &[Hook::List(|faulty, id, listing| {
            filtered(faulty, id, listing, |filter, account| match filter {
                Filter::ChangedAfter(at, _) => account.changed_at >= *at,
                _ => filter.passes(account),
            })
        })],
        "the total is of those who pass the filter: Some(ChangedAfter",
    ),
    Fault(
        "lists others",
        &[Hook::List(|faulty, id, listing| match (id.as_str(), &listing.filter) {
            ("contract-two", None) => {
                let mut page = list(faulty, id, listing)?;
                page.accounts.extend(faulty.all(&"contract-one".into()));
                Ok(page)
            }
            _ => list(faulty, id, listing),
        })],
        "organizations are apart: lists have their own",
    ),
];

pub(crate) const LARGE: &[Fault] = &[
    Fault(
        "scans everybody",
        &[Hook::List(|faulty, id, listing| match list(faulty, id, listing) {
            Err(_) => filtered(faulty, id, listing, Filter::passes),
            page => page,
        })],
        "where no index serves a filter too many accounts are said to be",
    ),
    Fault(
        "looks at few",
        &[Hook::List(|faulty, id, listing| match &listing.filter {
            Some(Filter::Text(_, Test::Contains(_))) if faulty.all(id).len() >= 10_000 => {
                Err(TooMany::new())
            }
            _ => list(faulty, id, listing),
        })],
        "as many accounts as may be looked at are",
    ),
    Fault(
        "says that there are too many to sort",
        &[Hook::List(|faulty, id, listing| match (&listing.filter, listing.sort) {
            (None, SortBy::UserName) => Err(TooMany::new()),
            _ => list(faulty, id, listing),
        })],
        "a list without a filter reads its page alone: UserName",
    ),
    Fault(
        "has no index of user names",
        &[Hook::List(|faulty, id, listing| match &listing.filter {
            Some(Filter::Text(saml_login::store::Attribute::UserName, Test::Is(_))) => {
                Err(TooMany::new())
            }
            _ => list(faulty, id, listing),
        })],
        "an index serves a filter by user name",
    ),
];
