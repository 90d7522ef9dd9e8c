//! Sentence 8: of several answers that are true the first is given.

use super::Tested;
use super::causes::{CAUSES, Cause};
use super::world::{Place, World};
use crate::store::{Store, Write};
use crate::testing::contract::instant;

pub(super) fn of_several_answers_the_first_is_given<S: Store>(tested: Tested<'_, S>) {
    let world = World::new(tested, "contract-order");
    for (number, first) in CAUSES.iter().enumerate() {
        let expected = (first.answer)(&world);
        let later = CAUSES.iter().enumerate().skip(number);
        for (other, second) in later {
            let mut write = Write::of(&world.id, instant());
            if number != other {
                if (second.answer)(&world) == expected || !fit(first, second) {
                    continue;
                }
                (second.part.add)(&world, &mut write, "order");
            }
            // A version that decides is given by the settings: the outdated one comes last.
            (first.part.add)(&world, &mut write, "order");
            let written = tested.write(write);
            assert!(
                written == expected,
                "of several answers the first is given: {} and {} are answered {written:?}",
                first.part.what,
                second.part.what
            );
        }
    }
}

fn fit(first: &Cause, second: &Cause) -> bool {
    first.part.place != second.part.place || first.part.place == Place::Many
}
