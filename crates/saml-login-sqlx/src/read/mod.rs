//! What is read.

pub(crate) mod find;
pub(crate) mod list;
pub(crate) mod search;
