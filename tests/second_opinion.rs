//! libxmlsec1 and this crate, side by side. Needs the feature `samael`.
#![cfg(feature = "samael")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Random, Verify as _, at, now, unsolicited_on};
use samael::crypto::{CertificateDer, Crypto, CryptoProvider, ReduceMode};
use samael::metadata::EntityDescriptor;
use saml_login::second_opinion::DescriptorError;
use saml_login::testing::idp::{
    SignatureOptions, SignaturePlace, TestIdp, TestKeyInfo, TestSigned,
};
use saml_login::{
    Certificates, Connection, IdentityProvider, KeyPair, ServiceProvider, Unsolicited,
};

const CANONICALIZATIONS: [&str; 6] = [
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
    "http://www.w3.org/2006/12/xml-c14n11",
    "http://www.w3.org/2006/12/xml-c14n11#WithComments",
];

static IDP: LazyLock<TestIdp> = LazyLock::new(|| TestIdp::p256("urn:idp").expect("a key"));

fn sp() -> ServiceProvider {
    ServiceProvider::new("urn:sp", "urn:acs")
}

fn connection(second_opinion: bool) -> Connection {
    let idp = IDP.identity_provider().expect("a certificate");
    let builder = Connection::builder("acme", sp(), idp).with_options(unsolicited_on());
    let builder = if second_opinion {
        builder.with_options(unsolicited_on().with_second_opinion(true))
    } else {
        builder
    };
    builder.build().expect("a connection")
}

fn verdict(connection: &Connection, xml: &str) -> Result<(), &'static str> {
    let form_value = STANDARD.encode(xml);
    let verdict = connection.verify(&form_value, None, now());
    let report = connection.explain(&form_value, None, now());
    assert_eq!(report.code, verdict.as_ref().err().map(|rejection| rejection.code()));
    verdict.map(|_| ()).map_err(|rejection| rejection.code())
}

/// What libxmlsec1 hashes, if it verifies.
fn theirs(xml: &str, certificate: &CertificateDer) -> Option<String> {
    Crypto::reduce_xml_to_signed(xml, std::slice::from_ref(certificate), ReduceMode::PreDigest).ok()
}

fn certificate() -> CertificateDer {
    IDP.certificate_der().expect("DER").into()
}

#[test]
fn fixtures_that_are_accepted_are_accepted_by_both() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let read = |file: &serde_json::Value| {
        fs::read(folder.join(file.as_str().expect("a name"))).expect("a fixture")
    };
    let rows: Vec<serde_json::Value> =
        serde_json::from_slice(&read(&"manifest.json".into())).expect("the manifest");
    let mut agreed = 0;
    for row in rows.iter().filter(|row| row["expect"]["identity"].is_object()) {
        let text = |field: &str| row[field].as_str().expect("a text");
        let certificates = Certificates::parse(read(&row["certificate"])).expect("a certificate");
        let idp = IdentityProvider::new(text("issuer"), certificates);
        let mut sp = ServiceProvider::new(text("audience"), text("acs_url"));
        if row["sp_key"].is_string() {
            let certificate = read(&"sp-cert.pem".into());
            sp = sp.with_decryption_key(
                KeyPair::from_pem(read(&row["sp_key"]), certificate).expect("a key"),
            );
        }
        let builder = Connection::builder("fixture", sp, idp);
        let builder = builder.with_options(
            unsolicited_on()
                .with_danger_allow_sha1(true)
                .with_danger_allow_3des(true)
                .with_second_opinion(true)
                .with_unsolicited(Unsolicited::On),
        );
        let connection = builder.build().expect("a connection");
        let request_id = row["request_id"].as_str();
        let verdict = connection.verify_reply(read(&row["file"]), request_id, at(text("now")));
        assert!(verdict.is_ok(), "{}: {verdict:?}", row["file"]);
        agreed += 1;
    }
    assert!(agreed > 20);
}

#[test]
fn it_is_asked_for_by_the_connection_and_can_only_refuse() {
    let asked = connection(true);
    for signed in [TestSigned::Assertion, TestSigned::Response, TestSigned::Both] {
        assert_eq!(
            verdict(&asked, &IDP.response(&sp(), now()).signed(signed).xml().expect("XML")),
            Ok(())
        );
    }
    let mut expired = IDP.response(&sp(), now());
    expired.not_on_or_after = Some("2030-01-31T11:56:00Z".into());
    assert_eq!(verdict(&asked, &expired.xml().expect("XML")), Err("expired"));
    let unsigned = IDP.response(&sp(), now()).signed(TestSigned::Nothing).xml().expect("XML");
    assert_eq!(verdict(&asked, &unsigned), Err("signature_missing"));
}

/// A signature in Advice, which is not read here, could send the other engine anywhere: it is not
/// asked at all.
#[test]
fn what_this_crate_has_not_verified_never_reaches_it() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let secret = folder.join("never-read.xml");
    fs::write(&secret, "<secret/>").expect("a file");
    let mut response = IDP.response(&sp(), now());
    response.raw_advice = "<saml:Advice><saml:Assertion ID='_advised'><saml:Issuer>x</saml:Issuer></saml:Assertion></saml:Advice>".into();
    let mut options = SignatureOptions::default();
    options.reference_uri = Some(format!("file://{}", secret.display()));
    let advised = IDP.sign_xml(&response.unsigned_xml(), "_advised", &options).expect("XML");
    let xml = response.sign(&advised).expect("XML");
    assert_eq!(verdict(&connection(false), &xml), Ok(()));
    assert_eq!(verdict(&connection(true), &xml), Err("second_opinion_differs"));
    // KeyInfo could name a place to fetch a key from; with a key in hand nobody goes there.
    for uri in ["file:///no/such/key", "http://127.0.0.1:1/key", "#_response"] {
        let mut response = IDP.response(&sp(), now());
        let key_info = format!("<ds:KeyInfo><ds:RetrievalMethod URI='{uri}'/></ds:KeyInfo>");
        response.signature.key_info = TestKeyInfo::Raw(key_info);
        assert_eq!(verdict(&connection(true), &response.xml().expect("XML")), Ok(()), "{uri}");
    }
    // Where the message's own signature points at a file, it is refused before anybody is asked.
    let mut response = IDP.response(&sp(), now());
    response.signature = options;
    assert_eq!(
        verdict(&connection(true), &response.xml().expect("XML")),
        Err("reference_mismatch")
    );
}

#[test]
fn many_threads_can_ask() {
    let connection = connection(true);
    let xml = IDP.response(&sp(), now()).signed(TestSigned::Both).xml().expect("XML");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(verdict(&connection, &xml), Ok(()));
                }
            });
        }
    });
}

/// Resident memory in KiB.
fn resident() -> i64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
fn the_second_engine_does_not_grow() {
    let xml = IDP.response(&sp(), now()).signed(TestSigned::Both).xml().expect("XML");
    let certificate = certificate();
    let ask = |times: usize| (0..times).for_each(|_| assert!(theirs(&xml, &certificate).is_some()));
    ask(500);
    let before = resident();
    ask(5000);
    // A leak of one document per call would be above 100 MiB.
    assert!(resident() - before < 20 * 1024, "grew by {} KiB", resident() - before);
}

const PREFIXES: [&str; 4] = ["", "a", "b", "c"];

/// A random element, with whatever canonicalization has to put in order.
fn element(
    random: &mut Random,
    depth: usize,
    scope: &[Option<&'static str>; 4],
    id: Option<&str>,
) -> String {
    let mut scope = *scope;
    let mut declared: Vec<String> = Vec::new();
    for (place, prefix) in PREFIXES.into_iter().enumerate() {
        if random.chance(25) {
            let uri = random.choose(&["urn:1", "urn:2", "http://example.test/?a=1#b"]);
            let undeclared = prefix.is_empty() && random.chance(30);
            scope[place] = if undeclared {
                None
            } else {
                Some(
                    ["urn:1", "urn:2", "http://example.test/?a=1#b"]
                        .into_iter()
                        .find(|u| *u == uri)
                        .expect("it"),
                )
            };
            let uri = scope[place].unwrap_or_default();
            declared.push(match prefix {
                "" => format!(" xmlns=\"{uri}\""),
                prefix => format!(" xmlns:{prefix}='{uri}'"),
            });
        }
    }
    let usable: Vec<usize> =
        (0..4).filter(|place| *place == 0 || scope[*place].is_some()).collect();
    let pick = |random: &mut Random| usable[random.below(usable.len())];
    let qualified = |place: usize, local: &str| match PREFIXES[place] {
        "" => local.to_owned(),
        prefix => format!("{prefix}:{local}"),
    };
    let place = pick(random);
    let name = qualified(place, random.choose(&["e", "f", "g"]));
    let mut attributes: BTreeMap<(String, &str), String> = BTreeMap::new();
    for _ in 0..random.below(4) {
        let place = pick(random);
        let local = random.choose(&["k", "l", "m"]);
        let namespace =
            if place == 0 { String::new() } else { scope[place].unwrap_or_default().to_owned() };
        let value =
            random.choose(&["v", "a&amp;b", "&#9;x\ty", "&quot;", "&lt;&gt;>", "é&#xD;\n", "'"]);
        attributes
            .entry((namespace, local))
            .or_insert_with(|| format!(" {}=\"{value}\"", qualified(place, local)));
    }
    let mut written: Vec<String> = declared.into_iter().chain(attributes.into_values()).collect();
    for (name, values) in [("xml:lang", ["en", "de"]), ("xml:space", ["preserve", "default"])] {
        if random.chance(12) {
            written.push(format!(" {name}='{}'", random.choose(&values)));
        }
    }
    if let Some(id) = id {
        written.push(format!(" ID=\"{id}\""));
    }
    for place in (1..written.len()).rev() {
        written.swap(place, random.below(place + 1));
    }
    let mut content = String::new();
    for _ in 0..if depth < 4 { random.below(4) } else { 0 } {
        content += &text(random);
        content += &element(random, depth + 1, &scope, None);
    }
    content += &text(random);
    match content.is_empty() && id.is_none() && random.chance(50) {
        true => format!("<{name}{}/>", written.concat()),
        false => format!("<{name}{}>{content}</{name}>", written.concat()),
    }
}

fn text(random: &mut Random) -> String {
    let pieces = [
        "x",
        " ",
        "\n",
        "\r\n",
        "\t",
        "&amp;",
        "&lt;",
        "&gt;",
        "&#13;",
        "&#10;",
        "é",
        "😀",
        "<![CDATA[<&]]>",
        "]]&gt;",
        "\"",
        "<!-- c -->",
        "<?p d?>",
        "<?q?>",
    ];
    (0..random.below(4)).map(|_| random.choose(&pieces)).collect()
}

/// Generated documents, signed with each canonicalization, also around what is signed: both engines
/// hash the same octets, or the signature would fail in one of them.
#[test]
fn canonical_octets_are_the_same() {
    let mut random = Random(20_300_131);
    let certificate = certificate();
    let mut compared = 0;
    for _ in 0..3400 {
        let scope = [None; 4];
        let inner = element(&mut random, 0, &scope, Some("_signed"));
        let outer_declarations = random.choose(&[
            "",
            " xmlns='urn:2'",
            " xmlns:a='urn:1' xml:lang='fr'",
            " xmlns:z='urn:9'",
        ]);
        let xml = format!("<r{outer_declarations}>{}{inner}</r>", text(&mut random));
        for (number, transform) in CANONICALIZATIONS.into_iter().enumerate() {
            let mut options = SignatureOptions::default();
            options.canonicalization = CANONICALIZATIONS[(number + random.below(6)) % 6].into();
            options.transform = Some(transform.into());
            if number < 2 && random.chance(50) {
                options.prefix_list =
                    Some(random.choose(&["a", "a b", "#default", "#default c unknown", ""]).into());
            }
            options.place = SignaturePlace::LastIn("_signed".into());
            let signed = IDP.sign_xml(&xml, "_signed", &options).expect("XML");
            assert!(theirs(&signed, &certificate).is_some(), "{options:?}\n{signed}");
            compared += 1;
        }
    }
    println!("second opinion: canonicalized {compared}");
}

/// Mutated messages: where this crate finds a good signature, so does libxmlsec1. The reverse need
/// not be: each kind of difference is a rule that is stricter here by design.
#[test]
fn verdicts_differ_only_where_this_crate_is_stricter() {
    const STRICTER: [(&str, &str); 8] = [
        ("element_repeated", "elements that the schema allows once occur once"),
        ("element_missing", "what the profile requires is there"),
        ("assertion_count", "exactly one assertion"),
        ("duplicate_id", "IDs are unique in the whole document"),
        ("not_a_response", "the root is a Response; libxmlsec1 verifies any document"),
        (
            "signature_malformed",
            "SignedInfo, SignatureValue, KeyInfo and nothing else; no comments in values",
        ),
        ("xml_limit_exceeded", "what lacks a quote is first of all too long for a name"),
        (
            "xml_malformed",
            "XML 1.0 and Namespaces to the letter; samael has libxml2 mend what it can",
        ),
    ];
    let with = connection(true);
    let without = connection(false);
    let certificate = certificate();
    let mut random = Random(7);
    let (mut tried, mut both, mut neither, mut theirs_alone) = (0, 0, 0, 0);
    let mut stricter: BTreeMap<&str, usize> = BTreeMap::new();
    for signed in [TestSigned::Assertion, TestSigned::Response, TestSigned::Both] {
        let xml = IDP.response(&sp(), now()).signed(signed).xml().expect("XML");
        for _ in 0..4000 {
            let mut mutated = xml.clone().into_bytes();
            let place = random.below(mutated.len());
            match random.below(4) {
                0 => mutated[place] ^= 1 << random.below(7),
                1 => drop(mutated.remove(place)),
                2 => mutated.insert(place, b"<>&\"' \n0aA/=:!-"[random.below(15)]),
                _ => {
                    let inserted = random.choose(&[
                        "<!---->",
                        " ",
                        "<?x?>",
                        "<x/>",
                        "<![CDATA[]]>",
                        " x='y'",
                        " xmlns:x='urn:x'",
                    ]);
                    mutated.splice(place..place, inserted.bytes());
                }
            }
            let Ok(mutated) = String::from_utf8(mutated) else { continue };
            tried += 1;
            let ours = verdict(&without, &mutated);
            let agreed = theirs(&mutated, &certificate).is_some();
            let asked = if ours.is_ok() && !agreed { Err("second_opinion_differs") } else { ours };
            assert_eq!(verdict(&with, &mutated), asked, "{mutated}");
            match (ours, agreed) {
                (Ok(()), true) => both += 1,
                (Ok(()), false) => {
                    // samael wants the ID of every element to be a name, also where nothing refers
                    // to it.
                    assert!(
                        ids(&mutated).iter().any(|id| !is_name(id)),
                        "only this crate verifies {mutated}"
                    );
                    theirs_alone += 1;
                }
                (Err(_), false) => neither += 1,
                (Err(code), true) => *stricter.entry(code).or_default() += 1,
            }
        }
    }
    println!("second opinion: mutated {tried}, both accept {both}, both refuse {neither}");
    println!("second opinion: stricter there {theirs_alone}, stricter here {stricter:?}");
    // Beside the signature there are the checks, which libxmlsec1 does not know of.
    let unexplained: Vec<&str> = stricter
        .keys()
        .copied()
        .filter(|code| !STRICTER.iter().any(|(known, _)| known == code) && !of_the_envelope(code))
        .collect();
    assert_eq!(unexplained, Vec::<&str>::new());
}

/// The values of the attributes ID.
fn ids(xml: &str) -> Vec<&str> {
    xml.split(" ID=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn is_name(id: &str) -> bool {
    id.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && id.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Refusals for what stands outside of a signed assertion, which no signature covers.
fn of_the_envelope(code: &str) -> bool {
    let codes = [
        "status_not_success",
        "version_unsupported",
        "issuer_mismatch",
        "destination_mismatch",
        "unsolicited_in_response_to",
        "text_malformed",
    ];
    codes.contains(&code)
}

#[test]
fn descriptors_convert_if_they_have_a_signing_key() {
    let certificate = STANDARD.encode(IDP.certificate_der().expect("DER"));
    let descriptor = |entity_id: &str, usage: &str, certificate: &str| -> EntityDescriptor {
        let xml = format!(
            "<md:EntityDescriptor xmlns:md='urn:oasis:names:tc:SAML:2.0:metadata' entityID='{entity_id}'>\
             <md:IDPSSODescriptor protocolSupportEnumeration='urn:oasis:names:tc:SAML:2.0:protocol'>\
             <md:KeyDescriptor{usage}><ds:KeyInfo xmlns:ds='http://www.w3.org/2000/09/xmldsig#'><ds:X509Data>\
             <ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>\
             <md:SingleSignOnService Binding='urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST' Location='https://idp.test/post'/>\
             <md:SingleSignOnService Binding='urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect' Location='https://idp.test/redirect'/>\
             </md:IDPSSODescriptor></md:EntityDescriptor>"
        );
        xml.parse().expect("metadata")
    };
    for usage in ["", " use='signing'"] {
        let idp = IdentityProvider::try_from(&descriptor("urn:idp", usage, &certificate))
            .expect("convertible");
        let expected = IDP
            .identity_provider()
            .expect("a certificate")
            .with_sso_url("https://idp.test/redirect");
        assert_eq!(idp, expected);
    }
    let error = |entity_id, usage, certificate| {
        IdentityProvider::try_from(&descriptor(entity_id, usage, certificate))
            .expect_err("not convertible")
    };
    assert_eq!(error("urn:idp", " use='encryption'", &certificate), DescriptorError::NoSigningKey);
    assert_eq!(error(" ", "", &certificate), DescriptorError::NoEntityId);
    assert!(matches!(error("urn:idp", "", "AAAA"), DescriptorError::Certificate(_)));
}
