//! What people do with accounts: in the dashboard, in the application, by a mail.

use super::{Moment, Proposal, Standing};
use crate::account::{
    Account, AccountAddress, AccountId, EmailProof, Invitation, Link, LinkOrigin, Profile, Role,
    Source, Status,
};
use crate::identity::{Email, StableKey};
use crate::organization::By;
use crate::provision::{Import, Intent, Refusal};
use crate::token::TokenDigest;

pub(super) fn change<'a>(
    intent: &Intent<'_>,
    by: &By<'_>,
    standing: &Standing<'a>,
    moment: &Moment,
) -> Result<Proposal<'a>, Refusal> {
    match intent {
        Intent::Accept(token) => accept(token, standing, moment),
        Intent::Import(import) => self::import(import, standing),
        Intent::Invite { email, role, invitation } => {
            invite(email, *role, *invitation, standing, moment)
        }
        Intent::LogIn(_) | Intent::Push(_) => Err(Refusal::NotPermitted),
        _ => {
            let target = intent.target().ok_or(Refusal::AccountMissing)?;
            change_of(standing.target(target)?, intent, by, standing, moment)
        }
    }
}

/// The changes of an account that is there.
fn change_of<'a>(
    account: &'a Account,
    intent: &Intent<'_>,
    by: &By<'_>,
    standing: &Standing<'a>,
    moment: &Moment,
) -> Result<Proposal<'a>, Refusal> {
    let after = match intent {
        Intent::ChangeAddress { email, .. } => with_address(account, email, by)?,
        Intent::ChangeProfile { profile, .. } => with_profile(account, profile)?,
        Intent::ChangeRole { role, .. } => with_role(account, *role)?,
        Intent::EndSessions(_) => {
            Account { generation: account.generation.saturating_add(1), ..account.clone() }
        }
        Intent::Link { key, .. } => with_link(account, key, standing)?,
        Intent::ProveAddress { email, .. } => with_proof(account, email)?,
        Intent::Purge(_) => {
            return deleted(account).map(|account| Proposal::Remove(account, true));
        }
        Intent::ReleaseAddress(_) => released(deleted(account)?),
        Intent::ResendInvitation { invitation, .. } => {
            resent(invited(account)?, *invitation, moment)?
        }
        Intent::SetStatus { status, .. } => with_status(account, *status, by, standing)?,
        Intent::Unlink(_) => Account { link: None, ..alive(account)?.clone() },
        Intent::WithdrawInvitation(_) => {
            return invited(account).map(|account| Proposal::Remove(account, false));
        }
        _ => return Err(Refusal::NotPermitted),
    };
    Ok(Proposal::change(account, after))
}

fn alive(account: &Account) -> Result<&Account, Refusal> {
    if account.status == Status::Deleted { Err(Refusal::AccountMissing) } else { Ok(account) }
}

fn deleted(account: &Account) -> Result<&Account, Refusal> {
    if account.status == Status::Deleted { Ok(account) } else { Err(Refusal::NotDeleted) }
}

fn invited(account: &Account) -> Result<&Account, Refusal> {
    if account.status == Status::Invited { Ok(account) } else { Err(Refusal::NotInvited) }
}

fn accept<'a>(
    token: &TokenDigest,
    standing: &Standing<'a>,
    moment: &Moment,
) -> Result<Proposal<'a>, Refusal> {
    let account = by_invitation(token, standing, moment)?;
    Ok(Proposal::change(account, accepted(account)))
}

/// The account that an invitation leads to.
pub(super) fn by_invitation<'a>(
    token: &TokenDigest,
    standing: &Standing<'a>,
    moment: &Moment,
) -> Result<&'a Account, Refusal> {
    let has_token = |account: &&Account| {
        account.status == Status::Invited
            && account.invitation.is_some_and(|invitation| invitation.token == *token)
    };
    let account = standing.own().find(has_token).ok_or(Refusal::InvitationUnknown)?;
    let is_good = |invitation: Invitation| invitation.is_good(moment.now);
    match account.invitation.is_some_and(is_good) {
        true => Ok(account),
        false => Err(Refusal::InvitationExpired),
    }
}

/// Whoever came by the mail has received it.
pub(super) fn accepted(account: &Account) -> Account {
    let proven =
        |address: &AccountAddress| AccountAddress::new(address.email.clone(), EmailProof::Proven);
    Account {
        status: Status::Active,
        invitation: None,
        address: account.address.as_ref().map(proven),
        ..account.clone()
    }
}

fn invite<'a>(
    email: &Email,
    role: Role,
    invitation: Invitation,
    standing: &Standing<'a>,
    moment: &Moment,
) -> Result<Proposal<'a>, Refusal> {
    if !invitation.is_good(moment.now) {
        return Err(Refusal::InvitationExpired);
    }
    let new = Account::new(moment.id.clone(), standing.organization.id(), moment.now);
    Ok(Proposal::Create(Box::new(Account {
        status: Status::Invited,
        role,
        address: Some(AccountAddress::new(email.clone(), EmailProof::Organization)),
        user_name: Some(email.original().trim().to_owned()),
        invitation: Some(invitation),
        ..new
    })))
}

fn import<'a>(import: &Import, standing: &Standing<'a>) -> Result<Proposal<'a>, Refusal> {
    let Import { account, address, role, status, profile, created_at } = import.clone();
    // An id that was purged is nobody's: what it was named for was not meant for a newcomer.
    let is_named = standing.organization.break_glass().contains(&account);
    if standing.target(&account).is_ok() || is_named {
        return Err(Refusal::AccountExists);
    }
    let new = Account::new(account, standing.organization.id(), created_at);
    let is_active = status == Status::Active;
    Ok(Proposal::Create(Box::new(Account {
        status: if is_active { Status::Active } else { Status::Deactivated },
        ended_by: (!is_active).then_some(Source::Application),
        role,
        user_name: Some(address.email.original().trim().to_owned()),
        address: Some(address),
        profile: profile.named(),
        ..new
    })))
}

/// An administrator's word for an address is as good as in an invitation; the application has heard
/// it from somebody.
fn with_address(account: &Account, email: &Email, by: &By<'_>) -> Result<Account, Refusal> {
    if alive(account)?.has_email(email) {
        return Ok(account.clone());
    }
    let proof = match by {
        By::Application => EmailProof::Unproven,
        _ => EmailProof::Organization,
    };
    // The mail of an invitation went somewhere else.
    let account = Account { invitation: None, ..account.clone() };
    Ok(account.moved(AccountAddress::new(email.clone(), proof)))
}

fn with_proof(account: &Account, email: &Email) -> Result<Account, Refusal> {
    if account.status != Status::Active {
        return Err(Refusal::AccountMissing);
    }
    if let Some(kept) = account.email().filter(|_| account.has_email(email)) {
        let address = Some(AccountAddress::new(kept.clone(), EmailProof::Proven));
        return Ok(Account { address, ..account.clone() });
    }
    Ok(account.clone().moved(AccountAddress::new(email.clone(), EmailProof::Proven)))
}

/// Names that the directory once pushed no longer hold where somebody else changes them.
fn with_profile(account: &Account, profile: &Profile) -> Result<Account, Refusal> {
    let profile = profile.clone().named();
    let pushed = alive(account)?.pushed.clone();
    Ok(Account {
        pushed: pushed.map(|pushed| Box::new(pushed.renamed(&profile))),
        profile,
        ..account.clone()
    })
}

/// Whoever can set their own address at the identity provider may have been linked by it to a
/// member's account: that does not make an administrator.
fn with_role(account: &Account, role: Role) -> Result<Account, Refusal> {
    let promoted = role == Role::Administrator && alive(account)?.role != role;
    let is_weak = |link: &Link| link.origin == LinkOrigin::Email;
    let link = account.link.clone().filter(|link| !(promoted && is_weak(link)));
    Ok(Account { role, link, ..alive(account)?.clone() })
}

fn with_link(
    account: &Account,
    key: &StableKey,
    standing: &Standing<'_>,
) -> Result<Account, Refusal> {
    let link = Link::new(key.clone(), LinkOrigin::Approved);
    if !standing.organization.is_of_provider(&link) {
        return Err(Refusal::ConnectionOutdated);
    }
    Ok(Account { link: Some(link), ..alive(account)?.clone() })
}

fn released(account: &Account) -> Account {
    Account { address: None, user_name: None, external_id: None, ..account.clone() }
}

fn resent(account: &Account, invitation: Invitation, moment: &Moment) -> Result<Account, Refusal> {
    if !invitation.is_good(moment.now) {
        return Err(Refusal::InvitationExpired);
    }
    Ok(Account { invitation: Some(invitation), ..account.clone() })
}

fn with_status(
    account: &Account,
    status: Status,
    by: &By<'_>,
    standing: &Standing<'_>,
) -> Result<Account, Refusal> {
    match (account.status, status) {
        (_, Status::Invited) => Err(Refusal::NotInvited),
        (before, after) if before == after => Ok(account.clone()),
        (Status::Invited, Status::Active) => Err(Refusal::InvitationPending),
        (_, Status::Active) => given_back(account, by, standing),
        (Status::Deleted, Status::Deactivated) => Err(Refusal::AccountMissing),
        (_, Status::Deactivated | Status::Deleted) => {
            may_end(&account.id, by, standing)?;
            Ok(ended(account, status, by))
        }
    }
}

/// Nobody but the operator lets go of those who are named for emergencies on the directory's word:
/// a group that is unbound by mistake ends everybody at once.
pub(super) fn may_end(
    account: &AccountId,
    by: &By<'_>,
    standing: &Standing<'_>,
) -> Result<(), Refusal> {
    let is_kept = standing.organization.break_glass().contains(account);
    match by {
        By::Directory(_) if is_kept => Err(Refusal::BreakGlassKept),
        _ => Ok(()),
    }
}

pub(super) fn ended(account: &Account, status: Status, by: &By<'_>) -> Account {
    // Whoever was ended by the application stays so, whatever the directory does afterwards.
    let source = match by {
        By::Directory(_) => account.ended_by.unwrap_or(Source::Directory),
        _ => Source::Application,
    };
    Account { status, ended_by: Some(source), invitation: None, ..account.clone() }
}

fn given_back(account: &Account, by: &By<'_>, standing: &Standing<'_>) -> Result<Account, Refusal> {
    let managed = standing.organization.is_directory_managed();
    match (by, account.ended_by) {
        (By::Directory(_), _) if account.status == Status::Deleted => {
            return Err(Refusal::AccountMissing);
        }
        (By::Directory(_), Some(Source::Application) | None) => {
            return Err(Refusal::EndedByApplication);
        }
        (By::Directory(_), Some(Source::Directory)) => {}
        (_, Some(Source::Directory)) if managed => return Err(Refusal::EndedByDirectory),
        _ => {}
    }
    Ok(Account { status: Status::Active, ended_by: None, ..account.clone() })
}
