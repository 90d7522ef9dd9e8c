//! One write: everything is looked at first, and then everything is written.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::{AccountWrite, SessionWrite, SettingsWrite, Write, Written};
use super::State;
use super::tenant::{Tenant, Unfit};
use crate::account::{Account, AccountId, OrganizationId, Status};
use crate::organization::{Claim, Organization, Shortage};
use crate::session::Session;

impl State {
    pub(super) fn write(&mut self, write: Write) -> Written {
        if let Some(refused) = self.refused(&write) {
            return refused;
        }
        self.sweep(write.at);
        let Write { organization, at, account, settings, sessions, spend, kept, .. } = write;
        if let Some(spending) = &spend {
            self.books.spend(spending, at);
        }
        if let Some(record) = write.store_record {
            self.record = record;
        }
        // What is written of an organization goes with it.
        if settings == Some(SettingsWrite::Remove) {
            self.remove(&organization);
            return Written::Done;
        }
        if let Some(settings) = settings {
            self.put_settings(&organization, settings);
        }
        if let Some(account) = account {
            self.put_account(&organization, account);
        }
        sessions.into_iter().for_each(|session| self.put_session(&organization, session));
        kept.into_iter().for_each(|kept| self.books.keep(kept));
        write.events.into_iter().for_each(|event| self.books.record(event));
        Written::Done
    }

    /// Forgets what has been over for a day.
    fn sweep(&mut self, now: DateTime<Utc>) {
        self.books.sweep(now);
        let is_over = |at: &DateTime<Utc>| now.signed_duration_since(*at) > TimeDelta::days(1);
        while let Some(&(_, token)) = self.session_ends.first().filter(|first| is_over(&first.0)) {
            self.session_ends.pop_first();
            let session = self.sessions.get(&token).filter(|one| is_over(&one.not_on_or_after));
            if let Some(organization) = session.map(|one| one.start.organization.clone()) {
                self.put_session(&organization, SessionWrite::End(token));
            }
        }
    }

    /// What speaks against a write, in the order of the contract.
    fn refused(&self, write: &Write) -> Option<Written> {
        let founded = founded(write);
        let there = self.tenant(&write.organization);
        let version = there.map(|tenant| tenant.record.version);
        let outdated = write.decided_by.is_some_and(|read| version != Some(read));
        if outdated || (there.is_none() && write.needs_organization()) {
            return Some(Written::Outdated);
        }
        let spent = |spending| self.books.is_spent(spending, write.at);
        if write.spend.as_ref().is_some_and(spent) {
            return Some(Written::AlreadySpent);
        }
        let unfit = write.account.as_ref().zip(there.or(founded.as_ref()));
        let unfit = unfit.and_then(|(account, tenant)| tenant.check(account).err());
        let kept = write.kept.iter().all(|kept| self.books.fits(&write.organization, kept));
        let collides = unfit == Some(Unfit::Conflict) || !kept || self.settings_collide(write);
        if write.is_mixed() || collides || !self.sessions_fit(write) {
            return Some(Written::Conflict);
        }
        if let Some(claim) = self.claimed_elsewhere(write) {
            return Some(Written::Claimed(claim));
        }
        let settings = write.settings.as_ref().and_then(SettingsWrite::organization);
        let loses = |tenant: &Tenant| tenant.loses_reach(settings, write.account.as_ref());
        if write.keep_reachable && there.is_some_and(loses) {
            return Some(Written::LastAdministrator);
        }
        match unfit {
            Some(Unfit::Shortage(Shortage::LastAdministrator)) if write.keep_administrator => {
                Some(Written::LastAdministrator)
            }
            // What takes an administrator away takes no seat.
            Some(Unfit::Shortage(Shortage::NoSeat)) => Some(Written::NoSeat),
            _ => None,
        }
    }

    /// Whether each session that begins has an account, and takes no other organization's place.
    fn sessions_fit(&self, write: &Write) -> bool {
        let tenant = self.tenant(&write.organization);
        let written = write.account.as_ref();
        let has_account = |id: &AccountId| match written.filter(|account| account.id() == id) {
            Some(account) => account.after().is_some(),
            None => tenant.is_some_and(|tenant| tenant.account(id).is_some()),
        };
        write.sessions.iter().all(|session| match session {
            SessionWrite::Begin(session) => {
                let before = self.sessions.get(&session.token);
                let is_own = before.is_none_or(|one| one.start.organization == write.organization);
                is_own && has_account(&session.start.account)
            }
            SessionWrite::End(_) | SessionWrite::Touch(..) => true,
        })
    }

    fn settings_collide(&self, write: &Write) -> bool {
        let there = self.tenants.contains_key(&write.organization);
        let record = write.store_record.as_ref();
        let stale =
            record.is_some_and(|new| self.record.version.checked_add(1) != Some(new.version));
        stale
            || match &write.settings {
                None => false,
                Some(SettingsWrite::Found { .. }) => {
                    there || self.former.contains(&write.organization)
                }
                Some(SettingsWrite::Change(_)) => write.decided_by.is_none(),
                Some(SettingsWrite::Remove | SettingsWrite::Seats(_)) => false,
            }
    }

    fn claimed_elsewhere(&self, write: &Write) -> Option<Claim> {
        let settings = write.settings.as_ref()?.organization()?;
        let other = |claim: &Claim| {
            self.claims.get(claim).is_some_and(|owner| *owner != write.organization)
        };
        settings.claims().into_iter().find(other)
    }

    fn put_settings(&mut self, id: &OrganizationId, settings: SettingsWrite) {
        match settings {
            SettingsWrite::Found { organization, purchased, purge_key } => {
                self.claim(id, &organization);
                let tenant = Tenant::founded(*organization, purchased, purge_key);
                self.tenants.insert(id.clone(), tenant);
            }
            SettingsWrite::Change(organization) => {
                self.unclaim(id);
                self.distrust(id);
                self.claim(id, &organization);
                if let Some(tenant) = self.tenants.get_mut(id) {
                    tenant.change_settings(*organization);
                }
            }
            SettingsWrite::Remove => self.remove(id),
            SettingsWrite::Seats(purchased) => {
                if let Some(tenant) = self.tenants.get_mut(id) {
                    tenant.record.counters.purchased = purchased;
                }
            }
        }
    }

    fn unclaim(&mut self, id: &OrganizationId) {
        let claims = self.tenants.get(id).map(|tenant| tenant.record.organization.claims());
        claims.into_iter().flatten().for_each(|claim| drop(self.claims.remove(&claim)));
    }

    fn claim(&mut self, id: &OrganizationId, organization: &Organization) {
        let claims = organization.claims().into_iter().map(|claim| (claim, id.clone()));
        self.claims.extend(claims);
        for fingerprint in organization.fingerprints() {
            self.trusting.entry(fingerprint).or_default().insert(id.clone());
        }
    }

    fn distrust(&mut self, id: &OrganizationId) {
        let tenant = self.tenants.get(id);
        let fingerprints = tenant.map(|tenant| tenant.record.organization.fingerprints());
        for fingerprint in fingerprints.into_iter().flatten() {
            if let Some(who) = self.trusting.get_mut(&fingerprint) {
                who.remove(id);
            }
        }
        self.trusting.retain(|_, who| !who.is_empty());
    }

    /// Its claims stay, so that nobody gets them.
    fn remove(&mut self, id: &OrganizationId) {
        self.distrust(id);
        let Some(tenant) = self.tenants.remove(id) else { return };
        for account in tenant.accounts() {
            self.unlist(account);
        }
        let tokens = tenant.sessions.values().flatten();
        tokens.for_each(|token| drop(self.sessions.remove(token)));
        self.books.forget(id);
        self.former.insert(id.clone());
    }

    fn put_account(&mut self, id: &OrganizationId, write: AccountWrite) {
        let after = write.after().cloned();
        let Some(tenant) = self.tenants.get_mut(id) else { return };
        let before = tenant.put(write);
        if let (Some(before), None) = (&before, &after) {
            for token in tenant.sessions.remove(&before.id).into_iter().flatten() {
                if let Some(session) = self.sessions.remove(&token) {
                    tenant.unindex(&session);
                }
            }
        }
        before.iter().for_each(|before| self.unlist(before));
        let living = after.filter(|account| account.status != Status::Deleted);
        if let Some((account, email)) = living.as_ref().and_then(|one| Some((one, one.email()?))) {
            let place = (id.clone(), account.id.clone());
            let address = email.address().to_ascii_lowercase();
            self.addresses.entry(address).or_default().insert(place);
        }
    }

    fn unlist(&mut self, account: &Account) {
        let Some(email) = account.email() else { return };
        let address = email.address().to_ascii_lowercase();
        if let Some(places) = self.addresses.get_mut(&address) {
            places.remove(&(account.organization.clone(), account.id.clone()));
            if places.is_empty() {
                self.addresses.remove(&address);
            }
        }
    }

    /// One that is there already goes first: it may have been another account's.
    fn put_session(&mut self, organization: &OrganizationId, write: SessionWrite) {
        let is_own = |session: &Session| session.start.organization == *organization;
        let token = match &write {
            SessionWrite::Begin(session) => session.token,
            SessionWrite::End(token) => *token,
            SessionWrite::Touch(token, at) => {
                let session = self.sessions.get_mut(token).filter(|session| is_own(session));
                session.into_iter().for_each(|session| session.last_used_at = *at);
                return;
            }
        };
        let before = self.sessions.get(&token).filter(|session| is_own(session));
        let Some(tenant) = self.tenants.get_mut(organization) else { return };
        if let Some(before) = before {
            if let Some(tokens) = tenant.sessions.get_mut(&before.start.account) {
                tokens.remove(&token);
            }
            tenant.unindex(before);
            self.sessions.remove(&token);
        }
        if let SessionWrite::Begin(session) = write {
            let account = session.start.account.clone();
            tenant.sessions.entry(account).or_default().insert(token);
            tenant.index(&session);
            self.session_ends.insert((session.not_on_or_after, token));
            self.sessions.insert(token, *session);
        }
    }
}

/// The organization that a write makes.
fn founded(write: &Write) -> Option<Tenant> {
    match write.settings.clone()? {
        SettingsWrite::Found { organization, purchased, purge_key } => {
            Some(Tenant::founded(*organization, purchased, purge_key))
        }
        _ => None,
    }
}
