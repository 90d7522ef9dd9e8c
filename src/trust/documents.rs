//! Documents that a certificate stands in, and says nothing of.

use crate::error::CertificateError;

/// Refuses metadata and SAML messages, of which a certificate inside says nothing.
pub(super) fn refuse_documents(text: &str) -> Result<(), CertificateError> {
    // A part of one as well: there a certificate may be for encryption, and must not come to sign.
    if ["EntityDescriptor", "EntitiesDescriptor", "IDPSSODescriptor", "KeyDescriptor"]
        .iter()
        .any(|name| text.contains(name))
    {
        return Err(CertificateError::Metadata);
    }
    // Whoever writes a message chooses the certificate in it: a message must not become what it is
    // checked against.
    if MESSAGES.iter().any(|name| text.contains(name)) {
        return Err(CertificateError::SamlMessage);
    }
    Ok(())
}

/// Whether a text with markup in it is a SAML message, or metadata.
pub(crate) fn is_document(text: &str) -> bool {
    text.contains('<') && refuse_documents(text).is_err()
}

/// What stands in messages alone: Core §2.3.3, §3.2 to §3.8, XML Signature §4. `Response` is also
/// the end of LogoutResponse, ArtifactResponse and others.
const MESSAGES: [&str; 9] = [
    "Response",
    "AuthnRequest",
    "LogoutRequest",
    "ManageNameIDRequest",
    "ArtifactResolve",
    "Assertion",
    "Signature>",
    "SignedInfo",
    "SignatureValue",
];
