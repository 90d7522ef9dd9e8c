//! Where the next page begins, for clients that ask by cursor (RFC 9865).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};

use crate::account::{AccountId, OrganizationId};
use crate::fields::{self, Fields};
use crate::random::Random;
use crate::scim::{ScimError, ScimType};
use crate::sealing::SealingKeys;
use crate::store::Position;

use super::Refused;

/// So long a cursor is good.
pub(super) const SECONDS: u32 = 3_600;

const PURPOSE: &[u8] = b"saml-login scim cursor: ";

/// What a cursor leads on with: sealed, so that nobody makes one, and none serves another list or
/// another organization.
pub(super) struct Cursor<'a> {
    pub(super) organization: &'a OrganizationId,
    /// The digest of what is listed, and in which order.
    pub(super) listed: [u8; 32],
}

impl Cursor<'_> {
    fn associated(&self) -> Vec<u8> {
        let mut fields = Fields::default();
        fields.add(self.organization.as_str().as_bytes());
        fields.add(&self.listed);
        fields.into_bytes()
    }

    pub(super) fn seal(
        &self,
        position: &Position,
        keys: &SealingKeys,
        (now, random): (DateTime<Utc>, Random),
    ) -> Option<String> {
        let until = now.checked_add_signed(TimeDelta::seconds(SECONDS.into()))?;
        let mut fields = Fields::default();
        fields.add(&until.timestamp().to_be_bytes());
        match position {
            Position::After(at, id) => {
                fields.add(&at.timestamp().to_be_bytes());
                fields.add(&at.timestamp_subsec_nanos().to_be_bytes());
                fields.add(id.as_str().as_bytes());
            }
            Position::Skip(skip) => fields.add(&u64::try_from(*skip).ok()?.to_be_bytes()),
            Position::Start => return None,
        }
        let random = random.for_purpose("scim cursor");
        let sealed = keys.first().seal(PURPOSE, &self.associated(), &fields.into_bytes(), random);
        Some(URL_SAFE_NO_PAD.encode(sealed.ok()?))
    }

    pub(super) fn open(
        &self,
        cursor: &str,
        keys: &SealingKeys,
        now: DateTime<Utc>,
    ) -> Result<Position, Refused> {
        let sealed = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| foreign())?;
        let associated = self.associated();
        let opened = keys.all().find_map(|key| key.open(PURPOSE, &associated, &sealed));
        let opened = opened.ok_or_else(foreign)?;
        let (until, position) = read(&opened).ok_or_else(foreign)?;
        if now < until {
            return Ok(position);
        }
        let error = ScimError::new(400, "The cursor is too old: begin the list again.");
        Err(Refused::new("scim_cursor_expired", error.of(ScimType::ExpiredCursor)))
    }
}

fn read(opened: &[u8]) -> Option<(DateTime<Utc>, Position)> {
    let seconds = |bytes: &[u8]| Some(i64::from_be_bytes(bytes.try_into().ok()?));
    let fields = fields::read(opened)?;
    let (until, rest) = fields.split_first()?;
    let until = DateTime::from_timestamp(seconds(until)?, 0)?;
    let position = match rest {
        [skip] => {
            let skip = u64::from_be_bytes((*skip).try_into().ok()?);
            Position::Skip(usize::try_from(skip).ok()?)
        }
        [at, nanoseconds, id] => {
            let nanoseconds = u32::from_be_bytes((*nanoseconds).try_into().ok()?);
            let at = DateTime::from_timestamp(seconds(at)?, nanoseconds)?;
            Position::After(at, AccountId::new(std::str::from_utf8(id).ok()?))
        }
        _ => return None,
    };
    Some((until, position))
}

fn foreign() -> Refused {
    let words = "This is no cursor of this list: begin the list again.";
    Refused::new("scim_cursor_foreign", ScimError::new(400, words).of(ScimType::InvalidCursor))
}
