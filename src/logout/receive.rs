//! Receiving: decode, verify, then read what was signed.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    LogoutMessage, LogoutOutcome, LogoutRequest, LogoutResponse, PendingLogout, ReceivedLogout,
    UnspentLogout,
};
use crate::assertion::{
    Envelope, Issuer, NameId, is_version_2, optional, optional_instant, required_instant, text,
};
use crate::binding::{self, Parameter, Query};
use crate::dsig::{self, Trust};
use crate::error::{Excerpt, Mismatch, Part, Rejection};
use crate::replay::Spending;
use crate::request::check_open;
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

pub(crate) fn receive(
    message: LogoutMessage<'_>,
    pending: Option<&PendingLogout>,
    receiver: &Receiver<'_>,
) -> Result<ReceivedLogout, Rejection> {
    let (octets, relay_state, parameter) = signed_octets(message, receiver)?;
    let document = Document::parse(&octets, receiver.trust.limits)?;
    let root = root(&document)?;
    // Bindings §3.4.4.1: the signature on a query takes the place of one in its message.
    if parameter.is_some() && has_signature(root) {
        return Err(Rejection::SignatureMisplaced { parent: Excerpt::new("query") });
    }
    let is = |name| root.is(Namespace::SAMLP, name);
    match parameter {
        None | Some(Parameter::SamlRequest) if is("LogoutRequest") => {
            request(root, relay_state, receiver)
                .map(|unspent| ReceivedLogout::Request(Box::new(unspent)))
        }
        None | Some(Parameter::SamlResponse) if is("LogoutResponse") => {
            response(root, pending, receiver).map(ReceivedLogout::Response)
        }
        _ => Err(Rejection::NotALogoutMessage { found: Excerpt::new(&root.expanded_name()) }),
    }
}

/// The text that a configured key has signed: the signed element of a form, or the message of a
/// query whose octets are signed.
fn signed_octets(
    message: LogoutMessage<'_>,
    receiver: &Receiver<'_>,
) -> Result<(String, Option<String>, Option<Parameter>), Rejection> {
    let Trust { limits, .. } = receiver.trust;
    match message {
        LogoutMessage::Post { value, relay_state } => {
            let xml = binding::decode(value.as_bytes(), limits)?;
            let document = Document::parse(&xml, limits)?;
            let root = root(&document)?;
            if !has_signature(root) {
                return Err(Rejection::SignatureMissing { on: Part::Message });
            }
            let signed = dsig::verify(root, Part::Message, receiver.trust)?;
            Ok((signed.as_str().to_owned(), relay_state.map(str::to_owned), None))
        }
        LogoutMessage::Redirect { query } => {
            let query = Query::parse(query, limits)?;
            let missing = Rejection::SignatureMissing { on: Part::Message };
            let signature = query.signature()?.ok_or(missing)?;
            let octets = signature.octets.as_bytes();
            dsig::verify_detached(&signature.algorithm, octets, &signature.value, receiver.trust)?;
            Ok((query.xml(limits)?, query.relay_state(), Some(query.parameter)))
        }
    }
}

fn root<'d>(document: &'d Document<'_>) -> Result<Element<'d>, Rejection> {
    document.root().ok_or_else(|| Rejection::NotALogoutMessage { found: Excerpt::new("") })
}

fn has_signature(root: Element<'_>) -> bool {
    root.descendants().any(|element| element.is(Namespace::DS, "Signature"))
}

/// What holds of both kinds: version, sender, addressee, instant.
fn check_common(root: Element<'_>, receiver: &Receiver<'_>) -> Result<DateTime<Utc>, Rejection> {
    is_version_2(Part::Message, root.attribute("Version"))?;
    let issuer = optional(root, Namespace::SAML, ("message", "Issuer"))?;
    let issuer =
        issuer.ok_or(Rejection::ElementMissing { parent: "message", element: "Issuer" })?;
    Issuer::read(issuer)?.check(Part::Message, receiver.issuer, receiver.audience)?;
    match root.attribute("Destination") {
        Some(destination) if destination == receiver.slo_url => {}
        Some(found) => {
            let mismatch = Mismatch::new(receiver.slo_url, [found], Some(receiver.audience));
            return Err(Rejection::DestinationMismatch { mismatch });
        }
        // Bindings §3.4.5.2, §3.5.5.2.
        None => return Err(Rejection::DestinationMissing),
    }
    let issued = required_instant(root, "IssueInstant", "message/@IssueInstant")?;
    let since =
        Window { not_before: Some(("message/@IssueInstant", issued)), not_on_or_after: None };
    since.contains(receiver.now, receiver.skew)?;
    Ok(issued)
}

fn request(
    root: Element<'_>,
    relay_state: Option<String>,
    receiver: &Receiver<'_>,
) -> Result<UnspentLogout, Rejection> {
    let issued = check_common(root, receiver)?;
    let later =
        |at: DateTime<Utc>, by| at.checked_add_signed(by).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let what = "LogoutRequest/@NotOnOrAfter";
    let not_on_or_after = optional_instant(root, "NotOnOrAfter", what)?;
    let not_on_or_after = not_on_or_after.unwrap_or_else(|| later(issued, LIFETIME));
    let window = Window { not_before: None, not_on_or_after: Some((what, not_on_or_after)) };
    window.contains(receiver.now, receiver.skew)?;
    let id = root.identifier().ok_or(Rejection::IdInvalid { on: Part::Message })?;
    let spending = Spending::new(
        receiver.connection_id,
        receiver.issuer,
        id,
        later(not_on_or_after, TimeDelta::seconds(MAX_CLOCK_SKEW)),
    );
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
    Ok(UnspentLogout { request, spending })
}

/// NameID, or EncryptedID opened: Core §3.7.1.
fn name_id(root: Element<'_>, receiver: &Receiver<'_>) -> Result<NameId, Rejection> {
    if let Some(name_id) = optional(root, Namespace::SAML, ("LogoutRequest", "NameID"))? {
        return NameId::read(name_id);
    }
    let encrypted = optional(root, Namespace::SAML, ("LogoutRequest", "EncryptedID"))?;
    let opened = xmlenc::open(&[encrypted.ok_or(Rejection::NameIdMissing)?], receiver.opening)?;
    let document =
        Document::parse(&opened, receiver.trust.limits).map_err(|_| Rejection::DecryptionFailed)?;
    let root = document.root().ok_or(Rejection::DecryptionFailed)?;
    let name_id = optional(root, Namespace::SAML, ("LogoutRequest", "NameID"))?;
    NameId::read(name_id.ok_or(Rejection::NameIdMissing)?)
}

fn response(
    root: Element<'_>,
    pending: Option<&PendingLogout>,
    receiver: &Receiver<'_>,
) -> Result<LogoutResponse, Rejection> {
    check_common(root, receiver)?;
    let pending = pending.ok_or(Rejection::UnsolicitedForbidden)?;
    check_open(&pending.connection_id, pending.expires_at, receiver.connection_id, receiver.now)?;
    match root.attribute("InResponseTo") {
        Some(found) if found == pending.request_id => {}
        Some(found) => {
            let mismatch = Mismatch::new(&pending.request_id, [found], None);
            return Err(Rejection::InResponseToMismatch { on: Part::Message, mismatch });
        }
        None => return Err(Rejection::InResponseToMissing { on: Part::Message }),
    }
    let codes = Envelope::new(root, true).status_codes()?;
    let is = |code: &&str, name: &str| {
        code.strip_prefix("urn:oasis:names:tc:SAML:2.0:status:") == Some(name)
    };
    let outcome = match codes.as_slice() {
        [_, rest @ ..] if rest.iter().any(|code| is(code, "PartialLogout")) => {
            LogoutOutcome::Partial
        }
        [first, ..] if is(first, "Success") => LogoutOutcome::Complete,
        codes => {
            LogoutOutcome::Failed { codes: codes.iter().map(|code| Excerpt::new(code)).collect() }
        }
    };
    Ok(LogoutResponse { outcome, relay_state: pending.relay_state.clone() })
}
