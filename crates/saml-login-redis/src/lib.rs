#![doc = include_str!("../README.md")]
// Which feature an item needs stands beside it where the documentation is built for publication.
#![cfg_attr(docsrs, feature(doc_cfg))]
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
