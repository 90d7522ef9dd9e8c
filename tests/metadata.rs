//! Metadata: what is taken of the identity provider's, what is refused, and our own.

mod common;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use common::{at, now, sp};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use saml_login::binding::Binding;
use saml_login::error::CertificateError;
use saml_login::metadata::{
    ContactType, EndpointKind, MetadataChange, MetadataError, MetadataTrust,
};
use saml_login::provider::Endpoint;
use saml_login::testing::idp::{SignatureOptions, SignaturePlace, TestIdp};
use saml_login::trust::Fingerprint;
use saml_login::{
    Certificates, IdentityProvider, IdpMetadata, KeyPair, Limits, ServiceProvider, SpMetadata,
};

const SAML_IDP: &str = include_str!("../fixtures/metadata/saml-idp-samlp.xml");
const SIMPLESAMLPHP: &str = include_str!("../fixtures/metadata/simplesamlphp.xml");
const HEAD: &str = "xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
const PROTOCOL: &str = "protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"";
const BINDINGS: &str = "urn:oasis:names:tc:SAML:2.0:bindings";

fn unsigned(xml: impl AsRef<[u8]>) -> Result<IdpMetadata, MetadataError> {
    IdpMetadata::parse(xml, None, MetadataTrust::Unsigned, &Limits::default(), now())
}

fn named(xml: &str, entity_id: &str) -> Result<IdpMetadata, MetadataError> {
    IdpMetadata::parse(xml, Some(entity_id), MetadataTrust::Unsigned, &Limits::default(), now())
}

fn pinned(xml: &str, idp: &TestIdp) -> Result<IdpMetadata, MetadataError> {
    let certificates = certificates(idp);
    IdpMetadata::parse(xml, None, MetadataTrust::Pinned(&certificates), &Limits::default(), now())
}

fn certificates(idp: &TestIdp) -> Certificates {
    Certificates::parse(idp.certificate_der().expect("DER")).expect("a certificate")
}

fn fingerprint(idp: &TestIdp) -> Fingerprint {
    certificates(idp).iter().next().expect("a certificate").fingerprint()
}

fn code(result: Result<IdpMetadata, MetadataError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "taken")
}

fn idp(issuer: &str) -> TestIdp {
    TestIdp::p256(issuer).expect("a key")
}

fn key(idp: &TestIdp, key_use: &str) -> String {
    let pem = idp.certificate_pem().expect("PEM");
    let base64: String = pem.lines().filter(|line| !line.starts_with("--")).collect();
    format!(
        "<KeyDescriptor{key_use}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{base64}</ds:X509Certificate>\
         </ds:X509Data></ds:KeyInfo></KeyDescriptor>"
    )
}

fn sso(location: &str) -> String {
    format!("<SingleSignOnService Binding=\"{BINDINGS}:HTTP-Redirect\" Location=\"{location}\"/>")
}

/// An entity with a role that has these attributes and this content.
fn entity(attributes: &str, role_attributes: &str, content: &str) -> String {
    format!(
        "<EntityDescriptor {HEAD} {attributes}><IDPSSODescriptor {PROTOCOL} {role_attributes}>{content}\
         </IDPSSODescriptor></EntityDescriptor>"
    )
}

fn plain(idp: &TestIdp) -> String {
    let content = key(idp, "") + &sso("https://idp.test/sso");
    entity(&format!("ID=\"_m\" entityID=\"{}\"", idp.issuer()), "", &content)
}

fn group(attributes: &str, content: &str) -> String {
    format!("<EntitiesDescriptor {HEAD} {attributes}>{content}</EntitiesDescriptor>")
}

fn signed(xml: &str, id: &str, idp: &TestIdp) -> String {
    let mut options = SignatureOptions::default();
    options.place = SignaturePlace::FirstIn(id.into());
    idp.sign_xml(xml, id, &options).expect("signed")
}

fn endpoint(binding: Binding, location: &str) -> Endpoint {
    Endpoint::new(binding, location)
}

#[test]
fn captured_metadata() {
    let pem = include_str!("../fixtures/saml-idp-samlp/idp-cert.pem");
    let expected = IdentityProvider::new(
        "http://127.0.0.1:18110/metadata",
        Certificates::parse(pem).expect("a certificate"),
    )
    .with_sso_endpoint(endpoint(Binding::HttpRedirect, "http://127.0.0.1:18110/saml/sso"))
    .with_sso_endpoint(endpoint(Binding::HttpPost, "http://127.0.0.1:18110/saml/sso"))
    .with_slo_endpoint(endpoint(Binding::HttpRedirect, "http://127.0.0.1:18110/saml/slo"))
    .with_slo_endpoint(endpoint(Binding::HttpPost, "http://127.0.0.1:18110/saml/slo"));
    let metadata = unsigned(SAML_IDP).expect("metadata");
    assert_eq!(metadata.identity_provider(), &expected);
    assert_eq!(metadata.valid_until(), None);
    assert_eq!(metadata.refresh_after(), None);
    assert!(!metadata.signature_verified());

    let pem = include_str!("../fixtures/simplesamlphp/idp-cert.pem");
    let slo = "http://127.0.0.1:18101/saml2/idp/SingleLogoutService.php";
    let expected = IdentityProvider::new(
        "http://127.0.0.1:18101/saml2/idp/metadata.php",
        Certificates::parse(pem).expect("a certificate"),
    )
    .with_sso_url("http://127.0.0.1:18101/saml2/idp/SSOService.php")
    .with_slo_endpoint(endpoint(Binding::HttpRedirect, slo));
    let metadata = unsigned(SIMPLESAMLPHP).expect("metadata");
    assert_eq!(metadata.identity_provider(), &expected);
    let marked = format!("\u{FEFF}{SIMPLESAMLPHP}");
    assert_eq!(unsigned(marked), Ok(metadata));
}

#[test]
fn everything_that_is_read() {
    let (old, new, other) = (idp("urn:idp"), idp("urn:idp"), idp("urn:other"));
    let content = [
        key(&old, " use=\"signing\""),
        key(&new, ""),
        key(&old, ""),
        key(&other, " use=\"encryption\""),
        format!("<ArtifactResolutionService Binding=\"{BINDINGS}:SOAP\" Location=\"https://idp.test/art\" index=\"7\"/>"),
        format!(
            "<SingleLogoutService Binding=\"{BINDINGS}:HTTP-POST\" Location=\"https://idp.test/slo\" \
             ResponseLocation=\"https://idp.test/slo/answer\"/>"
        ),
        "<SingleSignOnService Binding=\"urn:mace:shibboleth:1.0:profiles:AuthnRequest\" Location=\"not read\"/>".into(),
        format!("<SingleSignOnService Binding=\"{BINDINGS}:SOAP\" Location=\"https://idp.test/ecp\"/>"),
        sso("HTTPS://idp.test:8443/sso?app=1&amp;b=2"),
    ];
    let xml = entity("entityID=\"urn:idp\"", "WantAuthnRequestsSigned=\"1\"", &content.concat());
    let keys = certificates(&old).and(certificates(&new)).expect("two");
    let mut slo = endpoint(Binding::HttpPost, "https://idp.test/slo");
    slo.response_location = Some("https://idp.test/slo/answer".into());
    let expected = IdentityProvider::new("urn:idp", keys)
        .with_artifact_resolution(7, "https://idp.test/art")
        .with_slo_endpoint(slo)
        .with_sso_url("HTTPS://idp.test:8443/sso?app=1&b=2")
        .with_signed_requests_wanted(true);
    assert_eq!(unsigned(xml).expect("metadata").identity_provider(), &expected);
}

#[test]
fn the_first_certificate_of_a_chain_counts() {
    let (leaf, authority) = (idp("urn:idp"), idp("urn:ca"));
    let authority = key(&authority, "");
    let (_, authority) = authority.split_once("<ds:X509Data>").expect("a certificate");
    let (authority, _) = authority.split_once("</ds:X509Data>").expect("a certificate");
    let chain = key(&leaf, "").replace("</ds:X509Data>", &format!("{authority}</ds:X509Data>"));
    let metadata = unsigned(entity("entityID=\"urn:idp\"", "", &chain)).expect("metadata");
    assert_eq!(metadata.identity_provider().certificates(), &certificates(&leaf));
}

#[test]
fn entities_are_chosen_by_their_id() {
    let (a, b) = (plain(&idp("urn:a")), plain(&idp("urn:b")).replace("\"_m\"", "\"_n\""));
    let sp = format!(
        "<EntityDescriptor {HEAD} entityID=\"urn:sp\"><SPSSODescriptor {PROTOCOL}/></EntityDescriptor>"
    );
    let nested = group("", &format!("{sp}{}{b}", group("", &a)));
    let issuer = |result: Result<IdpMetadata, MetadataError>| {
        result.map(|metadata| metadata.identity_provider().issuer().to_owned())
    };
    assert_eq!(issuer(named(&nested, "urn:a")), Ok("urn:a".into()));
    assert_eq!(issuer(named(&nested, "urn:b")), Ok("urn:b".into()));
    assert_eq!(issuer(unsigned(group("", &format!("{sp}{a}")))), Ok("urn:a".into()));
    assert_eq!(unsigned(&nested), Err(MetadataError::SeveralIdentityProviders { count: 2 }));
    let missing = named(&nested, "urn:A").expect_err("letter case counts");
    assert_eq!(missing.code(), "metadata_entity_not_found");
    assert_eq!(
        missing.to_string(),
        "the metadata does not speak of the identity provider \"urn:A\"; it speaks of: \"urn:sp\", \"urn:a\", \"urn:b\""
    );
    assert_eq!(code(named(&a, "urn:b")), "metadata_entity_not_found");
    assert_eq!(code(named(&nested, "urn:sp")), "metadata_not_an_identity_provider");
    let twice = group("", &(a.replace("ID=\"_m\"", "") + &a));
    assert_eq!(code(named(&twice, "urn:a")), "metadata_entity_repeated");
    assert_eq!(code(unsigned(twice)), "metadata_entity_repeated");
    // The service provider of the same name is an entity as well.
    let shared = group("", &(sp.replace("urn:sp", "urn:a") + &a));
    assert_eq!(code(unsigned(shared)), "metadata_entity_repeated");
    // What stands elsewhere is no entity.
    let hidden = group("", &format!("<Extensions>{a}</Extensions>{sp}"));
    assert_eq!(code(named(&hidden, "urn:a")), "metadata_entity_not_found");
    assert_eq!(code(unsigned(hidden)), "metadata_not_an_identity_provider");
    assert_eq!(code(unsigned(group("", ""))), "metadata_no_entity");
}

#[test]
fn what_is_not_metadata_is_named() {
    let idp = idp("urn:idp");
    let dtd = format!("<!DOCTYPE m [<!ENTITY x \"y\">]>{}", plain(&idp));
    let deep = "<Extensions>".repeat(100) + &"</Extensions>".repeat(100);
    let utf16: Vec<u8> =
        format!("\u{FEFF}{}", plain(&idp)).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let rows: [(&[u8], &str); 13] = [
        (b"", "metadata_empty"),
        (b"\xEF\xBB\xBF \n", "metadata_empty"),
        (b"<!DOCTYPE html><html><body>Sign in<br></body></html>", "metadata_is_web_page"),
        (b"<html><body>Sign in</body></html>", "metadata_is_web_page"),
        (
            b"<?xml version=\"1.0\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\"/>",
            "metadata_is_web_page",
        ),
        (b" https://idp.test/metadata\n", "metadata_is_url"),
        (b"-----BEGIN CERTIFICATE-----", "metadata_is_certificate"),
        (b"<EntityDescriptor entityID=\"urn:idp\"/>", "metadata_namespace_missing"),
        (
            b"<r:Response xmlns:r=\"urn:oasis:names:tc:SAML:2.0:protocol\"/>",
            "metadata_not_metadata",
        ),
        (&utf16, "taken"),
        (dtd.as_bytes(), "dtd_forbidden"),
        (&group("", &deep).into_bytes(), "xml_limit_exceeded"),
        (b"\xFF", "metadata_not_utf8"),
    ];
    for (xml, expected) in rows {
        assert_eq!(code(unsigned(xml)), expected, "{}", String::from_utf8_lossy(xml));
    }
    let mut limits = Limits::default();
    limits.document_bytes = 10;
    let refused = IdpMetadata::parse(SAML_IDP, None, MetadataTrust::Unsigned, &limits, now());
    assert_eq!(refused, Err(MetadataError::TooLarge { limit: 10 }));
    let page = unsigned("<html/>").expect_err("a page").to_string();
    assert!(page.starts_with("this is a web page, not metadata"), "{page}");
}

#[test]
fn what_is_wrong_inside_is_named() {
    let idp = idp("urn:idp");
    let id = "entityID=\"urn:idp\"";
    let signing = key(&idp, "");
    let with = |content: &str| entity(id, "", &format!("{signing}{content}"));
    let twice = plain(&idp).replace(
        "</EntityDescriptor>",
        &format!("<IDPSSODescriptor {PROTOCOL}/></EntityDescriptor>"),
    );
    let rows = [
        (entity(id, "", ""), "metadata_no_signing_key"),
        (entity(id, "", &key(&idp, " use=\"encryption\"")), "metadata_no_signing_key"),
        (entity(id, "", &key(&idp, " use=\"SIGNING\"")), "metadata_no_signing_key"),
        (
            entity(
                id,
                "",
                "<KeyDescriptor><ds:KeyInfo><ds:KeyName>k</ds:KeyName></ds:KeyInfo></KeyDescriptor>",
            ),
            "metadata_no_signing_key",
        ),
        (entity(id, "", &signing.replace("MII", "MI")), "certificate_truncated"),
        (entity(id, "", &signing.replace(">MI", ">QUJD")), "certificate_unrecognized"),
        (entity("", "", &signing), "metadata_entity_id_missing"),
        (entity("entityID=\" \"", "", &signing), "metadata_entity_id_missing"),
        (
            plain(&idp).replace("SAML:2.0:protocol", "SAML:1.1:protocol"),
            "metadata_protocol_unsupported",
        ),
        (twice, "element_repeated"),
        (with(&sso("javascript:alert(1)")), "metadata_endpoint_invalid"),
        (with(&sso("javascript://idp.test/%0aalert(1)")), "metadata_endpoint_invalid"),
        (with(&sso("/sso")), "metadata_endpoint_invalid"),
        (with(&sso("https://")), "metadata_endpoint_invalid"),
        (with(&sso("https:///sso")), "metadata_endpoint_invalid"),
        (with(&sso("https://idp.test/ a")), "metadata_endpoint_invalid"),
        (with(&sso("https://idp.test@evil.test/")), "metadata_endpoint_invalid"),
        (with(&sso("https://evil.test\\@idp.test/")), "metadata_endpoint_invalid"),
        (with(&sso("https://idp.test/&quot;&gt;&lt;script&gt;")), "metadata_endpoint_invalid"),
        (with(&sso("")), "metadata_endpoint_invalid"),
    ];
    for (xml, expected) in rows {
        assert_eq!(code(unsigned(&xml)), expected, "{xml}");
    }
    let many: String =
        (0..11).map(|_| key(&TestIdp::p256("urn:idp").expect("a key"), "")).collect();
    assert_eq!(
        unsigned(entity(id, "", &many)),
        Err(CertificateError::TooMany { limit: 10 }.into())
    );
    let service = unsigned(with(&sso("javascript:alert(1)"))).expect_err("no address").to_string();
    assert_eq!(
        service,
        "the metadata gives \"javascript:alert(1)\" as an address of its SingleSignOnService: only absolute https (or \
         http) URLs of plain ASCII without a user or a fragment are taken"
    );
    let sp_metadata = SpMetadata::new(&sp()).xml();
    assert_eq!(unsigned(sp_metadata), Err(MetadataError::NotAnIdentityProvider));
}

#[test]
fn the_tightest_bound_of_time_counts() {
    let idp = idp("urn:idp");
    let inner = |entity_bounds: &str, role_bounds: &str| {
        entity(&format!("entityID=\"urn:idp\" {entity_bounds}"), role_bounds, &key(&idp, ""))
    };
    let times = |xml: String| {
        let metadata = unsigned(xml).expect("metadata");
        (metadata.valid_until(), metadata.refresh_after())
    };
    let until = |text: &str| format!("validUntil=\"{text}\"");
    let later = |delta: TimeDelta| -> Option<DateTime<Utc>> { Some(now() + delta) };
    let (feb, mar) = (at("2030-02-01T00:00:00Z"), at("2030-03-01T00:00:00Z"));

    assert_eq!(times(inner("cacheDuration=\"PT6H\"", "")), (None, later(TimeDelta::hours(6))));
    assert_eq!(times(inner(&until("2030-03-01T00:00:00Z"), "")), (Some(mar), Some(mar)));
    let xml = group(
        &until("2030-02-01T00:00:00Z"),
        &inner(&until("2030-03-01T00:00:00Z"), "cacheDuration=\"P1D\""),
    );
    assert_eq!(times(xml), (Some(feb), Some(feb)));
    let xml = group(
        "cacheDuration=\"PT5M\"",
        &inner("cacheDuration=\"PT6H\"", &until("2030-02-01T00:00:00Z")),
    );
    assert_eq!(
        times(xml),
        (Some(feb), later(TimeDelta::hours(1))),
        "not more often than every hour"
    );
    assert_eq!(times(inner("cacheDuration=\"PT0S\"", "")), (None, later(TimeDelta::hours(1))));
    let xml = inner("cacheDuration=\"PT0S\"", &until("2030-01-31T12:30:00Z"));
    let half = later(TimeDelta::minutes(30));
    assert_eq!(times(xml), (half, half), "but before it ends");
    assert_eq!(
        times(inner("cacheDuration=\"PT1H1S\"", "")),
        (None, later(TimeDelta::seconds(3_601)))
    );
    assert_eq!(times(inner("cacheDuration=\"P999999999Y\"", "")), (None, None));

    let expired = |valid_until| Err(MetadataError::Expired { valid_until, now: now() });
    assert_eq!(unsigned(inner(&until("2030-01-31T12:00:00Z"), "")), expired(now()));
    assert_eq!(
        unsigned(inner("", &until("2030-01-31T11:59:59Z"))),
        expired(now() - TimeDelta::seconds(1))
    );
    let xml = group(&until("2030-01-01T00:00:00Z"), &inner(&until("2030-03-01T00:00:00Z"), ""));
    assert_eq!(unsigned(xml), expired(at("2030-01-01T00:00:00Z")));
    assert_eq!(code(unsigned(inner(&until("2030-03-01"), ""))), "instant_malformed");
}

#[test]
fn pinned_keys_verify_the_root() {
    let (publisher, idp, attacker) = (idp("urn:publisher"), idp("urn:idp"), idp("urn:idp"));
    let metadata = pinned(&signed(&plain(&idp), "_m", &publisher), &publisher).expect("metadata");
    assert!(metadata.signature_verified());
    assert_eq!(metadata.signed_by(), Some(fingerprint(&publisher)));
    assert_eq!(metadata.identity_provider().certificates(), &certificates(&idp));
    let aggregate = signed(&group("ID=\"_all\"", &plain(&idp)), "_all", &publisher);
    let from_all = |entity_id| {
        let certificates = certificates(&publisher);
        let trust = MetadataTrust::Pinned(&certificates);
        IdpMetadata::parse(&aggregate, entity_id, trust, &Limits::default(), now())
    };
    assert_eq!(from_all(Some("urn:idp")), Ok(metadata));
    // Whoever signs for many signs for any of them.
    assert_eq!(from_all(None).map_err(|error| error.code()), Err("metadata_entity_unnamed"));

    // Without pinned keys nobody has looked at the signature.
    let unlooked = unsigned(&aggregate).expect("metadata");
    assert_eq!((unlooked.signature_verified(), unlooked.signed_by()), (false, None));

    let good = signed(&plain(&idp), "_m", &publisher);
    let (_, signature) = good.split_once("<ds:Signature ").expect("a signature");
    let (signature, _) = signature.split_once("</ds:Signature>").expect("a signature");
    let signature = format!("<ds:Signature {signature}</ds:Signature>");
    let forged = plain(&attacker).replace("\"_m\"", "\"_evil\"");
    let evil_first = |inside: &str| {
        forged.replacen("<IDPSSODescriptor", &format!("{inside}<IDPSSODescriptor"), 1)
    };
    let rows = [
        (plain(&idp), "metadata_not_signed"),
        (signed(&plain(&idp), "_m", &attacker), "key_untrusted"),
        (signed(&plain(&idp), "_m", &idp), "key_untrusted"),
        (good.replace("https://idp.test", "https://evil.test"), "digest_mismatch"),
        (good.replace("_m", "_n"), "signature_invalid"),
        // A signed entity in an unsigned group, alone or beside a forged one.
        (group("", &good), "metadata_not_signed"),
        (group("", &format!("{forged}{good}")), "metadata_not_signed"),
        // The signed document hidden inside a forged one.
        (evil_first(&format!("<Extensions>{good}</Extensions>")), "metadata_not_signed"),
        (
            evil_first(&format!("{signature}<Extensions>{}</Extensions>", plain(&idp))),
            "reference_mismatch",
        ),
        (evil_first(&signature).replace("_evil", "_m"), "digest_mismatch"),
        (
            evil_first(&format!("{signature}<Extensions>{}</Extensions>", plain(&idp)))
                .replace("_evil", "_m"),
            "duplicate_id",
        ),
        (
            good.replacen("<IDPSSODescriptor", &format!("{signature}<IDPSSODescriptor"), 1),
            "signature_malformed",
        ),
        (
            plain(&idp).replace(" ID=\"_m\"", "").replacen(
                "<IDPSSO",
                &format!("{signature}<IDPSSO"),
                1,
            ),
            "id_invalid",
        ),
    ];
    for (xml, expected) in rows {
        assert_eq!(code(pinned(&xml, &publisher)), expected, "{xml}");
    }
    let weak = TestIdp::rsa_bits("urn:publisher", 1024).expect("a key");
    let expected = MetadataError::PinnedKeyTooWeak { fingerprint: fingerprint(&weak), bits: 1024 };
    assert_eq!(pinned(&signed(&plain(&idp), "_m", &weak), &weak), Err(expected));
}

#[test]
fn sha1_does_not_sign_metadata() {
    let publisher = TestIdp::rsa("urn:publisher").expect("a key");
    let mut options = SignatureOptions::default();
    options.place = SignaturePlace::FirstIn("_m".into());
    options.signature_algorithm = Some("http://www.w3.org/2000/09/xmldsig#rsa-sha1".into());
    let xml = publisher.sign_xml(&plain(&idp("urn:idp")), "_m", &options).expect("signed");
    assert_eq!(code(pinned(&xml, &publisher)), "algorithm_forbidden");
}

#[test]
fn changes_are_listed_and_only_signed_ones_are_taken() {
    let (publisher, old, new) = (idp("urn:publisher"), idp("urn:idp"), idp("urn:idp"));
    let current = IdentityProvider::new("urn:idp", certificates(&old))
        .with_sso_url("https://idp.test/old")
        .with_slo_endpoint(endpoint(Binding::HttpPost, "https://idp.test/slo"))
        .with_signed_requests_wanted(true);
    let content = key(&new, "")
        + &sso("https://idp.test/new")
        + &format!(
            "<ArtifactResolutionService Binding=\"{BINDINGS}:SOAP\" Location=\"https://idp.test/a\" index=\"1\"/>"
        );
    let xml = entity("ID=\"_m\" entityID=\"urn:idp\"", "", &content);
    let changes = vec![
        MetadataChange::KeyAdded { fingerprint: fingerprint(&new) },
        MetadataChange::KeyRemoved { fingerprint: fingerprint(&old) },
        MetadataChange::EndpointMoved {
            service: EndpointKind::SingleSignOn,
            from: endpoint(Binding::HttpRedirect, "https://idp.test/old"),
            to: endpoint(Binding::HttpRedirect, "https://idp.test/new"),
        },
        MetadataChange::EndpointAdded {
            service: EndpointKind::ArtifactResolution { index: 1 },
            endpoint: endpoint(Binding::Soap, "https://idp.test/a"),
        },
        MetadataChange::EndpointRemoved {
            service: EndpointKind::SingleLogout,
            endpoint: endpoint(Binding::HttpPost, "https://idp.test/slo"),
        },
        MetadataChange::SignedRequestsWanted { wanted: false },
    ];
    let by_hand = unsigned(&xml).expect("metadata");
    assert_eq!(by_hand.changes_from(&current), changes);
    assert_eq!(by_hand.refreshed(&current), Ok(current.clone()));

    let verified = pinned(&signed(&xml, "_m", &publisher), &publisher).expect("metadata");
    assert_eq!(verified.changes_from(&current), changes);
    let refreshed = verified.refreshed(&current).expect("the same issuer");
    assert_eq!(&refreshed, verified.identity_provider());
    assert_eq!(verified.changes_from(&refreshed), []);

    let other = IdentityProvider::new("urn:other", certificates(&old));
    let moved = verified.changes_from(&other);
    assert_eq!(
        moved.first(),
        Some(&MetadataChange::IssuerChanged { from: "urn:other".into(), to: "urn:idp".into() })
    );
    for metadata in [&by_hand, &verified] {
        let error = metadata.refreshed(&other).expect_err("another issuer");
        assert_eq!(error.code(), "metadata_issuer_changed");
        assert_eq!(
            error.to_string(),
            "the metadata is of another identity provider: expected \"urn:other\", found \"urn:idp\""
        );
    }
}

/// A key of our own, on P-256, with its certificate; and that as the TestIdp has it.
fn own_key() -> (KeyPair, TestIdp) {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("P-256");
    let key = PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key");
    let pem = key.private_key_to_pem_pkcs8().expect("PEM");
    let holder = TestIdp::from_key_pem("urn:sp", &pem).expect("a key");
    let pair = KeyPair::from_pem(pem, holder.certificate_pem().expect("PEM")).expect("a key pair");
    (pair, holder)
}

/// Everything that our metadata can hold. Attribute values and texts have what has to be escaped.
fn full(keys: [&KeyPair; 4]) -> SpMetadata {
    let [first, next, open, old] = keys;
    let sp =
        ServiceProvider::new("https://app.test/saml?a=1&b=\"<2>\"", "https://app.test/acs?a=1&b=2")
            .with_slo_url("https://app.test/slo")
            .with_signing_key(first.clone())
            .with_signing_key(next.clone())
            .with_decryption_key(open.clone())
            .with_decryption_key(old.clone());
    SpMetadata::new(&sp)
        .with_http_artifact(true)
        .with_name_id_format("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress")
        .with_name_id_format("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent")
        .with_organization("en", "Fish & Chips", "Fish & Chips, Inc.", "https://app.test/en")
        .with_organization("de", "Fisch", "Fisch GmbH", "https://app.test/de")
        .with_contact(ContactType::Technical, "Operations", "ops@app.test")
        .with_contact(ContactType::Support, "Help", "mailto:help@app.test")
        .with_valid_until(at("2030-03-01T00:00:00.5Z"))
}

fn published(idp: &TestIdp, key_use: &str) -> String {
    let der = STANDARD.encode(idp.certificate_der().expect("DER"));
    format!(
        "<md:KeyDescriptor use=\"{key_use}\"><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data>\
         <ds:X509Certificate>{der}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    )
}

#[test]
fn our_metadata_is_written_in_the_order_of_the_schema() {
    let ((a, a_cert), (b, b_cert), (c, c_cert)) = (own_key(), own_key(), own_key());
    let metadata = full([&a, &b, &c, &a]);
    let expected = [
        "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
         entityID=\"https://app.test/saml?a=1&amp;b=&quot;&lt;2&gt;&quot;\" validUntil=\"2030-03-01T00:00:00Z\">\
         <md:SPSSODescriptor AuthnRequestsSigned=\"true\" WantAssertionsSigned=\"true\" \
         protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">",
        &published(&a_cert, "signing"),
        &published(&b_cert, "signing"),
        &published(&c_cert, "encryption"),
        &published(&a_cert, "encryption"),
        "<md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" \
         Location=\"https://app.test/slo\"></md:SingleLogoutService>\
         <md:SingleLogoutService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" \
         Location=\"https://app.test/slo\"></md:SingleLogoutService>\
         <md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>\
         <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>\
         <md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" \
         Location=\"https://app.test/acs?a=1&amp;b=2\" index=\"0\" isDefault=\"true\"></md:AssertionConsumerService>\
         <md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact\" \
         Location=\"https://app.test/acs?a=1&amp;b=2\" index=\"1\"></md:AssertionConsumerService>\
         </md:SPSSODescriptor>\
         <md:Organization><md:OrganizationName xml:lang=\"en\">Fish &amp; Chips</md:OrganizationName>\
         <md:OrganizationName xml:lang=\"de\">Fisch</md:OrganizationName>\
         <md:OrganizationDisplayName xml:lang=\"en\">Fish &amp; Chips, Inc.</md:OrganizationDisplayName>\
         <md:OrganizationDisplayName xml:lang=\"de\">Fisch GmbH</md:OrganizationDisplayName>\
         <md:OrganizationURL xml:lang=\"en\">https://app.test/en</md:OrganizationURL>\
         <md:OrganizationURL xml:lang=\"de\">https://app.test/de</md:OrganizationURL></md:Organization>\
         <md:ContactPerson contactType=\"technical\"><md:GivenName>Operations</md:GivenName>\
         <md:EmailAddress>mailto:ops@app.test</md:EmailAddress></md:ContactPerson>\
         <md:ContactPerson contactType=\"support\"><md:GivenName>Help</md:GivenName>\
         <md:EmailAddress>mailto:help@app.test</md:EmailAddress></md:ContactPerson></md:EntityDescriptor>",
    ];
    assert_eq!(metadata.xml(), expected.concat());
    // For `xmllint --schema saml-schema-metadata-2.0.xsd` and `xmlsec1 --verify`.
    if let Some(folder) = std::env::var_os("SP_METADATA_FOLDER") {
        let folder = std::path::Path::new(&folder);
        let minimal = SpMetadata::new(&sp()).xml();
        let signed = metadata.signed_xml("_0123456789abcdef").expect("signed");
        for (name, xml) in
            [("full.xml", metadata.xml()), ("signed.xml", signed), ("minimal.xml", minimal)]
        {
            std::fs::write(folder.join(name), xml).expect("written");
        }
    }
}

#[test]
fn our_metadata_without_keys() {
    let metadata = SpMetadata::new(&sp()).with_assertions_signed_wanted(false);
    assert_eq!(
        metadata.xml(),
        "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://app.example.test/saml\">\
         <md:SPSSODescriptor AuthnRequestsSigned=\"false\" WantAssertionsSigned=\"false\" \
         protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\
         <md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" \
         Location=\"https://app.example.test/saml/acs\" index=\"0\" isDefault=\"true\"></md:AssertionConsumerService>\
         </md:SPSSODescriptor></md:EntityDescriptor>"
    );
    assert_eq!(
        metadata.signed_xml("_id").map_err(|error| error.code()),
        Err("signing_key_missing")
    );
}

#[test]
fn our_signed_metadata_verifies() {
    let (key, holder) = own_key();
    let metadata = full([&key, &key, &key, &key]);
    let signed = metadata.signed_xml("_0123456789abcdef").expect("signed");
    // The signature is good, and the document is ours: not that of an identity provider.
    assert_eq!(pinned(&signed, &holder), Err(MetadataError::NotAnIdentityProvider));
    assert_eq!(code(pinned(&signed, &idp("urn:other"))), "key_untrusted");
    assert_eq!(code(pinned(&signed.replace("Operations", "Mallory"), &holder)), "digest_mismatch");
    for id in ["", "1a", "a b", "a\"b", "a&b", "é", "-a", "_a:b"] {
        assert_eq!(
            metadata.signed_xml(id).map_err(|error| error.code()),
            Err("signing_failed"),
            "{id}"
        );
    }
}

#[test]
fn our_metadata_reads_back() {
    // The same keys and addresses in the role of an identity provider, so that the reader reads
    // what the writer wrote.
    let (key, holder) = own_key();
    let xml = full([&key, &key, &key, &key])
        .xml()
        .replace("md:SPSSODescriptor", "md:IDPSSODescriptor")
        .replace("md:AssertionConsumerService", "md:SingleSignOnService");
    let expected =
        IdentityProvider::new("https://app.test/saml?a=1&b=\"<2>\"", certificates(&holder))
            .with_sso_endpoint(endpoint(Binding::HttpPost, "https://app.test/acs?a=1&b=2"))
            .with_sso_endpoint(endpoint(Binding::HttpArtifact, "https://app.test/acs?a=1&b=2"))
            .with_slo_endpoint(endpoint(Binding::HttpRedirect, "https://app.test/slo"))
            .with_slo_endpoint(endpoint(Binding::HttpPost, "https://app.test/slo"));
    let metadata = unsigned(xml).expect("metadata");
    assert_eq!(metadata.identity_provider(), &expected);
    assert_eq!(metadata.valid_until(), Some(at("2030-03-01T00:00:00Z")));
}
