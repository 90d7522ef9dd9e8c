//! Finding, deciding and writing, again if something else came first.

use chrono::{DateTime, Utc};

use super::{
    Intent, LogIn, Moment, ProvisionError, Provisioning, Refusal, Standing, decide, event,
};
use crate::account::{Account, AccountId, OrganizationId};
use crate::audit::AuditEvent;
use crate::identity::Identity;
use crate::organization::By;
use crate::random::Random;
use crate::replay::Spending;
use crate::store::{AccountWrite, Name, Record, Store, Write, Written};

/// Who asks, when, and in which request of the application's.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Asked<'a> {
    /// Who.
    pub by: By<'a>,
    /// When.
    pub now: DateTime<Utc>,
    /// The application's own id of the request, for the audit trail.
    pub request_id: Option<&'a str>,
    /// The address of the client, for the audit trail.
    pub client_address: Option<&'a str>,
}

impl<'a> Asked<'a> {
    /// These, now.
    pub fn by(by: By<'a>, now: DateTime<Utc>) -> Self {
        Self { by, now, request_id: None, client_address: None }
    }

    /// The same in a request with this id, of a client with this address.
    #[must_use]
    pub fn in_request(self, request_id: Option<&'a str>, client_address: Option<&'a str>) -> Self {
        Self { request_id, client_address, ..self }
    }

    pub(crate) fn told(&self, event: AuditEvent) -> AuditEvent {
        let (request_id, client) = (self.request_id, self.client_address);
        event.of_request(request_id.map(str::to_owned), client.map(str::to_owned))
    }
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CarriedOut {
    /// The account, as it is now; as it was, where its record is gone.
    pub account: Account,
    /// What was done.
    pub provisioning: Provisioning,
}

impl CarriedOut {
    /// The account of whoever is in now: none where a code has to
    /// [confirm](Provisioning::Confirm) first that it is theirs. Begin a session with no other.
    pub fn signed_in(&self) -> Option<&Account> {
        match self.provisioning {
            Provisioning::Confirm(_) | Provisioning::Remove { .. } => None,
            _ => Some(&self.account),
        }
    }
}

/// A write that comes second finds what came first when it reads again, so that one more round is
/// nearly always enough.
const ROUNDS: usize = 16;

/// Does what somebody wants to do with an account: finds, [decides](decide()), and writes the
/// account, its seat and the event in one step; again if something else came first.
///
/// Any number of these at the same time come to one outcome each: first logins of one person make
/// one account and take one seat, the last administrator stays, and an invitation is used once. A
/// refusal is recorded, too.
///
/// A member's own account is read anew with the rest: who is no administrator any more changes
/// nothing.
///
/// ```
/// use chrono::{DateTime, TimeDelta, Utc};
/// use saml_login::Random;
/// use saml_login::account::{Invitation, Role};
/// use saml_login::identity::Email;
/// use saml_login::organization::{By, Organization, Slug, SpUrls};
/// use saml_login::provision::{Asked, Intent, carry_out};
/// use saml_login::store::{MemoryStore, Store, Write};
/// use saml_login::token::Token;
///
/// # saml_login::testing::contract::block_on(Box::pin(async {
/// # async fn story() -> Result<(), Box<dyn std::error::Error>> {
/// let now = DateTime::UNIX_EPOCH;
/// let store = MemoryStore::default();
/// let slug = Slug::parse("acme")?;
/// let urls = SpUrls::derived("https://app.example.com", &slug).ok_or("no base URL")?;
/// let acme = Organization::new("org-1", slug, urls);
/// let _ = store.write(Write::founding(acme, Some(10), now, Random::generate()?)).await?;
///
/// // The first administrator is invited by the application.
/// let token = Token::new(Random::generate()?);
/// let in_a_week = now + TimeDelta::days(7);
/// let invite = Intent::Invite {
///     email: &Email::parse("alice@acme.test")?,
///     role: Role::Administrator,
///     invitation: Invitation::new(token.digest(), in_a_week),
/// };
/// let asked = Asked::by(By::Application, now);
/// let invited =
///     carry_out(&store, &"org-1".into(), &invite, &asked, Random::generate()?).await?;
/// assert_eq!(invited.account.role, Role::Administrator);
/// # Ok(())
/// # }
/// # story().await.expect("the story");
/// # }));
/// ```
///
/// # Errors
///
/// [`ProvisionError`]: nothing was created, changed or taken then.
pub async fn carry_out<S: Store>(
    store: &S,
    organization: &OrganizationId,
    intent: &Intent<'_>,
    asked: &Asked<'_>,
    random: Random,
) -> Result<CarriedOut, ProvisionError> {
    match carry_out_beside(store, organization, intent, asked, random, &Beside::NOTHING).await {
        Ok(done) => Ok(done),
        Err(Undone::Not(error)) => Err(error),
        Err(Undone::Spent) => Err(ProvisionError::Contended),
    }
}

/// What is written in one step with what becomes of an account.
pub(crate) struct Beside<'a> {
    /// What is used up, whatever becomes of it: a refusal uses it up, too.
    pub(crate) spend: Option<Spending>,
    /// What else is written once it is decided, which may yet refuse.
    pub(crate) with: &'a With<'a>,
}

/// Adds to a write what follows from a decision, made of this record.
pub(crate) type With<'a> =
    dyn Fn(&mut Write, &Provisioning, &Record) -> Result<(), Refusal> + Sync + 'a;

impl Beside<'static> {
    const NOTHING: Self = Self { spend: None, with: &|_, _, _| Ok(()) };
}

/// Why nothing was done.
#[derive(Debug)]
pub(crate) enum Undone {
    Not(ProvisionError),
    /// What was to be used up was used before.
    Spent,
}

impl<E: Into<ProvisionError>> From<E> for Undone {
    fn from(error: E) -> Self {
        Self::Not(error.into())
    }
}

/// The same, with what belongs into the same write.
pub(crate) async fn carry_out_beside<S: Store>(
    store: &S,
    organization: &OrganizationId,
    intent: &Intent<'_>,
    asked: &Asked<'_>,
    random: Random,
    beside: &Beside<'_>,
) -> Result<CarriedOut, Undone> {
    let moment = Moment::new(asked.now, AccountId::generate(asked.now, random));
    let mut names = intent.names();
    if let By::Member { account, .. } = asked.by {
        names.ids.push(account.id.clone());
    }
    let mut last = ProvisionError::Contended;
    for _ in 0..ROUNDS {
        let found = store.find(organization, &names).await.map_err(ProvisionError::Store)?;
        let found = found.ok_or(ProvisionError::OrganizationUnknown)?;
        let read = asked.by.read_anew(&found.accounts);
        let by = read.unwrap_or(asked.by);
        let decision = match read {
            Some(by) => decide(intent, &by, &Standing::of(&found), &moment),
            None => Err(Refusal::NotAdministrator),
        };
        // What stands in the way of names that only the decision brought up was not read yet.
        if decision.as_ref().is_ok_and(|decided| names.widen(decided.account())) {
            continue;
        }
        let mut write = Write::of(organization, asked.now);
        let decision = decision.and_then(|provisioning| {
            (beside.with)(&mut write, &provisioning, &found.record).map(|()| provisioning)
        });
        let event = asked.told(event(&decision, organization, intent, &by, asked.now));
        let provisioning = match decision {
            Ok(provisioning) => provisioning,
            Err(refusal) => {
                refused(store, event, beside).await?;
                return Err(refusal.into());
            }
        };
        write.decided_by = Some(found.record.version);
        write.keep_administrator = !matches!(by, By::Directory(_));
        write.keep_reachable = found.record.organization.keeps_reach(&by);
        write.account = account_write(&provisioning, &found.record)?;
        write.spend = beside.spend.clone();
        write.events.push(event);
        // Reading again tells what came first: the last seat may have gone to this very person's
        // other login.
        last = match store.write(write).await.map_err(ProvisionError::Store)? {
            Written::Done => {
                return Ok(CarriedOut { account: provisioning.account().clone(), provisioning });
            }
            Written::AlreadySpent => return Err(Undone::Spent),
            Written::NoSeat => Refusal::NoSeat.into(),
            Written::LastAdministrator => Refusal::LastAdministrator.into(),
            _ => ProvisionError::Contended,
        };
    }
    // A store that reads from a copy may see seats for longer than there are any.
    if let ProvisionError::Refused(refusal) = &last {
        let event = event(&Err(*refusal), organization, intent, &asked.by, asked.now);
        refused(store, asked.told(event), beside).await?;
    }
    Err(last.into())
}

/// Tells of a refusal, and uses up what is used up by it.
async fn refused<S: Store>(
    store: &S,
    event: AuditEvent,
    beside: &Beside<'_>,
) -> Result<(), Undone> {
    let Some(spending) = &beside.spend else {
        return Ok(store.record(&event).await.map_err(ProvisionError::Store)?);
    };
    let mut write = Write::of(&event.organization, event.at);
    write.spend = Some(spending.clone());
    write.events.push(event);
    match store.write(write).await.map_err(ProvisionError::Store)? {
        Written::Done => Ok(()),
        Written::AlreadySpent => Err(Undone::Spent),
        _ => Err(ProvisionError::Contended.into()),
    }
}

/// Brings a person in through the identity provider: [`carry_out`] of [`Intent::LogIn`]. Call it
/// once the login is [spent](crate::Unspent::spend), begin a session with [`CarriedOut::signed_in`]
/// alone, and ask the [login policy](crate::LoginPolicy) about the account before.
///
/// # Errors
///
/// [`ProvisionError`]: nothing was created, changed or taken then.
pub async fn provision<S: Store>(
    store: &S,
    organization: &OrganizationId,
    identity: &Identity,
    now: DateTime<Utc>,
    random: Random,
) -> Result<CarriedOut, ProvisionError> {
    let intent = Intent::LogIn(LogIn::of(identity));
    let asked = Asked::by(By::IdentityProvider, now);
    carry_out(store, organization, &intent, &asked, random).await
}

fn account_write(
    provisioning: &Provisioning,
    record: &Record,
) -> Result<Option<AccountWrite>, ProvisionError> {
    Ok(match provisioning {
        Provisioning::Change { after, .. } => Some(AccountWrite::Change(after.clone())),
        Provisioning::Create(account) => Some(AccountWrite::Create(account.clone())),
        Provisioning::Confirm(_) | Provisioning::Keep(_) => None,
        Provisioning::Remove { account, remembered } => {
            let names = if *remembered { Name::all_of(account) } else { Vec::new() };
            let marks: Result<_, _> =
                names.iter().map(|name| record.purge_key.mark(name)).collect();
            let marks = marks.map_err(ProvisionError::Store)?;
            let (account, version) = (account.id.clone(), account.version);
            Some(AccountWrite::Purge { account, version, marks })
        }
    })
}
