//! Several requests in one: RFC 7644 §3.7.

use chrono::TimeDelta;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

use super::call::{Call, Given};
use super::query::Query;
use super::request::Target;
use super::told::Told;
use super::{Refused, ScimResponse};
use crate::scim::{BULK_RESPONSE, ScimError, ScimType, member};
use crate::store::Store;

/// So many requests are taken in one.
pub(super) const MAX_OPERATIONS: usize = 1_000;

/// Ids of people who were made by earlier operations, by what the client calls them.
type Made = HashMap<String, String>;

impl<S: Store> Call<'_, S> {
    pub(super) async fn bulk(&mut self) -> Result<ScimResponse, Refused> {
        self.told.action = "bulk";
        let body = self.body(Given::Octets)?;
        let Some(Value::Array(operations)) = member(&body, "Operations") else {
            return Err(Refused::unfit("scim_bulk_empty", "A Bulk has a list called Operations."));
        };
        if operations.len() > MAX_OPERATIONS {
            let words = format!("Send {MAX_OPERATIONS} operations at most in one Bulk.");
            return Err(Refused::new("scim_bulk_too_large", ScimError::new(413, words)));
        }
        let bearable = member(&body, "failOnErrors").and_then(Value::as_u64).unwrap_or(u64::MAX);
        let (mut answers, mut made, mut errors) = (Vec::new(), Made::new(), 0_u64);
        for operation in operations {
            if errors >= bearable.max(1) {
                break;
            }
            let (answer, is_error) = self.operation(operation, &mut made).await;
            errors = errors.saturating_add(u64::from(is_error));
            answers.push(answer);
        }
        let body = json!({ "schemas": [BULK_RESPONSE], "Operations": answers });
        Ok(ScimResponse::of(200, &body))
    }

    /// One of them, which is told of like a request of its own.
    async fn operation(&mut self, operation: &Value, made: &mut Made) -> (Value, bool) {
        let empty = Map::new();
        let operation = operation.as_object().unwrap_or(&empty);
        let text = |name: &str| member(operation, name).and_then(Value::as_str);
        let method = text("method").unwrap_or_default().to_ascii_uppercase();
        let mut part = Call {
            query: Query::default(),
            base: self.base.clone(),
            random: self.random.draw(),
            if_match: text("version").map(str::to_owned),
            told: Told { client: self.told.client.clone(), ..Told::default() },
            ..*self
        };
        let path = text("path").unwrap_or_default();
        let answered = part.carried(&method, path, member(operation, "data"), made).await;
        let (response, refused) = match answered {
            Ok(response) => (response, None),
            Err(refused) => (part.told.refused(&refused).response(), Some(refused)),
        };
        let account = part.told.account.clone();
        part.sso.log(part.caller, part.told, &response, (part.now, TimeDelta::zero())).await;
        let mut answer = Map::new();
        answer.insert("method".into(), method.into());
        answer.insert("status".into(), response.status.to_string().into());
        if let Some(id) = text("bulkId") {
            answer.insert("bulkId".into(), id.into());
            let account = account.filter(|_| refused.is_none());
            made.extend(account.map(|account| (id.to_owned(), account.as_str().to_owned())));
        }
        let version = response.header("etag").map(Value::from);
        answer.extend(version.map(|version| ("version".to_owned(), version)));
        let error = refused.as_ref().map(|refused| refused.error.to_json());
        answer.extend(error.map(|error| ("response".to_owned(), error)));
        if let (Some(account), None) = (self.place(made, text("bulkId"), path), &refused) {
            answer.insert("location".into(), account.into());
        }
        (answer.into(), refused.is_some())
    }

    /// Where the one is whom an operation was about.
    fn place(&self, made: &Made, bulk_id: Option<&str>, path: &str) -> Option<String> {
        let id = bulk_id.and_then(|id| made.get(id)).cloned();
        let id = id.or_else(|| match resolved(path, made) {
            Ok(Target::User(id)) => Some(id.as_str().to_owned()),
            _ => None,
        })?;
        Some(crate::scim::location(&self.base, &crate::account::AccountId::new(id)))
    }

    async fn carried(
        &mut self,
        method: &str,
        path: &str,
        data: Option<&Value>,
        made: &Made,
    ) -> Result<ScimResponse, Refused> {
        let target = resolved(path, made)?;
        let takes = match &target {
            Target::User(_) => ["PUT", "PATCH", "DELETE"].contains(&method),
            Target::Users => method == "POST",
            _ => return Err(Refused::nowhere()),
        };
        if !takes {
            let error = ScimError::new(405, "This cannot be done here.");
            return Err(Refused::new("scim_method_unknown", error));
        }
        self.sso.asked(self.caller.organization(), self.now).await?;
        let empty = Map::new();
        let data = match data {
            Some(Value::Object(data)) => data,
            None if method == "DELETE" => &empty,
            _ => {
                return Err(Refused::unfit(
                    "scim_bulk_data",
                    "The operation has no object called data.",
                ));
            }
        };
        self.users(&target, method, Given::Part(data)).await
    }
}

/// What a path leads to, with the id of whoever was made under a name of the client's.
fn resolved(path: &str, made: &Made) -> Result<Target, Refused> {
    let path = path.split('?').next().unwrap_or_default();
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let decoded = segments.map(|segment| {
        let segment = percent_decode_str(segment).decode_utf8_lossy().into_owned();
        match segment.strip_prefix("bulkId:") {
            None => Ok(segment),
            // RFC 7644 §3.7.1 has 409 for what cannot be resolved.
            Some(id) => made.get(id).cloned().ok_or_else(|| {
                let words = "No earlier operation of this Bulk has made what this bulkId names.";
                let error = ScimError::new(409, words).of(ScimType::InvalidValue);
                Refused::new("scim_bulk_id_unknown", error)
            }),
        }
    });
    Ok(Target::below(&decoded.collect::<Result<Vec<_>, _>>()?))
}
