//! What a request of ours remembers of where it came from.

use crate::fields::{self, Fields};
use crate::token::TokenDigest;

/// Kept with the request, or sealed in its cookie, and never sent to anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Context {
    /// Where to go on: a path on this site.
    pub(super) go_to: Option<String>,
    /// The session that this browser had, which ends with the login.
    pub(super) former: Option<TokenDigest>,
    /// The session whose holder it is for.
    pub(super) session: Option<TokenDigest>,
    /// Whether that holder has asked to be linked, whoever they are at the identity provider.
    pub(super) links: bool,
    /// The invitation that it was started from.
    pub(super) invitation: Option<TokenDigest>,
    /// Whether it tries out what is proposed, and not what is in effect.
    pub(super) proposed: bool,
}

const VERSION: &[u8] = b"sso 1";

impl Context {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut fields = Fields::default();
        fields.add(VERSION);
        fields.add_optional(self.go_to.as_deref());
        for digest in [&self.former, &self.session, &self.invitation] {
            fields.add(digest.as_ref().map_or(&[], |digest| digest.as_bytes()));
        }
        fields.add(&[u8::from(self.links), u8::from(self.proposed)]);
        fields.into_bytes()
    }

    /// `None` for a request that some other part of the application has made.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let fields = fields::read(bytes)?;
        let [VERSION, go_to, former, session, invitation, [links, proposed]] = *fields.as_slice()
        else {
            return None;
        };
        Some(Self {
            go_to: fields::optional(go_to)?,
            former: digest(former)?,
            session: digest(session)?,
            links: *links == 1,
            invitation: digest(invitation)?,
            proposed: *proposed == 1,
        })
    }
}

fn digest(bytes: &[u8]) -> Option<Option<TokenDigest>> {
    match bytes {
        [] => Some(None),
        _ => Some(Some(TokenDigest::from_bytes(bytes.try_into().ok()?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_comes_back_as_it_was() {
        let full = Context {
            go_to: Some("/inbox?tab=2".into()),
            former: Some(TokenDigest::of("former")),
            session: Some(TokenDigest::of("session")),
            links: true,
            invitation: Some(TokenDigest::of("invitation")),
            proposed: true,
        };
        for context in [full, Context::default()] {
            assert_eq!(Context::read(&context.to_bytes()), Some(context));
        }
        assert_eq!(Context::read(b""), None);
        assert_eq!(Context::read(b"something else"), None);
    }
}
