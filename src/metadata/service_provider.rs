//! Our own metadata: Metadata §2.4.4.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use super::identity_provider::SAML2_PROTOCOL;
use crate::binding::Binding;
use crate::code::codes;
use crate::dsig::{Place, sign_enveloped};
use crate::error::{BoxError, SendError};
use crate::instant;
use crate::provider::ServiceProvider;
use crate::trust::KeyPair;
use crate::xml::Markup;
use crate::xmlenc;

/// What a contact is for: Metadata §2.3.2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContactType {
    /// For administration.
    Administrative,
    /// For bills.
    Billing,
    /// For anything else.
    Other,
    /// For users who need help.
    Support,
    /// For whoever runs the other side.
    Technical,
}

codes!(ContactType {
    Administrative = "administrative",
    Billing = "billing",
    Other = "other",
    Support = "support",
    Technical = "technical",
});

/// Which encryption methods [our metadata](SpMetadata) lists beside each decryption key:
/// EncryptionMethod, Metadata §2.4.1.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EncryptionMethods {
    /// AES-GCM, and RSA-OAEP for the key. For connections that
    /// [forbid CBC](crate::ConnectionOptions::forbid_cbc).
    Gcm,
    /// AES-GCM first, then AES-CBC, and RSA-OAEP for the key.
    GcmThenCbc,
    /// None: the identity provider takes what it takes for everybody.
    #[default]
    Unlisted,
}

codes!(EncryptionMethods {
    Gcm = "gcm",
    GcmThenCbc = "gcm_then_cbc",
    Unlisted = "unlisted",
});

impl EncryptionMethods {
    fn uris(self) -> impl Iterator<Item = &'static str> {
        let (gcm, cbc) = match self {
            Self::Gcm => (true, false),
            Self::GcmThenCbc => (true, true),
            Self::Unlisted => (false, false),
        };
        let of = |listed: bool, uris: &'static [&'static str]| {
            uris.iter().copied().filter(move |_| listed)
        };
        of(gcm, &xmlenc::GCM).chain(of(cbc, &xmlenc::CBC)).chain(of(gcm, &xmlenc::KEY_TRANSPORTS))
    }
}

/// Our metadata, for the identity provider's administrator: the service provider as an
/// EntityDescriptor.
///
/// All keys are published, so that the identity provider knows the next one before it is used.
///
/// ```
/// use saml_login::metadata::ContactType;
/// use saml_login::{ServiceProvider, SpMetadata};
///
/// let acs_url = "https://app.example.test/saml/acs";
/// let sp = ServiceProvider::new("https://app.example.test/saml", acs_url)
///     .with_slo_url("https://app.example.test/saml/slo");
/// let xml = SpMetadata::new(&sp)
///     .with_name_id_format("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress")
///     .with_organization("en", "Example", "Example, Inc.", "https://example.test")
///     .with_contact(ContactType::Technical, "Operations", "ops@example.test")
///     .xml();
/// assert!(xml.contains(r#"entityID="https://app.example.test/saml""#));
/// ```
#[derive(Clone, Debug)]
pub struct SpMetadata {
    sp: ServiceProvider,
    takes_artifacts: bool,
    name_id_formats: Vec<String>,
    authn_requests_signed: bool,
    want_assertions_signed: bool,
    encryption_methods: EncryptionMethods,
    organization: Vec<Localized>,
    contacts: Vec<(ContactType, String, String)>,
    valid_until: Option<DateTime<Utc>>,
}

/// The organization in one language.
#[derive(Clone, Debug)]
struct Localized {
    language: String,
    name: String,
    display_name: String,
    url: String,
}

impl SpMetadata {
    /// Metadata with the Audience URI, the ACS URL for HTTP-POST, the Single Logout Service and all
    /// keys of `sp`.
    ///
    /// AuthnRequestsSigned is true if `sp` has a signing key, and WantAssertionsSigned is true.
    pub fn new(sp: &ServiceProvider) -> Self {
        Self {
            sp: sp.clone(),
            takes_artifacts: false,
            name_id_formats: Vec::new(),
            authn_requests_signed: !sp.signing_keys().is_empty(),
            want_assertions_signed: true,
            encryption_methods: EncryptionMethods::default(),
            organization: Vec::new(),
            contacts: Vec::new(),
            valid_until: None,
        }
    }

    /// Says whether the [ACS URL](ServiceProvider::acs_url) takes artifacts, too (Bindings §3.6):
    /// an Assertion Consumer Service with index 1. The URL is the same, for it is what requests
    /// name and what a response has to be meant for, however it comes.
    pub fn with_http_artifact(self, taken: bool) -> Self {
        Self { takes_artifacts: taken, ..self }
    }

    /// Adds a NameID format that we take (Core §8.3), the preferred one first.
    pub fn with_name_id_format(mut self, format: impl Into<String>) -> Self {
        self.name_id_formats.push(format.into());
        self
    }

    /// Says whether our requests are signed: AuthnRequestsSigned, Metadata §2.4.4.
    pub fn with_authn_requests_signed(self, signed: bool) -> Self {
        Self { authn_requests_signed: signed, ..self }
    }

    /// Says whether assertions have to be signed, beside what signs the Response:
    /// WantAssertionsSigned, Metadata §2.4.4.
    pub fn with_assertions_signed_wanted(self, wanted: bool) -> Self {
        Self { want_assertions_signed: wanted, ..self }
    }

    /// Lists the encryption methods that we open. Default: none are listed.
    ///
    /// Identity providers differ: without a list, crewjam's encrypts with AES-128-CBC; with one,
    /// OpenAM answers with an error 500.
    ///
    /// ```
    /// use saml_login::metadata::EncryptionMethods;
    /// use saml_login::{KeyPair, ServiceProvider, SpMetadata};
    ///
    /// let key = include_str!("../../fixtures/sp-key.pem");
    /// let certificate = include_str!("../../fixtures/sp-cert.pem");
    /// let acs_url = "https://app.example.test/saml/acs";
    /// let sp = ServiceProvider::new("https://app.example.test/saml", acs_url)
    ///     .with_decryption_key(KeyPair::from_pem(key, certificate)?);
    /// let metadata = SpMetadata::new(&sp).with_encryption_methods(EncryptionMethods::Gcm);
    /// let first = "<md:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#aes256-gcm\"";
    /// assert!(metadata.xml().contains(first));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_encryption_methods(self, methods: EncryptionMethods) -> Self {
        Self { encryption_methods: methods, ..self }
    }

    /// Adds the organization in one language (`en`): Metadata §2.3.2.1.
    pub fn with_organization(
        mut self,
        language: impl Into<String>,
        name: impl Into<String>,
        display_name: impl Into<String>,
        url: impl Into<String>,
    ) -> Self {
        self.organization.push(Localized {
            language: language.into(),
            name: name.into(),
            display_name: display_name.into(),
            url: url.into(),
        });
        self
    }

    /// Adds a contact with a name and an e-mail address: Metadata §2.3.2.2.
    pub fn with_contact(
        mut self,
        kind: ContactType,
        name: impl Into<String>,
        email: impl Into<String>,
    ) -> Self {
        self.contacts.push((kind, name.into(), email.into()));
        self
    }

    /// Says when the metadata stops being valid, to the second: validUntil, Metadata §2.3.2.
    pub fn with_valid_until(self, valid_until: DateTime<Utc>) -> Self {
        Self { valid_until: Some(valid_until), ..self }
    }

    /// The document, not signed.
    pub fn xml(&self) -> String {
        self.write(None)
    }

    /// The document, signed with the first signing key: Metadata §3. `id` becomes the ID of the
    /// root: a letter or underscore, then letters, digits, `_`, `-` and `.`; a new one for every
    /// document, `_` and 32 random hexadecimal digits say.
    ///
    /// # Errors
    ///
    /// [`SendError::SigningKeyMissing`]; [`SendError::Signing`] also for an ID that is none.
    pub fn signed_xml(&self, id: &str) -> Result<String, SendError> {
        let key = self.sp.signing_keys().first().ok_or(SendError::SigningKeyMissing)?;
        let begins = id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if !begins
            || !id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
        {
            return Err(SendError::Signing(BoxError::new(
                "the ID is not made of letters, digits, '_', '-' and '.'",
            )));
        }
        sign_enveloped(&self.write(Some(id)), id, Place::First, key)
    }

    /// In the order of the schema.
    fn write(&self, id: Option<&str>) -> String {
        let mut xml = Markup::new();
        let valid_until = self.valid_until.map(instant::write);
        xml.open(
            "md:EntityDescriptor",
            &[
                ("xmlns:md", Some("urn:oasis:names:tc:SAML:2.0:metadata")),
                ("ID", id),
                ("entityID", Some(self.sp.audience())),
                ("validUntil", valid_until.as_deref()),
            ],
        );
        self.write_role(&mut xml);
        self.write_organization(&mut xml);
        for (kind, name, email) in &self.contacts {
            xml.open("md:ContactPerson", &[("contactType", Some(kind.as_str()))]);
            xml.element("md:GivenName", &[], name);
            xml.element(
                "md:EmailAddress",
                &[],
                &format!("mailto:{}", email.trim_start_matches("mailto:")),
            );
            xml.close("md:ContactPerson");
        }
        xml.close("md:EntityDescriptor");
        xml.finish()
    }

    fn write_role(&self, xml: &mut Markup) {
        let boolean = |value: bool| Some(if value { "true" } else { "false" });
        xml.open(
            "md:SPSSODescriptor",
            &[
                ("AuthnRequestsSigned", boolean(self.authn_requests_signed)),
                ("WantAssertionsSigned", boolean(self.want_assertions_signed)),
                ("protocolSupportEnumeration", Some(SAML2_PROTOCOL)),
            ],
        );
        for key in self.sp.signing_keys() {
            write_key(xml, "signing", key, EncryptionMethods::Unlisted);
        }
        for key in self.sp.decryption_keys() {
            write_key(xml, "encryption", key, self.encryption_methods);
        }
        if let Some(url) = self.sp.slo_url() {
            for binding in [Binding::HttpRedirect, Binding::HttpPost] {
                let attributes = [("Binding", Some(binding.uri())), ("Location", Some(url))];
                xml.element("md:SingleLogoutService", &attributes, "");
            }
        }
        for format in &self.name_id_formats {
            xml.element("md:NameIDFormat", &[], format);
        }
        let post = (Binding::HttpPost, "0", Some("true"));
        let artifact = self.takes_artifacts.then_some((Binding::HttpArtifact, "1", None));
        for (binding, index, is_default) in [post].into_iter().chain(artifact) {
            let attributes = [
                ("Binding", Some(binding.uri())),
                ("Location", Some(self.sp.acs_url())),
                ("index", Some(index)),
                ("isDefault", is_default),
            ];
            xml.element("md:AssertionConsumerService", &attributes, "");
        }
        xml.close("md:SPSSODescriptor");
    }

    fn write_organization(&self, xml: &mut Markup) {
        if self.organization.is_empty() {
            return;
        }
        xml.open("md:Organization", &[]);
        let mut write = |name: &str, part: fn(&Localized) -> &str| {
            for localized in &self.organization {
                xml.element(name, &[("xml:lang", Some(&localized.language))], part(localized));
            }
        };
        write("md:OrganizationName", |localized| &localized.name);
        write("md:OrganizationDisplayName", |localized| &localized.display_name);
        write("md:OrganizationURL", |localized| &localized.url);
        xml.close("md:Organization");
    }
}

/// A KeyDescriptor: Metadata §2.4.1.1.
fn write_key(xml: &mut Markup, key_use: &str, key: &KeyPair, methods: EncryptionMethods) {
    xml.open("md:KeyDescriptor", &[("use", Some(key_use))]);
    xml.open("ds:KeyInfo", &[("xmlns:ds", Some("http://www.w3.org/2000/09/xmldsig#"))]);
    xml.open("ds:X509Data", &[]);
    xml.element("ds:X509Certificate", &[], &STANDARD.encode(key.certificate().der()));
    xml.close("ds:X509Data");
    xml.close("ds:KeyInfo");
    for uri in methods.uris() {
        xml.element("md:EncryptionMethod", &[("Algorithm", Some(uri))], "");
    }
    xml.close("md:KeyDescriptor");
}
