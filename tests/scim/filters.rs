//! Filters → what a store answers.

use chrono::TimeDelta;
use saml_login::account::Status;
use saml_login::scim::{Expression, FilterRefusal};
use saml_login::store::{AddressFilter, Attribute, Filter, Test};

use crate::{ada, at, grace, told};

fn filter(text: &str) -> Result<Filter, FilterRefusal> {
    let expression = Expression::parse(text)?;
    let again = Expression::parse(&expression.to_string());
    assert_eq!(again.as_ref(), Ok(&expression), "{text} is written as {expression}");
    expression.filter()
}

fn is(attribute: Attribute, text: &str) -> Filter {
    Filter::is(attribute, text)
}

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

fn text(attribute: Attribute, test: Test) -> Filter {
    Filter::Text(attribute, test)
}

fn kind(text: &str) -> AddressFilter {
    AddressFilter::Kind(Test::Is(text.into()))
}

fn value(text: &str) -> AddressFilter {
    AddressFilter::Value(Test::Is(text.into()))
}

#[test]
fn attributes_are_what_the_store_knows_them_as() {
    use Attribute::{
        DisplayName, Email, ExternalId, FamilyName, Formatted, GivenName, Id, UserName,
    };
    for (sent, expected) in [
        (r#"userName eq "a@x.test""#, is(UserName, "a@x.test")),
        (r#"USERNAME EQ "a""#, is(UserName, "a")),
        (r#"externalId eq "7C0FFEE1-f00d""#, is(ExternalId, "7C0FFEE1-f00d")),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:externalId eq "x""#, is(ExternalId, "x")),
        (r#"URN:ietf:params:scim:schemas:core:2.0:user:name.givenName eq "x""#, is(GivenName, "x")),
        (r#"urn:scim:schemas:core:2.0:userName eq "x""#, is(UserName, "x")),
        (r#"id eq "x""#, is(Id, "x")),
        (r#"displayName eq "Ada \"B\" \u00e9\\""#, is(DisplayName, "Ada \"B\" é\\")),
        (r#"name.familyName eq "x""#, is(FamilyName, "x")),
        (r#"name.formatted eq "x""#, is(Formatted, "x")),
        (r#"emails.value eq "x""#, is(Email, "x")),
        (r#"emails eq "x""#, is(Email, "x")),
        // Without quotes, as authentik sends it.
        ("userName eq a@x.test", is(UserName, "a@x.test")),
        ("externalId eq 17", is(ExternalId, "17")),
        ("userName eq true", is(UserName, "true")),
        ("displayName co \"%_\"", text(DisplayName, Test::Contains("%_".into()))),
        ("userName sw \"a\"", text(UserName, Test::StartsWith("a".into()))),
        ("userName ew \"a\"", text(UserName, Test::EndsWith("a".into()))),
        ("userName gt \"a\"", text(UserName, Test::After("a".into(), false))),
        ("userName ge \"a\"", text(UserName, Test::After("a".into(), true))),
        ("userName lt \"a\"", text(UserName, Test::Before("a".into(), false))),
        ("userName le \"a\"", text(UserName, Test::Before("a".into(), true))),
        ("userName ne \"a\"", not(is(UserName, "a"))),
        ("displayName pr", text(DisplayName, Test::Present)),
        ("displayName eq null", not(text(DisplayName, Test::Present))),
        ("displayName ne null", text(DisplayName, Test::Present)),
        ("displayName eq \"null\"", is(DisplayName, "null")),
        (
            "name pr",
            Filter::Any(
                [GivenName, FamilyName, Formatted].map(|name| text(name, Test::Present)).into(),
            ),
        ),
        ("id pr", text(Id, Test::Present)),
        ("meta.created pr", Filter::All(vec![])),
        ("schemas pr", Filter::All(vec![])),
        ("schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"", Filter::All(vec![])),
        ("schemas eq \"urn:ietf:params:scim:schemas:core:2.0:Group\"", Filter::Any(vec![])),
        ("meta.resourceType eq \"User\"", Filter::All(vec![])),
        ("meta.resourceType ne \"User\"", Filter::Any(vec![])),
        ("meta.resourceType eq \"Group\"", Filter::Any(vec![])),
    ] {
        assert_eq!(filter(sent), Ok(expected), "{sent}");
    }
}

#[test]
fn an_address_and_its_type_are_of_one_address() {
    let address = Filter::Address;
    let both = |one, other| AddressFilter::All(vec![one, other]);
    let indexed = |filter| Filter::All(vec![is(Attribute::Email, "x"), address(filter)]);
    for (sent, expected) in [
        (r#"emails[value eq "x"]"#, indexed(value("x"))),
        (r#"emails[type eq "work" and value eq "x"]"#, indexed(both(kind("work"), value("x")))),
        (r#"emails[type eq "work"].value eq "x""#, indexed(both(kind("work"), value("x")))),
        (r#"EMAILS[Type Eq "work"].VALUE Eq "x""#, indexed(both(kind("work"), value("x")))),
        (r#"(emails[type eq "work"].value eq "x")"#, indexed(both(kind("work"), value("x")))),
        (r#"emails[type eq "work"]"#, address(kind("work"))),
        (r#"emails.type eq "work""#, address(kind("work"))),
        ("emails.type pr", address(AddressFilter::Kind(Test::Present))),
        ("emails pr", address(AddressFilter::Value(Test::Present))),
        ("emails.value pr", address(AddressFilter::Value(Test::Present))),
        ("emails.primary eq true", address(AddressFilter::Primary(true))),
        ("emails[primary eq \"True\"]", address(AddressFilter::Primary(true))),
        ("emails[primary ne true]", address(AddressFilter::Primary(false))),
        (
            r#"emails[not (type eq "home") or value ew "test"]"#,
            address(AddressFilter::Any(vec![
                AddressFilter::Not(Box::new(kind("home"))),
                AddressFilter::Value(Test::EndsWith("test".into())),
            ])),
        ),
        (r#"emails[type ne "home"]"#, address(AddressFilter::Not(Box::new(kind("home"))))),
        (
            "emails[type eq null]",
            address(AddressFilter::Not(Box::new(AddressFilter::Kind(Test::Present)))),
        ),
    ] {
        assert_eq!(filter(sent), Ok(expected), "{sent}");
    }
}

#[test]
fn active_is_of_everybody_who_holds_a_seat() {
    let on = Filter::Any(vec![Filter::Status(Status::Active), Filter::Status(Status::Invited)]);
    let off = Filter::Status(Status::Deactivated);
    for (sent, expected) in [
        ("active eq true", &on),
        ("active eq \"True\"", &on),
        ("active eq FALSE", &off),
        ("active ne true", &off),
        ("active ne false", &on),
    ] {
        assert_eq!(filter(sent).as_ref(), Ok(expected), "{sent}");
    }
}

#[test]
fn instants_are_compared_as_such() {
    let then = at("2030-01-31T12:00:00.123456Z");
    for (sent, expected) in [
        ("meta.lastModified gt", Filter::ChangedAfter(then, false)),
        ("meta.lastModified ge", Filter::ChangedAfter(then, true)),
        ("meta.lastModified lt", Filter::ChangedBefore(then, false)),
        ("meta.lastModified le", Filter::ChangedBefore(then, true)),
        ("meta.created gt", Filter::CreatedAfter(then, false)),
        (
            "meta.created eq",
            Filter::All(vec![Filter::CreatedAfter(then, true), Filter::CreatedBefore(then, true)]),
        ),
        (
            "meta.created ne",
            not(Filter::All(vec![
                Filter::CreatedAfter(then, true),
                Filter::CreatedBefore(then, true),
            ])),
        ),
    ] {
        for instant in ["2030-01-31T12:00:00.123456Z", "2030-01-31T14:00:00.123456+02:00"] {
            let sent = format!("{sent} \"{instant}\"");
            assert_eq!(filter(&sent), Ok(expected.clone()), "{sent}");
        }
    }
}

#[test]
fn and_binds_more_than_or() {
    let [a, b, c] = ["a", "b", "c"].map(|name| is(Attribute::UserName, name));
    let all = |filters: &[&Filter]| Filter::All(filters.iter().copied().cloned().collect());
    let any = |filters: &[&Filter]| Filter::Any(filters.iter().copied().cloned().collect());
    for (sent, expected) in [
        ("A and B or C", any(&[&all(&[&a, &b]), &c])),
        ("A or B and C", any(&[&a, &all(&[&b, &c])])),
        ("(A or B) and C", all(&[&any(&[&a, &b]), &c])),
        ("A AND B aNd C", all(&[&a, &b, &c])),
        ("A and (B and C)", all(&[&a, &b, &c])),
        ("A or (B or C)", any(&[&a, &b, &c])),
        ("((A))", a.clone()),
        ("not (A)", not(a.clone())),
        ("Not(A or B)", not(any(&[&a, &b]))),
        ("not (not (A))", not(not(a.clone()))),
        ("not (A) and B", all(&[&not(a.clone()), &b])),
    ] {
        let sent = ["A", "B", "C"].into_iter().fold(sent.to_owned(), |sent, name| {
            let long = format!("userName eq \"{}\"", name.to_lowercase());
            sent.split_inclusive(|c: char| !c.is_alphabetic())
                .map(|part| match part.strip_prefix(name) {
                    Some(rest) if !rest.starts_with(char::is_alphabetic) => format!("{long}{rest}"),
                    _ => part.to_owned(),
                })
                .collect()
        });
        assert_eq!(filter(&sent), Ok(expected), "{sent}");
    }
}

#[test]
fn what_cannot_be_answered_is_refused() {
    use FilterRefusal::{AttributeUnknown, Malformed, OperatorUnfit, ValueUnfit};
    let unknown = |name: &str| AttributeUnknown(name.to_owned());
    for (sent, expected) in [
        ("", Malformed(1)),
        ("   ", Malformed(4)),
        ("userName eq", Malformed(12)),
        ("userName eq \"a", Malformed(13)),
        ("userName equals \"a\"", Malformed(10)),
        ("eq \"a\"", Malformed(4)),
        ("userName eq \"a\" and", Malformed(20)),
        ("userName eq \"a\" \"b\"", Malformed(17)),
        ("userName eq \"\\x\"", Malformed(13)),
        ("userName pr x", Malformed(13)),
        ("(userName pr", Malformed(13)),
        ("userName pr)", Malformed(12)),
        ("emails[type eq \"work\"", Malformed(22)),
        ("emails[type eq \"work\")", Malformed(22)),
        ("emails[emails[type pr]]", Malformed(14)),
        ("emails[type eq \"work\"].", Malformed(24)),
        ("emails[type eq \"work\"].value", Malformed(29)),
        ("1abc eq \"x\"", Malformed(1)),
        ("userName..x eq \"x\"", Malformed(1)),
        ("not userName pr", Malformed(5)),
        ("sailColour eq \"red\"", unknown("sailColour")),
        ("title pr", unknown("title")),
        ("password eq \"x\"", unknown("password")),
        ("groups.value eq \"x\"", unknown("groups.value")),
        ("name.middleName eq \"x\"", unknown("name.middleName")),
        ("userName.x eq \"x\"", unknown("userName.x")),
        ("emails[display eq \"x\"]", unknown("display")),
        ("emails[userName eq \"x\"]", unknown("userName")),
        ("roles[value eq \"x\"]", unknown("roles")),
        ("urn:x:y:userName eq \"x\"", unknown("urn:x:y:userName")),
        ("name[givenName eq \"x\"]", OperatorUnfit("name")),
        ("name eq \"x\"", OperatorUnfit("name")),
        ("meta eq \"x\"", OperatorUnfit("meta")),
        ("meta.location eq \"x\"", OperatorUnfit("location")),
        ("meta.version eq \"x\"", OperatorUnfit("version")),
        ("active gt true", OperatorUnfit("active")),
        ("active co \"true\"", OperatorUnfit("active")),
        ("active eq \"yes\"", ValueUnfit("active")),
        ("active eq 1", ValueUnfit("active")),
        ("active eq null", ValueUnfit("active")),
        ("emails.primary eq \"x\"", ValueUnfit("primary")),
        ("userName gt null", ValueUnfit("userName")),
        ("meta.created gt \"x\"", ValueUnfit("created")),
        ("meta.created gt \"2030-01-31\"", ValueUnfit("created")),
        ("meta.created co \"2030-01-31T12:00:00Z\"", OperatorUnfit("created")),
        ("meta.resourceType co \"User\"", OperatorUnfit("resourceType")),
        ("schemas co \"User\"", OperatorUnfit("schemas")),
    ] {
        let refusal = filter(sent).expect_err(sent);
        assert_eq!(refusal, expected, "{sent}");
        assert_eq!(told(refusal), (400, Some("invalidFilter")), "{sent}");
    }
    let long = format!("{}\u{7} pr", "x".repeat(70));
    assert_eq!(filter(&long), Err(Malformed(1)));
    let long = format!("{} pr", "x".repeat(70));
    assert_eq!(filter(&long), Err(unknown(&format!("{}…", "x".repeat(64)))));
}

#[test]
fn a_filter_has_bounds() {
    let nested = |depth: usize| format!("{}id pr{}", "(".repeat(depth), ")".repeat(depth));
    assert!(filter(&nested(Expression::MAX_DEPTH)).is_ok());
    assert_eq!(filter(&nested(Expression::MAX_DEPTH + 1)), Err(FilterRefusal::TooDeep));
    assert_eq!(filter(&"(".repeat(8000)), Err(FilterRefusal::TooDeep));
    let nots = |depth: usize| format!("{}id pr{}", "not (".repeat(depth), ")".repeat(depth));
    assert_eq!(filter(&nots(Expression::MAX_DEPTH + 1)), Err(FilterRefusal::TooDeep));
    let terms = |number: usize| vec!["id pr"; number].join(" or ");
    assert!(filter(&terms(Expression::MAX_TERMS)).is_ok());
    assert_eq!(filter(&terms(Expression::MAX_TERMS + 1)), Err(FilterRefusal::TooManyTerms));
    let long = |bytes: usize| format!("id eq \"{}\"", "x".repeat(bytes - 8));
    assert!(filter(&long(Expression::MAX_BYTES)).is_ok());
    assert_eq!(filter(&long(Expression::MAX_BYTES + 1)), Err(FilterRefusal::TooLong));
    for refusal in [FilterRefusal::TooDeep, FilterRefusal::TooLong, FilterRefusal::TooManyTerms] {
        assert_eq!(told(refusal), (400, Some("invalidFilter")));
    }
}

/// What a directory reads of somebody finds them.
#[test]
fn people_are_found_by_what_is_read_of_them() {
    let (ada, grace) = (ada(), grace());
    for (sent, expected) in [
        ("userName eq \"ADA\"", (true, false)),
        ("userName eq \"grace@example.test\"", (false, false)),
        ("externalId eq \"ext-1\"", (true, false)),
        ("externalId eq \"EXT-1\"", (false, false)),
        ("emails.value eq \"ADA@home.test\"", (true, false)),
        ("emails[type eq \"work\"].value eq \"ada@example.test\"", (true, false)),
        ("emails[type eq \"work\"].value eq \"ada@home.test\"", (false, false)),
        ("emails[type eq \"work\"].value eq \"grace@example.test\"", (false, true)),
        ("name.formatted eq \"ada byron\"", (true, false)),
        ("name.givenName eq \"Grace\"", (false, true)),
        ("meta.created eq \"2030-01-31T12:00:00.123456Z\"", (true, false)),
        ("active eq true", (true, true)),
        ("emails.value eq \"\"", (false, false)),
    ] {
        let filter = filter(sent).expect(sent);
        assert_eq!((filter.passes(&ada), filter.passes(&grace)), expected, "{sent}");
    }
    let second = TimeDelta::seconds(1);
    assert!(Filter::ChangedAfter(ada.changed_at - second, false).passes(&ada));
}

/// What is searched for never reaches a log.
#[test]
fn debug_hides_what_is_searched_for() {
    let sent = "userName eq \"secret\" or emails[value eq secret] or meta.created pr";
    let expression = Expression::parse(sent).expect("a filter");
    assert!(!format!("{expression:?}").contains("secret"));
    assert!(!format!("{:?}", expression.filter().expect("a filter")).contains("secret"));
}
