//! An application that keeps users, organizations and sessions in tables of its own, and wants the
//! rules: the pure parts, over values that it makes from its rows.

use chrono::{DateTime, Utc};
use saml_login::account::{
    Account, AccountAddress, AccountId, EmailProof, Link, LinkOrigin, Role, Status,
};
use saml_login::identity::{Email, StableKey};
use saml_login::organization::{Applied, Around, By, Change, Counters, Organization, Plan};
use saml_login::policy::{Decision, PolicyAction};
use saml_login::provision::{Intent, LogIn, Moment, Provisioning, Refusal, Standing, decide};
use saml_login::session::SessionStart;
use saml_login::{Identity, LoginPolicy};

/// A row of the application's table of users.
pub struct User {
    pub id: i64,
    pub tenant: i64,
    pub email: String,
    pub email_verified: bool,
    pub is_admin: bool,
    pub is_active: bool,
    /// What was stored of the identity provider's name.
    pub sso_key: Option<String>,
    /// Raised whenever the sessions have to end.
    pub session_epoch: u64,
    pub created_at: DateTime<Utc>,
}

impl User {
    /// The row as the rules see it.
    pub fn account(&self) -> Account {
        let id = AccountId::new(self.id.to_string());
        let mut account = Account::new(id, self.tenant.to_string(), self.created_at);
        account.generation = self.session_epoch;
        account.role = if self.is_admin { Role::Administrator } else { Role::Member };
        account.status = if self.is_active { Status::Active } else { Status::Deactivated };
        let proof = if self.email_verified { EmailProof::Proven } else { EmailProof::Unproven };
        let address = Email::parse(&self.email).ok();
        account.address = address.map(|email| AccountAddress::new(email, proof));
        let key = self.sso_key.as_deref().and_then(StableKey::from_stored);
        account.link = key.map(|key| Link::new(key, LinkOrigin::Created));
        account
    }
}

/// What a login comes to: a row to insert or to update, or what the person reads.
pub fn log_in(
    identity: &Identity,
    organization: &Organization,
    users: &[User],
    seats: Option<u32>,
    now: DateTime<Utc>,
) -> Result<Provisioning, Refusal> {
    let accounts: Vec<Account> = users.iter().map(User::account).collect();
    let mut counters = Counters::of(organization, &accounts);
    counters.purchased = seats;
    let standing = Standing::new(organization, counters, &accounts);
    let moment = Moment::new(now, AccountId::new("to be numbered by the table"));
    decide(&Intent::LogIn(LogIn::of(identity)), &By::IdentityProvider, &standing, &moment)
}

/// Whether a request may go on in its session.
pub fn resume(organization: &Organization, user: &User, session: &SessionStart) -> Decision {
    LoginPolicy::of(organization).decide(&user.account(), &PolicyAction::Resume(session))
}

/// A change of the settings by a signed-in user.
pub fn change(
    organization: &mut Organization,
    user: &User,
    change: Change,
    now: DateTime<Utc>,
) -> Applied {
    let account = user.account();
    let around = Around::plan(Plan::ALL).with_accounts([account.clone()]);
    organization.apply(change, &By::member(&account), &around, now)
}

#[cfg(test)]
mod tests {
    use saml_login::organization::{Slug, SpUrls};
    use saml_login::session::LoginMethod;
    use saml_login::testing::idp::TestIdp;
    use saml_login::testing::pending_request;
    use saml_login::{MemoryReplayStore, Unspent};

    use super::*;

    fn now() -> DateTime<Utc> {
        "2030-01-31T12:00:00Z".parse().expect("an instant")
    }

    fn boss() -> User {
        User {
            id: 1,
            tenant: 7,
            email: "boss@example.test".into(),
            email_verified: true,
            is_admin: true,
            is_active: true,
            sso_key: None,
            session_epoch: 3,
            created_at: now(),
        }
    }

    fn verified(organization: &Organization, idp: &TestIdp, name: &str) -> Identity {
        let connection = organization.connection().expect("a connection");
        let response =
            idp.response(&organization.service_provider(), now()).in_reply_to("_request");
        let response = response.for_person(&format!("{name}@example.test"));
        let request = pending_request(&connection, "_request", now());
        let opened = connection.open(response.form_value().expect("a response"), now());
        let login: Unspent<Identity> =
            opened.and_then(|opened| opened.accept(Some(&request), now())).expect("a login");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(login.spend(&MemoryReplayStore::default(), now())).expect("the first use")
    }

    #[test]
    fn the_rules_hold_over_tables_of_the_applications_own() {
        let idp = TestIdp::p256("https://idp.example.test/metadata").expect("a key");
        let slug = Slug::parse("acme").expect("a slug");
        let urls = SpUrls::derived("https://app.example.com", &slug).expect("URLs");
        let mut acme = Organization::new("7", slug, urls);
        let values = saml_login::doctor::PastedValues::new(
            acme.urls().entity_id.clone(),
            "https://idp.example.test/sso",
            idp.issuer(),
            idp.certificate_pem().expect("PEM"),
        );
        let mut member = boss();
        member.is_admin = false;
        let refused = change(&mut acme, &member, Change::Enable, now());
        assert_eq!(refused.result.expect_err("a member").code(), "not_administrator");
        for step in [Change::Enable, Change::Configure(Box::new(values))] {
            change(&mut acme, &boss(), step, now()).result.expect("a change");
        }

        let code = |name: &str, users: &[User], seats| {
            let identity = verified(&acme, &idp, name);
            match log_in(&identity, &acme, users, seats, now()) {
                Ok(provisioning) => provisioning.code(),
                Err(refusal) => refusal.code(),
            }
        };
        assert_eq!(code("alice", &[boss()], None), "create");
        assert_eq!(code("alice", &[boss()], Some(1)), "no_seat");
        assert_eq!(code("boss", &[boss()], Some(1)), "confirm");
        let mut linked = boss();
        let key = verified(&acme, &idp, "boss").stable_key().expect("a key");
        linked.sso_key = Some(key.as_str().to_owned());
        assert_eq!(code("boss", &[linked], Some(1)), "update");
        let mut gone = boss();
        gone.is_active = false;
        assert_eq!(code("boss", &[gone], Some(1)), "account_deactivated");

        let session = SessionStart::new(&boss().account(), LoginMethod::Password);
        assert_eq!(resume(&acme, &boss(), &session).code(), "allowed");
        let mut signed_out = boss();
        signed_out.session_epoch += 1;
        assert_eq!(resume(&acme, &signed_out, &session).code(), "session_ended");
    }
}
