//! Many that write accounts at the same time.

use super::people::{
    address_of, administrator, bare, invited, key, member, profile, session, with_domain,
};
use super::{Tested, changed, creation, number_done, settings};
use crate::account::{
    Account, AccountAddress, EmailProof, Link, LinkOrigin, OrganizationId, Role, Status,
};
use crate::store::{SessionWrite, SettingsWrite, Store, Written};
use crate::testing::contract::{THREADS, together};

pub(super) fn many_come_at_once<S: Store + Sync>(tested: Tested<'_, S>) {
    let id = tested.found("contract-crowd", None);
    let one = |what: &str, new: &(dyn Fn(usize) -> Account + Sync)| {
        let written = together(|thread| {
            let account = new(thread);
            let mut write = creation(&account);
            let session = session(&account, account.id.as_str());
            write.sessions.push(SessionWrite::Begin(Box::new(session)));
            tested.write(write)
        });
        let done = number_done(&written);
        assert!(
            done == 1,
            "of 64 accounts with one {what} that come at once one is created: {done}"
        );
        let others = written.iter().filter(|written| **written == Written::Conflict).count();
        assert!(others == THREADS - 1, "the others of 64 are answered that there is a conflict");
    };
    let of = |thread: usize, what: &str| bare(&id, &format!("{what}-{thread}"));
    let cases = ["alice", "Alice", "aLICE", "ALICE"];
    let cased = |thread: usize| cases.get(thread % cases.len()).copied().unwrap_or_default();
    one("address", &|thread| {
        let address = address_of(&id, cased(thread));
        let address = Some(AccountAddress::new(address, EmailProof::Unproven));
        Account { address, ..of(thread, "address") }
    });
    one("key", &|thread| Account {
        link: Some(Link::new(key(&id, "key"), LinkOrigin::Created)),
        ..of(thread, "key")
    });
    one("user name", &|thread| Account {
        user_name: Some(cased(thread).to_owned()),
        ..of(thread, "user")
    });
    one("external ID", &|thread| Account {
        external_id: Some("external".to_owned()),
        ..of(thread, "external")
    });
    one("id", &|_| of(0, "id"));
    let counters = tested.counters(&id);
    assert!(
        counters.active == 5,
        "an account and its seat are written together, however many come at once: {counters:?}"
    );
    let feed = tested.feed(&id, 0, 99).len();
    assert!(feed == 5, "what is a conflict has no place in the feed, however many come at once");
    few_seats(tested, &id);
}

fn few_seats<S: Store + Sync>(tested: Tested<'_, S>, id: &OrganizationId) {
    tested.set_seats(id, Some(12));
    let written = together(|thread| {
        let name = format!("person-{thread}");
        tested.create(&if thread % 2 == 0 { member(id, &name) } else { invited(id, &name) })
    });
    let done = number_done(&written);
    assert!(done == 7, "of 64 accounts that come at once for 7 seats 7 are created: {done}");
    let refused = written.iter().filter(|written| **written == Written::NoSeat).count();
    assert!(refused == THREADS - 7, "the others of 64 are answered that there is no seat");
    let taken = tested.counters(id).seats().taken;
    assert!(taken == 12, "of 12 seats 12 are taken, however many come at once: {taken}");
    tested.set_seats(id, None);
    let off = |number: usize| {
        let account = member(id, &format!("off-{number}"));
        tested.created(Account { status: Status::Deactivated, ..account })
    };
    let people: Vec<Account> = (0..THREADS).map(off).collect();
    tested.set_seats(id, Some(15));
    let back = |thread: usize| {
        let off = people.get(thread)?;
        Some(tested.change(&changed(off, |account| account.status = Status::Active)))
    };
    let written: Vec<Written> = together(back).into_iter().flatten().collect();
    let done = number_done(&written);
    assert!(done == 3, "of 64 accounts that are switched on at once for 3 seats 3 are: {done}");
    tested.set_seats(id, None);
}

pub(super) fn many_change_at_once<S: Store + Sync>(tested: Tested<'_, S>) {
    let id = tested.found("contract-changes", None);
    let person = |number: usize| tested.created(member(&id, &format!("person-{number}")));
    let people: Vec<Account> = (0..THREADS).map(person).collect();
    let of = |thread: usize| match people.get(thread) {
        Some(account) => account.clone(),
        None => panic!("no person {thread}"),
    };
    // Half of them are there, and half of them come.
    let wanted = Some(AccountAddress::new(address_of(&id, "wanted"), EmailProof::Unproven));
    let written = together(|thread| match thread % 2 {
        0 => tested.change(&changed(&of(thread), |account| account.address = wanted.clone())),
        _ => {
            let new = bare(&id, &format!("new-{thread}"));
            tested.create(&Account { address: wanted.clone(), ..new })
        }
    });
    let done = number_done(&written);
    assert!(done == 1, "of 64 that are created or changed to one address at once one is: {done}");
    let one = tested.created(bare(&id, "one"));
    let written = together(|thread| {
        let name = format!("name-{thread}");
        tested.change(&changed(&one, |account| account.profile = profile(&name)))
    });
    let done = number_done(&written);
    assert!(done == 1, "of 64 changes at once of an account as it was read one is written: {done}");
    let winner = written.iter().position(|written| *written == Written::Done).unwrap_or_default();
    let name = tested.now(&one).map(|account| account.profile);
    let expected = Some(profile(&format!("name-{winner}")));
    assert!(name == expected, "the change that was answered as written is the one that is found");
    many_settings(tested, &id);
    last_administrators(tested);
}

fn many_settings<S: Store + Sync>(tested: Tested<'_, S>, id: &OrganizationId) {
    let record = tested.record(id);
    let written = together(|thread| {
        let changed = with_domain(&record.organization, &format!("d{thread}.changes.test"));
        tested.write(settings(&record, SettingsWrite::Change(Box::new(changed))))
    });
    let done = number_done(&written);
    assert!(
        done == 1,
        "of 64 changes at once of settings as they were read one is written: {done}"
    );
    let refused = written.iter().filter(|written| **written == Written::Outdated).count();
    assert!(refused == THREADS - 1, "the others of 64 are answered that settings are outdated");
    let version = tested.record(id).version;
    assert!(version == record.version + 1, "one change of the settings raises their version once");
    let domains = tested.record(id).organization.verified_domains().len();
    assert!(domains == 1, "of 64 changes of settings one is written, whole: {domains}");
}

fn last_administrators<S: Store + Sync>(tested: Tested<'_, S>) {
    let id = tested.found("contract-two-administrators", None);
    let alice = tested.created(administrator(&id, "alice"));
    let bob = tested.created(administrator(&id, "bob"));
    let written = together(|thread| {
        let who = if thread % 2 == 0 { &alice } else { &bob };
        tested.change(&changed(who, |account| account.role = Role::Member))
    });
    let done = number_done(&written);
    assert!(
        done == 1,
        "of two administrators who are made members at once exactly one stays: {done} are made so"
    );
    let left = tested.counters(&id).administrators;
    assert!(left == 1, "of two administrators one is left: {left}");
    let id = tested.found("contract-many-administrators", None);
    let person = |number: usize| tested.created(administrator(&id, &format!("a-{number}")));
    let people: Vec<Account> = (0..THREADS).map(person).collect();
    let off = |thread: usize| {
        let before = people.get(thread)?;
        Some(tested.change(&changed(before, |account| account.status = Status::Deactivated)))
    };
    let written: Vec<Written> = together(off).into_iter().flatten().collect();
    let last = written.iter().filter(|written| **written == Written::LastAdministrator).count();
    assert!(last == 1, "of 64 administrators who are switched off at once one stays: {last} stay");
}
