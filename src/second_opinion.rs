//! A second opinion: libxmlsec1, a wholly different engine, through samael.
//!
//! It is asked after this crate has verified a message, and has to come to the very same octets. It
//! can only refuse. What is known to go wrong in it is kept out of reach:
//!
//! - It follows a Reference to a file or a URL. It is only asked about messages whose every
//!   signature this crate has verified, so that each has one Reference, to an element of the
//!   message, and no transform beyond canonicalization. A message with further signatures (in
//!   Advice) is refused unasked.
//! - It decrypts without looking at lengths, and panics. Nothing is ever decrypted with it.
//! - It panics. A panic of its is caught and is a refusal.
//! - Some ways through it leak memory with each call. Only its pre-digest mode is used, which does
//!   not: the test `the_second_engine_does_not_grow` measures it.
//! - It may fetch keys that KeyInfo names. It is handed the connection's keys, one at a time, and
//!   then looks for no other.

use std::panic::{AssertUnwindSafe, catch_unwind};

use samael::crypto::{CertificateDer, Crypto, CryptoProvider, ReduceMode};
use samael::metadata::EntityDescriptor;

use crate::assertion::Envelope;
use crate::dsig::SignedOctets;
use crate::error::{CertificateError, Rejection};
use crate::provider::IdentityProvider;
use crate::trust::Certificates;

/// Whether libxmlsec1 verifies the message as well, and hashes the same octets.
pub(crate) fn agrees(
    envelope: Envelope<'_>,
    signed: &SignedOctets,
    certificates: &Certificates,
) -> Result<(), Rejection> {
    let differs = |reason| Err(Rejection::SecondOpinionDiffers { reason });
    let message = envelope.response().document().text();
    let verified = envelope.signatures();
    if envelope.all_signatures() != usize::from(verified.response) + usize::from(verified.assertion)
    {
        return differs("the message has signatures besides those that count");
    }
    let keys: Vec<CertificateDer> =
        certificates.iter().map(|certificate| certificate.der().to_vec().into()).collect();
    let asked = catch_unwind(AssertUnwindSafe(|| {
        Crypto::reduce_xml_to_signed(message, &keys, ReduceMode::PreDigest)
    }));
    match asked {
        Ok(Ok(octets)) if octets == signed.as_str() => Ok(()),
        Ok(Ok(_)) => differs("it hashes other octets"),
        Ok(Err(_)) => differs("it does not verify the signature"),
        Err(_) => differs("it failed"),
    }
}

/// For those who come from samael: the issuer, the signing certificates and the single sign-on URL
/// of a metadata document.
///
/// The URL is that of the HTTP-Redirect binding, or else of HTTP-POST. A descriptor without an
/// entity ID, or without a key that may sign, does not become an identity provider.
impl TryFrom<&EntityDescriptor> for IdentityProvider {
    type Error = DescriptorError;

    fn try_from(descriptor: &EntityDescriptor) -> Result<Self, Self::Error> {
        let issuer = descriptor.entity_id.as_deref().filter(|id| !id.trim().is_empty());
        let issuer = issuer.ok_or(DescriptorError::NoEntityId)?;
        let roles = descriptor.idp_sso_descriptors.as_deref().unwrap_or_default();
        let keys = roles.iter().flat_map(|role| &role.key_descriptors);
        // Metadata §2.4.1.1: a key without a use serves for both.
        let signing =
            keys.filter(|key| key.key_use.as_deref().is_none_or(|usage| usage == "signing"));
        let pasted = signing
            .filter_map(|key| key.key_info.x509_data.as_ref())
            .flat_map(|data| &data.certificates);
        let mut certificates: Option<Certificates> = None;
        for pasted in pasted {
            let more = Certificates::parse(pasted)?;
            certificates = Some(match certificates {
                Some(certificates) => certificates.and(more)?,
                None => more,
            });
        }
        let idp = Self::new(issuer, certificates.ok_or(DescriptorError::NoSigningKey)?);
        let endpoints = || roles.iter().flat_map(|role| &role.single_sign_on_services);
        let of = |binding: &str| endpoints().find(|endpoint| endpoint.binding == binding);
        let endpoint = of("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect")
            .or_else(|| of("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"));
        Ok(match endpoint {
            Some(endpoint) => idp.with_sso_url(endpoint.location.clone()),
            None => idp,
        })
    }
}

/// Why a metadata document does not become an [`IdentityProvider`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptorError {
    /// A certificate in it cannot be used.
    #[error("a certificate of the metadata cannot be used: {0}")]
    Certificate(#[from] CertificateError),
    /// It has no entity ID.
    #[error("the metadata has no entity ID")]
    NoEntityId,
    /// It has no key that may sign.
    #[error("the metadata has no signing key")]
    NoSigningKey,
}
