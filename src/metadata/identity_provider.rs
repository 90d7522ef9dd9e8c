//! The role of the identity provider: Metadata §2.4.1 to §2.4.3.

use crate::address::is_plain;
use crate::assertion::any_uri;
use crate::binding::Binding;
use crate::error::{Excerpt, Rejection};
use crate::provider::{Endpoint, IdentityProvider};
use crate::xml::Element;

use super::elements::md;
use super::error::MetadataError;
use super::warning::{MetadataWarning, Warnings};
use super::{bare, keys};

/// The protocol that protocolSupportEnumeration names: Metadata §2.4.1.
pub(super) const SAML2_PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";

/// The IDPSSODescriptor for SAML 2.0 of an entity.
pub(super) fn role(entity: Element<'_>) -> Result<Element<'_>, MetadataError> {
    let mut roles = md(entity, "IDPSSODescriptor").peekable();
    if roles.peek().is_none() {
        let missing = bare(&["IDPSSODescriptor"], entity.child_elements());
        return Err(missing.unwrap_or(MetadataError::NotAnIdentityProvider));
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
pub(super) fn read(
    entity_id: &str,
    role: Element<'_>,
    warnings: &mut Warnings,
) -> Result<IdentityProvider, MetadataError> {
    let wanted = role.attribute("WantAuthnRequestsSigned").map(str::trim);
    let mut idp = IdentityProvider::new(entity_id, keys::signing(role, warnings)?)
        .with_signed_requests_wanted(matches!(wanted, Some("true" | "1")));
    // Without them nobody could be sent to log in.
    if md(role, "SingleSignOnService").next().is_none()
        && let Some(missing) = bare(&["SingleSignOnService"], role.child_elements())
    {
        return Err(missing);
    }
    let mut refused = None;
    for service in md(role, "SingleSignOnService") {
        match endpoint(service, "SingleSignOnService", warnings) {
            // One by SOAP is for clients that are no browsers (Profiles §4.2).
            Ok(Some(endpoint)) if endpoint.binding != Binding::Soap => {
                idp = idp.with_sso_endpoint(endpoint);
            }
            Ok(_) => {}
            Err(invalid) => refused = refused.or(Some(invalid)),
        }
    }
    if let Some(found) = refused.filter(|_| idp.sso_endpoints().is_empty()) {
        return Err(MetadataError::EndpointInvalid { service: "SingleSignOnService", found });
    }
    for service in md(role, "SingleLogoutService") {
        if let Ok(Some(endpoint)) = endpoint(service, "SingleLogoutService", warnings) {
            idp = idp.with_slo_endpoint(endpoint);
        }
    }
    for service in md(role, "ArtifactResolutionService") {
        if let Ok(Some(endpoint)) = endpoint(service, "ArtifactResolutionService", warnings)
            && endpoint.binding == Binding::Soap
        {
            let index = service.attribute("index");
            match index.and_then(|index| index.trim().parse().ok()) {
                Some(number) => idp = idp.with_artifact_resolution(number, endpoint.location),
                None => {
                    let found = index.map(Excerpt::new);
                    warnings.push(MetadataWarning::EndpointIndexInvalid { found });
                }
            }
        }
    }
    Ok(idp)
}

/// An endpoint by a binding that is known here: Metadata §2.2.2. An address that cannot be used is
/// left out with a warning; without its Location, the endpoint is.
fn endpoint(
    service: Element<'_>,
    name: &'static str,
    warnings: &mut Warnings,
) -> Result<Option<Endpoint>, Excerpt> {
    let binding = service.attribute("Binding").map(any_uri);
    let Some(binding) = binding.and_then(Binding::from_uri) else {
        return Ok(None);
    };
    let mut checked = |url: &str| match is_plain(url) {
        true => Ok(url.to_owned()),
        false => {
            let found = Excerpt::new(url);
            warnings.push(MetadataWarning::EndpointInvalid { service: name, found: found.clone() });
            Err(found)
        }
    };
    let location = checked(service.attribute("Location").map(any_uri).unwrap_or_default())?;
    // An empty one is what a template leaves of none.
    let elsewhere = service.attribute("ResponseLocation").map(any_uri);
    let elsewhere = elsewhere.filter(|url| !url.is_empty());
    let response_location = elsewhere.and_then(|url| checked(url).ok());
    Ok(Some(Endpoint { response_location, ..Endpoint::new(binding, location) }))
}
