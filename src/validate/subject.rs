//! Whom the assertion is about, and who may present it.

use super::protocol::answers;
use super::{Facts, Shown, Window, time};
use crate::assertion::{ConfirmationData, is_version_2};
use crate::error::{Excerpt, Mismatch, Part, Rejection};

pub(super) fn version(facts: &Facts<'_>) -> Result<(), Rejection> {
    is_version_2(Part::Assertion, facts.statements.version())
}

pub(super) fn identified(facts: &Facts<'_>) -> Result<(), Rejection> {
    facts.statements.id()?;
    facts.statements.issue_instant().map(|_| ())
}

pub(super) fn name_id(facts: &Facts<'_>) -> Result<(), Rejection> {
    let name_id = facts.statements.name_id()?;
    let asked = facts.rules.request.and_then(|request| request.name_id_format.as_deref());
    match asked {
        Some(asked) if !name_id.is_of_format(asked) => Err(Rejection::NameIdFormatUnmet {
            asked: Excerpt::new(asked),
            found: Excerpt::new(name_id.effective_format()),
        }),
        _ => Ok(()),
    }
}

/// Any one bearer confirmation suffices (Core §2.4.1.1). Where none does, the refusal is that of
/// the one that came furthest.
pub(super) fn confirmation(facts: &Facts<'_>) -> Result<(), Rejection> {
    let mut furthest = (0, Rejection::SubjectConfirmationMissing);
    for data in facts.statements.bearer_confirmations()? {
        match confirms(facts, data) {
            Ok(()) => return Ok(()),
            Err(failure) if failure.0 > furthest.0 => furthest = failure,
            Err(_) => {}
        }
    }
    Err(furthest.1)
}

/// The steps, in order; a failure says at which.
fn confirms(facts: &Facts<'_>, data: ConfirmationData<'_>) -> Result<(), (u8, Rejection)> {
    let acs_url = facts.rules.acs_url;
    match data.recipient() {
        Some(recipient) if recipient == acs_url => {}
        Some(found) => {
            let mismatch = Mismatch::new(acs_url, [found], Some(facts.rules.audience));
            return Err((2, Rejection::RecipientMismatch { mismatch }));
        }
        None => return Err((1, Rejection::RecipientMissing)),
    }
    let on = Part::SubjectConfirmationData;
    answers(facts, on, data.in_response_to()).map_err(|rejection| (3, rejection))?;
    let window = window(data).map_err(|rejection| (4, rejection))?;
    window.contains_now(facts.rules).map_err(|rejection| (5, rejection))
}

/// Profiles §4.1.4.2 wants no NotBefore here; one that is there only narrows the window.
fn window(data: ConfirmationData<'_>) -> Result<Window, Rejection> {
    let not_on_or_after = data.not_on_or_after()?;
    let not_before = data.not_before()?;
    if not_before.is_some_and(|not_before| not_before >= not_on_or_after) {
        return Err(Rejection::WindowEmpty { element: "SubjectConfirmationData" });
    }
    Ok(Window {
        not_before: not_before.map(|at| ("SubjectConfirmationData/@NotBefore", at)),
        not_on_or_after: Some(("SubjectConfirmationData/@NotOnOrAfter", not_on_or_after)),
    })
}

pub(super) fn show_confirmation(facts: &Facts<'_>) -> Shown {
    let answering = format!("in response to {}", facts.rules.request_id().unwrap_or("nothing"));
    let expected = format!("for {}, {answering}; {}", facts.rules.acs_url, time::now(facts.rules));
    let confirmations = facts.statements.bearer_confirmations().unwrap_or_default();
    let found = confirmations.into_iter().take(4).map(|data| {
        let recipient = data.recipient().unwrap_or("nobody");
        let answering = data.in_response_to().unwrap_or("nothing");
        let window = window(data).map_or("no valid window".to_owned(), Window::show);
        format!("for {recipient}, in response to {answering}, {window}")
    });
    let found: Vec<String> = found.collect();
    Shown::new(expected, (!found.is_empty()).then(|| found.join("; or ")))
}
