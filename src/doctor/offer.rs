//! The values as they were probably meant.

use super::content::{Content, trimmed};
use super::examination::{Examination, TEXT_FIELDS};
use super::{PastedField, PastedValues, shape};
use crate::binding::Binding;
use crate::metadata::IdpMetadata;
use crate::trust::Certificate;

impl Examination<'_> {
    /// The values as they were probably meant, if that is another thing than what was pasted.
    pub(super) fn offer(&self, swap: Option<(PastedField, PastedField)>) -> Option<PastedValues> {
        let mut offer = self.pasted.clone();
        for field in PastedField::ALL {
            if matches!(self.content(*field), Content::PrivateKey) {
                offer.set(*field, "");
            }
        }
        // Without its secrets it is not yet what was meant.
        let disarmed = offer.clone();
        for field in
            TEXT_FIELDS.into_iter().filter(|field| matches!(self.content(*field), Content::Text))
        {
            offer.set(field, self.text(field));
        }
        if let Some(url) = shape::with_scheme(self.text(PastedField::SsoUrl)) {
            offer.sso_url = url;
        }
        if let Some(url) = shape::beside_metadata(self.text(PastedField::SsoUrl)) {
            offer.sso_url = url.to_owned();
        }
        if let Some((first, second)) = swap {
            offer.set(first, self.text(second));
            offer.set(second, self.text(first));
        }
        if let Some(audience) = self.nearly_our_audience() {
            offer.audience = audience.to_owned();
        }
        self.put_certificate_in_its_place(&mut offer);
        if let Some((_, metadata)) = self.metadata() {
            self.take(&mut offer, metadata);
        }
        (offer != disarmed).then_some(offer)
    }

    fn put_certificate_in_its_place(&self, offer: &mut PastedValues) {
        let misplaced = TEXT_FIELDS
            .into_iter()
            .find(|field| matches!(self.content(*field), Content::Certificate));
        let has_its_own = matches!(
            self.content(PastedField::Certificate),
            Content::Certificate | Content::Metadata(_)
        );
        if let Some(field) = misplaced.filter(|_| !has_its_own) {
            let certificate = offer.field(field).to_owned();
            let other = trimmed(&offer.certificate).to_owned();
            offer.set(field, other);
            offer.set(PastedField::Certificate, certificate);
        }
    }

    /// The first metadata document that can be read, and the field that it is in.
    pub(super) fn metadata(&self) -> Option<(PastedField, &IdpMetadata)> {
        let mut documents =
            PastedField::ALL.iter().copied().filter_map(|field| match self.content(field) {
                Content::Metadata(metadata) => Some((field, metadata.as_ref().as_ref().ok()?)),
                _ => None,
            });
        documents.next()
    }

    /// Puts what a metadata document says into the offer, and the Audience URI, which it cannot
    /// know.
    fn take(&self, offer: &mut PastedValues, metadata: &IdpMetadata) {
        let idp = metadata.identity_provider();
        let redirect =
            idp.sso_endpoints().iter().find(|endpoint| endpoint.binding == Binding::HttpRedirect);
        let sso_url = redirect.map(|endpoint| endpoint.location.as_str()).or(idp.sso_url());
        if !matches!(self.content(PastedField::Audience), Content::Text) {
            offer.audience = self.around.audience.unwrap_or_default().to_owned();
        }
        offer.sso_url = sso_url.unwrap_or(self.text(PastedField::SsoUrl)).to_owned();
        offer.issuer = idp.issuer().to_owned();
        offer.certificate = idp.certificates().iter().map(Certificate::to_pem).collect();
    }
}
