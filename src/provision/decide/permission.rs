//! Who may want what, and what is locked for whom.

use super::{Standing, Status};
use crate::account::{Account, Source};
use crate::organization::By;
use crate::provision::{Intent, Refusal};

/// Whether this is for these to want, and not locked for them.
pub(super) fn permitted(
    intent: &Intent<'_>,
    by: &By<'_>,
    standing: &Standing<'_>,
) -> Result<(), Refusal> {
    let may = match by {
        By::Application => {
            !matches!(intent, Intent::Link { .. } | Intent::LogIn(_) | Intent::Push(_))
        }
        By::Directory(_) => matches!(intent, Intent::Push(_) | Intent::SetStatus { .. }),
        By::IdentityProvider => matches!(intent, Intent::LogIn(_)),
        By::SetupLink(..) => false,
        By::Operator(_) => is_of_dashboard(intent) || is_of_operators(intent),
        By::Member { entered: true, .. } => return Err(Refusal::EnteredSession),
        By::Member { account, .. } if by.administers(standing.organization.id()) => {
            // Nobody approves their own link.
            let own_link =
                matches!(intent, Intent::Link { .. }) && intent.target() == Some(&account.id);
            is_of_dashboard(intent) && !own_link
        }
        By::Member { account, .. } => is_of_oneself(intent, account, standing),
    };
    match (may, by) {
        (true, _) => locked(intent, by, standing),
        (false, By::Member { .. }) => Err(Refusal::NotAdministrator),
        (false, _) => Err(Refusal::NotPermitted),
    }
}

fn is_of_dashboard(intent: &Intent<'_>) -> bool {
    matches!(
        intent,
        Intent::ChangeAddress { .. }
            | Intent::ChangeProfile { .. }
            | Intent::ChangeRole { .. }
            | Intent::EndSessions(_)
            | Intent::Invite { .. }
            | Intent::Link { .. }
            | Intent::ReleaseAddress(_)
            | Intent::ResendInvitation { .. }
            | Intent::SetStatus { .. }
            | Intent::Unlink(_)
            | Intent::WithdrawInvitation(_)
    )
}

fn is_of_operators(intent: &Intent<'_>) -> bool {
    matches!(intent, Intent::Import(_) | Intent::Purge(_))
}

/// What everybody may do with their own account.
fn is_of_oneself(intent: &Intent<'_>, account: &Account, standing: &Standing<'_>) -> bool {
    account.organization == *standing.organization.id()
        && account.status == Status::Active
        && matches!(intent, Intent::ChangeProfile { .. } | Intent::EndSessions(_))
        && intent.target() == Some(&account.id)
}

/// What the directory and "single sign-on only" lock. Operators are not held to the locks of a
/// dashboard; nobody changes under the directory's hands what comes from it.
fn locked(intent: &Intent<'_>, by: &By<'_>, standing: &Standing<'_>) -> Result<(), Refusal> {
    let organization = standing.organization;
    let managed = organization.is_directory_managed();
    if matches!(by, By::Directory(_)) {
        return if managed { Ok(()) } else { Err(Refusal::DirectoryOff) };
    }
    let of_dashboard = matches!(by, By::Application | By::Member { .. });
    if of_dashboard && managed && (assigns(intent) || matches!(intent, Intent::SetStatus { .. })) {
        return Err(Refusal::DirectoryManaged);
    }
    if of_dashboard && organization.is_enforced() && assigns(intent) {
        return Err(Refusal::AssignmentBySsoOnly);
    }
    let target = intent.target().and_then(|id| standing.target(id).ok());
    let is_theirs =
        managed && target.is_some_and(|account| account.managed_by == Source::Directory);
    let changes_it = match intent {
        Intent::ChangeAddress { .. } | Intent::ChangeProfile { .. } => true,
        Intent::ProveAddress { email, .. } => {
            !target.is_some_and(|account| account.has_email(email))
        }
        _ => false,
    };
    if is_theirs && changes_it { Err(Refusal::DirectoryManaged) } else { Ok(()) }
}

/// Whether it gives somebody an account who has none.
fn assigns(intent: &Intent<'_>) -> bool {
    matches!(
        intent,
        Intent::Accept(_)
            | Intent::Import(_)
            | Intent::Invite { .. }
            | Intent::ResendInvitation { .. }
    )
}
