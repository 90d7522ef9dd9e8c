//! The contract of directories: the one in memory holds to it, and faulty ones are told what is
//! wrong with them.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use saml_login::account::{
    Account, AccountId, Changes, EmailProof, NewAccount, OrganizationId, Profile, Role, Seats,
    Status,
};
use saml_login::error::BoxError;
use saml_login::identity::{Email, StableKey};
use saml_login::store::AccountStore;
use saml_login::store::{Matches, MemoryAccountStore, Written};
use saml_login::testing::contract;

#[test]
fn the_memory_directory_holds_to_the_contract() {
    let directory = MemoryAccountStore::default();
    let set_seats = |organization: &str, seats| {
        directory.set_seats(organization, seats).expect("the store");
    };
    contract::account_store(&directory, set_seats, contract::block_on);
}

/// What is wrong with a directory, and the words of the contract that tell.
const FAULTS: &[(Fault, &str)] = &[
    (Fault::CreatesWithout("key"), "created as it was given"),
    (Fault::CreatesWithout("profile"), "created as it was given"),
    (Fault::CreatesWithout("proof"), "created as it was given"),
    (Fault::CreatesWithout("role"), "created as it was given"),
    (Fault::CreatesManaged, "created as it was given"),
    (Fault::CreatesNothing, "found by its key alone"),
    (Fault::OneId, "an id of its own"),
    (Fault::FindsByKeyAlone, "found by its address alone"),
    (Fault::FindsByAddressAlone, "found by its key alone"),
    (Fault::FindsByKeyBeforeAddress, "find both"),
    (Fault::FindsByAddressWithoutKeyAlone, "find both"),
    (Fault::FindsTwice, "found once by key and address"),
    (Fault::FindsInOneCase, "in any ASCII letter case"),
    (Fault::FindsPatterns, "an address is no pattern"),
    (Fault::FindsKeysInAnyCase, "compared byte for byte"),
    (Fault::FindsKeysTrimmed, "compared byte for byte"),
    (Fault::FindsNoKeyAsKey, "no key is not the key of those who have none"),
    (Fault::FindsNoDeletedByKey, "a deleted account is found by its key"),
    (Fault::FindsNoDeletedByAddress, "a deleted account is found by its address"),
    (Fault::FindsNoPurchasedSeats, "four taken of nine"),
    (Fault::FindsKeysAnywhere, "organizations are apart: a key finds nobody"),
    (Fault::FindsAddressesAnywhere, "organizations are apart: an address finds nobody"),
    (Fault::KeysUniqueEverywhere, "both may have an account with one key"),
    (Fault::AddressesUniqueEverywhere, "both may have an account with one address"),
    (Fault::SeatsOfAll, "each has seats of its own"),
    (Fault::ChangesAnywhere, "none changes an account of another one"),
    (Fault::ChangesWithout("address"), "a change of the address is written"),
    (Fault::ChangesWithout("key"), "a change of the key is written"),
    (Fault::ChangesWithout("profile"), "a change of the profile is written"),
    (Fault::ChangesWithout("proof"), "a change of the proof of the address is written"),
    (Fault::ChangesWithout("role"), "a change of the role is written"),
    (Fault::ChangesWithout("status"), "a change of the status is written"),
    (Fault::ChangesWithout("unlink"), "a change of the key that goes is written"),
    (Fault::ChangesRole, "and nothing else with it"),
    (Fault::ChangesToManaged, "and nothing else with it"),
    (Fault::ChangesNothing, "is found afterwards"),
    (Fault::Overlooks("address"), "read with another address"),
    (Fault::Overlooks("directory_managed"), "read with another directory_managed"),
    (Fault::Overlooks("key"), "read with another key"),
    (Fault::Overlooks("profile"), "read with another profile"),
    (Fault::Overlooks("proof"), "read with another proof"),
    (Fault::Overlooks("role"), "read with another role"),
    (Fault::Overlooks("status"), "read with another status"),
    (Fault::Overlooks("all but status"), "read with another key"),
    (Fault::Overlooks("all"), "read with another key"),
    (Fault::KeysNotUnique, "keys are unique"),
    (Fault::AddressesNotUnique, "addresses are unique"),
    (Fault::AddressesUniqueInOneCase, "addresses are unique in any ASCII letter case"),
    (Fault::KeysUniqueInAnyCase, "letters in another case are another key"),
    (Fault::KeysCut, "compared whole"),
    (Fault::NoKeyIsAKey, "any number of accounts have no key"),
    (Fault::UniqueAmongActive, "of a deactivated account stays its own"),
    (Fault::ChangesToAddressOfAnother, "addresses are unique after a change, too"),
    (Fault::ChangesToKeyOfAnother, "keys are unique after a change, too"),
    (Fault::OwnAddressIsConflict, "own address in other letters is no conflict"),
    (Fault::UniqueAmongDeleted, "of a deleted account is free"),
    (Fault::RestoresWhateverIsThere, "nobody is restored whose address"),
    (Fault::ConflictTakesSeat, "a conflict takes no seat"),
    (Fault::ConflictWritesProfile, "a conflict writes nothing"),
    (Fault::NoSeatWritesProfile, "without a seat nothing is written"),
    (Fault::AccountWithoutSeat, "written together or not at all"),
    (Fault::SeatWithoutAccount, "written together or not at all"),
    (Fault::NeedsNoSeatToCreate, "a new account needs a seat"),
    (Fault::InvitesWithoutSeat, "four taken of any number"),
    (Fault::ReturnsNoSeat, "seats taken after a change from Active to Deactivated"),
    (Fault::ReturnsSeatTwice, "seats taken after a change from Deactivated to Deleted"),
    (Fault::TakesNoSeatAgain, "seats taken after a change from Deactivated to Active"),
    (Fault::NeedsNoSeatAgain, "from Deactivated to Active an account needs a seat"),
    (Fault::AcceptanceTakesSeat, "seats taken after a change from Invited to Active"),
    (Fault::AcceptanceNeedsSeat, "from Invited to Active nothing is in the way"),
    (Fault::ProfileNeedsSeat, "a change that leaves the status alone needs no seat"),
    (Fault::ProfileTakesSeat, "a change that leaves the status alone takes no seat"),
    (Fault::FewerSeatsEvict, "nobody loses theirs"),
    (Fault::LooksForAddressFirst, "64 accounts with one address that come at once"),
    (Fault::LooksForKeyFirst, "64 accounts with one key that come at once"),
    (Fault::LooksForSeatFirst, "64 accounts that come at once for 7 seats"),
    (Fault::LooksAtOthersFirst, "64 accounts that change to one address at once"),
    (Fault::ReadsBeforeFirst, "64 changes at once of an account as it was read"),
    (Fault::LooksForSeatFirstAgain, "64 accounts that are switched on at once for 3 seats"),
    (Fault::CreatesNothingAtLogins, "64 first logins of one person"),
    (Fault::Fails, "the directory failed"),
];

#[test]
fn the_contract_tells_what_is_wrong_with_a_directory() {
    assert_eq!(broken(None), None);
    let wrong: Vec<String> = FAULTS
        .iter()
        .filter_map(|(fault, words)| match broken(Some(*fault)) {
            Some(message) if message.contains(words) => None,
            message => Some(format!("{fault:?}: {message:?} does not say {words:?}")),
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the contract says of a directory with this fault.
fn broken(fault: Option<Fault>) -> Option<String> {
    let directory = Faulty {
        fault,
        owner: thread::current().id(),
        state: Mutex::default(),
        arrived: Mutex::default(),
        arrival: Condvar::new(),
    };
    let set_seats =
        |organization: &str, seats| directory.state().set_seats(fault, organization, seats);
    let panic = catch_unwind(AssertUnwindSafe(|| {
        contract::account_store(&directory, set_seats, contract::block_on)
    }))
    .err()?;
    let text = panic.downcast_ref::<String>().cloned();
    Some(
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .expect("a message"),
    )
}

/// One thing that a directory does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    AcceptanceNeedsSeat,
    AcceptanceTakesSeat,
    AccountWithoutSeat,
    AddressesNotUnique,
    AddressesUniqueEverywhere,
    AddressesUniqueInOneCase,
    ChangesAnywhere,
    ChangesNothing,
    ChangesRole,
    ChangesToAddressOfAnother,
    ChangesToKeyOfAnother,
    ChangesToManaged,
    ChangesWithout(&'static str),
    ConflictTakesSeat,
    ConflictWritesProfile,
    CreatesManaged,
    CreatesNothing,
    CreatesNothingAtLogins,
    CreatesWithout(&'static str),
    Fails,
    FewerSeatsEvict,
    FindsAddressesAnywhere,
    FindsByAddressAlone,
    FindsByAddressWithoutKeyAlone,
    FindsByKeyAlone,
    FindsByKeyBeforeAddress,
    FindsInOneCase,
    FindsKeysAnywhere,
    FindsKeysInAnyCase,
    FindsKeysTrimmed,
    FindsNoDeletedByAddress,
    FindsNoDeletedByKey,
    FindsNoKeyAsKey,
    FindsNoPurchasedSeats,
    FindsPatterns,
    FindsTwice,
    InvitesWithoutSeat,
    KeysCut,
    KeysNotUnique,
    KeysUniqueEverywhere,
    KeysUniqueInAnyCase,
    LooksAtOthersFirst,
    LooksForAddressFirst,
    LooksForKeyFirst,
    LooksForSeatFirst,
    LooksForSeatFirstAgain,
    NeedsNoSeatAgain,
    NeedsNoSeatToCreate,
    NoKeyIsAKey,
    NoSeatWritesProfile,
    OneId,
    Overlooks(&'static str),
    OwnAddressIsConflict,
    ProfileNeedsSeat,
    ProfileTakesSeat,
    ReadsBeforeFirst,
    RestoresWhateverIsThere,
    ReturnsNoSeat,
    ReturnsSeatTwice,
    SeatWithoutAccount,
    SeatsOfAll,
    TakesNoSeatAgain,
    UniqueAmongActive,
    UniqueAmongDeleted,
}

/// A directory as short as can be, with a fault.
struct Faulty {
    fault: Option<Fault>,
    owner: ThreadId,
    state: Mutex<State>,
    /// How many have come to where they pause.
    arrived: Mutex<usize>,
    arrival: Condvar,
}

#[derive(Default)]
struct State {
    accounts: Vec<Account>,
    /// Bought and taken.
    seats: HashMap<String, (Option<u32>, u32)>,
}

impl Faulty {
    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of the state until somebody else has come as far, as may happen to one who looks in
    /// one transaction and writes in the next. The thread that made the directory is alone with it,
    /// and need not wait.
    fn pause<'s>(&'s self, state: MutexGuard<'s, State>, fault: Fault) -> MutexGuard<'s, State> {
        if !self.has(fault) || thread::current().id() == self.owner {
            return state;
        }
        drop(state);
        let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        *arrived += 1;
        self.arrival.notify_all();
        let mine = *arrived;
        if mine % 2 == 1 {
            let waited =
                self.arrival.wait_timeout_while(arrived, Duration::from_secs(1), |n| *n == mine);
            let (mut arrived, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() {
                *arrived -= 1;
            }
        }
        self.state()
    }

    fn next_id(&self, state: &State) -> AccountId {
        let number = if self.has(Fault::OneId) { 0 } else { state.accounts.len() };
        AccountId::new(format!("account-{number}"))
    }

    fn finds(&self, account: &Account, key: Option<&StableKey>, email: Option<&Email>) -> bool {
        let deleted = account.status == Status::Deleted;
        let by_key = match (account.stable_key.as_ref(), key) {
            (None, None) => self.has(Fault::FindsNoKeyAsKey),
            (Some(own), Some(key)) if self.has(Fault::FindsKeysInAnyCase) => {
                own.as_str().eq_ignore_ascii_case(key.as_str())
            }
            (Some(own), Some(key)) if self.has(Fault::FindsKeysTrimmed) => {
                own.as_str() == key.as_str().trim()
            }
            (own, key) => own.is_some() && own == key,
        };
        let by_email = email.is_some_and(|email| match self.fault {
            Some(Fault::FindsInOneCase) => account.email.as_ref() == Some(email),
            Some(Fault::FindsPatterns) => {
                account.email.as_ref().is_some_and(|own| is_like(own.address(), email.address()))
            }
            _ => account.has_email(email),
        });
        match self.fault {
            Some(Fault::FindsByKeyAlone) => by_key,
            Some(Fault::FindsByAddressAlone) => by_email,
            Some(Fault::FindsByAddressWithoutKeyAlone) if key.is_some() => by_key,
            Some(Fault::FindsNoDeletedByKey) if deleted => by_email,
            Some(Fault::FindsNoDeletedByAddress) if deleted => by_key,
            _ => by_key || by_email,
        }
    }

    /// Whether a new or changed account has what another one has.
    fn collides(&self, state: &State, before: Option<&Account>, after: &Account) -> (bool, bool) {
        let restored = before.is_some_and(|before| before.status == Status::Deleted);
        if after.status == Status::Deleted || (restored && self.has(Fault::RestoresWhateverIsThere))
        {
            return (false, false);
        }
        let others = |everywhere: Fault| {
            state.accounts.iter().filter(move |other| {
                let counts = match self.fault {
                    Some(Fault::UniqueAmongActive) => other.status.holds_seat(),
                    Some(Fault::UniqueAmongDeleted) => true,
                    _ => other.status != Status::Deleted,
                };
                counts
                    && (other.organization == after.organization || self.has(everywhere))
                    && (other.id != after.id || (before.is_none() && self.has(Fault::OneId)))
            })
        };
        let same_key = |other: &Account| match (&other.stable_key, &after.stable_key) {
            (None, None) => self.has(Fault::NoKeyIsAKey),
            (Some(one), Some(other)) if self.has(Fault::KeysUniqueInAnyCase) => {
                one.as_str().eq_ignore_ascii_case(other.as_str())
            }
            (Some(one), Some(other)) if self.has(Fault::KeysCut) => {
                one.as_str().bytes().take(255).eq(other.as_str().bytes().take(255))
            }
            (one, other) => one.is_some() && one == other,
        };
        let same_email = |other: &Account| match self.fault {
            Some(Fault::AddressesUniqueInOneCase) => other.email == after.email,
            _ => after.email.as_ref().is_some_and(|email| other.has_email(email)),
        };
        let changes = before.is_some();
        let key = others(Fault::KeysUniqueEverywhere).any(same_key)
            && !self.has(Fault::KeysNotUnique)
            && !(changes && self.has(Fault::ChangesToKeyOfAnother));
        let own = before.is_some_and(|before| {
            before.email != after.email
                && after.email.as_ref().is_some_and(|email| before.has_email(email))
        });
        let email = others(Fault::AddressesUniqueEverywhere).any(same_email)
            && !self.has(Fault::AddressesNotUnique)
            && !(changes && self.has(Fault::ChangesToAddressOfAnother));
        (key, email || (own && self.has(Fault::OwnAddressIsConflict)))
    }

    /// Whether an account needs a seat for a change, and how many are taken more and fewer.
    fn seats(&self, before: Option<&Account>, after: &Account) -> (bool, u32, u32) {
        use Status::{Active, Deactivated, Deleted, Invited};
        let holds = after.status.holds_seat();
        let Some(before) = before else {
            let takes = match self.fault {
                Some(Fault::InvitesWithoutSeat) => after.status == Active,
                _ => holds,
            };
            return (takes && !self.has(Fault::NeedsNoSeatToCreate), u32::from(takes), 0);
        };
        let alone = before.status == after.status;
        let (takes, gives) =
            (!before.status.holds_seat() && holds, before.status.holds_seat() && !holds);
        match (self.fault, before.status, after.status) {
            (Some(Fault::AcceptanceTakesSeat), Invited, Active) => (false, 1, 0),
            (Some(Fault::AcceptanceNeedsSeat), Invited, Active) => (true, 0, 0),
            (Some(Fault::ReturnsNoSeat), Active, Deactivated) => (false, 0, 0),
            (Some(Fault::ReturnsSeatTwice), Deactivated, Deleted) => (false, 0, 1),
            (Some(Fault::TakesNoSeatAgain), Deactivated, Active) => (true, 0, 0),
            (Some(Fault::NeedsNoSeatAgain), Deactivated, Active) => (false, 1, 0),
            (Some(Fault::ProfileNeedsSeat), ..) if alone && before.profile != after.profile => {
                (true, 0, 0)
            }
            (Some(Fault::ProfileTakesSeat), ..) if alone && before.profile != after.profile => {
                (false, 1, 0)
            }
            _ => (takes, u32::from(takes), u32::from(gives)),
        }
    }

    /// Whether an account is as it was read.
    fn is_as_read(&self, now: &Account, before: &Account) -> bool {
        let Some(Fault::Overlooks(overlooked)) = self.fault else { return now == before };
        let mut read = before.clone();
        let all_but_status = overlooked == "all but status";
        for (field, overlook) in OVERLOOK {
            if *field == overlooked || overlooked == "all" || (all_but_status && *field != "status")
            {
                overlook(&mut read, now);
            }
        }
        *now == read
    }
}

type Overlook = fn(&mut Account, &Account);

const OVERLOOK: &[(&str, Overlook)] = &[
    ("address", |read, now| read.email.clone_from(&now.email)),
    ("directory_managed", |read, now| read.directory_managed = now.directory_managed),
    ("key", |read, now| read.stable_key.clone_from(&now.stable_key)),
    ("profile", |read, now| read.profile.clone_from(&now.profile)),
    ("proof", |read, now| read.email_proof = now.email_proof),
    ("role", |read, now| read.role = now.role),
    ("status", |read, now| read.status = now.status),
];

/// What `LIKE` makes of `_`.
fn is_like(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(b, p)| p == b'_' || b.eq_ignore_ascii_case(&p))
}

impl State {
    fn account(&self, id: &AccountId) -> Option<Account> {
        self.accounts.iter().find(|account| account.id == *id).cloned()
    }

    fn has_free_seat(&self, organization: &str) -> bool {
        let (purchased, taken) = self.seats.get(organization).copied().unwrap_or_default();
        Seats::new(purchased, taken).has_free()
    }

    fn take(&mut self, organization: &str, more: u32, fewer: u32) {
        let (_, taken) = self.seats.entry(organization.to_owned()).or_default();
        *taken = (*taken + more).saturating_sub(fewer);
    }

    fn set_seats(&mut self, fault: Option<Fault>, organization: &str, purchased: Option<u32>) {
        let (bought, taken) = self.seats.entry(organization.to_owned()).or_default();
        *bought = purchased;
        if fault == Some(Fault::FewerSeatsEvict) {
            *taken = purchased.map_or(*taken, |purchased| purchased.min(*taken));
        }
    }

    fn write(&mut self, account: &Account) {
        match self.accounts.iter_mut().find(|other| other.id == account.id) {
            Some(other) => other.clone_from(account),
            None => self.accounts.push(account.clone()),
        }
    }
}

impl AccountStore for Faulty {
    async fn find(
        &self,
        organization: &OrganizationId,
        key: Option<&StableKey>,
        email: Option<&Email>,
    ) -> Result<Matches, BoxError> {
        if self.has(Fault::Fails) {
            return Err(BoxError::new("out of order"));
        }
        let state = self.state();
        let (purchased, taken) =
            state.seats.get(organization.as_str()).copied().unwrap_or_default();
        let has_key = |account: &&Account| key.is_some() && account.stable_key.as_ref() == key;
        let has_email = |account: &&Account| email.is_some_and(|email| account.has_email(email));
        let found = state.accounts.iter().filter(|account| {
            let elsewhere = (self.has(Fault::FindsKeysAnywhere) && has_key(account))
                || (self.has(Fault::FindsAddressesAnywhere) && has_email(account));
            let here = account.organization == *organization && self.finds(account, key, email);
            here || elsewhere
        });
        let mut accounts: Vec<Account> = found.cloned().collect();
        let keyed = accounts.iter().find(|account| has_key(account)).cloned();
        match (self.fault, keyed) {
            (Some(Fault::FindsByKeyBeforeAddress), Some(keyed)) => accounts = vec![keyed],
            (Some(Fault::FindsTwice), Some(keyed)) if has_email(&&keyed) => accounts.push(keyed),
            _ => {}
        }
        let all = || state.seats.values().map(|(_, taken)| taken).sum();
        let seats = match self.fault {
            Some(Fault::FindsNoPurchasedSeats) => Seats::new(None, taken),
            Some(Fault::SeatsOfAll) => Seats::new(purchased, all()),
            _ => Seats::new(purchased, taken),
        };
        Ok(Matches::new(accounts, seats))
    }

    async fn create(&self, new: NewAccount) -> Result<Written, BoxError> {
        let mut state = self.state();
        let mut account = new.into_account(self.next_id(&state));
        let organization = account.organization.clone();
        let (needs, takes, _) = self.seats(None, &account);
        let no_seat = needs && !state.has_free_seat(organization.as_str());
        state = self.pause(state, Fault::LooksForSeatFirst);
        account.id = self.next_id(&state);
        let no_seat = no_seat
            || (needs
                && !self.has(Fault::LooksForSeatFirst)
                && !state.has_free_seat(organization.as_str()));
        let (key, email) = self.collides(&state, None, &account);
        state = self.pause(state, Fault::LooksForKeyFirst);
        state = self.pause(state, Fault::LooksForAddressFirst);
        account.id = self.next_id(&state);
        let (key_now, email_now) = self.collides(&state, None, &account);
        let key = if self.has(Fault::LooksForKeyFirst) { key } else { key_now };
        let email = if self.has(Fault::LooksForAddressFirst) { email } else { email_now };
        if key || email {
            if self.has(Fault::ConflictTakesSeat) {
                state.take(organization.as_str(), takes, 0);
            }
            return Ok(Written::Conflict);
        }
        if no_seat {
            match self.fault {
                Some(Fault::AccountWithoutSeat) => state.write(&account),
                Some(Fault::SeatWithoutAccount) => state.take(organization.as_str(), 1, 0),
                _ => {}
            }
            return Ok(Written::NoSeat);
        }
        state.take(organization.as_str(), takes, 0);
        match self.fault {
            Some(Fault::CreatesWithout("key")) => account.stable_key = None,
            Some(Fault::CreatesWithout("profile")) => account.profile = Profile::default(),
            Some(Fault::CreatesWithout("proof")) => account.email_proof = EmailProof::Organization,
            Some(Fault::CreatesWithout("role")) => account.role = Role::Member,
            Some(Fault::CreatesManaged) => account.directory_managed = true,
            _ => {}
        }
        let by_login =
            account.stable_key.as_ref().is_some_and(|key| key.as_str().contains("idp.example"));
        let lost = self.has(Fault::CreatesNothing)
            || (by_login && self.has(Fault::CreatesNothingAtLogins));
        if !lost {
            state.write(&account);
        }
        Ok(Written::Done(Box::new(account)))
    }

    async fn change(&self, before: &Account, changes: &Changes) -> Result<Written, BoxError> {
        let mut before = before.clone();
        let mut changes = changes.clone();
        match self.fault {
            Some(Fault::ChangesWithout("address")) => changes.email = None,
            Some(Fault::ChangesWithout("key")) => changes.stable_key = None,
            Some(Fault::ChangesWithout("profile")) => changes.profile = None,
            Some(Fault::ChangesWithout("proof")) => changes.email_proof = None,
            Some(Fault::ChangesWithout("role")) => changes.role = None,
            Some(Fault::ChangesWithout("status")) => changes.status = None,
            Some(Fault::ChangesWithout("unlink")) => changes.unlink = false,
            _ => {}
        }
        let mut state = self.state();
        let Some(now) = state.account(&before.id) else { return Ok(Written::Conflict) };
        if self.has(Fault::ChangesAnywhere) {
            before.organization.clone_from(&now.organization);
        }
        let organization = now.organization.clone();
        let (needs, takes, gives) = self.seats(Some(&now), &changes.applied_to(&now));
        let no_seat = needs && !state.has_free_seat(organization.as_str());
        state = self.pause(state, Fault::LooksForSeatFirstAgain);
        let Some(now) = state.account(&before.id) else { return Ok(Written::Conflict) };
        if !self.is_as_read(&now, &before) {
            return Ok(Written::Conflict);
        }
        state = self.pause(state, Fault::ReadsBeforeFirst);
        let Some(now) = state.account(&before.id) else { return Ok(Written::Conflict) };
        let mut after = changes.applied_to(&now);
        match self.fault {
            Some(Fault::ChangesRole) => after.role = Role::Member,
            Some(Fault::ChangesToManaged) => after.directory_managed = true,
            _ => {}
        }
        let (key, email) = self.collides(&state, Some(&now), &after);
        let mut half = now.clone();
        half.profile.clone_from(&after.profile);
        if key || email {
            if self.has(Fault::ConflictWritesProfile) {
                state.write(&half);
            }
            return Ok(Written::Conflict);
        }
        state = self.pause(state, Fault::LooksAtOthersFirst);
        if no_seat {
            if self.has(Fault::NoSeatWritesProfile) {
                state.write(&half);
            }
            return Ok(Written::NoSeat);
        }
        state.take(organization.as_str(), takes, gives);
        if !self.has(Fault::ChangesNothing) {
            state.write(&after);
        }
        Ok(Written::Done(Box::new(after)))
    }
}
