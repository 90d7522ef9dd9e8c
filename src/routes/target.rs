//! Where a request goes.

use percent_encoding::percent_decode_str;

/// Where a request goes. `-` is no slug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// With the path of the ACS URL below the base URL.
    Acs(String),
    Code,
    Confirm,
    Directory,
    Discover,
    Elsewhere,
    Here,
    Logout,
    /// With the path of the ACS URL beside it.
    Metadata(String),
    /// With the path of the Single Logout Service URL.
    Slo(String),
    /// With the slug.
    Start(String),
}

impl Target {
    /// That of a path below `base`, which is the path of the base URL.
    pub(super) fn of(base: &str, path: &str) -> Self {
        let Some(below) = path.strip_prefix(base) else { return Self::Elsewhere };
        // One slash at the end is no other place: AD FS and others add it to what was pasted.
        let below = below.strip_suffix('/').unwrap_or(below);
        let Some(below) = below.strip_prefix('/') else { return Self::Elsewhere };
        let segments: Vec<&str> = below.split('/').collect();
        match *segments.as_slice() {
            ["scim", _, ..] => Self::Directory,
            ["sso"] => Self::Discover,
            ["sso", "-", "code"] => Self::Code,
            ["sso", "-", "confirm"] => Self::Confirm,
            ["sso", "-", "here"] => Self::Here,
            ["sso", "-", "logout"] => Self::Logout,
            ["sso", slug] if slug != "-" => {
                Self::Start(percent_decode_str(slug).decode_utf8_lossy().into_owned())
            }
            ["saml", slug, "acs"] => Self::Acs(format!("/saml/{slug}/acs")),
            ["saml", slug, "metadata"] => Self::Metadata(format!("/saml/{slug}/acs")),
            ["saml", slug, "slo"] => Self::Slo(format!("/saml/{slug}/slo")),
            _ => Self::Elsewhere,
        }
    }

    /// Whether what is posted there is a form of our own pages.
    pub(super) fn is_form_of_ours(&self) -> bool {
        matches!(self, Self::Code | Self::Confirm | Self::Discover | Self::Logout)
    }

    /// The methods that it takes, as a header says them.
    pub(super) fn methods(&self) -> &'static str {
        match self {
            Self::Acs(_) | Self::Logout => "POST",
            Self::Code | Self::Confirm | Self::Discover | Self::Slo(_) => "GET, HEAD, POST",
            Self::Directory | Self::Elsewhere => "",
            Self::Here | Self::Metadata(_) | Self::Start(_) => "GET, HEAD",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_where_it_says() {
        let acs = || Target::Acs("/saml/acme/acs".into());
        for (path, expected) in [
            ("/app/saml/acme/acs", acs()),
            ("/app/saml/acme/acs/", acs()),
            ("/app/saml/acme/acs//", Target::Elsewhere),
            ("/saml/acme/acs", Target::Elsewhere),
            ("/app/saml/acme", Target::Elsewhere),
            ("/app/sso", Target::Discover),
            ("/app/sso/", Target::Discover),
            ("/app/sso/acme", Target::Start("acme".into())),
            ("/app/sso/-", Target::Elsewhere),
            ("/app/sso/-/code", Target::Code),
            ("/app/scim/org-1/v2/Users", Target::Directory),
            ("/app", Target::Elsewhere),
            ("/app/", Target::Elsewhere),
            ("/application/sso", Target::Elsewhere),
        ] {
            assert_eq!(Target::of("/app", path), expected, "{path}");
        }
    }
}
