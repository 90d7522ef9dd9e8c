//! One login from the link to the session, over a database that outlives the process.
//!
//! ```text
//! cargo run --example login -- sqlite://app.db
//! ```

use chrono::{DateTime, Utc};
use saml_login::administration::{administer, found};
use saml_login::doctor::PastedValues;
use saml_login::error::BoxError;
use saml_login::organization::{By, Change, Plan, Slug, SpUrls};
use saml_login::provision::Asked;
use saml_login::request::SetCookie;
use saml_login::sso::{
    Browser, Completed, Mail, Mailer, PostedLogin, Resumed, Sso, Start, StartFor,
};
use saml_login::store::Store;
use saml_login::testing::idp::TestIdp;
use saml_login::{Organization, Random, SealingKey};
use saml_login_sqlx::SqlStore;

/// Hands mails to whatever sends them.
struct Postman;

impl Mailer for Postman {
    async fn send(&self, mail: &Mail) -> Result<(), BoxError> {
        println!("to {}: {}", mail.to().address(), mail.subject());
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "sqlite://app.db".into());
    println!("{}", log_in(&url, Utc::now()).await?);
    Ok(())
}

/// What is said of Alice, who logs in.
pub(crate) async fn log_in(url: &str, now: DateTime<Utc>) -> Result<String, BoxError> {
    let store = saml_login_sqlx::connect(url).await?;
    store.migrate().await?;
    // What an administrator does once, here anew each time: this identity provider makes its key
    // when it is made.
    let idp = TestIdp::p256("https://idp.example.test/metadata")?;
    let acme = set_up(&store, &idp, now).await?;

    let sso = Sso::builder("https://app.example.test", store.clone())
        .sealing_keys([SealingKey::new([7; 32])]) // from where the application keeps its secrets
        .mailer(Postman)
        .requests(store.clone())
        .rate_limits(store.clone())
        .build(now)
        .await?;

    // GET /sso/acme: the browser goes to the identity provider.
    let (start, browser) = (Start::new(StartFor::Login), Browser::new("", now));
    let started = sso.start("acme", start, &browser, Random::generate()?).await?;

    // The identity provider's page posts its form to the ACS URL.
    let request = TestIdp::request_id(&started.delivery).ok_or_else(|| BoxError::new("no ID"))?;
    let response = idp.response(&acme.service_provider(), now);
    let response = response.in_reply_to(&request).numbered(&request);
    let (form, cookies) = (response.form_value()?, header(&started.cookies));
    let form = PostedLogin::new(&acme.urls().acs_url, &form);
    let browser = Browser::new(&cookies, now);
    let completed = sso.complete_login(&form, &browser, Random::generate()?).await;
    let Completed::LoggedIn(logged_in) = completed else {
        return Err(BoxError::new("nobody is logged in"));
    };

    // Any page of the application: who is there?
    let cookies = header(&logged_in.cookies);
    let Resumed::SignedIn(signed_in) = sso.resume(&Browser::new(&cookies, now)).await? else {
        return Err(BoxError::new("nobody is signed in"));
    };
    let events = store.audit(acme.id(), None, 1).await?;
    let number = events.first().map_or(0, |(number, _)| *number);
    store.close().await;
    let (code, account) = (logged_in.provisioning.code(), signed_in.account);
    Ok(format!("{code}: {}, with event {number}", account.user_name.unwrap_or_default()))
}

/// Founds the organization, unless it is there, and saves the four values that its administrator
/// pastes.
async fn set_up(
    store: &SqlStore,
    idp: &TestIdp,
    now: DateTime<Utc>,
) -> Result<Organization, BoxError> {
    let slug = Slug::parse("acme")?;
    let urls = SpUrls::derived("https://app.example.test", &slug);
    let urls = urls.ok_or_else(|| BoxError::new("not a base URL"))?;
    let acme = Organization::new("org-1", slug, urls);
    let asked = Asked::by(By::Operator("example"), now);
    if store.organization(acme.id()).await?.is_none() {
        found(store, acme.clone(), Some(5), &asked, Random::generate()?).await?;
        administer(store, &Plan::ALL, acme.id(), &Change::Enable, &asked).await?.result?;
    }
    let (audience, sso_url) = (&acme.urls().entity_id, "https://idp.example.test/sso");
    let values = PastedValues::new(audience, sso_url, idp.issuer(), idp.certificate_pem()?);
    let configure = Change::Configure(Box::new(values));
    administer(store, &Plan::ALL, acme.id(), &configure, &asked).await?.result?;
    let record = store.organization(acme.id()).await?;
    Ok(record.ok_or_else(|| BoxError::new("no organization"))?.organization)
}

/// The `Cookie` header of a browser that has taken these.
fn header(cookies: &[SetCookie]) -> String {
    let pairs = cookies.iter().filter_map(|cookie| cookie.as_str().split(';').next());
    let pairs = pairs.filter(|pair| !pair.ends_with('='));
    pairs.collect::<Vec<_>>().join("; ")
}
