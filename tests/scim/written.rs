//! Account → what a directory reads.

use saml_login::account::{AccountId, Status};
use saml_login::scim::{Selection, location, sort_by, user, version_tag};
use saml_login::store::SortBy;
use serde_json::{Value, json};

use crate::{USER, ada, grace, with};

const BASE: &str = "https://app.test/scim/acme/v2";

fn whole() -> Value {
    json!({
        "schemas": [USER],
        "id": "a1",
        "externalId": "ext-1",
        "userName": "ada",
        "displayName": "Ada B.",
        "name": { "givenName": "Ada", "familyName": "Byron", "formatted": "Ada Byron" },
        "emails": [
            { "value": "ada@example.test", "type": "work", "primary": true },
            { "value": "ada@home.test", "type": "home", "primary": false },
        ],
        "active": true,
        "meta": {
            "resourceType": "User",
            "created": "2030-01-31T12:00:00.123456Z",
            "lastModified": "2030-02-01T12:00:00Z",
            "location": "https://app.test/scim/acme/v2/Users/a1",
            "version": "W/\"3\"",
        },
    })
}

#[test]
fn an_account_is_read_as_it_was_sent() {
    for base in [BASE, "https://app.test/scim/acme/v2/"] {
        assert_eq!(user(&ada(), base, &Selection::default()), whole());
    }
}

#[test]
fn whoever_came_otherwise_is_read_as_they_are() {
    let mut grace = grace();
    let read = user(&grace, BASE, &Selection::default());
    let expected = json!({
        "schemas": [USER],
        "id": "g1",
        "userName": "Grace@Example.test",
        "name": { "givenName": "Grace" },
        "emails": [{ "value": "Grace@Example.test", "type": "work", "primary": true }],
        "active": true,
        "meta": read["meta"],
    });
    assert_eq!(read, expected);
    grace.user_name = Some("grace".into());
    grace.address = None;
    grace.profile = Default::default();
    for (status, active) in
        [(Status::Active, true), (Status::Deactivated, false), (Status::Deleted, false)]
    {
        grace.status = status;
        let expected = with(
            &expected,
            &json!({ "userName": "grace", "name": null, "emails": null, "active": active }),
        );
        assert_eq!(user(&grace, BASE, &Selection::default()), expected);
    }
    grace.user_name = None;
    assert_eq!(user(&grace, BASE, &Selection::default())["userName"], "g1");
}

#[test]
fn attributes_are_chosen_by_name() {
    let just = |members: Value| {
        let mut just = with(&json!({ "schemas": [USER], "id": "a1" }), &members);
        for (name, value) in just.as_object_mut().expect("an object") {
            if *value == json!("as read") {
                *value = whole()[name].clone();
            }
        }
        just
    };
    let but = |members: Value| with(&whole(), &members);
    let values = json!([{ "value": "ada@example.test" }, { "value": "ada@home.test" }]);
    let name = json!({ "givenName": "Ada", "formatted": "Ada Byron" });
    for (attributes, excluded, expected) in [
        (None, None, whole()),
        (Some(""), None, whole()),
        (Some(" "), Some(""), whole()),
        (Some("userName"), None, just(json!({ "userName": "ada" }))),
        (
            Some("USERNAME, active,userName,,"),
            None,
            just(json!({ "userName": "ada", "active": true })),
        ),
        (
            Some("urn:ietf:params:scim:schemas:core:2.0:User:userName"),
            None,
            just(json!({ "userName": "ada" })),
        ),
        (Some("urn:ietf:params:scim:schemas:core:2.0:User"), None, whole()),
        (Some("name"), None, just(json!({ "name": "as read" }))),
        (Some("name.givenName"), None, just(json!({ "name": { "givenName": "Ada" } }))),
        (Some("emails.value"), None, just(json!({ "emails": values }))),
        (Some("meta.version"), None, just(json!({ "meta": { "version": "W/\"3\"" } }))),
        (Some("id"), None, just(json!({}))),
        (Some("title,groups"), None, just(json!({}))),
        (
            None,
            Some("emails,META,active"),
            but(json!({ "emails": null, "meta": null, "active": null })),
        ),
        (None, Some("name.familyName"), but(json!({ "name": name }))),
        (None, Some("id,schemas"), whole()),
        (None, Some("title"), whole()),
        (Some("userName,name"), Some("name"), just(json!({ "userName": "ada" }))),
    ] {
        let selection = Selection::of(attributes, excluded);
        assert_eq!(user(&ada(), BASE, &selection), expected, "{attributes:?} {excluded:?}");
    }
    assert_eq!(Selection::only(["userName"]), Selection::of(Some("userName"), None));
}

#[test]
fn a_location_is_a_url_whatever_the_id_is() {
    for (id, expected) in [
        ("a-1_b.c~d", "https://app.test/scim/acme/v2/Users/a-1_b.c~d"),
        ("a/../b?c#d e%ü", "https://app.test/scim/acme/v2/Users/a%2F..%2Fb%3Fc%23d%20e%25%C3%BC"),
    ] {
        assert_eq!(location(BASE, &AccountId::new(id)), expected);
    }
    assert_eq!(version_tag(17), "W/\"17\"");
}

#[test]
fn lists_are_sorted_by_what_is_kept_in_order() {
    for (name, expected) in [
        ("userName", Some(SortBy::UserName)),
        (" USERNAME", Some(SortBy::UserName)),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName", Some(SortBy::UserName)),
        ("id", Some(SortBy::Id)),
        ("meta.created", Some(SortBy::Created)),
        ("Meta.LastModified", Some(SortBy::Changed)),
        ("meta", None),
        ("displayName", None),
        ("emails.value", None),
        ("sailColour", None),
        ("", None),
    ] {
        assert_eq!(sort_by(name), expected, "{name}");
    }
}
