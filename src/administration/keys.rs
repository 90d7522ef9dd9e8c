//! The application's sealing keys: which of them a store knows, and what is sealed under which.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{AdministrationError, ROUNDS, administer};
use crate::account::OrganizationId;
use crate::organization::{Applied, Change, Plan};
use crate::provision::Asked;
use crate::random::Random;
use crate::sealing::SealingKeys;
use crate::store::{Store, Write, Written};

/// Ask this when the application starts, and do not start where it refuses: whether the keys are
/// those that this store knows.
///
/// In a store that knows none yet they are noted. From then on one of them has to be known, and a
/// new one beside it is noted, too. So a key that was drawn at start, or that belongs to another
/// database, is noticed before anything is sealed under it.
///
/// ```
/// use saml_login::SealingKey;
/// use saml_login::administration::admit_sealing_keys;
/// use saml_login::sealing::SealingKeys;
/// use saml_login::store::MemoryStore;
///
/// # let now = "2030-01-31T12:00:00Z".parse()?;
/// # let example = async {
/// let store = MemoryStore::default();
/// let old = || SealingKey::new([1; 32]);
/// let new = || SealingKey::new([2; 32]);
/// admit_sealing_keys(&store, &SealingKeys::new(old()), now).await?;
///
/// let refused = admit_sealing_keys(&store, &SealingKeys::new(new()), now).await;
/// assert_eq!(refused.unwrap_err().code(), "sealing_keys_not_admitted");
///
/// // Beside one that is known it is taken.
/// let both = SealingKeys::new(new()).and_opening_with(old());
/// admit_sealing_keys(&store, &both, now).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # };
/// # saml_login::testing::contract::block_on(Box::pin(async { example.await.unwrap() }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`AdministrationError::SealingKeysNotAdmitted`], [`AdministrationError::Contended`] and
/// [`AdministrationError::Store`].
pub async fn admit_sealing_keys<S: Store>(
    store: &S,
    keys: &SealingKeys,
    now: DateTime<Utc>,
) -> Result<(), AdministrationError> {
    note(store, keys, now, |known, own| known.union(&own).cloned().collect()).await
}

/// Has a store know these keys and no others any more: once everything was [sealed anew](reseal()),
/// and every machine has these. A machine that starts with a former one alone is refused then.
///
/// ```
/// use saml_login::SealingKey;
/// use saml_login::administration::{admit_sealing_keys, forget_other_sealing_keys};
/// use saml_login::sealing::SealingKeys;
/// use saml_login::store::{MemoryStore, Store};
///
/// # let now = "2030-01-31T12:00:00Z".parse()?;
/// # let example = async {
/// # let store = MemoryStore::default();
/// # let (new, old) = (SealingKey::new([1; 32]), SealingKey::new([2; 32]));
/// # let both = SealingKeys::new(new.clone()).and_opening_with(old);
/// # admit_sealing_keys(&store, &both, now).await?;
/// forget_other_sealing_keys(&store, &SealingKeys::new(new.clone()), now).await?;
/// assert!(store.store_record().await?.sealing_keys.iter().eq([&new.mark()]));
/// # Ok::<(), saml_login::error::BoxError>(())
/// # };
/// # saml_login::testing::contract::block_on(Box::pin(async { example.await.unwrap() }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Those of [`admit_sealing_keys`].
pub async fn forget_other_sealing_keys<S: Store>(
    store: &S,
    keys: &SealingKeys,
    now: DateTime<Utc>,
) -> Result<(), AdministrationError> {
    note(store, keys, now, |_, own| own).await
}

async fn note<S: Store>(
    store: &S,
    keys: &SealingKeys,
    now: DateTime<Utc>,
    after: impl Fn(&BTreeSet<String>, BTreeSet<String>) -> BTreeSet<String>,
) -> Result<(), AdministrationError> {
    let own: BTreeSet<String> = keys.marks().collect();
    for _ in 0..ROUNDS {
        let mut record = store.store_record().await.map_err(AdministrationError::Store)?;
        let known = &record.sealing_keys;
        if !known.is_empty() && known.is_disjoint(&own) {
            let (known, given) = (known.iter().cloned().collect(), keys.marks().collect());
            return Err(AdministrationError::SealingKeysNotAdmitted { known, given });
        }
        let noted = after(known, own.clone());
        if noted == *known {
            return Ok(());
        }
        record.sealing_keys = noted;
        record.version = record.version.saturating_add(1);
        // It is of no organization, and an empty id is nobody's.
        let mut write = Write::of("", now);
        write.store_record = Some(record);
        if store.write(write).await.map_err(AdministrationError::Store)? == Written::Done {
            return Ok(());
        }
    }
    Err(AdministrationError::Contended)
}

/// Seals the key pairs of an organization anew, under the first of these keys. `None` where they
/// are already, or where there are none.
///
/// For the application and its operators, once every machine opens with the new key: after it has
/// been done for every organization, the old key can be dropped.
///
/// ```
/// # use saml_login::administration::{administer, found};
/// # use saml_login::organization::{Change, Plan, SealedKeyPair, Slug, SpUrls};
/// # use saml_login::store::{MemoryStore, Store};
/// # use saml_login::{Organization, SealingKey};
/// use saml_login::Random;
/// use saml_login::administration::reseal;
/// use saml_login::organization::By;
/// use saml_login::provision::Asked;
/// use saml_login::sealing::SealingKeys;
///
/// # let now = "2030-01-31T12:00:00Z".parse()?;
/// # let (new, old) = (SealingKey::new([1; 32]), SealingKey::new([2; 32]));
/// # let example = async {
/// # let (store, random) = (MemoryStore::default(), || Random::new([7; 32]));
/// # let slug = Slug::parse("acme")?;
/// # let urls = SpUrls::derived("https://app.example.com", &slug).ok_or("no base URL")?;
/// # let (acme, id) = (Organization::new("org-1", slug, urls), "org-1".into());
/// let asked = Asked::by(By::Operator("operator-7"), now);
/// # found(&store, acme, None, &asked, random()).await?;
/// # let pair = SealedKeyPair::generate(&id, &SealingKeys::new(old.clone()), random(), now)?;
/// # let add = Change::AddKeyPair(Box::new(pair));
/// # administer(&store, &Plan::ALL, &id, &add, &asked).await?.result?;
/// let keys = SealingKeys::new(new.clone()).and_opening_with(old);
/// let applied = reseal(&store, &id, &keys, &asked, Random::generate()?).await?;
/// assert!(applied.is_some_and(|applied| applied.result.is_ok()));
/// # let record = store.organization(&id).await.map_err(|_| "no store")?.ok_or("none")?;
/// # assert!(record.organization.open_key_pairs(&SealingKeys::new(new)).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # };
/// # saml_login::testing::contract::block_on(Box::pin(async { example.await.unwrap() }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`AdministrationError::KeyPair`], if one of them does not open, and those of [`administer`].
/// Nothing was changed then.
pub async fn reseal<S: Store>(
    store: &S,
    organization: &OrganizationId,
    keys: &SealingKeys,
    asked: &Asked<'_>,
    random: Random,
) -> Result<Option<Applied>, AdministrationError> {
    let record = store.organization(organization).await.map_err(AdministrationError::Store)?;
    let record = record.ok_or(AdministrationError::OrganizationUnknown)?;
    let (mut pairs, mut random) = (Vec::new(), random);
    for pair in record.organization.key_pairs() {
        let (now, rest) = random.split();
        random = rest;
        pairs.extend(pair.sealed_anew(keys, now)?);
    }
    if pairs.is_empty() {
        return Ok(None);
    }
    administer(store, &Plan::NONE, organization, &Change::Reseal(pairs), asked).await.map(Some)
}
