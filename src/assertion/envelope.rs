use std::borrow::Cow;

use super::field::{any_uri, optional, required, text};
use crate::error::{Excerpt, Mismatch, Part, Rejection};
use crate::xml::{Element, Namespace};

/// The only format an Issuer may have: Profiles §4.1.4.2, Core §8.3.6.
const ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
/// Status codes nest; what lies deeper than this is left out of a refusal.
const MAX_STATUS_CODES: usize = 8;

/// The `Response` around an assertion: Core §3.2.2, §3.3.3.
///
/// Whether or not it is signed, it can only lead to a refusal: nothing here yields a claim about a
/// person.
#[derive(Clone, Copy)]
pub(crate) struct Envelope<'d> {
    response: Element<'d>,
    /// Whether the response's own signature was verified and these are its signed octets.
    signed: bool,
}

/// Who sends a Response, where to, and in answer to what. Small, so that it can outlive the
/// document it was read from.
///
/// Like the [`Envelope`], it can only lead to a refusal.
pub(crate) struct Addressing {
    issuer: Result<Option<Issuer<'static>>, Rejection>,
    pub(crate) destination: Option<String>,
    pub(crate) in_response_to: Option<String>,
    /// Whether it was read from signed octets.
    pub(crate) signed: bool,
}

impl Addressing {
    pub(crate) fn issuer(&self) -> Result<Option<&Issuer<'static>>, Rejection> {
        self.issuer.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }
}

/// An `Issuer` as it stands: Core §2.2.5.
pub(crate) struct Issuer<'d> {
    pub(crate) value: Cow<'d, str>,
    pub(crate) format: Option<Cow<'d, str>>,
}

impl<'d> Envelope<'d> {
    pub(crate) fn new(root: Element<'d>, signed: bool) -> Self {
        Self { response: root, signed }
    }

    /// The Response itself, for the signature layer.
    pub(crate) fn response(&self) -> Element<'d> {
        self.response
    }

    pub(crate) fn is_response(&self) -> Result<(), Rejection> {
        if self.response.is(Namespace::SAMLP, "Response") {
            return Ok(());
        }
        Err(Rejection::NotAResponse { found: Excerpt::new(&self.response.expanded_name()) })
    }

    pub(crate) fn version(&self) -> Option<&'d str> {
        self.response.attribute("Version")
    }

    pub(crate) fn addressing(&self) -> Addressing {
        let owned = |name| self.response.attribute(name).map(str::to_owned);
        let issuer = optional(self.response, Namespace::SAML, ("Response", "Issuer"));
        let issuer = issuer.and_then(|issuer| issuer.map(Issuer::read).transpose());
        Addressing {
            issuer: issuer.map(|issuer| issuer.map(Issuer::into_owned)),
            destination: owned("Destination").map(|uri| any_uri(&uri).to_owned()),
            in_response_to: owned("InResponseTo").filter(|id| !id.is_empty()),
            signed: self.signed,
        }
    }

    /// The status codes, outermost first: Core §3.2.2.2.
    pub(crate) fn status_codes(&self) -> Result<Vec<&'d str>, Rejection> {
        let status = required(self.response, Namespace::SAMLP, ("Response", "Status"))?;
        let mut code = Some(required(status, Namespace::SAMLP, ("Status", "StatusCode"))?);
        let mut codes = Vec::new();
        while let Some(element) = code.filter(|_| codes.len() < MAX_STATUS_CODES) {
            codes.push(element.attribute("Value").unwrap_or_default());
            code = optional(element, Namespace::SAMLP, ("StatusCode", "StatusCode"))?;
        }
        Ok(codes)
    }

    /// Core §3.2.2.2: only `Success` as the outermost code is success.
    pub(crate) fn succeeded(&self) -> Result<(), Rejection> {
        let codes = self.status_codes()?;
        if codes.first() == Some(&SUCCESS) {
            return Ok(());
        }
        let status = required(self.response, Namespace::SAMLP, ("Response", "Status"))?;
        let message = optional(status, Namespace::SAMLP, ("Status", "StatusMessage"))?;
        let message =
            message.and_then(|message| message.text()).filter(|text| !text.trim().is_empty());
        Err(Rejection::StatusNotSuccess {
            codes: codes.into_iter().map(Excerpt::new).collect(),
            message: message.map(|text| Excerpt::new(text.trim())),
        })
    }

    /// The EncryptedAssertion, if that is what stands in the place of the assertion.
    pub(crate) fn encrypted_assertion(&self) -> Option<Element<'d>> {
        self.response.child_elements().find(|child| child.is(Namespace::SAML, "EncryptedAssertion"))
    }

    /// More than SAML's schema asks for: it allows any number of each.
    pub(crate) fn one_assertion(&self) -> Result<(), Rejection> {
        let is_either = |child: &Element<'d>| {
            child.is(Namespace::SAML, "Assertion")
                || child.is(Namespace::SAML, "EncryptedAssertion")
        };
        match self.response.child_elements().filter(is_either).count() {
            1 => Ok(()),
            found => Err(Rejection::AssertionCount { found }),
        }
    }

    fn assertions(&self) -> impl Iterator<Item = Element<'d>> + use<'d> {
        self.response.child_elements().filter(|child| child.is(Namespace::SAML, "Assertion"))
    }

    /// The one assertion that is not encrypted.
    pub(crate) fn assertion(&self) -> Result<Element<'d>, Rejection> {
        let mut assertions = self.assertions();
        match (assertions.next(), assertions.count()) {
            (Some(assertion), 0) => Ok(assertion),
            (first, more) => Err(Rejection::AssertionCount {
                found: usize::from(first.is_some()).saturating_add(more),
            }),
        }
    }

    /// Which of the two elements that may be signed carry a signature.
    pub(crate) fn signatures(&self) -> Signatures {
        let carries = |element: Element<'d>| {
            element.child_elements().any(|child| child.is(Namespace::DS, "Signature"))
        };
        Signatures { response: carries(self.response), assertion: self.assertions().any(carries) }
    }

    /// How many signatures there are anywhere.
    #[cfg(feature = "samael")]
    pub(crate) fn all_signatures(&self) -> usize {
        self.response.descendants().filter(|element| element.is(Namespace::DS, "Signature")).count()
    }

    /// Core §5.4.1 and the one rule that ends signature wrapping: a signature stands directly in
    /// the response, directly in its assertion, or in what Advice holds, which is not read.
    /// Anywhere else the message is refused.
    pub(crate) fn signature_places(&self) -> Result<(), Rejection> {
        for signature in
            self.response.descendants().filter(|element| element.is(Namespace::DS, "Signature"))
        {
            let ancestors: Vec<Element<'d>> =
                std::iter::successors(signature.parent(), Element::parent).collect();
            let allowed = match ancestors.as_slice() {
                [response] => response.id() == self.response.id(),
                [.., advice, assertion, response] if advice.is(Namespace::SAML, "Advice") => {
                    assertion.is(Namespace::SAML, "Assertion")
                        && response.id() == self.response.id()
                }
                [assertion, response] => {
                    assertion.is(Namespace::SAML, "Assertion")
                        && response.id() == self.response.id()
                }
                _ => false,
            };
            if !allowed {
                let parent = ancestors.first().map_or("", Element::local_name);
                return Err(Rejection::SignatureMisplaced { parent: Excerpt::new(parent) });
            }
        }
        Ok(())
    }
}

/// Which elements carry a signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Signatures {
    pub(crate) response: bool,
    pub(crate) assertion: bool,
}

impl<'d> Issuer<'d> {
    pub(crate) fn read(element: Element<'d>) -> Result<Self, Rejection> {
        let format = element.attribute("Format").map(Cow::Borrowed);
        Ok(Self { value: text(element, "Issuer")?, format })
    }

    /// Whether it is the one that is configured, byte for byte. Our own Audience URI helps to name
    /// a near miss. On a Response, another Format is [warned of](crate::connection::Warning) and no
    /// more: the value says the same.
    pub(crate) fn check(
        &self,
        on: Part,
        configured: &str,
        audience: &str,
    ) -> Result<(), Rejection> {
        if let Some(format) = self.other_format().filter(|_| on != Part::Response) {
            return Err(Rejection::IssuerFormat { on, found: Excerpt::new(format) });
        }
        if self.value == configured {
            return Ok(());
        }
        let mismatch = Mismatch::new(configured, [self.value.as_ref()], Some(audience));
        Err(Rejection::IssuerMismatch { on, mismatch })
    }

    /// The Format, if it is another than that of entity identifiers.
    pub(crate) fn other_format(&self) -> Option<&str> {
        self.format.as_deref().filter(|format| *format != ENTITY)
    }

    fn into_owned(self) -> Issuer<'static> {
        let owned = |text: Cow<'d, str>| Cow::Owned(text.into_owned());
        Issuer { value: owned(self.value), format: self.format.map(owned) }
    }
}

/// A `Version` of 2.0: Core §2.3.3, §3.2.2.
pub(crate) fn is_version_2(on: Part, found: Option<&str>) -> Result<(), Rejection> {
    match found {
        Some("2.0") => Ok(()),
        _ => Err(Rejection::VersionUnsupported { on, found: found.map(Excerpt::new) }),
    }
}
