//! Sessions: one read with the account, by account, and what ends them.

use super::people::{address_of, administrator, at, digest, member, session};
use super::{Tested, creation, with_session};
use crate::account::{Account, OrganizationId};
use crate::assertion::NameId;
use crate::identity::Email;
use crate::logout::LogoutSubject;
use crate::session::{LoginMethod, Session, SessionStart};
use crate::store::{SessionWrite, Store, Written};

/// One of which every field says something.
fn full(account: &Account, name: &str) -> Session {
    let start = SessionStart {
        method: LoginMethod::Sso,
        issuer: Some(super::people::odd("urn:issuer")),
        key_fingerprint: "ab".repeat(32).parse().ok(),
        stable_key: account.stable_key().cloned(),
        proven: Email::parse(" Proven@Sessions.TEST ").ok(),
        generation: 7,
        ..SessionStart::new(account, LoginMethod::Sso)
    };
    Session {
        subject: Some(subject(&account.organization, name, Some(name))),
        last_used_at: at(2),
        entered_from: Some(digest(&account.organization, "entered")),
        ..Session::new(digest(&account.organization, name), start, at(1), at(60))
    }
}

/// What a session is called at the identity provider.
fn subject(organization: &OrganizationId, name: &str, index: Option<&str>) -> LogoutSubject {
    let issuer = super::people::odd("urn:issuer");
    let mut name_id = NameId::new(super::people::odd(name));
    name_id.format = Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent".into());
    name_id.name_qualifier = Some(super::people::odd("qualifier"));
    LogoutSubject::new(organization.as_str(), issuer, name_id, index.map(super::people::odd))
}

fn begin(session: &Session) -> SessionWrite {
    SessionWrite::Begin(Box::new(session.clone()))
}

impl<S: Store> Tested<'_, S> {
    fn session(self, session: &Session) -> Option<(Session, Account)> {
        self.ask(self.store.session(&session.token))
    }

    fn sessions(self, account: &Account) -> Vec<Session> {
        let read = self.store.sessions(&account.organization, &account.id);
        let mut sessions = self.ask(read);
        sessions.sort_by_key(|session| session.token);
        sessions
    }
}

pub(super) fn sessions_are_found<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-sessions", None);
    let alice = tested.created(administrator(&id, "alice"));
    let bob = tested.created(member(&id, "bob"));
    let (one, two) = (full(&alice, "one"), session(&alice, "two"));
    assert!(tested.session(&one).is_none(), "a session that was not begun is not there");
    for session in [&one, &two] {
        tested.done(with_session(&id, begin(session)), "a session begins");
        let found = tested.session(session);
        to_the_letter(found.as_ref().map(|(session, _)| session), session);
        let account = found.map(|(_, account)| account);
        assert!(account.as_ref() == Some(&alice), "a session is read together with its account");
    }
    let mut expected = vec![one.clone(), two.clone()];
    expected.sort_by_key(|session| session.token);
    assert!(tested.sessions(&alice) == expected, "the sessions of an account are listed by it");
    assert!(tested.sessions(&bob).is_empty(), "sessions are listed by their account alone");
    let alice = tested.changed(&alice, |account| account.generation = 8);
    let account = tested.session(&one).map(|(_, account)| account);
    assert!(account == Some(alice.clone()), "a session is read with the account as it is now");
    // It is used, and written again.
    let used = Session { last_used_at: at(20), ..one };
    tested.done(with_session(&id, begin(&used)), "a session is as it is now");
    let found = tested.session(&used).map(|(session, _)| session);
    to_the_letter(found.as_ref(), &used);
    let number = tested.sessions(&alice).len();
    assert!(number == 2, "a session that is written again is one: there are {number}");
    ended(tested, &alice, &used, &two);
    lost(tested, &bob);
    let gone = tested.changed(&alice, |account| {
        account.profile.first_name = None;
        account.address = Some(crate::account::AccountAddress::new(
            address_of(&id, "gone"),
            crate::account::EmailProof::Proven,
        ));
    });
    let found = tested.session(&used).map(|(_, account)| account);
    assert!(found == Some(gone), "a session is read with the account as it is now");
}

fn ended<S: Store>(tested: Tested<'_, S>, alice: &Account, stays: &Session, ends: &Session) {
    let id = &alice.organization;
    for _ in 0..2 {
        tested.done(
            with_session(id, SessionWrite::End(ends.token)),
            "a session ends, and one that is not there has ended already",
        );
        assert!(tested.session(ends).is_none(), "a session that has ended is not there");
        let left = tested.sessions(alice);
        assert!(left == [stays.clone()], "a session that has ended is not listed, others are");
    }
    // A rotation: one ends and another begins.
    let next = session(alice, "next");
    let mut write = with_session(id, SessionWrite::End(stays.token));
    write.sessions.push(begin(&next));
    tested.done(write, "one session ends and another begins");
    assert!(tested.session(stays).is_none(), "of a rotation the old session has ended");
    assert!(tested.session(&next).is_some(), "of a rotation the new session has begun");
    let mut write = with_session(id, begin(stays));
    write.sessions.push(SessionWrite::End(next.token));
    tested.done(write, "one session begins and another ends");
    assert!(tested.sessions(alice) == [stays.clone()], "all of several sessions are written");
}

/// Sessions of an account that is purged, and of one that is not there.
fn lost<S: Store>(tested: Tested<'_, S>, bob: &Account) {
    let id = &bob.organization;
    let bobs = session(bob, "bobs");
    tested.done(with_session(id, begin(&bobs)), "a session begins");
    let written = tested.purge(bob, Vec::new());
    assert!(written == Written::Done, "an account is purged, and it is answered {written:?}");
    assert!(tested.session(&bobs).is_none(), "a purged account takes its sessions with it");
    assert!(tested.sessions(bob).is_empty(), "a purged account takes its sessions with it");
    let late = tested.write(with_session(id, begin(&session(bob, "late"))));
    assert!(
        late == Written::Conflict,
        "a session of an account that is not there is a conflict: {late:?}"
    );
    tested.done(creation(bob), "the id of a purged account may come back");
    let found = tested.session(&bobs);
    assert!(found.is_none(), "a purged account takes its sessions with it, and brings none back");
    let dave = member(id, "dave");
    let mut write = creation(&dave);
    write.sessions.push(begin(&session(&dave, "dave")));
    tested.done(write, "an account and its session come together");
    let found = tested.session(&session(&dave, "dave")).map(|(_, account)| account);
    assert!(found == Some(dave), "an account and its session come together");
}

fn to_the_letter(read: Option<&Session>, written: &Session) {
    let Some(read) = read else { panic!("a session that was begun is found") };
    let (one, other) = (&read.start, &written.start);
    let original =
        |start: &SessionStart| start.proven.as_ref().map(|email| email.original().to_owned());
    let fields = [
        ("token", read.token == written.token),
        ("organization", one.organization == other.organization),
        ("account", one.account == other.account),
        ("generation", one.generation == other.generation),
        ("method", one.method == other.method),
        ("issuer", one.issuer == other.issuer),
        ("fingerprint", one.key_fingerprint == other.key_fingerprint),
        ("key", one.stable_key == other.stable_key),
        ("proven address", one.proven == other.proven && original(one) == original(other)),
        ("subject", read.subject == written.subject),
        ("begun_at", read.begun_at == written.begun_at),
        ("last_used_at", read.last_used_at == written.last_used_at),
        ("not_on_or_after", read.not_on_or_after == written.not_on_or_after),
        ("entered_from", read.entered_from == written.entered_from),
        ("session", read == written),
    ];
    if let Some((field, _)) = fields.into_iter().find(|(_, same)| !same) {
        panic!("a session is kept to the letter, and its {field} is another");
    }
}

pub(super) fn sessions_are_found_by_the_providers_name<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-subjects", None);
    let other = tested.found("contract-subjects-other", None);
    let (alice, bob) =
        (tested.created(administrator(&id, "alice")), tested.created(member(&id, "bob")));
    let foreign = tested.created(member(&other, "carol"));
    // Of one connection, so that nothing but the organization tells them apart.
    let named = |name: &str| subject(&id, name, Some(name));
    let begun = |account: &Account, token: &str, subject: Option<LogoutSubject>| {
        let session = Session { subject, ..session(account, token) };
        tested.done(with_session(&account.organization, begin(&session)), "a session begins");
        session
    };
    let one = begun(&alice, "one", Some(named("shared")));
    let two = begun(&bob, "two", Some(named("shared")));
    begun(&alice, "three", Some(named("SHARED")));
    begun(&alice, "four", None);
    let theirs = begun(&foreign, "five", Some(named("shared")));
    let found = |organization: &OrganizationId, name: &str| {
        let subject = named(name).digest();
        let mut found = tested.ask(tested.store.sessions_named(organization, &subject));
        found.sort_by_key(|session| session.token);
        found
    };
    let mut both = vec![one.clone(), two.clone()];
    both.sort_by_key(|session| session.token);
    assert!(found(&id, "shared") == both, "sessions are found by the provider's name");
    assert!(found(&other, "shared") == [theirs], "names are those of one organization");
    assert!(found(&id, "none").is_empty(), "by a name that nobody has nobody is found");
    tested.done(with_session(&id, SessionWrite::End(one.token)), "a session ends");
    assert!(found(&id, "shared") == [two.clone()], "a session that has ended has no name");
    let moved = Session { subject: Some(named("moved")), ..two };
    tested.done(with_session(&id, begin(&moved)), "a session is as it is now");
    assert!(found(&id, "shared").is_empty(), "a session has the name that it has now");
    assert!(found(&id, "moved") == [moved], "a session is found by the name that it has now");
    let _ = tested.purge(&bob, Vec::new());
    assert!(found(&id, "moved").is_empty(), "a purged account takes the names with it");
}

pub(super) fn a_use_brings_no_session_back<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-uses", None);
    let other = tested.found("contract-uses-other", None);
    let alice = tested.created(administrator(&id, "alice"));
    let one = session(&alice, "one");
    tested.done(with_session(&id, begin(&one)), "a session begins");
    let used = |at| SessionWrite::Touch(one.token, at);
    tested.done(with_session(&id, used(at(30))), "a session is used");
    let read = tested.session(&one).map(|(session, _)| session);
    to_the_letter(read.as_ref(), &Session { last_used_at: at(30), ..one.clone() });
    tested.done(with_session(&other, used(at(40))), "another organization's session is not there");
    let read = tested.session(&one).map(|(session, _)| session.last_used_at);
    assert!(read == Some(at(30)), "a session is used in its own organization alone");
    tested.done(with_session(&id, SessionWrite::End(one.token)), "a session ends");
    tested.done(with_session(&id, used(at(50))), "one that is not there has ended already");
    assert!(tested.session(&one).is_none(), "a use brings no session back");
    assert!(tested.sessions(&alice).is_empty(), "a use brings no session back");
}
