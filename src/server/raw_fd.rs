//! Socket calls by descriptor number, for sockets that the HTTP library owns and does not lend.
//!
//! Between learning a number and using it, the descriptor must not be closed. Whoever uses one therefore holds the
//! connection, or the lock of the poller's slot under which its holder gives it up.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use nix::errno::Errno;
use nix::sys::socket::{
    MsgFlags, Shutdown, SockaddrStorage, getpeername, getsockname, recv, send, shutdown,
};

/// What reading without waiting finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PeekResult {
    /// So many bytes.
    Bytes(usize),
    /// Nothing yet.
    Nothing,
    /// The client has ended the connection, or it is broken.
    End,
}

/// Copies what has arrived, without taking it and without waiting.
pub(super) fn peek(socket: RawFd, buffer: &mut [u8]) -> PeekResult {
    outcome(recv(
        socket,
        buffer,
        MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT,
    ))
}

/// As [`peek`], but waits for the first byte, at most as long as the socket's receive timeout.
pub(super) fn peek_waiting(socket: RawFd, buffer: &mut [u8]) -> PeekResult {
    outcome(recv(socket, buffer, MsgFlags::MSG_PEEK))
}

/// Takes what has arrived, up to the buffer's length, without copying it (tcp(7), `MSG_TRUNC`) and without waiting.
pub(super) fn discard(socket: RawFd, buffer: &mut [u8]) -> PeekResult {
    outcome(recv(
        socket,
        buffer,
        MsgFlags::MSG_TRUNC | MsgFlags::MSG_DONTWAIT,
    ))
}

/// Takes bytes, waiting for the first at most as long as the socket's receive timeout.
pub(super) fn read_waiting(socket: RawFd, buffer: &mut [u8]) -> PeekResult {
    outcome(recv(socket, buffer, MsgFlags::empty()))
}

fn outcome(received: nix::Result<usize>) -> PeekResult {
    match received {
        Ok(0) => PeekResult::End,
        Ok(length) => PeekResult::Bytes(length),
        Err(Errno::EAGAIN | Errno::EINTR) => PeekResult::Nothing,
        Err(_) => PeekResult::End,
    }
}

/// Sends as much as the socket takes without waiting.
///
/// # Errors
/// When the connection is broken.
pub(super) fn send_now(socket: RawFd, bytes: &[u8]) -> io::Result<usize> {
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    match send(socket, bytes, flags) {
        Ok(length) => Ok(length),
        Err(Errno::EAGAIN | Errno::EINTR) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// Ends the writing side: the client reads the end after everything that was sent.
pub(super) fn shutdown_write(socket: RawFd) {
    // The client may have gone first.
    let _ = shutdown(socket, Shutdown::Write);
}

/// Ends both sides. A thread that waits for the client wakes up.
pub(super) fn shutdown_both(socket: RawFd) {
    // As above.
    let _ = shutdown(socket, Shutdown::Both);
}

/// The number the next descriptor will get: the lowest that is free (POSIX, `open`). Another thread may be faster.
pub(super) fn predict_fd(any: BorrowedFd<'_>) -> io::Result<RawFd> {
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
pub(super) fn scan_fds(listening: SocketAddr, known: &HashSet<SocketAddr>) -> Option<RawFd> {
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
