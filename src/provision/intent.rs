//! What somebody wants to do with an account.

use std::fmt;

use chrono::{DateTime, Utc};

use super::PushRefusal;
use crate::account::{
    Account, AccountAddress, AccountId, Invitation, Profile, Pushed, Role, Status,
};
use crate::identity::{Email, Identity, StableKey};
use crate::store::{Name, Names};
use crate::token::TokenDigest;

/// What somebody wants to do with an account of an organization: the one list of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Intent<'a> {
    /// The person accepts an invitation with the token of the mail, which proves the address.
    Accept(TokenDigest),
    /// The account gets another address, which nobody has proven.
    ChangeAddress {
        /// Whose.
        account: &'a AccountId,
        /// Which.
        email: &'a Email,
    },
    /// The account shows other names.
    ChangeProfile {
        /// Whose.
        account: &'a AccountId,
        /// Which.
        profile: &'a Profile,
    },
    /// The person may do something else from now on.
    ChangeRole {
        /// Whose.
        account: &'a AccountId,
        /// What.
        role: Role,
    },
    /// All sessions of the account end.
    EndSessions(&'a AccountId),
    /// Somebody whom the application knows already comes in.
    Import(Box<Import>),
    /// Somebody is invited.
    Invite {
        /// Where the mail goes.
        email: &'a Email,
        /// What they may do.
        role: Role,
        /// What leads from the mail to the account.
        invitation: Invitation,
    },
    /// Somebody else says who the account's holder is at the identity provider.
    Link {
        /// Whose.
        account: &'a AccountId,
        /// Who.
        key: &'a StableKey,
    },
    /// A person comes in through the identity provider.
    LogIn(LogIn<'a>),
    /// The person has shown the application that an address is theirs.
    ProveAddress {
        /// Whose.
        account: &'a AccountId,
        /// Which.
        email: &'a Email,
    },
    /// The record of a deleted account goes for good.
    Purge(&'a AccountId),
    /// The directory says how a person is to be.
    Push(Push<'a>),
    /// A deleted account loses its address, its user name and its external ID, so that somebody
    /// else can have them.
    ReleaseAddress(&'a AccountId),
    /// An invitation is mailed again, with another token. The older mail leads nowhere.
    ResendInvitation {
        /// Whose.
        account: &'a AccountId,
        /// What leads from the mail to the account.
        invitation: Invitation,
    },
    /// An account is deactivated, deleted, or given back.
    SetStatus {
        /// Whose.
        account: &'a AccountId,
        /// What it is to be.
        status: Status,
    },
    /// The account loses its name at the identity provider, so that the next login with its address
    /// is linked to it.
    Unlink(&'a AccountId),
    /// An invitation is taken back.
    WithdrawInvitation(&'a AccountId),
}

/// A person comes in through the identity provider.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct LogIn<'a> {
    /// Who.
    pub identity: &'a Identity,
    /// What else shows whose account is theirs.
    pub holder: Option<Holder<'a>>,
}

impl<'a> LogIn<'a> {
    /// The identity alone.
    pub fn of(identity: &'a Identity) -> Self {
        Self { identity, holder: None }
    }

    /// The identity, and what else shows whose account is theirs.
    #[must_use]
    pub fn with(self, holder: Holder<'a>) -> Self {
        Self { holder: Some(holder), ..self }
    }
}

/// What shows that whoever comes is the holder of an account.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Holder<'a> {
    /// They entered the code that was sent to its address, which still is its address.
    Code {
        /// Whose.
        account: &'a AccountId,
        /// Where it was sent.
        sent_to: &'a Email,
        /// The account's [generation](Account::generation) then.
        generation: u64,
    },
    /// They came by the token of an invitation.
    Invitation(TokenDigest),
    /// They were signed in to it when they started the login, and that session still lives.
    Session(&'a AccountId),
}

/// Somebody whom the application knows already.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Import {
    /// The id that the application has for the account. Nothing else makes an id.
    pub account: AccountId,
    /// The address, as good as the application knows it to be.
    pub address: AccountAddress,
    /// What the person may do.
    pub role: Role,
    /// Active, or deactivated.
    pub status: Status,
    /// What is shown of the person.
    pub profile: Profile,
    /// When the account came to be.
    pub created_at: DateTime<Utc>,
}

impl Import {
    /// An active member.
    pub fn new(account: AccountId, address: AccountAddress, created_at: DateTime<Utc>) -> Self {
        Self {
            account,
            address,
            role: Role::Member,
            status: Status::Active,
            profile: Profile::default(),
            created_at,
        }
    }
}

/// The directory says how a person is to be.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Push<'a> {
    /// Whom it speaks of; `None` for somebody new.
    pub account: Option<&'a AccountId>,
    /// The version that the directory has read, if it says which.
    pub if_version: Option<u64>,
    /// Makes the wanted person from the one that is there (`None`: nobody). It is called again for
    /// each try, with what was read then, so that nothing that happens meanwhile is lost.
    pub apply: &'a (dyn Fn(Option<&Account>) -> Result<Wanted, PushRefusal> + Sync),
}

impl<'a> Push<'a> {
    /// Somebody new.
    pub fn new(
        apply: &'a (dyn Fn(Option<&Account>) -> Result<Wanted, PushRefusal> + Sync),
    ) -> Self {
        Self { account: None, if_version: None, apply }
    }

    /// Somebody who is there.
    pub fn of(
        account: &'a AccountId,
        apply: &'a (dyn Fn(Option<&Account>) -> Result<Wanted, PushRefusal> + Sync),
    ) -> Self {
        Self { account: Some(account), if_version: None, apply }
    }

    /// The same, of this version alone.
    #[must_use]
    pub fn if_version(self, version: u64) -> Self {
        Self { if_version: Some(version), ..self }
    }
}

impl fmt::Debug for Push<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, if_version, .. } = self;
        f.debug_struct("Push")
            .field("account", account)
            .field("if_version", if_version)
            .finish_non_exhaustive()
    }
}

/// How the directory wants a person to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wanted {
    /// What it says of them.
    pub pushed: Pushed,
    /// Whether they may come in; `None` where it does not say.
    pub active: Option<bool>,
}

impl Wanted {
    /// A person, who may come in or not.
    pub fn new(pushed: Pushed, active: impl Into<Option<bool>>) -> Self {
        Self { pushed, active: active.into() }
    }
}

impl Intent<'_> {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Accept(_) => "accept_invitation",
            Self::ChangeAddress { .. } => "change_address",
            Self::ChangeProfile { .. } => "change_profile",
            Self::ChangeRole { .. } => "change_role",
            Self::EndSessions(_) => "end_sessions",
            Self::Import(_) => "import",
            Self::Invite { .. } => "invite",
            Self::Link { .. } => "link",
            Self::LogIn(_) => "log_in",
            Self::ProveAddress { .. } => "prove_address",
            Self::Purge(_) => "purge",
            Self::Push(_) => "push",
            Self::ReleaseAddress(_) => "release_address",
            Self::ResendInvitation { .. } => "resend_invitation",
            Self::SetStatus { status: Status::Active, .. } => "activate",
            Self::SetStatus { status: Status::Deactivated, .. } => "deactivate",
            Self::SetStatus { status: Status::Deleted, .. } => "delete",
            Self::SetStatus { status: Status::Invited, .. } => "set_invited",
            Self::Unlink(_) => "unlink",
            Self::WithdrawInvitation(_) => "withdraw_invitation",
        }
    }

    /// The account that it names, if it names one.
    pub fn target(&self) -> Option<&AccountId> {
        match self {
            Self::ChangeAddress { account, .. }
            | Self::ChangeProfile { account, .. }
            | Self::ChangeRole { account, .. }
            | Self::EndSessions(account)
            | Self::Link { account, .. }
            | Self::ProveAddress { account, .. }
            | Self::Purge(account)
            | Self::ReleaseAddress(account)
            | Self::ResendInvitation { account, .. }
            | Self::SetStatus { account, .. }
            | Self::Unlink(account)
            | Self::WithdrawInvitation(account) => Some(account),
            Self::Push(push) => push.account,
            Self::LogIn(login) => match login.holder {
                Some(Holder::Code { account, .. } | Holder::Session(account)) => Some(account),
                Some(Holder::Invitation(_)) | None => None,
            },
            Self::Import(import) => Some(&import.account),
            Self::Accept(_) | Self::Invite { .. } => None,
        }
    }

    /// What has to be found to decide it.
    pub fn names(&self) -> Names {
        let mut names = self.target().map(Names::of_id).unwrap_or_default();
        match self {
            Self::Accept(token) => names.invitation = Some(*token),
            Self::ChangeAddress { email, .. }
            | Self::Invite { email, .. }
            | Self::ProveAddress { email, .. } => names.names.push(Name::email(email)),
            Self::Link { key, .. } => names.names.push(Name::Key((*key).clone())),
            Self::LogIn(login) => {
                let key = login.identity.stable_key().map(Name::Key);
                let email = login.identity.email.as_ref().map(Name::email);
                names.names.extend(key.into_iter().chain(email));
                if let Some(Holder::Invitation(token)) = login.holder {
                    names.invitation = Some(token);
                }
            }
            Self::Import(import) => names.names.push(Name::email(&import.address.email)),
            // Whoever is there is told before a seat is asked for.
            Self::Push(push) if push.account.is_none() => {
                let wanted = (push.apply)(None).ok().map(|wanted| wanted.pushed);
                names.names.extend(wanted.iter().flat_map(Name::pushed));
            }
            _ => {}
        }
        names
    }
}
