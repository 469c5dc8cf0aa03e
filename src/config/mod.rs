//! Validates raw flags into a configuration.

mod error;
mod serve;
mod token;

pub use error::ConfigError;
pub use serve::Config;
pub use token::{Token, TokenError, TokenSource};
