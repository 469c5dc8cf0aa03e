//! The thread that decides what this node reads of a queue: each second it says that the node is there, takes its share of the
//! partitions, and starts and ends a thread for each.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flume::{Receiver, RecvTimeoutError, Sender};

use super::consumer;
use super::context::Context;
use super::engine::Sharing;
use super::set_aside::retry_known;
use crate::model::Lease;

/// How often the node says that it is there: twice may fail before it is taken to be gone.
const INTERVAL: Duration = Duration::from_secs(1);

/// How often the engine is asked how many partitions there are. It may take its time to answer, and who says nothing loses
/// what it reads.
const ASK_EVERY: Duration = Duration::from_secs(5);

/// How often what is set aside is looked through for what an earlier version did not know.
const RETRY_EVERY: Duration = Duration::from_secs(60);

/// Threads that read a queue without partitions.
const READERS: u32 = 2;

/// Runs until `stopped` is disconnected, and ends what it has started.
pub(super) fn run(context: &Arc<Context>, node: i64, stopped: &Receiver<()>) {
    let mut consumers = Consumers {
        context,
        node,
        sharing: None,
        ask_at: Instant::now(),
        retry_at: Instant::now(),
        readings: BTreeMap::new(),
        ending: Vec::new(),
    };
    loop {
        if catch_unwind(AssertUnwindSafe(|| consumers.tick())).is_err() {
            tracing::error!("panicked while sharing the partitions of the queue; going on");
        }
        let waited = stopped.recv_timeout(INTERVAL);
        if !matches!(waited, Err(RecvTimeoutError::Timeout)) {
            break;
        }
    }
    consumers.end();
}

/// A thread that reads.
struct Reading {
    /// The number of its lease.
    epoch: i64,
    /// Dropped to end it.
    _stop: Sender<()>,
    thread: JoinHandle<()>,
}

struct Consumers<'a> {
    context: &'a Arc<Context>,
    node: i64,
    /// What the engine said last.
    sharing: Option<Sharing>,
    ask_at: Instant,
    retry_at: Instant,
    readings: BTreeMap<u32, Reading>,
    /// Told to end. Joined once they have: saying that the node is there must not wait for them.
    ending: Vec<JoinHandle<()>>,
}

impl Consumers<'_> {
    fn tick(&mut self) {
        if self.ask_at <= Instant::now() {
            self.ask();
        }
        match self.sharing {
            None => {}
            Some(Sharing::Partitions(count)) => self.share(count),
            Some(Sharing::Anyone) => {
                let readers = (0..READERS).map(|partition| Lease {
                    partition,
                    epoch: 0,
                    position: None,
                });
                self.follow(readers.collect(), false);
            }
        }
        if self.retry_at <= Instant::now() {
            self.retry_at = Instant::now() + RETRY_EVERY;
            self.retry_set_aside();
        }
    }

    fn ask(&mut self) {
        match self.context.source.sharing() {
            Ok(sharing) => {
                self.ask_at = Instant::now() + ASK_EVERY;
                self.sharing = Some(sharing);
                self.context.health.asking.succeeded();
            }
            Err(error) => {
                // Not known yet is as bad as can be; what is known mostly stays so.
                let pause = self.sharing.map_or(INTERVAL, |_| ASK_EVERY);
                self.ask_at = Instant::now() + pause;
                if self.context.health.asking.failed(&error) {
                    tracing::warn!(%error, "cannot ask the queue for its partitions; trying again");
                }
            }
        }
    }

    fn share(&mut self, count: u32) {
        let Context {
            store,
            queue,
            health,
            ..
        } = &**self.context;
        match store.share_partitions(queue, self.node, count) {
            Ok(leases) => {
                health.sharing.succeeded();
                self.follow(leases, true);
            }
            // Those who read notice by themselves when a partition is another node's.
            Err(error) => {
                if health.sharing.failed(&error) {
                    tracing::warn!(%error, "cannot share the partitions of the queue; trying again");
                }
            }
        }
    }

    fn retry_set_aside(&self) {
        match retry_known(&*self.context.store, self.context.database) {
            Ok(0) => {}
            Ok(messages) => {
                tracing::info!(messages, "counted what an earlier version had set aside")
            }
            // In a minute.
            Err(error) => tracing::debug!(%error, "cannot look at what was set aside"),
        }
    }

    /// Has exactly these partitions read, or, where they are not leased, by so many readers.
    fn follow(&mut self, leases: Vec<Lease>, is_leased: bool) {
        self.end_others(&leases);
        for lease in leases {
            let (number, epoch) = (lease.partition, lease.epoch);
            if self.readings.contains_key(&number) {
                continue;
            }
            let (stop, stopped) = flume::bounded(0);
            let lease = is_leased.then_some(lease);
            match consumer::spawn(self.context, lease, number, stopped) {
                Ok(thread) => {
                    let reading = Reading {
                        epoch,
                        _stop: stop,
                        thread,
                    };
                    self.readings.insert(number, reading);
                }
                // The next time.
                Err(error) => tracing::error!(%error, "cannot start a thread that reads the queue"),
            }
        }
        let count = i64::try_from(self.readings.len()).unwrap_or(i64::MAX);
        self.context.metrics().partitions.set(count);
    }

    /// Ends who reads what is another node's by now, and removes who has ended.
    fn end_others(&mut self, leases: &[Lease]) {
        let is_held = |partition: u32, epoch: i64| {
            let mut leases = leases.iter();
            leases.any(|lease| (lease.partition, lease.epoch) == (partition, epoch))
        };
        let ended = self.readings.extract_if(.., |partition, reading| {
            reading.thread.is_finished() || !is_held(*partition, reading.epoch)
        });
        for (partition, reading) in ended {
            self.context.health.forget(partition);
            self.ending.push(reading.thread);
        }
        for thread in self.ending.extract_if(.., |thread| thread.is_finished()) {
            // A panic was reported where it happened.
            let _ = thread.join();
        }
    }

    fn end(mut self) {
        // All are told before the first is waited for.
        let threads = std::mem::take(&mut self.readings).into_values();
        self.ending
            .extend(Vec::from_iter(threads.map(|reading| reading.thread)));
        for thread in self.ending {
            // As above.
            let _ = thread.join();
        }
        let Context { store, queue, .. } = &**self.context;
        if let Err(error) = store.leave_queue(queue, self.node) {
            // Others wait for three seconds then.
            tracing::debug!(%error, "cannot give the partitions back");
        }
    }
}
