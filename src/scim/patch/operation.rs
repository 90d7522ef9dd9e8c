//! Operations → steps.

use serde_json::{Map, Value};

use super::super::filter::{FilterRefusal, PatchPath, address_filter};
use super::super::names::{Kind, PATCH_OP, kind, shown};
use super::super::schema::{Definition, Field, Found, find, find_in};
use super::super::value::{Part, Reader, boolean, member, one, set, text, unpacked};
use super::super::{BodyRefusal, ScimMode, Warning};
use super::addresses::{AddressStep, Missing, Target, described};
use super::{Patch, Step};
use crate::account::PushedAddress;
use crate::store::{AddressFilter, Test};

/// RFC 7644 §3.5.2: "one of "add", "remove", or "replace"", which Entra writes in capitals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Remove,
    Replace,
}

impl Op {
    fn of(operation: &Map<String, Value>) -> Result<Self, BodyRefusal> {
        let op = member(operation, "op").and_then(Value::as_str);
        let ops = [("add", Self::Add), ("remove", Self::Remove), ("replace", Self::Replace)];
        let known =
            ops.into_iter().find(|(word, _)| op.is_some_and(|op| op.eq_ignore_ascii_case(word)));
        known.map(|(_, op)| op).ok_or(BodyRefusal::OperationUnknown)
    }
}

/// The operations of a body, if it is the body of a PATCH.
pub(super) fn operations(
    body: &Map<String, Value>,
    mode: ScimMode,
) -> Result<&[Value], BodyRefusal> {
    check_schemas(body, mode)?;
    let operations = match member(body, "Operations") {
        None if body.keys().all(|key| key.eq_ignore_ascii_case("schemas")) => &[],
        None => return Err(BodyRefusal::OperationsMissing),
        Some(Value::Null) => &[],
        Some(Value::Array(operations)) => operations.as_slice(),
        Some(operation) => std::slice::from_ref(operation),
    };
    let is_too_many = operations.len() > Patch::MAX_OPERATIONS;
    if is_too_many { Err(BodyRefusal::TooManyOperations) } else { Ok(operations) }
}

/// A body that says it is something else is none. Some clients do not say what it is.
fn check_schemas(body: &Map<String, Value>, mode: ScimMode) -> Result<(), BodyRefusal> {
    let schemas = match member(body, "schemas") {
        Some(Value::Array(schemas)) => schemas.as_slice(),
        Some(Value::Null) | None => &[],
        Some(schema) => std::slice::from_ref(schema),
    };
    let is_patch = |schema: &Value| {
        schema.as_str().is_some_and(|schema| schema.eq_ignore_ascii_case(PATCH_OP))
    };
    let is_foreign = |schema: &Value| {
        !is_patch(schema) && schema.as_str().is_none_or(|schema| kind(schema) == Kind::Foreign)
    };
    let is_said = schemas.iter().any(is_patch);
    match mode {
        ScimMode::Interop if !is_said => Err(BodyRefusal::OperationsMissing),
        _ if schemas.iter().any(is_foreign) => Err(BodyRefusal::OperationsMissing),
        _ => Ok(()),
    }
}

/// Makes steps of operations.
pub(super) struct Compiler {
    pub(super) reader: Reader,
    pub(super) steps: Vec<Step>,
}

impl Compiler {
    pub(super) fn new(mode: ScimMode) -> Self {
        Self { reader: Reader::new(mode), steps: Vec::new() }
    }

    pub(super) fn operation(&mut self, operation: &Value) -> Result<(), BodyRefusal> {
        let operation = operation.as_object().ok_or(BodyRefusal::OperationUnknown)?;
        let op = Op::of(operation)?;
        let value = member(operation, "value").unwrap_or(&Value::Null);
        match path_of(operation)? {
            Some(path) => self.at(op, path, value),
            // RFC 7644 §3.5.2.2: "If "path" is unspecified, the operation fails with HTTP status
            // code 400 and a "scimType" error code of "noTarget"".
            None if op == Op::Remove => Err(BodyRefusal::TargetMissing),
            None if self.is_interop() => Err(BodyRefusal::PathMissing),
            None => self.object(op, value, true),
        }
    }

    fn is_interop(&self) -> bool {
        self.reader.mode == ScimMode::Interop
    }

    /// Without a path, the names of the object are paths, and so they are behind the name of the
    /// schema, once.
    fn object(&mut self, op: Op, value: &Value, may_nest: bool) -> Result<(), BodyRefusal> {
        let value = unpacked(one(value, "value")?);
        let object = match &*value {
            Value::Null => return Ok(()),
            Value::Object(object) => object,
            // A list of one stands for what is in it.
            Value::Array(list) if list.len() == 1 && may_nest => {
                return list.iter().try_for_each(|value| self.object(op, value, may_nest));
            }
            _ => return Err(BodyRefusal::TypeUnfit("value")),
        };
        for (name, value) in object {
            match find(name) {
                Found::User if may_nest => self.object(op, value, false)?,
                Found::User => {}
                // What the server has told comes back.
                Found::Stored(attribute) if attribute.is_read_only => {}
                Found::Unknown if PatchPath::parse(name).is_err() => {
                    self.reader.drop_unstored(name, Found::Unknown)?;
                }
                _ => self.at(op, name, value)?,
            }
        }
        Ok(())
    }

    fn at(&mut self, op: Op, path: &str, value: &Value) -> Result<(), BodyRefusal> {
        if let Found::User = find(path) {
            return self.object(op, value, false);
        }
        let parsed = PatchPath::parse(path).map_err(|refusal| match refusal {
            FilterRefusal::Malformed(_) => BodyRefusal::PathMalformed,
            refusal => BodyRefusal::Filter(refusal),
        })?;
        match (parsed.attribute.found(), &parsed.filter) {
            (Found::Stored(attribute), _) if attribute.is_read_only => {
                self.read_only(attribute, &parsed.attribute.to_string())
            }
            (Found::Stored(attribute), Some(filter)) if attribute.is_list => {
                let filter = address_filter(attribute, filter)?;
                self.selected(op, attribute, filter, parsed.within.as_deref(), value)
            }
            (Found::Stored(_), Some(_)) => Err(BodyRefusal::PathMalformed),
            (Found::Stored(attribute), None) => self.attribute(op, attribute, value),
            (Found::Schemas | Found::User, _) => Ok(()),
            (found, _) => self.reader.drop_unstored(&parsed.attribute.to_string(), found),
        }
    }

    /// RFC 7643 §7: "The attribute SHALL NOT be modified." Directories send back what they have
    /// read; none of them names the id and means it, unless it is to be another one.
    fn read_only(&mut self, attribute: &'static Definition, name: &str) -> Result<(), BodyRefusal> {
        if self.is_interop() || attribute.field == Field::Id {
            return Err(BodyRefusal::AttributeReadOnly(shown(name)));
        }
        self.reader.warn(|| Warning::ReadOnlyIgnored { name: shown(name) });
        Ok(())
    }

    fn attribute(
        &mut self,
        op: Op,
        attribute: &'static Definition,
        value: &Value,
    ) -> Result<(), BodyRefusal> {
        // RFC 7644 §3.5.2.2: "If an attribute is removed or becomes unassigned and is defined as a
        // required attribute or a read-only attribute, the server SHALL return … a "scimType" error
        // code of "mutability"."
        if op == Op::Remove && attribute.is_required {
            return Err(BodyRefusal::AttributeStays(attribute.name));
        }
        match attribute.field {
            Field::Active => {
                let active = boolean(value, attribute.name)?;
                let active = active.ok_or(BodyRefusal::BooleanUnfit(attribute.name))?;
                self.steps.push(Step::Active(active));
                Ok(())
            }
            Field::Name => self.name(op, attribute, value),
            Field::Emails => self.emails(op, attribute, value),
            Field::EmailValue | Field::EmailType | Field::EmailPrimary => {
                self.of_the_one(op, attribute, value)
            }
            _ => self.text(op, attribute, value),
        }
    }

    fn text(
        &mut self,
        op: Op,
        attribute: &'static Definition,
        value: &Value,
    ) -> Result<(), BodyRefusal> {
        let text = match op {
            Op::Remove => None,
            Op::Add | Op::Replace => text(value, attribute.name)?,
        };
        if text.is_none() && attribute.is_required {
            // An empty text is a value, which is none that it can have.
            let is_empty_text = one(value, attribute.name)?.is_string();
            return Err(match is_empty_text {
                true => BodyRefusal::AttributeRequired(attribute.name),
                false => BodyRefusal::AttributeStays(attribute.name),
            });
        }
        // Nothing that is added changes nothing.
        if text.is_some() || op != Op::Add {
            self.steps.push(Step::Text(attribute.field, text));
        }
        Ok(())
    }

    /// RFC 7644 §3.5.2.3: of a complex attribute "Sub-attributes that are not specified SHALL be
    /// left unchanged". By the interoperability profile `replace` replaces them all.
    fn name(
        &mut self,
        op: Op,
        attribute: &'static Definition,
        value: &Value,
    ) -> Result<(), BodyRefusal> {
        let clears = match op {
            Op::Add => false,
            Op::Remove => true,
            Op::Replace => self.is_interop() || value.is_null(),
        };
        if clears {
            self.steps.extend(attribute.leaves().map(|field| Step::Text(field, None)));
        }
        if op == Op::Remove {
            return Ok(());
        }
        let names = self.reader.names(attribute, value)?;
        let names = names.into_iter().filter(|(_, name)| name.is_some() || op != Op::Add);
        self.steps.extend(names.map(|(field, name)| Step::Text(field, name)));
        Ok(())
    }

    fn emails(
        &mut self,
        op: Op,
        attribute: &'static Definition,
        value: &Value,
    ) -> Result<(), BodyRefusal> {
        let addresses = self.reader.addresses(attribute, value)?;
        let says_nothing = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        let step = match op {
            Op::Add => AddressStep::Add(addresses),
            Op::Remove if value.is_null() => AddressStep::Remove(any_address()),
            Op::Remove => AddressStep::Remove(one_of(addresses)),
            // Addresses without a value say of nobody that they have none.
            Op::Replace if addresses.is_empty() && !says_nothing => return Ok(()),
            Op::Replace => AddressStep::Replace(addresses),
        };
        self.steps.push(Step::Addresses(step));
        Ok(())
    }

    /// A sub-attribute of the address that is the primary one, or the only one.
    fn of_the_one(
        &mut self,
        op: Op,
        attribute: &'static Definition,
        value: &Value,
    ) -> Result<(), BodyRefusal> {
        let made = Missing::Make(PushedAddress::default());
        let target = Target { filter: None, is_single: self.is_interop(), missing: made };
        let part = changed(op, attribute, value)?;
        self.steps.push(Step::Addresses(match part {
            Some(part) if op == Op::Remove => {
                let missing = Missing::Pass;
                AddressStep::Change(Target { filter: Some(any_address()), missing, ..target }, part)
            }
            Some(part) => AddressStep::Change(target, part),
            None => AddressStep::Remove(any_address()),
        }));
        Ok(())
    }

    /// Addresses that pass a filter, or a sub-attribute of them.
    fn selected(
        &mut self,
        op: Op,
        emails: &'static Definition,
        filter: AddressFilter,
        within: Option<&str>,
        value: &Value,
    ) -> Result<(), BodyRefusal> {
        let part = match within.map(|name| (name, find_in(emails, name))) {
            Some((_, Found::Stored(attribute))) => changed(op, attribute, value)?,
            Some((name, found)) => {
                return self.reader.drop_unstored(&format!("{}.{name}", emails.name), found);
            }
            None if op == Op::Remove => None,
            // By the profile a filter is followed by a sub-attribute.
            None if self.is_interop() => return Err(BodyRefusal::PathMalformed),
            None => Some(self.reader.part(emails, value)?),
        };
        let missing = self.missing(op, &filter);
        let target = Target { filter: Some(filter.clone()), is_single: self.is_interop(), missing };
        self.steps.push(Step::Addresses(match part {
            Some(part) => AddressStep::Change(target, part),
            None => AddressStep::Remove(filter),
        }));
        Ok(())
    }

    fn missing(&self, op: Op, filter: &AddressFilter) -> Missing {
        match op {
            Op::Remove => Missing::Pass,
            Op::Replace if self.is_interop() => Missing::Refuse,
            Op::Add | Op::Replace => described(filter).map_or(Missing::Refuse, Missing::Make),
        }
    }
}

/// What becomes of a sub-attribute of an address; `None` where the address goes with it.
fn changed(
    op: Op,
    attribute: &'static Definition,
    value: &Value,
) -> Result<Option<Part>, BodyRefusal> {
    let value = if op == Op::Remove { &Value::Null } else { value };
    let mut part = Part::default();
    set(&mut part, attribute, value)?;
    let goes = attribute.field == Field::EmailValue && part.value.is_none();
    Ok((!goes).then_some(part))
}

fn any_address() -> AddressFilter {
    AddressFilter::All(Vec::new())
}

fn one_of(addresses: Vec<PushedAddress>) -> AddressFilter {
    let is = |address: PushedAddress| AddressFilter::Value(Test::Is(address.value));
    AddressFilter::Any(addresses.into_iter().map(is).collect())
}

/// The path of an operation. An empty one is none.
fn path_of(operation: &Map<String, Value>) -> Result<Option<&str>, BodyRefusal> {
    match member(operation, "path") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(path)) => Ok(Some(path.trim()).filter(|path| !path.is_empty())),
        Some(_) => Err(BodyRefusal::PathMalformed),
    }
}
