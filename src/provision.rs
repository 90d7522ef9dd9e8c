//! Just-in-time provisioning: from a verified identity to an account, as a pure decision.

use chrono::{DateTime, Utc};

use crate::account::{Account, AccountId, AccountStatus, EmailProof, Profile, Role};
use crate::assertion::NameId;
use crate::audit::{Actor, AuditAction, AuditEvent, AuditOutcome};
use crate::identity::{Email, Identity, StableKey};
use crate::organization::{DomainRule, Organization, ProfileSource};

/// How many seats an organization has, and how many of them are taken: by invitations, by first logins and by the directory together.
///
/// [Active and invited](AccountStatus::holds_seat) accounts take one each. Deactivation and deletion free it at once, reactivation
/// takes one again. Where fewer are bought than are taken nobody loses theirs, and nobody new gets one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Seats {
    /// How many there are; `None` if any number is included.
    pub purchased: Option<u32>,
    /// How many are taken.
    pub taken: u32,
}

impl Seats {
    /// Any number, none of them taken.
    pub const UNLIMITED: Self = Self { purchased: None, taken: 0 };

    /// So many, of which so many are taken.
    pub fn new(purchased: impl Into<Option<u32>>, taken: u32) -> Self {
        Self { purchased: purchased.into(), taken }
    }

    /// Whether there is one to take.
    pub fn has_free(self) -> bool {
        self.purchased.is_none_or(|purchased| self.taken < purchased)
    }

    /// How many are free; `None` if any number is.
    pub fn free(self) -> Option<u32> {
        self.purchased.map(|purchased| purchased.saturating_sub(self.taken))
    }
}

/// An account that is to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewAccount {
    /// The id of the organization.
    pub organization: String,
    /// The e-mail address.
    pub email: Email,
    /// How good the address is. Unless it is [proven](EmailProof::Proven), the account must not be joined with anything that the owner
    /// of the address has elsewhere.
    pub email_proof: EmailProof,
    /// The key of the person at the identity provider; `None` if their NameID does not last.
    pub stable_key: Option<StableKey>,
    /// What is shown of the person.
    pub profile: Profile,
    /// [`Role::Member`], unless an administrator invites another one: no assertion makes an administrator.
    pub role: Role,
    /// [`AccountStatus::Active`], or [`AccountStatus::Invited`].
    pub status: AccountStatus,
}

impl NewAccount {
    /// An invitation of an address by an administrator. It takes a seat like any other account.
    pub fn invited(organization: impl Into<String>, email: Email, role: Role) -> Self {
        Self {
            organization: organization.into(),
            email,
            email_proof: EmailProof::Organization,
            stable_key: None,
            profile: Profile::default(),
            role,
            status: AccountStatus::Invited,
        }
    }

    /// The account under an id of the application's.
    pub fn into_account(self, id: AccountId) -> Account {
        let Self { organization, email, email_proof, stable_key, profile, role, status } = self;
        Account {
            status,
            role,
            email: Some(email),
            email_proof,
            stable_key,
            profile,
            ..Account::new(id, organization)
        }
    }
}

/// What changes in an account. `None` is: as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountChanges {
    /// The e-mail address.
    pub email: Option<Email>,
    /// How good the address is.
    pub email_proof: Option<EmailProof>,
    /// The profile.
    pub profile: Option<Profile>,
    /// The key of the person at the identity provider.
    pub stable_key: Option<StableKey>,
    /// The status: an invitation that is accepted by the login.
    pub status: Option<AccountStatus>,
}

impl AccountChanges {
    /// Another status and nothing else: for whoever deactivates, deletes or activates an account.
    pub fn to_status(status: AccountStatus) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The account with these changes.
    #[must_use]
    pub fn applied_to(&self, account: &Account) -> Account {
        Account {
            email: self.email.clone().or_else(|| account.email.clone()),
            email_proof: self.email_proof.unwrap_or(account.email_proof),
            profile: self.profile.clone().unwrap_or_else(|| account.profile.clone()),
            stable_key: self.stable_key.clone().or_else(|| account.stable_key.clone()),
            status: self.status.unwrap_or(account.status),
            ..account.clone()
        }
    }
}

/// What a login does with accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Provisioning {
    /// A new account, and one seat taken.
    Create(Box<NewAccount>),
    /// An account that is there, as it is.
    Keep(AccountId),
    /// An account that was found by its e-mail address, and is now the one of this person at the identity provider.
    Link {
        /// Which.
        account: AccountId,
        /// What changes in it, the key among it.
        changes: Box<AccountChanges>,
    },
    /// The person does not come in.
    Refuse(ProvisioningRefusal),
    /// An account that was found by its key, and of which something changed.
    Update {
        /// Which.
        account: AccountId,
        /// What changes in it.
        changes: Box<AccountChanges>,
    },
}

impl Provisioning {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Keep(_) => "keep",
            Self::Link { .. } => "link",
            Self::Refuse(_) => "refuse",
            Self::Update { .. } => "update",
        }
    }

    /// The event of the decision, for the audit trail. `account` is the one that was created, where one was.
    pub fn event(&self, organization: &str, account: Option<&AccountId>, at: DateTime<Utc>) -> AuditEvent {
        let action = AuditAction::Provisioning { decision: self.code() };
        let event = AuditEvent::new(organization, Actor::IdentityProvider, action, at);
        let target = match self {
            Self::Keep(account) | Self::Link { account, .. } | Self::Update { account, .. } => Some(account),
            Self::Create(_) | Self::Refuse(_) => account,
        };
        let outcome = match self {
            Self::Refuse(refusal) => AuditOutcome::Refused(refusal.code()),
            _ => AuditOutcome::Done,
        };
        AuditEvent { target: target.cloned(), ..event }.ended(outcome)
    }
}

/// Why a person with a verified identity does not come in. Nothing was changed then, and no seat taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ProvisioningRefusal {
    /// Several accounts of the organization have this e-mail address.
    #[error("several accounts have this e-mail address")]
    AccountAmbiguous,
    /// The account was deactivated. Whoever did that can undo it; a login does not.
    #[error("the account is deactivated")]
    AccountDeactivated,
    /// The account was deleted. A login does not bring it back.
    #[error("the account was deleted")]
    AccountDeleted,
    /// There is no account, and accounts do not come to be by logging in.
    #[error("there is no account for this person, and none is created by logging in")]
    AccountUnknown,
    /// The account with this address belongs to another person at the same identity provider: an address has changed hands.
    #[error("the account with this e-mail address is that of another person at the identity provider")]
    EmailOfAnother,
    /// The account with this address never had the address proven: anybody could have made it.
    #[error("the account with this e-mail address has not proven it")]
    EmailUnproven,
    /// The organization's verified domains do not hold the address.
    #[error("the e-mail address is outside the organization's verified domains")]
    DomainForeign,
    /// The identity has no e-mail address, which a person without an account needs.
    #[error("the identity provider sent no e-mail address")]
    EmailMissing,
    /// All seats are taken.
    #[error("all seats are taken")]
    NoSeat,
    /// The identity came through another organization's connection.
    #[error("the login belongs to another organization")]
    OrganizationForeign,
}

impl ProvisioningRefusal {
    /// A stable snake_case code, part of semver.
    pub fn code(self) -> &'static str {
        match self {
            Self::AccountAmbiguous => "account_ambiguous",
            Self::AccountDeactivated => "account_deactivated",
            Self::AccountDeleted => "account_deleted",
            Self::AccountUnknown => "account_unknown",
            Self::EmailOfAnother => "email_of_another",
            Self::EmailUnproven => "email_unproven",
            Self::DomainForeign => "domain_foreign",
            Self::EmailMissing => "email_missing",
            Self::NoSeat => "no_seat",
            Self::OrganizationForeign => "organization_foreign",
        }
    }

    /// A fixed sentence for the person who tried to log in.
    pub fn user_message(self) -> &'static str {
        match self {
            Self::AccountDeactivated | Self::AccountDeleted => {
                "Your account is not active. Ask your administrator."
            }
            Self::NoSeat => "Your organization has no free seat. Ask your administrator.",
            Self::AccountUnknown => "You have no account here yet. Ask your administrator.",
            _ => "You could not be signed in. Ask your administrator.",
        }
    }

    /// What to change, for the administrator.
    pub fn help(self) -> &'static str {
        match self {
            Self::AccountAmbiguous => {
                "Several accounts have the person's e-mail address in different letter case. Keep one of them."
            }
            Self::AccountDeactivated => {
                "The person's account is deactivated. Activate it again to let them in; that takes a seat."
            }
            Self::AccountDeleted => {
                "The person's account was deleted. Restore it to let them in; that takes a seat."
            }
            Self::AccountUnknown => {
                "Just-in-time provisioning is off: create or invite the account first, or switch it on."
            }
            Self::EmailOfAnother => {
                "The account with this e-mail address came from the same identity provider under another NameID: the address seems to have \
                 changed hands. If both are the same person, unlink the account from its identity; otherwise change its address first."
            }
            Self::EmailUnproven => {
                "An account has this e-mail address without having proven it. Have it confirmed, or remove the account."
            }
            Self::DomainForeign => {
                "The e-mail address is outside the organization's verified domains. Verify its domain, or let the rule for domains take in \
                 members with other addresses."
            }
            Self::EmailMissing => {
                "Map an attribute named email to the person's e-mail address at the identity provider."
            }
            Self::NoSeat => "Buy more seats, or deactivate somebody.",
            Self::OrganizationForeign => "The login came through another organization's connection.",
        }
    }
}

/// Decides what a login does with accounts. Nothing is changed here: a [`Directory`](crate::Directory) does that.
///
/// `accounts` are those of the organization that have the identity's [key](Identity::stable_key) or its e-mail address, deleted ones
/// included; others are ignored. In order:
///
/// 1. The account with the key is the person's, whatever the address is by now.
/// 2. Otherwise the one account with the address [in any letter case](Account::has_email) is: if it was never linked, or was linked to
///    another issuer (the identity provider was replaced), or under a NameID of another Format (its configuration was changed). Under
///    another NameID of the same issuer and Format it is [somebody else's](ProvisioningRefusal::EmailOfAnother).
/// 3. Otherwise a new one is created, if the rules allow that and a seat is free.
///
/// An address is believed as the [rule for domains](DomainRule) says. Attributes beyond the mapped ones, and texts in them, never
/// matter.
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
                false => Provisioning::Update { account: account.id.clone(), changes: Box::new(changes) },
            }
        }
        Ok(Found::ByEmail(account)) => {
            let mut changes = changes(identity, organization, account, accounts);
            changes.stable_key = identity.stable_key().filter(|key| account.stable_key.as_ref() != Some(key));
            match changes.is_empty() {
                true => Provisioning::Keep(account.id.clone()),
                false => Provisioning::Link { account: account.id.clone(), changes: Box::new(changes) },
            }
        }
        Ok(Found::Nobody(email)) => {
            if !organization.provisioning().jit {
                return Provisioning::Refuse(ProvisioningRefusal::AccountUnknown);
            }
            if !seats.has_free() {
                return Provisioning::Refuse(ProvisioningRefusal::NoSeat);
            }
            Provisioning::Create(Box::new(NewAccount {
                organization: organization.id().to_owned(),
                email_proof: proof(organization, email),
                email: email.clone(),
                stable_key: identity.stable_key(),
                profile: Profile::of(identity),
                role: Role::Member,
                status: AccountStatus::Active,
            }))
        }
    }
}

enum Found<'a> {
    ByKey(&'a Account),
    ByEmail(&'a Account),
    Nobody(&'a Email),
}

fn find<'a>(
    identity: &'a Identity,
    organization: &Organization,
    accounts: &'a [Account],
) -> Result<Found<'a>, ProvisioningRefusal> {
    if identity.connection_id != organization.id() {
        return Err(ProvisioningRefusal::OrganizationForeign);
    }
    let own = || accounts.iter().filter(|account| account.organization == organization.id());
    let present = || own().filter(|account| account.status != AccountStatus::Deleted);
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
        (Some(_), Some(_)) => return Err(ProvisioningRefusal::AccountAmbiguous),
        (Some(account), None) => account,
        // Whoever was deleted and is to come back is invited again, and then found above.
        (None, _) if own().any(|account| has_key(&account) || has_email(&account)) => {
            return Err(ProvisioningRefusal::AccountDeleted);
        }
        (None, _) => {
            let email = email.ok_or(ProvisioningRefusal::EmailMissing)?;
            believed(Some(email), organization, false)?;
            return Ok(Found::Nobody(email));
        }
    };
    believed(email, organization, true)?;
    if account.stable_key.as_ref().is_some_and(|linked| is_another(linked, identity)) {
        return Err(ProvisioningRefusal::EmailOfAnother);
    }
    alive(account)?;
    if account.email_proof == EmailProof::Unproven {
        return Err(ProvisioningRefusal::EmailUnproven);
    }
    Ok(Found::ByEmail(account))
}

fn alive(account: &Account) -> Result<(), ProvisioningRefusal> {
    match account.status {
        AccountStatus::Active | AccountStatus::Invited => Ok(()),
        AccountStatus::Deactivated => Err(ProvisioningRefusal::AccountDeactivated),
        AccountStatus::Deleted => Err(ProvisioningRefusal::AccountDeleted),
    }
}

/// How good an address is that the organization's identity provider sends.
fn proof(organization: &Organization, email: &Email) -> EmailProof {
    if organization.owns(email) { EmailProof::Proven } else { EmailProof::Organization }
}

/// Whether the connection is believed for this address.
fn believed(
    email: Option<&Email>,
    organization: &Organization,
    is_member: bool,
) -> Result<(), ProvisioningRefusal> {
    let any = match organization.provisioning().domains {
        DomainRule::Verified => organization.verified_domains().is_empty(),
        DomainRule::VerifiedOrMember => organization.verified_domains().is_empty() || is_member,
        DomainRule::DangerAny => true,
    };
    if any || email.is_some_and(|email| organization.owns(email)) {
        Ok(())
    } else {
        Err(ProvisioningRefusal::DomainForeign)
    }
}

/// Whether the person whom an account is linked to is another than this one, at the same identity provider.
fn is_another(linked: &StableKey, identity: &Identity) -> bool {
    let NameId { value, .. } = &identity.name_id;
    let same_address = identity.name_id.is_email_format() && linked.value().eq_ignore_ascii_case(value);
    linked.issuer() == identity.issuer
        && linked.format() == identity.name_id.effective_format()
        && linked.value() != *value
        && !same_address
}

fn changes(
    identity: &Identity,
    organization: &Organization,
    account: &Account,
    accounts: &[Account],
) -> AccountChanges {
    let mut changes = AccountChanges::default();
    if account.status == AccountStatus::Invited {
        changes.status = Some(AccountStatus::Active);
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
    } else if proof == EmailProof::Proven && !account.directory_managed {
        // An address follows the person where the organization owns its domain, and nobody else has it.
        let taken = accounts.iter().any(|other| {
            other.organization == account.organization
                && other.id != account.id
                && other.status != AccountStatus::Deleted
                && other.has_email(email)
        });
        if !taken {
            changes.email = Some(email.clone());
            changes.email_proof = Some(proof).filter(|proof| *proof != account.email_proof);
        }
    }
    changes
}
