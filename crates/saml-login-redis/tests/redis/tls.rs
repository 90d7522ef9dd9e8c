//! A server that speaks TLS.

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};

use crate::place::{Place, free_port, named};

/// A key and a certificate of its own, in PEM, for an address or a name.
pub(crate) fn certificate(host: &str) -> (Vec<u8>, Vec<u8>) {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve");
    let key = PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key");
    let mut name = X509NameBuilder::new().expect("a name");
    name.append_entry_by_nid(Nid::COMMONNAME, host).expect("a name");
    let name = name.build();
    let mut builder = X509::builder().expect("a certificate");
    builder.set_version(2).expect("a version");
    let number = BigNum::from_u32(1).and_then(|one| one.to_asn1_integer()).expect("a number");
    builder.set_serial_number(&number).expect("a number");
    builder.set_subject_name(&name).expect("a name");
    builder.set_issuer_name(&name).expect("a name");
    builder.set_pubkey(&key).expect("a key");
    builder.set_not_before(&Asn1Time::days_from_now(0).expect("a time")).expect("a time");
    builder.set_not_after(&Asn1Time::days_from_now(2).expect("a time")).expect("a time");
    let authority = BasicConstraints::new().critical().ca().build().expect("an extension");
    builder.append_extension(authority).expect("an extension");
    let mut alternative = SubjectAlternativeName::new();
    if host.parse::<std::net::IpAddr>().is_ok() {
        alternative.ip(host)
    } else {
        alternative.dns(host)
    };
    let alternative = alternative.build(&builder.x509v3_context(None, None));
    builder.append_extension(alternative.expect("an extension")).expect("an extension");
    builder.sign(&key, MessageDigest::sha256()).expect("a signature");
    let key = key.private_key_to_pem_pkcs8().expect("a key");
    (key, builder.build().to_pem().expect("a certificate"))
}

/// The server, its URL and its certificate.
pub(crate) fn server() -> Option<(Place, String, Vec<u8>)> {
    named()?;
    let files = std::env::temp_dir().join(format!("saml-login-redis-tls-{}", std::process::id()));
    std::fs::create_dir_all(&files).expect("a folder");
    let file = |name: &str| files.join(name).to_str().expect("a path").to_owned();
    let (key, pem) = certificate("127.0.0.1");
    std::fs::write(file("key.pem"), key).expect("a file");
    std::fs::write(file("certificate.pem"), &pem).expect("a file");
    let port = free_port().to_string();
    let place = Place::server(&[
        "--tls-port",
        &port,
        "--tls-cert-file",
        &file("certificate.pem"),
        "--tls-key-file",
        &file("key.pem"),
        "--tls-auth-clients",
        "no",
        "--tls-ca-cert-file",
        &file("certificate.pem"),
    ])?;
    std::fs::remove_dir_all(&files).expect("a folder");
    Some((place, format!("rediss://127.0.0.1:{port}"), pem))
}
