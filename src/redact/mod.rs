//! Copies of responses that can be shared: the same structure, with other values.
//!
//! So far it holds the replacements alone. Nothing calls them yet.

#[cfg(test)]
mod replace;
