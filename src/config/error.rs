//! Why flags are not valid.

use super::token::TokenError;

/// Why flags are not valid. The text says which flag, why, and what to try.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A flag's value, or two flags together.
    #[error("{0}")]
    Flags(String),
    /// The token.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl ConfigError {
    pub(crate) fn new(text: String) -> ConfigError {
        ConfigError::Flags(text)
    }
}
