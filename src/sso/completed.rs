//! What became of a posted form.

use chrono::TimeDelta;

use super::Tested;
use crate::account::Account;
use crate::advice::Advice;
use crate::audit::AuditEvent;
use crate::error::{Error, Rejection};
use crate::provision::Provisioning;
use crate::request::SetCookie;
use crate::send::Delivery;
use crate::session::Session;

/// The form that the identity provider has the browser post.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PostedLogin<'a> {
    /// The URL that it was posted to, as the application knows it: which organization's it is.
    pub acs_url: &'a str,
    /// The field `SAMLResponse`.
    pub saml_response: &'a str,
    /// The field `RelayState`. It counts where nobody here has asked for the login, as a path on
    /// this site.
    pub relay_state: Option<&'a str>,
}

impl<'a> PostedLogin<'a> {
    /// A form without RelayState.
    pub fn new(acs_url: &'a str, saml_response: &'a str) -> Self {
        Self { acs_url, saml_response, relay_state: None }
    }

    /// The same with a RelayState.
    #[must_use]
    pub fn with_relay_state(self, relay_state: impl Into<Option<&'a str>>) -> Self {
        Self { relay_state: relay_state.into(), ..self }
    }
}

/// What became of a posted form. Each has the cookies to answer with.
#[derive(Debug)]
#[must_use = "the browser has to be answered, with its cookies"]
#[non_exhaustive]
pub enum Completed {
    /// Nobody here had asked for it: the login is asked for now, and the browser sent on.
    Bounced {
        /// What to answer the browser with.
        delivery: Delivery,
        /// A `Set-Cookie` header each.
        cookies: Vec<SetCookie>,
    },
    /// It is an administrator's account that nothing but an address leads to: ask for the code that
    /// was mailed there.
    Confirm(Confirming),
    /// Somebody is signed in.
    LoggedIn(Box<LoggedIn>),
    /// It let nobody in.
    Stopped(Box<Stopped>),
    /// Settings were tried out.
    Tested(Box<Tested>),
}

/// Somebody who is signed in now: answer with a redirect (303) to [`go_to`](Self::go_to).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoggedIn {
    /// Their account.
    pub account: Account,
    /// What became of it.
    pub provisioning: Provisioning,
    /// Their session.
    pub session: Session,
    /// Where to go on: a path on this site.
    pub go_to: String,
    /// A `Set-Cookie` header each: that of the session, and those that have served.
    pub cookies: Vec<SetCookie>,
    /// How far the identity provider's clock seems to be ahead of ours.
    pub clock_difference: Option<TimeDelta>,
}

/// A verified login that waits for a code: [`Sso::confirm`](super::Sso::confirm).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Confirming {
    /// A `Set-Cookie` header each.
    pub cookies: Vec<SetCookie>,
    /// Where to go on afterwards: a path on this site.
    pub go_to: String,
}

/// A login that let nobody in.
#[derive(Debug)]
#[non_exhaustive]
pub struct Stopped {
    /// Why: what the person reads, what the administrator reads, and the code.
    pub error: Error,
    /// Where to change what, in the identity provider's console, if that is known.
    pub advice: Option<Advice>,
    /// What was told of it. It is written already, unless the store failed. Of what is refused
    /// before a signature holds, which anybody can send without end, one is written a minute for
    /// each organization and code.
    pub event: Option<AuditEvent>,
    /// Whether somebody may be signed in all the same: the form was used before (a step back, a
    /// page that was loaded again), or answers a request that this browser has no more. Answer with
    /// a redirect (303) to a page that [asks](super::Sso::resume) who is there, and shows this to
    /// nobody else: the cookie of a session does not come with a form that is posted from
    /// elsewhere.
    pub may_be_signed_in: bool,
    /// A `Set-Cookie` header each.
    pub cookies: Vec<SetCookie>,
}

impl Completed {
    pub(super) fn stopped(error: Error) -> Self {
        Self::Stopped(Box::new(Stopped::new(error, None)))
    }
}

impl Stopped {
    pub(super) fn new(error: Error, event: Option<AuditEvent>) -> Self {
        let may_be_signed_in = Self::is_of_used_form(&error);
        Self { error, advice: None, event, may_be_signed_in, cookies: Vec::new() }
    }

    /// Whether the form was used before, or answers a request that this browser has no more.
    pub(super) fn is_of_used_form(error: &Error) -> bool {
        matches!(
            error,
            Error::Rejected(
                Rejection::AssertionReplayed
                    | Rejection::RequestReplayed
                    | Rejection::UnsolicitedInResponseTo { .. }
            )
        )
    }
}
