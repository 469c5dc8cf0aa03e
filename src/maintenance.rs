//! What must happen now and then, whether or not anybody asks: noticing that another process changed the database,
//! a new salt for a new day, forgetting who saw what, and keeping the rankings of a large site right.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flume::{Receiver, RecvTimeoutError, Sender};

use crate::clock;
use crate::model::time::DAY;
use crate::model::{PostId, TimestampMs};
use crate::rules::Salts;
use crate::store::{CachedStore, Rankings, StoreError};

/// How often it looks. A cached post may be so old after another process, such as `viewtally import`, changed it.
const EVERY: Duration = Duration::from_secs(1);

/// How often old viewings are looked for. One step each second then goes through them.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// How long after midnight yesterday's salt is kept, for requests that began before it.
const SALT_GRACE: i64 = 60_000;

/// The threads that look after the store. They end when this is stopped.
pub struct Maintenance {
    stop: Sender<()>,
    keeper: JoinHandle<()>,
    rankings: Arc<Rankings>,
    ranker: JoinHandle<()>,
}

impl Maintenance {
    /// Starts them, with the salts of today and tomorrow in place if the store gives them.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        store: Arc<CachedStore>,
        salts: Arc<Salts>,
        keep_viewings: Duration,
    ) -> std::io::Result<Maintenance> {
        let (stop, stopped) = flume::bounded(0);
        let (rankings, rings) = Rankings::new(Arc::clone(&store));
        let rankings = Arc::new(rankings);
        let attended = Arc::clone(&rankings);
        let mut work = Work {
            store,
            salts,
            keep_viewings: i64::try_from(keep_viewings.as_millis()).unwrap_or(i64::MAX),
            salted: None,
            prune_at: Instant::now(),
            pruned_to: None,
        };
        work.look();
        let keeper = crate::thread::spawn("keeper".to_owned(), move || work.run(&stopped))?;
        let ranker = crate::thread::spawn("ranker".to_owned(), move || {
            attended.attend(&rings, clock::now);
        })?;
        Ok(Maintenance {
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

struct Work {
    store: Arc<CachedStore>,
    salts: Arc<Salts>,
    /// In milliseconds.
    keep_viewings: i64,
    /// The day whose salt, and the next day's, are the store's.
    salted: Option<TimestampMs>,
    prune_at: Instant,
    /// How far the pass under way has come.
    pruned_to: Option<(PostId, i64)>,
}

impl Work {
    fn run(mut self, stopped: &Receiver<()>) {
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(EVERY) {
            self.look();
        }
    }

    /// Each thing on its own: that one fails is no reason to leave the others.
    fn look(&mut self) {
        let tried = [self.store.refresh(), self.salt(), self.prune()];
        for error in tried.into_iter().filter_map(Result::err) {
            tracing::debug!(%error, "the store did not take its care; trying again in a second");
        }
    }

    fn salt(&mut self) -> Result<(), StoreError> {
        let now = clock::now();
        let today = TimestampMs(now.0 - SALT_GRACE).day();
        if self.salted == Some(today) {
            return Ok(());
        }
        // While the grace lasts, `today` is yesterday still: its salt, and the one of the day that has begun.
        for day in [today, TimestampMs(today.0 + DAY)] {
            let salt = self.store.store().salt(day, self.salts.at(day), today)?;
            self.salts.set(day, salt, today);
        }
        self.salted = Some(today);
        Ok(())
    }

    fn prune(&mut self) -> Result<(), StoreError> {
        let now = Instant::now();
        let start = match self.pruned_to {
            Some(place) => place,
            None if now >= self.prune_at => (PostId::MIN, i64::MIN),
            None => return Ok(()),
        };
        let before = TimestampMs(clock::now().0.saturating_sub(self.keep_viewings));
        self.pruned_to = self.store.store().prune_viewings(before, start)?;
        if self.pruned_to.is_none() {
            self.prune_at = now + PRUNE_EVERY;
        }
        Ok(())
    }
}
