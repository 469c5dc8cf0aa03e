//! Parses web servers' access logs: which posts were read, when, and by whom.
//!
//! [`Source`] opens a log and recognises it by its content, [`Chunks`] splits it into lines, [`LogReader`] makes reads of
//! them. This module does not know the store: the caller finds a slug's post and counts a read.

mod asset;
mod chunks;
mod combined;
mod commonest;
mod entry;
mod fingerprint;
mod json;
mod json_value;
mod line;
mod parse_error;
mod path;
mod pattern_error;
mod reads;
mod sample;
mod segment;
mod source;
mod time;
mod w3c;

pub use chunks::Chunks;
pub use fingerprint::{Fingerprint, ImportedPrefix, LogPrefix};
pub use parse_error::ParseError;
pub use path::PathPattern;
pub use reads::{LogReader, PostName, Reads};
pub use source::Source;
