//! What is put on so that something is taken for something else: a message for a certificate, an
//! authority for its leaf, a message for metadata, a private key for nothing.

mod common;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::holder::Holder;
use common::{block_on, now, sp, unsolicited_on};
use openssl::pkey::PKey;
use saml_login::doctor::{PastedValues, Surroundings, examine};
use saml_login::error::CertificateError;
use saml_login::metadata::MetadataTrust;
use saml_login::request::RequestCookies;
use saml_login::testing::idp::TestIdp;
use saml_login::testing::pending_request;
use saml_login::{
    Certificates, Connection, ConnectionOptions, IdpMetadata, Limits, LoginOptions,
    MemoryRequestStore, Random,
};

fn armour(body: &str) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}

/// The letters of a certificate of which one is missing.
fn damaged(base64: &str) -> String {
    let (before, behind) = base64.split_at(100);
    format!("{before}{}", &behind[1..])
}

fn refused(paste: impl AsRef<[u8]>) -> Option<CertificateError> {
    Certificates::parse(paste).err()
}

#[test]
fn a_message_is_none_whatever_hides_its_names() {
    use CertificateError::{Metadata, SamlMessage};
    let evil = Holder::p256("evil", None);
    let (pem, der) = (evil.pem(), evil.base64());
    for paste in [
        format!(
            "&lt;samlp:Response&gt;&lt;ds:X509Certificate&gt;\n{pem}&lt;/ds:X509Certificate&gt;&lt;/samlp:Response&gt;"
        ),
        format!(
            "{{\"SAMLResponse\": \"\\u003csamlp:Response\\u003e{}\\u003c/samlp:Response\\u003e\"}}",
            pem.replace('\n', "\\n")
        ),
    ] {
        assert_eq!(refused(&paste), Some(SamlMessage), "{paste}");
    }
    let encryption =
        format!("%3Cmd:KeyDescriptor use=%22encryption%22%3E\n{pem}%3C/md:KeyDescriptor%3E");
    assert_eq!(refused(encryption), Some(Metadata));
    let message = format!(
        "<samlp:Response><ds:Signature><ds:X509Certificate>{der}</ds:X509Certificate></ds:Signature></samlp:Response>"
    );
    let units: Vec<u16> = message.encode_utf16().collect();
    let wide = [u16::to_le_bytes, u16::to_be_bytes]
        .map(|bytes| STANDARD.encode(units.iter().copied().flat_map(bytes).collect::<Vec<u8>>()));
    let nul: String = message.chars().flat_map(|c| [c, '\0']).collect();
    let soft = message.replace("Response", "Resp\u{ad}onse").replace("Sign", "Si\u{200b}gn");
    for paste in wide.into_iter().chain([format!("log {nul}"), soft]) {
        assert_eq!(refused(&paste), Some(SamlMessage), "{paste}");
    }
    // Prose about responses is no message.
    let prose = format!("The Response is signed by this key.\n{pem}");
    assert_eq!(Certificates::parse(prose).map(|found| found.len()), Ok(1));
}

#[test]
fn no_authority_stands_in_for_a_leaf_that_is_not_whole() {
    let root = Holder::p256("root", None);
    let middle = Holder::p256("middle", Some(&root));
    let leaf = Holder::p256("leaf", Some(&middle));
    let bad = armour(&damaged(&leaf.base64()));
    let cut = format!("{}\n-----END CERTIFICATE-----\n", &leaf.base64()[40..]);
    for paste in [
        bad.clone() + &middle.pem(),
        bad.clone() + &middle.pem() + &root.pem(),
        root.pem() + &bad,
        cut + &root.pem(),
        damaged(&leaf.base64()) + "\n" + &root.base64(),
        STANDARD.encode(bad + &root.pem()),
    ] {
        let refusal = refused(&paste);
        let expected = [CertificateError::Damaged, CertificateError::Truncated];
        let unrecognized = Some(CertificateError::Unrecognized);
        assert!(
            refusal.clone().is_some_and(|refusal| expected.contains(&refusal))
                || refusal == unrecognized,
            "{refusal:?} {paste}"
        );
    }
    // In metadata as well, in whatever order.
    let (r, bad) = (root.base64(), damaged(&leaf.base64()));
    let data = |texts: &[&str]| {
        let one = |text: &&str| format!("<ds:X509Certificate>{text}</ds:X509Certificate>");
        format!("<ds:X509Data>{}</ds:X509Data>", texts.iter().map(one).collect::<String>())
    };
    for content in [data(&[&bad]) + &data(&[&r]), data(&[&r]) + &data(&[&bad]), data(&[&r, &bad])] {
        let document = descriptor(&content);
        let found =
            IdpMetadata::parse(&document, None, MetadataTrust::Unsigned, &Limits::default(), now());
        assert!(found.is_err(), "{document}");
    }
}

fn descriptor(key_info: &str) -> String {
    format!(
        "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" entityID=\"urn:idp\"><md:IDPSSODescriptor \
         protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"><md:KeyDescriptor><ds:KeyInfo>{key_info}\
         </ds:KeyInfo></md:KeyDescriptor></md:IDPSSODescriptor></md:EntityDescriptor>"
    )
}

/// PKCS#8 of an EC key as Java writes it, without the public half: RFC 5915 §3.
fn of_java() -> String {
    let mut der = vec![
        0x30, 0x41, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a,
        0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 4, 0x27, 0x30, 0x25, 2, 1, 1, 4, 0x20,
    ];
    der.extend([0x5a; 32]);
    STANDARD.encode(der)
}

fn ed25519() -> String {
    let key = PKey::generate_ed25519().expect("a key");
    STANDARD.encode(key.private_key_to_der().expect("DER"))
}

#[test]
fn a_private_key_beside_a_certificate_is_named_in_every_coat() {
    let leaf = Holder::p256("leaf", None);
    let (pem, body) = (leaf.pem(), leaf.base64());
    let (java, d) = (of_java(), "5apt3ye8qABBnMT-Sd2nS1Wa7zVGM0bOcxvsB-H4S5w");
    let mut pastes = vec![
        format!("{pem}\n{java}\n"),
        format!("{{\"cert\":\"{body}\",\"key\":\"{java}\"}}"),
        format!(
            "{{&quot;kty&quot;:&quot;EC&quot;,&quot;d&quot;:&quot;{d}&quot;,&quot;x5c&quot;:[&quot;{body}&quot;]}}"
        ),
        format!(
            "%7B%22kty%22%3A%22EC%22%2C%22d%22%3A%22{d}%22%2C%22x5c%22%3A%5B%22{body}%22%5D%7D"
        ),
        format!("{{kty: 'EC', d: '{d}', x5c: ['{body}']}}"),
        format!("&lt;RSAKeyValue&gt;&lt;D&gt;{d}&lt;/D&gt;&lt;/RSAKeyValue&gt; {body}"),
        format!("{pem}{}\n{}", "MI ".repeat(300), ed25519()),
        format!("{pem}<key value=\"{}\"/>", ed25519()),
    ];
    // What Kubernetes keeps.
    for padding in 0..3 {
        let certificate = STANDARD.encode(leaf.pem() + &"\n".repeat(padding));
        let key = STANDARD.encode(leaf.private());
        pastes.push(format!("data:\n  tls.crt: {certificate}\n  tls.key: {key}\nkind: Secret\n"));
        pastes.push(format!("{{\"certificate\": \"{certificate}\", \"privateKey\": \"{key}\"}}"));
        pastes.push(format!("CERT={certificate}\nKEY={key}\n"));
    }
    for paste in pastes {
        assert_eq!(refused(&paste), Some(CertificateError::PrivateKey), "{paste}");
        let values = PastedValues::new("urn:sp", "https://idp.test/sso", "urn:idp", paste);
        let diagnosis = examine(&values, &Surroundings::default(), &Limits::default(), now());
        assert_eq!(
            diagnosis.findings().last().map(|f| f.problem.code()),
            Some("certificate_is_private_key")
        );
    }
    let mut builder = openssl::pkcs12::Pkcs12::builder();
    builder.pkey(&leaf.key).cert(&leaf.certificate);
    let bundle = STANDARD.encode(builder.build2("").expect("a bundle").to_der().expect("DER"));
    let beside = refused(format!("{{\"cert\":\"{body}\",\"pfx\":\"{bundle}\"}}"));
    assert_eq!(beside, Some(CertificateError::Bundle { format: "PKCS#12" }));
}

#[test]
fn a_private_key_in_or_beside_metadata_is_named_and_not_repeated() {
    let good = Holder::p256("good", None).base64();
    let data =
        format!("<ds:X509Data><ds:X509Certificate>{good}</ds:X509Certificate></ds:X509Data>");
    for secret in [ed25519(), of_java()] {
        for document in [
            format!("{secret}\n{}", descriptor(&data)),
            format!("key: {secret}"),
            descriptor(&format!("<ds:KeyName>{secret}</ds:KeyName>{data}")),
            descriptor(&data)
                .replace("<md:KeyDescriptor>", &format!("<md:KeyDescriptor use=\"{secret}\">")),
            descriptor(&data) + &format!("<!--{secret}-->"),
        ] {
            let refusal = IdpMetadata::parse(
                &document,
                None,
                MetadataTrust::Unsigned,
                &Limits::default(),
                now(),
            );
            let refusal = refusal.expect_err("a private key");
            assert_eq!(refusal.code(), "metadata_has_private_key", "{document}");
            assert!(!format!("{refusal} {refusal:?}").contains(&secret));
        }
    }
}

#[test]
fn no_metadata_is_cut_out_of_a_message() {
    let evil = Holder::p256("evil", None).base64();
    let data =
        format!("<ds:X509Data><ds:X509Certificate>{evil}</ds:X509Certificate></ds:X509Data>");
    let inside = descriptor(&data);
    let message = |inside: &str| {
        format!(
            "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"><samlp:Extensions>{inside}\
             </samlp:Extensions><saml:Assertion/></samlp:Response>"
        )
    };
    for text in [
        message(&inside),
        message(&format!("<![CDATA[{inside}]]>")) + "<",
        format!("SAMLResponse: {}", message(&inside)),
    ] {
        let found =
            IdpMetadata::parse(&text, None, MetadataTrust::Unsigned, &Limits::default(), now());
        assert!(found.is_err(), "{text}");
        let values = PastedValues::new("urn:sp", "", "", text);
        let diagnosis = examine(&values, &Surroundings::default(), &Limits::default(), now());
        assert_eq!(diagnosis.offer().map(|offer| offer.certificate.contains("BEGIN")), None);
    }
}

/// A browser with seven logins under way has room for one bounce: the next does not push it out.
#[test]
fn bounces_end_also_beside_seven_logins() {
    let idp = TestIdp::p256("https://idp.example.test").expect("a key");
    let side = idp.identity_provider().expect("one").with_sso_url("https://idp.example.test/sso");
    let acme = Connection::builder("acme", sp(), side).build().expect("a connection");
    let requests = MemoryRequestStore::default();
    let mut jar: Vec<(String, String)> = Vec::new();
    let mut begin = |number: u8, bounce: bool| {
        let header: Vec<String> =
            jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = RequestCookies::read(&header.join("; "));
        let random = Random::new([number; 32]);
        let begun = match bounce {
            true => block_on(acme.begin_bounce(
                LoginOptions::default(),
                &cookies,
                &requests,
                random,
                now(),
            )),
            false => block_on(acme.begin_login(
                LoginOptions::default(),
                &cookies,
                &requests,
                random,
                now(),
            )),
        };
        let begun = begun.map_err(|error| error.code())?;
        for cookie in &begun.cookies {
            let (pair, attributes) = cookie.as_str().split_once("; ").expect("attributes");
            let (name, value) = pair.split_once('=').expect("a pair");
            jar.retain(|(old, _)| old != name);
            if !attributes.ends_with("Max-Age=0") {
                jar.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(())
    };
    for number in 0..7 {
        assert_eq!(begin(number, false), Ok(()));
    }
    assert_eq!(begin(10, true), Ok(()));
    assert_eq!(begin(11, true), Err("cookies_full"));
    assert_eq!(begin(12, true), Err("cookies_full"));
}

#[test]
fn a_report_that_refuses_shows_which_rule_failed() {
    let idp = TestIdp::p256("https://idp.example.test").expect("a key");
    let options: [ConnectionOptions; 2] = [
        unsolicited_on().with_danger_ignore_unsolicited_in_response_to(true),
        ConnectionOptions::default(),
    ];
    for (options, asked) in options.into_iter().zip([false, true]) {
        let builder = Connection::builder("acme", sp(), idp.identity_provider().expect("one"));
        let acme = builder.with_options(options).build().expect("a connection");
        let mut response = idp.response(&sp(), now());
        response.confirmations[0].in_response_to = Some("_one".into());
        let mut second = response.confirmations[0].clone();
        second.in_response_to = Some("_two".into());
        response.confirmations.push(second);
        let request = asked.then(|| pending_request(&acme, "_one", now()));
        let report = acme.explain(response.form_value().expect("a value"), request.as_ref(), now());
        assert_eq!(report.code, Some("in_response_to_ambiguous"));
        let failed = report.checks.iter().find(|check| check.code == report.code);
        assert_eq!(failed.map(|check| check.name), Some("in_response_to"));
    }
}

/// Each place that looks like the beginning of a private key costs a look at all that follows. A
/// document has none by chance, so that many of them are not looked at one by one.
#[test]
fn what_begins_like_a_private_key_again_and_again_is_taken_for_one() {
    let pem = Holder::p256("leaf", None).pem();
    let beginning = STANDARD.encode([0x30, 0x82, 2, 0xff, 2, 1, 0, 0x30, 0x82, 0, 0, 0]);
    let beside = |count: usize| refused(format!("{pem}\n{}", beginning.repeat(count)));
    assert_ne!(beside(64), Some(CertificateError::PrivateKey));
    assert_eq!(beside(65), Some(CertificateError::PrivateKey));
}
