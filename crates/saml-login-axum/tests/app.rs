//! An application, with a browser in one process.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRef, Request};
use axum::response::Response;
use axum::routing::get;
use chrono::Utc;
use http_body_util::BodyExt as _;
use saml_login::administration::{TokenLifetime, administer, found, issue_token};
use saml_login::doctor::PastedValues;
use saml_login::error::BoxError;
use saml_login::organization::{By, Change, Plan, Slug, SpUrls};
use saml_login::provision::Asked;
use saml_login::sso::{Mail, Mailer, Sso};
use saml_login::store::{DynStore, MemoryStore};
use saml_login::testing::idp::TestIdp;
use saml_login::{Delivery, Organization, Random, SealingKey};
use saml_login_axum::{Doors, SsoSession};
use tower::ServiceExt as _;

struct NoMail;

impl Mailer for NoMail {
    async fn send(&self, _: &Mail) -> Result<(), BoxError> {
        Ok(())
    }
}

#[derive(Clone, FromRef)]
struct App {
    doors: Doors,
}

async fn home(session: SsoSession) -> String {
    session.account.email().map_or("nobody", |email| email.address()).to_owned()
}

async fn greet(session: Option<SsoSession>) -> &'static str {
    if session.is_some() { "welcome back" } else { "welcome" }
}

struct World {
    router: Router,
    doors: Doors,
    idp: TestIdp,
    organization: Organization,
    cookies: BTreeMap<String, String>,
}

fn random() -> Random {
    Random::generate().expect("randomness")
}

impl World {
    async fn new(base: &str) -> Self {
        let store = DynStore::new(MemoryStore::default());
        let sso = Sso::builder(base, store.clone())
            .sealing_keys([SealingKey::new([7; 32])])
            .mailer(NoMail)
            .build(Utc::now())
            .await
            .expect("doors");
        let idp = TestIdp::p256("https://idp.example.com/metadata").expect("a key");
        let slug = Slug::parse("acme").expect("a slug");
        let urls = SpUrls::derived(base, &slug).expect("URLs");
        let organization = Organization::new("org-1", slug, urls.clone());
        let asked = Asked::by(By::Operator("test"), Utc::now());
        found(&store, organization.clone(), None, &asked, random()).await.expect("founded");
        let certificate = idp.certificate_pem().expect("PEM");
        let values = PastedValues::new(
            urls.entity_id,
            "https://idp.example.com/sso",
            idp.issuer(),
            certificate,
        );
        for change in [Change::Enable, Change::Configure(Box::new(values))] {
            let applied = administer(&store, &Plan::ALL, &"org-1".into(), &change, &asked).await;
            applied.expect("the store").result.expect("a change");
        }
        let doors = Doors::new(sso);
        let app = Router::new().route("/", get(home)).route("/greet", get(greet));
        let router = app.merge(doors.routes()).with_state(App { doors: doors.clone() });
        let cookies = BTreeMap::new();
        Self { router, doors, idp, organization, cookies }
    }

    async fn send(&mut self, request: http::request::Builder, body: String) -> (Response, String) {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let client: SocketAddr = "192.0.2.1:1".parse().expect("an address");
        let request = request.header("cookie", cookies.join("; ")).extension(ConnectInfo(client));
        let request: Request = request.body(Body::from(body)).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        for cookie in response.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().expect("text");
            let (name, rest) = cookie.split_once('=').expect("a pair");
            let value = rest.split(';').next().expect("a value");
            match cookie.contains("Max-Age=0") {
                true => drop(self.cookies.remove(name)),
                false => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(body.to_vec()).expect("UTF-8");
        (Response::from_parts(head, Body::empty()), text)
    }

    async fn open(&mut self, path: &str) -> (u16, String, String) {
        let request = Request::get(path)
            .header("accept", "text/html,*/*")
            .header("sec-fetch-dest", "document")
            .header("sec-fetch-site", "same-origin");
        let (response, body) = self.send(request, String::new()).await;
        let location = response.headers().get("location");
        let location = location.map_or("", |it| it.to_str().expect("text")).to_owned();
        (response.status().as_u16(), location, body)
    }

    async fn log_in(&mut self, path: &str, name: &str) -> (u16, String) {
        let (status, location, body) = self.open(path).await;
        assert_eq!(status, 303, "{body}");
        let id = TestIdp::request_id(&Delivery::Redirect(location)).expect("a request");
        let answer = self.idp.response(&self.organization.service_provider(), Utc::now());
        let answer = answer.numbered(&id).for_person(&format!("{name}@example.com"));
        let answer = answer.in_reply_to(&id);
        let form = answer.form_value().expect("a response");
        let form = percent_encoding::utf8_percent_encode(&form, percent_encoding::NON_ALPHANUMERIC);
        let acs = self.organization.urls().acs_url.replace("https://app.example.com", "");
        let request = Request::post(acs).header("sec-fetch-site", "cross-site");
        let (response, body) = self.send(request, format!("SAMLResponse={form}")).await;
        let location = response.headers().get("location");
        assert!(location.is_some(), "{} {body}", response.status());
        let location = location.map_or("", |it| it.to_str().expect("text")).to_owned();
        (response.status().as_u16(), location)
    }
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_sent_to_sign_in_and_comes_back() {
    let mut world = World::new("https://app.example.com").await;
    let (status, location, _) = world.open("/?page=2").await;
    assert_eq!((status, &*location), (303, "/sso?return_to=%2F%3Fpage%3D2"));
    // What is no page is told so as JSON.
    let request = Request::get("/").header("accept", "application/json");
    let (response, body) = world.send(request, String::new()).await;
    assert_eq!(response.status(), 401);
    assert_eq!(body, r#"{"code":"not_signed_in","sign_in":"/sso?return_to=%2F"}"#);
    assert_eq!(world.open("/greet").await.2, "welcome");
    let back = world.log_in("/sso/acme?return_to=%2F%3Fpage%3D2", "alice").await;
    assert_eq!(back, (303, "/?page=2".to_owned()));
    assert_eq!(world.open("/?page=2").await, (200, String::new(), "alice@example.com".to_owned()));
    assert_eq!(world.open("/greet").await.2, "welcome back");
}

#[tokio::test]
async fn another_certificate_has_people_step_up() {
    let mut world = World::new("https://app.example.com").await;
    world.log_in("/sso/acme", "alice").await;
    let other = TestIdp::p256("https://idp.example.com/metadata").expect("a key");
    let urls = world.organization.urls().clone();
    let certificate = other.certificate_pem().expect("PEM");
    let values = PastedValues::new(
        urls.entity_id,
        "https://idp.example.com/sso",
        other.issuer(),
        certificate,
    );
    let change = Change::Configure(Box::new(values));
    let asked = Asked::by(By::Operator("test"), Utc::now());
    let store = world.doors.sso().store().clone();
    let applied = administer(&store, &Plan::ALL, &"org-1".into(), &change, &asked).await;
    applied.expect("the store").result.expect("a change");
    // What is known of the settings is a second old at most: another process knows at once.
    let sso = Sso::builder("https://app.example.com", store)
        .sealing_keys([SealingKey::new([7; 32])])
        .mailer(NoMail)
        .build(Utc::now());
    let doors = Doors::new(sso.await.expect("doors"));
    let app = Router::new().route("/", get(home));
    world.router = app.merge(doors.routes()).with_state(App { doors });
    let (status, location, _) = world.open("/inbox").await;
    assert_eq!((status, &*location), (404, ""));
    let (status, location, _) = world.open("/").await;
    assert_eq!((status, &*location), (303, "/sso/acme?for=step_up&return_to=%2F"));
    world.idp = other;
    assert_eq!(world.log_in(&location, "alice").await, (303, "/".to_owned()));
    assert_eq!(world.open("/").await.2, "alice@example.com");
}

#[tokio::test]
async fn the_directory_is_behind_the_same_routes() {
    let mut world = World::new("https://app.example.com").await;
    let store = world.doors.sso().store().clone();
    let asked = Asked::by(By::Operator("test"), Utc::now());
    let id = "org-1".into();
    let change = Change::ManageByDirectory(true);
    let applied = administer(&store, &Plan::ALL, &id, &change, &asked).await;
    applied.expect("the store").result.expect("a change");
    let token = ("test", TokenLifetime::NinetyDays);
    let issued = issue_token(&store, &Plan::ALL, &id, token, &asked, random()).await;
    let bearer = format!("Bearer {}", issued.expect("a token").secret.as_str());
    let request = Request::post("/scim/org-1/v2/Users").header("authorization", bearer);
    let (response, body) = world.send(request, r#"{"userName":"ada"}"#.to_owned()).await;
    assert_eq!(response.status(), 201, "{body}");
    assert_eq!(response.headers()["content-type"], "application/scim+json");
}

#[tokio::test]
async fn doors_are_nested_where_the_base_url_has_a_path() {
    let mut world = World::new("https://app.example.com/app").await;
    let inner = Router::new().route("/home", get(home)).merge(world.doors.routes());
    let state = App { doors: world.doors.clone() };
    world.router = Router::new().nest("/app", inner).with_state(state);
    let (status, location, _) = world.open("/app/home").await;
    assert_eq!((status, &*location), (303, "/app/sso?return_to=%2Fapp%2Fhome"));
    let back = world.log_in("/app/sso/acme?return_to=%2Fapp%2Fhome", "alice").await;
    assert_eq!(back, (303, "/app/home".to_owned()));
    assert_eq!(world.open("/app/home").await.2, "alice@example.com");
}
