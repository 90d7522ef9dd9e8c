//! The example `validate`, as it is used on the command line.

mod common;

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::at;
use saml_login::ServiceProvider;
use saml_login::testing::idp::{TestAttribute, TestIdp, TestNameId, TestResponse};
use serde_json::{Value, json};

const RESPONSE: &str = "fixtures/simplesamlphp/assertion-signed.b64";
const REQUEST: &str = "--request-id=_d1b6fd4eee690d44b60d59df33f9b99600e625ae";
const CERTIFICATE: &str = "fixtures/simplesamlphp/idp-cert.pem";
const CONFIGURATION: [&str; 10] = [
    "--idp-certificate",
    CERTIFICATE,
    "--idp-issuer",
    "http://127.0.0.1:18101/saml2/idp/metadata.php",
    "--audience",
    "https://app.example.test/saml/acme",
    "--acs-url",
    "http://127.0.0.1:18150/saml/acs",
    "--now",
    "2026-11-23T20:40:40Z",
];

struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Run {
    /// The one object on standard output.
    fn object(&self) -> Value {
        serde_json::from_str(&self.stdout).expect("exactly one JSON value")
    }

    /// What is printed, one line to each, without the indentation.
    fn lines(&self) -> Vec<&str> {
        self.stdout.lines().map(str::trim).collect()
    }
}

/// Runs the example, which `cargo test` builds beside this program.
fn run<A: AsRef<OsStr>>(arguments: &[A], stdin: &[u8]) -> Run {
    let this = std::env::current_exe().expect("this program");
    let target = this.ancestors().nth(2).expect("the target folder");
    let program = target.join(format!("examples/validate{}", std::env::consts::EXE_SUFFIX));
    assert!(is_built(&program), "build it first: cargo build --example validate");
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

/// Whether the program is younger than its source: `cargo test --test validate` builds no examples.
fn is_built(program: &Path) -> bool {
    let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/validate");
    let mut files =
        fs::read_dir(source).expect("the source").map(|file| file.expect("a file").path());
    modified(program).is_ok_and(|built| files.all(|file| modified(&file).expect("a time") <= built))
}

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    CONFIGURATION.into_iter().chain(more.iter().copied()).collect()
}

fn fixture(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a fixture")
}

/// Runs the example on a response of the test identity provider.
fn run_on(change: impl FnOnce(&mut TestResponse<'_>), file: &str, more: &[&str]) -> Run {
    let now = "2026-11-23T20:47:00Z";
    let idp = TestIdp::p256("urn:idp").expect("a key");
    let mut response =
        idp.response(&ServiceProvider::new("urn:sp", "https://sp.test/acs"), at(now));
    change(&mut response);
    let certificate = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file);
    fs::write(&certificate, idp.certificate_pem().expect("PEM")).expect("a file");
    let certificate = certificate.to_str().expect("UTF-8");
    let agreed = [
        "--idp-issuer=urn:idp",
        "--audience=urn:sp",
        "--acs-url=https://sp.test/acs",
        "--now",
        now,
        "-",
    ];
    let arguments: Vec<&str> = ["--idp-certificate", certificate]
        .into_iter()
        .chain(agreed)
        .chain(more.iter().copied())
        .collect();
    run(&arguments, response.form_value().expect("XML").as_bytes())
}

#[test]
fn an_accepted_response_is_one_object() {
    let accepted = run(&with(&["--format", "json", REQUEST, RESPONSE]), b"");
    assert_eq!((accepted.code, accepted.stderr.as_str()), (Some(0), ""));
    let expected = json!({
        "outcome": "accepted",
        "identity": {
            "name_id": "alice@example.test",
            "name_id_format": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
            "email": "alice@example.test",
            "first_name": null,
            "last_name": null,
            "display_name": "Alice Ångström & Søn <x>",
            "groups": [],
            "session_index": "_f94a85abd96411ed54e10005b701bbc05e092fe6fc",
            "issuer": "http://127.0.0.1:18101/saml2/idp/metadata.php",
            "attributes": {
                "uid": ["alice"],
                "mail": ["alice@example.test"],
                "displayName": ["Alice Ångström & Søn <x>"],
                "eduPersonAffiliation": ["member", "employee"],
                "empty": [""],
            },
        },
    });
    // The order of the fields as well.
    assert_eq!(accepted.stdout, format!("{expected:#}\n"));
}

#[test]
fn an_accepted_response_is_a_table() {
    let accepted = run(&with(&[REQUEST, RESPONSE]), b"");
    assert_eq!((accepted.code, accepted.stderr.as_str()), (Some(0), ""));
    let expected = "\
ACCEPTED: the identity provider vouches for this person.

  NameID        alice@example.test
  Format        urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress
  E-mail        alice@example.test
  First name    -
  Last name     -
  Display name  Alice Ångström & Søn <x>
  Groups        -
  Session       _f94a85abd96411ed54e10005b701bbc05e092fe6fc
  Issuer        http://127.0.0.1:18101/saml2/idp/metadata.php
  Signed by     6E:A9:F7:C6:CF:BA:75:2D:9B:B7:C4:EE:71:0C:63:11:50:4E:6C:B1:91:9F:D0:2A:A3:51:8C:19:3C:93:31:8C

  Attributes
    uid = \"alice\"
    mail = \"alice@example.test\"
    displayName = \"Alice Ångström & Søn <x>\"
    eduPersonAffiliation =
      \"member\"
      \"employee\"
    empty = \"\"
";
    assert_eq!(accepted.stdout, expected);
}

#[test]
fn attributes_of_one_name_come_together_and_odd_values_keep_their_kind() {
    let add = |response: &mut TestResponse<'_>| {
        response.attributes = vec![TestAttribute::new("groups", ["a", "b, c"])];
        let mut other = TestAttribute::new("x", ["1"]);
        response.attributes.push(other.clone());
        other.name_format = Some("urn:oasis:names:tc:SAML:2.0:attrname-format:uri".into());
        other.values = vec!["2".repeat(300)];
        response.attributes.push(other);
        response.raw_attributes = "<saml:Attribute Name=\"x\"><saml:AttributeValue \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"/>\
             <saml:AttributeValue><y>3</y></saml:AttributeValue></saml:Attribute><saml:Attribute Name=\"none\"/>"
            .into();
    };
    let json = run_on(add, "odd-json.pem", &["--format=json"]).object();
    assert_eq!(json["identity"]["groups"], json!(["a", "b, c"]));
    let values = json["identity"]["attributes"]["x"].as_array().expect("values").clone();
    let kinds = (
        values.contains(&json!("1")),
        values.contains(&Value::Null),
        values.contains(&json!("<y>3</y>")),
    );
    assert_eq!((values.len(), kinds), (4, (true, true, true)));
    assert!(values.contains(&json!("2".repeat(300))));
    assert_eq!(json["identity"]["attributes"]["none"], json!([]));

    let text = run_on(add, "odd-text.pem", &[]);
    let cut = format!("x = \"{}\" … 300 bytes in all", "2".repeat(200));
    for line in
        ["Groups        a", "b, c", "\"b, c\"", "nil", "XML: <y>3</y>", "none has no value", &cut]
    {
        assert!(text.lines().contains(&line), "{line}: {}", text.stdout);
    }
}

#[test]
fn a_rejected_response_is_one_object() {
    let rejected = run(&with(&["--format=json", "--request-id", "_other", RESPONSE]), b"");
    assert_eq!((rejected.code, rejected.stderr.as_str()), (Some(1), ""));
    let help = "The Response is the answer to another request. Expected \"_other\"; found \
                \"_d1b6fd4eee690d44b60d59df33f9b99600e625ae\". Start the login again.";
    let expected = json!({
        "outcome": "rejected",
        "error": {
            "code": "in_response_to_mismatch",
            "message": "the Response is the answer to another request: expected \"_other\", found \
                        \"_d1b6fd4eee690d44b60d59df33f9b99600e625ae\"",
            "help": help,
        },
    });
    assert_eq!(rejected.stdout, format!("{expected:#}\n"));
}

#[test]
fn without_a_request_the_response_has_to_answer_none() {
    let solicited = run(&with(&["--format=json", RESPONSE]), b"");
    assert_eq!(solicited.code, Some(1));
    assert_eq!(solicited.object()["error"]["code"], "unsolicited_in_response_to");
    let unsolicited =
        run(&with(&["--format=json", "fixtures/simplesamlphp/idp-initiated.b64"]), b"");
    assert_ne!(unsolicited.object()["error"]["code"], "unsolicited_in_response_to");
    assert_eq!(
        run_on(|_| {}, "unsolicited.pem", &["--format=json"]).object()["outcome"],
        "accepted"
    );
}

#[test]
fn a_rejected_response_says_what_to_do_and_who_does_it() {
    let audience = ["--audience", "https://app.example.test/saml/acme/"];
    let changed: Vec<&str> = CONFIGURATION
        .into_iter()
        .map(|old| if old == CONFIGURATION[5] { audience[1] } else { old })
        .collect();
    let arguments: Vec<&str> = changed.into_iter().chain([REQUEST, RESPONSE]).collect();
    let rejected = run(&arguments, b"");
    assert_eq!((rejected.code, rejected.stderr.as_str()), (Some(1), ""));
    let lines = rejected.lines();
    assert_eq!(
        lines[0],
        "REJECTED (audience_mismatch): the assertion is meant for another audience: expected \
         \"https://app.example.test/saml/acme/\", found \"https://app.example.test/saml/acme\"; \
         they differ only in the slash at the end."
    );
    assert!(lines[2].contains("they differ only in the slash at the end"), "{}", lines[2]);
    assert_eq!(
        lines[3],
        "To be fixed by whichever side has the wrong value: it has to be the same on both."
    );
    assert_eq!(lines.last(), Some(&"Run it again with --explain to see every check."));
}

#[test]
fn explaining_shows_every_check() {
    let json = run(&with(&["--format", "json", "--explain", REQUEST, RESPONSE]), b"");
    assert_eq!(json.code, Some(0));
    let report = &json.object()["report"];
    assert_eq!((&report["accepted"], &report["view"]), (&json!(true), &json!("signed")));
    let checks = report["checks"].as_array().expect("checks");
    assert!(checks.iter().all(|check| check["outcome"] == "passed"));

    let text = run(&with(&["--explain", REQUEST, RESPONSE]), b"");
    assert_eq!(text.code, Some(0));
    let passed = text.lines().into_iter().filter(|line| line.starts_with("pass  ")).count();
    assert_eq!(passed, checks.len());
    assert!(text.lines().contains(&format!("{passed} passed, 0 failed, 0 skipped.").as_str()));
    assert!(!text.stdout.contains("UNVERIFIED"));
}

#[test]
fn explaining_says_what_is_not_verified() {
    let unsigned = "fixtures/simplesamlphp/unsigned.b64";
    let forged = run(&with(&["--explain", "--request-id=_other", unsigned]), b"");
    assert_eq!(forged.code, Some(1));
    assert!(
        forged.stdout.starts_with("REJECTED (signature_missing): the message is not signed.\n")
    );
    let lines = forged.lines();
    let position =
        |start: &str| lines.iter().position(|line| line.starts_with(start)).expect(start);
    let failed = position("FAIL  in_response_to");
    assert!(position("Every check. UNVERIFIED") < position("FAIL  signature "));
    assert!(position("FAIL  signature ") < position("----  UNVERIFIED from here on"));
    assert!(position("----  UNVERIFIED from here on") < failed);
    assert!(lines[failed].ends_with("[Profiles §4.1.4.3, §4.1.5]"));
    assert_eq!(lines[failed + 1], "expected  _other");
    assert!(lines[failed + 2].starts_with("found     _"));
    assert!(
        lines[failed + 3].starts_with("fix       The Response is the answer to another request.")
    );
    assert_eq!(lines[failed + 4], "by        the person who logs in, by starting again");
    let json = run(&with(&["--explain", "--format=json", "--request-id=_other", unsigned]), b"");
    assert_eq!(json.object()["report"]["view"], "unverified");
    assert_eq!(json.object()["error"]["code"], "signature_missing");
}

#[test]
fn the_form_of_the_input_is_detected() {
    let base64 = fixture(RESPONSE);
    let base64 = base64.trim();
    assert!(base64.contains('+'), "the plus has to be put to the test");
    let xml = STANDARD.decode(base64).expect("Base64");
    let encoded = base64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3d");
    let wrapped =
        base64.as_bytes().chunks(64).map(<[u8]>::to_vec).collect::<Vec<_>>().join(&b"\r\n"[..]);
    for input in [
        base64.as_bytes().to_vec(),
        wrapped,
        [b"\xef\xbb\xbf".as_slice(), base64.as_bytes(), b"\r\n"].concat(),
        xml.clone(),
        [b"\xef\xbb\xbf\r\n<?xml version=\"1.0\"?>\n".as_slice(), &xml, b"\n"].concat(),
        format!("SAMLResponse={encoded}").into_bytes(),
        format!("RelayState=%2Fhome&SAMLResponse={encoded}&x=y\n").into_bytes(),
        format!("SAMLResponse={base64}&RelayState=/home").into_bytes(),
        encoded.into_bytes(),
    ] {
        let accepted = run(&with(&["--format", "json", REQUEST, "-"]), &input);
        let shown = String::from_utf8_lossy(&input[..40]).into_owned();
        assert_eq!((accepted.code, accepted.stderr.as_str()), (Some(0), ""), "{shown}");
        assert_eq!(accepted.object()["identity"]["name_id"], "alice@example.test", "{shown}");
    }
}

#[test]
fn input_that_holds_no_single_response_is_not_looked_at() {
    let utf16: Vec<u8> = "\u{feff}PHg+"
        .encode_utf16()
        .flat_map(|unit| [unit.to_le_bytes()[0], unit.to_le_bytes()[1]])
        .collect();
    for (input, words) in [
        (b"SAMLResponse=PHg&SAMLResponse=PHk".to_vec(), "more than one SAMLResponse"),
        (b"RelayState=%2Fhome&x=y".to_vec(), "no SAMLResponse"),
        (b"SAMLRequest=PHg".to_vec(), "no SAMLResponse"),
        (b"https://sp.test/acs?SAMLResponse=PHg".to_vec(), "a web address"),
        (utf16, "stored as UTF-16"),
        (vec![b'A'; 4 * 1024 * 1024 + 1], "longer than 4194304 bytes"),
    ] {
        let unusable = run(&with(&["-"]), &input);
        assert_eq!((unusable.code, unusable.stdout.as_str()), (Some(2), ""), "{words}");
        assert!(unusable.stderr.contains(words), "{}", unusable.stderr);
    }
    // The bound of the library, not the one on reading.
    let large = run(&with(&["--format=json", "-"]), &vec![b'A'; 4 * 1024 * 1024]);
    assert_eq!(
        (large.code, &large.object()["error"]["code"]),
        (Some(1), &json!("response_too_large"))
    );
}

#[test]
fn what_comes_from_outside_is_escaped() {
    let hostile = "mallory\u{9b}31m\u{202e}\u{7f}\r\nACCEPTED\u{e0041}";
    let name = |response: &mut TestResponse<'_>| {
        response.name_id = Some(TestNameId::new(hostile));
        response.attributes = vec![TestAttribute::new(
            "q",
            [r#"CORP\a "n" e\u{301} नमस्ते"#.replace(r"\u{301}", "\u{301}")],
        )];
    };
    let text = run_on(name, "escape-text.pem", &["--explain"]);
    assert_eq!(text.code, Some(0), "{}", text.stdout);
    let escaped = r"NameID        mallory\u{9b}31m\u{202e}\u{7f}\r\nACCEPTED\u{e0041}";
    assert!(text.lines().contains(&escaped), "{}", text.stdout);
    assert!(text.stdout.contains("q = \"CORP\\a \"n\" e\u{301} नमस्ते\""), "{}", text.stdout);

    let json = run_on(name, "escape-json.pem", &["--format=json"]);
    assert_eq!(json.object()["identity"]["name_id"], hostile);
    assert!(
        json.stdout.contains(r"mallory\u009b31m\u202e\u007f\r\nACCEPTED\udb40\udc41"),
        "{}",
        json.stdout
    );
    let usage = run(&["--\u{1b}[31m"], b"");
    assert!(usage.stderr.contains(r"--\u{1b}[31m is not an option"), "{}", usage.stderr);
    for output in [&text.stdout, &json.stdout, &usage.stderr] {
        let unprintable =
            |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{e0041}');
        assert_eq!(output.chars().find(|c| unprintable(*c)), None);
    }
}

#[test]
fn wrong_usage_is_named() {
    for (arguments, words) in [
        (vec![], "--idp-certificate is missing"),
        (with(&[]), "the file with the response is missing"),
        (with(&["a", "b"]), "b is another"),
        (with(&["--audience", "x", RESPONSE]), "--audience is given twice"),
        (with(&["--explain", "--explain", RESPONSE]), "--explain is given twice"),
        (with(&["--colour", RESPONSE]), "--colour is not an option"),
        (with(&["--explain=yes", RESPONSE]), "--explain takes no value"),
        (with(&[RESPONSE, "--request-id"]), "--request-id needs a value"),
        (with(&["--request-id", "--explain", RESPONSE]), "--request-id needs a value"),
        (with(&["--request-id=", RESPONSE]), "--request-id is empty"),
        (with(&["--idp-certificate", "-", "-"]), "standard input (-) can be read only once"),
        (with(&["--clock-skew", "long", RESPONSE]), "--clock-skew long is not a number of seconds"),
        (with(&["--clock-skew", "301", RESPONSE]), "the clock skew is 301 s; it may be 0 to 300 s"),
        (with(&["--clock-skew", "-1", RESPONSE]), "--clock-skew -1 is not a number of seconds"),
        (with(&["--format", "xml", RESPONSE]), "--format xml is neither text nor json"),
        (with(&["--sp-key", "no such file", RESPONSE]), "no such file: No such file or directory"),
        (with(&["no such response"]), "no such response: No such file or directory"),
        (with(&["--", "--explain"]), "--explain: No such file or directory"),
        (vec!["--idp-certificate", CERTIFICATE, RESPONSE], "--idp-issuer is missing"),
        (with(&["--idp-certificate", RESPONSE, RESPONSE]), "this is a SAML message"),
    ] {
        let unusable = run(&arguments, b"");
        assert_eq!((unusable.code, unusable.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(unusable.stderr.contains(words), "{arguments:?}: {}", unusable.stderr);
        assert_eq!(unusable.stderr.lines().count(), 2, "{arguments:?}: {}", unusable.stderr);
    }
    let local = ["--now", "2026-11-23T20:40:40"];
    let arguments: Vec<&str> =
        CONFIGURATION[..8].iter().copied().chain(local).chain([RESPONSE]).collect();
    assert!(run(&arguments, b"").stderr.contains("is not an instant with a time zone"));
}

#[test]
fn wrong_usage_is_one_object_too() {
    for (arguments, code) in [
        (with(&["--format=json"]), "usage"),
        (with(&["--format", "json", "--colour", RESPONSE]), "usage"),
        (with(&["--format", "json", "no such response"]), "file_unreadable"),
        (with(&["--format", "json", "-"]), "input_unusable"),
        (with(&["--format", "json", "--clock-skew=301", RESPONSE]), "config_invalid"),
        (
            with(&["--format", "json", "--idp-certificate", RESPONSE, RESPONSE]),
            "certificate_is_saml_message",
        ),
    ] {
        let unusable = run(&arguments, b"RelayState=x");
        let object = unusable.object();
        assert_eq!((unusable.code, &object["outcome"]), (Some(2), &json!("invalid_configuration")));
        assert_eq!(object["error"]["code"], code);
        assert!(object["error"]["message"].is_string() && object["error"]["help"].is_string());
        assert!(!unusable.stderr.is_empty());
    }
}

#[cfg(unix)]
#[test]
fn arguments_may_be_any_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let bytes = |text: &'static [u8]| OsStr::from_bytes(text);
    let agreed = CONFIGURATION.into_iter().map(OsStr::new);
    let file = run(&agreed.clone().chain([bytes(b"\xff")]).collect::<Vec<_>>(), b"");
    assert_eq!(file.code, Some(2));
    assert!(file.stderr.contains("No such file or directory"), "{}", file.stderr);
    let id = [bytes(b"--request-id"), bytes(b"\xff"), bytes(b"-")];
    let id = run(&agreed.chain(id).collect::<Vec<_>>(), b"");
    assert_eq!(id.code, Some(2));
    assert!(id.stderr.contains("--request-id is not UTF-8"), "{}", id.stderr);
}

#[test]
fn help_is_no_failure() {
    for arguments in [vec!["--help"], with(&["-h", "--colour"])] {
        let help = run(&arguments, b"");
        assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
        assert!(help.stdout.contains("--danger-allow-weak-keys"));
        assert!(help.stdout.lines().all(|line| line.chars().count() <= 120));
    }
}

#[test]
fn dangers_and_rollover_are_options() {
    let rows: Vec<Value> = serde_json::from_str(&fixture("fixtures/manifest.json")).expect("rows");
    let row = rows.iter().find(|row| row["file"] == "simplesamlphp/rsa-sha1.b64").expect("the row");
    let request_id = row["request_id"].as_str().expect("a request");
    let other = "fixtures/saml-idp-samlp/idp-cert.pem";
    let mut arguments =
        with(&["--idp-certificate", other, "--format=json", "--request-id", request_id]);
    arguments.push("fixtures/simplesamlphp/rsa-sha1.b64");
    let refused = run(&arguments, b"");
    assert_eq!(
        (refused.code, &refused.object()["error"]["code"]),
        (Some(1), &json!("algorithm_forbidden"))
    );
    arguments.push("--danger-allow-sha1");
    assert_eq!(run(&arguments, b"").code, Some(0));
    arguments.retain(|argument| *argument != "--format=json");
    let warned = run(&arguments, b"");
    assert!(warned.lines().contains(&"Warning: danger_allow_sha1 is on."), "{}", warned.stdout);
}

#[test]
fn a_copy_can_be_shared_and_read() {
    let alone = run(&with(&["--redact", RESPONSE]), b"");
    assert_eq!(alone.code, Some(2));
    assert!(alone.stderr.contains("--redact goes with --explain"), "{}", alone.stderr);

    let object = run(&with(&["--format", "json", "--explain", "--redact", RESPONSE]), b"").object();
    let redacted = &object["redacted"];
    let text = |key: &str| redacted[key].as_str().unwrap_or_default().to_owned();
    assert_eq!(redacted["report"]["code"], object["report"]["code"]);
    assert_eq!(redacted["report"]["accepted"], object["report"]["accepted"]);
    let shown = redacted.to_string();
    for value in ["alice", "app.example.test", "127.0.0.1"] {
        assert!(!shown.contains(value), "{value} in {shown}");
    }
    // The command that is printed reads the copy.
    let folder = std::env::temp_dir().join(format!("saml-login-redacted-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let certificate = folder.join("idp.pem").display().to_string();
    std::fs::write(&certificate, text("idp_certificate")).expect("a file");
    let (issuer, audience) = (text("idp_issuer"), text("audience"));
    let (acs_url, now, request_id) = (text("acs_url"), text("now"), text("request_id"));
    let mut arguments = vec!["--idp-certificate", &certificate, "--idp-issuer", &issuer];
    arguments.extend(["--audience", &audience, "--acs-url", &acs_url, "--now", &now]);
    if !request_id.is_empty() {
        arguments.extend(["--request-id", &request_id]);
    }
    arguments.extend(["--format", "json", "-"]);
    let again = run(&arguments, text("form_value").as_bytes());
    std::fs::remove_dir_all(&folder).expect("the folder");
    assert_eq!(again.object()["outcome"], object["outcome"], "{}", again.stderr);

    let printed = run(&with(&["--explain", "--redact", RESPONSE]), b"").stdout;
    let (_, copy) = printed.split_once("is not to be shared").expect("a copy");
    assert!(copy.contains("Read it with: validate --idp-certificate idp.pem"));
    assert!(!copy.contains("alice"), "{copy}");
}

#[test]
fn a_copy_that_cannot_be_made_is_missed_aloud() {
    for (response, code, words) in [
        ("<a>", "xml_malformed", "the message is not well-formed XML: tags do not match at byte 3"),
        ("<!DOCTYPE a><a/>", "dtd_forbidden", "the message contains a document type declaration"),
        ("&", "response_undecodable", "the form value cannot be decoded: it is not Base64"),
    ] {
        let explained = |more: &[&str]| {
            run(&[&with(&["--explain", "-"])[..], more].concat(), response.as_bytes())
        };
        let missed = format!(
            "validate: the response cannot be redacted: {words}\n\
             The output has no copy in it, and is not to be shared.\n"
        );
        let json = explained(&["--redact", "--format=json"]);
        assert_eq!((json.code, &json.stderr), (Some(2), &missed));
        assert_eq!(json.object()["error"]["code"], code);
        let text = explained(&["--redact"]);
        assert_eq!((text.code, &text.stderr), (Some(2), &missed));
        // Nothing else differs from what is printed where no copy was asked for.
        for (format, with_copy) in [("--format=json", json), ("--format=text", text)] {
            let without = explained(&[format]);
            assert_eq!((without.code, without.stderr.as_str()), (Some(1), ""));
            assert_eq!(with_copy.stdout, without.stdout);
        }
    }
}
