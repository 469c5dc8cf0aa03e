//! The threads that accept and serve: as many as there are connections, a few to spare, never more than allowed.
//!
//! A thread accepts a connection and serves it to its end, so nothing is handed over and there is no queue but the
//! kernel's. When the last waiting thread gets a connection, it starts the next one; after a burst, threads beyond the
//! spare ones end.
//!
//! Invariant: `waiting + serving == threads ≤ max_connections`, all under one lock.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::descriptors::Allowed;
use tiny_http::{Server, SslContextWrap};

use super::connection::{self, Scratch};
use super::listener::Listener;
use super::service::Service;
use super::sockets::{self, Accepted};
use super::watch::{Seat, Seats, Watch};

/// Threads kept waiting for connections after a burst.
const SPARE: usize = 32;

/// After the system refused a connection for want of descriptors or memory, others must end first.
const PAUSE_WHEN_REFUSED: Duration = Duration::from_millis(20);

/// The pool of connection threads.
pub struct Pool {
    listener: Listener,
    /// Plain HTTP; TLS is the proxy's in front.
    plain: SslContextWrap,
    pub(super) service: Arc<Service>,
    max_connections: usize,
    max_lost: usize,
    pub(super) idle_timeout: Duration,
    seats: Arc<Seats>,
    /// Taken out to be stopped.
    watch: Mutex<Option<Watch>>,
    stopping: AtomicBool,
    /// Connections being served; beside `crew.serving` so that a response can look without the lock.
    serving: AtomicUsize,
    crew: Mutex<Crew>,
    changed: Condvar,
}

#[derive(Default)]
struct Crew {
    threads: usize,
    waiting: usize,
    /// Threads written off; no longer among `threads`.
    lost: usize,
    next_number: usize,
    handles: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Starts serving.
    ///
    /// # Errors
    /// When the system gives no thread or the library no plain context.
    pub fn start(
        listener: Listener,
        service: Arc<Service>,
        allowed: Allowed,
        idle_timeout: Duration,
    ) -> io::Result<Arc<Pool>> {
        let seats = Arc::new(Seats::new());
        let plain = SslContextWrap::build_ssl_capabilities(None).map_err(io::Error::other)?;
        let pool = Arc::new(Pool {
            listener,
            plain,
            service,
            max_connections: allowed.connections,
            max_lost: allowed.lost,
            idle_timeout,
            seats,
            watch: Mutex::default(),
            stopping: AtomicBool::new(false),
            serving: AtomicUsize::new(0),
            crew: Mutex::default(),
            changed: Condvar::new(),
        });
        let watch = Watch::start(
            Arc::downgrade(&pool),
            Arc::clone(&pool.seats),
            pool.listener.address(),
            idle_timeout,
        )?;
        *pool.lock_watch() = Some(watch);
        pool.add_thread(&mut pool.crew())?;
        Ok(pool)
    }

    /// The address served.
    pub fn address(&self) -> std::net::SocketAddr {
        self.listener.address()
    }

    /// Whether so few threads are left that a response should end its connection, for others to have their turn.
    pub(super) fn is_crowded(&self) -> bool {
        let reserve = (self.max_connections / 64).clamp(1, 16);
        self.serving.load(Ordering::Relaxed) + reserve > self.max_connections
    }

    /// Accepts no more connections. Open ones go on.
    pub fn stop_accepting(&self) {
        self.stopping.store(true, Ordering::Release);
        self.listener.close();
    }

    /// Ends the connections still open, which are idle by now, and waits for the threads. Returns how many did not
    /// end by the deadline.
    pub fn finish(&self, deadline: Instant) -> usize {
        let mut crew = self.crew();
        while crew.threads > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            drop(crew);
            // Again each time: a connection may have been accepted just before the listener closed.
            sockets::accepted_on(self.listener.address())
                .iter()
                .for_each(Accepted::end);
            crew = self.crew();
            if crew.threads > 0 {
                let nap = left.min(Duration::from_millis(50));
                (crew, _) = self
                    .changed
                    .wait_timeout(crew, nap)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
        let watch = self.lock_watch().take();
        if let Some(watch) = watch {
            watch.stop();
        }
        let remaining = crew.threads + crew.lost;
        let handles = std::mem::take(&mut crew.handles);
        drop(crew);
        for handle in handles
            .into_iter()
            .filter(|handle| remaining == 0 || handle.is_finished())
        {
            // A panic was reported where it happened.
            let _ = handle.join();
        }
        remaining
    }

    /// Gives up a thread that does not come back from the library. Its place is free for another one. Returns whether
    /// it may be given up: beyond the bound it keeps its place.
    pub(super) fn write_off(self: &Arc<Self>) -> bool {
        let mut crew = self.crew();
        if crew.lost >= self.max_lost {
            return false;
        }
        crew.lost += 1;
        crew.threads -= 1;
        self.serving.fetch_sub(1, Ordering::Relaxed);
        self.service.metrics.connections.dec();
        self.service.metrics.http_threads.dec();
        self.service.metrics.http_threads_lost.inc();
        tracing::error!(
            lost = crew.lost,
            "a connection thread does not come back from the HTTP library; it is replaced"
        );
        // It may have been the last one that accepted.
        if crew.waiting == 0
            && let Err(error) = self.add_thread(&mut crew)
        {
            tracing::warn!(%error, "cannot replace a connection thread");
        }
        true
    }

    fn lock_watch(&self) -> MutexGuard<'_, Option<Watch>> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn crew(&self) -> MutexGuard<'_, Crew> {
        self.crew.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add_thread(self: &Arc<Self>, crew: &mut Crew) -> io::Result<()> {
        let pool = Arc::clone(self);
        let number = crew.next_number;
        let handle = crate::thread::spawn(format!("http-{number}"), move || pool.run())?;
        crew.next_number = (number + 1) % 1_000_000;
        crew.threads += 1;
        crew.waiting += 1;
        if crew.handles.len() >= 2 * crew.threads + SPARE {
            crew.handles.retain(|handle| !handle.is_finished());
        }
        crew.handles.push(handle);
        self.service.metrics.http_threads.inc();
        Ok(())
    }

    fn run(self: Arc<Self>) {
        let mut scratch = Scratch::default();
        let seat = self.seats.take();
        while self.serve_next(&seat, &mut scratch) {}
        if seat.is_lost() {
            // It came back after all, to a pool that has replaced it.
            return;
        }
        let mut crew = self.crew();
        crew.waiting -= 1;
        crew.threads -= 1;
        self.service.metrics.http_threads.dec();
        self.changed.notify_all();
    }

    /// Accepts one connection and serves it. Returns whether this thread should go on.
    fn serve_next(self: &Arc<Self>, seat: &Seat, scratch: &mut Scratch) -> bool {
        // The library panics where the system refuses a second descriptor for a connection.
        let accepted = catch_unwind(AssertUnwindSafe(|| {
            Server::accept_connection(&self.listener.socket, &self.plain)
        }));
        if self.stopping.load(Ordering::Acquire) {
            return false;
        }
        match accepted {
            Ok(Ok(Some(connection))) => {
                self.took_connection();
                seat.wait(self.idle_timeout);
                connection::serve(connection, self, seat, scratch);
                seat.done();
                seat.set_peer(None);
                if seat.is_lost() {
                    return false;
                }
                self.ended_connection()
            }
            Ok(Ok(None)) => true,
            Ok(Err(error)) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => self.crew().waiting <= 2,
                io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted => true,
                _ => self.refused(&error),
            },
            Err(_) => self.refused(&"no descriptor left"),
        }
    }

    fn refused(&self, why: &dyn std::fmt::Display) -> bool {
        tracing::warn!(%why, "cannot accept a connection; going on shortly");
        std::thread::sleep(PAUSE_WHEN_REFUSED);
        true
    }

    fn took_connection(self: &Arc<Self>) {
        self.serving.fetch_add(1, Ordering::Relaxed);
        self.service.metrics.connections.inc();
        let mut crew = self.crew();
        crew.waiting -= 1;
        let need = crew.waiting == 0 && crew.threads < self.max_connections;
        if need
            && !self.stopping.load(Ordering::Acquire)
            && let Err(error) = self.add_thread(&mut crew)
        {
            // Whoever ends a connection next will wait for the next one.
            tracing::warn!(%error, "cannot start one more connection thread");
        }
    }

    fn ended_connection(&self) -> bool {
        self.serving.fetch_sub(1, Ordering::Relaxed);
        self.service.metrics.connections.dec();
        let mut crew = self.crew();
        crew.waiting += 1;
        crew.waiting <= SPARE && !self.stopping.load(Ordering::Acquire)
    }
}
