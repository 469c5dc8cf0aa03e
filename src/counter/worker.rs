//! A counter's loop: fill a batch, commit it, keep it if that fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use flume::RecvTimeoutError;

use super::pending::Pending;
use super::rest::Rest;
use super::shared::Shared;
use crate::clock;
use crate::model::Batch;
use crate::sink::{SinkError, Written};
use crate::thread::Backoff;

/// How often an idle counter checks the overflow, where a sender may have merged an event just after the channel was
/// drained, and whether it may retire.
const IDLE_CHECK: Duration = Duration::from_secs(1);

/// Runs until the channel is closed and empty, or until `retire` lets this counter end. Returns what it could not
/// write. A counter that panics continues with its batch.
pub(super) fn run(shared: &Shared, retire: &dyn Fn() -> bool) -> Rest {
    let mut pending = shared.pending();
    let mut backoff = Backoff::new();
    while !shared.catch_panic(&mut pending, |pending| count(shared, pending, retire)) {
        if shared.is_past_deadline(Instant::now()) {
            break;
        }
        let retry_at = shared.by_deadline(Instant::now() + backoff.next());
        std::thread::sleep(retry_at.saturating_duration_since(Instant::now()));
    }
    while !shared.catch_panic(&mut pending, Pending::merge_drained) {}
    pending.into_rest()
}

fn count<'a>(shared: &'a Shared, pending: &mut Pending<'a>, retire: &dyn Fn() -> bool) {
    loop {
        // It panicked since it was.
        if pending.is_in_doubt() && !commit(shared, pending) {
            return;
        }
        // What did not fit into the last batch waits for no event.
        let idle_check = match shared.overflow.entries() {
            0 => IDLE_CHECK,
            _ => Duration::ZERO,
        };
        let open = match shared.channel.receive(idle_check) {
            Ok(event) => {
                pending.add(event);
                true
            }
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => false,
        };
        let cycle_start = Instant::now();
        if !pending.batch().is_empty() {
            fill_batch(shared, pending, cycle_start + shared.config.flush_every);
        }
        pending.take_overflow(&shared.overflow);
        let journal = shared.journal.as_ref();
        let has_dropped = journal.is_some_and(|journal| journal.has_dropped());
        if (has_dropped || !pending.batch().is_empty()) && !commit(shared, pending) {
            return;
        }
        shared.saturation.on_cycle(cycle_start);
        if !open && shared.overflow.entries() == 0 || open && retire() {
            return;
        }
    }
}

/// Takes events until the batch is due or full, or the channel is closed.
fn fill_batch<'a>(shared: &'a Shared, pending: &mut Pending<'a>, due: Instant) {
    loop {
        pending.drain(&shared.channel);
        let full = pending.batch().entries() >= shared.config.batch_max;
        if full
            || pending.is_awaited()
            || shared.channel.is_closed()
            || !shared.wakeup.wait_until(due)
        {
            break;
        }
    }
    pending.drain(&shared.channel);
}

/// Writes the batch, again and again until it succeeds or the drain's deadline has passed. Returns whether it
/// succeeded; the batch is emptied exactly then.
fn commit<'a>(shared: &'a Shared, pending: &mut Pending<'a>) -> bool {
    let mut backoff = Backoff::new();
    loop {
        let started = Instant::now();
        let events = pending.batch().events();
        if let Some(journal) = shared.journal.as_ref().filter(|_| !pending.is_in_doubt()) {
            journal.complete(pending.journaled());
        }
        pending.name_batch(clock::now());
        match write(shared, pending.batch()) {
            Ok(written) => {
                // First of all: a batch that is written must not be written again, whatever fails after this.
                let journaled = std::mem::take(pending.journaled());
                let saved = pending.clear();
                if let Some(journal) = &shared.journal {
                    journal.on_commit(&journaled, &saved);
                }
                if shared.health.succeeded() {
                    tracing::info!("the store takes batches again");
                }
                shared.metrics.observe_commit(events, started.elapsed());
                shared.metrics.delivered(events);
                pending.tell(match written {
                    Written::Durable(number) => Some(number),
                    Written::Applied(_) => None,
                });
                // A batch that is only durable is counted in the metrics of whoever applies it.
                if let Some(result) = written.applied() {
                    shared.metrics.committed(result.counted, &result.uncounted);
                }
                return true;
            }
            Err(error) => {
                shared.metrics.store_failures.inc();
                if let SinkError::InDoubt(_) = error {
                    pending.set_in_doubt();
                }
                // Each counter tries again and again; the log needs to hear of it once.
                if shared.health.failed(&error) {
                    tracing::warn!(%error, events, "cannot write a batch; it is kept and tried again");
                }
            }
        }
        save(shared, pending);
        // The last try of a drain is at its deadline, when the store waits for nothing.
        if shared.is_past_deadline(Instant::now()) {
            return false;
        }
        wait_for_retry(shared, pending, Instant::now() + backoff.next());
    }
}

/// Saves the batch to a file, if the journal fills with what it holds: coalesced it takes less.
fn save(shared: &Shared, pending: &mut Pending<'_>) {
    let Some(journal) = shared
        .journal
        .as_ref()
        .filter(|journal| journal.is_filling())
    else {
        return;
    };
    match journal.save(pending.batch(), pending.saved()) {
        Ok(saved) => pending.set_saved(saved),
        Err(error) => {
            tracing::debug!(%error, "cannot save a batch; its events stay in the journal")
        }
    }
}

/// One try. A panic in the sink is a failed try: the batch is unchanged, and the store replaces its connection.
fn write(shared: &Shared, batch: &Batch) -> Result<Written, SinkError> {
    catch_unwind(AssertUnwindSafe(|| shared.sink.write(batch)))
        .unwrap_or_else(|_| Err(SinkError::Unavailable("the store panicked".to_owned())))
}

/// Takes in events until the next try, so that the channel has room as long as memory allows; but none into a batch that may
/// be written.
fn wait_for_retry<'a>(shared: &'a Shared, pending: &mut Pending<'a>, retry_at: Instant) {
    loop {
        if pending.room() > 0 && !pending.is_in_doubt() {
            pending.drain(&shared.channel);
            pending.take_overflow(&shared.overflow);
        }
        // A drain may have begun after this wait.
        let retry_at = shared.by_deadline(retry_at);
        if shared.channel.is_closed() {
            // The wakeup no longer waits.
            std::thread::sleep(retry_at.saturating_duration_since(Instant::now()));
            return;
        }
        if !shared.wakeup.wait_until(retry_at) || Instant::now() >= retry_at {
            return;
        }
    }
}
