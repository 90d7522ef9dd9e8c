//! Building a response: Core §2, §3.2, §3.3.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::encryption::encrypt_assertion;
use super::{SignatureOptions, TestIdp, TestIdpError};
use crate::provider::ServiceProvider;
use crate::trust::Certificate;

/// A response that is being built. Every part is a field: change what the test is about.
///
/// Texts are escaped, except in the fields whose names begin with `raw`. An instant is a text, so
/// that it can be malformed. What is `None` is left out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TestResponse<'a> {
    idp: &'a TestIdp,
    /// Response/@ID.
    pub id: String,
    /// Response/@Version.
    pub version: Option<String>,
    /// Response/@IssueInstant.
    pub issue_instant: Option<String>,
    /// Response/@Destination.
    pub destination: Option<String>,
    /// Response/@InResponseTo.
    pub in_response_to: Option<String>,
    /// Response/Issuer.
    pub issuer: Option<String>,
    /// XML behind the Issuer of the Response: Extensions, for example.
    pub raw_extensions: String,
    /// The status codes, outermost first. None at all leaves Status out.
    pub status_codes: Vec<String>,
    /// Status/StatusMessage.
    pub status_message: Option<String>,
    /// XML at the end of the Status: StatusDetail, for example.
    pub raw_status: String,
    /// Whether there is an assertion. One that is not there is not signed either.
    pub has_assertion: bool,
    /// Assertion/@ID.
    pub assertion_id: Option<String>,
    /// Assertion/@Version.
    pub assertion_version: Option<String>,
    /// Assertion/@IssueInstant.
    pub assertion_issue_instant: Option<String>,
    /// Assertion/Issuer.
    pub assertion_issuer: Option<String>,
    /// Subject/NameID.
    pub name_id: Option<TestNameId>,
    /// XML in the Subject, in front of the confirmations.
    pub raw_subject: String,
    /// Subject/SubjectConfirmation.
    pub confirmations: Vec<TestConfirmation>,
    /// Whether there are Conditions.
    pub has_conditions: bool,
    /// Conditions/@NotBefore.
    pub not_before: Option<String>,
    /// Conditions/@NotOnOrAfter.
    pub not_on_or_after: Option<String>,
    /// The audiences of each AudienceRestriction.
    pub audiences: Vec<Vec<String>>,
    /// XML at the end of the Conditions.
    pub raw_conditions: String,
    /// XML behind the Conditions: Advice, for example.
    pub raw_advice: String,
    /// AuthnStatements.
    pub authn_statements: Vec<TestAuthnStatement>,
    /// AttributeStatement/Attribute. None at all leaves the statement out.
    pub attributes: Vec<TestAttribute>,
    /// XML at the end of the AttributeStatement.
    pub raw_attributes: String,
    /// XML at the end of the Response.
    pub raw_end: String,
    /// What is signed.
    pub signed: TestSigned,
    /// How it is signed.
    pub signature: SignatureOptions,
    /// For whom the Assertion is encrypted, once it is signed: an RSA key.
    pub encrypted_to: Option<Certificate>,
}

/// What a [`TestResponse`] signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TestSigned {
    /// The Assertion.
    Assertion,
    /// The Assertion, and then the Response around it.
    Both,
    /// Nothing.
    Nothing,
    /// The Response.
    Response,
}

/// A NameID.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TestNameId {
    /// The value.
    pub value: String,
    /// @Format.
    pub format: Option<String>,
    /// @NameQualifier.
    pub name_qualifier: Option<String>,
    /// @SPNameQualifier.
    pub sp_name_qualifier: Option<String>,
}

impl TestNameId {
    /// A NameID without a Format.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), ..Self::default() }
    }
}

/// A SubjectConfirmation.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TestConfirmation {
    /// @Method.
    pub method: String,
    /// Whether there is a SubjectConfirmationData, for all that follows.
    pub has_data: bool,
    /// SubjectConfirmationData/@Recipient.
    pub recipient: Option<String>,
    /// SubjectConfirmationData/@InResponseTo.
    pub in_response_to: Option<String>,
    /// SubjectConfirmationData/@NotBefore.
    pub not_before: Option<String>,
    /// SubjectConfirmationData/@NotOnOrAfter.
    pub not_on_or_after: Option<String>,
    /// XML in the SubjectConfirmationData.
    pub raw_data: String,
}

impl TestConfirmation {
    /// A bearer confirmation with this recipient and nothing else.
    pub fn bearer(recipient: impl Into<String>) -> Self {
        let method = "urn:oasis:names:tc:SAML:2.0:cm:bearer".into();
        Self { method, has_data: true, recipient: Some(recipient.into()), ..Self::default() }
    }
}

/// An AuthnStatement.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TestAuthnStatement {
    /// @AuthnInstant.
    pub authn_instant: Option<String>,
    /// @SessionIndex.
    pub session_index: Option<String>,
    /// @SessionNotOnOrAfter.
    pub session_not_on_or_after: Option<String>,
    /// AuthnContext/AuthnContextClassRef.
    pub authn_context_class_ref: Option<String>,
}

/// An Attribute.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TestAttribute {
    /// @Name.
    pub name: String,
    /// @NameFormat.
    pub name_format: Option<String>,
    /// @FriendlyName.
    pub friendly_name: Option<String>,
    /// The values.
    pub values: Vec<String>,
    /// XML behind the values: an AttributeValue that is nil or holds elements, for example.
    pub raw_values: String,
}

impl TestAttribute {
    /// An attribute with these values.
    pub fn new<V: Into<String>>(
        name: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        Self { name: name.into(), values, ..Self::default() }
    }
}

/// An instant as a response writes it.
fn instant(instant: DateTime<Utc>) -> Option<String> {
    Some(instant.to_rfc3339_opts(SecondsFormat::Millis, true))
}

impl TestIdp {
    /// An unsolicited response for Alice, good for five minutes, with its Assertion signed, like
    /// that of a JumpCloud with attributes. Its IDs are the same each time:
    /// [number](TestResponse::numbered) those that go through one replay store.
    pub fn response(&self, sp: &ServiceProvider, now: DateTime<Utc>) -> TestResponse<'_> {
        let five_minutes = TimeDelta::minutes(5);
        let email = "alice@example.test";
        TestResponse {
            idp: self,
            id: "_response".into(),
            version: Some("2.0".into()),
            issue_instant: instant(now),
            destination: Some(sp.acs_url().into()),
            in_response_to: None,
            issuer: Some(self.issuer().into()),
            raw_extensions: String::new(),
            status_codes: vec!["urn:oasis:names:tc:SAML:2.0:status:Success".into()],
            status_message: None,
            raw_status: String::new(),
            has_assertion: true,
            assertion_id: Some("_assertion".into()),
            assertion_version: Some("2.0".into()),
            assertion_issue_instant: instant(now),
            assertion_issuer: Some(self.issuer().into()),
            name_id: Some(TestNameId {
                format: Some("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress".into()),
                ..TestNameId::new(email)
            }),
            raw_subject: String::new(),
            confirmations: vec![TestConfirmation {
                not_on_or_after: instant(now + five_minutes),
                ..TestConfirmation::bearer(sp.acs_url())
            }],
            has_conditions: true,
            not_before: instant(now - five_minutes),
            not_on_or_after: instant(now + five_minutes),
            audiences: vec![vec![sp.audience().into()]],
            raw_conditions: String::new(),
            raw_advice: String::new(),
            authn_statements: vec![TestAuthnStatement {
                authn_instant: instant(now),
                session_index: Some("_session".into()),
                session_not_on_or_after: None,
                authn_context_class_ref: Some(
                    "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport".into(),
                ),
            }],
            attributes: vec![
                TestAttribute::new("email", [email]),
                TestAttribute::new("firstName", ["Alice"]),
                TestAttribute::new("lastName", ["Ångström"]),
                TestAttribute::new("groups", ["staff", "admins"]),
            ],
            raw_attributes: String::new(),
            raw_end: String::new(),
            signed: TestSigned::Assertion,
            signature: SignatureOptions::default(),
            encrypted_to: None,
        }
    }
}

impl TestResponse<'_> {
    /// Makes it the answer to a request, on the Response and on every confirmation.
    #[must_use]
    pub fn in_reply_to(mut self, request_id: &str) -> Self {
        self.in_response_to = Some(request_id.into());
        for confirmation in &mut self.confirmations {
            confirmation.in_response_to = Some(request_id.into());
        }
        self
    }

    /// Makes it about somebody else: the NameID, as an e-mail address, and the attribute `email`.
    #[must_use]
    pub fn for_person(mut self, email: &str) -> Self {
        if let Some(name_id) = &mut self.name_id {
            name_id.value = email.into();
        }
        for attribute in self.attributes.iter_mut().filter(|attribute| attribute.name == "email") {
            attribute.values = vec![email.into()];
        }
        self
    }

    /// Gives Response and Assertion IDs that end in this. Those of a response are otherwise the
    /// same each time, and a replay store takes an assertion once.
    #[must_use]
    pub fn numbered(mut self, number: &str) -> Self {
        self.id = format!("_response-{number}");
        self.assertion_id = Some(format!("_assertion-{number}"));
        self
    }

    /// Signs this or that.
    #[must_use]
    pub fn signed(mut self, signed: TestSigned) -> Self {
        self.signed = signed;
        self
    }

    /// Encrypts the Assertion for the key of a certificate.
    #[must_use]
    pub fn encrypted_to(mut self, recipient: &Certificate) -> Self {
        self.encrypted_to = Some(recipient.clone());
        self
    }

    /// The value of the form field `SAMLResponse`.
    ///
    /// # Errors
    ///
    /// Those of [`TestIdp::sign_xml`].
    pub fn form_value(&self) -> Result<String, TestIdpError> {
        Ok(STANDARD.encode(self.xml()?))
    }

    /// The response, signed and encrypted.
    ///
    /// # Errors
    ///
    /// Those of [`TestIdp::sign_xml`].
    pub fn xml(&self) -> Result<String, TestIdpError> {
        self.sign(&self.unsigned_xml())
    }

    /// Signs and encrypts what this response does, as it does it, in XML that was changed in
    /// between.
    ///
    /// # Errors
    ///
    /// Those of [`TestIdp::sign_xml`].
    pub fn sign(&self, xml: &str) -> Result<String, TestIdpError> {
        let mut xml = xml.to_owned();
        if self.has_assertion && matches!(self.signed, TestSigned::Assertion | TestSigned::Both) {
            let id = self.assertion_id.as_deref().unwrap_or_default();
            xml = self.idp.sign_xml(&xml, id, &self.signature)?;
        }
        if let Some(recipient) = &self.encrypted_to {
            xml = encrypt_assertion(&xml, recipient)?;
        }
        if matches!(self.signed, TestSigned::Response | TestSigned::Both) {
            xml = self.idp.sign_xml(&xml, &self.id, &self.signature)?;
        }
        Ok(xml)
    }
}
