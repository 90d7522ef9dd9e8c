//! Accounts by their names.

use std::collections::BTreeMap;

use saml_login::account::{Account, OrganizationId};
use saml_login::store::{Found, Names, Record};

use crate::database::{Batch, Connection, Value, values};
use crate::failure::Failure;
use crate::keys::{self, Digest};
use crate::write::counters;

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
    let mut found = BTreeMap::new();
    let ids: Vec<Digest> = names.ids.iter().map(keys::of_account).collect();
    for account in accounts(connection, &key, &ids).await? {
        found.insert(account.id.clone(), account);
    }
    let (mut batch, mut by_name, mut marked) = (Batch::default(), Vec::new(), Vec::new());
    for name in &names.names {
        by_name.push(batch.add(BY_NAME, values![key, name.digest()]));
    }
    if let Some(token) = &names.invitation {
        by_name.push(batch.add(BY_INVITATION, values![key, token.as_bytes()]));
    }
    // Behind the accounts: who is purged meanwhile is seen at least once.
    for name in &names.names {
        let mark = record.purge_key.mark(name)?;
        marked.push(batch.add(PURGED, values![key, mark.as_bytes()]));
    }
    let answers = connection.many(batch).await?;
    for row in by_name.iter().flat_map(|place| answers.rows(*place)) {
        let account: Account = row.record(0)?;
        found.insert(account.id.clone(), account);
    }
    let purged = marked.iter().any(|place| answers.first(*place).is_some());
    Ok(Some(Found::new(record, found.into_values().collect(), purged)))
}

const BY_INVITATION: &str =
    "SELECT record FROM saml_accounts WHERE organization = $1 AND invitation = $2";
const BY_NAME: &str = "SELECT a.record FROM saml_names n JOIN saml_accounts a \
     ON a.organization = n.organization AND a.account = n.account \
     WHERE n.organization = $1 AND n.name = $2";
const PURGED: &str = "SELECT 1 FROM saml_purged WHERE organization = $1 AND mark = $2";

/// So many values a statement is given at once.
const AT_ONCE: usize = 500;

/// The accounts of these keys that are there. Each is looked up by itself: where it is unknown how
/// many accounts there are, a list can look to a planner as if it were cheaper to read them all.
pub(super) async fn accounts(
    connection: &mut Connection<'_>,
    organization: &Digest,
    keys: &[Digest],
) -> Result<Vec<Account>, Failure> {
    let mut accounts = Vec::new();
    for keys in keys.chunks(AT_ONCE) {
        let one = |place: usize| format!("(${})", place.saturating_add(2));
        let sql = format!(
            "WITH wanted(account) AS (VALUES {}) SELECT (SELECT a.record FROM saml_accounts a \
             WHERE a.organization = $1 AND a.account = wanted.account) FROM wanted",
            (0..keys.len()).map(one).collect::<Vec<_>>().join(", ")
        );
        let mut values = values![organization];
        values.extend(keys.iter().map(Value::from));
        for row in connection.rows(sql, values).await? {
            if row.maybe_bytes(0)?.is_some() {
                accounts.push(row.record(0)?);
            }
        }
    }
    Ok(accounts)
}
