//! One queue: its address, what it takes, how much waits in it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::failure::Failure;
use super::location::SqsLocation;

/// The longest message, in the bytes that SQS counts, that every queue took before longer ones were possible.
const MAX_MESSAGE: usize = 256 << 10;

/// How long it is taken for true how many messages wait: asking costs as much as a send.
const LENGTH_HOLDS: Duration = Duration::from_secs(10);

/// A queue, which producer, source and readers share.
pub(super) struct Queue {
    pub(super) location: SqsLocation,
    client: Client,
    url: OnceLock<String>,
    /// Zero while it is not known.
    limit: AtomicUsize,
    /// How many messages wait, and when it was asked.
    length: Mutex<Option<(Instant, Option<u64>)>>,
}

/// The arguments of a call on the queue.
#[derive(Serialize)]
struct OnQueue<'a, T> {
    #[serde(rename = "QueueUrl")]
    queue_url: &'a str,
    #[serde(flatten)]
    arguments: &'a T,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueUrl<'a> {
    queue_name: &'a str,
    #[serde(
        skip_serializing_if = "Option::is_none",
        rename = "QueueOwnerAWSAccountId"
    )]
    account: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueueUrlIs {
    queue_url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueAttributes {
    attribute_names: [&'static str; 2],
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueueAttributes {
    attributes: Attributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    maximum_message_size: Option<String>,
    approximate_number_of_messages: Option<String>,
}

impl Queue {
    pub(super) fn new(location: SqsLocation) -> Queue {
        Queue {
            client: Client::new(location.clone()),
            location,
            url: OnceLock::new(),
            limit: AtomicUsize::new(0),
            length: Mutex::new(None),
        }
    }

    /// Calls an action on this queue.
    pub(super) fn call<T: DeserializeOwned>(
        &self,
        action: &'static str,
        arguments: &impl Serialize,
        deadline: Instant,
    ) -> Result<T, Failure> {
        let call = OnQueue {
            queue_url: self.url(deadline)?,
            arguments,
        };
        self.client.call(action, &call, deadline)
    }

    fn url(&self, deadline: Instant) -> Result<&str, Failure> {
        if let Some(url) = self.location.queue_url.as_ref().or(self.url.get()) {
            return Ok(url);
        }
        let named = GetQueueUrl {
            queue_name: &self.location.queue,
            account: self.location.account.as_deref(),
        };
        let told: QueueUrlIs = self.client.call("GetQueueUrl", &named, deadline)?;
        Ok(self.url.get_or_init(|| told.queue_url))
    }

    /// The longest message that the queue is known to take, in the bytes that SQS counts.
    pub(super) fn limit(&self) -> usize {
        match self.limit.load(Ordering::Relaxed) {
            0 => MAX_MESSAGE,
            limit => limit,
        }
    }

    /// Asks what the queue takes, unless that is known.
    pub(super) fn learn_limit(&self, deadline: Instant) -> Result<(), Failure> {
        if self.limit.load(Ordering::Relaxed) != 0 {
            return Ok(());
        }
        let limit = match self.attributes(deadline) {
            Ok(attributes) => attributes
                .maximum_message_size
                .and_then(|size| size.parse().ok()),
            // Who may send need not be allowed to ask.
            Err(Failure::Refused { .. }) => None,
            Err(failure) => return Err(failure),
        };
        self.limit
            .store(limit.unwrap_or(MAX_MESSAGE), Ordering::Relaxed);
        Ok(())
    }

    /// What the queue takes may be another than it was.
    pub(super) fn forget_limit(&self) {
        self.limit.store(0, Ordering::Relaxed);
    }

    /// About how many messages wait, if SQS tells. It is asked every few seconds.
    pub(super) fn length(&self, deadline: Instant) -> Option<u64> {
        let mut length = self.length.lock().unwrap_or_else(PoisonError::into_inner);
        match *length {
            Some((at, told)) if at.elapsed() < LENGTH_HOLDS => told,
            _ => {
                let told = self
                    .attributes(deadline)
                    .ok()
                    .and_then(|attributes| attributes.approximate_number_of_messages?.parse().ok());
                *length = Some((Instant::now(), told));
                told
            }
        }
    }

    fn attributes(&self, deadline: Instant) -> Result<Attributes, Failure> {
        let names = GetQueueAttributes {
            attribute_names: ["MaximumMessageSize", "ApproximateNumberOfMessages"],
        };
        let told: QueueAttributes = self.call("GetQueueAttributes", &names, deadline)?;
        Ok(told.attributes)
    }
}
