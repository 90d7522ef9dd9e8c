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
                let scheme = endpoint.location.split(':').next().unwrap_or_default().to_ascii_lowercase();
                assert!(scheme == "http" || scheme == "https");
            }
            // Nothing unsigned is taken.
            assert!(metadata.refreshed(configured).is_ok_and(|kept| kept == *configured) || idp.issuer() != "urn:idp");
        }
        Err(refusal) => assert!(!refusal.to_string().is_empty()),
    }
});
