use super::*;
use crate::assertion::{Attribute, AttributeValue};

const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
const JUMPCLOUD: &str = "urn:oasis:names:tc:SAML:1.0:nameid-format:unspecified";
const CLAIMS: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
const GUEST: &str = "alice_partner.test#EXT#@contoso.onmicrosoft.com";

fn attribute(name: &str, texts: &[&str]) -> Attribute {
    Attribute {
        name: name.into(),
        name_format: None,
        friendly_name: None,
        values: texts.iter().map(|text| AttributeValue::Text((*text).into())).collect(),
    }
}

fn claim(name: &str, text: &str) -> Attribute {
    attribute(&format!("{CLAIMS}/{name}"), &[text])
}

fn friendly(name: &str, friendly_name: &str, texts: &[&str]) -> Attribute {
    Attribute { friendly_name: Some(friendly_name.into()), ..attribute(name, texts) }
}

fn complex(name: &str, xml: &str) -> Attribute {
    Attribute { values: vec![AttributeValue::Complex(xml.into())], ..attribute(name, &[]) }
}

fn identity_with(
    map: &AttributeMap,
    format: Option<&str>,
    value: &str,
    attributes: impl IntoIterator<Item = Attribute>,
) -> Identity {
    let parts = IdentityParts {
        connection_id: "acme".into(),
        issuer: "https://idp.example.test/".into(),
        name_id: NameId {
            value: value.into(),
            format: format.map(Into::into),
            name_qualifier: None,
            sp_name_qualifier: None,
        },
        session: Session {
            session_index: Some("_s1".into()),
            session_not_on_or_after: DateTime::from_timestamp(1_800_000_000, 0),
            authn_instant: DateTime::from_timestamp(1_790_000_000, 500_000_000).unwrap(),
            authn_context_class_ref: None,
        },
        attributes: Attributes::merge(attributes),
        key_fingerprint: crate::fingerprint::Fingerprint::of(b"certificate"),
    };
    Identity::from_parts(parts, map)
}

fn identity(attributes: impl IntoIterator<Item = Attribute>) -> Identity {
    identity_with(&AttributeMap::default(), Some(PERSISTENT), "42", attributes)
}

fn email(
    format: Option<&str>,
    value: &str,
    attributes: impl IntoIterator<Item = Attribute>,
) -> Option<String> {
    identity_with(&AttributeMap::default(), format, value, attributes)
        .email
        .map(|email| email.address().to_owned())
}

fn address(text: &str) -> Option<String> {
    Some(text.to_owned())
}

// ---- e-mail

#[test]
fn the_mapped_attribute_decides_over_everything_else() {
    let attributes =
        [claim("upn", "upn@example.test"), attribute("email", &["Alice@EXAMPLE.test"])];
    let found =
        identity_with(&AttributeMap::default(), Some(EMAIL), "name-id@example.test", attributes);
    let found = found.email.unwrap();
    assert_eq!(found.address(), "Alice@example.test");
    assert_eq!(found.original(), "Alice@EXAMPLE.test");
}

#[test]
fn the_original_is_kept_untrimmed() {
    let found = identity([attribute("email", &["", "\n  alice@Example.Test "])]).email.unwrap();
    assert_eq!(
        (found.address(), found.original()),
        ("alice@example.test", "\n  alice@Example.Test ")
    );
}

#[test]
fn an_invalid_attribute_gives_no_email_whatever_else_there_is() {
    for invalid in
        ["alice", "alice@localhost", "alice@example.test, bob@example.test", "\"a\"@example.test"]
    {
        let attributes = [
            attribute("email", &[invalid, "second@example.test"]),
            attribute("mail", &["other@example.test"]),
            claim("upn", "upn@example.test"),
        ];
        assert_eq!(email(Some(EMAIL), "name-id@example.test", attributes), None, "{invalid}");
    }
}

#[test]
fn a_blank_empty_nil_or_complex_attribute_is_as_good_as_absent() {
    let nil = Attribute { values: vec![AttributeValue::Nil], ..attribute("email", &[]) };
    for absent in [
        attribute("email", &[]),
        attribute("email", &["", " \n\t"]),
        nil,
        complex("email", "<x>alice@example.test</x>"),
        attribute("unrelated", &["alice@example.test"]),
    ] {
        let name_id = "name-id@example.test";
        assert_eq!(email(None, name_id, [absent.clone()]), address(name_id), "{absent:?}");
        let next = [absent, attribute("mail", &["mail@example.test"])];
        assert_eq!(email(None, name_id, next), address("mail@example.test"));
    }
}

#[test]
fn the_name_id_serves_if_it_is_an_address_whatever_its_format_unless_transient() {
    for format in
        [None, Some(EMAIL), Some(PERSISTENT), Some(JUMPCLOUD), Some("urn:example:own"), Some("")]
    {
        let found = email(format, " Alice@EXAMPLE.test\n", []);
        assert_eq!(found, address("Alice@example.test"), "{format:?}");
    }
    assert_eq!(email(Some(TRANSIENT), "alice@example.test", []), None);
    assert_eq!(email(Some(PERSISTENT), "f92cc1834efc0f73e9c09f482fce80037a6251e7", []), None);
}

#[test]
fn jumpcloud_without_attributes_logs_in_by_name_id() {
    let found = identity_with(&AttributeMap::default(), Some(JUMPCLOUD), "alice@example.test", []);
    assert_eq!(found.email.as_ref().map(Email::address), Some("alice@example.test"));
    assert_eq!(found.first_missing(&[IdentityField::Email]), None);
    assert_eq!(
        found.stable_key().unwrap().as_str(),
        format!("1|acme|https://idp.example.test/|{JUMPCLOUD}|||alice@example.test")
    );
}

#[test]
fn login_name_claims_come_last() {
    let claims = || [claim("name", "name@example.test"), claim("upn", "upn@example.test")];
    assert_eq!(email(Some(PERSISTENT), "42", claims()), address("upn@example.test"));
    assert_eq!(email(Some(TRANSIENT), "t@example.test", claims()), address("upn@example.test"));
    assert_eq!(email(None, "name-id@example.test", claims()), address("name-id@example.test"));
    assert_eq!(
        email(None, "42", [claim("upn", "alice"), claim("name", "n@x.test")]),
        address("n@x.test")
    );
    assert_eq!(email(None, "42", [claim("upn", "alice"), claim("name", "Alice")]), None);
}

#[test]
fn a_name_id_said_to_be_an_address_that_is_none_gives_no_email() {
    assert_eq!(email(Some(EMAIL), "alice", [claim("upn", "upn@example.test")]), None);
    assert_eq!(
        email(None, "alice", [claim("upn", "upn@example.test")]),
        address("upn@example.test")
    );
    assert_eq!(
        email(Some(EMAIL), " ", [claim("upn", "upn@example.test")]),
        address("upn@example.test")
    );
}

#[test]
fn an_entra_guest_name_is_an_address_only_where_an_attribute_says_so() {
    let claims = || [claim("upn", GUEST), claim("name", GUEST)];
    for format in [None, Some(EMAIL), Some(PERSISTENT)] {
        assert_eq!(email(format, GUEST, claims()), None, "{format:?}");
        assert_eq!(email(format, &GUEST.to_ascii_lowercase(), claims()), None, "{format:?}");
    }
    let with_mail = claims().into_iter().chain([claim("emailaddress", "alice@partner.test")]);
    assert_eq!(email(Some(EMAIL), GUEST, with_mail), address("alice@partner.test"));
    assert_eq!(email(None, "42", [attribute("email", &[GUEST])]), address(GUEST));
    // A member whose NameID is a guest name elsewhere still has a usable claim.
    assert_eq!(
        email(None, GUEST, [claim("upn", "alice@contoso.test")]),
        address("alice@contoso.test")
    );
}

// ---- names

#[test]
fn names_are_matched_in_any_letter_case_and_trimmed() {
    let found = identity([
        attribute("FIRSTNAME", &[" Ada\n"]),
        attribute("lastname", &["", "Lovelace"]),
        attribute("DisplayName", &["Ada  Lovelace"]),
    ]);
    assert_eq!(found.first_name.as_deref(), Some("Ada"));
    assert_eq!(found.last_name.as_deref(), Some("Lovelace"));
    assert_eq!(found.display_name.as_deref(), Some("Ada  Lovelace"));
    // Only ASCII letters have a case here: U+212A KELVIN SIGN is not a k.
    let map = AttributeMap::default().with_names(IdentityField::FirstName, ["nick"]);
    let kelvin = identity_with(&map, None, "42", [attribute("nic\u{212a}", &["Ada"])]);
    assert_eq!(kelvin.first_name, None);
}

#[test]
fn the_order_of_names_decides_then_name_over_friendly_name_then_the_order_sent() {
    let first_name = |attributes: Vec<Attribute>| identity(attributes).first_name.unwrap();
    let firstname = || attribute("firstName", &["by first name in the list"]);
    let friendly_firstname = || friendly("x", "FirstName", &["by friendly name"]);
    let givenname = || attribute("givenName", &["by a later name"]);
    assert_eq!(
        first_name(vec![givenname(), friendly_firstname(), firstname()]),
        "by first name in the list"
    );
    assert_eq!(first_name(vec![givenname(), friendly_firstname()]), "by friendly name");
    assert_eq!(first_name(vec![givenname()]), "by a later name");
    assert_eq!(
        first_name(vec![attribute("FirstName", &["1"]), attribute("firstName", &["2"])]),
        "1"
    );
    assert_eq!(
        first_name(vec![attribute("FirstName", &[" "]), attribute("firstName", &["2"])]),
        "2"
    );
    assert_eq!(first_name(vec![friendly("urn:oid:2.5.4.42", "givenName", &["Ada"])]), "Ada");
}

#[test]
fn nothing_is_made_up() {
    let found = identity([
        attribute("firstName", &["Ada"]),
        attribute("lastName", &["Lovelace"]),
        claim("name", "ada@example.test"),
        complex("cn", "<x>Ada</x>"),
    ]);
    assert_eq!(found.display_name, None);
    assert!(found.groups.is_empty());
}

#[test]
fn claim_uris_and_oids_of_common_providers_are_known() {
    let entra = identity([
        claim("emailaddress", "ada@example.test"),
        claim("givenname", "Ada"),
        claim("surname", "Lovelace"),
        attribute("http://schemas.microsoft.com/identity/claims/displayname", &["Ada Lovelace"]),
        attribute("http://schemas.microsoft.com/ws/2008/06/identity/claims/groups", &["g1", "g2"]),
    ]);
    let directory = identity([
        attribute("urn:oid:0.9.2342.19200300.100.1.3", &["ada@example.test"]),
        attribute("urn:oid:2.5.4.42", &["Ada"]),
        attribute("urn:oid:2.5.4.4", &["Lovelace"]),
        attribute("urn:oid:2.5.4.3", &["Ada Lovelace"]),
        attribute("urn:oid:1.3.6.1.4.1.5923.1.5.1.1", &["g1", "g2"]),
    ]);
    for found in [entra, directory] {
        assert_eq!(found.email.as_ref().map(Email::address), Some("ada@example.test"));
        assert_eq!(found.first_name.as_deref(), Some("Ada"));
        assert_eq!(found.last_name.as_deref(), Some("Lovelace"));
        assert_eq!(found.display_name.as_deref(), Some("Ada Lovelace"));
        assert_eq!(found.groups, ["g1", "g2"]);
    }
}

// ---- groups

#[test]
fn groups_are_all_values_of_the_first_match_that_has_any_each_once() {
    let other_format =
        Attribute { name_format: Some("urn:x".into()), ..attribute("groups", &["e", "b"]) };
    let found = identity([
        attribute("role", &["never"]),
        friendly("x", "groups", &["never"]),
        attribute("groups", &["b", " a ", "", "b"]),
        complex("groups", "<x>c</x>"),
        attribute("groups", &["a", "B", "d"]),
        other_format,
    ]);
    assert_eq!(found.groups, ["b", "a", "B", "d", "e"]);
    let found = identity([attribute("groups", &["", " "]), attribute("memberOf", &["m"])]);
    assert_eq!(found.groups, ["m"]);
    let overage =
        attribute("http://schemas.microsoft.com/claims/groups.link", &["https://graph.test/me"]);
    assert!(identity([overage]).groups.is_empty());
}

#[test]
fn joined_groups_are_split_on_demand_only() {
    let joined = || [attribute("groups", &["a; b;;c,d ;a", ";", "e"])];
    assert_eq!(identity(joined()).groups, ["a; b;;c,d ;a", ";", "e"]);
    let map = AttributeMap::default().with_group_delimiter(';');
    assert_eq!(identity_with(&map, None, "42", joined()).groups, ["a", "b", "c,d", "e"]);
}

// ---- the map

#[test]
fn a_list_of_names_replaces_the_default() {
    let map = AttributeMap::default()
        .with_names(IdentityField::Email, ["work", "", "WORK", "Private"])
        .with_names(IdentityField::FirstName, ["work"])
        .with_names(IdentityField::LastName, [""]);
    assert_eq!(map.names(IdentityField::Email), ["work", "Private"]);
    assert_eq!(map.names(IdentityField::FirstName), ["work"]);
    assert!(map.names(IdentityField::LastName).is_empty());
    assert_eq!(map.names(IdentityField::DisplayName).first(), Some(&"displayName"));
    let attributes = || {
        [
            attribute("email", &["default@example.test"]),
            attribute("lastName", &["Default"]),
            attribute("private", &["private@example.test"]),
            attribute("Work", &["work@example.test"]),
        ]
    };
    let found = identity_with(&map, None, "42", attributes());
    assert_eq!(found.email.as_ref().map(Email::address), Some("work@example.test"));
    assert_eq!(found.first_name.as_deref(), Some("work@example.test"));
    assert_eq!(found.last_name, None);
    let none = AttributeMap::default()
        .with_names(IdentityField::Email, [""; 0])
        .with_names(IdentityField::DisplayName, [""; 0])
        .with_names(IdentityField::Groups, [""; 0]);
    let found = identity_with(&none, None, "name-id@example.test", attributes());
    assert_eq!(found.email.as_ref().map(Email::address), Some("name-id@example.test"));
}

#[test]
fn every_default_name_is_found_and_no_two_differ_in_letter_case_alone() {
    use IdentityField::{DisplayName, Email, FirstName, Groups, LastName};
    let map = AttributeMap::default();
    for (field, count) in
        [(DisplayName, 13), (Email, 11), (FirstName, 10), (Groups, 13), (LastName, 11)]
    {
        let names = map.names(field);
        assert_eq!(names.len(), count, "{field}");
        for name in names {
            let upper_case = attribute(&name.to_ascii_uppercase(), &["a@b.test"]);
            let found = identity_with(&map, None, "42", [upper_case]);
            let all = [DisplayName, Email, FirstName, Groups, LastName];
            let present: Vec<_> =
                all.into_iter().filter(|one| found.first_missing(&[*one]).is_none()).collect();
            assert_eq!(present, [field], "{name}");
        }
    }
}

#[test]
fn thousands_of_attributes_are_no_trouble() {
    let many = (0..5_000).map(|n| friendly(&format!("attribute {n}"), "cn", &["", "Ada"]));
    let again = (0..5_000).map(|n| attribute(&format!("attribute {n}"), &["more"]));
    let groups = (0..5_000).map(|n| attribute("groups", &[&*format!("g{}", n % 2_500)]));
    let started = std::time::Instant::now();
    let found =
        identity(many.chain(again).chain(groups).chain([attribute("mail", &["ada@example.test"])]));
    assert!(started.elapsed() < std::time::Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(found.attributes.len(), 5_002);
    assert_eq!(found.attributes.iter().next().unwrap().values.len(), 3);
    assert_eq!(found.groups.len(), 2_500);
    assert_eq!(found.groups.last().map(String::as_str), Some("g2499"));
    assert_eq!(found.display_name.as_deref(), Some("Ada"));
    assert_eq!(found.email.as_ref().map(Email::address), Some("ada@example.test"));
}

// ---- the identity

#[test]
fn raw_attributes_are_kept_as_sent() {
    let found = identity([
        attribute("email", &[" alice@example.test "]),
        attribute("empty", &[""]),
        complex("complex", "<x></x>"),
        attribute("email", &["second"]),
    ]);
    let expected = Attributes::merge([
        attribute("email", &[" alice@example.test ", "second"]),
        attribute("empty", &[""]),
        complex("complex", "<x></x>"),
    ]);
    assert_eq!(found.attributes, expected);
}

#[test]
fn the_first_missing_field_is_named() {
    use IdentityField::{DisplayName, Email, FirstName, Groups, LastName};
    let found = identity([attribute("email", &["a@b.test"]), attribute("firstName", &["Ada"])]);
    assert_eq!(found.first_missing(&[]), None);
    assert_eq!(found.first_missing(&[Email, FirstName]), None);
    assert_eq!(found.first_missing(&[Email, LastName, Groups]), Some(LastName));
    assert_eq!(found.first_missing(&[Groups, LastName]), Some(Groups));
    assert_eq!(found.first_missing(&[DisplayName]), Some(DisplayName));
    let names = [DisplayName, Email, FirstName, Groups, LastName].map(IdentityField::as_str);
    assert_eq!(names, ["display_name", "email", "first_name", "groups", "last_name"]);
}

#[test]
fn a_transient_name_has_no_stable_key() {
    assert_eq!(
        identity_with(&AttributeMap::default(), Some(TRANSIENT), "_x", []).stable_key(),
        None
    );
}

#[test]
fn debug_hides_the_person() {
    let found = identity_with(
        &AttributeMap::default(),
        None,
        "Ada-id",
        [
            attribute("email", &["Ada@example.test"]),
            attribute("firstName", &["Ada"]),
            attribute("lastName", &["Ada"]),
            attribute("cn", &["Ada"]),
            attribute("groups", &["Ada"]),
        ],
    );
    for text in [format!("{found:?}"), format!("{found:#?}")] {
        assert!(!text.contains("Ada"), "{text}");
        assert!(!text.contains("_s1"), "{text}");
    }
    assert!(format!("{found:?}").contains("email: Some(…), first_name: Some(…)"), "{found:?}");
}

#[cfg(feature = "serde")]
#[test]
fn the_serialized_form_is_frozen() {
    let found = identity([attribute("email", &[" ada@EXAMPLE.test"]), attribute("groups", &["g"])]);
    let expected = format!(
        concat!(
            r#"{{"connection_id":"acme","issuer":"https://idp.example.test/","#,
            r#""name_id":{{"value":"42","format":"{}","name_qualifier":null,"sp_name_qualifier":null}},"#,
            r#""email":"ada@example.test","first_name":null,"last_name":null,"display_name":null,"groups":["g"],"#,
            r#""session_index":"_s1","session_not_on_or_after":"2027-01-15T08:00:00Z","#,
            r#""authn_instant":"2026-09-21T14:13:20.500Z","authn_context_class_ref":null,"#,
            r#""key_fingerprint":"03:D6:6D:D0:88:35:C1:CA:3F:12:8C:CE:AC:D1:F3:1A:"#,
            r#"C9:41:63:09:6B:20:F4:45:AE:84:28:5B:C0:83:2D:72","attributes":["#,
            r#"{{"name":"email","name_format":null,"friendly_name":null,"values":[" ada@EXAMPLE.test"]}},"#,
            r#"{{"name":"groups","name_format":null,"friendly_name":null,"values":["g"]}}]}}"#
        ),
        PERSISTENT
    );
    assert_eq!(serde_json::to_string(&found).unwrap(), expected);
    assert_eq!(
        serde_json::to_value(found.stable_key()).unwrap(),
        format!("1|acme|https://idp.example.test/|{PERSISTENT}|||42")
    );
    assert_eq!(serde_json::to_value(IdentityField::FirstName).unwrap(), "first_name");
}
