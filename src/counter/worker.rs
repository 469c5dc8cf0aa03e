//! A counter's loop: gather a batch, commit it, keep it if that fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use flume::RecvTimeoutError;

use super::backoff::Backoff;
use super::pool::CounterPool;
use crate::model::Batch;
use crate::sink::{SinkError, Written};

/// How often an idle counter looks up: at the overflow, where a sender may have merged an event a moment after the
/// channel was emptied, and at whether it may retire.
const IDLE_LOOK: Duration = Duration::from_secs(1);

/// While the store is away a batch takes in what comes, up to this many entries (about 64 MB); beyond that, the
/// channel fills and the overflow rule decides.
const MAX_RETRY_ENTRIES: usize = 1_000_000;

/// Runs until the channel is closed and empty, or until this counter may retire. Returns what it could not write.
pub(super) fn run(counters: &CounterPool) -> Batch {
    let mut batch = Batch::default();
    loop {
        let open = match counters.receiver.recv_timeout(IDLE_LOOK) {
            Ok(event) => {
                batch.add(event);
                true
            }
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => false,
        };
        let cycle_start = Instant::now();
        if !batch.is_empty() {
            gather(
                counters,
                &mut batch,
                cycle_start + counters.settings.flush_every,
            );
        }
        counters.overflow.take(&mut batch);
        if !batch.is_empty() && !commit(counters, &mut batch) {
            return batch;
        }
        counters.saturation.cycle(cycle_start);
        if !open || counters.may_retire() {
            return batch;
        }
    }
}

/// Takes events until the batch is due or full, or the channel is closed.
fn gather(counters: &CounterPool, batch: &mut Batch, due: Instant) {
    loop {
        empty_channel(counters, batch);
        let full = batch.entries() >= counters.settings.batch_max;
        if full || counters.receiver.is_disconnected() || !counters.wakeup.wait_until(due) {
            break;
        }
    }
    empty_channel(counters, batch);
}

/// Takes what is on the channel. One lock for all of it; again until nothing is left, for senders that were waiting
/// for room put their events in as it is emptied.
fn empty_channel(counters: &CounterPool, batch: &mut Batch) {
    // Bounded: senders may be as fast as this loop.
    for _ in 0..4 {
        let events = counters.receiver.drain();
        if events.len() == 0 {
            break;
        }
        events.for_each(|event| batch.add(event));
    }
}

/// Applies the batch, trying again until it is done or a drain's deadline has passed. Returns whether it was done;
/// the batch is emptied exactly then.
fn commit(counters: &CounterPool, batch: &mut Batch) -> bool {
    let mut backoff = Backoff::new();
    loop {
        let started = Instant::now();
        match write(counters, batch) {
            Ok(written) => {
                counters.health.succeeded();
                counters.metrics.batch(batch.events(), started.elapsed());
                // A batch that is only durable is counted in the metrics of whoever applies it.
                if let Some(result) = written.applied() {
                    counters
                        .metrics
                        .committed(result.counted, &result.uncounted);
                }
                batch.clear();
                return true;
            }
            Err(error) => {
                counters.health.failed(&error);
                counters.metrics.store_failures.inc();
                tracing::warn!(%error, events = batch.events(), "a batch was not written; it is kept and tried again");
            }
        }
        let retry_at = Instant::now() + backoff.next();
        match counters.drain_by.get() {
            Some(deadline) if retry_at >= *deadline => return false,
            _ => wait_for_retry(counters, batch, retry_at),
        }
    }
}

/// One try. A panic in the store is a failed try: the batch is as it was, and the store replaces its connection.
fn write(counters: &CounterPool, batch: &Batch) -> Result<Written, SinkError> {
    catch_unwind(AssertUnwindSafe(|| counters.sink.write(batch)))
        .unwrap_or_else(|_| Err(SinkError::Unavailable("the store panicked".to_owned())))
}

/// Takes in what comes until the next try, so that the channel has room as long as memory does.
fn wait_for_retry(counters: &CounterPool, batch: &mut Batch, retry_at: Instant) {
    loop {
        if batch.entries() < MAX_RETRY_ENTRIES {
            empty_channel(counters, batch);
            counters.overflow.take(batch);
        }
        if counters.receiver.is_disconnected() {
            // The wakeup no longer waits.
            std::thread::sleep(retry_at.saturating_duration_since(Instant::now()));
        }
        if !counters.wakeup.wait_until(retry_at) || Instant::now() >= retry_at {
            return;
        }
    }
}
