//! Reads web servers' access logs: which posts were read, when, and by whom.
//!
//! [`Source`] opens a log and knows it again by its content, [`Chunks`] cuts it into lines, [`LogReader`] makes reads of
//! them. Nothing here knows the store: what a slug's post is, and what becomes of a read, is the caller's part.

pub mod line;
pub mod path;

mod chunks;
mod fingerprint;
mod reads;
mod source;
mod time;

pub use chunks::{Chunk, Chunks};
pub use fingerprint::{Beginning, Fingerprint, Known};
pub use path::PathPattern;
pub use reads::{LogReader, Read, Reads};
pub use source::Source;
