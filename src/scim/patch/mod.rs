//! PATCH (RFC 7644 §3.5.2): operations are read once, and carried out on whatever is read then.

mod addresses;
mod operation;

use std::fmt;

use serde_json::{Map, Value};

use self::addresses::AddressStep;
use self::operation::Compiler;
use super::received::forget_stale_name;
use super::schema::Field;
use super::{BodyRefusal, ScimMode, Warning};
use crate::account::{Account, Pushed};
use crate::provision::{PushRefusal, Wanted};

/// What a PATCH changes.
///
/// ```
/// use saml_login::scim::{JsonLimits, ScimMode, Patch, ScimError, parse};
///
/// let body = br#"{"Operations": [{"op": "Replace", "path": "active", "value": "False"}]}"#;
/// let patch = Patch::parse(&parse(body, &JsonLimits::default())?, ScimMode::Lenient)?;
/// let wanted = patch.apply(None).expect("nobody, switched off");
/// assert_eq!(wanted.active, Some(false));
/// # Ok::<(), ScimError>(())
/// ```
#[derive(Clone)]
pub struct Patch {
    steps: Vec<Step>,
    warnings: Vec<Warning>,
}

/// Names and addresses are nobody's business in a log.
impl fmt::Debug for Patch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, warnings } = self;
        f.debug_struct("Patch")
            .field("steps", &steps.len())
            .field("warnings", warnings)
            .finish_non_exhaustive()
    }
}

/// One thing that an operation does.
#[derive(Clone)]
enum Step {
    Active(bool),
    Addresses(AddressStep),
    /// The text of an attribute; `None` clears it.
    Text(Field, Option<String>),
}

impl Patch {
    /// So many operations are carried out at most.
    pub const MAX_OPERATIONS: usize = 1000;

    /// Reads one. Without operations nothing changes, which is no error: clients send that when the
    /// attributes that have changed are none of ours.
    ///
    /// # Errors
    ///
    /// [`BodyRefusal`] for whatever can be known without the account: then nothing is changed at
    /// all.
    pub fn parse(body: &Map<String, Value>, mode: ScimMode) -> Result<Self, BodyRefusal> {
        let mut compiler = Compiler::new(mode);
        for operation in operation::operations(body, mode)? {
            compiler.operation(operation)?;
        }
        Ok(Self { steps: compiler.steps, warnings: compiler.reader.warnings })
    }

    /// How the person is to be. A [`Push`](crate::provision::Push) calls it with whatever was read
    /// at each try, so nothing that happens meanwhile is lost. RFC 7644 §3.5.2: "a PATCH request,
    /// regardless of the number of operations, SHALL be treated as atomic".
    ///
    /// # Errors
    ///
    /// [`PushRefusal`] for changes of an address that the person has not, and for what leaves more
    /// addresses or primary ones than there may be.
    pub fn apply(&self, account: Option<&Account>) -> Result<Wanted, PushRefusal> {
        let before = account.map(Pushed::of).unwrap_or_default();
        let mut wanted = Wanted::new(before.clone(), None);
        for step in &self.steps {
            step.carry_out(&mut wanted)?;
        }
        addresses::check_complete(&wanted.pushed.addresses)?;
        let sets_formatted = |step: &Step| matches!(step, Step::Text(Field::Formatted, Some(_)));
        if self.steps.iter().any(sets_formatted) {
            forget_stale_name(&mut wanted.pushed, &before);
        }
        Ok(wanted)
    }

    /// Whether the person may come in, if it says so.
    pub fn active(&self) -> Option<bool> {
        let said = |step: &Step| if let Step::Active(active) = step { Some(*active) } else { None };
        self.steps.iter().rev().find_map(said)
    }

    /// What was taken otherwise than it was sent.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}

impl Step {
    fn carry_out(&self, wanted: &mut Wanted) -> Result<(), PushRefusal> {
        let pushed = &mut wanted.pushed;
        match self {
            Self::Active(active) => wanted.active = Some(*active),
            Self::Addresses(step) => step.carry_out(&mut pushed.addresses)?,
            Self::Text(field, text) => set(pushed, *field, text.clone()),
        }
        Ok(())
    }
}

fn set(pushed: &mut Pushed, field: Field, text: Option<String>) {
    match field {
        Field::UserName => pushed.user_name = text.unwrap_or_default(),
        Field::ExternalId => pushed.external_id = text,
        Field::DisplayName => pushed.display_name = text,
        Field::GivenName => pushed.given_name = text,
        Field::FamilyName => pushed.family_name = text,
        Field::Formatted => pushed.formatted = text,
        _ => {}
    }
}
