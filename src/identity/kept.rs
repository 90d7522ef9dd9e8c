//! A verified person on paper: for a login that waits for a code.

use chrono::{DateTime, Utc};

use super::{Email, Identity};
use crate::assertion::{Attributes, NameId};
use crate::fields::{self, Fields, optional, text};
use crate::fingerprint::Fingerprint;

const VERSION: &[u8] = b"identity 1";

impl Identity {
    /// What is kept of it while a login waits: all but the attributes, of which the fields were
    /// made. Only this crate makes and reads it, so that no identity comes of anything but a
    /// verified login.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Fields::default();
        out.add(VERSION);
        out.add(self.connection_id.as_bytes());
        out.add(self.issuer.as_bytes());
        out.add(self.key_fingerprint.as_bytes());
        out.add(&self.authn_instant.timestamp_millis().to_be_bytes());
        match self.session_not_on_or_after {
            None => out.add(b""),
            Some(until) => out.add(&until.timestamp_millis().to_be_bytes()),
        }
        let NameId { value, format, name_qualifier, sp_name_qualifier } = &self.name_id;
        out.add(value.as_bytes());
        let email = self.email.as_ref().map(Email::original);
        let texts = [
            format.as_deref(),
            name_qualifier.as_deref(),
            sp_name_qualifier.as_deref(),
            email,
            self.first_name.as_deref(),
            self.last_name.as_deref(),
            self.display_name.as_deref(),
            self.session_index.as_deref(),
            self.authn_context_class_ref.as_deref(),
        ];
        texts.into_iter().for_each(|field| out.add_optional(field));
        self.groups.iter().for_each(|group| out.add(group.as_bytes()));
        out.into_bytes()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let fields = fields::read(bytes)?;
        let [
            VERSION,
            connection_id,
            issuer,
            fingerprint,
            authn_instant,
            until,
            value,
            format,
            name_qualifier,
            sp_name_qualifier,
            email,
            first_name,
            last_name,
            display_name,
            session_index,
            class,
            groups @ ..,
        ] = fields.as_slice()
        else {
            return None;
        };
        let email = optional(email)?.map(|email| Email::parse(&email)).transpose().ok()?;
        Some(Self {
            connection_id: text(connection_id)?,
            issuer: text(issuer)?,
            name_id: NameId {
                value: text(value)?,
                format: optional(format)?,
                name_qualifier: optional(name_qualifier)?,
                sp_name_qualifier: optional(sp_name_qualifier)?,
            },
            email,
            first_name: optional(first_name)?,
            last_name: optional(last_name)?,
            display_name: optional(display_name)?,
            groups: groups.iter().map(|group| text(group)).collect::<Option<_>>()?,
            session_index: optional(session_index)?,
            session_not_on_or_after: match until {
                [] => None,
                _ => Some(instant(until)?),
            },
            authn_instant: instant(authn_instant)?,
            authn_context_class_ref: optional(class)?,
            key_fingerprint: Fingerprint::from_bytes((*fingerprint).try_into().ok()?),
            attributes: Attributes::default(),
        })
    }
}

fn instant(bytes: &[u8]) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(i64::from_be_bytes(bytes.try_into().ok()?))
}
