//! What all pages have around their content.

use super::assets;

/// For the base template.
pub struct Layout {
    /// The style sheet's path.
    pub style: String,
    /// The icon's path.
    pub icon: String,
    /// Marks the gap for the host, or is the host.
    pub host: String,
    /// Where to sign in, on pages that depend on it and for who has not.
    pub sign_in: Option<String>,
    /// What forms carry, for who is signed in.
    pub form_token: Option<String>,
}

impl Layout {
    /// The frame of a page on a host; see [`super::gaps`] for one that is rendered for all.
    pub fn new(host: impl Into<String>) -> Layout {
        Layout {
            style: assets::style(),
            icon: assets::icon(),
            host: host.into(),
            sign_in: None,
            form_token: None,
        }
    }
}
