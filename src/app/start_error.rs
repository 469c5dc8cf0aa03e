//! Why a server did not start, and what to try.

use std::io::ErrorKind;
use std::net::SocketAddr;

use crate::config::TokenError;
use crate::fd_limit::TooFew;
use crate::journal::JournalError;
use crate::sink::SinkError;
use crate::store::spill::ReplayError;
use crate::store::{StoreError, StoreUrl};

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error("cannot open store {url}: {error}{}", what_to_try(url, error))]
    Store {
        /// Which.
        url: StoreUrl,
        /// Why.
        error: StoreError,
    },
    /// There is no store to ask.
    #[error("there is no store at {url}; try --store, or make one with viewtally serve or import")]
    NoStore {
        /// Where.
        url: String,
    },
    /// What an earlier drain spilled cannot be applied.
    #[error("{0}; its views are safe in it; try again once the store answers")]
    Replay(ReplayError),
    /// The store does not say which it is.
    #[error("cannot read which database this is: {0}; try again, or look at who else uses it")]
    Database(SinkError),
    /// What earlier runs left cannot be counted, or no journal be begun.
    #[error("{0}; nothing in it is lost; try again once that is mended, or --journal off")]
    Journal(JournalError),
    /// What waits for a queue cannot be read.
    #[error(
        "cannot read what waits for the queue beside the database: {0}; look at that folder's files and rights"
    )]
    Outbox(std::io::Error),
    /// What an earlier run left for a queue cannot be applied.
    #[error("{0}; what an earlier run with --queue left is safe; try again once the store answers")]
    LeftForQueue(SinkError),
    /// The address cannot be bound.
    #[error("cannot listen on {address}: {}", explain_listen(error))]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// The service manager has handed over something else.
    #[error(
        "cannot listen on what the service manager handed over (LISTEN_FDS): {0}; it must be one TCP socket that listens"
    )]
    Inherit(std::io::Error),
    /// There is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Too few descriptors.
    #[error(transparent)]
    Descriptors(#[from] TooFew),
    /// No randomness for the day's salt.
    #[error(
        "cannot get random bytes from the system for the day's salt; try again once /dev/urandom can be read"
    )]
    Random,
    /// No thread.
    #[error("cannot start a thread: {0}; try a higher limit of processes")]
    Thread(std::io::Error),
}

/// Why an address cannot be bound, and what to try.
fn explain_listen(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::AddrInUse => {
            "another program listens there; try --listen with another port, or end that program"
                .to_owned()
        }
        ErrorKind::PermissionDenied => {
            "permission denied; try --listen with a port from 1024 on".to_owned()
        }
        ErrorKind::AddrNotAvailable => {
            "this machine has no such address; try --listen 0.0.0.0:PORT for all that it has"
                .to_owned()
        }
        _ => format!("{error}; try --listen with another address"),
    }
}

/// What to try where an error of the store does not say so itself.
fn what_to_try(url: &StoreUrl, error: &StoreError) -> &'static str {
    match error {
        StoreError::Busy(_) | StoreError::Unavailable(_) if !url.is_shared() => {
            "; try --store, or look at who may write there, and whether its file system is read-only"
        }
        StoreError::Busy(_) | StoreError::Unavailable(_) => {
            "; try psql with the same address, and see whether the database is there and lets you in"
        }
        _ => "",
    }
}
