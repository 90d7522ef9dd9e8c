//! What products send of a person by default, or as their guides have it, and what an administrator
//! is told of it.

mod common;

use common::{Verify as _, block_on, now, sp, unsolicited_on};
use saml_login::connection::Warning;
use saml_login::testing::idp::{TestAttribute, TestIdp, TestSigned};
use saml_login::{Connection, Identity, MemoryReplayStore, Report};

/// Name and values, as sent.
type Sent<'a> = &'a [(&'a str, &'a [&'a str])];

/// First name, last name, display name and groups.
type Person<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>, &'a [&'a str]);

fn of(sent: Sent<'_>) -> (Identity, Report) {
    let idp = TestIdp::p256("https://idp.example.test").expect("a key");
    let builder = Connection::builder("acme", sp(), idp.identity_provider().expect("one"));
    let connection = builder.with_options(unsolicited_on()).build().expect("a connection");
    let mut response = idp.response(&sp(), now()).signed(TestSigned::Assertion);
    let attribute = |(name, values): &(&str, &[&str])| TestAttribute::new(*name, values.to_vec());
    response.attributes = sent.iter().map(attribute).collect();
    let form_value = response.form_value().expect("a value");
    let report = connection.explain(&form_value, None, now());
    let unspent = connection.verify(&form_value, None, now()).expect("a login");
    let identity = block_on(unspent.spend(&MemoryReplayStore::default(), now()));
    (identity.expect("the first use"), report)
}

const CLAIMS: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";

#[test]
fn the_names_of_products_are_known() {
    let claim = |name: &str| format!("{CLAIMS}/{name}");
    let [email, first, last, name] = ["emailaddress", "givenname", "surname", "name"].map(claim);
    let (email, first, last, name) = (&*email, &*first, &*last, &*name);
    let ada = (Some("Ada"), Some("Berg"), Some("Ada Berg"), &["staff"][..]);
    let products: [(&str, Sent<'_>, Person<'_>); 9] = [
        (
            "Zitadel",
            &[
                ("Email", &["ada@example.test"]),
                ("SurName", &["Berg"]),
                ("FirstName", &["Ada"]),
                ("FullName", &["Ada Berg"]),
                ("UserName", &["ada"]),
                ("UserID", &["1"]),
            ],
            (Some("Ada"), Some("Berg"), Some("Ada Berg"), &[]),
        ),
        (
            "AD FS",
            &[
                (email, &["ada@example.test"]),
                (first, &["Ada"]),
                (last, &["Berg"]),
                ("http://schemas.xmlsoap.org/claims/CommonName", &["Ada Berg"]),
                ("http://schemas.xmlsoap.org/claims/Group", &["staff"]),
            ],
            ada,
        ),
        (
            "Entra",
            &[
                (email, &["ada@example.test"]),
                (first, &["Ada"]),
                (last, &["Berg"]),
                (name, &["ada@tenant.example.test"]),
                ("http://schemas.microsoft.com/identity/claims/displayname", &["Ada Berg"]),
                ("http://schemas.microsoft.com/ws/2008/06/identity/claims/groups", &["staff"]),
            ],
            ada,
        ),
        (
            "PingOne",
            &[
                ("saml_subject", &["1a"]),
                ("Email Address", &["ada@example.test"]),
                ("Given Name", &["Ada"]),
                ("Family Name", &["Berg"]),
                ("Group Names", &["staff"]),
            ],
            (Some("Ada"), Some("Berg"), None, &["staff"]),
        ),
        (
            "authentik",
            &[
                (email, &["ada@example.test"]),
                (name, &["Ada Berg"]),
                ("http://schemas.goauthentik.io/2021/02/saml/username", &["ada"]),
                ("http://schemas.xmlsoap.org/claims/Group", &["staff"]),
            ],
            (None, None, None, &["staff"]),
        ),
        (
            "Duo",
            &[
                ("Email", &["ada@example.test"]),
                ("First Name", &["Ada"]),
                ("Last Name", &["Berg"]),
                ("Display Name", &["Ada Berg"]),
                ("groups", &["staff"]),
            ],
            ada,
        ),
        (
            "Shibboleth",
            &[
                ("urn:oid:0.9.2342.19200300.100.1.3", &["ada@example.test"]),
                ("urn:oid:2.5.4.42", &["Ada"]),
                ("urn:oid:2.5.4.4", &["Berg"]),
                ("urn:oid:2.16.840.1.113730.3.1.241", &["Ada Berg"]),
                ("urn:oid:1.3.6.1.4.1.5923.1.5.1.1", &["staff"]),
            ],
            ada,
        ),
        (
            "Shibboleth, as it was",
            &[
                ("urn:mace:dir:attribute-def:mail", &["ada@example.test"]),
                ("urn:mace:dir:attribute-def:givenName", &["Ada"]),
                ("urn:mace:dir:attribute-def:sn", &["Berg"]),
                ("urn:mace:dir:attribute-def:displayName", &["Ada Berg"]),
                ("urn:mace:dir:attribute-def:isMemberOf", &["staff"]),
            ],
            ada,
        ),
        (
            "SimpleSAMLphp and LemonLDAP::NG, of an LDAP directory",
            &[
                ("mail", &["ada@example.test"]),
                ("givenName", &["Ada"]),
                ("sn", &["Berg"]),
                ("cn", &["Ada Berg"]),
                ("memberOf", &["staff"]),
            ],
            ada,
        ),
    ];
    for (product, sent, (first_name, last_name, display_name, groups)) in products {
        let (identity, report) = of(sent);
        assert_eq!(identity.email.expect("an address").address(), "ada@example.test", "{product}");
        assert_eq!(identity.first_name.as_deref(), first_name, "{product}");
        assert_eq!(identity.last_name.as_deref(), last_name, "{product}");
        assert_eq!(identity.display_name.as_deref(), display_name, "{product}");
        assert_eq!(identity.groups, groups, "{product}");
        assert_eq!(report.warnings, [], "{product}");
    }
}

#[test]
fn two_addresses_that_differ_are_told_by_the_names_of_their_attributes() {
    let told = |sent: Sent<'_>| {
        let (identity, report) = of(sent);
        let email = identity.email.map(|email| email.address().to_owned());
        let text = report.to_string();
        assert!(!text.contains("ada@") && !text.contains("berg@"), "{text}");
        (email, report.warnings.iter().map(Warning::to_string).collect::<Vec<_>>())
    };
    let (email, warnings) =
        told(&[("mail", &["berg@example.test"]), ("Email", &["ada@example.test"])]);
    assert_eq!(email.as_deref(), Some("ada@example.test"));
    assert_eq!(
        warnings,
        [
            "two attributes would be the e-mail address and differ, \"Email\" and \"mail\": \"Email\" is taken; leave one of them \
          out, or name the right one in the connection"
        ]
    );
    // The same name in another case: the first is taken.
    let (email, warnings) =
        told(&[("Email", &["ada@example.test"]), ("email", &["berg@example.test"])]);
    assert_eq!((email.as_deref(), warnings.len()), (Some("ada@example.test"), 1));
    // The same address, and one that is empty.
    for other in [&["ADA@example.test"][..], &[" ada@example.test "], &[""], &[]] {
        let (_, warnings) = told(&[("email", &["ada@example.test"][..]), ("mail", other)]);
        assert_eq!(warnings, [""; 0], "{other:?}");
    }
}

#[test]
fn a_link_in_the_place_of_groups_is_told() {
    let link = "http://schemas.microsoft.com/claims/groups.link";
    let (identity, report) =
        of(&[("email", &["ada@example.test"]), (link, &["https://graph.test/1"])]);
    assert!(identity.groups.is_empty());
    assert_eq!(report.warnings, [Warning::GroupsLinked]);
    assert!(!report.to_string().contains("graph.test"));
}
