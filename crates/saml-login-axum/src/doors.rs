//! What handlers share, and the routes.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{OriginalUri, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use chrono::Utc;
use http::StatusCode;
use saml_login::Random;
use saml_login::routes::{Pages, Peer, Routes};
use saml_login::sso::Sso;
use saml_login::store::DynStore;

use crate::client::client;

/// The doors of an application, to be cloned into its state.
#[derive(Clone)]
pub struct Doors {
    routes: Arc<Routes<DynStore>>,
    proxies: Arc<[IpAddr]>,
}

impl Doors {
    /// The doors, with plain pages, reached without a proxy.
    pub fn new(sso: Sso<DynStore>) -> Self {
        Self { routes: Arc::new(Routes::new(Arc::new(sso))), proxies: Arc::new([]) }
    }

    /// The same with pages of the application's own.
    #[must_use]
    pub fn with_pages(self, pages: impl Pages + 'static) -> Self {
        let routes = Routes::new(self.routes.sso().clone()).with_pages(pages);
        Self { routes: Arc::new(routes), ..self }
    }

    /// The same behind these proxies: what they say in `X-Forwarded-For` of the client's address is
    /// believed, and what anybody else says is not.
    #[must_use]
    pub fn behind_proxies(self, proxies: impl IntoIterator<Item = IpAddr>) -> Self {
        Self { proxies: proxies.into_iter().map(|proxy| proxy.to_canonical()).collect(), ..self }
    }

    /// What they are the doors of.
    pub fn sso(&self) -> &Sso<DynStore> {
        self.routes.sso()
    }

    /// The routes, to be merged into the application's: `/sso`, `/saml` and `/scim` with all that
    /// is below. Where the base URL has a path, nest them there.
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let paths = ["/sso", "/sso/", "/sso/{*rest}", "/saml/{*rest}", "/scim/{*rest}"];
        let routes = Router::new();
        let routes = paths.iter().fold(routes, |routes, path| routes.route(path, any(answer)));
        routes.with_state(self.clone())
    }

    pub(crate) fn peer(&self, head: &http::request::Parts) -> Peer {
        Peer::at(client(&head.headers, &head.extensions, &self.proxies))
    }
}

async fn answer(
    State(doors): State<Doors>,
    OriginalUri(uri): OriginalUri,
    request: Request,
) -> Response {
    let Ok(random) = Random::generate() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let (mut head, body) = request.into_parts();
    // Nested routers see the rest of the path alone.
    head.uri = uri;
    let peer = doors.peer(&head);
    let request = Request::from_parts(head, body);
    doors.routes.respond(request, &peer, &Utc::now, random).await.map(Body::new)
}

impl fmt::Debug for Doors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doors").field("proxies", &self.proxies).finish_non_exhaustive()
    }
}
