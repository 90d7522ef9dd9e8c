//! Accounts by their names.

use std::collections::BTreeMap;

use saml_login::account::{Account, AccountId, OrganizationId};
use saml_login::store::{Found, Names, Record};

use crate::database::{Connection, Sql, Value, places, values};
use crate::failure::Failure;
use crate::keys::{self, Digest};
use crate::write::counters;

/// So many values a statement is given at once.
pub(super) const AT_ONCE: usize = 500;

/// The organization, and its numbers.
pub(crate) async fn organization(
    connection: &mut Connection<'_>,
    organization: &Digest,
) -> Result<Option<Record>, Failure> {
    let sql = format!(
        "SELECT {}, o.version, o.record, o.purge_key FROM saml_counters c \
         JOIN saml_organizations o ON o.organization = c.organization \
         WHERE c.organization = $1 AND o.record IS NOT NULL",
        counters::COLUMNS
    );
    let row = connection.row(sql, values![organization]).await?;
    row.map(|row| counters::read_whole(&row)).transpose()
}

/// The accounts with any of these names, each once.
pub(crate) async fn find(
    connection: &mut Connection<'_>,
    id: &OrganizationId,
    names: &Names,
) -> Result<Option<Found>, Failure> {
    let key = keys::of_organization(id);
    let Some(record) = organization(connection, &key).await? else { return Ok(None) };
    let ids: Vec<Digest> = names.ids.iter().map(keys::of_account).collect();
    let digests: Vec<Digest> = names.names.iter().map(|name| name.digest()).collect();
    let invitations = names.invitation.iter().map(|token| *token.as_bytes()).collect::<Vec<_>>();
    let mut found = BTreeMap::new();
    by(connection, &mut found, BY_ID, &key, &ids).await?;
    by(connection, &mut found, BY_NAME, &key, &digests).await?;
    by(connection, &mut found, BY_INVITATION, &key, &invitations).await?;
    let marks = names.names.iter().map(|name| record.purge_key.mark(name));
    let marks = marks.map(|mark| mark.map(|mark| *mark.as_bytes()));
    let marks = marks.collect::<Result<Vec<_>, _>>()?;
    let purged = !rows_of(connection, PURGED, &key, &marks).await?.is_empty();
    Ok(Some(Found::new(record, found.into_values().collect(), purged)))
}

pub(super) const BY_ID: &str =
    "SELECT record FROM saml_accounts WHERE organization = $1 AND account IN";
const BY_INVITATION: &str =
    "SELECT record FROM saml_accounts WHERE organization = $1 AND invitation IN";
const BY_NAME: &str = "SELECT a.record FROM saml_names n JOIN saml_accounts a \
     ON a.organization = n.organization AND a.account = n.account \
     WHERE n.organization = $1 AND n.name IN";
const PURGED: &str = "SELECT 1 FROM saml_purged WHERE organization = $1 AND mark IN";

async fn by(
    connection: &mut Connection<'_>,
    found: &mut BTreeMap<AccountId, Account>,
    select: &'static str,
    organization: &Digest,
    keys: &[Digest],
) -> Result<(), Failure> {
    for row in rows_of(connection, select, organization, keys).await? {
        let account: Account = row.record(0)?;
        found.insert(account.id.clone(), account);
    }
    Ok(())
}

/// The rows of a statement that ends in `IN`, for these.
pub(super) async fn rows_of(
    connection: &mut Connection<'_>,
    select: &'static str,
    organization: &Digest,
    keys: &[Digest],
) -> Result<Vec<crate::database::Row>, Failure> {
    let mut rows = Vec::new();
    for keys in keys.chunks(AT_ONCE) {
        let sql: Sql = format!("{select} ({})", places(2, keys.len())).into();
        let mut values = values![organization];
        values.extend(keys.iter().map(Value::from));
        rows.extend(connection.rows(sql, values).await?);
    }
    Ok(rows)
}
