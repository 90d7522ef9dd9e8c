//! What is kept by the digest of a secret.

use super::people::{address_of, at, digest, kept, odd};
use super::{Tested, with_kept};
use crate::account::{AccountId, OrganizationId};
use crate::audit::Actor;
use crate::identity::Email;
use crate::organization::SetupScope;
use crate::store::{
    CodeDigest, Confirmation, DirectoryToken, Kept, KeptKind, KeptWhat, KeptWrite, LoginCode,
    PagingKey, SetupLink, Store, Written,
};

const KINDS: [KeptKind; 5] = [
    KeptKind::Confirmation,
    KeptKind::DirectoryToken,
    KeptKind::LoginCode,
    KeptKind::PagingKey,
    KeptKind::SetupLink,
];

/// One of each kind, each field with something in it.
fn one_of(kind: KeptKind, id: &OrganizationId) -> KeptWhat {
    let account = AccountId::new(odd("account"));
    match kind {
        KeptKind::Confirmation => {
            let code = CodeDigest::from_bytes([1; 32]);
            let confirmation =
                Confirmation::new(account, 4, address_of(id, "confirmed"), vec![0, 255, 10], code);
            KeptWhat::Confirmation(Confirmation { tries: 2, ..confirmation })
        }
        KeptKind::DirectoryToken => {
            let token = DirectoryToken::new("token", odd("name"), Actor::Member(account), at(1));
            let (last_used_at, client) = (Some(at(5)), Some(odd("client")));
            KeptWhat::DirectoryToken(DirectoryToken { last_used_at, client, ..token })
        }
        KeptKind::LoginCode => match Email::parse(" Code@Kept.TEST ") {
            Ok(email) => KeptWhat::LoginCode(LoginCode {
                tries: 1,
                ..LoginCode::new(Some(account), 5, email, CodeDigest::from_bytes([2; 32]))
            }),
            Err(error) => panic!("no address: {error}"),
        },
        KeptKind::PagingKey => {
            KeptWhat::PagingKey(PagingKey::new(70_000_000_000, (at(2), account)))
        }
        KeptKind::SetupLink => KeptWhat::SetupLink(SetupLink::new(
            "link",
            [SetupScope::Sso, SetupScope::Domains],
            Actor::Operator(odd("operator")),
            at(3),
        )),
    }
}

fn put(kept: &Kept) -> KeptWrite {
    KeptWrite::Put(Box::new(kept.clone()))
}

impl<S: Store> Tested<'_, S> {
    fn kept(self, kept: &Kept) -> Option<Kept> {
        self.ask(self.store.kept(kept.kind(), &kept.digest))
    }

    fn all_kept(self, id: &OrganizationId, kind: KeptKind) -> Vec<Kept> {
        let mut all = self.ask(self.store.all_kept(id, kind));
        all.sort_by_key(|kept| kept.digest);
        all
    }
}

pub(super) fn what_is_kept_is_found<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-kept", None);
    let other = tested.found("contract-kept-other", None);
    for kind in KINDS {
        let name = kind.as_str();
        let lasting = Kept::new(&id, digest(&id, name), None, one_of(kind, &id));
        assert!(tested.kept(&lasting).is_none(), "what was not kept is not there");
        tested.done(with_kept(&id, put(&lasting)), "something new is kept");
        let found = tested.kept(&lasting);
        assert!(found.as_ref() == Some(&lasting), "what is kept is kept whole: {name}");
        let second =
            Kept { digest: digest(&id, "second"), expires_at: Some(at(9)), ..lasting.clone() };
        tested.done(with_kept(&id, put(&second)), "kinds are apart: one digest of each is kept");
        let found = tested.kept(&second);
        assert!(found.as_ref() == Some(&second), "what is kept is kept whole: {name}, expiring");
        let elsewhere =
            Kept { digest: digest(&other, name), organization: other.clone(), ..lasting.clone() };
        tested.done(with_kept(&other, put(&elsewhere)), "something new is kept");
        let mut expected = vec![lasting, second];
        expected.sort_by_key(|kept| kept.digest);
        let all = tested.all_kept(&id, kind);
        assert!(all == expected, "all of one kind and organization is listed: {name}: {all:?}");
    }
    for kind in KINDS {
        let listed = tested.all_kept(&id, kind).len();
        assert!(listed == 2, "all of one kind and organization is listed, and nothing else");
    }
}

pub(super) fn what_is_kept_is_as_it_was_read<S: Store>(tested: Tested<'_, S>) {
    let id = tested.found("contract-kept-read", None);
    let first = kept(&id, "first");
    let late = Kept { version: 1, ..first.clone() };
    let written = tested.write(with_kept(&id, put(&late)));
    assert!(written == Written::Conflict, "what is new is kept at version 0: {written:?}");
    tested.done(with_kept(&id, put(&first)), "something new is kept");
    let tried =
        Kept { version: 1, expires_at: None, what: kept(&id, "tried").what, ..first.clone() };
    tested.done(with_kept(&id, put(&tried)), "what is kept is written at the next version");
    assert!(tested.kept(&first) == Some(tried.clone()), "what is kept is as it was written last");
    for version in [0, 1, 3] {
        let stale = Kept { version, ..first.clone() };
        let written = tested.write(with_kept(&id, put(&stale)));
        assert!(
            written == Written::Conflict,
            "what is kept is written at the next version: {version} after 1: {written:?}"
        );
        assert!(tested.kept(&first) == Some(tried.clone()), "a conflict keeps nothing");
    }
    let take = || with_kept(&id, KeptWrite::Take(KeptKind::PagingKey, first.digest));
    let other_kind = KeptWrite::Take(KeptKind::LoginCode, first.digest);
    let written = tested.write(with_kept(&id, other_kind));
    assert!(written == Written::Conflict, "what is of another kind is not taken: {written:?}");
    tested.done(take(), "what is kept is taken");
    assert!(tested.kept(&first).is_none(), "what was taken is not there");
    let listed = tested.all_kept(&id, KeptKind::PagingKey);
    assert!(listed.is_empty(), "what was taken is not listed");
    let written = tested.write(take());
    assert!(written == Written::Conflict, "what is kept is taken once: {written:?}");
    let written = tested.write(with_kept(&id, put(&Kept { version: 2, ..tried })));
    assert!(written == Written::Conflict, "what was taken is not written again: {written:?}");
}
