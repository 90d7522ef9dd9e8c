//! An organization as one record, of a version that is said.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    Candidate, ConnectionSettings, DirectoryRules, DomainToken, EmailDomain, Organization,
    ProvisioningRules, SealedKeyPair, Slug, SpUrls, TestLogin,
};
use crate::account::{AccountId, OrganizationId};
use crate::fingerprint::Fingerprint;
use crate::identity::StableKey;
use crate::session::SessionRules;

/// The version that is written. A field that an older release must not ignore, within the settings
/// or the rules, raises it.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Record {
    /// Records from before versions were said have none.
    #[serde(default)]
    version: u32,
    id: OrganizationId,
    slug: Slug,
    #[serde(default)]
    former_slugs: BTreeSet<Slug>,
    urls: SpUrls,
    #[serde(default)]
    connection_id: Option<String>,
    #[serde(default)]
    sso_enabled: bool,
    #[serde(default)]
    settings: Option<ConnectionSettings>,
    #[serde(default)]
    candidate: Option<StoredCandidate>,
    #[serde(default)]
    tested: Option<Tested>,
    #[serde(default)]
    enforced: bool,
    #[serde(default)]
    directory_managed: bool,
    #[serde(default, skip_serializing_if = "DirectoryRules::is_default")]
    directory: DirectoryRules,
    #[serde(default)]
    break_glass: BTreeSet<AccountId>,
    #[serde(default)]
    verified_domains: BTreeSet<EmailDomain>,
    #[serde(default)]
    requested_domains: BTreeMap<EmailDomain, DomainToken>,
    #[serde(default)]
    missing_domains: BTreeMap<EmailDomain, DateTime<Utc>>,
    #[serde(default)]
    bound_to_domains: bool,
    #[serde(default)]
    provisioning: ProvisioningRules,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    key_pairs: Vec<StoredKeyPair>,
    #[serde(default, skip_serializing_if = "is_off")]
    signs_requests: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sessions: Option<SessionRules>,
    #[serde(flatten)]
    unknown: BTreeMap<String, serde_json::Value>,
}

fn is_off(switch: &bool) -> bool {
    !switch
}

/// Whose it is, the record says: beside another id it does not open.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredKeyPair {
    fingerprint: Fingerprint,
    certificate: String,
    sealing_key: String,
    sealed: String,
}

impl From<SealedKeyPair> for StoredKeyPair {
    fn from(pair: SealedKeyPair) -> Self {
        let SealedKeyPair { organization: _, fingerprint, certificate, sealing_key, sealed } = pair;
        Self { fingerprint, certificate, sealing_key, sealed }
    }
}

impl StoredKeyPair {
    fn of(self, organization: &OrganizationId) -> SealedKeyPair {
        let Self { fingerprint, certificate, sealing_key, sealed } = self;
        let organization = organization.clone();
        SealedKeyPair { organization, fingerprint, certificate, sealing_key, sealed }
    }
}

/// A test login is made by a decision alone: only a whole organization is read with one.
#[derive(Serialize, Deserialize)]
struct StoredTest {
    digest: String,
    account: AccountId,
    #[serde(default)]
    generation: u64,
    key: Option<StableKey>,
    key_fingerprint: Fingerprint,
    at: DateTime<Utc>,
}

impl From<TestLogin> for StoredTest {
    fn from(test: TestLogin) -> Self {
        let TestLogin { digest, account, generation, key, key_fingerprint, at } = test;
        Self { digest, account, generation, key, key_fingerprint, at }
    }
}

impl From<StoredTest> for TestLogin {
    fn from(stored: StoredTest) -> Self {
        let StoredTest { digest, account, generation, key, key_fingerprint, at } = stored;
        Self { digest, account, generation, key, key_fingerprint, at }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredCandidate {
    settings: ConnectionSettings,
    #[serde(default)]
    provisioning: ProvisioningRules,
    #[serde(default)]
    domain: Option<EmailDomain>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sign_requests: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retire_key_pair: Option<Fingerprint>,
    #[serde(default)]
    tested: Option<StoredTest>,
}

impl From<Candidate> for StoredCandidate {
    fn from(candidate: Candidate) -> Self {
        let Candidate { settings, provisioning, domain, sign_requests, retire_key_pair, tested } =
            candidate;
        let tested = tested.map(Into::into);
        Self { settings, provisioning, domain, sign_requests, retire_key_pair, tested }
    }
}

impl From<StoredCandidate> for Candidate {
    fn from(stored: StoredCandidate) -> Self {
        let StoredCandidate { settings, provisioning, domain, tested, .. } = stored;
        let StoredCandidate { sign_requests, retire_key_pair, .. } = stored;
        let tested = tested.map(Into::into);
        Self { settings, provisioning, domain, sign_requests, retire_key_pair, tested }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Tested {
    Login(StoredTest),
    /// Version 0 kept a digest of other parts, and not whose login it was: it counts no more.
    Digest(String),
}

impl Serialize for Organization {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { connection_id, tested, closed: _, .. } = self.clone();
        Record {
            version: VERSION,
            id: self.id.clone(),
            slug: self.slug.clone(),
            former_slugs: self.former_slugs.clone(),
            urls: self.urls.clone(),
            connection_id: Some(connection_id),
            sso_enabled: self.sso_enabled,
            settings: self.settings.clone(),
            candidate: self.candidate.clone().map(Into::into),
            tested: tested.map(|test| Tested::Login(test.into())),
            enforced: self.enforced,
            directory_managed: self.directory_managed,
            directory: self.directory,
            break_glass: self.break_glass.clone(),
            verified_domains: self.verified_domains.clone(),
            requested_domains: self.requested_domains.clone(),
            missing_domains: self.missing_domains.clone(),
            bound_to_domains: self.bound_to_domains,
            provisioning: self.provisioning,
            key_pairs: self.key_pairs.iter().cloned().map(Into::into).collect(),
            signs_requests: self.signs_requests,
            sessions: self.sessions,
            unknown: self.unknown.clone(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Organization {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let record = Record::deserialize(deserializer)?;
        if record.version > VERSION {
            let version = record.version;
            return Err(serde::de::Error::custom(format!(
                "an organization's record of version {version}, and this release knows {VERSION}"
            )));
        }
        let tested = record.tested.and_then(|tested| match tested {
            Tested::Login(test) => Some(test.into()),
            Tested::Digest(_) => None,
        });
        let key_pairs = record.key_pairs.into_iter().map(|pair| pair.of(&record.id)).collect();
        let mut read = Self {
            connection_id: record.connection_id.unwrap_or_else(|| record.id.as_str().to_owned()),
            id: record.id,
            slug: record.slug,
            former_slugs: record.former_slugs,
            urls: record.urls,
            sso_enabled: record.sso_enabled,
            settings: record.settings,
            candidate: record.candidate.map(Into::into),
            tested,
            enforced: record.enforced,
            directory_managed: record.directory_managed,
            directory: record.directory,
            break_glass: record.break_glass,
            verified_domains: record.verified_domains,
            requested_domains: record.requested_domains,
            missing_domains: record.missing_domains,
            bound_to_domains: record.bound_to_domains,
            provisioning: record.provisioning,
            key_pairs,
            signs_requests: record.signs_requests,
            sessions: record.sessions,
            closed: None,
            unknown: record.unknown,
        };
        read.closed = read.contradiction();
        Ok(read)
    }
}
