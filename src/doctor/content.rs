//! What a field really holds.

use chrono::{DateTime, Utc};

use crate::error::CertificateError;
use crate::limits::Limits;
use crate::metadata::{IdpMetadata, MetadataError, MetadataTrust};
use crate::trust::{Certificates, has_private_key};

/// What a field holds, whatever it is for.
pub(super) enum Content {
    Blank,
    Certificate,
    Metadata(Box<Result<IdpMetadata, MetadataError>>),
    PrivateKey,
    Text,
}

impl Content {
    /// Looks into a field. `entity_id` chooses where a metadata document speaks of several identity
    /// providers.
    pub(super) fn of(text: &str, entity_id: &str, limits: &Limits, now: DateTime<Utc>) -> Self {
        let text = trimmed(text);
        if text.is_empty() {
            return Self::Blank;
        }
        // Whatever else is there.
        if has_private_key(text) {
            return Self::PrivateKey;
        }
        if is_metadata(text) {
            return Self::Metadata(Box::new(read(text, entity_id, limits, now)));
        }
        match Certificates::parse(text) {
            Err(CertificateError::PrivateKey) => Self::PrivateKey,
            Ok(_) => Self::Certificate,
            Err(_) if text.contains("-----BEGIN ") => Self::Certificate,
            Err(_) => Self::Text,
        }
    }
}

/// Without blank space at the ends, and without the invisible characters that are copied along from
/// web pages.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{200B}' | '\u{FEFF}'))
}

/// Also behind the sentence that a browser writes above it.
fn is_metadata(text: &str) -> bool {
    text.contains('<')
        && ["EntityDescriptor", "EntitiesDescriptor"].iter().any(|name| text.contains(name))
}

fn read(
    text: &str,
    entity_id: &str,
    limits: &Limits,
    now: DateTime<Utc>,
) -> Result<IdpMetadata, MetadataError> {
    match IdpMetadata::parse(text, None, MetadataTrust::Unsigned, limits, now) {
        Err(MetadataError::SeveralIdentityProviders { count }) => {
            let chosen =
                IdpMetadata::parse(text, Some(entity_id), MetadataTrust::Unsigned, limits, now);
            chosen.map_err(|error| match error {
                MetadataError::EntityNotFound { .. } => {
                    MetadataError::SeveralIdentityProviders { count }
                }
                other => other,
            })
        }
        other => other,
    }
}
