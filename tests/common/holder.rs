//! Keys with certificates, signed by each other.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::x509::{X509, X509NameBuilder};

/// A key that people hold, with a certificate.
pub(crate) struct Holder {
    name: &'static str,
    pub(crate) key: PKey<Private>,
    pub(crate) certificate: X509,
}

impl Holder {
    /// Signed by an authority, or else by itself.
    pub(crate) fn new(name: &'static str, key: PKey<Private>, authority: Option<&Self>) -> Self {
        let named = |name: &str| {
            let mut builder = X509NameBuilder::new().expect("a name");
            builder.append_entry_by_nid(Nid::COMMONNAME, name).expect("a name");
            builder.build()
        };
        let mut builder = X509::builder().expect("a certificate");
        builder.set_version(2).expect("a version");
        builder.set_subject_name(&named(name)).expect("a subject");
        builder.set_issuer_name(&named(authority.map_or(name, |a| a.name))).expect("an issuer");
        let day = |text| Asn1Time::from_str(text).expect("a day");
        builder.set_not_before(&day("20200101000000Z")).expect("a begin");
        builder.set_not_after(&day("20500101000000Z")).expect("an end");
        builder.set_pubkey(&key).expect("a key");
        let signer = authority.map_or(&key, |authority| &authority.key);
        let digest = match signer.id() {
            // It brings its own.
            Id::ED25519 => MessageDigest::null(),
            _ => MessageDigest::sha256(),
        };
        builder.sign(signer, digest).expect("a signature");
        Self { name, certificate: builder.build(), key }
    }

    pub(crate) fn p256(name: &'static str, authority: Option<&Self>) -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("P-256");
        let key = PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key");
        Self::new(name, key, authority)
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.certificate.to_der().expect("DER")
    }

    pub(crate) fn base64(&self) -> String {
        STANDARD.encode(self.der())
    }

    pub(crate) fn pem(&self) -> String {
        String::from_utf8(self.certificate.to_pem().expect("PEM")).expect("text")
    }

    pub(crate) fn private(&self) -> String {
        String::from_utf8(self.key.private_key_to_pem_pkcs8().expect("PEM")).expect("text")
    }
}
