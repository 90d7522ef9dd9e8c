//! Who sent the response, to whom, and why: issuer, destination, request.

use super::{Facts, Rules, Shown, Unsolicited};
use crate::assertion::{Issuer, Statements};
use crate::error::{Mismatch, Part, Rejection};
use crate::request::{Purpose, check_open};
use crate::send::is_message_id;

pub(super) fn response_issuer(facts: &Facts<'_>) -> Result<(), Rejection> {
    facts
        .addressing
        .issuer()?
        .map_or(Ok(()), |issuer| issuer_is_configured(facts, Part::Response, issuer))
}

pub(super) fn show_response_issuer(facts: &Facts<'_>) -> Shown {
    let found = facts.addressing.issuer().ok().flatten();
    Shown::new(facts.rules.issuer, found.map(|issuer| issuer.value.clone().into_owned()))
}

pub(super) fn assertion_issuer(facts: &Facts<'_>) -> Result<(), Rejection> {
    issuer_is_configured(facts, Part::Assertion, &facts.statements.issuer()?)
}

pub(super) fn show_assertion_issuer(facts: &Facts<'_>) -> Shown {
    let found = facts.statements.issuer().ok();
    Shown::new(facts.rules.issuer, found.map(|issuer| issuer.value.into_owned()))
}

fn issuer_is_configured(facts: &Facts<'_>, on: Part, issuer: &Issuer<'_>) -> Result<(), Rejection> {
    issuer.check(on, facts.rules.issuer, facts.rules.audience)
}

pub(super) fn destination(facts: &Facts<'_>) -> Result<(), Rejection> {
    match facts.addressing.destination.as_deref() {
        Some(found) if found == facts.rules.acs_url => Ok(()),
        Some(found) => {
            let mismatch = Mismatch::new(facts.rules.acs_url, [found], Some(facts.rules.audience));
            Err(Rejection::DestinationMismatch { on: Part::Response, mismatch })
        }
        // Bindings §3.5.5.2: it keeps whoever got hold of a signed message from posting it
        // elsewhere.
        None if facts.addressing.signed => {
            Err(Rejection::DestinationMissing { on: Part::Response })
        }
        None => Ok(()),
    }
}

/// The one request that the bearer confirmations name.
///
/// Profiles §4.1.4.2: "the InResponseTo attribute MUST match the request's ID". What cannot be read
/// names none: another check refuses it.
pub(crate) fn request_confirmed(statements: Statements<'_>) -> Result<Option<String>, Rejection> {
    let confirmations = statements.bearer_confirmations().unwrap_or_default();
    let mut named = confirmations.iter().filter_map(|data| data.in_response_to());
    let first = named.next();
    match named.any(|other| Some(other) != first) {
        true => Err(Rejection::InResponseToAmbiguous),
        false => Ok(first.map(str::to_owned)),
    }
}

pub(super) fn in_response_to(facts: &Facts<'_>) -> Result<(), Rejection> {
    request_confirmed(facts.statements)?;
    let found = facts.addressing.in_response_to.as_deref();
    match facts.rules.request_id() {
        // Core §3.2.2 leaves the attribute out of a Response at will; the confirmation has to carry
        // it (Profiles §4.1.4.2), and is looked at next.
        Some(_) if found.is_none() => Ok(()),
        Some(_) => answers(facts, Part::Response, found),
        None if facts.rules.unsolicited == Unsolicited::Off => Err(Rejection::UnsolicitedForbidden),
        None => unasked(facts, found),
    }
}

/// Profiles §4.1.5. A Response that is not signed names no request: one of ours in it, and none in
/// the confirmation, is an answer that lost its confirmation's InResponseTo on the way.
fn unasked(facts: &Facts<'_>, found: Option<&str>) -> Result<(), Rejection> {
    let is_alone = || {
        let confirmations = facts.statements.bearer_confirmations().unwrap_or_default();
        !facts.addressing.signed && confirmations.iter().all(|data| data.in_response_to().is_none())
    };
    let is_ours = found.is_some_and(is_message_id);
    if is_ours && !facts.rules.ignore_unsolicited_in_response_to && is_alone() {
        return Err(Rejection::InResponseToMissing { on: Part::SubjectConfirmationData });
    }
    answers(facts, Part::Response, found)
}

/// Whether an InResponseTo fits the request: Profiles §4.1.4.3 for replies, §4.1.5 for unsolicited
/// responses.
pub(super) fn answers(facts: &Facts<'_>, on: Part, found: Option<&str>) -> Result<(), Rejection> {
    let rules = facts.rules;
    match (rules.request_id(), found) {
        // An empty request ID is a caller's mistake, and matches nothing.
        (Some(request_id), Some(found)) if found == request_id && !found.is_empty() => Ok(()),
        (Some(request_id), Some(found)) => Err(Rejection::InResponseToMismatch {
            on,
            mismatch: Mismatch::new(request_id, [found], None),
        }),
        (Some(_), None) => Err(Rejection::InResponseToMissing { on }),
        (None, None) => Ok(()),
        (None, Some(_)) if rules.ignore_unsolicited_in_response_to => Ok(()),
        // Some products' tiles send a constant. No request of ours has such an ID, so that it
        // answers none; it is not used either, but turned into a login that is started here.
        (None, Some(found))
            if rules.unsolicited == Unsolicited::Bounce && !is_message_id(found) =>
        {
            Ok(())
        }
        (None, Some(_)) => Err(Rejection::UnsolicitedInResponseTo { on }),
    }
}

pub(super) fn pending_request(facts: &Facts<'_>) -> Result<(), Rejection> {
    let Some(request) = facts.rules.request else { return Ok(()) };
    let Rules { connection_id, revision, now, .. } = *facts.rules;
    check_open(&request.connection_id, request.expires_at, connection_id, now)?;
    if request.purpose == Purpose::Test && request.revision != revision {
        return Err(Rejection::RequestOutdated);
    }
    Ok(())
}

pub(super) fn show_in_response_to(facts: &Facts<'_>) -> Shown {
    let expected = facts.rules.request_id().unwrap_or("none");
    Shown::new(expected, facts.addressing.in_response_to.clone())
}
