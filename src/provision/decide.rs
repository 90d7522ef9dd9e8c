//! Just-in-time provisioning: from a verified identity to an account, as a pure decision.

use super::{Provisioning, Refusal};
use crate::account::{Account, Changes, EmailProof, NewAccount, Profile, Role, Seats, Status};
use crate::assertion::NameId;
use crate::identity::{Email, Identity, StableKey};
use crate::organization::{DomainRule, Organization, ProfileSource, RelinkRule};

/// Decides what a login does with accounts. Nothing is changed here: a
/// [`AccountStore`](crate::store::AccountStore) does that.
///
/// `accounts` are those of the organization that have the identity's [key](Identity::stable_key) or
/// its e-mail address, deleted ones included; others are ignored. In order:
///
/// 1. The account with the key is the person's, whatever the address is by now.
/// 2. Otherwise the one account with the address [in any letter case](Account::has_email) is, if it
///    was never linked, or was linked to another issuer: the identity provider was replaced. Under
///    another name of the same issuer it is [somebody else's](Refusal::EmailOfAnother),
///    unless [the rule](RelinkRule) says otherwise.
/// 3. Otherwise a new one is created, if the rules allow that and a seat is free.
///
/// An address is believed as the [rule for domains](DomainRule) says. Attributes beyond the mapped
/// ones, and texts in them, never matter.
pub fn decide(
    identity: &Identity,
    organization: &Organization,
    accounts: &[Account],
    seats: Seats,
) -> Provisioning {
    match find(identity, organization, accounts) {
        Err(refusal) => Provisioning::Refuse(refusal),
        Ok(Found::ByKey(account)) => {
            let changes = changes(identity, organization, account, accounts);
            match changes.is_empty() {
                true => Provisioning::Keep(account.id.clone()),
                false => {
                    Provisioning::Update { account: account.id.clone(), changes: Box::new(changes) }
                }
            }
        }
        Ok(Found::ByEmail(account)) => {
            let mut changes = changes(identity, organization, account, accounts);
            changes.stable_key =
                identity.stable_key().filter(|key| account.stable_key.as_ref() != Some(key));
            match changes.is_empty() {
                true => Provisioning::Keep(account.id.clone()),
                false => {
                    Provisioning::Link { account: account.id.clone(), changes: Box::new(changes) }
                }
            }
        }
        Ok(Found::Nobody(email)) => {
            if !organization.provisioning().jit {
                return Provisioning::Refuse(Refusal::AccountUnknown);
            }
            if !seats.has_free() {
                return Provisioning::Refuse(Refusal::NoSeat);
            }
            Provisioning::Create(Box::new(NewAccount {
                organization: organization.id().clone(),
                email_proof: proof(organization, email),
                email: email.clone(),
                stable_key: identity.stable_key(),
                profile: Profile::of(identity),
                role: Role::Member,
                status: Status::Active,
            }))
        }
    }
}

/// So many bytes may a NameID have: it is a key of databases, whose indexes take no long ones. One
/// that is persistent "MUST NOT exceed a length of 256 characters" (Core §8.3.7).
const LONGEST_NAME: usize = 1024;

enum Found<'a> {
    ByKey(&'a Account),
    ByEmail(&'a Account),
    Nobody(&'a Email),
}

fn find<'a>(
    identity: &'a Identity,
    organization: &Organization,
    accounts: &'a [Account],
) -> Result<Found<'a>, Refusal> {
    if identity.connection_id != organization.id().as_str() {
        return Err(Refusal::OrganizationForeign);
    }
    // A connection that somebody has kept for too long comes to nothing here.
    let issuer = organization.settings().map(|settings| &settings.issuer);
    let is_current = organization.is_open()
        && issuer == Some(&identity.issuer)
        && organization.fingerprints().contains(&identity.key_fingerprint);
    if !is_current {
        return Err(Refusal::ConnectionOutdated);
    }
    if identity.name_id.value.len() > LONGEST_NAME {
        return Err(Refusal::NameIdTooLong);
    }
    let own = || accounts.iter().filter(|account| account.organization == *organization.id());
    let present = || own().filter(|account| account.status != Status::Deleted);
    let key = identity.stable_key();
    let has_key = |account: &&Account| key.is_some() && account.stable_key == key;
    if let Some(account) = present().find(has_key) {
        alive(account)?;
        believed(identity.email.as_ref().or(account.email.as_ref()), organization, true)?;
        return Ok(Found::ByKey(account));
    }
    let email = identity.email.as_ref();
    let has_email = |account: &&Account| email.is_some_and(|email| account.has_email(email));
    let mut with_email = present().filter(has_email);
    let account = match (with_email.next(), with_email.next()) {
        (Some(_), Some(_)) => return Err(Refusal::AccountAmbiguous),
        (Some(account), None) => account,
        // Whoever was deleted and is to come back is invited again, and then found above.
        (None, _) if own().any(|account| has_key(&account) || has_email(&account)) => {
            return Err(Refusal::AccountDeleted);
        }
        (None, _) => {
            let email = email.ok_or(Refusal::EmailMissing)?;
            believed(Some(email), organization, false)?;
            return Ok(Found::Nobody(email));
        }
    };
    believed(email, organization, true)?;
    // Whoever was deleted comes back under their own address, if they are invited there, and under
    // nobody else's.
    let deleted = |other: &&Account| other.status == Status::Deleted && has_key(other);
    if own().filter(deleted).any(|deleted| !has_email(&deleted)) {
        return Err(Refusal::AccountDeleted);
    }
    let is_strict = organization.provisioning().relink == RelinkRule::OtherIssuer;
    if is_strict && account.stable_key.as_ref().is_some_and(|linked| is_another(linked, identity)) {
        return Err(Refusal::EmailOfAnother);
    }
    alive(account)?;
    if account.email_proof == EmailProof::Unproven {
        return Err(Refusal::EmailUnproven);
    }
    Ok(Found::ByEmail(account))
}

fn alive(account: &Account) -> Result<(), Refusal> {
    match account.status {
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
    let any = match organization.provisioning().domains {
        DomainRule::Verified => !organization.is_bound_to_domains(),
        DomainRule::VerifiedOrMember => !organization.is_bound_to_domains() || is_member,
        DomainRule::DangerAny => true,
    };
    if any || email.is_some_and(|email| organization.owns(email)) {
        Ok(())
    } else {
        Err(Refusal::DomainForeign)
    }
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

fn changes(
    identity: &Identity,
    organization: &Organization,
    account: &Account,
    accounts: &[Account],
) -> Changes {
    let mut changes = Changes::default();
    if account.status == Status::Invited {
        changes.status = Some(Status::Active);
    }
    if !account.directory_managed {
        let said = Profile::of(identity);
        let profile = match organization.provisioning().profile {
            ProfileSource::IdentityProvider => account.profile.overlaid(&said),
            ProfileSource::Application => said.overlaid(&account.profile),
        };
        changes.profile = Some(profile).filter(|profile| *profile != account.profile);
    }
    let Some(email) = &identity.email else { return changes };
    let proof = proof(organization, email);
    if account.has_email(email) {
        changes.email_proof = Some(proof).filter(|proof| *proof > account.email_proof);
    } else if proof == EmailProof::Domain && !account.directory_managed {
        // An address follows the person where the organization owns its domain, and nobody else has
        // it.
        let taken = accounts.iter().any(|other| {
            other.organization == account.organization
                && other.id != account.id
                && other.status != Status::Deleted
                && other.has_email(email)
        });
        if !taken {
            changes.email = Some(email.clone());
            changes.email_proof = Some(proof).filter(|proof| *proof != account.email_proof);
        }
    }
    changes
}
