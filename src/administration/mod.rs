//! Settings of organizations in a [`Store`]: founding one, and changing it; the tokens of its
//! directory; and which [sealing keys](crate::sealing) a store knows.

mod keys;
mod tokens;

use std::collections::BTreeSet;

pub use self::keys::{admit_sealing_keys, forget_other_sealing_keys, reseal};
pub use self::tokens::{
    IssuedToken, LiveToken, MAX_TOKENS, TokenLifetime, directory_tokens, issue_token, revoke_token,
};
use crate::account::{Account, OrganizationId};
use crate::audit::{AuditEvent, Outcome};
use crate::error::{BoxError, refuses, sentence};
use crate::organization::{
    Applied, Around, By, Change, ChangeRefusal, Conflict, KeyPairUnavailable, Organization, Plan,
    Plans,
};
use crate::provision::Asked;
use crate::random::Random;
use crate::replay::Spending;
use crate::store::{AccountWrite, Found, Name, Names, SettingsWrite, Store, Write, Written};

/// Why settings were neither changed nor refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdministrationError {
    /// What two organizations cannot have in common.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// Again and again something else came first. Nothing was written.
    #[error("the settings were changed by others again and again")]
    Contended,
    /// A key pair of ours does not open.
    #[error(transparent)]
    KeyPair(#[from] KeyPairUnavailable),
    /// There is no such organization.
    #[error("there is no such organization")]
    OrganizationUnknown,
    /// The application could not say what the plan includes.
    #[error("the application could not tell the organization's plan")]
    Plans(#[source] BoxError),
    /// It is not for whoever asked, or cannot be now.
    #[error(transparent)]
    Refused(#[from] ChangeRefusal),
    /// The store knows other sealing keys, and none of these.
    #[error(
        "the store knows none of these sealing keys: it knows those with the marks {}, and the application has {}", known.join(", "), given.join(", ")
    )]
    SealingKeysNotAdmitted {
        /// The [marks](crate::SealingKey::mark) of those that it knows.
        known: Vec<String>,
        /// Those of the keys of the application.
        given: Vec<String>,
    },
    /// The store failed.
    #[error("the store failed")]
    Store(#[source] BoxError),
}

impl AdministrationError {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Conflict(conflict) => conflict.code(),
            Self::Contended => "settings_contended",
            Self::KeyPair(unavailable) => unavailable.code(),
            Self::OrganizationUnknown => "organization_unknown",
            Self::Plans(_) => "plan_unknown",
            Self::Refused(refusal) => refusal.code(),
            Self::SealingKeysNotAdmitted { .. } => "sealing_keys_not_admitted",
            Self::Store(_) => "store_failed",
        }
    }

    /// What to change, for whoever runs the service provider.
    pub fn help(&self) -> String {
        match self {
            Self::Conflict(conflict) => conflict.help(),
            Self::Contended => {
                "Others changed the settings at the same time, again and again. Try again.".into()
            }
            Self::KeyPair(unavailable) => unavailable.help(),
            Self::OrganizationUnknown => {
                "There is no such organization. It may have been removed.".into()
            }
            Self::Plans(_) => "The application's billing failed. See its own log.".into(),
            Self::Refused(refusal) => refusal.help(),
            Self::SealingKeysNotAdmitted { .. } => format!(
                "{} Start the application with the key that it had before, and put a new one \
                 beside it, not in its place. If no machine has a key of its own that was drawn at \
                 start, see whether this is the right database. Nothing was changed.",
                sentence(self)
            ),
            Self::Store(_) => "The store failed. See its own log.".into(),
        }
    }

    /// A fixed sentence for the person who asked for it.
    pub fn user_message(&self) -> &'static str {
        match self {
            Self::Conflict(conflict) => conflict.user_message(),
            Self::KeyPair(unavailable) => unavailable.user_message(),
            Self::Refused(refusal) => refusal.user_message(),
            _ => "That did not work just now. Try again in a minute.",
        }
    }
}

refuses!(AdministrationError, ServiceProvider);

/// As often a change is tried when something else came first.
const ROUNDS: usize = 16;

/// Founds an organization with so many seats (`None`: any number). Its first administrator comes by
/// an [invitation](crate::provision::Intent::Invite) of the application.
///
/// # Errors
///
/// [`AdministrationError`]: nothing was founded then.
pub async fn found<S: Store>(
    store: &S,
    organization: Organization,
    purchased: Option<u32>,
    asked: &Asked<'_>,
    random: Random,
) -> Result<(), AdministrationError> {
    if let Some(conflict) = organization.own_conflict() {
        return Err(conflict.into());
    }
    let write = Write::founding(organization, purchased, asked.now, random);
    match store.write(write).await.map_err(AdministrationError::Store)? {
        Written::Done => Ok(()),
        Written::Claimed(claim) => Err(Conflict::about(claim.kind).into()),
        _ => Err(Conflict::Id.into()),
    }
}

/// Makes one change of an organization's settings: asks for the plan, reads what the change has to
/// know, [applies](Organization::apply) it, and writes settings, claims, the tester's link and the
/// event in one step; again if something else came first.
///
/// What comes out says whether the change was made; a refusal is recorded, too.
///
/// # Errors
///
/// [`AdministrationError`]: nothing was changed then.
pub async fn administer<S: Store>(
    store: &S,
    plans: &impl Plans,
    organization: &OrganizationId,
    change: &Change,
    asked: &Asked<'_>,
) -> Result<Applied, AdministrationError> {
    let applied = administer_spending(store, plans, organization, change, asked, None).await?;
    applied.ok_or(AdministrationError::Contended)
}

/// The same, and uses something up in the same step, whatever becomes of the change; `None` if that
/// was used before.
pub(crate) async fn administer_spending<S: Store>(
    store: &S,
    plans: &impl Plans,
    organization: &OrganizationId,
    change: &Change,
    asked: &Asked<'_>,
    spend: Option<&Spending>,
) -> Result<Option<Applied>, AdministrationError> {
    let plan = plans.plan(organization).await.map_err(AdministrationError::Plans)?;
    for _ in 0..ROUNDS {
        let found = read(store, organization, change, asked).await?;
        let around = around(store, plan, change, &found).await?;
        let read = asked.by.read_anew(&found.accounts);
        // An account that is gone administers nothing.
        let by = read.unwrap_or(By::IdentityProvider);
        let mut settings = found.record.organization.clone();
        let mut applied = settings.apply(change.clone(), &by, &around, asked.now);
        applied.event.actor = asked.by.actor();
        applied.event = asked.told(applied.event);
        if applied.result.is_err() {
            let is_told = told(store, &applied.event, spend).await?;
            return Ok(is_told.then_some(applied));
        }
        let mut write = write(settings, &applied, &found, asked);
        if matches!(change, Change::ManageByDirectory(false)) {
            write.kept = tokens::without_tokens(store, organization).await?;
        }
        write.spend = spend.cloned();
        let refusal = match store.write(write).await.map_err(AdministrationError::Store)? {
            Written::Done => return Ok(Some(applied)),
            Written::AlreadySpent => return Ok(None),
            Written::Claimed(claim) => Conflict::about(claim.kind).into(),
            Written::LastAdministrator => ChangeRefusal::LastAdministrator,
            _ => continue,
        };
        let applied = refused(applied, refusal);
        let is_told = told(store, &applied.event, spend).await?;
        return Ok(is_told.then_some(applied));
    }
    Err(AdministrationError::Contended)
}

async fn read<S: Store>(
    store: &S,
    organization: &OrganizationId,
    change: &Change,
    asked: &Asked<'_>,
) -> Result<Found, AdministrationError> {
    let mut names = Names::default();
    if let By::Member { account, .. } = asked.by {
        names.ids.push(account.id.clone());
    }
    let find = async |names: &Names| {
        let found = store.find(organization, names).await.map_err(AdministrationError::Store)?;
        found.ok_or(AdministrationError::OrganizationUnknown)
    };
    let found = find(&names).await?;
    let organization_read = &found.record.organization;
    let wanted = change.accounts(organization_read);
    let key = change.key(organization_read).map(Name::Key);
    if key.is_none() && wanted.iter().all(|id| names.ids.contains(id)) {
        return Ok(found);
    }
    names.ids.extend(wanted);
    names.names.extend(key);
    find(&names).await
}

/// What others have of what the change claims.
async fn around<S: Store>(
    store: &S,
    plan: Plan,
    change: &Change,
    found: &Found,
) -> Result<Around, AdministrationError> {
    let mut around = Around::plan(plan).with_accounts(found.accounts.iter().cloned());
    for claim in change.claims(&found.record.organization) {
        let owner = store.claimed(&claim).await.map_err(AdministrationError::Store)?;
        if owner.is_some_and(|owner| owner != *found.record.organization.id()) {
            around.claims.insert(claim);
        }
    }
    let pasted = change.pasted();
    if !pasted.is_empty() {
        let id = found.record.organization.id();
        let elsewhere = store.trusted_elsewhere(id, &pasted).await;
        around.fingerprints = elsewhere.map_err(AdministrationError::Store)?;
    }
    Ok(around)
}

fn write(settings: Organization, applied: &Applied, found: &Found, asked: &Asked<'_>) -> Write {
    let mut write = Write::of(settings.id(), asked.now);
    write.decided_by = Some(found.record.version);
    write.keep_reachable = settings.keeps_reach(&asked.by);
    write.account = linked(applied, found, asked).map(AccountWrite::Change);
    write.settings = Some(SettingsWrite::Change(Box::new(settings)));
    write.events.push(applied.event.clone());
    write
}

/// The tester's account with the link that their login has shown.
fn linked(applied: &Applied, found: &Found, asked: &Asked<'_>) -> Option<Box<Account>> {
    let (id, link) = applied.link.as_ref()?;
    let before = found.accounts.iter().find(|account| account.id == *id)?;
    let mut after = before.clone();
    after.link = Some(link.clone());
    after.succeeds(before, asked.now).then_some(Box::new(after))
}

fn refused(applied: Applied, refusal: ChangeRefusal) -> Applied {
    let outcome = Outcome::Refused(refusal.code().into());
    let event = applied.event.ended(outcome);
    let refused = Applied { result: Err(refusal), event, link: None, ..applied };
    Applied { break_glass: BTreeSet::new(), ..refused }
}

/// Tells of a refusal, and uses up what is used up by it: whether it was not used before.
async fn told<S: Store>(
    store: &S,
    event: &AuditEvent,
    spend: Option<&Spending>,
) -> Result<bool, AdministrationError> {
    let Some(spending) = spend else {
        store.record(event).await.map_err(AdministrationError::Store)?;
        return Ok(true);
    };
    let mut write = Write::of(&event.organization, event.at);
    write.spend = Some(spending.clone());
    write.events.push(event.clone());
    match store.write(write).await.map_err(AdministrationError::Store)? {
        Written::Done => Ok(true),
        Written::AlreadySpent => Ok(false),
        _ => Err(AdministrationError::Contended),
    }
}
