//! Two steps: a genuine response names the request that it answers, and is accepted against it.

mod common;

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use common::{block_on, now, sp, unsolicited_off, unsolicited_on};
use saml_login::request::{Pending, PendingLogout, Purpose, RequestCookie, RequestCookies};
use saml_login::testing::idp::{TestIdp, TestResponse, TestSigned};
use saml_login::testing::pending_request;
use saml_login::{
    Connection, ConnectionOptions, Delivery, LoginOptions, MemoryReplayStore, MemoryRequestStore,
    Opened, PendingRequest, Random, RequestStore, SealedRequests, SealingKey,
};

static IDP: LazyLock<TestIdp> =
    LazyLock::new(|| TestIdp::p256("https://idp.example.test").expect("a key"));

fn connection(options: ConnectionOptions) -> Connection {
    let idp = IDP.identity_provider().expect("a certificate");
    let idp = idp.with_sso_url("https://idp.example.test/sso");
    Connection::builder("acme", sp(), idp).with_options(options).build().expect("a connection")
}

fn response() -> TestResponse<'static> {
    IDP.response(&sp(), now())
}

fn form_value(response: &TestResponse<'_>) -> String {
    response.form_value().expect("a response")
}

/// The code of a refusal; `accepted`.
fn verdict(opened: Opened<'_>, request: Option<&PendingRequest>) -> &'static str {
    match opened.accept(request, now()) {
        Ok(_) => "accepted",
        Err(rejection) => rejection.code(),
    }
}

/// Both InResponseTo as given; `None` leaves one out.
fn named(
    signed: TestSigned,
    on_response: Option<&str>,
    on_confirmation: Option<&str>,
) -> TestResponse<'static> {
    let mut response = response().signed(signed);
    response.in_response_to = on_response.map(str::to_owned);
    response.confirmations[0].in_response_to = on_confirmation.map(str::to_owned);
    response
}

#[test]
fn only_signed_octets_name_a_request() {
    let acme = connection(ConnectionOptions::default());
    let (mine, other) = (Some("_mine"), Some("_other"));
    for (signed, on_response, on_confirmation, expected) in [
        (TestSigned::Assertion, mine, mine, mine),
        (TestSigned::Assertion, None, mine, mine),
        (TestSigned::Assertion, other, mine, mine),
        // The Response is not signed: whoever posts it can write there what they like.
        (TestSigned::Assertion, mine, None, None),
        (TestSigned::Assertion, None, None, None),
        (TestSigned::Response, mine, mine, mine),
        (TestSigned::Response, mine, None, mine),
        (TestSigned::Response, other, mine, mine),
        (TestSigned::Both, mine, None, mine),
        (TestSigned::Both, None, None, None),
    ] {
        let response = named(signed, on_response, on_confirmation);
        let opened = acme.open(form_value(&response), now()).expect("a genuine response");
        let found = opened.in_response_to();
        assert_eq!(found, expected, "{signed:?} {on_response:?} {on_confirmation:?}");
    }
}

#[test]
fn two_confirmations_name_one_request_or_the_message_is_refused() {
    let acme = connection(ConnectionOptions::default());
    for (second, expected) in [
        (Some("_mine"), Ok(Some("_mine".to_owned()))),
        (None, Ok(Some("_mine".to_owned()))),
        (Some("_other"), Err("in_response_to_ambiguous")),
    ] {
        let mut response = response().in_reply_to("_mine");
        let mut confirmation = response.confirmations[0].clone();
        confirmation.in_response_to = second.map(str::to_owned);
        response.confirmations.push(confirmation);
        let opened = acme.open(form_value(&response), now());
        let found = opened.map(|opened| opened.in_response_to().map(str::to_owned));
        assert_eq!(found.map_err(|rejection| rejection.code()), expected, "{second:?}");
    }
}

/// Every policy against every kind of message and every kind of request.
#[test]
fn what_is_accepted_against_what() {
    let switched = unsolicited_on().with_danger_ignore_unsolicited_in_response_to(true);
    let (mine_id, other_id) = (common::message_id([1; 32]), common::message_id([2; 32]));
    for (options, unasked, unasked_answer, constant, alone) in [
        (
            unsolicited_off(),
            "unsolicited_forbidden",
            "unsolicited_forbidden",
            "unsolicited_forbidden",
            "unsolicited_forbidden",
        ),
        (
            ConnectionOptions::default(),
            "unsolicited_bounced",
            "unsolicited_in_response_to",
            "unsolicited_bounced",
            "in_response_to_missing",
        ),
        (
            unsolicited_on(),
            "accepted",
            "unsolicited_in_response_to",
            "unsolicited_in_response_to",
            "in_response_to_missing",
        ),
        (switched, "accepted", "accepted", "accepted", "accepted"),
    ] {
        let acme = connection(options);
        let mine = pending_request(&acme, &mine_id, now());
        let open = |response: &TestResponse<'_>| {
            acme.open(form_value(response), now()).expect("a genuine response")
        };
        let answer = response().in_reply_to(&mine_id);
        let (another, none) = (response().in_reply_to(&other_id), response());
        // An abandoned login's request next to a response that names none is not applied.
        assert_eq!(verdict(open(&answer), Some(&mine)), "accepted");
        assert_eq!(verdict(open(&another), Some(&mine)), "in_response_to_mismatch");
        assert_eq!(verdict(open(&none), Some(&mine)), "in_response_to_missing");
        assert_eq!(verdict(open(&none), None), unasked);
        assert_eq!(verdict(open(&answer), None), unasked_answer);
        assert_eq!(verdict(open(&response().in_reply_to("TILE")), None), constant);
        // `InResponseTo=""` says that there is none.
        assert_eq!(verdict(open(&response().in_reply_to("")), None), unasked);
        // In the signed confirmation only: that is enough. On the unsigned Response only: it is
        // not.
        let in_confirmation = named(TestSigned::Assertion, None, Some(&mine_id));
        assert_eq!(verdict(open(&in_confirmation), Some(&mine)), "accepted");
        let on_response = named(TestSigned::Assertion, Some(&mine_id), None);
        assert_eq!(verdict(open(&on_response), Some(&mine)), "in_response_to_missing");
        assert_eq!(verdict(open(&on_response), None), alone);
        // The Response may be silent; what it says has to be true.
        let torn = named(TestSigned::Assertion, Some(&other_id), Some(&mine_id));
        assert_eq!(verdict(open(&torn), Some(&mine)), "in_response_to_mismatch");
    }
}

#[test]
fn no_bounce_goes_round_for_ever() {
    let acme = connection(ConnectionOptions::default());
    let requests = MemoryRequestStore::default();
    let mut browser = Browser::default();
    let mut bounce = |number: u8, seconds: i64| {
        let (options, random) = (LoginOptions::default(), Random::new([number; 32]));
        let (cookies, at) = (browser.cookies(), now() + TimeDelta::seconds(seconds));
        let begun = block_on(acme.begin_bounce(options, &cookies, &requests, random, at));
        let begun = begun.map_err(|error| error.code())?;
        browser.take(begun.cookies.iter().map(|cookie| cookie.as_str()));
        Ok::<(), &str>(())
    };
    assert_eq!(bounce(1, 0), Ok(()));
    assert_eq!(bounce(2, 5), Ok(()));
    assert_eq!(bounce(3, 10), Err("bounce_unanswered"));
    assert_eq!(bounce(4, 59), Err("bounce_unanswered"));
    // A minute later the first is forgotten.
    assert_eq!(bounce(5, 60), Ok(()));
}

#[test]
fn a_test_is_answered_by_the_settings_that_it_was_started_with() {
    let build = |revision: &str| {
        let idp = IDP.identity_provider().expect("a certificate");
        let builder = Connection::builder("acme", sp(), idp).with_revision(revision);
        builder.build().expect("a connection")
    };
    let (first, second) = (build("1"), build("2"));
    let answer = form_value(&response().in_reply_to("_mine"));
    let mut request = pending_request(&first, "_mine", now());
    for (purpose, elsewhere) in [(Purpose::Login, "accepted"), (Purpose::Test, "request_outdated")]
    {
        request.purpose = purpose;
        for (connection, expected) in [(&first, "accepted"), (&second, elsewhere)] {
            let opened = connection.open(&answer, now()).expect("a genuine response");
            assert_eq!(verdict(opened, Some(&request)), expected, "{purpose:?}");
        }
    }
}

/// Without a revision of the caller's, the settings themselves are one.
#[test]
fn other_settings_are_another_revision() {
    let revision = |options| connection(options).revision().to_owned();
    let plain = revision(ConnectionOptions::default());
    assert_eq!(plain.len(), 64);
    assert_eq!(plain, revision(ConnectionOptions::default()));
    assert_ne!(plain, revision(unsolicited_on()));
    let idp = IDP.identity_provider().expect("a certificate");
    let other = Connection::builder("acme", sp(), idp).build().expect("a connection");
    assert_ne!(plain, other.revision(), "the single sign-on URL");
}

#[test]
fn both_clocks_can_be_compared() {
    let acme = connection(ConnectionOptions::default());
    let ahead = IDP.response(&sp(), now() + TimeDelta::seconds(45));
    let opened = acme.open(form_value(&ahead), now()).expect("a genuine response");
    assert_eq!(opened.clock_difference(), Some(TimeDelta::seconds(45)));
}

#[test]
fn a_message_says_before_it_is_verified_what_it_claims_to_answer() {
    let acme = connection(ConnectionOptions::default());
    let stranger = TestIdp::p256("https://stranger.example.test").expect("a key");
    let claimed =
        |response: &TestResponse<'_>| acme.unverified_in_response_to(form_value(response));
    let forged = stranger.response(&sp(), now()).in_reply_to("_mine");
    assert_eq!(claimed(&forged), Some("_mine".into()));
    assert_eq!(claimed(&named(TestSigned::Assertion, None, Some("_mine"))), Some("_mine".into()));
    assert_eq!(claimed(&response()), None);
    assert_eq!(acme.unverified_in_response_to("%%%"), None);
    assert_eq!(acme.unverified_in_response_to(STANDARD.encode("<a/>")), None);
}

/// A browser: its cookies, as `Set-Cookie` headers set and clear them.
#[derive(Default)]
struct Browser(Vec<(String, String)>);

impl Browser {
    fn take<'a>(&mut self, headers: impl IntoIterator<Item = &'a str>) {
        for header in headers {
            let (pair, attributes) = header.split_once("; ").expect("attributes");
            let (name, value) = pair.split_once('=').expect("a pair");
            assert!(attributes.starts_with("Path=/; Secure; HttpOnly; SameSite=None; Max-Age="));
            self.0.retain(|(old, _)| old != name);
            if !attributes.ends_with("Max-Age=0") {
                self.0.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    fn cookies(&self) -> RequestCookies {
        let pairs: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        RequestCookies::read(&format!("theme=dark; {}", pairs.join("; ")))
    }

    fn begin<R: RequestStore>(
        &mut self,
        connection: &Connection,
        requests: &R,
        number: u8,
        at: DateTime<Utc>,
    ) -> String {
        self.begin_with(connection, requests, (number, 1), at)
    }

    /// With a context of so many bytes, each of them the number.
    fn begin_with<R: RequestStore>(
        &mut self,
        connection: &Connection,
        requests: &R,
        (number, length): (u8, usize),
        at: DateTime<Utc>,
    ) -> String {
        let options = LoginOptions::default().with_context(vec![number; length]);
        let (random, cookies) = (Random::new([number; 32]), self.cookies());
        let begun = connection.begin_login(options, &cookies, requests, random, at);
        let begun = block_on(begun).expect("a login");
        self.take(begun.cookies.iter().map(|cookie| cookie.as_str()));
        request_id(&begun.delivery)
    }

    fn log_in<R: RequestStore>(
        &mut self,
        connection: &Connection,
        (requests, replays): (&R, &MemoryReplayStore),
        form_value: &str,
    ) -> Result<Option<Vec<u8>>, &'static str> {
        let cookies = self.cookies();
        let done = connection.log_in(form_value, &cookies, requests, replays, now());
        let done = block_on(done).map_err(|error| error.code())?;
        assert_eq!(done.identity.name_id.value, "alice@example.test");
        self.take(done.cookies.iter().map(|cookie| cookie.as_str()));
        Ok(done.request.map(|request| request.context))
    }
}

fn request_id(delivery: &Delivery) -> String {
    TestIdp::request_id(delivery).expect("a request")
}

/// Several tabs, junk from elsewhere, a replay: for each store.
fn tabs<R: RequestStore>(requests: &R) {
    let acme = connection(ConnectionOptions::default());
    let replays = MemoryReplayStore::default();
    let stores = (requests, &replays);
    let mut browser = Browser::default();
    let ids: Vec<String> =
        (1..=3).map(|number| browser.begin(&acme, requests, number, now())).collect();
    assert_eq!(browser.0.len(), 3);
    let answer = |id: &str| {
        let mut response = response().in_reply_to(id);
        response.assertion_id = Some(format!("_assertion{id}"));
        form_value(&response)
    };
    // Junk that names a request of this browser uses none up.
    let stranger = TestIdp::p256("https://idp.example.test").expect("a key");
    let junk = form_value(&stranger.response(&sp(), now()).in_reply_to(&ids[1]));
    assert_eq!(browser.log_in(&acme, stores, &junk), Err("key_untrusted"));
    // The tabs end in any order, each with its own request.
    assert_eq!(browser.log_in(&acme, stores, &answer(&ids[1])), Ok(Some(vec![2])));
    assert_eq!(browser.log_in(&acme, stores, &answer(&ids[0])), Ok(Some(vec![1])));
    assert_eq!(browser.0.len(), 1);
    // What is answered is answered: its cookie is gone.
    let again = browser.log_in(&acme, stores, &answer(&ids[1]));
    assert_eq!(again, Err("unsolicited_in_response_to"));
    // Another browser has nothing that it answers.
    let stolen = Browser::default().log_in(&acme, stores, &answer(&ids[2]));
    assert_eq!(stolen, Err("unsolicited_in_response_to"));
    assert_eq!(browser.log_in(&acme, stores, &answer(&ids[2])), Ok(Some(vec![3])));
    assert!(browser.0.is_empty());
}

#[test]
fn tabs_do_not_disturb_each_other() {
    tabs(&MemoryRequestStore::default());
    tabs(&SealedRequests::new(SealingKey::new([1; 32])));
}

#[test]
fn a_tile_applies_nothing_of_an_abandoned_login() {
    let acme = connection(unsolicited_on());
    let requests = MemoryRequestStore::default();
    let replays = MemoryReplayStore::default();
    let mut browser = Browser::default();
    browser.begin(&acme, &requests, 1, now());
    let tile = form_value(&response());
    assert_eq!(browser.log_in(&acme, (&requests, &replays), &tile), Ok(None));
    assert_eq!(browser.0.len(), 1, "the abandoned login can still be ended");
}

#[test]
fn a_browser_keeps_eight_cookies_the_newest() {
    let acme = connection(ConnectionOptions::default());
    let requests = MemoryRequestStore::default();
    let mut browser = Browser::default();
    for number in 1..=12 {
        let at = now() + TimeDelta::seconds(i64::from(number));
        browser.begin(&acme, &requests, number, at);
    }
    assert_eq!(browser.0.len(), 8);
    let oldest = (now() + TimeDelta::seconds(5)).timestamp();
    assert!(browser.0[0].0.starts_with(&format!("__Host-saml-{oldest}-")), "{}", browser.0[0].0);
    // Long values: four thousand bytes in all.
    let sealed = SealedRequests::new(SealingKey::new([1; 32]));
    let mut browser = Browser::default();
    for number in 1..=12 {
        let at = now() + TimeDelta::seconds(i64::from(number));
        browser.begin_with(&acme, &sealed, (number, 500), at);
        let bytes: usize = browser.0.iter().map(|(name, value)| name.len() + value.len()).sum();
        assert!(bytes <= 4_000, "{bytes}");
    }
    assert_eq!(browser.0.len(), 3);
}

/// Anybody can cause bounces, so they cost nobody a login that is under way.
#[test]
fn a_bounce_pushes_out_only_bounces() {
    let acme = connection(ConnectionOptions::default());
    let requests = MemoryRequestStore::default();
    let mut browser = Browser::default();
    for number in 1..=6 {
        browser.begin(&acme, &requests, number, now());
    }
    let logins = browser.0.clone();
    let bounce = |browser: &Browser, number: u8, after| {
        let (options, random) = (LoginOptions::default(), Random::new([number; 32]));
        let at = now() + TimeDelta::seconds(after);
        block_on(acme.begin_bounce(options, &browser.cookies(), &requests, random, at))
    };
    for number in 10..20 {
        let begun = bounce(&browser, number, 31 * i64::from(number)).expect("a login");
        browser.take(begun.cookies.iter().map(|cookie| cookie.as_str()));
    }
    assert_eq!(browser.0.len(), 8);
    assert!(logins.iter().all(|login| browser.0.contains(login)));
    let cookies = browser.cookies();
    let unanswered =
        |seconds| cookies.unanswered_bounces("acme", now() + TimeDelta::seconds(seconds));
    // They were begun 558 and 589 seconds after noon.
    assert_eq!([589, 617, 618, 649].map(unanswered), [2, 2, 1, 0]);
    assert_eq!(cookies.unanswered_bounces("other", now()), 0);
    // Eight logins leave no room for a bounce.
    for number in 30..=31 {
        browser.begin(&acme, &requests, number, now() + TimeDelta::seconds(60));
    }
    browser.0.retain(|(name, _)| !name.contains("b-"));
    for number in 32..=33 {
        browser.begin(&acme, &requests, number, now() + TimeDelta::seconds(60));
    }
    assert_eq!(browser.0.len(), 8);
    let refused = bounce(&browser, 40, 60).expect_err("a refusal");
    assert_eq!(refused.code(), "cookies_full");
}

#[test]
fn an_answer_ends_the_bounces_of_its_connection() {
    let acme = connection(ConnectionOptions::default());
    let requests = MemoryRequestStore::default();
    let replays = MemoryReplayStore::default();
    let mut browser = Browser::default();
    let mut ids = Vec::new();
    for number in 1..=2 {
        let (options, random) = (LoginOptions::default(), Random::new([number; 32]));
        let cookies = browser.cookies();
        let begun = block_on(acme.begin_bounce(options, &cookies, &requests, random, now()));
        let begun = begun.expect("a login");
        browser.take(begun.cookies.iter().map(|cookie| cookie.as_str()));
        ids.push(request_id(&begun.delivery));
    }
    let answer = form_value(&response().in_reply_to(&ids[0]));
    assert_eq!(browser.log_in(&acme, (&requests, &replays), &answer), Ok(Some(Vec::new())));
    assert!(browser.0.is_empty());
}

#[test]
fn a_cookie_that_is_written_in_another_way_is_not_ours() {
    let acme = connection(ConnectionOptions::default());
    let pending = Pending::Login(pending_request(&acme, "_mine", now()));
    let cookie = RequestCookie::new(&pending, "value");
    let name = cookie.name();
    let read = |name: &str| RequestCookies::read(&format!("{name}=value"));
    let of_request = |cookies: &RequestCookies| cookies.of_request("acme", "_mine").count();
    assert_eq!(of_request(&read(&name)), 1);
    assert_eq!(read(&name).of_request("acme", "_other").count(), 0);
    assert_eq!(read(&name).of_request("other", "_mine").count(), 0);
    let (before, tag) = name.rsplit_once('-').expect("a tag");
    for bad in [
        name.to_uppercase(),
        name.replace("__Host-", ""),
        format!("{before}-{}", &tag[1..]),
        format!("{before}-+{}", &tag[1..]),
        format!("{name}0"),
        name.replace("__Host-saml-", "__Host-saml-+"),
        name.replace("__Host-saml-", "__Host-saml-0"),
        before.to_owned(),
        String::new(),
    ] {
        assert_eq!(read(&bad), RequestCookies::default(), "{bad}");
    }
    let shown = format!("{cookie:?}{:?}{:?}", read(&name), cookie.set(now()));
    assert!(shown.contains(&name) && !shown.contains("value"), "{shown}");
    let logout = Pending::Logout(PendingLogout {
        request_id: "_mine".into(),
        connection_id: "acme".into(),
        issued_at: now(),
        expires_at: now() + TimeDelta::minutes(10),
        relay_state: None,
    });
    let logout = RequestCookie::new(&logout, "value");
    assert_eq!(of_request(&read(&logout.name())), 1);
    assert_ne!(logout.name(), name);
}

#[test]
fn a_context_has_its_bounds() {
    let acme = connection(ConnectionOptions::default());
    let start = |length: usize| {
        let options = LoginOptions::default().with_context(vec![7; length]);
        let started = acme.start_login(options, Random::new([1; 32]), now());
        started.map(|started| started.pending).map_err(|error| error.code())
    };
    let pending = start(2_048).expect("a login");
    assert_eq!(pending.context, [7; 2_048]);
    assert_eq!(start(2_049), Err("context_too_long"));
    // It fits in a cookie, and comes back whole.
    let sealed = SealedRequests::new(SealingKey::new([1; 32]));
    let mut browser = Browser::default();
    let options = LoginOptions::default().with_context(vec![7; 2_048]);
    let (random, cookies) = (Random::new([1; 32]), RequestCookies::default());
    let begun = block_on(acme.begin_login(options, &cookies, &sealed, random, now()));
    let begun = begun.expect("a login");
    browser.take(begun.cookies.iter().map(|cookie| cookie.as_str()));
    let answer = form_value(&response().in_reply_to(&request_id(&begun.delivery)));
    let replays = MemoryReplayStore::default();
    let found = browser.log_in(&acme, (&sealed, &replays), &answer);
    assert_eq!(found, Ok(Some(vec![7; 2_048])));
}

/// Rebuilding a request asks for every part, so nothing that the answer is held to falls away.
#[test]
fn a_request_is_kept_whole() {
    let acme = connection(ConnectionOptions::default());
    let mut request = pending_request(&acme, "_mine", now());
    request.force_authn = true;
    request.authn_contexts = vec!["urn:context".into()];
    request.purpose = Purpose::Test;
    request.context = vec![0, 255];
    let pending = Pending::Login(request);
    let logout = Pending::Logout(PendingLogout {
        request_id: "_logout".into(),
        connection_id: "acme".into(),
        issued_at: now(),
        expires_at: now() + TimeDelta::minutes(10),
        relay_state: saml_login::binding::RelayState::received("/bye"),
    });
    for pending in [pending, logout] {
        let json = serde_json::to_value(&pending).expect("JSON");
        let read: Pending = serde_json::from_value(json.clone()).expect("a request");
        assert_eq!(read, pending);
        let (kind, fields) = json.as_object().and_then(|map| map.iter().next()).expect("a kind");
        let fields = fields.as_object().expect("fields");
        for missing in fields.keys() {
            let mut fewer = fields.clone();
            fewer.remove(missing);
            let fewer = serde_json::json!({ kind: fewer });
            let read = serde_json::from_value::<Pending>(fewer);
            let error = read.expect_err("a refusal").to_string();
            assert_eq!(error, format!("missing field `{missing}`"));
        }
    }
}
