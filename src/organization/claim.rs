//! What belongs to one organization alone.

use super::Organization;
use crate::address::normal_form;
use crate::code::codes;

/// Which kind of thing is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ClaimKind {
    /// Where responses are posted.
    AcsUrl,
    /// A verified domain.
    Domain,
    /// Where a login starts.
    LoginUrl,
    /// Where logout messages come in.
    SloUrl,
    /// A name in URLs, a former one included.
    Slug,
}

codes!(ClaimKind {
    AcsUrl = "acs_url",
    Domain = "domain",
    LoginUrl = "login_url",
    SloUrl = "slo_url",
    Slug = "slug",
});

/// Something that belongs to one organization alone: a row with a primary key of both fields.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Claim {
    /// What it is.
    pub kind: ClaimKind,
    /// The thing, in a form in which two spellings of it are one.
    pub value: String,
}

impl Claim {
    /// A claim of this.
    pub fn new(kind: ClaimKind, value: &str) -> Self {
        let value = match kind {
            ClaimKind::AcsUrl | ClaimKind::LoginUrl | ClaimKind::SloUrl => normal_form(value),
            ClaimKind::Domain | ClaimKind::Slug => Some(value.to_ascii_lowercase()),
        };
        Self { kind, value: value.unwrap_or_default() }
    }
}

impl Organization {
    /// Everything that is this organization's alone. Its former slugs stay so: links to them are
    /// about.
    pub fn claims(&self) -> Vec<Claim> {
        let urls = self.urls();
        let slugs = self.former_slugs.iter().chain([&self.slug]);
        let domains = self.verified_domains().iter();
        slugs
            .map(|slug| Claim::new(ClaimKind::Slug, slug.as_str()))
            .chain([
                Claim::new(ClaimKind::AcsUrl, &urls.acs_url),
                Claim::new(ClaimKind::LoginUrl, &urls.login_url),
                Claim::new(ClaimKind::SloUrl, &urls.slo_url),
            ])
            .chain(domains.map(|domain| Claim::new(ClaimKind::Domain, domain.as_str())))
            .collect()
    }
}
