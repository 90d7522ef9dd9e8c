//! The published attacks on SAML service providers, each with the exact refusal, or the whole value
//! where it is no attack.
//!
//! Wrapping is generated in `wrapping.rs`; algorithms and keys are in `signatures.rs`; times,
//! audiences and confirmations in `refusals.rs`; small damage in `mutation.rs`.

mod common;

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use common::{Verify as _, block_on, now, sp, unsolicited_on};
use saml_login::assertion::AttributeValue;
use saml_login::binding::{Binding, RelayState};
use saml_login::logout::{LogoutOptions, LogoutSubject};
use saml_login::provider::Endpoint;
use saml_login::testing::idp::{
    SignatureOptions, SignaturePlace, TestIdp, TestResponse, TestSigned,
};
use saml_login::testing::pending_request;
use saml_login::{
    Connection, Identity, IdentityProvider, Limits, LoginOptions, MemoryReplayStore,
    PendingRequest, Random, Rejection,
};

static IDP: LazyLock<TestIdp> =
    LazyLock::new(|| TestIdp::p256("https://idp.example.test").expect("a key"));

fn connection_to(idp: IdentityProvider) -> Connection {
    Connection::builder("acme", sp(), idp)
        .with_options(unsolicited_on())
        .build()
        .expect("a connection")
}

fn connection() -> Connection {
    connection_to(IDP.identity_provider().expect("a certificate"))
}

fn verify(xml: &str) -> Result<Identity, Rejection> {
    let unspent = connection().verify(STANDARD.encode(xml), None, now())?;
    Ok(block_on(unspent.spend(&MemoryReplayStore::default(), now())).expect("the first use"))
}

/// The person, or the code of the refusal.
fn verdict(xml: &str) -> Result<String, &'static str> {
    verify(xml).map(|identity| identity.name_id.value).map_err(|rejection| rejection.code())
}

fn honest(signed: TestSigned) -> TestResponse<'static> {
    IDP.response(&sp(), now()).signed(signed)
}

/// The verdict on XML that is edited before it is signed, and on the same edit after.
fn edited(
    signed: TestSigned,
    from: &str,
    to: &str,
) -> (Result<String, &'static str>, Result<String, &'static str>) {
    let response = honest(signed);
    let before = response.unsigned_xml();
    assert!(before.contains(from), "{from}");
    let validly_signed = response.sign(&before.replacen(from, to, 1)).map(|xml| verdict(&xml));
    let tampered = verdict(&response.xml().expect("XML").replacen(from, to, 1));
    (validly_signed.unwrap_or(Err("not signable")), tampered)
}

fn alice() -> Result<String, &'static str> {
    Ok("alice@example.test".into())
}

#[test]
fn text_is_whole_or_refused() {
    for signed in [TestSigned::Assertion, TestSigned::Response] {
        for (inside, whole, tampered) in [
            (
                "alice@example.test<!---->.evil.test",
                Ok("alice@example.test.evil.test"),
                "digest_mismatch",
            ),
            ("alice@example.test<!-- x --><!-- y -->", Ok("alice@example.test"), "accepted"),
            ("<![CDATA[alice@example.test]]>", Ok("alice@example.test"), "accepted"),
            ("alice@<![CDATA[example]]>.test", Ok("alice@example.test"), "accepted"),
            ("&#97;lice@example.test", Ok("alice@example.test"), "accepted"),
            ("alice@example.test&#13;", Ok("alice@example.test\r"), "digest_mismatch"),
            ("alice@example.test<?x y?>", Err("text_malformed"), "digest_mismatch"),
            ("alice@example.test<x/>.evil.test", Err("text_malformed"), "digest_mismatch"),
            (
                "<saml:NameID>alice@example.test</saml:NameID>",
                Err("text_malformed"),
                "digest_mismatch",
            ),
            ("\u{a0}\u{2003}", Err("name_id_missing"), "digest_mismatch"),
            ("", Err("name_id_missing"), "digest_mismatch"),
            ("alice@example.test\u{200b}", Ok("alice@example.test\u{200b}"), "digest_mismatch"),
        ] {
            let to = format!("{inside}</saml:NameID>");
            let (signed_so, tampered_so) = edited(signed, "alice@example.test</saml:NameID>", &to);
            assert_eq!(signed_so, whole.map(str::to_owned), "{inside:?}");
            let expected = if tampered == "accepted" { alice() } else { Err(tampered) };
            assert_eq!(tampered_so, expected, "{inside:?}");
        }
        for (element, code) in
            [("saml:Audience", "audience_mismatch"), ("saml:Issuer", "issuer_mismatch")]
        {
            let end = format!("</{element}>");
            for (added, expected) in [
                ("<!-- -->", alice()),
                ("<![CDATA[]]>", alice()),
                // White space at its ends is no part of an xs:anyURI; an Issuer is a string.
                ("\n ", if element == "saml:Audience" { alice() } else { Err(code) }),
                (" .", Err(code)),
                ("<!-- -->.evil.test", Err(code)),
                ("<?x?>", Err("text_malformed")),
                ("<x/>", Err("text_malformed")),
            ] {
                let (validly_signed, _) = edited(signed, &end, &format!("{added}{end}"));
                assert_eq!(validly_signed, expected, "{element} {added}");
            }
        }
    }
    let long = "a".repeat(500_000);
    let (validly_signed, _) = edited(
        TestSigned::Assertion,
        "alice@example.test</saml:NameID>",
        &format!("{long}</saml:NameID>"),
    );
    assert_eq!(validly_signed, Ok(long));
}

#[test]
fn attribute_values_are_whole_or_complex() {
    let response = honest(TestSigned::Assertion);
    let value = |inside: &str| {
        let xml = response.unsigned_xml().replace(">Alice<", &format!(">{inside}<"));
        let identity = verify(&response.sign(&xml).expect("XML")).expect("an honest response");
        let attribute =
            identity.attributes.named("firstName").next().expect("the attribute").clone();
        (identity.first_name, attribute.values)
    };
    let text = |text: &str| vec![AttributeValue::Text(text.into())];
    assert_eq!(value("ad<!---->min"), (Some("admin".into()), text("admin")));
    assert_eq!(value("<![CDATA[ad]]>min"), (Some("admin".into()), text("admin")));
    assert_eq!(value("  "), (None, text("  ")));
    assert_eq!(value("ad<x/>min"), (None, vec![AttributeValue::Complex("ad<x></x>min".into())]));
    assert_eq!(value("ad<?x?>min"), (None, vec![AttributeValue::Complex("ad<?x?>min".into())]));
    assert_eq!(value("&lt;x/&gt;"), (Some("<x/>".into()), text("<x/>")));
}

#[test]
fn document_types_and_entities_never_get_in() {
    let xml = honest(TestSigned::Assertion).xml().expect("XML");
    for doctype in [
        "<!DOCTYPE r>",
        "<!DOCTYPE r SYSTEM \"http://evil.example.test/x.dtd\">",
        "<!DOCTYPE r [<!ENTITY e \"alice@example.test\">]>",
        "<!DOCTYPE r [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>",
        "<!DOCTYPE r [<!ENTITY % p SYSTEM \"http://evil.example.test/\"> %p;]>",
        "<!DOCTYPE r [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]>",
        "<!DOCTYPE r [<!ATTLIST samlp:Response evil ID #IMPLIED>]>",
        "<!DOCTYPE r [<!ATTLIST saml:Attribute Name CDATA \"admin\">]>",
    ] {
        assert_eq!(verdict(&format!("{doctype}{xml}")), Err("dtd_forbidden"), "{doctype}");
    }
    assert_eq!(
        verdict(&xml.replace("alice@example.test</saml:NameID>", "&e;</saml:NameID>")),
        Err("xml_malformed")
    );
    assert_eq!(
        verdict(&format!("<?xml-stylesheet href='http://evil.example.test/'?>{xml}")),
        alice()
    );
    assert_eq!(verdict(&format!("{xml}{xml}")), Err("xml_malformed"));
    assert_eq!(verdict(&format!("{xml}text")), Err("xml_malformed"));
    assert_eq!(verdict(&format!("<?xml version='1.1'?>{xml}")), Err("xml_malformed"));
    assert_eq!(
        verdict(&format!("<?xml version='1.0' encoding='UTF-7'?>{xml}")),
        Err("xml_malformed")
    );
}

#[test]
fn other_encodings_are_refused() {
    let xml = honest(TestSigned::Assertion).xml().expect("XML");
    let of = |bytes: Vec<u8>| {
        let verdict = connection().verify(STANDARD.encode(bytes), None, now());
        verdict.expect_err("a refusal").code()
    };
    let wide = |bytes: fn(u16) -> [u8; 2]| xml.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    assert_eq!(of([b"\xff\xfe".to_vec(), wide(u16::to_le_bytes)].concat()), "response_undecodable");
    assert_eq!(of([b"\xfe\xff".to_vec(), wide(u16::to_be_bytes)].concat()), "response_undecodable");
    // Without a mark, UTF-16 of ASCII is UTF-8 with NULs in it; here is one letter beyond.
    assert_eq!(of(wide(u16::to_le_bytes)), "response_undecodable");
    assert_eq!(
        of(xml.replace("Ångström", "x").encode_utf16().flat_map(u16::to_le_bytes).collect()),
        "xml_malformed"
    );
    assert_eq!(of(xml.replace("alice", "\0alice").into_bytes()), "xml_malformed");
    let overlong = xml
        .into_bytes()
        .into_iter()
        .flat_map(|b| if b == b'<' { vec![0xc0, 0xbc] } else { vec![b] });
    assert_eq!(of(overlong.collect()), "response_undecodable");
}

#[test]
fn references_reach_one_element_and_no_further() {
    let with = |uri: &str| {
        let mut response = honest(TestSigned::Assertion);
        response.signature.reference_uri = Some(uri.into());
        verdict(&response.xml().expect("XML"))
    };
    assert_eq!(with("#_assertion"), alice());
    for uri in [
        "",
        "#",
        "_assertion",
        "#_response",
        "#_Assertion",
        " #_assertion",
        "#_assertion ",
        "#%5Fassertion",
        "?x#_assertion",
        "#xpointer(/)",
        "#xpointer(id('_assertion'))",
        "#_assertion' or '1'='1",
        "file:///etc/passwd",
        "http://evil.example.test/#_assertion",
    ] {
        assert_eq!(with(uri), Err("reference_mismatch"), "{uri}");
    }
    // A digest of something else under the right name.
    let mut response = honest(TestSigned::Assertion);
    response.signature.digest_of = Some("_response".into());
    assert_eq!(verdict(&response.xml().expect("XML")), Err("digest_mismatch"));
    type Edit = fn(String) -> String;
    let second: [Edit; 3] = [
        |xml| {
            xml.replace("</ds:SignedInfo>", "<ds:Reference URI=\"#_evil\"><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference></ds:SignedInfo>")
        },
        |xml| {
            xml.replace("<ds:Reference ", "<ds:Reference URI=\"#_evil\"><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference><ds:Reference ")
        },
        |xml| xml.replace("<ds:Reference ", "<ds:Manifest/><ds:Reference "),
    ];
    for (number, edit) in second.into_iter().enumerate() {
        let mut response = honest(TestSigned::Assertion);
        response.signature.edit_signed_info = Some(edit);
        assert_eq!(verdict(&response.xml().expect("XML")), Err("signature_malformed"), "{number}");
    }
    let mut response = honest(TestSigned::Assertion);
    response.signature.edit_signed_info = Some(|xml| {
        let start = xml.find("<ds:Reference").expect("it");
        format!("{}</ds:SignedInfo>", &xml[..start])
    });
    assert_eq!(verdict(&response.xml().expect("XML")), Err("signature_malformed"));
}

#[test]
fn identifiers_are_names_and_one_of_a_kind() {
    for (id, expected) in [
        ("_assertion", alice()),
        ("a-b.c_d1", alice()),
        // Not a name to the letter, and sent by identity providers that use bare UUIDs.
        ("247ae9c9-2820-42da-9f71-6c940231f614", alice()),
        ("", Err("id_invalid")),
        ("a b", Err("id_invalid")),
        // Nor are these, and they are told apart all the same: nothing is looked up by them.
        ("a:b", alice()),
        ("a'b", alice()),
        ("5Kx+/q==", alice()),
        ("#_assertion", alice()),
        ("a\tb", Err("id_invalid")),
        ("a\u{a0}b", Err("id_invalid")),
        ("x'] or '1'='1", Err("id_invalid")),
    ] {
        let mut response = honest(TestSigned::Assertion);
        response.assertion_id = Some(id.into());
        assert_eq!(verdict(&response.xml().expect("XML")), expected, "{id:?}");
    }
    let mut response = honest(TestSigned::Assertion);
    response.assertion_id = Some("a".repeat(65_536));
    assert_eq!(verdict(&response.xml().expect("XML")), alice());
    // Decoys under every name that some software takes for an ID mean nothing; a second ID is
    // refused, in Advice as well.
    let decoy = |attribute: &str| {
        let mut response = honest(TestSigned::Assertion);
        response.raw_extensions = format!(
            "<samlp:Extensions><x xmlns='urn:x' {attribute}='_assertion'/></samlp:Extensions>"
        );
        response.sign(&response.unsigned_xml()).map(|xml| verdict(&xml)).expect("XML")
    };
    for attribute in ["Id", "id", "xml:id", "AssertionID", "xmlns:p='urn:p' p:ID"] {
        assert_eq!(decoy(attribute), alice(), "{attribute}");
    }
    let mut response = honest(TestSigned::Assertion);
    response.signed = TestSigned::Nothing;
    response.raw_advice = "<saml:Advice><x ID='_assertion'/></saml:Advice>".into();
    assert_eq!(verdict(&response.xml().expect("XML")), Err("duplicate_id"));
}

#[test]
fn namespaces_are_exact() {
    let xml = honest(TestSigned::Assertion).xml().expect("XML");
    let swapped = |from: &str, to: &str| verdict(&xml.replace(from, to));
    assert_eq!(
        swapped("urn:oasis:names:tc:SAML:2.0:protocol\"", "urn:oasis:names:tc:SAML:2.0:Protocol\""),
        Err("not_a_response")
    );
    assert_eq!(
        swapped("urn:oasis:names:tc:SAML:2.0:protocol\"", "urn:oasis:names:tc:SAML:1.0:protocol\""),
        Err("not_a_response")
    );
    assert_eq!(
        swapped(
            "urn:oasis:names:tc:SAML:2.0:assertion\"",
            "urn:oasis:names:tc:SAML:1.0:assertion\""
        ),
        Err("assertion_count")
    );
    assert_eq!(
        swapped("http://www.w3.org/2000/09/xmldsig#\"", "http://www.w3.org/2000/09/xmldsig\""),
        Err("signature_missing")
    );
    for declaration in [
        "xmlns:xml='urn:x'",
        "xmlns:xmlns='urn:x'",
        "xmlns:x=''",
        "xmlns:x='http://www.w3.org/2000/xmlns/'",
    ] {
        assert_eq!(
            swapped("<samlp:Status>", &format!("<samlp:Status {declaration}>")),
            Err("xml_malformed"),
            "{declaration}"
        );
    }
    // An attribute that only looks like one of ours is none.
    for attribute in [
        "samlp:Destination='https://evil.example.test'",
        "xmlns:p='urn:p' p:Destination='x' p:ID='x'",
    ] {
        assert_eq!(
            swapped("<samlp:Response ", &format!("<samlp:Response {attribute} ")),
            alice(),
            "{attribute}"
        );
    }
    assert_eq!(
        swapped("<samlp:Response ", "<samlp:Response Destination='x' "),
        Err("xml_malformed")
    );
    // A relative or empty name never becomes an empty canonical form.
    for place in ["<samlp:Response ", "<saml:Subject", "<ds:SignedInfo", "<samlp:Status"] {
        let void = xml.replacen(
            place,
            &format!(
                "{} xmlns:void='1'{}",
                place.trim_end(),
                if place.ends_with(' ') { " " } else { "" }
            ),
            1,
        );
        assert_eq!(verdict(&void), Err("canonicalization_undefined"), "{place}");
    }
    // The digest and the signature of nothing, over a canonical form that would be undefined.
    let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let start = xml.find("<ds:DigestValue>").expect("a digest") + "<ds:DigestValue>".len();
    let end = start + xml[start..].find('<').expect("an end");
    let void = [&xml[..start], empty, &xml[end..]]
        .concat()
        .replace("<saml:Subject>", "<saml:Subject xmlns:void='1'>");
    assert_eq!(verdict(&void), Err("canonicalization_undefined"));
}

#[test]
fn decoys_of_signature_parts_are_not_read() {
    let signature = "<ds:SignedInfo><ds:Reference URI='#_assertion'><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference></ds:SignedInfo>";
    let declared = "xmlns:ds='http://www.w3.org/2000/09/xmldsig#'";
    for decoy in [
        format!("<ds:DigestValue {declared}>AAAA</ds:DigestValue>"),
        format!("<x xmlns='urn:x' {declared}>{signature}</x>"),
    ] {
        let mut response = honest(TestSigned::Assertion);
        response.raw_extensions = format!("<samlp:Extensions>{decoy}</samlp:Extensions>");
        assert_eq!(verdict(&response.xml().expect("XML")), alice(), "{decoy}");
        let mut response = honest(TestSigned::Assertion);
        response.raw_attributes = format!(
            "<saml:Attribute Name='x'><saml:AttributeValue>{decoy}</saml:AttributeValue></saml:Attribute>"
        );
        assert_eq!(verdict(&response.xml().expect("XML")), alice(), "{decoy}");
    }
    // A whole Signature is refused wherever it is not in its place.
    let misplaced = format!("<ds:Signature {declared}>{signature}</ds:Signature>");
    for signed in [TestSigned::Assertion, TestSigned::Response] {
        let mut response = honest(signed);
        response.raw_extensions = format!("<samlp:Extensions>{misplaced}</samlp:Extensions>");
        assert_eq!(verdict(&response.xml().expect("XML")), Err("signature_misplaced"));
        let mut response = honest(signed);
        response.raw_subject = misplaced.clone();
        assert_eq!(verdict(&response.xml().expect("XML")), Err("signature_misplaced"));
        let mut response = honest(signed);
        response.raw_advice = format!("<saml:Advice>{misplaced}</saml:Advice>");
        assert_eq!(verdict(&response.xml().expect("XML")), alice());
    }
    // What Advice holds is never the assertion that counts.
    let mut response = honest(TestSigned::Assertion);
    response.raw_advice = "<saml:Advice><saml:Assertion ID='_advised'><saml:Subject><saml:NameID>mallory</saml:NameID></saml:Subject></saml:Assertion></saml:Advice>".into();
    assert_eq!(verdict(&response.xml().expect("XML")), alice());
}

#[test]
fn the_right_key_on_the_wrong_thing_is_no_login() {
    // Metadata that the identity provider signed and serves to everybody, inside of a Response.
    let metadata = "<md:EntityDescriptor xmlns:md='urn:oasis:names:tc:SAML:2.0:metadata' ID='_metadata' entityID='https://idp.example.test'><md:x/></md:EntityDescriptor>";
    let mut options = SignatureOptions::default();
    options.place = SignaturePlace::FirstIn("_metadata".into());
    let signed = IDP.sign_xml(metadata, "_metadata", &options).expect("XML");
    assert_eq!(verdict(&signed), Err("not_a_response"));
    let mut response = honest(TestSigned::Nothing);
    response.raw_end = signed;
    assert_eq!(verdict(&response.xml().expect("XML")), Err("signature_misplaced"));
    // A signed logout message, an assertion alone, and a signed failure.
    let logout = "<samlp:LogoutResponse xmlns:samlp='urn:oasis:names:tc:SAML:2.0:protocol' ID='_l'><samlp:Status/></samlp:LogoutResponse>";
    options.place = SignaturePlace::FirstIn("_l".into());
    assert_eq!(verdict(&IDP.sign_xml(logout, "_l", &options).expect("XML")), Err("not_a_response"));
    let xml = honest(TestSigned::Assertion).xml().expect("XML");
    let assertion =
        xml[xml.find("<saml:Assertion").expect("it")..].replace("</samlp:Response>", "");
    let alone = assertion.replacen(
        "<saml:Assertion",
        "<saml:Assertion xmlns:saml='urn:oasis:names:tc:SAML:2.0:assertion'",
        1,
    );
    assert_eq!(verdict(&alone), Err("not_a_response"));
    let mut failure = honest(TestSigned::Response);
    failure.status_codes = vec![
        "urn:oasis:names:tc:SAML:2.0:status:Responder".into(),
        "urn:oasis:names:tc:SAML:2.0:status:Success".into(),
    ];
    assert_eq!(verdict(&failure.xml().expect("XML")), Err("status_not_success"));
}

#[test]
fn an_identity_provider_speaks_for_its_own_tenant_alone() {
    let other = TestIdp::p256("https://other.example.test").expect("a key");
    let idps: [(&TestIdp, &str); 2] =
        [(&IDP, "https://idp.example.test"), (&other, "https://other.example.test")];
    for (flow, (of_flow, _)) in idps.into_iter().enumerate() {
        let connection = connection_to(of_flow.identity_provider().expect("a certificate"));
        for (signer, (signing, _)) in idps.into_iter().enumerate() {
            for (speaker, (_, issuer)) in idps.into_iter().enumerate() {
                for signed in [TestSigned::Assertion, TestSigned::Response, TestSigned::Both] {
                    let mut response = signing.response(&sp(), now()).signed(signed);
                    response.issuer = Some(issuer.into());
                    response.assertion_issuer = Some(issuer.into());
                    let form_value = response.form_value().expect("XML");
                    let found = connection.verify(form_value, None, now());
                    let expected = match (signer == flow, speaker == flow) {
                        (true, true) => None,
                        (true, false) => Some("issuer_mismatch"),
                        (false, _) => Some("key_untrusted"),
                    };
                    assert_eq!(
                        found.err().map(|rejection| rejection.code()),
                        expected,
                        "{flow} {signer} {speaker}"
                    );
                }
            }
        }
    }
}

#[test]
fn an_assertion_is_good_for_one_login() {
    let store = MemoryReplayStore::default();
    let spend = |connection: &Connection,
                 form_value: &str,
                 expected: Option<&PendingRequest>,
                 now: DateTime<Utc>| {
        let unspent =
            connection.verify(form_value, expected, now).map_err(|rejection| rejection.code())?;
        block_on(unspent.spend(&store, now)).map(|_| ()).map_err(|error| error.code())
    };
    let connection = connection();
    let mut response = honest(TestSigned::Assertion);
    let first = response.form_value().expect("XML");
    assert_eq!(spend(&connection, &first, None, now()), Ok(()));
    assert_eq!(spend(&connection, &first, None, now()), Err("assertion_replayed"));
    // The same assertion in another response, and until the very last instant.
    response.id = "_another".into();
    let last = now() + TimeDelta::seconds(5 * 60 + 60) - TimeDelta::milliseconds(1);
    let again = response.form_value().expect("XML");
    assert_eq!(spend(&connection, &again, None, last), Err("assertion_replayed"));
    assert_eq!(spend(&connection, &again, None, last + TimeDelta::milliseconds(1)), Err("expired"));
    // IDs are told apart by case, and by connection.
    response.assertion_id = Some("_ASSERTION".into());
    assert_eq!(spend(&connection, &response.form_value().expect("XML"), None, now()), Ok(()));
    let idp = IDP.identity_provider().expect("a certificate");
    let elsewhere = Connection::builder("globex", sp(), idp)
        .with_options(unsolicited_on())
        .build()
        .expect("a connection");
    assert_eq!(spend(&elsewhere, &first, None, now()), Ok(()));
    // One request is answered once, by whatever assertion.
    let mut answer = honest(TestSigned::Assertion).in_reply_to("_request");
    answer.assertion_id = Some("_one".into());
    let request = pending_request(&connection, "_request", now());
    let request = Some(&request);
    assert_eq!(spend(&connection, &answer.form_value().expect("XML"), request, now()), Ok(()));
    answer.assertion_id = Some("_two".into());
    assert_eq!(
        spend(&connection, &answer.form_value().expect("XML"), request, now()),
        Err("request_replayed")
    );
}

#[test]
fn hostile_sizes_stop_at_their_limit() {
    let limits = Limits::default();
    let response = honest(TestSigned::Response);
    let with = |raw: String| {
        let mut response = response.clone();
        response.signed = TestSigned::Nothing;
        response.raw_extensions = format!("<samlp:Extensions>{raw}</samlp:Extensions>");
        verdict(&response.unsigned_xml()).expect_err("nothing is signed")
    };
    // Extensions stand at depth two.
    let nested = |depth: usize| format!("{}{}", "<x>".repeat(depth), "</x>".repeat(depth));
    assert_eq!(with(nested(limits.depth - 2)), "signature_missing");
    assert_eq!(with(nested(limits.depth - 1)), "xml_limit_exceeded");
    assert_eq!(with("<x>".repeat(200_000)), "xml_limit_exceeded");
    let attributes = |count: usize| {
        format!("<x {}/>", (0..count).map(|n| format!("a{n}='' ")).collect::<String>())
    };
    assert_eq!(with(attributes(limits.attributes)), "signature_missing");
    assert_eq!(with(attributes(limits.attributes + 1)), "xml_limit_exceeded");
    assert_eq!(with(attributes(50_000)), "xml_limit_exceeded");
    let namespaces = |count: usize| {
        format!("<x {}/>", (0..count).map(|n| format!("xmlns:a{n}='urn:a' ")).collect::<String>())
    };
    assert_eq!(with(namespaces(limits.namespaces)), "signature_missing");
    assert_eq!(with(namespaces(limits.namespaces + 1)), "xml_limit_exceeded");
    assert_eq!(with("<x/>".repeat(limits.nodes)), "xml_limit_exceeded");
    assert_eq!(with("<!---->".repeat(120_000)), "xml_limit_exceeded", "dense markup");
    assert_eq!(with("<!--123456-->".repeat(70_000)), "signature_missing");
    assert_eq!(with("&amp;".repeat(120_000)), "signature_missing");
    assert_eq!(with(format!("<{}/>", "x".repeat(limits.name_bytes + 1))), "xml_limit_exceeded");
    assert_eq!(with("x".repeat(1024 * 1024)), "response_too_large");
    let blank = vec![b' '; 2 * limits.document_bytes + 1];
    let refusal = connection().verify(blank, None, now()).expect_err("a refusal");
    assert_eq!(refusal.code(), "response_too_large");
    // Ten thousand signatures cost no more than one look at each.
    let signatures = "<ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'/>".repeat(10_000);
    assert_eq!(with(signatures.clone()), "signature_misplaced");
    let mut many = honest(TestSigned::Nothing);
    many.raw_end = signatures;
    assert_eq!(verdict(&many.unsigned_xml()), Err("signature_malformed"));
    let mut listed = honest(TestSigned::Assertion);
    listed.signature.prefix_list = Some((0..10_000).map(|n| format!("p{n} ")).collect());
    assert_eq!(verdict(&listed.xml().expect("XML")), alice());
}

/// Exclusive canonicalization repeats a namespace on every element that uses it. It is done before
/// a key is used, and so must not grow without bounds, whoever asks for it.
#[test]
fn canonical_forms_do_not_explode() {
    let uri = |length: usize| format!("urn:{}", "a".repeat(length - 4));
    let in_signed_info = |uri: &str, count: usize| {
        let elements = "<p:b ></p:b >".repeat(count);
        let signed_info = format!(
            "<ds:SignedInfo xmlns:p='{uri}'><ds:CanonicalizationMethod Algorithm='http://www.w3.org/2001/10/xml-exc-c14n#'/>\
             {elements}</ds:SignedInfo>"
        );
        let mut response = honest(TestSigned::Nothing);
        response.raw_end = format!(
            "<ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'>{signed_info}\
             <ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature>"
        );
        let rejection = verify(&response.unsigned_xml()).expect_err("nothing is signed");
        rejection.to_string()
    };
    let names = "the message exceeds the limit for bytes in one name (256)";
    assert_eq!(in_signed_info(&uri(200_000), 60_000), names);
    assert_eq!(in_signed_info(&uri(257), 60_000), names);
    let long = "the message exceeds the limit for bytes in SignedInfo (131072)";
    assert_eq!(in_signed_info(&uri(256), 60_000), long);
    let exploded = in_signed_info(&uri(256), 10_000);
    assert!(
        exploded.starts_with("the message exceeds the limit for bytes in the canonical form ("),
        "{exploded}"
    );
    // The same behind a valid signature of the identity provider: it is not signable either.
    let mut response = honest(TestSigned::Assertion);
    response.raw_attributes = format!(
        "<saml:Attribute Name='x' xmlns:p='{}'><saml:AttributeValue>{}</saml:AttributeValue></saml:Attribute>",
        uri(256),
        "<p:b ></p:b >".repeat(60_000)
    );
    assert!(response.xml().is_err());
    // Written the way libraries write typed values, an honest response grows by less than that.
    let mut response = honest(TestSigned::Assertion);
    response.raw_attributes = format!(
        "<saml:Attribute Name='x' xmlns:xs='http://www.w3.org/2001/XMLSchema' \
         xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>{}</saml:Attribute>",
        "<saml:AttributeValue xsi:type='xs:string'>a</saml:AttributeValue>".repeat(5_000)
    );
    assert_eq!(verdict(&response.xml().expect("XML")), alice());
}

#[test]
fn an_empty_request_matches_nothing() {
    let form_value = honest(TestSigned::Assertion).in_reply_to("").form_value().expect("XML");
    let verdict = connection().verify_reply(form_value, Some(""), now());
    assert_eq!(verdict.expect_err("a refusal").code(), "in_response_to_missing");
}

#[test]
fn nothing_that_is_emitted_names_a_person() {
    const MARKERS: [&str; 5] = [
        "marker-name-id",
        "marker-value",
        "marker-email@example.test",
        "Marker-Group",
        "marker-token",
    ];
    let mut response = honest(TestSigned::Assertion);
    response.name_id = Some(saml_login::testing::idp::TestNameId::new(MARKERS[0]));
    response.attributes = vec![
        saml_login::testing::idp::TestAttribute::new("firstName", [MARKERS[1]]),
        saml_login::testing::idp::TestAttribute::new("email", [MARKERS[2]]),
        saml_login::testing::idp::TestAttribute::new("groups", [MARKERS[3]]),
    ];
    let xml = response.xml().expect("XML");
    let mut emitted = String::new();
    let sending = |binding: Binding| {
        let idp = IDP.identity_provider().expect("a certificate");
        let idp = idp.with_sso_endpoint(Endpoint::new(binding, "https://idp.example.test/sso"));
        connection_to(idp.with_slo_endpoint(Endpoint::new(binding, "https://idp.example.test/slo")))
    };
    let relay_state = || Some(RelayState::token(MARKERS[4]).expect("a token"));
    let sent = |identity: &Identity, now: DateTime<Utc>| {
        let mut texts = String::new();
        for binding in [Binding::HttpRedirect, Binding::HttpPost] {
            let mut options = LoginOptions::default();
            options.relay_state = relay_state();
            texts += &format!(
                "{options:?}{:?}",
                sending(binding).start_login(options.clone(), Random::new([7; 32]), now)
            );
            let mut options = LogoutOptions::default();
            options.relay_state = relay_state();
            let subject = LogoutSubject::from(identity);
            let logout =
                sending(binding).start_logout(&subject, options.clone(), Random::new([7; 32]), now);
            texts += &format!("{options:?}{subject:?}{logout:?}");
        }
        assert!(texts.contains("Redirect(https://idp.example.test/slo?…)"), "{texts}");
        assert!(!texts.contains("SAMLRequest="), "{texts}");
        texts
    };
    let mut emit = |xml: &str, expected: Option<&PendingRequest>, now: DateTime<Utc>| {
        let form_value = STANDARD.encode(xml);
        let report = connection().explain(&form_value, expected, now);
        emitted += &format!("{report:?}{}", serde_json::to_string(&report).expect("JSON"));
        match connection().verify(&form_value, expected, now) {
            Ok(unspent) => {
                emitted += &format!("{unspent:?}");
                let identity = block_on(unspent.spend(&MemoryReplayStore::default(), now))
                    .expect("the first use");
                let key = identity.stable_key().expect("a key");
                emitted +=
                    &format!("{identity:?}{key:?}{:?}{:?}", identity.attributes, identity.name_id);
                emitted += &format!("{:?}", identity.email);
                emitted += &sent(&identity, now);
            }
            Err(rejection) => {
                emitted += &format!(
                    "{rejection}{rejection:?}{}{}",
                    rejection.help(),
                    rejection.user_message()
                );
            }
        }
    };
    emit(&xml, None, now());
    emit(&xml, Some(&pending_request(&connection(), "_request", now())), now());
    emit(&xml, None, now() + TimeDelta::days(1));
    // Cut off, damaged and decorated at many places, so that every layer speaks.
    for at in (0..xml.len()).step_by(7).filter(|at| xml.is_char_boundary(*at)) {
        emit(&xml[..at], None, now());
        for inserted in ["<x/>", "\0", " x='y'", "<!DOCTYPE x>"] {
            emit(&[&xml[..at], inserted, &xml[at..]].concat(), None, now());
        }
    }
    for marker in MARKERS {
        assert!(!emitted.contains(marker), "{marker}");
    }
}
