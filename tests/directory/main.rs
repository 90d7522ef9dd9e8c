//! The directory: its tokens, and what it may do.

#[path = "../common/mod.rs"]
mod common;
#[path = "../doors/failing.rs"]
mod failing;

mod asked;
mod breaks_bulk;
mod breaks_caller;
mod breaks_list;
mod breaks_told;
mod breaks_users;
mod breaks_words;
mod dialects;
mod model;
mod pitfalls_what;
mod pitfalls_when;
mod pitfalls_who;
mod preflight;
mod site;
mod tokens;
