//! Who did what.

use super::Code;
use crate::account::AccountId;
use crate::fingerprint::Fingerprint;

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Actor {
    /// The application itself: it has verified a domain, for instance.
    Application,
    /// The customer's directory, by the id of the token that it came with.
    Directory(String),
    /// Whoever is logging in, before it is known who that is.
    IdentityProvider,
    /// Somebody with an account in the organization.
    Member(AccountId),
    /// Somebody who runs the application, by the id that they have there.
    Operator(String),
    /// Somebody who came by a setup link, by the link's id.
    SetupLink(String),
}

/// What was done, or tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Action {
    /// Something was done with an account, other than by a login.
    Account {
        /// What was wanted: the code of the [intent](crate::provision::Intent).
        intent: Code,
        /// What became of it: the code of the [decision](crate::provision::Provisioning).
        decision: Code,
    },
    /// A person was given, or lost, the right to log in without single sign-on in an emergency.
    BreakGlassChanged {
        /// Whether they have it now.
        granted: bool,
    },
    /// An administrator named for emergencies did without single sign-on what it is enforced for.
    BreakGlassUsed {
        /// What was done: the code of the [action](crate::policy::PolicyAction).
        action: Code,
    },
    /// Proposed settings were adopted, or dropped, or proposed.
    CandidateChanged {
        /// Which of these: `adopted`, `dropped` or `proposed`.
        change: Code,
    },
    /// Certificates were added to the connection.
    CertificateAdded {
        /// Their SHA-256 fingerprints; none where nothing was added.
        fingerprints: Vec<Fingerprint>,
    },
    /// A certificate of the connection was retired.
    CertificateRetired {
        /// Its SHA-256 fingerprint.
        fingerprint: Fingerprint,
    },
    /// The connection got its values for the first time.
    ConnectionActivated,
    /// The values of the connection were removed.
    ConnectionRemoved,
    /// Values of the connection were replaced, and among them the issuer or the certificates: who
    /// is trusted.
    ConnectionRekeyed {
        /// The `danger_…` switches that are on.
        dangers: Vec<Code>,
    },
    /// Values or settings of the connection were replaced.
    ConnectionUpdated {
        /// The `danger_…` switches that are on afterwards.
        dangers: Vec<Code>,
    },
    /// The identity provider's directory was made the one to manage accounts, or ceased to be.
    DirectoryChanged {
        /// Whether it is now.
        managing: bool,
    },
    /// The directory looked for people, and was refused or failed. To find nobody is no failure.
    DirectoryLookup,
    /// How the directory is listened to was set.
    DirectoryRulesChanged,
    /// A token of the directory was made, used for the first time, or revoked.
    DirectoryToken {
        /// Which of these: `issued`, `first_used` or `revoked`.
        change: Code,
        /// The id of the token.
        token: String,
    },
    /// A domain was verified, or ceased to be.
    DomainChanged {
        /// The domain.
        domain: String,
        /// Whether it is verified now.
        verified: bool,
    },
    /// The TXT record of a domain was looked for, and nothing came of it.
    DomainChecked {
        /// The domain.
        domain: String,
        /// Whether its record was there.
        found: bool,
    },
    /// A domain was asked for, and the text of its TXT record given out.
    DomainRequested {
        /// The domain.
        domain: String,
    },
    /// "Single sign-on only" was switched on or off.
    EnforcementChanged {
        /// Whether it is on now.
        enforced: bool,
    },
    /// A key pair of ours was added.
    KeyPairAdded {
        /// The SHA-256 fingerprint of its certificate.
        fingerprint: Fingerprint,
    },
    /// A key pair of ours was retired.
    KeyPairRetired {
        /// The SHA-256 fingerprint of its certificate.
        fingerprint: Fingerprint,
    },
    /// The key pairs of ours were sealed under another key.
    KeyPairsResealed,
    /// Just-in-time provisioning or its rules were changed.
    ProvisioningChanged {
        /// The rules called danger that are in effect afterwards.
        dangers: Vec<Code>,
    },
    /// A login through single sign-on.
    Login,
    /// A decision of the [login policy](crate::LoginPolicy).
    Policy {
        /// What was to be done: the code of the [action](crate::policy::PolicyAction).
        action: Code,
    },
    /// An account was created, linked, updated, or left as it is.
    Provisioning {
        /// Which: the code of the [decision](crate::provision::Provisioning).
        decision: Code,
    },
    /// Our requests for logins are signed from now on, or no longer.
    RequestSigningChanged {
        /// Whether they are now.
        signed: bool,
    },
    /// A session has begun, other than by single sign-on.
    SessionBegun {
        /// How: the code of the [method](crate::session::LoginMethod).
        method: Code,
    },
    /// A session was ended.
    SessionEnded {
        /// How it had begun.
        method: Code,
    },
    /// How long sessions last was set.
    SessionsLimited,
    /// The organization has another name in URLs.
    SlugRenamed {
        /// The name.
        slug: String,
    },
    /// Single sign-on was switched on or off.
    SsoChanged {
        /// Whether it is on now.
        enabled: bool,
    },
    /// A test login through the present connection.
    TestLogin,
}

impl Action {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &str {
        match self {
            Self::Account { intent, .. } => intent,
            Self::BreakGlassChanged { granted: true } => "break_glass_granted",
            Self::BreakGlassChanged { granted: false } => "break_glass_revoked",
            Self::BreakGlassUsed { .. } => "break_glass_used",
            Self::CandidateChanged { change } => match change.as_ref() {
                "adopted" => "candidate_adopted",
                "dropped" => "candidate_dropped",
                _ => "candidate_proposed",
            },
            Self::CertificateAdded { .. } => "certificate_added",
            Self::CertificateRetired { .. } => "certificate_retired",
            Self::ConnectionActivated => "connection_activated",
            Self::ConnectionRemoved => "connection_removed",
            Self::ConnectionRekeyed { .. } => "connection_rekeyed",
            Self::ConnectionUpdated { .. } => "connection_updated",
            Self::DirectoryChanged { managing: true } => "directory_enabled",
            Self::DirectoryChanged { managing: false } => "directory_disabled",
            Self::DirectoryLookup => "directory_lookup",
            Self::DirectoryRulesChanged => "directory_rules_changed",
            Self::DirectoryToken { change, .. } => match change.as_ref() {
                "first_used" => "directory_token_first_used",
                "issued" => "directory_token_issued",
                _ => "directory_token_revoked",
            },
            Self::DomainChanged { verified: true, .. } => "domain_verified",
            Self::DomainChanged { verified: false, .. } => "domain_forgotten",
            Self::DomainChecked { .. } => "domain_checked",
            Self::DomainRequested { .. } => "domain_requested",
            Self::EnforcementChanged { enforced: true } => "enforcement_set",
            Self::EnforcementChanged { enforced: false } => "enforcement_lifted",
            Self::KeyPairAdded { .. } => "key_pair_added",
            Self::KeyPairRetired { .. } => "key_pair_retired",
            Self::KeyPairsResealed => "key_pairs_resealed",
            Self::Login => "login",
            Self::Policy { .. } => "policy",
            Self::Provisioning { .. } => "provisioning",
            Self::ProvisioningChanged { .. } => "provisioning_changed",
            Self::RequestSigningChanged { signed: true } => "request_signing_set",
            Self::RequestSigningChanged { signed: false } => "request_signing_lifted",
            Self::SessionBegun { .. } => "session_begun",
            Self::SessionEnded { .. } => "session_ended",
            Self::SessionsLimited => "sessions_limited",
            Self::SlugRenamed { .. } => "slug_renamed",
            Self::SsoChanged { enabled: true } => "sso_enabled",
            Self::SsoChanged { enabled: false } => "sso_disabled",
            Self::TestLogin => "test_login",
        }
    }
}
