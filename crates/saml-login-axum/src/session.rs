//! Who is signed in, as an argument of a handler.

use std::ops::Deref;

use axum::Json;
use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts, OriginalUri};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use saml_login::error::Error;
use saml_login::request::SetCookie;
use saml_login::sso::{Browser, Resumed, SignedIn};
use saml_login::store::Store as _;

use crate::Doors;

/// Somebody who is signed in, and may go on. A handler that takes one is reached by nobody else.
///
/// ```
/// use saml_login_axum::SsoSession;
///
/// async fn settings(session: SsoSession) -> String {
///     // Whoever has come from another organization administers nothing: ask `by`.
///     let administers = session.by().administers(&session.account.organization);
///     format!("may change the settings: {administers}")
/// }
/// # let _ = settings;
/// ```
#[derive(Clone, Debug)]
pub struct SsoSession(SignedIn);

impl SsoSession {
    /// Who it is.
    pub fn into_inner(self) -> SignedIn {
        self.0
    }
}

impl Deref for SsoSession {
    type Target = SignedIn;

    fn deref(&self) -> &SignedIn {
        &self.0
    }
}

/// Nobody is signed in, or somebody who has to come through single sign-on first. A browser that
/// opens a page is sent there; everything else is 401 as JSON: `code`, and `sign_in`, the path to
/// send a browser to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NotSignedIn {
    /// Why: a code of `saml_login`.
    pub code: &'static str,
    /// The path to send a browser to.
    pub sign_in: String,
    is_page: bool,
    status: StatusCode,
    cookies: Vec<SetCookie>,
}

impl IntoResponse for NotSignedIn {
    fn into_response(self) -> Response {
        let mut response = match (self.status, self.is_page) {
            (StatusCode::UNAUTHORIZED, true) => {
                (StatusCode::SEE_OTHER, [(header::LOCATION, self.sign_in)]).into_response()
            }
            (status, _) => {
                let body = serde_json::json!({ "code": self.code, "sign_in": self.sign_in });
                (status, Json(body)).into_response()
            }
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for cookie in &self.cookies {
            if let Ok(cookie) = HeaderValue::from_str(cookie.as_str()) {
                headers.append(header::SET_COOKIE, cookie);
            }
        }
        response
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SsoSession
where
    Doors: FromRef<S>,
{
    type Rejection = NotSignedIn;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, NotSignedIn> {
        let doors = Doors::from_ref(state);
        match resumed(&doors, parts).await {
            Ok(Resumed::SignedIn(signed_in)) => Ok(Self(*signed_in)),
            Ok(Resumed::StepUp(signed_in)) => Err(step_up(&doors, parts, &signed_in).await),
            Ok(Resumed::Nobody { cookies, reason }) => {
                let code = reason.map_or("not_signed_in", |reason| reason.code());
                let sign_in = format!("{}/sso?{}", base_path(&doors), back(parts));
                Err(refused(parts, code, sign_in, cookies))
            }
            Ok(_) => Err(refused(parts, "not_signed_in", String::new(), Vec::new())),
            Err(error) => Err(failed(&error)),
        }
    }
}

/// Nobody in particular is no refusal; a store that fails is.
impl<S: Send + Sync> OptionalFromRequestParts<S> for SsoSession
where
    Doors: FromRef<S>,
{
    type Rejection = NotSignedIn;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, NotSignedIn> {
        match resumed(&Doors::from_ref(state), parts).await {
            Ok(Resumed::SignedIn(signed_in)) => Ok(Some(Self(*signed_in))),
            Ok(_) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }
}

async fn resumed(doors: &Doors, parts: &Parts) -> Result<Resumed, Error> {
    let cookies = cookies(&parts.headers);
    let peer = doors.peer(parts);
    let browser = Browser::new(&cookies, Utc::now()).with_client(peer.client);
    doors.sso().resume(&browser).await
}

/// Their own organization's identity provider lets them go on.
async fn step_up(doors: &Doors, parts: &Parts, signed_in: &SignedIn) -> NotSignedIn {
    let id = &signed_in.account.organization;
    let record = doors.sso().store().organization(id).await.ok().flatten();
    let slug = record.map(|record| format!("/{}", record.organization.slug()));
    let slug = slug.unwrap_or_default();
    let sign_in = format!("{}/sso{slug}?for=step_up&{}", base_path(doors), back(parts));
    refused(parts, signed_in.decision.code(), sign_in, Vec::new())
}

fn refused(
    parts: &Parts,
    code: &'static str,
    sign_in: String,
    cookies: Vec<SetCookie>,
) -> NotSignedIn {
    let accept = parts.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let wants_page = accept.is_some_and(|accept| accept.contains("text/html"));
    let is_page = wants_page && parts.method == Method::GET;
    NotSignedIn { code, sign_in, is_page, status: StatusCode::UNAUTHORIZED, cookies }
}

fn failed(error: &Error) -> NotSignedIn {
    NotSignedIn {
        code: error.code(),
        sign_in: String::new(),
        is_page: false,
        status: StatusCode::SERVICE_UNAVAILABLE,
        cookies: Vec::new(),
    }
}

/// Where to come back to.
fn back(parts: &Parts) -> String {
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    format!("return_to={}", utf8_percent_encode(path, NON_ALPHANUMERIC))
}

fn base_path(doors: &Doors) -> String {
    let base = doors.sso().base_url();
    let authority = base.split_once("://").map_or("", |(_, authority)| authority);
    authority.find('/').and_then(|at| authority.get(at..)).unwrap_or_default().to_owned()
}

/// HTTP/2 may split the header into several.
fn cookies(headers: &HeaderMap) -> String {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.collect::<Vec<&str>>().join("; ")
}
