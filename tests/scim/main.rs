//! SCIM: what directories send, form by form, and what becomes of it to the letter.

#[path = "../common/mod.rs"]
mod common;
mod bodies;
mod breaks;
mod discovery;
mod errors;
mod filters;
mod oracle;
mod patches;
mod paths;
mod people;
mod properties;
mod sent;
mod written;

use chrono::{DateTime, Utc};
use saml_login::account::{
    Account, AccountAddress, AccountId, EmailProof, Pushed, PushedAddress, Status,
};
use saml_login::identity::Email;
use saml_login::provision::Wanted;
use saml_login::scim::{
    JsonLimits, Patch, ReceivedUser, ScimError, ScimMode, Selection, parse, user,
};
use serde_json::{Map, Value};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn object(value: &Value) -> Map<String, Value> {
    parse(value.to_string().as_bytes(), &JsonLimits::default()).expect("an object")
}

fn address(value: &str, kind: Option<&str>, primary: bool) -> PushedAddress {
    let mut address = PushedAddress::default();
    (address.value, address.kind, address.primary) = (value.into(), kind.map(Into::into), primary);
    address
}

/// Whom the directory has pushed, whole.
fn ada() -> Account {
    let mut pushed = Pushed::new("ada");
    pushed.external_id = Some("ext-1".into());
    pushed.addresses = vec![
        address("ada@example.test", Some("work"), true),
        address("ada@home.test", Some("home"), false),
    ];
    pushed.given_name = Some("Ada".into());
    pushed.family_name = Some("Byron".into());
    pushed.formatted = Some("Ada Byron".into());
    pushed.display_name = Some("Ada B.".into());
    pushed_as(pushed)
}

fn pushed_as(pushed: Pushed) -> Account {
    let mut account = Account::new(AccountId::new("a1"), "acme", at("2030-01-31T12:00:00.123456Z"));
    account.changed_at = at("2030-02-01T12:00:00Z");
    account.version = 3;
    account.address =
        pushed.email().map(|email| AccountAddress::new(email, EmailProof::Organization));
    account.user_name = Some(pushed.user_name.clone());
    account.external_id = pushed.external_id.clone();
    account.profile = pushed.profile();
    account.pushed = Some(Box::new(pushed));
    account
}

/// Whom somebody has invited before there was a directory.
fn grace() -> Account {
    let mut account = Account::new(AccountId::new("g1"), "acme", at("2030-01-31T12:00:00Z"));
    let email = Email::parse(" Grace@Example.test").expect("an address");
    account.address = Some(AccountAddress::new(email, EmailProof::Organization));
    account.status = Status::Invited;
    account.profile.first_name = Some("Grace".into());
    account
}

/// What the directory reads of a wanted person: what it would get back.
fn read(wanted: &Wanted) -> Value {
    let all = Selection::default().without(["id", "meta", "active"]);
    let mut read = user(&pushed_as(wanted.pushed.clone()), "https://app.test", &all);
    let object = read.as_object_mut().expect("an object");
    object.remove("schemas");
    object.remove("id");
    if let Some(active) = wanted.active {
        object.insert("active".into(), active.into());
    }
    read
}

/// The answer to a refused body.
fn told(error: impl Into<ScimError>) -> (u16, Option<&'static str>) {
    let error = error.into();
    assert!(!error.detail.is_empty());
    (error.status, error.scim_type.map(|scim_type| scim_type.as_str()))
}

/// What becomes of a person by a POST or a PUT, or its answer.
fn put(
    account: Option<&Account>,
    body: &Value,
    mode: ScimMode,
) -> Result<Value, (u16, Option<&'static str>)> {
    let received = ReceivedUser::parse(&object(body), mode).map_err(told)?;
    received.apply(account).map(|wanted| read(&wanted)).map_err(told)
}

/// What becomes of a person by a PATCH with these operations, or its answer.
fn patch(
    account: &Account,
    operations: Value,
    mode: ScimMode,
) -> Result<Value, (u16, Option<&'static str>)> {
    let body = serde_json::json!({ "schemas": [PATCH], "Operations": operations });
    let patch = Patch::parse(&object(&body), mode).map_err(told)?;
    patch.apply(Some(account)).map(|wanted| read(&wanted)).map_err(told)
}

/// An object with members taken from another one.
fn with(base: &Value, members: &Value) -> Value {
    let mut base = base.clone();
    for (name, value) in members.as_object().expect("an object") {
        match value {
            Value::Null => base.as_object_mut().expect("an object").remove(name),
            value => base.as_object_mut().expect("an object").insert(name.clone(), value.clone()),
        };
    }
    base
}
