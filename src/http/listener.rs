//! The listening socket: bound apart from serving, so that the real address is known before the first request.

use std::collections::HashSet;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};
use tiny_http::{Server, SslContextWrap};

use super::connection::Connection;
use super::sockets;

/// Connections the kernel keeps for us while there is no room for them. It cuts this to `net.core.somaxconn`.
const BACKLOG: i32 = 4096;

/// How much later than the watch the socket's own timeout comes.
const BEHIND_WATCH: Duration = Duration::from_secs(5);

/// A bound socket. Linux hands these options on to every accepted connection, which spares setting them one by one.
pub struct Listener {
    socket: tiny_http::Listener,
    /// Plain HTTP; TLS is the proxy's in front.
    plain: SslContextWrap,
    address: SocketAddr,
}

impl Listener {
    /// Binds. A connection that takes nothing for `stalled` ends. One that sends nothing for `idle` is ended by the
    /// watch; should that fail, the socket ends by itself a while later.
    ///
    /// # Errors
    /// Whatever the system answers: address in use, not permitted, not ours.
    pub fn bind(address: SocketAddr, idle: Duration, stalled: Duration) -> io::Result<Listener> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.set_tcp_nodelay(true)?;
        socket.set_read_timeout(Some(idle + BEHIND_WATCH))?;
        socket.set_write_timeout(Some(stalled))?;
        // Accepting waits with everything else, never here. Connections do not inherit this.
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let listener = TcpListener::from(socket);
        let address = listener.local_addr()?;
        let plain = SslContextWrap::build_ssl_capabilities(None).map_err(io::Error::other)?;
        Ok(Listener {
            socket: listener.into(),
            plain,
            address,
        })
    }

    /// The address it is bound to, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn number(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    /// Accepts a connection. Only one thread at a time may do so. `known` gives the clients of all connections there
    /// are.
    ///
    /// The library does not say which socket a connection is. It is the number that was free just before; and it is
    /// checked, for a socket with that number that is connected to this port can only have been accepted just now.
    /// Where a file that another thread opened meanwhile took the number, all descriptors are looked through.
    ///
    /// # Errors
    /// `WouldBlock` when nobody waits, `Other` when the system has no descriptor left, and what else it says.
    pub(super) fn accept(
        &self,
        known: impl FnOnce() -> HashSet<SocketAddr>,
    ) -> io::Result<Box<Connection>> {
        let number = sockets::next_number(self.socket.as_fd())?;
        // The library panics where the system refuses a second descriptor for a connection.
        let accepted = catch_unwind(AssertUnwindSafe(|| {
            Server::accept_connection(&self.socket, &self.plain)
        }));
        let requests = accepted
            .map_err(|_| io::Error::other("no descriptor left"))??
            .ok_or_else(|| io::Error::other("not plain HTTP"))?;
        let mut socket = Some(number);
        let mut peer = sockets::peer(number, self.address);
        if peer.is_none() {
            socket = sockets::find_other(self.address, &known());
            peer = socket.and_then(|socket| sockets::peer(socket, self.address));
        }
        // A client that has gone already has no name, and needs no answer.
        let (Some(socket), Some(peer)) = (socket, peer) else {
            return Err(io::ErrorKind::ConnectionAborted.into());
        };
        Ok(Connection::new(requests, socket, peer))
    }

    /// Accepts nothing more.
    pub(super) fn close(&self) {
        // The only failure is a socket that is closed already.
        let _ = SockRef::from(&self.socket).shutdown(Shutdown::Both);
    }
}
