//! Why what a body says cannot be done.

use super::{FilterRefusal, ScimError, ScimType};

/// Why a User or a PATCH cannot be read. Names are as they were sent, in printable characters, the
/// first 64 of them; values are never told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyRefusal {
    /// The interoperability profile takes no change of what the server sets.
    #[error("{0} cannot be changed: the server sets it")]
    AttributeReadOnly(String),
    /// What has to be there is missing or empty.
    #[error("{0} is missing or empty: it has to have a value")]
    AttributeRequired(&'static str),
    /// What has to be there cannot be removed.
    #[error("{0} cannot be removed: it has to have a value")]
    AttributeStays(&'static str),
    /// An attribute stands twice in a body, in two spellings.
    #[error("{0} stands twice in the body")]
    AttributeTwice(&'static str),
    /// The interoperability profile takes no attributes that the schema does not define.
    #[error("{0} is no attribute of this User: see /Schemas")]
    AttributeUnknown(String),
    /// A value is neither `true` nor `false`.
    #[error("the value of {0} has to be true or false")]
    BooleanUnfit(&'static str),
    /// The filter in a path.
    #[error("the filter in a path: {0}")]
    Filter(#[from] FilterRefusal),
    /// An operation is none of `add`, `remove` and `replace`.
    #[error("an operation has an \"op\", which is add, remove or replace")]
    OperationUnknown,
    /// The body is no list of operations, but a User, perhaps.
    #[error(
        "a PATCH needs a PatchOp: {{\"schemas\": [\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"], \
         \"Operations\": [{{\"op\": \"replace\", \"path\": \"active\", \"value\": false}}]}}"
    )]
    OperationsMissing,
    /// A path cannot be read.
    #[error("the path of an operation cannot be read")]
    PathMalformed,
    /// An operation of the interoperability profile has no path.
    #[error("an operation has no path")]
    PathMissing,
    /// A schema is not that of a User, or the profile does not know it.
    #[error("the list schemas has one that is not of a User: {0}")]
    SchemaForeign(String),
    /// The interoperability profile needs the list `schemas`.
    #[error("the list schemas has to name urn:ietf:params:scim:schemas:core:2.0:User")]
    SchemasMissing,
    /// More than one address is called the primary one.
    #[error("more than one e-mail address is called the primary one")]
    SeveralPrimary,
    /// A list of several values stands where one is meant.
    #[error("{0} takes one value, not several")]
    SeveralValues(&'static str),
    /// An operation that removes does not say what.
    #[error("an operation that removes needs a path")]
    TargetMissing,
    /// There are more operations than are carried out.
    #[error("there are more than 1000 operations")]
    TooManyOperations,
    /// A value is of another type.
    #[error("the value of {0} is of another type: see /Schemas")]
    TypeUnfit(&'static str),
}

impl BodyRefusal {
    /// A stable snake_case code, part of semver.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AttributeReadOnly(_) => "scim_attribute_read_only",
            Self::AttributeRequired(_) => "scim_attribute_required",
            Self::AttributeStays(_) => "scim_attribute_stays",
            Self::AttributeTwice(_) => "scim_attribute_twice",
            Self::AttributeUnknown(_) => "scim_attribute_unknown",
            Self::BooleanUnfit(_) => "scim_boolean_unfit",
            Self::Filter(refusal) => refusal.code(),
            Self::OperationUnknown => "scim_operation_unknown",
            Self::OperationsMissing => "scim_operations_missing",
            Self::PathMalformed => "scim_path_malformed",
            Self::PathMissing => "scim_path_missing",
            Self::SchemaForeign(_) => "scim_schema_foreign",
            Self::SchemasMissing => "scim_schemas_missing",
            Self::SeveralPrimary => "scim_several_primary",
            Self::SeveralValues(_) => "scim_several_values",
            Self::TargetMissing => "scim_target_missing",
            Self::TooManyOperations => "scim_too_many_operations",
            Self::TypeUnfit(_) => "scim_type_unfit",
        }
    }

    /// RFC 7644 §3.12, table 9.
    fn scim_type(&self) -> ScimType {
        match self {
            Self::AttributeReadOnly(_) | Self::AttributeStays(_) => ScimType::Mutability,
            Self::Filter(_) => ScimType::InvalidFilter,
            Self::PathMalformed => ScimType::InvalidPath,
            Self::TargetMissing => ScimType::NoTarget,
            Self::AttributeRequired(_)
            | Self::BooleanUnfit(_)
            | Self::SeveralPrimary
            | Self::SeveralValues(_)
            | Self::TypeUnfit(_) => ScimType::InvalidValue,
            Self::AttributeTwice(_)
            | Self::AttributeUnknown(_)
            | Self::OperationUnknown
            | Self::OperationsMissing
            | Self::PathMissing
            | Self::SchemaForeign(_)
            | Self::SchemasMissing
            | Self::TooManyOperations => ScimType::InvalidSyntax,
        }
    }
}

impl From<BodyRefusal> for ScimError {
    fn from(refusal: BodyRefusal) -> Self {
        match refusal {
            BodyRefusal::TooManyOperations => Self::new(413, refusal.to_string()),
            _ => Self::bad(refusal.scim_type(), refusal.to_string()),
        }
    }
}
