//! The same doors behind the routes: real requests, real headers.

use std::sync::Arc;

use bytes::Bytes;
use chrono::TimeDelta;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use saml_login::account::Role;
use saml_login::binding::Binding;
use saml_login::organization::Change;
use saml_login::routes::{DefaultPages, Page, Pages, Peer, Place, Routes};
use saml_login::store::{DynStore, MemoryStore};
use saml_login::testing::idp::{SignatureOptions, TestIdp};
use saml_login::{Delivery, Organization};

use crate::common::block_on;
use crate::common::people::{found, random};
use crate::common::tenants::{IDP_A, applied, open};
use crate::site::{From, Jar, Site, person};

/// A browser and the application's site, which speak HTTP.
pub(crate) struct Web {
    pub(crate) site: Site,
    pub(crate) routes: Routes<DynStore>,
    pub(crate) jar: Jar,
}

/// What came back.
pub(crate) struct Got {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    headers: http::HeaderMap,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

const BASE: &str = "https://app.example.test";

impl Web {
    pub(crate) fn of(organizations: &[&Organization]) -> Self {
        let store = DynStore::new(MemoryStore::default());
        organizations.iter().for_each(|organization| found(&store, organization, None));
        Self::over(store)
    }

    pub(crate) fn over(store: DynStore) -> Self {
        let mut site = Site::over(store.clone());
        let Site { sso, mails, .. } = Site::over(store);
        // Mails go where the site looks for them.
        site.mails = mails;
        Self { site, routes: Routes::new(Arc::new(sso)), jar: Jar::default() }
    }

    pub(crate) fn send(&mut self, request: http::request::Builder, from: From, body: &str) -> Got {
        let cookies = self.jar.header(from, self.site.now());
        let request = request.header("cookie", cookies);
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).expect("a request");
        let now = self.site.now();
        let peer = Peer::at(Some([192, 0, 2, 1].into()));
        let clock = move || now;
        let got = got(block_on(self.routes.respond(request, &peer, &clock, random())));
        let cookies = got.headers.get_all("set-cookie").iter();
        self.jar.take_headers(cookies.map(|cookie| cookie.to_str().expect("text")), now);
        assert_eq!(got.header("cache-control"), "no-store");
        got
    }

    pub(crate) fn open(&mut self, path: &str) -> Got {
        let request = Request::get(path)
            .header("sec-fetch-site", "same-origin")
            .header("sec-fetch-dest", "document");
        self.send(request, From::Here, "")
    }

    /// A form of ours.
    pub(crate) fn post(&mut self, path: &str, body: &str) -> Got {
        let request = Request::post(path).header("sec-fetch-site", "same-origin");
        self.send(request, From::Here, body)
    }

    /// A form of the identity provider's site.
    pub(crate) fn posted(&mut self, path: &str, fields: &[(&str, &str)]) -> Got {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let request = Request::post(path)
            .header("sec-fetch-site", "cross-site")
            .header("sec-fetch-dest", "document")
            .header("origin", "https://idp-a.example.test");
        self.send(request, From::Form, &pairs.join("&"))
    }

    /// The form with which the identity provider answers a redirect.
    pub(crate) fn answered(&self, acme: &Organization, name: &str, location: &str) -> String {
        let id = TestIdp::request_id(&Delivery::Redirect(location.to_owned())).expect("a request");
        let answer = self.site.answer(acme, &IDP_A, name, Some(&id));
        answer.form_value().expect("a response")
    }

    pub(crate) fn log_in(&mut self, acme: &Organization, name: &str, path: &str) -> (Got, String) {
        let started = self.open(path);
        assert_eq!(started.status, 303, "{}", started.body);
        let form = self.answered(acme, name, &started.location);
        (self.posted("/saml/acme/acs", &[("SAMLResponse", &form)]), form)
    }
}

fn got(response: Response<Full<Bytes>>) -> Got {
    let (head, body) = response.into_parts();
    let body = block_on(async { body.collect().await.expect("a body").to_bytes() });
    let location = head.headers.get("location").map_or("", |it| it.to_str().expect("text"));
    Got {
        status: head.status,
        location: location.to_owned(),
        body: String::from_utf8(body.to_vec()).expect("UTF-8"),
        headers: head.headers,
    }
}

#[test]
fn a_login_goes_through_the_routes() {
    let acme = open("org-a", "acme", &IDP_A);
    let mut web = Web::of(&[&acme]);
    let (done, form) = web.log_in(&acme, "alice", "/sso/acme?return_to=/inbox%3Ftab=2");
    assert_eq!((done.status.as_u16(), &*done.location), (303, "/inbox?tab=2"), "{}", done.body);
    // A step back posts it again: on to whoever is signed in.
    let again = web.posted("/saml/acme/acs/", &[("SAMLResponse", &form)]);
    assert_eq!((again.status.as_u16(), &*again.location), (303, "/sso/-/here"));
    let here = web.open("/sso/-/here");
    assert_eq!((here.status.as_u16(), &*here.location), (303, "/"));
    // In another browser nobody is.
    web.jar = Jar::default();
    let here = web.open("/sso/-/here");
    assert_eq!(here.status, 403);
    assert!(here.body.contains("used before"), "{}", here.body);
}

#[test]
fn what_is_refused_is_a_page_with_words_and_a_code() {
    let acme = open("org-a", "acme", &IDP_A);
    let mut web = Web::of(&[&acme]);
    let unknown = web.open("/sso/nobody");
    assert_eq!(unknown.status, 404);
    assert!(unknown.body.contains("<code>organization_unknown</code>"), "{}", unknown.body);
    assert!(unknown.header("content-security-policy").contains("frame-ancestors 'none'"));
    assert_eq!(unknown.header("referrer-policy"), "no-referrer");
    let elsewhere = web.open("/sso/acme?return_to=//evil.test");
    assert_eq!(elsewhere.status, 400);
    assert!(elsewhere.body.contains("return_unsafe"));
    let started = web.open("/sso/acme");
    web.site.wait(TimeDelta::minutes(31));
    let form = web.answered(&acme, "alice", &started.location);
    let late = web.posted("/saml/acme/acs", &[("SAMLResponse", &form)]);
    assert_eq!((late.status.as_u16(), &*late.location), (303, "/sso/-/here"));
    let junk = web.posted("/saml/acme/acs", &[("SAMLResponse", "%%%")]);
    assert_eq!(junk.status, 403);
    assert!(junk.body.contains("response_undecodable"), "{}", junk.body);
    assert_eq!(web.posted("/saml/acme/acs", &[("Other", "x")]).status, 400);
    // An image elsewhere starts nothing.
    let request = Request::get("/sso/acme").header("sec-fetch-dest", "image");
    let image = web.send(request, From::Link, "");
    assert_eq!(image.status, 403);
    assert!(image.body.contains("not_navigated"));
}

#[test]
fn forms_of_other_sites_are_refused() {
    let acme = open("org-a", "acme", &IDP_A);
    let mut web = Web::of(&[&acme]);
    let forms = ["/sso", "/sso/-/code", "/sso/-/confirm", "/sso/-/logout"];
    for path in forms {
        let foreign: [&[(&str, &str)]; 5] = [
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://evil.test")],
            &[],
        ];
        for headers in foreign {
            let request = headers
                .iter()
                .fold(Request::post(path), |request, (name, value)| request.header(*name, *value));
            let refused = web.send(request, From::Here, "email=alice%40example.test&code=1");
            assert_eq!(refused.status, 403, "{path} {headers:?}");
            assert!(refused.body.contains("not_navigated"), "{path} {headers:?}");
        }
        let own = Request::post(path).header("origin", BASE);
        let taken = web.send(own, From::Here, "");
        assert!(!taken.body.contains("not_navigated"), "{path}: {}", taken.body);
    }
    assert!(web.site.mails.all().is_empty());
}

#[test]
fn methods_and_paths_that_there_are_not() {
    let acme = open("org-a", "acme", &IDP_A);
    let mut web = Web::of(&[&acme]);
    for (method, path, status, allow) in [
        (Method::GET, "/saml/acme/acs", 405, "POST"),
        (Method::POST, "/sso/acme", 405, "GET, HEAD"),
        (Method::DELETE, "/sso", 405, "GET, HEAD, POST"),
        (Method::GET, "/elsewhere", 404, ""),
        (Method::POST, "/saml/acme/metadata", 405, "GET, HEAD"),
    ] {
        let request = Request::builder().method(method.clone()).uri(path);
        let got = web.send(request, From::Here, "");
        assert_eq!((got.status.as_u16(), got.header("allow")), (status, allow), "{method} {path}");
    }
    assert!(web.routes.has("/sso") && web.routes.has("/scim/org-1/v2/Users"));
    assert!(!web.routes.has("/") && !web.routes.has("/ssoo"));
    let metadata = web.open("/saml/acme/metadata");
    assert_eq!(metadata.status, 200);
    assert!(metadata.body.contains(&acme.urls().acs_url), "{}", metadata.body);
    assert_eq!(metadata.header("content-type"), "application/samlmetadata+xml");
    let directory = web.open("/scim/org-a/v2/Users");
    assert_eq!(directory.status, 401);
    let long = "x".repeat(4 * 1024 * 1024 + 1);
    assert_eq!(web.posted("/saml/acme/acs", &[("SAMLResponse", &long)]).status, 413);
}

#[test]
fn an_address_leads_to_its_organization_and_tells_nothing_else() {
    let mut acme = open("org-a", "acme", &IDP_A);
    crate::common::tenants::verify_domain(&mut acme, "example.test");
    let mut web = Web::of(&[&acme]);
    assert!(web.open("/sso").body.contains("name=\"email\""));
    let found = web.post("/sso", "email=alice%40example.test&organization=");
    assert_eq!(found.status, 303);
    assert!(found.location.starts_with("https://idp-a.example.test/sso?"), "{}", found.location);
    let by_name = web.post("/sso", "email=&organization=acme");
    assert!(by_name.location.starts_with("https://idp-a.example.test/sso?"));
    let unknown = web.post("/sso", "email=alice%40nowhere.test");
    let none = web.post("/sso", "email=nobody");
    assert_eq!((unknown.status.as_u16(), none.status.as_u16()), (200, 200));
    assert!(unknown.body.contains("role=\"alert\""));
    let without_nonce = |body: &str| body.split("nonce=\"").next().map(str::to_owned);
    assert_eq!(without_nonce(&unknown.body), without_nonce(&none.body));
}

#[test]
fn codes_are_asked_for_and_entered() {
    let acme = open("org-a", "acme", &IDP_A);
    let mut web = Web::of(&[&acme]);
    web.site.put(&person(&acme, "mia", Role::Member, false));
    let page = web.open("/sso/-/code?organization=%22%3E%3Cscript%3E");
    assert!(page.body.contains("value=\"&quot;&gt;&lt;script&gt;\""), "{}", page.body);
    let asked = web.post("/sso/-/code", "organization=acme&email=mia%40example.test");
    assert!(asked.body.contains("one-time-code"), "{}", asked.body);
    let wrong = web.post("/sso/-/code", "code=000000");
    assert_eq!(wrong.status, 403);
    assert!(wrong.body.contains("role=\"alert\""));
    let code = web.site.mails.code();
    let entered = web.post("/sso/-/code", &format!("code={code}"));
    assert_eq!((entered.status.as_u16(), &*entered.location), (303, "/"), "{}", entered.body);
    assert_eq!(web.open("/sso/-/here").location, "/");
    // And out again: nobody asks the identity provider, which they did not come from.
    let out = web.post("/sso/-/logout", "");
    assert_eq!(out.status, 200);
    assert!(out.body.contains("You are signed out here"), "{}", out.body);
    assert_eq!(web.open("/sso/-/here").status, 403);
}

#[test]
fn an_administrator_confirms_and_tries_settings_out() {
    let acme = open("org-a", "acme", &IDP_A);
    let mut web = Web::of(&[&acme]);
    web.site.put(&person(&acme, "boss", Role::Administrator, false));
    let (waits, _) = web.log_in(&acme, "boss", "/sso/acme?return_to=/settings");
    assert_eq!((waits.status.as_u16(), &*waits.location), (303, "/sso/-/confirm"));
    assert!(web.open("/sso/-/confirm").body.contains("name=\"code\""));
    let wrong = web.post("/sso/-/confirm", "code=AAAA-AAAA");
    assert_eq!(wrong.status, 403);
    assert!(wrong.body.contains("role=\"alert\""));
    let code = web.site.mails.code();
    let confirmed = web.post("/sso/-/confirm", &format!("code={code}"));
    assert_eq!((confirmed.status.as_u16(), &*confirmed.location), (303, "/settings"));
    let (tested, _) = web.log_in(&acme, "boss", "/sso/acme?for=test");
    assert_eq!(tested.status, 200, "{}", tested.body);
    assert!(tested.body.contains("It works, and it counts"), "{}", tested.body);
}

#[test]
fn a_logout_goes_both_ways_and_may_be_framed() {
    let mut acme = open("org-a", "acme", &IDP_A);
    let slo_url = Some(format!("{}/slo", IDP_A.issuer()));
    let endpoints = Change::SetEndpoints { sso_binding: Binding::HttpPost, slo_url };
    applied(&mut acme, endpoints).result.expect("endpoints");
    let mut web = Web::of(&[&acme]);
    // Requests go by a form that posts itself.
    let page = web.open("/sso/acme");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("document.forms[0].submit()"), "{}", page.body);
    let policy = page.header("content-security-policy").to_owned();
    let nonce = page.body.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next());
    assert!(policy.contains(&format!("'nonce-{}'", nonce.expect("a nonce"))), "{policy}");
    let id = page.body.split("name=\"SAMLRequest\" value=\"").nth(1);
    let value = id.and_then(|rest| rest.split('"').next()).expect("a request");
    let xml = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, value);
    let xml = String::from_utf8(xml.expect("Base64")).expect("UTF-8");
    let id = xml.split(" ID=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an ID");
    let answer = web.site.answer(&acme, &IDP_A, "alice", Some(id)).form_value().expect("one");
    assert_eq!(web.posted("/saml/acme/acs", &[("SAMLResponse", &answer)]).status, 303);
    // From here: on to the identity provider.
    let out = web.post("/sso/-/logout", "");
    assert!(out.location.starts_with("https://idp-a.example.test/metadata/slo?SAMLRequest="));
    assert_eq!(web.open("/sso/-/here").status, 403);
    // From there.
    let at = web.site.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let xml = format!(
        "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_out\" Version=\"2.0\" \
         IssueInstant=\"{at}\" Destination=\"{}\"><saml:Issuer>{}</saml:Issuer>\
         <saml:NameID>alice@example.test</saml:NameID></samlp:LogoutRequest>",
        acme.urls().slo_url,
        IDP_A.issuer(),
    );
    let signed = IDP_A.sign_xml(&xml, "_out", &SignatureOptions::default()).expect("signed");
    let value = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, signed);
    let ended = web.posted("/saml/acme/slo", &[("SAMLRequest", &value)]);
    assert!(ended.location.contains("/slo?SAMLResponse="), "{} {}", ended.status, ended.body);
    let refused = web.posted("/saml/acme/slo", &[("SAMLRequest", &value)]);
    assert_eq!(refused.status, 403);
    assert!(!refused.header("content-security-policy").contains("frame-ancestors"));
}

#[test]
fn pages_are_replaced_one_by_one() {
    struct Ours;
    impl Pages for Ours {
        fn html(&self, page: &Page<'_>, place: &Place<'_>) -> String {
            match page {
                Page::Discover { .. } => "<!DOCTYPE html><title>Ours</title>".into(),
                page => DefaultPages::default().html(page, place),
            }
        }
    }
    let acme = open("org-a", "acme", &IDP_A);
    let mut web = Web::of(&[&acme]);
    web.routes = Routes::new(web.routes.sso().clone()).with_pages(Ours);
    assert_eq!(web.open("/sso").body, "<!DOCTYPE html><title>Ours</title>");
    assert!(web.open("/sso/-/code").body.contains("Mail me a code"));
}
