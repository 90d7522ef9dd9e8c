//! What tells nothing of anybody: the words of the specifications, as exact lists.

use crate::identity::{AttributeMap, IdentityField};

/// The attributes that the specifications give to the elements that are kept.
const ATTRIBUTES: [&str; 33] = [
    "Address",
    "Algorithm",
    "AuthnInstant",
    "Consent",
    "Count",
    "DNSName",
    "Destination",
    "Encoding",
    "Format",
    "FriendlyName",
    "ID",
    "Id",
    "InResponseTo",
    "IssueInstant",
    "Method",
    "MimeType",
    "Name",
    "NameFormat",
    "NameQualifier",
    "NotBefore",
    "NotOnOrAfter",
    "PrefixList",
    "Recipient",
    "SPNameQualifier",
    "SPProvidedID",
    "SessionIndex",
    "SessionNotOnOrAfter",
    "Target",
    "Type",
    "URI",
    "Value",
    "Version",
    "ProxyCount",
];

const INSTANTS: [&str; 5] =
    ["AuthnInstant", "IssueInstant", "NotBefore", "NotOnOrAfter", "SessionNotOnOrAfter"];

const NAMESPACES: [&str; 9] = [
    "urn:oasis:names:tc:SAML:2.0:assertion",
    "urn:oasis:names:tc:SAML:2.0:protocol",
    "http://www.w3.org/2000/09/xmldsig#",
    "http://www.w3.org/2001/04/xmlenc#",
    "http://www.w3.org/2009/xmlenc11#",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/2001/XMLSchema",
    "http://www.w3.org/2001/XMLSchema-instance",
    "http://www.w3.org/2000/xmlns/",
];

const PREFIXES: [&str; 17] = [
    "", "ds", "dsig", "ec", "saml", "saml1", "saml2", "saml2p", "samlp", "xenc", "xenc11", "xs",
    "xsd", "xsi", "xml", "e", "p",
];

/// Behind `urn:oasis:names:tc:SAML:2.0:`.
const SAML_2: [&str; 62] = [
    "ac:classes:AuthenticatedTelephony",
    "ac:classes:InternetProtocol",
    "ac:classes:InternetProtocolPassword",
    "ac:classes:Kerberos",
    "ac:classes:MobileOneFactorContract",
    "ac:classes:MobileOneFactorUnregistered",
    "ac:classes:MobileTwoFactorContract",
    "ac:classes:MobileTwoFactorUnregistered",
    "ac:classes:NomadTelephony",
    "ac:classes:PGP",
    "ac:classes:Password",
    "ac:classes:PasswordProtectedTransport",
    "ac:classes:PersonalTelephony",
    "ac:classes:PreviousSession",
    "ac:classes:SPKI",
    "ac:classes:SecureRemotePassword",
    "ac:classes:Smartcard",
    "ac:classes:SmartcardPKI",
    "ac:classes:SoftwarePKI",
    "ac:classes:TLSClient",
    "ac:classes:Telephony",
    "ac:classes:TimeSyncToken",
    "ac:classes:X509",
    "ac:classes:XMLDSig",
    "ac:classes:unspecified",
    "attrname-format:basic",
    "attrname-format:unspecified",
    "attrname-format:uri",
    "cm:bearer",
    "cm:holder-of-key",
    "cm:sender-vouches",
    "consent:current-explicit",
    "consent:current-implicit",
    "consent:obtained",
    "consent:prior",
    "consent:unavailable",
    "consent:unspecified",
    "nameid-format:emailAddress",
    "nameid-format:encrypted",
    "nameid-format:entity",
    "nameid-format:kerberos",
    "nameid-format:persistent",
    "nameid-format:transient",
    "status:AuthnFailed",
    "status:InvalidAttrNameOrValue",
    "status:InvalidNameIDPolicy",
    "status:NoAuthnContext",
    "status:NoAvailableIDP",
    "status:NoPassive",
    "status:NoSupportedIDP",
    "status:PartialLogout",
    "status:ProxyCountExceeded",
    "status:RequestDenied",
    "status:RequestUnsupported",
    "status:Requester",
    "status:ResourceNotRecognized",
    "status:Responder",
    "status:Success",
    "status:TooManyResponses",
    "status:UnknownAttrProfile",
    "status:UnknownPrincipal",
    "status:VersionMismatch",
];

/// Behind `urn:oasis:names:tc:SAML:1.` and a digit: NameID formats.
const SAML_1: [&str; 5] = [
    "nameid-format:X509SubjectName",
    "nameid-format:WindowsDomainQualifiedName",
    "nameid-format:emailAddress",
    "nameid-format:unspecified",
    "nameid-format:persistent",
];

/// Behind `http://www.w3.org/`.
const ALGORITHMS: [&str; 43] = [
    "2000/09/xmldsig#dsa-sha1",
    "2000/09/xmldsig#enveloped-signature",
    "2000/09/xmldsig#hmac-sha1",
    "2000/09/xmldsig#rsa-sha1",
    "2000/09/xmldsig#sha1",
    "2001/04/xmldsig-more#ecdsa-sha1",
    "2001/04/xmldsig-more#ecdsa-sha256",
    "2001/04/xmldsig-more#ecdsa-sha384",
    "2001/04/xmldsig-more#ecdsa-sha512",
    "2001/04/xmldsig-more#hmac-sha256",
    "2001/04/xmldsig-more#rsa-md5",
    "2001/04/xmldsig-more#rsa-sha256",
    "2001/04/xmldsig-more#rsa-sha384",
    "2001/04/xmldsig-more#rsa-sha512",
    "2001/04/xmldsig-more#sha384",
    "2001/04/xmlenc#Content",
    "2001/04/xmlenc#Element",
    "2001/04/xmlenc#EncryptedKey",
    "2001/04/xmlenc#aes128-cbc",
    "2001/04/xmlenc#aes192-cbc",
    "2001/04/xmlenc#aes256-cbc",
    "2001/04/xmlenc#rsa-1_5",
    "2001/04/xmlenc#rsa-oaep-mgf1p",
    "2001/04/xmlenc#sha256",
    "2001/04/xmlenc#sha512",
    "2001/04/xmlenc#tripledes-cbc",
    "2001/10/xml-exc-c14n#",
    "2001/10/xml-exc-c14n#WithComments",
    "2006/12/xml-c14n11",
    "2006/12/xml-c14n11#WithComments",
    "2007/05/xmldsig-more#rsa-pss",
    "2007/05/xmldsig-more#sha256-rsa-MGF1",
    "2007/05/xmldsig-more#sha384-rsa-MGF1",
    "2007/05/xmldsig-more#sha512-rsa-MGF1",
    "2009/xmlenc11#aes128-gcm",
    "2009/xmlenc11#aes192-gcm",
    "2009/xmlenc11#aes256-gcm",
    "2009/xmlenc11#mgf1sha1",
    "2009/xmlenc11#mgf1sha256",
    "2009/xmlenc11#rsa-oaep",
    "TR/2001/REC-xml-c14n-20010315",
    "TR/2001/REC-xml-c14n-20010315#WithComments",
    "TR/1999/REC-xslt-19991116",
];

pub(super) fn is_attribute(name: &str) -> bool {
    ATTRIBUTES.contains(&name)
}

pub(super) fn is_namespace(uri: &str) -> bool {
    NAMESPACES.contains(&uri)
}

pub(super) fn is_prefix(prefix: &str) -> bool {
    PREFIXES.contains(&prefix)
}

/// Whether a text is a word of a specification.
pub(super) fn is_constant(text: &str) -> bool {
    let behind = |start: &str, list: &[&str]| {
        text.strip_prefix(start).is_some_and(|rest| list.contains(&rest))
    };
    behind("urn:oasis:names:tc:SAML:2.0:", &SAML_2)
        || ["1.0:", "1.1:"]
            .iter()
            .any(|version| behind(&format!("urn:oasis:names:tc:SAML:{version}"), &SAML_1))
        || behind("http://www.w3.org/", &ALGORITHMS)
}

/// Whether the value of this attribute says nothing but when, or which version.
pub(super) fn is_number(name: &str, value: &str) -> bool {
    let of = |more: &str| value.chars().all(|c| c.is_ascii_digit() || more.contains(c));
    match name {
        "Version" => value.len() <= 4 && of("."),
        name if INSTANTS.contains(&name) => value.len() <= 40 && of("-:.TZ+ "),
        _ => false,
    }
}

/// Whether this is a type of XML Schema, by its local name.
pub(super) fn is_type(local: &str) -> bool {
    ["anyType", "anyURI", "base64Binary", "boolean", "dateTime", "integer", "string"]
        .contains(&local)
}

/// Whether everybody's identity providers call attributes so.
pub(super) fn is_attribute_name(name: &str) -> bool {
    let map = AttributeMap::default();
    let mut names = IdentityField::ALL.iter().flat_map(|field| map.names(*field));
    names.any(|known| known.eq_ignore_ascii_case(name))
}
