//! An account → the User that a directory reads.

use chrono::{DateTime, SecondsFormat, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::Selection;
use super::names::USER;
use super::schema::Field;
use crate::account::{Account, AccountId, Pushed, PushedAddress};

/// The User that a directory reads of an account: what it has pushed itself, to the letter, and of
/// accounts that came otherwise what they have.
///
/// `base` is the URL that the directory was given, without `/Users`, with a slash at its end or
/// without. `active` is true of whoever holds a seat, the invited among them. Nothing is `null`.
///
/// ```
/// use saml_login::account::{Account, AccountId};
/// use saml_login::scim::{Selection, user};
///
/// let account = Account::new(AccountId::new("a1"), "acme", "2030-01-31T12:00:00Z".parse()?);
/// let user = user(&account, "https://app.example.com/scim/acme/v2/", &Selection::default());
/// assert_eq!(user["active"], true);
/// assert_eq!(user["meta"]["location"], "https://app.example.com/scim/acme/v2/Users/a1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn user(account: &Account, base: &str, selection: &Selection) -> Value {
    let pushed = Pushed::of(account);
    let mut user = Object { selection, members: Map::new() };
    user.members.insert("schemas".into(), json!([USER]));
    user.put(Field::Id, "id", account.id.as_str());
    user.put(Field::UserName, "userName", &*pushed.user_name);
    user.put_some(Field::ExternalId, "externalId", pushed.external_id.as_deref());
    user.put_some(Field::DisplayName, "displayName", pushed.display_name.as_deref());
    user.put_object("name", |name| {
        name.put_some(Field::GivenName, "givenName", pushed.given_name.as_deref());
        name.put_some(Field::FamilyName, "familyName", pushed.family_name.as_deref());
        name.put_some(Field::Formatted, "formatted", pushed.formatted.as_deref());
    });
    let emails = pushed.addresses.iter().filter_map(|address| email(address, selection));
    let emails: Vec<Value> = emails.collect();
    if !emails.is_empty() {
        user.members.insert("emails".into(), emails.into());
    }
    user.put(Field::Active, "active", account.status.holds_seat());
    user.put_object("meta", |meta| {
        meta.put(Field::ResourceType, "resourceType", "User");
        meta.put(Field::Created, "created", instant(account.created_at));
        meta.put(Field::LastModified, "lastModified", instant(account.changed_at));
        meta.put(Field::Location, "location", location(base, &account.id));
        meta.put(Field::Version, "version", version_tag(account.version));
    });
    user.members.into()
}

/// Where a User is read, changed and removed: `{base}/Users/{id}`.
pub fn location(base: &str, id: &AccountId) -> String {
    /// RFC 3986 §2.3, unreserved.
    const ESCAPED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let id = utf8_percent_encode(id.as_str(), ESCAPED);
    format!("{}/Users/{id}", base.trim_end_matches('/'))
}

/// The ETag of an account's [version](Account::version). RFC 7644 §3.14: a weak one, because the
/// same version can be written with other attributes left out.
pub fn version_tag(version: u64) -> String {
    format!("W/\"{version}\"")
}

/// With all the digits that are kept, so that a filter by this very instant finds the account.
fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn email(address: &PushedAddress, selection: &Selection) -> Option<Value> {
    let mut email = Object { selection, members: Map::new() };
    email.put(Field::EmailValue, "value", &*address.value);
    email.put_some(Field::EmailType, "type", address.kind.as_deref());
    email.put(Field::EmailPrimary, "primary", address.primary);
    (!email.members.is_empty()).then(|| email.members.into())
}

/// An object of the attributes that were chosen.
struct Object<'s> {
    selection: &'s Selection,
    members: Map<String, Value>,
}

impl Object<'_> {
    fn put(&mut self, field: Field, name: &str, value: impl Into<Value>) {
        if self.selection.shows(field) {
            self.members.insert(name.to_owned(), value.into());
        }
    }

    fn put_some(&mut self, field: Field, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.put(field, name, value);
        }
    }

    fn put_object(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        let mut inner = Self { selection: self.selection, members: Map::new() };
        fill(&mut inner);
        if !inner.members.is_empty() {
            self.members.insert(name.to_owned(), inner.members.into());
        }
    }
}
