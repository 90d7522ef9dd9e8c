//! libxml2 and this crate canonicalize the same document to the same octets, or libxmlsec1 would
//! not verify the signature that is made over ours.
#![no_main]

mod common;

use std::sync::LazyLock;

use common::Pair;
use libfuzzer_sys::fuzz_target;
use saml_login::fuzzing::canonical_form;
use saml_login::testing::idp::{SignatureOptions, SignaturePlace};
use samael::crypto::{CertificateDer, Crypto, CryptoProvider, ReduceMode};

static PAIR: LazyLock<Pair> = LazyLock::new(Pair::new);
static CERTIFICATE: LazyLock<CertificateDer> =
    LazyLock::new(|| PAIR.idp.certificate_der().expect("DER").into());

const ALGORITHMS: [&str; 3] = [
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "http://www.w3.org/2006/12/xml-c14n11",
];

/// What libxml2 or samael is known to do in its own way: references in namespace names, IDs that
/// have to be names, a base that has to be combined, and signatures of the document's own.
fn known_difference(xml: &str) -> bool {
    ["ID", "xml:id", "base", "xmldsig"].iter().any(|word| xml.contains(word))
        || xml.split("xmlns").skip(1).any(|rest| {
            let value = rest.split(['"', '\'']).nth(1).unwrap_or_default();
            value.contains(|c: char| matches!(c, '&' | '%' | '[' | ']' | '#' | '?' | '@' | '\\') || !c.is_ascii())
        })
}

fuzz_target!(|xml: &str| {
    let root = xml.trim_start_matches(|c: char| c != '<');
    let Some(name) = root.strip_prefix('<').map(|rest| rest.split([' ', '>', '/', '\n', '\t', '\r']).next()) else { return };
    let Some(name) = name.filter(|name| !name.is_empty() && !name.starts_with(['?', '!'])) else { return };
    // An ID for the root, which is then signed.
    let (before, after) = root.split_at(1 + name.len());
    let xml = format!("{before} ID=\"_signed\"{after}");
    if known_difference(root) || canonical_form(&xml, ALGORITHMS[0], &[]).is_none() {
        return;
    }
    for algorithm in ALGORITHMS {
        let mut options = SignatureOptions::default();
        options.transform = Some(algorithm.into());
        options.place = SignaturePlace::LastIn("_signed".into());
        let Ok(signed) = PAIR.idp.sign_xml(&xml, "_signed", &options) else { continue };
        let theirs = Crypto::reduce_xml_to_signed(&signed, std::slice::from_ref(&*CERTIFICATE), ReduceMode::PreDigest);
        assert!(theirs.is_ok(), "{algorithm}: {theirs:?}");
    }
});
