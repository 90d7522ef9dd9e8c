use super::Shown;
use crate::assertion::{Envelope, is_version_2};
use crate::error::{Part, Rejection};

pub(super) fn version(envelope: &Envelope<'_>) -> Result<(), Rejection> {
    is_version_2(Part::Response, envelope.version())
}

pub(super) fn show_status(envelope: &Envelope<'_>) -> Shown {
    let codes = envelope.status_codes().unwrap_or_default();
    Shown::new("urn:oasis:names:tc:SAML:2.0:status:Success", Some(codes.join(", ")))
}
