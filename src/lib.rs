//! viewtally serves posts and counts their views without ever making a reader wait for the counting.
//!
//! # The way of the data
//!
//! ```text
//! client ─► server/  accept, poll, check the head, parse          bytes and threads; knows no post
//!             └► site  a page or the API?
//!                  └► api/ or pages/  route, look the post up, answer   ◄── the reader has it here
//!                       └► rules/  is it a view, and whose?
//!                       └► counter/event_sender  journal, then try_send  never blocks; full → overflow policy
//!                             └► counter/worker  batch ─► sink ─► store/  one transaction
//!                                  or ─► queue/  outbox, sender ─► external queue ─► consumer ─► store/  the same
//! journal/  the event is in a file before its answer is sent, and out of it once it is committed
//! ```
//!
//! # Invariants
//!
//! - A read waits for no lock that counting holds, and for no database but on a cache miss.
//! - An event is in exactly one place: the channel, the overflow, one counter's batch, the outbox of a queue, that queue, or
//!   the store. It leaves each only when it is in the next. A message of a queue has an id, by which the store applies it once.
//! - Unless it is off, the journal has each event whose answer is sent until the store has it. The transaction that counts it stores its
//!   position, so that a recovery counts what no transaction has, once.
//! - Whatever changes something needs the token: the API as `Authorization: Bearer`, pages as a session that was begun with
//!   it, in a form of this server. A session opens nothing of the API.
//! - Every queue has a bound and a rule for being full; every wait has a deadline; every thread has a name, and is
//!   ended in `shutdown`, but for those that wait for an engine in `queue/long_poll`: the end of the process ends them.
//! - Imports point downwards: `tests/rules/tidy.rs` holds the table of what each folder may know, and that no two files
//!   know each other.
//!
//! # Modules, in reading order
//!
//! [`cli`] and [`config`] (what was asked), [`command`] (the commands), `app` (the start), `shutdown` (the stop),
//! `server` and `http` (from a connection to a request), `site`, `api`, `pages` and `endpoint` (from a request to a
//! response), `embed` (what other sites show), `rules` (what is a view), `counter`, `journal`, `sink`, `queue`, `store`,
//! `maintenance`, `import`, `model`.

mod allocator;
mod api;
mod app;
pub mod cli;
mod clock;
pub mod command;
pub mod config;
mod counter;
mod embed;
mod endpoint;
mod fd_limit;
mod http;
mod import;
mod journal;
mod maintenance;
mod metrics;
mod model;
mod pages;
mod queue;
mod rules;
mod server;
mod shutdown;
mod sink;
mod site;
mod store;
#[cfg(test)]
mod test_support;
mod thread;

/// What benches measure and fuzz targets feed inside the library. Built for them and for tests only; no interface.
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals {
    pub use crate::allocator::give_back_large_blocks;
    pub use crate::counter::{CounterConfig, CounterPool, EventSender, EventSink, OverflowPolicy};
    pub use crate::maintenance::FreeMemory;
    pub use crate::metrics::Metrics;
    pub use crate::model::{Batch, DedupWindow, TimestampMs, ViewEvent, Viewer};
    pub use crate::sink::{BatchSink, SinkError, SinkHealth, Written};
    pub use crate::store::{CachedStore, StoreOptions, StoreUrl, open};

    /// What decides where a request begins and ends, and what it asks.
    pub mod request {
        pub use crate::api::{SeriesQuery, next_address};
        pub use crate::endpoint::cursor::{decode, encode};
        pub use crate::endpoint::parameters::{count_is_false, limit, period};
        pub use crate::http::{Method, Target, is_authority, query};
        pub use crate::model::{Cursor, series};
        pub use crate::rules::client_addr::client_addr;
        pub use crate::server::{
            ChunkError, ChunkedDecoder, Framing, Head, HeadStatus, MAX_FIELDS, MAX_HEAD,
            field_buffer, parse,
        };
    }

    /// What is recovered of a run that has ended, and how its files are written.
    pub mod journal {
        pub use crate::journal::{
            FileKind, HEADER, Header, JournalFolder, Recovered, SLOT, cancelled, encode_batch,
            encode_event, pending, recover, seal_batch, slots_of,
        };
        pub use crate::model::{Positions, Reason, RunId};
        pub use crate::sink::{BatchResult, JournalSink};
    }

    /// What an external queue does.
    pub mod queue {
        pub use crate::model::MessageId;
        pub use crate::queue::{
            Engine, OpenQueue, Outgoing, Producer, Queue, QueueError, QueueOptions, QueueUrl,
            Reader, Received, SendError, Sharing, Source, compress, decode, encode, seal,
        };
        pub use crate::sink::QueueStore;
    }

    /// What reads files.
    pub mod import {
        pub use crate::import::log::{LogReader, PathPattern, Reads};
        pub use crate::import::{
            FileLocation, FrontMatter, ImportError, ImportedPost, KeyValue, Outcome, Value,
            from_text, split,
        };
        pub use crate::model::address;
        pub use crate::model::slug::{is_valid_slug, slugify};
    }
}
