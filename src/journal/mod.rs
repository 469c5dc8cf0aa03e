//! Events on disk before they are counted, so that nothing a client has read is lost when the process dies.
//!
//! A request [appends](Journal::append) its event to a file that is mapped into memory, before its answer is sent: no
//! system call, and no lock that requests share. The kernel keeps what is mapped, however the process ends. Each event has
//! a position, which goes with it into a counter's batch; the transaction that commits the batch stores the positions with
//! it. So the next start knows, for each event it finds, whether it was counted.
//!
//! A journal belongs to one run of the server on one database. Its files lie in a folder beside the database: segments of
//! fixed size that are used again and again, and, while the store takes nothing, the counters' batches.

mod append;
mod batch_file;
mod error;
mod folder;
mod format;
mod mapped;
mod recovery;
mod run_file;
mod segment;
mod segments;
mod shared;
mod upkeep;
mod wakeup;

#[cfg(test)]
#[path = "../../tests/journal/model.rs"]
mod model;
#[cfg(test)]
#[path = "../../tests/journal/model_store.rs"]
mod model_store;
#[cfg(test)]
#[path = "../../tests/journal/model_threads.rs"]
mod model_threads;

pub use append::{Appended, Journal, JournalOptions, MIN_JOURNAL, SavedBatch, write_batch};
pub use error::JournalError;
pub use folder::JournalFolder;
pub use recovery::{Recovered, pending, recover};

#[cfg(feature = "internals")]
pub use {
    batch_file::{encode as encode_batch, seal as seal_batch},
    folder::FileKind,
    format::{HEADER, Header, SLOT, cancelled, encode as encode_event, slots_of},
};
