//! A verified login becomes an account.

use super::people::{accepted, by_invitation};
use super::{Moment, Proposal, Standing};
use crate::account::{
    Account, AccountAddress, EmailProof, Link, LinkOrigin, Profile, Role, Source, Status,
};
use crate::assertion::NameId;
use crate::identity::{Email, Identity, StableKey};
use crate::organization::{AdministratorRule, JitRule, Organization, ProfileSource, RelinkRule};
use crate::provision::{Holder, LogIn, Refusal};
use crate::store::Name;

/// So many bytes may a NameID have: it is a key of databases, whose indexes take no long ones. One
/// that is persistent "MUST NOT exceed a length of 256 characters" (Core §8.3.7).
const LONGEST_NAME: usize = 1024;

/// Decides in this order:
///
/// 1. The account with the key is the person's, whatever the address is by now.
/// 2. Otherwise the account that they hold in some other way (a session, a code, an invitation).
/// 3. Otherwise the one account with the address, if it was never linked, or was linked to another
///    issuer: the identity provider was replaced. An administrator's waits for a code.
/// 4. Otherwise a new one is made, if the rules allow that.
///
/// An address is believed as the [rule for domains](crate::organization::DomainRule) says.
/// Attributes beyond the mapped ones, and texts in them, never matter.
pub(super) fn log_in<'a>(
    login: &LogIn<'_>,
    standing: &Standing<'a>,
    moment: &Moment,
) -> Result<Proposal<'a>, Refusal> {
    let LogIn { identity, holder } = *login;
    is_current(identity, standing.organization)?;
    let key = identity.stable_key();
    let has_key = |account: &&Account| key.is_some() && account.stable_key() == key.as_ref();
    let known = standing.living().find(has_key);
    let held = match holder.map(|holder| held(holder, standing, moment)) {
        // Whoever has used it and opens the mail again is known by their key.
        Some(Err(_)) if known.is_some() && matches!(holder, Some(Holder::Invitation(_))) => None,
        held => held.transpose()?,
    };
    if let Some(account) = known {
        enters(account, standing)?;
        let email = identity.email.as_ref().or(account.email());
        believed(email, standing.organization, true)?;
        if held.is_some_and(|(held, _)| held.id != account.id) {
            return Err(Refusal::KeyTaken);
        }
        return Ok(Proposal::change(account, said(identity, account, standing)));
    }
    if let Some((account, origin)) = held {
        believed(identity.email.as_ref(), standing.organization, true)?;
        // Somebody else sits at the identity provider: they have an account of their own.
        let has_email = |other: &Account| {
            other.id != account.id
                && identity.email.as_ref().is_some_and(|email| other.has_email(email))
        };
        if standing.living().any(has_email) {
            return Err(Refusal::AddressTaken);
        }
        return linked(identity, account, origin, standing)
            .map(|after| Proposal::change(account, after));
    }
    match by_email(identity, standing)? {
        Some(account) if needs_code(account, identity, standing) => {
            confirmed(account).map(Proposal::Confirm)
        }
        Some(account) => {
            let after = linked(identity, account, LinkOrigin::Email, standing)?;
            Ok(Proposal::change(account, after))
        }
        None => create(identity, standing, moment),
    }
}

/// A connection that somebody has kept for too long comes to nothing.
fn is_current(identity: &Identity, organization: &Organization) -> Result<(), Refusal> {
    if identity.connection_id != organization.connection_id() {
        return Err(Refusal::OrganizationForeign);
    }
    if !organization.is_of_connection(identity) {
        return Err(Refusal::ConnectionOutdated);
    }
    match identity.name_id.value.len() > LONGEST_NAME {
        true => Err(Refusal::NameIdTooLong),
        false => Ok(()),
    }
}

/// The account that the person holds, and how that is known.
fn held<'a>(
    holder: Holder<'_>,
    standing: &Standing<'a>,
    moment: &Moment,
) -> Result<(&'a Account, LinkOrigin), Refusal> {
    let (account, origin) = match holder {
        Holder::Code { account, sent_to, generation } => {
            let account = standing.target(account)?;
            enters(account, standing)?;
            confirmed(account)?;
            // Whatever ended sessions since then has ended the code, too.
            if !account.has_email(sent_to) || account.generation != generation {
                return Err(Refusal::LinkUnconfirmed);
            }
            (account, LinkOrigin::Code)
        }
        Holder::Invitation(token) => (by_invitation(&token, standing, moment)?, LinkOrigin::Code),
        Holder::Session(id) => (standing.target(id)?, LinkOrigin::Session),
    };
    enters(account, standing)?;
    Ok((account, origin))
}

/// The account with the address of the identity, if it is the person's.
fn by_email<'a>(
    identity: &Identity,
    standing: &Standing<'a>,
) -> Result<Option<&'a Account>, Refusal> {
    let (key, email) = (identity.stable_key(), identity.email.as_ref());
    let has_key = |account: &Account| key.is_some() && account.stable_key() == key.as_ref();
    let has_email = |account: &Account| email.is_some_and(|email| account.has_email(email));
    let mut with_email = standing.living().filter(|account| has_email(account));
    let account = match (with_email.next(), with_email.next()) {
        (Some(_), Some(_)) => return Err(Refusal::AccountAmbiguous),
        (Some(account), None) => account,
        // Whoever was deleted and is to come back is invited again, and then found above.
        (None, _) if standing.own().any(|one| has_key(one) || has_email(one)) => {
            return Err(Refusal::AccountDeleted);
        }
        (None, _) => return Ok(None),
    };
    believed(email, standing.organization, true)?;
    // Whoever was deleted comes back under their own address, if they are invited there, and under
    // nobody else's.
    let deleted = |other: &&Account| other.status == Status::Deleted && has_key(other);
    if standing.own().filter(deleted).any(|deleted| !has_email(deleted)) {
        return Err(Refusal::AccountDeleted);
    }
    is_free(account, identity, standing.organization)?;
    enters(account, standing)?;
    match account.proof() {
        EmailProof::Unproven => Err(Refusal::EmailUnproven),
        _ => Ok(Some(account)),
    }
}

/// Whether the account is nobody else's at the same identity provider.
fn is_free(
    account: &Account,
    identity: &Identity,
    organization: &Organization,
) -> Result<(), Refusal> {
    let is_strict = organization.provisioning().relink == RelinkRule::OtherIssuer;
    let is_others = account.stable_key().is_some_and(|linked| is_another(linked, identity));
    if is_strict && is_others { Err(Refusal::EmailOfAnother) } else { Ok(()) }
}

/// Whoever can set their own address at the identity provider sets an administrator's, and would be
/// one. Whoever is known there as this very person is not asked again.
fn needs_code(account: &Account, identity: &Identity, standing: &Standing<'_>) -> bool {
    let rule = standing.organization.provisioning().administrators;
    if rule == AdministratorRule::DangerByEmail {
        return false;
    }
    let is_same = |key: &StableKey| key.issuer() == identity.issuer && !is_another(key, identity);
    account.role == Role::Administrator && !account.stable_key().is_some_and(is_same)
}

/// The code goes to an address that the account's holder has proven, and that no directory has put
/// there: that has to be so when it is sent, and when it is entered.
fn confirmed(account: &Account) -> Result<&Account, Refusal> {
    if account.takes_code() { Ok(account) } else { Err(Refusal::LinkUnconfirmed) }
}

fn linked(
    identity: &Identity,
    account: &Account,
    origin: LinkOrigin,
    standing: &Standing<'_>,
) -> Result<Account, Refusal> {
    is_free(account, identity, standing.organization)?;
    let mut after = said(identity, account, standing);
    if origin == LinkOrigin::Code && account.status == Status::Invited {
        // The mail has reached whoever comes now, unless it was sent on: then the account is that
        // of whom the identity provider names, and of nobody who reads the former address.
        after = match &identity.email {
            Some(email) if !account.has_email(email) => {
                let proof = proof(standing.organization, email);
                after.moved(AccountAddress::new(email.clone(), proof))
            }
            _ => Account { address: accepted(account).address, ..after },
        };
    }
    let key = identity.stable_key().filter(|key| after.stable_key() != Some(key));
    if let Some(key) = key {
        after.link = Some(Link::new(key, origin));
    }
    Ok(after)
}

fn create<'a>(
    identity: &Identity,
    standing: &Standing<'a>,
    moment: &Moment,
) -> Result<Proposal<'a>, Refusal> {
    let organization = standing.organization;
    let email = identity.email.as_ref().ok_or(Refusal::EmailMissing)?;
    believed(Some(email), organization, false)?;
    if standing.purged {
        return Err(Refusal::AccountDeleted);
    }
    match organization.provisioning().jit {
        JitRule::Always => {}
        JitRule::UnlessDirectory if !organization.is_directory_managed() => {}
        JitRule::UnlessDirectory => return Err(Refusal::NotProvisioned),
        JitRule::Never => return Err(Refusal::AccountUnknown),
    }
    let new = Account::new(moment.id.clone(), organization.id(), moment.now);
    Ok(Proposal::Create(Box::new(Account {
        address: Some(AccountAddress::new(email.clone(), proof(organization, email))),
        user_name: Some(email.original().trim().to_owned()),
        link: identity.stable_key().map(|key| Link::new(key, LinkOrigin::Created)),
        profile: Profile::of(identity),
        ..new
    })))
}

/// Whether the holder of an account comes in. While the directory says who has an account, an
/// invitation from before is not accepted until it names the person, too.
fn enters(account: &Account, standing: &Standing<'_>) -> Result<(), Refusal> {
    let organization = standing.organization;
    let is_for_directory = organization.is_directory_managed()
        && organization.provisioning().jit == JitRule::UnlessDirectory;
    match account.status {
        Status::Invited if is_for_directory && account.pushed.is_none() => {
            Err(Refusal::NotProvisioned)
        }
        Status::Active | Status::Invited => Ok(()),
        Status::Deactivated => Err(Refusal::AccountDeactivated),
        Status::Deleted => Err(Refusal::AccountDeleted),
    }
}

/// How good an address is that the organization's identity provider sends.
fn proof(organization: &Organization, email: &Email) -> EmailProof {
    if organization.owns(email) { EmailProof::Domain } else { EmailProof::Organization }
}

/// Whether the connection is believed for this address.
fn believed(
    email: Option<&Email>,
    organization: &Organization,
    is_member: bool,
) -> Result<(), Refusal> {
    if organization.believes(email, is_member) { Ok(()) } else { Err(Refusal::DomainForeign) }
}

/// Whether the person whom an account is linked to is another than this one, at the same identity
/// provider. Two names are one person only where both say that they are addresses, by their Format,
/// and are the same one: a user name that reads like somebody's address is anybody's choice.
fn is_another(linked: &StableKey, identity: &Identity) -> bool {
    let NameId { value, .. } = &identity.name_id;
    let are_addresses = linked.is_email_format() && identity.name_id.is_email_format();
    let is_same = linked.value().eq_ignore_ascii_case(value) && Email::parse(value).is_ok();
    linked.issuer() == identity.issuer && !(are_addresses && is_same)
}

/// The account with what the identity says.
fn said(identity: &Identity, account: &Account, standing: &Standing<'_>) -> Account {
    let organization = standing.organization;
    let mut after = account.clone();
    if account.status == Status::Invited {
        after = Account { status: Status::Active, invitation: None, ..after };
    }
    if account.managed_by == Source::Directory && organization.is_directory_managed() {
        // The directory's names and its address win.
        if let Some(email) = identity.email.as_ref().filter(|email| account.has_email(email)) {
            after.address = better(account, email, organization);
        }
        return after;
    }
    let said = Profile::of(identity);
    after.profile = match organization.provisioning().profile {
        ProfileSource::IdentityProvider => account.profile.overlaid(&said),
        ProfileSource::Application => said.overlaid(&account.profile),
    };
    match &identity.email {
        Some(email) if account.has_email(email) => {
            after.address = better(account, email, organization);
            after
        }
        Some(email) => followed(after, email, standing),
        None => after,
    }
}

/// The account after a login with another address: it follows the person where the organization
/// owns its domain, and nobody else has it.
fn followed(account: Account, email: &Email, standing: &Standing<'_>) -> Account {
    let proof = proof(standing.organization, email);
    let others = standing.living().filter(|other| other.id != account.id);
    let taken: Vec<Name> = others.flat_map(Name::all_of).collect();
    let moved = account.clone().moved(AccountAddress::new(email.clone(), proof));
    let is_free = !Name::all_of(&moved).iter().any(|name| taken.contains(name));
    if proof == EmailProof::Domain && is_free { moved } else { account }
}

/// The account's own address, as good as it was or as the login makes it.
fn better(account: &Account, email: &Email, organization: &Organization) -> Option<AccountAddress> {
    let address = account.address.as_ref()?;
    let proof = proof(organization, email).max(address.proof);
    Some(AccountAddress::new(address.email.clone(), proof))
}
