//! Searches. What an index serves exactly is a condition of SQL; for the rest an index tells whom
//! it can be about, if one does, and no more than a bounded number of them are looked at.

use std::collections::BTreeSet;

use saml_login::account::Account;
use saml_login::store::{Attribute, Filter, Listing, Name, Page, Position, Test, TooMany};

use super::find;
use super::list::{self, Condition};
use crate::database::{Connection, values};
use crate::failure::Failure;
use crate::keys::{self, Digest};

pub(super) async fn search(
    connection: &mut Connection<'_>,
    organization: &Digest,
    listing: &Listing,
    filter: &Filter,
) -> Result<Result<Page, TooMany>, Failure> {
    let mut searching = Searching { connection, organization };
    if is_exact(filter) && has_range(filter) {
        return searching.exact(listing, filter).await.map(Ok);
    }
    let Some(accounts) = searching.looked_at(filter).await? else {
        return Ok(Err(TooMany::new()));
    };
    let passing = accounts.into_iter().filter(|account| filter.passes(account)).collect();
    Ok(Ok(page_of(listing, passing)))
}

/// Whether an index gives the accounts that pass and no others.
fn is_exact(filter: &Filter) -> bool {
    match filter {
        Filter::Any(filters) => filters.iter().all(is_exact),
        Filter::Status(_) | Filter::ChangedAfter(..) | Filter::ChangedBefore(..) => true,
        Filter::Text(attribute, Test::Is(_)) => is_indexed(*attribute),
        _ => false,
    }
}

/// Whether a test of it can be passed by any number of accounts. Of those who have a name there are
/// few, and they are looked at.
fn has_range(filter: &Filter) -> bool {
    match filter {
        Filter::Any(filters) => filters.iter().any(has_range),
        other => !matches!(other, Filter::Text(..)),
    }
}

fn is_indexed(attribute: Attribute) -> bool {
    matches!(
        attribute,
        Attribute::Email | Attribute::ExternalId | Attribute::Id | Attribute::UserName
    )
}

/// One more than are looked at.
fn bound() -> i64 {
    i64::try_from(Listing::MAX_SCANNED).unwrap_or(i64::MAX).saturating_add(1)
}

fn is_too_many<T>(found: &[T]) -> bool {
    found.len() > Listing::MAX_SCANNED
}

struct Searching<'s, 'c> {
    connection: &'s mut Connection<'c>,
    organization: &'s Digest,
}

impl Searching<'_, '_> {
    async fn exact(&mut self, listing: &Listing, filter: &Filter) -> Result<Page, Failure> {
        let mut condition = Condition::living(self.organization);
        let test = self.condition(filter, &mut condition).await?;
        condition.sql = format!("{} AND {test}", condition.sql);
        let sql = format!("SELECT COUNT(*) FROM saml_accounts WHERE {}", condition.sql);
        let row = self.connection.row(sql, condition.values.clone()).await?;
        let total = row.map_or(Ok(0), |row| row.int(0))?;
        let accounts = list::page(self.connection, condition, listing).await?;
        Ok(Page::new(accounts, usize::try_from(total).unwrap_or_default()))
    }

    /// The SQL of a test that an index serves exactly.
    async fn condition(
        &mut self,
        filter: &Filter,
        condition: &mut Condition,
    ) -> Result<String, Failure> {
        Ok(match filter {
            Filter::Any(filters) => {
                let mut tests = Vec::new();
                for filter in filters {
                    tests.push(Box::pin(self.condition(filter, condition)).await?);
                }
                any(&tests)
            }
            Filter::Text(attribute, Test::Is(value)) => {
                let accounts = self.named_so(*attribute, value).await?.unwrap_or_default();
                let is = |account| format!("account = {}", condition.place(account));
                any(&accounts.into_iter().map(is).collect::<Vec<_>>())
            }
            other => range(other, condition).unwrap_or_else(|| any(&[])),
        })
    }

    /// The living whom a filter can be about; `None` if there are too many.
    async fn looked_at(&mut self, filter: &Filter) -> Result<Option<Vec<Account>>, Failure> {
        let Some(candidates) = self.candidates(filter).await? else { return self.all().await };
        if is_too_many(&candidates) {
            return Ok(None);
        }
        let accounts = find::accounts(self.connection, self.organization, &candidates).await?;
        let living = |account: &Account| account.status != saml_login::account::Status::Deleted;
        Ok(Some(accounts.into_iter().filter(living).collect()))
    }

    async fn all(&mut self) -> Result<Option<Vec<Account>>, Failure> {
        let mut condition = Condition::living(self.organization);
        let count = condition.place(bound());
        let sql = format!("SELECT record FROM saml_accounts WHERE {} LIMIT {count}", condition.sql);
        let rows = self.connection.rows(sql, condition.values).await?;
        Ok(if is_too_many(&rows) { None } else { Some(list::read(&rows)?) })
    }

    /// Whom a filter can be about, where an index tells: as many as are looked at, and one more
    /// where there are more.
    async fn candidates(&mut self, filter: &Filter) -> Result<Option<Vec<Digest>>, Failure> {
        match filter {
            Filter::All(filters) => {
                let mut least: Option<Vec<Digest>> = None;
                for filter in filters {
                    let found = Box::pin(self.candidates(filter)).await?;
                    least = match (least, found) {
                        (Some(least), Some(found)) if found.len() < least.len() => Some(found),
                        (None, found) => found,
                        (least, _) => least,
                    };
                }
                Ok(least)
            }
            Filter::Any(filters) => {
                let mut all = BTreeSet::new();
                for filter in filters {
                    let Some(found) = Box::pin(self.candidates(filter)).await? else {
                        return Ok(None);
                    };
                    all.extend(found);
                }
                Ok(Some(all.into_iter().collect()))
            }
            Filter::Text(attribute, Test::Is(value)) => self.named_so(*attribute, value).await,
            other => self.in_range(other).await,
        }
    }

    async fn in_range(&mut self, filter: &Filter) -> Result<Option<Vec<Digest>>, Failure> {
        let mut condition = Condition::living(self.organization);
        let Some(test) = range(filter, &mut condition) else { return Ok(None) };
        let count = condition.place(bound());
        let sql = format!(
            "SELECT account FROM saml_accounts WHERE {} AND {test} LIMIT {count}",
            condition.sql
        );
        let rows = self.connection.rows(sql, condition.values).await?;
        rows.iter().map(|row| row.array(0)).collect::<Result<_, _>>().map(Some)
    }

    /// Whom an attribute names so, deleted ones included; `None` where no index serves it.
    async fn named_so(
        &mut self,
        attribute: Attribute,
        value: &str,
    ) -> Result<Option<Vec<Digest>>, Failure> {
        let by_name = "SELECT account FROM saml_names WHERE organization = $1 AND name = $2 \
             ORDER BY living DESC LIMIT $3";
        let by_address = "SELECT account FROM saml_addresses \
             WHERE organization = $1 AND address = $2 LIMIT $3";
        let (sql, key) = match attribute {
            Attribute::Email => (by_address, keys::of_address(value)),
            Attribute::ExternalId => (by_name, Name::ExternalId(value.to_owned()).digest()),
            Attribute::Id => return Ok(Some(vec![keys::of_account(&value.into())])),
            Attribute::UserName => (by_name, Name::user_name(value).digest()),
            _ => return Ok(None),
        };
        let rows = self.connection.rows(sql, values![self.organization, key, bound()]).await?;
        rows.iter().map(|row| row.array(0)).collect::<Result<_, _>>().map(Some)
    }
}

/// Any of these; of none, nobody passes.
fn any(tests: &[String]) -> String {
    match tests {
        [] => "1 = 0".to_owned(),
        tests => format!("({})", tests.join(" OR ")),
    }
}

/// The SQL of a test of a column that has an index.
fn range(filter: &Filter, condition: &mut Condition) -> Option<String> {
    let (column, is, value) = match filter {
        Filter::Status(status) => ("status", "=", status.as_str().into()),
        Filter::ChangedAfter(at, true) => ("changed_at", ">=", keys::instant(*at).into()),
        Filter::ChangedAfter(at, false) => ("changed_at", ">", keys::instant(*at).into()),
        Filter::ChangedBefore(at, true) => ("changed_at", "<=", keys::instant(*at).into()),
        Filter::ChangedBefore(at, false) => ("changed_at", "<", keys::instant(*at).into()),
        _ => return None,
    };
    let value: crate::database::Value = value;
    Some(format!("{column} {is} {}", condition.place(value)))
}

/// A page of those who pass.
fn page_of(listing: &Listing, mut accounts: Vec<Account>) -> Page {
    accounts.sort_by(|one, other| listing.compare(one, other));
    let total = accounts.len();
    let skip = match &listing.from {
        Position::After(at, id) => accounts.partition_point(|account| {
            let (place, after) = ((account.created_at, &account.id), (*at, id));
            if listing.descending { place >= after } else { place <= after }
        }),
        Position::Skip(skip) => *skip,
        _ => 0,
    };
    Page::new(accounts.into_iter().skip(skip).take(listing.count).collect(), total)
}
