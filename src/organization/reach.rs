//! Whom the settings in effect let in.

use super::{AdministratorRule, By, DomainRule, Organization};
use crate::account::{Account, EmailProof, Link};
use crate::identity::Email;

impl Organization {
    /// Whether this is an active administrator who gets in while single sign-on is the only way:
    /// through it, or because they are named for emergencies.
    pub fn reaches(&self, account: &Account) -> bool {
        account.administers(&self.id)
            && (self.break_glass.contains(&account.id) || self.lets_in(account))
    }

    /// Whether whatever this one writes has to leave somebody who gets in. Whom the directory
    /// dismisses loses access, whoever else there is.
    pub(crate) fn keeps_reach(&self, by: &By<'_>) -> bool {
        self.enforced && !matches!(by, By::Directory(_))
    }

    /// Whether single sign-on, as it is set, leads to this account: its holder is known at the
    /// identity provider that is trusted now, or a code links them.
    pub(crate) fn lets_in(&self, account: &Account) -> bool {
        let present = |link: &Link| self.is_of_provider(link);
        let by_email = self.provisioning.administrators == AdministratorRule::DangerByEmail
            && account.proof() != EmailProof::Unproven;
        let is_known = account.link.as_ref().is_some_and(present);
        self.believes(account.email(), true) && (is_known || by_email || account.takes_code())
    }

    /// Whether a name is one at the identity provider that is trusted now.
    pub(crate) fn is_of_provider(&self, link: &Link) -> bool {
        let key = &link.key;
        let issuer = self.settings.as_ref().map(|settings| settings.issuer.as_str());
        key.connection_id() == self.connection_id && issuer == Some(&*key.issuer())
    }

    /// Whether the connection is believed for this address: that of a member, or of somebody new.
    pub(crate) fn believes(&self, email: Option<&Email>, is_member: bool) -> bool {
        let any = match self.provisioning.domains {
            DomainRule::Verified => !self.bound_to_domains,
            DomainRule::VerifiedOrMember => !self.bound_to_domains || is_member,
            DomainRule::DangerAny => true,
        };
        any || email.is_some_and(|email| self.owns(email))
    }
}
