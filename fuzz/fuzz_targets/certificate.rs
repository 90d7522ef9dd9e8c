//! A paste ends in certificates or a named refusal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use saml_login::Certificates;

fuzz_target!(|paste: &[u8]| {
    match Certificates::parse(paste) {
        Ok(certificates) => {
            assert!((1..=10).contains(&certificates.len()));
            for certificate in &certificates {
                assert_eq!(certificate.fingerprint().to_string().len(), 95);
                let _ = (certificate.subject(), certificate.not_before(), certificate.not_after());
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
