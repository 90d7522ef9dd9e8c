//! One write: everything is looked at first, and then everything is written.

use super::super::{AccountWrite, Record, SessionWrite, SettingsWrite, Write, Written};
use super::State;
use super::tenant::{Tenant, Unfit};
use crate::account::{Account, Counters, OrganizationId, Shortage, Status};
use crate::organization::{Claim, Organization};

impl State {
    pub(super) fn write(&mut self, write: Write) -> Written {
        if let Some(refused) = self.refused(&write) {
            return refused;
        }
        let Write { organization, at, account, settings, sessions, spend, kept, .. } = write;
        let removed = matches!(settings, Some(SettingsWrite::Remove));
        if let Some(settings) = settings {
            self.put_settings(&organization, settings);
        }
        if let Some(account) = account {
            self.put_account(&organization, account);
        }
        sessions.into_iter().for_each(|session| self.put_session(session));
        if let Some(spending) = &spend {
            self.books.spend(spending, at);
        }
        kept.into_iter().for_each(|kept| self.books.keep(kept));
        if let Some(record) = write.store_record {
            self.record = record;
        }
        if !removed {
            write.events.into_iter().for_each(|event| self.books.record(event));
        }
        Written::Done
    }

    /// What speaks against a write, in the order of the contract.
    fn refused(&self, write: &Write) -> Option<Written> {
        let tenant = self.tenant(&write.organization);
        let version = tenant.map(|tenant| tenant.record.version);
        let outdated = write.decided_by.is_some_and(|read| version != Some(read));
        if outdated || (write.account.is_some() && tenant.is_none()) {
            return Some(Written::Outdated);
        }
        if write.spend.as_ref().is_some_and(|spending| self.books.is_spent(spending)) {
            return Some(Written::AlreadySpent);
        }
        let unfit = write.account.as_ref().zip(tenant);
        let unfit = unfit.and_then(|(account, tenant)| tenant.check(account).err());
        let kept = write.kept.iter().all(|kept| self.books.fits(kept));
        if unfit == Some(Unfit::Conflict) || !kept || self.settings_collide(write) {
            return Some(Written::Conflict);
        }
        if let Some(claim) = self.claimed_elsewhere(write) {
            return Some(Written::Claimed(claim));
        }
        let account = write.account.as_ref().zip(tenant);
        if write.keep_reachable
            && account.is_some_and(|(account, tenant)| tenant.leaves_unreachable(account))
        {
            return Some(Written::LastAdministrator);
        }
        match unfit {
            Some(Unfit::Shortage(Shortage::LastAdministrator)) if write.keep_administrator => {
                Some(Written::LastAdministrator)
            }
            // What takes no administrator away may still take a seat.
            Some(Unfit::Shortage(Shortage::NoSeat)) => Some(Written::NoSeat),
            _ => None,
        }
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
                Some(SettingsWrite::Change(_)) => !there || write.decided_by.is_none(),
                Some(SettingsWrite::Remove | SettingsWrite::Seats(_)) => !there,
            }
    }

    fn claimed_elsewhere(&self, write: &Write) -> Option<Claim> {
        let settings = match write.settings.as_ref()? {
            SettingsWrite::Change(organization) | SettingsWrite::Found { organization, .. } => {
                organization
            }
            SettingsWrite::Remove | SettingsWrite::Seats(_) => return None,
        };
        let other = |claim: &Claim| {
            self.claims.get(claim).is_some_and(|owner| *owner != write.organization)
        };
        settings.claims().into_iter().find(other)
    }

    fn put_settings(&mut self, id: &OrganizationId, settings: SettingsWrite) {
        match settings {
            SettingsWrite::Found { organization, purchased, purge_key } => {
                self.claim(id, &organization);
                let counters = Counters { purchased, ..Counters::default() };
                let tenant = Tenant::new(Record::new(*organization, 0, counters, purge_key));
                self.tenants.insert(id.clone(), tenant);
            }
            SettingsWrite::Change(organization) => {
                self.unclaim(id);
                self.claim(id, &organization);
                if let Some(tenant) = self.tenants.get_mut(id) {
                    tenant.record.organization = *organization;
                    tenant.record.version = tenant.record.version.saturating_add(1);
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
    }

    /// Its claims stay, so that nobody gets them.
    fn remove(&mut self, id: &OrganizationId) {
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
        if let Some(before) = tenant.put(write) {
            self.unlist(&before);
        }
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

    fn put_session(&mut self, write: SessionWrite) {
        match write {
            SessionWrite::Begin(session) => {
                let tenant = self.tenants.get_mut(&session.start.organization);
                if let Some(tenant) = tenant {
                    let account = session.start.account.clone();
                    tenant.sessions.entry(account).or_default().insert(session.token);
                    self.sessions.insert(session.token, *session);
                }
            }
            SessionWrite::End(token) => {
                let Some(session) = self.sessions.remove(&token) else { return };
                let tenant = self.tenants.get_mut(&session.start.organization);
                let tokens =
                    tenant.and_then(|tenant| tenant.sessions.get_mut(&session.start.account));
                if let Some(tokens) = tokens {
                    tokens.remove(&token);
                }
            }
        }
    }
}
