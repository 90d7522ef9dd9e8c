//! Seats, through every change of status.

use super::{SetSeats, Tested, invited, is_done, key, member, renamed, to};
use crate::account::{Changes, Seats, Status};
use crate::store::{AccountStore, Written};

const STATUSES: [Status; 4] =
    [Status::Active, Status::Deactivated, Status::Deleted, Status::Invited];

pub(super) fn seats_are_counted<D: AccountStore>(tested: Tested<'_, D>, set_seats: SetSeats<'_>) {
    let id = "contract-seats";
    for (number, (from, into)) in
        STATUSES.into_iter().flat_map(|from| STATUSES.map(|into| (from, into))).enumerate()
    {
        set_seats(id, None);
        let account = tested.created(member(id, &format!("person-{number}")));
        let before =
            if from == account.status { account } else { tested.changed(&account, &to(from)) };
        let taken = tested.taken(id);
        let (held, holds) = (from.holds_seat(), into.holds_seat());
        set_seats(id, Some(0));
        assert_eq!(tested.taken(id), taken, "where fewer seats are bought nobody loses theirs");
        // One that is refused has more to write than the status.
        let mut written = match holds && !held {
            true => tested.change(&before, &Changes { status: Some(into), ..renamed("refused") }),
            false => tested.change(&before, &to(into)),
        };
        if holds && !held {
            assert_eq!(
                written,
                Written::NoSeat,
                "from {from:?} to {into:?} an account needs a seat"
            );
            assert_eq!(
                tested.now(&before).as_ref(),
                Some(&before),
                "without a seat nothing is written"
            );
            assert_eq!(tested.taken(id), taken, "without a seat none is taken");
            set_seats(id, Some(taken));
            written = tested.change(&before, &to(into));
            assert_eq!(written, Written::NoSeat, "of so many seats as are taken none is free");
            set_seats(id, taken.checked_add(1));
            written = tested.change(&before, &to(into));
        }
        assert!(is_done(&written), "from {from:?} to {into:?} nothing is in the way: {written:?}");
        let expected = match (held, holds) {
            (false, true) => taken.checked_add(1),
            (true, false) => taken.checked_sub(1),
            (true, true) | (false, false) => Some(taken),
        };
        let taken = Some(tested.taken(id));
        assert_eq!(taken, expected, "seats taken after a change from {from:?} to {into:?}");
    }
}

pub(super) fn seats_are_kept<D: AccountStore>(tested: Tested<'_, D>, set_seats: SetSeats<'_>) {
    let id = "contract-kept";
    set_seats(id, Some(3));
    let alice = tested.created(member(id, "alice"));
    let bob = tested.created(invited(id, "bob"));
    let carol = tested.created(member(id, "carol"));
    assert_eq!(tested.taken(id), 3, "active and invited accounts take a seat each");
    let late = [member(id, "late"), invited(id, "later")];
    for new in late.clone() {
        assert_eq!(
            tested.create(new.clone()),
            Written::NoSeat,
            "a new account needs a seat, and an invitation, too"
        );
        let found = tested.accounts(id, new.stable_key.as_ref(), Some(&new.email));
        assert!(found.is_empty(), "an account and its seat are written together or not at all");
    }
    assert_eq!(
        tested.seats(id),
        Seats::new(3, 3),
        "an account and its seat are written together or not at all"
    );

    // Fewer than are taken.
    set_seats(id, Some(1));
    assert_eq!(
        tested.seats(id),
        Seats::new(1, 3),
        "where fewer seats are bought nobody loses theirs"
    );
    for account in [&alice, &bob, &carol] {
        assert_eq!(
            tested.now(account).as_ref(),
            Some(account),
            "where fewer seats are bought nobody loses theirs"
        );
    }
    let alice = match tested.change(&alice, &renamed("alicia")) {
        Written::Done(alice) => *alice,
        other => {
            panic!("a change that leaves the status alone needs no seat, and is answered {other:?}")
        }
    };
    assert_eq!(tested.taken(id), 3, "a change that leaves the status alone takes no seat");
    let accepted = Changes { stable_key: Some(key(id, "bob")), ..to(Status::Active) };
    assert!(
        is_done(&tested.change(&bob, &accepted)),
        "who is invited has a seat, and needs none to come in"
    );
    let alice = tested.changed(&alice, &to(Status::Deactivated));
    assert_eq!(tested.taken(id), 2, "deactivation gives the seat back at once");
    let renamed = tested.change(&alice, &renamed("alice"));
    assert!(is_done(&renamed), "a change that leaves the status alone needs no seat");
    assert_eq!(tested.taken(id), 2, "a change that leaves the status alone takes no seat");
    for new in late {
        assert_eq!(
            tested.create(new),
            Written::NoSeat,
            "of two seats taken and one bought none is free"
        );
    }
    set_seats(id, None);
    assert!(is_done(&tested.create(member(id, "late"))), "any number of seats has a free one");
}
