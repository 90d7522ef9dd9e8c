//! Hostile shapes at growing sizes: time and memory per byte stay the same up to the limit.
//!
//! `cargo bench --bench hostile` prints, for each shape, the nanoseconds and the peak bytes of
//! memory per byte of message for messages of a sixteenth to one half of the document limit
//! (beyond, the densest shapes stop at the node limit), and the ratio of the largest to the
//! smallest. All figures are of one run on one machine: compare the columns, not the numbers of
//! another day.

use std::hint::black_box;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use peak_alloc::PeakAlloc;
use saml_login::ConnectionOptions;
use saml_login::testing::idp::{TestAttribute, TestIdp, TestSigned};
use saml_login::{Connection, KeyPair, Limits, ServiceProvider, Unsolicited};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Makes a message of about so many bytes.
type Shape = fn(&World, usize) -> String;

struct World {
    idp: TestIdp,
    sp: ServiceProvider,
    connection: Connection,
    now: DateTime<Utc>,
}

impl World {
    fn new() -> Self {
        let idp = TestIdp::p256("urn:idp").expect("a key");
        let key = KeyPair::from_pem(
            include_bytes!("../fixtures/sp-key.pem"),
            include_bytes!("../fixtures/sp-cert.pem"),
        );
        let sp =
            ServiceProvider::new("urn:sp", "urn:acs").with_decryption_key(key.expect("a pair"));
        let builder = Connection::builder(
            "bench",
            sp.clone(),
            idp.identity_provider().expect("a certificate"),
        );
        let connection = builder
            .with_options(ConnectionOptions::default().with_unsolicited(Unsolicited::On))
            .build()
            .expect("a connection");
        Self {
            idp,
            sp,
            connection,
            now: DateTime::from_timestamp(1_900_000_000, 0).expect("an instant"),
        }
    }

    /// An unsigned response with this in its Extensions: all that happens before a key is used.
    fn unsigned(&self, raw: &str) -> String {
        let mut response = self.idp.response(&self.sp, self.now).signed(TestSigned::Nothing);
        response.raw_extensions = format!("<samlp:Extensions>{raw}</samlp:Extensions>");
        response.unsigned_xml()
    }

    /// A response with an assertion encrypted for us, and this among its keys.
    fn encrypted(&self, raw: &str) -> String {
        let response =
            self.idp.response(&self.sp, self.now).signed(TestSigned::Nothing).unsigned_xml();
        let start = response.find("<saml:Assertion").expect("an assertion");
        let recipient = self.sp.decryption_keys().first().expect("a key").certificate();
        let encrypted = TestIdp::encrypted("EncryptedAssertion", &response[start..], recipient);
        let encrypted = encrypted.expect("a value").replacen(
            "<xenc:EncryptedKey>",
            &format!("{raw}<xenc:EncryptedKey Id='k'>"),
            1,
        );
        format!("{}{encrypted}</samlp:Response>", &response[..start])
    }

    /// A response with a hostile SignedInfo, which is canonicalized before a key is used.
    fn signed_info(&self, raw: &str) -> String {
        let mut response = self.idp.response(&self.sp, self.now).signed(TestSigned::Nothing);
        response.raw_end = format!(
            "<ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'><ds:SignedInfo xmlns:p='urn:{}'>\
             <ds:CanonicalizationMethod Algorithm='http://www.w3.org/2001/10/xml-exc-c14n#'/>{raw}</ds:SignedInfo>\
             <ds:SignatureValue>AAAA</ds:SignatureValue></ds:Signature>",
            "a".repeat(250)
        );
        response.unsigned_xml()
    }

    /// A signed response with this in its attributes: everything.
    fn signed(&self, attributes: Vec<TestAttribute>, raw: &str) -> String {
        let mut response = self.idp.response(&self.sp, self.now).signed(TestSigned::Response);
        response.attributes = attributes;
        response.raw_attributes = raw.into();
        response.xml().expect("XML")
    }
}

fn repeated(piece: &str, bytes: usize) -> String {
    piece.repeat(bytes / piece.len())
}

fn many_attributes(bytes: usize) -> String {
    let attributes: String = (0..60).map(|n| format!(" a{n}=''")).collect();
    repeated(&format!("<x{attributes}/>"), bytes)
}

fn many_namespaces(bytes: usize) -> String {
    let mut elements = String::new();
    let mut number = 0;
    while elements.len() < bytes {
        let declared: String =
            (0..60).map(|n| format!(" xmlns:p{}='urn:{}'", number + n, number + n)).collect();
        elements += &format!("<p{number}:x{declared}/>");
        number += 60;
    }
    elements
}

fn nested_namespaces(bytes: usize) -> String {
    let mut tower = String::new();
    for level in 0..50 {
        tower += &format!("<x xmlns:p{level}='urn:{level}' xmlns='urn:{level}'>");
    }
    tower += &"</x>".repeat(50);
    repeated(&tower, bytes)
}

const SHAPES: [(&str, Shape); 16] = [
    ("text", |world, bytes| world.unsigned(&repeated("x", bytes))),
    ("references", |world, bytes| world.unsigned(&repeated("&amp;xxxxxxx", bytes))),
    ("carriage returns", |world, bytes| world.unsigned(&repeated("\r\n", bytes))),
    ("comments", |world, bytes| world.unsigned(&repeated("<!--x-->", bytes))),
    ("CDATA", |world, bytes| world.unsigned(&repeated("<![CDATA[x]]>", bytes))),
    ("elements", |world, bytes| world.unsigned(&repeated("<x>y</x>", bytes))),
    ("attributes", |world, bytes| world.unsigned(&many_attributes(bytes))),
    ("namespaces", |world, bytes| world.unsigned(&many_namespaces(bytes))),
    ("nested namespaces", |world, bytes| world.unsigned(&nested_namespaces(bytes))),
    ("SignedInfo: repeated namespace", |world, bytes| {
        world.signed_info(&repeated("<p:b/>", bytes))
    }),
    ("SignedInfo: attributes", |world, bytes| {
        let attributes: String = (0..60).rev().map(|n| format!(" p:a{n}=''")).collect();
        world.signed_info(&repeated(&format!("<p:b{attributes}/>"), bytes))
    }),
    ("encrypted: references to keys", |world, bytes| {
        world.encrypted(&repeated("<ds:RetrievalMethod URI='#k'/>", bytes))
    }),
    ("signed: values", |world, bytes| {
        let values = vec!["CN=Engineering,OU=Groups,DC=example,DC=test"; bytes / 100];
        world.signed(vec![TestAttribute::new("groups", values)], "")
    }),
    ("signed: attributes", |world, bytes| {
        let names =
            (0..bytes / 100).map(|n| TestAttribute::new(format!("attribute-{n}"), ["v"])).collect();
        world.signed(names, "")
    }),
    ("signed: namespaces", |world, bytes| {
        let raw = format!(
            "<saml:Attribute Name='x'><saml:AttributeValue>{}</saml:AttributeValue></saml:Attribute>",
            nested_namespaces(bytes)
        );
        world.signed(Vec::new(), &raw)
    }),
    ("signed: markup", |world, bytes| {
        let raw = format!(
            "<saml:Attribute Name='x'><saml:AttributeValue>{}</saml:AttributeValue></saml:Attribute>",
            repeated("<x a='&lt;'>y</x>", bytes)
        );
        world.signed(Vec::new(), &raw)
    }),
];

/// The shortest of several runs, and the most memory that one took.
fn measure(world: &World, form_value: &str) -> (Duration, usize) {
    let mut shortest = Duration::MAX;
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    for _ in 0..9 {
        let start = Instant::now();
        let _ = black_box(
            world
                .connection
                .open(form_value, world.now)
                .and_then(|opened| opened.accept(None, world.now)),
        );
        shortest = shortest.min(start.elapsed());
    }
    (shortest, MEMORY.peak_usage().saturating_sub(before))
}

fn main() {
    let world = World::new();
    let half = Limits::default().document_bytes / 2 - 16 * 1024;
    println!(
        "{:<31} {:>42}   {:>5}   {:>24}   {:>5}",
        "shape", "ns per byte at 1/16, 1/8, 1/4, 1/2", "ratio", "memory per byte", "ratio"
    );
    for (name, shape) in SHAPES {
        let mut times = Vec::new();
        let mut memory = Vec::new();
        for part in [8, 4, 2, 1] {
            let xml = shape(&world, half / part);
            let form_value = STANDARD.encode(&xml);
            let (time, peak) = measure(&world, &form_value);
            times.push(time.as_secs_f64() * 1e9 / xml.len() as f64);
            memory.push(peak as f64 / xml.len() as f64);
        }
        let ratio = |figures: &[f64]| {
            let largest = figures.iter().copied().fold(f64::MIN, f64::max);
            largest / figures.iter().copied().fold(f64::MAX, f64::min)
        };
        let show =
            |figures: &[f64]| figures.iter().map(|f| format!("{f:>7.2}")).collect::<String>();
        println!(
            "{name:<31} {:>42}   {:>5.2}   {:>24}   {:>5.2}",
            show(&times),
            ratio(&times),
            show(&memory),
            ratio(&memory)
        );
    }
}
