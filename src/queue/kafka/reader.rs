//! Reads one partition, from where the store says.

use std::time::{Duration, Instant};

use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::client::Events;
use super::config;
use super::location::KafkaLocation;
use super::position::Position;
use crate::model::TimestampMs;
use crate::queue::engine::{Reader, Received};
use crate::queue::error::QueueError;

/// How long a broker may take to tell where the partition begins and ends.
const WATERMARKS_LIMIT: Duration = Duration::from_secs(1);

/// A reader and its client.
pub struct KafkaReader {
    location: KafkaLocation,
    partition: i32,
    consumer: BaseConsumer<Events>,
    /// The message that was received last, or before this reader was.
    last: Option<Position>,
    /// Reading began with the message at `last`, to see that it is still the same.
    is_unverified: bool,
    /// Why the client is to be made anew before the next message.
    broken: Option<Broken>,
    /// A connection was lost, and no message has come since.
    is_cut_off: bool,
}

/// What happened to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    /// It is of no more use.
    Failed,
    /// The partition does not have the offset that it asked for.
    OutOfRange,
    /// The partition has another message where the last one was.
    Replaced,
}

impl KafkaReader {
    /// Begins after a position, or with the oldest message.
    ///
    /// # Errors
    /// When the library refuses the properties together.
    pub fn open(
        location: KafkaLocation,
        partition: i32,
        last: Option<Position>,
    ) -> Result<KafkaReader, QueueError> {
        Ok(KafkaReader {
            consumer: start(&location, partition, last)?,
            location,
            partition,
            last,
            is_unverified: last.is_some_and(|last| last.time.is_some()),
            broken: None,
            is_cut_off: false,
        })
    }

    /// Makes the client anew after what happened to it.
    fn mend(&mut self, broken: Broken) -> Result<(), QueueError> {
        let from = match broken {
            Broken::Failed => self.last,
            Broken::OutOfRange => {
                self.tell_what_is_gone()?;
                None
            }
            Broken::Replaced => {
                tracing::warn!(
                    topic = self.location.topic,
                    partition = self.partition,
                    "the partition has another message where the last one that was counted was: the topic was made anew, or \
                     its log was cut; it is read from its oldest message, and what was counted is not counted again"
                );
                None
            }
        };
        self.consumer = start(&self.location, self.partition, from)?;
        self.last = from;
        self.is_unverified = from.is_some_and(|last| last.time.is_some());
        self.broken = None;
        Ok(())
    }

    fn tell_what_is_gone(&self) -> Result<(), QueueError> {
        let (oldest, end) = self.watermarks()?;
        let next = self.last.map_or(oldest, |last| last.offset + 1);
        let (topic, partition) = (&self.location.topic, self.partition);
        if next > end {
            tracing::warn!(
                topic,
                partition,
                next,
                end,
                "the partition ends before what was counted last: the topic was made anew, or its log was cut; it is read \
                 from its oldest message, and what was counted is not counted again"
            );
        } else if next < oldest {
            tracing::warn!(
                topic,
                partition,
                lost = oldest - next,
                "messages were removed from the partition before they were read: its retention is shorter than this reader \
                 was away; reading goes on with the oldest"
            );
        }
        Ok(())
    }

    /// The oldest offset, and the one that the next message will have.
    fn watermarks(&self) -> Result<(i64, i64), QueueError> {
        self.consumer
            .fetch_watermarks(&self.location.topic, self.partition, WATERMARKS_LIMIT)
            .map_err(|error| self.failed(&error))
    }

    fn failed(&self, why: &KafkaError) -> QueueError {
        let attempted = format!("read partition {} of", self.partition);
        let events = self.consumer.context();
        events.describe(&attempted, &self.location, &why.to_string())
    }

    /// What is handed on of a message: nothing, where it is the last one again.
    fn take(&mut self, position: Position, bytes: Vec<u8>) -> Option<Received> {
        if std::mem::take(&mut self.is_unverified)
            && let Some(last) = self.last
            // A later one is there where the last was compacted away.
            && last.offset == position.offset
        {
            if last != position {
                self.broken = Some(Broken::Replaced);
            }
            return None;
        }
        self.last = Some(position);
        Some(Received {
            position: position.to_string(),
            bytes,
            at: position.time.map(TimestampMs),
            receipt: None,
        })
    }

    /// Decides what an error means for this reader.
    fn note(&mut self, error: &KafkaError) {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::PartitionEOF) => {}
            // The library connects again by itself.
            Some(
                RDKafkaErrorCode::BrokerTransportFailure
                | RDKafkaErrorCode::AllBrokersDown
                | RDKafkaErrorCode::Resolve
                | RDKafkaErrorCode::OperationTimedOut
                | RDKafkaErrorCode::Authentication
                | RDKafkaErrorCode::SSL,
            ) => self.is_cut_off = true,
            Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange) => {
                self.broken = Some(Broken::OutOfRange);
            }
            Some(RDKafkaErrorCode::LogTruncation) => self.broken = Some(Broken::Replaced),
            _ => self.broken = Some(Broken::Failed),
        }
    }
}

/// A client that reads one partition: after the last message, or, where its time tells whether it is the same, with it.
fn start(
    location: &KafkaLocation,
    partition: i32,
    last: Option<Position>,
) -> Result<BaseConsumer<Events>, QueueError> {
    let offset = match last {
        None => Offset::Beginning,
        Some(Position {
            offset,
            time: Some(_),
        }) => Offset::Offset(offset),
        Some(Position { offset, time: None }) => Offset::Offset(offset.saturating_add(1)),
    };
    let assigned = || {
        let config = config::of_reader(location);
        let consumer = BaseConsumer::from_config_and_context(&config, Events::default())?;
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition_offset(&location.topic, partition, offset)?;
        consumer.assign(&partitions)?;
        Ok(consumer)
    };
    assigned().map_err(|error: KafkaError| {
        Events::default().describe("begin to read", location, &error.to_string())
    })
}

impl Reader for KafkaReader {
    fn receive(&mut self, max_bytes: usize, wait: Duration) -> Result<Vec<Received>, QueueError> {
        let deadline = Instant::now() + wait;
        let (mut received, mut bytes) = (Vec::new(), 0);
        while bytes < max_bytes || received.is_empty() {
            let mut left = deadline.saturating_duration_since(Instant::now());
            if let Some(broken) = self.broken {
                if left.is_zero() || !received.is_empty() {
                    break;
                }
                self.mend(broken)?;
            }
            if !received.is_empty() {
                left = Duration::ZERO;
            }
            let polled = self.consumer.poll(left).map(|result| {
                result.map(|message| {
                    let time = message.timestamp().to_millis();
                    let position = Position {
                        offset: message.offset(),
                        time,
                    };
                    (position, message.payload().unwrap_or_default().to_vec())
                })
            });
            match polled {
                Some(Ok((position, payload))) => {
                    let one = self.take(position, payload);
                    bytes += one.as_ref().map_or(0, |one| one.bytes.len());
                    received.extend(one);
                }
                Some(Err(error)) => {
                    self.note(&error);
                    if self.broken == Some(Broken::Failed) && received.is_empty() {
                        return Err(self.failed(&error));
                    }
                }
                // Before the time is over, the library has done something else.
                None if left.is_zero() => break,
                None => {}
            }
        }
        if !received.is_empty() {
            self.is_cut_off = false;
        } else if self.is_cut_off {
            self.watermarks()?;
            self.is_cut_off = false;
        }
        if !self.is_cut_off {
            self.consumer.context().forget();
        }
        Ok(received)
    }

    /// The store has the position, and Kafka keeps messages as long as its retention says.
    fn applied(&mut self, _messages: &[Received]) -> Result<(), QueueError> {
        Ok(())
    }

    fn lag(&mut self) -> Option<u64> {
        if self.is_cut_off || self.broken.is_some() {
            return None;
        }
        let (oldest, end) = self.watermarks().ok()?;
        let next = self.last.map_or(oldest, |last| oldest.max(last.offset + 1));
        Some(u64::try_from(end - next).unwrap_or(0))
    }
}
