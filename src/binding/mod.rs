//! How messages travel: SAML 2.0 Bindings.

mod post;

pub(crate) use post::decode;
