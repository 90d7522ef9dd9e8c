//! Which domains are an organization's own, and how that is shown.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};

use super::{ChangeRefusal, EmailDomain, Organization};
use crate::random::Random;

/// The text of the TXT record by which an organization shows that a domain is its own.
///
/// It stands at the domain itself: `acme.test. TXT "saml-login-verification=…"`. It is no secret:
/// everybody can read it there, and nobody else can put it there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct DomainToken(String);

impl DomainToken {
    /// A new one.
    pub fn new(random: Random) -> Self {
        let [token @ .., _, _, _, _, _, _, _, _] = random.for_purpose("domain");
        Self(format!("saml-login-verification={}", URL_SAFE_NO_PAD.encode(token)))
    }

    /// The text of the record.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is among the TXT records of the domain. Blanks around a record do not count.
    pub fn is_among(&self, records: &[String]) -> bool {
        records.iter().any(|record| record.trim() == self.0)
    }
}

impl fmt::Display for DomainToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// So many domains may be asked for.
const MOST_DOMAINS: usize = 64;

/// A verified domain whose record is missing is forgotten after this while.
pub(super) const GRACE: TimeDelta = TimeDelta::days(14);

impl Organization {
    /// The domains that were asked for, each with the text of its TXT record; verified ones
    /// included, for their records are looked for again from time to time.
    pub fn requested_domains(&self) -> impl Iterator<Item = (&EmailDomain, &DomainToken)> {
        self.requested_domains.iter()
    }

    /// The verified domains whose record was missing at the last look, and since when.
    pub fn missing_domains(&self) -> impl Iterator<Item = (&EmailDomain, DateTime<Utc>)> {
        self.missing_domains.iter().map(|(domain, since)| (domain, *since))
    }

    pub(super) fn request_domain(
        &mut self,
        domain: EmailDomain,
        token: DomainToken,
    ) -> Result<(), ChangeRefusal> {
        if domain.is_public() {
            return Err(ChangeRefusal::DomainPublic);
        }
        if self.requested_domains.len() >= MOST_DOMAINS && !self.asks_for(&domain) {
            return Err(ChangeRefusal::DomainsTooMany);
        }
        // A second request changes nothing: the record may be on its way.
        self.requested_domains.entry(domain).or_insert(token);
        Ok(())
    }

    fn asks_for(&self, domain: &EmailDomain) -> bool {
        self.requested_domains.contains_key(domain)
    }

    /// Takes what the application has read of the domain's TXT records.
    pub(super) fn check_domain(
        &mut self,
        domain: EmailDomain,
        found: &[String],
        now: DateTime<Utc>,
    ) -> Result<(), ChangeRefusal> {
        let token = self.requested_domains.get(&domain);
        let is_there = token.ok_or(ChangeRefusal::DomainNotRequested)?.is_among(found);
        let is_verified = self.verified_domains.contains(&domain);
        match (is_there, is_verified) {
            (true, true) => {
                self.missing_domains.remove(&domain);
            }
            (true, false) => self.verify_domain(domain)?,
            (false, false) => return Err(ChangeRefusal::DomainRecordMissing),
            (false, true) => {
                let since = *self.missing_domains.entry(domain.clone()).or_insert(now);
                // To forget a domain while single sign-on is the only way in would let nobody in.
                let is_over = now.signed_duration_since(since) >= GRACE;
                if is_over && !self.is_enforced() {
                    self.forget_domain(&domain);
                }
            }
        }
        Ok(())
    }

    /// Binds the connection to domains, where it was not: whoever has another address does not come
    /// in any more.
    pub(super) fn verify_domain(&mut self, domain: EmailDomain) -> Result<(), ChangeRefusal> {
        // What belongs to everybody is nobody's, whoever says so.
        if domain.is_public() {
            return Err(ChangeRefusal::DomainPublic);
        }
        if self.is_enforced() && !self.bound_to_domains {
            return Err(ChangeRefusal::ProposalNeeded);
        }
        let was_tested = self.is_tested();
        self.missing_domains.remove(&domain);
        self.verified_domains.insert(domain);
        let was_bound = std::mem::replace(&mut self.bound_to_domains, true);
        self.still_tested(was_tested && was_bound);
        Ok(())
    }

    pub(super) fn forget_domain(&mut self, domain: &EmailDomain) {
        self.verified_domains.remove(domain);
        self.missing_domains.remove(domain);
        self.requested_domains.remove(domain);
    }
}
