//! Algorithm identifiers: XML Encryption 1.1 §5.

use openssl::hash::MessageDigest;
use openssl::symm::Cipher;

use super::Opening;
use crate::error::{AlgorithmUse, Excerpt, Rejection};
use crate::xml::{Element, Namespace};

/// AES in the GCM mode, as our metadata lists it: XML Encryption 1.1 §5.2.4.
pub(crate) const GCM: [&str; 3] = [
    "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    "http://www.w3.org/2009/xmlenc11#aes192-gcm",
    "http://www.w3.org/2009/xmlenc11#aes128-gcm",
];

/// AES in the CBC mode: §5.2.2.
pub(crate) const CBC: [&str; 3] = [
    "http://www.w3.org/2001/04/xmlenc#aes256-cbc",
    "http://www.w3.org/2001/04/xmlenc#aes192-cbc",
    "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
];

/// RSA-OAEP: §5.5.2.
pub(crate) const KEY_TRANSPORTS: [&str; 2] =
    ["http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "http://www.w3.org/2009/xmlenc11#rsa-oaep"];

/// How data is encrypted.
#[derive(Clone, Copy)]
pub(super) struct DataAlgorithm {
    pub(super) cipher: Cipher,
    pub(super) mode: Mode,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// §5.2: an initialization vector, blocks, and padding whose last byte tells its length.
    Cbc,
    /// §5.2.4: 12 bytes of initialization vector, and a tag of 16.
    Gcm,
}

impl DataAlgorithm {
    pub(super) fn accepted(uri: &str, opening: Opening<'_>) -> Result<Self, Rejection> {
        let (cipher, mode) = match uri {
            "http://www.w3.org/2009/xmlenc11#aes128-gcm" => (Cipher::aes_128_gcm(), Mode::Gcm),
            "http://www.w3.org/2009/xmlenc11#aes192-gcm" => (Cipher::aes_192_gcm(), Mode::Gcm),
            "http://www.w3.org/2009/xmlenc11#aes256-gcm" => (Cipher::aes_256_gcm(), Mode::Gcm),
            "http://www.w3.org/2001/04/xmlenc#aes128-cbc" => (Cipher::aes_128_cbc(), Mode::Cbc),
            "http://www.w3.org/2001/04/xmlenc#aes192-cbc" => (Cipher::aes_192_cbc(), Mode::Cbc),
            "http://www.w3.org/2001/04/xmlenc#aes256-cbc" => (Cipher::aes_256_cbc(), Mode::Cbc),
            "http://www.w3.org/2001/04/xmlenc#tripledes-cbc" if opening.allow_3des => {
                (Cipher::des_ede3_cbc(), Mode::Cbc)
            }
            "http://www.w3.org/2001/04/xmlenc#tripledes-cbc" => {
                return Err(forbidden(AlgorithmUse::Cipher, uri, Some("danger_allow_3des")));
            }
            _ => return Err(forbidden(AlgorithmUse::Cipher, uri, None)),
        };
        if mode == Mode::Cbc && opening.forbid_cbc {
            return Err(forbidden(AlgorithmUse::Cipher, uri, None));
        }
        Ok(Self { cipher, mode })
    }
}

/// How a key is encrypted: RSA-OAEP and its two digests, §5.5.2. RSA PKCS#1 v1.5 is never accepted.
#[derive(Clone, Copy)]
pub(super) struct KeyTransport {
    pub(super) digest: MessageDigest,
    pub(super) mask_digest: MessageDigest,
}

impl KeyTransport {
    pub(super) fn accepted(method: Element<'_>) -> Result<Self, Rejection> {
        let uri = method.attribute("Algorithm").unwrap_or_default();
        let with_mask = match uri {
            "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p" => false,
            "http://www.w3.org/2009/xmlenc11#rsa-oaep" => true,
            _ => return Err(forbidden(AlgorithmUse::KeyTransport, uri, None)),
        };
        let (mut digest, mut mask_digest) = (None, None);
        for parameter in method.child_elements() {
            let algorithm = parameter.attribute("Algorithm").unwrap_or_default();
            if parameter.is(Namespace::DS, "DigestMethod") && digest.is_none() {
                digest = Some(oaep_digest(algorithm)?);
            } else if parameter.is(Namespace::XENC11, "MGF") && with_mask && mask_digest.is_none() {
                mask_digest = Some(mask(algorithm)?);
            } else if parameter.is(Namespace::XENC, "OAEPparams")
                && parameter.content().trim_ascii().is_empty()
            {
                // An empty label is none.
            } else {
                return Err(Rejection::EncryptionMalformed);
            }
        }
        // §5.5.2: SHA-1 is what stands for nothing in either place.
        let sha1 = MessageDigest::sha1;
        Ok(Self {
            digest: digest.unwrap_or_else(sha1),
            mask_digest: mask_digest.unwrap_or_else(sha1),
        })
    }
}

fn oaep_digest(uri: &str) -> Result<MessageDigest, Rejection> {
    match uri {
        // Collisions of SHA-1 do not matter to OAEP.
        "http://www.w3.org/2000/09/xmldsig#sha1" => Ok(MessageDigest::sha1()),
        "http://www.w3.org/2001/04/xmlenc#sha256" => Ok(MessageDigest::sha256()),
        "http://www.w3.org/2001/04/xmldsig-more#sha384" => Ok(MessageDigest::sha384()),
        "http://www.w3.org/2001/04/xmlenc#sha512" => Ok(MessageDigest::sha512()),
        _ => Err(forbidden(AlgorithmUse::KeyTransport, uri, None)),
    }
}

fn mask(uri: &str) -> Result<MessageDigest, Rejection> {
    match uri.strip_prefix("http://www.w3.org/2009/xmlenc11#mgf1") {
        Some("sha1") => Ok(MessageDigest::sha1()),
        Some("sha256") => Ok(MessageDigest::sha256()),
        Some("sha384") => Ok(MessageDigest::sha384()),
        Some("sha512") => Ok(MessageDigest::sha512()),
        _ => Err(forbidden(AlgorithmUse::KeyTransport, uri, None)),
    }
}

fn forbidden(usage: AlgorithmUse, uri: &str, allowed_by: Option<&'static str>) -> Rejection {
    Rejection::AlgorithmForbidden { usage, algorithm: Excerpt::new(uri), allowed_by }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::xml::Document;
    use crate::xmlenc::Budget;

    #[test]
    fn what_our_metadata_lists_is_opened() {
        let (limits, budget) = (Limits::default(), Budget::of_one_message());
        let opening = |forbid_cbc| Opening {
            has_sealed_keys: false,
            keys: &[],
            recipient: "",
            forbid_cbc,
            allow_3des: false,
            limits: &limits,
            budget: &budget,
        };
        let opened =
            |uri: &&str, forbid_cbc| DataAlgorithm::accepted(uri, opening(forbid_cbc)).is_ok();
        assert!(GCM.iter().all(|uri| opened(uri, true)));
        assert!(CBC.iter().all(|uri| opened(uri, false) && !opened(uri, true)));
        for uri in KEY_TRANSPORTS {
            let method = Document::parse(format!("<m Algorithm='{uri}'/>"), &limits).unwrap();
            assert!(KeyTransport::accepted(method.root().unwrap()).is_ok(), "{uri}");
        }
    }
}
