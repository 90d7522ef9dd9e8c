//! Changes of a person's addresses.

use super::super::value::Part;
use crate::account::{Pushed, PushedAddress};
use crate::provision::PushRefusal;
use crate::store::{AddressFilter, Test};

/// One thing that an operation does to the addresses of a person.
#[derive(Clone)]
pub(super) enum AddressStep {
    /// These come to those that are there.
    Add(Vec<PushedAddress>),
    /// Those that are meant are changed.
    Change(Target, Part),
    /// Those that pass go.
    Remove(AddressFilter),
    /// These take the place of all.
    Replace(Vec<PushedAddress>),
}

/// Which addresses are meant, and what happens where there is none.
#[derive(Clone)]
pub(super) struct Target {
    /// Which; without it, the primary one or the only one.
    pub(super) filter: Option<AddressFilter>,
    /// Whether it has to be one.
    pub(super) is_single: bool,
    /// What is made where there is none.
    pub(super) missing: Missing,
}

/// What happens where no address is meant.
#[derive(Clone)]
pub(super) enum Missing {
    /// One like this is made. Entra changes `emails[type eq "work"].value` of people who have no
    /// such address, and means to add it.
    Make(PushedAddress),
    /// Nothing.
    Pass,
    /// RFC 7644 §3.5.2.3: "the service provider SHALL indicate failure by returning HTTP status
    /// code 400 and a "scimType" error code of "noTarget"".
    Refuse,
}

impl AddressStep {
    pub(super) fn carry_out(&self, addresses: &mut Vec<PushedAddress>) -> Result<(), PushRefusal> {
        match self {
            Self::Add(new) | Self::Replace(new) if new.len() > Pushed::MAX_ADDRESSES => {
                return Err(PushRefusal::TooManyAddresses);
            }
            Self::Add(new) => new.iter().for_each(|address| add(addresses, address)),
            Self::Change(target, part) => change(addresses, target, part)?,
            Self::Remove(filter) => addresses.retain(|address| !filter.passes(address)),
            Self::Replace(new) => addresses.clone_from(new),
        }
        if addresses.len() > Pushed::MAX_ADDRESSES {
            return Err(PushRefusal::TooManyAddresses);
        }
        Ok(())
    }
}

/// RFC 7644 §3.5.2.1: "If the target location already contains the value specified, no changes
/// SHOULD be made"; and §3.5.2: a new primary value "SHALL cause the server to automatically set
/// "primary" to "false" for any other values in the array".
fn add(addresses: &mut Vec<PushedAddress>, new: &PushedAddress) {
    if new.primary {
        addresses.iter_mut().for_each(|address| address.primary = false);
    }
    let is_same = |address: &&mut PushedAddress| {
        let same_kind = new.kind.is_none() || new.kind == address.kind;
        same_kind && address.value.eq_ignore_ascii_case(&new.value)
    };
    match addresses.iter_mut().find(is_same) {
        Some(address) => {
            address.value.clone_from(&new.value);
            address.primary |= new.primary;
        }
        None => addresses.push(new.clone()),
    }
}

fn change(
    addresses: &mut Vec<PushedAddress>,
    target: &Target,
    part: &Part,
) -> Result<(), PushRefusal> {
    let meant = meant(addresses, target)?;
    if meant.is_empty() {
        match &target.missing {
            Missing::Make(template) => add(addresses, &part.laid_over(template)),
            Missing::Pass => {}
            Missing::Refuse => return Err(PushRefusal::NoTarget),
        }
        return Ok(());
    }
    let is_meant = |number: usize| meant.contains(&number);
    for (number, address) in addresses.iter_mut().enumerate() {
        if is_meant(number) {
            *address = part.laid_over(address);
        } else if part.primary == Some(true) {
            address.primary = false;
        }
    }
    Ok(())
}

/// The places of those that are meant.
fn meant(addresses: &[PushedAddress], target: &Target) -> Result<Vec<usize>, PushRefusal> {
    let places = |passes: &dyn Fn(&PushedAddress) -> bool| -> Vec<usize> {
        let passing = addresses.iter().enumerate().filter(|(_, address)| passes(address));
        passing.map(|(number, _)| number).collect()
    };
    let meant = match &target.filter {
        Some(filter) => places(&|address| filter.passes(address)),
        None if addresses.len() > 1 => match places(&|address| address.primary) {
            primary if primary.is_empty() => return Err(PushRefusal::SeveralTargets),
            primary => primary,
        },
        None => places(&|_| true),
    };
    let is_one_too_many = target.is_single && meant.len() > 1;
    if is_one_too_many { Err(PushRefusal::SeveralTargets) } else { Ok(meant) }
}

/// An address that was made without its value, and has not got it since, is none.
pub(super) fn check_complete(addresses: &[PushedAddress]) -> Result<(), PushRefusal> {
    match addresses.iter().any(|address| address.value.is_empty()) {
        true => Err(PushRefusal::NoTarget),
        false => Ok(()),
    }
}

/// What a filter says of an address that passes it, where it says nothing but what that is.
pub(super) fn described(filter: &AddressFilter) -> Option<PushedAddress> {
    let mut address = PushedAddress::default();
    let parts = match filter {
        AddressFilter::All(filters) => filters.as_slice(),
        one => std::slice::from_ref(one),
    };
    for part in parts {
        match part {
            AddressFilter::Kind(Test::Is(kind)) if !kind.is_empty() => {
                address.kind = Some(kind.clone());
            }
            AddressFilter::Primary(primary) => address.primary = *primary,
            _ => return None,
        }
    }
    Some(address)
}
