//! The maintenance threads, from their start to their end.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flume::{Receiver, RecvTimeoutError, Sender};

use super::tasks::{OnReplaced, OnSetAside, Tasks};
use crate::clock;
use crate::rules::Salts;
use crate::store::{CachedStore, Rankings};

/// The interval of the tasks. It bounds how old a cached post may be after another process, such as
/// `viewtally import`, changed it.
const INTERVAL: Duration = Duration::from_millis(500);

/// The threads: one for the tasks, one for the rankings.
pub struct Maintenance {
    stop: Sender<()>,
    /// Disconnected once both threads have ended.
    ended: Receiver<()>,
    tasks: JoinHandle<()>,
    rankings: Arc<Rankings>,
    ranking: JoinHandle<()>,
}

impl Maintenance {
    /// Starts the threads, after one run of the tasks: the salts of today and tomorrow are then in place, if the store
    /// answers.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        store: Arc<CachedStore>,
        on_replaced: OnReplaced,
        on_set_aside: Option<OnSetAside>,
        salts: Arc<Salts>,
        keep_viewings: Duration,
    ) -> std::io::Result<Maintenance> {
        let (stop, stopped) = flume::bounded(0);
        let (running, ended) = flume::bounded(0);
        let also_running = running.clone();
        let (rankings, refreshes) = Rankings::new(Arc::clone(&store));
        let rankings = Arc::new(rankings);
        let ranked = Arc::clone(&rankings);
        let mut work = Tasks::new(store, on_replaced, on_set_aside, salts, keep_viewings);
        work.tick();
        let tasks = crate::thread::spawn("maintenance".to_owned(), move || {
            let _running = running;
            run(work, &stopped);
        })?;
        let ranking = crate::thread::spawn("rankings".to_owned(), move || {
            let _running = also_running;
            ranked.run(&refreshes, clock::now);
        })?;
        Ok(Maintenance {
            stop,
            ended,
            tasks,
            rankings,
            ranking,
        })
    }

    /// The rankings that the second thread computes.
    pub fn rankings(&self) -> &Arc<Rankings> {
        &self.rankings
    }

    /// Ends the threads and waits for their end, at most until the deadline. Returns whether they have ended: a query
    /// under way cannot be interrupted.
    pub fn stop(self, deadline: Instant) -> bool {
        drop(self.stop);
        self.rankings.close();
        if let Err(RecvTimeoutError::Timeout) = self.ended.recv_deadline(deadline) {
            return false;
        }
        // A panic was reported where it happened, and the threads return nothing.
        let _ = self.tasks.join();
        let _ = self.ranking.join();
        true
    }
}

fn run(mut tasks: Tasks, stopped: &Receiver<()>) {
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(INTERVAL) {
        tasks.tick();
    }
}
