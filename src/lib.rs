#![doc = include_str!("../README.md")]
// Which feature an item needs stands beside it where the documentation is built for publication.
#![cfg_attr(docsrs, feature(doc_cfg))]
// What could panic has no place where outside data comes by; tests may.
#![warn(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

// In the order of the data: a module uses only what stands above it. One more check of a login is
// one more row of `CHECKS` in `validate`.

// Ground.
mod code;
mod digest;
mod fingerprint;
pub mod error;
mod limits;
mod address;
mod instant;
mod pointers;
mod fields;
// The wire.
pub mod trust;
pub mod binding;
mod xml;
mod dsig;
mod xmlenc;
pub mod provider;
// A login, and a logout.
mod random;
pub mod sealing;
mod send;
pub mod request;
pub mod assertion;
mod validate;
pub mod identity;
pub mod replay;
pub mod logout;
pub mod artifact;
pub mod metadata;
mod warning;
#[cfg(feature = "samael")]
pub mod second_opinion;
pub mod connection;
// Diagnosis.
pub mod advice;
pub mod report;
pub mod doctor;
pub mod redact;
// People.
pub mod token;
pub mod account;
pub mod session;
pub mod audit;
pub mod organization;
pub mod policy;
pub mod store;
pub mod provision;
pub mod administration;
#[cfg(feature = "scim")]
pub mod scim;
// The doors.
pub mod sso;
#[cfg(feature = "scim")]
pub mod directory;
#[cfg(feature = "http")]
pub mod routes;
// Around it.
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(doc)]
pub mod documentation;
#[cfg(fuzzing)]
pub mod fuzzing;
#[cfg(test)]
mod vectors;

// The paved path. Everything else has its one name in its module.
pub use connection::{Connection, ConnectionOptions, Opened, Unsolicited};
pub use error::{Error, Rejection};
pub use identity::Identity;
pub use limits::Limits;
pub use metadata::{IdpMetadata, SpMetadata};
pub use organization::Organization;
pub use policy::LoginPolicy;
pub use provider::{IdentityProvider, ServiceProvider};
pub use random::Random;
pub use replay::{MemoryReplayStore, ReplayStore, Unspent};
pub use report::Report;
pub use request::{LoginOptions, MemoryRequestStore, PendingRequest, RequestStore, SealedRequests};
pub use sealing::SealingKey;
pub use send::Delivery;
pub use trust::{Certificates, KeyPair};
