//! The doors: an application's site, a person's browser and the identity provider's site, over
//! plain functions.

#[path = "../common/mod.rs"]
mod common;
mod codes;
mod elsewhere;
mod enforced;
mod failing;
mod faults;
mod invitations;
mod jar;
mod logins;
mod loopback;
mod logout;
mod sessions;
mod meanwhile;
mod others;
mod routes;
mod site;
mod switching;
mod tested;
mod acts;
mod breaks;
mod breaks_routes;
mod races;
mod redirects;
mod starts;
mod steps;
mod takeovers;
mod ways_in;
