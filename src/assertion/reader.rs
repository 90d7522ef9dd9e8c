use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::attribute::{Attribute, AttributeValue, Attributes};
use super::envelope::{Envelope, Issuer};
use super::field::{
    any_uri, any_uri_of, optional, optional_instant, required, required_instant, text,
};
use super::name_id::NameId;
use crate::dsig::SignedOctets;
use crate::error::{Part, Rejection};
use crate::fingerprint::Fingerprint;
use crate::limits::Limits;
use crate::xml::{Document, Element, Namespace};

const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/// Signed octets, parsed, and all that is read of a login. The document that was received plays no
/// part any more.
///
/// Its one maker is [`SignedDocument::parse`], which takes nothing but signed octets.
pub(crate) struct SignedDocument {
    document: Document,
    on: Part,
    fingerprint: Fingerprint,
}

impl SignedDocument {
    pub(crate) fn parse(octets: SignedOctets, limits: &Limits) -> Result<Self, Rejection> {
        let (on, fingerprint) = (octets.on(), octets.fingerprint());
        Ok(Self { document: Document::parse(octets.into_text(), limits)?, on, fingerprint })
    }

    /// The same after encrypted elements in it were opened: the signature covers the ciphertext,
    /// and with it what it decrypts to.
    pub(crate) fn opened(self, document: Document) -> Self {
        Self { document, ..self }
    }

    pub(crate) fn text(&self) -> &str {
        self.document.text()
    }

    /// The fingerprint of the certificate whose key verified.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The Response, if that is what was signed.
    pub(crate) fn envelope(&self) -> Result<Option<Envelope<'_>>, Rejection> {
        if self.on != Part::Response {
            return Ok(None);
        }
        let envelope = Envelope::new(self.root()?, true);
        envelope.is_response()?;
        Ok(Some(envelope))
    }

    /// The assertion: the root itself if that was signed, or the one child of the Response that
    /// was.
    pub(crate) fn assertion(&self) -> Result<Assertion<'_>, Rejection> {
        let assertion = match self.envelope()? {
            Some(envelope) => envelope.assertion()?,
            None => self.root()?,
        };
        if !assertion.is(Namespace::SAML, "Assertion") {
            return Err(Rejection::AssertionCount { found: 0 });
        }
        Ok(Assertion(Statements(assertion)))
    }

    fn root(&self) -> Result<Element<'_>, Rejection> {
        self.document.root().ok_or(Rejection::AssertionCount { found: 0 })
    }
}

/// A verified assertion: the only thing an identity is made of.
///
/// Its one maker is [`SignedDocument::assertion`].
#[derive(Clone, Copy)]
pub(crate) struct Assertion<'d>(Statements<'d>);

impl<'d> Assertion<'d> {
    /// What the assertion says, for the checks.
    pub(crate) fn statements(&self) -> Statements<'d> {
        self.0
    }

    pub(crate) fn name_id(&self) -> Result<NameId, Rejection> {
        self.0.name_id()
    }

    /// The encrypted elements that stand where something is read and SAML's schema has them: an
    /// EncryptedID in the NameID's place (Core §2.4.1), EncryptedAttributes among the attributes
    /// (§2.7.3).
    pub(crate) fn encrypted_parts(&self) -> Vec<Element<'d>> {
        let places = [("Subject", "EncryptedID"), ("AttributeStatement", "EncryptedAttribute")];
        let parts = self.0.0.child_elements().flat_map(|child| {
            let name = places
                .iter()
                .find(|(place, _)| child.is(Namespace::SAML, place))
                .map(|(_, name)| *name);
            child
                .child_elements()
                .filter(move |part| name.is_some_and(|name| part.is(Namespace::SAML, name)))
        });
        parts.collect()
    }

    /// All attributes, in order: Core §2.7.3.
    pub(crate) fn attributes(&self) -> Attributes {
        let statements = self
            .0
            .0
            .child_elements()
            .filter(|child| child.is(Namespace::SAML, "AttributeStatement"));
        let attributes = statements
            .flat_map(|statement| statement.child_elements())
            .filter(|child| child.is(Namespace::SAML, "Attribute"));
        Attributes::merge(attributes.map(attribute))
    }
}

fn attribute(element: Element<'_>) -> Attribute {
    let elements =
        || element.child_elements().filter(|child| child.is(Namespace::SAML, "AttributeValue"));
    // There may be thousands: counted first, they need not be moved.
    let mut values = Vec::with_capacity(elements().count());
    values.extend(elements().map(attribute_value));
    Attribute {
        name: element.attribute("Name").unwrap_or_default().to_owned(),
        name_format: element.attribute("NameFormat").map(str::to_owned),
        friendly_name: element.attribute("FriendlyName").map(str::to_owned),
        values,
    }
}

fn attribute_value(value: Element<'_>) -> AttributeValue {
    if matches!(value.attribute_ns(Namespace::XSI, "nil"), Some("true" | "1")) {
        return AttributeValue::Nil;
    }
    match value.text() {
        Some(text) => AttributeValue::Text(text.into_owned()),
        None => AttributeValue::Complex(value.content().to_owned()),
    }
}

/// What an assertion says about its subject, who says it, and under which conditions: Core §2.
///
/// Checks read it and can only refuse; an [`Assertion`] is the verified kind of it. Each field is
/// read where a check asks for it, so that a report can go on past one that is missing.
#[derive(Clone, Copy)]
pub(crate) struct Statements<'d>(Element<'d>);

impl<'d> Statements<'d> {
    /// Of an assertion whose signature is not verified: for the labelled view of a report, and to
    /// refuse by.
    pub(crate) fn unverified(assertion: Element<'d>) -> Self {
        Self(assertion)
    }

    pub(crate) fn version(&self) -> Option<&'d str> {
        self.0.attribute("Version")
    }

    pub(crate) fn id(&self) -> Result<&'d str, Rejection> {
        self.0.identifier().ok_or(Rejection::IdInvalid { on: Part::Assertion })
    }

    pub(crate) fn issue_instant(&self) -> Result<DateTime<Utc>, Rejection> {
        required_instant(self.0, "IssueInstant", "Assertion/@IssueInstant")
    }

    pub(crate) fn issuer(&self) -> Result<Issuer<'d>, Rejection> {
        Issuer::read(required(self.0, Namespace::SAML, ("Assertion", "Issuer"))?)
    }

    /// The names of the attributes, and nothing of their values: they tell what software wrote
    /// them.
    pub(crate) fn attribute_names(&self) -> impl Iterator<Item = &'d str> + use<'d> {
        let statements =
            self.0.child_elements().filter(|child| child.is(Namespace::SAML, "AttributeStatement"));
        let attributes = statements.flat_map(|statement| statement.child_elements());
        attributes
            .filter(|child| child.is(Namespace::SAML, "Attribute"))
            .filter_map(|attribute| attribute.attribute("Name"))
    }

    fn subject(&self) -> Result<Element<'d>, Rejection> {
        required(self.0, Namespace::SAML, ("Assertion", "Subject"))
    }

    pub(crate) fn name_id(&self) -> Result<NameId, Rejection> {
        let element = optional(self.subject()?, Namespace::SAML, ("Subject", "NameID"))?;
        NameId::read(element.ok_or(Rejection::NameIdMissing)?)
    }

    /// The bearer confirmations that carry data: Profiles §4.1.4.2.
    pub(crate) fn bearer_confirmations(&self) -> Result<Vec<ConfirmationData<'d>>, Rejection> {
        let confirmations = self.subject()?.child_elements().filter(|child| {
            child.is(Namespace::SAML, "SubjectConfirmation")
                && child.attribute("Method") == Some(BEARER)
        });
        let data = confirmations.filter_map(|confirmation| {
            let names = ("SubjectConfirmation", "SubjectConfirmationData");
            optional(confirmation, Namespace::SAML, names).transpose()
        });
        data.map(|data| data.map(ConfirmationData)).collect()
    }

    pub(crate) fn conditions(&self) -> Result<Conditions<'d>, Rejection> {
        required(self.0, Namespace::SAML, ("Assertion", "Conditions")).map(Conditions)
    }

    /// Core §2.7.2. At least one: a login without an act of authentication is none.
    pub(crate) fn authn_statements(&self) -> Result<Vec<AuthnStatement<'d>>, Rejection> {
        let statements =
            self.0.child_elements().filter(|child| child.is(Namespace::SAML, "AuthnStatement"));
        let statements: Vec<AuthnStatement<'d>> = statements.map(AuthnStatement).collect();
        if statements.is_empty() {
            return Err(Rejection::ElementMissing {
                parent: "Assertion",
                element: "AuthnStatement",
            });
        }
        Ok(statements)
    }

    /// The earliest SessionNotOnOrAfter of all AuthnStatements.
    pub(crate) fn session_not_on_or_after(&self) -> Result<Option<DateTime<Utc>>, Rejection> {
        let mut earliest = None;
        for statement in self.authn_statements()? {
            let end = statement.session_not_on_or_after()?;
            earliest = earliest.into_iter().chain(end).min();
        }
        Ok(earliest)
    }
}

/// A `SubjectConfirmationData`: Core §2.4.1.2.
#[derive(Clone, Copy)]
pub(crate) struct ConfirmationData<'d>(Element<'d>);

impl<'d> ConfirmationData<'d> {
    pub(crate) fn recipient(&self) -> Option<&'d str> {
        self.0.attribute("Recipient").map(any_uri)
    }

    /// Some identity providers write `InResponseTo=""` where there is no request.
    pub(crate) fn in_response_to(&self) -> Option<&'d str> {
        self.0.attribute("InResponseTo").filter(|id| !id.is_empty())
    }

    pub(crate) fn not_before(&self) -> Result<Option<DateTime<Utc>>, Rejection> {
        optional_instant(self.0, "NotBefore", "SubjectConfirmationData/@NotBefore")
    }

    /// Profiles §4.1.4.2 requires it.
    pub(crate) fn not_on_or_after(&self) -> Result<DateTime<Utc>, Rejection> {
        required_instant(self.0, "NotOnOrAfter", "SubjectConfirmationData/@NotOnOrAfter")
    }
}

/// `Conditions`: Core §2.5.
#[derive(Clone, Copy)]
pub(crate) struct Conditions<'d>(Element<'d>);

impl<'d> Conditions<'d> {
    pub(crate) fn not_before(&self) -> Result<Option<DateTime<Utc>>, Rejection> {
        optional_instant(self.0, "NotBefore", "Conditions/@NotBefore")
    }

    pub(crate) fn not_on_or_after(&self) -> Result<Option<DateTime<Utc>>, Rejection> {
        optional_instant(self.0, "NotOnOrAfter", "Conditions/@NotOnOrAfter")
    }

    /// The first condition that is not understood. OneTimeUse needs nothing beyond what every
    /// assertion gets, and ProxyRestriction binds those who issue assertions in turn.
    pub(crate) fn unknown(&self) -> Option<&'d str> {
        let known = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"];
        let unknown = self
            .0
            .child_elements()
            .find(|child| !known.iter().any(|name| child.is(Namespace::SAML, name)));
        unknown.map(|element| element.local_name())
    }

    pub(crate) fn is_one_time_use(&self) -> bool {
        self.0.child_elements().any(|child| child.is(Namespace::SAML, "OneTimeUse"))
    }

    /// The audiences of each AudienceRestriction: Core §2.5.1.4.
    pub(crate) fn audiences(&self) -> Result<Vec<Vec<Cow<'d, str>>>, Rejection> {
        let restrictions = self
            .0
            .child_elements()
            .filter(|child| child.is(Namespace::SAML, "AudienceRestriction"));
        let audiences = restrictions.map(|restriction| {
            let audiences =
                restriction.child_elements().filter(|child| child.is(Namespace::SAML, "Audience"));
            audiences.map(|audience| text(audience, "Audience").map(any_uri_of)).collect()
        });
        audiences.collect()
    }
}

/// An `AuthnStatement`: Core §2.7.2.
#[derive(Clone, Copy)]
pub(crate) struct AuthnStatement<'d>(Element<'d>);

impl<'d> AuthnStatement<'d> {
    pub(crate) fn authn_instant(&self) -> Result<DateTime<Utc>, Rejection> {
        required_instant(self.0, "AuthnInstant", "AuthnStatement/@AuthnInstant")
    }

    pub(crate) fn session_not_on_or_after(&self) -> Result<Option<DateTime<Utc>>, Rejection> {
        optional_instant(self.0, "SessionNotOnOrAfter", "AuthnStatement/@SessionNotOnOrAfter")
    }

    pub(crate) fn session_index(&self) -> Option<&'d str> {
        self.0.attribute("SessionIndex")
    }

    /// Core §2.7.2.2.
    pub(crate) fn authn_context_class_ref(&self) -> Result<Option<Cow<'d, str>>, Rejection> {
        let context = optional(self.0, Namespace::SAML, ("AuthnStatement", "AuthnContext"))?;
        let class = match context {
            Some(context) => {
                optional(context, Namespace::SAML, ("AuthnContext", "AuthnContextClassRef"))?
            }
            None => None,
        };
        class.map(|class| text(class, "AuthnContextClassRef")).transpose()
    }
}
