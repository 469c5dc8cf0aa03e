//! Parses web servers' access logs: which posts were read, when, and by whom.
//!
//! [`Source`] opens a log and recognises it by its content, [`Chunks`] splits it into lines, [`LogReader`] makes reads of
//! them. This module does not know the store: the caller finds a slug's post and counts a read.

pub mod line;
pub mod path;

mod chunks;
mod fingerprint;
mod reads;
mod source;
mod time;

pub use chunks::Chunks;
pub use fingerprint::{Fingerprint, ImportedPrefix};
pub use path::PathPattern;
pub use reads::{LogReader, Reads};
pub use source::Source;
