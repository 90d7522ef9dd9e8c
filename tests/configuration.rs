//! A connection cannot be half right: what refuses to build, and what is warned of.

mod common;

use chrono::{DateTime, TimeDelta, Utc};
use common::at;
use saml_login::ConnectionOptions;
use saml_login::binding::Binding;
use saml_login::connection::{ConnectionBuilder, SignedParts, Warning};
use saml_login::error::{CertificateError, ConfigError};
use saml_login::provider::Endpoint;
use saml_login::trust::Fingerprint;
use saml_login::{Certificates, Connection, Error, IdentityProvider, KeyPair, ServiceProvider};

/// RSA-2048, valid from 2026-11-23T20:45:24Z to 2036-11-20T20:45:24Z.
const CERTIFICATE: &str = include_str!("../fixtures/saml-idp-samlp/idp-cert.pem");

fn idp(issuer: &str) -> IdentityProvider {
    IdentityProvider::new(issuer, Certificates::parse(CERTIFICATE).expect("a certificate"))
}

fn builder() -> ConnectionBuilder {
    Connection::builder(
        "acme",
        ServiceProvider::new("urn:sp", "https://sp.test/acs"),
        idp("urn:idp"),
    )
}

fn fingerprint() -> Fingerprint {
    let certificates = Certificates::parse(CERTIFICATE).expect("a certificate");
    certificates.iter().next().expect("a certificate").fingerprint()
}

#[test]
fn an_incomplete_connection_does_not_build() {
    let sp = |audience: &str, acs: &str| ServiceProvider::new(audience, acs);
    let error = |id: &str, sp, idp| Connection::builder(id, sp, idp).build().err();
    let acs = "https://sp.test/acs";
    assert_eq!(error("acme", sp("urn:sp", acs), idp("urn:idp")), None);
    assert_eq!(error(" ", sp("urn:sp", acs), idp("urn:idp")), Some(ConfigError::ConnectionIdEmpty));
    assert_eq!(error("acme", sp("", acs), idp("urn:idp")), Some(ConfigError::AudienceEmpty));
    assert_eq!(error("acme", sp("urn:sp", "\n"), idp("urn:idp")), Some(ConfigError::AcsUrlEmpty));
    assert_eq!(error("acme", sp("urn:sp", acs), idp("")), Some(ConfigError::IssuerEmpty));
    for (url, valid) in [
        ("https://idp.test/sso?app=1", true),
        ("http://localhost:8080/sso", true),
        ("http://idp.test/sso", true),
        ("", false),
        ("idp.test/sso", false),
        ("https://", false),
        ("https://idp.test/s so", false),
        ("javascript://idp.test/%0aalert(1)", false),
        ("https://localhost:x@evil.test/sso", false),
        ("https://idp.test\\@evil.test/", false),
        ("https://idp.test/\"><script>", false),
        ("https://idp.test/sso#a", false),
        ("https://idp.test/é", false),
    ] {
        let found = error("acme", sp("urn:sp", acs), idp("urn:idp").with_sso_url(url));
        assert_eq!(found.is_none(), valid, "{url}");
        assert!(
            found.is_none_or(|error| matches!(error, ConfigError::SsoUrlInvalid { .. })),
            "{url}"
        );
        // The other endpoints are held to the same.
        let endpoint = || Endpoint::new(Binding::HttpPost, url);
        let mut elsewhere = Endpoint::new(Binding::HttpPost, "https://idp.test/slo");
        elsewhere.response_location = Some(url.into());
        let further = idp("urn:idp").with_sso_url("https://idp.test").with_sso_endpoint(endpoint());
        for found in [
            error("acme", sp("urn:sp", acs), further),
            error("acme", sp("urn:sp", acs), idp("urn:idp").with_slo_endpoint(endpoint())),
            error("acme", sp("urn:sp", acs), idp("urn:idp").with_slo_endpoint(elsewhere)),
            error("acme", sp("urn:sp", acs), idp("urn:idp").with_artifact_resolution(0, url)),
            error("acme", sp("urn:sp", acs).with_slo_url(url), idp("urn:idp")),
        ] {
            assert_eq!(
                found.map(|error| error.code()),
                (!valid).then_some("endpoint_invalid"),
                "{url}"
            );
        }
    }
}

#[test]
fn free_text_is_taken_as_it_is() {
    let sp = ServiceProvider::new("My App, as typed ", "https://sp.test/acs");
    let connection =
        Connection::builder("acme", sp, idp("IdP Entity ID")).build().expect("a connection");
    assert_eq!(connection.service_provider().audience(), "My App, as typed ");
    assert_eq!(connection.identity_provider().issuer(), "IdP Entity ID");
}

#[test]
fn the_clock_skew_is_bounded() {
    let error = |skew| {
        let options = ConnectionOptions::default().with_clock_skew_seconds(skew);
        builder().with_options(options).build().err()
    };
    assert_eq!(error(0), None);
    assert_eq!(error(300), None);
    assert_eq!(error(301), Some(ConfigError::ClockSkewOutOfRange { seconds: 301 }));
    let largest = ConfigError::ClockSkewOutOfRange { seconds: u32::MAX };
    assert_eq!(error(u32::MAX), Some(largest));
}

#[test]
fn a_bad_certificate_is_an_error_of_the_configuration() {
    let error =
        Error::from(Certificates::parse("https://idp.test/cert").expect_err("no certificate"));
    assert_eq!(error.code(), "certificate_is_url");
    assert_eq!(error.help(), "This is a web address: open it, and paste the certificate itself.");
    assert!(matches!(error, Error::Config(ConfigError::Certificate(CertificateError::Url))));
}

#[test]
fn certificates_near_their_end_are_warned_of_and_stay_trusted() {
    let connection = builder().build().expect("a connection");
    let end = at("2036-11-20T20:45:24Z");
    let expires = |within_days| {
        vec![Warning::CertificateExpires {
            fingerprint: fingerprint(),
            not_after: end,
            within_days,
        }]
    };
    let expired = vec![Warning::CertificateExpired { fingerprint: fingerprint(), not_after: end }];
    let second = TimeDelta::seconds(1);
    for (now, expected) in [
        (end - TimeDelta::days(90) - second, vec![]),
        (end - TimeDelta::days(90), expires(90)),
        (end - TimeDelta::days(30) - second, expires(90)),
        (end - TimeDelta::days(30), expires(30)),
        (end - TimeDelta::days(7) - second, expires(30)),
        (end - TimeDelta::days(7), expires(7)),
        (end, expires(7)),
        (end + second, expired),
    ] {
        assert_eq!(connection.warnings(now), expected, "{now}");
    }
    let begin = at("2026-11-23T20:45:24Z");
    let early = Warning::CertificateNotYetValid { fingerprint: fingerprint(), not_before: begin };
    assert_eq!(connection.warnings(begin - second), [early]);
    assert_eq!(connection.warnings(begin), []);
}

#[test]
fn telltale_mistakes_are_warned_of() {
    let now: DateTime<Utc> = at("2030-01-01T00:00:00Z");
    let warnings =
        |sp, idp| Connection::builder("acme", sp, idp).build().expect("a connection").warnings(now);
    let sp = |audience: &str, acs: &str| ServiceProvider::new(audience, acs);
    let acs = "https://sp.test/acs";
    assert_eq!(warnings(sp("urn:x", acs), idp("urn:x")), [Warning::AudienceEqualsIssuer]);
    assert_eq!(warnings(sp(acs, acs), idp("urn:idp")), [Warning::AudienceEqualsAcsUrl]);
    assert_eq!(warnings(sp("urn:sp", "{recipient}"), idp("urn:idp")), [Warning::AcsUrlNotAUrl]);
    assert_eq!(
        warnings(sp("urn:sp", "http://sp.test/acs"), idp("urn:idp")),
        [Warning::AcsUrlInsecure]
    );
    assert_eq!(warnings(sp("urn:sp", "http://127.0.0.1:8080/acs"), idp("urn:idp")), []);
    let sso = "https://idp.test/sso";
    assert_eq!(
        warnings(sp("urn:sp", acs), idp(sso).with_sso_url(sso)),
        [Warning::IssuerEqualsSsoUrl]
    );
    let insecure = idp("urn:idp").with_sso_url("http://idp.test/sso");
    assert_eq!(warnings(sp("urn:sp", acs), insecure), [Warning::SsoUrlInsecure]);
    let every = idp("urn:idp")
        .with_sso_url(sso)
        .with_sso_endpoint(Endpoint::new(Binding::HttpPost, "http://idp.test/post"))
        .with_slo_endpoint(Endpoint::new(Binding::HttpRedirect, "http://idp.test/slo"))
        .with_artifact_resolution(0, "http://idp.test/artifact")
        .with_artifact_resolution(1, "http://localhost/artifact");
    let insecure = |warning: &Warning| match warning {
        Warning::EndpointInsecure { what, found } => (*what, found.to_string(), warning.code()),
        other => panic!("{other:?}"),
    };
    let found = warnings(sp("urn:sp", acs).with_slo_url("http://sp.test/slo"), every);
    let expected = [
        ("Single Sign-On Service", "http://idp.test/post"),
        ("Single Logout Service", "http://idp.test/slo"),
        ("Artifact Resolution Service", "http://idp.test/artifact"),
        ("Single Logout Service URL", "http://sp.test/slo"),
    ];
    assert_eq!(
        found.iter().map(insecure).collect::<Vec<_>>(),
        expected.map(|(what, url)| (what, format!("\"{url}\""), "endpoint_insecure"))
    );
    assert_eq!(
        warnings(sp(" urn:sp", acs), idp("urn:idp\n")),
        [
            Warning::SurroundingSpace { field: "Audience URI" },
            Warning::SurroundingSpace { field: "issuer" }
        ]
    );
    let dangerous = builder()
        .with_options(
            ConnectionOptions::default()
                .with_danger_allow_sha1(true)
                .with_danger_ignore_unsolicited_in_response_to(true),
        )
        .build();
    assert_eq!(
        dangerous.expect("a connection").warnings(now),
        [
            Warning::Danger { switch: "danger_allow_sha1" },
            Warning::Danger { switch: "danger_ignore_unsolicited_in_response_to" }
        ]
    );
    let fixture =
        |file: &str| std::fs::read(format!("{}/fixtures/{file}", env!("CARGO_MANIFEST_DIR")));
    let key = KeyPair::from_pem(
        fixture("sp-key.pem").expect("a key"),
        fixture("sp-cert.pem").expect("one"),
    );
    let sp = sp("urn:sp", acs).with_decryption_key(key.expect("a pair"));
    let decrypting = || Connection::builder("acme", sp.clone(), idp("urn:idp"));
    let warnings =
        |builder: ConnectionBuilder| builder.build().expect("a connection").warnings(now);
    assert_eq!(warnings(decrypting()), [Warning::CbcUnsigned]);
    assert_eq!(
        warnings(
            decrypting().with_options(
                ConnectionOptions::default().with_signed_parts(SignedParts::Assertion)
            )
        ),
        [Warning::CbcUnsigned]
    );
    assert_eq!(
        warnings(
            decrypting().with_options(
                ConnectionOptions::default().with_signed_parts(SignedParts::Response)
            )
        ),
        []
    );
    assert_eq!(
        warnings(decrypting().with_options(ConnectionOptions::default().with_forbid_cbc(true))),
        []
    );
}
