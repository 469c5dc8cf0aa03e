//! The database, behind one trait for each group of its users.
//!
//! Everything above sees [`Store`] and its parts; only [`open()`] knows which database it is. A store calls nothing
//! above it: it imports the model and the sink, and nothing else of the crate.

mod brought;
pub mod cache;
#[cfg(test)]
#[path = "../../tests/store/conformance/mod.rs"]
mod conformance;
mod error;
mod filtered_page;
mod imported_log;
mod open;
mod options;
#[cfg(feature = "postgres")]
mod postgres;
pub mod rankings;
mod row_sink;
mod source;
pub mod spill;
mod sql;
mod sqlite;
mod traits;
mod url;

pub use brought::BroughtNumbers;
pub use cache::{CachedPost, CachedStore};
pub use error::StoreError;
pub use imported_log::{ImportedLog, KnownLog, LogProgress, LoggedPost, STDIN_LOG, UndoneLog};
pub use open::{copy, engine, open};
pub use options::{Durability, StoreOptions};
pub use rankings::Rankings;
pub use row_sink::RowSink;
pub use source::{ImportContent, Imported, Source};
pub use traits::{MAX_NUMBER, Store};
pub use url::StoreUrl;
