//! Single logout whose messages travel in query strings, and of accounts that were switched to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saml_login::account::{AccountId, OrganizationId, Role};
use saml_login::binding::RelayState;
use saml_login::error::Error;
use saml_login::logout::{LogoutMessage, LogoutOutcome, LogoutRequest, OpenedLogout};
use saml_login::organization::{Change, SealedKeyPair};
use saml_login::sealing::SealingKeys;
use saml_login::sso::{Browser, LogoutAnswered, SignedIn};
use saml_login::testing::idp::TestIdp;
use saml_login::{
    Certificates, Connection, Delivery, IdentityProvider, MemoryReplayStore, Organization,
    SealingKey, ServiceProvider,
};

use crate::acts::refused;
use crate::common::people::random;
use crate::common::tenants::{IDP_A, IDP_B, applied, verify_domain};
use crate::common::{block_on, now};
use crate::logout::{comes, instant, is_in, with_slo};
use crate::site::{From, Jar, Site, person};

const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";

/// An organization whose identity provider takes logouts, with a key pair of ours to sign them.
pub(crate) fn signing() -> Organization {
    let mut acme = with_slo("org-a", "acme", &IDP_A);
    let keys = SealingKeys::new(SealingKey::new([7; 32]));
    let pair = SealedKeyPair::generate(acme.id(), &keys, random(), now()).expect("a key pair");
    let add = Change::AddKeyPair(Box::new(pair));
    applied(&mut acme, add).result.expect("a key pair");
    acme
}

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Bindings §3.4.4.1: the message is compressed by DEFLATE, and its Base64 goes into the query.
fn deflated(xml: &str) -> String {
    let mut deflated = Vec::new();
    let level = flate2::Compression::default();
    let mut encoder = flate2::read::DeflateEncoder::new(xml.as_bytes(), level);
    std::io::Read::read_to_end(&mut encoder, &mut deflated).expect("DEFLATE");
    encode(&STANDARD.encode(deflated))
}

/// A query of the identity provider's, signed by it or not at all.
fn query(idp: Option<&TestIdp>, parameter: &str, xml: &str, relay_state: &str) -> String {
    let unsigned = format!("{parameter}={}&RelayState={}", deflated(xml), encode(relay_state));
    let Some(idp) = idp else { return unsigned };
    let query = format!("{unsigned}&SigAlg={}", encode(ECDSA_SHA256));
    let signature = idp.sign_octets(ECDSA_SHA256, query.as_bytes()).expect("a signature");
    format!("{query}&Signature={}", encode(&STANDARD.encode(signature)))
}

/// What the identity provider asks or answers; `about` says whom, or to which request.
fn message(site: &Site, to: &Organization, name: &str, about: (&str, &str, &str)) -> String {
    let (id, attributes, content) = about;
    format!(
        "<samlp:{name} xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
         xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{id}\" Version=\"2.0\" \
         IssueInstant=\"{}\" Destination=\"{}\"{attributes}><saml:Issuer>{}</saml:Issuer>\
         {content}</samlp:{name}>",
        instant(site.now()),
        to.urls().slo_url,
        IDP_A.issuer(),
    )
}

fn request(site: &Site, to: &Organization, (id, name): (&str, &str)) -> String {
    let content = format!(
        "<saml:NameID Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">\
         {name}@example.test</saml:NameID>"
    );
    message(site, to, "LogoutRequest", (id, "", &content))
}

fn answer(site: &Site, to: &Organization, (id, request): (&str, &str), status: &str) -> String {
    let status = format!(
        "<samlp:Status><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\">\
         {status}</samlp:StatusCode></samlp:Status>"
    );
    message(site, to, "LogoutResponse", (id, &format!(" InResponseTo=\"{request}\""), &status))
}

/// The query with which the identity provider answers our request, as far as it came.
pub(crate) fn answered(site: &Site, to: &Organization, location: &str, status: &str) -> String {
    let id = TestIdp::request_id(&Delivery::Redirect(location.to_owned())).expect("an ID");
    let xml = answer(site, to, (&format!("{id}-answered"), &id), status);
    query(Some(&IDP_A), "SAMLResponse", &xml, "back")
}

pub(crate) const PARTIAL: &str = "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:PartialLogout\">\
    </samlp:StatusCode>";

/// The browser follows a redirect of the identity provider's to the Single Logout Service.
fn follow(
    site: &Site,
    jar: &mut Jar,
    to: &Organization,
    query: &str,
) -> Result<LogoutAnswered, Error> {
    let header = jar.header(From::Link, site.now());
    let browser = Browser::new(&header, site.now());
    let message = LogoutMessage::Redirect { query };
    let taken = block_on(site.sso.take_logout(&to.urls().slo_url, message, &browser, random()))?;
    let (LogoutAnswered::Ended { cookies, .. } | LogoutAnswered::Returned { cookies, .. }) = &taken
    else {
        panic!("not known")
    };
    jar.take(cookies, site.now());
    Ok(taken)
}

/// The identity provider's side, which knows our certificate.
fn their_side(acme: &Organization) -> Connection {
    let slo_url = "https://idp-a.example.test/metadata/slo";
    let idp = ServiceProvider::new(IDP_A.issuer(), "urn:acs").with_slo_url(slo_url);
    let [pair] = acme.key_pairs() else { panic!("no key pair") };
    let certificates = Certificates::parse(pair.certificate_pem()).expect("a certificate");
    let ours = IdentityProvider::new(acme.urls().entity_id.as_str(), certificates);
    Connection::builder("their side", idp, ours).build().expect("a connection")
}

/// The query that the browser is sent to the identity provider with.
fn sent(delivery: Option<Delivery>) -> String {
    let Some(Delivery::Redirect(url)) = delivery else { panic!("no redirect: {delivery:?}") };
    let (place, query) = url.split_once('?').expect("a query");
    assert_eq!(place, "https://idp-a.example.test/metadata/slo");
    query.to_owned()
}

#[test]
fn the_identity_provider_logs_out_by_redirect() {
    let acme = signing();
    let site = Site::of(&[&acme]);
    let mut desk = comes(&site, &acme, &IDP_A, "alice", "_desk");
    let mut phone = comes(&site, &acme, &IDP_A, "alice", "_phone");
    let mut bob = comes(&site, &acme, &IDP_A, "bob", "_bob");
    let xml = request(&site, &acme, ("_one", "alice"));
    // What is not signed, or signed by somebody else, or was changed, ends nothing.
    let honest = query(Some(&IDP_A), "SAMLRequest", &xml, "back");
    for (hostile, expected) in [
        (query(None, "SAMLRequest", &xml, "back"), "signature_missing"),
        (query(Some(&IDP_B), "SAMLRequest", &xml, "back"), "signature_invalid"),
        (honest.replace("RelayState=back", "RelayState=forth"), "signature_invalid"),
        (format!("{honest}&RelayState=forth"), "query_malformed"),
    ] {
        assert_eq!(refused(follow(&site, &mut desk, &acme, &hostile)), expected);
    }
    assert!(is_in(&site, &mut desk) && is_in(&site, &mut phone));
    // It comes in one browser, and ends what that person has in all of them.
    match follow(&site, &mut desk, &acme, &honest).expect("an answer") {
        LogoutAnswered::Ended { sessions, delivery, .. } => {
            assert_eq!(sessions, 2);
            let query = sent(delivery);
            assert!(query.contains("&RelayState=back&SigAlg="), "{query}");
            let message = LogoutMessage::Redirect { query: &query };
            let opened = their_side(&acme).open_logout(message, site.now());
            let OpenedLogout::Answer(answer) = opened.expect("our answer") else { panic!("none") };
            assert_eq!((answer.is_signed(), answer.in_response_to()), (true, Some("_one")));
        }
        other => panic!("{other:?}"),
    }
    assert!(desk.names().is_empty(), "{:?}", desk.names());
    assert!(!is_in(&site, &mut desk) && !is_in(&site, &mut phone));
    assert!(is_in(&site, &mut bob));
    assert_eq!(refused(follow(&site, &mut phone, &acme, &honest)), "assertion_replayed");
}

#[test]
fn a_logout_from_here_comes_back_by_redirect() {
    let acme = signing();
    let site = Site::of(&[&acme]);
    for (status, expected) in [("", LogoutOutcome::Complete), (PARTIAL, LogoutOutcome::Partial)] {
        let mut jar = comes(&site, &acme, &IDP_A, "alice", "_session");
        let signed_in = site.signed_in(&mut jar);
        let there = RelayState::path("/goodbye").ok();
        let out = site.here(&jar, |browser| {
            block_on(site.sso.log_out(&signed_in, there, browser, random())).expect("signed out")
        });
        jar.take(&out.cookies, site.now());
        assert!(!is_in(&site, &mut jar));
        let id = TestIdp::request_id(out.delivery.as_ref().expect("a request")).expect("an ID");
        let asked = asked(&acme, &sent(out.delivery), &site);
        assert_eq!(asked.id, id);
        assert_eq!(asked.name_id.value, "alice@example.test");
        assert_eq!(asked.session_indexes, ["_session"]);
        // It is good in this browser, whatever the query says of where to go on.
        let xml = answer(&site, &acme, ("_answer", &id), status);
        let honest = query(Some(&IDP_A), "SAMLResponse", &xml, "https://evil.test/");
        let elsewhere = follow(&site, &mut Jar::default(), &acme, &honest);
        assert_eq!(refused(elsewhere), "unsolicited_forbidden");
        let forged = query(Some(&IDP_B), "SAMLResponse", &xml, "/goodbye");
        assert_eq!(refused(follow(&site, &mut jar, &acme, &forged)), "signature_invalid");
        let unsigned = query(None, "SAMLResponse", &xml, "https://evil.test/");
        for (query, outcome) in [(unsigned, LogoutOutcome::Unconfirmed), (honest, expected)] {
            match follow(&site, &mut jar, &acme, &query).expect("an answer") {
                LogoutAnswered::Returned { outcome: found, go_to, .. } => {
                    assert_eq!(found, outcome);
                    let go_to = go_to.map(|path| path.as_str().to_owned());
                    assert_eq!(go_to.as_deref(), Some("/goodbye"));
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(jar.names().is_empty(), "{:?}", jar.names());
    }
}

/// What the identity provider makes of the request that it was sent.
fn asked(acme: &Organization, query: &str, site: &Site) -> LogoutRequest {
    assert!(query.contains("&SigAlg="), "{query}");
    let opened = their_side(acme).open_logout(LogoutMessage::Redirect { query }, site.now());
    let OpenedLogout::Request(unspent) = opened.expect("our request") else { panic!("none") };
    block_on(unspent.spend(&MemoryReplayStore::default(), site.now())).expect("the first use")
}

/// Mia came to Acme by single sign-on, and has entered her account at Bravo.
fn entered() -> (Site, [Organization; 2], Jar, SignedIn) {
    let mut acme = signing();
    verify_domain(&mut acme, "example.test");
    let bravo = with_slo("org-b", "bravo", &IDP_B);
    let site = Site::of(&[&acme, &bravo]);
    site.put(&person(&bravo, "mia", Role::Member, false));
    let mut jar = comes(&site, &acme, &IDP_A, "mia", "_mia");
    let home = site.signed_in(&mut jar);
    let place = (OrganizationId::new("org-b"), AccountId::new("mia"));
    let entered = site.here(&jar, |browser| {
        block_on(site.sso.enter_account(&home, (&place.0, &place.1), browser, random()))
    });
    jar.take(&entered.expect("entered").1, site.now());
    let there = site.signed_in(&mut jar);
    assert_eq!(there.account.organization, "org-b");
    (site, [acme, bravo], jar, there)
}

/// Whoever logs out in an account that they have switched to is signed out of both, and goes to the
/// identity provider that they have come from.
#[test]
fn a_logout_from_an_entered_account_goes_to_where_the_login_came_from() {
    let (site, [acme, _], mut jar, there) = entered();
    let cookies = jar.header(From::Here, site.now());
    let out = site.here(&jar, |browser| {
        block_on(site.sso.log_out(&there, RelayState::path("/bye").ok(), browser, random()))
    });
    let out = out.expect("signed out");
    jar.take(&out.cookies, site.now());
    assert_eq!(site.who(&mut jar), "nobody");
    assert_eq!(site.kept(&cookies), "nobody", "both sessions have ended");
    for organization in ["org-a", "org-b"] {
        assert_eq!(site.told_codes(organization, 1), ["session_ended"]);
    }
    let id = TestIdp::request_id(out.delivery.as_ref().expect("a request")).expect("an ID");
    let asked = asked(&acme, &sent(out.delivery), &site);
    assert_eq!((asked.name_id.value.as_str(), asked.id.as_str()), ("mia@example.test", &*id));
    assert_eq!(asked.session_indexes, ["_mia"]);
    let xml = answer(&site, &acme, ("_answer", &id), "");
    let query = query(Some(&IDP_A), "SAMLResponse", &xml, "");
    let back = follow(&site, &mut jar, &acme, &query).expect("an answer");
    assert!(
        matches!(&back, LogoutAnswered::Returned { outcome: LogoutOutcome::Complete, go_to: Some(path), .. } if path.as_str() == "/bye"),
        "{back:?}"
    );
    assert!(jar.names().is_empty(), "{:?}", jar.names());
}

/// The identity provider ends the session that it has begun, and with that what was entered from
/// it.
#[test]
fn a_logout_at_the_identity_provider_ends_what_was_entered_from_its_session() {
    let (site, [acme, _], mut jar, _) = entered();
    let cookies = jar.header(From::Here, site.now());
    let xml = request(&site, &acme, ("_one", "mia"));
    let query = query(Some(&IDP_A), "SAMLRequest", &xml, "");
    let ended = follow(&site, &mut jar, &acme, &query).expect("an answer");
    assert!(matches!(ended, LogoutAnswered::Ended { sessions: 1, .. }), "{ended:?}");
    assert_eq!(site.kept(&cookies), "nobody");
    assert!(jar.names().is_empty(), "{:?}", jar.names());
}

/// What another identity provider says of the same person ends nothing that it has not begun.
#[test]
fn a_logout_elsewhere_ends_nothing_of_an_entered_account() {
    let (site, [_, bravo], mut jar, there) = entered();
    let xml = request(&site, &bravo, ("_one", "mia")).replace(IDP_A.issuer(), IDP_B.issuer());
    let query = query(Some(&IDP_B), "SAMLRequest", &xml, "");
    let ended = follow(&site, &mut jar, &bravo, &query).expect("an answer");
    assert!(matches!(ended, LogoutAnswered::Ended { sessions: 0, .. }), "{ended:?}");
    assert_eq!(site.signed_in(&mut jar).session.token, there.session.token);
}

/// A posted RelayState is anybody's: it comes back in what we sign only as far as it is short. And
/// a request is good for a day, whatever it says.
#[test]
fn what_comes_with_a_logout_has_bounds() {
    let acme = signing();
    let site = Site::of(&[&acme]);
    let browser = Browser::new("", site.now());
    let posted = |id: &str| {
        let ever = ("LogoutRequest ", "LogoutRequest NotOnOrAfter=\"9999-01-01T00:00:00Z\" ");
        let xml = request(&site, &acme, (id, "alice")).replacen(ever.0, ever.1, 1);
        let signed = IDP_A.sign_xml(&xml, id, &Default::default()).expect("a signature");
        STANDARD.encode(signed)
    };
    let take = |value: &str, relay_state: &str, browser: &Browser<'_>| {
        let message = LogoutMessage::Post { value, relay_state: Some(relay_state) };
        block_on(site.sso.take_logout(&acme.urls().slo_url, message, browser, random()))
    };
    let long = format!("https://evil.test/{}", "x".repeat(2_000_000));
    for (id, relay_state, comes_back) in [("_short", "abc", true), ("_long", &long, false)] {
        let ended = take(&posted(id), relay_state, &browser).expect("an answer");
        let LogoutAnswered::Ended { delivery, .. } = ended else { panic!("{ended:?}") };
        let query = sent(delivery);
        assert_eq!(query.contains("RelayState="), comes_back);
        assert!(query.len() < 4_000, "{}", query.len());
    }
    let (late, day) = (posted("_late"), chrono::TimeDelta::days(1));
    for (after, expected) in [(day * 2, "expired"), (day * 365 * 7, "expired")] {
        let browser = Browser::new("", site.now() + after);
        assert_eq!(refused(take(&late, "abc", &browser)), expected);
    }
}
