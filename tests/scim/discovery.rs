//! What the server says that it can do.

use saml_login::scim::{
    ListResponse, Offered, ScimMode, resource_type, resource_types, schema, schemas,
    service_provider_config,
};
use serde_json::{Value, json};

use crate::USER;

const BASE: &str = "https://app.test/scim/acme/v2/";

#[test]
fn the_configuration_says_what_is_served() {
    let offered = Offered::new(BASE);
    let mut expected = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": true, "maxOperations": 1000, "maxPayloadSize": 1_048_576 },
        "filter": { "supported": true, "maxResults": 200 },
        "changePassword": { "supported": false },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "pagination": {
            "cursor": false,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": 200,
            "maxPageSize": 200,
        },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "The token that was shown when the directory was switched on.",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": "https://app.test/scim/acme/v2/ServiceProviderConfig",
        },
    });
    assert_eq!(service_provider_config(&offered), expected);
    expected["interopProfileConformant"] = json!(true);
    expected["pagination"]["cursor"] = json!(true);
    expected["pagination"]["cursorTimeout"] = json!(600);
    let interop = offered.in_mode(ScimMode::Interop).with_cursors(600);
    assert_eq!(service_provider_config(&interop), expected);
}

#[test]
fn users_are_the_one_type() {
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "description": "The people of the organization.",
        "schema": USER,
        "schemaExtensions": [],
        "meta": {
            "resourceType": "ResourceType",
            "location": "https://app.test/scim/acme/v2/ResourceTypes/User",
        },
    });
    let offered = Offered::new(BASE);
    assert_eq!(resource_type("User", &offered), Some(user.clone()));
    assert_eq!(resource_type("Group", &offered), None);
    let list = resource_types(&offered);
    assert_eq!((&list["totalResults"], &list["Resources"]), (&json!(1), &json!([user])));
}

/// name, type, list, required, exact, mutability, returned, uniqueness
const ATTRIBUTES: [[&str; 8]; 19] = [
    ["id", "string", "", "required", "exact", "readOnly", "always", "server"],
    ["externalId", "string", "", "", "exact", "readWrite", "default", "server"],
    ["userName", "string", "", "required", "", "readWrite", "default", "server"],
    ["name", "complex", "", "", "", "readWrite", "default", "none"],
    ["name.formatted", "string", "", "", "", "readWrite", "default", "none"],
    ["name.familyName", "string", "", "", "", "readWrite", "default", "none"],
    ["name.givenName", "string", "", "", "", "readWrite", "default", "none"],
    ["displayName", "string", "", "", "", "readWrite", "default", "none"],
    ["active", "boolean", "", "required", "", "readWrite", "default", "none"],
    ["emails", "complex", "list", "", "", "readWrite", "default", "none"],
    ["emails.value", "string", "", "", "", "readWrite", "default", "none"],
    ["emails.type", "string", "", "", "", "readWrite", "default", "none"],
    ["emails.primary", "boolean", "", "", "", "readWrite", "default", "none"],
    ["meta", "complex", "", "", "", "readOnly", "default", "none"],
    ["meta.resourceType", "string", "", "", "exact", "readOnly", "default", "none"],
    ["meta.created", "dateTime", "", "", "", "readOnly", "default", "none"],
    ["meta.lastModified", "dateTime", "", "", "", "readOnly", "default", "none"],
    ["meta.location", "reference", "", "", "exact", "readOnly", "default", "none"],
    ["meta.version", "string", "", "", "exact", "readOnly", "default", "none"],
];

fn rows(attributes: &Value, before: &str) -> Vec<[String; 8]> {
    let mut rows = Vec::new();
    for attribute in attributes.as_array().expect("attributes") {
        let text = |name: &str| attribute[name].as_str().expect(name).to_owned();
        let flag = |name: &str, word: &str| match attribute[name].as_bool().expect(name) {
            true => word.to_owned(),
            false => String::new(),
        };
        assert!(text("description").ends_with('.'), "{attribute}");
        rows.push([
            format!("{before}{}", text("name")),
            text("type"),
            flag("multiValued", "list"),
            flag("required", "required"),
            flag("caseExact", "exact"),
            text("mutability"),
            text("returned"),
            text("uniqueness"),
        ]);
        if text("type") == "complex" {
            rows.extend(rows_within(attribute));
        }
    }
    rows
}

fn rows_within(attribute: &Value) -> Vec<[String; 8]> {
    let name = attribute["name"].as_str().expect("a name");
    rows(&attribute["subAttributes"], &format!("{name}."))
}

#[test]
fn the_schema_has_what_is_stored() {
    for mode in [ScimMode::Lenient, ScimMode::Interop] {
        let offered = Offered::new(BASE).in_mode(mode);
        let user = schema(USER, &offered).expect("the schema");
        assert_eq!(rows(&user["attributes"], ""), ATTRIBUTES.map(|row| row.map(str::to_owned)));
        assert_eq!(user["id"], USER);
        assert_eq!(
            user["meta"]["location"],
            format!("https://app.test/scim/acme/v2/Schemas/{USER}")
        );
        let types = &user["attributes"][6]["subAttributes"][1]["canonicalValues"];
        let expected = match mode {
            ScimMode::Interop => json!(["work", "home", "other"]),
            _ => Value::Null,
        };
        assert_eq!(*types, expected);
        assert_eq!(schema(&USER.to_uppercase(), &offered), Some(user.clone()));
        assert_eq!(schema("urn:ietf:params:scim:schemas:core:2.0:Group", &offered), None);
        let list = schemas(&offered);
        assert_eq!((&list["totalResults"], &list["Resources"]), (&json!(1), &json!([user])));
    }
}

#[test]
fn a_list_says_what_is_on_the_page() {
    let list = ListResponse::new(vec![json!({ "id": "a" })], 7);
    let mut expected = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 7,
        "itemsPerPage": 1,
        "Resources": [{ "id": "a" }],
    });
    assert_eq!(list.clone().to_json(), expected);
    expected["startIndex"] = json!(3);
    expected["nextCursor"] = json!("n");
    assert_eq!(list.clone().from(3).between(None, Some("n".into())).to_json(), expected);
    expected["previousCursor"] = json!("p");
    assert_eq!(list.from(3).between(Some("p".into()), Some("n".into())).to_json(), expected);
}
