#![doc = include_str!("../README.md")]
// What could panic has no place where outside data comes by; tests may.
#![warn(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

// In the order of the data: a module uses only what stands above it. One more check is one more row
// in `validate`.
mod error;
mod limits;
mod address;
mod instant;
mod trust;
mod relay_state;
mod pending;
mod binding;
mod xml;
mod dsig;
mod xmlenc;
mod assertion;
mod validate;
mod identity;
mod store;
mod provider;
mod metadata;
mod send;
mod request;
mod warning;
mod login;
mod logout;
#[cfg(feature = "samael")]
mod second_opinion;
mod artifact;
mod connection;
mod vendor;
mod report;
mod doctor;
mod account;
mod audit;
mod organization;
mod discovery;
mod policy;
mod provision;
mod directory;
#[cfg(feature = "test-idp")]
pub mod test_idp;
#[cfg(feature = "test-idp")]
pub mod contract;
#[cfg(doc)]
pub mod documentation;
#[cfg(fuzzing)]
pub mod fuzzing;
#[cfg(test)]
mod vectors;

pub use account::{Account, AccountId, AccountStatus, EmailProof, Profile, Role};
pub use artifact::SoapClient;
pub use assertion::{Attribute, AttributeValue, Attributes, NameId};
#[cfg(feature = "tracing")]
pub use audit::TracingAuditLog;
pub use audit::{Actor, AuditAction, AuditEvent, AuditLog, AuditOutcome, MemoryAuditLog};
pub use binding::{Binding, PostForm};
pub use connection::{Connection, ConnectionBuilder, SignedParts};
pub use directory::{
    Directory, Matches, MemoryDirectory, ProvisionError, Provisioned, Written, provision,
};
pub use discovery::{Discovery, discover, discover_proven};
pub use doctor::{
    Diagnosis, ExaminedValues, Finding, PastedField, PastedValues, Problem, Severity, Surroundings,
    examine,
};
pub use error::*;
pub use identity::{AttributeMap, Email, Identity, IdentityField, StableKey};
pub use limits::Limits;
pub use login::Unspent;
pub use logout::{
    LogoutMessage, LogoutOptions, LogoutOutcome, LogoutRequest, LogoutResponse, LogoutSubject,
    PendingLogout, ReceivedLogout, StartedLogout, UnspentLogout,
};
pub use metadata::{
    ContactType, EndpointKind, IdpMetadata, MetadataChange, MetadataError, MetadataTrust,
    SpMetadata,
};
pub use organization::{
    Applied, Authority, Change, ChangeRefusal, ConnectionOptions, ConnectionSettings, DomainRule,
    EmailDomain, Neighbours, Organization, OrganizationConflict, Organizations, ProfileSource,
    ProvisioningRules, RelinkRule, Slug, SpUrls, SsoUnavailable,
};
pub use pending::PendingRequest;
pub use policy::{
    Assignment, AssignmentPath, Decision, LoginMethod, LoginPolicy, Origin, PolicyAction,
    PolicyReason, SessionStart, Verdict,
};
pub use provider::{Endpoint, IdentityProvider, ServiceProvider};
pub use provision::{AccountChanges, NewAccount, Provisioning, ProvisioningRefusal, Seats, decide};
pub use relay_state::RelayState;
pub use report::{CheckOutcome, Report, ReportedCheck, View};
pub use request::{
    LoginOptions, MemoryRequestStore, Remembered, RequestStore, SealedRequests, SealingKey,
    StartedLogin,
};
#[cfg(feature = "samael")]
pub use second_opinion::DescriptorError;
pub use send::Delivery;
pub use store::{MemoryReplayStore, ReplayStore, SpendOutcome, Spending};
pub use trust::{Certificate, Certificates, KeyPair, KeyType};
pub use validate::{Expected, Unsolicited};
pub use vendor::{Advice, Vendor};
pub use warning::Warning;
