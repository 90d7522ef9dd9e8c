//! An instant that is read is written as the same instant.
#![no_main]

use libfuzzer_sys::fuzz_target;
use saml_login::fuzzing::instant;

fuzz_target!(|text: &str| {
    if let Some(read) = instant(text) {
        // Years beyond 9999, which an offset can reach, have no four digits.
        let written = read.format("%Y-%m-%dT%H:%M:%S%.9fZ").to_string();
        if written.len() == "2030-01-31T12:00:00.000000000Z".len() {
            assert_eq!(instant(&written), Some(read), "{text}");
        }
    }
});
