//! The rules.

use chrono::{DateTime, Utc};

use super::content::{Content, trimmed};
use super::{
    Diagnosis, ExaminedValues, Finding, PastedField, PastedValues, Problem, Severity, Surroundings,
    certificate, shape,
};
use crate::address::{Address, Parts, is_plain};
use crate::advice::Product;
use crate::error::CertificateError;
use crate::limits::Limits;
use crate::metadata::{IdpMetadata, MetadataError, MetadataWarning};
use crate::provider::IdentityProvider;
use crate::trust::Certificates;

pub(super) const TEXT_FIELDS: [PastedField; 3] =
    [PastedField::Audience, PastedField::SsoUrl, PastedField::Issuer];

/// The pasted values, looked into once.
pub(super) struct Examination<'a> {
    pub(super) pasted: &'a PastedValues,
    pub(super) around: &'a Surroundings<'a>,
    now: DateTime<Utc>,
    audience: Content,
    sso_url: Content,
    issuer: Content,
    certificate: Content,
}

impl<'a> Examination<'a> {
    pub(super) fn new(
        pasted: &'a PastedValues,
        around: &'a Surroundings<'a>,
        limits: &Limits,
        now: DateTime<Utc>,
    ) -> Self {
        let content = |text: &str| Content::of(text, trimmed(&pasted.issuer), limits, now);
        Self {
            audience: content(&pasted.audience),
            sso_url: content(&pasted.sso_url),
            issuer: content(&pasted.issuer),
            certificate: content(&pasted.certificate),
            pasted,
            around,
            now,
        }
    }

    pub(super) fn diagnosis(self) -> Diagnosis {
        let swap = self.swap();
        let certificates = Certificates::parse(&self.pasted.certificate);
        let findings = match self.metadata() {
            Some((field, metadata)) => self.beside_metadata(field, metadata),
            None => self.of_fields(swap, &certificates),
        };
        let usable = findings.iter().all(|finding| finding.severity != Severity::Error);
        Diagnosis {
            findings,
            offer: self.offer(swap).map(Box::new),
            values: certificates
                .ok()
                .filter(|_| usable)
                .map(|certificates| Box::new(self.values(certificates))),
        }
    }

    fn of_fields(
        &self,
        swap: Option<(PastedField, PastedField)>,
        certificates: &Result<Certificates, CertificateError>,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        for field in TEXT_FIELDS {
            let problems = match self.content(field) {
                Content::Blank => vec![Problem::Blank],
                Content::Certificate => vec![Problem::CertificateMisplaced],
                Content::Metadata(metadata) => vec![of_metadata(metadata)],
                Content::PrivateKey => vec![Problem::PrivateKeyPasted],
                Content::Text => self.of_text(field, swap),
            };
            findings.extend(problems.into_iter().map(|problem| Finding::new(field, problem)));
        }
        let problems = match (&self.certificate, certificates) {
            (Content::Metadata(metadata), _) => vec![of_metadata(metadata)],
            (_, Err(error)) => vec![Problem::Certificate(error.clone())],
            (_, Ok(certificates)) => certificate::problems(certificates, self.around, self.now),
        };
        let finding = |problem| Finding::new(PastedField::Certificate, problem);
        findings.extend(problems.into_iter().map(finding));
        findings
    }

    /// The document says everything but the Audience URI: what stands in the other fields does not
    /// matter, unless it is a secret.
    fn beside_metadata(&self, field: PastedField, metadata: &IdpMetadata) -> Vec<Finding> {
        let mut findings = Vec::new();
        for other in PastedField::ALL.iter().copied() {
            let problems = match (other, self.content(other)) {
                _ if other == field => of_document(metadata),
                (PastedField::Certificate, Content::PrivateKey) => {
                    vec![Problem::Certificate(CertificateError::PrivateKey)]
                }
                (_, Content::PrivateKey) => vec![Problem::PrivateKeyPasted],
                (PastedField::Audience, Content::Text) => self.of_text(other, None),
                (PastedField::Audience, Content::Blank) if self.around.audience.is_none() => {
                    vec![Problem::Blank]
                }
                _ => Vec::new(),
            };
            findings.extend(problems.into_iter().map(|problem| Finding::new(other, problem)));
        }
        findings
    }

    pub(super) fn content(&self, field: PastedField) -> &Content {
        match field {
            PastedField::Audience => &self.audience,
            PastedField::SsoUrl => &self.sso_url,
            PastedField::Issuer => &self.issuer,
            PastedField::Certificate => &self.certificate,
        }
    }

    /// The text of a field, without blank space around it; empty if the field holds something that
    /// is no text.
    pub(super) fn text(&self, field: PastedField) -> &'a str {
        match self.content(field) {
            Content::Text => trimmed(self.pasted.field(field)),
            _ => "",
        }
    }

    fn values(&self, certificates: Certificates) -> ExaminedValues {
        let idp = IdentityProvider::new(self.pasted.issuer.as_str(), certificates);
        ExaminedValues {
            audience: self.pasted.audience.clone(),
            identity_provider: idp.with_sso_url(self.text(PastedField::SsoUrl)),
        }
    }

    /// Which two fields seem to hold each other's values.
    fn swap(&self) -> Option<(PastedField, PastedField)> {
        let [audience, sso_url, issuer] = TEXT_FIELDS.map(|field| self.text(field));
        let is_url = |text| Address::of(text) != Address::None;
        let audience_is_login_url =
            !sso_url.is_empty() && !is_url(sso_url) && is_login_url(audience);
        let audience_is_issuer = foreign_issuer(audience).is_some()
            && Product::of_issuer(issuer).is_none()
            && !issuer.is_empty()
            && issuer != audience;
        let sso_url_is_none = match Product::of_issuer(sso_url) {
            // Anybody's single sign-on URL may have the path of a realm; beside that of the realm
            // it has not.
            Some(Product::Keycloak) => Product::of_login_url(issuer) == Some(Product::Keycloak),
            Some(_) => true,
            None => {
                !is_url(sso_url) && !sso_url.is_empty() && shape::with_scheme(sso_url).is_none()
            }
        };
        let issuer_is_sso_url = Address::of(issuer) == Address::Secure
            && Product::of_issuer(issuer).is_none()
            && issuer != audience
            && !self.is_ours(issuer);
        match (audience_is_login_url, audience_is_issuer, sso_url_is_none && issuer_is_sso_url) {
            (true, _, _) => Some((PastedField::Audience, PastedField::SsoUrl)),
            // All three went round: each field is told where its value belongs.
            (_, true, true) => None,
            (_, true, false) => Some((PastedField::Audience, PastedField::Issuer)),
            (_, false, true) => Some((PastedField::SsoUrl, PastedField::Issuer)),
            _ if is_login_beside(issuer, sso_url) => {
                Some((PastedField::SsoUrl, PastedField::Issuer))
            }
            _ => None,
        }
    }

    fn of_text(
        &self,
        field: PastedField,
        swap: Option<(PastedField, PastedField)>,
    ) -> Vec<Problem> {
        let space = self.pasted.field(field) != self.text(field);
        let guess = match swap {
            // Said once, at the first of the two.
            Some((first, second)) if field == first => Some(Problem::Swapped { with: second }),
            Some((_, second)) if field == second => None,
            _ => match field {
                PastedField::Audience => self.of_audience(),
                PastedField::SsoUrl => self.of_sso_url(),
                PastedField::Issuer => self.of_issuer(),
                PastedField::Certificate => None,
            },
        };
        // What cannot work is said beside what may have been meant.
        let unusable = if field == PastedField::SsoUrl { self.sso_url_unusable() } else { None };
        space
            .then_some(Problem::SurroundingSpace)
            .into_iter()
            .chain(guess)
            .chain(unusable)
            .collect()
    }

    fn of_audience(&self) -> Option<Problem> {
        let [audience, sso_url, issuer] = TEXT_FIELDS.map(|field| self.text(field));
        if audience == issuer {
            return Some(Problem::AudienceEqualsIssuer);
        }
        if self.around.audience == Some(audience) {
            return None;
        }
        if self.nearly_our_audience().is_some() {
            return Some(Problem::AudienceNearlyOurs);
        }
        let is = |ours: Option<&str>| ours.is_some_and(|ours| is_same_url(ours, audience));
        if is(self.around.acs_url) {
            return Some(Problem::AudienceIsAcsUrl);
        }
        if is(self.around.login_url) {
            return Some(Problem::AudienceIsLoginUrl);
        }
        if is_login_url(audience) || (audience == sso_url && Address::of(audience) != Address::None)
        {
            return Some(Problem::SsoUrlMisplaced);
        }
        if let Some(product) = foreign_issuer(audience) {
            return Some(Problem::IssuerMisplaced { product });
        }
        let host = Parts::of(audience)?.authority;
        (!self.is_at_us(audience) && Parts::of(sso_url)?.authority == host)
            .then_some(Problem::AudienceAtIdp)
    }

    /// The Audience URI that is proposed, if what was pasted differs from it by a slash or by
    /// letter case: it is compared byte for byte.
    pub(super) fn nearly_our_audience(&self) -> Option<&'a str> {
        let audience = self.text(PastedField::Audience);
        self.around.audience.filter(|ours| *ours != audience && is_same_url(ours, audience))
    }

    fn of_sso_url(&self) -> Option<Problem> {
        let sso_url = self.text(PastedField::SsoUrl);
        let product = Product::of_issuer(sso_url);
        let misplaced = product.map(|product| Problem::IssuerMisplaced { product });
        misplaced.or(shape::is_metadata(sso_url).then_some(Problem::SsoUrlIsMetadataUrl))
    }

    /// Why nobody can log in by the single sign-on URL.
    fn sso_url_unusable(&self) -> Option<Problem> {
        let sso_url = self.text(PastedField::SsoUrl);
        let is = |ours: Option<&str>| ours.is_some_and(|ours| is_same_url(ours, sso_url));
        if is(self.around.acs_url) {
            return Some(Problem::SsoUrlIsAcsUrl);
        }
        if is(self.around.login_url) {
            return Some(Problem::SsoUrlIsLoginUrl);
        }
        match Address::of(sso_url) {
            _ if !is_plain(sso_url) => Some(Problem::SsoUrlInvalid),
            Address::Insecure => Some(Problem::SsoUrlInsecure),
            _ if self.is_at_us(sso_url) => Some(Problem::SsoUrlAtUs),
            _ => None,
        }
    }

    /// Whether a URL is on the host, and the port, of our own ACS URL.
    fn is_at_us(&self, url: &str) -> bool {
        let ours = self.around.acs_url.and_then(Parts::of);
        ours.zip(Parts::of(url)).is_some_and(|(ours, parts)| ours.authority == parts.authority)
    }

    fn of_issuer(&self) -> Option<Problem> {
        let issuer = self.text(PastedField::Issuer);
        // The issuer of JumpCloud is any text that its administrator likes, the single sign-on URL
        // for example.
        if Product::of_login_url(issuer).is_some_and(|product| product != Product::JumpCloud) {
            return Some(Problem::SsoUrlMisplaced);
        }
        if issuer == self.text(PastedField::SsoUrl) {
            // That of a metadata document may be the issuer: said at the single sign-on URL.
            return (!shape::is_metadata(issuer)).then_some(Problem::IssuerEqualsSsoUrl);
        }
        // One text for both is said at the Audience URI.
        let same = issuer == self.text(PastedField::Audience);
        (!same && self.is_at_us(issuer)).then_some(Problem::IssuerAtUs)
    }

    fn is_ours(&self, url: &str) -> bool {
        [self.around.acs_url, self.around.login_url]
            .into_iter()
            .flatten()
            .any(|ours| is_same_url(ours, url))
    }
}

fn of_metadata(metadata: &Result<IdpMetadata, MetadataError>) -> Problem {
    match metadata {
        Ok(_) => Problem::MetadataPasted,
        Err(error) => Problem::MetadataUnreadable(error.clone()),
    }
}

/// That it was pasted, and what of it cannot be taken.
fn of_document(metadata: &IdpMetadata) -> Vec<Problem> {
    let warnings = metadata.warnings().iter();
    // That there is text around it, everybody sees.
    let warnings =
        warnings.filter(|warning| !matches!(warning, MetadataWarning::TextAround { .. }));
    let warnings = warnings.cloned().map(Problem::MetadataInPart);
    [Problem::MetadataPasted].into_iter().chain(warnings).collect()
}

/// Whether the one is the address of a single sign-on service, and the other, on its host, is
/// another one.
fn is_login_beside(one: &str, other: &str) -> bool {
    let same_host = Parts::of(one).zip(Parts::of(other)).is_some_and(|(a, b)| a.host == b.host);
    let may_be = shape::is_metadata(other) && shape::may_be_login(one);
    same_host && !shape::is_login(other) && (shape::is_login(one) || may_be)
}

/// A single sign-on URL that no service provider could have as its own name. Keycloak's could: it
/// is both.
fn is_login_url(text: &str) -> bool {
    Address::of(text) == Address::Secure
        && Product::of_login_url(text).is_some_and(|product| product != Product::Keycloak)
}

/// The product whose issuer this is, if no service provider could have it as its own name.
fn foreign_issuer(text: &str) -> Option<Product> {
    Product::of_issuer(text).filter(|product| *product != Product::Keycloak)
}

/// Equal but for letter case and a slash at the end.
fn is_same_url(one: &str, other: &str) -> bool {
    let bare = |url: &str| trimmed(url).trim_end_matches('/').to_ascii_lowercase();
    bare(one) == bare(other)
}
