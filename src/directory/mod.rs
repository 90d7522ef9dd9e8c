//! The directory: the identity provider pushes, updates and removes people, by SCIM 2.0 (RFC 7643,
//! RFC 7644).
//!
//! [`Sso::scim`] answers every request below `/scim/` of the base URL. An administrator switches the
//! directory [on](crate::organization::Change::ManageByDirectory), makes a
//! [token](crate::administration::issue_token), and gives the identity provider both that and the
//! [URL](Sso::scim_url). Nothing is decided here: what is asked for becomes an
//! [`Intent`](crate::provision::Intent), and whatever refuses it refuses it everywhere.

mod bulk;
mod call;
mod caller;
mod client;
mod cursor;
mod discover;
#[cfg(feature = "http")]
mod http;
mod list;
mod query;
mod refused;
mod request;
mod response;
mod told;
mod users;

use chrono::{DateTime, Utc};

use self::call::Call;
use self::refused::Refused;
pub use self::request::ScimRequest;
use self::request::Target;
pub use self::response::ScimResponse;
use crate::account::OrganizationId;
use crate::random::Random;
use crate::sso::Sso;
use crate::store::Store;

impl<S: Store> Sso<S> {
    /// The URL of an organization's directory, which its administrator gives to the identity
    /// provider: what it calls base URL, tenant URL or SCIM connector base URL.
    pub fn scim_url(&self, organization: &OrganizationId) -> String {
        let id = percent_encoding::utf8_percent_encode(
            organization.as_str(),
            percent_encoding::NON_ALPHANUMERIC,
        );
        let id = id.to_string().replace("%2D", "-").replace("%5F", "_").replace("%2E", ".");
        format!("{}/scim/{id}/v2", self.base_url())
    }

    /// Answers a request of a directory: whatever comes below `/scim/` of the base URL, with any
    /// method. Each request is held to its token, and logged for the administrator; what it wants
    /// is decided where everything about accounts is.
    ///
    /// `clock` is asked when the request comes and when its answer is there: how long it took stands
    /// in the log.
    ///
    /// ```
    /// use saml_login::Random;
    /// use saml_login::directory::ScimRequest;
    /// use saml_login::sso::Sso;
    /// use saml_login::store::Store;
    ///
    /// # async fn example(sso: &Sso<impl Store>) -> Result<(), Box<dyn std::error::Error>> {
    /// let request = ScimRequest::new("GET", "/scim/org-1/v2/Users")
    ///     .with_query("filter=userName%20eq%20%22alice%22")
    ///     .with_header("authorization", "Bearer scim_…");
    /// let response = sso.scim(&request, &chrono::Utc::now, Random::generate()?).await;
    /// assert_eq!(response.status, 401);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn scim(
        &self,
        request: &ScimRequest<'_>,
        clock: &(dyn Fn() -> DateTime<Utc> + Sync),
        random: Random,
    ) -> ScimResponse {
        let now = clock();
        let Some((organization, target)) = Target::of(self.base_path(), request.path) else {
            return Refused::nowhere().response();
        };
        // Tells nothing of anybody, and needs no token.
        if request.method == "OPTIONS" {
            return ScimResponse::empty(204).with("allow", target.allowed());
        }
        let caller = match self.caller(&organization, request, now).await {
            Ok(caller) => caller,
            Err(refused) => return bare(request, refused.response()),
        };
        let mut call = Call::new(self, &caller, request, now, random);
        let answer = call.answer(&target).await;
        let response = answer.unwrap_or_else(|refused| call.told.refused(&refused).response());
        let took = clock().signed_duration_since(now);
        self.used(&caller, call.told.client.clone(), now).await;
        self.log(&caller, call.told, &response, (now, took)).await;
        bare(request, response)
    }
}

/// RFC 9110 §9.3.2: to HEAD the server "MUST NOT send content".
fn bare(request: &ScimRequest<'_>, response: ScimResponse) -> ScimResponse {
    match request.method {
        "HEAD" => ScimResponse { body: Vec::new(), ..response },
        _ => response,
    }
}
