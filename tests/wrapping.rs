//! Signature wrapping, generated: the signed original is moved to every place, and a forgery put
//! into every place.
//!
//! None of thousands of layouts yields anybody but the person whom the identity provider signed
//! for.

mod common;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Verify as _, block_on, now, unsolicited_on};
use saml_login::testing::idp::{TestIdp, TestSigned};
use saml_login::{Connection, Identity, MemoryReplayStore, Rejection, ServiceProvider};

/// What wraps an element that is put somewhere: every place that a schema leaves open, and none.
const WRAPPERS: [(&str, &str); 7] = [
    ("", ""),
    ("<samlp:Extensions>", "</samlp:Extensions>"),
    ("<samlp:StatusDetail>", "</samlp:StatusDetail>"),
    ("<ds:Object xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">", "</ds:Object>"),
    ("<saml:Advice>", "</saml:Advice>"),
    ("<saml:AttributeValue>", "</saml:AttributeValue>"),
    ("<x xmlns=\"urn:x\">", "</x>"),
];

/// What becomes of the ID of the forgery.
#[derive(Clone, Copy, Debug)]
enum ForgedId {
    Same,
    Different,
    Missing,
    OtherCase,
    OtherName,
}

const FORGED_IDS: [ForgedId; 5] = [
    ForgedId::Same,
    ForgedId::Different,
    ForgedId::Missing,
    ForgedId::OtherCase,
    ForgedId::OtherName,
];

/// A forgery of a signed element: another person, with or without the signature, with this ID.
fn forge(original: &str, id: &str, forged_id: ForgedId, keep_signature: bool) -> String {
    let attribute = format!(" ID=\"{id}\"");
    let replacement = match forged_id {
        ForgedId::Same => attribute.clone(),
        ForgedId::Different => " ID=\"_forged\"".into(),
        ForgedId::Missing => String::new(),
        ForgedId::OtherCase => format!(" ID=\"{}\"", id.to_uppercase()),
        ForgedId::OtherName => format!(" Id=\"{id}\" id=\"{id}\" xml:id=\"{id}\""),
    };
    let forged = original.replace("alice", "mallory").replace("Alice", "Mallory").replacen(
        &attribute,
        &replacement,
        1,
    );
    if keep_signature {
        return forged;
    }
    let (start, end) = range(&forged, "ds:Signature");
    [&forged[..start], &forged[end..]].concat()
}

/// Where the first element with this name begins and ends.
fn range(xml: &str, name: &str) -> (usize, usize) {
    let start = xml
        .find(&format!("<{name} "))
        .or_else(|| xml.find(&format!("<{name}>")))
        .expect("the element");
    let end_tag = format!("</{name}>");
    (start, start + xml[start..].find(&end_tag).expect("its end") + end_tag.len())
}

/// Every place in the content of the root: the borders between tags and texts.
fn places(xml: &str) -> Vec<usize> {
    let first = xml.find('>').expect("a start tag") + 1;
    let last = xml.rfind("</").expect("an end tag");
    let borders = xml.char_indices().filter_map(|(at, c)| match c {
        '<' => Some(at),
        '>' => Some(at + 1),
        _ => None,
    });
    let mut places: Vec<usize> = borders.filter(|at| (first..=last).contains(at)).collect();
    places.dedup();
    places
}

struct Layouts {
    connection: Connection,
    honest: Identity,
    tried: usize,
    accepted: usize,
    refused: BTreeMap<&'static str, usize>,
}

impl Layouts {
    fn verdict(connection: &Connection, xml: &str) -> Result<Identity, Rejection> {
        let unspent = connection.verify(STANDARD.encode(xml), None, now())?;
        Ok(block_on(unspent.spend(&MemoryReplayStore::default(), now())).expect("the first use"))
    }

    fn try_one(&mut self, xml: &str, what: impl Fn() -> String) {
        self.tried += 1;
        // Every layout has the forgery in it, or it would show nothing.
        assert!(xml.contains("mallory@example.test"), "{}", what());
        match Self::verdict(&self.connection, xml) {
            Err(rejection) => *self.refused.entry(rejection.code()).or_default() += 1,
            Ok(identity) => {
                assert_eq!(identity, self.honest, "{}", what());
                self.accepted += 1;
            }
        }
    }

    /// Puts `element` into every place of `xml`, wrapped in everything.
    fn everywhere(&mut self, xml: &str, element: &str, what: &dyn Fn() -> String) {
        for at in places(xml) {
            for (before, after) in WRAPPERS {
                let layout = [&xml[..at], before, element, after, &xml[at..]].concat();
                self.try_one(&layout, || format!("{} at {at} in {before}", what()));
            }
        }
    }
}

#[test]
fn no_layout_yields_a_foreign_identity() {
    let idp = TestIdp::p256("https://idp.example.test").expect("a key");
    let sp =
        ServiceProvider::new("https://app.example.test/saml", "https://app.example.test/saml/acs");
    let builder =
        Connection::builder("acme", sp.clone(), idp.identity_provider().expect("a certificate"));
    let connection = builder.with_options(unsolicited_on()).build().expect("a connection");
    let mut template = idp.response(&sp, now());
    template.attributes.truncate(1);
    let signed = |signed| template.clone().signed(signed).xml().expect("XML");
    let honest =
        Layouts::verdict(&connection, &signed(TestSigned::Assertion)).expect("an honest response");
    let mut layouts =
        Layouts { connection, honest, tried: 0, accepted: 0, refused: BTreeMap::new() };

    for shape in [TestSigned::Assertion, TestSigned::Response, TestSigned::Both] {
        let xml = signed(shape);
        let (start, end) = range(&xml, "saml:Assertion");
        let assertion = &xml[start..end];
        for forged_id in FORGED_IDS {
            for keep_signature in [true, false] {
                let what = || format!("{shape:?}, {forged_id:?}, signature kept: {keep_signature}");
                if shape != TestSigned::Response {
                    let forged = forge(assertion, "_assertion", forged_id, keep_signature);
                    // The forgery in the original's place, the original anywhere.
                    let replaced = [&xml[..start], &forged, &xml[end..]].concat();
                    layouts.everywhere(&replaced, assertion, &|| {
                        format!("assertion moved: {}", what())
                    });
                    // The original in its place, the forgery anywhere.
                    layouts.everywhere(&xml, &forged, &|| format!("assertion forged: {}", what()));
                }
                if shape != TestSigned::Assertion {
                    let forged = forge(&xml, "_response", forged_id, keep_signature);
                    // The IDs inside of the forgery would collide with those of the original.
                    for inner in ["_assertion", "_other"] {
                        let forged = forged.replace("\"_assertion\"", &format!("\"{inner}\""));
                        layouts
                            .everywhere(&forged, &xml, &|| format!("response moved: {}", what()));
                        layouts
                            .everywhere(&xml, &forged, &|| format!("response forged: {}", what()));
                    }
                }
            }
        }
    }
    let Layouts { tried, accepted, refused, .. } = &layouts;
    println!(
        "wrapping: layouts {tried}, accepted as the honest one {accepted}, refused {refused:?}"
    );
    // Accepted are those whose forgery stands where nobody reads: in what Advice holds, or where
    // SAML has other content that is left aside, unsigned.
    assert_eq!((*tried, *accepted), (63_420, 684));
    let expected = [
        ("assertion_count", 144),
        ("digest_mismatch", 3_780),
        ("duplicate_id", 29_596),
        ("id_invalid", 40),
        ("reference_mismatch", 96),
        ("signature_malformed", 2_128),
        ("signature_misplaced", 26_848),
        ("signature_missing", 48),
        ("text_malformed", 56),
    ];
    assert_eq!(*refused, BTreeMap::from(expected));
}
