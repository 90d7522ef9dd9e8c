//! Verifies one SAML response on the command line: `validate --help`.
//!
//! Exit code 0: accepted; 1: rejected; 2: wrong usage or configuration.

#![warn(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used
)]

mod args;
mod input;
mod json;
mod text;

use std::fs;
use std::io::{self, Read, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::task::{Context, Poll, Waker};

use args::{Args, Format};
use chrono::Utc;
use saml_login::{
    Certificates, Connection, Error, Expected, IdentityProvider, MemoryReplayStore, ServiceProvider,
    Unsolicited,
};

/// A form body is at most so long: far beyond what the library takes.
const MAX_INPUT: u64 = 16 * 1024 * 1024;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (output, code) = match args::parse(&arguments) {
        Ok(None) => (args::HELP.to_owned(), 0),
        Ok(Some(args)) => match run(&args) {
            Ok(done) => done,
            Err(problem) => unusable(args.format, &problem),
        },
        Err(problem) => {
            let json = arguments.windows(2).any(|pair| pair == ["--format", "json"])
                || arguments.iter().any(|argument| argument == "--format=json");
            unusable(if json { Format::Json } else { Format::Text }, &problem)
        }
    };
    // Whoever reads the output may have gone away; the exit code still tells.
    let _ = io::stdout().write_all(output.as_bytes());
    ExitCode::from(code)
}

/// Wrong usage or configuration: in words on standard error, and as the one object where JSON is asked for.
fn unusable(format: Format, problem: &str) -> (String, u8) {
    let _ = writeln!(io::stderr(), "validate: {}\nTry --help.", text::escape(problem));
    match format {
        Format::Json => (json::unusable(problem), 2),
        Format::Text => (String::new(), 2),
    }
}

fn run(args: &Args) -> Result<(String, u8), String> {
    let connection = connection(args)?;
    if let Some(file) = &args.sp_key {
        read(file)?;
    }
    let form_value = input::form_value(&read(&args.file)?);
    let expected = match &args.request_id {
        Some(request_id) => Expected::Reply { request_id },
        None => Expected::Unsolicited,
    };
    let now = args.now.unwrap_or_else(Utc::now);
    let verdict = connection
        .verify(&form_value, expected, now)
        .map_err(Error::from)
        .and_then(|verified| block_on(verified.spend(&MemoryReplayStore::default(), now)));
    let report = args.explain.then(|| connection.explain(&form_value, expected, now));
    let warnings = connection.warnings(now);
    let output = match args.format {
        Format::Json => json::verdict(&verdict, report.as_ref()),
        Format::Text => text::verdict(&verdict, report.as_ref(), &warnings),
    };
    Ok((output, u8::from(verdict.is_err())))
}

fn connection(args: &Args) -> Result<Connection, String> {
    let mut certificates: Option<Certificates> = None;
    for file in &args.certificates {
        let problem = |error| format!("{file}: {error}");
        let more = Certificates::parse(read(file)?).map_err(problem)?;
        certificates = Some(match certificates {
            Some(certificates) => certificates.and(more).map_err(problem)?,
            None => more,
        });
    }
    let certificates = certificates.ok_or("--idp-certificate is missing")?;
    let idp = IdentityProvider::new(args.issuer.as_str(), certificates);
    let sp = ServiceProvider::new(args.audience.as_str(), args.acs_url.as_str());
    let mut builder = Connection::builder("validate", sp, idp);
    if args.request_id.is_none() {
        builder = builder.unsolicited(Unsolicited::On);
    }
    if let Some(skew) = args.clock_skew {
        builder = builder.clock_skew(skew);
    }
    if args.allow_sha1 {
        builder = builder.danger_allow_sha1();
    }
    if args.allow_weak_keys {
        builder = builder.danger_allow_weak_keys();
    }
    builder.build().map_err(|error| error.to_string())
}

/// Reads a file, or standard input for `-`.
fn read(file: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let limited = MAX_INPUT + 1;
    let length = match file {
        "-" => io::stdin().take(limited).read_to_end(&mut bytes),
        file => fs::File::open(file).and_then(|opened| opened.take(limited).read_to_end(&mut bytes)),
    };
    match length {
        Err(error) => Err(format!("{file}: {error}")),
        Ok(length) if u64::try_from(length).is_ok_and(|length| length <= MAX_INPUT) => Ok(bytes),
        Ok(_) => Err(format!("{file}: longer than {MAX_INPUT} bytes")),
    }
}

/// Runs a future that never waits, as those of the memory store are.
fn block_on<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => Err(Error::Store("the store waits".into())),
    }
}
