//! The HTTP-Redirect binding: Bindings §3.4.

use std::borrow::Cow;
use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{Parameter, base64};
use crate::error::{DecodeProblem, QueryProblem, Rejection};
use crate::limits::Limits;

/// RFC 3986 §2.3: what may stand as it is.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `name=value`, the value percent-encoded.
pub(crate) fn parameter(name: &str, value: &str) -> String {
    format!("{name}={}", utf8_percent_encode(value, &RESERVED))
}

/// The parameters that carry a message, up to where a signature would follow: Bindings §3.4.4.1, in
/// the order in which they are signed.
pub(crate) fn deflated(parameter_name: Parameter, xml: &str, relay_state: Option<&str>) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // Writing to a Vec cannot fail.
    let _ = encoder.write_all(xml.as_bytes());
    let value = STANDARD.encode(encoder.finish().unwrap_or_default());
    let mut query = parameter(parameter_name.as_str(), &value);
    if let Some(relay_state) = relay_state {
        query.push('&');
        query.push_str(&parameter("RelayState", relay_state));
    }
    query
}

/// Adds a query to a URL, behind one that it already has, and in front of a fragment.
pub(crate) fn with_query(url: &str, query: &str) -> String {
    let (url, fragment) = match url.split_once('#') {
        None => (url, None),
        Some((url, fragment)) => (url, Some(fragment)),
    };
    let separator = match url.split_once('?') {
        None => "?",
        Some((_, before)) if before.is_empty() || before.ends_with('&') => "",
        Some(_) => "&",
    };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{url}{separator}{query}{fragment}")
}

/// A query string as it was received, with the parameters of the binding picked out of it: each at
/// most once.
#[derive(Clone, Copy)]
pub(crate) struct Query<'q> {
    pub(crate) parameter: Parameter,
    message: &'q str,
    relay_state: Option<&'q str>,
    /// SigAlg and Signature, raw.
    signature: Option<(&'q str, &'q str)>,
}

/// A signature on a query.
pub(crate) struct QuerySignature<'q> {
    /// The identifier of its algorithm.
    pub(crate) algorithm: Cow<'q, str>,
    pub(crate) value: Vec<u8>,
    /// What it is over: the parameters exactly as they were received, in the order of Bindings
    /// §3.4.4.1.
    pub(crate) octets: String,
}

impl<'q> Query<'q> {
    pub(crate) fn parse(raw: &'q str, limits: &Limits) -> Result<Self, Rejection> {
        let malformed = |problem| Rejection::QueryMalformed { problem };
        if raw.len() > limits.document_bytes {
            return Err(Rejection::ResponseTooLarge { limit: limits.document_bytes });
        }
        let [mut request, mut response, mut relay_state, mut algorithm, mut signature] = [None; 5];
        for pair in raw.strip_prefix('?').unwrap_or(raw).split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            // A name in another spelling (`SAML%52equest`) would be the same to others and not to
            // us.
            let decoded = percent_decode_str(name).decode_utf8_lossy();
            let slot = match decoded.as_ref() {
                "SAMLRequest" => &mut request,
                "SAMLResponse" => &mut response,
                "RelayState" => &mut relay_state,
                "SigAlg" => &mut algorithm,
                "Signature" => &mut signature,
                "SAMLEncoding" if value != ENCODING && value != DEFLATE => {
                    return Err(malformed(QueryProblem::Encoding));
                }
                _ => continue,
            };
            if slot.is_some() || decoded != name {
                return Err(malformed(QueryProblem::Repeated));
            }
            *slot = Some(value);
        }
        let (parameter, message) = match (request, response) {
            (Some(request), None) => (Parameter::SamlRequest, request),
            (None, Some(response)) => (Parameter::SamlResponse, response),
            (None, None) => return Err(malformed(QueryProblem::NoMessage)),
            (Some(_), Some(_)) => return Err(malformed(QueryProblem::Repeated)),
        };
        let signature = match (algorithm, signature) {
            (Some(algorithm), Some(signature)) => Some((algorithm, signature)),
            (None, None) => None,
            _ => return Err(malformed(QueryProblem::HalfASignature)),
        };
        Ok(Self { parameter, message, relay_state, signature })
    }

    /// The message, inflated no further than the limit.
    pub(crate) fn xml(&self, limits: &Limits) -> Result<String, Rejection> {
        let undecodable = |problem| Rejection::ResponseUndecodable { problem };
        let value = percent_decode_str(self.message)
            .decode_utf8()
            .map_err(|_| undecodable(DecodeProblem::NotUtf8 { encoding: None }))?;
        if value.trim_ascii().is_empty() {
            return Err(undecodable(DecodeProblem::Empty));
        }
        let deflated = base64(&value).ok_or(undecodable(DecodeProblem::NotBase64))?;
        let limit = limits.document_bytes;
        let one_more = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::new();
        DeflateDecoder::new(deflated.as_slice())
            .take(one_more)
            .read_to_end(&mut bytes)
            .map_err(|_| undecodable(DecodeProblem::NotDeflated))?;
        if bytes.len() > limit {
            return Err(Rejection::ResponseTooLarge { limit });
        }
        String::from_utf8(bytes).map_err(|_| undecodable(DecodeProblem::NotUtf8 { encoding: None }))
    }

    /// RelayState, decoded as a form would be.
    pub(crate) fn relay_state(&self) -> Option<String> {
        let value = self.relay_state?.replace('+', " ");
        Some(percent_decode_str(&value).decode_utf8_lossy().into_owned())
    }

    /// The signature, if there is one.
    pub(crate) fn signature(&self) -> Result<Option<QuerySignature<'q>>, Rejection> {
        let Some((raw_algorithm, raw_signature)) = self.signature else { return Ok(None) };
        let malformed = || Rejection::QueryMalformed { problem: QueryProblem::Signature };
        let algorithm = percent_decode_str(raw_algorithm).decode_utf8().map_err(|_| malformed())?;
        let signature = percent_decode_str(raw_signature).decode_utf8().map_err(|_| malformed())?;
        let value = base64(&signature).ok_or_else(malformed)?;
        let mut octets = format!("{}={}", self.parameter.as_str(), self.message);
        if let Some(relay_state) = self.relay_state {
            octets.push_str("&RelayState=");
            octets.push_str(relay_state);
        }
        octets.push_str("&SigAlg=");
        octets.push_str(raw_algorithm);
        Ok(Some(QuerySignature { algorithm, value, octets }))
    }
}

/// The one encoding there is: Bindings §3.4.4.1.
const DEFLATE: &str = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";
const ENCODING: &str = "urn%3Aoasis%3Anames%3Atc%3ASAML%3A2.0%3Abindings%3AURL-Encoding%3ADEFLATE";

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(raw: &str) -> Result<Query<'_>, QueryProblem> {
        Query::parse(raw, &Limits::default()).map_err(|rejection| match rejection {
            Rejection::QueryMalformed { problem } => problem,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn what_is_written_is_read_again() {
        let query = deflated(Parameter::SamlRequest, "<a>é &amp; ü</a>", Some("/a b?c=d&e=+"));
        let read = parse(&query).unwrap();
        assert_eq!(read.parameter, Parameter::SamlRequest);
        assert_eq!(read.xml(&Limits::default()), Ok("<a>é &amp; ü</a>".into()));
        assert_eq!(read.relay_state().as_deref(), Some("/a b?c=d&e=+"));
        assert!(read.signature().unwrap().is_none());
    }

    #[test]
    fn the_signed_octets_are_those_received() {
        // Lower-case escapes and an unescaped slash stay as they are; the order is that of the
        // specification.
        let raw = "Signature=AAAA&RelayState=%2fa/b&x=y&SigAlg=http%3a//alg&SAMLRequest=q1A";
        let signature = parse(raw).unwrap().signature().unwrap().unwrap();
        assert_eq!(signature.algorithm, "http://alg");
        assert_eq!(signature.value, [0, 0, 0]);
        assert_eq!(signature.octets, "SAMLRequest=q1A&RelayState=%2fa/b&SigAlg=http%3a//alg");
        // An empty RelayState is one.
        let raw = "SAMLRequest=q1A&RelayState=&SigAlg=a&Signature=AAAA";
        assert_eq!(
            parse(raw).unwrap().signature().unwrap().unwrap().octets,
            "SAMLRequest=q1A&RelayState=&SigAlg=a"
        );
    }

    #[test]
    fn queries_that_could_be_read_in_two_ways_are_refused() {
        for (raw, problem) in [
            ("", QueryProblem::NoMessage),
            ("RelayState=a", QueryProblem::NoMessage),
            ("SAMLRequest=a&SAMLRequest=b", QueryProblem::Repeated),
            ("SAMLRequest=a&SAMLResponse=b", QueryProblem::Repeated),
            ("SAMLRequest=a&RelayState=b&RelayState=b", QueryProblem::Repeated),
            ("SAML%52equest=a", QueryProblem::Repeated),
            ("SAMLRequest=a&SigAlg=b", QueryProblem::HalfASignature),
            ("SAMLRequest=a&Signature=b", QueryProblem::HalfASignature),
            ("SAMLRequest=a&SAMLEncoding=other", QueryProblem::Encoding),
        ] {
            assert_eq!(parse(raw).err(), Some(problem), "{raw}");
        }
    }

    #[test]
    fn the_one_encoding_may_be_named() {
        for named in [ENCODING, DEFLATE] {
            let raw = format!("SAMLRequest=q1A&SAMLEncoding={named}");
            assert_eq!(parse(&raw).map(|query| query.message), Ok("q1A"), "{raw}");
        }
    }

    #[test]
    fn a_query_is_as_long_as_a_document_may_be() {
        let limits = Limits { document_bytes: 20, ..Limits::default() };
        for (length, fits) in [(20, true), (21, false), (22, false)] {
            let raw = format!("SAMLRequest={}", "a".repeat(length - "SAMLRequest=".len()));
            let refused = Some(Rejection::ResponseTooLarge { limit: 20 }).filter(|_| !fits);
            assert_eq!(Query::parse(&raw, &limits).err(), refused, "{length}");
        }
    }

    #[test]
    fn inflation_is_bounded() {
        let limits = Limits { document_bytes: 1000, ..Limits::default() };
        let query = deflated(Parameter::SamlRequest, &"a".repeat(1001), None);
        let read = Query::parse(&query, &limits).unwrap();
        assert_eq!(read.xml(&limits), Err(Rejection::ResponseTooLarge { limit: 1000 }));
        let query = deflated(Parameter::SamlRequest, &"a".repeat(1000), None);
        assert_eq!(Query::parse(&query, &limits).unwrap().xml(&limits).unwrap().len(), 1000);
        for (value, problem) in [
            ("PGEvPg%3D%3D", DecodeProblem::NotDeflated),
            ("%3F", DecodeProblem::NotBase64),
            ("", DecodeProblem::Empty),
        ] {
            let raw = format!("SAMLRequest={value}");
            assert_eq!(
                parse(&raw).unwrap().xml(&limits),
                Err(Rejection::ResponseUndecodable { problem }),
                "{value}"
            );
        }
    }

    #[test]
    fn the_query_of_a_url_is_kept() {
        for (url, expected) in [
            ("https://idp/sso", "https://idp/sso?a=b"),
            ("https://idp/sso?", "https://idp/sso?a=b"),
            ("https://idp/sso?idpid=C0", "https://idp/sso?idpid=C0&a=b"),
            ("https://idp/sso?idpid=C0&", "https://idp/sso?idpid=C0&a=b"),
            ("https://idp/sso#x?y", "https://idp/sso?a=b#x?y"),
        ] {
            assert_eq!(with_query(url, "a=b"), expected);
        }
    }
}
