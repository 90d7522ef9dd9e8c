//! Many at the same time.

use super::{
    SetSeats, Tested, address_of, key, member, number_done, readdressed, rekeyed, renamed, to,
};
use crate::account::{Account, NewAccount, Status};
use crate::store::{AccountStore, Written};
use crate::testing::contract::{THREADS, together};

pub(super) fn many_come_at_once<D: AccountStore + Sync>(
    tested: Tested<'_, D>,
    set_seats: SetSeats<'_>,
) {
    let id = "contract-crowd";
    set_seats(id, None);
    let names = ["alice", "Alice", "aLICE", "ALICE"];
    let written = together(|thread| {
        let name = names.get(thread % names.len()).copied().unwrap_or_default();
        tested.create(NewAccount { stable_key: None, ..member(id, name) })
    });
    assert_eq!(
        number_done(&written),
        1,
        "of 64 accounts with one address that come at once one is created"
    );
    let written = together(|thread| {
        let new = member(id, &format!("bob-{thread}"));
        tested.create(NewAccount { stable_key: Some(key(id, "bob")), ..new })
    });
    assert_eq!(
        number_done(&written),
        1,
        "of 64 accounts with one key that come at once one is created"
    );
    assert_eq!(
        tested.taken(id),
        2,
        "an account and its seat are written together, however many come at once"
    );

    set_seats(id, Some(9));
    let written = together(|thread| tested.create(member(id, &format!("person-{thread}"))));
    assert_eq!(
        number_done(&written),
        7,
        "of 64 accounts that come at once for 7 seats 7 are created"
    );
    let refused = written.iter().filter(|written| **written == Written::NoSeat).count();
    assert_eq!(refused, THREADS.saturating_sub(7), "the others are answered that there is no seat");
    assert_eq!(
        tested.taken(id),
        9,
        "an account and its seat are written together, however many come at once"
    );
    set_seats(id, None);

    let people: Vec<Account> =
        (0..THREADS).map(|number| tested.created(member(id, &format!("crowd-{number}")))).collect();
    let of =
        |thread: usize| people.get(thread).cloned().unwrap_or_else(|| panic!("no person {thread}"));
    let written =
        together(|thread| tested.change(&of(thread), &readdressed(address_of(id, "wanted"))));
    assert_eq!(
        number_done(&written),
        1,
        "of 64 accounts that change to one address at once one does"
    );
    let written = together(|thread| {
        let before = tested.now(&of(thread)).unwrap_or_else(|| panic!("an account is not found"));
        tested.change(&before, &rekeyed(key(id, "wanted")))
    });
    assert_eq!(number_done(&written), 1, "of 64 accounts that change to one key at once one does");

    let written = together(|thread| match tested.now(&of(thread)) {
        Some(before) if thread % 2 == 0 => {
            tested.change(&before, &readdressed(address_of(id, "both")))
        }
        _ => tested.create(NewAccount {
            email: address_of(id, "both"),
            ..member(id, &format!("new-{thread}"))
        }),
    });
    assert_eq!(
        number_done(&written),
        1,
        "of 64 that are created or changed to one address at once one is"
    );

    let one = tested.created(member(id, "one"));
    let written = together(|thread| tested.change(&one, &renamed(&format!("name-{thread}"))));
    let mut done = written.iter().filter_map(|written| match written {
        Written::Done(account) => Some((**account).clone()),
        _ => None,
    });
    let (after, more) = (done.next(), done.count());
    assert!(
        after.is_some() && more == 0,
        "of 64 changes at once of an account as it was read one is written"
    );
    assert_eq!(
        tested.now(&one),
        after,
        "the change that was answered as written is the one that is found"
    );
    let one = after.unwrap_or(one);
    let taken = tested.taken(id);
    let written = together(|_| tested.change(&one, &to(Status::Deactivated)));
    assert_eq!(number_done(&written), 1, "of 64 deactivations at once one is written");
    assert_eq!(Some(tested.taken(id)), taken.checked_sub(1), "and one seat comes back");

    let id = "contract-back";
    set_seats(id, None);
    let off = |number| {
        let account = tested.created(member(id, &format!("off-{number}")));
        tested.changed(&account, &to(Status::Deactivated))
    };
    let people: Vec<Account> = (0..THREADS).map(off).collect();
    set_seats(id, Some(3));
    let back =
        |thread: usize| people.get(thread).map(|off| tested.change(off, &to(Status::Active)));
    let written: Vec<Written> = together(back).into_iter().flatten().collect();
    assert_eq!(
        number_done(&written),
        3,
        "of 64 accounts that are switched on at once for 3 seats 3 are"
    );
    assert_eq!(
        tested.taken(id),
        3,
        "an account and its seat are written together, however many come at once"
    );
}
