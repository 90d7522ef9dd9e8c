//! Verifying with a pinned key.

use std::sync::{Mutex, MutexGuard, TryLockError};

use openssl::error::ErrorStack;
use openssl::md::Md;
use openssl::nid::Nid;
use openssl::pkey::{PKey, PKeyRef, Public};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use openssl::sign::RsaPssSaltlen;

/// What a key is used for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyUsage {
    pub(crate) digest: Nid,
    pub(crate) padding: SignaturePadding,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignaturePadding {
    /// ECDSA has none.
    None,
    /// RSASSA-PKCS1-v1_5.
    Pkcs1,
    /// RSASSA-PSS with a salt as long as the digest, and the same digest in MGF1.
    Pss,
}

/// A public key with contexts made ready for it. To look up algorithms and keys anew takes OpenSSL
/// an eighth of the time of a whole verification, and many of its locks.
pub(super) struct PublicKey {
    key: PKey<Public>,
    ready: Mutex<Ready>,
}

/// Contexts, each with what it is for; the longest kept first.
type Ready = Vec<(KeyUsage, PkeyCtx<Public>)>;

/// So many contexts are kept: as many as threads verify at the same instant.
const KEPT: usize = 16;

impl PublicKey {
    pub(super) fn new(key: PKey<Public>) -> Self {
        Self { key, ready: Mutex::default() }
    }

    pub(super) fn key(&self) -> &PKeyRef<Public> {
        &self.key
    }

    /// Whether the key has signed `digest`. No thread ever waits for another: one that does not get
    /// at the contexts at once makes its own.
    pub(super) fn verifies(
        &self,
        usage: KeyUsage,
        digest: &[u8],
        signature: &[u8],
    ) -> Result<bool, ErrorStack> {
        let mut context = match self.take(usage) {
            Some(context) => context,
            None => self.context(usage)?,
        };
        let verdict = context.verify(digest, signature);
        self.keep(usage, context);
        verdict
    }

    fn take(&self, usage: KeyUsage) -> Option<PkeyCtx<Public>> {
        let mut ready = self.ready()?;
        let position = ready.iter().position(|(kept, _)| *kept == usage)?;
        Some(ready.remove(position).1)
    }

    /// Where there is no room, the place of another is taken: contexts for what nobody uses any
    /// more do not stay.
    fn keep(&self, usage: KeyUsage, context: PkeyCtx<Public>) {
        let Some(mut ready) = self.ready() else { return };
        if ready.len() >= KEPT {
            ready.remove(0);
        }
        ready.push((usage, context));
    }

    /// `None` while another thread is at them. Nothing is done under the lock that could leave the
    /// list half changed.
    fn ready(&self) -> Option<MutexGuard<'_, Ready>> {
        match self.ready.try_lock() {
            Ok(ready) => Some(ready),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn context(&self, usage: KeyUsage) -> Result<PkeyCtx<Public>, ErrorStack> {
        // Without one every digest would be taken for whatever it looks like.
        let digest = Md::from_nid(usage.digest).ok_or_else(ErrorStack::get)?;
        let mut context = PkeyCtx::new(&self.key)?;
        context.verify_init()?;
        match usage.padding {
            SignaturePadding::None => {}
            SignaturePadding::Pkcs1 => context.set_rsa_padding(Padding::PKCS1)?,
            SignaturePadding::Pss => context.set_rsa_padding(Padding::PKCS1_PSS)?,
        }
        context.set_signature_md(digest)?;
        if usage.padding == SignaturePadding::Pss {
            context.set_rsa_mgf1_md(digest)?;
            context.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        }
        Ok(context)
    }
}

#[cfg(test)]
mod tests {
    use openssl::hash::{MessageDigest, hash};
    use openssl::rsa::Rsa;
    use openssl::sign::Signer;

    use super::*;

    #[test]
    fn a_context_serves_again_after_either_verdict() {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let public = PKey::public_key_from_der(&key.public_key_to_der().unwrap()).unwrap();
        let public = PublicKey::new(public);
        let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
        let signature = signer.sign_oneshot_to_vec(b"octets").unwrap();
        let digest = hash(MessageDigest::sha256(), b"octets").unwrap();
        let other = hash(MessageDigest::sha256(), b"other").unwrap();
        let pkcs1 = KeyUsage { digest: Nid::SHA256, padding: SignaturePadding::Pkcs1 };
        let pss = KeyUsage { digest: Nid::SHA256, padding: SignaturePadding::Pss };
        for _ in 0..3 {
            assert!(public.verifies(pkcs1, &digest, &signature).unwrap());
            assert!(!public.verifies(pkcs1, &other, &signature).unwrap_or(false));
            assert!(!public.verifies(pkcs1, &digest, b"").unwrap_or(false));
            assert!(!public.verifies(pss, &digest, &signature).unwrap_or(false));
        }
        assert_eq!(public.ready.lock().unwrap().len(), 2);
    }

    #[test]
    fn threads_do_not_wait_for_each_other() {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let public =
            PublicKey::new(PKey::public_key_from_der(&key.public_key_to_der().unwrap()).unwrap());
        let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
        let signature = signer.sign_oneshot_to_vec(b"octets").unwrap();
        let digest = hash(MessageDigest::sha256(), b"octets").unwrap();
        let usage = KeyUsage { digest: Nid::SHA256, padding: SignaturePadding::Pkcs1 };
        // With the lock held by somebody for all the time.
        let held = public.ready.lock().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert!(public.verifies(usage, &digest, &signature).unwrap()));
            }
        });
        assert!(held.is_empty());
    }
}
