//! What embedders write first, on each of the three levels. Everything here compiles against the
//! published interface alone.

pub mod own_tables;

use chrono::{DateTime, TimeDelta, Utc};
use saml_login::administration::admit_sealing_keys;
use saml_login::connection::{LoggedIn, SignedParts};
use saml_login::error::BoxError;
use saml_login::identity::{AttributeMap, IdentityField};
use saml_login::logout::LogoutOptions;
use saml_login::metadata::MetadataTrust;
use saml_login::provision::provision;
use saml_login::replay::{DynReplayStore, SpendOutcome, Spending};
use saml_login::request::{DynRequestStore, RequestCookies};
use saml_login::sealing::SealingKeys;
use saml_login::store::DynStore;
use saml_login::trust::Fingerprint;
use saml_login::{
    Certificates, Connection, ConnectionOptions, Error, IdentityProvider, IdpMetadata, Limits,
    LoginOptions, Organization, Random, ReplayStore, SealedRequests, SealingKey, ServiceProvider,
    Unsolicited,
};
use tokio::sync::{mpsc, oneshot};

/// What every request handler has a clone of; which stores it holds is decided at run time.
#[derive(Clone)]
pub struct Shared {
    /// Answered requests and used assertions.
    pub replays: DynReplayStore,
    /// Logins under way.
    pub requests: DynRequestStore,
    /// Organizations and their people.
    pub store: DynStore,
}

/// At start: one sealing key for the cookies of requests and for our own key pairs.
pub async fn start(
    store: &DynStore,
    secret: [u8; 32],
    now: DateTime<Utc>,
) -> Result<(SealingKeys, DynRequestStore), Error> {
    let keys = SealingKeys::new(SealingKey::new(secret));
    admit_sealing_keys(store, &keys, now).await?;
    let requests = DynRequestStore::new(SealedRequests::new(keys.clone()));
    Ok((keys, requests))
}

/// Options by setters: the structs cannot be written down outside of the crate.
pub fn options() -> (ConnectionOptions, LoginOptions, LogoutOptions, Limits) {
    let names = AttributeMap::default().with_names(IdentityField::Email, ["mail"]);
    let connection = ConnectionOptions::default()
        .with_unsolicited(Unsolicited::Off)
        .with_signed_parts(SignedParts::Both)
        .with_clock_skew_seconds(30)
        .with_attribute_map(names)
        .with_required([IdentityField::Email])
        .with_forbid_cbc(true);
    let login = LoginOptions::default()
        .with_force_authn(true)
        .with_authn_contexts(["urn:oasis:names:tc:SAML:2.0:ac:classes:TLSClient"])
        .with_lifetime(TimeDelta::minutes(5))
        .with_context("whatever the application wants to find again");
    let logout = LogoutOptions::default().with_sign(true).with_lifetime(TimeDelta::minutes(1));
    let limits = Limits::default().with_document_bytes(256 * 1024).with_depth(32);
    (connection, login, logout, limits)
}

/// One error type for all of it, by `?`.
pub async fn everything(
    shared: &Shared,
    organization: &Organization,
    (form_value, cookie_header): (&str, &str),
    (certificate, metadata): (&str, &[u8]),
    now: DateTime<Utc>,
) -> Result<(LoggedIn, Fingerprint), Error> {
    let certificates: Certificates = certificate.parse()?;
    let fingerprint = certificates.iter().next().map(|certificate| certificate.fingerprint());
    let trust = MetadataTrust::Unsigned;
    let metadata = IdpMetadata::parse(metadata, None, trust, &Limits::default(), now)?;
    let sp = ServiceProvider::new("https://app.example.com/saml", "https://app.example.com/acs");
    let idp = IdentityProvider::new(metadata.identity_provider().issuer(), certificates);
    let by_hand = Connection::builder("acme", sp, idp).with_options(options().0).build()?;
    drop(by_hand.open(form_value, now)?.accept(None, now)?);
    let connection = organization.connection()?;
    let cookies = RequestCookies::read(cookie_header);
    let Shared { replays, requests, store } = shared;
    let logged_in = connection.log_in(form_value, &cookies, requests, replays, now).await?;
    let (id, random) = (organization.id(), Random::generate()?);
    let came = provision(store, id, &logged_in.identity, now, random).await?;
    drop(came);
    fingerprint
        .map(|fingerprint| (logged_in, fingerprint))
        .ok_or_else(|| Error::RequestStore(BoxError::new("no certificate")))
}

/// A store that lives in a task of its own, as one over a database pool does: it needs tokio to
/// answer.
#[derive(Clone)]
pub struct InTask(mpsc::Sender<Question>);

type Question = (Spending, DateTime<Utc>, oneshot::Sender<SpendOutcome>);

impl InTask {
    /// Starts the task around another store.
    pub fn around<S: ReplayStore + 'static>(store: S, runtime: &tokio::runtime::Runtime) -> Self {
        let (sender, mut questions) = mpsc::channel::<Question>(8);
        runtime.spawn(async move {
            while let Some((spending, now, answer)) = questions.recv().await {
                if let Ok(outcome) = store.spend(&spending, now).await {
                    let _ = answer.send(outcome);
                }
            }
        });
        Self(sender)
    }
}

impl ReplayStore for InTask {
    async fn spend(
        &self,
        spending: &Spending,
        now: DateTime<Utc>,
    ) -> Result<SpendOutcome, BoxError> {
        let (answer, outcome) = oneshot::channel();
        self.0.send((spending.clone(), now, answer)).await?;
        // Dropped unanswered: the store behind it has failed.
        Ok(tokio::task::spawn(outcome).await??)
    }
}

#[cfg(test)]
mod tests;
