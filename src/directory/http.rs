//! The same, over the types of the `http` crate.

use std::error::Error;
use std::net::IpAddr;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt as _, Full, Limited};

use super::{ScimRequest, ScimResponse};
use crate::random::Random;
use crate::sso::Sso;
use crate::store::Store;

impl<S: Store> Sso<S> {
    /// [`scim`](Self::scim) for a request as hyper, axum or any other server of the `http` crate
    /// has it: mount it under `/scim/` of the base URL, for every method. No more of the body is
    /// read than [`ScimRequest::MAX_BODY`].
    ///
    /// `client` is the address of the connection, or what a proxy says that the application trusts.
    ///
    /// ```
    /// use http::Request;
    /// use http_body_util::Empty;
    /// use saml_login::Random;
    /// use saml_login::sso::Sso;
    /// use saml_login::store::Store;
    ///
    /// # async fn example(sso: &Sso<impl Store>) -> Result<(), Box<dyn std::error::Error>> {
    /// let request = Request::get("/scim/org-1/v2/Users").body(Empty::<&[u8]>::new())?;
    /// let client = Some([192, 0, 2, 1].into());
    /// let response = sso.scim_http(request, client, &chrono::Utc::now, Random::generate()?).await;
    /// assert_eq!(response.status(), 401);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn scim_http<B: Body<Error: Into<Box<dyn Error + Send + Sync>>>>(
        &self,
        request: Request<B>,
        client: Option<IpAddr>,
        clock: &(dyn Fn() -> DateTime<Utc> + Sync),
        random: Random,
    ) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let read = Limited::new(body, ScimRequest::MAX_BODY).collect().await;
        let read = read.map(|read| read.to_bytes());
        let (octets, is_whole) = match read {
            Ok(octets) => (octets, true),
            Err(_) => (Bytes::new(), false),
        };
        let mut request = ScimRequest::new(head.method.as_str(), head.uri.path())
            .with_query(head.uri.query())
            .with_body(&octets)
            .with_client(client);
        request.is_whole = is_whole;
        for (name, value) in &head.headers {
            if let Ok(value) = value.to_str() {
                request = request.with_header(name.as_str(), value);
            }
        }
        response(self.scim(&request, clock, random).await)
    }
}

fn response(answer: ScimResponse) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or_default();
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}
