//! Metadata ends in an identity provider or a named refusal, and nobody without the pinned key has
//! signed any.
#![no_main]

mod common;

use std::sync::LazyLock;

use common::Pair;
use libfuzzer_sys::fuzz_target;
use saml_login::metadata::MetadataTrust;
use saml_login::{IdpMetadata, Limits};

static PAIR: LazyLock<Pair> = LazyLock::new(Pair::new);

fuzz_target!(|xml: &[u8]| {
    let limits = Limits::default();
    let configured = PAIR.connection.identity_provider();
    let pinned = MetadataTrust::Pinned(configured.certificates());
    let refusal = IdpMetadata::parse(xml, None, pinned, &limits, PAIR.now).expect_err("the fuzzer has no key");
    assert!(!refusal.code().is_empty());
    match IdpMetadata::parse(xml, None, MetadataTrust::Unsigned, &limits, PAIR.now) {
        Ok(metadata) => {
            let idp = metadata.identity_provider();
            assert!(!metadata.signature_verified());
            assert_eq!(metadata.changes_from(idp), []);
            assert!(metadata.valid_until().is_none_or(|end| end > PAIR.now));
            let endpoints = idp.sso_endpoints().iter().chain(idp.slo_endpoints());
            for endpoint in endpoints {
                for url in [Some(&endpoint.location), endpoint.response_location.as_ref()].into_iter().flatten() {
                    let scheme = url.split(':').next().unwrap_or_default().to_ascii_lowercase();
                    assert!(scheme == "http" || scheme == "https");
                }
            }
            assert!(metadata.warnings().len() <= 32);
            // It says the same in another encoding.
            if let Ok(text) = str::from_utf8(xml) {
                let wide: Vec<u8> =
                    format!("\u{FEFF}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
                if wide.len() <= limits.document_bytes {
                    let again = IdpMetadata::parse(wide, None, MetadataTrust::Unsigned, &limits, PAIR.now);
                    assert_eq!(again.as_ref(), Ok(&metadata));
                }
            }
            // Nothing unsigned is taken.
            assert!(metadata.refreshed(configured).is_ok_and(|kept| kept == *configured) || idp.issuer() != "urn:idp");
        }
        Err(refusal) => assert!(!refusal.to_string().is_empty()),
    }
});
