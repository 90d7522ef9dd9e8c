//! Which address of an account is meant.

use super::Test;
use crate::account::PushedAddress;

/// Which of the addresses of an account: a tree of tests, which one address passes as a whole.
/// The addresses are those of [`Pushed::of`](crate::account::Pushed::of). Letter case does not
/// count.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressFilter {
    /// Those that pass all of these.
    All(Vec<AddressFilter>),
    /// Those that pass any of these.
    Any(Vec<AddressFilter>),
    /// Those of which the [kind](PushedAddress::kind) passes a test.
    Kind(Test),
    /// Those that do not pass this.
    Not(Box<AddressFilter>),
    /// Those that are the primary one, or not.
    Primary(bool),
    /// Those that pass a test themselves.
    Value(Test),
}

impl AddressFilter {
    /// Whether an address passes.
    pub fn passes(&self, address: &PushedAddress) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.passes(address)),
            Self::Any(filters) => filters.iter().any(|filter| filter.passes(address)),
            Self::Kind(test) => address.kind.iter().any(|kind| test.passes(kind, false)),
            Self::Not(filter) => !filter.passes(address),
            Self::Primary(primary) => address.primary == *primary,
            Self::Value(test) => test.passes(&address.value, false),
        }
    }
}
