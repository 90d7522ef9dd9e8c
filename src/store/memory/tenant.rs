//! One organization and its accounts, with an index for each name.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use super::super::{AccountChange, AccountWrite, Found, Mark, Name, Names, PurgeKey, Record};
use super::orders::{Ids, Orders};
use crate::account::{Account, AccountId, Status};
use crate::error::BoxError;
use crate::logout::SubjectDigest;
use crate::organization::{Counters, Organization, Shortage};
use crate::session::Session;
use crate::token::TokenDigest;

pub(super) struct Tenant {
    pub(super) record: Record,
    accounts: HashMap<AccountId, Account>,
    /// All accounts of a name, deleted ones included.
    names: HashMap<Name, BTreeSet<AccountId>>,
    invitations: HashMap<TokenDigest, AccountId>,
    /// By every address that an account has or that was pushed, in lower case.
    addresses: HashMap<String, BTreeSet<AccountId>>,
    pub(super) orders: Orders,
    administrators: BTreeSet<AccountId>,
    pub(super) sessions: HashMap<AccountId, BTreeSet<TokenDigest>>,
    /// Sessions by what their holder is called at the identity provider.
    subjects: HashMap<SubjectDigest, BTreeSet<TokenDigest>>,
    marks: HashSet<Mark>,
    feed: Vec<AccountChange>,
}

/// Why an account is not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    Conflict,
    Shortage(Shortage),
}

impl Tenant {
    pub(super) fn founded(
        organization: Organization,
        purchased: Option<u32>,
        purge_key: PurgeKey,
    ) -> Self {
        let counters = Counters { purchased, ..Counters::default() };
        Self {
            record: Record::new(organization, 0, counters, purge_key),
            accounts: HashMap::new(),
            names: HashMap::new(),
            invitations: HashMap::new(),
            addresses: HashMap::new(),
            orders: Orders::default(),
            administrators: BTreeSet::new(),
            sessions: HashMap::new(),
            subjects: HashMap::new(),
            marks: HashSet::new(),
            feed: Vec::new(),
        }
    }

    /// The one way to the record of an account, so that tests can count how many are looked at.
    pub(super) fn account(&self, id: &AccountId) -> Option<&Account> {
        #[cfg(test)]
        super::tests::LOOKS.set(super::tests::LOOKS.get() + 1);
        self.accounts.get(id)
    }

    pub(super) fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    pub(super) fn named(&self, name: &Name) -> Ids<'_> {
        Box::new(self.names.get(name).into_iter().flatten())
    }

    pub(super) fn addressed(&self, address: &str) -> Ids<'_> {
        Box::new(self.addresses.get(address).into_iter().flatten())
    }

    pub(super) fn find(&self, names: &Names) -> Result<Found, BoxError> {
        let by_name = names.names.iter().filter_map(|name| self.names.get(name)).flatten();
        let invited = names.invitation.as_ref().and_then(|token| self.invitations.get(token));
        let ids: BTreeSet<&AccountId> = names.ids.iter().chain(by_name).chain(invited).collect();
        let accounts = ids.into_iter().filter_map(|id| self.account(id)).cloned().collect();
        let marks = names.names.iter().map(|name| self.record.purge_key.mark(name));
        let marks: Vec<Mark> = marks.collect::<Result<_, _>>()?;
        let purged = marks.iter().any(|mark| self.marks.contains(mark));
        Ok(Found::new(self.record.clone(), accounts, purged))
    }

    pub(super) fn changes(&self, after: u64, count: usize) -> Vec<AccountChange> {
        let from = self.feed.partition_point(|change| change.number <= after);
        self.feed.iter().skip(from).take(count).cloned().collect()
    }

    /// Whether an account can be written as it is here.
    pub(super) fn check(&self, write: &AccountWrite) -> Result<(), Unfit> {
        let before = self.account(write.id());
        let as_read = match write {
            AccountWrite::Create(account) => before.is_none() && account.version == 0,
            AccountWrite::Change(account) => {
                before.and_then(|before| before.version.checked_add(1)) == Some(account.version)
            }
            AccountWrite::Purge { version, .. } => {
                before.is_some_and(|before| before.version == *version)
            }
        };
        let other =
            |account: &&Account| account.id != *write.id() && account.status != Status::Deleted;
        let is_taken = |name: &Name| {
            self.named(name).filter_map(|id| self.account(id)).any(|account| other(&account))
        };
        if !as_read || write.names().iter().any(is_taken) {
            return Err(Unfit::Conflict);
        }
        let shortage = self.record.counters.shortage(before, write.after());
        shortage.map_or(Ok(()), |shortage| Err(Unfit::Shortage(shortage)))
    }

    /// Whether a write leaves nobody who gets in, where there was somebody.
    pub(super) fn loses_reach(
        &self,
        settings: Option<&Organization>,
        account: Option<&AccountWrite>,
    ) -> bool {
        let counters = self.counted(settings);
        let organization = settings.unwrap_or(&self.record.organization);
        let before = account.and_then(|write| self.account(write.id()));
        let after = account.and_then(AccountWrite::after);
        self.record.counters.lose_reach(&counters.changed(organization, before, after))
    }

    /// The numbers with these settings, if others than those in effect are given.
    fn counted(&self, settings: Option<&Organization>) -> Counters {
        let administrators = self.administrators.iter().filter_map(|id| self.account(id));
        match settings {
            Some(organization) => self.record.counters.counted_anew(organization, administrators),
            None => self.record.counters,
        }
    }

    pub(super) fn change_settings(&mut self, organization: Organization) {
        self.record.counters = self.counted(Some(&organization));
        self.record.version = self.record.version.saturating_add(1);
        self.record.organization = organization;
    }

    /// Writes an account that was [checked](Self::check); what was there before.
    pub(super) fn put(&mut self, write: AccountWrite) -> Option<Account> {
        let id = write.id().clone();
        let before = self.accounts.remove(&id);
        let Record { organization, counters, .. } = &mut self.record;
        *counters = counters.changed(organization, before.as_ref(), write.after());
        if let Some(before) = &before {
            self.unlist(before);
        }
        let generation = write.after().or(before.as_ref()).map_or(0, |account| account.generation);
        let version = write.after().map(|account| account.version);
        let number = self.feed.last().map_or(1, |last| last.number.saturating_add(1));
        self.feed.push(AccountChange::new(number, id, version, generation));
        match write {
            AccountWrite::Change(account) | AccountWrite::Create(account) => self.enlist(*account),
            AccountWrite::Purge { marks, .. } => self.marks.extend(marks),
        }
        before
    }

    pub(super) fn named_sessions(
        &self,
        subject: &SubjectDigest,
    ) -> impl Iterator<Item = &TokenDigest> {
        self.subjects.get(subject).into_iter().flatten()
    }

    pub(super) fn index(&mut self, session: &Session) {
        if let Some(subject) = session.subject_digest() {
            self.subjects.entry(subject).or_default().insert(session.token);
        }
    }

    pub(super) fn unindex(&mut self, session: &Session) {
        let Some(subject) = session.subject_digest() else { return };
        let Some(tokens) = self.subjects.get_mut(&subject) else { return };
        tokens.remove(&session.token);
        if tokens.is_empty() {
            self.subjects.remove(&subject);
        }
    }

    fn enlist(&mut self, account: Account) {
        for name in Name::all_of(&account) {
            self.names.entry(name).or_default().insert(account.id.clone());
        }
        for address in addresses_of(&account) {
            self.addresses.entry(address).or_default().insert(account.id.clone());
        }
        if let Some(invitation) = account.invitation {
            self.invitations.insert(invitation.token, account.id.clone());
        }
        self.orders.add(&account);
        if account.is_active_administrator() {
            self.administrators.insert(account.id.clone());
        }
        self.accounts.insert(account.id.clone(), account);
    }

    fn unlist(&mut self, account: &Account) {
        Name::all_of(account).iter().for_each(|name| drop_id(&mut self.names, name, &account.id));
        let addresses = addresses_of(account);
        addresses.iter().for_each(|one| drop_id(&mut self.addresses, one, &account.id));
        if let Some(invitation) = account.invitation {
            self.invitations.remove(&invitation.token);
        }
        self.orders.remove(account);
        self.administrators.remove(&account.id);
    }
}

fn addresses_of(account: &Account) -> Vec<String> {
    let own = account.email().map(|email| email.address());
    let pushed = account.pushed.iter().flat_map(|pushed| &pushed.addresses);
    let all = own.into_iter().chain(pushed.map(|address| &*address.value));
    all.map(str::to_ascii_lowercase).collect()
}

fn drop_id<K: Hash + Eq>(index: &mut HashMap<K, BTreeSet<AccountId>>, key: &K, id: &AccountId) {
    let Some(ids) = index.get_mut(key) else { return };
    ids.remove(id);
    if ids.is_empty() {
        index.remove(key);
    }
}
