//! Under which conditions the assertion holds, and since when the person is authenticated.

use chrono::{DateTime, Utc};

use super::{Facts, Shown, Window, time};
use crate::error::{Excerpt, Mismatch, Rejection};

fn window(facts: &Facts<'_>) -> Result<Window, Rejection> {
    let conditions = facts.statements.conditions()?;
    let (not_before, not_on_or_after) = (conditions.not_before()?, conditions.not_on_or_after()?);
    // Core §2.5.1.2: NotBefore must be earlier than NotOnOrAfter.
    if let (Some(not_before), Some(not_on_or_after)) = (not_before, not_on_or_after)
        && not_before >= not_on_or_after
    {
        return Err(Rejection::WindowEmpty { element: "Conditions" });
    }
    Ok(Window {
        not_before: not_before.map(|at| ("Conditions/@NotBefore", at)),
        not_on_or_after: not_on_or_after.map(|at| ("Conditions/@NotOnOrAfter", at)),
    })
}

pub(super) fn time(facts: &Facts<'_>) -> Result<(), Rejection> {
    window(facts)?.contains_now(facts.rules)
}

pub(super) fn show_time(facts: &Facts<'_>) -> Shown {
    Shown::new(time::now(facts.rules), window(facts).ok().map(Window::show))
}

pub(super) fn understood(facts: &Facts<'_>) -> Result<(), Rejection> {
    match facts.statements.conditions()?.unknown() {
        None => Ok(()),
        Some(found) => Err(Rejection::ConditionUnknown { found: Excerpt::new(found) }),
    }
}

pub(super) fn show_one_time_use(facts: &Facts<'_>) -> Shown {
    let one_time =
        facts.statements.conditions().is_ok_and(|conditions| conditions.is_one_time_use());
    Shown {
        expected: None,
        found: one_time.then(|| "OneTimeUse (true of every assertion here)".to_owned()),
    }
}

/// AND across the restrictions, OR within each (Core §2.5.1.4).
pub(super) fn audience(facts: &Facts<'_>) -> Result<(), Rejection> {
    let restrictions = facts.statements.conditions()?.audiences()?;
    if restrictions.is_empty() {
        return Err(Rejection::AudienceMissing);
    }
    for audiences in restrictions {
        if audiences.is_empty() {
            return Err(Rejection::AudienceMissing);
        }
        if !audiences.iter().any(|audience| audience == facts.rules.audience) {
            let found = audiences.iter().map(AsRef::as_ref);
            let mismatch = Mismatch::new(facts.rules.audience, found, Some(facts.rules.issuer));
            return Err(Rejection::AudienceMismatch { mismatch });
        }
    }
    Ok(())
}

pub(super) fn show_audience(facts: &Facts<'_>) -> Shown {
    let restrictions = facts.statements.conditions().and_then(|conditions| conditions.audiences());
    let found: Vec<String> =
        restrictions.unwrap_or_default().iter().map(|any| any.join(" or ")).collect();
    Shown::new(facts.rules.audience, (!found.is_empty()).then(|| found.join(", and ")))
}

/// AuthnInstant is compared with the clock that wrote it: nobody has authenticated after the
/// assertion was issued. Our own clock is looked at where the identity provider says how long the
/// assertion holds, and so how far clocks may differ.
pub(super) fn authn_statement(facts: &Facts<'_>) -> Result<(), Rejection> {
    let issue_instant = facts.statements.issue_instant()?;
    let skew = facts.rules.skew;
    let latest = issue_instant.checked_add_signed(skew).unwrap_or(DateTime::<Utc>::MAX_UTC);
    for statement in facts.statements.authn_statements()? {
        let authn_instant = statement.authn_instant()?;
        statement.authn_context_class_ref()?;
        if authn_instant > latest {
            let skew_seconds = skew.num_seconds();
            return Err(Rejection::AuthnInFuture { authn_instant, issue_instant, skew_seconds });
        }
    }
    Ok(())
}

pub(super) fn show_authn_statement(facts: &Facts<'_>) -> Shown {
    let statements = facts.statements.authn_statements().unwrap_or_default();
    let found =
        statements.first().and_then(|statement| statement.authn_instant().ok()).map(time::instant);
    let issued = facts.statements.issue_instant().map_or("IssueInstant".into(), time::instant);
    let skew = facts.rules.skew.num_seconds();
    Shown::new(format!("not after {issued}, give or take {skew} s"), found)
}

/// A new authentication was asked for: none of those that the assertion speaks of may be older than
/// the request, for any of them may be the one that an application goes by. Core §3.4.1.
///
/// Each clock is only asked for a duration: how long before the assertion the person authenticated,
/// by the identity provider's, and how long ago the request was made, by ours.
pub(super) fn force_authn(facts: &Facts<'_>) -> Result<(), Rejection> {
    let Some(issued_at) = forced_since(facts) else { return Ok(()) };
    let (skew, now) = (facts.rules.skew, facts.rules.now);
    let issue_instant = facts.statements.issue_instant()?;
    let elapsed = now.signed_duration_since(issued_at);
    let allowed = elapsed.checked_add(&skew).unwrap_or(elapsed);
    for statement in facts.statements.authn_statements()? {
        let authn_instant = statement.authn_instant()?;
        if issue_instant.signed_duration_since(authn_instant) > allowed {
            return Err(Rejection::AuthnTooOld {
                authn_instant,
                issue_instant,
                elapsed_seconds: elapsed.num_seconds(),
                skew_seconds: skew.num_seconds(),
            });
        }
    }
    Ok(())
}

pub(super) fn show_force_authn(facts: &Facts<'_>) -> Shown {
    let Some(issued_at) = forced_since(facts) else { return Shown::default() };
    let statements = facts.statements.authn_statements().unwrap_or_default();
    let oldest = statements.iter().filter_map(|statement| statement.authn_instant().ok()).min();
    let issued = facts.statements.issue_instant().map_or("IssueInstant".into(), time::instant);
    let elapsed = facts.rules.now.signed_duration_since(issued_at).num_seconds();
    let skew = facts.rules.skew.num_seconds();
    let expected = format!("at most {elapsed} s before {issued}, give or take {skew} s");
    Shown::new(expected, oldest.map(time::instant))
}

/// When the request was made that asked for a new authentication, if it did.
fn forced_since(facts: &Facts<'_>) -> Option<DateTime<Utc>> {
    facts.rules.request.filter(|request| request.force_authn).map(|request| request.issued_at)
}

/// What was asked for has been asked for exactly: Core §3.3.2.2.1. Where there are several
/// statements, each has to be of a class that was asked for, so that the one that the identity
/// reports is.
pub(super) fn authn_context(facts: &Facts<'_>) -> Result<(), Rejection> {
    let Some(request) = facts.rules.request else { return Ok(()) };
    if request.authn_contexts.is_empty() {
        return Ok(());
    }
    for statement in facts.statements.authn_statements()? {
        let class = statement.authn_context_class_ref()?;
        if !class.is_some_and(|class| request.authn_contexts.iter().any(|asked| *asked == class)) {
            return Err(Rejection::AuthnContextUnmet);
        }
    }
    Ok(())
}

pub(super) fn show_authn_context(facts: &Facts<'_>) -> Shown {
    let Some(request) = facts.rules.request else { return Shown::default() };
    let statements = facts.statements.authn_statements().unwrap_or_default();
    let classes = statements
        .iter()
        .filter_map(|statement| statement.authn_context_class_ref().ok().flatten());
    let found: Vec<_> = classes.collect();
    Shown::new(request.authn_contexts.join(" or "), (!found.is_empty()).then(|| found.join(", ")))
}

pub(super) fn session(facts: &Facts<'_>) -> Result<(), Rejection> {
    let end = facts.statements.session_not_on_or_after()?;
    let not_on_or_after = end.map(|at| ("AuthnStatement/@SessionNotOnOrAfter", at));
    Window { not_before: None, not_on_or_after }.contains_now(facts.rules)
}

pub(super) fn show_session(facts: &Facts<'_>) -> Shown {
    let end = facts.statements.session_not_on_or_after().ok().flatten();
    Shown::new(time::now(facts.rules), end.map(|at| format!("until {}", time::instant(at))))
}
