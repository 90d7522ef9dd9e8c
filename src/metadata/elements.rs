//! Children by their names.

use crate::xml::{Element, Namespace};

pub(super) fn md<'d>(
    parent: Element<'d>,
    local: &'static str,
) -> impl Iterator<Item = Element<'d>> {
    children(parent, Namespace::MD, local)
}

pub(super) fn children<'d>(
    parent: Element<'d>,
    namespace: Namespace,
    local: &'static str,
) -> impl Iterator<Item = Element<'d>> {
    parent.child_elements().filter(move |child| child.is(namespace, local))
}
