//! Why a login ends without an account.

/// Why a person with a verified identity does not come in. Nothing was changed then, and no seat
/// taken.
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
                "An account with this e-mail address was deleted. Invite the person to let them in, which gives them a new one; restore \
                 the old one only if it is surely the same person."
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
        }
    }
}
