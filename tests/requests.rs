//! Requests: what is sent, what is remembered of it, and what comes of the answer.

mod common;

use std::num::NonZeroUsize;
use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use common::{Verify as _, block_on, now, sp, unsolicited_off};
use saml_login::ConnectionOptions;
use saml_login::binding::{Binding, RelayState};
use saml_login::connection::Warning;
use saml_login::error::{BoxError, SendError};
use saml_login::identity::IdentityField;
use saml_login::provider::Endpoint;
use saml_login::request::{Pending, Remembered, StartedLogin};
use saml_login::testing::contract;
use saml_login::testing::idp::{TestIdp, TestResponse};
use saml_login::{
    Connection, Delivery, IdentityProvider, KeyPair, LoginOptions, MemoryReplayStore,
    MemoryRequestStore, PendingRequest, Random, Rejection, RequestStore, SealedRequests,
    SealingKey, ServiceProvider, Unsolicited,
};

static IDP: LazyLock<TestIdp> =
    LazyLock::new(|| TestIdp::p256("https://idp.example.test").expect("a key"));

const SSO: &str = "https://idp.example.test/sso?tenant=a%20b";
const RANDOM: [u8; 32] = [7; 32];

fn random() -> Random {
    Random::new(RANDOM)
}

fn idp() -> IdentityProvider {
    let idp = IDP.identity_provider().expect("a certificate").with_sso_url(SSO);
    idp.with_sso_endpoint(Endpoint::new(Binding::HttpPost, "https://idp.example.test/post"))
}

fn key() -> KeyPair {
    let fixture =
        |file: &str| std::fs::read(format!("{}/fixtures/{file}", env!("CARGO_MANIFEST_DIR")));
    KeyPair::from_pem(
        fixture("sp-key.pem").expect("a key"),
        fixture("sp-cert.pem").expect("a certificate"),
    )
    .expect("a pair")
}

fn connection(sp: ServiceProvider) -> Connection {
    Connection::builder("acme", sp, idp())
        .with_options(unsolicited_off())
        .build()
        .expect("a connection")
}

fn start(options: LoginOptions) -> StartedLogin {
    connection(sp()).start_login(options, random(), now()).expect("a login")
}

fn query_of(delivery: &Delivery) -> Vec<(String, String)> {
    let Delivery::Redirect(url) = delivery else { panic!("{delivery:?} is no redirect") };
    let (_, query) = url.split_once('?').expect("a query");
    let decode = |text: &str| {
        percent_encoding::percent_decode_str(text).decode_utf8().expect("UTF-8").into_owned()
    };
    let pairs = query.split('&').map(|pair| pair.split_once('=').expect("a value"));
    pairs.map(|(name, value)| (name.to_owned(), decode(value))).collect()
}

fn inflated(value: &str) -> String {
    let mut xml = String::new();
    let deflated = STANDARD.decode(value).expect("Base64");
    std::io::Read::read_to_string(
        &mut flate2::read::DeflateDecoder::new(deflated.as_slice()),
        &mut xml,
    )
    .expect("DEFLATE");
    xml
}

#[test]
fn a_plain_request_asks_for_nothing_in_particular() {
    let started = start(LoginOptions::default());
    let query = query_of(&started.delivery);
    assert_eq!(
        query[0],
        ("tenant".into(), "a b".into()),
        "the URL's own query stays, and comes first"
    );
    assert_eq!(
        query.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["tenant", "SAMLRequest"]
    );
    let id = common::message_id(RANDOM);
    assert_eq!(
        inflated(&query[1].1),
        format!(
            "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
             xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{id}\" Version=\"2.0\" \
             IssueInstant=\"2030-01-31T12:00:00Z\" Destination=\"{SSO}\" \
             ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" \
             AssertionConsumerServiceURL=\"{}\"><saml:Issuer>{}</saml:Issuer></samlp:AuthnRequest>",
            sp().acs_url(),
            sp().audience()
        )
    );
    assert_eq!(started.pending.request_id, id);
    assert_eq!(started.pending.expires_at, now() + TimeDelta::minutes(10));
}

#[test]
fn every_option_is_in_the_request_and_everything_is_escaped() {
    let mut options = LoginOptions::default();
    options.binding = Some(Binding::HttpPost);
    options.answer_by = Binding::HttpArtifact;
    options.force_authn = true;
    options.is_passive = true;
    options.name_id_format = Some("urn:format".into());
    options.authn_contexts = vec!["urn:context:a".into(), "urn:context:b".into()];
    options.provider_name = Some("A \"<b>\" & 'c'\n".into());
    options.relay_state = Some(RelayState::path("/inbox?a=b&c").expect("a path"));
    let started = start(options);
    let Delivery::Post(form) = &started.delivery else { panic!("no form") };
    assert_eq!(form.action(), "https://idp.example.test/post");
    let fields: Vec<(&str, &str)> = form.fields().collect();
    assert_eq!(fields[1], ("RelayState", "/inbox?a=b&c"));
    let xml = String::from_utf8(STANDARD.decode(fields[0].1).expect("Base64")).expect("UTF-8");
    for expected in [
        "ForceAuthn=\"true\" IsPassive=\"true\" ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact\"",
        "ProviderName=\"A &quot;&lt;b&gt;&quot; &amp; &apos;c&apos;&#10;\">",
        "<samlp:NameIDPolicy Format=\"urn:format\" AllowCreate=\"true\"></samlp:NameIDPolicy>",
        "<samlp:RequestedAuthnContext Comparison=\"exact\"><saml:AuthnContextClassRef>urn:context:a\
         </saml:AuthnContextClassRef><saml:AuthnContextClassRef>urn:context:b</saml:AuthnContextClassRef>",
    ] {
        assert!(xml.contains(expected), "{expected} in {xml}");
    }
    assert!(form.page("n0nce").contains("value=\"/inbox?a=b&amp;c\""));
}

#[test]
fn a_signature_is_over_the_octets_that_are_sent() {
    let mut options = LoginOptions::default();
    options.relay_state = Some(RelayState::token("t-1").expect("a token"));
    let signing = connection(sp().with_signing_key(key()));
    let started = signing.start_login(options, random(), now()).expect("a login");
    let Delivery::Redirect(url) = &started.delivery else { panic!("no redirect") };
    let (_, query) = url.split_once("&SAMLRequest=").expect("a request");
    let (signed, signature) = query.split_once("&Signature=").expect("a signature");
    let signature = percent_encoding::percent_decode_str(signature).decode_utf8().expect("UTF-8");
    let signature = STANDARD.decode(signature.as_bytes()).expect("Base64");
    assert!(signed.ends_with(
        "&RelayState=t-1&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256"
    ));
    let certificate = std::fs::read(format!("{}/fixtures/sp-cert.pem", env!("CARGO_MANIFEST_DIR")));
    let certificate =
        openssl::x509::X509::from_pem(&certificate.expect("a file")).expect("a certificate");
    let key = certificate.public_key().expect("a key");
    let digest = openssl::hash::MessageDigest::sha256();
    let mut verifier = openssl::sign::Verifier::new(digest, &key).expect("a verifier");
    let octets = format!("SAMLRequest={signed}");
    assert!(verifier.verify_oneshot(&signature, octets.as_bytes()).expect("a verdict"));
}

#[test]
fn what_cannot_be_sent_is_an_error_that_says_so() {
    let code =
        |result: Result<StartedLogin, SendError>| result.map(|_| ()).map_err(|error| error.code());
    let mut signed = LoginOptions::default();
    signed.sign = Some(true);
    assert_eq!(
        code(connection(sp()).start_login(signed, random(), now())),
        Err("signing_key_missing")
    );
    let without =
        Connection::builder("acme", sp(), IDP.identity_provider().expect("a certificate"));
    let without = without.build().expect("a connection");
    assert_eq!(
        code(without.start_login(LoginOptions::default(), random(), now())),
        Err("endpoint_missing")
    );
    for binding in [Binding::Soap, Binding::HttpArtifact] {
        let mut options = LoginOptions::default();
        options.binding = Some(binding);
        let with = idp().with_sso_endpoint(Endpoint::new(binding, "https://idp.example.test/soap"));
        let with = Connection::builder("acme", sp(), with).build().expect("a connection");
        assert_eq!(code(with.start_login(options, random(), now())), Err("binding_unusable"));
    }
    let wanting =
        Connection::builder("acme", sp(), idp().with_signed_requests_wanted(true)).build();
    let wanting = wanting.expect("a connection");
    // Whoever wants it signed and gave no key for it gets it unsigned, and is warned.
    assert_eq!(wanting.warnings(now()), [Warning::SignedRequestsWanted]);
    let started = wanting.start_login(LoginOptions::default(), random(), now()).expect("a login");
    let Delivery::Redirect(url) = started.delivery else { panic!("no redirect") };
    assert!(!url.contains("&Signature="), "{url}");
    let mut signed = LoginOptions::default();
    signed.sign = Some(true);
    assert_eq!(code(wanting.start_login(signed, random(), now())), Err("signing_key_missing"));
}

fn answer(pending: &PendingRequest) -> TestResponse<'static> {
    IDP.response(&sp(), now()).in_reply_to(&pending.request_id)
}

fn verdict(
    connection: &Connection,
    response: &TestResponse<'_>,
    expected: Option<&PendingRequest>,
    later: TimeDelta,
) -> Result<(), &'static str> {
    let form_value = response.form_value().expect("a response");
    let at = now() + later;
    let report = connection.explain(&form_value, expected, at);
    let verdict = connection
        .verify(&form_value, expected, at)
        .map(|_| ())
        .map_err(|rejection| rejection.code());
    assert_eq!(report.code, verdict.err());
    verdict
}

#[test]
fn an_answer_is_to_a_pending_request_of_this_connection() {
    let acme = connection(sp());
    let pending = start(LoginOptions::default()).pending;
    let zero = TimeDelta::zero();
    assert_eq!(verdict(&acme, &answer(&pending), Some(&pending), zero), Ok(()));
    let mut foreign = pending.clone();
    foreign.connection_id = "other".into();
    assert_eq!(verdict(&acme, &answer(&pending), Some(&foreign), zero), Err("request_foreign"));
    let mut short = pending.clone();
    short.expires_at = now() + TimeDelta::seconds(60);
    let seconds = TimeDelta::seconds;
    assert_eq!(verdict(&acme, &answer(&pending), Some(&short), seconds(59)), Ok(()));
    assert_eq!(
        verdict(&acme, &answer(&pending), Some(&short), seconds(60)),
        Err("request_expired")
    );
    // An answer that another browser brings answers nothing that this one asked.
    let other = connection(sp())
        .start_login(LoginOptions::default(), Random::new([8; 32]), now())
        .expect("a login")
        .pending;
    assert_eq!(
        verdict(&acme, &answer(&pending), Some(&other), zero),
        Err("in_response_to_mismatch")
    );
    assert_eq!(verdict(&acme, &answer(&pending), None, zero), Err("unsolicited_forbidden"));
}

#[test]
fn requested_contexts_are_demanded_of_the_answer() {
    let mut options = LoginOptions::default();
    options.authn_contexts = vec!["urn:context:a".into(), "urn:context:b".into()];
    let pending = start(options).pending;
    let mut response = answer(&pending);
    let zero = TimeDelta::zero();
    let check =
        |response: &TestResponse<'_>| verdict(&connection(sp()), response, Some(&pending), zero);
    assert_eq!(check(&response), Err("authn_context_unmet"));
    response.authn_statements[0].authn_context_class_ref = Some("urn:context:b".into());
    assert_eq!(check(&response), Ok(()));
    response.authn_statements[0].authn_context_class_ref = None;
    assert_eq!(check(&response), Err("authn_context_unmet"));
    // Each of several, so that the one that is reported is one that was asked for.
    response.authn_statements[0].authn_context_class_ref = Some("urn:context:b".into());
    response.authn_statements.push(response.authn_statements[0].clone());
    assert_eq!(check(&response), Ok(()));
    for weak in [0, 1] {
        let mut response = response.clone();
        response.authn_statements[weak].authn_context_class_ref = Some("urn:context:weak".into());
        assert_eq!(check(&response), Err("authn_context_unmet"), "{weak}");
    }
}

#[test]
fn the_format_of_the_name_that_was_asked_for_is_demanded() {
    let acme = connection(sp());
    const SAML: &str = "urn:oasis:names:tc:SAML";
    let asked = |format: Option<&str>, sent: Option<&str>| {
        let mut options = LoginOptions::default();
        options.name_id_format = format.map(str::to_owned);
        let pending = start(options).pending;
        let mut response = answer(&pending);
        let name_id = response.name_id.as_mut().expect("a name");
        name_id.format = sent.map(str::to_owned);
        verdict(&acme, &response, Some(&pending), TimeDelta::zero())
    };
    let persistent = format!("{SAML}:2.0:nameid-format:persistent");
    let email = format!("{SAML}:1.1:nameid-format:emailAddress");
    let unspecified = format!("{SAML}:1.1:nameid-format:unspecified");
    let refused = Err("name_id_format_unmet");
    assert_eq!(asked(Some(&persistent), Some(&persistent)), Ok(()));
    assert_eq!(asked(Some(&persistent), Some(&email)), refused);
    assert_eq!(asked(Some(&persistent), None), refused, "unspecified is in effect");
    // The version in the identifier does not count: JumpCloud writes 1.0.
    assert_eq!(asked(Some(&email), Some(&email.replace("1.1", "2.0"))), Ok(()));
    assert_eq!(asked(Some("urn:x"), Some("urn:x")), Ok(()));
    assert_eq!(asked(Some("urn:x"), Some("urn:x:2")), refused);
    // Whoever asks for nothing in particular takes what comes.
    for asked_for in [None, Some(unspecified.as_str())] {
        for sent in [None, Some(persistent.as_str()), Some(email.as_str()), Some("urn:x")] {
            assert_eq!(asked(asked_for, sent), Ok(()), "{asked_for:?} {sent:?}");
        }
    }
    assert_eq!(asked(Some(&format!("{SAML}:2.0:nameid-format:encrypted")), Some(&email)), Ok(()));
}

#[test]
fn a_new_authentication_is_demanded_if_it_was_asked_for() {
    let mut options = LoginOptions::default();
    let unforced = start(options.clone()).pending;
    options.force_authn = true;
    let pending = start(options).pending;
    assert!(pending.force_authn && !unforced.force_authn);
    let zero = TimeDelta::zero();
    let acme = connection(sp());
    // The request was made at noon; the skew is a minute.
    let authenticated = |instants: &[&str]| {
        let mut response = answer(&pending);
        let statement = response.authn_statements[0].clone();
        response.authn_statements = vec![statement; instants.len()];
        for (statement, instant) in response.authn_statements.iter_mut().zip(instants) {
            statement.authn_instant = Some((*instant).into());
        }
        response
    };
    let check = |instants: &[&str]| verdict(&acme, &authenticated(instants), Some(&pending), zero);
    let (late, early) = ("2030-01-31T11:59:00Z", "2030-01-31T11:58:59.999Z");
    assert_eq!(check(&["2030-01-31T12:00:00Z"]), Ok(()));
    assert_eq!(check(&[late]), Ok(()));
    assert_eq!(check(&[early]), Err("authn_too_old"));
    assert_eq!(check(&[late, early]), Err("authn_too_old"), "every one of them");
    assert_eq!(check(&[early, late]), Err("authn_too_old"), "every one of them");
    let old = authenticated(&[early]);
    assert_eq!(verdict(&acme, &old, Some(&unforced), zero), Ok(()));
    // A cookie remembers it, too.
    let sealed = SealedRequests::new(SealingKey::new([1; 32]));
    for pending in [&pending, &unforced] {
        let pending = Pending::Login(pending.clone());
        let cookie = cookie(block_on(sealed.put(&pending, random(), now())));
        assert_eq!(taken(&sealed, &pending, &cookie, now()), Some(pending));
    }
    let rejection = acme.verify(old.form_value().expect("a response"), Some(&pending), now());
    let expected = Rejection::AuthnTooOld {
        authn_instant: common::at(early),
        issue_instant: now(),
        elapsed_seconds: 0,
        skew_seconds: 60,
    };
    assert_eq!(rejection.expect_err("a refusal"), expected);
    // Whatever the identity provider's clock says: each clock is only asked for a duration.
    for ahead in [-240, 240] {
        let there = now() + TimeDelta::seconds(ahead);
        let mut response = IDP.response(&sp(), there).in_reply_to(&pending.request_id);
        response.not_before = Some("2030-01-31T11:50:00Z".into());
        for confirmation in &mut response.confirmations {
            confirmation.not_on_or_after = Some("2030-01-31T12:10:00Z".into());
        }
        let mut authenticated = |seconds: i64| {
            let instant = there - TimeDelta::seconds(seconds);
            response.authn_statements[0].authn_instant = Some(instant.to_rfc3339());
            verdict(&acme, &response, Some(&pending), TimeDelta::seconds(30))
        };
        assert_eq!(authenticated(90), Ok(()), "{ahead}");
        assert_eq!(authenticated(91), Err("authn_too_old"), "{ahead}");
    }
}

#[test]
fn a_request_stays_answered_as_long_as_it_could_be_answered() {
    let acme = connection(sp());
    let mut options = LoginOptions::default();
    options.lifetime = TimeDelta::hours(1);
    let pending = start(options).pending;
    let store = MemoryReplayStore::default();
    let spend = |id: &str, later: TimeDelta| {
        let mut response = IDP.response(&sp(), now() + later).in_reply_to(&pending.request_id);
        response.assertion_id = Some(id.into());
        let form_value = response.form_value().expect("a response");
        let unspent = acme.verify(&form_value, Some(&pending), now() + later).expect("an answer");
        block_on(unspent.spend(&store, now() + later)).map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(spend("_one", TimeDelta::zero()), Ok(()));
    // The first assertion is long forgotten, a second one fresh; the request is answered all the
    // same.
    assert_eq!(spend("_two", TimeDelta::minutes(50)), Err("request_replayed"));
}

#[test]
fn unsolicited_responses_can_be_bounced() {
    let builder = Connection::builder("acme", sp(), idp())
        .with_options(ConnectionOptions::default().with_unsolicited(Unsolicited::Bounce));
    let bouncing = builder.build().expect("a connection");
    let zero = TimeDelta::zero();
    let unsolicited = IDP.response(&sp(), now());
    assert_eq!(verdict(&bouncing, &unsolicited, None, zero), Err("unsolicited_bounced"));
    // The answer to a request that this browser has forgotten is not bounced: that could go on for
    // ever.
    let answer = IDP.response(&sp(), now()).in_reply_to(&common::message_id([9; 32]));
    assert_eq!(verdict(&bouncing, &answer, None, zero), Err("unsolicited_in_response_to"));
    // A constant that some tiles send is the ID of no request of ours, on the Response or in the
    // confirmation; an empty one is none.
    for constant in ["_forgotten", "TILE", "", "_0", &"_".repeat(65)] {
        let tile = IDP.response(&sp(), now()).in_reply_to(constant);
        assert_eq!(verdict(&bouncing, &tile, None, zero), Err("unsolicited_bounced"), "{constant}");
        let mut one = IDP.response(&sp(), now());
        one.confirmations[0].in_response_to = Some(constant.into());
        assert_eq!(verdict(&bouncing, &one, None, zero), Err("unsolicited_bounced"), "{constant}");
    }
    // Nothing is bounced that would be refused anyway.
    let mut elsewhere = IDP.response(&sp(), now());
    elsewhere.audiences = vec![vec!["https://other.example.test".into()]];
    assert_eq!(verdict(&bouncing, &elsewhere, None, zero), Err("audience_mismatch"));
    let later = TimeDelta::days(300);
    assert_eq!(verdict(&bouncing, &unsolicited, None, later), Err("expired"));
    let nobody = ConnectionOptions::default().with_required([IdentityField::DisplayName]);
    let demanding = Connection::builder("acme", sp(), idp()).with_options(nobody);
    let demanding = demanding.build().expect("a connection");
    assert_eq!(verdict(&demanding, &unsolicited, None, zero), Err("attribute_missing"));
    // Nothing that is not verified is bounced.
    let stranger = TestIdp::p256("https://idp.example.test").expect("a key");
    let forged = stranger.response(&sp(), now());
    assert_eq!(verdict(&bouncing, &forged, None, zero), Err("key_untrusted"));
    let pending =
        bouncing.start_login(LoginOptions::default(), random(), now()).expect("a login").pending;
    let answer = IDP.response(&sp(), now()).in_reply_to(&pending.request_id);
    assert_eq!(verdict(&bouncing, &answer, Some(&pending), zero), Ok(()));
}

/// The value of the cookie under which a request is remembered.
fn cookie(remembered: Result<Remembered, BoxError>) -> String {
    match remembered.expect("a store") {
        Remembered::Cookie(cookie) => cookie,
        other => panic!("{other:?}"),
    }
}

/// What a store gives for a request's own ID and this cookie.
fn taken<S: RequestStore>(
    store: &S,
    pending: &Pending,
    cookie: &str,
    at: DateTime<Utc>,
) -> Option<Pending> {
    block_on(store.take(pending.request_id(), cookie, at)).expect("a store")
}

fn pending() -> Pending {
    Pending::Login(start(LoginOptions::default()).pending)
}

#[test]
fn stores_keep_their_contracts() {
    contract::request_store(&MemoryRequestStore::default(), true, contract::block_on);
    contract::request_store(
        &SealedRequests::new(SealingKey::new([1; 32])),
        false,
        contract::block_on,
    );
    contract::replay_store(&MemoryReplayStore::default(), contract::block_on);
}

#[test]
fn a_full_store_remembers_nothing_more_and_forgets_nothing() {
    let store = MemoryRequestStore::with_capacity(NonZeroUsize::MIN);
    let pending = pending();
    let put = |random: u8, at| {
        block_on(store.put(&pending, Random::new([random; 32]), at)).expect("a store")
    };
    let Remembered::Cookie(cookie) = put(1, now()) else { panic!("no cookie") };
    assert_eq!(put(2, now()), Remembered::Full);
    assert_eq!(taken(&store, &pending, &cookie, now()), Some(pending.clone()));
    assert!(matches!(put(3, now()), Remembered::Cookie(_)));
    // What has expired makes room.
    assert!(matches!(put(4, now() + TimeDelta::minutes(10)), Remembered::Cookie(_)));
}

#[test]
fn logins_started_at_one_connection_leave_room_for_the_others() {
    let store = MemoryRequestStore::with_capacity(NonZeroUsize::new(100).expect("a number"));
    let pending = pending();
    let put = |connection_id: &str, random: u8, at| {
        let mut request = start(LoginOptions::default()).pending;
        request.connection_id = connection_id.into();
        match block_on(store.put(&request.into(), Random::new([random; 32]), at)).expect("a store")
        {
            Remembered::Cookie(cookie) => Some(cookie),
            _ => None,
        }
    };
    let flooded: Vec<_> =
        (0..100).map(|random| put("flooded", random, now()).expect("room")).collect();
    assert_eq!(put("flooded", 100, now()), None);
    let other = put("other", 101, now()).expect("room");
    assert!(taken(&store, &pending, &other, now()).is_some());
    // One that is answered makes room for one, and one that is asked for twice for no more.
    assert!(taken(&store, &pending, &flooded[0], now()).is_some());
    assert!(taken(&store, &pending, &flooded[0], now()).is_none());
    assert!(put("flooded", 102, now()).is_some());
    assert_eq!(put("flooded", 103, now()), None);
    let later = now() + TimeDelta::minutes(10);
    assert!((0..100).all(|random| put("flooded", random, later).is_some()), "all have expired");
}

/// Each purpose has its own derivation: what is public of one says nothing of another, and requests
/// never share a key stream. Randomness cannot be used twice, but the same bytes can be handed in.
#[test]
fn the_same_randomness_twice_gives_nothing_away() {
    let base64 = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let pending = pending();
    let of_memory = block_on(MemoryRequestStore::default().put(&pending, random(), now()));
    let of_memory = base64.decode(cookie(of_memory)).expect("Base64");
    let hex: String = of_memory.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_ne!(pending.request_id(), format!("_{hex}"));
    assert!(of_memory != RANDOM && of_memory.len() == 32);

    let sealed = SealedRequests::new(SealingKey::new([1; 32]));
    let sealed_bytes = |pending: &Pending, random: [u8; 32]| {
        let remembered = block_on(sealed.put(pending, Random::new(random), now()));
        base64.decode(cookie(remembered)).expect("Base64")
    };
    let mut other = start(LoginOptions::default()).pending;
    other.expires_at += TimeDelta::seconds(1);
    let mut end_differs = RANDOM;
    end_differs[31] ^= 1;
    let one = sealed_bytes(&pending, RANDOM);
    for another in [sealed_bytes(&other.into(), RANDOM), sealed_bytes(&pending, end_differs)] {
        assert_eq!(one[..4], another[..4], "the key's mark");
        assert_ne!(one[4..36], another[4..36], "the salt");
        // Both texts begin with the length and the value of the same ID: so would one key stream.
        assert_ne!(one[36..52], another[36..52], "the text");
    }
    assert!(
        !one.windows(12).any(|window| window == &RANDOM[..12]),
        "the randomness itself is not told"
    );
}

#[test]
fn sealed_requests_are_opened_by_their_key_alone() {
    let pending = pending();
    let sealed = SealedRequests::new(SealingKey::new([1; 32]));
    let cookie = cookie(block_on(sealed.put(&pending, random(), now())));
    let open = |requests: &SealedRequests, cookie: &str| taken(requests, &pending, cookie, now());
    assert_eq!(open(&sealed, &cookie), Some(pending.clone()));
    let other = SealedRequests::new(SealingKey::new([2; 32]));
    assert_eq!(open(&other, &cookie), None);
    let both = other.and_opening_with(SealingKey::new([1; 32]));
    assert_eq!(open(&both, &cookie), Some(pending.clone()));
    // No byte of it can be changed, nor can it be cut.
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let sealed_bytes = bytes.decode(&cookie).expect("Base64");
    for position in 0..sealed_bytes.len() {
        let mut changed = sealed_bytes.clone();
        changed[position] ^= 1;
        assert_eq!(open(&sealed, &bytes.encode(&changed)), None, "byte {position}");
        assert_eq!(
            open(&sealed, &bytes.encode(&sealed_bytes[..position])),
            None,
            "cut at {position}"
        );
    }
    assert!(!format!("{sealed:?}").contains('1'));
}

#[test]
fn the_test_identity_provider_reads_whom_to_answer() {
    for binding in [Binding::HttpRedirect, Binding::HttpPost] {
        let mut options = LoginOptions::default();
        options.binding = Some(binding);
        let started = start(options);
        let request_id = TestIdp::request_id(&started.delivery);
        assert_eq!(request_id.as_ref(), Some(&started.pending.request_id), "{binding:?}");
    }
    assert_eq!(
        TestIdp::request_id(&Delivery::Redirect("https://idp.example.test/sso".into())),
        None
    );
}
