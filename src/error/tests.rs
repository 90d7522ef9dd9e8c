use chrono::DateTime;

use super::*;

/// The codes and fixers in the table of `Rejection`, as the source has them.
fn table() -> Vec<(String, String)> {
    let (_, row) = include_str!("table.rs").split_once("fn row(&self)").unwrap();
    let rows = row.split("(\"").skip(1).map(|row| {
        let (code, rest) = row.split_once("\", ").unwrap();
        (code.to_owned(), rest.split(',').next().unwrap().to_owned())
    });
    rows.collect()
}

#[test]
fn every_code_is_documented_once_with_who_acts() {
    let (refusals, _) = include_str!("../../ERRORS.md").split_once("\n## ").unwrap();
    let documented = refusals.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut documented: Vec<(String, String)> = documented
        .map(|line| {
            let (code, rest) = line.split_once("` | ").unwrap();
            (code.to_owned(), rest.split(" | ").nth(1).unwrap().to_owned())
        })
        .collect();
    let mut table: Vec<(String, String)> = table()
        .into_iter()
        .map(|(code, fixer)| {
            let fixer = match fixer.as_str() {
                "Developer" => "developer",
                "EitherSide" => "either side",
                "IdentityProvider" => "identity provider",
                "ServiceProvider" => "service provider",
                _ => "user",
            };
            (code, fixer.to_owned())
        })
        .collect();
    documented.sort();
    table.sort();
    assert!(table.len() > 40);
    assert_eq!(documented, table);
}

#[test]
fn user_messages_are_few_and_hold_no_data() {
    let rejection = Rejection::NotAResponse { found: Excerpt::new("marker") };
    assert!(!rejection.user_message().contains("marker"));
    assert_eq!(Error::from(ConfigError::IssuerEmpty).user_message(), table::NOT_SET_UP);
    assert_eq!(Error::ReplayStore(BoxError::new("down")).user_message(), table::UNAVAILABLE);
    assert_eq!(Error::ReplayStore(BoxError::new("down")).code(), "replay_store_failed");
}

#[test]
fn help_names_what_was_found_and_the_near_miss() {
    let mismatch = Mismatch::new("https://a.test/saml", ["https://a.test/saml/"], None);
    assert_eq!(
        Rejection::AudienceMismatch { mismatch }.help(),
        "The assertion is meant for another audience. Expected \"https://a.test/saml\"; found \
         \"https://a.test/saml/\". Note: they differ only in the slash at the end. Make the Audience URI (also called \
         SP entity ID) the same on both sides."
    );
    let at = |seconds: i64| DateTime::from_timestamp(1_900_000_000 + seconds, 0).unwrap();
    let late = |seconds| {
        let now = at(seconds);
        Rejection::Expired {
            what: "Conditions/@NotOnOrAfter",
            not_on_or_after: at(0),
            now,
            skew_seconds: 60,
        }
        .help()
    };
    assert!(late(61).starts_with(
        "Conditions/@NotOnOrAfter was 2030-03-17T17:46:40Z; it is 2030-03-17T17:47:41Z here: 61 s too late, with 60 s \
         tolerated."
    ));
    assert!(
        late(3600).contains(": 60 minutes too late")
            && late(90_000).contains(": 25 hours too late")
    );
    assert!(late(200_000).contains(": 2 days too late"));
    let status = Rejection::StatusNotSuccess {
        codes: [
            "urn:oasis:names:tc:SAML:2.0:status:Responder",
            "urn:oasis:names:tc:SAML:2.0:status:NoPassive",
        ]
        .map(Excerpt::new)
        .into(),
        message: Some(Excerpt::new("no\u{1b}")),
    };
    assert_eq!(
        status.help(),
        "The identity provider reports \"urn:oasis:names:tc:SAML:2.0:status:Responder\", \
         \"urn:oasis:names:tc:SAML:2.0:status:NoPassive\": the person is not signed in there, and a silent login was \
         asked for. It says, unverified: \"no\\u{1b}\"."
    );
}
