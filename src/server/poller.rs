//! Where connections wait without a thread: slots, and an epoll set that tells which one is ready.
//!
//! One thread for each connection was measured first: of the processor time of a request, more than half went into
//! waking its thread and into memory that thread had to fetch anew, and it grew with the connections.
//!
//! Invariant: the kernel has an event to report for every waiting connection that has something unseen. It holds because
//! events are edge triggered (each arrival is reported once), because an event for a connection that a worker holds is
//! noted in its slot, and because [`Poller::put_back`] has such a connection reported again.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollOp, EpollTimeout};

use super::raw_fd;

const LISTENER: u64 = u64::MAX;
const STOP: u64 = u64::MAX - 1;

/// Slot index and generation; detects stale events, for a slot's next connection has another generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    slot: u32,
    generation: u32,
}

/// Why a worker was woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Connections wait to be accepted.
    Accept,
    /// A connection can be read or written, or was notified.
    Ready(Token, Readiness),
    /// The server ends. Reported to every worker that asks from then on.
    Stop,
    /// Nothing in particular.
    None,
}

/// What became possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readiness {
    /// Reading or writing.
    More,
    /// Perhaps reading, and after that nothing more will come.
    InputEnded,
}

/// What can wait in a slot.
pub(super) trait Pollable: Send {
    /// Its socket.
    fn socket(&self) -> RawFd;
    /// Its client.
    fn peer(&self) -> SocketAddr;
    /// Notes that the client sends nothing more.
    fn input_ended(&mut self);
}

/// What has been reported for a connection while a worker holds it.
pub(super) trait ReadinessSource {
    /// To be called before looking into the socket of a taken connection: what was reported until now is seen there.
    /// Returns whether the end of the client's input was.
    fn begin_peek(&self, token: Token) -> bool;
}

/// Shared by workers and the deadline monitor. Bounded by its number of slots.
pub(super) struct Poller<T> {
    epoll: Epoll,
    slots: Box<[Mutex<Slot<T>>]>,
    free: Mutex<Vec<u32>>,
    /// Kept, for its end is what `running` reports.
    _stop: io::PipeReader,
    /// Dropped to stop: the end of a pipe is reported to all who wait, and stays reported.
    running: Mutex<Option<io::PipeWriter>>,
}

struct Slot<T> {
    generation: u32,
    state: State<T>,
}

enum State<T> {
    Free,
    Idle(Box<T>),
    /// A worker holds it. `since`: what was reported meanwhile.
    Taken {
        since: Option<Readiness>,
        socket: RawFd,
        peer: SocketAddr,
    },
}

impl<T: Pollable> Slot<T> {
    fn take(&mut self) -> Option<Box<T>> {
        let State::Idle(item) = &self.state else {
            return None;
        };
        let taken = State::Taken {
            since: None,
            socket: item.socket(),
            peer: item.peer(),
        };
        match std::mem::replace(&mut self.state, taken) {
            State::Idle(item) => Some(item),
            State::Free | State::Taken { .. } => None,
        }
    }
}

impl<T: Pollable> Poller<T> {
    /// Makes `slots` slots, and reports connections that wait on the socket `listener`.
    pub(super) fn new(slots: usize, listener: RawFd) -> io::Result<Poller<T>> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let (stop, running) = io::pipe()?;
        epoll.add(stop.as_fd(), EpollEvent::new(EpollFlags::EPOLLIN, STOP))?;
        let slots = u32::try_from(slots).unwrap_or(u32::MAX);
        let free = || {
            Mutex::new(Slot {
                generation: 0,
                state: State::Free,
            })
        };
        let poller = Poller {
            epoll,
            slots: (0..slots).map(|_| free()).collect(),
            free: Mutex::new((0..slots).rev().collect()),
            _stop: stop,
            running: Mutex::new(Some(running)),
        };
        poller.control(EpollOp::EpollCtlAdd, listener, LISTENER)?;
        Ok(poller)
    }

    /// Waits for something to do, at most for a minute.
    pub(super) fn wait(&self) -> Event {
        let mut events = [EpollEvent::empty()];
        match self.epoll.wait(&mut events, EpollTimeout::from(60_000_u16)) {
            Ok(0) | Err(_) => Event::None,
            Ok(_) => match events[0].data() {
                LISTENER => Event::Accept,
                STOP => Event::Stop,
                data => {
                    let ends = EpollFlags::EPOLLRDHUP | EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR;
                    let readiness = if events[0].events().intersects(ends) {
                        Readiness::InputEnded
                    } else {
                        Readiness::More
                    };
                    Event::Ready(Token::from(data), readiness)
                }
            },
        }
    }

    /// Gives a new connection a slot, in which it waits.
    ///
    /// # Errors
    /// When all slots are taken, or the kernel does not watch it.
    pub(super) fn insert(&self, item: Box<T>) -> io::Result<()> {
        let Some(number) = lock(&self.free).pop() else {
            return Err(io::ErrorKind::StorageFull.into());
        };
        let watched = {
            // Until it is watched nobody else may take it, or its number might be another's by then.
            let mut slot = self.slot(number);
            let token = Token {
                slot: number,
                generation: slot.generation,
            };
            let watched = self.control(EpollOp::EpollCtlAdd, item.socket(), token.into());
            if watched.is_ok() {
                slot.state = State::Idle(item);
            }
            watched
        };
        watched.inspect_err(|_| lock(&self.free).push(number))
    }

    /// Takes a waiting connection that is ready. `None` if a worker holds it, whose slot then notes the event, or if it
    /// is gone.
    pub(super) fn take(&self, token: Token, readiness: Readiness) -> Option<Box<T>> {
        let mut slot = self.slot(token.slot);
        if slot.generation != token.generation {
            return None;
        }
        if let State::Taken { since, .. } = &mut slot.state {
            // An end stays an end.
            *since = since
                .filter(|&since| since == Readiness::InputEnded)
                .or(Some(readiness));
        }
        let mut item = slot.take()?;
        if readiness == Readiness::InputEnded {
            item.input_ended();
        }
        Some(item)
    }

    /// Puts a connection back to wait. If something was reported since [`ReadinessSource::begin_peek`], it is reported again.
    pub(super) fn put_back(&self, token: Token, mut item: Box<T>) {
        let mut slot = self.slot(token.slot);
        let since = match slot.state {
            State::Taken { since, .. } => since,
            State::Free | State::Idle(_) => None,
        };
        if let Some(readiness) = since {
            if readiness == Readiness::InputEnded {
                item.input_ended();
            }
            // While the slot is locked: afterwards another thread may end the connection.
            self.report_again(item.socket(), token);
        }
        slot.state = State::Idle(item);
    }

    /// Has a connection reported as ready, whoever holds it now.
    pub(super) fn notify(&self, token: Token) {
        let mut slot = self.slot(token.slot);
        if slot.generation != token.generation {
            return;
        }
        match &mut slot.state {
            State::Free => {}
            State::Idle(item) => self.report_again(item.socket(), token),
            State::Taken { since, .. } => *since = since.or(Some(Readiness::More)),
        }
    }

    /// Frees the slot of a connection that was taken, and closes the connection.
    pub(super) fn remove(&self, token: Token, item: Box<T>) {
        {
            let mut slot = self.slot(token.slot);
            slot.generation = slot.generation.wrapping_add(1);
            slot.state = State::Free;
            // The socket is closed under the lock: whoever finds a number in a slot may use it while holding the lock.
            drop(item);
        }
        lock(&self.free).push(token.slot);
    }

    /// Takes the waiting connections for which `wanted` holds.
    pub(super) fn take_if(&self, mut wanted: impl FnMut(&T) -> bool) -> Vec<(Token, Box<T>)> {
        let mut taken = Vec::new();
        for (number, slot) in (0..).zip(&self.slots) {
            let mut slot = lock(slot);
            if let State::Idle(item) = &slot.state
                && wanted(item)
            {
                let token = Token {
                    slot: number,
                    generation: slot.generation,
                };
                taken.extend(slot.take().map(|item| (token, item)));
            }
        }
        taken
    }

    /// Takes one waiting connection, if it is still there and still `wanted`.
    pub(super) fn take_one(&self, token: Token, wanted: impl FnOnce(&T) -> bool) -> Option<Box<T>> {
        let mut slot = self.slot(token.slot);
        match &slot.state {
            State::Idle(item) if slot.generation == token.generation && wanted(item) => slot.take(),
            _ => None,
        }
    }

    /// Calls `see` with each waiting connection.
    pub(super) fn for_each_waiting(&self, mut see: impl FnMut(Token, &T)) {
        for (number, slot) in (0..).zip(&self.slots) {
            let slot = lock(slot);
            if let State::Idle(item) = &slot.state {
                let token = Token {
                    slot: number,
                    generation: slot.generation,
                };
                see(token, item);
            }
        }
    }

    /// Ends the sockets of the connections that workers hold: a worker that waits for its client wakes up.
    pub(super) fn shut_down_taken(&self) {
        for slot in &self.slots {
            if let State::Taken { socket, .. } = lock(slot).state {
                raw_fd::shutdown_both(socket);
            }
        }
    }

    /// The clients of all connections.
    pub(super) fn peers(&self) -> HashSet<SocketAddr> {
        let peer = |slot: &Mutex<Slot<T>>| match &lock(slot).state {
            State::Free => None,
            State::Idle(item) => Some(item.peer()),
            State::Taken { peer, .. } => Some(*peer),
        };
        self.slots.iter().filter_map(peer).collect()
    }

    /// Reports [`Event::Stop`] to every worker, those that wait and those that will.
    pub(super) fn stop(&self) {
        drop(lock(&self.running).take());
    }

    /// Changing a registration makes epoll report the socket again if it is ready, and a connection nearly always is, for
    /// writing. Should that fail, the deadline monitor ends the connection.
    fn report_again(&self, socket: RawFd, token: Token) {
        let _ = self.control(EpollOp::EpollCtlMod, socket, token.into());
    }

    /// Edge triggered, for reading and writing at once: a socket that takes everything is never reported for writing
    /// alone. The kernel forgets a socket when it is closed.
    #[expect(
        deprecated,
        reason = "the HTTP library keeps its sockets to itself: there is no owner of this number to borrow from"
    )]
    fn control(&self, op: EpollOp, socket: RawFd, data: u64) -> io::Result<()> {
        let wanted = EpollFlags::EPOLLIN
            | EpollFlags::EPOLLOUT
            | EpollFlags::EPOLLRDHUP
            | EpollFlags::EPOLLET;
        let mut event = EpollEvent::new(wanted, data);
        nix::sys::epoll::epoll_ctl(self.epoll.0.as_raw_fd(), op, socket, &mut event)
            .map_err(Errno::into)
    }

    fn slot(&self, number: u32) -> MutexGuard<'_, Slot<T>> {
        lock(&self.slots[number as usize])
    }
}

impl<T: Pollable> ReadinessSource for Poller<T> {
    fn begin_peek(&self, token: Token) -> bool {
        match &mut self.slot(token.slot).state {
            State::Taken { since, .. } => since.take() == Some(Readiness::InputEnded),
            State::Free | State::Idle(_) => false,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<Token> for u64 {
    fn from(token: Token) -> u64 {
        u64::from(token.generation) << 32 | u64::from(token.slot)
    }
}

impl From<u64> for Token {
    fn from(data: u64) -> Token {
        let [slot, generation] = [data, data >> 32].map(|half| (half & u64::from(u32::MAX)) as u32);
        Token { slot, generation }
    }
}
