//! Pages of an organization's accounts, read by the index of their order.

use saml_login::account::{Account, OrganizationId, Status};
use saml_login::organization::Counters;
use saml_login::store::{Filter, Listing, Page, Position, SortBy, TooMany};

use super::search;
use crate::database::{Connection, Row, Value, values};
use crate::failure::Failure;
use crate::keys::{self, Digest};
use crate::write::counters;

/// Which rows of accounts: a condition, with its values from `$1` on.
pub(super) struct Condition {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Condition {
    /// The living of an organization.
    pub(super) fn living(organization: &Digest) -> Self {
        let sql = "organization = $1 AND living = 1".to_owned();
        Self { sql, values: values![organization] }
    }

    fn of_status(organization: &Digest, status: Status) -> Self {
        let sql = "organization = $1 AND status = $2".to_owned();
        Self { sql, values: values![organization, status.as_str()] }
    }

    /// The place of one more value.
    pub(super) fn place(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }
}

pub(crate) async fn list(
    connection: &mut Connection<'_>,
    id: &OrganizationId,
    listing: &Listing,
) -> Result<Result<Page, TooMany>, Failure> {
    let organization = keys::of_organization(id);
    let Some(counters) = read_counters(connection, &organization).await? else {
        return Ok(Ok(Page::new(Vec::new(), 0)));
    };
    let (condition, total) = match &listing.filter {
        None => (Condition::living(&organization), counters.living()),
        // All of no tests pass.
        Some(Filter::All(filters)) if filters.is_empty() => {
            (Condition::living(&organization), counters.living())
        }
        // A list has no deleted accounts, asked for or not.
        Some(Filter::Status(Status::Deleted)) => return Ok(Ok(Page::new(Vec::new(), 0))),
        Some(Filter::Status(status)) if listing.sort == SortBy::Created => {
            (Condition::of_status(&organization, *status), counters.with_status(*status))
        }
        Some(filter) => return search::search(connection, &organization, listing, filter).await,
    };
    let total = usize::try_from(total).unwrap_or(usize::MAX);
    Ok(Ok(Page::new(page(connection, condition, listing).await?, total)))
}

async fn read_counters(
    connection: &mut Connection<'_>,
    organization: &Digest,
) -> Result<Option<Counters>, Failure> {
    let sql = format!("SELECT {} FROM saml_counters WHERE organization = $1", counters::COLUMNS);
    let row = connection.row(sql, values![organization]).await?;
    row.map(|row| counters::read(&row)).transpose()
}

/// The accounts of one page, in the order that is asked for.
pub(super) async fn page(
    connection: &mut Connection<'_>,
    mut condition: Condition,
    listing: &Listing,
) -> Result<Vec<Account>, Failure> {
    let columns: &[&str] = match listing.sort {
        SortBy::Changed => &["changed_at", "created_at", "id_key"],
        SortBy::Created => &["created_at", "id_key"],
        SortBy::Id => &["id_key"],
        SortBy::UserName => &["user_name_key", "created_at", "id_key"],
        _ => return Err(Failure::other("an order that this release knows not")),
    };
    let direction = if listing.descending { " DESC" } else { "" };
    let order = columns.iter().map(|column| format!("{column}{direction}"));
    let order = order.collect::<Vec<_>>().join(", ");
    let (behind, from) = if listing.descending { ("<", "<=") } else { (">", ">=") };
    let place = match &listing.from {
        // Only in the order of making.
        Position::After(at, id) if listing.sort == SortBy::Created => {
            let at = condition.place(keys::instant(*at));
            let id = condition.place(keys::id_key(id));
            format!(" AND (created_at, id_key) {behind} ({at}, {id})")
        }
        // Where the page begins is read in the index alone: no record is skipped one by one.
        Position::Skip(skip) if *skip > 0 => {
            let skip = condition.place(i64::try_from(*skip).unwrap_or(i64::MAX));
            let (columns, rows) = (columns.join(", "), &condition.sql);
            format!(
                " AND ({columns}) {from} (SELECT {columns} FROM saml_accounts WHERE {rows} \
                 ORDER BY {order} LIMIT 1 OFFSET {skip})"
            )
        }
        _ => String::new(),
    };
    let count = condition.place(i64::try_from(listing.count).unwrap_or(i64::MAX));
    let sql = format!(
        "SELECT record FROM saml_accounts WHERE {}{place} ORDER BY {order} LIMIT {count}",
        condition.sql
    );
    read(&connection.rows(sql, condition.values).await?)
}

/// The accounts of rows of records.
pub(super) fn read(rows: &[Row]) -> Result<Vec<Account>, Failure> {
    rows.iter().map(|row| row.record(0)).collect()
}
