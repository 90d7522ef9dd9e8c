//! What the server can do: `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas` (RFC 7644 §4).

use serde_json::{Map, Value, json};

use super::names::USER;
use super::schema::{ATTRIBUTES, Definition, Type};
use super::{ListResponse, ScimMode};

const CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";

/// What a connection offers.
///
/// ```
/// use saml_login::scim::{ScimMode, Offered, service_provider_config};
///
/// let config = service_provider_config(&Offered::new("https://app.example.com/scim/acme/v2"));
/// assert_eq!(config["filter"]["maxResults"], 200);
/// assert_eq!(config["patch"]["supported"], true);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Offered<'a> {
    /// The URL that the directory was given, without `/Users`.
    pub base: &'a str,
    /// In which mode it is served.
    pub mode: ScimMode,
    /// How many Users a page has at most. 200 unless another number is given.
    pub max_results: usize,
    /// How many requests a Bulk has at most. 1,000 unless another number is given.
    pub max_operations: usize,
    /// How many bytes a body has at most. 1 MiB unless another number is given.
    pub max_payload_size: usize,
    /// For how many seconds a cursor is good (RFC 9865), where there are any.
    pub cursor_timeout: Option<u32>,
}

impl<'a> Offered<'a> {
    /// What SCIM clients need, at this URL, without cursors.
    pub fn new(base: &'a str) -> Self {
        Self {
            base,
            mode: ScimMode::Lenient,
            max_results: 200,
            max_operations: 1000,
            max_payload_size: 1 << 20,
            cursor_timeout: None,
        }
    }

    /// The same in this mode.
    #[must_use]
    pub fn in_mode(self, mode: ScimMode) -> Self {
        Self { mode, ..self }
    }

    /// The same with cursors that are good for so many seconds.
    #[must_use]
    pub fn with_cursors(self, seconds: u32) -> Self {
        Self { cursor_timeout: Some(seconds), ..self }
    }

    fn meta(&self, resource_type: &str, path: &str) -> Value {
        let location = format!("{}{path}", self.base.trim_end_matches('/'));
        json!({ "resourceType": resource_type, "location": location })
    }

    /// RFC 9865 §3.
    fn pagination(&self) -> Value {
        let mut pagination = json!({
            "cursor": self.cursor_timeout.is_some(),
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": self.max_results,
            "maxPageSize": self.max_results,
        });
        if let (Some(seconds), Some(pagination)) = (self.cursor_timeout, pagination.as_object_mut())
        {
            pagination.insert("cursorTimeout".into(), seconds.into());
        }
        pagination
    }
}

/// The body of `/ServiceProviderConfig` (RFC 7643 §5). `interopProfileConformant` stands in it by
/// the profile alone: testers refuse what RFC 7643 does not know.
pub fn service_provider_config(offered: &Offered<'_>) -> Value {
    let mut config = json!({
        "schemas": [CONFIG],
        "patch": { "supported": true },
        "bulk": {
            "supported": true,
            "maxOperations": offered.max_operations,
            "maxPayloadSize": offered.max_payload_size,
        },
        "filter": { "supported": true, "maxResults": offered.max_results },
        "changePassword": { "supported": false },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "pagination": offered.pagination(),
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "The token that was shown when the directory was switched on.",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": offered.meta("ServiceProviderConfig", "/ServiceProviderConfig"),
    });
    if let (ScimMode::Interop, Some(config)) = (offered.mode, config.as_object_mut()) {
        config.insert("interopProfileConformant".into(), true.into());
    }
    config
}

/// The body of `/ResourceTypes`: Users, and nothing else.
pub fn resource_types(offered: &Offered<'_>) -> Value {
    let user = resource_type("User", offered);
    ListResponse::new(user.into_iter().collect(), 1).from(1).to_json()
}

/// The body of `/ResourceTypes/{id}`; `None` for what there is not.
pub fn resource_type(id: &str, offered: &Offered<'_>) -> Option<Value> {
    let user = json!({
        "schemas": [RESOURCE_TYPE],
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "description": "The people of the organization.",
        "schema": USER,
        "schemaExtensions": [],
        "meta": offered.meta("ResourceType", "/ResourceTypes/User"),
    });
    (id == "User").then_some(user)
}

/// The body of `/Schemas`: that of a User, with exactly what is stored.
pub fn schemas(offered: &Offered<'_>) -> Value {
    let user = schema(USER, offered);
    ListResponse::new(user.into_iter().collect(), 1).from(1).to_json()
}

/// The body of `/Schemas/{id}`; `None` for what there is not.
pub fn schema(id: &str, offered: &Offered<'_>) -> Option<Value> {
    let attributes = ATTRIBUTES.iter().map(|one| described(one, offered.mode));
    let user = json!({
        "schemas": [SCHEMA],
        "id": USER,
        "name": "User",
        "description": "A person of the organization.",
        "attributes": attributes.collect::<Vec<Value>>(),
        "meta": offered.meta("Schema", &format!("/Schemas/{USER}")),
    });
    id.eq_ignore_ascii_case(USER).then_some(user)
}

/// An attribute with its characteristics (RFC 7643 §7).
fn described(definition: &Definition, mode: ScimMode) -> Value {
    let mut attribute = Map::new();
    let mut put = |name: &str, value: Value| attribute.insert(name.to_owned(), value);
    put("name", definition.name.into());
    put("type", type_of(definition).into());
    put("multiValued", definition.is_list.into());
    put("description", definition.description.into());
    put("required", definition.is_required.into());
    put("caseExact", definition.is_case_exact.into());
    put("mutability", if definition.is_read_only { "readOnly" } else { "readWrite" }.into());
    put("returned", if definition.is_always_returned { "always" } else { "default" }.into());
    put("uniqueness", if definition.is_unique { "server" } else { "none" }.into());
    if definition.is_a == Type::Reference {
        put("referenceTypes", json!(["User"]));
    }
    if mode == ScimMode::Interop && !definition.canonical.is_empty() {
        put("canonicalValues", definition.canonical.into());
    }
    if definition.is_a == Type::Complex {
        let within = definition.within.iter().map(|within| described(within, mode));
        put("subAttributes", within.collect::<Vec<Value>>().into());
    }
    attribute.into()
}

fn type_of(definition: &Definition) -> &'static str {
    match definition.is_a {
        Type::Boolean => "boolean",
        Type::Complex => "complex",
        Type::DateTime => "dateTime",
        Type::Reference => "reference",
        Type::String => "string",
    }
}
