//! Small things that a deliberate break of the examination of pasted values would change, and that
//! no other test looks at.

mod common;

use common::now;
use saml_login::Limits;
use saml_login::doctor::{Diagnosis, PastedField, PastedValues, Surroundings, examine};

const METADATA: &str = include_str!("../fixtures/metadata/simplesamlphp.xml");
const CERTIFICATE: &str = include_str!("../fixtures/saml-idp-samlp/idp-cert.pem");
const AUDIENCE: &str = "https://app.example.test/saml/acme";

fn diagnosis(values: [&str; 4]) -> Diagnosis {
    let [own, sso_url, issuer, certificate] = values;
    let pasted = PastedValues::new(own, sso_url, issuer, certificate);
    let around = Surroundings::default().with_audience(AUDIENCE);
    examine(&pasted, &around, &Limits::default(), now())
}

fn codes(values: [&str; 4]) -> Vec<(PastedField, &'static str)> {
    let found = diagnosis(values);
    found.findings().iter().map(|finding| (finding.field, finding.problem.code())).collect()
}

#[test]
fn what_stands_in_a_field_is_taken_for_what_it_is() {
    use PastedField::{Audience, Certificate, Issuer, SsoUrl};
    // Armour alone says that it was meant for another field.
    let broken = "-----BEGIN CERTIFICATE-----\nMIIB";
    let (sso_url, issuer) = ("https://idp.acme.test/sso", "https://idp.acme.test/metadata");
    let swapped = (SsoUrl, "swapped");
    let invalid = (SsoUrl, "sso_url_invalid");
    let nearly = (Audience, "audience_nearly_ours");
    let slash = format!("{AUDIENCE}/");
    for (values, expected) in [
        ([AUDIENCE, sso_url, issuer, CERTIFICATE], vec![]),
        ([AUDIENCE, broken, issuer, CERTIFICATE], vec![(SsoUrl, "certificate_misplaced")]),
        ([AUDIENCE, sso_url, broken, CERTIFICATE], vec![(Issuer, "certificate_misplaced")]),
        ([&slash, "x", issuer, METADATA], vec![nearly, (Certificate, "metadata_pasted")]),
        ([AUDIENCE, "idp.acme.test/", issuer, CERTIFICATE], vec![swapped, invalid]),
        ([AUDIENCE, "idp.acme.test/sso", issuer, CERTIFICATE], vec![invalid]),
        ([AUDIENCE, "idp.acme.test/a b", issuer, CERTIFICATE], vec![swapped, invalid]),
        ([AUDIENCE, "idp.acme.test/sso#x", issuer, CERTIFICATE], vec![swapped, invalid]),
        ([AUDIENCE, "me@idp.acme.test/sso", issuer, CERTIFICATE], vec![swapped, invalid]),
        // All three went round: no two of them have only to be exchanged.
        (
            [
                "http://www.okta.com/exk2",
                "http://www.okta.com/exk1",
                "https://www.okta.com/app/acme_1/exk1/sso/saml",
                CERTIFICATE,
            ],
            vec![
                (Audience, "issuer_misplaced"),
                (SsoUrl, "issuer_misplaced"),
                (SsoUrl, "sso_url_insecure"),
                (Issuer, "sso_url_misplaced"),
            ],
        ),
        // A guess about two fields is none about the third.
        ([&slash, "idp/sso", issuer, CERTIFICATE], vec![nearly, swapped, invalid]),
        // No web address is nobody's single sign-on URL.
        (["acme", "acme", issuer, CERTIFICATE], vec![swapped, invalid]),
    ] {
        assert_eq!(codes(values), expected, "{values:?}");
    }
}

#[test]
fn the_offer_has_the_url_for_redirects() {
    let body: String = CERTIFICATE.lines().filter(|line| !line.starts_with("-----")).collect();
    let bindings = "urn:oasis:names:tc:SAML:2.0:bindings";
    let endpoint = |binding, place| {
        format!(
            "<md:SingleSignOnService Binding='{bindings}:{binding}' \
             Location='https://idp.acme.test/{place}'/>"
        )
    };
    let [post, redirect] = [endpoint("HTTP-POST", "post"), endpoint("HTTP-Redirect", "redirect")];
    for endpoints in [format!("{post}{redirect}"), format!("{redirect}{post}")] {
        let metadata = format!(
            "<md:EntityDescriptor xmlns:md='urn:oasis:names:tc:SAML:2.0:metadata' \
             xmlns:ds='http://www.w3.org/2000/09/xmldsig#' entityID='https://idp.acme.test'>\
             <md:IDPSSODescriptor \
             protocolSupportEnumeration='urn:oasis:names:tc:SAML:2.0:protocol'>\
             <md:KeyDescriptor use='signing'><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{body}\
             </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>{endpoints}\
             </md:IDPSSODescriptor></md:EntityDescriptor>"
        );
        let found = diagnosis([AUDIENCE, "", "", &metadata]);
        let offer = found.offer().expect("an offer");
        assert_eq!(offer.sso_url, "https://idp.acme.test/redirect");
        assert_eq!(offer.issuer, "https://idp.acme.test");
    }
}
