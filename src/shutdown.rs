//! The stop. The only file that ends long-lived threads; the order is the design.

mod unwritten;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use self::unwritten::Unwritten;
use crate::clock;
use crate::counter::{CounterPool, EventSender, Rest};
use crate::journal::{self, Journal, JournalFolder};
use crate::maintenance::Maintenance;
use crate::metrics::Metrics;
use crate::model::{DrainRecord, Reason, Uncounted};
use crate::queue::Queue;
use crate::server::{InFlight, Server};
use crate::sink::{BatchSink, SinkError};
use crate::site::Site;
use crate::store::{CachedStore, Store};

/// How long threads may take to end once nothing is left for them to do.
const JOIN_TIMEOUT: Duration = Duration::from_secs(2);

/// How long they may take where the time of the drain is up.
const LATE_JOIN_TIMEOUT: Duration = Duration::from_millis(200);

/// The entries of a batch that are written within moments, so that they may be tried after the deadline.
const SMALL_BATCH: usize = 10_000;

/// A server that runs.
pub struct Running {
    pub(crate) server: Arc<Server<Site>>,
    pub(crate) in_flight: Arc<InFlight>,
    pub(crate) intake: Arc<EventSender>,
    pub(crate) counters: Arc<CounterPool>,
    /// `None` without a queue.
    pub(crate) queue: Option<Queue>,
    pub(crate) maintenance: Maintenance,
    pub(crate) store: Arc<CachedStore>,
    /// Where the counters put their batches: the store, or the queue.
    pub(crate) sink: Arc<dyn BatchSink>,
    pub(crate) metrics: Arc<Metrics>,
    /// `None` for a database in memory.
    pub(crate) journal_folder: Option<JournalFolder>,
    /// `None` without a journal.
    pub(crate) journal: Option<Arc<Journal>>,
    pub(crate) drain_timeout: Duration,
}

/// What a stop has to tell.
#[derive(Debug)]
pub struct Report {
    /// Requests answered while the server ran.
    pub answered: u64,
    /// Events that went on the queue; `None` without one.
    pub queued: Option<u64>,
    /// Views counted.
    pub counted: u64,
    /// Events that are in the ledger.
    pub uncounted: Uncounted,
    /// Events that could not be written.
    pub unwritten: Unwritten,
}

impl Running {
    /// The address served, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The measurements; they outlive the server.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// The store it counts into.
    pub fn store(&self) -> &dyn Store {
        self.store.store()
    }

    /// Whether events survive the process.
    pub fn has_journal(&self) -> bool {
        self.journal.is_some()
    }

    /// Stops, losing nothing that can be kept.
    pub fn drain(self) -> Report {
        let started = Instant::now();
        let deadline = started + self.drain_timeout;
        self.store.store().end_waits_by(deadline);

        // 1. No new connections.
        self.server.stop_accepting(deadline);

        // 2. Requests in flight finish; later ones on open connections get 503. Counting keeps half of the time.
        self.in_flight.close();
        let inside = self
            .in_flight
            .wait_until_empty(started + self.drain_timeout / 2);
        if inside > 0 {
            tracing::warn!(
                requests = inside,
                "requests did not finish in time; their views may come too late"
            );
        }

        // 3. Nothing more goes onto the channel.
        self.counters.drain_by(deadline);
        self.intake.close();

        // 4. The counters empty channel and overflow, commit, and end.
        let mut left = self.counters.join();

        // 5. Connections still open are idle, or have had their time: end them, and with them their threads.
        let threads = self.server.finish(match inside {
            0 => join_by(deadline),
            _ => Instant::now() + LATE_JOIN_TIMEOUT,
        });
        if threads > 0 {
            tracing::warn!(threads, "workers did not end in time");
        }
        if !self.maintenance.stop(join_by(deadline)) {
            tracing::warn!("maintenance of the store did not end in time");
        }

        // 6. What came too late, and what the store refused until now: one more try; else it is kept.
        left.merge(self.counters.join());
        let journal = self.journal.as_deref();
        let keep = Keep {
            journal,
            folder: self.journal_folder.as_ref(),
        };
        let mut unwritten = write_or_keep(&*self.sink, keep, left, &self.metrics, deadline)
            .and_lost(self.counters.lost());
        if let Some(Err(error)) = journal.map(Journal::end) {
            // The next start finds that everything is counted.
            tracing::warn!(%error, "cannot remove the journal");
        }

        if let Err(error) = self.store.write_referrers() {
            tracing::warn!(%error, "cannot write where the last readers came from");
        }

        // 7. What waits for the queue is sent; what it does not accept is kept for the next start.
        let queued = self.queue.map(|queue| {
            let left = queue.stop(deadline);
            let events = left.as_ref().map_or(0, |left| left.events);
            unwritten = std::mem::replace(&mut unwritten, Unwritten::None).and_left(left);
            self.metrics.delivered_events().saturating_sub(events)
        });

        // 8. Leave a note for the next run, if the store takes one.
        let drain = DrainRecord {
            at: clock::now(),
            took: i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX),
            written: self.metrics.events_sent.get() - self.metrics.pending(),
            unwritten: unwritten.events(),
        };
        if let Err(error) = self.store.store().note_drain(&drain) {
            // Where views could not be written either, that says enough.
            if drain.unwritten == 0 {
                tracing::warn!(%error, "cannot note in the store how this stop went");
            }
        }

        // 9. Say what became of everything.
        let mut uncounted = Uncounted::default();
        for reason in Reason::ALL {
            uncounted.add(reason, self.metrics.written_as(reason.name()));
        }
        Report {
            answered: self.metrics.answers(),
            queued,
            counted: self.metrics.written_as("counted"),
            uncounted,
            unwritten,
        }
    }
}

/// When threads are to have ended that have nothing left to do.
fn join_by(deadline: Instant) -> Instant {
    let now = Instant::now();
    (now + JOIN_TIMEOUT).min(deadline.max(now + LATE_JOIN_TIMEOUT))
}

/// Where events are kept that the store does not take.
struct Keep<'a> {
    journal: Option<&'a Journal>,
    folder: Option<&'a JournalFolder>,
}

/// Writes what is left, or has it kept for the next start.
fn write_or_keep(
    sink: &dyn BatchSink,
    keep: Keep<'_>,
    left: Rest,
    metrics: &Metrics,
    deadline: Instant,
) -> Unwritten {
    let Rest { mut batch, saved } = left;
    let Keep { journal, folder } = keep;
    if let Some(journal) = journal {
        journal.complete(&mut batch.journaled);
    }
    if batch.is_empty() {
        return Unwritten::None;
    }
    let events = batch.events();
    let in_time = Instant::now() < deadline || batch.entries() <= SMALL_BATCH;
    let written = match in_time {
        true => sink.write(&batch),
        false => Err(SinkError::Busy(
            "the store took no writes, and the time to stop is up".to_owned(),
        )),
    };
    let why = match written {
        Ok(written) => {
            if let Some(journal) = journal {
                journal.on_commit(&batch.journaled, &saved);
            }
            metrics.delivered(events);
            if let Some(result) = written.applied() {
                metrics.committed(result.counted, &result.uncounted);
            }
            return Unwritten::None;
        }
        Err(error) => error.to_string(),
    };
    let Some(folder) = folder else {
        return Unwritten::Lost { events, why };
    };
    let unjournaled = events - batch.journaled.events();
    if unjournaled == 0 {
        let path = folder.path().to_owned();
        return Unwritten::Journaled { events, path, why };
    }
    match journal::write_batch(folder, batch) {
        Ok(path) => Unwritten::Journaled { events, path, why },
        Err(error) => Unwritten::Lost {
            events: unjournaled,
            why: format!("{why}; {error}"),
        },
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stopped: {} requests answered, ", self.answered)?;
        if let Some(queued) = self.queued {
            write!(f, "{queued} views put on the queue, ")?;
        }
        write!(
            f,
            "{} views counted, {} not counted (",
            self.counted,
            self.uncounted.total()
        )?;
        for (place, reason) in Reason::ALL.into_iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{} {}", reason.name(), self.uncounted.get(reason))?;
        }
        let kept = match self.unwritten {
            Unwritten::Journaled { events, .. } => events,
            Unwritten::None | Unwritten::Lost { .. } => 0,
        };
        write!(f, "), {kept} kept")
    }
}
