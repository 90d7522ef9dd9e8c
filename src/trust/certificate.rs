use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKeyRef, Private, Public};
use openssl::x509::{X509, X509NameRef};

use super::chain;
use super::paste::{self, Found};
use super::public_key::{KeyUsage, PublicKey};
use crate::error::CertificateError;
use crate::fingerprint::Fingerprint;

/// So many certificates are taken: every one is tried on a signature that does not verify.
pub(crate) const MAX_CERTIFICATES: usize = 10;

/// An X.509 certificate whose public key is pinned.
///
/// It is a wrapper around the key and nothing more: its dates, names and signature carry no trust.
/// Cheap to clone.
#[derive(Clone)]
pub struct Certificate(Arc<Parsed>);

struct Parsed {
    der: Vec<u8>,
    fingerprint: Fingerprint,
    subject: String,
    not_before: Option<DateTime<Utc>>,
    not_after: Option<DateTime<Utc>>,
    key: KeyType,
    public_key: PublicKey,
}

/// The type of a certificate's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyType {
    /// An elliptic-curve key on P-256.
    P256,
    /// An elliptic-curve key on P-384.
    P384,
    /// An elliptic-curve key on P-521.
    P521,
    /// An RSA key.
    Rsa {
        /// Length of the modulus in bits.
        bits: u32,
    },
}

impl Certificate {
    /// The SHA-256 fingerprint of the certificate.
    pub fn fingerprint(&self) -> Fingerprint {
        self.0.fingerprint
    }

    /// Begin of the validity; `None` where it is unreadable.
    pub fn not_before(&self) -> Option<DateTime<Utc>> {
        self.0.not_before
    }

    /// End of the validity; `None` where it is unreadable.
    pub fn not_after(&self) -> Option<DateTime<Utc>> {
        self.0.not_after
    }

    /// The subject in one line, such as `CN=JumpCloudSAMLUser, O=Acme`.
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The type of the key.
    pub fn key(&self) -> KeyType {
        self.0.key
    }

    /// The length of an RSA key below 2048 bits, which a connection takes only where it is told to.
    pub(crate) fn weak_bits(&self) -> Option<u32> {
        match self.key() {
            KeyType::Rsa { bits } if bits < 2048 => Some(bits),
            _ => None,
        }
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The certificate as PEM: RFC 7468 §5.1.
    pub fn to_pem(&self) -> String {
        let base64: Vec<char> = STANDARD.encode(self.der()).chars().collect();
        let lines: Vec<String> = base64.chunks(64).map(|line| line.iter().collect()).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    pub(crate) fn has_same_key(&self, other: &Self) -> bool {
        self.0.public_key.key().public_eq(other.0.public_key.key())
    }

    /// Whether this is the public half.
    pub(super) fn is_of(&self, private: &PKeyRef<Private>) -> bool {
        private.public_eq(self.0.public_key.key())
    }

    /// Whether the key has signed `digest`.
    pub(crate) fn verifies(
        &self,
        usage: KeyUsage,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<bool, ErrorStack> {
        self.0.public_key.verifies(usage, digest, signature)
    }

    pub(crate) fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let x509 = X509::from_der(der).map_err(|_| CertificateError::Unrecognized)?;
        let public_key = x509.public_key().map_err(|_| CertificateError::KeyInvalid)?;
        Ok(Self(Arc::new(Parsed {
            der: der.to_vec(),
            fingerprint: Fingerprint::of(der),
            subject: one_line(x509.subject_name()),
            not_before: instant(x509.not_before()),
            not_after: instant(x509.not_after()),
            key: key_type(&public_key)?,
            public_key: PublicKey::new(public_key),
        })))
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint() == other.fingerprint()
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("fingerprint", &self.fingerprint())
            .field("subject", &self.subject())
            .finish_non_exhaustive()
    }
}

fn key_type(key: &PKeyRef<Public>) -> Result<KeyType, CertificateError> {
    let unsupported = |found: String| Err(CertificateError::KeyTypeUnsupported { found });
    match key.id() {
        Id::RSA | Id::RSA_PSS => {
            let rsa = key.rsa().map_err(|_| CertificateError::KeyInvalid)?;
            let bits =
                u32::try_from(rsa.n().num_bits()).map_err(|_| CertificateError::KeyInvalid)?;
            // An exponent of one makes every value its own signature; OpenSSL itself refuses moduli
            // above 16384 bits.
            let exponent = rsa.e();
            // An exponent above 256 bits (FIPS 186-5 §5.4) only makes each verification slow.
            let sound = exponent.is_bit_set(0)
                && (2..=256).contains(&exponent.num_bits())
                && rsa.n().is_bit_set(0);
            if bits > 16_384 || !sound {
                return Err(CertificateError::KeyInvalid);
            }
            if bits < 1024 {
                Err(CertificateError::KeyTooShort { bits })
            } else {
                Ok(KeyType::Rsa { bits })
            }
        }
        Id::EC => {
            let ec = key.ec_key().map_err(|_| CertificateError::KeyInvalid)?;
            ec.check_key().map_err(|_| CertificateError::KeyInvalid)?;
            match ec.group().curve_name() {
                Some(Nid::X9_62_PRIME256V1) => Ok(KeyType::P256),
                Some(Nid::SECP384R1) => Ok(KeyType::P384),
                Some(Nid::SECP521R1) => Ok(KeyType::P521),
                Some(other) => {
                    unsupported(format!("EC {}", other.short_name().unwrap_or("on another curve")))
                }
                None => unsupported("EC with parameters of its own".into()),
            }
        }
        Id::DSA => unsupported("DSA".into()),
        Id::ED25519 => unsupported("Ed25519".into()),
        Id::ED448 => unsupported("Ed448".into()),
        other => unsupported(format!("number {} in OpenSSL", other.as_raw())),
    }
}

fn instant(time: &Asn1TimeRef) -> Option<DateTime<Utc>> {
    let difference = Asn1Time::from_unix(0).ok()?.diff(time).ok()?;
    DateTime::from_timestamp(i64::from(difference.days) * 86_400 + i64::from(difference.secs), 0)
}

/// The subject for people: capped, without control and other unprintable characters.
fn one_line(name: &X509NameRef) -> String {
    let entries = name.entries().take(16).map(|entry| {
        let field = entry.object().nid().short_name().unwrap_or("?");
        let value = entry.data().to_string().unwrap_or_default();
        let value: String = value.chars().take(64).flat_map(char::escape_debug).collect();
        format!("{field}={value}")
    });
    entries.collect::<Vec<_>>().join(", ")
}

/// One to ten certificates: the keys of one identity provider, more than one while it replaces its
/// key.
///
/// Two are equal if the same certificates are pinned, in the same order.
#[derive(Clone, Debug)]
pub struct Certificates {
    pinned: Vec<Certificate>,
    authorities: Vec<Certificate>,
    searched: bool,
}

#[expect(clippy::len_without_is_empty, reason = "there is at least one")]
impl Certificates {
    /// Takes certificates as administrators paste them.
    ///
    /// PEM, with or without the armour lines, wrapped or in one line; the `<ds:X509Certificate>`
    /// element of a metadata document; DER; with any line ends and with text around the PEM blocks;
    /// one or several. What is none of these is searched for whole certificates, whatever they are
    /// wrapped in: JSON, markup, percent-encoding, a quoted mail, typographic dashes, Base64 once
    /// more. [`were_searched`](Self::were_searched) tells; only the certificates are kept.
    ///
    /// Of a chain the [authorities](Self::authorities) are not pinned.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] names what was pasted in place of a certificate, or why the key cannot
    /// be used. A private key refuses the paste, whatever stands beside it. RSA keys below 2048
    /// bits are left for the connection to refuse.
    ///
    /// ```
    /// # use saml_login::Certificates;
    /// # let pem = include_str!("../../fixtures/saml-idp-samlp/idp-cert.pem");
    /// let pinned = Certificates::parse(pem)?;
    /// assert_eq!(pinned.len(), 1);
    ///
    /// // Copied out of a mail.
    /// let quoted: String = pem.lines().map(|line| format!("> {line}\n")).collect();
    /// let found = Certificates::parse(quoted)?;
    /// assert_eq!(found, pinned);
    /// assert!(found.were_searched());
    /// # Ok::<(), saml_login::error::CertificateError>(())
    /// ```
    pub fn parse(paste: impl AsRef<[u8]>) -> Result<Self, CertificateError> {
        let Found { certificates, searched } = paste::read(paste.as_ref(), MAX_CERTIFICATES)?;
        let ders: Vec<&[u8]> = certificates.iter().map(Vec::as_slice).collect();
        let (authorities, leaves) = chain::part(&ders);
        let leaves: Result<Vec<_>, _> = leaves.into_iter().map(Certificate::from_der).collect();
        // What is not pinned may have any key.
        let readable = |der| Certificate::from_der(der).ok();
        let authorities = authorities.into_iter().filter_map(readable).collect();
        Ok(Self { authorities, searched, ..Self::of(leaves?)? })
    }

    /// Adds those of another paste, for a key rollover.
    ///
    /// # Errors
    ///
    /// [`CertificateError::TooMany`] if there are more than ten together.
    pub fn and(self, other: Self) -> Result<Self, CertificateError> {
        let Self { mut pinned, mut authorities, searched } = self;
        pinned.extend(other.pinned);
        authorities.extend(other.authorities);
        let searched = searched || other.searched;
        Ok(Self { authorities: distinct(authorities), searched, ..Self::of(pinned)? })
    }

    /// One to ten, each once, all of them pinned.
    pub(crate) fn of(certificates: Vec<Certificate>) -> Result<Self, CertificateError> {
        let pinned = distinct(certificates);
        match pinned.len() {
            0 => Err(CertificateError::Empty),
            1..=MAX_CERTIFICATES => Ok(Self { pinned, authorities: Vec::new(), searched: false }),
            _ => Err(CertificateError::TooMany { limit: MAX_CERTIFICATES }),
        }
    }

    /// Certificates of authorities that stood in one paste with those that they have issued. They
    /// are not pinned: a signature by one of them is none of the identity provider's.
    pub fn authorities(&self) -> &[Certificate] {
        &self.authorities
    }

    /// Whether the certificates had to be searched for in what was pasted: tell whoever pasted it
    /// that only they are kept.
    pub fn were_searched(&self) -> bool {
        self.searched
    }

    /// The certificates in the order of the paste.
    pub fn iter(&self) -> std::slice::Iter<'_, Certificate> {
        self.pinned.iter()
    }

    pub(super) fn as_slice(&self) -> &[Certificate] {
        &self.pinned
    }

    /// How many there are: at least one.
    pub fn len(&self) -> usize {
        self.pinned.len()
    }
}

impl PartialEq for Certificates {
    fn eq(&self, other: &Self) -> bool {
        self.pinned == other.pinned
    }
}

impl Eq for Certificates {}

fn distinct(certificates: Vec<Certificate>) -> Vec<Certificate> {
    let mut distinct: Vec<Certificate> = Vec::new();
    for certificate in certificates {
        if !distinct.contains(&certificate) {
            distinct.push(certificate);
        }
    }
    distinct
}

impl FromStr for Certificates {
    type Err = CertificateError;

    fn from_str(paste: &str) -> Result<Self, CertificateError> {
        Self::parse(paste)
    }
}

impl<'a> IntoIterator for &'a Certificates {
    type Item = &'a Certificate;
    type IntoIter = std::slice::Iter<'a, Certificate>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
