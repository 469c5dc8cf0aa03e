//! What pages share: their settings, and what of them is kept in memory.

use arc_swap::ArcSwapOption;

use super::settings::PageSettings;
use crate::store::cache::CachedPage;

/// See the module.
pub struct PageState {
    /// Their settings.
    pub settings: PageSettings,
    /// The feed, until the next edit.
    pub feed: ArcSwapOption<CachedPage>,
}

impl PageState {
    /// With nothing kept yet.
    pub fn new(settings: PageSettings) -> PageState {
        PageState {
            settings,
            feed: ArcSwapOption::empty(),
        }
    }
}
