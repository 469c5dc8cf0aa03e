//! Where requests that ask the store stand in line: so many are served at once, the others wait without a thread.
//!
//! A store that is slow, or a cold start under load, would otherwise hold up a thread for each of them, hundreds at
//! once for the few connections the store has to read with.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::gate::Pass;
use super::parking::Ticket;

/// Requests served at once. The store has four connections for reading; a few more may wait for one.
const SERVED_AT_ONCE: usize = 12;

/// Who has stood in line for longer is told that the store is busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// A request with its connection.
pub(super) struct Errand {
    pub(super) ticket: Ticket,
    pub(super) connection: Box<Connection>,
    pub(super) request: tiny_http::Request,
    /// It is in flight all the while: a drain waits for those in line as well.
    pub(super) pass: Pass,
    came: Instant,
}

/// Shared by the pool's threads. Holds no more errands than there are connections.
#[derive(Default)]
pub(super) struct Desk {
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    served: usize,
    waiting: VecDeque<Errand>,
}

impl Errand {
    pub(super) fn new(
        ticket: Ticket,
        connection: Box<Connection>,
        request: tiny_http::Request,
        pass: Pass,
    ) -> Errand {
        Errand {
            ticket,
            connection,
            request,
            pass,
            came: Instant::now(),
        }
    }

    /// Whether it only reads.
    pub(super) fn is_read(&self) -> bool {
        matches!(
            self.request.method(),
            tiny_http::Method::Get | tiny_http::Method::Head
        )
    }

    /// Whether it has waited for too long.
    pub(super) fn is_overdue(&self) -> bool {
        self.came.elapsed() > PATIENCE
    }
}

impl Desk {
    /// Comes to the desk. An errand that is given back is served now, by the caller, who then asks for the
    /// [`Desk::next`]; otherwise it stands in line.
    pub(super) fn come(&self, errand: Errand) -> Option<Errand> {
        let mut line = self.lock();
        if line.served < SERVED_AT_ONCE {
            line.served += 1;
            return Some(errand);
        }
        line.waiting.push_back(errand);
        None
    }

    /// To be called by who has served one: the next in line, to be served as well.
    pub(super) fn next(&self) -> Option<Errand> {
        let mut line = self.lock();
        let next = line.waiting.pop_front();
        if next.is_none() {
            line.served -= 1;
        }
        next
    }

    /// Sends all home who stand in line.
    pub(super) fn clear(&self) -> VecDeque<Errand> {
        std::mem::take(&mut self.lock().waiting)
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
