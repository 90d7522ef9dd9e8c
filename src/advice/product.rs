//! Whose identity provider it is.

use std::fmt;

use crate::address::Parts;

/// A product whose console is known here well enough to name its menus.
///
/// It is recognized for the words of [`Advice`](super::Advice) and of the examination of pasted
/// values, and decides nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Product {
    /// Active Directory Federation Services of Windows Server.
    Adfs,
    /// Auth0, as an identity provider.
    Auth0,
    /// authentik.
    Authentik,
    /// Microsoft Entra ID, formerly Azure Active Directory.
    Entra,
    /// Google Workspace and Cloud Identity.
    Google,
    /// JumpCloud.
    #[cfg_attr(feature = "serde", serde(rename = "jumpcloud"))]
    JumpCloud,
    /// Keycloak, and what is built of it.
    Keycloak,
    /// Okta.
    Okta,
    /// OneLogin.
    #[cfg_attr(feature = "serde", serde(rename = "onelogin"))]
    OneLogin,
    /// PingOne.
    #[cfg_attr(feature = "serde", serde(rename = "pingone"))]
    PingOne,
    /// Shibboleth's identity provider.
    Shibboleth,
    /// SimpleSAMLphp.
    #[cfg_attr(feature = "serde", serde(rename = "simplesamlphp"))]
    SimpleSamlPhp,
}

/// Attributes that one product alone sends by itself.
const TELLTALE_ATTRIBUTES: [(&str, Product); 2] = [
    ("http://schemas.microsoft.com/identity/claims/tenantid", Product::Entra),
    ("http://schemas.microsoft.com/identity/claims/objectidentifier", Product::Entra),
];

impl Product {
    /// Recognizes a product by the shape of the issuer, else by the host or the path of the single
    /// sign-on URL, else by the name of an attribute.
    ///
    /// `None` for everything that is not unmistakable, such as a domain of the customer's own.
    ///
    /// ```
    /// use saml_login::advice::Product;
    ///
    /// let none = std::iter::empty();
    /// let issuer = "http://www.okta.com/exk1a2b3c4d5e6f7g8h9";
    /// let okta = Product::recognize(issuer, None, none.clone());
    /// assert_eq!(okta, Some(Product::Okta));
    /// let sso_url = Some("https://sso.jumpcloud.com/saml2/acme");
    /// assert_eq!(Product::recognize("any text", sso_url, none.clone()), Some(Product::JumpCloud));
    /// let unknown = Product::recognize("any text", Some("https://login.acme.test/saml"), none);
    /// assert_eq!(unknown, None);
    /// ```
    pub fn recognize<'n>(
        issuer: &str,
        sso_url: Option<&str>,
        attribute_names: impl IntoIterator<Item = &'n str>,
    ) -> Option<Self> {
        let by_host = || Self::of_host(&Parts::of(sso_url?)?);
        let by_attributes = || {
            let mut products = attribute_names.into_iter().filter_map(|name| {
                TELLTALE_ATTRIBUTES
                    .iter()
                    .find(|(telltale, _)| *telltale == name)
                    .map(|(_, product)| *product)
            });
            products.next()
        };
        let by_path = || Self::of_path(issuer, sso_url.unwrap_or_default());
        Self::of_issuer(issuer).or_else(by_host).or_else(by_path).or_else(by_attributes)
    }

    /// The name of the product.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adfs => "AD FS",
            Self::Auth0 => "Auth0",
            Self::Authentik => "authentik",
            Self::Entra => "Microsoft Entra ID",
            Self::Google => "Google Workspace",
            Self::JumpCloud => "JumpCloud",
            Self::Keycloak => "Keycloak",
            Self::Okta => "Okta",
            Self::OneLogin => "OneLogin",
            Self::PingOne => "PingOne",
            Self::Shibboleth => "Shibboleth",
            Self::SimpleSamlPhp => "SimpleSAMLphp",
        }
    }

    /// The product whose issuers have the shape of this text.
    ///
    /// JumpCloud has none: there the administrator makes the issuer up.
    pub(crate) fn of_issuer(issuer: &str) -> Option<Self> {
        let url = Parts::of(issuer)?;
        let segments: Vec<&str> = url.path.split('/').skip(1).collect();
        match (url.host.as_str(), segments.as_slice()) {
            ("www.okta.com", [id]) if is_word(id) => Some(Self::Okta),
            ("sts.windows.net" | "sts.chinacloudapi.cn", [tenant, ""]) if is_word(tenant) => {
                Some(Self::Entra)
            }
            ("accounts.google.com", ["o", "saml2"]) if url.query.starts_with("idpid=") => {
                Some(Self::Google)
            }
            ("app.onelogin.com", ["saml", "metadata", id]) if is_word(id) => Some(Self::OneLogin),
            (_, ["realms", realm] | ["auth", "realms", realm]) if !realm.is_empty() => {
                Some(Self::Keycloak)
            }
            _ => None,
        }
    }

    /// The product whose single sign-on URLs have the shape of this text.
    pub(crate) fn of_login_url(url: &str) -> Option<Self> {
        let url = Parts::of(url)?;
        let segments: Vec<&str> = url.path.split('/').skip(1).collect();
        match (Self::of_host(&url), segments.as_slice()) {
            (Some(Self::Okta), [.., "sso", "saml"]) => Some(Self::Okta),
            (Some(Self::Entra), [_, "saml2"]) => Some(Self::Entra),
            (Some(Self::Google), ["o", "saml2", "idp"]) => Some(Self::Google),
            (Some(Self::JumpCloud), ["saml2", _]) => Some(Self::JumpCloud),
            (Some(Self::OneLogin), ["trust", "saml2", ..]) => Some(Self::OneLogin),
            (
                None,
                ["realms", _, "protocol", "saml", ..]
                | ["auth", "realms", _, "protocol", "saml", ..],
            ) => Some(Self::Keycloak),
            _ => None,
        }
    }

    /// What runs on hosts of its customers, by the paths that it has there.
    fn of_path(issuer: &str, sso_url: &str) -> Option<Self> {
        if issuer.starts_with("urn:") && issuer.ends_with(".auth0.com") {
            return Some(Self::Auth0);
        }
        let url = Parts::of(sso_url)?;
        let segments: Vec<&str> = url.path.split('/').skip(1).collect();
        match segments.as_slice() {
            ["adfs", "ls"] | ["adfs", "ls", ""] => Some(Self::Adfs),
            ["application", "saml", ..] => Some(Self::Authentik),
            [.., "profile", "SAML2", _, "SSO"] => Some(Self::Shibboleth),
            [.., "saml2", "idp", "SSOService.php"]
            | [.., "module.php", "saml", "idp", "singleSignOnService"] => Some(Self::SimpleSamlPhp),
            ["samlp", _] if url.is_within("auth0.com") => Some(Self::Auth0),
            _ if url.host.starts_with("auth.pingone.") => Some(Self::PingOne),
            _ => None,
        }
    }

    fn of_host(url: &Parts<'_>) -> Option<Self> {
        let okta = ["okta.com", "oktapreview.com", "okta-emea.com"];
        match url.host.as_str() {
            "login.microsoftonline.com"
            | "login.microsoftonline.us"
            | "login.partner.microsoftonline.cn" => Some(Self::Entra),
            "accounts.google.com" => Some(Self::Google),
            "sso.jumpcloud.com" => Some(Self::JumpCloud),
            _ if okta.iter().any(|domain| url.is_within(domain)) => Some(Self::Okta),
            _ if url.is_within("onelogin.com") => Some(Self::OneLogin),
            _ => None,
        }
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An identifier as consoles make them.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognized(issuer: &str, sso_url: &str, attribute: &str) -> Option<Product> {
        Product::recognize(issuer, Some(sso_url).filter(|url| !url.is_empty()), [attribute])
    }

    #[test]
    fn issuers_tell() {
        for (issuer, product) in [
            ("http://www.okta.com/exk1a2b3c4d5e6f7g8h9", Some(Product::Okta)),
            ("http://WWW.OKTA.com/exk1a2b3c4d5e6f7g8h9", Some(Product::Okta)),
            ("http://www.okta.com/", None),
            ("http://www.okta.com.evil.test/exk1", None),
            ("https://sts.windows.net/11111111-2222-3333-4444-555555555555/", Some(Product::Entra)),
            ("https://sts.windows.net/11111111-2222-3333-4444-555555555555", None),
            ("https://accounts.google.com/o/saml2?idpid=C01abc234", Some(Product::Google)),
            ("https://accounts.google.com/o/saml2/idp?idpid=C01abc234", None),
            ("https://app.onelogin.com/saml/metadata/123456", Some(Product::OneLogin)),
            ("https://idp.acme.test/realms/staff", Some(Product::Keycloak)),
            ("https://idp.acme.test:8443/auth/realms/staff", Some(Product::Keycloak)),
            ("https://idp.acme.test/realms/staff/protocol/saml", None),
            ("https://idp.acme.test/realms/", None),
            ("JumpCloud", None),
            ("", None),
        ] {
            assert_eq!(recognized(issuer, "", ""), product, "{issuer}");
        }
    }

    #[test]
    fn hosts_tell_next() {
        for (sso_url, product) in [
            ("https://acme.okta.com/app/acme/exk1/sso/saml", Some(Product::Okta)),
            ("https://ACME.OktaPreview.com/app/acme/exk1/sso/saml", Some(Product::Okta)),
            ("https://acme.okta-emea.com/app/acme/exk1/sso/saml", Some(Product::Okta)),
            ("https://acmeokta.com/app/acme/exk1/sso/saml", None),
            ("https://acme.okta.com.evil.test/app", None),
            ("https://acme.okta.com@evil.test/app", None),
            ("https://login.microsoftonline.com/1/saml2", Some(Product::Entra)),
            ("https://login.microsoftonline.us/1/saml2", Some(Product::Entra)),
            ("https://login.partner.microsoftonline.cn/1/saml2", Some(Product::Entra)),
            ("https://accounts.google.com/o/saml2/idp?idpid=C01abc234", Some(Product::Google)),
            ("https://sso.jumpcloud.com:443/saml2/acme", Some(Product::JumpCloud)),
            ("https://acme.onelogin.com/trust/saml2/http-post/sso/1", Some(Product::OneLogin)),
            ("https://sso.acme.test/app/acme/exk1/sso/saml", None),
            ("sso.jumpcloud.com/saml2/acme", None),
        ] {
            assert_eq!(recognized("acme", sso_url, ""), product, "{sso_url}");
        }
        // The issuer is asked first.
        let issuer = "http://www.okta.com/exk1";
        assert_eq!(
            recognized(issuer, "https://sso.jumpcloud.com/saml2/acme", ""),
            Some(Product::Okta)
        );
    }

    #[test]
    fn paths_tell_what_runs_on_hosts_of_its_customers() {
        for (issuer, sso_url, product) in [
            (
                "http://fs.acme.test/adfs/services/trust",
                "https://fs.acme.test/adfs/ls/",
                Product::Adfs,
            ),
            ("urn:acme.auth0.com", "https://login.acme.test/samlp/a1", Product::Auth0),
            ("acme", "https://acme.eu.auth0.com/samlp/a1", Product::Auth0),
            (
                "authentik",
                "https://idp.acme.test/application/saml/acme/sso/binding/redirect/",
                Product::Authentik,
            ),
            ("acme", "https://auth.pingone.eu/1a/saml20/idp/sso", Product::PingOne),
            (
                "https://idp.acme.test/idp/shibboleth",
                "https://idp.acme.test/idp/profile/SAML2/Redirect/SSO",
                Product::Shibboleth,
            ),
            (
                "acme",
                "https://idp.acme.test/simplesaml/saml2/idp/SSOService.php",
                Product::SimpleSamlPhp,
            ),
            (
                "acme",
                "https://idp.acme.test/module.php/saml/idp/singleSignOnService",
                Product::SimpleSamlPhp,
            ),
        ] {
            assert_eq!(recognized(issuer, sso_url, ""), Some(product), "{sso_url}");
        }
        for (issuer, sso_url) in [
            ("urn:acme.auth0.com.test", "https://login.acme.test/samlp/a1"),
            ("acme", "https://pingone.acme.test/1a/saml20/idp/sso"),
            ("acme", "https://idp.acme.test/adfs/other"),
        ] {
            assert_eq!(recognized(issuer, sso_url, ""), None, "{sso_url}");
        }
    }

    #[test]
    fn attributes_tell_last() {
        let tenant = "http://schemas.microsoft.com/identity/claims/tenantid";
        assert_eq!(recognized("acme", "", tenant), Some(Product::Entra));
        assert_eq!(
            recognized("acme", "https://sso.jumpcloud.com/saml2/acme", tenant),
            Some(Product::JumpCloud)
        );
        assert_eq!(recognized("acme", "", "email"), None);
    }
}
