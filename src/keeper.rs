//! What must happen now and then, whether or not anybody asks: noticing that another process changed the database.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use flume::{Receiver, RecvTimeoutError, Sender};

use crate::store::CachedStore;

/// How old a cached post may be after another process, such as `viewtally import`, has changed it.
const EVERY: Duration = Duration::from_secs(1);

/// The thread that looks after the store. It ends when this is stopped.
pub struct Keeper {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Keeper {
    /// Starts it.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(store: Arc<CachedStore>) -> std::io::Result<Keeper> {
        let (stop, stopped) = flume::bounded(0);
        let thread = crate::thread::spawn("keeper".to_owned(), move || run(&store, &stopped))?;
        Ok(Keeper { stop, thread })
    }

    /// Ends it and waits for that.
    pub fn stop(self) {
        drop(self.stop);
        // A panic was reported where it happened; there is nothing else to be had from this thread.
        let _ = self.thread.join();
    }
}

fn run(store: &CachedStore, stopped: &Receiver<()>) {
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(EVERY) {
        if let Err(error) = store.refresh() {
            tracing::debug!(%error, "cannot ask the store whether it was changed; asking again");
        }
    }
}
