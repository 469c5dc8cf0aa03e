//! The listening socket: bound apart from serving, so that the real address is known before the first request.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

/// Connections the kernel keeps for us while all threads are busy. It cuts this to `net.core.somaxconn`.
const BACKLOG: i32 = 4096;

/// How much later than the watch the socket's own timeout comes.
const BEHIND_WATCH: Duration = Duration::from_secs(5);

/// A bound socket. Linux hands these options on to every accepted connection, which spares setting them one by one.
pub struct Listener {
    pub(super) socket: tiny_http::Listener,
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
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let listener = TcpListener::from(socket);
        let address = listener.local_addr()?;
        Ok(Listener {
            socket: listener.into(),
            address,
        })
    }

    /// The address it is bound to, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts nothing more: every thread that waits for a connection is woken.
    pub(super) fn close(&self) {
        // The only failure is a socket that is closed already.
        let _ = SockRef::from(&self.socket).shutdown(Shutdown::Both);
    }
}
