//! What a login needs of memory, and whether anything of it stays behind.
//!
//! `cargo bench --bench memory` prints the peak of the heap during one login as a multiple of the
//! document, then logs in a million times (a minute or so; `-- 1000` for fewer) and prints what the
//! process holds before and after: the bytes that Rust has allocated, which have to be equal, and
//! the resident set of the whole process, OpenSSL included.

mod world;

use std::hint::black_box;

use peak_alloc::PeakAlloc;
use saml_login::testing::idp::TestSigned;
use world::World;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

fn main() {
    let world = World::new();
    println!("| case                      |   bytes | peak heap | × document |\n|---|--:|--:|--:|");
    for (name, signed, groups) in [
        ("assertion signed", TestSigned::Assertion, 10),
        ("response signed", TestSigned::Response, 10),
        ("both signed", TestSigned::Both, 10),
        ("520 groups", TestSigned::Assertion, 520),
        ("10,800 groups", TestSigned::Assertion, 10_800),
    ] {
        let message = world.message(&world.rsa, signed, groups);
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        drop(black_box(world.verify(&message)).expect("a login"));
        let peak = MEMORY.peak_usage().saturating_sub(before);
        let ratio = peak as f64 / message.bytes as f64;
        println!("| {name:<25} | {:>7} | {peak:>9} | {ratio:>10.2} |", message.bytes);
    }

    let times = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let message = world.message(&world.rsa, TestSigned::Assertion, 10);
    let log_in = || drop(black_box(world.verify(black_box(&message))).expect("a login"));
    (0..1000).for_each(|_| log_in());
    let before = (MEMORY.current_usage(), resident_kib());
    (0..times).for_each(|_| log_in());
    let after = (MEMORY.current_usage(), resident_kib());
    println!(
        "\nafter {times} logins: allocated by Rust {} → {} bytes, resident {} → {} KiB",
        before.0, after.0, before.1, after.1
    );
}

/// From `/proc`; 0 where there is none.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
