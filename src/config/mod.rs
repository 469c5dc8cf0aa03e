//! Raw flags made into values that need no further checking.

mod error;
mod serve;
mod token;

pub use error::ConfigError;
pub use serve::Config;
pub use token::{Token, TokenError, TokenSource};
