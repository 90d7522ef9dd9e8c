//! Filters, paths, Users and PATCHes: nothing panics, and what is read and written is read again as
//! the same. Inputs that begin with a brace are bodies.
#![no_main]

#[path = "../../tests/scim/properties.rs"]
mod properties;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    match std::str::from_utf8(input) {
        Ok(text) if !text.starts_with('{') => properties::of_a_text(text),
        _ => properties::of_a_body(input),
    }
});
