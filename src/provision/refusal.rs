//! Why something does not become of an account.

/// Why something does not become of an account. Nothing was changed then, and no seat taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
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
    /// The identity came through a connection that is no longer this organization's: switched off,
    /// or of another issuer or key.
    #[error("the login was made through a connection that is no longer in effect")]
    ConnectionOutdated,
    /// The account with this address is linked to another name at the same identity provider: an
    /// address has changed hands, or the identity provider sends other names by now.
    #[error(
        "the account with this e-mail address is linked to another name at the identity provider"
    )]
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
    /// The NameID is longer than 1,024 bytes: it would be a key of the account.
    #[error("the NameID is longer than 1,024 bytes")]
    NameIdTooLong,
    /// All seats are taken.
    #[error("all seats are taken")]
    NoSeat,
    /// The identity came through another organization's connection.
    #[error("the login belongs to another organization")]
    OrganizationForeign,
    /// What the directory sent cannot be kept.
    #[error("{0}")]
    Push(PushRefusal),
    /// The person whose login was to show that settings work is no active administrator.
    #[error("the test login has to be that of an active administrator of this organization")]
    TestLoginNotAdministrator,
    /// There is an account with this id already, or there was one that is named for emergencies.
    #[error("there is an account with this id already")]
    AccountExists,
    /// There is no such account.
    #[error("there is no such account")]
    AccountMissing,
    /// Another account has this e-mail address.
    #[error("another account has this e-mail address")]
    AddressTaken,
    /// Single sign-on is enforced: accounts come to be by logging in.
    #[error("single sign-on is enforced: accounts come to be by logging in")]
    AssignmentBySsoOnly,
    /// The account is named for emergencies, and the directory may not end it.
    #[error("the account is named for emergencies, and the directory may not end it")]
    BreakGlassKept,
    /// The identity provider's directory manages the accounts.
    #[error("the identity provider's directory manages the accounts")]
    DirectoryManaged,
    /// No directory manages accounts here.
    #[error("no directory manages accounts here")]
    DirectoryOff,
    /// The account was ended in the application, and the directory does not bring it back.
    #[error("the account was ended in the application, and the directory does not bring it back")]
    EndedByApplication,
    /// The account was ended by the directory, and the application does not bring it back.
    #[error("the account was ended by the directory, and the application does not bring it back")]
    EndedByDirectory,
    /// A session that was entered from another organization changes nothing.
    #[error("a session that was entered from another organization changes nothing")]
    EnteredSession,
    /// Another account has this external ID.
    #[error("another account has this external ID")]
    ExternalIdTaken,
    /// The invitation has expired.
    #[error("the invitation has expired")]
    InvitationExpired,
    /// The person has not accepted the invitation.
    #[error("the person has not accepted the invitation")]
    InvitationPending,
    /// This is no invitation, or not any more.
    #[error("this is no invitation, or not any more")]
    InvitationUnknown,
    /// Another account is linked to this name at the identity provider.
    #[error("another account is linked to this name at the identity provider")]
    KeyTaken,
    /// The organization would be left without an administrator.
    #[error("the organization would be left without an administrator")]
    LastAdministrator,
    /// An administrator's account is not linked by an address alone, and it has none that its
    /// holder has proven.
    #[error(
        "an administrator's account is not linked by an address alone, and it has none that its holder has proven"
    )]
    LinkUnconfirmed,
    /// Only an administrator of this organization may do this.
    #[error("only an administrator of this organization may do this")]
    NotAdministrator,
    /// The account is not deleted.
    #[error("the account is not deleted")]
    NotDeleted,
    /// The account is no open invitation.
    #[error("the account is no open invitation")]
    NotInvited,
    /// The directory says who has an account, and has not said so of this person.
    #[error("the directory manages accounts, and has not provisioned this person")]
    NotProvisioned,
    /// This is not for these to do.
    #[error("this is not for these to do")]
    NotPermitted,
    /// Another account has this user name.
    #[error("another account has this user name")]
    UserNameTaken,
    /// The account has changed since it was read.
    #[error("the account has changed since it was read")]
    VersionDiffers,
}

impl Refusal {
    /// A stable snake_case code, part of semver.
    pub fn code(self) -> &'static str {
        match self {
            Self::AccountAmbiguous => "account_ambiguous",
            Self::AccountDeactivated => "account_deactivated",
            Self::AccountDeleted => "account_deleted",
            Self::AccountUnknown => "account_unknown",
            Self::ConnectionOutdated => "connection_outdated",
            Self::EmailOfAnother => "email_of_another",
            Self::EmailUnproven => "email_unproven",
            Self::DomainForeign => "domain_foreign",
            Self::EmailMissing => "email_missing",
            Self::NameIdTooLong => "name_id_too_long",
            Self::NoSeat => "no_seat",
            Self::OrganizationForeign => "organization_foreign",
            Self::Push(refusal) => refusal.code(),
            Self::TestLoginNotAdministrator => "test_login_not_administrator",
            Self::AccountExists => "account_exists",
            Self::AccountMissing => "account_missing",
            Self::AddressTaken => "address_taken",
            Self::AssignmentBySsoOnly => "assignment_by_sso_only",
            Self::BreakGlassKept => "break_glass_kept",
            Self::DirectoryManaged => "directory_managed",
            Self::DirectoryOff => "directory_off",
            Self::EndedByApplication => "ended_by_application",
            Self::EndedByDirectory => "ended_by_directory",
            Self::EnteredSession => "entered_session",
            Self::ExternalIdTaken => "external_id_taken",
            Self::InvitationExpired => "invitation_expired",
            Self::InvitationPending => "invitation_pending",
            Self::InvitationUnknown => "invitation_unknown",
            Self::KeyTaken => "key_taken",
            Self::LastAdministrator => "last_administrator",
            Self::LinkUnconfirmed => "link_unconfirmed",
            Self::NotAdministrator => "not_administrator",
            Self::NotDeleted => "not_deleted",
            Self::NotInvited => "not_invited",
            Self::NotProvisioned => "not_provisioned",
            Self::NotPermitted => "not_permitted",
            Self::UserNameTaken => "user_name_taken",
            Self::VersionDiffers => "version_differs",
        }
    }

    /// A fixed sentence for the person who wanted it.
    pub fn user_message(self) -> &'static str {
        match self {
            Self::AccountDeactivated | Self::AccountDeleted => {
                "Your account is not active. Ask your administrator."
            }
            Self::NoSeat => "Your organization has no free seat. Ask your administrator.",
            Self::AccountUnknown | Self::NotProvisioned => {
                "You have no account here yet. Ask your administrator."
            }
            Self::AssignmentBySsoOnly => {
                "Your organization signs in through its identity provider. Sign in there."
            }
            Self::DirectoryManaged => {
                "Your organization's directory manages accounts. Make the change at your identity provider."
            }
            Self::EnteredSession => "Sign in to this organization itself to change its settings.",
            Self::InvitationExpired => {
                "This invitation has expired. Ask your administrator to send it again."
            }
            Self::InvitationPending => "Accept your invitation first.",
            Self::InvitationUnknown => {
                "This link does not lead anywhere any more. Ask your administrator for another invitation."
            }
            Self::LastAdministrator => {
                "You are the last administrator. Make somebody else one first."
            }
            Self::LinkUnconfirmed => {
                "Your account is an administrator's. Sign in as before once and connect single sign-on there, or ask another administrator."
            }
            Self::NotAdministrator => "Only an administrator may do this.",
            Self::AccountExists
            | Self::AccountMissing
            | Self::AddressTaken
            | Self::BreakGlassKept
            | Self::DirectoryOff
            | Self::EndedByApplication
            | Self::EndedByDirectory
            | Self::ExternalIdTaken
            | Self::KeyTaken
            | Self::NotDeleted
            | Self::NotInvited
            | Self::NotPermitted
            | Self::Push(_)
            | Self::UserNameTaken
            | Self::VersionDiffers => "The account was not changed.",
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
                "An account of this person, or with this e-mail address, was deleted. Invite the person to let them in, which gives them a new one. \
                 If somebody else has the address by now, release it from the deleted account. Restore that account only if it is surely the \
                 same person."
            }
            Self::ConnectionOutdated => {
                "The connection has changed since the login began. Let the person sign in again."
            }
            Self::AccountUnknown => {
                "Just-in-time provisioning is off: create or invite the account first, or switch it on."
            }
            Self::EmailOfAnother => {
                "The account with this e-mail address came from the same identity provider under another NameID. If the address has changed \
                 hands, give the account another one first. If both are the same person, unlink the account; if the identity provider \
                 sends other NameIDs for everybody by now, let the rule for relinking take them for a while."
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
            Self::NameIdTooLong => {
                "Map the NameID at the identity provider to the e-mail address or another short, unchanging identifier."
            }
            Self::NoSeat => "Buy more seats, or deactivate somebody.",
            Self::OrganizationForeign => {
                "The login came through another organization's connection."
            }
            Self::Push(refusal) => refusal.help(),
            Self::TestLoginNotAdministrator => {
                "Whoever tries the settings out has to be an active administrator: they are the one to mend what turns out to be wrong."
            }
            Self::AccountExists => {
                "The organization has an account with this id already, or names one that is gone for emergencies. Each person is imported once."
            }
            Self::AccountMissing => {
                "There is no such account in this organization, or it was deleted."
            }
            Self::AddressTaken => {
                "Another account of the organization has this e-mail address. Use that one, or give it another address first."
            }
            Self::AssignmentBySsoOnly => {
                "The organization signs in by single sign-on only: assign the person at the identity provider, and they get their account with their first login."
            }
            Self::BreakGlassKept => {
                "This administrator is named for emergencies. Take that back in the settings of single sign-on first; the directory cannot end the account before."
            }
            Self::DirectoryManaged => {
                "The organization's directory manages its accounts. Make the change at the identity provider."
            }
            Self::DirectoryOff => {
                "The directory is switched off for this organization. An administrator switches it on in the settings of single sign-on."
            }
            Self::EndedByApplication => {
                "The application has ended the account, and it keeps its names. Activate it there first."
            }
            Self::EndedByDirectory => {
                "The directory has deactivated the account. Assign the person at the identity provider again, or switch the directory off first."
            }
            Self::EnteredSession => {
                "The session was entered from another organization, and so administers nothing. Sign in to this organization itself."
            }
            Self::ExternalIdTaken => {
                "Another account of the organization has this external ID. Remove one of the two at the identity provider."
            }
            Self::InvitationExpired => "The invitation has expired. Send it again.",
            Self::InvitationPending => {
                "The person has not accepted the invitation yet. Send it again, or take it back."
            }
            Self::InvitationUnknown => {
                "The link is of no invitation that still holds: it was used, taken back, or sent again."
            }
            Self::KeyTaken => {
                "Another account of the organization is linked to this person at the identity provider. Unlink that one first."
            }
            Self::LastAdministrator => {
                "This is the organization's last active administrator. Make somebody else one first."
            }
            Self::LinkUnconfirmed => {
                "An administrator's account is linked to the identity provider once its holder has shown that it is theirs: let them sign in as before and start single sign-on from there, or let another administrator confirm the link."
            }
            Self::NotAdministrator => {
                "Only an active administrator of this organization may do this."
            }
            Self::NotDeleted => "Delete the account first.",
            Self::NotInvited => "The account is no open invitation: it was accepted or taken back.",
            Self::NotProvisioned => {
                "The directory has not provisioned this person yet. Assign them to the directory's application at the identity provider, not only \
                 to single sign-on, and wait until it has been pushed; or let the rule for just-in-time provisioning make accounts, too."
            }
            Self::NotPermitted => "Whoever asked for this may not do it.",
            Self::UserNameTaken => {
                "Another account of the organization has this user name. Use that one, or give it another user name first."
            }
            Self::VersionDiffers => {
                "The account has changed since it was read. Read it again, and repeat the change."
            }
        }
    }
}

/// Why what the directory sent cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PushRefusal {
    /// A change is of an address that the person has not.
    #[error("the change is of an address that the person has not")]
    NoTarget,
    /// More than one address is called the primary one.
    #[error("more than one address is called the primary one")]
    SeveralPrimary,
    /// A change is of one address, and fits several that the person has.
    #[error("the change fits several addresses of the person")]
    SeveralTargets,
    /// A text is longer than 256 characters, or has line breaks, control characters or marks that
    /// turn the direction of writing.
    #[error("a text is longer than 256 characters, or has characters that no name has")]
    TextUnfit,
    /// There are more addresses than are kept.
    #[error("there are more than 10 e-mail addresses")]
    TooManyAddresses,
    /// There is no user name.
    #[error("the user name is empty")]
    UserNameEmpty,
}

impl PushRefusal {
    /// A stable snake_case code, part of semver.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoTarget => "push_no_target",
            Self::SeveralPrimary => "push_several_primary",
            Self::SeveralTargets => "push_several_targets",
            Self::TextUnfit => "push_text_unfit",
            Self::TooManyAddresses => "push_too_many_addresses",
            Self::UserNameEmpty => "push_user_name_empty",
        }
    }

    /// What to change, for the identity provider's administrator.
    pub fn help(self) -> &'static str {
        match self {
            Self::NoTarget => {
                "The person has no such e-mail address. Add it with its type and its value."
            }
            Self::SeveralPrimary => "Call one of the person's e-mail addresses the primary one.",
            Self::SeveralTargets => {
                "Several e-mail addresses of the person are meant. Say in the path which one it is."
            }
            Self::TextUnfit => {
                "Shorten the person's texts to 256 characters each, and take out line breaks and other control characters."
            }
            Self::TooManyAddresses => "Send 10 e-mail addresses of a person at most.",
            Self::UserNameEmpty => "Map userName to the person's user name or e-mail address.",
        }
    }
}
