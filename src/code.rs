//! How the kinds of a thing are written: one stable word each, the same in settings, in JSON, in
//! logs and in the address of a page.

use std::fmt;

/// A text that is the code of none of the kinds of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCode {
    /// The type whose kinds are meant.
    what: &'static str,
    known: Vec<&'static str>,
}

impl UnknownCode {
    pub(crate) fn new(what: &'static str, known: impl IntoIterator<Item = &'static str>) -> Self {
        Self { what, known: known.into_iter().collect() }
    }
}

impl fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no {} is called so: there are {}", self.what, self.known.join(", "))
    }
}

impl std::error::Error for UnknownCode {}

/// Gives an enumeration `ALL`, `as_str`, `Display` and `FromStr`, by the code of each variant.
macro_rules! codes {
    ($type:ident { $($variant:ident = $code:literal),+ $(,)? }) => {
        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its code in snake case; part of semver.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code),+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::code::UnknownCode;

            fn from_str(code: &str) -> Result<Self, Self::Err> {
                let unknown = || {
                    let known = Self::ALL.iter().map(|known| known.as_str());
                    $crate::code::UnknownCode::new(stringify!($type), known)
                };
                Self::ALL.iter().copied().find(|known| known.as_str() == code).ok_or_else(unknown)
            }
        }
    };
}
pub(crate) use codes;
