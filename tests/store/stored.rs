//! What a store of somebody else keeps as JSON is read back to the letter (feature `serde`).

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::account::{Account, AccountAddress, AccountId, EmailProof};
use saml_login::audit::Actor;
use saml_login::identity::Email;
use saml_login::organization::SetupScope;
use saml_login::session::{LoginMethod, SessionStart};
use saml_login::store::{
    CodeDigest, Confirmation, DirectoryToken, Kept, KeptWhat, LoginCode, PagingKey, RequestLog,
    SetupLink, StoreRecord,
};
use saml_login::token::TokenDigest;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::nanoseconds(1)
}

fn email() -> Email {
    Email::parse(" Alice@EXAMPLE.test ").unwrap()
}

/// Its JSON, once that was seen to read back as it was.
#[track_caller]
fn json<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) -> Value {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&text).unwrap(), *value);
    serde_json::from_str(&text).unwrap()
}

#[test]
fn everything_that_is_kept_by_a_digest_is_read_back() {
    let code = CodeDigest::from_bytes([0xAB; 32]);
    let hex = "ab".repeat(32);
    let digest = TokenDigest::from_bytes([1; 32]);
    let id = || AccountId::new("1");
    let of = |what| Kept::new("org-1", digest, Some(at()), what);
    let confirmation = Confirmation::new(id(), 2, email(), vec![0, 255], code);
    let token = DirectoryToken::new("token-1", "Okta", Actor::Operator("ops".into()), at());
    let login_code = LoginCode::new(Some(id()), 3, email(), code);
    let link = SetupLink::new("link-1", [SetupScope::Sso], Actor::Member(id()), at());
    let instant = "1970-01-01T00:00:00.000000001Z";
    let whats = [
        (
            KeptWhat::Confirmation(confirmation),
            json!({ "confirmation": { "account": "1", "generation": 2,
                "sent_to": " Alice@EXAMPLE.test ", "login": [0, 255], "code": hex, "tries": 5 } }),
        ),
        (
            KeptWhat::DirectoryToken(token),
            json!({ "directory_token": { "id": "token-1", "name": "Okta",
                "made_by": { "operator": "ops" }, "made_at": instant, "last_used_at": null,
                "client": null } }),
        ),
        (
            KeptWhat::LoginCode(login_code),
            json!({ "login_code": { "account": "1", "generation": 3,
                "email": " Alice@EXAMPLE.test ", "code": hex, "tries": 5 } }),
        ),
        (
            KeptWhat::PagingKey(PagingKey::new(4, (at(), id()))),
            json!({ "paging_key": { "number": 4, "after": [instant, "1"] } }),
        ),
        (
            KeptWhat::SetupLink(link),
            json!({ "setup_link": { "id": "link-1", "scope": ["sso"],
                "made_by": { "member": "1" }, "made_at": instant } }),
        ),
    ];
    for (what, expected) in whats {
        let read = json(&of(what));
        assert_eq!(read["what"], expected);
        assert_eq!(read["digest"], "01".repeat(32));
    }
}

#[test]
fn requests_and_the_one_record_are_read_back() {
    let mut request = RequestLog::new("org-1", at(), "push", 409);
    request.notes = vec!["one".into()];
    request.reason = Some("user_name_taken".into());
    let read = json(&request);
    assert_eq!((&read["status"], &read["reason"]), (&json!(409), &json!("user_name_taken")));
    let mut record = StoreRecord::default();
    record.version = 1;
    record.sealing_keys = BTreeSet::from(["mark".to_owned()]);
    assert_eq!(json(&record), json!({ "version": 1, "sealing_keys": ["mark"] }));
}

#[test]
fn an_address_that_is_kept_is_read_back_as_it_was_sent() {
    let mut account = Account::new(AccountId::new("1"), "org-1", at());
    account.address = Some(AccountAddress::new(email(), EmailProof::Proven));
    assert_eq!(json(&account)["address"]["email"], " Alice@EXAMPLE.test ");
    let mut start = SessionStart::new(&account, LoginMethod::EmailCode);
    start.proven = Some(email());
    assert_eq!(json(&start)["proven"], " Alice@EXAMPLE.test ");
    assert_eq!(json(&start.credential())["proven"], " Alice@EXAMPLE.test ");
    // What an application is told of an identity is the address alone.
    assert_eq!(serde_json::to_value(email()).unwrap(), "Alice@example.test");
}
