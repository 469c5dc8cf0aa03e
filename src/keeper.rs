//! What must happen now and then, whether or not anybody asks: noticing that another process changed the database,
//! and keeping the rankings of a large site right.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use flume::{Receiver, RecvTimeoutError, Sender};

use crate::clock;
use crate::store::{CachedStore, Rankings};

/// How old a cached post may be after another process, such as `viewtally import`, has changed it.
const EVERY: Duration = Duration::from_secs(1);

/// The threads that look after the store. They end when this is stopped.
pub struct Keeper {
    stop: Sender<()>,
    keeper: JoinHandle<()>,
    rankings: Arc<Rankings>,
    ranker: JoinHandle<()>,
}

impl Keeper {
    /// Starts them.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(store: Arc<CachedStore>) -> std::io::Result<Keeper> {
        let (stop, stopped) = flume::bounded(0);
        let (rankings, rings) = Rankings::new(Arc::clone(&store));
        let rankings = Arc::new(rankings);
        let attended = Arc::clone(&rankings);
        let keeper = crate::thread::spawn("keeper".to_owned(), move || run(&store, &stopped))?;
        let ranker = crate::thread::spawn("ranker".to_owned(), move || {
            attended.attend(&rings, clock::now);
        })?;
        Ok(Keeper {
            stop,
            keeper,
            rankings,
            ranker,
        })
    }

    /// What the second thread keeps right.
    pub fn rankings(&self) -> &Arc<Rankings> {
        &self.rankings
    }

    /// Ends them and waits for that.
    pub fn stop(self) {
        drop(self.stop);
        self.rankings.close();
        // A panic was reported where it happened; there is nothing else to be had from these threads.
        let _ = self.keeper.join();
        let _ = self.ranker.join();
    }
}

fn run(store: &CachedStore, stopped: &Receiver<()>) {
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(EVERY) {
        if let Err(error) = store.refresh() {
            tracing::debug!(%error, "cannot ask the store whether it was changed; asking again");
        }
    }
}
