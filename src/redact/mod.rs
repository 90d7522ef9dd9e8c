//! Copies of responses that can be shared: the same structure, with other values.
//!
//! So far it writes the markup of a copy, unsigned, and is built for its own tests alone.

#[cfg(all(test, feature = "testing"))]
mod copy;
#[cfg(all(test, feature = "testing"))]
mod replace;
