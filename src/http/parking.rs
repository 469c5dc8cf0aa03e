//! Where connections wait for their client: between two requests a connection costs no thread, only its place here.
//!
//! One thread for each open connection was tried first and measured: of the processor time of a request, more than
//! half went into waking its thread and into memory that thread had to fetch anew, and it grew with the connections.
//! Here a few threads, warm from the last request, serve whatever connection is ready.
//!
//! Invariant: a parked connection has given all that arrived to the library as whole requests that were answered, or
//! the kernel still has an event to tell of the rest. It holds because events are told once for each arrival (edge
//! triggered), because one that comes while a thread has the connection is noted in its place, and because a
//! connection is parked only by a thread that saw exactly one request arrive (`head.rs`).

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollOp, EpollTimeout};

use super::connection::Connection;

const LISTENER: u64 = u64::MAX;
const STOP: u64 = u64::MAX - 1;

/// Names a place and who has it: a place's next connection has another ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    place: u32,
    turn: u32,
}

/// Why a thread was woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// Clients wait to be accepted.
    Newcomers,
    /// Something arrived on a connection.
    Ready(Ticket, Arrival),
    /// Everything ends. Said to every thread that asks from then on.
    Stop,
    /// Nothing in particular.
    Nothing,
}

/// What arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    Bytes,
    /// Perhaps bytes, and after them nothing more will come.
    End,
}

/// Shared by the pool's threads and the watch. Bounded by the number of places.
pub(super) struct Parking {
    epoll: Epoll,
    places: Box<[Mutex<Place>]>,
    free: Mutex<Vec<u32>>,
    /// Watched for its end, and so kept.
    _stop: io::PipeReader,
    /// Dropped to stop: the end of a pipe is told to all who wait, and stays told.
    running: Mutex<Option<io::PipeWriter>>,
}

#[derive(Default)]
struct Place {
    turn: u32,
    state: State,
}

#[derive(Default)]
enum State {
    #[default]
    Free,
    Parked(Box<Connection>),
    /// A thread has it; what arrived since, and who its client is.
    Taken {
        since: Option<Arrival>,
        peer: SocketAddr,
    },
}

impl Place {
    fn take(&mut self) -> Option<Box<Connection>> {
        match std::mem::take(&mut self.state) {
            State::Parked(connection) => {
                let peer = connection.peer();
                self.state = State::Taken { since: None, peer };
                Some(connection)
            }
            other => {
                self.state = other;
                None
            }
        }
    }
}

impl Parking {
    /// Makes `places` places, and listens for clients on the socket `listener`.
    pub(super) fn new(places: usize, listener: RawFd) -> io::Result<Parking> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let (stop, running) = io::pipe()?;
        epoll.add(stop.as_fd(), EpollEvent::new(EpollFlags::EPOLLIN, STOP))?;
        let places = u32::try_from(places).unwrap_or(u32::MAX);
        let parking = Parking {
            epoll,
            places: (0..places).map(|_| Mutex::default()).collect(),
            free: Mutex::new((0..places).rev().collect()),
            _stop: stop,
            running: Mutex::new(Some(running)),
        };
        parking.listen(listener, LISTENER)?;
        Ok(parking)
    }

    /// Waits until something is to be done, or for a minute.
    pub(super) fn wait(&self) -> Call {
        let mut events = [EpollEvent::empty()];
        match self.epoll.wait(&mut events, EpollTimeout::from(60_000_u16)) {
            Ok(0) | Err(_) => Call::Nothing,
            Ok(_) => match events[0].data() {
                LISTENER => Call::Newcomers,
                STOP => Call::Stop,
                data => {
                    let ends = EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR;
                    let arrival = if events[0].events().intersects(ends) {
                        Arrival::End
                    } else {
                        Arrival::Bytes
                    };
                    Call::Ready(Ticket::from(data), arrival)
                }
            },
        }
    }

    /// Gives a new connection a place, in which it waits for its first request.
    ///
    /// # Errors
    /// When all places are taken, or the kernel does not want to watch it.
    pub(super) fn admit(&self, connection: Box<Connection>) -> io::Result<()> {
        let number = lock(&self.free).pop();
        let Some(number) = number else {
            return Err(io::ErrorKind::StorageFull.into());
        };
        let listening = {
            // Until it is listened to nobody else may have it, or its number might be another's by then.
            let mut place = self.place(number);
            let ticket = Ticket {
                place: number,
                turn: place.turn,
            };
            let listening = self.listen(connection.socket(), ticket.into());
            if listening.is_ok() {
                place.state = State::Parked(connection);
            }
            listening
        };
        listening.inspect_err(|_| lock(&self.free).push(number))
    }

    /// Takes a connection that is ready. `None` if another thread has it, which is told, or if it is gone.
    pub(super) fn take(&self, ticket: Ticket, arrival: Arrival) -> Option<Box<Connection>> {
        let mut place = self.place(ticket.place);
        if place.turn != ticket.turn {
            return None;
        }
        if let State::Taken { since, .. } = &mut place.state {
            // An end stays an end.
            *since = since
                .filter(|&since| since == Arrival::End)
                .or(Some(arrival));
        }
        let mut connection = place.take()?;
        connection.ended |= arrival == Arrival::End;
        Some(connection)
    }

    /// To be called before looking into the connection's socket: what arrived until now will be seen there.
    pub(super) fn look(&self, ticket: Ticket, connection: &mut Connection) {
        if let State::Taken { since, .. } = &mut self.place(ticket.place).state {
            connection.ended |= since.take() == Some(Arrival::End);
        }
    }

    /// Puts a connection back, to wait for its client. If something arrived since [`Parking::look`], it is ready again
    /// at once: the library may have taken it already, and the kernel would not tell of it any more.
    pub(super) fn park(&self, ticket: Ticket, mut connection: Box<Connection>) {
        let mut place = self.place(ticket.place);
        let since = match place.state {
            State::Taken { since, .. } => since,
            State::Free | State::Parked(_) => None,
        };
        if since.is_some() {
            // While the place is locked: afterwards another thread may end the connection, and its number be another's.
            // Being writable it is told of, whatever there is to read. Should that fail, it is the watch's.
            let _ = self.control(
                EpollOp::EpollCtlMod,
                connection.socket(),
                EpollFlags::EPOLLOUT,
                ticket.into(),
            );
        }
        connection.ended |= since == Some(Arrival::End);
        place.state = State::Parked(connection);
    }

    /// Frees the place of a connection that was taken and has ended.
    pub(super) fn leave(&self, ticket: Ticket) {
        {
            let mut place = self.place(ticket.place);
            place.turn = place.turn.wrapping_add(1);
            place.state = State::Free;
        }
        lock(&self.free).push(ticket.place);
    }

    /// Takes the connections that have been waiting for their client since before `since`.
    pub(super) fn take_idle(&self, since: Instant) -> Vec<(Ticket, Box<Connection>)> {
        let mut idle = Vec::new();
        for (number, place) in (0..).zip(&self.places) {
            let mut place = lock(place);
            if let State::Parked(connection) = &place.state
                && connection.waiting_since <= since
            {
                let ticket = Ticket {
                    place: number,
                    turn: place.turn,
                };
                idle.extend(place.take().map(|connection| (ticket, connection)));
            }
        }
        idle
    }

    /// The clients of all connections.
    pub(super) fn peers(&self) -> HashSet<SocketAddr> {
        let peer = |place: &Mutex<Place>| match &lock(place).state {
            State::Free => None,
            State::Parked(connection) => Some(connection.peer()),
            State::Taken { peer, .. } => Some(*peer),
        };
        self.places.iter().filter_map(peer).collect()
    }

    /// Tells every thread to stop, those that wait and those that will.
    pub(super) fn stop(&self) {
        drop(lock(&self.running).take());
    }

    fn listen(&self, socket: RawFd, data: u64) -> io::Result<()> {
        self.control(EpollOp::EpollCtlAdd, socket, EpollFlags::empty(), data)
    }

    /// Edge triggered: each arrival is told once, to one thread. The kernel forgets a socket when it is closed.
    #[expect(
        deprecated,
        reason = "the library keeps its sockets to itself: there is no owner of this number to borrow from"
    )]
    fn control(&self, op: EpollOp, socket: RawFd, more: EpollFlags, data: u64) -> io::Result<()> {
        let wanted = EpollFlags::EPOLLIN | EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLET | more;
        let mut event = EpollEvent::new(wanted, data);
        nix::sys::epoll::epoll_ctl(self.epoll.0.as_raw_fd(), op, socket, &mut event)
            .map_err(Errno::into)
    }

    fn place(&self, number: u32) -> MutexGuard<'_, Place> {
        lock(&self.places[number as usize])
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<Ticket> for u64 {
    fn from(ticket: Ticket) -> u64 {
        u64::from(ticket.turn) << 32 | u64::from(ticket.place)
    }
}

impl From<u64> for Ticket {
    fn from(data: u64) -> Ticket {
        let [place, turn] = [data, data >> 32].map(|half| (half & u64::from(u32::MAX)) as u32);
        Ticket { place, turn }
    }
}
