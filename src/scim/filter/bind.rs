//! Tree → what a store answers, by the schema.

use chrono::{DateTime, Utc};

use super::super::names::{Kind, kind, shown};
use super::super::schema::{Definition, Field, Found, Type, find_in};
use super::{AttributePath, Comparison, Expression, FilterRefusal, Operand};
use crate::account::Status;
use crate::instant;
use crate::store::{AddressFilter, Attribute, Filter, Test};

impl Expression {
    /// What a store answers for it.
    ///
    /// # Errors
    ///
    /// [`FilterRefusal`] for attributes that a User has not, and for comparisons that they do not
    /// take.
    pub fn filter(&self) -> Result<Filter, FilterRefusal> {
        let each = |expressions: &[Self]| -> Result<Vec<Filter>, FilterRefusal> {
            expressions.iter().map(Self::filter).collect()
        };
        match self {
            Self::All(expressions) => Ok(Filter::All(each(expressions)?)),
            Self::Any(expressions) => Ok(Filter::Any(each(expressions)?)),
            Self::Not(expression) => Ok(Filter::Not(Box::new(expression.filter()?))),
            Self::Has(path, filter) => has(path, filter),
            Self::Present(path) => present(path),
            Self::Compare(path, comparison, operand) => match path.found() {
                Found::Stored(attribute) => compared(attribute, *comparison, operand),
                Found::Schemas => {
                    constant("schemas", *comparison, operand, |text| kind(text) == Kind::User)
                }
                _ => Err(unknown(path)),
            },
        }
    }
}

fn unknown(path: &AttributePath) -> FilterRefusal {
    FilterRefusal::AttributeUnknown(shown(&path.to_string()))
}

/// Everybody passes, or nobody.
fn everybody(passes: bool) -> Filter {
    if passes { Filter::All(Vec::new()) } else { Filter::Any(Vec::new()) }
}

fn negated(filter: Filter, is_negated: bool) -> Filter {
    if is_negated { Filter::Not(Box::new(filter)) } else { filter }
}

/// `pr`: RFC 7644 §3.4.2.2 "If the attribute has a non-empty or non-null value, or if it contains a
/// non-empty node for complex attributes, there is a match".
fn present(path: &AttributePath) -> Result<Filter, FilterRefusal> {
    let attribute = match path.found() {
        Found::Stored(attribute) => attribute,
        Found::Schemas => return Ok(everybody(true)),
        _ => return Err(unknown(path)),
    };
    let present = |attribute| Filter::Text(attribute, Test::Present);
    Ok(match attribute.field {
        Field::Name => Filter::Any(vec![
            present(Attribute::GivenName),
            present(Attribute::FamilyName),
            present(Attribute::Formatted),
        ]),
        Field::Emails | Field::EmailValue => Filter::Address(AddressFilter::Value(Test::Present)),
        Field::EmailType => Filter::Address(AddressFilter::Kind(Test::Present)),
        Field::EmailPrimary => Filter::Address(AddressFilter::All(Vec::new())),
        field => text_of(field).map_or(everybody(true), present),
    })
}

fn text_of(field: Field) -> Option<Attribute> {
    match field {
        Field::DisplayName => Some(Attribute::DisplayName),
        // RFC 7643 §2.4: a complex attribute's own value is that of its sub-attribute `value`.
        Field::Emails | Field::EmailValue => Some(Attribute::Email),
        Field::ExternalId => Some(Attribute::ExternalId),
        Field::FamilyName => Some(Attribute::FamilyName),
        Field::Formatted => Some(Attribute::Formatted),
        Field::GivenName => Some(Attribute::GivenName),
        Field::Id => Some(Attribute::Id),
        Field::UserName => Some(Attribute::UserName),
        _ => None,
    }
}

fn compared(
    attribute: &'static Definition,
    comparison: Comparison,
    operand: &Operand,
) -> Result<Filter, FilterRefusal> {
    if let Some(text) = text_of(attribute.field) {
        let (test, is_negated) = test(attribute, comparison, operand)?;
        return Ok(negated(Filter::Text(text, test), is_negated));
    }
    match attribute.field {
        Field::Active => {
            let active = truth(attribute, comparison, operand)?;
            // RFC 7643 §4.1.1 `active`: whoever is invited is so, too, and holds a seat.
            let statuses = [Status::Active, Status::Invited].map(Filter::Status);
            Ok(if active { Filter::Any(statuses.into()) } else { off() })
        }
        Field::EmailType | Field::EmailPrimary => {
            Ok(Filter::Address(address_compared(attribute, comparison, operand)?))
        }
        Field::Created | Field::LastModified => written(attribute, comparison, operand),
        Field::ResourceType => constant(attribute.name, comparison, operand, |text| text == "User"),
        _ => Err(FilterRefusal::OperatorUnfit(attribute.name)),
    }
}

fn off() -> Filter {
    Filter::Status(Status::Deactivated)
}

/// What is the same of all.
fn constant(
    name: &'static str,
    comparison: Comparison,
    operand: &Operand,
    is: fn(&str) -> bool,
) -> Result<Filter, FilterRefusal> {
    match comparison {
        Comparison::Equal => Ok(everybody(is(operand.text()))),
        Comparison::NotEqual => Ok(everybody(!is(operand.text()))),
        _ => Err(FilterRefusal::OperatorUnfit(name)),
    }
}

/// What is asked of a text, and whether the answer is the contrary.
fn test(
    attribute: &'static Definition,
    comparison: Comparison,
    operand: &Operand,
) -> Result<(Test, bool), FilterRefusal> {
    let text = operand.text().to_owned();
    if operand.is_null() {
        return match comparison {
            Comparison::Equal => Ok((Test::Present, true)),
            Comparison::NotEqual => Ok((Test::Present, false)),
            _ => Err(FilterRefusal::ValueUnfit(attribute.name)),
        };
    }
    let test = match comparison {
        Comparison::Contains => Test::Contains(text),
        Comparison::EndsWith => Test::EndsWith(text),
        Comparison::Equal | Comparison::NotEqual => Test::Is(text),
        Comparison::Greater => Test::After(text, false),
        Comparison::GreaterOrEqual => Test::After(text, true),
        Comparison::Less => Test::Before(text, false),
        Comparison::LessOrEqual => Test::Before(text, true),
        Comparison::StartsWith => Test::StartsWith(text),
    };
    Ok((test, comparison == Comparison::NotEqual))
}

/// RFC 7644 §3.4.2.2, `gt`: "Boolean and Binary attributes SHALL cause a failed response (HTTP
/// status code 400) with "scimType" of "invalidFilter"".
fn truth(
    attribute: &'static Definition,
    comparison: Comparison,
    operand: &Operand,
) -> Result<bool, FilterRefusal> {
    let truths = [("true", true), ("false", false)];
    let mut truths =
        truths.into_iter().filter(|(word, _)| word.eq_ignore_ascii_case(operand.text()));
    let truth = truths.next().ok_or(FilterRefusal::ValueUnfit(attribute.name));
    match comparison {
        Comparison::Equal => truth.map(|(_, truth)| truth),
        Comparison::NotEqual => truth.map(|(_, truth)| !truth),
        _ => Err(FilterRefusal::OperatorUnfit(attribute.name)),
    }
}

/// When an account was made or last written.
fn written(
    attribute: &'static Definition,
    comparison: Comparison,
    operand: &Operand,
) -> Result<Filter, FilterRefusal> {
    type Side = fn(DateTime<Utc>, bool) -> Filter;
    let (after, before): (Side, Side) = match attribute.field {
        Field::Created => (Filter::CreatedAfter, Filter::CreatedBefore),
        _ => (Filter::ChangedAfter, Filter::ChangedBefore),
    };
    let unfit = FilterRefusal::ValueUnfit(attribute.name);
    let at = instant::parse(operand.text()).ok_or(unfit)?;
    let then = Filter::All(vec![after(at, true), before(at, true)]);
    match comparison {
        Comparison::Equal => Ok(then),
        Comparison::NotEqual => Ok(negated(then, true)),
        Comparison::Greater => Ok(after(at, false)),
        Comparison::GreaterOrEqual => Ok(after(at, true)),
        Comparison::Less => Ok(before(at, false)),
        Comparison::LessOrEqual => Ok(before(at, true)),
        _ => Err(FilterRefusal::OperatorUnfit(attribute.name)),
    }
}

/// One of several values passes a filter as a whole. What it says of the address alone is said to
/// the store once more, for it has an index of addresses.
fn has(path: &AttributePath, filter: &Expression) -> Result<Filter, FilterRefusal> {
    let attribute = match path.found() {
        Found::Stored(attribute) if attribute.field == Field::Emails => attribute,
        Found::Stored(attribute) => return Err(FilterRefusal::OperatorUnfit(attribute.name)),
        _ => return Err(unknown(path)),
    };
    let filter = address_filter(attribute, filter)?;
    let indexed = match &filter {
        AddressFilter::Value(Test::Is(value)) => Some(value),
        AddressFilter::All(filters) => filters.iter().find_map(|filter| match filter {
            AddressFilter::Value(Test::Is(value)) => Some(value),
            _ => None,
        }),
        _ => None,
    };
    let named = indexed.map(|value| Filter::is(Attribute::Email, value));
    Ok(match named {
        Some(named) => Filter::All(vec![named, Filter::Address(filter)]),
        None => Filter::Address(filter),
    })
}

/// A filter in brackets, over the sub-attributes of `emails`.
pub(in super::super) fn address_filter(
    emails: &'static Definition,
    filter: &Expression,
) -> Result<AddressFilter, FilterRefusal> {
    let each = |filters: &[Expression]| -> Result<_, _> {
        filters.iter().map(|filter| address_filter(emails, filter)).collect()
    };
    match filter {
        Expression::All(filters) => Ok(AddressFilter::All(each(filters)?)),
        Expression::Any(filters) => Ok(AddressFilter::Any(each(filters)?)),
        Expression::Not(filter) => {
            Ok(AddressFilter::Not(Box::new(address_filter(emails, filter)?)))
        }
        Expression::Compare(path, comparison, operand) => {
            address_compared(sub_attribute(emails, path)?, *comparison, operand)
        }
        Expression::Present(path) => Ok(match sub_attribute(emails, path)?.field {
            Field::EmailValue => AddressFilter::Value(Test::Present),
            Field::EmailType => AddressFilter::Kind(Test::Present),
            _ => AddressFilter::All(Vec::new()),
        }),
        Expression::Has(path, _) => Err(unknown(path)),
    }
}

fn sub_attribute(
    emails: &'static Definition,
    path: &AttributePath,
) -> Result<&'static Definition, FilterRefusal> {
    match find_in(emails, &path.to_string()) {
        Found::Stored(attribute) => Ok(attribute),
        _ => Err(unknown(path)),
    }
}

fn address_compared(
    attribute: &'static Definition,
    comparison: Comparison,
    operand: &Operand,
) -> Result<AddressFilter, FilterRefusal> {
    if attribute.is_a == Type::Boolean {
        return Ok(AddressFilter::Primary(truth(attribute, comparison, operand)?));
    }
    let (test, is_negated) = test(attribute, comparison, operand)?;
    let filter = match attribute.field {
        Field::EmailType => AddressFilter::Kind(test),
        _ => AddressFilter::Value(test),
    };
    Ok(if is_negated { AddressFilter::Not(Box::new(filter)) } else { filter })
}

impl Operand {
    /// As a text: what has no quotes is one, too.
    fn text(&self) -> &str {
        match self {
            Self::Bare(text) | Self::Text(text) => text,
        }
    }

    fn is_null(&self) -> bool {
        *self == Self::Bare("null".to_owned())
    }
}
