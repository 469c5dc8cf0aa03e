//! The thread that sends what waits in the outbox.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::backlog::Entry;
use super::engine::{Outgoing, Producer};
use super::error::SendError;
use super::outbox::Outbox;
use crate::metrics::QueueMetrics;
use crate::sink::SinkHealth;
use crate::thread::Backoff;

/// Bytes sent before the engine has accepted what was sent before: enough that the way to it is never idle.
const GROUP: u64 = 4 << 20;

/// How long one try may take. An engine that fails over to another of its servers takes seconds.
const SEND_LIMIT: Duration = Duration::from_secs(10);

/// The shortest try at the end of a stop.
const LAST_TRY: Duration = Duration::from_millis(100);

/// Sends until nothing more comes, or what waits has had its time.
pub(super) fn run(
    outbox: &Outbox,
    producer: &mut dyn Producer,
    metrics: &QueueMetrics,
    health: &SinkHealth,
) {
    let mut backoff = Backoff::new();
    while let Some(entries) = outbox.backlog().next(GROUP) {
        let sent = catch_unwind(AssertUnwindSafe(|| send(outbox, producer, &entries)));
        match sent.unwrap_or_else(|_| Err("sending panicked".to_owned())) {
            Ok(messages) => {
                outbox.accepted(&entries);
                outbox.limit_messages(producer.max_bytes());
                metrics.sent.inc_by(messages);
                backoff = Backoff::new();
                if health.succeeded() {
                    tracing::info!("the queue takes batches again");
                }
            }
            Err(error) => {
                metrics.resent.inc();
                if health.failed(&error) {
                    tracing::warn!(%error, "cannot send to the queue; what waits is kept and sent again");
                }
                outbox.backlog().pause(backoff.next());
            }
        }
    }
}

/// Sends entries. Returns how many messages that were.
fn send(outbox: &Outbox, producer: &mut dyn Producer, entries: &[Entry]) -> Result<u64, String> {
    let mut messages: Vec<Outgoing> = Vec::new();
    let mut owners = Vec::new();
    for entry in entries {
        let of_entry = outbox.messages(entry);
        let of_entry =
            of_entry.map_err(|error| format!("cannot read what waits for the queue: {error}"))?;
        owners.resize(owners.len() + of_entry.len(), entry);
        messages.extend(of_entry);
    }
    if messages.is_empty() {
        return Ok(0);
    }
    let now = Instant::now();
    let close_at = outbox.backlog().close_at().unwrap_or(now + SEND_LIMIT);
    let deadline = close_at.clamp(now + LAST_TRY, now + SEND_LIMIT);
    match producer.send(&messages, deadline) {
        Ok(()) => Ok(messages.len() as u64),
        Err(SendError::TooLong {
            index,
            bytes,
            limit,
        }) => {
            let refused = owners.get(index).zip(messages.get(index));
            let cut = refused.map_or(Ok(()), |(entry, message)| {
                outbox.cut(entry, message.id, limit)
            });
            Err(match cut {
                Ok(()) => format!(
                    "a message had {bytes} bytes, of which the queue takes {limit}; it is cut"
                ),
                Err(error) => format!(
                    "a message has {bytes} bytes, of which the queue takes {limit}: {error}"
                ),
            })
        }
        Err(SendError::Failed(error)) => Err(error.to_string()),
    }
}
