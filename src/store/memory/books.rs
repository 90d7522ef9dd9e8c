//! What is kept by digest, what is spent, and what is told.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use super::super::{Kept, KeptKind, KeptWrite, RequestLog};
use crate::account::OrganizationId;
use crate::audit::{AuditEvent, Outcome};
use crate::replay::{Spending, SpentKind};
use crate::token::TokenDigest;

/// So many entries are told of each organization, and as many of what was refused: no flood of
/// those pushes anything else out.
const CAPACITY: usize = 65_536;

/// The kind (none for a request of ours), the connection, the issuer and the ID.
type SpentKey = (Option<SpentKind>, String, Option<String>, String);

#[derive(Default)]
pub(super) struct Books {
    kept: HashMap<(KeptKind, TokenDigest), Kept>,
    by_organization: HashMap<OrganizationId, BTreeMap<(KeptKind, TokenDigest), ()>>,
    /// When what is kept is over.
    kept_ends: BTreeSet<(DateTime<Utc>, KeptKind, TokenDigest)>,
    spent: HashSet<SpentKey>,
    ends: BTreeSet<(DateTime<Utc>, SpentKey)>,
    /// The end of what was forgotten last. All that is left ends later, or with it.
    forgotten_until: Option<DateTime<Utc>>,
    events: HashMap<OrganizationId, Log<AuditEvent>>,
    requests: HashMap<OrganizationId, Log<RequestLog>>,
}

/// The latest entries, each with its number from 1.
struct Log<T> {
    last: u64,
    done: VecDeque<(u64, T)>,
    refused: VecDeque<(u64, T)>,
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self { last: 0, done: VecDeque::new(), refused: VecDeque::new() }
    }
}

impl<T: Clone> Log<T> {
    fn add(&mut self, entry: T, is_refused: bool) {
        self.last = self.last.saturating_add(1);
        let room = if is_refused { &mut self.refused } else { &mut self.done };
        if room.len() >= CAPACITY {
            room.pop_front();
        }
        room.push_back((self.last, entry));
    }

    fn latest(&self, before: Option<u64>, count: usize) -> Vec<(u64, T)> {
        let older = |(number, _): &&(u64, T)| before.is_none_or(|before| *number < before);
        let mut rooms = [&self.done, &self.refused].map(|room| {
            let end = room.partition_point(|entry| older(&entry));
            room.range(..end).rev().peekable()
        });
        let mut latest = Vec::new();
        let [done, refused] = &mut rooms;
        while latest.len() < count {
            let is_later = refused.peek().map(|entry| entry.0) > done.peek().map(|entry| entry.0);
            let Some(entry) = (if is_later { refused.next() } else { done.next() }) else { break };
            latest.push(entry.clone());
        }
        latest
    }
}

impl Books {
    pub(super) fn kept(&self, kind: KeptKind, digest: &TokenDigest) -> Option<&Kept> {
        self.kept.get(&(kind, *digest))
    }

    pub(super) fn all_kept(&self, organization: &OrganizationId, kind: KeptKind) -> Vec<Kept> {
        let keys = self.by_organization.get(organization).into_iter().flat_map(BTreeMap::keys);
        let of_kind = keys.filter(|(other, _)| *other == kind);
        of_kind.filter_map(|key| self.kept.get(key)).cloned().collect()
    }

    /// Whether a write of an organization finds what it was made for.
    pub(super) fn fits(&self, organization: &OrganizationId, write: &KeptWrite) -> bool {
        match write {
            KeptWrite::Put(kept) => match self.kept.get(&(kept.kind(), kept.digest)) {
                Some(before) => {
                    before.organization == *organization
                        && before.version.checked_add(1) == Some(kept.version)
                }
                None => kept.version == 0,
            },
            KeptWrite::Take(kind, digest) => {
                let kept = self.kept.get(&(*kind, *digest));
                kept.is_some_and(|kept| kept.organization == *organization)
            }
        }
    }

    pub(super) fn keep(&mut self, write: KeptWrite) {
        match write {
            KeptWrite::Put(kept) => {
                let key = (kept.kind(), kept.digest);
                self.kept_ends.extend(kept.expires_at.map(|at| (at, key.0, key.1)));
                self.by_organization.entry(kept.organization.clone()).or_default().insert(key, ());
                self.kept.insert(key, *kept);
            }
            KeptWrite::Take(kind, digest) => self.take(kind, digest),
        }
    }

    fn take(&mut self, kind: KeptKind, digest: TokenDigest) {
        let taken = self.kept.remove(&(kind, digest));
        let keys = taken.and_then(|kept| self.by_organization.get_mut(&kept.organization));
        if let Some(keys) = keys {
            keys.remove(&(kind, digest));
        }
    }

    /// Forgets what has been over for a day.
    pub(super) fn sweep(&mut self, now: DateTime<Utc>) {
        let is_over = |at: &DateTime<Utc>| now.signed_duration_since(*at) > TimeDelta::days(1);
        while let Some(&(_, kind, digest)) =
            self.kept_ends.first().filter(|first| is_over(&first.0))
        {
            self.kept_ends.pop_first();
            let kept = self.kept.get(&(kind, digest));
            if kept.is_some_and(|kept| kept.expires_at.is_some_and(|at| is_over(&at))) {
                self.take(kind, digest);
            }
        }
    }

    /// Whether something was spent before. What is over counts as well, and what may have been
    /// forgotten, should the time go backwards.
    pub(super) fn is_spent(&self, spending: &Spending, now: DateTime<Utc>) -> bool {
        let forgotten = self.forgotten_until.is_some_and(|until| spending.until <= until);
        let known = keys_of(spending).iter().any(|key| self.spent.contains(key));
        known || forgotten || spending.until <= now
    }

    /// Remembers what is spent, and forgets what is over.
    pub(super) fn spend(&mut self, spending: &Spending, now: DateTime<Utc>) {
        while let Some(over) = self.ends.first().filter(|(until, _)| *until <= now).cloned() {
            self.ends.remove(&over);
            self.spent.remove(&over.1);
            self.forgotten_until = Some(over.0);
        }
        for key in keys_of(spending) {
            self.ends.insert((spending.until, key.clone()));
            self.spent.insert(key);
        }
    }

    pub(super) fn record(&mut self, event: AuditEvent) {
        let is_refused = matches!(event.outcome, Outcome::Refused(_));
        self.events.entry(event.organization.clone()).or_default().add(event, is_refused);
    }

    pub(super) fn audit(
        &self,
        organization: &OrganizationId,
        before: Option<u64>,
        count: usize,
    ) -> Vec<(u64, AuditEvent)> {
        self.events.get(organization).map(|log| log.latest(before, count)).unwrap_or_default()
    }

    pub(super) fn log(&mut self, request: RequestLog) {
        let is_refused = request.status >= 400;
        self.requests.entry(request.organization.clone()).or_default().add(request, is_refused);
    }

    pub(super) fn requests(
        &self,
        organization: &OrganizationId,
        before: Option<u64>,
        count: usize,
    ) -> Vec<(u64, RequestLog)> {
        self.requests.get(organization).map(|log| log.latest(before, count)).unwrap_or_default()
    }

    /// Forgets everything of an organization but what was spent, which nobody may use again.
    pub(super) fn forget(&mut self, organization: &OrganizationId) {
        for (key, ()) in self.by_organization.remove(organization).unwrap_or_default() {
            self.kept.remove(&key);
        }
        self.events.remove(organization);
        self.requests.remove(organization);
    }
}

fn keys_of(spending: &Spending) -> Vec<SpentKey> {
    let Spending { connection_id, issuer, kind, assertion_id, request_id, .. } = spending;
    let message = (Some(*kind), connection_id.clone(), Some(issuer.clone()), assertion_id.clone());
    let request = request_id.clone().map(|id| (None, connection_id.clone(), None, id));
    [Some(message), request].into_iter().flatten().collect()
}
