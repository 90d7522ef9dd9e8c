//! Encrypted responses, honest and hostile, made here: the captured and third-party ones are in
//! `fixtures.rs` and `vectors`.

mod common;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Verify as _, now, sp, unsolicited_on};
use openssl::encrypt::Encrypter;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::{Padding, Rsa};
use openssl::symm::{Cipher, Crypter, Mode, encrypt_aead};
use saml_login::connection::{ConnectionBuilder, SignedParts};
use saml_login::error::LimitKind;
use saml_login::testing::idp::{SignatureOptions, TestIdp, TestSigned};
use saml_login::{Connection, KeyPair, Rejection};

static IDP: LazyLock<TestIdp> =
    LazyLock::new(|| TestIdp::p256("https://idp.example.test").expect("a key"));
static KEYS: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    [(); 2].map(|()| {
        let key = PKey::from_rsa(Rsa::generate(2048).expect("a key")).expect("a key");
        key.private_key_to_pem_pkcs8().expect("PEM")
    })
});

fn pair(number: usize) -> KeyPair {
    let until = now() + chrono::TimeDelta::days(1);
    KeyPair::self_signed(&KEYS[number], "sp", now(), until).expect("a pair")
}

fn builder() -> ConnectionBuilder {
    let sp = sp().with_decryption_key(pair(0));
    let builder = Connection::builder("acme", sp, IDP.identity_provider().expect("a certificate"));
    builder.with_options(unsolicited_on())
}

fn verdict_of(builder: ConnectionBuilder, xml: &str) -> Result<String, &'static str> {
    let connection = builder.build().expect("a connection");
    let form_value = STANDARD.encode(xml);
    let verdict = connection.verify(&form_value, None, now());
    let report = connection.explain(&form_value, None, now());
    assert_eq!(report.code, verdict.as_ref().err().map(|rejection| rejection.code()));
    let unspent = verdict.map_err(|rejection| rejection.code())?;
    let identity =
        common::block_on(unspent.spend(&saml_login::MemoryReplayStore::default(), now()));
    Ok(identity.expect("the first use").name_id.value)
}

fn verdict(xml: &str) -> Result<String, &'static str> {
    verdict_of(builder(), xml)
}

fn alice() -> Result<String, &'static str> {
    Ok("alice@example.test".into())
}

/// An EncryptedKey for one of the keys, by RSA-OAEP with SHA-256 throughout.
fn encrypted_key(key: usize, content_key: &[u8], attributes: &str) -> String {
    key_by_oaep(key, content_key, attributes, [MessageDigest::sha256(); 2])
}

/// The same with these digests, of the label and of the mask; what it says of them stays.
fn key_by_oaep(
    key: usize,
    content_key: &[u8],
    attributes: &str,
    [digest, mask_digest]: [MessageDigest; 2],
) -> String {
    let private = PKey::private_key_from_pem(&KEYS[key]).expect("a key");
    let mut encrypter = Encrypter::new(&private).expect("an encrypter");
    encrypter.set_rsa_padding(Padding::PKCS1_OAEP).expect("OAEP");
    encrypter.set_rsa_oaep_md(digest).expect("a digest");
    encrypter.set_rsa_mgf1_md(mask_digest).expect("a digest");
    let mut value = vec![0; encrypter.encrypt_len(content_key).expect("a length")];
    let length = encrypter.encrypt(content_key, &mut value).expect("a value");
    format!(
        "<xenc:EncryptedKey xmlns:xenc='http://www.w3.org/2001/04/xmlenc#'{attributes}>\
         <xenc:EncryptionMethod Algorithm='http://www.w3.org/2009/xmlenc11#rsa-oaep'>\
         <ds:DigestMethod xmlns:ds='http://www.w3.org/2000/09/xmldsig#' Algorithm='http://www.w3.org/2001/04/xmlenc#sha256'/>\
         <xenc11:MGF xmlns:xenc11='http://www.w3.org/2009/xmlenc11#' Algorithm='http://www.w3.org/2009/xmlenc11#mgf1sha256'/>\
         </xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData>\
         </xenc:EncryptedKey>",
        STANDARD.encode(&value[..length])
    )
}

fn encrypted_data(plain: &str, key_info: &str) -> String {
    let mut tag = [0; 16];
    let iv = [9; 12];
    let sealed =
        encrypt_aead(Cipher::aes_128_gcm(), &[7; 16], Some(&iv), &[], plain.as_bytes(), &mut tag);
    let value = [&iv[..], &sealed.expect("a value"), &tag].concat();
    data_of("http://www.w3.org/2009/xmlenc11#aes128-gcm", &value, key_info)
}

/// By AES-128-CBC, of octets that are padded already.
fn encrypted_by_cbc(padded: &[u8], key_info: &str) -> String {
    let iv = [9; 16];
    let mut crypter =
        Crypter::new(Cipher::aes_128_cbc(), Mode::Encrypt, &[7; 16], Some(&iv)).expect("a cipher");
    crypter.pad(false);
    let mut value = vec![0; padded.len() + 16];
    let length = crypter.update(padded, &mut value).expect("a value");
    let value = [&iv[..], &value[..length]].concat();
    data_of("http://www.w3.org/2001/04/xmlenc#aes128-cbc", &value, key_info)
}

fn data_of(algorithm: &str, value: &[u8], key_info: &str) -> String {
    format!(
        "<xenc:EncryptedData xmlns:xenc='http://www.w3.org/2001/04/xmlenc#' \
         Type='http://www.w3.org/2001/04/xmlenc#Element'>\
         <xenc:EncryptionMethod Algorithm='{algorithm}'/>\
         <ds:KeyInfo xmlns:ds='http://www.w3.org/2000/09/xmldsig#'>{key_info}</ds:KeyInfo>\
         <xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>",
        STANDARD.encode(value)
    )
}

/// What is encrypted in the usual way.
fn encrypted(name: &str, plain: &str) -> String {
    TestIdp::encrypted(name, plain, pair(0).certificate()).expect("a value")
}

/// A response, signed inside or not, and its assertion.
fn response(signed: TestSigned) -> (String, String) {
    let xml = IDP.response(&sp(), now()).signed(signed).xml().expect("XML");
    let start = xml.find("<saml:Assertion").expect("an assertion");
    let end = xml.find("</saml:Assertion>").expect("an end") + "</saml:Assertion>".len();
    let assertion = xml[start..end].to_owned();
    (xml, assertion)
}

/// A response whose assertion is replaced.
fn replaced(signed: TestSigned, make: impl FnOnce(&str) -> String) -> String {
    let (xml, assertion) = response(signed);
    xml.replace(&assertion, &make(&assertion))
}

fn sign_response(xml: &str) -> String {
    IDP.sign_xml(xml, "_response", &SignatureOptions::default()).expect("a signature")
}

#[test]
fn what_is_signed_inside_or_covered_outside_is_accepted() {
    // The assertion leans on the namespaces of the Response.
    let inside =
        replaced(TestSigned::Assertion, |assertion| encrypted("EncryptedAssertion", assertion));
    assert!(!inside.contains("alice"));
    assert_eq!(verdict(&inside), alice());
    let covered =
        replaced(TestSigned::Nothing, |assertion| encrypted("EncryptedAssertion", assertion));
    assert_eq!(verdict(&sign_response(&covered)), alice());
    assert_eq!(verdict(&sign_response(&inside)), alice());
    let both = || builder().with_options(unsolicited_on().with_signed_parts(SignedParts::Both));
    assert_eq!(verdict_of(both(), &sign_response(&inside)), alice());
    assert_eq!(verdict_of(both(), &inside), Err("signature_missing"));
    assert_eq!(verdict_of(both(), &sign_response(&covered)), Err("decryption_failed"));
}

#[test]
fn encryption_is_no_authentication() {
    let unsigned =
        replaced(TestSigned::Nothing, |assertion| encrypted("EncryptedAssertion", assertion));
    assert_eq!(verdict(&unsigned), Err("decryption_failed"));
    // A forged assertion in the place of a signed one, and beside it.
    let forged =
        |assertion: &str| encrypted("EncryptedAssertion", &assertion.replace("alice@", "mallory@"));
    assert_eq!(verdict(&replaced(TestSigned::Assertion, forged)), Err("decryption_failed"));
    let beside =
        replaced(TestSigned::Assertion, |assertion| format!("{}{assertion}", forged(assertion)));
    assert_eq!(verdict(&beside), Err("assertion_count"));
    // The signature of the Response is verified before a key is used.
    let covered =
        replaced(TestSigned::Nothing, |assertion| encrypted("EncryptedAssertion", assertion));
    let (_, assertion) = response(TestSigned::Nothing);
    let signed = sign_response(&covered);
    let start = signed.find("<saml:EncryptedAssertion").expect("a start");
    let end = signed.find("</saml:EncryptedAssertion>").expect("an end")
        + "</saml:EncryptedAssertion>".len();
    let swapped = signed.replace(&signed[start..end], &forged(&assertion));
    assert_eq!(verdict(&swapped), Err("digest_mismatch"));
}

#[test]
fn what_is_opened_stays_in_its_place() {
    let (_, assertion) = response(TestSigned::Assertion);
    for plain in [
        "",
        "text",
        "<saml:Subject/>",
        "<saml:Assertion",
        &format!("{assertion}{assertion}"),
        &format!("x{assertion}"),
        &format!("<!DOCTYPE x>{assertion}"),
        // Out of the element, and back in.
        &format!("{assertion}</samlp:Response><samlp:Response>"),
        &format!("</samlp:Response>{assertion}<samlp:Response>"),
        &format!("<saml:Advice>{assertion}</saml:Advice>"),
        &encrypted("EncryptedAssertion", &assertion),
        // Another element than belongs there.
        "<saml:NameID>alice@example.test</saml:NameID>",
        &assertion.replace("saml:Assertion", "saml:Advice"),
    ] {
        let xml = replaced(TestSigned::Nothing, |_| encrypted("EncryptedAssertion", plain));
        assert_eq!(verdict(&xml), Err("decryption_failed"), "{plain}");
        assert_eq!(verdict(&sign_response(&xml)), Err("decryption_failed"), "covered: {plain}");
    }
    let declared = format!("<?xml version=\"1.0\"?>\n {assertion}\n");
    let xml = replaced(TestSigned::Nothing, |_| encrypted("EncryptedAssertion", &declared));
    assert_eq!(verdict(&xml), alice());
}

#[test]
fn keys_stand_inside_beside_or_where_a_reference_points() {
    let (_, assertion) = response(TestSigned::Assertion);
    let with = |key_info: &str, beside: &str| {
        let data = encrypted_data(&assertion, key_info);
        replaced(TestSigned::Nothing, |_| {
            format!("<saml:EncryptedAssertion>{data}{beside}</saml:EncryptedAssertion>")
        })
    };
    let ours = |attributes: &str| encrypted_key(0, &[7; 16], attributes);
    let theirs = encrypted_key(1, &[7; 16], "");
    let reference = |uri: &str| format!("<ds:RetrievalMethod URI='{uri}'/>");
    assert_eq!(verdict(&with("", &ours(""))), alice());
    assert_eq!(verdict(&with(&reference("#key"), &ours(" Id='key'"))), alice());
    assert_eq!(verdict(&with(&theirs, &ours(""))), alice(), "several recipients");
    let mine = ours(&format!(" Recipient='{}'", sp().audience()));
    assert_eq!(verdict(&with(&mine, "")), alice());
    // A hint, and no more: some write another name of ours there, or their own.
    let misnamed = ours(" Recipient='https://other.example.test'");
    assert_eq!(verdict(&with(&misnamed, "")), alice());
    assert_eq!(verdict(&with(&theirs, &misnamed)), alice());
    // Nothing else has business beside the ciphertext, a plain assertion least of all.
    let (_, plain) = response(TestSigned::Nothing);
    for beside in [&plain, "<saml:Assertion/>", "<x/>", &encrypted_data(&assertion, "")] {
        for xml in [with(&ours(""), beside), with("", &format!("{}{beside}", ours("")))] {
            assert_eq!(verdict(&xml), Err("encryption_malformed"), "{beside}");
        }
    }
    for (key_info, code) in [
        (reference("#elsewhere"), "encryption_malformed"),
        (reference("http://evil.test/key"), "encryption_malformed"),
        (reference(""), "encryption_malformed"),
        (String::new(), "encryption_malformed"),
        (theirs.repeat(9), "encryption_malformed"),
        // Too many to be looked for, one by one.
        (format!("{}{}", reference("#key").repeat(9), ours(" Id='key'")), "encryption_malformed"),
        // A reference has to find its key, whatever other keys there are.
        (format!("{}{}", reference("#elsewhere"), ours("")), "encryption_malformed"),
        (theirs.clone(), "decryption_failed"),
        (encrypted_key(0, &[7; 15], ""), "decryption_failed"),
        (encrypted_key(0, &[8; 16], ""), "decryption_failed"),
        (ours("").replace("rsa-oaep", "other"), "algorithm_forbidden"),
        (ours("").replace("xmlenc11#rsa-oaep", "../2001/04/xmlenc#rsa-1_5"), "algorithm_forbidden"),
        (ours("").replace("mgf1sha256", "mgf1md5"), "algorithm_forbidden"),
        (ours("").replace("mgf1sha256", "mgf1sha1"), "decryption_failed"),
    ] {
        assert_eq!(verdict(&with(&key_info, "")), Err(code), "{key_info}");
    }
    let as_often = format!("{}{}", reference("#key").repeat(8), ours(" Id='key'"));
    assert_eq!(verdict(&with(&as_often, "")), alice());
    let as_many = format!("{}{}", theirs.repeat(7), ours(""));
    assert_eq!(verdict(&with(&as_many, "")), alice());
    // Rollover: the key before this one still opens what it is for.
    let sp = sp().with_decryption_key(pair(1)).with_decryption_key(pair(0));
    let both = Connection::builder("acme", sp, IDP.identity_provider().expect("a certificate"));
    assert_eq!(verdict_of(both.with_options(unsolicited_on()), &with(&ours(""), "")), alice());
}

#[test]
fn the_digests_of_oaep_are_those_that_are_named_and_each_is_named_once() {
    let (_, assertion) = response(TestSigned::Assertion);
    let with = |key: &str| {
        let data = encrypted_data(&assertion, key);
        verdict(&replaced(TestSigned::Nothing, |_| {
            format!("<saml:EncryptedAssertion>{data}</saml:EncryptedAssertion>")
        }))
    };
    let (sha1, sha256) = (MessageDigest::sha1(), MessageDigest::sha256());
    let (sha384, sha512) = (MessageDigest::sha384(), MessageDigest::sha512());
    for (label, uri) in [
        (sha1, "http://www.w3.org/2000/09/xmldsig#sha1"),
        (sha256, "http://www.w3.org/2001/04/xmlenc#sha256"),
        (sha384, "http://www.w3.org/2001/04/xmldsig-more#sha384"),
        (sha512, "http://www.w3.org/2001/04/xmlenc#sha512"),
    ] {
        for (mask, name) in
            [(sha1, "sha1"), (sha256, "sha256"), (sha384, "sha384"), (sha512, "sha512")]
        {
            let key = key_by_oaep(0, &[7; 16], "", [label, mask])
                .replace("http://www.w3.org/2001/04/xmlenc#sha256", uri)
                .replace("mgf1sha256", &format!("mgf1{name}"));
            assert_eq!(with(&key), alice(), "{uri} {name}");
        }
    }
    let key = encrypted_key(0, &[7; 16], "");
    let begin = key.find("<ds:DigestMethod").expect("a digest");
    let end = key.find("</xenc:EncryptionMethod>").expect("an end");
    let (digest, mask) =
        key[begin..end].split_at(key[begin..end].find("<xenc11:MGF").expect("a mask"));
    let method = |parameters: &str| format!("{}{parameters}{}", &key[..begin], &key[end..]);
    let label = |value: &str| format!("<xenc:OAEPparams>{value}</xenc:OAEPparams>");
    // In any order, and beside a label that is empty.
    assert_eq!(with(&method(&format!("{mask}{digest}"))), alice());
    assert_eq!(with(&method(&format!("{}{digest}{mask}", label(" ")))), alice());
    assert_eq!(with(&method(&format!("{digest}{mask}{}", label("")))), alice());
    for parameters in [
        format!("{digest}{digest}{mask}"),
        format!("{digest}{mask}{mask}"),
        format!("{digest}{mask}{}", label("bGFiZWw=")),
        format!("{digest}{mask}<xenc:Other/>"),
    ] {
        assert_eq!(with(&method(&parameters)), Err("encryption_malformed"), "{parameters}");
    }
    // The older identifier has SHA-1 in the mask, and says nothing of it.
    let older = |parameters: &str| {
        key_by_oaep(0, &[7; 16], "", [sha256, sha1])
            .replace(
                "http://www.w3.org/2009/xmlenc11#rsa-oaep",
                "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
            )
            .replace(mask, parameters)
    };
    assert_eq!(with(&older("")), alice());
    assert_eq!(with(&older(&label(""))), alice());
    assert_eq!(with(&older(mask)), Err("encryption_malformed"));
}

#[test]
fn what_is_missing_to_open_with_is_named() {
    let without = || {
        let idp = IDP.identity_provider().expect("a certificate");
        let builder = Connection::builder("acme", sp(), idp).with_options(unsolicited_on());
        builder.build().expect("a connection")
    };
    let refusal = |xml: &str| without().verify(STANDARD.encode(xml), None, now()).err();
    let missing = |element| Some(Rejection::DecryptionKeyMissing { element });
    let assertion = replaced(TestSigned::Assertion, |plain| encrypted("EncryptedAssertion", plain));
    assert_eq!(refusal(&assertion), missing("EncryptedAssertion"));
    let mut name = IDP.response(&sp(), now());
    name.name_id = None;
    name.raw_subject = encrypted("EncryptedID", "<saml:NameID>bob</saml:NameID>");
    assert_eq!(refusal(&name.xml().expect("XML")), missing("EncryptedID"));
    let mut attribute = IDP.response(&sp(), now());
    attribute.raw_attributes = encrypted("EncryptedAttribute", "<saml:Attribute Name=\"x\"/>");
    assert_eq!(refusal(&attribute.xml().expect("XML")), missing("EncryptedAttribute"));
    // A cipher that an administrator may allow is told from one that nobody may.
    let connection = builder().build().expect("a connection");
    for (algorithm, allowed_by) in [
        ("http://www.w3.org/2001/04/xmlenc#tripledes-cbc", Some("danger_allow_3des")),
        ("http://www.w3.org/2001/04/xmlenc#des-cbc", None),
    ] {
        let data = data_of(algorithm, &[9; 64], &encrypted_key(0, &[7; 24], ""));
        let xml = replaced(TestSigned::Nothing, |_| {
            format!("<saml:EncryptedAssertion>{data}</saml:EncryptedAssertion>")
        });
        match connection.verify(STANDARD.encode(&xml), None, now()) {
            Err(Rejection::AlgorithmForbidden { algorithm: found, allowed_by: by, .. }) => {
                assert_eq!((found.as_str(), by), (algorithm, allowed_by));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn names_and_attributes_are_opened_where_they_are_read() {
    let mut response = IDP.response(&sp(), now());
    response.name_id = None;
    response.raw_subject = encrypted("EncryptedID", "<saml:NameID>bob</saml:NameID>");
    response.attributes.clear();
    let attribute = "<saml:Attribute Name=\"email\"><saml:AttributeValue>b@example.test</saml:AttributeValue></saml:Attribute>";
    response.raw_attributes = encrypted("EncryptedAttribute", attribute);
    let form_value = response.form_value().expect("a response");
    let connection = builder().build().expect("a connection");
    let unspent = connection.verify(&form_value, None, now()).expect("a login");
    let identity =
        common::block_on(unspent.spend(&saml_login::MemoryReplayStore::default(), now()));
    let identity = identity.expect("the first use");
    assert_eq!(identity.name_id.value, "bob");
    assert_eq!(identity.email.expect("an address").address(), "b@example.test");
    // A second NameID beside the first, by the back door.
    response.name_id = IDP.response(&sp(), now()).name_id;
    assert_eq!(verdict(&response.xml().expect("XML")), Err("element_repeated"));
    // One that is nobody's to read: what confirms says who may present the assertion, and a bearer
    // is anybody.
    let presenter = "<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">";
    let mut honest = IDP.response(&sp(), now());
    let unread =
        format!("{presenter}{}", encrypted("EncryptedID", "<saml:NameID>mallory</saml:NameID>"));
    let xml = honest.unsigned_xml().replacen(presenter, &unread, 1);
    assert_eq!(verdict(&honest.sign(&xml).expect("XML")), alice());
    honest.encrypted_to = Some(pair(0).certificate().clone());
    assert_eq!(verdict(&honest.sign(&xml).expect("XML")), alice());
    response.name_id = None;
    response.raw_subject =
        encrypted("EncryptedID", "<saml:NameID>bob</saml:NameID><saml:NameID>eve</saml:NameID>");
    assert_eq!(verdict(&response.xml().expect("XML")), Err("decryption_failed"));
}

#[test]
fn every_change_of_the_ciphertext_has_the_same_refusal() {
    let (_, assertion) = response(TestSigned::Assertion);
    let honest = replaced(TestSigned::Nothing, |_| encrypted("EncryptedAssertion", &assertion));
    let (before, rest) = honest.rsplit_once("<xenc:CipherValue>").expect("a value");
    let (value, after) = rest.split_once('<').expect("an end");
    let value = STANDARD.decode(value).expect("Base64");
    let mut codes = BTreeSet::new();
    for position in
        (0..value.len()).step_by(97).chain([0, 11, 12, value.len() - 16, value.len() - 1])
    {
        let mut changed = value.clone();
        changed[position] ^= 0x20;
        for value in [&changed[..], &value[..position]] {
            let xml = format!("{before}<xenc:CipherValue>{}<{after}", STANDARD.encode(value));
            let connection = builder().build().expect("a connection");
            let rejection =
                connection.verify(STANDARD.encode(&xml), None, now()).expect_err("a refusal");
            codes.insert((rejection.code(), rejection.to_string(), rejection.help()));
        }
    }
    assert_eq!(codes.len(), 1, "{codes:?}");
    assert_eq!(codes.first().map(|(code, ..)| *code), Some("decryption_failed"));
}

#[test]
fn whatever_cbc_decrypts_to_has_the_same_refusal() {
    let (_, assertion) = response(TestSigned::Assertion);
    let key = encrypted_key(0, &[7; 16], "");
    let with = |padded: &[u8]| {
        let data = encrypted_by_cbc(padded, &key);
        replaced(TestSigned::Nothing, |_| {
            format!("<saml:EncryptedAssertion>{data}</saml:EncryptedAssertion>")
        })
    };
    let padding = 16 - assertion.len() % 16;
    let last = u8::try_from(padding).expect("a byte");
    let padded = |last: u8| {
        let mut octets = assertion.clone().into_bytes();
        octets.extend(vec![0; padding - 1]);
        octets.push(last);
        octets
    };
    assert_eq!(verdict(&with(&padded(last))), alice(), "what else is in the padding is left open");
    for wrong in [0, 17, 255] {
        assert_eq!(verdict(&with(&padded(wrong))), Err("decryption_failed"), "{wrong}");
    }
    for block in
        [&[16; 16], &[1; 16], &[0; 16], &[0xFF; 16], b"<saml:Assertion/", b"xxxxxxxxxxxxxxx\x01"]
    {
        assert_eq!(verdict(&with(block)), Err("decryption_failed"), "{block:?}");
        assert_eq!(
            verdict(&sign_response(&with(block))),
            Err("decryption_failed"),
            "covered: {block:?}"
        );
    }
    assert_eq!(verdict(&with(&[])), Err("decryption_failed"));
    // One block more than a padding can have.
    let mut longer = padded(last + 16);
    longer.splice(assertion.len()..assertion.len(), [0; 16]);
    assert_eq!(verdict(&with(&longer)), Err("decryption_failed"));
    let strict = builder().with_options(unsolicited_on().with_forbid_cbc(true));
    assert_eq!(verdict_of(strict, &with(&padded(last))), Err("algorithm_forbidden"));
}

#[test]
fn only_what_belongs_in_a_place_is_opened_there() {
    let name = "<saml:NameID>bob</saml:NameID>";
    let attribute = "<saml:Attribute Name=\"email\"><saml:AttributeValue>b@example.test</saml:AttributeValue></saml:Attribute>";
    let confirmation =
        "<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"/>";
    let in_subject = |inside: &str| {
        let mut response = IDP.response(&sp(), now());
        response.name_id = None;
        response.raw_subject = inside.into();
        verdict(&response.xml().expect("XML"))
    };
    assert_eq!(in_subject(&encrypted("EncryptedID", name)), Ok("bob".into()));
    assert_eq!(in_subject(&encrypted("EncryptedAttribute", name)), Err("name_id_missing"));
    for other in [attribute, confirmation, "<NameID>bob</NameID>"] {
        assert_eq!(
            in_subject(&encrypted("EncryptedID", other)),
            Err("decryption_failed"),
            "{other}"
        );
    }
    let in_attributes = |inside: &str| {
        let mut response = IDP.response(&sp(), now());
        response.raw_attributes = inside.into();
        verdict(&response.xml().expect("XML"))
    };
    assert_eq!(in_attributes(&encrypted("EncryptedAttribute", attribute)), alice());
    assert_eq!(in_attributes(&encrypted("EncryptedAttribute", name)), Err("decryption_failed"));
    // Nothing is read there, so nothing is opened.
    assert_eq!(in_attributes(&encrypted("EncryptedID", "text")), alice());
}

#[test]
fn a_captured_assertion_says_nothing_under_the_signature_of_another_issuer() {
    let theirs = TestIdp::p256("https://other.example.test").expect("a key");
    let with = |assertion: &TestIdp, response: &TestIdp| {
        let of = |idp: &TestIdp| {
            let xml = idp.response(&sp(), now()).signed(TestSigned::Nothing).xml().expect("XML");
            let start = xml.find("<saml:Assertion").expect("an assertion");
            let end = xml.find("</saml:Assertion>").expect("an end") + "</saml:Assertion>".len();
            (xml[..start].to_owned(), xml[start..end].to_owned(), xml[end..].to_owned())
        };
        let ((before, _, after), (_, inside, _)) = (of(response), of(assertion));
        sign_response(&format!("{before}{}{after}", encrypted("EncryptedAssertion", &inside)))
    };
    assert_eq!(verdict(&with(&IDP, &IDP)), alice());
    assert_eq!(verdict(&with(&theirs, &IDP)), Err("decryption_failed"));
    // What the Response itself says of its issuer is no secret, and is refused before a key is
    // used.
    assert_eq!(verdict(&with(&theirs, &theirs)), Err("issuer_mismatch"));
}

#[test]
fn work_with_keys_is_bounded_for_a_message() {
    let sp = sp().with_decryption_key(pair(0)).with_decryption_key(pair(1));
    let builder = Connection::builder("acme", sp, IDP.identity_provider().expect("a certificate"));
    let connection = builder.with_options(unsolicited_on()).build().expect("a connection");
    let attribute =
        "<saml:Attribute Name=\"x\"><saml:AttributeValue>y</saml:AttributeValue></saml:Attribute>";
    let encrypted = encrypted("EncryptedAttribute", attribute);
    let refusal = |xml: &str| connection.verify(STANDARD.encode(xml), None, now()).err();
    let attributes = |number: usize| {
        let mut response = IDP.response(&common::sp(), now());
        response.raw_attributes = encrypted.repeat(number);
        refusal(&response.xml().expect("XML"))
    };
    let beyond = |limit, allowed| Some(Rejection::XmlLimitExceeded { limit, allowed });
    assert_eq!(attributes(32), None);
    assert_eq!(attributes(33), beyond(LimitKind::PrivateKeyOperations, 64));
    // And how many elements there are, by itself.
    let by_one_key = |number: usize| {
        let mut response = IDP.response(&common::sp(), now());
        response.raw_attributes = encrypted.repeat(number);
        verdict(&response.xml().expect("XML"))
    };
    assert_eq!(by_one_key(64), alice());
    assert_eq!(by_one_key(65), Err("encryption_malformed"));
    // What is parsed with each element that was opened is bounded, too.
    let assertion = |around: usize, there: usize| {
        let declared = |name: &str, count: usize| {
            (0..count).map(|n| format!(" xmlns:{name}{n}='urn:{n}'")).collect::<String>()
        };
        let xml = replaced(TestSigned::Assertion, |plain| {
            TestIdp::encrypted("EncryptedAssertion", plain, pair(0).certificate()).expect("a value")
        });
        let xml = xml.replacen(
            "<samlp:Response",
            &format!("<samlp:Response{}", declared("a", around)),
            1,
        );
        let name = "<saml:EncryptedAssertion";
        refusal(&xml.replacen(name, &format!("{name}{}", declared("b", there)), 1))
    };
    assert_eq!(assertion(30, 31), None);
    assert_eq!(assertion(30, 32), beyond(LimitKind::NamespacesAround, 64));
    assert_eq!(assertion(31, 31), beyond(LimitKind::NamespacesAround, 64));
}
