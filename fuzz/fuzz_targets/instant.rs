//! An instant that is read is written as the same instant.
#![no_main]

use libfuzzer_sys::fuzz_target;
use saml_login::fuzzing::instant;

fuzz_target!(|text: &str| {
    if let Some(read) = instant(text) {
        let written = read.format("%Y-%m-%dT%H:%M:%S%.9fZ").to_string();
        assert_eq!(instant(&written), Some(read), "{text}");
    }
});
