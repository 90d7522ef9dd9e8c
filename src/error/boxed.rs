//! The errors of others.

use std::error::Error as StdError;
use std::fmt;
use std::ops::Deref;

/// Whatever went wrong in code of others: in a store, in an HTTP client, in OpenSSL.
///
/// Every error converts into it, so that `?` does in an implementation of a store; a text of your
/// own does by [`BoxError::new`]. It shows and prints as what is in it, and dereferences to it:
/// [`downcast_ref`](std::error::Error#method.downcast_ref) finds the original again. It is not an
/// `Error` itself, because then not every error could convert into it; the errors that hold one
/// give it as their [`source`](std::error::Error::source).
///
/// ```
/// use saml_login::error::BoxError;
///
/// fn number(text: &str) -> Result<i32, BoxError> {
///     Ok(text.parse()?)
/// }
///
/// let error = number("x").unwrap_err();
/// assert_eq!(error.to_string(), "invalid digit found in string");
/// assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
/// assert_eq!(BoxError::new("the database is gone").to_string(), "the database is gone");
/// ```
pub struct BoxError(Box<dyn StdError + Send + Sync>);

impl BoxError {
    /// Takes an error, or a text that tells of one.
    pub fn new(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(error.into())
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for BoxError {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl From<BoxError> for Box<dyn StdError + Send + Sync> {
    fn from(error: BoxError) -> Self {
        error.0
    }
}

impl From<BoxError> for Box<dyn StdError> {
    fn from(error: BoxError) -> Self {
        error.0
    }
}

impl Deref for BoxError {
    type Target = dyn StdError + Send + Sync;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Display for BoxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for BoxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
