//! Faults of sessions, and of what is kept.

use chrono::Timelike;
use saml_login::session::{LoginMethod, Session};
use saml_login::store::{
    AccountWrite, KeptKind, KeptWhat, KeptWrite, SessionWrite, Store, Written,
};

use super::faulty::{Fault, Hook, lock, now};

/// Keeps sessions otherwise.
macro_rules! begins {
    ($name:literal, $how:expr, $words:literal) => {
        Fault(
            $name,
            &[Hook::Before(|_, write| {
                let how: fn(&mut Session) = $how;
                for session in &mut write.sessions {
                    if let SessionWrite::Begin(session) = session {
                        how(session);
                    }
                }
            })],
            $words,
        )
    };
}

/// Keeps things otherwise.
macro_rules! puts {
    ($name:literal, $how:expr, $words:literal) => {
        Fault(
            $name,
            &[Hook::Before(|_, write| {
                let how: fn(&mut saml_login::store::Kept) = $how;
                for kept in &mut write.kept {
                    if let KeptWrite::Put(kept) = kept {
                        how(kept);
                    }
                }
            })],
            $words,
        )
    };
}

pub(crate) const FAULTS: &[Fault] = &[
    begins!(
        "no generation of sessions",
        |session| session.start.generation = 0,
        "its generation is another"
    ),
    begins!(
        "no method",
        |session| session.start.method = LoginMethod::Other,
        "its method is another"
    ),
    begins!("no issuer", |session| session.start.issuer = None, "its issuer is another"),
    begins!(
        "no fingerprint",
        |session| session.start.key_fingerprint = None,
        "its fingerprint is another"
    ),
    begins!("no key of sessions", |session| session.start.stable_key = None, "its key is another"),
    begins!(
        "nothing proven",
        |session| session.start.proven = None,
        "its proven address is another"
    ),
    begins!(
        "proven addresses trimmed",
        |session| {
            let proven = session.start.proven.take();
            session.start.proven = proven.map(|email| email.address().parse().expect("one"));
        },
        "its proven address is another"
    ),
    begins!("no subject", |session| session.subject = None, "its subject is another"),
    begins!(
        "no index",
        |session| {
            if let Some(subject) = &mut session.subject {
                subject.session_index = None;
            }
        },
        "its subject is another"
    ),
    begins!(
        "whole seconds of sessions",
        |session| {
            session.begun_at = session.begun_at.with_nanosecond(0).expect("one");
        },
        "its begun_at is another"
    ),
    begins!(
        "never used",
        |session| session.last_used_at = session.begun_at,
        "its last_used_at is another"
    ),
    begins!(
        "no end",
        |session| session.not_on_or_after = chrono::DateTime::UNIX_EPOCH,
        "its not_on_or_after is another"
    ),
    begins!(
        "entered from nowhere",
        |session| session.entered_from = None,
        "its entered_from is another"
    ),
    Fault("finds no sessions", &[Hook::Session(|_, _| None)], "a session that was begun is found"),
    Fault(
        "reads sessions with the account as it was",
        &[Hook::Session(|faulty, token| {
            let read = now(faulty.inner.session(token))?;
            let mut sessions = lock(&faulty.sessions);
            let first = sessions.iter().find(|(session, _)| session.token == *token).cloned();
            let account = match first {
                Some((_, account)) => account,
                None => {
                    sessions.push(read.clone());
                    read.1
                }
            };
            Some((read.0, account))
        })],
        "a session is read with the account as it is now",
    ),
    Fault(
        "keeps sessions as they began",
        &[Hook::Before(|faulty, write| {
            write.sessions.retain(|session| match session {
                SessionWrite::Begin(session) => now(faulty.inner.session(&session.token)).is_none(),
                _ => true,
            });
        })],
        "its last_used_at is another",
    ),
    Fault(
        "finds nobody by the provider's name",
        &[Hook::Named(|_, _, _, found| found.clear())],
        "sessions are found by the provider's name",
    ),
    Fault(
        "finds one by the provider's name",
        &[Hook::Named(|_, _, _, found| found.truncate(1))],
        "sessions are found by the provider's name",
    ),
    Fault(
        "finds sessions of others by a name",
        &[Hook::Named(|faulty, organization, subject, found| {
            let other = organization.as_str().replace("-other", "");
            if other != organization.as_str() {
                found.extend(now(faulty.inner.sessions_named(&other.into(), subject)));
            }
        })],
        "names are those of one organization",
    ),
    Fault(
        "keeps the first name",
        &[Hook::Named(|faulty, organization, subject, found| {
            let first = |one: &Session| {
                one.subject_digest() == Some(*subject) && one.start.organization == *organization
            };
            let mut seen = lock(&faulty.sessions);
            let former: Vec<Session> =
                seen.iter().map(|(session, _)| session.clone()).filter(first).collect();
            seen.extend(found.iter().filter_map(|one| now(faulty.inner.session(&one.token))));
            for one in former {
                let lives = now(faulty.inner.session(&one.token)).is_some();
                if lives && !found.iter().any(|other| other.token == one.token) {
                    found.push(one);
                }
            }
        })],
        "a session has the name that it has now",
    ),
    Fault(
        "a use is of any organization's session",
        &[Hook::Before(|faulty, write| {
            if let Some(SessionWrite::Touch(token, at)) = write.sessions.first().cloned()
                && let Some((session, _)) = now(faulty.inner.session(&token))
            {
                let organization = &session.start.organization;
                let mut other = saml_login::store::Write::of(organization, write.at);
                other.sessions.push(SessionWrite::Touch(token, at));
                let _ = now(faulty.inner.write(other));
            }
        })],
        "a session is used in its own organization alone",
    ),
    Fault(
        "a use brings a session back",
        &[
            Hook::Session(|faulty, token| {
                let read = now(faulty.inner.session(token));
                lock(&faulty.sessions).extend(read.clone());
                read
            }),
            Hook::Before(|faulty, write| {
                for session in &mut write.sessions {
                    if let SessionWrite::Touch(token, at) = session {
                        let seen = lock(&faulty.sessions);
                        let known = seen.iter().find(|(one, _)| {
                            one.token == *token && one.start.organization == write.organization
                        });
                        if let Some((one, _)) = known {
                            let mut one = one.clone();
                            one.last_used_at = *at;
                            *session = SessionWrite::Begin(Box::new(one));
                        }
                    }
                }
            }),
        ],
        "a use brings no session back",
    ),
    Fault(
        "uses no session",
        &[Hook::Before(|_, write| {
            write.sessions.retain(|session| !matches!(session, SessionWrite::Touch(..)));
        })],
        "its last_used_at is another",
    ),
    Fault(
        "lists no sessions",
        &[Hook::Sessions(|_, _, found| found.clear())],
        "the sessions of an account are listed by it",
    ),
    Fault(
        "lists one session",
        &[Hook::Sessions(|_, _, found| found.truncate(1))],
        "the sessions of an account are listed by it",
    ),
    Fault(
        "lists sessions of everybody",
        &[
            Hook::Session(|faulty, token| {
                let read = now(faulty.inner.session(token))?;
                lock(&faulty.sessions).push(read.clone());
                Some(read)
            }),
            Hook::Sessions(|faulty, _, found| {
                if found.is_empty() {
                    let all = lock(&faulty.sessions);
                    found.extend(all.iter().map(|(session, _)| session.clone()));
                }
            }),
        ],
        "sessions are listed by their account alone",
    ),
    Fault(
        "ends no sessions",
        &[Hook::Before(|_, write| {
            write.sessions.retain(|session| !matches!(session, SessionWrite::End(_)));
        })],
        "a session that has ended is not there",
    ),
    Fault(
        "ends all sessions of an account",
        &[Hook::Before(|faulty, write| {
            let ends = write.sessions.iter().find_map(|session| match session {
                SessionWrite::End(token) => now(faulty.inner.session(token)),
                _ => None,
            });
            if let Some((session, account)) = ends {
                let all = now(faulty.inner.sessions(&session.start.organization, &account.id));
                write.sessions.extend(all.into_iter().map(|one| SessionWrite::End(one.token)));
            }
        })],
        "a session that has ended is not listed, others are",
    ),
    Fault(
        "calls a session that is not there a conflict",
        &[Hook::Instead(|faulty, write| match write.sessions.first() {
            Some(SessionWrite::End(token)) if now(faulty.inner.session(token)).is_none() => {
                Some(Written::Conflict)
            }
            _ => None,
        })],
        "one that is not there has ended already",
    ),
    Fault(
        "writes one session of several",
        &[Hook::Before(|_, write| write.sessions.truncate(1))],
        "of a rotation the new session has begun",
    ),
    Fault(
        "begins sessions of nobody",
        &[Hook::After(|_, write, written| {
            let alone = write.account.is_none() && !write.sessions.is_empty();
            if alone && written == Written::Conflict { Written::Done } else { written }
        })],
        "a session of an account that is not there is a conflict",
    ),
    Fault(
        "leaves sessions of who is purged",
        &[
            Hook::Before(|faulty, write| {
                if let Some(AccountWrite::Purge { account, .. }) = &write.account {
                    let read = faulty.inner.sessions(&write.organization, account);
                    let before = faulty.before(write);
                    let all = now(read).into_iter().zip(before.into_iter().cycle());
                    lock(&faulty.sessions).extend(all);
                }
            }),
            Hook::Sessions(|faulty, account, found| {
                let left = lock(&faulty.sessions);
                let own = left.iter().filter(|(_, one)| one.id == *account);
                found.extend(own.map(|(session, _)| session.clone()));
            }),
        ],
        "a purged account takes its sessions with it",
    ),
    Fault(
        "brings sessions of who was purged back",
        &[
            Hook::Before(|faulty, write| {
                if let Some(AccountWrite::Purge { account, .. }) = &write.account {
                    let read = faulty.inner.sessions(&write.organization, account);
                    let before = faulty.before(write);
                    let all = now(read).into_iter().zip(before.into_iter().cycle());
                    lock(&faulty.sessions).extend(all);
                }
            }),
            Hook::Session(|faulty, token| {
                let left = lock(&faulty.sessions);
                let left = left.iter().find(|(session, _)| session.token == *token);
                let left = left.filter(|(_, account)| {
                    faulty.account(&account.organization, &account.id).is_some()
                });
                now(faulty.inner.session(token)).or_else(|| left.cloned())
            }),
        ],
        "brings none back",
    ),
    puts!("keeps no expiry", |kept| kept.expires_at = None, "what is kept is kept whole"),
    puts!(
        "keeps no tries",
        |kept| {
            if let KeptWhat::LoginCode(code) = &mut kept.what {
                code.tries = 5;
            }
        },
        "what is kept is kept whole: login_code"
    ),
    puts!(
        "keeps no scope",
        |kept| {
            if let KeptWhat::SetupLink(link) = &mut kept.what {
                link.scope.clear();
            }
        },
        "what is kept is kept whole: setup_link"
    ),
    puts!(
        "keeps no client",
        |kept| {
            if let KeptWhat::DirectoryToken(token) = &mut kept.what {
                token.client = None;
            }
        },
        "what is kept is kept whole: directory_token"
    ),
    puts!(
        "keeps no generation",
        |kept| {
            if let KeptWhat::Confirmation(confirmation) = &mut kept.what {
                confirmation.generation = 0;
            }
        },
        "what is kept is kept whole: confirmation"
    ),
    puts!(
        "keeps small numbers",
        |kept| {
            if let KeptWhat::PagingKey(key) = &mut kept.what {
                key.number = key.number.min(u64::from(u32::MAX));
            }
        },
        "what is kept is kept whole: paging_key"
    ),
    puts!("keeps at any version", |kept| kept.version = 0, "what is new is kept at version 0"),
    Fault(
        "kinds of what is kept are one",
        &[Hook::Kept(|faulty, kind, digest| {
            let kinds = [KeptKind::SetupLink, KeptKind::DirectoryToken, kind];
            kinds.into_iter().find_map(|kind| now(faulty.inner.kept(kind, digest)))
        })],
        "what is kept is kept whole",
    ),
    Fault(
        "lists what is kept of every kind",
        &[Hook::AllKept(|faulty, id, kind, found| {
            if kind == KeptKind::SetupLink {
                found.extend(now(faulty.inner.all_kept(id, KeptKind::Confirmation)));
            }
        })],
        "all of one kind and organization is listed",
    ),
    Fault(
        "lists one thing that is kept",
        &[Hook::AllKept(|_, _, _, found| found.truncate(1))],
        "all of one kind and organization is listed",
    ),
    Fault(
        "keeps whatever was read",
        &[Hook::Before(|faulty, write| {
            for kept in &mut write.kept {
                if let KeptWrite::Put(kept) = kept
                    && let Some(before) = now(faulty.inner.kept(kept.kind(), &kept.digest))
                {
                    kept.version = before.version + 1;
                }
            }
        })],
        "what is kept is written at the next version",
    ),
    Fault(
        "takes again",
        &[Hook::Before(|faulty, write| {
            write.kept.retain(|kept| match kept {
                KeptWrite::Take(kind, digest) => now(faulty.inner.kept(*kind, digest)).is_some(),
                _ => true,
            });
        })],
        "what is of another kind is not taken",
    ),
    Fault(
        "takes nothing",
        &[Hook::Before(|faulty, write| {
            write.kept.retain(|kept| match kept {
                KeptWrite::Take(kind, digest) => now(faulty.inner.kept(*kind, digest)).is_none(),
                _ => true,
            });
        })],
        "what was taken is not there",
    ),
    Fault(
        "writes again what was taken",
        &[Hook::Before(|faulty, write| {
            for kept in &mut write.kept {
                if let KeptWrite::Put(kept) = kept
                    && kept.version == 2
                    && now(faulty.inner.kept(kept.kind(), &kept.digest)).is_none()
                {
                    kept.version = 0;
                }
            }
        })],
        "what was taken is not written again",
    ),
];
