//! One login needs a bounded multiple of the document's size in memory, and leaves nothing behind.
//!
//! Alone in its file: it counts every allocation of the process.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use peak_alloc::PeakAlloc;
use saml_login::ConnectionOptions;
use saml_login::testing::idp::{TestAttribute, TestIdp, TestSigned};
use saml_login::{Connection, Limits, ServiceProvider, Unsolicited};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What costs nothing to send reserves little: not every `<` is of a tag.
fn check_that_room_is_made_for_tags_alone(connection: &Connection, now: DateTime<Utc>) {
    for (name, document) in [
        ("garbage", "<".repeat(500_000)),
        ("a comment", format!("<a><!--{}--></a>", "<".repeat(500_000))),
        ("a section", format!("<a><![CDATA[{}]]></a>", "<".repeat(500_000))),
    ] {
        let form_value = STANDARD.encode(&document);
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        drop(
            connection
                .open(&form_value, now)
                .and_then(|opened| opened.accept(None, now))
                .unwrap_err(),
        );
        let peak = MEMORY.peak_usage() - before;
        assert!(peak <= 6 * document.len(), "{name}: {peak} bytes for {}", document.len());
    }
}

/// What has as many nodes for its bytes as can be: the worst that a message can do.
fn check_that_dense_markup_is_bounded(connection: &Connection, now: DateTime<Utc>) {
    let limits = Limits::default();
    let inside = |content: String| {
        format!("<Response xmlns='urn:oasis:names:tc:SAML:2.0:protocol'>{content}</Response>")
    };
    let attributes: String = (0..60).map(|n| format!(" a{n}=''")).collect();
    let declarations: String = (0..60).map(|n| format!(" xmlns:p{n}='u:{n}'")).collect();
    for (name, piece) in [
        ("elements", "<a/>".to_owned()),
        ("elements with a text", "<a>b</a>".to_owned()),
        ("comments", "<!---->".to_owned()),
        ("instructions", "<?a?>".to_owned()),
        ("references", "<a>&#98;&amp;</a>".to_owned()),
        ("attributes", format!("<a{attributes}/>")),
        ("declarations", format!("<a{declarations}/>")),
    ] {
        let nodes = match name {
            "attributes" | "declarations" => 61,
            "elements with a text" | "references" => 2,
            _ => 1,
        };
        // As dense as the document may be, padded by one long comment.
        let bytes = piece.len().max(nodes * 12);
        let pieces = (limits.nodes / nodes - 2).min(limits.document_bytes / bytes - 50);
        let markup = piece.repeat(pieces);
        let padding = (pieces * nodes * 12).saturating_sub(markup.len());
        let document = inside(format!("{markup}<!--{}-->", "x".repeat(padding)));
        let form_value = STANDARD.encode(&document);
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let refusal = connection.open(&form_value, now).expect_err("no status").code();
        let peak = MEMORY.peak_usage() - before;
        assert_eq!(refusal, "version_unsupported", "{name}");
        assert!(peak <= 12 * document.len(), "{name}: {peak} bytes for {}", document.len());
        assert_eq!(MEMORY.current_usage(), before, "{name}");
    }
}

#[test]
fn a_login_takes_at_most_six_times_the_document() {
    let now = "2030-01-31T12:00:00Z".parse().unwrap();
    let idp = TestIdp::rsa("https://idp.example.test").unwrap();
    let sp =
        ServiceProvider::new("https://app.example.test/saml", "https://app.example.test/saml/acs");
    let builder = Connection::builder("acme", sp.clone(), idp.identity_provider().unwrap());
    let connection = builder
        .with_options(ConnectionOptions::default().with_unsolicited(Unsolicited::On))
        .build()
        .unwrap();
    check_that_room_is_made_for_tags_alone(&connection, now);
    check_that_dense_markup_is_bounded(&connection, now);
    for signed in [TestSigned::Assertion, TestSigned::Response, TestSigned::Both] {
        for groups in [2, 500, 5_000] {
            let mut response = idp.response(&sp, now).signed(signed);
            let names =
                (0..groups).map(|n| format!("CN=group-{n:05},OU=Groups,DC=example,DC=test"));
            response.attributes.push(TestAttribute::new("groups", names));
            let bytes = response.xml().unwrap().len();
            let form_value = response.form_value().unwrap();
            let log_in = || {
                drop(
                    connection
                        .open(&form_value, now)
                        .and_then(|opened| opened.accept(None, now))
                        .unwrap(),
                )
            };
            log_in();
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            log_in();
            let peak = MEMORY.peak_usage() - before;
            assert!(peak <= 6 * bytes, "{signed:?}, {groups} groups: {peak} bytes for {bytes}");
            assert_eq!(MEMORY.current_usage(), before, "{signed:?}, {groups} groups");
        }
    }
}
