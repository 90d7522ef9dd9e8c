//! For tests only: an identity provider, honest or hostile ([`idp`]), and what stores have to hold to
//! ([`contract`]).

pub mod contract;
pub mod idp;
