//! Why a change of an organization is refused.

use super::Conflict;
use crate::doctor::Diagnosis;
use crate::error::{CertificateError, ConfigError, refuses, sentence};

/// Why a change is refused. Nothing was changed then.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeRefusal {
    /// The certificate cannot be used.
    #[error("the certificate is refused: {0}")]
    Certificate(#[from] CertificateError),
    /// No such certificate is configured.
    #[error("no certificate with this fingerprint is configured")]
    CertificateUnknown,
    /// The connection would not work with these options.
    #[error("the connection cannot be built like this: {0}")]
    Config(#[from] ConfigError),
    /// What is proposed needs a login that has succeeded with it.
    #[error("these settings cannot be adopted before an administrator has logged in with them")]
    AdoptionNeedsTestLogin,
    /// Only an active administrator of this organization can be named for emergencies.
    #[error("only an active administrator of this organization can be named for emergencies")]
    BreakGlassNotAdministrator,
    /// Nobody names themselves for emergencies: another administrator does, or an operator.
    #[error("nobody names themselves for emergencies: another administrator does, or an operator")]
    BreakGlassOfOneself,
    /// Nothing is proposed.
    #[error("nothing is proposed")]
    CandidateMissing,
    /// Another organization has it, or it could be nobody's.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// While single sign-on is enforced, only an operator forgets a domain: nobody with an address
    /// there could log in.
    #[error(
        "while single sign-on is enforced, only an operator forgets a domain: nobody with an address there could log in"
    )]
    DomainKept,
    /// This domain was not asked for.
    #[error("this domain was not asked for")]
    DomainNotRequested,
    /// The TXT record that was given out is not there.
    #[error("the TXT record that was given out is not there")]
    DomainRecordMissing,
    /// A session that was entered from another organization changes nothing.
    #[error("a session that was entered from another organization changes nothing")]
    EnteredSession,
    /// Single sign-on is enforced, so that a mistake would lock everybody out: propose the
    /// settings, log in with them, and adopt them.
    #[error(
        "single sign-on is enforced, so that a mistake would lock everybody out: propose the settings, log in with them, and adopt them"
    )]
    ProposalNeeded,
    /// Single sign-on is enforced: an administrator has to log in by a certificate that stays
    /// before this one is retired.
    #[error(
        "single sign-on is enforced: an administrator has to log in by a certificate that stays before this one is retired"
    )]
    RetirementNeedsTestLogin,
    /// The name at the identity provider that the test login came under is that of another account
    /// here.
    #[error("the test login came under a name that belongs to another account here by now")]
    TestLoginOfAnother,
    /// The test login is older than 24 hours.
    #[error("the test login is older than 24 hours")]
    TestLoginTooOld,
    /// The directory manages accounts only where single sign-on is enabled and configured.
    #[error("the directory can manage accounts once single sign-on is enabled and configured")]
    DirectoryNeedsSso,
    /// No directory manages accounts here.
    #[error("no directory manages accounts here: switch it on first")]
    DirectoryOff,
    /// Anybody can have an address in the domain: it is that of a mailbox provider.
    #[error(
        "anybody can have an address in this domain: only an organization's own can be verified"
    )]
    DomainPublic,
    /// So many domains are asked for already.
    #[error("too many domains are asked for: forget one that is not needed")]
    DomainsTooMany,
    /// The key pair was sealed for another organization.
    #[error("this key pair was made for another organization")]
    KeyPairForeign,
    /// Where requests are signed, a key pair of ours has to be there.
    #[error(
        "requests are signed with a key pair of ours, and there is none: add one, or have requests go unsigned"
    )]
    KeyPairMissing,
    /// There is no key pair of ours with this certificate.
    #[error("there is no key pair of ours with this fingerprint")]
    KeyPairUnknown,
    /// There are two key pairs of ours already.
    #[error("there are two key pairs of ours already: retire the former one first")]
    KeyPairsTooMany,
    /// Nobody would be left who gets in while single sign-on is enforced.
    #[error("nobody would be left who gets in while single sign-on is enforced")]
    LastAdministrator,
    /// The organization has been renamed so often that only an operator renames it again.
    #[error("the organization was renamed too often: the application's support can do it")]
    RenamedTooOften,
    /// Sessions last five minutes at least and 90 days at most.
    #[error("sessions last five minutes at least and 90 days at most")]
    SessionsUnsound,
    /// "Single sign-on only" needs single sign-on: it is not configured.
    #[error("single sign-on cannot be enforced before it is configured")]
    EnforcementNeedsConfiguration,
    /// "Single sign-on only" needs single sign-on: it is not enabled.
    #[error("single sign-on cannot be enforced before it is enabled")]
    EnforcementNeedsEnabled,
    /// "Single sign-on only" needs a login that has succeeded with the settings as they are now.
    #[error(
        "single sign-on cannot be enforced before a test login has succeeded with the present settings"
    )]
    EnforcementNeedsTestLogin,
    /// The last certificate has to stay: remove the connection, or configure it anew.
    #[error("the last certificate cannot be retired")]
    LastCertificate,
    /// Only an administrator of this organization may do this.
    #[error("only an administrator of this organization may do this")]
    NotAdministrator,
    /// There is nothing configured that could be changed.
    #[error("single sign-on is not configured")]
    NotConfigured,
    /// The organization's plan does not include it.
    #[error("the organization's plan does not include this")]
    NotEntitled,
    /// Only the application or one of its operators may do this.
    #[error("only the application and its operators may do this")]
    NotOperator,
    /// The directory that manages accounts needs single sign-on: switch the directory off first.
    #[error("the directory manages accounts: switch it off before single sign-on")]
    SsoNeededByDirectory,
    /// A token of the directory has a name of one line, by which it is known again.
    #[error("give the token a name of one line, of at most 256 characters")]
    TokenName,
    /// The directory has no such token.
    #[error("the directory has no such token: it may have been revoked already")]
    TokenUnknown,
    /// The directory has two tokens that are good.
    #[error("the directory has two tokens already: revoke the one that is not used any more")]
    TokensTooMany,
    /// The person whose login it was is no administrator here: they could not mend what turns out
    /// to be wrong.
    #[error("the test login has to be that of an active administrator of this organization")]
    TestLoginNotAdministrator,
    /// The login was not through the connection as it is now.
    #[error("the login was made with other settings than the present ones")]
    TestLoginOutdated,
    /// The pasted values are refused: what is wrong with which field, and what may have been meant.
    #[error("the pasted values are refused")]
    Values(Box<Diagnosis>),
}

impl ChangeRefusal {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Certificate(error) => error.code(),
            Self::CertificateUnknown => "certificate_unknown",
            Self::Config(error) => error.code(),
            Self::AdoptionNeedsTestLogin => "adoption_needs_test_login",
            Self::BreakGlassNotAdministrator => "break_glass_not_administrator",
            Self::BreakGlassOfOneself => "break_glass_of_oneself",
            Self::CandidateMissing => "candidate_missing",
            Self::Conflict(conflict) => conflict.code(),
            Self::DomainKept => "domain_kept",
            Self::DomainNotRequested => "domain_not_requested",
            Self::DomainRecordMissing => "domain_record_missing",
            Self::EnteredSession => "entered_session",
            Self::ProposalNeeded => "proposal_needed",
            Self::RetirementNeedsTestLogin => "retirement_needs_test_login",
            Self::TestLoginTooOld => "test_login_too_old",
            Self::DirectoryNeedsSso => "directory_needs_sso",
            Self::DirectoryOff => "directory_off",
            Self::DomainsTooMany => "domains_too_many",
            Self::KeyPairForeign => "key_pair_foreign",
            Self::KeyPairMissing => "key_pair_missing",
            Self::KeyPairUnknown => "key_pair_unknown",
            Self::KeyPairsTooMany => "key_pairs_too_many",
            Self::LastAdministrator => "last_administrator",
            Self::SessionsUnsound => "sessions_unsound",
            Self::RenamedTooOften => "renamed_too_often",
            Self::DomainPublic => "domain_public",
            Self::EnforcementNeedsConfiguration => "enforcement_needs_configuration",
            Self::EnforcementNeedsEnabled => "enforcement_needs_enabled",
            Self::EnforcementNeedsTestLogin => "enforcement_needs_test_login",
            Self::LastCertificate => "last_certificate",
            Self::NotAdministrator => "not_administrator",
            Self::NotConfigured => "sso_not_configured",
            Self::NotEntitled => "not_entitled",
            Self::NotOperator => "not_operator",
            Self::SsoNeededByDirectory => "sso_needed_by_directory",
            Self::TestLoginNotAdministrator => "test_login_not_administrator",
            Self::TestLoginOfAnother => "test_login_of_another",
            Self::TestLoginOutdated => "test_login_outdated",
            Self::TokenName => "directory_token_name",
            Self::TokenUnknown => "directory_token_unknown",
            Self::TokensTooMany => "directory_tokens_too_many",
            Self::Values(_) => "values_refused",
        }
    }

    /// What to change, for the organization's administrator.
    pub fn help(&self) -> String {
        sentence(self)
    }

    /// A fixed sentence for the person who asked for the change.
    pub fn user_message(&self) -> &'static str {
        "The settings of single sign-on were not changed."
    }
}

refuses!(ChangeRefusal, ServiceProvider);
