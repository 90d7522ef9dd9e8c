//! A response that is genuine, before it is known to be the one that was asked for.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use super::Connection;
use super::verify::{Signed, check_envelope};
use crate::assertion::{Addressing, SignedDocument, Statements};
use crate::error::Rejection;
use crate::identity::Identity;
use crate::replay::Unspent;
use crate::request::PendingRequest;
use crate::validate::{self, CHECKS, Facts};

/// A response that an identity provider's key has signed: [`Connection::open`].
///
/// It tells which request it answers, so that this one can be
/// [taken](crate::RequestStore::take), and nothing else until it is [accepted](Opened::accept)
/// against it. So only a genuine answer uses up a request, and each of a browser's tabs has its
/// own.
#[must_use = "a response lets nobody in before it is accepted"]
pub struct Opened<'c> {
    connection: &'c Connection,
    document: SignedDocument,
    addressing: Addressing,
    in_response_to: Option<String>,
    opened_at: DateTime<Utc>,
    issued_at: Option<DateTime<Utc>>,
}

impl<'c> Opened<'c> {
    pub(super) fn open(
        connection: &'c Connection,
        xml: String,
        now: DateTime<Utc>,
    ) -> Result<Self, Rejection> {
        let (Signed { content: document, .. }, received) = connection.signed_part(xml)?;
        let addressing = match document.envelope()? {
            Some(signed) => check_envelope(signed)?.addressing(),
            None => received,
        };
        let statements = document.assertion()?.statements();
        let in_response_to = request_named(&addressing, statements)?;
        let issued_at = statements.issue_instant().ok();
        Ok(Self { connection, document, addressing, in_response_to, opened_at: now, issued_at })
    }

    /// The `ID` of the request that it answers; `None` if it names none.
    ///
    /// Only what signed octets say counts: the InResponseTo of the bearer confirmations, or else
    /// that of a signed Response (Profiles §4.1.4.3).
    pub fn in_response_to(&self) -> Option<&str> {
        self.in_response_to.as_deref()
    }

    /// How far the identity provider's clock seems to be ahead of ours: its IssueInstant less the
    /// instant of opening. An honest fresh response is some seconds behind.
    pub fn clock_difference(&self) -> Option<TimeDelta> {
        self.issued_at.map(|issued_at| issued_at.signed_duration_since(self.opened_at))
    }

    /// Holds the response to everything else: to the request that it [names](Self::in_response_to),
    /// or, without one, to being wanted unasked ([`Unsolicited`](crate::Unsolicited)).
    ///
    /// The result still has to be [spent](Unspent::spend) before it yields the identity.
    ///
    /// ```
    /// # use saml_login::testing::idp::TestIdp;
    /// # use saml_login::{Connection, ServiceProvider};
    /// # let now = "2030-01-31T12:00:00Z".parse()?;
    /// # let idp = TestIdp::p256("https://idp.example.test")?;
    /// # let sp = ServiceProvider::new("https://app.example.test", "https://app.example.test/acs");
    /// # let side = idp.identity_provider()?.with_sso_url("https://idp.example.test/sso");
    /// # let connection = Connection::builder("acme", sp.clone(), side).build()?;
    /// // Started at the identity provider: it names no request, and this connection bounces those.
    /// let opened = connection.open(idp.response(&sp, now).form_value()?, now)?;
    /// assert_eq!(opened.in_response_to(), None);
    /// assert_eq!(opened.accept(None, now).unwrap_err().code(), "unsolicited_bounced");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The first rule that the response breaks. Against a request, a response that names another
    /// one or none is refused under every policy. Without a request, one that names one is refused,
    /// too, unless [the connection says otherwise][switch].
    ///
    /// [switch]: crate::ConnectionOptions::danger_ignore_unsolicited_in_response_to
    pub fn accept(
        self,
        request: Option<&PendingRequest>,
        now: DateTime<Utc>,
    ) -> Result<Unspent<Identity>, Rejection> {
        let Self { connection, document, addressing, .. } = self;
        let assertion = document.assertion()?;
        let rules = connection.rules(request, now);
        let facts =
            Facts { addressing: &addressing, statements: assertion.statements(), rules: &rules };
        CHECKS.iter().try_for_each(|check| (check.run)(&facts))?;
        let identity = connection.identity(assertion, document.fingerprint())?;
        rules.bounce()?;
        Ok(Unspent::new(identity, "Assertion", connection.spending(&facts)?))
    }
}

/// The request that signed octets name.
///
/// What cannot be read names none here: the checks that follow refuse it, in their order.
fn request_named(
    addressing: &Addressing,
    statements: Statements<'_>,
) -> Result<Option<String>, Rejection> {
    let of_confirmation = validate::request_confirmed(statements)?;
    let of_response = addressing.in_response_to.as_deref().filter(|_| addressing.signed);
    Ok(of_confirmation.or(of_response.map(str::to_owned)))
}

impl fmt::Debug for Opened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("connection_id", &self.connection.id())
            .field("in_response_to", &self.in_response_to)
            .finish_non_exhaustive()
    }
}
