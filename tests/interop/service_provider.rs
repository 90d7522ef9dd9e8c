//! A service provider in one process, for tests against other implementations: one JSON object a
//! line in, one a line out.
//!
//! `cargo run --example interop_sp -- FOLDER`, where the folder holds `settings.json`, `sp.key`,
//! `sp.crt` and `idp-metadata.xml`. It plays no web server: whoever drives it takes its URLs and
//! pages to the identity provider, and brings back what comes to the service provider's URLs. It
//! also shows every step of both protocols in one place.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::io::{self, BufRead, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use chrono::Utc;
use saml_login::advice::{Advice, Product};
use saml_login::artifact::SoapClient;
use saml_login::binding::{Binding, RelayState};
use saml_login::error::BoxError;
use saml_login::logout::{
    LogoutMessage, LogoutOptions, LogoutOutcome, LogoutSubject, OpenedLogout,
};
use saml_login::metadata::MetadataTrust;
use saml_login::request::{Pending, PendingLogout, RequestCookies};
use saml_login::{
    Connection, ConnectionOptions, Delivery, Error, Identity, IdentityProvider, IdpMetadata,
    KeyPair, Limits, LoginOptions, MemoryReplayStore, MemoryRequestStore, PendingRequest, Random,
    Rejection, RequestStore, ServiceProvider, SpMetadata, Unsolicited,
};
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn StdError>>;

struct Process {
    connection: Connection,
    signs: bool,
    metadata: String,
    requests: MemoryRequestStore,
    replays: MemoryReplayStore,
    logouts: HashMap<String, PendingLogout>,
    sessions: Vec<LogoutSubject>,
}

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).ok_or("usage: interop_sp FOLDER")?;
    let mut process = Process::new(Path::new(&folder))?;
    for line in io::stdin().lock().lines() {
        let command: Value = serde_json::from_str(&line?)?;
        let answer = match process.answer(&command) {
            Ok(answer) => answer,
            Err(error) => refused(error.as_ref(), process.connection.identity_provider()),
        };
        let mut out = io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

/// The code, the help for the administrator, and the advice in the words of the product's console.
fn refused(error: &(dyn StdError + 'static), idp: &IdentityProvider) -> Value {
    let whole = error.downcast_ref::<Error>();
    let rejection = match whole {
        Some(Error::Rejected(rejection)) => Some(rejection),
        _ => error.downcast_ref::<Rejection>(),
    };
    let (code, help) = match (rejection, whole) {
        (Some(rejection), _) => (rejection.code(), rejection.help()),
        (None, Some(error)) => (error.code(), error.help()),
        (None, None) => ("error", error.to_string()),
    };
    let product = Product::recognize(idp.issuer(), idp.sso_url(), []);
    let advice = rejection.and_then(|rejection| Advice::for_refusal(rejection, product));
    let advice = advice.map(|advice| advice.text);
    json!({ "refused": { "code": code, "message": help, "advice": advice } })
}

impl Process {
    fn new(folder: &Path) -> Result<Self> {
        let read = |file: &str| std::fs::read(folder.join(file));
        let settings: Value = serde_json::from_slice(&read("settings.json")?)?;
        let text =
            |name: &str| settings[name].as_str().ok_or(format!("settings.json has no {name}"));
        let key = KeyPair::from_pem(read("sp.key")?, read("sp.crt")?)?;
        let sp = ServiceProvider::new(text("entity_id")?, text("acs_url")?)
            .with_slo_url(text("slo_url")?)
            .with_decryption_key(key.clone())
            .with_signing_key(key);
        // Logout messages are signed in any case.
        let signs = settings["sign_requests"] == true;
        // Artifacts come to the same URL as posted responses.
        let metadata = SpMetadata::new(&sp).with_authn_requests_signed(signs);
        let metadata = metadata.with_http_artifact(true);
        let xml = read("idp-metadata.xml")?;
        let idp = IdpMetadata::parse(
            &xml,
            None,
            MetadataTrust::Unsigned,
            &Limits::default(),
            Utc::now(),
        )?;
        let unsolicited = match settings["unsolicited"].as_str() {
            Some("on") => Unsolicited::On,
            Some("bounce") => Unsolicited::Bounce,
            _ => Unsolicited::Off,
        };
        let builder = Connection::builder("interop", sp.clone(), idp.identity_provider().clone());
        Ok(Self {
            connection: builder
                .with_options(ConnectionOptions::default().with_unsolicited(unsolicited))
                .build()?,
            signs,
            metadata: metadata.xml(),
            requests: MemoryRequestStore::default(),
            replays: MemoryReplayStore::default(),
            logouts: HashMap::new(),
            sessions: Vec::new(),
        })
    }

    fn answer(&mut self, command: &Value) -> Result<Value> {
        match command["do"].as_str() {
            Some("metadata") => Ok(json!({ "ok": { "xml": self.metadata } })),
            Some("login") => Ok(json!({ "ok": self.start_login(command)? })),
            Some("acs") => {
                let form_value = command["saml_response"].as_str().unwrap_or_default();
                let (cookies, now) = (cookies(command), Utc::now());
                let logged_in = self.connection.log_in(
                    form_value,
                    &cookies,
                    &self.requests,
                    &self.replays,
                    now,
                );
                let logged_in = block_on(logged_in);
                self.logged_in(command, logged_in.map(|done| (done.identity, done.request)))
            }
            Some("artifact") => {
                let artifact = command["saml_art"].as_str().unwrap_or_default();
                let logged_in = block_on(self.log_in_by(artifact, &cookies(command)));
                self.logged_in(command, logged_in)
            }
            Some("logout") => self.start_logout(command),
            Some("slo") => self.receive_logout(command),
            other => Err(format!("no such command: {other:?}").into()),
        }
    }

    fn start_login(&self, command: &Value) -> Result<Value> {
        let mut options = LoginOptions::default();
        options.binding = binding(command);
        options.force_authn = command["force_authn"] == true;
        // Also where the identity provider says that it wants requests signed: to see what it does.
        options.sign = Some(self.signs);
        options.is_passive = command["is_passive"] == true;
        if command["answer"] == "artifact" {
            options.answer_by = Binding::HttpArtifact;
        }
        options.relay_state = command["relay_state"].as_str().map(RelayState::path).transpose()?;
        let (cookies, requests) = (cookies(command), &self.requests);
        let (random, now) = (Random::generate()?, Utc::now());
        let connection = &self.connection;
        let begun = match command["bounced"] == true {
            true => block_on(connection.begin_bounce(options, &cookies, requests, random, now)),
            false => block_on(connection.begin_login(options, &cookies, requests, random, now)),
        };
        let begun = begun?;
        let mut answer = delivery(&begun.delivery);
        let cookie = begun.cookies.first().and_then(|cookie| cookie.as_str().split(';').next());
        answer["cookie"] = cookie.ok_or("no cookie")?.into();
        Ok(answer)
    }

    /// What `Connection::log_in` does with a form value, done with an artifact.
    async fn log_in_by(
        &self,
        artifact: &str,
        cookies: &RequestCookies,
    ) -> std::result::Result<(Identity, Option<PendingRequest>), Error> {
        let (random, now) = (Random::generate()?, Utc::now());
        let opened = self.connection.open_artifact(artifact, &Http, random, now).await?;
        let mut request = None;
        if let Some(id) = opened.in_response_to() {
            for cookie in cookies.of_request(self.connection.id(), id) {
                let taken = self.requests.take(id, cookie.value(), now).await;
                request = taken.map_err(Error::RequestStore)?.and_then(Pending::into_login);
            }
        }
        let unspent = opened.accept(request.as_ref(), now)?;
        Ok((unspent.spend(&self.replays, now).await?, request))
    }

    fn logged_in(
        &mut self,
        command: &Value,
        verdict: std::result::Result<(Identity, Option<PendingRequest>), Error>,
    ) -> Result<Value> {
        let (identity, pending) = match verdict {
            Err(Error::Rejected(Rejection::UnsolicitedBounced)) => {
                let started = self.start_login(&json!({ "bounced": true }))?;
                return Ok(json!({ "bounce": started }));
            }
            verdict => verdict?,
        };
        self.sessions.push(LogoutSubject::from(&identity));
        let relay_state = match &pending {
            Some(pending) => pending.relay_state.clone(),
            None => command["relay_state"].as_str().and_then(RelayState::received),
        };
        Ok(json!({ "ok": {
            "name_id": identity.name_id.value,
            "name_id_format": identity.name_id.format,
            "first_name": identity.first_name,
            "last_name": identity.last_name,
            "groups": identity.groups,
            "email": identity.email.as_ref().map(|email| email.address()),
            "session": self.sessions.len() - 1,
            "solicited": pending.is_some(),
            "relay_state": relay_state.as_ref().map(RelayState::as_str),
        } }))
    }

    fn start_logout(&mut self, command: &Value) -> Result<Value> {
        let session = command["session"].as_u64().and_then(|n| usize::try_from(n).ok());
        let subject = session.and_then(|n| self.sessions.get(n)).ok_or("no such session")?;
        let mut options = LogoutOptions::default();
        options.binding = binding(command);
        let started =
            self.connection.start_logout(subject, options, Random::generate()?, Utc::now())?;
        let mut answer = delivery(&started.delivery);
        answer["pending"] = started.pending.request_id.as_str().into();
        self.logouts.insert(started.pending.request_id.clone(), started.pending);
        Ok(json!({ "ok": answer }))
    }

    fn receive_logout(&mut self, command: &Value) -> Result<Value> {
        let form = &command["form"];
        let message = match command["query"].as_str() {
            Some(query) => LogoutMessage::Redirect { query },
            None => {
                let value = form["SAMLRequest"].as_str().or(form["SAMLResponse"].as_str());
                LogoutMessage::Post {
                    value: value.unwrap_or_default(),
                    relay_state: form["RelayState"].as_str(),
                }
            }
        };
        let pending = command["pending"].as_str().and_then(|id| self.logouts.remove(id));
        match self.connection.open_logout(message, Utc::now())? {
            OpenedLogout::Answer(answer) => {
                let response = answer.accept(pending.as_ref(), Utc::now())?;
                let status = match response.outcome {
                    LogoutOutcome::Complete => "success",
                    LogoutOutcome::Partial => "partial",
                    LogoutOutcome::Unconfirmed => "unconfirmed",
                    _ => "failed",
                };
                Ok(json!({ "ok": { "kind": "response", "status": status } }))
            }
            OpenedLogout::Request(unspent) => {
                let request = block_on(unspent.spend(&self.replays, Utc::now()))?;
                // Each knows its connection: requests of one tenant's identity provider concern no
                // other tenant's sessions.
                let concerned =
                    (0..self.sessions.len()).filter(|n| request.concerns(&self.sessions[*n]));
                let concerned: Vec<usize> = concerned.collect();
                let delivered = self.connection.answer_logout(
                    &request,
                    &LogoutOutcome::Complete,
                    Random::generate()?,
                    Utc::now(),
                )?;
                let mut answer = delivery(&delivered);
                answer["kind"] = "request".into();
                answer["sessions"] = concerned.into();
                Ok(json!({ "ok": answer }))
            }
            other => Err(format!("not understood: {other:?}").into()),
        }
    }
}

fn binding(command: &Value) -> Option<Binding> {
    match command["binding"].as_str() {
        Some("post") => Some(Binding::HttpPost),
        Some("redirect") => Some(Binding::HttpRedirect),
        _ => None,
    }
}

fn delivery(delivery: &Delivery) -> Value {
    match delivery {
        Delivery::Redirect(url) => json!({ "location": url }),
        Delivery::Post(form) => json!({ "page": form.page("n0nce") }),
        other => json!({ "unknown": format!("{other:?}") }),
    }
}

/// What this browser has under way.
fn cookies(command: &Value) -> RequestCookies {
    RequestCookies::read(command["cookie"].as_str().unwrap_or_default())
}

/// The smallest HTTP client: for an identity provider on this machine.
struct Http;

impl SoapClient for Http {
    async fn post(&self, url: &str, body: String) -> std::result::Result<Vec<u8>, BoxError> {
        let rest =
            url.strip_prefix("http://").ok_or(BoxError::new("this client speaks http alone"))?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let mut stream = TcpStream::connect(authority)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let request = format!(
            "POST /{path} HTTP/1.0\r\nHost: {authority}\r\nContent-Type: text/xml; charset=utf-8\r\n\
             SOAPAction: \"http://www.oasis-open.org/committees/security\"\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = Vec::new();
        stream.take(4 * 1024 * 1024).read_to_end(&mut answer)?;
        let end = answer
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .ok_or(BoxError::new("no end of the head"))?;
        Ok(answer.split_off(end + 4))
    }
}

/// The stores here never wait, nor does the client.
fn block_on<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}
