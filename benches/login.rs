//! What a login costs, as a multiple of the one step that nobody can do without: a bare OpenSSL
//! RSA-2048 verification.
//!
//! `cargo bench --bench login` measures with Criterion, then prints a table with the time of each
//! case, its ratio to the bare verification of the same run, and the ratio that it is held to. Look
//! at ratios: times are of one machine and one day. The keys are made in each run, the content is
//! always the same.

mod world;

use std::hint::black_box;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use criterion::Criterion;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKeyRef, Public};
use openssl::sign::Verifier;
use saml_login::Rejection;
use saml_login::testing::idp::TestSigned;
use serde_json::Value;
use world::{Message, World};

/// A case, and the ratio to the bare verification that it is held to.
struct Row {
    name: &'static str,
    target: Option<Target>,
}

enum Target {
    AtMost(f64),
    /// Of bare verifications that run in two threads as well.
    AtMostInTwoThreads(f64),
    /// So many bare verifications with RSA more than the bare verification with the same algorithm.
    BeyondBareEcdsa(f64),
    /// So many times a bare decryption of a key and a bare verification together.
    OfBareDecryption(f64),
    /// As long per byte as the large message, give or take a fifth.
    LinearWithLarge,
}

const BARE: &str = "bare RSA-2048 verification";
const BARE_AGAIN: &str = "bare RSA-2048 verification, again";
const BARE_TWO_THREADS: &str = "bare RSA-2048 verification, two threads";
const BARE_ECDSA: &str = "bare ECDSA P-256 verification";
const BARE_OAEP: &str = "bare RSA-2048 OAEP decryption";
const LARGE: &str = "53 KB, 520 groups";

const ROWS: [Row; 21] = [
    Row { name: BARE, target: None },
    Row { name: BARE_ECDSA, target: None },
    Row { name: BARE_OAEP, target: None },
    Row { name: "5.9 KB, assertion signed", target: Some(Target::AtMost(3.0)) },
    Row { name: "5.9 KB, response signed", target: Some(Target::AtMost(3.0)) },
    Row { name: "5.9 KB, both signed", target: Some(Target::AtMost(4.5)) },
    Row {
        name: "5.9 KB, assertion signed with ECDSA P-256",
        target: Some(Target::BeyondBareEcdsa(2.0)),
    },
    Row { name: LARGE, target: Some(Target::AtMost(25.0)) },
    Row { name: "1 MB, 10,800 groups", target: Some(Target::LinearWithLarge) },
    Row { name: BARE_TWO_THREADS, target: None },
    Row {
        name: "5.9 KB, assertion signed, two threads",
        target: Some(Target::AtMostInTwoThreads(3.0)),
    },
    Row {
        name: "5.9 KB, assertion signed and encrypted",
        target: Some(Target::OfBareDecryption(1.3)),
    },
    Row { name: "refused, not signed", target: Some(Target::AtMost(1.5)) },
    Row { name: "refused, not Base64", target: Some(Target::AtMost(1.5)) },
    Row { name: "refused, cut off", target: Some(Target::AtMost(1.5)) },
    Row { name: "refused, two assertions", target: Some(Target::AtMost(1.5)) },
    Row { name: "refused, 3 MB", target: Some(Target::AtMost(1.5)) },
    Row { name: "refused, wrong signature", target: None },
    Row { name: "refused, another key", target: None },
    Row { name: "refused, expired", target: None },
    Row { name: BARE_AGAIN, target: None },
];

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("login");
    let mut criterion = Criterion::default()
        .output_directory(&folder)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4))
        .configure_from_args();
    let world = World::new();
    let sizes = measure(&mut criterion, &world);
    criterion.final_summary();
    print_table(&folder, &sizes);
}

/// Runs every case; gives the sizes of the messages.
fn measure(criterion: &mut Criterion, world: &World) -> Vec<(&'static str, usize)> {
    let mut sizes = Vec::new();
    bare(criterion, world, BARE);
    bare(criterion, world, BARE_ECDSA);
    criterion.bench_function(BARE_OAEP, |bencher| {
        let (key, value) = world.encrypted_key();
        bencher.iter(|| world::open_key(&key, &value));
    });

    let mut login = |name: &'static str, message: &Message| {
        sizes.push((name, message.bytes));
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| world.verify(black_box(message)).expect("a login"));
        });
    };
    let ordinary = world.message(&world.rsa, TestSigned::Assertion, 10);
    login("5.9 KB, assertion signed", &ordinary);
    login("5.9 KB, response signed", &world.message(&world.rsa, TestSigned::Response, 10));
    login("5.9 KB, both signed", &world.message(&world.rsa, TestSigned::Both, 10));
    login(
        "5.9 KB, assertion signed with ECDSA P-256",
        &world.message(&world.ecdsa, TestSigned::Assertion, 10),
    );
    login(LARGE, &world.message(&world.rsa, TestSigned::Assertion, 520));
    login("1 MB, 10,800 groups", &world.message(&world.rsa, TestSigned::Assertion, 10_800));

    login("5.9 KB, assertion signed and encrypted", &world.encrypted(&ordinary));

    let (key, octets, signature) = world.signed_octets(false);
    criterion.bench_function(BARE_TWO_THREADS, |bencher| {
        bencher.iter_custom(|iterations| {
            in_two_threads(iterations, || verify(&key, &octets, &signature))
        });
    });
    criterion.bench_function("5.9 KB, assertion signed, two threads", |bencher| {
        let login = || drop(black_box(world.verify(black_box(&ordinary)).expect("a login")));
        bencher.iter_custom(|iterations| in_two_threads(iterations, login));
    });

    let mut refusal = |name: &'static str, code: &str, message: &Message| {
        sizes.push((name, message.bytes));
        assert_eq!(
            world.verify(message).map_err(|rejection: Rejection| rejection.code()).err(),
            Some(code)
        );
        criterion.bench_function(name, |bencher| bencher.iter(|| world.verify(black_box(message))));
    };
    refusal(
        "refused, not signed",
        "signature_missing",
        &world.message(&world.rsa, TestSigned::Nothing, 10),
    );
    refusal("refused, not Base64", "response_undecodable", &ordinary.edited(|_| "?".repeat(5900)));
    refusal(
        "refused, cut off",
        "xml_malformed",
        &ordinary.changed(|xml| xml[..xml.len() - 40].to_owned()),
    );
    refusal(
        "refused, two assertions",
        "assertion_count",
        &ordinary.changed(world::with_second_assertion),
    );
    refusal("refused, 3 MB", "response_too_large", &ordinary.edited(|_| "A".repeat(3_000_000)));
    refusal(
        "refused, wrong signature",
        "signature_invalid",
        &ordinary.changed(world::with_wrong_signature),
    );
    refusal(
        "refused, another key",
        "key_untrusted",
        &world.message(&world.other, TestSigned::Assertion, 10),
    );
    refusal("refused, expired", "expired", &ordinary.later());

    bare(criterion, world, BARE_AGAIN);
    sizes
}

fn bare(criterion: &mut Criterion, world: &World, name: &str) {
    let (key, octets, signature) = world.signed_octets(name == BARE_ECDSA);
    criterion.bench_function(name, |bencher| bencher.iter(|| verify(&key, &octets, &signature)));
}

fn verify(key: &PKeyRef<Public>, octets: &[u8], signature: &[u8]) {
    let mut verifier = Verifier::new(MessageDigest::sha256(), key).expect("a verifier");
    assert!(verifier.verify_oneshot(signature, octets).expect("a verdict"));
}

/// How long two threads take that do this so many times each.
fn in_two_threads(iterations: u64, work: impl Fn() + Sync) -> Duration {
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..iterations).for_each(|_| work()));
        }
    });
    start.elapsed()
}

fn print_table(folder: &Path, sizes: &[(&str, usize)]) {
    // What a filter on the command line left out was not measured in this run.
    let time = |name: &str| median(folder, name).map(|(nanoseconds, _)| nanoseconds);
    let size = |name: &str| sizes.iter().find(|(n, _)| *n == name).map(|(_, bytes)| *bytes as f64);
    let Some(bare) = time(BARE) else { return };
    println!(
        "| {:<41} | {:>9} | {:>10} | {:>8} | {:>6} | target",
        "case", "bytes", "median µs", "± µs", "× bare"
    );
    println!("|-{:-<41}-|-{:->9}:|-{:->10}:|-{:->8}:|-{:->6}:|-------", "", "", "", "", "");
    for Row { name, target } in &ROWS {
        let Some((nanoseconds, error)) = median(folder, name) else { continue };
        let held_to = match target {
            None => String::new(),
            Some(Target::AtMost(ratio)) => format!("{ratio:.1}"),
            Some(Target::AtMostInTwoThreads(ratio)) => format!("{ratio:.1} of two threads"),
            Some(Target::BeyondBareEcdsa(more)) => time(BARE_ECDSA)
                .map_or(String::new(), |ecdsa| format!("{:.1}", ecdsa / bare + more)),
            Some(Target::OfBareDecryption(times)) => time(BARE_OAEP)
                .map_or(String::new(), |oaep| format!("{:.1}", (oaep / bare + 1.0) * times)),
            Some(Target::LinearWithLarge) => {
                let per_byte = |name| Some(time(name)? / size(name)?);
                let growth = per_byte(name).zip(per_byte(LARGE)).map(|(this, large)| this / large);
                growth.map_or(String::new(), |growth| {
                    format!("0.8 to 1.2 of {LARGE}, per byte; is {growth:.2}")
                })
            }
        };
        let bytes = size(name).map_or(String::new(), |bytes| bytes.to_string());
        let unit = match target {
            Some(Target::AtMostInTwoThreads(_)) => time(BARE_TWO_THREADS).unwrap_or(bare),
            _ => bare,
        };
        let (time, error, ratio) = (nanoseconds / 1e3, error / 1e3, nanoseconds / unit);
        println!(
            "| {name:<41} | {bytes:>9} | {time:>10.2} | {error:>8.2} | {ratio:>6.2} | {held_to}"
        );
    }
}

/// Median and its standard error, in nanoseconds.
fn median(folder: &Path, name: &str) -> Option<(f64, f64)> {
    let folder = folder.join(name).join("new");
    let estimates: Value =
        serde_json::from_slice(&std::fs::read(folder.join("estimates.json")).ok()?).ok()?;
    let median = estimates.get("median")?;
    Some((median.get("point_estimate")?.as_f64()?, median.get("standard_error")?.as_f64()?))
}
