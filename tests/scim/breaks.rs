//! Small things that a deliberate break would change, and that no other test looks at.

use saml_login::account::{Account, Pushed};
use saml_login::organization::ScimMode::{self, Interop, Lenient};
use saml_login::scim::{
    Expression, JsonLimits, JsonRefusal, Offered, Patch, ReceivedUser, ScimError, ScimType, parse,
    schemas,
};
use saml_login::store::{AddressFilter, Attribute, Filter, Test};
use serde_json::{Value, json};

use crate::{PATCH, ada, address, object, patch, pushed_as, put, told};

/// Somebody with these addresses, and nothing else.
fn with_addresses(addresses: &[(&str, Option<&str>, bool)]) -> Account {
    let mut pushed = Pushed::new("ada");
    pushed.addresses =
        addresses.iter().map(|(value, kind, primary)| address(value, *kind, *primary)).collect();
    pushed_as(pushed)
}

fn emails(result: Result<Value, (u16, Option<&'static str>)>) -> Value {
    let read = result.expect("a change");
    read.get("emails").cloned().unwrap_or(Value::Null)
}

#[test]
fn every_word_for_an_error_is_written_as_it_is() {
    for (scim_type, word) in [
        (ScimType::ExpiredCursor, "expiredCursor"),
        (ScimType::InvalidCount, "invalidCount"),
        (ScimType::InvalidCursor, "invalidCursor"),
        (ScimType::InvalidFilter, "invalidFilter"),
        (ScimType::InvalidPath, "invalidPath"),
        (ScimType::InvalidSyntax, "invalidSyntax"),
        (ScimType::InvalidValue, "invalidValue"),
        (ScimType::InvalidVers, "invalidVers"),
        (ScimType::Mutability, "mutability"),
        (ScimType::NoTarget, "noTarget"),
        (ScimType::Sensitive, "sensitive"),
        (ScimType::TooMany, "tooMany"),
        (ScimType::Uniqueness, "uniqueness"),
    ] {
        assert_eq!((scim_type.as_str(), &*scim_type.to_string()), (word, word));
        let error = ScimError::new(400, "words").of(scim_type);
        assert_eq!(error.to_json()["scimType"], word);
    }
}

#[test]
fn a_body_that_is_no_object_has_the_code_of_what_it_is() {
    let mut limits = JsonLimits::default();
    (limits.bytes, limits.depth) = (40, 2);
    let code = |body: &str| parse(body.as_bytes(), &limits).expect_err("refused").code();
    assert_eq!(code(r#"{"a": 1, "A": 2}"#), "scim_json_duplicate_name");
    assert_eq!(code(" "), "scim_json_empty");
    assert_eq!(code("{"), "scim_json_malformed");
    assert_eq!(code("[]"), "scim_json_not_object");
    assert_eq!(code(r#"{"a": [[1]]}"#), "scim_json_too_deep");
    assert_eq!(code(&" ".repeat(41)), "scim_json_too_large");
    let all = parse(br#"{"a": [true, -1, 2, 0.5, "t", null]}"#, &limits).expect("an object");
    assert_eq!(Value::from(all), json!({ "a": [true, -1, 2, 0.5, "t", null] }));
    assert_eq!(JsonRefusal::TooLarge.code(), "scim_json_too_large");
}

/// RFC 7643 §7: "referenceTypes … is only applicable for attributes that are of type "reference"".
#[test]
fn only_references_say_to_what_they_lead() {
    fn check(attributes: &Value, seen: &mut usize) {
        for attribute in attributes.as_array().into_iter().flatten() {
            let types = attribute.get("referenceTypes");
            *seen += usize::from(types.is_some());
            assert_eq!(types.is_some(), attribute["type"] == "reference", "{attribute}");
            check(&attribute["subAttributes"], seen);
        }
    }
    let mut seen = 0;
    let all = schemas(&Offered::new("https://app.example.test"));
    for schema in all["Resources"].as_array().expect("schemas") {
        check(&schema["attributes"], &mut seen);
    }
    assert_eq!(seen, 1, "the place of a person");
}

#[test]
fn a_patch_says_whether_somebody_may_come_in_by_its_last_word() {
    let active = |operations: Value| {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        Patch::parse(&object(&body), Lenient).expect("a patch").active()
    };
    let set = |value: bool| json!({ "op": "replace", "path": "active", "value": value });
    assert_eq!(active(json!([])), None);
    assert_eq!(active(json!([{ "op": "remove", "path": "displayName" }])), None);
    assert_eq!(active(json!([set(false)])), Some(false));
    assert_eq!(active(json!([set(true)])), Some(true));
    assert_eq!(active(json!([set(true), set(false)])), Some(false));
}

#[test]
fn a_stale_name_goes_when_one_of_the_others_is_left() {
    let account = ada();
    for name in [
        json!({ "givenName": "Eve", "formatted": "Ada Byron" }),
        json!({ "familyName": "King", "formatted": "Ada Byron" }),
        json!({ "givenName": "Eve", "familyName": "King", "formatted": "Ada Byron" }),
    ] {
        let read = put(Some(&account), &json!({ "userName": "ada", "name": name }), Lenient);
        assert_eq!(read.expect("a change")["name"].get("formatted"), None, "{name}");
    }
    for name in [
        json!({ "formatted": "Ada Byron" }),
        json!({ "givenName": "Ada", "familyName": "Byron", "formatted": "Ada Byron" }),
    ] {
        let read = put(Some(&account), &json!({ "userName": "ada", "name": name }), Lenient);
        assert_eq!(read.expect("a change")["name"]["formatted"], "Ada Byron", "{name}");
    }
}

#[test]
fn what_is_like_an_attribute_is_named_and_what_is_not_is_not() {
    let warned = |name: &str| {
        let body = object(&json!({ "userName": "ada", name: "x" }));
        let received = ReceivedUser::parse(&body, Lenient).expect("a user");
        received.warnings().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let dropped = |name: &str| format!("{name} was dropped: it is not stored here");
    let near = |name: &str, near: &str| format!("{}; {near} is", dropped(name));
    assert_eq!(warned("ix"), [dropped("ix")]);
    assert_eq!(warned("metb"), [near("metb", "meta")]);
    assert_eq!(warned("metbb"), [dropped("metbb")]);
    assert_eq!(warned("activvee"), [near("activvee", "active")]);
    assert_eq!(warned("activveee"), [dropped("activveee")]);
    assert_eq!(warned("givenNaam"), [near("givenNaam", "name.givenName")]);
}

#[test]
fn an_address_that_is_null_says_nothing() {
    let account = ada();
    let before = emails(put(Some(&account), &json!({ "userName": "ada" }), Lenient));
    let replace = json!([{ "op": "replace", "path": "emails[type eq \"work\"]", "value": null }]);
    assert_eq!(emails(patch(&account, replace, Lenient)), before);
}

#[test]
fn what_has_no_value_to_match_makes_no_address() {
    let nobody = with_addresses(&[]);
    let value = json!({ "value": "new@example.test" });
    for (filter, expected) in [
        ("value pr", Err((400, Some("noTarget")))),
        ("type pr", Err((400, Some("noTarget")))),
        ("primary pr", Ok(json!([{ "value": "new@example.test", "primary": false }]))),
    ] {
        let operation = json!([
            { "op": "add", "path": format!("emails[{filter}]"), "value": value },
        ]);
        let read = patch(&nobody, operation, Lenient).map(|read| read["emails"].clone());
        assert_eq!(read, expected, "{filter}");
    }
}

#[test]
fn addresses_with_a_kind_are_found_by_having_one() {
    let filter = |text: &str| Expression::parse(text).expect("a filter").filter().expect("bound");
    let kind = Filter::Address(AddressFilter::Kind(Test::Present));
    assert_eq!(filter("emails[type pr]"), kind);
    let value = Filter::Address(AddressFilter::Value(Test::Present));
    assert_eq!(filter("emails[value pr]"), value);
    let all = Filter::Address(AddressFilter::All(vec![]));
    assert_eq!(filter("emails[primary pr]"), all);
    let (typed, untyped) = (ada(), with_addresses(&[("ada@example.test", None, true)]));
    assert_eq!((kind.passes(&typed), kind.passes(&untyped)), (true, false));
    assert!(!filter("emails[type pr]").passes(&untyped));
    assert_eq!(filter("not (userName eq \"x\")"), {
        let is = Filter::is(Attribute::UserName, "x");
        Filter::Not(Box::new(is))
    });
}

#[test]
fn what_stands_before_parentheses_is_not_and_nothing_else() {
    let refused = |text: &str| {
        let refused = Expression::parse(text).and_then(|expression| expression.filter());
        told(refused.expect_err(text))
    };
    for text in ["userName (id pr)", "userName(id pr)", "or (id pr)", "not id pr", "not eq \"x\""] {
        assert_eq!(refused(text), (400, Some("invalidFilter")), "{text}");
    }
    for text in ["not (id pr)", "NOT(id pr)", "not  ( id pr )"] {
        assert!(Expression::parse(text).is_ok(), "{text}");
    }
}

#[test]
fn ten_addresses_are_kept_and_no_more_are_named_at_once() {
    let list = |count: usize, value: &dyn Fn(usize) -> String| -> Vec<Value> {
        (0..count).map(|number| json!({ "value": value(number) })).collect()
    };
    let each = |number: usize| format!("a{number}@example.test");
    let same = |_: usize| "a@example.test".to_owned();
    let change = |op: &str, value: Vec<Value>| {
        let operation = json!([{ "op": op, "path": "emails", "value": value }]);
        let read = patch(&with_addresses(&[]), operation, Lenient)?;
        Ok(read["emails"].as_array().map_or(0, Vec::len))
    };
    let too_many = Err((400, Some("invalidValue")));
    for op in ["add", "replace"] {
        assert_eq!(change(op, list(10, &each)), Ok(10), "{op}");
        assert_eq!(change(op, list(11, &each)), too_many, "{op}");
    }
    assert_eq!(change("add", list(10, &same)), Ok(1));
    assert_eq!(change("add", list(11, &same)), too_many);
    let one_more = json!([
        { "op": "replace", "path": "emails", "value": list(10, &each) },
        { "op": "add", "path": "emails", "value": [{ "value": "b@example.test" }] },
    ]);
    assert_eq!(patch(&with_addresses(&[]), one_more, Lenient), Err((400, Some("invalidValue"))));
}

#[test]
fn the_only_address_is_meant_whether_it_is_the_primary_one_or_not() {
    let replace = json!([{ "op": "replace", "path": "emails.value", "value": "b@example.test" }]);
    let one = with_addresses(&[("a@example.test", Some("work"), false)]);
    let expected = json!([{ "value": "b@example.test", "type": "work", "primary": false }]);
    assert_eq!(emails(patch(&one, replace.clone(), Lenient)), expected);
    let two = [("a@example.test", None, false), ("c@example.test", None, false)];
    let several = patch(&with_addresses(&two), replace, Lenient);
    assert_eq!(several, Err((400, Some("invalidPath"))));
}

#[test]
fn what_is_removed_of_addresses_is_removed_of_each() {
    let remove = || json!([{ "op": "remove", "path": "emails.type" }]);
    let expected = json!([
        { "value": "ada@example.test", "primary": true },
        { "value": "ada@home.test", "primary": false },
    ]);
    assert_eq!(emails(patch(&ada(), remove(), Lenient)), expected);
    assert_eq!(emails(patch(&with_addresses(&[]), remove(), Lenient)), Value::Null);
}

#[test]
fn a_patch_has_a_thousand_operations_at_most() {
    let parsed = |count: usize| {
        let operation = json!({ "op": "replace", "path": "displayName", "value": "A" });
        let body = json!({ "schemas": [PATCH], "Operations": vec![operation; count] });
        Patch::parse(&object(&body), Lenient).map(drop).map_err(|refusal| refusal.code())
    };
    assert_eq!(parsed(1_000), Ok(()));
    assert_eq!(parsed(1_001), Err("scim_too_many_operations"));
}

#[test]
fn lists_of_one_stand_for_what_is_in_them() {
    let account = ada();
    let display = |mode: ScimMode, value: Value| {
        let operation = json!([{ "op": "replace", "value": value }]);
        patch(&account, operation, mode).map(|read| read["displayName"].clone())
    };
    let (a, b) = (json!({ "displayName": "A" }), json!({ "displayName": "B" }));
    let urn = "urn:ietf:params:scim:schemas:core:2.0:User";
    for value in [json!(a), json!([a]), json!([[a]]), json!([[[a]]]), json!({ urn: a })] {
        assert_eq!(display(Lenient, value.clone()), Ok(json!("A")), "{value}");
    }
    let unfit = Err((400, Some("invalidValue")));
    for value in [json!([a, b]), json!([[a, b]]), json!([[]]), json!({ urn: [[a]] })] {
        assert_eq!(display(Lenient, value.clone()), unfit, "{value}");
    }
}

#[test]
fn by_the_profile_a_filter_is_followed_by_a_part() {
    let value = json!({ "value": "b@example.test" });
    let replace = json!([
        { "op": "replace", "path": "emails[type eq \"work\"]", "value": value },
    ]);
    let refused = patch(&ada(), replace.clone(), Interop);
    assert_eq!(refused, Err((400, Some("invalidPath"))));
    let read = emails(patch(&ada(), replace, Lenient));
    assert_eq!(read[0], json!({ "value": "b@example.test", "type": "work", "primary": true }));
}
