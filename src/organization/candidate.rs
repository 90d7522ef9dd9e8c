//! Settings that are proposed and tried out before they take the place of those in effect.

use super::{ConnectionSettings, EmailDomain, Organization, ProvisioningRules, TestLogin};
use crate::binding::Binding;
use crate::connection::{Connection, ConnectionOptions};
use crate::doctor::PastedValues;
use crate::error::ConfigError;
use crate::fingerprint::Fingerprint;

/// What somebody proposes. What is `None` is as it is in effect.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proposal {
    /// The four values.
    pub values: Option<PastedValues>,
    /// How strictly the connection takes what comes in.
    pub options: Option<ConnectionOptions>,
    /// How requests travel, and the identity provider's Single Logout Service.
    pub endpoints: Option<(Binding, Option<String>)>,
    /// The rules of provisioning.
    pub provisioning: Option<ProvisioningRules>,
    /// A domain that the application has verified. The first one binds the connection to domains,
    /// and may so lock somebody out.
    pub domain: Option<EmailDomain>,
    /// Whether our requests for logins are signed.
    pub sign_requests: Option<bool>,
    /// A key pair of ours that is retired: the SHA-256 fingerprint of its certificate. Whoever logs
    /// in with the candidate shows that the identity provider does without it.
    pub retire_key_pair: Option<Fingerprint>,
}

impl Proposal {
    /// These four values.
    pub fn of_values(values: PastedValues) -> Self {
        Self { values: Some(values), ..Self::default() }
    }
}

/// Settings that stand beside those in effect until they are adopted or dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// The settings.
    pub settings: ConnectionSettings,
    /// The rules of provisioning.
    pub provisioning: ProvisioningRules,
    /// A domain that is verified with it.
    pub domain: Option<EmailDomain>,
    /// Whether our requests for logins are signed; `None` as in effect.
    pub sign_requests: Option<bool>,
    /// A key pair of ours that is retired with it.
    pub retire_key_pair: Option<Fingerprint>,
    /// The last login that was let in with it.
    pub(super) tested: Option<TestLogin>,
}

/// A setting that a candidate changes. Neither text is a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// Which: a code.
    pub field: &'static str,
    /// What is in effect; `None` where there is nothing.
    pub present: Option<String>,
    /// What is proposed; `None` where there is nothing.
    pub proposed: Option<String>,
}

impl Organization {
    /// What is proposed, if anything is.
    pub fn candidate(&self) -> Option<&Candidate> {
        self.candidate.as_ref()
    }

    /// The organization as it would be with its candidate adopted: what a test login is decided by.
    pub fn as_if_adopted(&self) -> Option<Self> {
        let candidate = self.candidate.clone()?;
        let Candidate { settings, provisioning, domain, sign_requests, retire_key_pair, tested } =
            candidate;
        let mut adopted = self.clone();
        adopted.settings = Some(settings);
        adopted.provisioning = provisioning;
        if let Some(domain) = domain {
            adopted.verified_domains.insert(domain);
            adopted.bound_to_domains = true;
        }
        adopted.signs_requests = sign_requests.unwrap_or(self.signs_requests);
        adopted.key_pairs.retain(|pair| Some(pair.fingerprint()) != retire_key_pair);
        adopted.tested = tested;
        adopted.candidate = None;
        adopted.closed = None;
        Some(adopted)
    }

    /// The connection of the candidate, for a test login: requests that are begun by it carry its
    /// revision, and no unsolicited response is for it.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], if the candidate makes no connection; `Ok(None)` without a candidate.
    pub fn candidate_connection(&self) -> Result<Option<Connection>, ConfigError> {
        let Some(adopted) = self.as_if_adopted() else { return Ok(None) };
        adopted.connection_of_settings()
    }

    /// The [revision](Organization::revision) of the candidate.
    pub fn candidate_revision(&self) -> Option<String> {
        self.as_if_adopted()?.digest()
    }

    /// What the candidate changes.
    pub fn differences(&self) -> Vec<Difference> {
        let Some(candidate) = &self.candidate else { return Vec::new() };
        let present = self.settings.as_ref().map(texts).unwrap_or_default();
        let rules = |rules: &ProvisioningRules| {
            let ProvisioningRules { jit, domains, profile, relink, administrators } = rules;
            format!("{jit}, {domains}, {profile}, {relink}, {administrators}")
        };
        let (before, after) = (rules(&self.provisioning), rules(&candidate.provisioning));
        let domain = candidate.domain.as_ref().map(ToString::to_string);
        let signed = candidate.sign_requests.unwrap_or(self.signs_requests);
        let texts_of = |signed: bool| Some(signed.to_string());
        let (signs, will_sign) = (texts_of(self.signs_requests), texts_of(signed));
        let retired = candidate.retire_key_pair.map(|fingerprint| fingerprint.to_string());
        let settings = texts(&candidate.settings).into_iter().map(|(field, proposed)| {
            let other = present.iter().find(|(name, _)| *name == field);
            (field, other.and_then(|(_, text)| text.clone()), proposed)
        });
        settings
            .chain([
                ("provisioning", Some(before), Some(after)),
                ("domain", None, domain),
                ("sign_requests", signs, will_sign),
                ("key_pair", retired, None),
            ])
            .filter(|(_, present, proposed)| present != proposed)
            .map(|(field, present, proposed)| Difference { field, present, proposed })
            .collect()
    }
}

/// What is shown of settings, under the names of the fields.
fn texts(settings: &ConnectionSettings) -> Vec<(&'static str, Option<String>)> {
    let ConnectionSettings { audience, sso_url, issuer, sso_binding, slo_url, options, .. } =
        settings;
    let fingerprints = settings.certificates().map(|certificates| {
        let all: Vec<String> =
            certificates.iter().map(|one| one.fingerprint().to_string()).collect();
        all.join(" ")
    });
    vec![
        ("audience", Some(audience.clone())),
        ("sso_url", Some(sso_url.clone())),
        ("issuer", Some(issuer.clone())),
        ("certificates", fingerprints.ok()),
        ("sso_binding", Some(sso_binding.uri().to_owned())),
        ("slo_url", slo_url.clone()),
        ("options", Some(format!("{options:?}"))),
    ]
}
