//! The listening socket: bound apart from serving, so that the real address is known before the first request.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::time::Duration;

use listenfd::ListenFd;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::{Domain, SockRef, Socket, Type};

/// Connections the kernel queues until they are accepted. It caps this at `net.core.somaxconn`.
const BACKLOG: i32 = 4096;

/// How long one receive call of a body waits; its reader then looks at the deadline.
const RECEIVE_STEP: Duration = Duration::from_millis(100);

/// Bytes of a response that the kernel takes beyond what the client's window lets it send. Without a bound it takes
/// megabytes for a client that reads nothing, which then looks like one that has read all.
const MAX_NOT_SENT: u32 = 256 << 10;

/// A bound socket. Linux hands its options on to every accepted connection.
pub struct Listener {
    socket: tiny_http::Listener,
    address: SocketAddr,
    /// Whether a service manager has it, too, and hands it to the next process.
    is_inherited: bool,
}

impl Listener {
    /// Binds.
    ///
    /// # Errors
    /// Whatever the system answers: address in use, not permitted, not ours.
    pub fn bind(address: SocketAddr) -> io::Result<Listener> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        Listener::new(socket.into(), false)
    }

    /// The socket that a service manager has bound and handed over (sd_listen_fds(3)), if it has. It stays open when this
    /// process ends: who connects meanwhile waits for the next one.
    ///
    /// # Errors
    /// When what was handed over is no listening TCP socket.
    pub fn inherit() -> io::Result<Option<Listener>> {
        let mut handed_over = ListenFd::from_env();
        let listener = handed_over.take_tcp_listener(0)?;
        if handed_over.len() > 1 {
            return Err(io::Error::other("more than one socket was handed over"));
        }
        listener
            .map(|listener| Listener::new(listener, true))
            .transpose()
    }

    fn new(listener: TcpListener, is_inherited: bool) -> io::Result<Listener> {
        let socket = SockRef::from(&listener);
        socket.set_tcp_nodelay(true)?;
        socket.set_read_timeout(Some(RECEIVE_STEP))?;
        socket.set_tcp_notsent_lowat(MAX_NOT_SENT)?;
        // Accepting never waits. Connections do not inherit this.
        socket.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Listener {
            socket: listener.into(),
            address,
            is_inherited,
        })
    }

    /// Whether a service manager has handed it over.
    pub(super) fn is_inherited(&self) -> bool {
        self.is_inherited
    }

    /// The address it is bound to, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn socket(&self) -> &tiny_http::Listener {
        &self.socket
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Whether somebody waits to be accepted.
    pub(super) fn has_pending(&self) -> bool {
        let mut listening = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
        // A call that fails is answered by accepting, which tells why.
        !matches!(poll(&mut listening, PollTimeout::ZERO), Ok(0))
    }

    pub(super) fn raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    /// Accepts nothing more.
    pub(super) fn close(&self) {
        // It would end for the next process, too.
        if !self.is_inherited {
            // The only failure is a socket that is closed already.
            let _ = SockRef::from(&self.socket).shutdown(Shutdown::Both);
        }
    }
}
