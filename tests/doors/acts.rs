//! What happens meanwhile: settings and people change, and browsers ask.
#![allow(dead_code, reason = "each group of tests uses its part of it")]

use chrono::TimeDelta;
use saml_login::account::{AccountId, OrganizationId, Status};
use saml_login::organization::Change;
use saml_login::provision::Intent;
use saml_login::sso::{Browser, Resumed};
use saml_login::store::{SettingsWrite, Store as _, Write, Written};
use saml_login::testing::idp::TestIdp;
use saml_login::{Error, Organization};

use crate::common::block_on;
use crate::common::people::carry;
use crate::common::tenants::{OPERATOR, done, test_login, values};
use crate::site::{From, Jar, Site};

impl Site {
    /// Settings change somewhere, and a second later everybody knows.
    pub(crate) fn set(&self, id: &str, change: impl FnOnce(&mut Organization)) {
        let id = OrganizationId::new(id);
        let record = block_on(self.store.organization(&id)).expect("the store").expect("one");
        let mut organization = record.organization;
        change(&mut organization);
        let mut write = Write::of(&id, self.now());
        write.decided_by = Some(record.version);
        write.settings = Some(SettingsWrite::Change(Box::new(organization)));
        assert_eq!(block_on(self.store.write(write)).expect("the store"), Written::Done);
        self.wait(TimeDelta::seconds(1));
    }

    pub(crate) fn enforce_sso(&self, id: &str, idp: &TestIdp) {
        self.set(id, |organization| {
            test_login(organization, idp);
            done(organization, Change::Enforce);
        });
    }

    pub(crate) fn lift(&self, id: &str) {
        self.set(id, |organization| done(organization, Change::LiftEnforcement));
    }

    /// Another identity provider, or another key of the same.
    pub(crate) fn configure(&self, id: &str, idp: &TestIdp) {
        self.set(id, |organization| {
            let values = values(organization, idp);
            done(organization, Change::Configure(Box::new(values)));
        });
    }

    /// The operator does something to an account.
    pub(crate) fn carry(&self, organization: &str, intent: &Intent<'_>) {
        carry(&self.store, organization, &OPERATOR, intent).expect("a change");
    }

    pub(crate) fn set_status(&self, organization: &str, account: &AccountId, status: Status) {
        self.carry(organization, &Intent::SetStatus { account, status });
    }

    /// A browser comes to a page of the application's own.
    pub(crate) fn here<T>(&self, jar: &Jar, run: impl FnOnce(&Browser<'_>) -> T) -> T {
        let header = jar.header(From::Here, self.now());
        run(&Browser::new(&header, self.now()))
    }

    /// Cookies that somebody has kept, whatever the browser was told of them.
    pub(crate) fn kept(&self, header: &str) -> &'static str {
        let browser = Browser::new(header, self.now());
        resumed(&block_on(self.sso.resume(&browser)).expect("the store"))
    }

    /// The code of who is there.
    pub(crate) fn who(&self, jar: &mut Jar) -> &'static str {
        resumed(&self.page(jar, From::Here))
    }

    /// The codes of what was told, the latest first, with that of a refusal.
    pub(crate) fn told_codes(&self, organization: &str, count: usize) -> Vec<String> {
        use saml_login::audit::Outcome;
        let told = self.told(organization, count);
        let code = |event: &saml_login::audit::AuditEvent| match &event.outcome {
            Outcome::Refused(code) => format!("{} {code}", event.action.code()),
            Outcome::Failed(code) => format!("{} failed {code}", event.action.code()),
            _ => event.action.code().to_owned(),
        };
        told.iter().map(code).collect()
    }
}

/// The code of who is there.
pub(crate) fn resumed(resumed: &Resumed) -> &'static str {
    match resumed {
        Resumed::SignedIn(_) => "signed_in",
        Resumed::StepUp(_) => "step_up",
        Resumed::Nobody { reason: None, .. } => "nobody",
        Resumed::Nobody { reason: Some(reason), .. } => reason.code(),
        other => panic!("not known: {other:?}"),
    }
}

/// The code of what did not work.
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    result.expect_err("a refusal").code()
}
