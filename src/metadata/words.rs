//! What is wrong with a document or a certificate in it, in the words of metadata: nobody pasted
//! the certificate, and there is no response.

use crate::error::{CertificateError, Rejection};

/// Why the document cannot be read.
pub(super) fn of_document(rejection: &Rejection) -> String {
    match rejection {
        Rejection::DtdForbidden => "it contains a document type declaration".into(),
        Rejection::DuplicateId => "two of its elements share an ID".into(),
        Rejection::XmlLimitExceeded { limit, allowed } => {
            format!("it exceeds the limit for {limit}, which is {allowed}")
        }
        Rejection::XmlMalformed { problem, offset } => {
            format!("it is not well-formed XML: {problem} at byte {offset}")
        }
        other => other.to_string(),
    }
}

/// What to do about it.
pub(super) fn cure_of_document(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::DtdForbidden | Rejection::DuplicateId => {
            "No identity provider publishes such metadata: make sure that it came from yours."
        }
        Rejection::XmlLimitExceeded { .. } => {
            "Give the metadata of the identity provider by itself, not that of a whole federation."
        }
        Rejection::XmlMalformed { .. } => {
            "It was cut off or changed on its way: download it again, and give the file as it is."
        }
        _ => "Let the identity provider's administrator correct it.",
    }
}

/// Why a certificate cannot be used.
pub(super) fn of_certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::Bundle { format } => format!("it is a {format} bundle"),
        CertificateError::CertificateRequest => "it is a certificate signing request".into(),
        CertificateError::Damaged => "it holds a character that is not Base64".into(),
        CertificateError::Empty => "its X509Certificate is empty".into(),
        CertificateError::KeyInvalid => "its public key is damaged".into(),
        CertificateError::PublicKey => "it is a bare public key".into(),
        CertificateError::TooMany { limit } => format!("there are more than {limit}"),
        CertificateError::Truncated => "it is cut off".into(),
        CertificateError::KeyTypeUnsupported { .. } | CertificateError::KeyTooShort { .. } => {
            error.to_string()
        }
        _ => "it is not a certificate".into(),
    }
}
