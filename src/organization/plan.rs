//! What only the application knows: its plans.

use std::future::Future;

use crate::account::OrganizationId;
use crate::error::BoxError;

/// What an organization's plan includes.
///
/// Where it no longer includes something, what is set up goes on working and can be taken back, and
/// nothing can be set up: neither are people locked out, nor does "single sign-on only" fall by
/// itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// Single sign-on.
    pub sso: bool,
    /// The customer's directory (SCIM).
    pub directory: bool,
}

impl Plan {
    /// Everything.
    pub const ALL: Self = Self { sso: true, directory: true };
    /// Nothing.
    pub const NONE: Self = Self { sso: false, directory: false };

    /// Single sign-on, and the directory or not.
    pub fn new(sso: bool, directory: bool) -> Self {
        Self { sso, directory }
    }
}

/// Knows the plans of organizations: the application's billing.
///
/// Write plain `async fn`, no `async_trait`.
pub trait Plans: Send + Sync {
    /// What the organization's plan includes, now.
    ///
    /// # Errors
    ///
    /// If that cannot be told. Nothing is refused then, and nothing is done.
    fn plan(
        &self,
        organization: &OrganizationId,
    ) -> impl Future<Output = Result<Plan, BoxError>> + Send;
}

/// The same plan for everybody.
impl Plans for Plan {
    async fn plan(&self, _: &OrganizationId) -> Result<Plan, BoxError> {
        Ok(*self)
    }
}
