//! People: one at a time.

use super::call::{Call, Given};
use super::request::Target;
use super::{Refused, ScimResponse};
use crate::account::{Account, AccountId, Source, Status};
use crate::provision::{Intent, Push, Refusal};
use crate::scim::{Patch, ReceivedUser, ScimError, Warning, location, user, version_tag};
use crate::store::{Names, Store};

impl<S: Store> Call<'_, S> {
    pub(super) async fn users(
        &mut self,
        target: &Target,
        method: &str,
        given: Given<'_>,
    ) -> Result<ScimResponse, Refused> {
        match (target, method) {
            (Target::User(id), "PUT") => self.replace(id, given).await,
            (Target::User(id), "PATCH") => self.patch(id, given).await,
            (Target::User(id), "DELETE") => self.delete(id).await,
            (Target::User(id), _) => self.read_user(id).await,
            (_, "POST") => self.create(given).await,
            _ => self.list().await,
        }
    }

    async fn create(&mut self, given: Given<'_>) -> Result<ScimResponse, Refused> {
        self.told.action = "create";
        let body = self.body(given)?;
        let received = self.received(&body)?;
        let apply = |account: Option<&Account>| received.apply(account);
        let account = self.carry_out(&Intent::Push(Push::new(&apply))).await?;
        self.note_about(&account, received.active());
        let location = location(&self.base, &account.id);
        Ok(self.resource(201, &account).with("location", location))
    }

    async fn replace(&mut self, id: &AccountId, given: Given<'_>) -> Result<ScimResponse, Refused> {
        self.begin("replace", id);
        let body = self.body(given)?;
        let received = self.received(&body)?;
        let apply = |account: Option<&Account>| received.apply(account);
        let push = self.held(Push::of(id, &apply), id).await?;
        let account = self.carry_out(&Intent::Push(push)).await?;
        self.note_about(&account, received.active());
        Ok(self.resource(200, &account))
    }

    async fn patch(&mut self, id: &AccountId, given: Given<'_>) -> Result<ScimResponse, Refused> {
        self.begin("patch", id);
        let body = self.body(given)?;
        let patch = Patch::parse(&body, self.caller.mode());
        let patch = patch.map_err(|refusal| Refused::new(refusal.code(), refusal))?;
        self.note_all(patch.warnings());
        let apply = |account: Option<&Account>| patch.apply(account);
        let push = self.held(Push::of(id, &apply), id).await?;
        let account = self.carry_out(&Intent::Push(push)).await?;
        self.note_about(&account, patch.active());
        Ok(self.resource(200, &account))
    }

    async fn delete(&mut self, id: &AccountId) -> Result<ScimResponse, Refused> {
        self.begin("delete", id);
        let account = self.found(id).await?;
        if !self.matches(account.version) {
            return Err(refused(Refusal::VersionDiffers));
        }
        self.carry_out(&Intent::SetStatus { account: id, status: Status::Deleted }).await?;
        Ok(ScimResponse::empty(204))
    }

    async fn read_user(&mut self, id: &AccountId) -> Result<ScimResponse, Refused> {
        self.begin("read", id);
        let account = self.found(id).await?;
        let known = self.request.if_none_match.is_some_and(|tags| is_among(tags, account.version));
        if known {
            return Ok(ScimResponse::empty(304).with("etag", version_tag(account.version)));
        }
        Ok(self.resource(200, &account))
    }

    fn begin(&mut self, action: &'static str, id: &AccountId) {
        self.told.action = action;
        self.told.account = Some(id.clone());
    }

    /// The account of this id in this organization. Somebody else's is as unknown as none.
    async fn found(&self, id: &AccountId) -> Result<Account, Refused> {
        let organization = self.caller.organization();
        let found = self.sso.store().find(organization, &Names::of_id(id)).await;
        let found = found.map_err(Refused::store)?;
        let accounts = found.map(|found| found.accounts).unwrap_or_default();
        let mut living = accounts.into_iter().filter(Account::is_living);
        living.next().ok_or_else(|| refused(Refusal::AccountMissing))
    }

    fn received(
        &mut self,
        body: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<ReceivedUser, Refused> {
        let received = ReceivedUser::parse(body, self.caller.mode());
        let received = received.map_err(|refusal| Refused::new(refusal.code(), refusal))?;
        self.note_all(received.warnings());
        Ok(received)
    }

    fn note_all(&mut self, warnings: &[Warning]) {
        warnings.iter().for_each(|warning| self.told.note(warning.to_string()));
    }

    /// What an administrator should know of an account that was taken as it was sent.
    fn note_about(&mut self, account: &Account, active: Option<bool>) {
        self.told.account = Some(account.id.clone());
        let organization = &self.caller.record.organization;
        let is_outside =
            |account: &Account| account.email().is_some_and(|email| !organization.owns(email));
        if !organization.verified_domains().is_empty() && is_outside(account) {
            self.told.note("the address is outside the organization's verified domains");
        }
        let is_ended = account.ended_by == Some(Source::Application);
        if active == Some(true) && is_ended {
            self.told.note("active stays false: the account was deactivated in the application");
        }
    }

    /// A change of the version that the directory says it has read, if it says one.
    async fn held<'p>(&self, push: Push<'p>, id: &AccountId) -> Result<Push<'p>, Refused> {
        let Some(tags) = self.if_match.as_deref().filter(|tags| tags.trim() != "*") else {
            return Ok(push);
        };
        let version = self.found(id).await?.version;
        match is_among(tags, version) {
            true => Ok(push.if_version(version)),
            false => Err(refused(Refusal::VersionDiffers)),
        }
    }

    fn matches(&self, version: u64) -> bool {
        self.if_match.as_deref().is_none_or(|tags| is_among(tags, version))
    }

    fn resource(&self, status: u16, account: &Account) -> ScimResponse {
        let body = user(account, &self.base, &self.query.selection());
        let response = ScimResponse::of(status, &body);
        // Whoever asks for less than the version is not told it: scim2-client takes an ETag for an
        // attribute that it has asked for.
        match body.pointer("/meta/version") {
            Some(_) => response.with("etag", version_tag(account.version)),
            None => response,
        }
    }
}

fn refused(refusal: Refusal) -> Refused {
    Refused::new(refusal.code(), ScimError::refused(refusal, None))
}

/// Whether a version is among tags, or they are all. A weak tag and a strong one say the same here:
/// RFC 7644 §3.14 has clients send back what they were given.
fn is_among(tags: &str, version: u64) -> bool {
    let tag = version_tag(version);
    let strong = tag.trim_start_matches("W/");
    tags.trim() == "*" || tags.split(',').map(str::trim).any(|one| one == tag || one == strong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_among_the_tags_that_name_it() {
        for tags in ["W/\"7\"", "\"7\"", "\"other\", W/\"7\"", " * "] {
            assert!(is_among(tags, 7), "{tags}");
        }
        for tags in ["", "7", "W/\"77\"", "\"other\""] {
            assert!(!is_among(tags, 7), "{tags}");
        }
    }
}
