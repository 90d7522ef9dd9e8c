//! The paths of PATCH.

use saml_login::scim::{AttributePath, FilterRefusal, PatchPath};

#[test]
fn paths_are_read_and_written_again() {
    for (sent, name, within, filter, of_filter) in [
        ("userName", "userName", None, None, None),
        (" userName ", "userName", None, None, None),
        ("name.givenName", "name", Some("givenName"), None, None),
        ("emails[type eq \"work\"]", "emails", None, Some("type eq \"work\""), None),
        (
            "emails[TYPE EQ \"work\" and not (primary eq true)].value",
            "emails",
            None,
            Some("TYPE eq \"work\" and not (primary eq true)"),
            Some("value"),
        ),
        (
            "addresses[type eq \"work\"].streetAddress",
            "addresses",
            None,
            Some("type eq \"work\""),
            Some("streetAddress"),
        ),
        ("members[value eq \"]\"]", "members", None, Some("value eq \"]\""), None),
        ("__ENABLE__", "__ENABLE__", None, None, None),
        ("members.$ref", "members", Some("$ref"), None, None),
    ] {
        let path = PatchPath::parse(sent).expect(sent);
        let expected = (name, within, filter.map(str::to_owned), of_filter);
        let found = path.filter.as_ref().map(ToString::to_string);
        let attribute = &path.attribute;
        assert_eq!(
            (&*attribute.name, attribute.within.as_deref(), found, path.within.as_deref()),
            expected,
            "{sent}"
        );
        assert_eq!(attribute.schema, None, "{sent}");
        assert_eq!(PatchPath::parse(&path.to_string()), Ok(path), "{sent}");
    }
}

#[test]
fn a_schema_can_stand_before_a_path() {
    for (sent, schema, name, within) in [
        (
            "urn:ietf:params:scim:schemas:core:2.0:User:userName",
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "userName",
            None,
        ),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
            "manager",
            Some("value"),
        ),
        ("URN:x:y", "URN:x", "y", None),
    ] {
        let path = AttributePath::parse(sent).expect(sent);
        assert_eq!(
            (path.schema.as_deref(), &*path.name, path.within.as_deref()),
            (Some(schema), name, within)
        );
        assert_eq!(path.to_string(), sent);
        assert_eq!(PatchPath::parse(sent).map(|path| path.attribute), Ok(path));
    }
    assert_eq!(AttributePath::parse(":userName"), None);
    assert_eq!(AttributePath::parse("1:userName"), None);
    assert_eq!(AttributePath::parse("urn:x:"), None);
}

#[test]
fn what_is_no_path_is_refused() {
    for (sent, at) in [
        ("", 1),
        ("1a", 3),
        ("a b", 3),
        ("a.b.c", 6),
        ("a/b", 4),
        ("emails[0]", 8),
        ("emails[]", 8),
        ("emails[type eq \"work\"", 22),
        ("emails[type eq \"work\"]value", 28),
        ("emails[type eq \"work\"].", 24),
        ("emails[type eq \"work\"].a.b", 27),
        ("emails[type eq \"work\"].value eq \"x\"", 30),
        ("userName eq \"x\"", 10),
    ] {
        assert_eq!(PatchPath::parse(sent), Err(FilterRefusal::Malformed(at)), "{sent}");
    }
    let deep = format!("emails[{}type pr{}]", "(".repeat(16), ")".repeat(16));
    assert_eq!(PatchPath::parse(&deep), Err(FilterRefusal::TooDeep));
    assert_eq!(PatchPath::parse(&"x".repeat(8193)), Err(FilterRefusal::TooLong));
}
