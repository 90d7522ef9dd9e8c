//! Every small change of an honest response is refused or changes nothing: never another identity,
//! never a panic.
//!
//! The ordinary run takes a sample. `MUTATE=all cargo test --release --test mutation` takes every
//! mutation.

mod common;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use common::{Verify as _, at, block_on, unsolicited_on};
use saml_login::{
    Certificates, Connection, Identity, IdentityProvider, KeyPair, MemoryReplayStore,
    ServiceProvider,
};

/// An honest response, and who it lets in.
struct Honest {
    file: String,
    xml: Vec<u8>,
    connection: Connection,
    request_id: Option<String>,
    now: DateTime<Utc>,
    identity: Option<Identity>,
}

impl Honest {
    /// The fixtures that let somebody in.
    fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let read = |file: &str| fs::read(folder.join(file)).expect("a fixture");
        let rows: Vec<serde_json::Value> =
            serde_json::from_slice(&read("manifest.json")).expect("rows");
        let rows = rows.iter().filter(|row| row["expect"]["identity"].is_object());
        let honest = rows.map(|row| {
            let text = |field: &str| row[field].as_str().expect("a text").to_owned();
            let certificates =
                Certificates::parse(read(&text("certificate"))).expect("a certificate");
            let idp = IdentityProvider::new(text("issuer"), certificates);
            let mut sp = ServiceProvider::new(text("audience"), text("acs_url"));
            if let Some(key) = row["sp_key"].as_str() {
                let key = KeyPair::from_pem(read(key), read("sp-cert.pem")).expect("a key");
                sp = sp.with_decryption_key(key);
            }
            let builder = Connection::builder("honest", sp, idp).with_options(
                unsolicited_on().with_danger_allow_sha1(true).with_danger_allow_3des(true),
            );
            let mut base64 = read(&text("file"));
            base64.retain(|b| !b.is_ascii_whitespace());
            let mut honest = Self {
                file: text("file"),
                xml: STANDARD.decode(base64).expect("Base64"),
                connection: builder.build().expect("a connection"),
                request_id: row["request_id"].as_str().map(str::to_owned),
                now: at(&text("now")),
                identity: None,
            };
            honest.identity = Some(honest.verdict(&honest.xml).expect("the honest response"));
            honest
        });
        honest.collect()
    }

    fn verdict(&self, xml: &[u8]) -> Option<Identity> {
        let verified = self
            .connection
            .verify_reply(STANDARD.encode(xml), self.request_id.as_deref(), self.now)
            .ok()?;
        Some(
            block_on(verified.spend(&MemoryReplayStore::default(), self.now))
                .expect("the first use"),
        )
    }

    /// Whether the mutation was accepted, with the very same identity.
    fn check(&self, xml: &[u8], what: impl Fn() -> String) -> bool {
        let verdict = catch_unwind(AssertUnwindSafe(|| self.verdict(xml)));
        let verdict = verdict.unwrap_or_else(|_| panic!("{}: panic after {}", self.file, what()));
        assert!(
            verdict.is_none() || verdict == self.identity,
            "{}: another identity after {}",
            self.file,
            what()
        );
        verdict.is_some()
    }
}

/// Which of so many mutations to take: all of them, or every so-manieth, from a place that differs
/// by file.
struct Sample {
    every: usize,
    count: usize,
    accepted: usize,
}

impl Sample {
    fn new(every: usize, offset: usize) -> Self {
        let all = std::env::var_os("MUTATE").is_some_and(|value| value == "all");
        Self { every: if all { 1 } else { every }, count: offset, accepted: 0 }
    }

    fn take(&mut self) -> bool {
        self.count += 1;
        self.count.is_multiple_of(self.every)
    }
}

#[test]
fn every_byte() {
    let (mut tried, mut accepted) = (0, 0);
    for (number, honest) in Honest::all().iter().enumerate() {
        let mut sample = Sample::new(397, number);
        let xml = &honest.xml;
        let mut check =
            |sample: &mut Sample, mutated: &dyn Fn() -> Vec<u8>, what: &str, at: usize| {
                if sample.take() {
                    tried += 1;
                    sample.accepted +=
                        usize::from(honest.check(&mutated(), || format!("{what} at {at}")));
                }
            };
        for at in 0..xml.len() {
            let spliced = |with: &[u8]| [&xml[..at], with, &xml[at + 1..]].concat();
            for bit in 0..8 {
                check(&mut sample, &|| spliced(&[xml[at] ^ (1 << bit)]), "a flipped bit", at);
            }
            for byte in *b"<>&\"'\0 \n0aA/=:!-" {
                check(&mut sample, &|| spliced(&[byte]), "a replaced byte", at);
            }
            check(&mut sample, &|| spliced(&[]), "a deleted byte", at);
            check(&mut sample, &|| spliced(&[xml[at], xml[at]]), "a doubled byte", at);
        }
        accepted += sample.accepted;
    }
    println!("mutation: bytes tried {tried}, accepted as the same {accepted}");
    assert!(tried > 1000);
}

/// The markup of a document: where each tag, and each run of text between tags, begins and ends.
fn tokens(xml: &[u8]) -> Vec<(usize, usize)> {
    let mut tokens = Vec::new();
    let mut start = 0;
    for (at, byte) in xml.iter().enumerate() {
        let end = match byte {
            b'<' if at > start => at,
            b'>' => at + 1,
            _ => continue,
        };
        tokens.push((start, end));
        start = end;
    }
    tokens
}

/// The elements, as ranges from the start of the start tag to the end of the end tag.
fn elements(xml: &[u8]) -> Vec<(usize, usize)> {
    let mut open = Vec::new();
    let mut elements = Vec::new();
    for (start, end) in tokens(xml) {
        let token = &xml[start..end];
        if token.starts_with(b"</") {
            elements.push((open.pop().expect("a start tag"), end));
        } else if token.starts_with(b"<") && token.ends_with(b"/>") {
            elements.push((start, end));
        } else if token.starts_with(b"<") && !token.starts_with(b"<?") {
            open.push(start);
        }
    }
    elements
}

/// The attributes, with the blank before them.
fn attributes(xml: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (start, end) in tokens(xml).into_iter().filter(|(start, _)| xml[*start] == b'<') {
        let mut at = start;
        while let Some(blank) = xml[at..end].iter().position(|b| *b == b' ').map(|p| at + p) {
            let Some(open) =
                xml[blank..end].iter().position(|b| matches!(b, b'"' | b'\'')).map(|p| blank + p)
            else {
                break;
            };
            let close =
                xml[open + 1..end].iter().position(|b| *b == xml[open]).map(|p| open + 1 + p);
            let close = close.expect("a closing quote");
            found.push((blank, close + 1));
            at = close + 1;
        }
    }
    found
}

#[test]
fn every_element_and_attribute() {
    let (mut tried, mut accepted) = (0, 0);
    for (number, honest) in Honest::all().iter().enumerate() {
        let mut sample = Sample::new(29, number);
        let xml = &honest.xml;
        let mut check = |sample: &mut Sample, parts: &[&[u8]], what: &str, at: usize| {
            if sample.take() {
                tried += 1;
                sample.accepted +=
                    usize::from(honest.check(&parts.concat(), || format!("{what} at {at}")));
            }
        };
        for (what, ranges) in [("element", elements(xml)), ("attribute", attributes(xml))] {
            for (place, (start, end)) in ranges.iter().copied().enumerate() {
                let it = &xml[start..end];
                check(
                    &mut sample,
                    &[&xml[..start], &xml[end..]],
                    &format!("a deleted {what}"),
                    start,
                );
                check(
                    &mut sample,
                    &[&xml[..end], it, &xml[end..]],
                    &format!("a doubled {what}"),
                    start,
                );
                // Swap with the next that does not overlap, and move to every other's place.
                for (other_start, other_end) in ranges.iter().copied().skip(place + 1) {
                    if other_start >= end {
                        let (between, other) =
                            (&xml[end..other_start], &xml[other_start..other_end]);
                        let swapped = [&xml[..start], other, between, it, &xml[other_end..]];
                        check(&mut sample, &swapped, &format!("a swapped {what}"), start);
                        let moved = [&xml[..start], &xml[end..other_end], it, &xml[other_end..]];
                        check(&mut sample, &moved, &format!("a moved {what}"), start);
                    }
                }
            }
        }
        accepted += sample.accepted;
    }
    println!("mutation: elements and attributes tried {tried}, accepted as the same {accepted}");
    assert!(tried > 300);
}

#[test]
fn every_token_border() {
    const INSERTED: [&[u8]; 10] = [
        b"<!---->",
        b"<!-- x -->",
        b"<?x y?>",
        b"<![CDATA[]]>",
        b"<![CDATA[x]]>",
        b" ",
        b"\r\n\t",
        b"&#32;",
        b"x",
        b"<x/>",
    ];
    const DECLARED: [&[u8]; 5] = [
        b" xmlns:x=\"urn:x\"",
        b" xmlns=\"urn:x\"",
        b" xmlns:x=\"y\"",
        b" xml:lang=\"en\"",
        b" ID=\"x\"",
    ];
    let (mut tried, mut accepted) = (0, 0);
    for (number, honest) in Honest::all().iter().enumerate() {
        let mut sample = Sample::new(11, number);
        let xml = &honest.xml;
        let mut check = |sample: &mut Sample, at: usize, inserted: &[u8]| {
            if sample.take() {
                tried += 1;
                let mutated = [&xml[..at], inserted, &xml[at..]].concat();
                let what = || format!("{:?} at {at}", String::from_utf8_lossy(inserted));
                sample.accepted += usize::from(honest.check(&mutated, what));
            }
        };
        for (start, end) in tokens(xml) {
            for inserted in INSERTED {
                check(&mut sample, start, inserted);
                // In the middle of a text as well, where truncation would show.
                if xml[start] != b'<' {
                    check(&mut sample, start + (end - start) / 2, inserted);
                }
            }
            if xml[start] == b'<' && !xml[start..].starts_with(b"</") {
                let name = xml[start..end]
                    .iter()
                    .position(|b| matches!(b, b' ' | b'/' | b'>'))
                    .expect("an end");
                for declared in DECLARED {
                    check(&mut sample, start + name, declared);
                }
            }
        }
        accepted += sample.accepted;
    }
    println!("mutation: token borders tried {tried}, accepted as the same {accepted}");
    assert!(tried > 1000);
}
