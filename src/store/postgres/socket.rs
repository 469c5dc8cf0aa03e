//! The socket of a connection, which libpq has and Diesel does not show.

use std::collections::HashSet;
use std::os::fd::RawFd;
use std::sync::{Mutex, PoisonError};

use nix::errno::Errno;
use nix::sys::socket::{SockaddrStorage, getpeername, getsockname};

/// Runs `establish`, and finds the socket that it has connected: the one that is new, connected, and was not accepted here.
/// `None` where that is none or not one, such as for a socket of the file system, beyond which is no network.
pub fn found_by<T>(establish: impl FnOnce() -> T) -> (T, Option<RawFd>) {
    /// One at a time, so that what is new is of this one.
    static CONNECTING: Mutex<()> = Mutex::new(());
    let _alone = CONNECTING.lock().unwrap_or_else(PoisonError::into_inner);
    let before = sockets();
    let established = establish();
    let after = sockets();
    let listening: HashSet<u16> = after.iter().filter_map(|&fd| listening_port(fd)).collect();
    let mut new = after
        .difference(&before)
        .filter(|&&fd| getpeername::<SockaddrStorage>(fd).is_ok())
        .filter(|&&fd| local_port(fd).is_some_and(|port| !listening.contains(&port)));
    let found = new.next().copied();
    (established, found.filter(|_| new.next().is_none()))
}

/// The descriptors of this process that are sockets.
fn sockets() -> HashSet<RawFd> {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
        return HashSet::new();
    };
    // All of them first: the folder being read has a number itself, which the next socket may get.
    let all: Vec<RawFd> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    let is_socket = |fd: &RawFd| getsockname::<SockaddrStorage>(*fd).is_ok();
    all.into_iter().filter(is_socket).collect()
}

fn listening_port(fd: RawFd) -> Option<u16> {
    match getpeername::<SockaddrStorage>(fd) {
        Err(Errno::ENOTCONN) => local_port(fd),
        _ => None,
    }
}

fn local_port(fd: RawFd) -> Option<u16> {
    let address: SockaddrStorage = getsockname(fd).ok()?;
    let of_four = address.as_sockaddr_in().map(|address| address.port());
    of_four.or_else(|| address.as_sockaddr_in6().map(|address| address.port()))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd;

    use super::*;

    #[test]
    fn it_is_told_apart_from_one_that_was_accepted_meanwhile() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let ((ours, _accepted), found) = found_by(|| {
            let ours = TcpStream::connect(server.local_addr().unwrap()).unwrap();
            (ours, server.accept().unwrap())
        });
        // Other tests of this process may connect, too; then none is found.
        assert!(found.is_none_or(|found| found == ours.as_raw_fd()));
        assert_eq!(found_by(|| ()).1, None);
    }
}
