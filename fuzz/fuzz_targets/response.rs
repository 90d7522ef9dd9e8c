//! What nobody has signed lets nobody in, and the report agrees with the verdict.
#![no_main]

mod common;

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::Pair;
use libfuzzer_sys::fuzz_target;

static PAIR: LazyLock<Pair> = LazyLock::new(Pair::new);

fuzz_target!(|data: &[u8]| {
    let form_value = STANDARD.encode(data);
    let verdict = PAIR.connection.open(&form_value, PAIR.now).and_then(|opened| opened.accept(None, PAIR.now));
    let rejection = verdict.expect_err("the fuzzer has no key");
    let report = PAIR.connection.explain(&form_value, None, PAIR.now);
    assert_eq!(report.code, Some(rejection.code()));
    let _ = (rejection.help(), rejection.to_string());
});
