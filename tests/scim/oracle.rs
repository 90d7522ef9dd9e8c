//! Another reader of the same grammar: what `scim_v2` takes for a filter or a path is taken here,
//! and what is taken beyond that has its reason.

use saml_login::scim::{Expression, PatchPath};

/// What clients send beyond the grammar, and why it is taken.
const FILTERS_BEYOND: &[(&str, &str)] = &[
    ("emails[type eq \"work\"].value eq \"x\"", "Entra sends it"),
    ("userName eq bjensen", "authentik sends it"),
    ("active eq True", "the same, of a boolean"),
    ("_abc eq \"x\"", "a name that nobody has: the answer says so"),
    ("$ref eq \"x\"", "RFC 7643 has this name, and its grammar does not"),
];

/// The same of paths.
const PATHS_BEYOND: &[(&str, &str)] = &[
    ("__ENABLE__", "a client sends it: it is dropped with a warning"),
    ("emails[type eq work].value", "as in a filter"),
    ("members.$ref", "as in a filter"),
];

/// Parts that filters are made of.
const PARTS: [&str; 34] = [
    "userName",
    "emails",
    "name.familyName",
    "urn:ietf:params:scim:schemas:core:2.0:User:userName",
    "my-attr",
    "x_1",
    " eq ",
    " EQ ",
    " ne ",
    " co ",
    " sw ",
    " ew ",
    " gt ",
    " ge ",
    " lt ",
    " le ",
    " pr",
    " and ",
    " OR ",
    "not ",
    "not (",
    "(",
    ")",
    "[",
    "]",
    "].value",
    "\"x\"",
    "\"\\u00e9\\\"\"",
    "\"a] b\"",
    "true",
    "null",
    "-1.5e3",
    "17",
    "\t",
];

/// A small generator: the same sequence in every run.
fn texts() -> impl Iterator<Item = String> {
    let mut random = crate::common::Random(7);
    (0..15_000).map(move |_| {
        let parts = 1 + random.below(9);
        (0..parts).map(|_| random.choose(&PARTS)).collect()
    })
}

/// Like texts, but most of them are filters.
fn filters() -> impl Iterator<Item = String> {
    let mut random = crate::common::Random(11);
    (0..4_000).map(move |_| filter(&mut random, 4))
}

fn filter(random: &mut crate::common::Random, depth: usize) -> String {
    let compared = |random: &mut crate::common::Random| {
        let name = random.choose(&PARTS[..6]);
        match random.choose(&PARTS[6..17]) {
            " pr" => format!("{name} pr"),
            op => format!("{name}{op}{}", random.choose(&PARTS[26..33])),
        }
    };
    match random.below(if depth == 0 { 1 } else { 6 }) {
        0 | 1 => compared(random),
        2 => format!("{} and {}", filter(random, depth - 1), filter(random, depth - 1)),
        3 => format!("{} OR {}", filter(random, depth - 1), filter(random, depth - 1)),
        4 => format!("not ({})", filter(random, depth - 1)),
        _ => format!("emails[{} or {}]", compared(random), compared(random)),
    }
}

#[test]
fn what_another_reader_takes_is_taken() {
    let (mut taken, mut both) = (0, 0);
    for text in texts().chain(filters()) {
        let theirs = text.parse::<scim_v2::filter::Filter>().is_ok();
        let ours = Expression::parse(&text);
        assert!(!theirs || ours.is_ok(), "{text}: {ours:?}");
        taken += usize::from(ours.is_ok());
        both += usize::from(theirs);
        let theirs = text.parse::<scim_v2::filter::PatchPath>().is_ok();
        let ours = PatchPath::parse(&text);
        assert!(!theirs || ours.is_ok(), "{text}: {ours:?}");
        taken += usize::from(ours.is_ok());
        both += usize::from(theirs);
    }
    assert!(both > 4_000, "{both} of {taken}");
    println!("{taken} taken, {both} by both");
}

#[test]
fn what_is_taken_beyond_has_its_reason() {
    for (text, reason) in FILTERS_BEYOND {
        assert!(text.parse::<scim_v2::filter::Filter>().is_err(), "{text}: {reason}");
        assert!(Expression::parse(text).is_ok(), "{text}: {reason}");
    }
    for (text, reason) in PATHS_BEYOND {
        assert!(text.parse::<scim_v2::filter::PatchPath>().is_err(), "{text}: {reason}");
        assert!(PatchPath::parse(text).is_ok(), "{text}: {reason}");
    }
}

/// What it refuses otherwise is refused here.
#[test]
fn what_is_no_filter_is_none() {
    for text in [
        "1abc eq \"x\"",
        "title pr \"x\"",
        "userName eq",
        "(userName eq \"x\"",
        "userName eq \"x\")",
        "",
        "   ",
        "userName eq \"x\" garbage",
        "userName eq \"x",
        "emails[type eq \"work\"][primary eq true]",
        "emails[name[x pr]]",
        "not userName pr",
        "userName eq \"x\" and",
        "and userName pr",
    ] {
        assert!(text.parse::<scim_v2::filter::Filter>().is_err(), "{text}");
        assert!(Expression::parse(text).is_err(), "{text}");
    }
}
