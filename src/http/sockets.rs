//! Reaching a connection's socket beside the HTTP library, which keeps it to itself: by its number.
//!
//! Between learning a number and using it, the descriptor must not have been closed. Whoever uses one therefore holds
//! the connection, or the lock under which its holder gives it up.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use nix::errno::Errno;
use nix::sys::socket::{
    MsgFlags, Shutdown, SockaddrStorage, getpeername, getsockname, recv, send, shutdown,
};

/// What a look into a socket shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// So many bytes wait to be read.
    Bytes(usize),
    /// Nothing.
    Nothing,
    /// The client has ended the connection, or it is broken.
    End,
}

/// Looks at what has arrived, without taking it.
pub(super) fn peek(socket: RawFd, buffer: &mut [u8]) -> Seen {
    match recv(socket, buffer, MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT) {
        Ok(0) => Seen::End,
        Ok(length) => Seen::Bytes(length),
        Err(Errno::EAGAIN | Errno::EINTR) => Seen::Nothing,
        Err(_) => Seen::End,
    }
}

/// Takes what has arrived, as far as it fits into the buffer, and forgets it.
pub(super) fn discard(socket: RawFd, buffer: &mut [u8]) {
    // Nothing to be done about a socket that is broken.
    let _ = recv(socket, buffer, MsgFlags::MSG_DONTWAIT);
}

/// Sends as much as the socket takes without waiting. Returns how much that was: none, if the connection is broken.
pub(super) fn send_now(socket: RawFd, bytes: &[u8]) -> usize {
    send(
        socket,
        bytes,
        MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL,
    )
    .unwrap_or(0)
}

/// Ends a connection. A thread that waits for it wakes up.
pub(super) fn end(socket: RawFd) {
    // The peer may have gone first.
    let _ = shutdown(socket, Shutdown::Both);
}

/// Takes nothing more from the client: reading ends once what has arrived is read.
pub(super) fn stop_reading(socket: RawFd) {
    // As above.
    let _ = shutdown(socket, Shutdown::Read);
}

/// The number the next descriptor will get: the lowest that is free, POSIX says. Another thread may be faster.
pub(super) fn next_number(any: BorrowedFd<'_>) -> io::Result<RawFd> {
    any.try_clone_to_owned().map(|copy| copy.as_raw_fd())
}

/// The client at the other end, if that is a connection to `listening`.
pub(super) fn peer(socket: RawFd, listening: SocketAddr) -> Option<SocketAddr> {
    let local = address(&getsockname::<SockaddrStorage>(socket).ok()?)?;
    let peer = address(&getpeername::<SockaddrStorage>(socket).ok()?)?;
    (local.port() == listening.port()).then_some(peer)
}

/// A connection to `listening` that is not among the `known`, found by looking through all of the process's
/// descriptors: two calls for each.
pub(super) fn find_other(listening: SocketAddr, known: &HashSet<SocketAddr>) -> Option<RawFd> {
    let folder = std::fs::read_dir("/proc/self/fd").ok()?;
    folder
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<RawFd>().ok())
        .find(|&socket| peer(socket, listening).is_some_and(|peer| !known.contains(&peer)))
}

fn address(storage: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(v4) = storage.as_sockaddr_in() {
        return Some(SocketAddr::V4((*v4).into()));
    }
    storage
        .as_sockaddr_in6()
        .map(|v6| SocketAddr::V6((*v6).into()))
}
