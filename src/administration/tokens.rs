//! The tokens that the customer's directory shows.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use super::{AdministrationError, ROUNDS};
use crate::account::{OrganizationId, is_name};
use crate::audit::{Action, AuditEvent, Outcome};
use crate::code::codes;
use crate::digest::hex;
use crate::organization::{By, ChangeRefusal, Organization, Plan, Plans, SetupScope};
use crate::provision::Asked;
use crate::random::Random;
use crate::store::{
    DirectoryToken, Found, Kept, KeptKind, KeptWhat, KeptWrite, Names, SettingsWrite, Store, Write,
    Written,
};
use crate::token::Token;

/// So many tokens are good at the same time: the present one, and the next one while the identity
/// provider is given it.
pub const MAX_TOKENS: usize = 2;

/// What a token begins with, so that whoever finds one knows what it opens.
const PREFIX: &str = "scim_";

/// How long a token of the directory is good for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenLifetime {
    /// 90 days.
    NinetyDays,
    /// A year.
    #[default]
    OneYear,
    /// Two years.
    TwoYears,
    /// Until it is revoked.
    Unlimited,
}

codes!(TokenLifetime {
    NinetyDays = "ninety_days",
    OneYear = "one_year",
    TwoYears = "two_years",
    Unlimited = "unlimited",
});

impl TokenLifetime {
    /// The first instant at which one that is made now is good for nothing.
    pub fn expires_at(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let days = match self {
            Self::NinetyDays => 90,
            Self::OneYear => 365,
            Self::TwoYears => 2 * 365,
            Self::Unlimited => return None,
        };
        now.checked_add_signed(TimeDelta::days(days))
    }
}

/// A token that was made just now. Show its secret once: it is kept nowhere.
#[non_exhaustive]
pub struct IssuedToken {
    /// What is pasted into the identity provider's console. `scim_`, and 256 random bits.
    pub secret: Token,
    /// What is kept of it.
    pub token: LiveToken,
}

/// It holds the secret.
impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedToken").field("token", &self.token).finish_non_exhaustive()
    }
}

/// A token of the directory that is kept, for a page to show.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LiveToken {
    /// What is known of it.
    pub token: DirectoryToken,
    /// The first instant at which it is good for nothing; `None` where it lasts until it is
    /// revoked.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Makes a token for an organization's directory, which has to be
/// [switched on](crate::organization::Change::ManageByDirectory). Two may be good at the same time:
/// make the next one, give it to the identity provider, and revoke the former one.
///
/// ```
/// use saml_login::Random;
/// use saml_login::administration::{TokenLifetime, issue_token};
/// use saml_login::organization::{By, Plan};
/// use saml_login::provision::Asked;
/// # use saml_login::store::MemoryStore;
///
/// # let now = "2030-01-31T12:00:00Z".parse()?;
/// # let store = MemoryStore::default();
/// # let example = async {
/// let asked = Asked::by(By::Operator("support"), now);
/// let organization = "org-1".into();
/// let (name, lifetime) = ("JumpCloud", TokenLifetime::OneYear);
/// let issued = issue_token(
///     &store, &Plan::ALL, &organization, (name, lifetime), &asked, Random::generate()?,
/// );
/// match issued.await {
///     Ok(issued) => println!("shown once: {}", issued.secret.as_str()),
///     Err(refused) => assert_eq!(refused.code(), "organization_unknown"),
/// }
/// # Ok::<(), saml_login::error::SendError>(())
/// # };
/// # saml_login::testing::contract::block_on(Box::pin(async { example.await.unwrap() }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`AdministrationError::Refused`]: `not_administrator`, `not_entitled`, `directory_off`,
/// `directory_tokens_too_many`, `directory_token_name`; and the others of [`AdministrationError`].
pub async fn issue_token<S: Store>(
    store: &S,
    plans: &impl Plans,
    organization: &OrganizationId,
    (name, lifetime): (&str, TokenLifetime),
    asked: &Asked<'_>,
    random: Random,
) -> Result<IssuedToken, AdministrationError> {
    let plan = plans.plan(organization).await.map_err(AdministrationError::Plans)?;
    let (for_secret, for_id) = random.split();
    let secret = Token::with_prefix(PREFIX, for_secret);
    let id = hex(for_id.for_purpose("token id").first_chunk::<8>().unwrap_or(&[0; 8]));
    let what = DirectoryToken::new(&id, name, asked.by.actor(), asked.now);
    let expires_at = lifetime.expires_at(asked.now);
    let what = KeptWhat::DirectoryToken(what);
    let kept = Kept::new(organization, secret.digest(), expires_at, what);
    for _ in 0..ROUNDS {
        let found = read(store, organization, asked).await?;
        let all = kept_tokens(store, organization).await?;
        let good = all.iter().filter(|kept| kept.is_good(asked.now)).count();
        let settings = &found.record.organization;
        let may = may_issue(settings, plan, (name, good), asked, &found);
        let event = event(organization, "issued", &id, asked);
        if let Err(refusal) = may {
            return refused(store, event, refusal).await;
        }
        let mut write = Write::of(organization, asked.now);
        // The settings stay as they are and get another version: of two who do this at the same
        // time one looks again at how many there are.
        write.decided_by = Some(found.record.version);
        write.settings = Some(SettingsWrite::Change(Box::new(settings.clone())));
        write.kept.push(KeptWrite::Put(Box::new(kept.clone())));
        write.events.push(event);
        if let Written::Done = store.write(write).await.map_err(AdministrationError::Store)? {
            let token = live(kept).ok_or(AdministrationError::Contended)?;
            return Ok(IssuedToken { secret, token });
        }
    }
    Err(AdministrationError::Contended)
}

/// Revokes a token, by its id. From the next request on it opens nothing.
///
/// # Errors
///
/// [`AdministrationError::Refused`]: `not_administrator`, `directory_token_unknown`; and the others
/// of [`AdministrationError`].
pub async fn revoke_token<S: Store>(
    store: &S,
    organization: &OrganizationId,
    id: &str,
    asked: &Asked<'_>,
) -> Result<(), AdministrationError> {
    let found = read(store, organization, asked).await?;
    let event = event(organization, "revoked", id, asked);
    if !administers(&found.record.organization, asked, &found) {
        return refused(store, event, ChangeRefusal::NotAdministrator).await;
    }
    let mut all = kept_tokens(store, organization).await?.into_iter();
    let is_it = |kept: &Kept| token_of(kept).is_some_and(|token| token.id == id);
    let Some(kept) = all.find(is_it) else {
        return refused(store, event, ChangeRefusal::TokenUnknown).await;
    };
    let mut write = Write::of(organization, asked.now);
    write.kept.push(KeptWrite::Take(KeptKind::DirectoryToken, kept.digest));
    write.events.push(event.clone());
    match store.write(write).await.map_err(AdministrationError::Store)? {
        Written::Done => Ok(()),
        // Somebody else was faster.
        _ => refused(store, event, ChangeRefusal::TokenUnknown).await,
    }
}

/// The tokens of an organization's directory, the latest first, those that have expired included.
///
/// # Errors
///
/// [`AdministrationError::Store`].
pub async fn directory_tokens<S: Store>(
    store: &S,
    organization: &OrganizationId,
) -> Result<Vec<LiveToken>, AdministrationError> {
    let all = kept_tokens(store, organization).await?;
    let mut all: Vec<LiveToken> = all.into_iter().filter_map(live).collect();
    all.sort_by_key(|one| std::cmp::Reverse((one.token.made_at, one.token.id.clone())));
    Ok(all)
}

/// What is written when the directory is switched off: its tokens go.
pub(super) async fn without_tokens<S: Store>(
    store: &S,
    organization: &OrganizationId,
) -> Result<Vec<KeptWrite>, AdministrationError> {
    let take = |kept: Kept| KeptWrite::Take(KeptKind::DirectoryToken, kept.digest);
    Ok(kept_tokens(store, organization).await?.into_iter().map(take).collect())
}

async fn kept_tokens<S: Store>(
    store: &S,
    organization: &OrganizationId,
) -> Result<Vec<Kept>, AdministrationError> {
    let all = store.all_kept(organization, KeptKind::DirectoryToken).await;
    all.map_err(AdministrationError::Store)
}

async fn read<S: Store>(
    store: &S,
    organization: &OrganizationId,
    asked: &Asked<'_>,
) -> Result<Found, AdministrationError> {
    let names = match asked.by {
        By::Member { account, .. } => Names::of_id(&account.id),
        _ => Names::default(),
    };
    let found = store.find(organization, &names).await.map_err(AdministrationError::Store)?;
    found.ok_or(AdministrationError::OrganizationUnknown)
}

fn may_issue(
    settings: &Organization,
    plan: Plan,
    (name, good): (&str, usize),
    asked: &Asked<'_>,
    found: &Found,
) -> Result<(), ChangeRefusal> {
    let by_link =
        matches!(asked.by, By::SetupLink(_, scope) if scope.contains(&SetupScope::Directory));
    if !by_link && !administers(settings, asked, found) {
        return Err(ChangeRefusal::NotAdministrator);
    }
    if !plan.sso || !plan.directory {
        return Err(ChangeRefusal::NotEntitled);
    }
    if !settings.is_directory_managed() {
        return Err(ChangeRefusal::DirectoryOff);
    }
    if name.trim().is_empty() || !is_name(name) {
        return Err(ChangeRefusal::TokenName);
    }
    if good < MAX_TOKENS { Ok(()) } else { Err(ChangeRefusal::TokensTooMany) }
}

fn administers(settings: &Organization, asked: &Asked<'_>, found: &Found) -> bool {
    match asked.by.read_anew(&found.accounts) {
        Some(By::Application | By::Operator(_)) => true,
        Some(by) => by.administers(settings.id()),
        None => false,
    }
}

fn event(
    organization: &OrganizationId,
    change: &'static str,
    token: &str,
    asked: &Asked<'_>,
) -> AuditEvent {
    let action = Action::DirectoryToken { change: change.into(), token: token.to_owned() };
    asked.told(AuditEvent::new(organization, asked.by.actor(), action, asked.now))
}

async fn refused<S: Store, T>(
    store: &S,
    event: AuditEvent,
    refusal: ChangeRefusal,
) -> Result<T, AdministrationError> {
    let event = event.ended(Outcome::Refused(refusal.code().into()));
    store.record(&event).await.map_err(AdministrationError::Store)?;
    Err(refusal.into())
}

fn token_of(kept: &Kept) -> Option<&DirectoryToken> {
    match &kept.what {
        KeptWhat::DirectoryToken(token) => Some(token),
        _ => None,
    }
}

fn live(kept: Kept) -> Option<LiveToken> {
    let token = token_of(&kept)?.clone();
    Some(LiveToken { token, expires_at: kept.expires_at })
}
