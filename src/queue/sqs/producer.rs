//! Sends messages, as many in a call as SQS takes.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::queue::Queue;
use crate::queue::engine::{Outgoing, Producer};
use crate::queue::error::SendError;

/// What SQS takes in one call.
const MAX_ENTRIES: usize = 10;

/// The sum of all messages of a call, in the bytes that SQS counts, that every queue takes.
const MAX_CALL: usize = 256 << 10;

/// How often messages are sent again that SQS did not take while it took others.
const MAX_ROUNDS: u32 = 4;

/// The pause before the second round; it doubles.
const PAUSE: Duration = Duration::from_millis(100);

/// Sends to one queue.
pub(super) struct SqsProducer {
    queue: Arc<Queue>,
    /// What was accepted of a send that failed. It is not paid for twice when the whole is sent again.
    accepted: HashSet<u128>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessageBatch {
    entries: Vec<Entry>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    id: String,
    message_body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_deduplication_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sent {
    #[serde(default)]
    successful: Vec<Taken>,
    #[serde(default)]
    failed: Vec<NotTaken>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Taken {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NotTaken {
    #[serde(default)]
    sender_fault: bool,
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

impl SqsProducer {
    pub(super) fn new(queue: Arc<Queue>) -> SqsProducer {
        SqsProducer {
            queue,
            accepted: HashSet::new(),
        }
    }

    fn send_all(&mut self, messages: &[Outgoing], deadline: Instant) -> Result<(), Failure> {
        let mut pause = PAUSE;
        for round in 1.. {
            let mut refused = None;
            let waiting: Vec<&Outgoing> = messages
                .iter()
                .filter(|message| !self.accepted.contains(&message.id))
                .collect();
            for call in calls(&waiting, self.queue.limit().max(MAX_CALL)) {
                refused = self.send_call(call, deadline)?.or(refused);
            }
            let Some(failure) = refused else {
                break;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if round == MAX_ROUNDS || failure.1 || left <= pause {
                return Err(failure.0);
            }
            std::thread::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0));
            pause *= 2;
        }
        Ok(())
    }

    /// One call. Answers why some were not taken, and whether it makes no sense to send them again.
    fn send_call(
        &mut self,
        messages: &[&Outgoing],
        deadline: Instant,
    ) -> Result<Option<(Failure, bool)>, Failure> {
        let is_fifo = self.queue.location.is_fifo();
        let entries = messages.iter().enumerate();
        let batch = SendMessageBatch {
            entries: entries
                .map(|(number, message)| {
                    let id = is_fifo.then(|| format!("{:032x}", message.id));
                    Entry {
                        id: number.to_string(),
                        message_body: STANDARD.encode(&message.bytes),
                        // Each is a group of its own: what is received of a group keeps the rest of it back, and ours
                        // need no order.
                        message_group_id: id.clone(),
                        message_deduplication_id: id,
                    }
                })
                .collect(),
        };
        let sent: Sent = self.queue.call("SendMessageBatch", &batch, deadline)?;
        for taken in &sent.successful {
            let number: Option<usize> = taken.id.parse().ok();
            if let Some(message) = number.and_then(|number| messages.get(number)) {
                self.accepted.insert(message.id);
            }
        }
        let not_taken = messages
            .iter()
            .filter(|message| !self.accepted.contains(&message.id));
        match (not_taken.count(), sent.failed.into_iter().next()) {
            (0, _) => Ok(None),
            (count, first) => {
                let first = first.unwrap_or_else(|| NotTaken {
                    sender_fault: false,
                    code: "nothing".to_owned(),
                    message: String::new(),
                });
                let failure = Failure::Refused {
                    action: "SendMessageBatch",
                    message: format!("{} ({count} of {} messages)", first.message, messages.len()),
                    code: first.code,
                };
                Ok(Some((failure, first.sender_fault)))
            }
        }
    }
}

/// Messages in parts that one call takes each.
fn calls<'a, 'm>(
    mut messages: &'a [&'m Outgoing],
    max_bytes: usize,
) -> impl Iterator<Item = &'a [&'m Outgoing]> {
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |message: &&&Outgoing| {
            bytes += encoded_len(message.bytes.len());
            bytes <= max_bytes
        };
        let count = messages.iter().take(MAX_ENTRIES).take_while(fits).count();
        // One that is longer than a call goes alone, and is refused.
        let count = count.max(1).min(messages.len());
        let (call, rest) = messages.split_at(count);
        messages = rest;
        (!call.is_empty()).then_some(call)
    })
}

/// The length of bytes as text.
fn encoded_len(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

impl Producer for SqsProducer {
    fn send(&mut self, messages: &[Outgoing], deadline: Instant) -> Result<(), SendError> {
        let sent = self.queue.learn_limit(deadline);
        let limit = self.max_bytes();
        if let Some(index) = messages.iter().position(|one| one.bytes.len() > limit) {
            let bytes = messages[index].bytes.len();
            return Err(SendError::TooLong {
                index,
                bytes,
                limit,
            });
        }
        let sent = sent.and_then(|()| self.send_all(messages, deadline));
        match sent {
            Ok(()) => {
                self.accepted.clear();
                Ok(())
            }
            Err(failure) => {
                self.queue.forget_limit();
                // Of other messages nothing is to be remembered.
                let ids: HashSet<u128> = messages.iter().map(|message| message.id).collect();
                self.accepted.retain(|id| ids.contains(id));
                Err(SendError::Failed(failure.into()))
            }
        }
    }

    /// As bytes, of which three become four letters.
    fn max_bytes(&self) -> usize {
        self.queue.limit() / 4 * 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths_of_calls(lengths: &[usize], max_bytes: usize) -> Vec<Vec<usize>> {
        let messages: Vec<Outgoing> = lengths
            .iter()
            .map(|length| Outgoing {
                id: 0,
                bytes: vec![0; *length],
            })
            .collect();
        let messages: Vec<&Outgoing> = messages.iter().collect();
        let length = |message: &&Outgoing| message.bytes.len();
        calls(&messages, max_bytes)
            .map(|call| call.iter().map(length).collect())
            .collect()
    }

    #[test]
    fn calls_are_as_large_as_they_may_be() {
        assert_eq!(lengths_of_calls(&[], 100), Vec::<Vec<usize>>::new());
        assert_eq!(lengths_of_calls(&[1; 11], 1000), [vec![1; 10], vec![1]]);
        assert_eq!(
            lengths_of_calls(&[30, 30, 30], 80),
            [vec![30, 30], vec![30]]
        );
        assert_eq!(
            lengths_of_calls(&[30, 31, 29], 80),
            [vec![30], vec![31], vec![29]]
        );
        assert_eq!(lengths_of_calls(&[300, 3], 80), [vec![300], vec![3]]);
    }
}
