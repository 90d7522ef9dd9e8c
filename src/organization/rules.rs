//! Whom a connection may bring in, and what of them is taken over.

use crate::code::codes;
use crate::digest::Digest;

/// The rules of just-in-time provisioning. The default creates accounts, lets the identity
/// provider's profile win, and takes a connection's word for nobody outside its organization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct ProvisioningRules {
    /// Whether a person without an account gets one at the first login.
    pub jit: JitRule,
    /// For whom the connection is believed.
    pub domains: DomainRule,
    /// Whose profile wins at a later login.
    pub profile: ProfileSource,
    /// When somebody who is known under one name comes under another.
    pub relink: RelinkRule,
    /// When an administrator's account that is not linked is linked by its address.
    pub administrators: AdministratorRule,
}

impl ProvisioningRules {
    /// With these, and everything else as it is by default.
    pub fn new(jit: JitRule, domains: DomainRule, profile: ProfileSource) -> Self {
        Self { jit, domains, profile, ..Self::default() }
    }

    /// The names of the rules in it that are called danger.
    pub fn dangers(&self) -> Vec<&'static str> {
        let domains = (self.domains == DomainRule::DangerAny).then_some("danger_any");
        let relink = (self.relink == RelinkRule::DangerAnyName).then_some("danger_any_name");
        let administrators =
            (self.administrators == AdministratorRule::DangerByEmail).then_some("danger_by_email");
        domains.into_iter().chain(relink).chain(administrators).collect()
    }

    /// Every field, so that two different sets of rules never have one digest.
    pub(super) fn digest(&self, digest: Digest) -> Digest {
        let Self { jit, domains, profile, relink, administrators } = *self;
        digest
            .text(jit.as_str())
            .text(domains.as_str())
            .text(profile.as_str())
            .text(relink.as_str())
            .text(administrators.as_str())
    }
}

/// Whether a person without an account gets one at their first login.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum JitRule {
    /// Always.
    Always,
    /// Never: only those with an account come in.
    Never,
    /// Unless the directory manages the accounts: it says who has one then.
    #[default]
    UnlessDirectory,
}

codes!(JitRule {
    Always = "always",
    Never = "never",
    UnlessDirectory = "unless_directory",
});

/// Records from before the directory had a say have `true` and `false`.
#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for JitRule {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Written {
            Code(String),
            Switch(bool),
        }
        match <Written as serde::Deserialize>::deserialize(deserializer)? {
            Written::Code(code) => code.parse().map_err(serde::de::Error::custom),
            Written::Switch(true) => Ok(Self::Always),
            Written::Switch(false) => Ok(Self::Never),
        }
    }
}

/// How an administrator's account that is not linked comes to be linked to a name at the identity
/// provider.
///
/// Whoever can set their own address there can set an administrator's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum AdministratorRule {
    /// By a session of the account, by a code that is mailed to its address, or by another
    /// administrator.
    #[default]
    Confirmed,
    /// By the address alone, like a member's.
    DangerByEmail,
}

codes!(AdministratorRule {
    Confirmed = "confirmed",
    DangerByEmail = "danger_by_email",
});

/// For which e-mail addresses a connection is believed.
///
/// An identity provider that a customer runs can say anything. In no case does it say anything
/// about accounts of another organization: those are out of its reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum DomainRule {
    /// For those in the organization's verified domains. Where it has never had any, for all, but
    /// what it says is then no proof that an address belongs to the person: the account stays with
    /// this organization, and is joined with nothing else of theirs. To lose the last domain
    /// loosens nothing.
    #[default]
    Verified,
    /// As above, and for those who have an account in the organization already, however they got
    /// it: guests and contractors with addresses of their own.
    VerifiedOrMember,
    /// For any address, as no proof of it. Whoever has verified domains and chooses this lets the
    /// identity provider create accounts under addresses of others.
    DangerAny,
}

codes!(DomainRule {
    Verified = "verified",
    VerifiedOrMember = "verified_or_member",
    DangerAny = "danger_any",
});

/// Whose first, last and display name an account shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ProfileSource {
    /// The application's: what was said at the first login fills gaps, and is never overwritten by
    /// a later one.
    Application,
    /// The identity provider's, at every login. What it does not say stays. An account that a
    /// directory manages takes its profile from there alone.
    #[default]
    IdentityProvider,
}

codes!(ProfileSource {
    Application = "application",
    IdentityProvider = "identity_provider",
});

/// When an account that is linked to one name at the identity provider may be linked to another, by
/// the address.
///
/// The person chooses neither the Format nor the qualifiers of their NameID, but a request can ask
/// for a Format, and requests travel through the browser. So a new name from the same identity
/// provider is a new person, unless an administrator says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum RelinkRule {
    /// When the issuer is another: the identity provider was replaced.
    #[default]
    OtherIssuer,
    /// Always. For the while in which the identity provider is set to send other names; whoever
    /// gets the address of somebody else in that time gets their account.
    DangerAnyName,
}

codes!(RelinkRule {
    OtherIssuer = "other_issuer",
    DangerAnyName = "danger_any_name",
});
