//! Receiving: decode, verify, then read what was signed.

use chrono::{DateTime, TimeDelta, Utc};

use super::{LogoutAnswer, LogoutMessage, LogoutOutcome, LogoutRequest, OpenedLogout};
use crate::assertion::{
    Envelope, Issuer, NameId, any_uri, is_version_2, optional, optional_instant, required_instant,
    text,
};
use crate::binding::{self, Parameter, Query};
use crate::dsig::{self, SignedOctets, Trust};
use crate::error::{Excerpt, Mismatch, Part, Rejection};
use crate::replay::{Spending, Unspent};
use crate::validate::{MAX_CLOCK_SKEW, Window};
use crate::xml::{Document, Element, Namespace};
use crate::xmlenc::{self, Opening};

/// What a message is held against.
pub(crate) struct Receiver<'r> {
    pub(crate) connection_id: &'r str,
    pub(crate) audience: &'r str,
    pub(crate) slo_url: &'r str,
    pub(crate) issuer: &'r str,
    pub(crate) trust: Trust<'r>,
    pub(crate) opening: Opening<'r>,
    pub(crate) skew: TimeDelta,
    pub(crate) now: DateTime<Utc>,
}

/// How long a request without NotOnOrAfter is good for after its IssueInstant.
const LIFETIME: TimeDelta = TimeDelta::minutes(5);

/// No request is good for longer, whatever it says: so long its ID is remembered.
const LONGEST: TimeDelta = TimeDelta::days(1);

/// A longer RelayState is not given back. "The value MUST NOT exceed 80 bytes in length" (Bindings
/// §3.5.3); that of a form is nobody's, since no signature covers it.
const LONGEST_RELAY_STATE: usize = 1024;

pub(crate) fn open(
    message: LogoutMessage<'_>,
    receiver: &Receiver<'_>,
) -> Result<OpenedLogout, Rejection> {
    let Received { xml, signed, relay_state, parameter } = received(message, receiver)?;
    let document = Document::parse(xml, receiver.trust.limits)?;
    let root = root(&document)?;
    // Bindings §3.4.4.1: the signature on a query takes the place of one in its message.
    if parameter.is_some() && has_signature(root) {
        return Err(Rejection::SignatureMisplaced { parent: Excerpt::new("query") });
    }
    let is = |name| root.is(Namespace::SAMLP, name);
    match parameter {
        None | Some(Parameter::SamlRequest) if is("LogoutRequest") => {
            if !signed {
                return Err(Rejection::SignatureMissing { on: Part::Logout });
            }
            let unspent = request(root, relay_state, receiver)?;
            Ok(OpenedLogout::Request(Box::new(unspent)))
        }
        None | Some(Parameter::SamlResponse) if is("LogoutResponse") => {
            response(root, signed, receiver).map(OpenedLogout::Answer)
        }
        _ => Err(Rejection::NotALogoutMessage { found: Excerpt::new(&root.expanded_name()) }),
    }
}

/// A message, and whether a configured key has signed it: then it is the signed element of a form,
/// or the message of a query whose octets are signed.
struct Received {
    xml: String,
    signed: bool,
    relay_state: Option<String>,
    parameter: Option<Parameter>,
}

/// What carries a signature that does not hold is refused; what carries none is not signed.
fn received(message: LogoutMessage<'_>, receiver: &Receiver<'_>) -> Result<Received, Rejection> {
    let Trust { limits, .. } = receiver.trust;
    match message {
        LogoutMessage::Post { value, relay_state } => {
            let relay_state = relay_state.filter(|state| state.len() <= LONGEST_RELAY_STATE);
            let relay_state = relay_state.map(str::to_owned);
            let xml = binding::decode(value.as_bytes(), limits)?;
            let document = Document::parse(xml, limits)?;
            let root = root(&document)?;
            let octets = match has_signature(root) {
                true => Some(dsig::verify(root, Part::Logout, receiver.trust)?),
                false => None,
            };
            let signed = octets.is_some();
            let xml = octets.map_or_else(|| document.into_text(), SignedOctets::into_text);
            Ok(Received { xml, signed, relay_state, parameter: None })
        }
        LogoutMessage::Redirect { query } => {
            let query = Query::parse(query, limits)?;
            let signature = query.signature()?;
            if let Some(signature) = &signature {
                let octets = signature.octets.as_bytes();
                dsig::verify_detached(
                    &signature.algorithm,
                    octets,
                    &signature.value,
                    receiver.trust,
                )?;
            }
            let (xml, relay_state) = (query.xml(limits)?, query.relay_state());
            let (signed, parameter) = (signature.is_some(), Some(query.parameter));
            Ok(Received { xml, signed, relay_state, parameter })
        }
    }
}

fn root<'d>(document: &'d Document) -> Result<Element<'d>, Rejection> {
    document.root().ok_or_else(|| Rejection::NotALogoutMessage { found: Excerpt::new("") })
}

fn has_signature(root: Element<'_>) -> bool {
    root.descendants().any(|element| element.is(Namespace::DS, "Signature"))
}

/// What holds of both kinds: version, sender, addressee, instant.
fn check_common(
    root: Element<'_>,
    signed: bool,
    receiver: &Receiver<'_>,
) -> Result<DateTime<Utc>, Rejection> {
    is_version_2(Part::Logout, root.attribute("Version"))?;
    let issuer = optional(root, Namespace::SAML, ("message", "Issuer"))?;
    let issuer =
        issuer.ok_or(Rejection::ElementMissing { parent: "message", element: "Issuer" })?;
    Issuer::read(issuer)?.check(Part::Logout, receiver.issuer, receiver.audience)?;
    match root.attribute("Destination").map(any_uri) {
        Some(destination) if destination == receiver.slo_url => {}
        Some(found) => {
            let mismatch = Mismatch::new(receiver.slo_url, [found], Some(receiver.audience));
            return Err(Rejection::DestinationMismatch { on: Part::Logout, mismatch });
        }
        // Bindings §3.4.5.2, §3.5.5.2: demanded "if the message is signed".
        None if !signed => {}
        None => return Err(Rejection::DestinationMissing { on: Part::Logout }),
    }
    let issued = required_instant(root, "IssueInstant", "message/@IssueInstant")?;
    // A login's IssueInstant may be as far ahead as its NotBefore stands back, which is five
    // minutes where identity providers allow for clocks that differ: so may a logout's.
    let since =
        Window { not_before: Some(("message/@IssueInstant", issued)), not_on_or_after: None };
    let ahead = TimeDelta::seconds(MAX_CLOCK_SKEW);
    since.contains(receiver.now, receiver.skew.checked_add(&ahead).unwrap_or(ahead))?;
    Ok(issued)
}

fn request(
    root: Element<'_>,
    relay_state: Option<String>,
    receiver: &Receiver<'_>,
) -> Result<Unspent<LogoutRequest>, Rejection> {
    let issued = check_common(root, true, receiver)?;
    let later =
        |at: DateTime<Utc>, by| at.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let what = "LogoutRequest/@NotOnOrAfter";
    let not_on_or_after = optional_instant(root, "NotOnOrAfter", what)?;
    let not_on_or_after = not_on_or_after.unwrap_or_else(|| later(issued, LIFETIME));
    let (what, not_on_or_after) = match later(issued, LONGEST) {
        longest if longest < not_on_or_after => ("LogoutRequest/@IssueInstant plus a day", longest),
        _ => (what, not_on_or_after),
    };
    let window = Window { not_before: None, not_on_or_after: Some((what, not_on_or_after)) };
    window.contains(receiver.now, receiver.skew)?;
    let id = root.identifier().ok_or(Rejection::IdInvalid { on: Part::Logout })?;
    let spending = Spending::new(
        receiver.connection_id,
        receiver.issuer,
        id,
        later(not_on_or_after, TimeDelta::seconds(MAX_CLOCK_SKEW)),
    )
    .of_logout();
    let indexes = root.child_elements().filter(|child| child.is(Namespace::SAMLP, "SessionIndex"));
    let indexes = indexes.map(|index| text(index, "SessionIndex").map(|index| index.into_owned()));
    let request = LogoutRequest {
        id: id.to_owned(),
        connection_id: receiver.connection_id.to_owned(),
        issuer: receiver.issuer.to_owned(),
        name_id: name_id(root, receiver)?,
        session_indexes: indexes.collect::<Result<_, _>>()?,
        relay_state,
    };
    Ok(Unspent::new(request, "LogoutRequest", spending))
}

/// NameID, or EncryptedID opened: Core §3.7.1.
fn name_id(root: Element<'_>, receiver: &Receiver<'_>) -> Result<NameId, Rejection> {
    if let Some(name_id) = optional(root, Namespace::SAML, ("LogoutRequest", "NameID"))? {
        return NameId::read(name_id);
    }
    let encrypted = optional(root, Namespace::SAML, ("LogoutRequest", "EncryptedID"))?;
    let document = xmlenc::open(&[encrypted.ok_or(Rejection::NameIdMissing)?], receiver.opening)?;
    let root = document.root().ok_or(Rejection::DecryptionFailed)?;
    let name_id = optional(root, Namespace::SAML, ("LogoutRequest", "NameID"))?;
    NameId::read(name_id.ok_or(Rejection::NameIdMissing)?)
}

fn response(
    root: Element<'_>,
    signed: bool,
    receiver: &Receiver<'_>,
) -> Result<LogoutAnswer, Rejection> {
    check_common(root, signed, receiver)?;
    Ok(LogoutAnswer {
        connection_id: receiver.connection_id.to_owned(),
        in_response_to: root
            .attribute("InResponseTo")
            .filter(|id| !id.is_empty())
            .map(str::to_owned),
        outcome: if signed { Some(outcome(root)?) } else { None },
    })
}

/// How far the logout came: Core §3.2.2.2, §3.7.3.2.
fn outcome(root: Element<'_>) -> Result<LogoutOutcome, Rejection> {
    let codes = Envelope::new(root, true).status_codes()?;
    let is = |code: &&str, name: &str| {
        code.strip_prefix("urn:oasis:names:tc:SAML:2.0:status:") == Some(name)
    };
    Ok(match codes.as_slice() {
        [_, rest @ ..] if rest.iter().any(|code| is(code, "PartialLogout")) => {
            LogoutOutcome::Partial
        }
        [first, ..] if is(first, "Success") => LogoutOutcome::Complete,
        codes => {
            LogoutOutcome::Failed { codes: codes.iter().map(|code| Excerpt::new(code)).collect() }
        }
    })
}
