//! The routes, over the types of the `http` crate: from a request to an answer, for hyper, axum and
//! whatever else speaks them.
//!
//! [`Routes::respond`] answers everything below `/sso`, `/saml` and `/scim` of the base URL:
//!
//! | Route | What it is |
//! |---|---|
//! | `GET /sso` | asks where somebody signs in; `POST` sends them there; `?return_to=` as below |
//! | `GET /sso/{slug}` | starts a login; `?return_to=/path` says where to go on, `?for=step_up`, `link`, `test` or `test_proposed` what for, `?invitation=` by which one |
//! | `POST /saml/{slug}/acs` | takes the identity provider's form |
//! | `GET /saml/{slug}/metadata` | our metadata |
//! | `/saml/{slug}/slo` | single logout, both ways |
//! | `/sso/-/code` | a code in the place of a password: asks for the address, then for the code |
//! | `/sso/-/confirm` | asks for the code that links an administrator's account |
//! | `GET /sso/-/here` | where a form that was used before leads: on, if somebody is signed in |
//! | `POST /sso/-/logout` | signs out |
//! | `/scim/…` | the directory |
//!
//! Bodies are bounded, nothing is cached, forms of other sites are refused, and no page can be
//! framed but a logout's. What the pages look like is up to [`Pages`].

mod answer;
mod code;
mod form;
mod here;
mod login;
mod logout;
mod page;
mod target;

use std::error::Error as StdError;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::request::Parts;
use http::{Request, Response, header};
use http_body::Body;
use http_body_util::{BodyExt as _, Full, Limited};

use self::answer::Answer;
pub use self::page::{DefaultPages, Page, Pages, Place};
use self::target::Target;
use crate::random::Random;
use crate::sso::{Browser, Sso, SsoRefusal};
use crate::store::Store;

/// So many octets of a form are read: a response of the longest that is taken, in Base64 and
/// encoded for a form.
const MAX_FORM: usize = 4 * 1024 * 1024;

/// What the application knows of a request beside the request itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Peer {
    /// The address of the client: that of the connection, or what a proxy says that the application
    /// trusts. Rates are limited by it, and it stands in the audit trail.
    pub client: Option<IpAddr>,
    /// The application's own id of the request, for the audit trail.
    pub request_id: Option<String>,
}

impl Peer {
    /// A client at this address.
    pub fn at(client: impl Into<Option<IpAddr>>) -> Self {
        Self { client: client.into(), request_id: None }
    }
}

/// The routes of an [`Sso`].
///
/// ```
/// use std::sync::Arc;
///
/// use http::Request;
/// use http_body_util::Empty;
/// use saml_login::Random;
/// use saml_login::routes::{Peer, Routes};
/// use saml_login::sso::Sso;
/// use saml_login::store::Store;
///
/// # async fn example(sso: Sso<impl Store>) -> Result<(), Box<dyn std::error::Error>> {
/// let routes = Routes::new(Arc::new(sso));
/// let request = Request::get("/sso/acme?return_to=/inbox").body(Empty::<&[u8]>::new())?;
/// assert!(routes.has(request.uri().path()));
/// let peer = Peer::at(Some([192, 0, 2, 1].into()));
/// let answer = routes.respond(request, &peer, &chrono::Utc::now, Random::generate()?).await;
/// assert_eq!(answer.status(), 404); // there is no organization called acme yet
/// # Ok(())
/// # }
/// ```
pub struct Routes<S> {
    sso: Arc<Sso<S>>,
    pages: Box<dyn Pages>,
}

impl<S: Store> Routes<S> {
    /// The routes, with plain pages.
    pub fn new(sso: Arc<Sso<S>>) -> Self {
        Self { sso, pages: Box::new(DefaultPages) }
    }

    /// The same with pages of the application's own.
    #[must_use]
    pub fn with_pages(self, pages: impl Pages + 'static) -> Self {
        Self { pages: Box::new(pages), ..self }
    }

    /// What they are the routes of.
    pub fn sso(&self) -> &Arc<Sso<S>> {
        &self.sso
    }

    /// Whether a path is one of these: the rest is the application's.
    pub fn has(&self, path: &str) -> bool {
        Target::of(self.sso.base_path(), path) != Target::Elsewhere
    }

    /// Answers a request. `clock` and `random` are the application's; a path that is none of these
    /// is answered with 404.
    pub async fn respond<B: Body<Error: Into<Box<dyn StdError + Send + Sync>>>>(
        &self,
        request: Request<B>,
        peer: &Peer,
        clock: &(dyn Fn() -> DateTime<Utc> + Sync),
        random: Random,
    ) -> Response<Full<Bytes>> {
        let target = Target::of(self.sso.base_path(), request.uri().path());
        if target == Target::Directory {
            return self.sso.scim_http(request, peer.client, clock, random).await;
        }
        let (head, body) = request.into_parts();
        let Ok(body) = Limited::new(body, MAX_FORM).collect().await else {
            return Answer::bare(413).into_response();
        };
        let cookies = cookies(&head);
        let mut browser = Browser::new(&cookies, clock())
            .with_fetch_dest(text(&head, "sec-fetch-dest"))
            .with_fetch_site(text(&head, "sec-fetch-site"))
            .with_client(peer.client)
            .with_request_id(peer.request_id.as_deref());
        if head.method != "GET" && head.method != "HEAD" {
            // Where a form comes from says nothing of a page that is opened.
            browser.fetch_dest = None;
        }
        let (for_nonce, random) = random.split();
        let nonce = crate::digest::hex(&for_nonce.for_purpose("nonce of a page"));
        let mut visit = Visit {
            routes: self,
            head: &head,
            form: form::Form::parse(&body.to_bytes()),
            query: form::Form::parse(head.uri.query().unwrap_or_default().as_bytes()),
            browser,
            random,
            nonce,
        };
        visit.answer(&target).await.into_response()
    }
}

impl<S> fmt::Debug for Routes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes").finish_non_exhaustive()
    }
}

/// One request of a browser.
struct Visit<'v, S> {
    routes: &'v Routes<S>,
    head: &'v Parts,
    form: form::Form,
    query: form::Form,
    browser: Browser<'v>,
    random: Random,
    nonce: String,
}

impl<S: Store> Visit<'_, S> {
    async fn answer(&mut self, target: &Target) -> Answer {
        let is_post = self.head.method == "POST";
        let is_get = self.head.method == "GET" || self.head.method == "HEAD";
        if is_post && target.is_form_of_ours() && !self.is_from_here() {
            return self.refused(&SsoRefusal::NotNavigated.into());
        }
        match target {
            Target::Acs(url) if is_post => self.acs(url).await,
            Target::Code if is_get => self.code_page(),
            Target::Code if is_post => self.code_form().await,
            Target::Confirm if is_get => self.shown(200, &Page::Confirm { wrong: false }),
            Target::Confirm if is_post => self.confirm_form().await,
            Target::Discover if is_get => self.shown(200, &Page::Discover { unknown: false }),
            Target::Discover if is_post => self.discover_form().await,
            Target::Here if is_get => self.here().await,
            Target::Logout if is_post => self.logout_form().await,
            Target::Metadata(acs_url) if is_get => self.metadata(acs_url).await,
            Target::Slo(url) if is_get || is_post => self.slo(url).await,
            Target::Start(slug) if is_get => self.start(slug).await,
            Target::Directory | Target::Elsewhere => Answer::bare(404),
            target => Answer::bare(405).with("allow", target.methods()),
        }
    }

    /// A page of ours.
    fn shown(&self, status: u16, page: &Page<'_>) -> Answer {
        let place = Place { nonce: &self.nonce, base_path: self.sso().base_path() };
        Answer::page(status, self.routes.pages.html(page, &place), &self.nonce)
    }

    fn sso(&self) -> &Sso<S> {
        &self.routes.sso
    }
}

fn text<'p>(head: &'p Parts, name: &str) -> Option<&'p str> {
    head.headers.get(name)?.to_str().ok()
}

/// HTTP/2 may split the header into several.
fn cookies(head: &Parts) -> String {
    let all = head.headers.get_all(header::COOKIE).iter();
    let all: Vec<&str> = all.filter_map(|value| value.to_str().ok()).collect();
    all.join("; ")
}
