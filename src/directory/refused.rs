//! A request that is not carried out.

use chrono::TimeDelta;

use super::ScimResponse;
use crate::error::BoxError;
use crate::scim::{ScimError, ScimType};

/// Why a request is not carried out: what the directory is told, and what is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) error: ScimError,
    /// A stable snake_case code, for the log and its words.
    pub(super) reason: &'static str,
    /// When to come again, if that helps.
    pub(super) wait: Option<TimeDelta>,
    /// The methods that there are, if it was none of them.
    pub(super) allowed: Option<String>,
}

impl Refused {
    pub(super) fn new(reason: &'static str, error: impl Into<ScimError>) -> Self {
        Self { error: error.into(), reason, wait: None, allowed: None }
    }

    /// A value does not fit its place.
    pub(super) fn unfit(reason: &'static str, words: impl Into<String>) -> Self {
        Self::new(reason, ScimError::new(400, words).of(ScimType::InvalidValue))
    }

    /// The store failed: the same request may succeed in a moment. 503 has directories try again,
    /// where 500 has some of them give up.
    pub(super) fn store(_: BoxError) -> Self {
        let error = ScimError::new(503, "That did not work just now. Try again in a minute.");
        Self { wait: Some(TimeDelta::seconds(30)), ..Self::new("store_failed", error) }
    }

    /// No directory is below this path.
    pub(super) fn nowhere() -> Self {
        Self::new("scim_path_unknown", ScimError::new(404, "There is nothing here."))
    }

    pub(super) fn too_often(reason: &'static str, wait: TimeDelta) -> Self {
        let error = ScimError::new(429, "Too many requests. Try again in a moment.");
        Self { wait: Some(wait), ..Self::new(reason, error) }
    }

    pub(super) fn response(&self) -> ScimResponse {
        let mut response = ScimResponse::refused(&self.error);
        if let Some(wait) = self.wait {
            response = response.later(wait);
        }
        if let Some(allowed) = &self.allowed {
            response = response.with("allow", allowed);
        }
        response
    }
}
