//! What an address at an identity provider is for, by the paths that products give to such
//! addresses.

use crate::address::{Parts, is_plain};

/// How the paths of single sign-on services end, in lower case.
const LOGIN_ENDS: [&str; 19] = [
    // SimpleSAMLphp 1 and 2, and LemonLDAP::NG.
    "/ssoservice.php",
    "/singlesignonservice",
    "/saml/singlesignon",
    "/saml/singlesignonsoap",
    // Shibboleth.
    "/profile/saml2/redirect/sso",
    "/profile/saml2/post/sso",
    "/profile/saml2/post-simplesign/sso",
    "/profile/saml2/unsolicited/sso",
    // AD FS.
    "/adfs/ls",
    // PingFederate, PingOne.
    "/idp/sso.saml2",
    "/saml20/idp/sso",
    // Keycloak, Okta, authentik, Zitadel, Duo, and whoever else says it so.
    "/protocol/saml",
    "/sso/saml",
    "/sso/binding/redirect",
    "/sso/binding/post",
    "/saml/sso",
    "/saml2/sso",
    "/saml/v2/sso",
    "/saml20/login",
];

/// How the paths of metadata documents end, in lower case. Some products take them as their entity
/// IDs.
const METADATA_ENDS: [&str; 8] = [
    "/metadata",
    "/metadata.php",
    "/descriptor",
    "/idp/shibboleth",
    "/adfs/services/trust",
    "/federationmetadata",
    "/jsp/exportmetadata.jsp",
    ".xml",
];

/// Whether only a single sign-on service has such an address.
pub(super) fn is_login(url: &str) -> bool {
    path(url).is_some_and(|path| {
        LOGIN_ENDS.iter().any(|end| path.ends_with(end))
            // Auth0 and OpenAM put a name behind it.
            || ["/samlp/", "/ssoredirect/metaalias/", "/ssopost/metaalias/"]
                .iter()
                .any(|segment| path.contains(segment))
    })
}

/// Whether a single sign-on service may have such an address, and a metadata document has not.
pub(super) fn may_be_login(url: &str) -> bool {
    path(url).is_some_and(|path| ["/sso", "/login"].iter().any(|end| path.ends_with(end)))
}

/// Whether only a metadata document, or an issuer, has such an address.
pub(super) fn is_metadata(url: &str) -> bool {
    !is_login(url)
        && path(url).is_some_and(|path| {
            METADATA_ENDS.iter().any(|end| path.ends_with(end)) || path.contains("/metadata/")
        })
}

/// The single sign-on URL beside which a product has its metadata, where one follows from the
/// other.
pub(super) fn beside_metadata(url: &str) -> Option<&str> {
    // Keycloak: …/protocol/saml/descriptor. Okta: …/sso/saml/metadata.
    let cut = ["/descriptor", "/metadata"].iter().find_map(|end| url.strip_suffix(end))?;
    let ends = ["/protocol/saml", "/sso/saml"];
    ends.iter().any(|end| cut.ends_with(end)).then_some(cut)
}

fn path(url: &str) -> Option<String> {
    Some(Parts::of(url)?.path.trim_end_matches('/').to_ascii_lowercase())
}

/// A web address that was pasted without its beginning: a host with a dot, and a path.
pub(super) fn with_scheme(text: &str) -> Option<String> {
    let url = format!("https://{text}");
    let parts = Parts::of(&url).filter(|_| !text.contains("://") && is_plain(&url))?;
    (parts.host.contains('.') && parts.path.len() > 1).then_some(url)
}
