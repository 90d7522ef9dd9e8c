//! One request of a directory whose token is good.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::caller::Caller;
use super::query::Query;
use super::request::Target;
use super::told::Told;
use super::{Refused, ScimRequest, ScimResponse, client};
use crate::account::Account;
use crate::organization::By;
use crate::provision::{Asked, Intent, ProvisionError, Refusal, carry_out};
use crate::random::Random;
use crate::scim::{self, JsonLimits, JsonRefusal, ScimError};
use crate::sso::Sso;
use crate::store::Store;

/// The body of a request: its octets, or a part of a Bulk.
#[derive(Clone, Copy)]
pub(super) enum Given<'a> {
    Octets,
    Part(&'a Map<String, Value>),
}

/// One request: who asks, what for, and what is told of it.
pub(super) struct Call<'a, S> {
    pub(super) sso: &'a Sso<S>,
    pub(super) caller: &'a Caller,
    pub(super) request: &'a ScimRequest<'a>,
    pub(super) query: Query,
    /// The URL of the directory. RFC 7644 §3.1 has `meta.location` lead there; the host that a
    /// request names does not matter.
    pub(super) base: String,
    pub(super) now: DateTime<Utc>,
    pub(super) random: Random,
    pub(super) if_match: Option<String>,
    pub(super) told: Told,
}

impl<'a, S: Store> Call<'a, S> {
    pub(super) fn new(
        sso: &'a Sso<S>,
        caller: &'a Caller,
        request: &'a ScimRequest<'a>,
        now: DateTime<Utc>,
        random: Random,
    ) -> Self {
        let told = Told { client: client::of_agent(request.user_agent), ..Told::default() };
        Self {
            sso,
            caller,
            request,
            query: Query::parse(request.query.unwrap_or_default()),
            base: sso.scim_url(caller.organization()),
            now,
            random,
            if_match: request.if_match.map(str::to_owned),
            told,
        }
    }

    pub(super) async fn answer(&mut self, target: &Target) -> Result<ScimResponse, Refused> {
        let method = self.request.method;
        if !target.methods().contains(&method) {
            let error = ScimError::new(405, "This cannot be done here.");
            let allowed = Some(target.allowed());
            return Err(Refused { allowed, ..Refused::new("scim_method_unknown", error) });
        }
        match target {
            Target::Bulk => self.bulk().await,
            Target::Config | Target::ResourceTypes(_) | Target::Schemas(_) => self.discover(target),
            Target::Groups => self.groups(),
            Target::Me => {
                self.told.action = "me";
                // RFC 7644 §3.11: "SHOULD … 501 (Not Implemented)".
                let error = ScimError::new(501, "A token of the directory is nobody: see /Users.");
                Err(Refused::new("scim_me", error))
            }
            Target::Search => self.search().await,
            Target::Unknown => Err(Refused::nowhere()),
            Target::User(_) | Target::Users => self.users(target, method, Given::Octets).await,
        }
    }

    /// The JSON object that was sent.
    pub(super) fn body(&mut self, given: Given<'_>) -> Result<Map<String, Value>, Refused> {
        let body = match given {
            Given::Part(body) => body.clone(),
            Given::Octets => self.parsed()?,
        };
        if self.told.client.is_none() {
            self.told.client = client::of_body(&body);
        }
        Ok(body)
    }

    fn parsed(&self) -> Result<Map<String, Value>, Refused> {
        let is_plain = self.request.content_encoding.is_none_or(|encoding| {
            encoding.trim().is_empty() || encoding.trim().eq_ignore_ascii_case("identity")
        });
        if !is_plain || !self.request.content_type.is_none_or(is_json) {
            let error = ScimError::new(
                415,
                "Send application/scim+json or application/json, in UTF-8 and not compressed.",
            );
            return Err(Refused::new("scim_media_type", error));
        }
        let parsed = match self.request.is_whole {
            true => scim::parse(self.request.body, &JsonLimits::default()),
            false => Err(JsonRefusal::TooLarge),
        };
        parsed.map_err(|refusal| Refused::new(refusal.code(), refusal))
    }

    /// Decides and writes what the directory wants with an account.
    pub(super) async fn carry_out(&mut self, intent: &Intent<'_>) -> Result<Account, Refused> {
        let random = self.random.draw();
        let address = self.request.client.map(|client| client.to_string());
        let asked = Asked::by(By::Directory(&self.caller.token.id), self.now);
        let asked = asked.in_request(self.request.request_id, address.as_deref());
        let store = self.sso.store();
        let done = carry_out(store, self.caller.organization(), intent, &asked, random).await;
        match done {
            Ok(done) => Ok(done.account),
            Err(error) => Err(self.undone(error).await),
        }
    }

    async fn undone(&self, error: ProvisionError) -> Refused {
        let error = match error {
            ProvisionError::Store(error) => return Refused::store(error),
            error => error,
        };
        let seats = match error {
            // What is taken now, and not when the request came.
            ProvisionError::Refused(Refusal::NoSeat) => {
                let read = self.sso.store().organization(self.caller.organization()).await;
                read.ok().flatten().map(|record| record.counters.seats())
            }
            _ => None,
        };
        let wait = matches!(error, ProvisionError::Contended).then_some(TimeDelta::seconds(1));
        Refused { wait, ..Refused::new(error.code(), ScimError::not_made(&error, seats)) }
    }
}

/// What RFC 7644 §3.1 has, and what clients send: any letter case, with parameters.
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let is_json = ["application/scim+json", "application/json", ""]
        .iter()
        .any(|known| kind.eq_ignore_ascii_case(known));
    let is_utf_8 = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    };
    is_json && parts.all(is_utf_8)
}
