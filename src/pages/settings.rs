//! What an operator decides about pages.

use jiff::tz::TimeZone;

/// The settings of all pages.
#[derive(Clone, Debug)]
pub struct PageSettings {
    /// Whose days are shown.
    pub zone: TimeZone,
}
