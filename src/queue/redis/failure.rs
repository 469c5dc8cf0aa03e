//! Why a Redis server did not do what it was asked, and what an operator can do about it.

use std::io;

use redis::ServerError;

use super::address::Address;
use crate::queue::error::QueueError;

/// Why a call failed. After any but [`Failure::is_of_the_data`] the connections are made anew.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// There is no connection, or it ended, or nothing was answered in time.
    #[error("cannot {attempt} {server}: {error}")]
    Connection {
        /// Before the server's address in a sentence: `reach`, `read an answer of`.
        attempt: &'static str,
        server: Address,
        error: io::Error,
    },
    /// The server answered that it does not.
    #[error("{server} answers {code} {details}{}", advice(.code))]
    Refused {
        server: Address,
        /// The first word of the answer.
        code: String,
        details: String,
    },
    /// The answer is not what was asked for, or there is nobody to ask.
    #[error("{0}")]
    Other(String),
}

/// What to try.
fn advice(code: &str) -> &'static str {
    match code {
        "NOAUTH" => "; try redis://USER:PASSWORD@HOST",
        "WRONGPASS" => "; try another user or password",
        "NOPERM" => {
            "; allow the user XADD, XREAD, XTRIM, XLEN, XINFO, EXISTS, WAIT, ROLE and INFO on the streams' keys"
        }
        "OOM" => {
            "; its memory is full: raise maxmemory, or see why nobody consumes what waits there"
        }
        "MISCONF" => "; it cannot write to its disk: see its log",
        "READONLY" => "; it is a replica: try the primary's address, or redis+sentinel://",
        "NOREPLICAS" => "; it wants more replicas than it has: see min-replicas-to-write",
        "LOADING" => "; it reads its data, which is waited for",
        "CLUSTERDOWN" | "MASTERDOWN" => "; a failover is waited for",
        "MOVED" | "ASK" => "; it is part of a Cluster: try redis+cluster://HOST:PORT",
        "WRONGTYPE" => "; the key is something else's: try another ?stream=NAME",
        _ => "",
    }
}

impl Failure {
    /// A connection's end.
    pub(super) fn connection(attempt: &'static str, server: &Address, error: io::Error) -> Failure {
        Failure::Connection {
            attempt,
            server: server.clone(),
            error,
        }
    }

    /// What a server refuses.
    pub(super) fn refused(server: &Address, error: &ServerError) -> Failure {
        Failure::Refused {
            server: server.clone(),
            code: error.code().to_owned(),
            details: error.details().unwrap_or_default().to_owned(),
        }
    }

    /// What the server's refusal begins with.
    pub(super) fn code(&self) -> &str {
        match self {
            Failure::Refused { code, .. } => code,
            _ => "",
        }
    }

    /// Where the key is instead that was asked for.
    pub(super) fn moved_to(&self) -> Option<Address> {
        match self {
            Failure::Refused {
                server,
                code,
                details,
            } if code == "MOVED" || code == "ASK" => {
                let (_slot, address) = details.split_once(' ')?;
                Address::told(address.trim(), server)
            }
            _ => None,
        }
    }

    /// Whether the server is the right one and works, and what it was asked about is not as it was thought to be.
    pub(super) fn is_of_the_data(&self) -> bool {
        matches!(self.code(), "ERR" | "WRONGTYPE" | "NOPERM")
    }
}

impl From<Failure> for QueueError {
    fn from(failure: Failure) -> QueueError {
        QueueError(failure.to_string())
    }
}
