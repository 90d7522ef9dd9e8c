//! Every algorithm, key and shape that is accepted, and what a small step beside it gives.

mod common;

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Verify as _, at, block_on, now, sp, unsolicited_on};
use saml_login::connection::{ConnectionBuilder, Warning};
use saml_login::error::ConfigError;
use saml_login::testing::idp::{
    SignatureOptions, SignaturePlace, TestIdp, TestKeyInfo, TestResponse, TestSigned,
};
use saml_login::{Certificates, Connection, IdentityProvider, MemoryReplayStore, Rejection};

const ISSUER: &str = "https://idp.example.test";
const PARTS: [TestSigned; 3] = [TestSigned::Assertion, TestSigned::Response, TestSigned::Both];
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const CANONICALIZATIONS: [&str; 6] = [
    EXCLUSIVE,
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
    "http://www.w3.org/2006/12/xml-c14n11",
    "http://www.w3.org/2006/12/xml-c14n11#WithComments",
];

static RSA: LazyLock<TestIdp> = LazyLock::new(|| TestIdp::rsa(ISSUER).expect("a key"));
static P256: LazyLock<TestIdp> = LazyLock::new(|| TestIdp::p256(ISSUER).expect("a key"));
static P384: LazyLock<TestIdp> = LazyLock::new(|| TestIdp::p384(ISSUER).expect("a key"));
static P521: LazyLock<TestIdp> = LazyLock::new(|| TestIdp::p521(ISSUER).expect("a key"));

fn builder(idp: IdentityProvider) -> ConnectionBuilder {
    Connection::builder("acme", sp(), idp).with_options(unsolicited_on())
}

fn connection(idp: &TestIdp) -> Connection {
    builder(idp.identity_provider().expect("a certificate")).build().expect("a connection")
}

fn verdict(connection: &Connection, xml: &str) -> Result<String, Rejection> {
    let unspent = connection.verify(STANDARD.encode(xml), None, now())?;
    let identity =
        block_on(unspent.spend(&MemoryReplayStore::default(), now())).expect("the first use");
    Ok(identity.name_id.value)
}

fn response(idp: &TestIdp, signed: TestSigned) -> TestResponse<'_> {
    idp.response(&sp(), now()).signed(signed)
}

/// What becomes of a response that is signed like this.
fn outcome(
    idp: &TestIdp,
    signed: TestSigned,
    change: impl Fn(&mut SignatureOptions),
) -> Result<(), &'static str> {
    let mut response = response(idp, signed);
    change(&mut response.signature);
    match verdict(&connection(idp), &response.xml().expect("XML")) {
        Ok(name_id) => {
            assert_eq!(name_id, "alice@example.test");
            Ok(())
        }
        Err(rejection) => Err(rejection.code()),
    }
}

#[test]
fn every_algorithm_with_every_key() {
    let more = "http://www.w3.org/2001/04/xmldsig-more";
    let mgf1 = "http://www.w3.org/2007/05/xmldsig-more";
    let digests = [
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    ];
    let keys: [(&TestIdp, bool); 4] =
        [(&RSA, true), (&P256, false), (&P384, false), (&P521, false)];
    for (idp, is_rsa) in keys {
        for (bits, digest) in ["256", "384", "512"].into_iter().zip(digests) {
            let algorithms = match is_rsa {
                true => vec![format!("{more}#rsa-sha{bits}"), format!("{mgf1}#sha{bits}-rsa-MGF1")],
                false => vec![format!("{more}#ecdsa-sha{bits}")],
            };
            for algorithm in algorithms {
                for signed in PARTS {
                    let found = outcome(idp, signed, |options| {
                        options.signature_algorithm = Some(algorithm.clone());
                        options.digest_algorithm = digest.into();
                    });
                    assert_eq!(found, Ok(()), "{algorithm} {digest} {signed:?}");
                }
            }
        }
    }
}

#[test]
fn every_canonicalization() {
    for signed in PARTS {
        for of_signed_info in CANONICALIZATIONS {
            for transform in CANONICALIZATIONS.into_iter().map(Some).chain([None]) {
                let found = outcome(&P256, signed, |options| {
                    options.canonicalization = of_signed_info.into();
                    options.transform = transform.map(str::to_owned);
                });
                assert_eq!(found, Ok(()), "{signed:?} {of_signed_info} {transform:?}");
            }
        }
        for list in ["", "saml", "#default saml samlp unknown", "saml\n\tsaml"] {
            let found = outcome(&P256, signed, |options| options.prefix_list = Some(list.into()));
            assert_eq!(found, Ok(()), "{list:?}");
        }
    }
    // XML Signature §4.4.3.3: "#" and an ID leave the comments out, whatever the transform says.
    for transform in CANONICALIZATIONS {
        let mut response = response(&P256, TestSigned::Assertion);
        response.raw_attributes = "<!-- of no account -->".into();
        response.signature.transform = Some(transform.into());
        let xml = response.xml().expect("XML");
        assert!(xml.contains("<!-- of no account -->"));
        let found = verdict(&connection(&P256), &xml);
        assert_eq!(found.as_deref(), Ok("alice@example.test"), "{transform}");
    }
    // A parameter of the exclusive algorithms only.
    let found = outcome(&P256, TestSigned::Assertion, |options| {
        options.transform = Some(CANONICALIZATIONS[2].into());
        options.prefix_list = Some("saml".into());
    });
    assert_eq!(found, Err("signature_malformed"));
}

#[test]
fn a_signature_may_stand_anywhere_directly_in_what_it_signs() {
    for (place, expected) in [
        (SignaturePlace::AfterIssuer, Ok(())),
        (SignaturePlace::FirstIn("_assertion".into()), Ok(())),
        (SignaturePlace::LastIn("_assertion".into()), Ok(())),
        // The Response would seem to be signed, by a signature of something else.
        (SignaturePlace::LastIn("_response".into()), Err("reference_mismatch")),
        (SignaturePlace::FirstIn("_response".into()), Err("reference_mismatch")),
    ] {
        let found = outcome(&P256, TestSigned::Assertion, |options| options.place = place.clone());
        assert_eq!(found, expected, "{place:?}");
    }
    let found = outcome(&P256, TestSigned::Response, |options| {
        options.place = SignaturePlace::LastIn("_assertion".into());
    });
    assert_eq!(found, Err("reference_mismatch"));
}

#[test]
fn key_info_never_matters() {
    let stranger = TestIdp::p256(ISSUER).expect("a key");
    let foreign = format!(
        "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>",
        STANDARD.encode(stranger.certificate_der().expect("DER"))
    );
    for key_info in [
        TestKeyInfo::None,
        TestKeyInfo::Raw(foreign.clone()),
        TestKeyInfo::Raw("<ds:KeyInfo><ds:KeyName>x</ds:KeyName></ds:KeyInfo>".into()),
        TestKeyInfo::Raw(
            "<ds:KeyInfo><ds:RetrievalMethod URI='http://evil.example.test/'/></ds:KeyInfo>".into(),
        ),
        TestKeyInfo::Raw("<ds:KeyInfo>text<x xmlns='urn:x'/></ds:KeyInfo>".into()),
    ] {
        let found =
            outcome(&P256, TestSigned::Assertion, |options| options.key_info = key_info.clone());
        assert_eq!(found, Ok(()), "{key_info:?}");
    }
    // Where no configured key verifies, the embedded certificate chooses the words.
    let refusal = |idp: &TestIdp, key_info: TestKeyInfo| {
        let mut response = response(idp, TestSigned::Assertion);
        response.signature.key_info = key_info;
        verdict(&connection(&P256), &response.xml().expect("XML")).expect_err("a refusal")
    };
    let Rejection::KeyUntrusted { key, .. } = refusal(&stranger, TestKeyInfo::Certificate) else {
        panic!("not that refusal")
    };
    let fingerprint = |idp: &TestIdp| {
        let certificates =
            Certificates::parse(idp.certificate_der().expect("DER")).expect("a certificate");
        certificates
            .iter()
            .map(|certificate| certificate.fingerprint().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(vec![key.fingerprint], fingerprint(&stranger));
    assert_eq!(key.configured, fingerprint(&P256));
    assert_eq!(key.not_after, Some(at("2050-01-01T00:00:00Z")));
    assert_eq!(refusal(&stranger, TestKeyInfo::None).code(), "signature_invalid");
    let own = STANDARD.encode(P256.certificate_der().expect("DER"));
    let own = format!(
        "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{own}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
    );
    assert_eq!(refusal(&stranger, TestKeyInfo::Raw(own)).code(), "signature_invalid");
}

#[test]
fn every_configured_key_is_tried_and_the_one_that_verified_is_named() {
    let certificates =
        [&*RSA, &*P384, &*P256].map(|idp| Certificates::parse(idp.certificate_der().expect("DER")));
    let [rsa, p384, p256] = certificates.map(|certificates| certificates.expect("a certificate"));
    let expected = p256.iter().next().expect("one").fingerprint().to_owned();
    let together = rsa.and(p384).and_then(|two| two.and(p256)).expect("three");
    let connection =
        builder(IdentityProvider::new(ISSUER, together)).build().expect("a connection");
    let xml = response(&P256, TestSigned::Both).xml().expect("XML");
    let unspent = connection.verify(STANDARD.encode(&xml), None, now()).expect("accepted");
    let identity =
        block_on(unspent.spend(&MemoryReplayStore::default(), now())).expect("the first use");
    assert_eq!(identity.key_fingerprint, expected);
    assert_eq!(
        verdict(&connection, &response(&P521, TestSigned::Both).xml().expect("XML"))
            .map_err(|r| r.code()),
        Err("key_untrusted")
    );
}

#[test]
fn weak_things_need_their_switch() {
    let weak = TestIdp::rsa_bits(ISSUER, 1024).expect("a key");
    let idp = || weak.identity_provider().expect("a certificate");
    let error = builder(idp()).build().expect_err("too weak");
    assert!(matches!(error, ConfigError::KeyTooWeak { bits: 1024, .. }));
    let connection = builder(idp())
        .with_options(unsolicited_on().with_danger_allow_weak_keys(true))
        .build()
        .expect("a connection");
    let xml = response(&weak, TestSigned::Assertion).xml().expect("XML");
    assert_eq!(verdict(&connection, &xml).as_deref(), Ok("alice@example.test"));

    let sha1 = |signature: bool, digest: bool| {
        let mut response = response(&RSA, TestSigned::Assertion);
        if signature {
            let method = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
            response.signature.signature_algorithm = Some(method.into());
        }
        if digest {
            response.signature.digest_algorithm = "http://www.w3.org/2000/09/xmldsig#sha1".into();
        }
        response.xml().expect("XML")
    };
    let strict =
        builder(RSA.identity_provider().expect("a certificate")).build().expect("a connection");
    let lax = builder(RSA.identity_provider().expect("a certificate"))
        .with_options(unsolicited_on().with_danger_allow_sha1(true));
    let lax = lax.build().expect("a connection");
    for xml in [sha1(true, false), sha1(false, true), sha1(true, true)] {
        let Err(Rejection::AlgorithmForbidden { allowed_by, .. }) = verdict(&strict, &xml) else {
            panic!("SHA-1 was let in")
        };
        assert_eq!(allowed_by, Some("danger_allow_sha1"));
        assert_eq!(verdict(&lax, &xml).as_deref(), Ok("alice@example.test"));
        let report = lax.explain(STANDARD.encode(&xml), None, now());
        let expected = [Warning::Danger { switch: "danger_allow_sha1" }, Warning::RestsOnSha1];
        assert_eq!(report.warnings, expected);
    }
}

#[test]
fn what_is_almost_an_algorithm_is_none() {
    let algorithm = |uri: &str| {
        outcome(&RSA, TestSigned::Assertion, |options| {
            options.signature_algorithm = Some(uri.into())
        })
    };
    for uri in [
        "",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256 ",
        "http://www.w3.org/2001/04/xmldsig-more#RSA-SHA256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "http://www.w3.org/2007/05/xmldsig-more#rsa-pss",
        "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519",
    ] {
        assert_eq!(algorithm(uri), Err("algorithm_forbidden"), "{uri}");
    }
    // An algorithm for another kind of key verifies with none.
    assert_eq!(
        algorithm("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
        Err("signature_invalid")
    );
    for key in
        [RSA.certificate_pem().expect("PEM").into_bytes(), RSA.certificate_der().expect("DER")]
    {
        let found = outcome(&RSA, TestSigned::Assertion, |options| {
            options.signature_algorithm =
                Some("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256".into());
            options.hmac_key = Some(key.clone());
        });
        assert_eq!(found, Err("algorithm_forbidden"));
    }
}

#[test]
fn ecdsa_signatures_are_r_and_s_of_full_length() {
    let xml = response(&P256, TestSigned::Assertion).xml().expect("XML");
    let (before, rest) = xml.split_once("<ds:SignatureValue>").expect("a value");
    let (value, after) = rest.split_once("</ds:SignatureValue>").expect("a value");
    let value = STANDARD.decode(value).expect("Base64");
    let with = |value: Vec<u8>| {
        let xml = format!(
            "{before}<ds:SignatureValue>{}</ds:SignatureValue>{after}",
            STANDARD.encode(value)
        );
        verdict(&connection(&P256), &xml).map(|_| ()).map_err(|rejection| rejection.code())
    };
    assert_eq!(value.len(), 64);
    assert_eq!(with(value.clone()), Ok(()));
    assert_eq!(with(vec![0; 64]), Err("signature_invalid"));
    assert_eq!(with([&[0], &value[..32], &[0], &value[32..]].concat()), Err("signature_invalid"));
    assert_eq!(with([&value[..], &[0]].concat()), Err("signature_invalid"));
    assert_eq!(with(value[..63].to_vec()), Err("signature_invalid"));
    assert_eq!(with([&[0xff; 32][..], &value[32..]].concat()), Err("signature_invalid"));
    assert_eq!(
        outcome(&P256, TestSigned::Assertion, |options| options.ecdsa_der = true),
        Err("signature_invalid")
    );
}

#[test]
fn signed_info_is_held_to_its_form() {
    type Edit = fn(String) -> String;
    let edits: [(Edit, &str); 12] = [
        (
            |xml| xml.replace("</ds:SignedInfo>", "<ds:Reference/></ds:SignedInfo>"),
            "signature_malformed",
        ),
        (
            |xml| xml.replace("</ds:SignedInfo>", "<x xmlns='urn:x'/></ds:SignedInfo>"),
            "signature_malformed",
        ),
        (|xml| xml.replace("<ds:Transforms>", "<ds:Transforms>text"), "signature_malformed"),
        (
            |xml| xml.replace("</ds:Transforms>", "<x xmlns='urn:x'/></ds:Transforms>"),
            "signature_malformed",
        ),
        (
            |xml| {
                xml.replace("<ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\"/>", "<ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\"><ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>")
            },
            "signature_malformed",
        ),
        (
            |xml| {
                xml.replace(
                    "</ds:DigestValue>",
                    "</ds:DigestValue><ds:DigestValue>AAAA</ds:DigestValue>",
                )
            },
            "signature_malformed",
        ),
        (|xml| xml.replace("<ds:DigestValue>", "<ds:DigestValue>!"), "signature_malformed"),
        (|xml| xml.replace("<ds:DigestValue>", "<ds:DigestValue><?x?>"), "signature_malformed"),
        (|xml| xml.replace("<ds:DigestValue>", "<ds:DigestValue>AAAA"), "digest_mismatch"),
        (|xml| xml.replace("URI=\"#_assertion\"", ""), "reference_mismatch"),
        (|xml| xml.replace("URI=\"#_assertion\"", "URI=\"#_response\""), "reference_mismatch"),
        (
            |xml| xml.replace("URI=\"#_assertion\"", "URI=\"#xpointer(id('_assertion'))\""),
            "reference_mismatch",
        ),
    ];
    for (number, (edit, code)) in edits.into_iter().enumerate() {
        let found =
            outcome(&P256, TestSigned::Assertion, |options| options.edit_signed_info = Some(edit));
        assert_eq!(found, Err(code), "edit {number}");
    }
    let enveloped =
        "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
    let transforms: [Edit; 5] = [
        |xml| {
            xml.replace(
                "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>",
                "",
            )
        },
        |xml| {
            xml.replace(
                "</ds:Transforms>",
                "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/></ds:Transforms>",
            )
        },
        |xml| {
            xml.replace("</ds:Transforms>", "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/></ds:Transforms>")
        },
        |xml| {
            xml.replace(
                "<ds:Transforms>",
                "<ds:Transforms><ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#base64\"/>",
            )
        },
        |xml| {
            xml.replace(
                "xmldsig#enveloped-signature\"/>",
                "xmldsig#enveloped-signature\"><x xmlns=\"urn:x\"/></ds:Transform>",
            )
        },
    ];
    assert!(response(&P256, TestSigned::Assertion).xml().expect("XML").contains(enveloped));
    for (number, edit) in transforms.into_iter().enumerate() {
        let found =
            outcome(&P256, TestSigned::Assertion, |options| options.edit_signed_info = Some(edit));
        assert_eq!(found, Err("transform_forbidden"), "transforms {number}");
    }
    // A comment in SignedInfo is signed with the algorithms that keep comments, and means nothing
    // with either.
    for canonicalization in CANONICALIZATIONS {
        let found = outcome(&P256, TestSigned::Assertion, |options| {
            options.canonicalization = canonicalization.into();
            options.edit_signed_info =
                Some(|xml| xml.replace("<ds:Transforms>", "<!-- x --><ds:Transforms>"));
        });
        assert_eq!(found, Ok(()), "{canonicalization}");
    }
}
