//! What an assertion says (Core §2), as plain data.

mod attribute;
mod name_id;

pub use attribute::{Attribute, AttributeValue, Attributes};
pub use name_id::NameId;
