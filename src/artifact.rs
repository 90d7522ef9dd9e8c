//! The HTTP-Artifact binding: Bindings §3.6, Core §3.5.
//!
//! The browser brings a reference; the message itself comes from the identity provider's server. It
//! passes through the same verification as one that a browser posts: nothing is believed because of
//! the way it came.

use std::future::Future;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use openssl::sha::sha1;

use crate::assertion::{Envelope, Issuer, optional};
use crate::dsig::{Place, sign_enveloped};
use crate::error::{ArtifactProblem, BoxError, Error, Part, Rejection, SendError};
use crate::limits::Limits;
use crate::provider::{IdentityProvider, ServiceProvider};
use crate::random::Random;
use crate::send::{Header, message_id};
use crate::xml::{C14n, Document, Element, Markup, Namespace, canonicalize};

/// Posts to the identity provider's server. The application supplies its HTTP client.
///
/// It follows no redirects, checks the server's certificate, and gives up after a few seconds and
/// beyond a megabyte.
pub trait SoapClient {
    /// Posts `body`, of the type `text/xml; charset=utf-8` and with the header
    /// `SOAPAction: "http://www.oasis-open.org/committees/security"` (SOAP binding, §3.2.3), to
    /// `url`; gives the body of the answer, whatever its status.
    fn post(
        &self,
        url: &str,
        body: String,
    ) -> impl Future<Output = Result<Vec<u8>, BoxError>> + Send;
}

/// A type 4 artifact: Bindings §3.6.4.
struct Artifact {
    endpoint: u16,
    source: [u8; 20],
}

impl Artifact {
    fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text).ok()?;
        let (kind, rest) = bytes.split_first_chunk::<2>()?;
        let (endpoint, rest) = rest.split_first_chunk::<2>()?;
        let (source, handle) = rest.split_first_chunk::<20>()?;
        let valid = *kind == [0, 4] && handle.len() == 20;
        valid.then(|| Self { endpoint: u16::from_be_bytes(*endpoint), source: *source })
    }
}

/// Fetches the message that an artifact stands for, as XML.
pub(crate) async fn resolve<C: SoapClient>(
    artifact_text: &str,
    (sp, idp): (&ServiceProvider, &IdentityProvider),
    client: &C,
    limits: &Limits,
    random: Random,
    now: DateTime<Utc>,
) -> Result<String, Error> {
    let refused = |problem| Rejection::ArtifactRefused { problem };
    let artifact = Artifact::parse(artifact_text).ok_or(refused(ArtifactProblem::Malformed))?;
    // §3.6.4: the source is the SHA-1 of the issuer's entity ID. It must be the one that this login
    // is for.
    if artifact.source != sha1(idp.issuer().as_bytes()) {
        return Err(refused(ArtifactProblem::Foreign).into());
    }
    let mut services = idp.artifact_resolution().iter();
    let service = services.find(|(index, _)| *index == artifact.endpoint);
    let (_, url) = service.ok_or(refused(ArtifactProblem::NoEndpoint))?;
    let id = message_id(random);
    let body = request(artifact_text, &id, url, sp, now).map_err(Error::Send)?;
    let answer = client.post(url, body).await.map_err(Error::Resolution)?;
    if answer.len() > limits.document_bytes {
        return Err(Rejection::ResponseTooLarge { limit: limits.document_bytes }.into());
    }
    let answer = String::from_utf8(answer).map_err(|_| refused(ArtifactProblem::Answer))?;
    message(answer.trim_start_matches('\u{FEFF}'), &id, idp, limits).map_err(Error::from)
}

/// ArtifactResolve in SOAP, signed if there is a key: Core §3.5.1.
fn request(
    artifact: &str,
    id: &str,
    url: &str,
    sp: &ServiceProvider,
    now: DateTime<Utc>,
) -> Result<String, SendError> {
    let mut xml = Markup::new();
    let header =
        Header { name: "samlp:ArtifactResolve", id, destination: url, issuer: sp.audience(), now };
    header.open(&mut xml, &[]);
    xml.element("samlp:Artifact", &[], artifact);
    xml.close("samlp:ArtifactResolve");
    let xml = xml.finish();
    let xml = match sp.signing_keys().first() {
        Some(key) => sign_enveloped(&xml, id, Place::AfterIssuer, key)?,
        None => xml,
    };
    Ok(format!(
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>{xml}</soap:Body></soap:Envelope>"
    ))
}

/// The message in an ArtifactResponse: Core §3.5.2.
///
/// That the answer is to our request, and that it reports success, is looked at as any unsigned
/// fact: it can only refuse.
fn message(
    answer: &str,
    id: &str,
    idp: &IdentityProvider,
    limits: &Limits,
) -> Result<String, Rejection> {
    let refused = |problem| Rejection::ArtifactRefused { problem };
    let document = Document::parse(answer.to_owned(), limits)?;
    let root = document.root().filter(|root| root.is(Namespace::SOAP, "Envelope"));
    let root = root.ok_or(refused(ArtifactProblem::Answer))?;
    let body = only_child(root, Namespace::SOAP, "Body").ok_or(refused(ArtifactProblem::Answer))?;
    let response = only_child(body, Namespace::SAMLP, "ArtifactResponse");
    let response = response.ok_or(refused(ArtifactProblem::Answer))?;
    if response.attribute("InResponseTo") != Some(id) {
        return Err(refused(ArtifactProblem::Answer));
    }
    if let Some(issuer) = optional(response, Namespace::SAML, ("ArtifactResponse", "Issuer"))?
        && Issuer::read(issuer)?.value != idp.issuer()
    {
        return Err(refused(ArtifactProblem::Foreign));
    }
    let codes = Envelope::new(response, false).status_codes()?;
    if codes.first() != Some(&"urn:oasis:names:tc:SAML:2.0:status:Success") {
        return Err(refused(ArtifactProblem::Status));
    }
    // Core §3.5.2: success without a message means that there is none: the artifact was used, or
    // never made.
    let inner = only_child(response, Namespace::SAMLP, "Response")
        .ok_or(refused(ArtifactProblem::Nothing))?;
    // Inclusive, so that all namespaces around it go with it, and signatures of either kind stay
    // what they are.
    canonicalize(inner, None, C14n::IMPLIED, &[])
        .map_err(|_| Rejection::SignatureInvalid { on: Part::Message, inclusive: false })
}

fn only_child<'d>(parent: Element<'d>, namespace: Namespace, name: &str) -> Option<Element<'d>> {
    let mut found = parent.child_elements().filter(|child| child.is(namespace, name));
    found.next().filter(|_| found.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artifacts_are_of_type_4_and_44_bytes() {
        let text = |kind: [u8; 2], handle: usize| {
            STANDARD.encode([&kind[..], &[0, 3], &[7; 20], &vec![9; handle]].concat())
        };
        let artifact = Artifact::parse(&text([0, 4], 20)).unwrap();
        assert_eq!((artifact.endpoint, artifact.source), (3, [7; 20]));
        for bad in
            [text([0, 3], 20), text([0, 4], 19), text([0, 4], 21), "AAQ".into(), String::new()]
        {
            assert!(Artifact::parse(&bad).is_none(), "{bad}");
        }
    }
}
