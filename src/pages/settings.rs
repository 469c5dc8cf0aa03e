//! What an operator decides about pages.

use clap::ValueEnum;
use jiff::tz::TimeZone;

/// Who may see the numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Access {
    /// Everybody.
    #[default]
    Public,
    /// Whoever has the token.
    Private,
}

/// The settings of all pages.
#[derive(Clone, Debug)]
pub struct PageSettings {
    /// Whose days are shown.
    pub zone: TimeZone,
    /// Who may see the numbers.
    pub numbers: Access,
    /// The most bytes that a form may have as it is sent.
    pub max_form: u64,
}
