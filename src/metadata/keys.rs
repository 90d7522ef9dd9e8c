//! The keys that may sign: Metadata §2.4.1.1.

use std::collections::BTreeSet;

use base64::Engine;

use super::bare;
use super::elements::{children, md};
use super::error::MetadataError;
use super::warning::{MetadataWarning, Warnings};
use crate::error::{CertificateError, Excerpt};
use crate::trust::{Certificate, Certificates, MAX_CERTIFICATES, UNPADDED, chain};
use crate::xml::{Element, Namespace};

/// The texts of the certificates in a KeyInfo, without white space, by X509Data. `None` is what is
/// no text.
type Texts = Vec<Vec<Option<String>>>;

/// The certificates of the keys of a role with use="signing" or without `use`.
///
/// What cannot be used is left out, as long as something remains. It is counted before any of it is
/// parsed.
pub(super) fn signing(
    role: Element<'_>,
    warnings: &mut Warnings,
) -> Result<Certificates, MetadataError> {
    let mut seen = BTreeSet::new();
    let mut infos: Vec<Texts> = Vec::new();
    let mut problems = Vec::new();
    for key in md(role, "KeyDescriptor") {
        if !may_sign(key, warnings) {
            continue;
        }
        for texts in texts(key, &mut problems, warnings) {
            if seen.insert(texts.clone()) {
                infos.push(texts);
            }
        }
        if infos.len() > MAX_CERTIFICATES {
            return Err(too_many(MAX_CERTIFICATES));
        }
        if infos.iter().any(|info| info.iter().map(Vec::len).sum::<usize>() > MOST_IN_ONE) {
            return Err(too_many(MOST_IN_ONE));
        }
    }
    let mut found = Vec::new();
    let mut left = MOST;
    for info in &infos {
        let candidates = Candidates::of(info);
        if candidates.found.len() > MOST_IN_ONE {
            return Err(too_many(MOST_IN_ONE));
        }
        left = left.checked_sub(candidates.found.len()).ok_or_else(|| too_many(MOST))?;
        for result in candidates.certificates(warnings) {
            match result {
                Ok(certificate) => found.push(certificate),
                Err(problem) => problems.push(problem),
            }
        }
    }
    // Whatever else is there: it is disclosed by now.
    if problems.contains(&CertificateError::PrivateKey) {
        return Err(MetadataError::PrivateKey);
    }
    if found.is_empty() {
        return Err(problems.into_iter().next().map_or_else(|| none(role), MetadataError::from));
    }
    for problem in problems {
        warnings.push(MetadataWarning::CertificateUnusable { problem });
    }
    Ok(Certificates::of(without_weak(found, warnings))?)
}

/// So many certificates may stand in one KeyInfo: that of the key, and a chain.
const MOST_IN_ONE: usize = 8;

/// So many may stand in all of them: whether one has issued another, a signature tells.
const MOST: usize = 24;

fn too_many(limit: usize) -> MetadataError {
    CertificateError::TooMany { limit }.into()
}

/// What is for encryption must not come to sign; neither must what nobody knows.
fn may_sign(key: Element<'_>, warnings: &mut Warnings) -> bool {
    match key.attribute("use") {
        None | Some("signing") => true,
        Some("encryption") => false,
        Some(found) => {
            warnings.push(MetadataWarning::KeyUseUnknown { found: Excerpt::new(found) });
            false
        }
    }
}

/// What stands in the KeyInfo elements of a KeyDescriptor.
fn texts(
    key: Element<'_>,
    problems: &mut Vec<CertificateError>,
    warnings: &mut Warnings,
) -> Vec<Texts> {
    let mut infos = Vec::new();
    let mut any = false;
    for info in children(key, Namespace::DS, "KeyInfo") {
        let mut groups = Vec::new();
        for data in children(info, Namespace::DS, "X509Data") {
            let mut group = Vec::new();
            for element in children(data, Namespace::DS, "X509Certificate") {
                any = true;
                match element.text().map(|text| packed(&text)) {
                    Some(text) if text.is_empty() => note(problems, CertificateError::Empty),
                    text => group.push(text),
                }
            }
            if !group.is_empty() {
                groups.push(group);
            }
        }
        if !groups.is_empty() {
            infos.push(groups);
        }
    }
    if !any {
        warnings.push(MetadataWarning::KeyWithoutCertificate);
    }
    infos
}

/// Each problem once: there may be thousands of empty elements.
fn note(problems: &mut Vec<CertificateError>, problem: CertificateError) {
    if !problems.contains(&problem) {
        problems.push(problem);
    }
}

/// PEM has blanks in its armour lines.
fn packed(text: &str) -> String {
    match text.contains("-----") {
        true => text.trim().to_owned(),
        false => text.split_ascii_whitespace().collect(),
    }
}

/// A certificate in a KeyInfo.
struct Found {
    der: Vec<u8>,
    /// Which X509Data it stands in.
    data: usize,
    /// Whether it stands first there.
    first: bool,
}

/// What stands in a KeyInfo.
struct Candidates {
    found: Vec<Found>,
    problems: Vec<CertificateError>,
    /// The X509Data in which something cannot be read.
    damaged: BTreeSet<usize>,
}

impl Candidates {
    fn of(info: &Texts) -> Self {
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        let mut damaged = BTreeSet::new();
        let texts = info.iter().enumerate();
        let texts =
            texts.flat_map(|(data, texts)| texts.iter().enumerate().map(move |t| (data, t)));
        for (data, (number, text)) in texts {
            let ders = text.as_deref().ok_or(CertificateError::Unrecognized).and_then(values);
            match ders {
                Ok(ders) => found.extend(ders.into_iter().enumerate().map(|(place, der)| {
                    let first = number == 0 && place == 0;
                    Found { der, data, first }
                })),
                Err(problem) => {
                    damaged.insert(data);
                    problems.push(problem);
                }
            }
        }
        Self { found, problems, damaged }
    }

    /// The certificate of each X509Data that holds the key: the first one that has issued none of
    /// those in the KeyInfo.
    ///
    /// Where the one that holds the key cannot be used, that of an authority never takes its place:
    /// nobody asked to trust what an authority signs.
    fn certificates(
        mut self,
        warnings: &mut Warnings,
    ) -> Vec<Result<Certificate, CertificateError>> {
        // Where one that begins like a certificate is not whole, it may be that of the key, and
        // another one in this KeyInfo that of its authority: none is taken.
        let is_cut = |problem: &CertificateError| {
            matches!(problem, CertificateError::Damaged | CertificateError::Truncated)
        };
        if self.problems.iter().any(is_cut) {
            self.found.clear();
        }
        let (signing, beside) = chosen(self.found, &self.damaged);
        for certificate in beside.iter().filter_map(|der| Certificate::from_der(der).ok()) {
            let fingerprint = certificate.fingerprint();
            let subject = certificate.subject().to_owned();
            warnings.push(MetadataWarning::CertificateBeside { fingerprint, subject });
        }
        let certificates = signing.iter().map(|der| Certificate::from_der(der));
        certificates.chain(self.problems.into_iter().map(Err)).collect()
    }
}

/// Those that hold the key, and the others, as DER. In a damaged X509Data it may be the certificate
/// of the key that cannot be read: there only the first counts.
fn chosen(found: Vec<Found>, damaged: &BTreeSet<usize>) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let ders: Vec<&[u8]> = found.iter().map(|found| found.der.as_slice()).collect();
    let authorities = chain::authorities(&ders);
    let (mut signing, mut beside, mut taken) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (Found { der, data, first }, authority) in found.into_iter().zip(authorities) {
        let readable = first || !damaged.contains(&data);
        match !authority && readable && taken.insert(data) {
            true => signing.push(der),
            false => beside.push(der),
        }
    }
    (signing, beside)
}

/// The certificates of one element, as DER: one, or several that were run together.
fn values(text: &str) -> Result<Vec<Vec<u8>>, CertificateError> {
    if let Some(values) = run_together(text) {
        return Ok(values);
    }
    // Whatever else is taken as a certificate, and the names for what is none.
    let found = Certificates::parse(text)?;
    let all = found.iter().chain(found.authorities());
    Ok(all.map(|certificate| certificate.der().to_vec()).collect())
}

/// Base64 of one certificate behind the other, with padding between them or without.
fn run_together(text: &str) -> Option<Vec<Vec<u8>>> {
    let mut values = Vec::new();
    for piece in text.split('=').filter(|piece| !piece.is_empty()) {
        let der = UNPADDED.decode(piece).ok()?;
        values.extend(chain::split(&der)?.into_iter().map(<[u8]>::to_vec));
        // What is too many need not be parsed.
        if values.len() > MOST_IN_ONE {
            return Some(values);
        }
    }
    values.iter().all(|der| chain::is_certificate(der)).then_some(values)
}

/// Weak keys are for the connection to refuse, unless there are better ones.
fn without_weak(certificates: Vec<Certificate>, warnings: &mut Warnings) -> Vec<Certificate> {
    if certificates.iter().all(|certificate| certificate.weak_bits().is_some()) {
        return certificates;
    }
    let mut strong = Vec::new();
    for certificate in certificates {
        match certificate.weak_bits() {
            None => strong.push(certificate),
            Some(bits) => {
                let fingerprint = certificate.fingerprint();
                warnings.push(MetadataWarning::KeyTooWeak { fingerprint, bits });
            }
        }
    }
    strong
}

/// There is no certificate, or it is in no namespace.
fn none(role: Element<'_>) -> MetadataError {
    let parts = ["KeyDescriptor", "KeyInfo", "X509Data", "X509Certificate"];
    bare(&parts, role.descendants()).unwrap_or(MetadataError::NoSigningKey)
}
