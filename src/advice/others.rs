//! The words of products whose consoles are known in part: what is not certain is not named.

use super::Setting;

pub(super) fn adfs(setting: Setting) -> Option<&'static str> {
    Some(match setting {
        Setting::AcsUrl => "Properties > Endpoints > SAML Assertion Consumer Endpoints",
        Setting::Algorithm => "Properties > Advanced > Secure hash algorithm: SHA-256",
        Setting::Assignment => "Edit Access Control Policy",
        Setting::Attributes => "Edit Claim Issuance Policy",
        Setting::Audience => "Properties > Identifiers > Relying party identifiers",
        Setting::Encryption => "Properties > Encryption",
        Setting::NameId => {
            "Edit Claim Issuance Policy: a rule that transforms an incoming claim into the Name ID"
        }
        Setting::Certificate
        | Setting::AuthnStatement
        | Setting::Canonicalization
        | Setting::Clock
        | Setting::Issuer
        | Setting::LoginUrl
        | Setting::SignedParts => return None,
    })
}

pub(super) fn auth0(setting: Setting) -> Option<&'static str> {
    Some(match setting {
        Setting::AcsUrl => "Settings > Application Callback URL, and recipient and destination",
        Setting::Algorithm => "Settings > signatureAlgorithm: rsa-sha256, digestAlgorithm: sha256",
        Setting::Attributes => "Settings > mappings",
        Setting::Audience => "Settings > audience",
        Setting::Certificate => "Usage > Identity Provider Certificate",
        Setting::Issuer => "Usage > Issuer",
        Setting::NameId => "Settings > nameIdentifierFormat and nameIdentifierProbes",
        Setting::SignedParts => {
            "Settings > signResponse: the response is signed where it is true, the assertion alone where it is not"
        }
        Setting::Assignment
        | Setting::AuthnStatement
        | Setting::Canonicalization
        | Setting::Clock
        | Setting::Encryption
        | Setting::LoginUrl => {
            return None;
        }
    })
}

pub(super) fn authentik(setting: Setting) -> Option<&'static str> {
    Some(match setting {
        Setting::AcsUrl => "Edit > ACS URL",
        Setting::Algorithm => {
            "Edit > Advanced protocol settings > Signature algorithm: RSA-SHA256, Digest algorithm: SHA256"
        }
        Setting::Attributes => "Edit > Advanced protocol settings > Property mappings",
        Setting::Audience => "Edit > Audience",
        Setting::Certificate => "Related objects > Download signing certificate",
        Setting::Encryption => "Edit > Advanced protocol settings > Encryption Certificate",
        Setting::Issuer => "Edit > Issuer",
        Setting::NameId => "Edit > Advanced protocol settings > NameID Property Mapping",
        Setting::SignedParts => {
            "Edit > Advanced protocol settings > Signing Certificate, Sign assertions and Sign responses"
        }
        Setting::Assignment
        | Setting::AuthnStatement
        | Setting::Canonicalization
        | Setting::Clock
        | Setting::LoginUrl => return None,
    })
}

pub(super) fn pingone(setting: Setting) -> Option<&'static str> {
    Some(match setting {
        Setting::AcsUrl => "Configuration > Edit > ACS URLs",
        Setting::Algorithm => "Configuration > Edit > Signing Algorithm: RSA_SHA256",
        Setting::Assignment => "Access",
        Setting::Attributes => "Attribute Mappings",
        Setting::Audience => "Configuration > Edit > Entity ID",
        Setting::Certificate => "Configuration > Download Signing Certificate",
        Setting::Issuer => "Configuration > Issuer ID",
        Setting::NameId => "Attribute Mappings > saml_subject, and Subject NameID Format",
        Setting::SignedParts => {
            "Configuration > Edit > Sign Assertion, Sign Response, or Sign Assertion & Response"
        }
        Setting::AuthnStatement
        | Setting::Canonicalization
        | Setting::Clock
        | Setting::Encryption
        | Setting::LoginUrl => return None,
    })
}

pub(super) fn shibboleth(setting: Setting) -> Option<&'static str> {
    Some(match setting {
        Setting::AcsUrl | Setting::Audience => {
            "the metadata of this service provider, which conf/metadata-providers.xml names"
        }
        Setting::Attributes => "conf/attribute-resolver.xml and conf/attribute-filter.xml",
        Setting::Certificate => "credentials/idp-signing.crt",
        Setting::Encryption | Setting::SignedParts => {
            "conf/relying-party.xml, at the SAML2.SSO profile: p:encryptAssertions, p:signAssertions, p:signResponses"
        }
        Setting::Issuer => "conf/idp.properties > idp.entityID",
        Setting::NameId => "conf/saml-nameid.xml",
        Setting::Algorithm
        | Setting::Assignment
        | Setting::AuthnStatement
        | Setting::Canonicalization
        | Setting::Clock
        | Setting::LoginUrl => {
            return None;
        }
    })
}

pub(super) fn simplesamlphp(setting: Setting) -> Option<&'static str> {
    Some(match setting {
        Setting::AcsUrl => "metadata/saml20-sp-remote.php > AssertionConsumerService",
        Setting::Algorithm => "metadata/saml20-idp-hosted.php > signature.algorithm",
        Setting::Attributes => "metadata/saml20-sp-remote.php > attributes and authproc",
        Setting::Audience => {
            "metadata/saml20-sp-remote.php: the key of the service provider's array"
        }
        Setting::Certificate => "metadata/saml20-idp-hosted.php > certificate",
        Setting::Encryption => "metadata/saml20-sp-remote.php > assertion.encryption",
        Setting::Issuer => "metadata/saml20-idp-hosted.php > entityid, or the key of its array",
        Setting::NameId => {
            "metadata/saml20-sp-remote.php > NameIDFormat, and an authproc filter that makes it"
        }
        Setting::SignedParts => {
            "metadata/saml20-idp-hosted.php > saml20.sign.response and saml20.sign.assertion"
        }
        Setting::Assignment
        | Setting::AuthnStatement
        | Setting::Canonicalization
        | Setting::Clock
        | Setting::LoginUrl => return None,
    })
}
