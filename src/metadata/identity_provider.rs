//! The role of the identity provider: Metadata §2.4.1 to §2.4.3.

use crate::address::is_plain;
use crate::binding::Binding;
use crate::error::{CertificateError, Excerpt, Rejection};
use crate::provider::{Endpoint, IdentityProvider};
use crate::trust::Certificates;
use crate::xml::{Element, Namespace};

use super::error::MetadataError;

/// The protocol that protocolSupportEnumeration names: Metadata §2.4.1.
pub(super) const SAML2_PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";

/// The IDPSSODescriptor for SAML 2.0 of an entity.
pub(super) fn role(entity: Element<'_>) -> Result<Element<'_>, MetadataError> {
    let mut roles = md(entity, "IDPSSODescriptor").peekable();
    if roles.peek().is_none() {
        return Err(MetadataError::NotAnIdentityProvider);
    }
    let mut roles = roles.filter(|role| {
        let protocols = role.attribute("protocolSupportEnumeration").unwrap_or_default();
        protocols.split_ascii_whitespace().any(|protocol| protocol == SAML2_PROTOCOL)
    });
    let role = roles.next().ok_or(MetadataError::ProtocolUnsupported)?;
    match roles.next() {
        None => Ok(role),
        Some(_) => Err(MetadataError::Malformed(Rejection::ElementRepeated {
            parent: "EntityDescriptor",
            element: "IDPSSODescriptor",
        })),
    }
}

/// What a role says of the identity provider with this entity ID.
pub(super) fn read(entity_id: &str, role: Element<'_>) -> Result<IdentityProvider, MetadataError> {
    let mut idp =
        IdentityProvider::new(entity_id, certificates(role)?).with_signed_requests_wanted(
            matches!(role.attribute("WantAuthnRequestsSigned"), Some("true" | "1")),
        );
    for service in md(role, "SingleSignOnService") {
        // One by SOAP is for clients that are no browsers (Profiles §4.2).
        if let Some(endpoint) = endpoint(service, "SingleSignOnService")?
            && endpoint.binding != Binding::Soap
        {
            idp = idp.with_sso_endpoint(endpoint);
        }
    }
    for service in md(role, "SingleLogoutService") {
        if let Some(endpoint) = endpoint(service, "SingleLogoutService")? {
            idp = idp.with_slo_endpoint(endpoint);
        }
    }
    for service in md(role, "ArtifactResolutionService") {
        if let Some(endpoint) = endpoint(service, "ArtifactResolutionService")?
            && endpoint.binding == Binding::Soap
        {
            let index = service.attribute("index");
            let invalid = || MetadataError::EndpointIndexInvalid { found: index.map(Excerpt::new) };
            let number = index.and_then(|index| index.parse().ok()).ok_or_else(invalid)?;
            idp = idp.with_artifact_resolution(number, endpoint.location);
        }
    }
    Ok(idp)
}

/// The keys that may sign: those of `KeyDescriptor`s with use="signing" or without `use` (Metadata
/// §2.4.1.1).
///
/// Of each X509Data the first certificate counts. Others in it are of a chain (XML Signature
/// §4.4.4): nobody asked to trust the key of a certificate authority.
fn certificates(role: Element<'_>) -> Result<Certificates, MetadataError> {
    let keys = md(role, "KeyDescriptor")
        .filter(|key| matches!(key.attribute("use"), None | Some("signing")));
    let data = keys
        .flat_map(|key| children(key, Namespace::DS, "KeyInfo"))
        .flat_map(|info| children(info, Namespace::DS, "X509Data"));
    let mut all: Option<Certificates> = None;
    for certificate in
        data.filter_map(|data| children(data, Namespace::DS, "X509Certificate").next())
    {
        let text = certificate.text().ok_or(CertificateError::Unrecognized)?;
        let parsed = Certificates::parse(text.as_bytes())?;
        if parsed.len() != 1 {
            return Err(CertificateError::Unrecognized.into());
        }
        all = Some(match all {
            None => parsed,
            Some(all) => all.and(parsed)?,
        });
    }
    all.ok_or(MetadataError::NoSigningKey)
}

/// An endpoint by a binding that is known here: Metadata §2.2.2.
fn endpoint(service: Element<'_>, name: &'static str) -> Result<Option<Endpoint>, MetadataError> {
    let Some(binding) = service.attribute("Binding").and_then(Binding::from_uri) else {
        return Ok(None);
    };
    let checked = |url: &str| match is_plain(url) {
        true => Ok(url.to_owned()),
        false => Err(MetadataError::EndpointInvalid { service: name, found: Excerpt::new(url) }),
    };
    let location = checked(service.attribute("Location").unwrap_or_default())?;
    let response_location = service.attribute("ResponseLocation").map(checked).transpose()?;
    Ok(Some(Endpoint { response_location, ..Endpoint::new(binding, location) }))
}

fn md<'d>(parent: Element<'d>, local: &'static str) -> impl Iterator<Item = Element<'d>> {
    children(parent, Namespace::MD, local)
}

fn children<'d>(
    parent: Element<'d>,
    namespace: Namespace,
    local: &'static str,
) -> impl Iterator<Item = Element<'d>> {
    parent.child_elements().filter(move |child| child.is(namespace, local))
}
