//! The HTTP server: from accepted connections to parsed requests, and from responses back to bytes.
//!
//! ```text
//! listener ─► acceptor ─► poller ─► event_loop (a worker) ─► connection ─► head ─► handler ─► reply
//! ```
//!
//! A connection costs no thread while it waits: for its client (`poller`), for the store (`store_queue`), or for its
//! client to take the response. Workers serve whatever connection is ready. `deadlines` ends what takes too long.
//!
//! Rule: no byte is taken before it is understood. What has arrived is peeked at and stays in the kernel until it is one
//! whole request, of which exactly the bytes are taken; so memory, time and threads are bounded whatever a client sends,
//! and pipelining needs no buffer. Only the beginning of a request whose rest has not arrived is kept, within a bound
//! (`partial` says why).
//!
//! tiny_http accepts connections and owns their sockets. It parses nothing: its parser refuses legal header fields,
//! reads heads without a bound, waits for itself on a request of a later HTTP version, and its chunk decoder takes
//! what is no chunk.
//!
//! This module must not know a path, a post or a store. What a request means is its [`Handler`]'s.

mod acceptor;
mod body;
mod chunked;
mod connection;
mod context;
mod deadlines;
mod displacement;
mod event_loop;
mod fields;
mod first_requests;
mod framing;
mod handler;
mod head;
mod in_flight;
mod listener;
mod message;
mod partial;
mod phase;
mod poller;
mod raw_fd;
mod reply;
mod request;
mod send_budget;
mod store_queue;
mod window;
mod workers;

pub use event_loop::{Server, ServerConfig};
pub use handler::{Handler, Plan, Request, StoreUse};
pub use in_flight::InFlight;
pub use listener::Listener;

#[cfg(feature = "internals")]
pub use {
    chunked::{ChunkError, ChunkedDecoder},
    framing::Framing,
    head::{Head, HeadStatus, MAX_FIELDS, MAX_HEAD, field_buffer, parse},
};
