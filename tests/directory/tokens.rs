//! Tokens of the directory: made, shown once, used by the directory alone, and revoked.

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::account::OrganizationId;
use saml_login::administration::{
    AdministrationError, IssuedToken, TokenLifetime, administer, directory_tokens, issue_token,
    revoke_token,
};
use saml_login::audit::{Actor, Outcome};
use saml_login::organization::{By, Change, DirectoryRules, Plan, ScimMode, SetupScope};
use saml_login::provision::Asked;
use saml_login::store::{AccountWrite, KeptKind, MemoryStore, Store, Write, Written};

use saml_login::{Organization, Random};

use crate::common::people::{administrator_of, member, store_of};
use crate::common::tenants::{IDP_A, OPERATOR, done, open};
use crate::common::{block_on, now};

/// An organization whose directory is on.
fn managed() -> Organization {
    let mut acme = open("org-a", "acme", &IDP_A);
    done(&mut acme, Change::ManageByDirectory(true));
    acme
}

fn issue(
    store: &MemoryStore,
    plan: Plan,
    wanted: (&str, TokenLifetime),
    by: By<'_>,
    at: DateTime<Utc>,
) -> Result<IssuedToken, AdministrationError> {
    let (id, asked) = (OrganizationId::new("org-a"), Asked::by(by, at));
    let random = Random::generate().expect("randomness");
    block_on(issue_token(store, &plan, &id, wanted, &asked, random))
}

fn revoke(store: &MemoryStore, token: &str, by: By<'_>) -> Result<(), AdministrationError> {
    let asked = Asked::by(by, now());
    block_on(revoke_token(store, &"org-a".into(), token, &asked))
}

fn refused<T: std::fmt::Debug>(result: Result<T, AdministrationError>) -> &'static str {
    let error = result.expect_err("a refusal");
    assert_eq!(error.user_message(), "The settings of single sign-on were not changed.");
    error.code()
}

fn change(store: &MemoryStore, change: Change) {
    let asked = Asked::by(OPERATOR, now());
    let applied = block_on(administer(store, &Plan::ALL, &"org-a".into(), &change, &asked));
    applied.expect("the store").result.expect("a change");
}

/// The codes of what was told, the latest first.
fn told(store: &MemoryStore, count: usize) -> Vec<String> {
    let events = block_on(store.audit(&"org-a".into(), None, count)).expect("the store");
    let code = |outcome: &Outcome| match outcome {
        Outcome::Refused(code) => format!(" {code}"),
        _ => String::new(),
    };
    events
        .iter()
        .map(|(_, event)| format!("{}{}", event.action.code(), code(&event.outcome)))
        .collect()
}

const JUMPCLOUD: (&str, TokenLifetime) = ("JumpCloud", TokenLifetime::OneYear);

#[test]
fn a_token_is_shown_once_and_kept_as_its_digest() {
    let acme = managed();
    let store = store_of(&acme, None);
    let issued = issue(&store, Plan::ALL, JUMPCLOUD, OPERATOR, now()).expect("a token");
    let secret = issued.secret.as_str().to_owned();
    assert!(secret.starts_with("scim_") && secret.len() == 5 + 43, "{secret}");
    assert!(!format!("{issued:?}").contains(&secret));
    let kept = block_on(store.kept(KeptKind::DirectoryToken, &issued.secret.digest()));
    let kept = kept.expect("the store").expect("it is kept");
    assert!(!format!("{kept:?}").contains(&secret));
    assert_eq!(kept.expires_at, Some(now() + TimeDelta::days(365)));
    let all = block_on(directory_tokens(&store, &"org-a".into())).expect("tokens");
    assert_eq!(all, std::slice::from_ref(&issued.token));
    let token = &all[0].token;
    assert_eq!(
        (&*token.name, &token.made_by),
        ("JumpCloud", &Actor::Operator("operator-7".into()))
    );
    assert_eq!((token.made_at, token.last_used_at, &token.client), (now(), None, &None));
    assert_eq!(token.id.len(), 16);
    assert!(!secret.contains(&token.id), "the id tells nothing of the secret");
    assert_eq!(told(&store, 1), ["directory_token_issued"]);
}

#[test]
fn a_token_lasts_as_long_as_was_asked() {
    let days = |lifetime: TokenLifetime| {
        lifetime.expires_at(now()).map(|at| at.signed_duration_since(now()).num_days())
    };
    assert_eq!(days(TokenLifetime::NinetyDays), Some(90));
    assert_eq!(days(TokenLifetime::default()), Some(365));
    assert_eq!(days(TokenLifetime::TwoYears), Some(730));
    assert_eq!(days(TokenLifetime::Unlimited), None);
}

/// Pitfall 8: whoever could make a token could make anybody.
#[test]
fn administrators_make_tokens_and_nobody_else() {
    let acme = managed();
    let store = store_of(&acme, None);
    let boss = administrator_of("org-a", "boss", "boss@example.test");
    let mia = member("org-a", "mia", "mia@example.test", saml_login::account::EmailProof::Proven);
    let elsewhere = administrator_of("org-b", "boss", "boss@example.test");
    for account in [&boss, &mia] {
        let mut write = Write::of("org-a", now());
        write.account = Some(AccountWrite::Create(Box::new(account.clone())));
        assert_eq!(block_on(store.write(write)).expect("the store"), Written::Done);
    }
    let directory = [SetupScope::Directory].into();
    let sso = [SetupScope::Sso].into();
    for by in [
        By::member(&mia),
        By::member(&elsewhere),
        By::entered(&boss),
        By::Directory("token"),
        By::IdentityProvider,
        By::SetupLink("link", &sso),
    ] {
        assert_eq!(refused(issue(&store, Plan::ALL, JUMPCLOUD, by, now())), "not_administrator");
        assert_eq!(refused(revoke(&store, "any", by)), "not_administrator", "{by:?}");
    }
    assert_eq!(told(&store, 1), ["directory_token_revoked not_administrator"]);
    issue(&store, Plan::ALL, JUMPCLOUD, By::member(&boss), now()).expect("an administrator");
    let by_link = By::SetupLink("link", &directory);
    let issued = issue(&store, Plan::ALL, JUMPCLOUD, by_link, now()).expect("by a setup link");
    let id = issued.token.token.id;
    assert_eq!(refused(revoke(&store, &id, by_link)), "not_administrator");
    revoke(&store, &id, By::member(&boss)).expect("revoked");
}

#[test]
fn a_token_needs_a_directory_that_is_on_and_paid_for_and_a_name() {
    let acme = managed();
    let store = store_of(&acme, None);
    let with = |plan: Plan, name: &str| {
        refused(issue(&store, plan, (name, TokenLifetime::Unlimited), OPERATOR, now()))
    };
    assert_eq!(with(Plan::new(true, false), "JumpCloud"), "not_entitled");
    assert_eq!(with(Plan::new(false, true), "JumpCloud"), "not_entitled");
    for name in ["", " ", "two\nlines"] {
        assert_eq!(with(Plan::ALL, name), "directory_token_name", "{name:?}");
    }
    change(&store, Change::ManageByDirectory(false));
    assert_eq!(with(Plan::ALL, "JumpCloud"), "directory_off");
}

/// Behaviour 46: one token is good beside the next one, so that the identity provider is given that
/// without a gap.
#[test]
fn two_tokens_are_good_at_the_same_time() {
    let acme = managed();
    let store = store_of(&acme, None);
    let short = ("one", TokenLifetime::NinetyDays);
    let one = issue(&store, Plan::ALL, short, OPERATOR, now()).expect("a token");
    let two = issue(&store, Plan::ALL, JUMPCLOUD, OPERATOR, now() + TimeDelta::seconds(1));
    let two = two.expect("the next one").token.token.id;
    let more = issue(&store, Plan::ALL, JUMPCLOUD, OPERATOR, now());
    assert_eq!(refused(more), "directory_tokens_too_many");
    // One that has expired takes no place.
    let later = now() + TimeDelta::days(90);
    let three = issue(&store, Plan::ALL, JUMPCLOUD, OPERATOR, later).expect("another");
    let all = block_on(directory_tokens(&store, &"org-a".into())).expect("tokens");
    let ids: Vec<&str> = all.iter().map(|one| &*one.token.id).collect();
    assert_eq!(ids, [&three.token.token.id, &two, &one.token.token.id], "the latest first");
    revoke(&store, &two, OPERATOR).expect("revoked");
    assert_eq!(refused(revoke(&store, &two, OPERATOR)), "directory_token_unknown");
    assert_eq!(
        told(&store, 2),
        ["directory_token_revoked directory_token_unknown", "directory_token_revoked"]
    );
}

/// Of many who make one at the same time no more than two succeed.
#[test]
fn no_race_makes_a_third_token() {
    let store = store_of(&managed(), None);
    let outcomes: Vec<&str> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| match issue(&store, Plan::ALL, JUMPCLOUD, OPERATOR, now()) {
                    Ok(_) => "issued",
                    Err(error) => error.code(),
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().expect("a racer")).collect()
    });
    let issued = outcomes.iter().filter(|one| **one == "issued").count();
    assert_eq!(issued, 2, "{outcomes:?}");
    assert_eq!(
        outcomes.iter().filter(|one| **one == "directory_tokens_too_many").count(),
        14,
        "{outcomes:?}"
    );
}

/// Behaviour 45: the tokens go with the directory, and a new one is made when it comes back.
#[test]
fn a_directory_that_is_switched_off_takes_its_tokens_along() {
    let acme = managed();
    let store = store_of(&acme, None);
    issue(&store, Plan::ALL, JUMPCLOUD, OPERATOR, now()).expect("a token");
    change(&store, Change::ManageByDirectory(false));
    change(&store, Change::ManageByDirectory(true));
    assert_eq!(block_on(directory_tokens(&store, &"org-a".into())).expect("tokens"), []);
}

#[test]
fn an_organization_says_how_its_directory_is_listened_to() {
    let mut acme = managed();
    assert_eq!(acme.directory_rules(), DirectoryRules::default());
    assert!(acme.directory_rules().answers_groups);
    let before = serde_json::to_value(&acme).expect("JSON");
    assert_eq!(before.get("directory"), None, "an older release reads what is by default");
    let mut rules = DirectoryRules::new(ScimMode::Interop);
    rules.answers_groups = false;
    done(&mut acme, Change::ListenToDirectory(rules));
    assert_eq!(acme.directory_rules(), rules);
    let text = serde_json::to_string(&acme).expect("JSON");
    assert_eq!(serde_json::from_str::<Organization>(&text).expect("a record"), acme);
}
