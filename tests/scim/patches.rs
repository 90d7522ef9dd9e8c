//! PATCH: operations → how a person is to be.

use saml_login::account::Pushed;
use saml_login::scim::{Patch, ScimMode};
use serde_json::{Value, json};

use crate::{PATCH, USER, ada, address, grace, object, patch, pushed_as, read, told, with};

const LENIENT: ScimMode = ScimMode::Lenient;
const INTEROP: ScimMode = ScimMode::Interop;

/// What is read of her before.
fn before() -> Value {
    let body = json!({ "Operations": [] });
    let patch = Patch::parse(&object(&body), LENIENT).expect("a PATCH");
    read(&patch.apply(Some(&ada())).expect("the same"))
}

fn work(value: &str) -> Value {
    json!({ "value": value, "type": "work", "primary": true })
}

fn home() -> Value {
    json!({ "value": "ada@home.test", "type": "home", "primary": false })
}

fn warned(operations: Value) -> Vec<String> {
    let body = json!({ "Operations": operations });
    let patch = Patch::parse(&object(&body), LENIENT).expect("a PATCH");
    patch.warnings().iter().map(ToString::to_string).collect()
}

#[test]
fn texts_and_booleans_are_set_and_cleared() {
    for (operation, changes) in [
        (
            json!({ "op": "replace", "path": "userName", "value": "ada2" }),
            json!({ "userName": "ada2" }),
        ),
        (
            json!({ "op": "Add", "path": "USERNAME", "value": "ada2" }),
            json!({ "userName": "ada2" }),
        ),
        (
            json!({ "OP": "REPLACE", "PATH": "displayname", "Value": "A" }),
            json!({ "displayName": "A" }),
        ),
        (
            json!({ "op": "replace", "path": "displayName", "value": ["A"] }),
            json!({ "displayName": "A" }),
        ),
        (
            json!({ "op": "replace", "path": "displayName", "value": "" }),
            json!({ "displayName": null }),
        ),
        (
            json!({ "op": "replace", "path": "displayName", "value": null }),
            json!({ "displayName": null }),
        ),
        (
            json!({ "op": "replace", "path": "displayName", "value": [] }),
            json!({ "displayName": null }),
        ),
        (json!({ "op": "replace", "path": "displayName" }), json!({ "displayName": null })),
        (json!({ "op": "add", "path": "displayName", "value": "" }), json!({})),
        (json!({ "op": "remove", "path": "displayName" }), json!({ "displayName": null })),
        (
            json!({ "op": "Remove", "path": "displayName", "value": "x" }),
            json!({ "displayName": null }),
        ),
        (json!({ "op": "remove", "path": "externalId" }), json!({ "externalId": null })),
        (
            json!({ "op": "replace", "path": "externalId", "value": "e" }),
            json!({ "externalId": "e" }),
        ),
        (json!({ "op": "replace", "path": "active", "value": false }), json!({ "active": false })),
        (
            json!({ "op": "Replace", "path": "active", "value": "False" }),
            json!({ "active": false }),
        ),
        (json!({ "op": "add", "path": "active", "value": "TRUE" }), json!({ "active": true })),
        (
            json!({ "op": "replace", "path": "active", "value": [false] }),
            json!({ "active": false }),
        ),
        (
            json!({ "op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": false }),
            json!({ "active": false }),
        ),
        (
            json!({ "op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:name.givenName", "value": "A" }),
            json!({ "name": { "givenName": "A", "familyName": "Byron", "formatted": "Ada Byron" } }),
        ),
        (
            json!({ "op": "remove", "path": "name.givenName" }),
            json!({ "name": { "familyName": "Byron", "formatted": "Ada Byron" } }),
        ),
        (json!({ "op": "remove", "path": "name" }), json!({ "name": null })),
        (json!({ "op": "replace", "path": "name", "value": null }), json!({ "name": null })),
        (json!({ "op": "add", "path": "name", "value": null }), json!({})),
        (
            json!({ "op": "add", "path": "name", "value": { "givenName": null, "familyName": "King" } }),
            json!({ "name": { "givenName": "Ada", "familyName": "King", "formatted": "Ada Byron" } }),
        ),
    ] {
        let expected = Ok(with(&before(), &changes));
        assert_eq!(patch(&ada(), json!([operation]), LENIENT), expected, "{operation}");
        // One operation is a list of one.
        assert_eq!(patch(&ada(), operation.clone(), LENIENT), expected, "{operation}");
        if operation.get("path").is_some() {
            assert_eq!(patch(&ada(), json!([operation]), INTEROP), expected, "{operation}");
        }
    }
}

/// `replace` of the whole name leaves what it does not say, but by the profile.
#[test]
fn a_name_is_merged_or_replaced() {
    let operation = |op: &str, value: Value| json!([{ "op": op, "path": "name", "value": value }]);
    let king = || json!({ "familyName": "King" });
    let merged = json!({ "givenName": "Ada", "familyName": "King", "formatted": "Ada Byron" });
    for (op, value, mode, expected) in [
        ("add", king(), LENIENT, merged.clone()),
        ("replace", king(), LENIENT, merged.clone()),
        ("replace", json!([king()]), LENIENT, merged.clone()),
        ("replace", json!(king().to_string()), LENIENT, merged.clone()),
        ("add", king(), INTEROP, merged),
        ("replace", king(), INTEROP, king()),
        (
            "replace",
            json!({ "givenName": "", "formatted": null }),
            LENIENT,
            json!({ "familyName": "Byron" }),
        ),
        // The whole name as it was is not of the person as they are called now.
        (
            "replace",
            json!({ "givenName": "Ada", "familyName": "King", "formatted": "Ada Byron" }),
            LENIENT,
            json!({ "givenName": "Ada", "familyName": "King" }),
        ),
    ] {
        let patched = patch(&ada(), operation(op, value.clone()), mode);
        assert_eq!(patched.map(|read| read["name"].clone()), Ok(expected), "{op} {value} {mode}");
    }
}

#[test]
fn without_a_path_the_names_are_paths() {
    for (value, changes) in [
        (json!({ "active": false }), json!({ "active": false })),
        (json!({ "ACTIVE": "False" }), json!({ "active": false })),
        (
            json!({ "active": true, "displayName": "A" }),
            json!({ "active": true, "displayName": "A" }),
        ),
        (
            json!({ "name.givenName": "A", "urn:ietf:params:scim:schemas:core:2.0:User:name.familyName": "B" }),
            json!({ "name": { "givenName": "A", "familyName": "B", "formatted": "Ada Byron" } }),
        ),
        (
            json!({ "urn:ietf:params:scim:schemas:core:2.0:User": { "displayName": "A", "name.givenName": "B" } }),
            json!({ "displayName": "A", "name": { "givenName": "B", "familyName": "Byron", "formatted": "Ada Byron" } }),
        ),
        (
            json!({ "emails[type eq \"work\"].value": "new@example.test" }),
            json!({ "emails": [work("new@example.test"), home()] }),
        ),
        (
            json!({ "emails[type eq \"other\"].primary": true, "emails[type eq \"other\"].value": "new@example.test" }),
            json!({ "emails": [
                { "value": "ada@example.test", "type": "work", "primary": false },
                home(),
                { "value": "new@example.test", "type": "other", "primary": true },
            ] }),
        ),
        // Deeper than once it does not stand.
        (json!({ USER: { USER: { "displayName": "A" } } }), json!({})),
        // Nothing of ours.
        (
            json!({ "id": "stolen", "meta": { "created": "x" }, "schemas": [USER], "groups": [{ "value": "admins" }] }),
            json!({}),
        ),
        (
            json!({ "ID": "stolen", "URN:ietf:params:scim:schemas:core:2.0:User:Id": "stolen" }),
            json!({}),
        ),
        (
            json!({ "nickName": "x", "roles[primary eq \"True\"].value": "admin", "manager": "x" }),
            json!({}),
        ),
        (
            json!({ "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager": "x" }),
            json!({}),
        ),
        (
            json!({ "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "userName": "eve" } }),
            json!({}),
        ),
        (json!({ "isAdmin": true, "no path": "x", "a[b": 1 }), json!({})),
        (json!({}), json!({})),
        (json!(null), json!({})),
    ] {
        let expected = Ok(with(&before(), &changes));
        for op in ["add", "Replace"] {
            let operation = json!([{ "op": op, "value": value }]);
            assert_eq!(patch(&ada(), operation, LENIENT), expected, "{value}");
            // An empty path is none, and a list of one is that one.
            let of_one = json!([
                { "op": op, "path": " ", "value": [] },
                { "op": op, "path": "", "value": [value] },
            ]);
            assert_eq!(patch(&ada(), of_one, LENIENT), expected, "{value}");
        }
        let packed = json!([{ "op": "replace", "path": "", "value": [value.to_string()] }]);
        let expected = if value.is_null() { Err((400, Some("invalidValue"))) } else { expected };
        assert_eq!(patch(&ada(), packed, LENIENT), expected, "{value}");
        let refused = patch(&ada(), json!([{ "op": "replace", "value": value }]), INTEROP);
        assert_eq!(refused, Err((400, Some("invalidSyntax"))), "{value}");
    }
}

#[test]
fn addresses_come_and_go() {
    let new = || json!({ "value": "new@example.test", "type": "other", "primary": false });
    let was_primary = json!({ "value": "ada@example.test", "type": "work", "primary": false });
    let primary = json!({ "value": "new@example.test", "type": "other", "primary": true });
    let bare = |value: &str| json!({ "value": value, "primary": false });
    for (operation, emails) in [
        (
            json!({ "op": "add", "path": "emails", "value": [new()] }),
            json!([work("ada@example.test"), home(), new()]),
        ),
        (
            json!({ "op": "add", "path": "emails", "value": new() }),
            json!([work("ada@example.test"), home(), new()]),
        ),
        (
            json!({ "op": "add", "path": "emails", "value": [] }),
            json!([work("ada@example.test"), home()]),
        ),
        (
            json!({ "op": "add", "path": "emails", "value": [primary] }),
            json!([was_primary, home(), primary]),
        ),
        // What is there already.
        (
            json!({ "op": "add", "path": "emails", "value": [home(), "ada@example.test"] }),
            json!([work("ada@example.test"), home()]),
        ),
        (
            json!({ "op": "add", "path": "emails", "value": { "value": "ada@home.test", "primary": "True" } }),
            json!([was_primary, { "value": "ada@home.test", "type": "home", "primary": true }]),
        ),
        (json!({ "op": "replace", "path": "emails", "value": [new()] }), json!([new()])),
        (json!({ "op": "replace", "path": "emails", "value": new() }), json!([new()])),
        (json!({ "op": "replace", "path": "emails", "value": new().to_string() }), json!([new()])),
        (
            json!({ "op": "replace", "path": "emails", "value": json!([new()]).to_string() }),
            json!([new()]),
        ),
        (
            json!({ "op": "replace", "path": "emails", "value": "new@example.test" }),
            json!([bare("new@example.test")]),
        ),
        (json!({ "op": "replace", "path": "emails", "value": [] }), json!(null)),
        (json!({ "op": "replace", "path": "emails", "value": null }), json!(null)),
        (
            json!({ "op": "replace", "path": "emails", "value": [{ "type": "work" }] }),
            json!([work("ada@example.test"), home()]),
        ),
        (json!({ "op": "remove", "path": "emails" }), json!(null)),
        (json!({ "op": "remove", "path": "emails", "value": null }), json!(null)),
        (
            json!({ "op": "remove", "path": "emails", "value": [{ "value": "ADA@home.test" }] }),
            json!([work("ada@example.test")]),
        ),
        (
            json!({ "op": "remove", "path": "emails", "value": ["ada@home.test", "x@x.test"] }),
            json!([work("ada@example.test")]),
        ),
        (
            json!({ "op": "remove", "path": "emails", "value": [] }),
            json!([work("ada@example.test"), home()]),
        ),
        (
            json!({ "op": "remove", "path": "emails[type eq \"home\"]" }),
            json!([work("ada@example.test")]),
        ),
        (
            json!({ "op": "remove", "path": "emails[type eq \"home\"]", "value": [{ "value": "x" }] }),
            json!([work("ada@example.test")]),
        ),
        (
            json!({ "op": "remove", "path": "emails[type eq \"home\"].value" }),
            json!([work("ada@example.test")]),
        ),
        (
            json!({ "op": "remove", "path": "emails[value eq \"x\"]" }),
            json!([work("ada@example.test"), home()]),
        ),
        (
            json!({ "op": "remove", "path": "emails[type eq \"home\"].type" }),
            json!([work("ada@example.test"), bare("ada@home.test")]),
        ),
        (
            json!({ "op": "remove", "path": "emails[type eq \"x\"].type" }),
            json!([work("ada@example.test"), home()]),
        ),
        (
            json!({ "op": "remove", "path": "emails[type eq \"work\"].primary" }),
            json!([was_primary, home()]),
        ),
        (json!({ "op": "remove", "path": "emails.value" }), json!(null)),
        (json!({ "op": "remove", "path": "emails.primary" }), json!([was_primary, home()])),
    ] {
        let expected = Ok(with(&before(), &json!({ "emails": emails })));
        assert_eq!(patch(&ada(), json!([operation]), LENIENT), expected, "{operation}");
    }
}

#[test]
fn one_address_is_changed_or_made() {
    let made = |kind: &str| json!({ "value": "new@example.test", "type": kind, "primary": false });
    let path = |path: &str, value: Value| json!({ "op": "Replace", "path": path, "value": value });
    let new = || json!("new@example.test");
    for (operation, emails) in [
        (path("emails[type eq \"work\"].value", new()), json!([work("new@example.test"), home()])),
        (path("EMAILS[TYPE EQ \"WORK\"].VALUE", new()), json!([work("new@example.test"), home()])),
        (
            path("emails[(type eq \"work\")].value", json!(["new@example.test"])),
            json!([work("new@example.test"), home()]),
        ),
        (
            path("urn:ietf:params:scim:schemas:core:2.0:User:emails[primary eq true].value", new()),
            json!([work("new@example.test"), home()]),
        ),
        (
            path("emails[primary eq \"True\"]", json!({ "value": "new@example.test" })),
            json!([work("new@example.test"), home()]),
        ),
        (path("emails[type eq \"work\"]", new()), json!([work("new@example.test"), home()])),
        (
            path(
                "emails[type eq work and value co \"ada\"]",
                json!([{ "value": "new@example.test" }]),
            ),
            json!([work("new@example.test"), home()]),
        ),
        (path("emails.value", new()), json!([work("new@example.test"), home()])),
        (
            path("emails[type eq \"home\"].type", json!("other")),
            json!([work("ada@example.test"), { "value": "ada@home.test", "type": "other", "primary": false }]),
        ),
        (
            path("emails[type eq \"home\"].primary", json!("true")),
            json!([
                { "value": "ada@example.test", "type": "work", "primary": false },
                { "value": "ada@home.test", "type": "home", "primary": true },
            ]),
        ),
        (path("emails[type eq \"home\"].value", json!(null)), json!([work("ada@example.test")])),
        (path("emails[type eq \"home\"].value", json!("")), json!([work("ada@example.test")])),
        (
            path("emails[type eq \"other\"].value", new()),
            json!([work("ada@example.test"), home(), made("other")]),
        ),
        (
            path("emails[type eq \"Other\" and primary eq false].value", new()),
            json!([work("ada@example.test"), home(), made("Other")]),
        ),
        (
            path("emails[type eq \"other\"]", json!({ "value": "new@example.test" })),
            json!([work("ada@example.test"), home(), made("other")]),
        ),
        // Its display is not stored.
        (
            path("emails[type eq \"other\"].display", json!("x")),
            json!([work("ada@example.test"), home()]),
        ),
        (
            path("emails[type eq \"work\"].display", json!("x")),
            json!([work("ada@example.test"), home()]),
        ),
    ] {
        let expected = Ok(with(&before(), &json!({ "emails": emails })));
        assert_eq!(patch(&ada(), json!([operation]), LENIENT), expected, "{operation}");
    }
    // Nobody has an address yet.
    let bare = pushed_as(Pushed::new("fee"));
    for (name, expected) in [
        ("emails[type eq \"work\"].value", json!([made("work")])),
        ("emails.value", json!([{ "value": "new@example.test", "primary": false }])),
    ] {
        for op in ["Add", "Replace"] {
            let operation = json!([{ "op": op, "path": name, "value": new() }]);
            let expected = Ok(json!({ "userName": "fee", "emails": expected }));
            assert_eq!(patch(&bare, operation, LENIENT), expected, "{op} {name}");
        }
    }
}

#[test]
fn what_is_not_stored_changes_nothing() {
    for (operation, warnings) in [
        (json!({ "op": "add", "path": "nickName", "value": "Neddy" }), vec![]),
        (json!({ "op": "remove", "path": "nickName" }), vec![]),
        (
            json!({ "op": "replace", "path": "addresses[type eq \"work\"].locality", "value": "x" }),
            vec![],
        ),
        (json!({ "op": "replace", "path": "name.middleName", "value": "x" }), vec![]),
        (json!({ "op": "replace", "path": "schemas", "value": [] }), vec![]),
        (json!({ "op": "replace", "path": "groups", "value": [{ "value": "admins" }] }), vec![]),
        (
            json!({ "op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": "x" }),
            vec![],
        ),
        (
            json!({ "op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "value": { "userName": "x" } }),
            vec![],
        ),
        (
            json!({ "op": "remove", "path": "meta[created eq \"secret\"]" }),
            vec!["meta was ignored: the server sets it"],
        ),
        (
            json!({ "op": "remove", "path": "Meta.Created" }),
            vec!["Meta.Created was ignored: the server sets it"],
        ),
        (
            json!({ "op": "replace", "path": "__ENABLE__", "value": 1 }),
            vec!["__ENABLE__ was dropped: it is not stored here"],
        ),
        (
            json!({ "op": "replace", "path": "activ", "value": 1 }),
            vec!["activ was dropped: it is not stored here; active is"],
        ),
        (
            json!({ "op": "replace", "path": "emials[value eq \"secret\"].value", "value": 1 }),
            vec!["emials was dropped: it is not stored here; emails is"],
        ),
        (
            json!({ "op": "replace", "value": { "no path": 1 } }),
            vec!["no path was dropped: it is not stored here"],
        ),
        (
            json!({ "op": "add", "path": "emails", "value": [{}] }),
            vec!["an e-mail address without a value was dropped"],
        ),
    ] {
        assert_eq!(patch(&ada(), json!([operation]), LENIENT), Ok(before()), "{operation}");
        assert_eq!(warned(json!([operation])), warnings, "{operation}");
    }
}

#[test]
fn what_cannot_be_done_is_refused() {
    let bad = |scim_type| (400, Some(scim_type));
    let path =
        |path: &str, value: Value| json!([{ "op": "replace", "path": path, "value": value }]);
    let [value, syntax, of_path, mutability, no_target] =
        ["invalidValue", "invalidSyntax", "invalidPath", "mutability", "noTarget"].map(bad);
    let two = json!([work("a@x.test"), work("b@x.test")]);
    for (operations, expected) in [
        (path("active", json!("yes")), value),
        (path("active", json!("0")), value),
        (path("active", json!(1)), value),
        (path("active", json!("")), value),
        (path("active", json!([])), value),
        (path("active", json!(null)), value),
        (path("active", json!({ "value": false })), value),
        (path("userName", json!("")), value),
        (path("userName", json!(null)), mutability),
        (path("userName", json!([])), mutability),
        (json!([{ "op": "add", "path": "userName" }]), mutability),
        (path("userName", json!(17)), value),
        (path("displayName", json!(["a", "b"])), value),
        (path("displayName", json!({ "value": "a" })), value),
        (path("name", json!("Ada")), value),
        (path("emails", json!(17)), value),
        (path("emails", two.clone()), value),
        (path("emails[type eq \"work\"].primary", json!("x")), value),
        (path("emails[type eq \"work\"].value", json!({ "value": "x" })), value),
        (path("emails", json!(vec!["a@x.test"; 11])), value),
        (
            json!([{ "op": "add", "path": "emails", "value": (0..9).map(|n| format!("{n}@x.test")).collect::<Vec<_>>() }]),
            value,
        ),
        (json!([{ "op": "replace", "value": "x" }]), value),
        (json!([{ "op": "replace", "value": [{}, {}] }]), value),
        (json!([{ "op": "replace", "value": 17 }]), value),
        (json!([{ "op": "remove", "path": "userName" }]), mutability),
        (path("id", json!("stolen")), mutability),
        (path("urn:ietf:params:scim:schemas:core:2.0:User:ID", json!("stolen")), mutability),
        (json!([{ "op": "remove", "path": "active" }]), mutability),
        (json!([{ "op": "remove" }]), no_target),
        (json!([{ "op": "remove", "path": "", "value": { "displayName": "x" } }]), no_target),
        (path("emails[type eq \"x\" or type eq \"y\"].value", json!("a@x.test")), no_target),
        (path("emails[value co \"nobody\"].type", json!("work")), no_target),
        (path("emails[value eq \"new@example.test\"].type", json!("other")), no_target),
        (path("emails[type eq \"other\"].primary", json!(true)), no_target),
        (path("emails[type eq \"other\"]", json!({ "primary": true })), no_target),
        (path("a b", json!("x")), of_path),
        (path("emails[0].value", json!("x")), of_path),
        (path("emails[type eq \"work\"", json!("x")), of_path),
        (path("userName[value eq \"x\"]", json!("x")), of_path),
        (path("emails.value[type eq \"x\"]", json!("x")), of_path),
        (json!([{ "op": "replace", "path": 17, "value": "x" }]), of_path),
        (path("emails[sail eq \"x\"].value", json!("x")), bad("invalidFilter")),
        (path("emails[primary gt true].value", json!("x")), bad("invalidFilter")),
        (json!([{ "path": "displayName", "value": "x" }]), syntax),
        (json!([{ "op": "move", "path": "displayName", "value": "x" }]), syntax),
        (json!([{ "op": 1, "path": "displayName", "value": "x" }]), syntax),
        (json!(["x"]), syntax),
        (json!(17), syntax),
        (json!(vec![json!({ "op": "remove", "path": "title" }); 1001]), (413, None)),
    ] {
        assert_eq!(patch(&ada(), operations.clone(), LENIENT), Err(expected), "{operations}");
        // Whatever stands before it is not done either.
        if operations.as_array().is_some_and(|operations| operations.len() == 1) {
            let both =
                json!([{ "op": "replace", "path": "active", "value": false }, operations[0]]);
            assert_eq!(patch(&ada(), both, LENIENT), Err(expected), "{operations}");
        }
    }
    // Which of two is meant is not said.
    let mut pushed = Pushed::new("twin");
    pushed.addresses = vec![address("a@x.test", None, false), address("b@x.test", None, false)];
    let twin = pushed_as(pushed);
    assert_eq!(patch(&twin, path("emails.value", json!("c@x.test")), LENIENT), Err(of_path));
}

#[test]
fn the_profile_is_stricter() {
    let bad = |scim_type| (400, Some(scim_type));
    let path =
        |path: &str, value: Value| json!([{ "op": "replace", "path": path, "value": value }]);
    let mut pushed = Pushed::new("twin");
    pushed.addresses =
        vec![address("a@x.test", Some("work"), true), address("b@x.test", Some("work"), false)];
    let twin = pushed_as(pushed);
    for (operations, expected) in [
        (path("id", json!("x")), bad("mutability")),
        (path("meta.created", json!("x")), bad("mutability")),
        (path("title", json!("x")), bad("invalidSyntax")),
        (path("name.middleName", json!("x")), bad("invalidSyntax")),
        (
            path(
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
                json!("x"),
            ),
            bad("invalidSyntax"),
        ),
        (path("__ENABLE__", json!("x")), bad("invalidSyntax")),
        (path("emails[type eq \"work\"].display", json!("x")), bad("invalidSyntax")),
        (path("emails[type eq \"work\"]", json!({ "value": "x" })), bad("invalidPath")),
        (path("emails[type eq \"work\"].value", json!("x")), bad("invalidPath")),
        (path("emails[type eq \"home\"].value", json!("x")), bad("noTarget")),
    ] {
        assert_eq!(patch(&twin, operations.clone(), INTEROP), Err(expected), "{operations}");
    }
    let one = path("emails[value eq \"a@x.test\"].value", json!("c@x.test"));
    let expected = json!({
        "userName": "twin",
        "emails": [
            { "value": "c@x.test", "type": "work", "primary": true },
            { "value": "b@x.test", "type": "work", "primary": false },
        ],
    });
    assert_eq!(patch(&twin, one, INTEROP), Ok(expected));
    let without = json!({ "Operations": [] });
    let refused = Patch::parse(&object(&without), INTEROP).map(|_| ()).map_err(told);
    assert_eq!(refused, Err(bad("invalidSyntax")));
}

#[test]
fn a_patch_says_that_it_is_one() {
    for body in [
        json!({}),
        json!({ "schemas": [PATCH] }),
        json!({ "schemas": [PATCH], "Operations": [] }),
        json!({ "schemas": [PATCH], "Operations": null }),
        json!({ "schemas": PATCH, "operations": [] }),
        json!({ "schemas": null, "OPERATIONS": [] }),
        json!({ "schemas": [PATCH.to_uppercase()] }),
    ] {
        let patch = Patch::parse(&object(&body), LENIENT).expect("a PATCH");
        assert_eq!(patch.apply(Some(&ada())).map(|wanted| read(&wanted)), Ok(before()), "{body}");
    }
    for body in [
        json!({ "schemas": [USER], "userName": "ada", "active": false }),
        json!({ "userName": "ada" }),
        json!({ "active": false }),
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [] }),
        json!({ "schemas": ["urn:scim:schemas:core:1.0"], "Operations": [] }),
        json!({ "schemas": [17], "Operations": [] }),
    ] {
        let refused = Patch::parse(&object(&body), LENIENT).map(|_| ());
        let refused = refused.expect_err("no PATCH");
        assert!(refused.to_string().contains("\"op\": \"replace\""), "{refused}");
        assert_eq!(told(refused), (400, Some("invalidSyntax")), "{body}");
    }
}

/// Entra's soft delete, and its validator.
#[test]
fn operations_are_carried_out_one_after_the_other() {
    let renamed = "5a5a0000b1b14c4c8d8d111122223333ada";
    let deleted = json!([
        { "op": "Replace", "path": "userName", "value": renamed },
        { "op": "Replace", "path": "active", "value": "False" },
    ]);
    let expected = with(&before(), &json!({ "userName": renamed, "active": false }));
    assert_eq!(patch(&ada(), deleted, LENIENT), Ok(expected));
    let validated = json!([
        { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "work@x.test" },
        { "op": "add", "path": "emails[type eq \"other\"].value", "value": "other@x.test" },
        { "op": "replace", "path": "emails[type eq \"work\"].display", "value": "W" },
        { "op": "add", "path": "emails[type eq \"work\"].primary", "value": false },
        { "op": "replace", "path": "emails[type eq \"home\"].primary", "value": true },
        { "op": "add", "path": "emails", "value": [{ "value": "four@x.test", "type": "other", "primary": true }] },
    ]);
    let expected = json!({ "emails": [
        { "value": "work@x.test", "type": "work", "primary": false },
        { "value": "ada@home.test", "type": "home", "primary": false },
        { "value": "other@x.test", "type": "other", "primary": false },
        { "value": "four@x.test", "type": "other", "primary": true },
    ] });
    assert_eq!(patch(&ada(), validated, LENIENT), Ok(with(&before(), &expected)));
    // Whoever was invited has the address that the invitation went to.
    let first = json!([{ "op": "replace", "path": "name.familyName", "value": "Hopper" }]);
    let expected = json!({
        "userName": "Grace@Example.test",
        "name": { "givenName": "Grace", "familyName": "Hopper" },
        "emails": [{ "value": "Grace@Example.test", "type": "work", "primary": true }],
    });
    assert_eq!(patch(&grace(), first, LENIENT), Ok(expected));
}

/// A PATCH is read once, and carried out on whatever is there.
#[test]
fn a_patch_is_of_what_is_read_then() {
    let operations = json!([{ "op": "replace", "path": "name.givenName", "value": "Augusta" }]);
    let body = json!({ "Operations": operations });
    let patch = Patch::parse(&object(&body), LENIENT).expect("a PATCH");
    let mut account = ada();
    for name in ["Byron", "King"] {
        if let Some(pushed) = &mut account.pushed {
            pushed.family_name = Some(name.into());
        }
        let wanted = patch.apply(Some(&account)).expect("a change");
        assert_eq!(wanted.pushed.family_name.as_deref(), Some(name));
        assert_eq!(wanted.pushed.given_name.as_deref(), Some("Augusta"));
        assert_eq!(wanted.active, None);
    }
    assert_eq!(format!("{patch:?}"), "Patch { steps: 1, warnings: [], .. }");
}
