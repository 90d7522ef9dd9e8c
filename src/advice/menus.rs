//! The words of the consoles, one function a product.

use super::{Product, Setting, others};

/// What to do, whatever the console is.
pub(super) fn action(setting: Setting) -> &'static str {
    match setting {
        Setting::AcsUrl => "Enter the ACS URL of this connection, exactly as it is.",
        Setting::Algorithm => "Choose a signature with RSA and SHA-256.",
        Setting::Assignment => {
            "See whether the person, or a group of theirs, is assigned to the application; what else the identity provider \
             reports is in its own log."
        }
        Setting::Attributes => {
            "Map the attributes that this connection requires, under a name that it knows, and leave out or filter long \
             lists of groups."
        }
        Setting::Audience => {
            "Enter the Audience URI of this connection as the entity ID of the service provider."
        }
        Setting::AuthnStatement => {
            "Let every assertion say when and how the person authenticated (AuthnStatement)."
        }
        Setting::Canonicalization => {
            "Choose exclusive canonicalization for signatures; or have the response signed, and not the assertion."
        }
        Setting::Certificate => {
            "Compare the certificate that the console shows with the one of this connection, and paste it here if it is \
             another: from the console, never out of a response."
        }
        Setting::Clock => {
            "Compare the clock of this server with the right time, and the identity provider's clock with it."
        }
        Setting::Encryption => {
            "Give it the current encryption certificate of this service provider, or switch the encryption of assertions \
             off."
        }
        Setting::Issuer => "Copy the issuer from the console into this connection, byte for byte.",
        Setting::LoginUrl => {
            "Have the application's tile lead to the login page of this connection, so that logins start here."
        }
        Setting::NameId => {
            "Map the NameID to the e-mail address or another value that every person has."
        }
        Setting::SignedParts => {
            "Switch signing on, of the assertion, the response, or both, as this connection requires."
        }
    }
}

/// How consoles call the setting.
pub(super) fn usual_names(setting: Setting) -> &'static str {
    match setting {
        Setting::AcsUrl => {
            "Consoles call it ACS URL, Reply URL, Single sign-on URL, Recipient, or Destination."
        }
        Setting::Algorithm => "Consoles call it Signature Algorithm or Signing Algorithm.",
        Setting::Assignment => "Consoles call it Assignments, Users and groups, or User access.",
        Setting::Attributes => "Consoles call them attributes, claims, parameters, or mappers.",
        Setting::Audience => "Consoles call it SP Entity ID, Audience, Identifier, or Client ID.",
        Setting::AuthnStatement => {
            "Keycloak calls it Include AuthnStatement; most consoles have no switch for it."
        }
        Setting::Canonicalization => {
            "Consoles call it Canonicalization method or Canonicalization Algorithm, and not all have it."
        }
        Setting::Certificate => {
            "Consoles call it X.509 certificate, IdP certificate, or signing certificate."
        }
        Setting::Clock => "Network time (NTP) keeps both right.",
        Setting::Encryption => "Consoles call it assertion encryption or token encryption.",
        Setting::Issuer => "Consoles call it Issuer, IdP Entity ID, or Identifier.",
        Setting::LoginUrl => "Consoles call it Login URL or Sign-on URL, and not all have it.",
        Setting::NameId => "Consoles call it NameID, Name ID, or Unique User Identifier.",
        Setting::SignedParts => {
            "Consoles call it Sign Assertion, Sign Response, Signed response, or Signing Option."
        }
    }
}

/// The console, behind “In”.
pub(super) fn console(product: Product) -> &'static str {
    match product {
        Product::Adfs => "the AD FS Management console",
        Product::Auth0 => "the Auth0 Dashboard",
        Product::Authentik => "the authentik Admin interface",
        Product::Entra => "the Microsoft Entra admin center",
        Product::Google => "the Google Admin console",
        Product::JumpCloud => "the JumpCloud Admin Portal",
        Product::Keycloak => "the Keycloak admin console",
        Product::Okta => "the Okta admin console",
        Product::OneLogin => "the OneLogin administration",
        Product::PingOne => "the PingOne admin console",
        Product::Shibboleth => "the configuration of Shibboleth",
        Product::SimpleSamlPhp => "the configuration of SimpleSAMLphp",
    }
}

/// Where it is set. `None` where the console has no such setting, or none that is known for
/// certain.
pub(super) fn place(product: Product, setting: Setting) -> Option<String> {
    let (application, path) = match product {
        Product::Adfs => ("Relying Party Trusts > the trust > ", others::adfs(setting)?),
        Product::Auth0 => {
            ("Applications > the application > Addons > SAML2 Web App > ", others::auth0(setting)?)
        }
        Product::Authentik => {
            ("Applications > Providers > the provider > ", others::authentik(setting)?)
        }
        Product::Entra => ("Enterprise applications > the application > ", entra(setting)?),
        Product::Google => ("Apps > Web and mobile apps > the application > ", google(setting)?),
        Product::JumpCloud => ("SSO Applications > the application > ", jumpcloud(setting)?),
        Product::Keycloak => ("", keycloak(setting)?),
        Product::Okta => ("Applications > Applications > the application > ", okta(setting)?),
        Product::OneLogin => ("Applications > the application > ", onelogin(setting)?),
        Product::PingOne => ("Applications > the application > ", others::pingone(setting)?),
        Product::Shibboleth => ("", others::shibboleth(setting)?),
        Product::SimpleSamlPhp => ("", others::simplesamlphp(setting)?),
    };
    Some(format!("{application}{path}"))
}

fn entra(setting: Setting) -> Option<&'static str> {
    Some(match setting {
        Setting::AcsUrl => {
            "Single sign-on > Basic SAML Configuration > Reply URL (Assertion Consumer Service URL)"
        }
        Setting::Algorithm => {
            "Single sign-on > SAML Certificates > Edit > Signing Algorithm: SHA-256"
        }
        Setting::Assignment => "Users and groups",
        Setting::Attributes => "Single sign-on > Attributes & Claims",
        Setting::Audience => "Single sign-on > Basic SAML Configuration > Identifier (Entity ID)",
        Setting::Certificate => {
            "Single sign-on > SAML Certificates > Certificate (Base64) > Download"
        }
        Setting::AuthnStatement | Setting::Canonicalization | Setting::Clock => return None,
        Setting::Encryption => "Security > Token encryption",
        Setting::Issuer => "Single sign-on > Set up (the application) > Microsoft Entra Identifier",
        Setting::LoginUrl => "Single sign-on > Basic SAML Configuration > Sign on URL (Optional)",
        Setting::NameId => {
            "Single sign-on > Attributes & Claims > Unique User Identifier (Name ID)"
        }
        Setting::SignedParts => "Single sign-on > SAML Certificates > Edit > Signing Option",
    })
}

fn google(setting: Setting) -> Option<&'static str> {
    Some(match setting {
        Setting::AcsUrl => "Service provider details > ACS URL",
        Setting::Assignment => "User access",
        Setting::Attributes => "SAML attribute mapping",
        Setting::Audience => "Service provider details > Entity ID",
        Setting::Certificate => "Download metadata > Certificate",
        Setting::Algorithm
        | Setting::AuthnStatement
        | Setting::Canonicalization
        | Setting::Clock
        | Setting::Encryption
        | Setting::LoginUrl => {
            return None;
        }
        Setting::Issuer => "Download metadata > Entity ID",
        Setting::NameId => "Service provider details > Name ID format and Name ID",
        Setting::SignedParts => {
            "Service provider details > Signed response: the whole response is signed where it is ticked, the assertion \
             alone where it is not"
        }
    })
}

fn jumpcloud(setting: Setting) -> Option<&'static str> {
    Some(match setting {
        Setting::AcsUrl => "SSO > ACS URLs",
        Setting::Algorithm => "SSO > Signature Algorithm: RSA-SHA256",
        Setting::Assignment => "User Groups",
        Setting::Attributes => "SSO > Attributes",
        Setting::Audience => "SSO > SP Entity ID",
        Setting::Certificate => "IDP Certificate Valid > Download certificate",
        Setting::AuthnStatement
        | Setting::Canonicalization
        | Setting::Clock
        | Setting::Encryption => return None,
        Setting::Issuer => "SSO > IdP Entity ID",
        Setting::LoginUrl => "SSO > Login URL",
        Setting::NameId => "SSO > SAMLSubject NameID",
        Setting::SignedParts => "SSO > Sign: Assertion, Response, or both",
    })
}

fn keycloak(setting: Setting) -> Option<&'static str> {
    Some(match setting {
        Setting::AcsUrl => {
            "Clients > the client > Advanced > Fine Grain SAML Endpoint Configuration > Assertion Consumer Service POST \
             Binding URL"
        }
        Setting::Algorithm => {
            "Clients > the client > Settings > Signature and Encryption > Signature algorithm: RSA_SHA256"
        }
        Setting::Assignment => {
            "Users > the user: see that the account is enabled and may use the client"
        }
        Setting::Attributes => {
            "Clients > the client > Client scopes > its dedicated scope > Mappers"
        }
        Setting::Audience => "Clients > the client > Settings > Client ID",
        Setting::AuthnStatement => {
            "Clients > the client > Settings > SAML capabilities > Include AuthnStatement: On"
        }
        Setting::Canonicalization => {
            "Clients > the client > Settings > Signature and Encryption > Canonicalization method: EXCLUSIVE; or Sign \
             documents: On and Sign assertions: Off"
        }
        Setting::Certificate => "Realm settings > Keys > the active RS256 key > Certificate",
        Setting::Clock => return None,
        Setting::Encryption => "Clients > the client > Keys > Encrypt assertions",
        Setting::Issuer => {
            "Realm settings > General > Endpoints > SAML 2.0 Identity Provider Metadata > entityID, which is the URL of the \
             realm"
        }
        Setting::LoginUrl => {
            "Clients > the client > Settings > Home URL, with IDP-Initiated SSO URL name left empty"
        }
        Setting::NameId => "Clients > the client > Settings > SAML capabilities > Name ID format",
        Setting::SignedParts => {
            "Clients > the client > Settings > Signature and Encryption > Sign documents and Sign assertions"
        }
    })
}

fn okta(setting: Setting) -> Option<&'static str> {
    Some(match setting {
        Setting::AcsUrl => "General > SAML Settings > Edit > Single sign-on URL",
        Setting::Algorithm => {
            "General > SAML Settings > Edit > Show Advanced Settings > Signature Algorithm: RSA-SHA256, Digest Algorithm: \
             SHA256"
        }
        Setting::Assignment => "Assignments",
        Setting::Attributes => "General > SAML Settings > Edit > Attribute Statements",
        Setting::Audience => "General > SAML Settings > Edit > Audience URI (SP Entity ID)",
        Setting::Certificate => {
            "Sign On > SAML Signing Certificates > the active one > Download certificate"
        }
        Setting::AuthnStatement | Setting::Canonicalization | Setting::Clock => return None,
        Setting::Encryption => {
            "General > SAML Settings > Edit > Show Advanced Settings > Assertion Encryption"
        }
        Setting::Issuer => "Sign On > View SAML setup instructions > Identity Provider Issuer",
        Setting::LoginUrl => {
            "General > App Settings > Application visibility: hidden, with a Bookmark App in its place that has the login page \
             as its URL"
        }
        Setting::NameId => {
            "General > SAML Settings > Edit > Name ID format and Application username"
        }
        Setting::SignedParts => {
            "General > SAML Settings > Edit > Show Advanced Settings > Response and Assertion Signature: Signed"
        }
    })
}

fn onelogin(setting: Setting) -> Option<&'static str> {
    Some(match setting {
        Setting::AcsUrl => {
            "Configuration > Recipient, ACS (Consumer) URL Validator and ACS (Consumer) URL"
        }
        Setting::Algorithm => "SSO > SAML Signature Algorithm: SHA-256",
        Setting::Assignment => "Access > Roles, or Users",
        Setting::Attributes => "Parameters, each with Include in SAML assertion ticked",
        Setting::Audience => "Configuration > Audience (EntityID)",
        Setting::Certificate => "SSO > X.509 Certificate > View Details",
        Setting::AuthnStatement | Setting::Canonicalization | Setting::Clock => return None,
        Setting::Encryption => "Configuration > Encrypt assertion",
        Setting::Issuer => "SSO > Issuer URL",
        Setting::LoginUrl => "Configuration > SAML initiator: Service Provider, and Login URL",
        Setting::NameId => "Parameters > NameID value, and Configuration > SAML nameID format",
        Setting::SignedParts => {
            "Configuration > SAML signature element: Assertion, Response, or Both"
        }
    })
}
