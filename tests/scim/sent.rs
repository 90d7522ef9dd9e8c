//! Bodies and filters that nobody has written: parts of real ones, put together at random.

use crate::common::Random;
use crate::properties::{of_a_body, of_a_text};

/// Names, operators and values of all that is read.
const WORDS: [&str; 30] = [
    "userName",
    "USERNAME",
    "externalId",
    "displayName",
    "name",
    "name.givenName",
    "givenName",
    "formatted",
    "emails",
    "emails[type eq \"work\"].value",
    "emails[type eq \"\"].value",
    "emails[value eq \"a@x.test\"]",
    "emails.value",
    "value",
    "type",
    "primary",
    "active",
    "id",
    "meta",
    "title",
    "x",
    "schemas",
    "urn:ietf:params:scim:schemas:core:2.0:User",
    "urn:ietf:params:scim:schemas:core:2.0:User:userName",
    "urn:x:y",
    "Operations",
    "op",
    "path",
    "\u{e9}\u{202e}\n",
    "",
];

const TEXTS: [&str; 20] = [
    "a@x.test",
    "b@X.test",
    "ada",
    "",
    " ",
    "True",
    "false",
    "null",
    "work",
    "{\"value\": \"x\"}",
    "[\"a@x.test\"]",
    "{",
    "[1",
    "add",
    "Replace",
    "remove",
    "\u{0}",
    "é",
    "17",
    "urn:ietf:params:scim:api:messages:2.0:PatchOp",
];

fn json(random: &mut Random, depth: usize) -> String {
    let word = |random: &mut Random| serde_json::Value::from(random.choose(&WORDS)).to_string();
    match random.below(if depth == 0 { 4 } else { 8 }) {
        0 => random.choose(&["true", "false", "null", "17", "-1.5"]).to_owned(),
        1 => word(random),
        2 | 3 => serde_json::Value::from(random.choose(&TEXTS)).to_string(),
        4 | 5 => {
            let number = random.below(4);
            let values: Vec<String> = (0..number).map(|_| json(random, depth - 1)).collect();
            format!("[{}]", values.join(","))
        }
        _ => object(random, depth - 1),
    }
}

fn object(random: &mut Random, depth: usize) -> String {
    let number = random.below(5);
    let member = |random: &mut Random| {
        let name = serde_json::Value::from(random.choose(&WORDS)).to_string();
        format!("{name}:{}", json(random, depth))
    };
    let members: Vec<String> = (0..number).map(|_| member(random)).collect();
    format!("{{{}}}", members.join(","))
}

fn operation(random: &mut Random) -> String {
    let text = |random: &mut Random, from: &[&str]| {
        serde_json::Value::from(from[random.below(from.len())]).to_string()
    };
    let op = text(random, &["add", "Replace", "remove"]);
    let path = text(random, &WORDS);
    format!("{{\"op\":{op},\"path\":{path},\"value\":{}}}", json(random, 2))
}

#[test]
fn nothing_that_is_sent_is_read_as_two_things() {
    let mut random = Random(23);
    for _ in 0..20_000 {
        of_a_body(object(&mut random, 4).as_bytes());
        let user = format!("{{\"userName\":\"u\",\"emails\":{}}}", json(&mut random, 3));
        of_a_body(user.as_bytes());
        let operations: Vec<String> =
            (0..random.below(4)).map(|_| operation(&mut random)).collect();
        of_a_body(format!("{{\"Operations\":[{}]}}", operations.join(",")).as_bytes());
        let text: String = (0..random.below(8))
            .map(|_| match random.below(3) {
                0 => random.choose(&WORDS),
                1 => {
                    random.choose(&[" eq ", " and ", "(", ")", "[", "]", " pr", "not (", "\"", "."])
                }
                _ => random.choose(&["\"a\"", "true", "17", " ", "\\", "\"\\u0041\""]),
            })
            .collect();
        of_a_text(&text);
    }
}
