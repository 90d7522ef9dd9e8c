//! Who calls: the token of a request.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Refused, ScimRequest};
use crate::account::OrganizationId;
use crate::audit::{Action, Actor, AuditEvent};
use crate::organization::ScimMode;
use crate::scim::ScimError;
use crate::sso::{RateKey, RateKind, Sso};
use crate::store::{
    DirectoryToken, Kept, KeptKind, KeptWhat, KeptWrite, Record, RequestLog, Store, Write,
};
use crate::token::TokenDigest;

/// So many bytes of an organization's id are remembered where nobody knows whether there is one.
const LONGEST: usize = 256;

/// That it was used is written down at most so often.
const TOUCHED: TimeDelta = TimeDelta::minutes(5);

/// A directory whose token is good.
pub(super) struct Caller {
    pub(super) record: Record,
    kept: Kept,
    pub(super) token: DirectoryToken,
}

impl Caller {
    pub(super) fn organization(&self) -> &OrganizationId {
        self.record.organization.id()
    }

    pub(super) fn mode(&self) -> ScimMode {
        self.record.organization.directory_rules().mode
    }
}

impl<S: Store> Sso<S> {
    /// The directory that shows this token, at its own organization's URL. Whether there is such an
    /// organization, whoever has no token of it is not told: the answer is the same, and so is what
    /// the store is asked.
    pub(super) async fn caller(
        &self,
        organization: &OrganizationId,
        request: &ScimRequest<'_>,
        now: DateTime<Utc>,
    ) -> Result<Caller, Refused> {
        let Some(token) = request.token() else {
            return Err(self.stranger("scim_token_missing", organization, request, now).await);
        };
        let digest = TokenDigest::of(token);
        let kept = self.store().kept(KeptKind::DirectoryToken, &digest).await;
        let kept = kept.map_err(Refused::store)?.filter(|kept| kept.organization == *organization);
        let (kept, token) = match kept.map(|kept| (kept.what.clone(), kept)) {
            Some((KeptWhat::DirectoryToken(token), kept)) if kept.is_good(now) => (kept, token),
            Some((KeptWhat::DirectoryToken(_), _)) => {
                return Err(self.stranger("scim_token_expired", organization, request, now).await);
            }
            _ => return Err(self.stranger("scim_token_unknown", organization, request, now).await),
        };
        let record = self.store().organization(organization).await.map_err(Refused::store)?;
        let managed = record.filter(|record| record.organization.is_directory_managed());
        let Some(record) = managed else {
            return Err(self.stranger("directory_off", organization, request, now).await);
        };
        self.asked(organization, now).await?;
        Ok(Caller { record, kept, token })
    }

    /// Counts a request of a directory, or one of those in a Bulk.
    pub(super) async fn asked(
        &self,
        organization: &OrganizationId,
        now: DateTime<Utc>,
    ) -> Result<(), Refused> {
        let key = RateKey::of_organization(RateKind::DirectoryAsked, organization);
        match self.counted(&key, now).await {
            Some(wait) => Err(Refused::too_often("scim_too_often", wait)),
            None => Ok(()),
        }
    }

    /// Whoever has no token that is good here. Anybody can come without end: one row a minute.
    async fn stranger(
        &self,
        reason: &'static str,
        organization: &OrganizationId,
        request: &ScimRequest<'_>,
        now: DateTime<Utc>,
    ) -> Refused {
        let refused = Refused::new(reason, ScimError::new(401, words(reason)));
        // What anybody makes up is not remembered at any length.
        let is_counted = organization.as_str().len() <= LONGEST;
        let first = is_counted.then(|| self.first_refusal(organization, reason, now)).flatten();
        if let Some(unlisted) = first {
            let mut entry = RequestLog::new(organization, now, "authenticate", 401);
            entry.reason = Some(reason.into());
            entry.detail = Some(refused.error.detail.clone());
            entry.client = super::client::of_agent(request.user_agent);
            entry.unlisted = unlisted;
            let _ = self.store().log_request(&entry).await;
        }
        let Some(client) = request.client else { return refused };
        let key = RateKey::of_client(RateKind::TokenRefused, client);
        match self.counted(&key, now).await {
            Some(wait) => Refused::too_often("scim_too_often", wait),
            None => refused,
        }
    }

    /// Writes down, from time to time, that the token was used, and by what. That it fails keeps
    /// nobody out.
    pub(super) async fn used(&self, caller: &Caller, client: Option<String>, now: DateTime<Utc>) {
        let Caller { kept, token, .. } = caller;
        let client = client.or_else(|| token.client.clone());
        let since = token.last_used_at.map(|at| now.signed_duration_since(at));
        if since.is_some_and(|since| since < TOUCHED) && client == token.client {
            return;
        }
        let mut write = Write::of(caller.organization(), now);
        if since.is_none() {
            let (change, id) = ("first_used".into(), token.id.clone());
            let action = Action::DirectoryToken { change, token: id.clone() };
            let actor = Actor::Directory(id);
            write.events.push(AuditEvent::new(caller.organization(), actor, action, now));
        }
        let used = DirectoryToken { last_used_at: Some(now), client, ..token.clone() };
        let mut kept = Kept { what: KeptWhat::DirectoryToken(used), ..kept.clone() };
        kept.version = kept.version.saturating_add(1);
        write.kept.push(KeptWrite::Put(Box::new(kept)));
        let _ = self.store().write(write).await;
    }
}

/// What whoever has no good token reads: the administrator, in the identity provider's console.
fn words(reason: &str) -> &'static str {
    match reason {
        "scim_token_missing" => {
            "The request shows no token. Enter the directory's token as a bearer token (OAuth \
             bearer token, API token, secret token)."
        }
        "scim_token_expired" => {
            "The token has expired. Make a new one in the directory's settings, and enter it here."
        }
        "directory_off" => {
            "The directory is switched off. Switch it on, and enter the token that is shown then."
        }
        _ => {
            "The token is not one of this directory. Copy URL and token again, both whole; a token \
             that was revoked, or made before the directory was switched off, is good no more."
        }
    }
}
