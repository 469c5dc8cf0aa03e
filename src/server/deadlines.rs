//! Deadlines on clients and on waiting: the thread that looks after them.
//!
//! A timeout on a socket would not do. It starts anew with every byte, so a client that sends one now and then would hold
//! its place for ever. So each connection has one deadline for what it waits for, and this thread looks at all of them.

use std::io;
use std::thread::JoinHandle;
use std::time::Duration;

use flume::{RecvTimeoutError, Sender};

/// The thread. It ends when this is stopped.
pub(super) struct DeadlineMonitor {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl DeadlineMonitor {
    /// Starts it: it calls `close_expired` again and again, at an eighth of the shortest deadline.
    pub(super) fn start(
        shortest: Duration,
        mut close_expired: impl FnMut() + Send + 'static,
    ) -> io::Result<DeadlineMonitor> {
        let every = (shortest / 8).clamp(Duration::from_millis(20), Duration::from_millis(500));
        let (stop, stopped) = flume::bounded(0);
        let thread = crate::thread::spawn("http-deadlines".to_owned(), move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(every) {
                close_expired();
            }
        })?;
        Ok(DeadlineMonitor { stop, thread })
    }

    /// Ends it and waits for that.
    pub(super) fn stop(self) {
        drop(self.stop);
        // A panic was reported where it happened.
        let _ = self.thread.join();
    }
}
