//! What the directory will find, before it is switched on; and how it stands afterwards.

use chrono::{DateTime, Utc};

use super::tokens::{LiveToken, directory_tokens};
use super::{AdministrationError, administers, read_for};
use crate::account::{Account, AccountId, OrganizationId, Seats, Source, Status};
use crate::organization::{ChangeRefusal, JitRule, Organization, Plans};
use crate::provision::Asked;
use crate::store::{Listing, Position, Store};

/// What the directory will find when it is
/// [switched on](crate::organization::Change::ManageByDirectory), for whoever switches it on to
/// read before.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Preflight {
    /// Why it cannot be switched on now: single sign-on comes first, the plan does not include it.
    pub refusal: Option<ChangeRefusal>,
    /// How many seats there are. JumpCloud and others make a test user when they are connected: one
    /// seat has to be free at that instant.
    pub seats: Seats,
    /// Who has an account and will be found by it: the directory takes them over, with their seats.
    pub adopted: People,
    /// Who is invited, and will come in once the directory names them, and not before.
    pub waiting: People,
    /// Whose address is outside the verified domains, where there are any. The directory may name
    /// them all the same; single sign-on lets them in by the [rule for
    /// domains](crate::organization::DomainRule).
    pub outside: People,
    /// Whom the application has deactivated: the directory does not bring them back.
    pub kept_out: People,
    /// Who is named for emergencies: the directory neither deactivates nor deletes them.
    pub break_glass: People,
    /// Whether everybody was looked at; in an organization with more than
    /// [`MOST`](Self::MOST) accounts the first of them are.
    pub is_whole: bool,
}

impl Preflight {
    /// So many accounts are looked at.
    pub const MOST: usize = 10_000;
}

/// Some of an organization's people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct People {
    /// How many they are.
    pub number: usize,
    /// The first of them, to show.
    pub first: Vec<AccountId>,
}

impl People {
    /// So many are shown.
    pub const SHOWN: usize = 100;

    fn add(&mut self, account: &Account) {
        self.number = self.number.saturating_add(1);
        if self.first.len() < Self::SHOWN {
            self.first.push(account.id.clone());
        }
    }
}

/// Looks at what the directory will find. It changes nothing.
///
/// ```
/// use saml_login::administration::preflight;
/// use saml_login::organization::{By, Plan};
/// use saml_login::provision::Asked;
/// # use saml_login::store::MemoryStore;
///
/// # let now = "2030-01-31T12:00:00Z".parse()?;
/// # let store = MemoryStore::default();
/// # let example = async {
/// let asked = Asked::by(By::Operator("support"), now);
/// match preflight(&store, &Plan::ALL, &"org-1".into(), &asked).await {
///     Ok(found) => println!("{} people will be taken over", found.adopted.number),
///     Err(error) => assert_eq!(error.code(), "organization_unknown"),
/// }
/// # };
/// # saml_login::testing::contract::block_on(Box::pin(example));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`AdministrationError::Refused`] (`not_administrator`), and the others of
/// [`AdministrationError`].
pub async fn preflight<S: Store>(
    store: &S,
    plans: &impl Plans,
    organization: &OrganizationId,
    asked: &Asked<'_>,
) -> Result<Preflight, AdministrationError> {
    let plan = plans.plan(organization).await.map_err(AdministrationError::Plans)?;
    let found = read_for(store, organization, asked).await?;
    let settings = &found.record.organization;
    if !administers(asked, &found) {
        return Err(ChangeRefusal::NotAdministrator.into());
    }
    let refusal = match (plan.sso && plan.directory, settings.is_open()) {
        (false, _) => Some(ChangeRefusal::NotEntitled),
        (true, false) => Some(ChangeRefusal::DirectoryNeedsSso),
        (true, true) => None,
    };
    let mut preflight = Preflight {
        refusal,
        seats: found.record.counters.seats(),
        adopted: People::default(),
        waiting: People::default(),
        outside: People::default(),
        kept_out: People::default(),
        break_glass: People::default(),
        is_whole: true,
    };
    let mut listing = Listing::first(500);
    let mut looked_at = 0_usize;
    loop {
        let listed = store.list(organization, &listing).await;
        let listed = listed.map_err(AdministrationError::Store)?;
        // A list without a filter is never too long.
        let (accounts, total) = listed.map(|page| (page.accounts, page.total)).unwrap_or_default();
        accounts.iter().for_each(|account| preflight.look_at(account, settings));
        looked_at = looked_at.saturating_add(accounts.len());
        let Some(last) = accounts.last().filter(|_| accounts.len() == listing.count) else {
            return Ok(preflight);
        };
        if looked_at >= Preflight::MOST {
            return Ok(Preflight { is_whole: looked_at >= total, ..preflight });
        }
        listing.from = Position::After(last.created_at, last.id.clone());
    }
}

impl Preflight {
    fn look_at(&mut self, account: &Account, organization: &Organization) {
        let waits = organization.provisioning().jit == JitRule::UnlessDirectory;
        match account.status {
            Status::Invited if waits => self.waiting.add(account),
            Status::Active | Status::Invited => self.adopted.add(account),
            Status::Deactivated if account.ended_by == Some(Source::Application) => {
                self.kept_out.add(account);
            }
            Status::Deactivated | Status::Deleted => {}
        }
        let is_inside = account.email().is_none_or(|email| organization.owns(email));
        if !is_inside && !organization.verified_domains().is_empty() {
            self.outside.add(account);
        }
        if organization.break_glass().contains(&account.id) {
            self.break_glass.add(account);
        }
    }
}

/// How an organization's directory stands, for a page to show.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DirectoryState {
    /// Its requests come.
    Connected {
        /// The last one, to some minutes.
        last_used_at: DateTime<Utc>,
        /// What sends them, as far as they show that.
        client: Option<String>,
    },
    /// It is on, and has no token that is good: make one.
    NoToken,
    /// It is off.
    Off,
    /// It has a token, and has not come yet: enter URL and token at the identity provider.
    Waiting,
}

/// How an organization's directory stands.
///
/// # Errors
///
/// [`AdministrationError::OrganizationUnknown`] and [`AdministrationError::Store`].
pub async fn directory_state<S: Store>(
    store: &S,
    organization: &OrganizationId,
    now: DateTime<Utc>,
) -> Result<DirectoryState, AdministrationError> {
    let record = store.organization(organization).await.map_err(AdministrationError::Store)?;
    let record = record.ok_or(AdministrationError::OrganizationUnknown)?;
    if !record.organization.is_directory_managed() {
        return Ok(DirectoryState::Off);
    }
    let mut tokens = directory_tokens(store, organization).await?;
    tokens.retain(|token: &LiveToken| token.expires_at.is_none_or(|at| now < at));
    let used = tokens.iter().filter_map(|token| Some((token.token.last_used_at?, token)));
    Ok(match used.max_by_key(|(at, _)| *at) {
        Some((last_used_at, LiveToken { token, .. })) => {
            DirectoryState::Connected { last_used_at, client: token.client.clone() }
        }
        None if tokens.is_empty() => DirectoryState::NoToken,
        None => DirectoryState::Waiting,
    })
}
