//! Every refusal once for each use of it, and what its readers are told: `WORDS.md` is made of
//! these, so that no text changes unread.

use chrono::{DateTime, TimeDelta, Utc};

use super::Advice;
use crate::error::{
    AlgorithmUse, ArtifactProblem, DecodeProblem, DigestCause, Excerpt, LimitKind, Mismatch, Part,
    QueryProblem, Rejection, SignatureCause, SignatureProblem, UntrustedKey, XmlProblem,
};
use crate::fingerprint::Fingerprint;

const WORDS: &str = include_str!("../../WORDS.md");

const HEAD: &str = "\
# What each reader of a refusal is told

Made by the tests of `advice` from the texts themselves: `WRITE_WORDS=1 cargo test --lib words`
writes this file anew. Each code stands here once for each use that has words of its own; what is
quoted is an example. The advice is that for an identity provider that is not recognized; of one
that is, it names the menus.
";

fn x(text: &str) -> Excerpt {
    Excerpt::new(text)
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_900_000_000, 0).unwrap() + TimeDelta::seconds(seconds)
}

fn mismatch(expected: &str, found: &str) -> Box<Mismatch> {
    Mismatch::new(expected, [found], None)
}

/// Of the bytes, the XML and the root.
fn documents() -> Vec<Rejection> {
    use Rejection::*;
    let limits = [LimitKind::Nodes, LimitKind::SignedInfoBytes, LimitKind::PrivateKeyOperations];
    let mut all = vec![
        ArtifactRefused { problem: ArtifactProblem::Nothing },
        QueryMalformed { problem: QueryProblem::Repeated },
        ResponseTooLarge { limit: 1_048_576 },
        ResponseUndecodable { problem: DecodeProblem::NotBase64 },
        ResponseUndecodable { problem: DecodeProblem::Compressed },
        ResponseUndecodable { problem: DecodeProblem::PercentEncoded },
        ResponseUndecodable { problem: DecodeProblem::NotUtf8 { encoding: Some("ISO-8859-1") } },
        XmlMalformed { problem: XmlProblem::MismatchedTag, offset: 120 },
        XmlMalformed { problem: XmlProblem::DeclarationMisplaced, offset: 22 },
        XmlMalformed { problem: XmlProblem::Encoding, offset: 30 },
        DtdForbidden,
        DuplicateId,
        LogoutUnconfigured,
        NotALogoutMessage { found: x("{urn:oasis:names:tc:SAML:2.0:protocol}Response") },
        NotAResponse { found: x("{urn:oasis:names:tc:SAML:2.0:protocol}LogoutRequest") },
        VersionUnsupported { on: Part::Response, found: Some(x("1.1")) },
        StatusNotSuccess {
            codes: vec![x("urn:oasis:names:tc:SAML:2.0:status:RequestDenied")],
            message: Some(x("not assigned")),
        },
    ];
    all.extend(limits.map(|limit| XmlLimitExceeded { limit, allowed: 64 }));
    all
}

/// Of what is encrypted, the structure and the signatures.
fn structures() -> Vec<Rejection> {
    use Rejection::*;
    let fingerprint = Fingerprint::of(b"certificate");
    let forbidden = |usage, algorithm, allowed_by| AlgorithmForbidden {
        usage,
        algorithm: x(algorithm),
        allowed_by,
    };
    let signed = [Part::Response, Part::Assertion, Part::Logout];
    let mut all = vec![
        EncryptionMalformed,
        DecryptionKeyMissing { element: "EncryptedAssertion" },
        DecryptionKeyMissing { element: "EncryptedID" },
        DecryptionKeyMissing { element: "EncryptedAttribute" },
        DecryptionKeySealed { element: "EncryptedAssertion" },
        DecryptionKeySealed { element: "EncryptedID" },
        DecryptionKeySealed { element: "EncryptedAttribute" },
        DecryptionFailed,
        AssertionCount { found: 0 },
        AssertionCount { found: 2 },
        ElementMissing { parent: "Assertion", element: "Issuer" },
        ElementMissing { parent: "Assertion", element: "AuthnStatement" },
        ElementRepeated { parent: "Assertion", element: "Subject" },
        TextMalformed { element: "NameID" },
        SignatureMisplaced { parent: x("Advice") },
        IdInvalid { on: Part::Assertion },
        SignatureMalformed { on: Part::Assertion, problem: SignatureProblem::Object },
        forbidden(AlgorithmUse::Canonicalization, "http://www.w3.org/TR/xslt", None),
        forbidden(
            AlgorithmUse::Signature,
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            Some("danger_allow_sha1"),
        ),
        forbidden(
            AlgorithmUse::Digest,
            "http://www.w3.org/2000/09/xmldsig#sha1",
            Some("danger_allow_sha1"),
        ),
        forbidden(
            AlgorithmUse::Cipher,
            "http://www.w3.org/2001/04/xmlenc#tripledes-cbc",
            Some("danger_allow_3des"),
        ),
        forbidden(AlgorithmUse::KeyTransport, "http://www.w3.org/2001/04/xmlenc#rsa-1_5", None),
        TransformForbidden { on: Part::Assertion, transform: x("http://www.w3.org/TR/xslt") },
        ReferenceMismatch { on: Part::Assertion, found: Some(x("#other")) },
        CanonicalizationUndefined { reason: "a namespace name is not an absolute URI" },
        KeyUntrusted {
            on: Part::Response,
            key: Box::new(UntrustedKey {
                fingerprint,
                not_before: Some(at(0)),
                not_after: Some(at(86_400)),
                configured: vec![Fingerprint::of(b"configured")],
            }),
        },
        SignatureInvalid { on: Part::Response, cause: None },
        SignatureInvalid { on: Part::Response, cause: Some(SignatureCause::DerSequence) },
        SignatureInvalid {
            on: Part::Assertion,
            cause: Some(SignatureCause::InclusiveCanonicalization),
        },
        SignatureOutOfContext { on: Part::Assertion },
        DigestMismatch { on: Part::Assertion, cause: None },
        DigestMismatch { on: Part::Assertion, cause: Some(DigestCause::EscapedText) },
        SecondOpinionDiffers { reason: "it finds no signature" },
        SignatureMissing { on: Part::Message },
    ];
    all.extend(signed.map(|on| SignatureMissing { on }));
    all
}

/// Of the issuer, the addresses and the request.
fn addresses() -> Vec<Rejection> {
    use Rejection::*;
    let issuer = || mismatch("https://idp.example.test", "https://idp.example.test/");
    let acs_url = || mismatch("https://app.example.test/acs", "http://app.example.test/acs");
    vec![
        IssuerMismatch { on: Part::Assertion, mismatch: issuer() },
        IssuerFormat { on: Part::Assertion, found: x("urn:example:format") },
        DestinationMissing { on: Part::Response },
        DestinationMissing { on: Part::Logout },
        DestinationMismatch { on: Part::Response, mismatch: acs_url() },
        DestinationMismatch { on: Part::Logout, mismatch: acs_url() },
        UnsolicitedForbidden,
        InResponseToMissing { on: Part::Response },
        InResponseToAmbiguous,
        InResponseToMismatch { on: Part::Response, mismatch: mismatch("_1", "_2") },
        UnsolicitedInResponseTo { on: Part::Response },
        NameIdMissing,
        NameIdFormatUnmet {
            asked: x("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"),
            found: x("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"),
        },
        SubjectConfirmationMissing,
        RecipientMissing,
        RecipientMismatch { mismatch: acs_url() },
        AudienceMissing,
        AudienceMismatch { mismatch: mismatch("https://app.example.test", "https://app.test") },
        ConditionUnknown { found: x("OneTimePad") },
        RequestForeign,
        RequestOutdated,
        BounceUnanswered,
        UnsolicitedBounced,
    ]
}

/// Of time and what is asked of the person's authentication, and of single use.
fn times() -> Vec<Rejection> {
    use Rejection::*;
    vec![
        InstantMalformed { what: "Conditions/@NotBefore", found: Some(x("today")) },
        InstantMalformed { what: "AuthnStatement/@AuthnInstant", found: None },
        WindowEmpty { element: "Conditions" },
        NotYetValid {
            what: "Conditions/@NotBefore",
            not_before: at(212),
            now: at(0),
            skew_seconds: 60,
        },
        Expired {
            what: "Conditions/@NotOnOrAfter",
            not_on_or_after: at(0),
            now: at(7_200),
            skew_seconds: 60,
        },
        AuthnContextUnmet,
        AuthnInFuture { authn_instant: at(600), issue_instant: at(0), skew_seconds: 60 },
        AuthnTooOld {
            authn_instant: at(0),
            issue_instant: at(900),
            elapsed_seconds: 30,
            skew_seconds: 60,
        },
        RequestExpired { expires_at: at(0), now: at(60) },
        AttributeMissing { field: "an e-mail address" },
        AssertionReplayed,
        RequestReplayed,
        ReplayStoreFull,
    ]
}

fn rendered(refusals: &[Rejection]) -> String {
    let mut text = HEAD.to_owned();
    let mut last = "";
    for refusal in refusals {
        if refusal.code() != last {
            last = refusal.code();
            text += &format!("\n## `{last}`\n\n| Reader | Words |\n|---|---|\n");
            text += &format!("| The person | {} |\n", refusal.user_message());
            text += &format!("| Whoever asks who acts | {} |\n", refusal.fixer().in_words());
        }
        text += &format!("| The log | {refusal} |\n| The administrator | {} |\n", refusal.help());
        if let Some(advice) = Advice::for_refusal(refusal, None) {
            text += &format!("| … and as advice | {} |\n", advice.text);
        }
    }
    text
}

#[test]
fn the_words_of_every_refusal_are_those_of_the_table() {
    let refusals = [documents(), structures(), addresses(), times()].concat();
    let text = rendered(&refusals);
    if std::env::var_os("WRITE_WORDS").is_some() {
        std::fs::write("WORDS.md", &text).unwrap();
    }
    assert!(text == WORDS, "WORDS.md has other texts: WRITE_WORDS=1 cargo test --lib words");
    let (documented, _) = include_str!("../../ERRORS.md").split_once("\n## ").unwrap();
    for line in documented.lines().filter_map(|line| line.strip_prefix("| `")) {
        let (code, _) = line.split_once('`').unwrap();
        assert!(WORDS.contains(&format!("\n## `{code}`\n")), "{code}");
    }
}

/// Words of another use are not in them.
#[test]
fn no_words_come_from_another_use() {
    for refusal in [documents(), structures(), addresses(), times()].concat() {
        let advice =
            Advice::for_refusal(&refusal, None).map_or(String::new(), |advice| advice.text);
        let words = format!("{} {advice}", refusal.help());
        let lacks: &[&str] = match &refusal {
            Rejection::AlgorithmForbidden {
                usage: AlgorithmUse::Cipher | AlgorithmUse::KeyTransport,
                ..
            } => &["SHA-256", "signature", "Sign"],
            Rejection::AlgorithmForbidden { usage: AlgorithmUse::Signature, .. } => &["encrypt"],
            Rejection::SignatureMissing { on: Part::Logout } => &["Neither", "Assertion"],
            Rejection::DestinationMissing { on: Part::Logout }
            | Rejection::DestinationMismatch { on: Part::Logout, .. } => &["ACS URL", "response"],
            Rejection::SignatureInvalid { cause: Some(_), .. } => &["Compare the certificate"],
            _ => &[],
        };
        for word in lacks {
            assert!(!words.contains(word), "{refusal:?}: {words}");
        }
    }
}
