//! Copies of responses that can be shared: the same structure, with other values.

mod copy;
mod known;
mod replace;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;

use self::copy::Copier;
use self::replace::Replacements;
use crate::binding;
use crate::connection::{Connection, ConnectionOptions, received_envelope};
use crate::dsig::{self, Anew, KeyPairs};
use crate::error::{BoxError, Error, Part, Rejection, SendError};
use crate::identity::IdentityField;
use crate::provider::{IdentityProvider, ServiceProvider};
use crate::random::Random;
use crate::report::Report;
use crate::request::PendingRequest;
use crate::trust::{Certificates, KeyPair};
use crate::xml::{Document, Element};

/// A copy of a response that can be shared, and what it is read with.
///
/// Structure, order of elements, algorithms, times and the words of the specifications are those of
/// the original. Every other value has another in its place, the same for the same: identifiers,
/// addresses, issuers, names, groups, session indexes, certificates. They are drawn anew in each
/// run, and not made of the originals. What was signed is signed by a throw-away key; a signature
/// that did not hold does not hold in the copy either.
///
/// `Debug` shows the codes alone.
#[non_exhaustive]
pub struct Redacted {
    /// The form value of the copy.
    pub form_value: String,
    /// What the copy is read with: Audience URI, ACS URL, issuer and certificates of the copy, the
    /// options of the original.
    pub connection: Connection,
    /// The request that the copy answers, if the original was held to one.
    pub request: Option<PendingRequest>,
    /// The instant at which both were looked at.
    pub now: DateTime<Utc>,
    /// The report of the original. It is the customer's: do not share it.
    pub original: Report,
    /// The report of the copy.
    pub copy: Report,
    /// What the copy could not keep.
    pub lost: Vec<Lost>,
}

/// What a copy could not keep.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Lost {
    /// Attributes and declarations of namespaces that no specification of SAML knows: left out.
    #[error(
        "{count} attributes or declarations of namespaces that SAML does not know are left out"
    )]
    Attributes {
        /// How many.
        count: usize,
    },
    /// Elements that no specification of SAML knows: empty ones stand in their place.
    #[error("{count} elements that SAML does not know are emptied, their names included")]
    Elements {
        /// How many.
        count: usize,
    },
    /// Ciphertext: nothing that was decrypted stays, so that the copy cannot be opened.
    #[error(
        "what is encrypted is emptied, so that the copy cannot be opened: make one of a response that is not encrypted"
    )]
    Encrypted,
    /// The copy is not judged like the original.
    #[error("the copy ends in {copy}, and the original in {original}")]
    Outcome {
        /// `accepted`, or the code of the refusal.
        original: &'static str,
        /// The same of the copy.
        copy: &'static str,
    },
    /// Comments and processing instructions: left out.
    #[error("{count} comments or processing instructions are left out")]
    Remarks {
        /// How many.
        count: usize,
    },
    /// A signature of a form that cannot be made anew: its values are placeholders.
    #[error("the signature of the {on} is of a form that cannot be made anew")]
    Signature {
        /// What it stands in.
        on: Part,
    },
}

impl Connection {
    /// Makes a copy of a response that can be shared with whoever helps: see [`Redacted`].
    ///
    /// `request` and `now` are those that the response is, or was, held to. Look through the copy
    /// before you share it.
    ///
    /// # Errors
    ///
    /// [`Error::Rejected`] for what is not well-formed: there is nothing to copy.
    /// [`SendError::Signing`] if OpenSSL could make no key.
    ///
    /// ```
    /// # use saml_login::testing::idp::TestIdp;
    /// # use saml_login::{Connection, Random, ServiceProvider};
    /// # let now = "2030-01-31T12:00:00Z".parse()?;
    /// # let idp = TestIdp::p256("https://idp.example.test")?;
    /// # let sp = ServiceProvider::new("https://app.example.test", "https://app.example.test/acs");
    /// # let side = idp.identity_provider()?;
    /// # let connection = Connection::builder("acme", sp.clone(), side).build()?;
    /// # let form_value = idp.response(&sp, now).form_value()?;
    /// let redacted = connection.redact(form_value, None, now, Random::generate()?)?;
    /// assert_eq!(redacted.copy.code, redacted.original.code);
    /// for lost in &redacted.lost {
    ///     println!("{lost}");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn redact(
        &self,
        form_value: impl AsRef<[u8]>,
        request: Option<&PendingRequest>,
        now: DateTime<Utc>,
        random: Random,
    ) -> Result<Redacted, Error> {
        let form_value = form_value.as_ref();
        let xml = binding::decode(form_value, self.limits())?;
        let document = Document::parse(xml, self.limits())?;
        let mut replacements = Replacements::new(random);
        let sp = self.service_provider();
        let opens = !sp.decryption_keys().is_empty();
        let audience = replacements.of(sp.audience());
        let acs_url = replacements.of(sp.acs_url());
        let issuer = replacements.of(self.identity_provider().issuer());
        let request_copy = request.map(|request| replaced(request, &mut replacements));
        let options = self.replaced_options(&mut replacements);

        let (xml, dropped) = Copier::new(&mut replacements).copy(&document);
        let verdicts = self.verdicts(&document);
        let needs_stranger = verdicts.iter().any(|(_, verdict)| is_by_a_stranger(verdict));
        let keys = Keys::new(now, needs_stranger)
            .map_err(|error| SendError::Signing(BoxError::new(error)))?;
        let mut lost = Vec::new();
        let xml = self.signed_anew(xml, verdicts, &keys, &mut lost);

        let mut sp = ServiceProvider::new(audience, acs_url);
        if opens {
            sp = sp.with_decryption_key(keys.own.rsa.clone());
        }
        let connection = Connection::builder("redacted", sp, keys.trusted(issuer)?)
            .with_options(options)
            .with_limits(self.limits().clone())
            .build()?;
        let form_value_of_copy = STANDARD.encode(xml);
        let original = self.explain(form_value, request, now);
        let request = request_copy.map(|request| PendingRequest {
            connection_id: connection.id().to_owned(),
            revision: connection.revision().to_owned(),
            ..request
        });
        let copy = connection.explain(&form_value_of_copy, request.as_ref(), now);

        let counted = [
            (dropped.attributes, Lost::Attributes { count: dropped.attributes }),
            (dropped.elements, Lost::Elements { count: dropped.elements }),
            (dropped.remarks, Lost::Remarks { count: dropped.remarks }),
        ];
        lost.extend(counted.into_iter().filter(|(count, _)| *count > 0).map(|(_, lost)| lost));
        let encrypted = |element: Element<'_>| element.local_name() == "CipherValue";
        if document.root().is_some_and(|root| root.descendants().any(encrypted)) {
            lost.push(Lost::Encrypted);
        }
        let outcome = |report: &Report| report.code.unwrap_or("accepted");
        if original.code != copy.code {
            let (original, copy) = (outcome(&original), outcome(&copy));
            lost.push(Lost::Outcome { original, copy });
        }
        Ok(Redacted {
            form_value: form_value_of_copy,
            connection,
            request,
            now,
            original,
            copy,
            lost,
        })
    }

    /// The options, with the names of attributes that the copy has.
    fn replaced_options(&self, replacements: &mut Replacements) -> ConnectionOptions {
        let options = self.options();
        let map = IdentityField::ALL.iter().fold(options.attribute_map.clone(), |map, field| {
            let names: Vec<String> = map
                .names(*field)
                .into_iter()
                .map(|name| replacements.attribute_name(name))
                .collect();
            map.with_names(*field, names)
        });
        options.clone().with_attribute_map(map)
    }

    /// Signs the copy where the original is signed, the Assertion first: the signature of the
    /// Response covers it.
    fn signed_anew(
        &self,
        mut xml: String,
        verdicts: Vec<(Part, Option<Rejection>)>,
        keys: &Keys,
        lost: &mut Vec<Lost>,
    ) -> String {
        for (on, verdict) in verdicts {
            let anew = keys.like(verdict.as_ref());
            let id = id_of(&xml, on, self);
            let made = id.and_then(|id| dsig::sign_anew(&xml, &id, on, self.limits(), &anew));
            match made {
                Some(signed) => xml = signed,
                None => lost.push(Lost::Signature { on }),
            }
        }
        xml
    }

    /// What becomes of each signature of the original, the innermost first.
    fn verdicts(&self, document: &Document) -> Vec<(Part, Option<Rejection>)> {
        let Ok(envelope) = received_envelope(document) else { return Vec::new() };
        let signatures = envelope.signatures();
        let assertion = envelope.assertion().ok().filter(|_| signatures.assertion);
        let response = Some(envelope.response()).filter(|_| signatures.response);
        let signed = [(assertion, Part::Assertion), (response, Part::Response)];
        let signed = signed.into_iter().filter_map(|(element, on)| Some((element?, on)));
        let verdict = |(element, on)| (on, dsig::verify(element, on, self.trust()).err());
        signed.map(verdict).collect()
    }
}

/// The `ID` of a part of the copy.
fn id_of(xml: &str, on: Part, connection: &Connection) -> Option<String> {
    let document = Document::parse(xml.to_owned(), connection.limits()).ok()?;
    let envelope = received_envelope(&document).ok()?;
    let element = match on {
        Part::Assertion => envelope.assertion().ok()?,
        _ => envelope.response(),
    };
    element.identifier().map(str::to_owned)
}

fn replaced(request: &PendingRequest, replacements: &mut Replacements) -> PendingRequest {
    let known = |text: &String, replacements: &mut Replacements| match known::is_constant(text) {
        true => text.clone(),
        false => replacements.of(text),
    };
    PendingRequest {
        request_id: replacements.of(&request.request_id),
        relay_state: None,
        name_id_format: request.name_id_format.as_ref().map(|format| known(format, replacements)),
        authn_contexts: request.authn_contexts.iter().map(|c| known(c, replacements)).collect(),
        context: Vec::new(),
        ..request.clone()
    }
}

/// Whether a signature is to be made by a key that is not configured.
fn is_by_a_stranger(verdict: &Option<Rejection>) -> bool {
    matches!(verdict, Some(Rejection::KeyUntrusted { .. } | Rejection::SignatureInvalid { .. }))
}

/// Throw-away keys: those of the copy's identity provider, and those of a stranger.
struct Keys {
    own: KeyPairs,
    strange: KeyPairs,
}

impl Keys {
    fn new(
        now: DateTime<Utc>,
        needs_stranger: bool,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let own = throw_away(now)?;
        let strange = if needs_stranger { throw_away(now)? } else { own.clone() };
        Ok(Self { own, strange })
    }

    fn trusted(&self, issuer: String) -> Result<IdentityProvider, Error> {
        let [rsa, ec] = [&self.own.rsa, &self.own.ec].map(|pair| pair.certificate().to_pem());
        Ok(IdentityProvider::new(issuer, Certificates::parse(rsa + &ec)?))
    }

    /// Who signs, so that the verdict is the one that the original has.
    fn like(&self, verdict: Option<&Rejection>) -> Anew<'_> {
        let own = Anew { keys: &self.own, changed: false, shown: None };
        let strange = Anew { keys: &self.strange, ..own };
        match verdict {
            Some(Rejection::KeyUntrusted { .. }) => strange,
            // It shows the certificate that is configured, if any.
            Some(Rejection::SignatureInvalid { .. }) => {
                Anew { shown: Some(&self.own.rsa), ..strange }
            }
            Some(Rejection::DigestMismatch { .. }) => Anew { changed: true, ..own },
            _ => own,
        }
    }
}

fn throw_away(now: DateTime<Utc>) -> Result<KeyPairs, Box<dyn std::error::Error + Send + Sync>> {
    let until = now.checked_add_signed(TimeDelta::days(365)).unwrap_or(now);
    let rsa = PKey::from_rsa(Rsa::generate(2048)?)?.private_key_to_pem_pkcs8()?;
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let ec = PKey::from_ec_key(EcKey::generate(&group)?)?.private_key_to_pem_pkcs8()?;
    let pair = |pem| KeyPair::self_signed(pem, "redacted", now, until);
    Ok(KeyPairs { rsa: pair(rsa)?, ec: pair(ec)? })
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redacted")
            .field("original", &self.original.code)
            .field("copy", &self.copy.code)
            .field("lost", &self.lost)
            .finish_non_exhaustive()
    }
}
