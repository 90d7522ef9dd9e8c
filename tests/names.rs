//! Names in addresses that would be those of others.

use saml_login::organization::{EmailDomain, Slug};

#[test]
fn no_slug_looks_like_a_name_in_another_script() {
    for good in ["a", "acme", "a-b-c", "a--", "a1", "x-n--a", "abc--d"] {
        assert_eq!(Slug::parse(good).is_ok(), !good.ends_with('-'), "{good}");
    }
    for bad in ["xn--80ak6aa92e", "ab--c", "ab--", "xn--"] {
        assert!(Slug::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_domain_has_an_end_and_mailbox_providers_are_known() {
    let long = |length: usize| {
        let labels = "a.".repeat(length / 2);
        format!("{}{}", labels, "x".repeat(length - labels.len()))
    };
    assert!(EmailDomain::parse(&long(253)).is_ok());
    assert!(EmailDomain::parse(&long(255)).is_err());
    let is_public = |text: &str| EmailDomain::parse(text).expect("a domain").is_public();
    for public in ["gmail.com", "GMail.com", "outlook.com", "yahoo.co.uk", "gmx.de", "qq.com"] {
        assert!(is_public(public), "{public}");
    }
    for own in
        ["acme.test", "mail.acme.test", "gmail.com.acme.test", "outlook.acme", "yahoo.example"]
    {
        assert!(!is_public(own), "{own}");
    }
}
