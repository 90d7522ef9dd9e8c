//! What values look like at products, right and in each other's place; and values of our own.

mod common;

use common::now;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509Name};
use saml_login::doctor::{Diagnosis, PastedField, PastedValues, Surroundings, examine};
use saml_login::trust::Fingerprint;
use saml_login::{Certificates, Limits};

const AUDIENCE: &str = "https://app.example.test/saml/acme";
const ACS_URL: &str = "https://app.example.test/saml/acme/acs";
const LOGIN_URL: &str = "https://app.example.test/sso/acme";
const CERTIFICATE: &str = include_str!("../fixtures/saml-idp-samlp/idp-cert.pem");

/// Single sign-on URL, issuer and metadata address, as products have them, on hosts of their own.
/// Where the metadata is not at an address of its own kind, there is none.
const PRODUCTS: [[&str; 3]; 17] = [
    // SimpleSAMLphp 1 and 2.
    [
        "https://idp.acme.test/simplesaml/saml2/idp/SSOService.php",
        "https://idp.acme.test/simplesaml/saml2/idp/metadata.php",
        "https://idp.acme.test/simplesaml/saml2/idp/metadata.php",
    ],
    [
        "https://idp.acme.test/simplesaml/module.php/saml/idp/singleSignOnService",
        "https://idp.acme.test/simplesaml/module.php/saml/idp/metadata",
        "https://idp.acme.test/simplesaml/module.php/saml/idp/metadata",
    ],
    // Shibboleth.
    [
        "https://idp.acme.test/idp/profile/SAML2/Redirect/SSO",
        "https://idp.acme.test/idp/shibboleth",
        "https://idp.acme.test/idp/shibboleth",
    ],
    [
        "https://idp.acme.test/idp/profile/SAML2/POST/SSO",
        "https://idp.acme.test/idp/shibboleth",
        "",
    ],
    // AD FS, whose issuer is an http address.
    [
        "https://fs.acme.test/adfs/ls/",
        "http://fs.acme.test/adfs/services/trust",
        "https://fs.acme.test/FederationMetadata/2007-06/FederationMetadata.xml",
    ],
    // samlp of node.
    [
        "https://idp.acme.test/saml/sso",
        "https://idp.acme.test/metadata",
        "https://idp.acme.test/metadata",
    ],
    [
        "https://acme.auth0.com/samlp/a1B2c3",
        "urn:acme.auth0.com",
        "https://acme.auth0.com/samlp/metadata/a1B2c3",
    ],
    // PingFederate and PingOne.
    ["https://idp.acme.test/idp/SSO.saml2", "https://idp.acme.test", ""],
    [
        "https://auth.pingone.com/11111111-2222-3333-4444-555555555555/saml20/idp/sso",
        "https://auth.pingone.com/11111111-2222-3333-4444-555555555555",
        "https://auth.pingone.com/11111111-2222-3333-4444-555555555555/saml20/metadata/a1",
    ],
    // Keycloak.
    [
        "https://idp.acme.test/realms/staff/protocol/saml",
        "https://idp.acme.test/realms/staff",
        "https://idp.acme.test/realms/staff/protocol/saml/descriptor",
    ],
    // authentik, whose issuer is a free text.
    [
        "https://idp.acme.test/application/saml/acme/sso/binding/redirect/",
        "authentik",
        "https://idp.acme.test/application/saml/acme/metadata/",
    ],
    // Zitadel.
    [
        "https://idp.acme.test/saml/v2/SSO",
        "https://idp.acme.test/saml/v2/metadata",
        "https://idp.acme.test/saml/v2/metadata",
    ],
    // LemonLDAP::NG.
    [
        "https://auth.acme.test/saml/singleSignOn",
        "https://auth.acme.test/saml/metadata",
        "https://auth.acme.test/saml/metadata",
    ],
    // OpenAM.
    [
        "https://sso.acme.test/openam/SSORedirect/metaAlias/idp",
        "https://sso.acme.test/openam",
        "https://sso.acme.test/openam/saml2/jsp/exportmetadata.jsp",
    ],
    // Duo.
    [
        "https://sso-1a2b.sso.duosecurity.com/saml2/sp/DI1/sso",
        "https://sso-1a2b.sso.duosecurity.com/saml2/sp/DI1/metadata",
        "https://sso-1a2b.sso.duosecurity.com/saml2/sp/DI1/metadata",
    ],
    // crewjam's.
    [
        "https://idp.acme.test/sso",
        "https://idp.acme.test/metadata",
        "https://idp.acme.test/metadata",
    ],
    // Google.
    [
        "https://accounts.google.com/o/saml2/idp?idpid=C01abc234",
        "https://accounts.google.com/o/saml2?idpid=C01abc234",
        "",
    ],
];

fn around() -> Surroundings<'static> {
    Surroundings::default().with_audience(AUDIENCE).with_acs_url(ACS_URL).with_login_url(LOGIN_URL)
}

fn examined(audience: &str, sso_url: &str, issuer: &str, certificate: &str) -> Diagnosis {
    let pasted = PastedValues::new(audience, sso_url, issuer, certificate);
    examine(&pasted, &around(), &Limits::default(), now())
}

fn codes(diagnosis: &Diagnosis) -> Vec<(PastedField, &'static str)> {
    diagnosis.findings().iter().map(|finding| (finding.field, finding.problem.code())).collect()
}

#[test]
fn nothing_is_said_of_right_values() {
    for [sso_url, issuer, _] in PRODUCTS {
        let found = examined(AUDIENCE, sso_url, issuer, CERTIFICATE);
        assert_eq!((codes(&found), found.offer()), (vec![], None), "{sso_url}");
    }
}

#[test]
fn issuer_and_single_sign_on_url_in_each_others_place_are_seen() {
    for [sso_url, issuer, _] in PRODUCTS {
        let found = examined(AUDIENCE, issuer, sso_url, CERTIFICATE);
        assert_eq!(codes(&found).first(), Some(&(PastedField::SsoUrl, "swapped")), "{sso_url}");
        let offer = found.offer().expect("an offer");
        assert_eq!((offer.sso_url.as_str(), offer.issuer.as_str()), (sso_url, issuer));
        let right = examine(offer, &around(), &Limits::default(), now());
        assert_eq!((codes(&right), right.is_usable()), (vec![], true), "{sso_url}");
    }
}

#[test]
fn a_metadata_address_is_no_single_sign_on_url() {
    for [sso_url, issuer, metadata] in PRODUCTS {
        if metadata.is_empty() {
            continue;
        }
        let found = examined(AUDIENCE, metadata, issuer, CERTIFICATE);
        let mut expected = vec![(PastedField::SsoUrl, "sso_url_is_metadata_url")];
        // Auth0 has a name there, and not a word about its kind.
        if metadata.contains("/samlp/") {
            expected.clear();
        }
        assert_eq!(codes(&found), expected, "{metadata}");
        // What follows from it is offered: of Keycloak.
        let follows = metadata.ends_with("/descriptor").then_some(sso_url);
        assert_eq!(found.offer().map(|offer| offer.sso_url.as_str()), follows, "{metadata}");
    }
}

#[test]
fn what_is_ours_is_seen_in_every_field() {
    use PastedField::{Audience, Issuer, SsoUrl};
    let (sso_url, issuer) = ("https://idp.acme.test/saml/sso", "acme");
    for (audience, code) in [
        (format!("{AUDIENCE}/"), "audience_nearly_ours"),
        (AUDIENCE.to_uppercase(), "audience_nearly_ours"),
        (ACS_URL.to_owned(), "audience_is_acs_url"),
        (LOGIN_URL.to_owned(), "audience_is_login_url"),
    ] {
        let found = examined(&audience, sso_url, issuer, CERTIFICATE);
        assert_eq!((codes(&found), found.is_usable()), (vec![(Audience, code)], true));
        let exact = (code == "audience_nearly_ours").then_some(AUDIENCE);
        assert_eq!(found.offer().map(|offer| offer.audience.as_str()), exact);
    }
    for (sso_url, code) in [
        (ACS_URL, "sso_url_is_acs_url"),
        (LOGIN_URL, "sso_url_is_login_url"),
        (AUDIENCE, "sso_url_at_us"),
    ] {
        let found = examined("acme inbox", sso_url, issuer, CERTIFICATE);
        assert_eq!(codes(&found), [(SsoUrl, code)]);
    }
    for issuer in [ACS_URL, LOGIN_URL, AUDIENCE] {
        let found = examined("acme inbox", sso_url, issuer, CERTIFICATE);
        assert_eq!((codes(&found), found.is_usable()), (vec![(Issuer, "issuer_at_us")], true));
    }
    // An application whose name is its ACS URL says so.
    let pasted = PastedValues::new(ACS_URL, sso_url, issuer, CERTIFICATE);
    let around = around().with_audience(ACS_URL);
    let found = examine(&pasted, &around, &Limits::default(), now());
    assert_eq!(codes(&found), []);
}

#[test]
fn our_own_certificate_is_not_theirs() {
    let parsed = Certificates::parse(CERTIFICATE).expect("a certificate");
    let own: Vec<Fingerprint> = parsed.iter().map(|one| one.fingerprint()).collect();
    let pasted = PastedValues::new(AUDIENCE, "https://idp.acme.test/saml/sso", "acme", CERTIFICATE);
    let around = around().with_own_fingerprints(&own);
    let found = examine(&pasted, &around, &Limits::default(), now());
    assert_eq!(codes(&found), [(PastedField::Certificate, "certificate_is_ours")]);
    assert!(!found.is_usable());
}

#[test]
fn an_authority_is_named_and_not_among_the_values() {
    let name = |text: &str| {
        let mut name = X509Name::builder().expect("a name");
        name.append_entry_by_text("CN", text).expect("a name");
        name.build()
    };
    let (authority, key) = [(); 2].map(|()| Rsa::generate(2048).expect("a key")).into();
    let (authority, key) =
        (PKey::from_rsa(authority).expect("a key"), PKey::from_rsa(key).expect("a key"));
    let issued = |key, subject: &str| {
        let mut builder = X509::builder().expect("a builder");
        let time = |seconds| openssl::asn1::Asn1Time::from_unix(seconds).expect("a time");
        builder.set_subject_name(&name(subject)).expect("a subject");
        builder.set_issuer_name(&name("authority")).expect("an issuer");
        builder.set_not_before(&time(1_700_000_000)).expect("a begin");
        builder.set_not_after(&time(4_000_000_000)).expect("an end");
        builder.set_pubkey(key).expect("a key");
        builder.sign(&authority, openssl::hash::MessageDigest::sha256()).expect("a signature");
        String::from_utf8(builder.build().to_pem().expect("PEM")).expect("PEM")
    };
    let (root, leaf) = (issued(&authority, "authority"), issued(&key, "leaf"));
    let found = examined(AUDIENCE, "https://idp.acme.test/saml/sso", "acme", &(root + &leaf));
    assert_eq!(codes(&found), [(PastedField::Certificate, "certificate_of_authority")]);
    let values = found.into_values().expect("usable");
    let pinned: Vec<&str> =
        values.identity_provider().certificates().iter().map(|one| one.subject()).collect();
    assert_eq!(pinned, ["CN=leaf"]);
}

#[test]
fn a_metadata_document_alone_is_one_finding_and_a_whole_offer() {
    const METADATA: &str = include_str!("../fixtures/metadata/as-sent/browser-view.xml");
    for field in
        [PastedField::Audience, PastedField::SsoUrl, PastedField::Issuer, PastedField::Certificate]
    {
        let values = |wanted| if field == wanted { METADATA } else { "" };
        let found = examined(
            values(PastedField::Audience),
            values(PastedField::SsoUrl),
            values(PastedField::Issuer),
            values(PastedField::Certificate),
        );
        assert_eq!(codes(&found), [(field, "metadata_pasted")]);
        let offer = found.offer().expect("an offer");
        assert_eq!(offer.audience, AUDIENCE);
        let right = examine(offer, &around(), &Limits::default(), now());
        assert_eq!((codes(&right), right.is_usable()), (vec![], true));
    }
}

#[test]
fn what_of_a_metadata_document_is_left_out_is_said() {
    const METADATA: &str = include_str!("../fixtures/metadata/as-sent/old-weak-key-beside.xml");
    let found = examined("", "", "", METADATA);
    let field = PastedField::Certificate;
    assert_eq!(codes(&found), [(field, "metadata_pasted"), (field, "metadata_key_too_weak")]);
}
