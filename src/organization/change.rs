//! The changes that there are, what each has to know, and what becomes of it.

use std::collections::BTreeSet;
use std::fmt;

use super::{
    ChangeRefusal, Claim, ClaimKind, DirectoryRules, DomainToken, EmailDomain, Organization, Plan,
    Proposal, ProvisioningRules, SealedKeyPair, Slug, TestLogin,
};
use crate::account::{Account, AccountId, Link};
use crate::audit::AuditEvent;
use crate::binding::Binding;
use crate::connection::ConnectionOptions;
use crate::doctor::{Finding, PastedValues};
use crate::fingerprint::Fingerprint;
use crate::identity::StableKey;
use crate::session::SessionRules;
use crate::trust::Certificates;

/// What a change has to know besides the organization itself. The application, or
/// [`administer`](crate::administration::administer()), collects it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Around {
    /// What the plan includes.
    pub plan: Plan,
    /// The accounts that [the change names](Change::accounts), as they are now.
    pub accounts: Vec<Account>,
    /// SHA-256 fingerprints of the certificates of other connections. One that comes up again is
    /// warned of.
    pub fingerprints: Vec<Fingerprint>,
    /// What others have [claimed](Claim). A domain of another organization can be verified again by
    /// nobody: of a shared domain either's identity provider would be believed, for accounts of the
    /// other as well.
    pub claims: BTreeSet<Claim>,
    /// Further slugs that are not for organizations.
    pub reserved: BTreeSet<String>,
}

impl Around {
    /// Nothing but this plan.
    pub fn plan(plan: Plan) -> Self {
        Self { plan, ..Self::default() }
    }

    /// The same with these accounts.
    #[must_use]
    pub fn with_accounts(self, accounts: impl IntoIterator<Item = Account>) -> Self {
        Self { accounts: accounts.into_iter().collect(), ..self }
    }

    pub(super) fn account(&self, id: &AccountId) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == *id)
    }
}

/// A change of an organization.
#[derive(Clone)]
#[non_exhaustive]
pub enum Change {
    /// Trusts one more certificate, for a rollover of keys.
    AddCertificate {
        /// What was pasted: one certificate, or several.
        certificate: String,
    },
    /// Adds a key pair of ours: the first, or one beside it, until the identity provider has the
    /// other certificate. Both decrypt, and the first signs. One that is there already changes
    /// nothing.
    AddKeyPair(Box<SealedKeyPair>),
    /// Replaces how the connection takes what comes in.
    Adjust(Box<ConnectionOptions>),
    /// Puts what is proposed in the place of what is in effect. While single sign-on is enforced an
    /// administrator has to have logged in with it, in the last
    /// [24 hours](crate::organization::TestLogin::LASTS).
    Adopt,
    /// Names somebody who may log in without single sign-on although it is enforced, or takes that
    /// back. Somebody else has to name them: another administrator, or an operator.
    BreakGlass {
        /// Whose account: an administrator's.
        account: AccountId,
        /// Whether they may.
        granted: bool,
    },
    /// Takes note of what the TXT records of a domain are. One that is there verifies the domain;
    /// one that is not any more is warned of, and after 14 days the domain is forgotten, unless
    /// single sign-on is enforced. For the application, which reads them.
    CheckDomain {
        /// The domain.
        domain: EmailDomain,
        /// Its TXT records.
        found: Vec<String>,
    },
    /// Replaces the four values at once. Options stay, and so do accounts, seats and everything
    /// else. While single sign-on is enforced they are [proposed](Change::Propose) instead.
    Configure(Box<PastedValues>),
    /// Switches single sign-on off. Its values stay; "single sign-on only" falls.
    Disable,
    /// Drops what is proposed.
    Drop,
    /// Switches single sign-on on.
    Enable,
    /// Lets people in by single sign-on alone. An administrator has to have logged in with the very
    /// settings, domains and rules in effect, in the last
    /// [24 hours](crate::organization::TestLogin::LASTS).
    Enforce,
    /// Forgets that a domain is verified. For the application and its operators; while single
    /// sign-on is enforced, for operators alone.
    ForgetDomain(EmailDomain),
    /// Lets people in in every way again.
    LiftEnforcement,
    /// Says how long sessions last here; `None` for as long as elsewhere. Sessions that have begun
    /// keep their end, and are held to the time without use at once.
    LimitSessions(Option<SessionRules>),
    /// Has the customer's directory manage accounts, or no longer.
    ManageByDirectory(bool),
    /// Says how the directory is listened to.
    ListenToDirectory(DirectoryRules),
    /// Proposes settings, which stand beside those in effect until they are adopted or dropped.
    Propose(Box<Proposal>),
    /// Replaces the rules of just-in-time provisioning.
    Provision(ProvisioningRules),
    /// Takes note of a login that was let in with the settings in effect, or with those proposed.
    RecordTestLogin(Box<TestLogin>),
    /// Removes the four values. "Single sign-on only" falls, what is proposed goes, and nobody is
    /// named for emergencies any more.
    RemoveConnection,
    /// Gives the organization another name in URLs. The former one goes on leading here, and is
    /// never given again; ACS URL, Single Logout Service URL and entity ID stay as they are.
    RenameSlug {
        /// The name.
        slug: Slug,
        /// Where a login starts from now on.
        login_url: String,
    },
    /// Puts the same key pairs of ours, sealed under another key, in the place of those that are
    /// there. For the application: [`reseal`](crate::administration::reseal()) makes it.
    Reseal(Vec<SealedKeyPair>),
    /// Asks for a domain, and gives out the text of the TXT record that shows that it is the
    /// organization's.
    RequestDomain {
        /// The domain.
        domain: EmailDomain,
        /// The text of the record.
        token: DomainToken,
    },
    /// Ceases to trust a certificate. While single sign-on is enforced an administrator has to have
    /// logged in by one that stays.
    RetireCertificate {
        /// Its SHA-256 fingerprint.
        fingerprint: Fingerprint,
    },
    /// Retires a key pair of ours: what is encrypted to it is refused from now on, and the other
    /// one signs. While single sign-on is enforced that is [proposed](Change::Propose) instead.
    RetireKeyPair {
        /// The SHA-256 fingerprint of its certificate.
        fingerprint: Fingerprint,
    },
    /// Replaces how requests travel, and where logouts go.
    SetEndpoints {
        /// By HTTP-Redirect, or by HTTP-POST.
        sso_binding: Binding,
        /// The identity provider's Single Logout Service for HTTP-Redirect, if there is one.
        slo_url: Option<String>,
    },
    /// Has our requests for logins signed, by the first of our key pairs, or no longer. While
    /// single sign-on is enforced that is [proposed](Change::Propose) instead.
    SignRequests(bool),
    /// Notes that a domain is the organization's. For the application, which has had it proven in
    /// some other way, and its operators.
    VerifyDomain(EmailDomain),
}

impl Change {
    /// The accounts that have to be [known](Around::accounts) to decide it.
    pub fn accounts(&self, organization: &Organization) -> Vec<AccountId> {
        let tester = |tested: Option<&TestLogin>| tested.map(|test| test.account().clone());
        match self {
            Self::BreakGlass { account, .. } => vec![account.clone()],
            Self::Adopt => {
                let candidate = organization.candidate.as_ref();
                tester(candidate.and_then(|one| one.tested.as_ref())).into_iter().collect()
            }
            Self::Enforce | Self::RetireCertificate { .. } => {
                tester(organization.tested.as_ref()).into_iter().collect()
            }
            Self::RecordTestLogin(test) => vec![test.account().clone()],
            _ => Vec::new(),
        }
    }

    /// The name at the identity provider that it links an account with: whoever else has it has to
    /// be [known](Around::accounts), too.
    pub fn key(&self, organization: &Organization) -> Option<StableKey> {
        let tested = match self {
            Self::Adopt => organization.candidate.as_ref()?.tested.as_ref()?,
            Self::Enforce | Self::RetireCertificate { .. } => organization.tested.as_ref()?,
            _ => return None,
        };
        tested.link().map(|link| link.key)
    }

    /// The certificates that it pastes: whoever else trusts one of them is warned of.
    pub fn pasted(&self) -> Vec<Fingerprint> {
        let pasted = match self {
            Self::AddCertificate { certificate } => Some(certificate),
            Self::Configure(values) => Some(&values.certificate),
            Self::Propose(proposal) => proposal.values.as_ref().map(|values| &values.certificate),
            _ => None,
        };
        let parsed = pasted.and_then(|pasted| Certificates::parse(pasted).ok());
        let all = parsed.iter().flat_map(|certificates| certificates.iter());
        all.map(|certificate| certificate.fingerprint()).collect()
    }

    /// What nobody else may have for it.
    pub fn claims(&self, organization: &Organization) -> Vec<Claim> {
        let domain = |domain: &EmailDomain| Claim::new(ClaimKind::Domain, domain.as_str());
        match self {
            Self::Adopt => {
                let candidate = organization.candidate.iter();
                candidate.filter_map(|one| one.domain.as_ref()).map(domain).collect()
            }
            Self::VerifyDomain(one)
            | Self::CheckDomain { domain: one, .. }
            | Self::RequestDomain { domain: one, .. } => vec![domain(one)],
            Self::Propose(proposal) => proposal.domain.iter().map(domain).collect(),
            Self::RenameSlug { slug, login_url } => vec![
                Claim::new(ClaimKind::Slug, slug.as_str()),
                Claim::new(ClaimKind::LoginUrl, login_url),
            ],
            _ => Vec::new(),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::AddCertificate { .. } => "AddCertificate { … }",
            Self::AddKeyPair(_) => "AddKeyPair(…)",
            Self::Adjust(_) => "Adjust(…)",
            Self::Adopt => "Adopt",
            Self::BreakGlass { granted: true, .. } => "BreakGlass { granted: true, … }",
            Self::BreakGlass { granted: false, .. } => "BreakGlass { granted: false, … }",
            Self::CheckDomain { .. } => "CheckDomain { … }",
            Self::Configure(_) => "Configure(…)",
            Self::Disable => "Disable",
            Self::Drop => "Drop",
            Self::Enable => "Enable",
            Self::Enforce => "Enforce",
            Self::ForgetDomain(_) => "ForgetDomain(…)",
            Self::LiftEnforcement => "LiftEnforcement",
            Self::LimitSessions(_) => "LimitSessions(…)",
            Self::ManageByDirectory(true) => "ManageByDirectory(true)",
            Self::ManageByDirectory(false) => "ManageByDirectory(false)",
            Self::ListenToDirectory(_) => "ListenToDirectory(…)",
            Self::Propose(_) => "Propose(…)",
            Self::Provision(_) => "Provision(…)",
            Self::RecordTestLogin(_) => "RecordTestLogin(…)",
            Self::RemoveConnection => "RemoveConnection",
            Self::RenameSlug { .. } => "RenameSlug { … }",
            Self::Reseal(_) => "Reseal(…)",
            Self::RequestDomain { .. } => "RequestDomain { … }",
            Self::RetireCertificate { .. } => "RetireCertificate { … }",
            Self::RetireKeyPair { .. } => "RetireKeyPair { … }",
            Self::SetEndpoints { .. } => "SetEndpoints { … }",
            Self::SignRequests(true) => "SignRequests(true)",
            Self::SignRequests(false) => "SignRequests(false)",
            Self::VerifyDomain(_) => "VerifyDomain(…)",
        }
    }
}

/// What is pasted may be a secret that was meant for another field.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What became of a change: write the event to the audit trail in either case.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "the event belongs in the audit trail, and a refusal to whoever asked"]
#[non_exhaustive]
pub struct Applied {
    /// Whether it was made.
    pub result: Result<(), ChangeRefusal>,
    /// What happened, or was tried.
    pub event: AuditEvent,
    /// What deserves a look although it was taken: show it to whoever made the change.
    pub warnings: Vec<Finding>,
    /// Whose account is linked with it: the tester's, who was signed in. Write it together with the
    /// organization.
    pub link: Option<(AccountId, Link)>,
    /// Who may log in without single sign-on from now on, where that was just enforced. Show it.
    pub break_glass: BTreeSet<AccountId>,
    /// Whether single sign-on is the only way in now, with settings that nobody has logged in with
    /// yet.
    pub enforced_untested: bool,
}
