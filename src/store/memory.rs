use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Mutex, MutexGuard};

use super::{AccountStore, Matches, Written};
use crate::account::OrganizationId;
use crate::account::{Account, AccountId, Changes, NewAccount, Seats, Status};
use crate::error::BoxError;
use crate::identity::{Email, StableKey};

/// A [`AccountStore`] in the memory of this process: for tests and examples, and for an application
/// that is one process and remembers its accounts in some other way.
///
/// An organization has any number of seats until [`MemoryAccountStore::set_seats`] says otherwise,
/// by its id, which need not be known yet.
#[derive(Default)]
pub struct MemoryAccountStore {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    organizations: HashMap<OrganizationId, Members>,
    /// Ids are never given twice.
    created: u64,
}

/// The accounts of one organization.
#[derive(Default)]
struct Members {
    accounts: BTreeMap<AccountId, Account>,
    by_key: HashMap<StableKey, Vec<AccountId>>,
    /// By the address in lower case.
    by_email: HashMap<String, Vec<AccountId>>,
    purchased: Option<u32>,
    taken: u32,
}

impl MemoryAccountStore {
    /// Sets how many seats an organization has bought; `None` for any number. Nobody loses theirs.
    ///
    /// # Errors
    ///
    /// If a thread panicked while it held the directory.
    pub fn set_seats(
        &self,
        organization: impl Into<OrganizationId>,
        purchased: Option<u32>,
    ) -> Result<(), BoxError> {
        self.state()?.organizations.entry(organization.into()).or_default().purchased = purchased;
        Ok(())
    }

    /// All accounts of an organization, by id.
    ///
    /// # Errors
    ///
    /// If a thread panicked while it held the directory.
    pub fn accounts(
        &self,
        organization: impl Into<OrganizationId>,
    ) -> Result<Vec<Account>, BoxError> {
        let state = self.state()?;
        let members = state.organizations.get(&organization.into());
        Ok(members.map(|members| members.accounts.values().cloned().collect()).unwrap_or_default())
    }

    /// The seats of an organization.
    ///
    /// # Errors
    ///
    /// If a thread panicked while it held the directory.
    pub fn seats(&self, organization: impl Into<OrganizationId>) -> Result<Seats, BoxError> {
        Ok(self
            .state()?
            .organizations
            .get(&organization.into())
            .map_or(Seats::new(None, 0), Members::seats))
    }

    fn state(&self) -> Result<MutexGuard<'_, State>, BoxError> {
        self.state
            .lock()
            .map_err(|_| BoxError::new("a thread panicked while it held the directory"))
    }
}

impl Members {
    fn seats(&self) -> Seats {
        Seats::new(self.purchased, self.taken)
    }

    fn matching(&self, key: Option<&StableKey>, email: Option<&Email>) -> Vec<Account> {
        let by_key = key.and_then(|key| self.by_key.get(key)).into_iter().flatten();
        let by_email =
            email.and_then(|email| self.by_email.get(&folded(email))).into_iter().flatten();
        let mut ids: Vec<&AccountId> = by_key.chain(by_email).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().filter_map(|id| self.accounts.get(id)).cloned().collect()
    }

    /// Puts an account in the place of `before`, or beside the others: wholly, or not at all.
    fn put(&mut self, before: Option<&Account>, after: Account) -> Written {
        let collides = |other: &Account| {
            other.id != after.id
                && other.status != Status::Deleted
                && after.status != Status::Deleted
        };
        if self.matching(after.stable_key.as_ref(), after.email.as_ref()).iter().any(collides) {
            return Written::Conflict;
        }
        let held = before.is_some_and(|before| before.status.holds_seat());
        match (held, after.status.holds_seat()) {
            (false, true) if !self.seats().has_free() => return Written::NoSeat,
            (false, true) => self.taken = self.taken.saturating_add(1),
            (true, false) => self.taken = self.taken.saturating_sub(1),
            (true, true) | (false, false) => {}
        }
        if let Some(before) = before {
            self.unlist(before);
        }
        if let Some(key) = &after.stable_key {
            self.by_key.entry(key.clone()).or_default().push(after.id.clone());
        }
        if let Some(email) = &after.email {
            self.by_email.entry(folded(email)).or_default().push(after.id.clone());
        }
        self.accounts.insert(after.id.clone(), after.clone());
        Written::Done(Box::new(after))
    }

    fn unlist(&mut self, account: &Account) {
        if let Some(ids) = account.stable_key.as_ref().and_then(|key| self.by_key.get_mut(key)) {
            ids.retain(|id| *id != account.id);
        }
        if let Some(ids) =
            account.email.as_ref().and_then(|email| self.by_email.get_mut(&folded(email)))
        {
            ids.retain(|id| *id != account.id);
        }
    }
}

fn folded(email: &Email) -> String {
    email.address().to_ascii_lowercase()
}

impl AccountStore for MemoryAccountStore {
    async fn find(
        &self,
        organization: &OrganizationId,
        key: Option<&StableKey>,
        email: Option<&Email>,
    ) -> Result<Matches, BoxError> {
        let state = self.state()?;
        let Some(members) = state.organizations.get(organization) else {
            return Ok(Matches::new(Vec::new(), Seats::new(None, 0)));
        };
        Ok(Matches::new(members.matching(key, email), members.seats()))
    }

    async fn create(&self, new: NewAccount) -> Result<Written, BoxError> {
        let mut state = self.state()?;
        let number = state.created.saturating_add(1);
        let account = new.into_account(AccountId::new(format!("account-{number}")));
        let members = state.organizations.entry(account.organization.clone()).or_default();
        let written = members.put(None, account);
        state.created = number;
        Ok(written)
    }

    async fn change(&self, before: &Account, changes: &Changes) -> Result<Written, BoxError> {
        let mut state = self.state()?;
        let Some(members) = state.organizations.get_mut(&before.organization) else {
            return Ok(Written::Conflict);
        };
        if members.accounts.get(&before.id) != Some(before) {
            return Ok(Written::Conflict);
        }
        Ok(members.put(Some(before), changes.applied_to(before)))
    }
}

impl fmt::Debug for MemoryAccountStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryAccountStore").finish_non_exhaustive()
    }
}
