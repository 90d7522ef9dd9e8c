//! What a directory is told.

use std::collections::BTreeSet;

use saml_login::account::{Account, Seats};
use saml_login::error::BoxError;
use saml_login::organization::{By, Change};
use saml_login::provision::{
    Intent, ProvisionError, Provisioning, Push, PushRefusal, Refusal, Wanted,
};
use saml_login::scim::{ScimError, ScimType};
use saml_login::store::TooMany;
use serde_json::json;

use crate::common::codes_in;
use crate::common::people::{counters, decided};
use crate::common::tenants::{IDP_A, done, open};

/// What the decision says of somebody new.
pub(crate) fn pushed(wanted: Wanted) -> Result<Provisioning, ScimError> {
    let mut managed = open("org-a", "acme", &IDP_A);
    done(&mut managed, Change::ManageByDirectory(true));
    let apply = move |_: Option<&Account>| Ok::<_, PushRefusal>(wanted.clone());
    let intent = Intent::Push(Push::new(&apply));
    let decided = decided(&intent, &By::Directory("d"), &managed, &[], counters(&managed, &[]));
    decided.map_err(|refusal| ScimError::refused(refusal, None))
}

#[test]
fn every_refusal_has_its_answer() {
    let seats = Some(Seats::new(10, 12));
    for (refusal, status, scim_type, detail) in [
        (Refusal::NoSeat, 403, None, "no free seat (12 of 10 taken)"),
        (
            Refusal::UserNameTaken,
            409,
            Some(ScimType::Uniqueness),
            "Another account of the organization has this user name. Use that one, or give it \
             another user name first.",
        ),
        (
            Refusal::ExternalIdTaken,
            409,
            Some(ScimType::Uniqueness),
            "Another account of the organization has this external ID. Remove one of the two at \
             the identity provider.",
        ),
        (Refusal::AddressTaken, 409, Some(ScimType::Uniqueness), Refusal::AddressTaken.help()),
        (
            Refusal::AccountAmbiguous,
            409,
            Some(ScimType::Uniqueness),
            Refusal::AccountAmbiguous.help(),
        ),
        (Refusal::AccountExists, 409, Some(ScimType::Uniqueness), Refusal::AccountExists.help()),
        (Refusal::KeyTaken, 409, Some(ScimType::Uniqueness), Refusal::KeyTaken.help()),
        (Refusal::EndedByApplication, 409, None, Refusal::EndedByApplication.help()),
        (Refusal::VersionDiffers, 412, None, Refusal::VersionDiffers.help()),
        (Refusal::AccountMissing, 404, None, Refusal::AccountMissing.help()),
        (Refusal::BreakGlassKept, 403, None, Refusal::BreakGlassKept.help()),
        (Refusal::NotPermitted, 403, None, Refusal::NotPermitted.help()),
        (Refusal::LastAdministrator, 403, None, Refusal::LastAdministrator.help()),
        (Refusal::DirectoryOff, 401, None, Refusal::DirectoryOff.help()),
        (
            Refusal::Push(PushRefusal::NoTarget),
            400,
            Some(ScimType::NoTarget),
            PushRefusal::NoTarget.help(),
        ),
        (
            Refusal::Push(PushRefusal::SeveralTargets),
            400,
            Some(ScimType::InvalidPath),
            PushRefusal::SeveralTargets.help(),
        ),
        (
            Refusal::Push(PushRefusal::TextUnfit),
            400,
            Some(ScimType::InvalidValue),
            PushRefusal::TextUnfit.help(),
        ),
        (
            Refusal::Push(PushRefusal::UserNameEmpty),
            400,
            Some(ScimType::InvalidValue),
            PushRefusal::UserNameEmpty.help(),
        ),
    ] {
        let error = ScimError::refused(refusal, seats);
        let told = (error.status, error.scim_type, &*error.detail);
        assert_eq!(told, (status, scim_type, detail), "{refusal:?}");
    }
    for unknown in [None, Some(Seats::UNLIMITED)] {
        assert_eq!(ScimError::refused(Refusal::NoSeat, unknown).detail, "no free seat");
    }
}

#[test]
fn a_change_that_is_not_made_has_an_answer() {
    let failed = || BoxError::from(std::io::Error::other("secret of the store"));
    for (error, status, detail) in [
        (ProvisionError::Refused(Refusal::NoSeat), 403, "no free seat (1 of 1 taken)"),
        (ProvisionError::OrganizationUnknown, 401, "the token is not valid here"),
        (ProvisionError::Contended, 503, "others changed this at the same time; try again"),
        (ProvisionError::Store(failed()), 503, "the server failed; try again later"),
    ] {
        let told = ScimError::not_made(&error, Some(Seats::new(1, 1)));
        assert_eq!(told, ScimError::new(status, detail), "{error:?}");
    }
    let told = ScimError::from(TooMany::new());
    assert_eq!((told.status, told.scim_type), (400, Some(ScimType::TooMany)));
}

#[test]
fn an_error_is_written_as_the_specification_has_it() {
    let error = ScimError::new(404, "no such user");
    let expected = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": "404",
        "detail": "no such user",
    });
    assert_eq!(error.to_json(), expected);
    let error = ScimError::new(400, "x").of(ScimType::TooMany);
    assert_eq!((&error.to_json()["scimType"], error.to_string()), (&json!("tooMany"), "x".into()));
}

#[test]
fn every_code_is_in_the_table() {
    let types = [
        ("BodyRefusal", include_str!("../../src/scim/refusal.rs")),
        ("FilterRefusal", include_str!("../../src/scim/filter/mod.rs")),
        ("JsonRefusal", include_str!("../../src/scim/json.rs")),
        ("Warning", include_str!("../../src/scim/warning.rs")),
    ];
    let codes: BTreeSet<(String, String)> = types
        .into_iter()
        .flat_map(|(name, source)| {
            let codes = codes_in(source, &format!("impl {name} {{"));
            codes.into_iter().map(|code| (code, name.to_owned()))
        })
        .collect();
    let (_, table) = include_str!("../../ERRORS.md").split_once("\n## SCIM\n").expect("the table");
    let documented: BTreeSet<(String, String)> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|row| {
            let mut cells = row.split('`');
            Some((cells.next()?.to_owned(), cells.nth(1)?.to_owned()))
        })
        .collect();
    assert_eq!(documented, codes);
}
