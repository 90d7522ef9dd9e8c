#![doc = include_str!("../README.md")]
#![warn(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

// A module uses only what stands above it.
mod failure;
mod keys;
mod link;
mod store;
mod replays;
mod requests;
mod rates;

pub use failure::{Code, ConnectError, Eviction, Failure};
pub use store::{RedisBuilder, RedisStore};
