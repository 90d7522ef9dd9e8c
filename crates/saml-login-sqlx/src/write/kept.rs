//! What is kept by a digest.

use saml_login::store::KeptWrite;
use serde_json::to_vec;

use super::Writing;
use crate::database::values;
use crate::failure::Failure;
use crate::keys;

impl Writing<'_> {
    pub(super) fn put_kept(&mut self) -> Result<(), Failure> {
        for kept in &self.write.kept {
            match kept {
                KeptWrite::Put(kept) => {
                    // A new one that another organization puts at this very moment is an error of
                    // the database, and undone: digests are of random secrets.
                    let sql = match kept.version {
                        0 => {
                            "INSERT INTO saml_kept (kind, digest, organization, expires_at, \
                             record) VALUES ($1, $2, $3, $4, $5)"
                        }
                        _ => {
                            "UPDATE saml_kept SET expires_at = $4, record = $5 \
                             WHERE kind = $1 AND digest = $2 AND organization = $3"
                        }
                    };
                    let values = values![
                        kept.kind().as_str(),
                        kept.digest.as_bytes(),
                        self.organization,
                        kept.expires_at.map(keys::instant),
                        to_vec(kept)?,
                    ];
                    self.batch.add(sql, values);
                }
                KeptWrite::Take(kind, digest) => {
                    let sql = "DELETE FROM saml_kept \
                         WHERE kind = $1 AND digest = $2 AND organization = $3";
                    let values = values![kind.as_str(), digest.as_bytes(), self.organization];
                    self.batch.add(sql, values);
                }
                _ => return Err(Failure::other("something kept that this release knows not")),
            }
        }
        Ok(())
    }
}
