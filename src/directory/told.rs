//! What a request did, for the log that the administrator reads.

use chrono::{DateTime, TimeDelta, Utc};

use super::caller::Caller;
use super::{Refused, ScimResponse};
use crate::account::AccountId;
use crate::sso::Sso;
use crate::store::{RequestLog, Store};

/// What is known of a request beside its answer. It has no room for what the request said.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub(super) action: &'static str,
    pub(super) account: Option<AccountId>,
    pub(super) notes: Vec<String>,
    pub(super) client: Option<String>,
    pub(super) refusal: Option<Refused>,
}

/// So many notes a request has in the log at most.
const MOST_NOTES: usize = 20;

impl Told {
    pub(super) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if self.notes.len() < MOST_NOTES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// That it was not carried out.
    pub(super) fn refused<'r>(&mut self, refused: &'r Refused) -> &'r Refused {
        self.refusal = Some(refused.clone());
        refused
    }
}

impl<S: Store> Sso<S> {
    /// Writes down what a request did. That it fails keeps nobody out.
    pub(super) async fn log(
        &self,
        caller: &Caller,
        told: Told,
        response: &ScimResponse,
        (now, took): (DateTime<Utc>, TimeDelta),
    ) {
        let action = if told.action.is_empty() { "unknown" } else { told.action };
        let entry = RequestLog {
            token: Some(caller.token.id.clone()),
            account: told.account,
            scim_type: told.refusal.as_ref().and_then(|refused| {
                refused.error.scim_type.map(|scim_type| scim_type.as_str().into())
            }),
            detail: told.refusal.as_ref().map(|refused| refused.error.detail.clone()),
            reason: told.refusal.as_ref().map(|refused| refused.reason.into()),
            notes: told.notes,
            milliseconds: u32::try_from(took.num_milliseconds().max(0)).unwrap_or(u32::MAX),
            client: told.client.or_else(|| caller.token.client.clone()),
            ..RequestLog::new(caller.organization(), now, action, response.status)
        };
        let _ = self.store().log_request(&entry).await;
    }
}
