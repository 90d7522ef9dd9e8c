//! Verification: from a received response to the octets that are signed of it.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{Connection, SignedParts};
use crate::assertion::{Addressing, Envelope, SignedDocument, Statements};
use crate::dsig::{self, SignedOctets, Trust};
use crate::error::{Excerpt, Part, Rejection, SignatureCause};
#[cfg(feature = "samael")]
use crate::second_opinion;
use crate::validate::ENVELOPE_CHECKS;
use crate::xml::Document;
use crate::xmlenc::{self, Budget, Opening};

/// What the names of all encrypted elements begin with. Prepared once: to prepare a search takes
/// longer than the search.
static ENCRYPTED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("Encrypted"));

impl Connection {
    /// What is signed, and what the Response around it says.
    pub(super) fn signed_part(&self, xml: String) -> Result<(Signed, Addressing), Rejection> {
        let budget = Budget::of_one_message();
        let opening = self.opening(&budget);
        let (mut signed, addressing) = {
            let received = Document::parse(xml, &self.limits)?;
            let envelope = check_envelope(received_envelope(&received)?)?;
            (self.verified(envelope, opening)?, envelope.addressing())
        };
        // The received document has ended here, before what is signed of it is parsed.
        signed.second_opinion.take().unwrap_or(Ok(()))?;
        Ok((self.read(signed, opening)?, addressing))
    }

    /// What is signed of a received response: every signature that is there verified, those that
    /// have to be there demanded, and what is encrypted opened.
    pub(crate) fn signed_document(&self, envelope: Envelope<'_>) -> Result<Signed, Rejection> {
        let budget = Budget::of_one_message();
        let opening = self.opening(&budget);
        self.read(self.verified(envelope, opening)?, opening)
    }

    fn verified(
        &self,
        envelope: Envelope<'_>,
        opening: Opening<'_>,
    ) -> Result<Signed<Verified>, Rejection> {
        match envelope.encrypted_assertion() {
            None => Ok(self.signed_octets(envelope)?.map(Verified::Octets)),
            Some(_) => Ok(self.opened(envelope, opening)?.map(Verified::Document)),
        }
    }

    /// Parses what was signed, if that has not been done to open it, and opens what is encrypted in
    /// it.
    fn read(&self, signed: Signed<Verified>, opening: Opening<'_>) -> Result<Signed, Rejection> {
        let Signed { content, rests_on_sha1, second_opinion } = signed;
        let document = match content {
            Verified::Octets(octets) => SignedDocument::parse(octets, &self.limits)?,
            Verified::Document(document) => document,
        };
        let content = self.with_parts_opened(document, opening)?;
        Ok(Signed { content, rests_on_sha1, second_opinion })
    }

    fn with_parts_opened(
        &self,
        document: SignedDocument,
        opening: Opening<'_>,
    ) -> Result<SignedDocument, Rejection> {
        // The names of elements are never written in another way, so without the text there is no
        // such element.
        if ENCRYPTED.find(document.text().as_bytes()).is_none() {
            return Ok(document);
        }
        let encrypted = document.assertion()?.encrypted_parts();
        if encrypted.is_empty() {
            return Ok(document);
        }
        let opened = xmlenc::open(&encrypted, opening)?;
        Ok(document.opened(opened))
    }

    fn signed_octets(&self, envelope: Envelope<'_>) -> Result<Signed<SignedOctets>, Rejection> {
        let found = envelope.signatures();
        let missing = match self.options.signed_parts {
            SignedParts::Response | SignedParts::Both if !found.response => Some(Part::Response),
            SignedParts::Assertion | SignedParts::Both if !found.assertion => Some(Part::Assertion),
            _ => None,
        };
        if let Some(on) = missing {
            return Err(Rejection::SignatureMissing { on });
        }
        // Both are verified on the document as it was received; the wider one is read, and the
        // other dropped at once.
        let mut octets = None;
        let mut rests_on_sha1 = false;
        if found.assertion {
            let assertion = dsig::verify(envelope.assertion()?, Part::Assertion, self.trust())
                .map_err(|rejection| self.told_apart(rejection, envelope))?;
            rests_on_sha1 |= assertion.rests_on_sha1();
            octets = Some(assertion).filter(|_| !found.response);
        }
        if let Some(response) = self.verified_response(envelope)? {
            rests_on_sha1 |= response.rests_on_sha1();
            octets = Some(response);
        }
        let octets = octets.ok_or(Rejection::SignatureMissing { on: Part::Message })?;
        let second_opinion = self.second_opinion(envelope, &octets);
        Ok(Signed { content: octets, rests_on_sha1, second_opinion })
    }

    /// Why a signature of the Assertion does not hold. If it names a configured certificate, and
    /// that of the Response around it holds, then nobody has changed the message since, and the
    /// certificate is the right one: what is left is a signature that was made where other
    /// namespaces were in scope. Only the words are others.
    fn told_apart(&self, rejection: Rejection, envelope: Envelope<'_>) -> Rejection {
        let on = Part::Assertion;
        let inclusive = match rejection {
            Rejection::SignatureInvalid { cause, .. } => {
                cause == Some(SignatureCause::InclusiveCanonicalization)
            }
            Rejection::DigestMismatch { .. } => {
                envelope.assertion().is_ok_and(|assertion| dsig::is_inclusive(assertion, on))
            }
            _ => false,
        };
        let genuine = || self.verified_response(envelope).is_ok_and(|octets| octets.is_some());
        match inclusive && genuine() {
            true => Rejection::SignatureOutOfContext { on },
            false => rejection,
        }
    }

    fn verified_response(&self, envelope: Envelope<'_>) -> Result<Option<SignedOctets>, Rejection> {
        match envelope.signatures().response {
            true => dsig::verify(envelope.response(), Part::Response, self.trust()).map(Some),
            false => Ok(None),
        }
    }

    /// An encrypted assertion: a signature of the Response is verified before any key is used, and
    /// covers what it encloses; then one of the Assertion is, in what was opened.
    fn opened(&self, envelope: Envelope<'_>, opening: Opening<'_>) -> Result<Signed, Rejection> {
        let Some(octets) = self.verified_response(envelope)? else {
            if matches!(self.options.signed_parts, SignedParts::Response | SignedParts::Both) {
                return Err(Rejection::SignatureMissing { on: Part::Response });
            }
            let opened = open_assertion(envelope, opening)?;
            let inside = self.verified_inside(&opened, false).ok().flatten();
            let Signed { content, rests_on_sha1, second_opinion } =
                inside.ok_or(Rejection::DecryptionFailed)?;
            let content = SignedDocument::parse(content, &self.limits);
            let content = content.map_err(|_| Rejection::DecryptionFailed)?;
            return Ok(Signed { content, rests_on_sha1, second_opinion });
        };
        let (rests_on_sha1, second_opinion) =
            (octets.rests_on_sha1(), self.second_opinion(envelope, &octets));
        let response = SignedDocument::parse(octets, &self.limits)?;
        let signed = response.envelope()?.ok_or(Rejection::DecryptionFailed)?;
        let signed = check_envelope(signed)?;
        // Said in the open, so it may be refused in the open; behind this a wrong issuer is one of
        // what was opened.
        if let Some(issuer) = signed.addressing().issuer()? {
            issuer.check(Part::Response, self.idp.issuer(), self.sp.audience())?;
        }
        let opened = open_assertion(signed, opening)?;
        let inside =
            self.verified_inside(&opened, true).map_err(|_| Rejection::DecryptionFailed)?;
        let rests_on_sha1 = rests_on_sha1 || inside.is_some_and(|inside| inside.rests_on_sha1);
        Ok(Signed { content: response.opened(opened), rests_on_sha1, second_opinion })
    }

    /// The signature of the assertion in a response that was opened. Without one, the Response's
    /// has to cover it, and it has to be the connection's issuer who speaks: a ciphertext captured
    /// from another connection says nothing, not even whose it is.
    fn verified_inside(
        &self,
        opened: &Document,
        covered: bool,
    ) -> Result<Option<Signed<SignedOctets>>, Rejection> {
        let envelope = check_envelope(received_envelope(opened)?)?;
        let assertion = envelope.assertion()?;
        if envelope.signatures().assertion {
            let octets = dsig::verify(assertion, Part::Assertion, self.trust())?;
            let rests_on_sha1 = octets.rests_on_sha1();
            // Under a signature of the Response, libxmlsec1 is asked for that one.
            let second_opinion =
                if covered { None } else { self.second_opinion(envelope, &octets) };
            return Ok(Some(Signed { content: octets, rests_on_sha1, second_opinion }));
        }
        match self.options.signed_parts {
            SignedParts::Any | SignedParts::Response if covered => {
                let issuer = Statements::unverified(assertion).issuer()?;
                issuer.check(Part::Assertion, self.idp.issuer(), self.sp.audience())?;
                Ok(None)
            }
            _ => Err(Rejection::SignatureMissing { on: Part::Assertion }),
        }
    }

    pub(crate) fn trust(&self) -> Trust<'_> {
        Trust {
            certificates: self.idp.certificates(),
            allow_sha1: self.options.danger_allow_sha1,
            limits: &self.limits,
        }
    }

    pub(super) fn opening<'c>(&'c self, budget: &'c Budget) -> Opening<'c> {
        Opening {
            keys: self.sp.decryption_keys(),
            has_sealed_keys: !self.sp.sealed_keys().is_empty(),
            recipient: self.sp.audience(),
            forbid_cbc: self.options.forbid_cbc,
            allow_3des: self.options.danger_allow_3des,
            limits: &self.limits,
            budget,
        }
    }

    /// What the second engine says of the message and the octets that a signature in it covers, if
    /// the connection asks for it.
    fn second_opinion(
        &self,
        envelope: Envelope<'_>,
        octets: &SignedOctets,
    ) -> Option<Result<(), Rejection>> {
        #[cfg(feature = "samael")]
        if self.options.second_opinion {
            return Some(second_opinion::agrees(envelope, octets, self.idp.certificates()));
        }
        let _ = (envelope, octets);
        None
    }
}

fn open_assertion(envelope: Envelope<'_>, opening: Opening<'_>) -> Result<Document, Rejection> {
    let encrypted = envelope.encrypted_assertion().ok_or(Rejection::AssertionCount { found: 0 })?;
    xmlenc::open(&[encrypted], opening)
}

/// The response as it was received.
pub(crate) fn received_envelope<'d>(document: &'d Document) -> Result<Envelope<'d>, Rejection> {
    let root =
        document.root().ok_or_else(|| Rejection::NotAResponse { found: Excerpt::new("") })?;
    Ok(Envelope::new(root, false))
}

pub(super) fn check_envelope(envelope: Envelope<'_>) -> Result<Envelope<'_>, Rejection> {
    ENVELOPE_CHECKS.iter().try_for_each(|check| (check.run)(&envelope))?;
    Ok(envelope)
}

/// What the signatures of a response cover.
pub(crate) struct Signed<T = SignedDocument> {
    pub(crate) content: T,
    /// Whether any of them rests on SHA-1.
    pub(crate) rests_on_sha1: bool,
    /// What the second engine says, where it was asked.
    pub(crate) second_opinion: Option<Result<(), Rejection>>,
}

impl<T> Signed<T> {
    fn map<U>(self, to: impl FnOnce(T) -> U) -> Signed<U> {
        let Self { content, rests_on_sha1, second_opinion } = self;
        Signed { content: to(content), rests_on_sha1, second_opinion }
    }
}

/// What is signed; parsed already, where it had to be to open an encrypted assertion.
#[expect(clippy::large_enum_variant, reason = "it lives for one step, on the stack")]
enum Verified {
    Document(SignedDocument),
    Octets(SignedOctets),
}
