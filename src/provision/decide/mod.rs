//! One decision about accounts, whatever way somebody comes in: pure, over what was read.

mod login;
mod people;
mod permission;
mod push;

use chrono::{DateTime, Utc};

use super::{Holder, Intent, LogIn, Provisioning, Refusal};
use crate::account::{Account, AccountId, Status};
use crate::identity::Identity;
use crate::organization::{By, Counters, Organization, Shortage, TestLogin};
use crate::store::{Found, Name};

/// What a decision rests on.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Standing<'a> {
    /// The organization.
    pub organization: &'a Organization,
    /// The numbers of its accounts.
    pub counters: Counters,
    /// The accounts of the organization that have any of the [names](Intent::names) in question,
    /// deleted ones included. Others are ignored.
    pub accounts: &'a [Account],
    /// Whether somebody with one of the names was purged.
    pub purged: bool,
}

impl<'a> Standing<'a> {
    /// This organization with these numbers, and what was found.
    pub fn new(
        organization: &'a Organization,
        counters: Counters,
        accounts: &'a [Account],
    ) -> Self {
        Self { organization, counters, accounts, purged: false }
    }

    /// What a store has found.
    pub fn of(found: &'a Found) -> Self {
        Self {
            organization: &found.record.organization,
            counters: found.record.counters,
            accounts: &found.accounts,
            purged: found.purged,
        }
    }

    /// The accounts found in this organization.
    fn own(&self) -> impl Iterator<Item = &'a Account> {
        let id = self.organization.id();
        self.accounts.iter().filter(move |account| account.organization == *id)
    }

    fn living(&self) -> impl Iterator<Item = &'a Account> {
        self.own().filter(|account| account.status != Status::Deleted)
    }

    /// The account that an intent names.
    fn target(&self, id: &AccountId) -> Result<&'a Account, Refusal> {
        self.own().find(|account| account.id == *id).ok_or(Refusal::AccountMissing)
    }
}

/// When a decision is made, and the id of an account that comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Moment {
    /// When.
    pub now: DateTime<Utc>,
    /// The id of a new account.
    pub id: AccountId,
}

impl Moment {
    /// Now, with the id that a new account would have.
    pub fn new(now: DateTime<Utc>, id: AccountId) -> Self {
        Self { now, id }
    }
}

/// Decides what becomes of an account. Nothing is changed here:
/// [`carry_out`](super::carry_out()) does that.
///
/// Whoever comes in on whatever way, what speaks against it is asked here and nowhere else: who may
/// ask for it, what the directory and "single sign-on only" lock, who ended an account, whether a
/// name is somebody else's, whether a seat is free, and whether an administrator stays.
///
/// # Errors
///
/// [`Refusal`]: it does not happen.
///
/// ```
/// use chrono::{DateTime, TimeDelta, Utc};
/// use saml_login::account::{AccountId, Invitation, Role, Status};
/// use saml_login::identity::Email;
/// use saml_login::organization::{By, Counters, Organization, Slug, SpUrls};
/// use saml_login::provision::{Intent, Moment, Standing, decide};
/// use saml_login::token::TokenDigest;
///
/// let slug = Slug::parse("acme")?;
/// let urls = SpUrls::derived("https://app.example.com", &slug).ok_or("no base URL")?;
/// let acme = Organization::new("org-1", slug, urls);
/// let moment = Moment::new(DateTime::UNIX_EPOCH, AccountId::new("account-1"));
///
/// let in_a_week = moment.now + TimeDelta::days(7);
/// let invitation = Invitation::new(TokenDigest::of("mailed"), in_a_week);
/// let email = Email::parse("alice@acme.test")?;
/// let invite = Intent::Invite { email: &email, role: Role::Administrator, invitation };
///
/// let nobody = Standing::new(&acme, Counters::default(), &[]);
/// let decision = decide(&invite, &By::Application, &nobody, &moment)?;
/// assert_eq!((decision.code(), decision.account().status), ("create", Status::Invited));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn decide(
    intent: &Intent<'_>,
    by: &By<'_>,
    standing: &Standing<'_>,
    moment: &Moment,
) -> Result<Provisioning, Refusal> {
    settle(propose(intent, by, standing, moment)?, by, standing, moment.now)
}

/// Decides a login that tries settings out: those of the organization in `standing`, which is
/// [`as_if_adopted`](Organization::as_if_adopted) where the proposed ones are meant. The tester was
/// signed in to their account when they started it. Nothing becomes of the account; what comes out
/// is kept by [`Change::RecordTestLogin`](crate::organization::Change::RecordTestLogin), and lets
/// single sign-on be enforced.
///
/// # Errors
///
/// [`Refusal`]: what a login with these settings would have been refused for, or that the tester is
/// no active administrator.
pub fn test_login(
    identity: &Identity,
    tester: &AccountId,
    standing: &Standing<'_>,
    moment: &Moment,
) -> Result<TestLogin, Refusal> {
    let login = LogIn::of(identity).with(Holder::Session(tester));
    let decision = decide(&Intent::LogIn(login), &By::IdentityProvider, standing, moment)?;
    let account = decision.account();
    let is_theirs = account.id == *tester && account.administers(standing.organization.id());
    let found = standing.target(tester)?;
    let test = TestLogin::of(standing.organization, identity, found, moment.now);
    test.filter(|_| is_theirs).ok_or(Refusal::TestLoginNotAdministrator)
}

/// What is to become of an account, if nothing general speaks against it.
enum Proposal<'a> {
    Change(&'a Account, Box<Account>),
    Confirm(&'a Account),
    Create(Box<Account>),
    Remove(&'a Account, bool),
}

impl<'a> Proposal<'a> {
    fn change(before: &'a Account, after: Account) -> Self {
        Self::Change(before, Box::new(after))
    }
}

fn propose<'a>(
    intent: &Intent<'_>,
    by: &By<'_>,
    standing: &Standing<'a>,
    moment: &Moment,
) -> Result<Proposal<'a>, Refusal> {
    permission::permitted(intent, by, standing)?;
    match intent {
        Intent::LogIn(login) => login::log_in(login, standing, moment),
        Intent::Push(push) => push::push(push, standing, moment),
        _ => people::change(intent, by, standing, moment),
    }
}

/// What is asked of everything that is written, whoever wants it.
fn settle(
    proposal: Proposal<'_>,
    by: &By<'_>,
    standing: &Standing<'_>,
    now: DateTime<Utc>,
) -> Result<Provisioning, Refusal> {
    let (before, after) = match &proposal {
        Proposal::Change(before, after) => (Some(*before), Some(&**after)),
        Proposal::Create(after) => (None, Some(&**after)),
        Proposal::Remove(before, _) => (Some(*before), None),
        Proposal::Confirm(account) => {
            return Ok(Provisioning::Confirm(Box::new((*account).clone())));
        }
    };
    if let Some(after) = after.filter(|after| after.status != Status::Deleted) {
        unnamed(after, standing)?;
    }
    // A directory that dismisses somebody is obeyed, whoever that is.
    let is_obeyed = matches!(by, By::Directory(_));
    let later = standing.counters.changed(standing.organization, before, after);
    if standing.organization.keeps_reach(by) && standing.counters.lose_reach(&later) {
        return Err(Refusal::LastAdministrator);
    }
    match standing.counters.shortage(before, after) {
        Some(Shortage::LastAdministrator) if is_obeyed => {}
        Some(Shortage::LastAdministrator) => return Err(Refusal::LastAdministrator),
        Some(Shortage::NoSeat) => return Err(Refusal::NoSeat),
        None => {}
    }
    Ok(match proposal {
        Proposal::Change(before, after) => changed(before, *after, now),
        Proposal::Create(after) => Provisioning::Create(after),
        Proposal::Remove(account, remembered) => {
            Provisioning::Remove { account: Box::new(account.clone()), remembered }
        }
        Proposal::Confirm(account) => Provisioning::Confirm(Box::new(account.clone())),
    })
}

fn changed(before: &Account, mut after: Account, now: DateTime<Utc>) -> Provisioning {
    match after.succeeds(before, now) {
        true => Provisioning::Change { before: Box::new(before.clone()), after: Box::new(after) },
        false => Provisioning::Keep(Box::new(after)),
    }
}

/// Whether no other account has a name of this one.
fn unnamed(account: &Account, standing: &Standing<'_>) -> Result<(), Refusal> {
    let own = Name::all_of(account);
    let others = standing.living().filter(|other| other.id != account.id);
    let taken = others.flat_map(Name::all_of).find(|name| own.contains(name));
    match taken {
        None => Ok(()),
        Some(Name::Email(_)) => Err(Refusal::AddressTaken),
        Some(Name::ExternalId(_)) => Err(Refusal::ExternalIdTaken),
        Some(Name::Key(_)) => Err(Refusal::KeyTaken),
        Some(Name::UserName(_)) => Err(Refusal::UserNameTaken),
    }
}
