//! Certificates that are searched for in what they are wrapped in, and what is never taken out of
//! it.

use super::*;

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

fn utf16(text: &str, mark: bool, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let mark = mark.then_some('\u{FEFF}').into_iter();
    let text: String = mark.chain(text.chars()).collect();
    text.encode_utf16().flat_map(unit).collect()
}

fn quoted(text: &str, mark: &str) -> String {
    text.lines().map(|line| format!("{mark}{line}\r\n")).collect()
}

#[test]
fn a_certificate_is_found_in_what_it_is_wrapped_in() {
    let expected = Certificates::parse(PEM).unwrap();
    assert!(!expected.were_searched());
    let (body, packed) = (body(), body().replace('\n', ""));
    let base64 = |text: &str| openssl::base64::encode_block(text.as_bytes());
    for paste in [
        // Editors and chat programs.
        PEM.replace("-----", "\u{2014}\u{2013}"),
        PEM.replace("-----", "\u{2014}\u{2014}-"),
        PEM.replace("-----", "- - - - -"),
        PEM.replace("-----", "----"),
        format!("\u{201c}{}\u{201d}", PEM.replace('\n', "\u{2028}")),
        PEM.replace('\n', "\u{200b}\u{ad}\n"),
        quoted(PEM, "> "),
        quoted(PEM, ">> | "),
        // Quoted-printable: RFC 2045 §6.7.
        quoted(&PEM.replace('=', "=3D"), "").replace("\r\n", "=\r\n"),
        // Selections with the mouse.
        PEM.replace("-----BEGIN CERTIFICATE", "BEGIN CERTIFI"),
        PEM.replace("-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERT\n"),
        PEM.replace("-----BEGIN CERTIFICATE-----\nM", ""),
        PEM.replace("-----BEGIN CERTIFICATE-----\nMI", ""),
        PEM.replace("-----BEGIN CERTIFICATE-----\nMII", ""),
        PEM.replace("-----END CERTIFICATE-----\n", ""),
        PEM.replace("-----END CERTIFICATE-----\n", "-----EN"),
        packed[1..].to_owned(),
        // JSON.
        format!("{{\"x5c\": [\"{packed}\"], \"kty\": \"RSA\", \"n\": \"0vx7-go_MIIB\"}}"),
        format!("{{\"cert\":\"{}\"}}", PEM.replace('/', "\\/").replace('\n', "\\n")),
        packed.replace('/', "\\/"),
        packed.replace('+', "\\u002b").replace('/', "\\u002F"),
        format!("{{\"certificate\": \"{packed}\"}}"),
        // Forms and addresses.
        escaped(PEM),
        escaped(&packed).replace("%2B", "%2b").replace("%2F", "%2f"),
        format!("cert={}", escaped(PEM).replace("%20", "+").replace("%0A", "%0d%0a")),
        // Markup.
        PEM.replace('\n', "<br>\n"),
        PEM.replace('\n', "<br/>"),
        format!("<pre class=\"cert\">{}</pre>", body.replace('\n', "&nbsp;\n")),
        format!("<X509Certificate>{}</X509Certificate>", body.replace('\n', "&#xA;\n")),
        format!("&lt;ds:X509Certificate&gt;{packed}&lt;/ds:X509Certificate&gt;"),
        format!("<![CDATA[{packed}]]>"),
        format!(
            "<td>{}</td>",
            body.lines().map(|l| format!("<span>{l}</span>")).collect::<String>()
        ),
        // Once more in Base64.
        base64(PEM),
        quoted(&base64(PEM), "    "),
        base64(&quoted(PEM, "> ")),
        // YAML and programs.
        format!("certificate: |\n{}", quoted(PEM, "  ").replace("-----", "---")),
        body.lines().map(|line| format!("\"{line}\" +\n")).collect::<String>().replace(" +", " ,"),
    ] {
        let found = Certificates::parse(&paste);
        assert_eq!(found.as_ref(), Ok(&expected), "{paste}");
        assert!(found.unwrap().authorities().is_empty());
    }
    for mark in [true, false] {
        for unit in [u16::to_le_bytes, u16::to_be_bytes] {
            let paste = utf16(PEM, mark, unit);
            assert_eq!(Certificates::parse(&paste).as_ref(), Ok(&expected));
            // A byte that was added behind it.
            let longer = [paste.as_slice(), b"\n"].concat();
            assert_eq!(Certificates::parse(longer).as_ref(), Ok(&expected));
        }
    }
    assert!(Certificates::parse(packed.replace('/', "\\/")).unwrap().were_searched());
}

#[test]
fn an_authority_beside_the_certificates_that_it_issued_is_named_and_not_pinned() {
    let named = |text: &str| {
        let mut name = X509Name::builder().unwrap();
        name.append_entry_by_text("CN", text).unwrap();
        name.build()
    };
    let (root_key, middle_key, key) = (rsa(2048), ec(Nid::SECP384R1), ec(Nid::X9_62_PRIME256V1));
    let (root, middle, leaf) = (named("root"), named("middle"), named("leaf"));
    let root_certificate = issued(&root_key, 1, &root, (&root_key, &root));
    let middle_certificate = issued(&middle_key, 2, &middle, (&root_key, &root));
    let certificate = issued(&key, 3, &leaf, (&middle_key, &middle));
    let successor = issued(&rsa(2048), 4, &leaf, (&middle_key, &middle));
    let ders = |chain: &[&X509]| chain.iter().map(|one| one.to_der().unwrap()).collect::<Vec<_>>();
    let names = |names: &[&str]| names.iter().map(|name| format!("CN={name}")).collect::<Vec<_>>();
    let pinned =
        |found: &Certificates| found.iter().map(|one| one.subject().to_owned()).collect::<Vec<_>>();
    for order in [
        [&certificate, &middle_certificate, &root_certificate],
        [&root_certificate, &middle_certificate, &certificate],
        [&middle_certificate, &certificate, &root_certificate],
    ] {
        let pem = order.map(|one| String::from_utf8(one.to_pem().unwrap()).unwrap()).concat();
        let bare = ders(&order).iter().map(|der| openssl::base64::encode_block(der)).collect();
        let texts: Vec<String> =
            vec![pem, bare, openssl::base64::encode_block(&ders(&order).concat())];
        for chain in texts.into_iter().map(String::into_bytes).chain([ders(&order).concat()]) {
            let found = Certificates::parse(chain).unwrap();
            assert_eq!(pinned(&found), ["CN=leaf"]);
            let mut authorities: Vec<_> =
                found.authorities().iter().map(Certificate::subject).collect();
            authorities.sort_unstable();
            assert_eq!(authorities, ["CN=middle", "CN=root"]);
        }
    }
    // A rollover under one authority; and an authority alone, which may be the key itself.
    let both = ders(&[&certificate, &successor, &middle_certificate]).concat();
    assert_eq!(pinned(&Certificates::parse(both).unwrap()), ["CN=leaf", "CN=leaf"]);
    let alone = Certificates::parse(root_certificate.to_der().unwrap()).unwrap();
    assert_eq!((pinned(&alone), alone.authorities().len()), (vec!["CN=root".to_owned()], 0));
    // The name alone is no proof: whoever is named as the issuer has not signed.
    let impostor = issued(&ec(Nid::SECP521R1), 5, &middle, (&root_key, &root));
    let beside = Certificates::parse(ders(&[&certificate, &impostor]).concat()).unwrap();
    assert_eq!(pinned(&beside), ["CN=leaf", "CN=middle"]);
    let impostor = issued(&rsa(1024), 5, &root, (&root_key, &root));
    let beside = Certificates::parse(ders(&[&middle_certificate, &impostor]).concat()).unwrap();
    assert_eq!((pinned(&beside), beside.authorities().len()), (names(&["middle", "root"]), 0));
    // Where a verification would only be slow, the name has to do: such a key is never pinned.
    let named_only = |modulus: i32, exponent: i32| {
        let key = rsa_of(of_bits(modulus, true), of_bits(exponent, true));
        let root = issued(&key, 8, &root, (&root_key, &root));
        Certificates::parse(ders(&[&middle_certificate, &root]).concat())
            .map(|found| pinned(&found))
    };
    assert_eq!(named_only(2048, 256), Ok(names(&["middle", "root"])));
    assert_eq!(named_only(2048, 257), Ok(names(&["middle"])));
    assert_eq!(named_only(2048, 258), Ok(names(&["middle"])));
    assert_eq!(named_only(16_384, 17), Ok(names(&["middle", "root"])));
    assert_eq!(named_only(16_385, 17), Ok(names(&["middle"])));
    // The authorities of two pastes stay beside them, each once.
    let chain = ders(&[&certificate, &middle_certificate, &root_certificate]).concat();
    let chain = Certificates::parse(chain).unwrap();
    for (first, second) in [(&chain, &alone), (&alone, &chain), (&chain, &chain)] {
        assert_eq!(first.clone().and(second.clone()).unwrap().authorities().len(), 2);
    }
    // Each pasted for itself was meant.
    let separately = Certificates::parse(certificate.to_der().unwrap()).unwrap();
    let separately =
        separately.and(Certificates::parse(middle_certificate.to_der().unwrap()).unwrap());
    assert_eq!(pinned(&separately.unwrap()), ["CN=leaf", "CN=middle"]);
    // What an authority's key is good for does not matter.
    let odd_key = PKey::generate_ed25519().unwrap();
    let odd = issued(&odd_key, 6, &root, (&odd_key, &root));
    let of_odd = issued(&key, 7, &leaf, (&odd_key, &root));
    let found = Certificates::parse(ders(&[&of_odd, &odd]).concat()).unwrap();
    assert_eq!((pinned(&found), found.authorities().len()), (vec!["CN=leaf".to_owned()], 0));
}

/// Whoever writes a message, or may add a key for encryption, chooses the certificate in it.
#[test]
fn no_certificate_is_taken_out_of_a_document_however_it_is_wrapped() {
    use CertificateError::{Metadata, SamlMessage};
    let base64 = |text: &str| openssl::base64::encode_block(text.as_bytes());
    let inside = format!("<ds:X509Certificate>{}</ds:X509Certificate>", body());
    for (element, expected) in [
        ("samlp:Response", SamlMessage),
        ("saml:Assertion", SamlMessage),
        ("ds:Signature", SamlMessage),
        ("md:EntityDescriptor", Metadata),
        ("md:KeyDescriptor", Metadata),
    ] {
        let document = format!("<{element}>{inside}</{element}>");
        for paste in [
            document.clone(),
            document.replace('<', "&lt;").replace('>', "&gt;"),
            document.replace('<', "&amp;lt;").replace('>', "&amp;gt;"),
            escaped(&escaped(&document)),
            document.replace('<', "&#60;").replace('>', "&#x3e;"),
            document.replace('<', "\\u003c").replace('>', "\\u003E").replace('/', "\\/"),
            escaped(&document),
            base64(&document),
            quoted(&base64(&document), "> "),
            base64(&escaped(&document)),
            quoted(&document.replace('<', "&lt;"), "> "),
        ] {
            assert_refused(&paste, expected.clone());
        }
    }
    assert_refused(format!("SAMLResponse={}", base64(&inside)), SamlMessage);
}

#[test]
fn a_private_key_refuses_the_paste_however_it_is_wrapped() {
    use CertificateError::PrivateKey;
    let (key, curve) = (rsa(2048), ec(Nid::X9_62_PRIME256V1));
    let base64 = |der: &[u8]| openssl::base64::encode_block(der);
    let pem = String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    for secret in [
        pem.replace("-----", "\u{2014}\u{2014}"),
        escaped(&pem),
        escaped(&pem).replace("%20", "+"),
        pem.replace(' ', "&nbsp;").replace('\n', "<br>"),
        pem.replace(' ', "\\u0020").replace('\n', "\\n"),
        base64(pem.as_bytes()),
        quoted(&pem, "> "),
        base64(&key.private_key_to_pkcs8().unwrap()),
        base64(&key.private_key_to_der().unwrap()),
        base64(&curve.private_key_to_pkcs8().unwrap()),
        base64(&curve.ec_key().unwrap().private_key_to_der().unwrap()),
        base64(&PKey::generate_ed25519().unwrap().private_key_to_pkcs8().unwrap()),
    ] {
        // Alone, before a certificate, behind one, and beside one that has to be searched for.
        assert_refused(&secret, PrivateKey);
        assert_refused(format!("{PEM}\n{secret}"), PrivateKey);
        if !secret.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c)) {
            assert_refused(format!("{secret}\n{PEM}"), PrivateKey);
        }
        assert_refused(format!("{}\n{secret}", quoted(PEM, "> ")), PrivateKey);
    }
}

#[test]
fn fingerprints_are_named() {
    use CertificateError::{Fingerprint, Unrecognized};
    let fingerprint = Certificates::parse(PEM).unwrap().iter().next().unwrap().fingerprint();
    let colons = fingerprint.to_string();
    let packed = colons.replace(':', "");
    for paste in [
        colons.clone(),
        packed.clone(),
        packed.to_lowercase(),
        colons.replace(':', " "),
        format!("sha256 Fingerprint={colons}\n"),
        format!("SHA-256: {colons}"),
        // The certificate window of Windows puts a mark before it.
        format!("\u{200e}{}", packed[..40].to_lowercase()),
        format!("Thumbprint {}", &packed[..40]),
        packed[..32].to_owned(),
        "nzpoBkcIEyTJ0WmMEHTGQhsO7vE=".to_owned(),
        "nzpoBkcIEyTJ0WmMEHTGQhsO7vE".to_owned(),
        "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU".to_owned(),
    ] {
        assert_refused(&paste, Fingerprint);
    }
    for other in [&packed[..38], &packed[..62], "a sentence of words"] {
        assert_refused(other, Unrecognized);
    }
}

/// What a certificate says of itself is not what it stands in.
#[test]
fn a_certificate_for_responses_is_found() {
    let mut named = X509Name::builder().unwrap();
    named.append_entry_by_text("CN", "Response Signature> EntityDescriptor").unwrap();
    let (key, named) = (rsa(2048), named.build());
    let pem = issued(&key, 1, &named, (&key, &named)).to_pem().unwrap();
    let found = Certificates::parse(quoted(str::from_utf8(&pem).unwrap(), "> ")).unwrap();
    assert_eq!(found, Certificates::parse(pem).unwrap());
}

/// The time it takes is bounded, whatever fills the paste.
#[test]
fn a_paste_full_of_beginnings_is_read_to_a_bound() {
    let beginnings = "MIIB".repeat(32 * 1024);
    assert_refused(&beginnings, CertificateError::Unrecognized);
    let behind_them = format!("{}{PEM}", "MIIB!".repeat(300));
    assert_refused(behind_them.replace("-----", "~"), CertificateError::Damaged);
}
