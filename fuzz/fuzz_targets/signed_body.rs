//! What lies behind the signature: bodies that the target itself signs.
//!
//! The input is the inside of an assertion, or of a whole response. Whoever gets in has a NameID,
//! and the report agrees.
#![no_main]

mod common;

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::Pair;
use libfuzzer_sys::fuzz_target;
use saml_login::testing::idp::SignatureOptions;

static PAIR: LazyLock<Pair> = LazyLock::new(Pair::new);

const RESPONSE: &str = "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
    xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_r\" Version=\"2.0\" Destination=\"urn:acs\">";
const STATUS: &str = "<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/></samlp:Status>";
const ASSERTION: &str = "<saml:Assertion ID=\"_a\" Version=\"2.0\" IssueInstant=\"2030-03-17T17:46:40Z\">";

fuzz_target!(|input: (bool, &str)| {
    let (whole, body) = input;
    let (xml, id) = match whole {
        true => (format!("{RESPONSE}{body}</samlp:Response>"), "_r"),
        false => (format!("{RESPONSE}{STATUS}{ASSERTION}{body}</saml:Assertion></samlp:Response>"), "_a"),
    };
    let Ok(signed) = PAIR.idp.sign_xml(&xml, id, &SignatureOptions::default()) else { return };
    let form_value = STANDARD.encode(signed);
    let verdict = PAIR.connection.open(&form_value, PAIR.now).and_then(|opened| opened.accept(None, PAIR.now));
    let report = PAIR.connection.explain(&form_value, None, PAIR.now);
    assert_eq!(report.code, verdict.as_ref().err().map(|rejection| rejection.code()));
    if let Err(rejection) = verdict {
        let _ = (rejection.help(), rejection.to_string());
    }
});
