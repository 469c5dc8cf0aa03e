//! Reaching a connection's socket from outside the HTTP library, which keeps it to itself.
//!
//! The process's own descriptors are looked through for accepted sockets of the listening port. That costs two calls
//! for each descriptor, and happens only where there is no other way: to end connections from outside, and when a
//! client announces a body nobody will read. Between looking and acting a descriptor may be closed and given to
//! another connection of this server, never to anything else that `shutdown` would hurt: it does nothing to files.

use std::net::SocketAddr;
use std::os::fd::RawFd;

use nix::sys::socket::{Shutdown, SockaddrStorage, getpeername, getsockname, shutdown};

/// A connection accepted on the listening port. Each shows twice: the library clones its socket for writing.
pub(super) struct Accepted {
    descriptor: RawFd,
    pub(super) peer: SocketAddr,
}

impl Accepted {
    /// Ends it. A thread blocked in reading from it wakes up.
    pub(super) fn end(&self) {
        // The peer may have gone first.
        let _ = shutdown(self.descriptor, Shutdown::Both);
    }

    /// Takes nothing more from the client: reading ends once what has arrived is read.
    fn stop_reading(&self) {
        // As above.
        let _ = shutdown(self.descriptor, Shutdown::Read);
    }
}

/// Takes nothing more from the client at `peer`.
pub(super) fn stop_reading(listening: SocketAddr, peer: SocketAddr) {
    let all = accepted_on(listening);
    all.iter()
        .filter(|accepted| accepted.peer == peer)
        .for_each(Accepted::stop_reading);
}

/// All connections of the server that listens there.
pub(super) fn accepted_on(listening: SocketAddr) -> Vec<Accepted> {
    let Ok(folder) = std::fs::read_dir("/proc/self/fd") else {
        return Vec::new();
    };
    folder
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<RawFd>().ok())
        .filter_map(|descriptor| {
            let local = address(&getsockname(descriptor).ok()?)?;
            let peer = address(&getpeername(descriptor).ok()?)?;
            (local.port() == listening.port()).then_some(Accepted { descriptor, peer })
        })
        .collect()
}

fn address(storage: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(v4) = storage.as_sockaddr_in() {
        return Some(SocketAddr::V4((*v4).into()));
    }
    storage
        .as_sockaddr_in6()
        .map(|v6| SocketAddr::V6((*v6).into()))
}
