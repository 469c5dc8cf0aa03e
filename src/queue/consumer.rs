//! The thread that reads one partition, or one of those that read a queue without partitions: it receives messages, applies
//! them, and tells the engine.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flume::{Receiver, RecvTimeoutError};

use super::context::Context;
use super::engine::{Reader, Received};
use super::error::QueueError;
use super::long_poll::LongPoll;
use super::message::{self, Rejection};
use crate::clock;
use crate::metrics::PartitionLabel;
use crate::model::{Delivery, Lease, RejectedMessage};
use crate::sink::{Delivered, SinkError, SinkHealth};
use crate::thread::Backoff;

/// Bytes of messages that are applied in one transaction, about: the store merges them, so more of them cost less each.
const MAX_BYTES: usize = 4 << 20;

/// How long one wait for messages of a partition may take; it bounds how late the end is noticed.
const WAIT: Duration = Duration::from_millis(500);

/// How long one wait for messages may take where there are no partitions. Such an engine is paid by the call, so an idle
/// node waits as long as any engine lets it, and a thread of its own does the waiting.
const LONG_WAIT: Duration = Duration::from_secs(20);

/// How often the engine is asked how much it has left.
const LAG_EVERY: Duration = Duration::from_secs(2);

/// How often the engine is told that messages are still being applied.
const KEEP_EVERY: Duration = Duration::from_secs(5);

/// A try that failed after so long has met the store's time limit, which is longer whatever the delivery. What fails for
/// another reason fails before: a lock that is held, or a server that is not there.
pub(super) const LONG_TRY: Duration = Duration::from_secs(6);

/// The longest position that is stored. None of an engine is so long.
const MAX_POSITION: usize = 1000;

/// Reads until `stopped` is disconnected, or the partition is another's. `lease` is `None` of a queue without partitions.
fn run(context: &Context, lease: Option<Lease>, number: u32, stopped: &Receiver<()>) {
    let long_poll = match lease {
        Some(_) => None,
        None => match LongPoll::start(number, MAX_BYTES, LONG_WAIT) {
            Ok(long_poll) => Some(long_poll),
            // Whoever started this one starts the next.
            Err(error) => {
                tracing::error!(%error, "cannot start a thread that waits for messages of the queue");
                return;
            }
        },
    };
    let mut consumer = Consumer {
        context,
        health: context.health.consuming(number),
        epoch: lease.as_ref().map(|lease| lease.epoch),
        partition: lease.as_ref().map_or(0, |lease| lease.partition),
        position: lease.and_then(|lease| lease.position),
        stopped,
        reader: None,
        long_poll,
        lag_at: Instant::now(),
    };
    let mut backoff = Backoff::new();
    while !stopped.is_disconnected() {
        let Some(received) = consumer.receive() else {
            return;
        };
        match received {
            Ok(messages) if messages.is_empty() => {
                backoff = Backoff::new();
                consumer.health.succeeded();
            }
            Ok(messages) => match consumer.delivery(&messages) {
                Ok(delivery) => {
                    backoff = Backoff::new();
                    if !consumer.apply(&messages, delivery) {
                        return;
                    }
                }
                Err(error) => consumer.read_again(&error, backoff.next()),
            },
            Err(error) => consumer.read_again(&error, backoff.next()),
        }
    }
}

struct Consumer<'a> {
    context: &'a Context,
    health: Arc<SinkHealth>,
    epoch: Option<i64>,
    partition: u32,
    position: Option<String>,
    stopped: &'a Receiver<()>,
    /// Made anew after every error.
    reader: Option<Box<dyn Reader>>,
    /// `None` of a partition.
    long_poll: Option<LongPoll>,
    lag_at: Instant,
}

impl Consumer<'_> {
    /// Waits, and then reads on from what is applied.
    fn read_again(&mut self, error: &QueueError, pause: Duration) {
        self.reader = None;
        if self.health.failed(error) {
            tracing::warn!(%error, partition = self.partition, "cannot read the queue; trying again");
        }
        self.pause(pause);
    }

    /// Receives. `None` at the end, or where what waits has panicked.
    fn receive(&mut self) -> Option<Result<Vec<Received>, QueueError>> {
        let mut reader = match self.reader.take().map_or_else(|| self.open(), Ok) {
            Ok(reader) => reader,
            Err(error) => return Some(Err(error)),
        };
        let (mut reader, received) = match &self.long_poll {
            Some(long_poll) => long_poll.receive(reader, self.stopped)?,
            None => {
                let received = reader.receive(MAX_BYTES, WAIT);
                (reader, received)
            }
        };
        if received.is_ok() {
            self.tell_lag(&mut *reader);
        }
        self.reader = Some(reader);
        Some(received)
    }

    fn open(&self) -> Result<Box<dyn Reader>, QueueError> {
        let source = &self.context.source;
        source.read(self.partition, self.position.as_deref())
    }

    fn tell_lag(&mut self, reader: &mut dyn Reader) {
        if self.lag_at > Instant::now() {
            return;
        }
        self.lag_at = Instant::now() + LAG_EVERY;
        if let Some(lag) = reader.lag() {
            let label = PartitionLabel {
                partition: self.partition,
            };
            let lag = i64::try_from(lag).unwrap_or(i64::MAX);
            self.context.metrics().lag.get_or_create(&label).set(lag);
        }
    }

    /// Applies messages, again and again until the store takes them. Returns whether to go on.
    fn apply(&mut self, messages: &[Received], mut delivery: Delivery) -> bool {
        let mut backoff = Backoff::new();
        let mut keep_at = Instant::now() + KEEP_EVERY;
        loop {
            let started = Instant::now();
            match self.write(&delivery) {
                Ok(delivered) => {
                    self.note(&delivery, &delivered);
                    break;
                }
                Err(SinkError::NotOurs) => {
                    tracing::info!(
                        partition = self.partition,
                        "another node reads this partition by now"
                    );
                    return false;
                }
                Err(SinkError::Refused(error)) => {
                    let before = delivery.rejected.len();
                    if !self.apply_singly(&mut delivery) {
                        return false;
                    }
                    if delivery.rejected.len() > before || delivery.batches.is_empty() {
                        tracing::debug!(error, "a delivery was applied message by message");
                    } else if self.health.failed(&error) {
                        tracing::warn!(
                            error,
                            partition = self.partition,
                            "the store refuses messages of the queue; trying again"
                        );
                    }
                }
                Err(error) => {
                    if self.health.failed(&error) {
                        tracing::warn!(%error, partition = self.partition, "cannot apply messages of the queue; trying again");
                    }
                    // All of them may never fit, however often they are tried.
                    let is_late = started.elapsed() >= LONG_TRY && delivery.batches.len() > 1;
                    if is_late && !self.apply_singly(&mut delivery) {
                        return false;
                    }
                }
            }
            if keep_at <= Instant::now() {
                keep_at = Instant::now() + KEEP_EVERY;
                if let Some(Err(error)) = self.reader.as_mut().map(|reader| reader.keep(messages)) {
                    tracing::debug!(%error, "messages may be handed out again while they are applied");
                }
            }
            if self.pause(backoff.next()) {
                return false;
            }
        }
        if delivery.position.is_some() {
            self.position.clone_from(&delivery.position);
        }
        if let Some(Err(error)) = self.reader.as_mut().map(|reader| reader.applied(messages)) {
            // They are received again, and known by their ids.
            tracing::debug!(%error, "cannot tell the queue what is applied");
        }
        true
    }

    /// What is to be applied of what was received.
    ///
    /// # Errors
    /// Where a message is for another database: whoever counts there still needs it.
    fn delivery(&self, messages: &[Received]) -> Result<Delivery, QueueError> {
        let mut delivery = Delivery {
            queue: self.context.queue.clone(),
            partition: self.partition,
            epoch: self.epoch,
            position: self
                .epoch
                .and(messages.last())
                .map(|last| last.position.clone()),
            batches: Vec::new(),
            rejected: Vec::new(),
        };
        let (now, database) = (clock::now(), self.context.database);
        for received in messages {
            let decoded = catch_unwind(|| message::decode_fresh(&received.bytes, database, now));
            match decoded.unwrap_or(Err(Rejection::Unreadable)) {
                Ok(queued) => delivery.batches.push(queued),
                Err(Rejection::OtherDatabase) => {
                    return Err(QueueError(format!(
                        "{} has messages for another database; give each database a queue of its own, or drop what is left there",
                        self.context.queue
                    )));
                }
                Err(rejection) => delivery.rejected.push(RejectedMessage {
                    position: received.position.chars().take(MAX_POSITION).collect(),
                    version: rejection.version(),
                    is_garbage: rejection.is_garbage(),
                    reason: rejection.to_string(),
                    bytes: received.bytes.clone(),
                }),
            }
        }
        Ok(delivery)
    }

    /// Applies batches one by one: those that the store refuses are set aside, and those that it does not take now stay.
    /// Returns whether to go on: the partition is still this node's, and the end has not come.
    fn apply_singly(&self, delivery: &mut Delivery) -> bool {
        let batches = std::mem::take(&mut delivery.batches);
        for queued in batches {
            if self.stopped.is_disconnected() {
                return false;
            }
            let mut alone = Delivery {
                queue: delivery.queue.clone(),
                partition: delivery.partition,
                epoch: delivery.epoch,
                // It is stored when everything is.
                position: None,
                batches: vec![queued],
                rejected: Vec::new(),
            };
            match self.write(&alone) {
                Ok(delivered) => self.note(&alone, &delivered),
                Err(SinkError::NotOurs) => return false,
                Err(SinkError::Refused(why)) => {
                    let queued = alone.batches.remove(0);
                    let again = message::encode_as(&queued, self.context.database);
                    delivery.rejected.push(RejectedMessage {
                        position: format!("{:032x}", queued.id.0),
                        reason: format!("the store refuses it: {why}"),
                        version: None,
                        is_garbage: false,
                        bytes: again.unwrap_or_default(),
                    });
                }
                // With the others, later.
                Err(_) => delivery.batches.append(&mut alone.batches),
            }
        }
        true
    }

    /// One try. A panic in the store is its refusal.
    fn write(&self, delivery: &Delivery) -> Result<Delivered, SinkError> {
        catch_unwind(AssertUnwindSafe(|| {
            self.context.store.apply_delivery(delivery)
        }))
        .unwrap_or_else(|_| Err(SinkError::Refused("the store panicked".to_owned())))
    }

    fn note(&self, delivery: &Delivery, delivered: &Delivered) {
        let context = self.context;
        if self.health.succeeded() {
            tracing::info!("messages of the queue are applied again");
        }
        let applied = delivery.batches.len() as u64 - delivered.repeated;
        context.metrics().applied.inc_by(applied);
        context.metrics().repeated.inc_by(delivered.repeated);
        context.metrics().set_aside.inc_by(delivered.set_aside);
        let result = &delivered.result;
        context
            .all_metrics
            .committed(result.counted, &result.uncounted);
        for rejected in delivery
            .rejected
            .iter()
            .take(usize::from(delivered.set_aside > 0) * 3)
        {
            tracing::error!(
                partition = delivery.partition,
                position = rejected.position,
                "a message is set aside: {}; viewtally set-aside lists what waits for a decision",
                rejected.reason
            );
        }
    }

    /// Waits. Returns whether the end has come meanwhile.
    fn pause(&self, pause: Duration) -> bool {
        !matches!(
            self.stopped.recv_timeout(pause),
            Err(RecvTimeoutError::Timeout)
        )
    }
}

impl Drop for Consumer<'_> {
    fn drop(&mut self) {
        // Another node tells how far it is.
        let label = PartitionLabel {
            partition: self.partition,
        };
        self.context.metrics().lag.remove(&label);
    }
}

/// Spawns a consumer.
pub(super) fn spawn(
    context: &Arc<Context>,
    lease: Option<Lease>,
    number: u32,
    stopped: Receiver<()>,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    let context = Arc::clone(context);
    crate::thread::spawn(format!("queue-{number}"), move || {
        run(&context, lease, number, &stopped);
    })
}
