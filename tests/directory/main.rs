//! The directory: its tokens, and what it may do.

#[path = "../common/mod.rs"]
mod common;

mod tokens;
mod preflight;
mod model;
