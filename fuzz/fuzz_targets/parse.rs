//! Decoding and parsing end in a document or a refusal, whatever the bytes.
#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    saml_login::fuzzing::parse(data);
    saml_login::fuzzing::parse(STANDARD.encode(data).as_bytes());
});
