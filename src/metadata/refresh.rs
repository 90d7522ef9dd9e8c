//! What differs between the configuration and the metadata of the day.

use std::fmt;

use super::IdpMetadata;
use super::error::MetadataError;
use crate::binding::Binding;
use crate::error::Mismatch;
use crate::fingerprint::Fingerprint;
use crate::provider::{Endpoint, IdentityProvider};
use crate::trust::Certificate;

/// A service of the identity provider: Metadata §2.4.2, §2.4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EndpointKind {
    /// `ArtifactResolutionService`.
    ArtifactResolution {
        /// Its index.
        index: u16,
    },
    /// `SingleLogoutService`.
    SingleLogout,
    /// `SingleSignOnService`.
    SingleSignOn,
}

impl fmt::Display for EndpointKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ArtifactResolution { index } => write!(f, "Artifact Resolution Service {index}"),
            Self::SingleLogout => f.write_str("Single Logout Service"),
            Self::SingleSignOn => f.write_str("Single Sign-On Service"),
        }
    }
}

/// One difference between the configuration and the metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetadataChange {
    /// The issuer is another: this is the metadata of somebody else.
    IssuerChanged {
        /// The configured issuer.
        from: String,
        /// The entity ID in the metadata.
        to: String,
    },
    /// A signing key that is not configured.
    KeyAdded {
        /// SHA-256 fingerprint of its certificate.
        fingerprint: Fingerprint,
    },
    /// A configured key that the metadata does not have (any more).
    KeyRemoved {
        /// SHA-256 fingerprint of its certificate.
        fingerprint: Fingerprint,
    },
    /// A service, by a binding that is not configured.
    EndpointAdded {
        /// Which service.
        service: EndpointKind,
        /// Where it is.
        endpoint: Endpoint,
    },
    /// Another address for a service by the same binding.
    EndpointMoved {
        /// Which service.
        service: EndpointKind,
        /// The configured addresses.
        from: Endpoint,
        /// Those in the metadata.
        to: Endpoint,
    },
    /// A configured service that the metadata does not have by this binding (any more).
    EndpointRemoved {
        /// Which service.
        service: EndpointKind,
        /// Where it was.
        endpoint: Endpoint,
    },
    /// Whether the identity provider wants signed requests: WantAuthnRequestsSigned.
    SignedRequestsWanted {
        /// What the metadata says.
        wanted: bool,
    },
}

impl IdpMetadata {
    /// What an administrator should look at: every difference from what is configured, whether or
    /// not the metadata is signed.
    ///
    /// Of several addresses for a service by one binding the first counts, as everywhere.
    pub fn changes_from(&self, current: &IdentityProvider) -> Vec<MetadataChange> {
        let new = self.identity_provider();
        let mut changes = Vec::new();
        if new.issuer() != current.issuer() {
            let (from, to) = (current.issuer().to_owned(), new.issuer().to_owned());
            changes.push(MetadataChange::IssuerChanged { from, to });
        }
        let only_in = |one: &IdentityProvider, other: &IdentityProvider| -> Vec<Fingerprint> {
            let missing = |certificate: &&Certificate| {
                other.certificates().iter().all(|other| other != *certificate)
            };
            one.certificates().iter().filter(missing).map(|missing| missing.fingerprint()).collect()
        };
        changes.extend(
            only_in(new, current)
                .into_iter()
                .map(|fingerprint| MetadataChange::KeyAdded { fingerprint }),
        );
        changes.extend(
            only_in(current, new)
                .into_iter()
                .map(|fingerprint| MetadataChange::KeyRemoved { fingerprint }),
        );

        let (old, new_endpoints) = (endpoints(current), endpoints(new));
        let same = |a: &(EndpointKind, Endpoint), b: &(EndpointKind, Endpoint)| {
            a.0 == b.0 && a.1.binding == b.1.binding
        };
        for now in &new_endpoints {
            let (service, to) = now.clone();
            match old.iter().find(|before| same(before, now)) {
                None => changes.push(MetadataChange::EndpointAdded { service, endpoint: to }),
                Some((_, from)) if *from != to => {
                    changes.push(MetadataChange::EndpointMoved { service, from: from.clone(), to });
                }
                Some(_) => {}
            }
        }
        for (service, endpoint) in
            old.iter().filter(|before| !new_endpoints.iter().any(|now| same(before, now)))
        {
            changes.push(MetadataChange::EndpointRemoved {
                service: *service,
                endpoint: endpoint.clone(),
            });
        }
        if new.wants_signed_requests() != current.wants_signed_requests() {
            changes
                .push(MetadataChange::SignedRequestsWanted { wanted: new.wants_signed_requests() });
        }
        changes
    }

    /// What may be configured from now on without asking anybody.
    ///
    /// If a pinned key has signed the metadata, that is the metadata: keys, addresses and all, also
    /// where it takes something away. If not, **nothing changes**: whoever can put a document in
    /// the way could otherwise bring along a key of their own, send browsers elsewhere, or take
    /// away the keys that are in use. An administrator who has seen
    /// [the changes](IdpMetadata::changes_from) and answers for them configures
    /// [the identity provider](IdpMetadata::identity_provider) instead.
    ///
    /// A signed document can be handed in again as long as it is [valid](IdpMetadata::valid_until):
    /// one without `validUntil` brings back a key that was removed since. Have the publisher set
    /// it.
    ///
    /// # Errors
    ///
    /// [`MetadataError::IssuerChanged`] if it is the metadata of another identity provider, signed
    /// or not.
    pub fn refreshed(&self, current: &IdentityProvider) -> Result<IdentityProvider, MetadataError> {
        let new = self.identity_provider();
        if new.issuer() != current.issuer() {
            let issuer = Mismatch::new(current.issuer(), [new.issuer()], None);
            return Err(MetadataError::IssuerChanged { issuer });
        }
        Ok(if self.signature_verified() { new.clone() } else { current.clone() })
    }
}

/// The endpoints that count: the first of each service and binding.
fn endpoints(idp: &IdentityProvider) -> Vec<(EndpointKind, Endpoint)> {
    let mut first: Vec<(EndpointKind, Endpoint)> = Vec::new();
    let mut add = |service: EndpointKind, endpoint: Endpoint| {
        if !first
            .iter()
            .any(|(other, taken)| *other == service && taken.binding == endpoint.binding)
        {
            first.push((service, endpoint));
        }
    };
    for endpoint in idp.sso_endpoints() {
        add(EndpointKind::SingleSignOn, endpoint.clone());
    }
    for endpoint in idp.slo_endpoints() {
        add(EndpointKind::SingleLogout, endpoint.clone());
    }
    for (index, location) in idp.artifact_resolution() {
        add(
            EndpointKind::ArtifactResolution { index: *index },
            Endpoint::new(Binding::Soap, location),
        );
    }
    first
}
