//! What is kept by a digest.

use saml_login::store::{Kept, KeptKind, KeptWrite};
use saml_login::token::TokenDigest;
use serde_json::to_vec;

use super::Writing;
use crate::database::values;
use crate::failure::Failure;
use crate::keys;

impl Writing<'_, '_> {
    /// Writes it; whether any of it is other than it was read, or not there any more.
    pub(super) async fn kept_conflicts(&mut self) -> Result<bool, Failure> {
        for kept in &self.write.kept {
            let fits = match kept {
                KeptWrite::Put(kept) => self.put_kept(kept).await?,
                KeptWrite::Take(kind, digest) => self.take(*kind, digest).await?,
                _ => return Err(Failure::other("something kept that this release knows not")),
            };
            if !fits {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn put_kept(&mut self, kept: &Kept) -> Result<bool, Failure> {
        let lock = self.connection.for_update();
        let sql = format!(
            "SELECT record FROM saml_kept \
             WHERE kind = $1 AND digest = $2 AND organization = $3{lock}"
        );
        let key = || values![kept.kind().as_str(), kept.digest.as_bytes(), self.organization];
        let mut values = key();
        let row = self.connection.row(sql, key()).await?;
        values.extend(values![kept.expires_at.map(keys::instant), to_vec(kept)?]);
        let Some(row) = row else {
            let sql = "INSERT INTO saml_kept (kind, digest, organization, expires_at, record) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
            return Ok(kept.version == 0 && self.connection.run(sql, values).await? > 0);
        };
        let before: Kept = row.record(0)?;
        let sql = "UPDATE saml_kept SET expires_at = $4, record = $5 \
             WHERE kind = $1 AND digest = $2 AND organization = $3";
        Ok(before.version.checked_add(1) == Some(kept.version)
            && self.connection.run(sql, values).await? > 0)
    }

    async fn take(&mut self, kind: KeptKind, digest: &TokenDigest) -> Result<bool, Failure> {
        let sql = "DELETE FROM saml_kept WHERE kind = $1 AND digest = $2 AND organization = $3";
        let values = values![kind.as_str(), digest.as_bytes(), self.organization];
        Ok(self.connection.run(sql, values).await? > 0)
    }
}
