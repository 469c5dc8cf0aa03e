//! Threads: each with a name, which panics, debuggers and `ps -L` show; and how one waits for what ends by itself.

use std::io;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// Enough to serve a connection: parsing and a database query, no deep recursion. Reserves address space, not memory.
const STACK: usize = 1 << 20;

/// The longest time between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// Starts `work` on a thread called `name`, of which Linux keeps 15 bytes.
///
/// # Errors
/// When the system cannot create a thread.
pub fn spawn<T: Send + 'static>(
    name: String,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    debug_assert!(name.len() <= 15, "{name} would be cut");
    Builder::new().name(name).stack_size(STACK).spawn(work)
}

/// Calls `work` again while it fails with what `is_transient` says, for at most `limit`. Between two tries this thread
/// sleeps for 50 to 100 ms, at random, so that several do not try in step.
///
/// # Errors
/// The last try's.
pub fn retry<T, E>(
    limit: Duration,
    is_transient: impl Fn(&E) -> bool,
    work: impl FnMut() -> Result<T, E>,
) -> Result<T, E> {
    retry_every(PAUSE, limit, is_transient, work)
}

/// As [`retry`], with another pause: at most this, at least half of it.
///
/// # Errors
/// The last try's.
pub fn retry_every<T, E>(
    pause: Duration,
    limit: Duration,
    is_transient: impl Fn(&E) -> bool,
    mut work: impl FnMut() -> Result<T, E>,
) -> Result<T, E> {
    let start = Instant::now();
    loop {
        match work() {
            Err(error) if is_transient(&error) && start.elapsed() < limit => {
                std::thread::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0));
            }
            result => return result,
        }
    }
}

/// The first delay before a failed call is tried again.
const FIRST: Duration = Duration::from_millis(50);
/// The longest delay.
const CAP: Duration = Duration::from_secs(2);

/// Doubles from 50 ms to 2 s. Each wait is drawn from the upper half of its step, so that threads that failed at
/// the same time do not retry at the same time.
#[derive(Debug)]
pub struct Backoff {
    step: Duration,
}

impl Backoff {
    /// One that begins with the shortest delay.
    pub fn new() -> Backoff {
        Backoff { step: FIRST }
    }

    /// The next delay.
    pub fn next(&mut self) -> Duration {
        let wait = self.step.mul_f64(0.5 + fastrand::f64() / 2.0);
        self.step = (self.step * 2).min(CAP);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_its_cap_and_never_beyond() {
        let mut backoff = Backoff::new();
        assert!(backoff.next() <= FIRST);
        for _ in 0..20 {
            let wait = backoff.next();
            assert!(wait > Duration::ZERO && wait <= CAP, "{wait:?}");
        }
        assert!(backoff.next() >= CAP / 2);
    }
}
