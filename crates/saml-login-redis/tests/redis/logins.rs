//! Whole logins whose requests and replays are kept in Redis, and what is said when it is gone.

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::connection::LoggedIn;
use saml_login::request::RequestCookies;
use saml_login::testing::idp::TestIdp;
use saml_login::{
    Connection, ConnectionOptions, Error, LoginOptions, Random, ServiceProvider, Unsolicited,
};
use saml_login_redis::RedisStore;

use crate::place::Place;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_900_000_000, 0).expect("an instant")
}

fn random(byte: u8) -> Random {
    Random::new([byte; 32])
}

struct Acme {
    place: Place,
    store: RedisStore,
    idp: TestIdp,
    sp: ServiceProvider,
    connection: Connection,
}

impl Acme {
    fn at(place: Place) -> Self {
        let idp = TestIdp::p256("https://idp.example.test").expect("a key");
        let sp =
            ServiceProvider::new("https://app.example.com/saml", "https://app.example.com/acs");
        let known = idp.identity_provider().expect("a certificate");
        let known = known.with_sso_url("https://idp.example.test/sso");
        let options = ConnectionOptions::default().with_unsolicited(Unsolicited::On);
        let connection = Connection::builder("acme", sp.clone(), known).with_options(options);
        let store = place.store();
        Self { place, store, idp, sp, connection: connection.build().expect("a connection") }
    }

    /// Starts a login: its request's ID, and the cookie as the browser sends it.
    fn begin(&self, byte: u8) -> Result<(String, String), Error> {
        let (options, none) = (LoginOptions::default(), RequestCookies::default());
        let begun = self.connection.begin_login(options, &none, &self.store, random(byte), now());
        let begun = self.place.runtime.block_on(begun)?;
        let id = TestIdp::request_id(&begun.delivery).expect("a request");
        let set = begun.cookies.first().expect("a cookie").as_str();
        let (cookie, _) = set.split_once(';').expect("attributes");
        Ok((id, cookie.to_owned()))
    }

    fn answer(&self, request_id: Option<&str>, number: &str) -> String {
        let response = self.idp.response(&self.sp, now()).numbered(number);
        let response = match request_id {
            Some(id) => response.in_reply_to(id),
            None => response,
        };
        response.form_value().expect("a response")
    }

    fn log_in(&self, form: &str, cookies: &str) -> Result<LoggedIn, Error> {
        let cookies = RequestCookies::read(cookies);
        let later = now() + TimeDelta::seconds(10);
        let (requests, replays) = (&self.store, &self.store);
        self.place
            .runtime
            .block_on(self.connection.log_in(form, &cookies, requests, replays, later))
    }

    fn code(&self, form: &str, cookies: &str) -> &'static str {
        self.log_in(form, cookies).map_or_else(|error| error.code(), |_| "logged in")
    }
}

#[test]
fn a_login_is_answered_once() {
    let Some(place) = Place::database(15) else { return };
    let acme = Acme::at(place);
    let (id, cookie) = acme.begin(1).expect("a login");
    let form = acme.answer(Some(&id), "1");
    let logged_in = acme.log_in(&form, &cookie).expect("a login");
    assert_eq!(logged_in.request.expect("the request").request_id, id);
    assert_eq!(acme.code(&form, &cookie), "unsolicited_in_response_to");
    let unsolicited = acme.answer(None, "2");
    assert_eq!(acme.code(&unsolicited, ""), "logged in");
    assert_eq!(acme.code(&unsolicited, ""), "assertion_replayed");
}

#[test]
fn without_redis_nobody_logs_in() {
    let Some(place) = Place::server(&["--appendonly", "yes", "--appendfsync", "always"]) else {
        return;
    };
    let acme = Acme::at(place);
    let (id, cookie) = acme.begin(1).expect("a login");
    let (form, unsolicited) = (acme.answer(Some(&id), "1"), acme.answer(None, "2"));
    acme.place.kill();
    assert_eq!(acme.code(&form, &cookie), "request_store_failed");
    assert_eq!(acme.code(&unsolicited, ""), "replay_store_failed");
    assert_eq!(acme.begin(2).expect_err("it is gone").code(), "request_store_failed");
    acme.place.start_again(&["--appendonly", "yes", "--appendfsync", "always"]);
    assert_eq!(acme.code(&form, &cookie), "logged in");
    assert_eq!(acme.code(&unsolicited, ""), "logged in");
}
