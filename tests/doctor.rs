//! What administrators paste: one row for each problem, with the exact findings and the exact
//! offer.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{at, now};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, PKeyRef, Private, Public};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509ReqBuilder};
use saml_login::advice::Product;
use saml_login::doctor::{
    Diagnosis, PastedField, PastedValues, Problem, Severity, Surroundings, examine,
};
use saml_login::{Certificates, Connection, Limits, ServiceProvider};

const AUDIENCE: &str = "https://app.example.test/saml/acme";
const ACS_URL: &str = "https://app.example.test/saml/acs";
const LOGIN_URL: &str = "https://app.example.test/sso/acme";
const SSO_URL: &str = "https://acme.okta.com/app/acme/exk1a2b3/sso/saml";
const ISSUER: &str = "http://www.okta.com/exk1a2b3";
/// Valid from 2026-11-23T20:45:24Z to 2036-11-20T20:45:24Z.
const CERTIFICATE: &str = include_str!("../fixtures/saml-idp-samlp/idp-cert.pem");
const OTHER_CERTIFICATE: &str = include_str!("../fixtures/simplesamlphp/idp-cert.pem");
const METADATA: &str = include_str!("../fixtures/metadata/saml-idp-samlp.xml");
const METADATA_ISSUER: &str = "http://127.0.0.1:18110/metadata";
const METADATA_SSO_URL: &str = "http://127.0.0.1:18110/saml/sso";
const PRIVATE_KEY: &str = include_str!("../fixtures/sp-key.pem");

/// Private keys as other tools than OpenSSL write them.
const SECRETS: [&str; 7] = [
    r#"{"kty":"RSA","kid":"SECRET","n":"AQAB","e":"AQAB","d":"SECRET","p":"SECRET"}"#,
    r#"{ "keys": [ { "kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB", "d" : "SECRET" } ] }"#,
    "{'d': 'SECRET', 'kty': 'OKP', 'crv': 'Ed25519', 'x': 'AQAB'}",
    "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: acme\nPrivate-Lines: 1\nSECRET\nPrivate-MAC: 00",
    "Public-Lines: 1\nAQAB\nPrivate-Lines: 1\nSECRET",
    "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nSECRET\n---- END SSH2 ENCRYPTED PRIVATE KEY ----",
    "<EntityDescriptor><RSAKeyValue><Modulus>AQAB</Modulus><D>SECRET</D></RSAKeyValue></EntityDescriptor>",
];

/// Audience URI, single sign-on URL and issuer as the consoles of products have them: nothing is
/// wrong with any.
const REAL: [[&str; 3]; 31] = [
    // JumpCloud, where both names are free text.
    [AUDIENCE, "https://sso.jumpcloud.com/saml2/acme", "JumpCloud"],
    ["acme", "https://sso.jumpcloud.com/saml2/acme", "https://acme.test"],
    ["Acme Inbox", "https://sso.jumpcloud.com/saml2/acme-inbox1", "acme inbox idp"],
    ["acme inbox", "https://sso.jumpcloud.com/saml2/customsaml20", "jumpcloud.acme.test"],
    [
        "https://app.example.test",
        "https://sso.jumpcloud.com/saml2/acme?x=1",
        "https://sso.jumpcloud.com/saml2/other",
    ],
    ["urn:example:acme", "https://sso.jumpcloud.com/saml2/acme", "urn:jumpcloud:acme"],
    // Okta, with its own domains and with one of the customer's.
    [
        AUDIENCE,
        "https://acme.okta.com/app/acme_inbox_1/exk1a2b3c4d5e6f7g8h9/sso/saml",
        "http://www.okta.com/exk1a2b3c4d5e6f7g8h9",
    ],
    [
        "acme",
        "https://trial-1234567.okta.com/app/trial-1234567_acme_1/exk1/sso/saml",
        "http://www.okta.com/exk1",
    ],
    [
        AUDIENCE,
        "https://dev-123.oktapreview.com/app/dev-123_acme_1/exk1/sso/saml",
        "http://www.okta.com/exk1",
    ],
    [
        AUDIENCE,
        "https://acme.okta-emea.com/app/acme_inbox_1/exk1/sso/saml",
        "http://www.okta.com/exk1",
    ],
    [
        AUDIENCE,
        "https://login.acme.test/app/acme_inbox_1/exk1/sso/saml",
        "http://www.okta.com/exk1",
    ],
    ["acme", "https://acme.okta.com/app/template_saml_2_0/exk1/sso/saml", "https://acme.okta.com"],
    // Entra, and its national clouds.
    [
        AUDIENCE,
        "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/saml2",
        "https://sts.windows.net/11111111-2222-3333-4444-555555555555/",
    ],
    [
        "spn:11111111-2222-3333-4444-666666666666",
        "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/saml2",
        "https://sts.windows.net/11111111-2222-3333-4444-555555555555/",
    ],
    [
        "api://11111111-2222-3333-4444-666666666666",
        "https://login.microsoftonline.com/acme.onmicrosoft.com/saml2",
        "https://sts.windows.net/11111111-2222-3333-4444-555555555555/",
    ],
    [
        "acme",
        "https://login.microsoftonline.us/11111111-2222-3333-4444-555555555555/saml2",
        "https://sts.windows.net/11111111-2222-3333-4444-555555555555/",
    ],
    [
        AUDIENCE,
        "https://login.partner.microsoftonline.cn/11111111-2222-3333-4444-555555555555/saml2",
        "https://sts.chinacloudapi.cn/11111111-2222-3333-4444-555555555555/",
    ],
    // Google
    [
        AUDIENCE,
        "https://accounts.google.com/o/saml2/idp?idpid=C01abc234",
        "https://accounts.google.com/o/saml2?idpid=C01abc234",
    ],
    [
        "acme",
        "https://accounts.google.com/o/saml2/idp?idpid=C01abc234",
        "https://accounts.google.com/o/saml2?idpid=C01abc234",
    ],
    // OneLogin, with ids of both kinds.
    [
        AUDIENCE,
        "https://acme.onelogin.com/trust/saml2/http-post/sso/123456",
        "https://app.onelogin.com/saml/metadata/123456",
    ],
    [
        AUDIENCE,
        "https://acme.onelogin.com/trust/saml2/http-redirect/sso/11111111-2222-3333-4444-555555555555",
        "https://app.onelogin.com/saml/metadata/11111111-2222-3333-4444-555555555555",
    ],
    [
        "acme",
        "https://acme.onelogin.com/trust/saml2/soap/sso/123456",
        "https://app.onelogin.com/saml/metadata/123456",
    ],
    // Keycloak, of today and of before.
    [
        AUDIENCE,
        "https://idp.acme.test/realms/staff/protocol/saml",
        "https://idp.acme.test/realms/staff",
    ],
    [
        AUDIENCE,
        "https://idp.acme.test/auth/realms/staff/protocol/saml",
        "https://idp.acme.test/auth/realms/staff",
    ],
    [
        "acme",
        "https://idp.acme.test:8443/realms/staff/protocol/saml",
        "https://idp.acme.test:8443/realms/staff",
    ],
    [
        AUDIENCE,
        "https://idp.acme.test/realms/staff/protocol/saml/clients/acme",
        "https://idp.acme.test/realms/staff",
    ],
    [
        AUDIENCE,
        "http://localhost:8080/realms/master/protocol/saml",
        "http://localhost:8080/realms/master",
    ],
    // Others, which nothing is known of.
    [AUDIENCE, "https://adfs.acme.test/adfs/ls/", "http://adfs.acme.test/adfs/services/trust"],
    [
        AUDIENCE,
        "https://sso.connect.pingidentity.com/sso/idp/SSO.saml2?idpid=11111111",
        "https://pingone.com/idp/cd-1",
    ],
    [
        AUDIENCE,
        "https://idp.acme.test/idp/profile/SAML2/Redirect/SSO",
        "https://idp.acme.test/idp/shibboleth",
    ],
    [AUDIENCE, "https://acme.auth0.com/samlp/a1B2c3", "urn:acme.auth0.com"],
];

fn around() -> Surroundings<'static> {
    Surroundings::default().with_acs_url(ACS_URL).with_login_url(LOGIN_URL)
}

fn pasted(audience: &str, sso_url: &str, issuer: &str, certificate: &str) -> PastedValues {
    PastedValues::new(audience, sso_url, issuer, certificate)
}

fn diagnosis(pasted: &PastedValues) -> Diagnosis {
    examine(pasted, &around(), &Limits::default(), now())
}

fn codes(diagnosis: &Diagnosis) -> Vec<(PastedField, &'static str)> {
    diagnosis.findings().iter().map(|finding| (finding.field, finding.problem.code())).collect()
}

fn rsa(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).expect("a key")).expect("a key")
}

fn ec() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve");
    PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key")
}

fn certificate(
    public: &PKeyRef<Public>,
    signer: &PKeyRef<Private>,
    digest: MessageDigest,
) -> String {
    let mut builder = X509::builder().expect("a builder");
    builder.set_version(2).expect("a version");
    builder.set_not_before(&Asn1Time::from_unix(1_700_000_000).expect("a time")).expect("a begin");
    builder.set_not_after(&Asn1Time::from_unix(4_000_000_000).expect("a time")).expect("an end");
    builder.set_pubkey(public).expect("a key");
    builder.sign(signer, digest).expect("a signature");
    String::from_utf8(builder.build().to_pem().expect("PEM")).expect("PEM")
}

fn certificate_of(key: &PKey<Private>) -> String {
    let public = PKey::public_key_from_der(&key.public_key_to_der().expect("DER")).expect("a key");
    let digest = if key.id() == openssl::pkey::Id::ED25519 {
        MessageDigest::null()
    } else {
        MessageDigest::sha256()
    };
    certificate(&public, key, digest)
}

/// A certificate with an even exponent.
fn certificate_with_unusable_key() -> String {
    let signer = rsa(2048);
    let n = signer.rsa().expect("RSA").n().to_owned().expect("a modulus");
    let public =
        Rsa::from_public_components(n, BigNum::from_u32(65_536).expect("a number")).expect("a key");
    certificate(&PKey::from_rsa(public).expect("a key"), &signer, MessageDigest::sha256())
}

fn certificate_request() -> String {
    let key = ec();
    let mut request = X509ReqBuilder::new().expect("a builder");
    request.set_pubkey(&key).expect("a key");
    request.sign(&key, MessageDigest::sha256()).expect("a signature");
    String::from_utf8(request.build().to_pem().expect("PEM")).expect("PEM")
}

fn pem(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("PEM")
}

/// What stands in the fields, the findings, and the offer.
type Row = (PastedValues, Vec<(PastedField, &'static str)>, Option<PastedValues>);

fn rows() -> Vec<Row> {
    use PastedField::{Audience, Certificate, Issuer, SsoUrl};
    let all = |audience: &str, sso_url: &str, issuer: &str| {
        pasted(audience, sso_url, issuer, CERTIFICATE)
    };
    let right = || Some(all(AUDIENCE, SSO_URL, ISSUER));
    let offered =
        |audience: &str, sso_url: &str, issuer: &str| Some(all(audience, sso_url, issuer));
    let from_metadata = |audience: &str| offered(audience, METADATA_SSO_URL, METADATA_ISSUER);
    let broken_metadata = METADATA.replace("IDPSSODescriptor", "SPSSODescriptor");
    let declared = METADATA.split_once("?>").map_or(METADATA, |(_, behind)| behind);
    let browser_view = format!(
        "This XML file does not appear to have any style information associated with it. The document tree is shown below.\n{declared}"
    );
    let jumpcloud = "https://sso.jumpcloud.com/saml2/acme";
    let entra = "https://sts.windows.net/11111111-2222-3333-4444-555555555555/";
    let entra_sso = "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/saml2";
    let keycloak = "https://idp.acme.test/realms/staff";
    let keycloak_sso = "https://idp.acme.test/realms/staff/protocol/saml";
    let mut rows: Vec<Row> = vec![
        (all(AUDIENCE, SSO_URL, ISSUER), vec![], None),
        (all("acme", "http://localhost:8080/saml", "acme-idp"), vec![], None),
        (all(ACS_URL, SSO_URL, ISSUER), vec![(Audience, "audience_is_acs_url")], None),
        (
            all(&format!("{ACS_URL}/"), SSO_URL, ISSUER),
            vec![(Audience, "audience_is_acs_url")],
            None,
        ),
        (all(LOGIN_URL, SSO_URL, ISSUER), vec![(Audience, "audience_is_login_url")], None),
        // An identity provider of our own may be on our own host, and still that is rare.
        (
            all(AUDIENCE, "https://app.example.test/idp/sso", "acme-idp"),
            vec![(SsoUrl, "sso_url_at_us")],
            None,
        ),
        // blank
        (all("", SSO_URL, ISSUER), vec![(Audience, "blank")], None),
        (all(AUDIENCE, " \n", ISSUER), vec![(SsoUrl, "blank")], None),
        (all(AUDIENCE, SSO_URL, "\u{200b}"), vec![(Issuer, "blank")], None),
        (
            pasted("", "", "", ""),
            vec![
                (Audience, "blank"),
                (SsoUrl, "blank"),
                (Issuer, "blank"),
                (Certificate, "certificate_empty"),
            ],
            None,
        ),
        // surrounding_space
        (
            all(&format!(" {AUDIENCE}"), &format!("{SSO_URL}\r\n"), &format!("{ISSUER}\u{feff}")),
            vec![
                (Audience, "surrounding_space"),
                (SsoUrl, "surrounding_space"),
                (Issuer, "surrounding_space"),
            ],
            right(),
        ),
        // swapped is a guess; what keeps the values from being saved is a single sign-on URL that
        // cannot work
        (
            all(AUDIENCE, ISSUER, SSO_URL),
            vec![(SsoUrl, "swapped"), (SsoUrl, "sso_url_insecure")],
            right(),
        ),
        (
            all(AUDIENCE, "acme-idp", jumpcloud),
            vec![(SsoUrl, "swapped"), (SsoUrl, "sso_url_invalid")],
            offered(AUDIENCE, jumpcloud, "acme-idp"),
        ),
        (
            all(AUDIENCE, keycloak, keycloak_sso),
            vec![(SsoUrl, "swapped")],
            offered(AUDIENCE, keycloak_sso, keycloak),
        ),
        (
            all(SSO_URL, "acme", ISSUER),
            vec![(Audience, "swapped"), (SsoUrl, "sso_url_invalid")],
            offered("acme", SSO_URL, ISSUER),
        ),
        (
            all(AUDIENCE, entra, entra_sso),
            vec![(SsoUrl, "swapped")],
            offered(AUDIENCE, entra_sso, entra),
        ),
        (
            all(ISSUER, SSO_URL, "acme"),
            vec![(Audience, "swapped")],
            offered("acme", SSO_URL, ISSUER),
        ),
        (
            all(AUDIENCE, &format!("{ISSUER} "), SSO_URL),
            vec![(SsoUrl, "surrounding_space"), (SsoUrl, "swapped"), (SsoUrl, "sso_url_insecure")],
            right(),
        ),
        // All three went round: no two of them change places.
        (
            all(ISSUER, "acme", SSO_URL),
            vec![
                (Audience, "issuer_misplaced"),
                (SsoUrl, "sso_url_invalid"),
                (Issuer, "sso_url_misplaced"),
            ],
            None,
        ),
        (
            all(SSO_URL, ISSUER, "acme"),
            vec![
                (Audience, "sso_url_misplaced"),
                (SsoUrl, "issuer_misplaced"),
                (SsoUrl, "sso_url_insecure"),
            ],
            None,
        ),
        // An address of ours in the issuer field is no single sign-on URL.
        (
            all(AUDIENCE, "acme", ACS_URL),
            vec![(SsoUrl, "sso_url_invalid"), (Issuer, "issuer_at_us")],
            None,
        ),
        (
            all(AUDIENCE, "acme", LOGIN_URL),
            vec![(SsoUrl, "sso_url_invalid"), (Issuer, "issuer_at_us")],
            None,
        ),
        // issuer_at_us
        (
            all("acme", SSO_URL, "https://app.example.test/saml/acme"),
            vec![(Issuer, "issuer_at_us")],
            None,
        ),
        // sso_url_is_metadata_url
        (
            all(AUDIENCE, &format!("{keycloak_sso}/descriptor"), keycloak),
            vec![(SsoUrl, "sso_url_is_metadata_url")],
            offered(AUDIENCE, keycloak_sso, keycloak),
        ),
        (
            all(AUDIENCE, &format!("{SSO_URL}/metadata"), ISSUER),
            vec![(SsoUrl, "sso_url_is_metadata_url")],
            right(),
        ),
        // metadata_pasted, metadata_unreadable
        (
            pasted(AUDIENCE, "", "", METADATA),
            vec![(Certificate, "metadata_pasted")],
            from_metadata(AUDIENCE),
        ),
        (
            pasted("", "", METADATA, METADATA),
            vec![(Audience, "blank"), (Issuer, "metadata_pasted")],
            from_metadata(""),
        ),
        // With the sentence that a browser writes above it.
        (
            all(AUDIENCE, "acme", &browser_view),
            vec![(Issuer, "metadata_pasted")],
            from_metadata(AUDIENCE),
        ),
        (all(METADATA, SSO_URL, ISSUER), vec![(Audience, "metadata_pasted")], from_metadata("")),
        (
            all(AUDIENCE, METADATA, ISSUER),
            vec![(SsoUrl, "metadata_pasted")],
            from_metadata(AUDIENCE),
        ),
        (
            all(AUDIENCE, SSO_URL, METADATA),
            vec![(Issuer, "metadata_pasted")],
            from_metadata(AUDIENCE),
        ),
        (all(AUDIENCE, SSO_URL, &broken_metadata), vec![(Issuer, "metadata_unreadable")], None),
        (
            pasted(AUDIENCE, SSO_URL, ISSUER, "<EntityDescriptor>"),
            vec![(Certificate, "metadata_unreadable")],
            None,
        ),
        // private_key_pasted: an offer has no private key, whatever else it has
        (all(PRIVATE_KEY, SSO_URL, ISSUER), vec![(Audience, "private_key_pasted")], None),
        (all(AUDIENCE, PRIVATE_KEY, ISSUER), vec![(SsoUrl, "private_key_pasted")], None),
        (
            pasted(PRIVATE_KEY, METADATA, "", PRIVATE_KEY),
            vec![
                (Audience, "private_key_pasted"),
                (SsoUrl, "metadata_pasted"),
                (Certificate, "certificate_is_private_key"),
            ],
            from_metadata(""),
        ),
        // certificate_misplaced
        (
            pasted(AUDIENCE, SSO_URL, CERTIFICATE, ISSUER),
            vec![(Issuer, "certificate_misplaced"), (Certificate, "certificate_is_url")],
            right(),
        ),
        (
            pasted(AUDIENCE, CERTIFICATE, ISSUER, ""),
            vec![(SsoUrl, "certificate_misplaced"), (Certificate, "certificate_empty")],
            offered(AUDIENCE, "", ISSUER),
        ),
        (all(CERTIFICATE, SSO_URL, ISSUER), vec![(Audience, "certificate_misplaced")], None),
        (
            pasted(AUDIENCE, SSO_URL, CERTIFICATE, PRIVATE_KEY),
            vec![(Issuer, "certificate_misplaced"), (Certificate, "certificate_is_private_key")],
            offered(AUDIENCE, SSO_URL, ""),
        ),
        // the Audience URI
        (all("acme", SSO_URL, "acme"), vec![(Audience, "audience_equals_issuer")], None),
        (all(ISSUER, SSO_URL, ISSUER), vec![(Audience, "audience_equals_issuer")], None),
        (
            all("https://ACME.okta.com/saml", SSO_URL, ISSUER),
            vec![(Audience, "audience_at_idp")],
            None,
        ),
        (all(SSO_URL, SSO_URL, ISSUER), vec![(Audience, "sso_url_misplaced")], None),
        (all(SSO_URL, "", ISSUER), vec![(Audience, "sso_url_misplaced"), (SsoUrl, "blank")], None),
        (
            all("http://www.okta.com/exk9", SSO_URL, ISSUER),
            vec![(Audience, "issuer_misplaced")],
            None,
        ),
        // A service provider that is a Keycloak itself has such a name.
        (all(keycloak, SSO_URL, ISSUER), vec![], None),
        // the single sign-on URL
        (all(AUDIENCE, "acme", "acme-idp"), vec![(SsoUrl, "sso_url_invalid")], None),
        (all(AUDIENCE, "https://a b", ISSUER), vec![(SsoUrl, "sso_url_invalid")], None),
        (all(AUDIENCE, "https://idp.test/sso#x", ISSUER), vec![(SsoUrl, "sso_url_invalid")], None),
        (all(AUDIENCE, "https://me@idp.test/sso", ISSUER), vec![(SsoUrl, "sso_url_invalid")], None),
        (all(AUDIENCE, "ftp://idp.test/sso", ISSUER), vec![(SsoUrl, "sso_url_invalid")], None),
        // The beginning is missing; the issuer is a URL as well, and still no single sign-on URL.
        (
            all(AUDIENCE, "idp.acme.test/sso", "https://idp.acme.test/idp/shibboleth"),
            vec![(SsoUrl, "sso_url_invalid")],
            offered(AUDIENCE, "https://idp.acme.test/sso", "https://idp.acme.test/idp/shibboleth"),
        ),
        (
            all(AUDIENCE, "acme", AUDIENCE),
            vec![(Audience, "audience_equals_issuer"), (SsoUrl, "sso_url_invalid")],
            None,
        ),
        (all(AUDIENCE, "http://idp.test/sso", ISSUER), vec![(SsoUrl, "sso_url_insecure")], None),
        (all(AUDIENCE, ACS_URL, ISSUER), vec![(SsoUrl, "sso_url_is_acs_url")], None),
        (all(AUDIENCE, &format!("{ACS_URL}/"), ISSUER), vec![(SsoUrl, "sso_url_is_acs_url")], None),
        (all(AUDIENCE, LOGIN_URL, ISSUER), vec![(SsoUrl, "sso_url_is_login_url")], None),
        (
            all(AUDIENCE, &ACS_URL.replace("acs", "bravo/acs"), ISSUER),
            vec![(SsoUrl, "sso_url_at_us")],
            None,
        ),
        (
            all(AUDIENCE, ISSUER, "acme"),
            vec![(SsoUrl, "issuer_misplaced"), (SsoUrl, "sso_url_insecure")],
            None,
        ),
        (all(AUDIENCE, entra, "acme"), vec![(SsoUrl, "issuer_misplaced")], None),
        // Anybody may have the path of a realm.
        (
            all(AUDIENCE, "https://sso.acme.test/realms/staff", "https://sso.acme.test/metadata"),
            vec![(SsoUrl, "issuer_misplaced")],
            None,
        ),
        // JumpCloud takes any text as Audience URI and issuer, that of another product and its own
        // single sign-on URL among them.
        (all(AUDIENCE, jumpcloud, ISSUER), vec![], None),
        (
            all(ISSUER, jumpcloud, "JumpCloud"),
            vec![(Audience, "swapped")],
            offered("JumpCloud", jumpcloud, ISSUER),
        ),
        (all(ISSUER, jumpcloud, ISSUER), vec![(Audience, "audience_equals_issuer")], None),
        (all(jumpcloud, jumpcloud, "JumpCloud"), vec![(Audience, "sso_url_misplaced")], None),
        (all(AUDIENCE, jumpcloud, SSO_URL), vec![(Issuer, "sso_url_misplaced")], None),
        // the issuer
        (all(AUDIENCE, SSO_URL, SSO_URL), vec![(Issuer, "sso_url_misplaced")], None),
        (all(AUDIENCE, jumpcloud, jumpcloud), vec![(Issuer, "issuer_equals_sso_url")], None),
        // the certificate
        (
            pasted(AUDIENCE, SSO_URL, ISSUER, &format!("{CERTIFICATE}{OTHER_CERTIFICATE}")),
            vec![],
            None,
        ),
        (
            pasted(AUDIENCE, SSO_URL, ISSUER, &CERTIFICATE.replace('\n', "<br>")),
            vec![(Certificate, "certificate_searched")],
            None,
        ),
    ];
    for secret in SECRETS {
        for field in [Audience, SsoUrl, Issuer] {
            let values = [Audience, SsoUrl, Issuer].map(|other| match other {
                _ if other == field => secret,
                Audience => AUDIENCE,
                SsoUrl => SSO_URL,
                _ => ISSUER,
            });
            let [audience, sso_url, issuer] = values;
            rows.push((all(audience, sso_url, issuer), vec![(field, "private_key_pasted")], None));
        }
        let in_certificate = vec![(Certificate, "certificate_is_private_key")];
        rows.push((pasted(AUDIENCE, SSO_URL, ISSUER, secret), in_certificate.clone(), None));
        let beside = format!("{CERTIFICATE}\n{secret}");
        rows.push((pasted(AUDIENCE, SSO_URL, ISSUER, &beside), in_certificate, None));
    }
    for [audience, sso_url, issuer] in REAL {
        rows.push((all(audience, sso_url, issuer), vec![], None));
    }
    let key = rsa(2048);
    let distinct: String = (0..11).map(|_| certificate_of(&ec())).collect();
    for (certificate, code) in [
        (" ".to_owned(), "certificate_empty"),
        (pem(key.private_key_to_pem_pkcs8().expect("PEM")), "certificate_is_private_key"),
        (pem(key.public_key_to_pem().expect("PEM")), "certificate_is_public_key"),
        (certificate_request(), "certificate_request"),
        ("-----BEGIN PKCS7-----\nMIIB\n-----END PKCS7-----".to_owned(), "certificate_bundle"),
        ("<KeyDescriptor use='signing'></KeyDescriptor>".to_owned(), "certificate_is_metadata"),
        ("<samlp:Response></samlp:Response>".to_owned(), "certificate_is_saml_message"),
        ("https://idp.acme.test/certificate".to_owned(), "certificate_is_url"),
        (CERTIFICATE[..CERTIFICATE.len() / 2].to_owned(), "certificate_truncated"),
        ("MIIB!".to_owned(), "certificate_damaged"),
        ("9B24075F9DF47149E895BBEB4877BB2AAD874FBC".to_owned(), "certificate_is_fingerprint"),
        (distinct, "certificate_too_many"),
        ("acme".to_owned(), "certificate_unrecognized"),
        (certificate_with_unusable_key(), "certificate_key_invalid"),
        (certificate_of(&rsa(1016)), "certificate_key_too_short"),
        (
            certificate_of(&PKey::generate_ed25519().expect("a key")),
            "certificate_key_type_unsupported",
        ),
        (certificate_of(&rsa(1024)), "key_too_weak"),
    ] {
        rows.push((
            pasted(AUDIENCE, SSO_URL, ISSUER, &certificate),
            vec![(Certificate, code)],
            None,
        ));
    }
    rows
}

#[test]
fn every_row_has_exactly_these_findings_and_this_offer() {
    for (number, (values, expected, offer)) in rows().into_iter().enumerate() {
        let found = diagnosis(&values);
        assert_eq!(codes(&found), expected, "row {number}");
        let shown = |values: Option<&PastedValues>| values.map(|values| serde_json::json!(values));
        assert_eq!(shown(found.offer()), shown(offer.as_ref()), "row {number}");
        let errors =
            found.findings().iter().filter(|finding| finding.severity == Severity::Error).count();
        assert_eq!(found.is_usable(), errors == 0, "row {number}");
        let shown = format!("{found:?} {found} {}", serde_json::json!(found));
        assert!(!shown.contains("PRIVATE KEY") && !shown.contains("SECRET"), "row {number}");
        match found.into_values() {
            Err(same) => assert_eq!(same, diagnosis(&values), "row {number}"),
            // What is usable is a connection, without any switch.
            Ok(examined) => {
                assert_eq!(examined.audience(), values.audience);
                assert_eq!(examined.identity_provider().issuer(), values.issuer);
                assert_eq!(examined.identity_provider().sso_url(), Some(values.sso_url.trim()));
                let sp = ServiceProvider::new(examined.audience(), ACS_URL);
                let builder = Connection::builder("acme", sp, examined.identity_provider().clone());
                assert!(builder.build().is_ok(), "row {number}");
            }
        }
    }
}

/// An offer is examined like everything else; what is still wrong with it then has no further
/// offer, so that it ends.
#[test]
fn an_offer_leads_to_no_other_offer() {
    for (number, (_, _, offer)) in rows().into_iter().enumerate() {
        if let Some(offer) = offer {
            assert_eq!(diagnosis(&offer).offer(), None, "row {number}");
        }
    }
}

fn dated(instant: &str) -> Vec<(PastedField, &'static str)> {
    let values = pasted(AUDIENCE, SSO_URL, ISSUER, CERTIFICATE);
    codes(&examine(&values, &around(), &Limits::default(), at(instant)))
}

#[test]
fn the_dates_of_a_certificate_are_warnings() {
    let warning = |code| vec![(PastedField::Certificate, code)];
    assert_eq!(dated("2026-11-23T20:45:23Z"), warning("certificate_not_yet_valid"));
    assert_eq!(dated("2026-11-23T20:45:24Z"), []);
    assert_eq!(dated("2036-10-21T20:45:23Z"), []);
    assert_eq!(dated("2036-10-21T20:45:24Z"), warning("certificate_expires"));
    assert_eq!(dated("2036-11-20T20:45:24Z"), warning("certificate_expires"));
    assert_eq!(dated("2036-11-20T20:45:25Z"), warning("certificate_expired"));
}

#[test]
fn a_certificate_of_another_connection_is_named() {
    let parsed = Certificates::parse(CERTIFICATE).expect("a certificate");
    let fingerprint = parsed.iter().next().expect("one").fingerprint();
    let values = pasted(AUDIENCE, SSO_URL, ISSUER, &format!("{OTHER_CERTIFICATE}{CERTIFICATE}"));
    let spelled = fingerprint.to_string();
    for written in [spelled.clone(), spelled.replace(':', "").to_lowercase()] {
        let unknown = "00".repeat(32).parse().expect("a fingerprint");
        let others = [unknown, written.parse().expect("a fingerprint")];
        let around = around().with_other_fingerprints(&others);
        let found = examine(&values, &around, &Limits::default(), now());
        assert!(found.is_usable());
        let problems: Vec<&Problem> =
            found.findings().iter().map(|finding| &finding.problem).collect();
        assert_eq!(problems, [&Problem::CertificateShared { fingerprint }]);
    }
}

#[test]
fn metadata_of_several_identity_providers_is_chosen_from_by_the_issuer() {
    let entity = METADATA.split_once("?>").map_or(METADATA, |(_, rest)| rest).trim();
    let other = entity.replace(METADATA_ISSUER, "urn:other");
    let group = format!(
        "<md:EntitiesDescriptor xmlns:md='urn:oasis:names:tc:SAML:2.0:metadata'>{other}{entity}</md:EntitiesDescriptor>"
    );
    let found = diagnosis(&pasted(AUDIENCE, "", METADATA_ISSUER, &group));
    assert_eq!(found.offer().map(|offer| offer.issuer.as_str()), Some(METADATA_ISSUER));
    let found = diagnosis(&pasted(AUDIENCE, "", "acme", &group));
    let problem = found.findings().last().expect("a finding").problem.to_string();
    assert!(
        problem.ends_with(
            "the metadata speaks of 2 identity providers: say which is meant, by its entity ID"
        ),
        "{problem}"
    );
}

#[test]
fn a_finding_says_what_to_do() {
    let found = diagnosis(&pasted("", SSO_URL, ISSUER, CERTIFICATE));
    assert_eq!(found.to_string(), "Audience URI: this is empty");
    let found = diagnosis(&pasted(AUDIENCE, ISSUER, SSO_URL, PRIVATE_KEY));
    assert_eq!(
        found.to_string(),
        "IdP SSO URL: this value and that of the field IdP Issuer seem to stand in each other's place\n\
         IdP SSO URL: this is an http address, by which the login page could be replaced on the way: enter the https address\n\
         X.509 certificate: this contains a private key: consider it disclosed, have the key pair replaced, and paste only the \
         certificate"
    );
    let json = serde_json::json!(found);
    assert_eq!(
        json,
        serde_json::json!({
            "usable": false,
            "findings": [
                {
                    "field": "sso_url",
                    "severity": "warning",
                    "code": "swapped",
                    "message": "this value and that of the field IdP Issuer seem to stand in each other's place",
                },
                {
                    "field": "sso_url",
                    "severity": "error",
                    "code": "sso_url_insecure",
                    "message": "this is an http address, by which the login page could be replaced on the way: enter the https \
                                address",
                },
                {
                    "field": "certificate",
                    "severity": "error",
                    "code": "certificate_is_private_key",
                    "message": "this contains a private key: consider it disclosed, have the key pair replaced, and paste only \
                                the certificate",
                },
            ],
            "offer": { "audience": AUDIENCE, "sso_url": SSO_URL, "issuer": ISSUER, "certificate": "" },
        })
    );
    let misplaced = Problem::IssuerMisplaced { product: Product::Okta };
    assert_eq!(
        misplaced.to_string(),
        "this has the shape of an issuer of Okta, which goes in the field for the issuer: compare it with what the identity \
         provider shows"
    );
    let fingerprint = "AA".repeat(32).parse().expect("a fingerprint");
    let weak = Problem::KeyTooWeak { fingerprint, bits: 1024 };
    assert!(weak.to_string().contains("danger_allow_weak_keys"));
}

#[test]
fn debug_shows_nothing_that_was_pasted() {
    let values = pasted("audience", "sso", "issuer", PRIVATE_KEY);
    assert_eq!(format!("{values:?}"), "PastedValues { .. }");
}

#[test]
fn every_code_is_documented_and_has_a_row() {
    let mut known = common::codes_in(include_str!("../src/doctor/problem.rs"), "impl Problem {");
    known.extend(common::codes_in(
        include_str!("../src/error/config.rs"),
        "impl CertificateError {",
    ));
    assert_eq!(known.len(), 46);

    let mut covered: BTreeMap<String, Severity> = BTreeMap::new();
    for (values, _, _) in rows() {
        for finding in diagnosis(&values).findings() {
            covered.insert(finding.problem.code().to_owned(), finding.severity);
        }
    }
    // Their rows are in the tests above.
    for code in [
        "audience_nearly_ours",
        "certificate_expired",
        "certificate_expires",
        "certificate_not_yet_valid",
        "certificate_of_authority",
        "certificate_shared",
    ] {
        assert_eq!(covered.insert(code.to_owned(), Severity::Warning), None);
    }
    assert_eq!(covered.insert("certificate_is_ours".to_owned(), Severity::Error), None);
    assert_eq!(covered.keys().cloned().collect::<BTreeSet<String>>(), known);

    let (_, section) = include_str!("../ERRORS.md")
        .split_once("\n## Configuration doctor\n")
        .expect("the section");
    let (section, _) = section.split_once("\n## ").expect("its end");
    let rows: Vec<(String, Severity)> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .map(|(code, rest)| {
            let severity = match rest.split(" | ").next() {
                Some("error") => Severity::Error,
                Some("warning") => Severity::Warning,
                other => panic!("{code}: {other:?}"),
            };
            (code.to_owned(), severity)
        })
        .collect();
    assert_eq!(rows.len(), covered.len());
    assert_eq!(rows.into_iter().collect::<BTreeMap<String, Severity>>(), covered);
}
