//! POST and PUT: the User that a directory sends → how a person is to be.

use saml_login::scim::{BodyRefusal, ReceivedUser, ScimMode};
use serde_json::{Value, json};

use crate::{USER, ada, grace, object, put, with};

const LENIENT: ScimMode = ScimMode::Lenient;
const INTEROP: ScimMode = ScimMode::Interop;
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn mia() -> Value {
    json!({
        "schemas": [USER],
        "userName": "mia@example.test",
        "externalId": "ext-7",
        "displayName": "Mia K.",
        "name": { "givenName": "Mia", "familyName": "Kaiser", "formatted": "Mia Kaiser" },
        "emails": [{ "value": "mia@example.test", "type": "work", "primary": true }],
        "active": true,
    })
}

/// What is read of her.
fn read() -> Value {
    with(&mia(), &json!({ "schemas": null }))
}

fn warned(body: &Value) -> Vec<String> {
    let received = ReceivedUser::parse(&object(body), LENIENT).expect("a user");
    received.warnings().iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_sent_is_what_is_read() {
    for mode in [LENIENT, INTEROP] {
        assert_eq!(put(None, &mia(), mode), Ok(read()));
        let odd = json!({
            "displayName": "佐藤 ゾーイ 🚢 שלום ",
            "userName": " Zoe\u{308} ",
            "name": { "familyName": "Müller-Łukasz" },
            "emails": [
                { "value": "no address", "type": "Work", "primary": false },
                { "value": "MIA@Example.TEST", "primary": true },
            ],
        });
        let read = with(&read(), &odd);
        assert_eq!(put(None, &with(&mia(), &odd), mode), Ok(read));
    }
}

/// Every body that the tables below change into something else comes out as hers.
#[test]
fn spellings_do_not_matter() {
    let address = json!([{ "value": "mia@example.test", "type": "work", "primary": true }]);
    for changes in [
        json!({ "active": null, "Active": "True" }),
        json!({ "active": "tRUE" }),
        json!({ "active": [true] }),
        json!({ "userName": null, "USERNAME": "mia@example.test" }),
        json!({ "userName": ["mia@example.test"] }),
        json!({ "name": [{ "givenName": ["Mia"], "FAMILYNAME": "Kaiser", "formatted": "Mia Kaiser" }] }),
        json!({ "name": "{\"givenName\": \"Mia\", \"familyName\": \"Kaiser\", \"formatted\": \"Mia Kaiser\"}" }),
        json!({ "name": null, "name.givenName": "Mia", "name.familyName": "Kaiser", "name.formatted": "Mia Kaiser" }),
        json!({ "emails": address[0] }),
        json!({ "emails": address.to_string() }),
        json!({ "emails": address[0].to_string() }),
        json!({ "emails": [address[0].to_string()] }),
        json!({ "emails": [null, { "VALUE": "mia@example.test", "type": "work", "primary": "TRUE" }] }),
        json!({ "emails": [{ "value": "mia@example.test", "type": "work", "primary": true, "display": "Mia", "$ref": "x" }] }),
        json!({ "displayName": null, "urn:ietf:params:scim:schemas:core:2.0:User:displayName": "Mia K." }),
        json!({ "displayName": null, "urn:scim:schemas:core:2.0:displayName": "Mia K." }),
        json!({ "displayName": null, "URN:ietf:params:scim:schemas:core:2.0:USER": { "displayName": "Mia K." } }),
        // What the server sets, and what is not stored.
        json!({ "id": "x", "meta": { "created": "2001-01-01T00:00:00Z" } }),
        json!({ "ID": 17, "Meta": "x" }),
        json!({ "password": "Tide-4711-low", "groups": [], "locale": "de-DE", "title": null }),
        json!({ "roles": [{ "value": "admin" }, "owner"], "entitlements": "x", "x509Certificates": [{}] }),
        json!({ ENTERPRISE: { "department": "Deck", "userName": "eve" } }),
        json!({ "urn:okta:quay:1.0:user:custom": { "badge": "17" } }),
        json!({ "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "Deck" }),
        // Whose User it is.
        json!({ "schemas": null }),
        json!({ "schemas": [] }),
        json!({ "schemas": USER }),
        json!({ "schemas": [ENTERPRISE, USER] }),
        json!({ "schemas": [USER, "urn:okta:quay:1.0:user:custom"] }),
        json!({ "schemas": ["urn:scim:schemas:core:2.0", "urn:scim:schemas:extension:enterprise:2.0"] }),
        json!({ "schemas": ["urn:SCIM:schemas:core:2.0:User"] }),
    ] {
        let body = with(&mia(), &changes);
        assert_eq!(put(None, &body, LENIENT), Ok(read()), "{changes}");
        assert_eq!(warned(&body), [] as [&str; 0], "{changes}");
    }
}

#[test]
fn addresses_may_be_bare() {
    let read_of = |emails: Value| {
        put(None, &with(&mia(), &json!({ "emails": emails })), LENIENT)
            .map(|read| read["emails"].clone())
    };
    let bare = |value: &str| json!({ "value": value, "primary": false });
    for (emails, expected) in [
        (json!("a@x.test"), json!([bare("a@x.test")])),
        (json!(["a@x.test", "b@x.test"]), json!([bare("a@x.test"), bare("b@x.test")])),
        (json!(["a@x.test", { "value": "b@x.test" }]), json!([bare("a@x.test"), bare("b@x.test")])),
        (
            json!([{ "value": "a@x.test", "type": null, "primary": null }]),
            json!([bare("a@x.test")]),
        ),
        (json!([{ "value": ["a@x.test"] }]), json!([bare("a@x.test")])),
        // No JSON after all.
        (json!("{a@x.test"), json!([bare("{a@x.test")])),
    ] {
        assert_eq!(read_of(emails.clone()), Ok(expected), "{emails}");
    }
}

#[test]
fn a_text_is_a_text_whatever_it_looks_like() {
    let body =
        with(&mia(), &json!({ "displayName": "{\"givenName\": \"x\"}", "externalId": "[1]" }));
    let read =
        with(&read(), &json!({ "displayName": "{\"givenName\": \"x\"}", "externalId": "[1]" }));
    assert_eq!(put(None, &body, LENIENT), Ok(read));
}

#[test]
fn what_nobody_has_heard_of_is_dropped_with_a_warning() {
    for (changes, expected) in [
        (json!({ "isAdmin": true }), "isAdmin was dropped: it is not stored here"),
        (json!({ "emials": "x" }), "emials was dropped: it is not stored here; emails is"),
        (json!({ "email": "x" }), "email was dropped: it is not stored here; emails is"),
        (json!({ "mail": "x" }), "mail was dropped: it is not stored here; emails is"),
        (json!({ "username_": "x" }), "username_ was dropped: it is not stored here; userName is"),
        (
            json!({ "externalID ": "x" }),
            "externalID  was dropped: it is not stored here; externalId is",
        ),
        (
            json!({ "GivenName": "x" }),
            "GivenName was dropped: it is not stored here; name.givenName is",
        ),
        (json!({ "a\nb": "x" }), "a\\nb was dropped: it is not stored here"),
        (json!({ "name.nick": "x" }), "name.nick was dropped: it is not stored here"),
        (json!({ "emails.value": "x" }), "emails.value was dropped: it is not stored here"),
        (
            json!({ "emails": [{ "value": "mia@example.test", "type": "work", "primary": true, "kind": "x" }] }),
            "emails.kind was dropped: it is not stored here",
        ),
        (
            json!({ "emails": [{ "type": "home" }, { "value": "mia@example.test", "type": "work", "primary": true }] }),
            "an e-mail address without a value was dropped",
        ),
    ] {
        let body = with(&mia(), &changes);
        assert_eq!(warned(&body), [expected], "{changes}");
        assert_eq!(put(None, &body, LENIENT), Ok(read()), "{changes}");
    }
    let unreadable = with(&mia(), &json!({ "emails": ["nowhere"] }));
    assert_eq!(
        warned(&unreadable),
        ["an e-mail address is none that can be mailed to: it is kept as sent"]
    );
    let many: Value = (0..99).map(|number| (format!("x{number}"), json!(1))).collect();
    assert_eq!(warned(&with(&mia(), &many)).len(), 20);
}

#[test]
fn values_that_do_not_fit_are_refused() {
    let value = Err((400, Some("invalidValue")));
    let syntax = Err((400, Some("invalidSyntax")));
    for (changes, expected) in [
        (json!({ "active": "yes" }), &value),
        (json!({ "active": "1" }), &value),
        (json!({ "active": 1 }), &value),
        (json!({ "active": 0 }), &value),
        (json!({ "active": "" }), &value),
        (json!({ "active": " true" }), &value),
        (json!({ "active": { "value": false } }), &value),
        (json!({ "active": [true, false] }), &value),
        (json!({ "userName": null }), &value),
        (json!({ "userName": "" }), &value),
        (json!({ "userName": "  " }), &value),
        (json!({ "userName": 17 }), &value),
        (json!({ "userName": ["a", "b"] }), &value),
        (json!({ "userName": { "value": "a" } }), &value),
        (json!({ "displayName": true }), &value),
        (json!({ "externalId": 17 }), &value),
        (json!({ "name": "Mia" }), &value),
        (json!({ "name": { "givenName": {} } }), &value),
        (json!({ "emails": 17 }), &value),
        (json!({ "emails": [["a@x.test", "b@x.test"]] }), &value),
        (json!({ "emails": [{ "value": 17 }] }), &value),
        (json!({ "emails": [{ "value": "a@x.test", "primary": "x" }] }), &value),
        (
            json!({ "emails": [{ "value": "a", "primary": true }, { "value": "b", "primary": "True" }] }),
            &value,
        ),
        (json!({ "emails": vec!["a@x.test"; 11] }), &value),
        (json!({ "displayName": "Evil\r\nName" }), &value),
        (json!({ "displayName": "Evil\u{202e}Name" }), &value),
        (json!({ "displayName": "x".repeat(257) }), &value),
        (json!({ "schemas": ["urn:scim:schemas:core:1.0"] }), &syntax),
        (
            json!({ "schemas": ["urn:scim:schemas:core:1.1", "urn:scim:schemas:extension:enterprise:1.1"] }),
            &syntax,
        ),
        (json!({ "schemas": [USER, "urn:scim:schemas:extension:enterprise:1.0"] }), &syntax),
        (json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"] }), &syntax),
        (json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"] }), &syntax),
        (json!({ "schemas": [17] }), &value),
        (json!({ "urn:ietf:params:scim:schemas:core:2.0:User:active": false }), &syntax),
        (json!({ "name.givenName": "Eve" }), &syntax),
    ] {
        // What can be kept is decided where it would be kept.
        let decided = |body: &Value| {
            let wanted = ReceivedUser::parse(&object(body), LENIENT)
                .map_err(crate::told)?
                .apply(None)
                .map_err(crate::told)?;
            crate::errors::pushed(wanted).map_err(crate::told)
        };
        let body = with(&mia(), &changes);
        assert_eq!(&decided(&body).map(|_| ()), expected, "{changes}");
    }
}

#[test]
fn the_profile_takes_nothing_that_the_schema_does_not_define() {
    for changes in [
        json!({ "title": "Captain" }),
        json!({ "isAdmin": true }),
        json!({ "groups": [] }),
        json!({ "name": { "middleName": "x" } }),
        json!({ "emails": [{ "value": "a@x.test", "display": "x" }] }),
        json!({ ENTERPRISE: { "department": "Deck" } }),
        json!({ "schemas": null }),
        json!({ "schemas": [] }),
        json!({ "schemas": [USER, ENTERPRISE] }),
        json!({ "schemas": ["urn:scim:schemas:core:2.0"] }),
    ] {
        let refused = put(None, &with(&mia(), &changes), INTEROP);
        assert_eq!(refused, Err((400, Some("invalidSyntax"))), "{changes}");
    }
    // What the server sets comes back, and is defined.
    let echoed = json!({ "id": "x", "meta": { "resourceType": "User" } });
    assert_eq!(put(None, &with(&mia(), &echoed), INTEROP), Ok(read()));
    let error = ReceivedUser::parse(&object(&with(&mia(), &json!({ "title": 1 }))), INTEROP);
    assert_eq!(error, Err(BodyRefusal::AttributeUnknown("title".into())));
}

/// JumpCloud's smallest PUT has no more than this, and a null.
#[test]
fn a_put_keeps_what_people_are_found_by() {
    let ada = ada();
    let minimal = json!({
        "active": true,
        "emails": null,
        "id": "a1",
        "name": { "familyName": "Lovelace", "givenName": "Ada" },
        "schemas": [USER],
        "userName": "ada",
    });
    let expected = json!({
        "active": true,
        "userName": "ada",
        "externalId": "ext-1",
        "name": { "familyName": "Lovelace", "givenName": "Ada" },
        "emails": [
            { "value": "ada@example.test", "type": "work", "primary": true },
            { "value": "ada@home.test", "type": "home", "primary": false },
        ],
    });
    assert_eq!(put(Some(&ada), &minimal, LENIENT), Ok(expected.clone()));
    for emails in
        [json!([]), json!([{ "type": "work", "primary": true }]), json!([{ "value": "" }])]
    {
        let body = with(&minimal, &json!({ "emails": emails, "externalId": "" }));
        assert_eq!(put(Some(&ada), &body, LENIENT), Ok(expected.clone()), "{emails}");
    }
    // Nobody is brought back or switched off by what is not said.
    let unsaid = with(&minimal, &json!({ "active": null }));
    assert_eq!(put(Some(&ada), &unsaid, LENIENT), Ok(with(&expected, &json!({ "active": null }))));
    let other = json!({ "emails": ["new@example.test"], "externalId": "ext-2" });
    let read = json!({
        "emails": [{ "value": "new@example.test", "primary": false }],
        "externalId": "ext-2",
    });
    assert_eq!(put(Some(&ada), &with(&minimal, &other), LENIENT), Ok(with(&expected, &read)));
    // An invited person keeps the address that the invitation went to.
    let taken_over = put(Some(&grace()), &json!({ "userName": "grace" }), LENIENT);
    let own = json!([{ "value": "Grace@Example.test", "type": "work", "primary": true }]);
    assert_eq!(taken_over, Ok(json!({ "userName": "grace", "emails": own })));
}

#[test]
fn a_whole_name_that_comes_back_does_not_outlive_its_parts() {
    let ada = ada();
    let name = |name: Value| {
        let body = json!({ "userName": "ada", "name": name });
        put(Some(&ada), &body, LENIENT).map(|read| read["name"].clone())
    };
    for (sent, expected) in [
        (
            json!({ "givenName": "Ada", "familyName": "King", "formatted": "Ada Byron" }),
            json!({ "givenName": "Ada", "familyName": "King" }),
        ),
        (
            json!({ "givenName": "Ada", "familyName": "King", "formatted": "Ada King" }),
            json!({ "givenName": "Ada", "familyName": "King", "formatted": "Ada King" }),
        ),
        (
            json!({ "givenName": "Ada", "familyName": "Byron", "formatted": "Ada Byron" }),
            json!({ "givenName": "Ada", "familyName": "Byron", "formatted": "Ada Byron" }),
        ),
        (json!({ "formatted": "Ada Byron" }), json!({ "formatted": "Ada Byron" })),
    ] {
        assert_eq!(name(sent.clone()), Ok(expected), "{sent}");
    }
}

#[test]
fn debug_hides_people() {
    let received = ReceivedUser::parse(&object(&mia()), LENIENT).expect("a user");
    assert_eq!(format!("{received:?}"), "ReceivedUser { warnings: [], .. }");
}
