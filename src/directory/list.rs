//! People: a page of them.

use serde_json::Value;

use super::call::{Call, Given};
use super::cursor::Cursor;
use super::query::Query;
use super::{Refused, ScimResponse};
use crate::account::Account;
use crate::audit::{Action, Actor, AuditEvent, Outcome};
use crate::digest::Digest;
use crate::organization::ScimMode;
use crate::scim::{Expression, ListResponse, ScimError, ScimType, sort_by, user};
use crate::store::{
    Filter, Kept, KeptKind, KeptWhat, KeptWrite, Listing, Page, PagingKey, Position, SortBy, Store,
    Write,
};
use crate::token::TokenDigest;
use chrono::TimeDelta;

/// So long it is known where the next numbered page begins.
const REMEMBERED: TimeDelta = TimeDelta::minutes(10);

impl<S: Store> Call<'_, S> {
    pub(super) async fn list(&mut self) -> Result<ScimResponse, Refused> {
        self.told.action = "list";
        let page = self.page().await;
        self.tell_lookup(page).await
    }

    /// RFC 7644 §3.4.3: the same by POST, so that what is asked for stands in no URL.
    pub(super) async fn search(&mut self) -> Result<ScimResponse, Refused> {
        self.told.action = "search";
        let body = self.body(Given::Octets)?;
        self.query = Query::of_body(&body);
        let page = self.page().await;
        self.tell_lookup(page).await
    }

    /// A lookup that comes to nothing stands in the trail: the directory may take it for nobody,
    /// and create somebody a second time.
    async fn tell_lookup(
        &self,
        page: Result<ScimResponse, Refused>,
    ) -> Result<ScimResponse, Refused> {
        if let Err(refused) = &page {
            let code = refused.reason.into();
            let outcome = match refused.error.status {
                500.. => Outcome::Failed(code),
                _ => Outcome::Refused(code),
            };
            let actor = Actor::Directory(self.caller.token.id.clone());
            let organization = self.caller.organization();
            let event = AuditEvent::new(organization, actor, Action::DirectoryLookup, self.now);
            let client = self.request.client.map(|client| client.to_string());
            let event = event.of_request(self.request.request_id.map(str::to_owned), client);
            let _ = self.sso.store().record(&event.ended(outcome)).await;
        }
        page
    }

    async fn page(&mut self) -> Result<ScimResponse, Refused> {
        let query = self.query.clone();
        let mut listing = Listing::first(query.count()?);
        listing.filter = filter(&query)?;
        self.order(&query, &mut listing)?;
        let listed = listed(&query, &listing);
        let body = match &query.cursor {
            Some(cursor) => self.by_cursor(cursor, listing, listed).await?,
            None => self.by_index(query.start_index()?, listing, listed).await?,
        };
        Ok(ScimResponse::of(200, &body.to_json()))
    }

    fn order(&mut self, query: &Query, listing: &mut Listing) -> Result<(), Refused> {
        let Some(name) = query.sort_by.as_deref().filter(|name| !name.trim().is_empty()) else {
            return Ok(());
        };
        listing.sort = match sort_by(name) {
            Some(sort) => sort,
            None if self.caller.mode() == ScimMode::Lenient => {
                self.told.note("the list is not sorted by what was asked for");
                SortBy::Created
            }
            None => {
                let words = "Lists are sorted by userName, id, meta.created and meta.lastModified.";
                return Err(Refused::unfit("scim_sort_unknown", words));
            }
        };
        let order = query.sort_order.as_deref().unwrap_or_default().trim();
        listing.descending = order.eq_ignore_ascii_case("descending");
        Ok(())
    }

    async fn by_index(
        &mut self,
        start: usize,
        mut listing: Listing,
        listed: [u8; 32],
    ) -> Result<ListResponse, Refused> {
        let before = start.saturating_sub(1);
        let digest = self.paging_key(&listed);
        listing.from = match before {
            0 => Position::Start,
            _ => self.remembered(&digest, before, &listing).await?,
        };
        let Page { accounts, mut total, .. } = self.read(&listing).await?;
        let shown = before.saturating_add(accounts.len());
        let last = accounts.last().filter(|_| accounts.len() == listing.count);
        if let Some(last) = last.filter(|_| listing.sort == SortBy::Created) {
            // Whoever was removed since the first page is counted no more, and others have not been
            // seen yet. A client that believes the number would leave them out.
            let is_behind = matches!(listing.from, Position::After(..)) && shown >= total;
            if is_behind && self.are_more(listing, last).await? {
                total = shown.saturating_add(1);
            }
            if shown < total {
                self.remember(digest, shown, last).await;
            }
        }
        Ok(ListResponse::new(self.shown(&accounts), total).from(start))
    }

    /// One more than a page is asked for: it says whether there is a next one, whatever was removed
    /// or added meanwhile.
    async fn by_cursor(
        &mut self,
        cursor: &str,
        mut listing: Listing,
        listed: [u8; 32],
    ) -> Result<ListResponse, Refused> {
        let sealed = Cursor { organization: self.caller.organization(), listed };
        let keys = self.sso.sealing_keys();
        listing.from = match cursor.trim() {
            "" => Position::Start,
            cursor => sealed.open(cursor, keys, self.now)?,
        };
        let count = listing.count;
        listing.count = count.saturating_add(1);
        let Page { mut accounts, total, .. } = self.read(&listing).await?;
        let is_more = accounts.len() > count;
        accounts.truncate(count);
        let next = accounts.last().filter(|_| is_more).map(|last| match listing.sort {
            SortBy::Created => Position::After(last.created_at, last.id.clone()),
            _ => Position::Skip(match listing.from {
                Position::Skip(skip) => skip.saturating_add(count),
                _ => count,
            }),
        });
        let random = self.random.draw();
        let next = next.and_then(|position| sealed.seal(&position, keys, (self.now, random)));
        Ok(ListResponse::new(self.shown(&accounts), total).between(None, next))
    }

    /// Whether there is somebody behind this account.
    async fn are_more(&self, listing: Listing, last: &Account) -> Result<bool, Refused> {
        let from = Position::After(last.created_at, last.id.clone());
        let next = self.read(&Listing { from, count: 1, ..listing }).await?;
        Ok(!next.accounts.is_empty())
    }

    async fn read(&self, listing: &Listing) -> Result<Page, Refused> {
        let listed = self.sso.store().list(self.caller.organization(), listing).await;
        listed.map_err(Refused::store)?.map_err(|too_many| {
            let error = ScimError::new(400, format!("Narrow the search: {too_many}."));
            Refused::new("scim_filter_too_many", error.of(ScimType::TooMany))
        })
    }

    fn shown(&self, accounts: &[Account]) -> Vec<Value> {
        let selection = self.query.selection();
        accounts.iter().map(|account| user(account, &self.base, &selection)).collect()
    }

    fn paging_key(&self, listed: &[u8; 32]) -> TokenDigest {
        let digest = Digest::of("paging key").text(self.caller.organization().as_str());
        TokenDigest::from_bytes(digest.text(&self.caller.token.id).bytes(listed).finish())
    }

    /// Behind so many: by the last one of the page before, where that is known, so that neither a
    /// removal in between nor a hundred thousand people before it matter.
    async fn remembered(
        &self,
        digest: &TokenDigest,
        before: usize,
        listing: &Listing,
    ) -> Result<Position, Refused> {
        if listing.sort != SortBy::Created {
            return Ok(Position::Skip(before));
        }
        let kept = self.sso.store().kept(KeptKind::PagingKey, digest).await;
        let kept = kept.map_err(Refused::store)?.filter(|kept| kept.is_good(self.now));
        Ok(match kept.map(|kept| kept.what) {
            Some(KeptWhat::PagingKey(key))
                if u64::try_from(before).is_ok_and(|n| n == key.number) =>
            {
                let (at, id) = key.after;
                Position::After(at, id)
            }
            _ => Position::Skip(before),
        })
    }

    /// Notes where the next page begins. That it fails costs time alone.
    async fn remember(&self, digest: TokenDigest, shown: usize, last: &Account) {
        let (store, organization) = (self.sso.store(), self.caller.organization());
        let Ok(before) = store.kept(KeptKind::PagingKey, &digest).await else { return };
        let number = u64::try_from(shown).unwrap_or(u64::MAX);
        let key = PagingKey::new(number, (last.created_at, last.id.clone()));
        let expires_at = self.now.checked_add_signed(REMEMBERED);
        let mut kept = Kept::new(organization, digest, expires_at, KeptWhat::PagingKey(key));
        kept.version = before.map_or(0, |before| before.version.saturating_add(1));
        let mut write = Write::of(organization, self.now);
        write.kept.push(KeptWrite::Put(Box::new(kept)));
        let _ = store.write(write).await;
    }
}

fn filter(query: &Query) -> Result<Option<Filter>, Refused> {
    let Some(text) = query.filter.as_deref() else { return Ok(None) };
    let filter = Expression::parse(text).and_then(|expression| expression.filter());
    filter.map(Some).map_err(|refusal| Refused::new(refusal.code(), refusal))
}

/// What is listed, and in which order.
fn listed(query: &Query, listing: &Listing) -> [u8; 32] {
    let digest = Digest::of("scim list").text(query.filter.as_deref().unwrap_or_default());
    digest.text(listing.sort.as_str()).flag(listing.descending).finish()
}
