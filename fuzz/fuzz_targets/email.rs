//! An address that is taken is taken again as the same, and has one at-sign and a clean domain.
#![no_main]

use libfuzzer_sys::fuzz_target;
use saml_login::identity::Email;

fuzz_target!(|text: &str| {
    if let Ok(email) = Email::parse(text) {
        let address = email.address();
        assert_eq!(address.matches('@').count(), 1);
        assert!(address.is_ascii() && !address.contains(|c: char| c.is_whitespace() || c.is_control()));
        assert_eq!(email.domain(), email.domain().to_ascii_lowercase());
        assert_eq!(Email::parse(address).as_ref().map(|again| again.address()), Ok(address));
        assert_eq!(email.original(), text);
    }
});
