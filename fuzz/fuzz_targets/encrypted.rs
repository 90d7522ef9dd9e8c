//! What anybody can encrypt for us lets nobody in, and says nothing of why.
#![no_main]

mod common;

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::Pair;
use libfuzzer_sys::fuzz_target;
use saml_login::testing::idp::TestIdp;

static PAIR: LazyLock<Pair> = LazyLock::new(Pair::new);

const BEFORE: &str = "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
    xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_r\" Version=\"2.0\" Destination=\"urn:acs\"><samlp:Status>\
    <samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status>";
const AFTER: &str = "</samlp:Response>";

fuzz_target!(|input: (bool, &str)| {
    let (edited, text) = input;
    let recipient = PAIR.recipient();
    let encrypted = if edited {
        // The elements of encryption themselves.
        format!("<saml:EncryptedAssertion>{text}</saml:EncryptedAssertion>")
    } else {
        TestIdp::encrypted("EncryptedAssertion", text, recipient).expect("RSA")
    };
    let form_value = STANDARD.encode(format!("{BEFORE}{encrypted}{AFTER}"));
    let verdict = PAIR.connection.open(&form_value, PAIR.now).and_then(|opened| opened.accept(None, PAIR.now));
    let rejection = verdict.expect_err("the fuzzer has no key to sign with");
    if !edited {
        assert_eq!(rejection.code(), "decryption_failed");
    }
    let report = PAIR.connection.explain(&form_value, None, PAIR.now);
    assert_eq!(report.code, Some(rejection.code()));
});
