use super::algorithm::SignatureAlgorithm;
use super::signature::Signature;
use super::signed_info::SignedInfo;
use crate::error::{DigestCause, Part, Rejection, SignatureCause, SignatureProblem, UntrustedKey};
use crate::fingerprint::Fingerprint;
use crate::limits::Limits;
use crate::trust::{Certificate, Certificates};
use crate::xml::{Document, Element, Namespace};

/// What a signature is verified against.
#[derive(Clone, Copy)]
pub(crate) struct Trust<'c> {
    /// The identity provider's certificates. Each is tried; nothing else ever is.
    pub(crate) certificates: &'c Certificates,
    pub(crate) allow_sha1: bool,
    pub(crate) limits: &'c Limits,
}

/// The very octets that a configured key has signed: the canonical form of one Response or
/// Assertion, without its own signature.
///
/// Every claim is read from here, and [`verify`](verify()) is the only maker.
pub(crate) struct SignedOctets {
    octets: String,
    on: Part,
    fingerprint: Fingerprint,
    sha1: bool,
}

impl SignedOctets {
    #[cfg(feature = "samael")]
    pub(crate) fn as_str(&self) -> &str {
        &self.octets
    }

    pub(crate) fn into_text(self) -> String {
        self.octets
    }

    /// Which element of the message they are.
    pub(crate) fn on(&self) -> Part {
        self.on
    }

    /// The SHA-256 fingerprint of the certificate whose key verified.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Whether the signature or the digest rests on SHA-1.
    pub(crate) fn rests_on_sha1(&self) -> bool {
        self.sha1
    }
}

/// Verifies the signature of `signed`, which is to be its direct child.
pub(crate) fn verify(
    signed: Element<'_>,
    on: Part,
    trust: Trust<'_>,
) -> Result<SignedOctets, Rejection> {
    let id = signed.identifier().ok_or(Rejection::IdInvalid { on })?;
    let malformed = |problem| Rejection::SignatureMalformed { on, problem };
    let signature = Signature::of(signed, on)?;

    // All that can be refused without a key is refused before the costly step.
    let (octets, used) = signature.signed_info_octets()?;
    let document = Document::parse(octets, trust.limits)?;
    let signed_info = SignedInfo::read(&document, on, id, trust.allow_sha1)?;
    if signed_info.canonicalization != used {
        return Err(malformed(SignatureProblem::Elements));
    }
    let signer = signer(signed_info.signature, document.text().as_bytes(), &signature.value, trust);
    let certificate = signer.map_err(|cause| match cause {
        Some(_) => Rejection::SignatureInvalid { on, cause },
        None => no_key_verifies(&signature, on, trust.certificates),
    })?;

    // From here on SignedInfo is what the identity provider said.
    let octets = signed_info.transform.apply(signed, Some(signature.id))?;
    if !signed_info.digest.matches(octets.as_bytes(), &signed_info.digest_value) {
        return Err(Rejection::DigestMismatch { on, cause: cause(signed) });
    }
    let sha1 = signed_info.signature.uses_sha1() || signed_info.digest.is_sha1();
    Ok(SignedOctets { octets, on, fingerprint: certificate.fingerprint(), sha1 })
}

/// The certificate whose key has signed these octets; or else the cause, where it can be seen.
pub(super) fn signer<'c>(
    algorithm: SignatureAlgorithm,
    octets: &[u8],
    signature: &[u8],
    trust: Trust<'c>,
) -> Result<&'c Certificate, Option<SignatureCause>> {
    let digest = algorithm.digest(octets).ok_or(None)?;
    let verifies = |key: &&Certificate| algorithm.verifies(key, &digest, signature);
    trust
        .certificates
        .iter()
        .find(verifies)
        .ok_or_else(|| algorithm.is_der_sequence(signature).then_some(SignatureCause::DerSequence))
}

/// What may have made the digest wrong without anybody's ill will, by what is signed.
fn cause(signed: Element<'_>) -> Option<DigestCause> {
    let mut values =
        signed.descendants().filter(|element| element.is(Namespace::SAML, "AttributeValue"));
    let holds_markup = |text: &str| text.contains(['&', '<']);
    let is_escaped = values.any(|value| value.text().is_some_and(|text| holds_markup(&text)));
    is_escaped.then_some(DigestCause::EscapedText)
}

/// Whether the signature of `signed` is made with inclusive canonicalization, and so holds in no
/// other place than where it was made. It only chooses words.
pub(crate) fn is_inclusive(signed: Element<'_>, on: Part) -> bool {
    Signature::of(signed, on).is_ok_and(|signature| signature.is_inclusive())
}

/// Tells a damaged signature from one by a key that is not configured. The embedded certificate
/// only chooses words.
fn no_key_verifies(signature: &Signature<'_>, on: Part, configured: &Certificates) -> Rejection {
    let Some(der) = signature.embedded_certificate() else {
        return Rejection::SignatureInvalid { on, cause: None };
    };
    let fingerprint = Fingerprint::of(&der);
    let embedded = Certificate::from_der(&der).ok();
    let same_key = |certificate: &Certificate| {
        certificate.fingerprint() == fingerprint
            || embedded.as_ref().is_some_and(|embedded| embedded.has_same_key(certificate))
    };
    if configured.iter().any(same_key) {
        // One that takes in what is around an Assertion does not hold where it was not made.
        let inclusive = on == Part::Assertion && signature.is_inclusive();
        let cause = inclusive.then_some(SignatureCause::InclusiveCanonicalization);
        return Rejection::SignatureInvalid { on, cause };
    }
    Rejection::KeyUntrusted {
        on,
        key: Box::new(UntrustedKey {
            fingerprint,
            not_before: embedded.as_ref().and_then(Certificate::not_before),
            not_after: embedded.as_ref().and_then(Certificate::not_after),
            configured: configured.iter().map(|c| c.fingerprint()).collect(),
        }),
    }
}
