//! What the directory can do here.

use super::call::Call;
use super::cursor;
use super::query::MOST;
use super::request::Target;
use super::{Refused, ScimRequest, ScimResponse};
use crate::scim::{
    ListResponse, Offered, ScimError, resource_type, resource_types, schema, schemas,
    service_provider_config,
};
use crate::store::Store;

impl<S: Store> Call<'_, S> {
    pub(super) fn discover(&mut self, target: &Target) -> Result<ScimResponse, Refused> {
        self.told.action = "discover";
        // RFC 7644 §4: "If a 'filter' is provided, the service provider SHOULD respond with HTTP
        // status code 403 (Forbidden)".
        if self.query.filter.is_some() {
            let error = ScimError::new(403, "This is not searched: ask for all of it.");
            return Err(Refused::new("scim_discovery_filtered", error));
        }
        let mut offered = Offered::new(&self.base).in_mode(self.caller.mode());
        offered = offered.with_cursors(cursor::SECONDS);
        offered.max_results = MOST;
        offered.max_operations = super::bulk::MAX_OPERATIONS;
        offered.max_payload_size = ScimRequest::MAX_BODY;
        let body = match target {
            Target::ResourceTypes(None) => Some(resource_types(&offered)),
            Target::ResourceTypes(Some(name)) => resource_type(name, &offered),
            Target::Schemas(None) => Some(schemas(&offered)),
            Target::Schemas(Some(urn)) => schema(urn, &offered),
            _ => Some(service_provider_config(&offered)),
        };
        body.map(|body| ScimResponse::of(200, &body)).ok_or_else(Refused::nowhere)
    }

    /// There are no groups. JumpCloud and Okta ask all the same, and take an empty list for an
    /// answer.
    pub(super) fn groups(&mut self) -> Result<ScimResponse, Refused> {
        self.told.action = "groups";
        if !self.caller.record.organization.directory_rules().answers_groups {
            let error = ScimError::new(404, "There are no groups here: push users alone.");
            return Err(Refused::new("scim_groups", error));
        }
        let body = ListResponse::new(Vec::new(), 0).from(1).to_json();
        Ok(ScimResponse::of(200, &body))
    }
}
