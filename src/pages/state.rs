//! What pages share: their settings, and what of them is kept in memory.

use arc_swap::ArcSwapOption;

use super::session::{GuessLimit, Sessions};
use super::settings::PageSettings;
use crate::endpoint::Auth;
use crate::store::cache::CachedPage;

/// See the module.
pub struct PageState {
    /// Their settings.
    pub settings: PageSettings,
    /// The feed, until the next edit.
    pub feed: ArcSwapOption<CachedPage>,
    /// Who is signed in.
    pub sessions: Sessions,
    /// Who guesses the token.
    pub guesses: GuessLimit,
}

impl PageState {
    /// With nothing kept yet; whom `auth` admits can sign in.
    pub fn new(settings: PageSettings, auth: &Auth) -> PageState {
        PageState {
            settings,
            feed: ArcSwapOption::empty(),
            sessions: Sessions::new(auth),
            guesses: GuessLimit::default(),
        }
    }
}
