//! Queries of the redirect binding: none is believed without the key, and no RelayState leads
//! elsewhere.
//!
//! The input is a whole query, or a message that the target deflates and signs.
#![no_main]

mod common;

use std::io::Write;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::Pair;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use libfuzzer_sys::fuzz_target;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use saml_login::binding::RelayState;
use saml_login::logout::{LogoutAnswer, LogoutMessage, OpenedLogout};

static PAIR: LazyLock<Pair> = LazyLock::new(Pair::new);

const ECDSA: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";

fuzz_target!(|input: (bool, &str)| {
    let (signed, text) = input;
    if signed {
        let query = signed_query(text);
        match PAIR.connection.open_logout(LogoutMessage::Redirect { query: &query }, PAIR.now) {
            Ok(OpenedLogout::Request(unspent)) => drop(unspent),
            Ok(OpenedLogout::Answer(answer)) => answered_nothing(answer),
            Ok(other) => panic!("{other:?}"),
            Err(rejection) => assert_ne!(rejection.code(), "signature_invalid"),
        }
        return;
    }
    let verdict = PAIR.connection.open_logout(LogoutMessage::Redirect { query: text }, PAIR.now);
    match verdict {
        Ok(OpenedLogout::Answer(answer)) => {
            assert!(!answer.is_signed(), "the fuzzer has no key");
            answered_nothing(answer);
        }
        Ok(other) => panic!("{other:?}: the fuzzer has no key"),
        Err(rejection) => drop((rejection.help(), rejection.to_string())),
    }
    if let Some(state) = RelayState::received(text) {
        let state = state.as_str();
        assert!(state.len() <= 80 && !state.starts_with("//") && !state.contains(['\\', '\n', '\r', '\0']));
        stays_in_its_place(state);
    }
});

/// Nothing was asked that could be answered.
fn answered_nothing(answer: LogoutAnswer) {
    let refusal = answer.accept(None, PAIR.now).expect_err("nothing was asked");
    assert_eq!(refusal.code(), "unsolicited_forbidden");
}

/// However often a server decodes the path (which ends where the browser ends it), no segment of it
/// leads up or out.
fn stays_in_its_place(state: &str) {
    let (path, _) = state.split_once(['?', '#']).unwrap_or((state, ""));
    let mut path = path.to_owned();
    for _ in 0..8 {
        assert!(!path.starts_with("//") && !path.contains(['?', '#', '\\', '"', '<', '>']), "{state}");
        let up = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
        assert!(!path.split('/').any(up), "{state}");
        path = percent_decode_str(&path).decode_utf8().expect("UTF-8").into_owned();
    }
}

fn signed_query(xml: &str) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(xml.as_bytes()).expect("memory");
    let message = STANDARD.encode(encoder.finish().expect("memory"));
    let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let octets = format!("SAMLRequest={}&SigAlg={}", escaped(&message), escaped(ECDSA));
    let signature = PAIR.idp.sign_octets(ECDSA, octets.as_bytes()).expect("a signature");
    format!("{octets}&Signature={}", escaped(&STANDARD.encode(signature)))
}
