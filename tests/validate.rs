//! The example `validate`, as it is used on the command line.

mod common;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use common::at;
use saml_login::ServiceProvider;
use saml_login::test_idp::{TestIdp, TestNameId};
use serde_json::{Value, json};

const RESPONSE: &str = "fixtures/saml-idp-samlp/idp-initiated.b64";
const CONFIGURATION: [&str; 10] = [
    "--idp-certificate",
    "fixtures/saml-idp-samlp/idp-cert.pem",
    "--idp-issuer",
    "http://127.0.0.1:18110/metadata",
    "--audience",
    "https://app.example.test/saml/acme",
    "--acs-url",
    "http://127.0.0.1:18150/saml/acs",
    "--now",
    "2026-11-23T20:47:00Z",
];

struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs the example, which `cargo test` builds beside this program.
fn run(arguments: &[&str], stdin: &[u8]) -> Run {
    let this = std::env::current_exe().expect("this program");
    let target = this.ancestors().nth(2).expect("the target folder");
    let program = target.join("examples/validate");
    assert!(program.exists(), "build it first: cargo build --example validate");
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example");
    // One that refuses its arguments does not read.
    let _ = child.stdin.take().expect("standard input").write_all(stdin);
    let output = child.wait_with_output().expect("an exit");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    CONFIGURATION.into_iter().chain(more.iter().copied()).collect()
}

/// The one object on standard output.
fn object(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).expect("exactly one JSON value")
}

#[test]
fn an_accepted_response_is_one_object() {
    let accepted = run(&with(&["--format", "json", RESPONSE]), b"");
    assert_eq!((accepted.code, accepted.stderr.as_str()), (Some(0), ""));
    let expected = json!({
        "outcome": "accepted",
        "identity": {
            "name_id": "alice@example.test",
            "name_id_format": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
            "email": "saml.jackson@example.com",
            "first_name": "Saml",
            "last_name": "Jackson",
            "display_name": "Alice Ångström & Søn <x>",
            "groups": ["a", "b"],
            "session_index": object(&accepted)["identity"]["session_index"],
            "issuer": "http://127.0.0.1:18110/metadata",
            "attributes": {
                "firstName": ["Saml"],
                "lastName": ["Jackson"],
                "displayName": ["Alice Ångström & Søn <x>"],
                "email": ["saml.jackson@example.com"],
                "mobilePhone": ["+1-415-555-5141"],
                "groups": ["a", " b"],
                "userType": ["                      Admin                    "],
            },
        },
    });
    assert_eq!(object(&accepted), expected);
    assert!(object(&accepted)["identity"]["session_index"].is_string());
}

#[test]
fn a_rejected_response_is_one_object() {
    let rejected = run(&with(&["--format=json", "--request-id", "_other", RESPONSE]), b"");
    assert_eq!((rejected.code, rejected.stderr.as_str()), (Some(1), ""));
    let object = object(&rejected);
    assert_eq!(object["outcome"], "rejected");
    assert_eq!(object["error"]["code"], "in_response_to_missing");
    assert!(object["error"]["message"].is_string() && object["error"]["help"].is_string());
    assert_eq!(object.as_object().map(|object| object.len()), Some(2));
}

#[test]
fn explaining_adds_the_report() {
    let explained = run(&with(&["--format", "json", "--explain", RESPONSE]), b"");
    let object = object(&explained);
    assert_eq!(explained.code, Some(0));
    assert_eq!(object["report"]["accepted"], true);
    assert_eq!(object["report"]["checks"].as_array().map(Vec::len), Some(24));
    let text = run(&with(&["--explain", RESPONSE]), b"");
    assert_eq!(text.code, Some(0));
    assert_eq!(text.stdout.matches("\n  pass  ").count(), 24);
    let forged = run(&with(&["--explain", "fixtures/saml-idp-samlp/unsigned.b64"]), b"");
    assert_eq!(forged.code, Some(1));
    assert!(forged.stdout.starts_with("REJECTED (signature_missing): the message is not signed.\n"));
    assert!(forged.stdout.contains("THE SIGNATURE DOES NOT HOLD"));
}

#[test]
fn the_form_of_the_input_is_detected() {
    let base64 =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(RESPONSE)).expect("a fixture");
    let xml = STANDARD.decode(base64.trim()).expect("Base64");
    let encoded = base64.trim().replace('+', "%2B").replace('/', "%2F").replace('=', "%3d");
    let wrapped = base64.as_bytes().chunks(64).map(<[u8]>::to_vec).collect::<Vec<_>>().join(&b"\r\n"[..]);
    let marked = [b"\xef\xbb\xbf".as_slice(), &xml].concat();
    for input in [
        base64.clone().into_bytes(),
        wrapped,
        xml,
        marked,
        format!("SAMLResponse={encoded}").into_bytes(),
        format!("RelayState=%2Fhome&SAMLResponse={encoded}&x=y\n").into_bytes(),
        format!("SAMLResponse={base64}").into_bytes(),
        encoded.into_bytes(),
    ] {
        let accepted = run(&with(&["--format", "json", "-"]), &input);
        let shown = String::from_utf8_lossy(&input[..40]).into_owned();
        assert_eq!((accepted.code, accepted.stderr.as_str()), (Some(0), ""), "{shown}");
        assert_eq!(object(&accepted)["identity"]["name_id"], "alice@example.test", "{shown}");
    }
}

#[test]
fn what_comes_from_outside_is_escaped() {
    let now: DateTime<Utc> = at("2026-11-23T20:47:00Z");
    let idp = TestIdp::p256("urn:idp").expect("a key");
    let sp = ServiceProvider::new("urn:sp", "urn:acs");
    let mut response = idp.response(&sp, now);
    response.name_id = Some(TestNameId::new("mallory\u{9b}31m\u{202e}\r\nACCEPTED"));
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let certificate = folder.join("escape.pem");
    std::fs::write(&certificate, idp.certificate_pem().expect("PEM")).expect("a file");
    let certificate = certificate.to_str().expect("UTF-8");
    let arguments = [
        "--idp-certificate",
        certificate,
        "--idp-issuer",
        "urn:idp",
        "--audience",
        "urn:sp",
        "--acs-url",
        "urn:acs",
        "--now",
        "2026-11-23T20:47:00Z",
        "-",
    ];
    let accepted = run(&arguments, response.form_value().expect("XML").as_bytes());
    assert_eq!(accepted.code, Some(0));
    assert!(
        accepted.stdout.contains(r"NameID        mallory\u{9b}31m\u{202e}\r\nACCEPTED"),
        "{}",
        accepted.stdout
    );
    let unprintable = accepted.stdout.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(unprintable, None);
}

#[test]
fn wrong_usage_is_named() {
    let certificate = "fixtures/saml-idp-samlp/idp-cert.pem";
    for (arguments, words) in [
        (vec![], "--idp-certificate is missing"),
        (with(&[]), "the file with the response is missing"),
        (with(&["a", "b"]), "b is another"),
        (with(&["--audience", "x", RESPONSE]), "--audience is given twice"),
        (with(&["--colour", RESPONSE]), "--colour is not an option"),
        (with(&["--explain=yes", RESPONSE]), "--explain takes no value"),
        (with(&[RESPONSE, "--request-id"]), "--request-id needs a value"),
        (with(&["--clock-skew", "long", RESPONSE]), "--clock-skew long is not a number of seconds"),
        (with(&["--clock-skew", "301", RESPONSE]), "the clock skew is 301 s; it may be 0 to 300 s"),
        (with(&["--format", "xml", RESPONSE]), "--format xml is neither text nor json"),
        (with(&["--sp-key", "no such file", RESPONSE]), "no such file: No such file or directory"),
        (with(&["no such response"]), "no such response: No such file or directory"),
        (vec!["--idp-certificate", certificate, RESPONSE], "--idp-issuer is missing"),
        (with(&["--idp-certificate", RESPONSE, RESPONSE]), "this is not a certificate"),
    ] {
        let unusable = run(&arguments, b"");
        assert_eq!((unusable.code, unusable.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(unusable.stderr.contains(words), "{arguments:?}: {}", unusable.stderr);
    }
    let unusable = run(&with(&["--format", "json", "no such response"]), b"");
    assert_eq!(unusable.code, Some(2));
    assert_eq!(object(&unusable)["error"]["code"], "config_invalid");
    let help = run(&["--help"], b"");
    assert_eq!(help.code, Some(0));
    assert!(help.stdout.contains("--danger-allow-weak-keys"));
}

#[test]
fn dangers_and_rollover_are_options() {
    let response = "fixtures/saml-idp-samlp/rsa-sha1.b64";
    let manifest = include_str!("../fixtures/manifest.json");
    let rows: Vec<Value> = serde_json::from_str(manifest).expect("rows");
    let row = rows.iter().find(|row| row["file"] == "saml-idp-samlp/rsa-sha1.b64").expect("the row");
    let request_id = row["request_id"].as_str().expect("a request");
    let other = "fixtures/simplesamlphp/idp-cert.pem";
    let arguments =
        with(&["--idp-certificate", other, "--format=json", "--request-id", request_id, response]);
    let refused = run(&arguments, b"");
    assert_eq!((refused.code, &object(&refused)["error"]["code"]), (Some(1), &json!("algorithm_forbidden")));
    let allowed: Vec<&str> = arguments.into_iter().chain(["--danger-allow-sha1"]).collect();
    assert_eq!(run(&allowed, b"").code, Some(0));
}
