//! Verified SAML 2.0 login.
#![forbid(unsafe_code)]

mod error;
mod limits;
mod store;

pub use error::*;
pub use limits::Limits;
pub use store::{MemoryReplayStore, ReplayStore, SpendOutcome, Spending};
