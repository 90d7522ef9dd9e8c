//! Verifies one SAML response on the command line: `validate --help`.
//!
//! Exit code 0: accepted; 1: rejected; 2: wrong usage or configuration, or no copy where one was
//! asked for.

#![warn(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod args;
mod escape;
mod input;
mod json;
mod problem;
mod text;

use std::ffi::OsString;
use std::io::{self, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::task::{Context, Poll, Waker};

use args::{Args, Format};
use chrono::{DateTime, TimeDelta, Utc};
use problem::Problem;
use saml_login::error::BoxError;
use saml_login::request::Purpose;
use saml_login::{
    Certificates, Connection, ConnectionOptions, Error, IdentityProvider, KeyPair,
    MemoryReplayStore, PendingRequest, Random, ServiceProvider, Unsolicited,
};

const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let done = match args::parse(&arguments) {
        Ok(None) => Ok((args::HELP.to_owned(), 0)),
        Ok(Some(args)) => run(&args),
        Err(problem) => Err(problem),
    };
    let (output, code) = done.unwrap_or_else(|problem| {
        complain(&problem.message, problem.help);
        match Format::asked_for(&arguments) {
            Format::Json => (json::problem(&problem), UNUSABLE),
            Format::Text => (String::new(), UNUSABLE),
        }
    });
    let mut stdout = io::stdout();
    match stdout.write_all(output.as_bytes()).and_then(|()| stdout.flush()) {
        // Whoever reads the output has seen enough; the exit code still tells.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&error.to_string(), "The output is not complete.");
            ExitCode::from(UNUSABLE)
        }
        _ => ExitCode::from(code),
    }
}

fn complain(problem: &str, hint: &str) {
    let _ = writeln!(io::stderr(), "validate: {}\n{hint}", escape::for_terminal(problem));
}

/// What to print, and the exit code.
fn run(args: &Args) -> Result<(String, u8), Problem> {
    let connection = connection(args)?;
    let form_value = input::form_value(&input::read(&args.file)?)?;
    let now = args.now.unwrap_or_else(Utc::now);
    let request = args.request_id.as_ref().map(|id| request(&connection, id, now));
    let verdict = connection
        .open(&form_value, now)
        .and_then(|opened| opened.accept(request.as_ref(), now))
        .map_err(Error::from)
        .and_then(|verified| block_on(verified.spend(&MemoryReplayStore::default(), now)));
    let report = args.explain.then(|| connection.explain(&form_value, request.as_ref(), now));
    let copy = || connection.redact(&form_value, request.as_ref(), now, Random::generate()?);
    let (redacted, code) = match args.redact.then(copy).transpose() {
        Ok(redacted) => (redacted, u8::from(verdict.is_err())),
        // What is no document has no copy. Whoever shares what is printed has to know.
        Err(error) => {
            let problem = format!("the response cannot be redacted: {error}");
            complain(&problem, "The output has no copy in it, and is not to be shared.");
            (None, UNUSABLE)
        }
    };
    let warnings = connection.warnings(now);
    let output = match args.format {
        Format::Json => json::verdict(&verdict, report.as_ref(), redacted.as_ref()),
        Format::Text => {
            text::verdict(&verdict, report.as_ref(), &warnings, args.request_id.is_none())
                + &redacted.as_ref().map_or(String::new(), text::copy)
        }
    };
    Ok((output, code))
}

/// A request of this ID, made now, which asked for nothing else.
fn request(connection: &Connection, id: &str, now: DateTime<Utc>) -> PendingRequest {
    PendingRequest {
        request_id: id.to_owned(),
        connection_id: connection.id().to_owned(),
        revision: connection.revision().to_owned(),
        purpose: Purpose::Login,
        issued_at: now,
        expires_at: now + TimeDelta::minutes(10),
        relay_state: None,
        force_authn: false,
        name_id_format: None,
        authn_contexts: Vec::new(),
        context: Vec::new(),
    }
}

fn connection(args: &Args) -> Result<Connection, Problem> {
    let mut certificates: Option<Certificates> = None;
    for file in &args.certificates {
        let name = file.to_string_lossy();
        let problem = |error| Problem::certificate(&name, &error);
        let more = Certificates::parse(input::read(file)?).map_err(problem)?;
        certificates = Some(match certificates {
            Some(certificates) => certificates.and(more).map_err(problem)?,
            None => more,
        });
    }
    let certificates =
        certificates.ok_or_else(|| Problem::usage("--idp-certificate is missing".into()))?;
    let idp = IdentityProvider::new(args.issuer.as_str(), certificates);
    let mut sp = ServiceProvider::new(args.audience.as_str(), args.acs_url.as_str());
    if let Some(file) = &args.sp_key {
        // Nobody sees the certificate; it has no other use here.
        let (from, until) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + TimeDelta::days(365));
        let key = KeyPair::self_signed(input::read(file)?, "validate", from, until);
        sp = sp.with_decryption_key(
            key.map_err(|error| Problem::key(&file.to_string_lossy(), &error))?,
        );
    }
    let unsolicited = if args.request_id.is_none() { Unsolicited::On } else { Unsolicited::Off };
    let options = ConnectionOptions::default()
        .with_unsolicited(unsolicited)
        .with_clock_skew_seconds(args.clock_skew_seconds.unwrap_or(60))
        .with_danger_allow_sha1(args.allow_sha1)
        .with_danger_allow_weak_keys(args.allow_weak_keys)
        .with_danger_allow_3des(args.allow_3des);
    Ok(Connection::builder("validate", sp, idp).with_options(options).build()?)
}

/// Runs a future that never waits, as those of the memory store are.
fn block_on<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => Err(Error::ReplayStore(BoxError::new("the store waits"))),
    }
}
