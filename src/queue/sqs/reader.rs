//! Receives messages, and has them deleted once they are applied.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::queue::Queue;
use crate::model::TimestampMs;
use crate::queue::engine::{Reader, Received};
use crate::queue::error::QueueError;

/// What SQS gives, or takes, in one call.
const MAX_ENTRIES: usize = 10;

/// How long SQS waits for a message at most. An answer without one costs as much as one with ten.
const MAX_WAIT: Duration = Duration::from_secs(20);

/// How long an answer may take, beyond what SQS was asked to wait.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// How long telling the lag may take, which nothing waits for.
const LAG_LIMIT: Duration = Duration::from_secs(3);

/// Receives from one queue.
pub(super) struct SqsReader {
    queue: Arc<Queue>,
    /// Received and not handed out yet, and when.
    unhanded: VecDeque<(Instant, Received)>,
    /// About the longest of the last messages, in bytes.
    long_message: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ReceiveMessage {
    max_number_of_messages: usize,
    wait_time_seconds: u64,
    visibility_timeout: u64,
    // By its name of before, which emulators know as well.
    attribute_names: [&'static str; 1],
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Messages {
    #[serde(default)]
    messages: Vec<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    message_id: String,
    receipt_handle: String,
    body: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    sent_timestamp: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entries<'a> {
    entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    id: String,
    receipt_handle: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    visibility_timeout: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchResult {
    #[serde(default)]
    failed: Vec<NotChanged>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NotChanged {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

impl SqsReader {
    pub(super) fn new(queue: Arc<Queue>) -> SqsReader {
        SqsReader {
            queue,
            unhanded: VecDeque::new(),
            long_message: 1,
        }
    }

    fn receive_some(&mut self, max_bytes: usize, wait: Duration) -> Result<(), Failure> {
        // What is less than a second is one: not to wait would ask, and cost, without an end.
        let wait = wait.min(MAX_WAIT).as_millis().div_ceil(1000) as u64;
        let deadline = Instant::now() + Duration::from_secs(wait) + ANSWER_LIMIT;
        let call = ReceiveMessage {
            max_number_of_messages: (max_bytes / self.long_message).clamp(1, MAX_ENTRIES),
            wait_time_seconds: wait,
            visibility_timeout: self.queue.location.visibility.as_secs(),
            attribute_names: ["SentTimestamp"],
        };
        let asked = Instant::now();
        let received: Messages = self.queue.call("ReceiveMessage", &call, deadline)?;
        let received = received.messages.into_iter().map(Message::into_received);
        let before = self.unhanded.len();
        self.unhanded.extend(received.map(|one| (asked, one)));
        let longest = self
            .unhanded
            .range(before..)
            .map(|(_, one)| one.bytes.len());
        if let Some(longest) = longest.max() {
            self.long_message = longest.max(self.long_message / 2).max(1);
        }
        Ok(())
    }

    /// Has each call of an action tell of up to ten messages.
    fn tell<'m>(
        &self,
        action: &'static str,
        messages: &'m [Received],
        visibility: Option<Duration>,
    ) -> Result<(), QueueError> {
        let deadline = Instant::now() + ANSWER_LIMIT;
        let (mut count, mut why) = (0, None);
        for some in messages.chunks(MAX_ENTRIES) {
            let entry = |(number, one): (usize, &'m Received)| {
                Some(Entry {
                    id: number.to_string(),
                    receipt_handle: one.receipt.as_deref()?,
                    visibility_timeout: visibility.map(|time| time.as_secs()),
                })
            };
            let call = Entries {
                entries: some.iter().enumerate().filter_map(entry).collect(),
            };
            let result: BatchResult = self.queue.call(action, &call, deadline)?;
            count += result.failed.len();
            why = why.or(result.failed.into_iter().next());
        }
        match why {
            None => Ok(()),
            Some(first) => Err(QueueError(format!(
                "SQS answers {} to {action} of {count} of {} messages: {}",
                first.code,
                messages.len(),
                first.message
            ))),
        }
    }
}

impl Message {
    fn into_received(self) -> Received {
        let sent_at = self
            .attributes
            .sent_timestamp
            .and_then(|at| at.parse().ok());
        Received {
            // What another program has put there is no text of ours: whoever reads messages says so.
            bytes: match STANDARD.decode(&self.body) {
                Ok(bytes) => bytes,
                Err(_) => self.body.into_bytes(),
            },
            position: self.message_id,
            at: sent_at.map(TimestampMs),
            receipt: Some(self.receipt_handle),
        }
    }
}

impl Reader for SqsReader {
    fn receive(&mut self, max_bytes: usize, wait: Duration) -> Result<Vec<Received>, QueueError> {
        // What others may have by now is theirs.
        let holds = self.queue.location.visibility / 2;
        self.unhanded.retain(|(at, _)| at.elapsed() < holds);
        if self.unhanded.is_empty() {
            self.receive_some(max_bytes, wait)?;
        }
        let (mut received, mut bytes) = (Vec::new(), 0);
        while received.is_empty() || bytes < max_bytes {
            let Some((_, next)) = self.unhanded.pop_front() else {
                break;
            };
            bytes += next.bytes.len();
            received.push(next);
        }
        Ok(received)
    }

    fn keep(&mut self, messages: &[Received]) -> Result<(), QueueError> {
        let visibility = self.queue.location.visibility;
        self.tell("ChangeMessageVisibilityBatch", messages, Some(visibility))
    }

    fn give_back(&mut self, messages: &[Received]) -> Result<(), QueueError> {
        self.tell(
            "ChangeMessageVisibilityBatch",
            messages,
            Some(Duration::ZERO),
        )
    }

    fn applied(&mut self, messages: &[Received]) -> Result<(), QueueError> {
        self.tell("DeleteMessageBatch", messages, None)
    }

    fn lag(&mut self) -> Option<u64> {
        let length = self.queue.length(Instant::now() + LAG_LIMIT)?;
        Some(length + self.unhanded.len() as u64)
    }
}
