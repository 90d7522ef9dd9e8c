//! Seats.

/// How many seats an organization has, and how many of them are taken: by invitations, by first
/// logins and by the directory together.
///
/// [Active and invited](crate::account::Status::holds_seat) accounts take one each. Deactivation
/// and deletion free it at once, reactivation takes one again. Where fewer are bought than are
/// taken nobody loses theirs, and nobody new gets one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Seats {
    /// How many there are; `None` if any number is included.
    pub purchased: Option<u32>,
    /// How many are taken.
    pub taken: u32,
}

impl Seats {
    /// Any number, none of them taken.
    pub const UNLIMITED: Self = Self { purchased: None, taken: 0 };

    /// So many, of which so many are taken.
    pub fn new(purchased: impl Into<Option<u32>>, taken: u32) -> Self {
        Self { purchased: purchased.into(), taken }
    }

    /// Whether there is one to take.
    pub fn has_free(self) -> bool {
        self.purchased.is_none_or(|purchased| self.taken < purchased)
    }

    /// How many are free; `None` if any number is.
    pub fn free(self) -> Option<u32> {
        self.purchased.map(|purchased| purchased.saturating_sub(self.taken))
    }
}
