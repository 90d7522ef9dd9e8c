//! Bytes → JSON.

use saml_login::scim::{JsonLimits, JsonRefusal, parse};
use serde_json::{Value, json};

use crate::told;

fn read(body: &[u8]) -> Result<Value, JsonRefusal> {
    parse(body, &JsonLimits::default()).map(Value::Object)
}

#[test]
fn bodies_are_json_objects() {
    for (body, expected) in [
        ("{}", Ok(json!({}))),
        (
            " \n{\"a\": [1, -2, 1.5, true, null, \"x\\u00e9\"]}\t",
            Ok(json!({"a": [1, -2, 1.5, true, null, "xé"]})),
        ),
        ("\u{feff}{\"a\": {}}", Ok(json!({"a": {}}))),
        ("{\"a\": {\"b\": 1}, \"b\": 2}", Ok(json!({"a": {"b": 1}, "b": 2}))),
        ("", Err(JsonRefusal::Empty)),
        (" \r\n", Err(JsonRefusal::Empty)),
        ("\u{feff}", Err(JsonRefusal::Empty)),
        ("[]", Err(JsonRefusal::NotObject)),
        ("\"text\"", Err(JsonRefusal::NotObject)),
        ("null", Err(JsonRefusal::NotObject)),
        ("17", Err(JsonRefusal::NotObject)),
        ("{\"schemas\": [", Err(JsonRefusal::Malformed)),
        ("{} {}", Err(JsonRefusal::Malformed)),
        ("{\"a\": 1,}", Err(JsonRefusal::Malformed)),
        ("{a: 1}", Err(JsonRefusal::Malformed)),
        ("{\"a\": NaN}", Err(JsonRefusal::Malformed)),
        ("{\"a\": 1e999}", Err(JsonRefusal::Malformed)),
        ("{\"a\": \"\\ud800\"}", Err(JsonRefusal::Malformed)),
        ("{\"a\": \"\n\"}", Err(JsonRefusal::Malformed)),
        ("{\"a\": 1, \"a\": 1}", Err(JsonRefusal::DuplicateName)),
        ("{\"userName\": 1, \"USERNAME\": 2}", Err(JsonRefusal::DuplicateName)),
        ("{\"x\": [{\"id\": 1, \"ID\": 2}]}", Err(JsonRefusal::DuplicateName)),
        ("{\"a\": 1, \"\\u0061\": 1}", Err(JsonRefusal::DuplicateName)),
    ] {
        assert_eq!(read(body.as_bytes()), expected, "{body}");
    }
    assert_eq!(read(b"{\"a\": \"\xff\"}"), Err(JsonRefusal::Malformed));
    assert_eq!(read(b"\xff\xfe{\0}\0"), Err(JsonRefusal::Malformed));
}

#[test]
fn a_body_has_bounds() {
    let limits = JsonLimits::default();
    let nested =
        |depth: usize| format!("{}{}", "{\"a\":".repeat(depth - 1) + "{", "}".repeat(depth));
    assert!(read(nested(limits.depth).as_bytes()).is_ok());
    assert_eq!(read(nested(limits.depth + 1).as_bytes()), Err(JsonRefusal::TooDeep));
    // A body that is as large as may be and nothing but brackets takes no stack.
    let lists = format!("{{\"a\":{}", "[".repeat(limits.bytes - 5));
    assert_eq!(read(lists.as_bytes()), Err(JsonRefusal::TooDeep));
    let padded = |bytes: usize| format!("{{}}{}", " ".repeat(bytes - 2));
    assert_eq!(read(padded(limits.bytes).as_bytes()), Ok(json!({})));
    assert_eq!(read(padded(limits.bytes + 1).as_bytes()), Err(JsonRefusal::TooLarge));
    let mut few = JsonLimits::default();
    (few.bytes, few.depth) = (20, 1);
    assert_eq!(parse(b"{\"a\": [1]}", &few), Err(JsonRefusal::TooDeep));
    assert_eq!(parse(b"{\"a\": \"123456789012\"}", &few), Err(JsonRefusal::TooLarge));
}

#[test]
fn the_answer_says_what_is_wrong_with_a_body() {
    for (refusal, expected) in [
        (JsonRefusal::DuplicateName, (400, Some("invalidSyntax"))),
        (JsonRefusal::Empty, (400, Some("invalidSyntax"))),
        (JsonRefusal::Malformed, (400, Some("invalidSyntax"))),
        (JsonRefusal::NotObject, (400, Some("invalidSyntax"))),
        (JsonRefusal::TooDeep, (400, Some("invalidSyntax"))),
        (JsonRefusal::TooLarge, (413, None)),
    ] {
        assert_eq!(told(refusal), expected, "{refusal}");
    }
}
