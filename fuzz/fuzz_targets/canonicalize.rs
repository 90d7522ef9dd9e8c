//! A canonical form is its own canonical form, and reads as what it was made of.
#![no_main]

use libfuzzer_sys::fuzz_target;
use saml_login::fuzzing::canonical_form;

const ALGORITHMS: [&str; 6] = [
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
    "http://www.w3.org/2006/12/xml-c14n11",
    "http://www.w3.org/2006/12/xml-c14n11#WithComments",
];

fuzz_target!(|xml: &str| {
    for algorithm in ALGORITHMS {
        for prefix_list in [&[][..], &["#default", "a", "saml"]] {
            if let Some(once) = canonical_form(xml, algorithm, prefix_list) {
                let twice = canonical_form(&once, algorithm, prefix_list);
                assert_eq!(twice.as_deref(), Some(once.as_str()), "{algorithm}");
            }
        }
    }
});
