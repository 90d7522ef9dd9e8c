//! Every error ends in one, is documented, and tells each of its readers something.

mod common;

use std::collections::BTreeSet;
use std::error::Error as _;

use common::codes_in;
use saml_login::error::{
    BoxError, CertificateError, ConfigError, Fixer, KeyPairError, RelayStateProblem, SendError,
};
use saml_login::metadata::MetadataError;
use saml_login::organization::{ChangeRefusal, Conflict, SsoUnavailable};
use saml_login::provision::{ProvisionError, Refusal};
use saml_login::{Error, Rejection};

/// What a function of an application is like that uses all of it.
fn ends_in<E: Into<Error>>(error: E) -> Error {
    fn question_mark<E: Into<Error>>(result: Result<(), E>) -> Result<(), Error> {
        result.map_err(Into::into)
    }
    question_mark(Err(error)).expect_err("the error")
}

#[test]
fn every_error_converts_into_one() {
    for (error, code, fixer, display) in [
        (
            ends_in(Rejection::DuplicateId),
            "duplicate_id",
            Fixer::IdentityProvider,
            "two elements have the same ID",
        ),
        (
            ends_in(ConfigError::IssuerEmpty),
            "issuer_empty",
            Fixer::ServiceProvider,
            "the issuer is empty",
        ),
        (
            ends_in(CertificateError::Empty),
            "certificate_empty",
            Fixer::ServiceProvider,
            "the certificate field does not hold a usable certificate: the certificate field is empty",
        ),
        (
            ends_in(KeyPairError::Mismatch),
            "key_pair_mismatch",
            Fixer::ServiceProvider,
            "the key of the service provider is not usable: the certificate does not belong to the \
             private key",
        ),
        (
            ends_in(SendError::RelayState { problem: RelayStateProblem::TooLong }),
            "relay_state_refused",
            Fixer::ServiceProvider,
            "the RelayState is refused: it has more than 80 bytes",
        ),
        (
            ends_in(MetadataError::Malformed(Rejection::DtdForbidden)),
            "dtd_forbidden",
            Fixer::IdentityProvider,
            "the metadata cannot be read: it contains a document type declaration",
        ),
        (
            ends_in(SsoUnavailable::Disabled),
            "sso_disabled",
            Fixer::ServiceProvider,
            "single sign-on is switched off for this organization",
        ),
        (
            ends_in(ChangeRefusal::NotConfigured),
            "sso_not_configured",
            Fixer::ServiceProvider,
            "single sign-on is not configured",
        ),
        (
            ends_in(Conflict::Slug),
            "slug_taken",
            Fixer::ServiceProvider,
            "another organization has the same slug, or had it",
        ),
        (ends_in(Refusal::NoSeat), "no_seat", Fixer::ServiceProvider, "all seats are taken"),
        (
            ends_in(ProvisionError::Refused(Refusal::NoSeat)),
            "no_seat",
            Fixer::ServiceProvider,
            "refused: all seats are taken",
        ),
    ] {
        assert_eq!((error.code(), error.fixer()), (code, fixer), "{error:?}");
        assert_eq!(error.to_string(), display);
        let (help, user_message) = (error.help(), error.user_message());
        assert!(help.ends_with('.') && help.len() > 10, "{code}: {help}");
        assert!(user_message.ends_with('.') && user_message.len() > 10, "{code}: {user_message}");
    }
}

/// The error itself is found again behind the one.
#[test]
fn the_source_is_the_error_itself() {
    let error = ends_in(ProvisionError::Refused(Refusal::NoSeat));
    let source = error.source().expect("a source");
    assert!(matches!(source.downcast_ref(), Some(ProvisionError::Refused(Refusal::NoSeat))));
    let gone = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let error = Error::ReplayStore(BoxError::from(gone));
    let source = error.source().and_then(|source| source.downcast_ref::<std::io::Error>());
    assert_eq!(source.map(std::io::Error::kind), Some(std::io::ErrorKind::ConnectionReset));
    assert_eq!(
        error.to_string(),
        "the replay store failed, so that single use cannot be guaranteed"
    );
}

/// The codes of each type are those of its table, and no two types share one that means different
/// things.
#[test]
fn every_code_is_in_the_table_of_its_type() {
    let (_, table) = include_str!("../ERRORS.md")
        .split_once("\n## Settings, metadata and messages of ours\n")
        .expect("the table");
    let (table, _) = table.split_once("\n## ").expect("its end");
    let documented: BTreeSet<(String, String)> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|row| {
            let mut cells = row.split('`');
            Some((cells.next()?.to_owned(), cells.nth(1)?.to_owned()))
        })
        .collect();
    let sources = [
        ("ConfigError", include_str!("../src/error/config.rs")),
        ("CertificateError", include_str!("../src/error/config.rs")),
        ("KeyPairError", include_str!("../src/error/config.rs")),
        ("SendError", include_str!("../src/error/send.rs")),
        ("MetadataError", include_str!("../src/metadata/error.rs")),
        ("Error", include_str!("../src/error/mod.rs")),
    ];
    let codes = sources.iter().flat_map(|(name, source)| {
        let codes = codes_in(source, &format!("impl {name} {{"));
        codes.into_iter().map(|code| (code, (*name).to_owned()))
    });
    let codes: BTreeSet<(String, String)> = codes.collect();
    assert!(codes.len() > 60, "{}", codes.len());
    assert_eq!(documented, codes);
    let distinct: BTreeSet<&String> = codes.iter().map(|(code, _)| code).collect();
    assert_eq!(distinct.len(), codes.len(), "a code means one thing");
}
