//! Connections, made once for each revision of the settings, and organizations as they were a
//! moment ago.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::account::OrganizationId;
use crate::connection::Connection;
use crate::organization::{Organization, SealedKeyPair, SsoUnavailable};
use crate::policy::LoginPolicy;
use crate::sealing::SealingKeys;

/// So long what was read of an organization serves requests that only ask whether somebody may go
/// on.
const FRESH: TimeDelta = TimeDelta::seconds(1);

/// So many organizations are remembered; beyond, all are forgotten and read again.
const CAPACITY: usize = 10_000;

#[derive(Default)]
pub(super) struct Cache {
    places: Mutex<HashMap<OrganizationId, Place>>,
    refused: Mutex<HashMap<(OrganizationId, &'static str), Refused>>,
}

/// Refusals of one kind.
#[derive(Default)]
struct Refused {
    /// The minute of the last one that was told.
    minute: Option<i64>,
    /// How many have come since.
    untold: u64,
}

/// An organization, and what it has set as far as logins are concerned: to take that anew at every
/// request would parse its certificates each time.
pub(super) struct Known {
    pub(super) organization: Organization,
    pub(super) policy: LoginPolicy,
}

#[derive(Default)]
struct Place {
    known: Option<(DateTime<Utc>, Arc<Known>)>,
    /// By revision: that of the settings in effect and that of the candidate.
    connections: Vec<(String, Arc<Connection>)>,
}

impl Cache {
    /// A panic elsewhere leaves whole values: each is replaced in one step.
    fn places(&self) -> MutexGuard<'_, HashMap<OrganizationId, Place>> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() > CAPACITY {
            places.clear();
        }
        places
    }

    /// What was read within the last second.
    pub(super) fn known(&self, id: &OrganizationId, now: DateTime<Utc>) -> Option<Arc<Known>> {
        let places = self.places();
        let (read_at, known) = places.get(id)?.known.as_ref()?;
        let age = now.signed_duration_since(*read_at);
        (TimeDelta::zero() <= age && age < FRESH).then(|| known.clone())
    }

    /// Remembers what was read just now.
    pub(super) fn read(&self, organization: Organization, now: DateTime<Utc>) -> Arc<Known> {
        let policy = LoginPolicy::of(&organization);
        let known = Arc::new(Known { organization, policy });
        let mut places = self.places();
        let place = places.entry(known.organization.id().clone()).or_default();
        place.known = Some((now, known.clone()));
        known
    }

    /// Forgets what is another by now.
    pub(super) fn put(&self, organization: &Organization) {
        let mut places = self.places();
        if let Some(place) = places.get_mut(organization.id())
            && place.known.as_ref().is_some_and(|(_, known)| known.organization != *organization)
        {
            place.known = None;
        }
    }

    /// Counts a refusal: if it is the first of its kind in this minute, how many have come since
    /// the last that was told.
    pub(super) fn first(
        &self,
        organization: &OrganizationId,
        code: &'static str,
        now: DateTime<Utc>,
    ) -> Option<u64> {
        let mut all = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() > CAPACITY {
            all.clear();
        }
        let refused = all.entry((organization.clone(), code)).or_default();
        let minute = Some(now.timestamp().div_euclid(60));
        if refused.minute == minute {
            refused.untold = refused.untold.saturating_add(1);
            return None;
        }
        refused.minute = minute;
        Some(std::mem::take(&mut refused.untold))
    }

    /// The connection of the settings in effect, or, as if it were adopted, of the candidate.
    pub(super) fn connection(
        &self,
        organization: &Organization,
        keys: &SealingKeys,
    ) -> Result<Arc<Connection>, SsoUnavailable> {
        let Some(revision) = organization.revision() else {
            return organization.connection_with(keys).map(Arc::new);
        };
        // A pair that no key opens is one that another key may open tomorrow.
        let marks = organization.key_pairs().iter().map(SealedKeyPair::sealing_key);
        let revision = marks.fold(revision, |revision, mark| format!("{revision} {mark}"));
        let known = |place: &Place| {
            let mut all = place.connections.iter();
            all.find(|(known, _)| *known == revision).map(|(_, connection)| connection.clone())
        };
        if let Some(connection) = self.places().get(organization.id()).and_then(known) {
            return Ok(connection);
        }
        // Outside the lock: to parse certificates takes a while.
        let connection = Arc::new(organization.connection_with(keys)?);
        let mut places = self.places();
        let place = places.entry(organization.id().clone()).or_default();
        place.connections.truncate(1);
        place.connections.insert(0, (revision, connection.clone()));
        Ok(connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organization::{Slug, SpUrls};

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap_or_default()
    }

    fn organization(number: usize) -> Organization {
        let slug = Slug::parse("acme").expect("a slug");
        let urls = SpUrls::derived("https://app.example.test", &slug).expect("URLs");
        Organization::new(format!("org-{number}").as_str(), slug, urls)
    }

    #[test]
    fn ten_thousand_organizations_are_remembered_and_then_read_again() {
        let cache = Cache::default();
        for number in 0..CAPACITY {
            cache.read(organization(number), at(0));
        }
        let first = OrganizationId::new("org-0");
        assert!(cache.known(&first, at(0)).is_some());
        cache.read(organization(CAPACITY), at(0));
        assert!(cache.known(&first, at(0)).is_none());
    }

    #[test]
    fn ten_thousand_kinds_of_refusals_are_counted_and_then_told_again() {
        let cache = Cache::default();
        let first = |number: usize, second| {
            cache.first(&OrganizationId::new(format!("org-{number}")), "code", at(second))
        };
        for number in 0..CAPACITY {
            assert_eq!(first(number, 0), Some(0));
        }
        assert_eq!(first(0, 59), None);
        assert_eq!(first(0, 60), Some(1));
        assert_eq!(first(0, 61), None);
        assert_eq!(first(CAPACITY, 61), Some(0));
        assert_eq!(first(0, 62), Some(0), "all are forgotten at once");
    }
}
