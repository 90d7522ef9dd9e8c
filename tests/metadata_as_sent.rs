//! Metadata as people send it: what is healed, what is left out, what is named; and that nothing
//! forged gets in that way.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use common::holder::Holder;
use common::{Verify as _, now, sp, unsolicited_on};
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use saml_login::binding::Binding;
use saml_login::connection::Warning;
use saml_login::error::CertificateError;
use saml_login::metadata::{EncryptionMethods, MetadataError, MetadataTrust, MetadataWarning};
use saml_login::provider::Endpoint;
use saml_login::testing::idp::{SignatureOptions, SignaturePlace, TestIdp};
use saml_login::{
    Certificates, Connection, Delivery, IdentityProvider, IdpMetadata, KeyPair, Limits,
    LoginOptions, Random, ServiceProvider, SpMetadata,
};

const BINDINGS: &str = "urn:oasis:names:tc:SAML:2.0:bindings";

fn unsigned(xml: impl AsRef<[u8]>) -> Result<IdpMetadata, MetadataError> {
    IdpMetadata::parse(xml, None, MetadataTrust::Unsigned, &Limits::default(), now())
}

fn code(result: &Result<IdpMetadata, MetadataError>) -> &'static str {
    result.as_ref().map_or_else(|error| error.code(), |_| "taken")
}

fn warned(metadata: &IdpMetadata) -> Vec<&'static str> {
    metadata.warnings().iter().map(MetadataWarning::code).collect()
}

/// Who may sign by this metadata, and what was left out.
fn signers(xml: impl AsRef<[u8]>) -> (Vec<String>, Vec<&'static str>) {
    let metadata = unsigned(xml).expect("metadata");
    let subjects = metadata.identity_provider().certificates().iter();
    (subjects.map(|signer| signer.subject().to_owned()).collect(), warned(&metadata))
}

fn rsa_key(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).expect("a key")).expect("a key")
}

fn certificate(text: &str) -> String {
    format!("<ds:X509Certificate>{text}</ds:X509Certificate>")
}

fn data(certificates: &[&str]) -> String {
    let certificates: String = certificates.iter().map(|text| certificate(text)).collect();
    format!("<ds:X509Data>{certificates}</ds:X509Data>")
}

fn key(key_info: &str) -> String {
    format!(
        "<md:KeyDescriptor use=\"signing\"><ds:KeyInfo>{key_info}</ds:KeyInfo></md:KeyDescriptor>"
    )
}

fn entity(entity_id: &str, role_attributes: &str, content: &str) -> String {
    format!(
        "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" ID=\"_m\" entityID=\"{entity_id}\">\
         <md:IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"\
         {role_attributes}>{content}</md:IDPSSODescriptor></md:EntityDescriptor>"
    )
}

fn of(content: &str) -> String {
    entity("urn:idp", "", content)
}

fn service(name: &str, binding: &str, attributes: &str) -> String {
    format!("<md:{name} Binding=\"{BINDINGS}:{binding}\" {attributes}/>")
}

fn sso(location: &str) -> String {
    service("SingleSignOnService", "HTTP-Redirect", &format!("Location=\"{location}\""))
}

fn test_idp() -> TestIdp {
    TestIdp::p256("urn:idp").expect("a key")
}

/// A whole document of this identity provider.
fn document(idp: &TestIdp) -> String {
    let der = STANDARD.encode(idp.certificate_der().expect("DER"));
    entity(idp.issuer(), "", &(key(&data(&[&der])) + &sso("https://idp.test/sso")))
}

fn plain(idp: &TestIdp) -> IdentityProvider {
    idp.identity_provider().expect("a certificate").with_sso_url("https://idp.test/sso")
}

#[test]
fn documents_as_they_were_sent() {
    type Row = (&'static str, Result<(&'static str, &'static [&'static str]), &'static str>);
    let rows: [Row; 10] = [
        (
            "authority-before-leaf",
            Ok(("CN=signing.idp.example.test", &["metadata_certificate_beside"])),
        ),
        ("blank-before-declaration", Ok(("CN=idp.example.test", &[]))),
        ("browser-view", Ok(("CN=idp.example.test", &["metadata_text_around"]))),
        ("keycloak-wants-signed-requests", Ok(("CN=idp.example.test", &[]))),
        ("location-with-blanks", Ok(("CN=idp.example.test", &[]))),
        ("namespace-missing", Err("metadata_namespace_missing")),
        ("old-weak-key-beside", Ok(("CN=idp.example.test", &["metadata_key_too_weak"]))),
        ("response-location-empty", Ok(("CN=idp.example.test", &[]))),
        (
            "second-certificate-empty",
            Ok(("CN=idp.example.test", &["metadata_certificate_unusable"])),
        ),
        (
            "two-certificates-run-together",
            Ok(("CN=idp.example.test", &["metadata_certificate_beside"])),
        ),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/metadata/as-sent");
    let there = fs::read_dir(&folder).expect("the folder").count();
    assert_eq!(there, rows.len(), "a file that no row names");
    for (name, expected) in rows {
        let bytes = fs::read(folder.join(format!("{name}.xml"))).expect(name);
        let found = unsigned(&bytes);
        match expected {
            Err(expected) => assert_eq!(code(&found), expected, "{name}"),
            Ok((subject, warnings)) => {
                let metadata = found.expect(name);
                let idp = metadata.identity_provider();
                assert_eq!(idp.issuer(), "https://idp.example.test/saml", "{name}");
                assert_eq!(idp.sso_url(), Some("https://idp.example.test/saml/sso"), "{name}");
                let subjects: Vec<&str> =
                    idp.certificates().iter().map(|signer| signer.subject()).collect();
                assert_eq!(
                    (subjects.as_slice(), warned(&metadata).as_slice()),
                    (&[subject][..], warnings),
                    "{name}"
                );
                assert!(Connection::builder("acme", sp(), idp.clone()).build().is_ok(), "{name}");
            }
        }
    }
}

#[test]
fn what_stands_around_a_document_is_left_out() {
    let idp = test_idp();
    let xml = document(&idp);
    let declared = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}");
    let blank = [
        format!("\n  {declared}"),
        format!("{declared}\n\n"),
        format!("\u{FEFF}\u{FEFF}{declared}"),
        format!("\u{200B}\r\n\u{A0}{declared}\u{200B}"),
        declared.replace("?>", "?>\u{FEFF}"),
        format!("<!-- a licence -->{xml}<!-- the end -->"),
    ];
    for text in blank {
        let metadata = unsigned(&text).expect("metadata");
        assert_eq!((metadata.identity_provider(), warned(&metadata)), (&plain(&idp), vec![]));
    }
    let around = [
        (
            "This XML file does not appear to have any style information associated with it. The document tree is shown below.\n",
            &xml,
            "",
        ),
        ("Mit dieser XML-Datei sind anscheinend keine Style-Informationen verknüpft.", &xml, "\n"),
        ("https://idp.test/metadata\n", &xml, ""),
        ("HTTP/2 200\r\ncontent-type: application/xml\r\n\r\n", &declared, ""),
        ("<!-- saved from url=(0030)https://idp.test/metadata -->\n", &declared, ""),
        (
            "<br />\n<b>Warning</b>: Undefined index: x in <b>/var/www/m.php</b><br />\n",
            &declared,
            "",
        ),
        ("-", &xml, "\n$ exit"),
        ("", &declared, "\n-- \nOur operations"),
        ("Dear colleague,\n<p>", &xml, "</p>"),
    ];
    for (before, xml, behind) in around {
        let metadata = unsigned(format!("{before}{xml}{behind}")).expect(before);
        assert_eq!(metadata.identity_provider(), &plain(&idp), "{before}");
        let [MetadataWarning::TextAround { found }] = metadata.warnings() else {
            panic!("{:?}", metadata.warnings())
        };
        let first = if before.trim().is_empty() { behind } else { before };
        assert!(first.trim().starts_with(found.as_str()), "{found}");
    }
}

/// Of what stands around a document nothing is read, and no document is chosen by it.
#[test]
fn what_stands_around_a_document_does_not_become_it() {
    let (idp, evil) = (test_idp(), test_idp());
    let (honest, forged) = (document(&idp), document(&evil));
    // A comment is none of the document, whether it is XML or not.
    for text in [format!("<!-- {forged} -->{honest}"), format!("x <!-- {forged} -->{honest}")] {
        assert_eq!(unsigned(text).expect("metadata").identity_provider(), &plain(&idp));
    }
    let rows = [
        (format!("{honest}{forged}"), "xml_malformed"),
        (format!("x{honest}{forged}"), "xml_malformed"),
        (format!("x{honest}<!-- {forged} -->"), "xml_malformed"),
        (format!("{honest}<!-- {forged}"), "xml_malformed"),
        (format!("x <!DOCTYPE m [<!ENTITY e \"y\">]>{honest}"), "metadata_not_xml"),
        (format!("<!DOCTYPE m [<!ENTITY e \"y\">]>{honest}"), "dtd_forbidden"),
        (format!("<!doctype html><html><body>{honest}</body></html>"), "metadata_is_web_page"),
        (format!("<html><body><br>{honest}</body></html>"), "metadata_is_web_page"),
        (format!("<a xmlns=\"urn:a\">{honest}</a>"), "metadata_not_metadata"),
        (format!("x<?xml version=\"1.1\"?>{honest}"), "xml_malformed"),
        (format!("x<?xml version=\"1.0\" encoding=\"UTF-7\"?>{honest}"), "metadata_not_utf8"),
    ];
    for (text, expected) in rows {
        assert_eq!(code(&unsigned(&text)), expected, "{text}");
    }
}

/// A signature is verified on what is left, and what was around it is not signed.
#[test]
fn what_stands_around_a_signed_document_is_no_part_of_it() {
    let (publisher, idp, evil) = (test_idp(), test_idp(), test_idp());
    let mut options = SignatureOptions::default();
    options.place = SignaturePlace::FirstIn("_m".into());
    let signed = publisher.sign_xml(&document(&idp), "_m", &options).expect("signed");
    let keys = Certificates::parse(publisher.certificate_der().expect("DER")).expect("a key");
    let pinned = |text: Vec<u8>| {
        let trust = MetadataTrust::Pinned(&keys);
        IdpMetadata::parse(text, None, trust, &Limits::default(), now())
    };
    let forged = document(&evil);
    let wide: Vec<u8> = format!("\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-16\"?>{signed}")
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    for text in [format!("Here it is: {signed}").into_bytes(), wide] {
        let metadata = pinned(text).expect("metadata");
        assert!(metadata.signature_verified());
        assert_eq!(metadata.identity_provider(), &plain(&idp));
    }
    let rows = [
        (format!("x{forged}"), "metadata_not_signed"),
        (format!("{forged}{signed}"), "xml_malformed"),
        (format!("x {}", signed.replace("idp.test", "evil.test")), "digest_mismatch"),
    ];
    for (text, expected) in rows {
        assert_eq!(code(&pinned(text.into_bytes())), expected);
    }
}

/// Whatever is put in, left out or doubled: a signed document says what it said, or is refused.
#[test]
fn no_change_of_a_signed_document_changes_what_is_read() {
    let (publisher, idp) = (test_idp(), test_idp());
    let mut options = SignatureOptions::default();
    options.place = SignaturePlace::FirstIn("_m".into());
    let signed = publisher.sign_xml(&document(&idp), "_m", &options).expect("signed");
    let signed = format!("Here: <?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{signed}\n--");
    let keys = Certificates::parse(publisher.certificate_der().expect("DER")).expect("a key");
    let forged = document(&test_idp());
    let pieces = [
        "",
        "<",
        ">",
        "\"",
        "=",
        " ",
        "A",
        "&amp;",
        "<!--",
        "-->",
        "<?xml ",
        "?>",
        "\u{FEFF}",
        "<md:EntityDescriptor>",
        "</md:EntityDescriptor>",
        "\0",
        &forged,
    ];
    let (mut taken, mut refused) = (0, 0);
    let mut place = 0;
    for step in 0..4_000_usize {
        // A step that shares no factor with the length comes by everywhere.
        place = (place + 1_009) % signed.len();
        let end = (place + step % 3).min(signed.len());
        let piece = pieces[step % pieces.len()];
        let bytes = signed.as_bytes();
        let changed = [&bytes[..place], piece.as_bytes(), &bytes[end..]].concat();
        let trust = MetadataTrust::Pinned(&keys);
        match IdpMetadata::parse(changed, None, trust, &Limits::default(), now()) {
            Ok(metadata) => {
                assert_eq!(metadata.identity_provider(), &plain(&idp), "{place} {piece}");
                taken += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(taken > 10 && refused > 3_000, "{taken} taken, {refused} refused");
}

#[test]
fn uploads_are_decoded_by_their_mark() {
    let idp = test_idp();
    let xml = document(&idp).replace("<md:EntityD", "<!-- Ünïcödé 𝄞 --><md:EntityD");
    let wide = |text: &str, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    };
    let declared = |encoding: &str| format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>");
    for head in [String::new(), declared("UTF-16"), declared("utf-16le"), declared("utf-8")] {
        let marked = format!("\u{FEFF}{head}{xml}");
        let bare = format!("{head}{xml}");
        let mut uploads = vec![marked.clone().into_bytes(), bare.clone().into_bytes()];
        for text in [&marked, &bare] {
            uploads.push(wide(text, u16::to_le_bytes));
            uploads.push(wide(text, u16::to_be_bytes));
        }
        for upload in uploads {
            let metadata = unsigned(&upload).expect("metadata");
            assert_eq!((metadata.identity_provider(), warned(&metadata)), (&plain(&idp), vec![]));
        }
    }
    for encoding in ["ISO-8859-1", "windows-1252", "US-ASCII"] {
        let ascii = declared(encoding) + &document(&idp);
        assert_eq!(unsigned(ascii).expect("metadata").identity_provider(), &plain(&idp));
    }
}

/// What a declared encoding would have meant is never guessed.
#[test]
fn encodings_are_not_guessed() {
    let idp = test_idp();
    let xml = document(&idp).replace("urn:idp", "urn:ä");
    let latin: Vec<u8> = format!("<?xml version='1.0' encoding='ISO-8859-1'?>{xml}")
        .chars()
        .map(|c| u8::try_from(u32::from(c)).expect("Latin-1"))
        .collect();
    let half = [&[0xFF, 0xFE][..], &[0x3C, 0, 0x3C]].concat();
    let surrogate = [&[0xFE, 0xFF][..], &[0xD8, 0, 0, 0x3C]].concat();
    let wide = [&[0xFF, 0xFE, 0, 0][..], &[0x3C, 0, 0, 0]].concat();
    let utf8 = format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{xml}").into_bytes();
    let ebcdic = format!("<?xml version=\"1.0\" encoding=\"IBM037\"?>{}", document(&idp));
    let nul = format!("\0\0{}", document(&idp)).into_bytes();
    let rows: [(Vec<u8>, &str); 8] = [
        (nul, "the metadata is not UTF-8 text"),
        (latin, "the metadata is in the encoding \"ISO-8859-1\", not in UTF-8"),
        (utf8, "the metadata is in the encoding \"ISO-8859-1\", not in UTF-8"),
        (ebcdic.into_bytes(), "the metadata is in the encoding \"IBM037\", not in UTF-8"),
        (half, "the metadata is in the encoding \"UTF-16\", not in UTF-8"),
        (surrogate, "the metadata is in the encoding \"UTF-16\", not in UTF-8"),
        (wide, "the metadata is in the encoding \"UTF-32\", not in UTF-8"),
        (b"<a>\xFF</a>".to_vec(), "the metadata is not UTF-8 text"),
    ];
    for (bytes, words) in rows {
        let error = unsigned(bytes).expect_err(words);
        assert_eq!(error.code(), "metadata_not_utf8", "{words}");
        assert_eq!(error.to_string(), format!("{words}: download it again, or save it as UTF-8"));
    }
}

#[test]
fn what_came_in_place_of_a_document_is_shown() {
    let says = |text: &str| unsigned(text).expect_err(text).to_string();
    for words in [
        "404 page not found",
        "Unauthorized",
        "{\"error\":\"Realm does not exist\"}",
        "Error: <nil> is not an application",
    ] {
        assert_eq!(says(words), format!("this is not metadata, but a text, which says: {words:?}"));
    }
    let holder = Holder::p256("idp.test", None);
    for certificate in [holder.pem(), holder.base64(), "-----BEGIN CERTIFICATE-----\nMII".into()] {
        assert_eq!(code(&unsigned(certificate)), "metadata_is_certificate");
    }
    // What may be a token is not repeated.
    assert_eq!(says(&"t0ken".repeat(40)), "this is not metadata, but a text");
}

/// It is disclosed, whatever else is there, and no error repeats it.
#[test]
fn a_private_key_is_refused_wherever_it_stands() {
    let holder = Holder::new("idp.test", rsa_key(2048), None);
    let pem = holder.private();
    let bare = STANDARD.encode(holder.key.private_key_to_der().expect("DER"));
    let good = key(&data(&[&holder.base64()]));
    for text in [
        pem.clone(),
        bare.clone(),
        format!("{}\n{pem}", of(&good)),
        of(&(good.clone() + &key(&data(&[&pem])))),
        of(&(good.clone() + &key(&data(&[&bare])))),
        of(&key(&data(&[&holder.base64(), &bare]))),
    ] {
        let error = unsigned(&text).expect_err("a private key");
        assert_eq!(error.code(), "metadata_has_private_key", "{text}");
        assert!(!format!("{error:?}{error}").contains("MII"), "{error:?}");
    }
}

/// What an administrator reads is about metadata: not about a response, and not about a field.
#[test]
fn words_are_those_of_metadata() {
    let good = Holder::p256("good", None);
    let cut: String = good.base64().chars().take(200).collect();
    let ed25519 = Holder::new("ed25519", PKey::generate_ed25519().expect("a key"), None);
    let xml = of(&key(&data(&[&good.base64()])));
    let deep = "<a>".repeat(70) + &"</a>".repeat(70);
    let rows = [
        (of(&key(&data(&[""]))), "its X509Certificate is empty"),
        (of(&key(&data(&[&cut]))), "it is cut off"),
        (of(&key(&data(&["TODO"]))), "it is not a certificate"),
        (
            of(&key(&data(&[&ed25519.base64()]))),
            "the certificate has a key of type Ed25519: RSA, or an elliptic curve P-256, P-384 or P-521, is needed",
        ),
        (xml.replace("</ds:KeyInfo>", ""), "it is not well-formed XML: tags do not match"),
        (format!("<!DOCTYPE a>{xml}"), "it contains a document type declaration"),
        (
            xml.replace("<md:Key", "<md:Extensions ID=\"_m\"/><md:Key"),
            "two of its elements share an ID",
        ),
        (xml.replace("<md:Key", &format!("{deep}<md:Key")), "it exceeds the limit for"),
    ];
    for (xml, words) in rows {
        let error = unsigned(&xml).expect_err(words);
        assert!(error.to_string().contains(words), "{error}");
        let help = error.help();
        assert!(help.len() > error.to_string().len() + 20, "{help}");
        for text in [error.to_string(), help] {
            assert!(!text.contains("response") && !text.contains("pasted"), "{text}");
        }
        let beside = of(&(key(&data(&[&good.base64()])) + &key(&data(&[&cut]))));
        let beside = unsigned(beside).expect("metadata");
        assert_eq!(
            beside.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["one of the signing certificates cannot be used, and is left out: it is cut off"]
        );
    }
}

#[test]
fn elements_without_their_namespace_are_named() {
    let idp = test_idp();
    let xml = document(&idp);
    let md = " xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\"";
    let rows = [
        (xml.replace(md, "").replace("md:", ""), "EntityDescriptor"),
        (xml.replace("md:IDPSSO", "IDPSSO"), "IDPSSODescriptor"),
        (xml.replace("md:KeyD", "KeyD"), "KeyDescriptor"),
        (xml.replace("md:Single", "Single"), "SingleSignOnService"),
        (
            format!(
                "<m:EntitiesDescriptor xmlns:m=\"urn:oasis:names:tc:SAML:2.0:metadata\">{}</m:EntitiesDescriptor>",
                xml.replace(md, "").replace("md:", "")
            ),
            "EntityDescriptor",
        ),
        (xml.replace("ds:KeyInfo", "KeyInfo"), "KeyInfo"),
        (xml.replace("ds:X509D", "X509D"), "X509Data"),
        (xml.replace("ds:X509C", "X509C"), "X509Certificate"),
    ];
    for (text, element) in rows {
        let error = unsigned(&text).expect_err("no namespace");
        assert_eq!(error.code(), "metadata_namespace_missing", "{text}");
        assert!(
            error
                .to_string()
                .starts_with(&format!("the {element} in the metadata is in no namespace")),
            "{error}"
        );
    }
    let undeclared = unsigned(xml.replace(md, "")).expect_err("an undeclared prefix");
    assert_eq!(undeclared.code(), "xml_malformed");
    assert!(
        undeclared.to_string().contains("a prefix whose namespace is not declared"),
        "{undeclared}"
    );
    // Another namespace is another thing.
    let other = xml.replace("SAML:2.0:metadata", "SAML:2.0:other");
    assert_eq!(code(&unsigned(other)), "metadata_not_metadata");
}

#[test]
fn one_bad_endpoint_does_not_sink_the_others() {
    let signing = key(&data(&[&STANDARD.encode(test_idp().certificate_der().expect("DER"))]));
    let taken = |content: &str| unsigned(of(&(signing.clone() + content))).expect("metadata");
    let slo = |attributes: &str| service("SingleLogoutService", "HTTP-POST", attributes);
    let artifact = |attributes: &str| {
        service(
            "ArtifactResolutionService",
            "SOAP",
            &format!("Location=\"https://idp.test/a\" {attributes}"),
        )
    };
    // Blanks are no part of a URI (XML Schema 2 §4.3.6).
    let blanks = sso(" https://idp.test/sso&#10;").replace("HTTP-Redirect\"", "HTTP-Redirect \"");
    let metadata = taken(&(blanks + &artifact("index=\" 3 \"")));
    let idp = metadata.identity_provider();
    assert_eq!((idp.sso_url(), metadata.warnings()), (Some("https://idp.test/sso"), &[][..]));
    assert_eq!(idp.artifact_resolution(), [(3, "https://idp.test/a".into())]);
    assert_eq!(
        unsigned(entity(" urn:idp\n", "", &signing)).expect("it").identity_provider().issuer(),
        "urn:idp"
    );

    let bad =
        ["javascript:alert(1)", "/sso", "", "https://idp.test@evil.test/", "https://idp.test/ a"];
    for location in bad {
        let both = sso(location) + &sso("https://idp.test/sso");
        for content in [both.clone(), sso("https://idp.test/sso") + &sso(location)] {
            let metadata = taken(&content);
            let endpoints = metadata.identity_provider().sso_endpoints();
            assert_eq!(endpoints, [Endpoint::new(Binding::HttpRedirect, "https://idp.test/sso")]);
            assert_eq!(warned(&metadata), ["metadata_endpoint_left_out"], "{location}");
        }
        // Without a logout people can log in.
        let metadata = taken(&slo(&format!("Location=\"{location}\"")));
        assert_eq!(metadata.identity_provider().slo_endpoints(), []);
        assert_eq!(warned(&metadata), ["metadata_endpoint_left_out"]);
        // Without a login they cannot.
        let none = unsigned(of(&(signing.clone() + &sso(location))));
        assert_eq!(code(&none), "metadata_endpoint_invalid");
    }
    for (elsewhere, expected, warnings) in [
        ("", None, vec![]),
        (" ", None, vec![]),
        (" https://idp.test/b ", Some("https://idp.test/b".to_owned()), vec![]),
        ("data:x", None, vec!["metadata_endpoint_left_out"]),
    ] {
        let attributes =
            format!("Location=\"https://idp.test/a\" ResponseLocation=\"{elsewhere}\"");
        let metadata = taken(&slo(&attributes));
        let mut endpoint = Endpoint::new(Binding::HttpPost, "https://idp.test/a");
        endpoint.response_location = expected;
        assert_eq!(metadata.identity_provider().slo_endpoints(), [endpoint], "{elsewhere}");
        assert_eq!(warned(&metadata), warnings);
    }
    for index in ["", "index=\"65536\"", "index=\"-1\"", "index=\"a\""] {
        let metadata = taken(&artifact(index));
        assert_eq!(metadata.identity_provider().artifact_resolution(), []);
        assert_eq!(warned(&metadata), ["metadata_endpoint_index_invalid"], "{index}");
    }
}

/// An entity ID is an `xs:anyURI`: Metadata §2.2.1.
#[test]
fn blanks_make_no_second_entity() {
    let (idp, evil) = (test_idp(), test_idp());
    let blank = document(&evil).replace("\"urn:idp\"", "\" urn:idp \"").replace("_m", "_n");
    let md = "xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\"";
    let both = format!("<EntitiesDescriptor {md}>{blank}{}</EntitiesDescriptor>", document(&idp));
    let chosen = |id| {
        let trust = MetadataTrust::Unsigned;
        code(&IdpMetadata::parse(&both, id, trust, &Limits::default(), now()))
    };
    assert_eq!(chosen(Some("urn:idp")), "metadata_entity_repeated");
    assert_eq!(chosen(None), "metadata_entity_repeated");
    assert_eq!(chosen(Some(" urn:idp ")), "metadata_entity_not_found");
}

#[test]
fn a_bad_duration_is_none_and_a_bad_end_refuses() {
    let signing = key(&data(&[&STANDARD.encode(test_idp().certificate_der().expect("DER"))]));
    for duration in ["-PT1H", "", "P1W", "3600", "PT"] {
        let xml = entity("urn:idp", &format!(" cacheDuration=\"{duration}\""), &signing);
        let metadata = unsigned(xml).expect(duration);
        assert_eq!(metadata.refresh_after(), None);
        assert_eq!(warned(&metadata), ["metadata_cache_duration_malformed"]);
    }
    let blanks = entity(
        "urn:idp",
        " cacheDuration=\" PT2H \" validUntil=\" 2030-03-01T00:00:00Z \"",
        &signing,
    );
    let metadata = unsigned(blanks).expect("metadata");
    assert_eq!(metadata.refresh_after(), Some(common::at("2030-01-31T14:00:00Z")));
    assert_eq!(metadata.valid_until(), Some(common::at("2030-03-01T00:00:00Z")));
    for end in ["", "never", "2030-03-01", "2030-03-01T00:00:00"] {
        let xml = entity("urn:idp", &format!(" validUntil=\"{end}\""), &signing);
        assert_eq!(code(&unsigned(xml)), "instant_malformed", "{end}");
    }
}

#[test]
fn one_bad_key_does_not_sink_the_others() {
    let good = Holder::p256("good", None);
    let signing = key(&data(&[&good.base64()]));
    let ed25519 = Holder::new("ed25519", PKey::generate_ed25519().expect("a key"), None);
    let short = Holder::new("short", rsa_key(512), None);
    let cut: String = good.base64().chars().take(200).collect();
    let unusable = "metadata_certificate_unusable";
    let rows = [
        (key(&data(&[""])), unusable),
        (key(&data(&[" \n"])), unusable),
        (key(&data(&["TODO"])), unusable),
        (key(&data(&[&cut])), unusable),
        (key(&data(&[&ed25519.base64()])), unusable),
        (key(&data(&[&short.base64()])), unusable),
        (key(&data(&["<!-- none --><b/>"])), unusable),
        (key("<ds:KeyName>k</ds:KeyName>"), "metadata_key_without_certificate"),
        (key(&data(&[])), "metadata_key_without_certificate"),
        ("<md:KeyDescriptor use=\"signing\"/>".into(), "metadata_key_without_certificate"),
        (signing.replace("\"signing\"", "\"SIGNING\""), "metadata_key_use_unknown"),
        (signing.replace("\"signing\"", "\"\""), "metadata_key_use_unknown"),
    ];
    for (bad, warning) in rows {
        for content in [signing.clone() + &bad, bad.clone() + &signing] {
            assert_eq!(signers(of(&content)), (vec!["CN=good".into()], vec![warning]), "{bad}");
        }
        // Where nothing remains, it is refused as before.
        let alone = unsigned(of(&bad)).expect_err("no key");
        assert_ne!(alone.code(), "metadata_certificate_unusable");
    }
    // In one X509Data what cannot be read stands behind the one that counts.
    let beside = key(&data(&[&good.base64(), "", "TODO"]));
    assert_eq!(signers(of(&beside)), (vec!["CN=good".into()], vec![unusable, unusable]));
    let twice = key(&data(&[&good.base64()])) + &key(&data(&[&good.base64()]));
    assert_eq!(signers(of(&twice)), (vec!["CN=good".into()], vec![]));
}

#[test]
fn certificates_that_were_run_together_are_taken_apart() {
    let authority = Holder::p256("authority", None);
    let leaf = Holder::p256("leaf", Some(&authority));
    let bare = |holder: &Holder| STANDARD_NO_PAD.encode(holder.der());
    let joined = STANDARD.encode([leaf.der(), authority.der()].concat());
    let lines = |text: &str| {
        let chars: Vec<char> = text.chars().collect();
        chars.chunks(64).map(|line| line.iter().collect::<String>()).collect::<Vec<_>>().join("\n")
    };
    let texts = [
        format!("{}\n{}", leaf.base64(), authority.base64()),
        format!("{}{}", leaf.base64(), authority.base64()),
        format!("{}\n\n{}\n", lines(&authority.base64()), lines(&leaf.base64())),
        format!("{}\n{}", leaf.pem(), authority.pem()),
        format!("{}\n{}", authority.pem(), leaf.pem()),
        joined.clone(),
        lines(&joined),
    ];
    let expected = (vec!["CN=leaf".to_owned()], vec!["metadata_certificate_beside"]);
    for text in texts {
        assert_eq!(signers(of(&key(&data(&[&text])))), expected, "{text}");
    }
    assert_eq!(signers(of(&key(&data(&[&bare(&leaf)])))), (vec!["CN=leaf".into()], vec![]));
}

/// No authority comes to sign, in whatever order a chain stands, and whatever is wrong with the
/// certificate that it has issued.
#[test]
fn a_chain_never_makes_an_authority_a_signer() {
    let root = Holder::p256("root", None);
    let middle = Holder::p256("middle", Some(&root));
    let leaf = Holder::p256("leaf", Some(&middle));
    let [r, m, l] = [root.base64(), middle.base64(), leaf.base64()];
    for chain in
        [[&l, &m, &r], [&l, &r, &m], [&m, &l, &r], [&m, &r, &l], [&r, &l, &m], [&r, &m, &l]]
    {
        let chain = chain.map(String::as_str);
        let apart: String = chain.iter().map(|text| data(&[text])).collect();
        for content in [key(&data(&chain)), key(&apart)] {
            let (subjects, warnings) = signers(of(&content));
            assert_eq!(subjects, ["CN=leaf"]);
            assert_eq!(warnings, ["metadata_certificate_beside"; 2]);
        }
    }
    // The leaf cannot be used: nobody comes in its place.
    let weak_kind = Holder::new("leaf", PKey::generate_ed25519().expect("a key"), Some(&root));
    let short = Holder::new("leaf", rsa_key(512), Some(&root));
    let good = Holder::p256("good", None);
    for unusable in [weak_kind, short] {
        let leaf = unusable.base64();
        for chain in [data(&[&r, &leaf]), data(&[&leaf, &r]), data(&[&r]) + &data(&[&leaf])] {
            let refused = unsigned(of(&key(&chain))).expect_err("no key");
            assert!(matches!(refused, MetadataError::Certificate(_)), "{refused:?}");
            let (subjects, _) = signers(of(&(key(&chain) + &key(&data(&[&good.base64()])))));
            assert_eq!(subjects, ["CN=good"]);
        }
    }
    // One that cannot be read may have been the leaf.
    for unreadable in ["TODO", "<b/>"] {
        let refused = key(&data(&[unreadable, &r]));
        let (subjects, _) = signers(of(&(refused + &key(&data(&[&good.base64()])))));
        assert_eq!(subjects, ["CN=good"], "{unreadable}");
    }
    // The same name makes nobody an authority; the first counts.
    let (old, new) = (Holder::p256("same", None), Holder::p256("same", None));
    let both = unsigned(of(&key(&data(&[&new.base64(), &old.base64()])))).expect("metadata");
    let expected = Certificates::parse(new.der()).expect("a certificate");
    assert_eq!(both.identity_provider().certificates(), &expected);
    // Two that have certified each other: there is no end to begin at.
    let one = Holder::p256("one", None);
    let two = Holder::p256("two", Some(&one));
    let again = Holder::new("one", one.key.clone(), Some(&two));
    let (subjects, _) = signers(of(&key(&data(&[&two.base64(), &again.base64()]))));
    assert_eq!(subjects, ["CN=two"]);
    // Keys that are given each by itself are all keys.
    let (subjects, warnings) = signers(of(&(key(&data(&[&r])) + &key(&data(&[&l])))));
    assert_eq!((subjects, warnings.len()), (vec!["CN=root".into(), "CN=leaf".into()], 0));
}

/// What is left out signs nothing.
#[test]
fn a_key_that_was_left_out_signs_nobody_in() {
    let (weak, strong) = (TestIdp::rsa_bits("urn:idp", 1024).expect("a key"), test_idp());
    let text = |idp: &TestIdp| STANDARD.encode(idp.certificate_der().expect("DER"));
    let beside = key(&data(&[&text(&weak)])) + &key(&data(&[&text(&strong)]));
    let metadata = unsigned(of(&beside)).expect("metadata");
    assert_eq!(warned(&metadata), ["metadata_key_too_weak"]);
    let connection = Connection::builder("acme", sp(), metadata.identity_provider().clone())
        .with_options(unsolicited_on())
        .build()
        .expect("a connection");
    let login = |idp: &TestIdp| {
        let response = idp.response(&sp(), now()).form_value().expect("a response");
        connection.verify(response, None, now()).map(|_| ()).map_err(|refused| refused.code())
    };
    assert_eq!(login(&strong), Ok(()));
    assert_eq!(login(&weak), Err("key_untrusted"));
    // By itself it is for the connection to refuse.
    let alone = unsigned(of(&key(&data(&[&text(&weak)])))).expect("metadata");
    let refused = Connection::builder("acme", sp(), alone.identity_provider().clone()).build();
    assert_eq!(refused.map(|_| ()).map_err(|error| error.code()), Err("key_too_weak"));
}

/// They are counted before one is parsed: what cannot be parsed is too many as well.
#[test]
fn certificates_are_counted_before_they_are_parsed() {
    let many = || (0..5_000).map(|number| STANDARD.encode(format!("certificate {number}")));
    let too_many = |limit| Err(CertificateError::TooMany { limit }.into());
    let each: String = many().map(|text| key(&data(&[&text]))).collect();
    assert_eq!(unsigned(of(&each)), too_many(10));
    let texts: Vec<String> = many().collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(unsigned(of(&key(&data(&texts)))), too_many(8));
    let good = Holder::p256("good", None);
    let joined = STANDARD.encode(good.der().repeat(200));
    assert_eq!(unsigned(of(&key(&data(&[&joined])))), too_many(8));
    let eight: Vec<String> = (0..8).map(|_| Holder::p256("one", None).base64()).collect();
    let chain: Vec<&str> = eight.iter().map(String::as_str).collect();
    let (subjects, warnings) = signers(of(&key(&data(&chain))));
    assert_eq!((subjects, warnings.len()), (vec!["CN=one".into()], 7));
    let ninth = good.base64();
    let nine = [&chain[..], &[&ninth]].concat();
    assert_eq!(unsigned(of(&key(&data(&nine)))), too_many(8));
    let joined = |count| STANDARD.encode(good.der().repeat(count));
    let three = |last| [joined(8), joined(7), joined(last)].map(|text| key(&data(&[&text])));
    assert_eq!(signers(of(&three(6).concat())).0, ["CN=good"]);
    let more = [&three(6).concat(), &key(&data(&[&joined(4)]))].map(String::as_str).concat();
    assert_eq!(unsigned(of(&more)), too_many(24));
    // As many keys, and as many bytes, as may be.
    let ten: String = (0..10).map(|_| key(&data(&[&Holder::p256("one", None).base64()]))).collect();
    let ten = of(&ten);
    assert_eq!(signers(&ten).0.len(), 10);
    let limited = |bytes| {
        let limits = Limits::default().with_document_bytes(bytes);
        code(&IdpMetadata::parse(&ten, None, MetadataTrust::Unsigned, &limits, now()))
    };
    assert_eq!(limited(ten.len()), "taken");
    assert_eq!(limited(ten.len() - 1), "metadata_too_large");
    // The same one again and again is one.
    let again: String = (0..500).map(|_| key(&data(&[&good.base64()]))).collect();
    assert_eq!(signers(of(&again)), (vec!["CN=good".into()], vec![]));
    // As many warnings as are read.
    let uses: String = (0..500).map(|n| key("").replace("signing", &n.to_string())).collect();
    let (_, warnings) = signers(of(&(key(&data(&[&good.base64()])) + &uses)));
    assert_eq!(warnings.len(), 32);
}

#[test]
fn signed_requests_that_cannot_be_made_are_a_warning() {
    let xml = include_str!("../fixtures/metadata/as-sent/keycloak-wants-signed-requests.xml");
    let metadata = unsigned(xml).expect("metadata");
    assert!(metadata.identity_provider().wants_signed_requests());
    let keyless = sp();
    let (key, certificate) =
        (include_str!("../fixtures/sp-key.pem"), include_str!("../fixtures/sp-cert.pem"));
    let pair = KeyPair::from_pem(key, certificate).expect("a key pair");
    for (sp, warnings, is_signed) in [
        (keyless.clone(), vec![Warning::SignedRequestsWanted], false),
        (keyless.with_signing_key(pair), vec![], true),
    ] {
        let connection = Connection::builder("acme", sp, metadata.identity_provider().clone());
        let connection = connection.build().expect("a connection");
        assert_eq!(connection.warnings(now()), warnings);
        let random = Random::generate().expect("randomness");
        let started = connection.start_login(LoginOptions::default(), random, now());
        let Delivery::Redirect(url) = started.expect("a login").delivery else {
            panic!("no redirect")
        };
        assert_eq!(url.contains("&Signature="), is_signed, "{url}");
    }
    let words = Warning::SignedRequestsWanted;
    assert_eq!(words.code(), "signed_requests_wanted");
    assert!(words.to_string().contains("WantAuthnRequestsSigned"), "{words}");
    assert!(words.to_string().contains("Client signature required"), "{words}");
}

#[test]
fn an_address_is_warned_of_once() {
    let mut slo = Endpoint::new(Binding::HttpPost, "http://idp.test/slo");
    slo.response_location = Some("http://idp.test/slo".into());
    let redirect = Endpoint::new(Binding::HttpRedirect, "http://idp.test/slo");
    let idp = plain(&test_idp()).with_slo_endpoint(slo).with_slo_endpoint(redirect);
    let connection = Connection::builder("acme", sp(), idp).build().expect("a connection");
    let codes: Vec<&str> = connection.warnings(now()).iter().map(Warning::code).collect();
    assert_eq!(codes, ["endpoint_insecure"]);
}

#[test]
fn our_metadata_lists_what_we_open_if_asked_to() {
    let (key, certificate) =
        (include_str!("../fixtures/sp-key.pem"), include_str!("../fixtures/sp-cert.pem"));
    let pair = KeyPair::from_pem(key, certificate).expect("a key pair");
    let sp = ServiceProvider::new("https://app.test/saml", "https://app.test/acs")
        .with_signing_key(pair.clone())
        .with_decryption_key(pair);
    let listed = |methods: EncryptionMethods| -> Vec<String> {
        let xml = SpMetadata::new(&sp).with_encryption_methods(methods).xml();
        let (signing, encryption) = xml.split_once("use=\"encryption\"").expect("both");
        assert!(!signing.contains("EncryptionMethod"), "{signing}");
        let rest = encryption.split("</ds:KeyInfo><md:EncryptionMethod").nth(1).unwrap_or_default();
        let rest = format!("<md:EncryptionMethod{rest}");
        let uris = rest.split("Algorithm=\"http://www.w3.org/").skip(1);
        uris.map(|uri| uri.split('"').next().unwrap_or_default().to_owned()).collect()
    };
    let gcm = ["aes256", "aes192", "aes128"].map(|aes| format!("2009/xmlenc11#{aes}-gcm"));
    let cbc = ["aes256", "aes192", "aes128"].map(|aes| format!("2001/04/xmlenc#{aes}-cbc"));
    let oaep = ["2001/04/xmlenc#rsa-oaep-mgf1p", "2009/xmlenc11#rsa-oaep"].map(str::to_owned);
    assert_eq!(listed(EncryptionMethods::Gcm), [&gcm[..], &oaep].concat());
    assert_eq!(listed(EncryptionMethods::GcmThenCbc), [&gcm[..], &cbc, &oaep].concat());
    assert_eq!(listed(EncryptionMethods::Unlisted), Vec::<String>::new());
    let off = SpMetadata::new(&sp).with_encryption_methods(EncryptionMethods::default());
    assert_eq!(off.xml(), SpMetadata::new(&sp).xml());
}

#[test]
fn every_warning_is_in_its_table() {
    let (_, table) = include_str!("../ERRORS.md")
        .split_once("\n## Metadata that is taken in part\n")
        .expect("the table");
    let (table, _) = table.split_once("\n## ").expect("its end");
    let documented: BTreeSet<&str> =
        table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let source = include_str!("../src/metadata/warning.rs");
    let codes: BTreeSet<&str> =
        source.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(documented, codes);
    assert_eq!(codes.len(), 9);
}
