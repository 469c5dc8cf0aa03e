//! One client of the library that sends, and the thread that serves it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use flume::{Receiver, RecvTimeoutError, Sender};
use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{
    BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext, PurgeConfig,
};

use super::client::Events;
use super::config;
use super::location::KafkaLocation;
use super::topic::partitions;
use crate::queue::engine::Outgoing;
use crate::queue::error::QueueError;

/// How long the thread waits for an event before it looks whether it is to end.
const POLL: Duration = Duration::from_millis(100);

/// What became of a message: its number among those that are sent, and the error if it was not accepted.
type Report = (usize, Option<RDKafkaErrorCode>);

/// A client and its thread. It is used until a message of it failed, and then made anew: what the broker has of the
/// messages on their way is not known, and a new producer's sequence begins without them.
pub struct Connection {
    producer: Arc<BaseProducer<Sending>>,
    reports: Receiver<Report>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    is_topic_known: bool,
    is_used: bool,
}

/// Why messages were not all accepted.
#[derive(Debug)]
pub enum Undelivered {
    /// These are too long, the others are accepted.
    TooLong(Vec<usize>),
    /// Any may be accepted or not; the connection is of no more use.
    Failed(QueueError),
}

/// Passes reports on, besides what every client tells.
struct Sending {
    events: Events,
    reports: Sender<Report>,
}

impl ClientContext for Sending {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.events.log(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.events.error(error, reason);
    }
}

impl ProducerContext for Sending {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, number: usize) {
        let error = result.as_ref().err().map(|(error, _)| {
            error
                .rdkafka_error_code()
                .unwrap_or(RDKafkaErrorCode::Unknown)
        });
        // Nobody waits any more once a send has failed.
        let _ = self.reports.send((number, error));
    }
}

impl Connection {
    /// A client that begins to connect.
    ///
    /// # Errors
    /// When the library refuses the properties together.
    pub fn start(location: &KafkaLocation) -> Result<Connection, QueueError> {
        // More reports than this wait in the library, which holds that many messages.
        let (sender, reports) = flume::bounded(config::PRODUCER_MESSAGES);
        let context = Sending {
            events: Events::default(),
            reports: sender,
        };
        let config = config::of_producer(location);
        let refused = |why: &dyn std::fmt::Display| {
            Events::default().describe("begin to send to", location, &why.to_string())
        };
        let producer = BaseProducer::from_config_and_context(&config, context)
            .map_err(|error| refused(&error))?;
        let producer = Arc::new(producer);
        let is_over = Arc::new(AtomicBool::new(false));
        let thread = serve(Arc::clone(&producer), Arc::clone(&is_over));
        Ok(Connection {
            producer,
            reports,
            is_over,
            thread: Some(thread.map_err(|error| refused(&error))?),
            is_topic_known: false,
            is_used: false,
        })
    }

    /// Whether the library will accept nothing more.
    pub fn is_fatal(&self) -> bool {
        self.producer.client().fatal_error().is_some()
    }

    /// Whether messages were given to it.
    pub fn is_used(&self) -> bool {
        self.is_used
    }

    /// Waits until a broker has told that the topic exists; does nothing once one has.
    ///
    /// # Errors
    /// When none tells by the deadline, or there is no such topic. Nothing was sent.
    pub fn check_topic(
        &mut self,
        location: &KafkaLocation,
        deadline: Instant,
    ) -> Result<(), QueueError> {
        if !self.is_topic_known {
            partitions(self.producer.client(), location, deadline)
                .map_err(|why| self.events().describe("send to", location, &why))?;
            self.is_topic_known = true;
        }
        Ok(())
    }

    /// Sends the messages of these numbers and waits until all are accepted.
    ///
    /// # Errors
    /// As [`Undelivered`] says.
    pub fn deliver(
        &mut self,
        location: &KafkaLocation,
        messages: &[Outgoing],
        mut numbers: impl Iterator<Item = usize>,
        deadline: Instant,
    ) -> Result<(), Undelivered> {
        self.is_used = true;
        let mut delivery = Delivery {
            connection: self,
            location,
            waiting: 0,
            too_long: Vec::new(),
            deadline,
        };
        let sent = numbers
            .try_for_each(|number| delivery.enqueue(number, &messages[number].bytes))
            .and_then(|()| {
                while delivery.waiting > 0 {
                    delivery.next_report()?;
                }
                Ok(())
            });
        if let Err(error) = sent {
            // Nothing of it is sent later, if it was not sent yet.
            self.producer
                .purge(PurgeConfig::default().queue().inflight());
            return Err(Undelivered::Failed(error));
        }
        self.events().forget();
        if delivery.too_long.is_empty() {
            Ok(())
        } else {
            Err(Undelivered::TooLong(delivery.too_long))
        }
    }

    fn events(&self) -> &Events {
        &self.producer.context().events
    }
}

/// One wait for many messages.
struct Delivery<'a> {
    connection: &'a Connection,
    location: &'a KafkaLocation,
    /// How many were given to the library that it has not reported.
    waiting: usize,
    too_long: Vec<usize>,
    deadline: Instant,
}

impl Delivery<'_> {
    /// Gives a message to the library. Where that holds as much as it may, others have to be accepted before.
    fn enqueue(&mut self, number: usize, bytes: &[u8]) -> Result<(), QueueError> {
        loop {
            let record =
                BaseRecord::<(), [u8], usize>::with_opaque_to(&self.location.topic, number)
                    .payload(bytes);
            let refused = match self.connection.producer.send(record) {
                Ok(()) => {
                    self.waiting += 1;
                    return Ok(());
                }
                Err((error, _)) => error,
            };
            match refused.rdkafka_error_code() {
                Some(RDKafkaErrorCode::MessageSizeTooLarge) => {
                    self.too_long.push(number);
                    return Ok(());
                }
                Some(RDKafkaErrorCode::QueueFull) if self.waiting > 0 => self.next_report()?,
                _ => return Err(self.failed(&refused)),
            }
        }
    }

    fn next_report(&mut self) -> Result<(), QueueError> {
        match self.connection.reports.recv_deadline(self.deadline) {
            Ok((_, None)) => {}
            Ok((number, Some(RDKafkaErrorCode::MessageSizeTooLarge))) => self.too_long.push(number),
            Ok((_, Some(error))) => return Err(self.failed(&error)),
            Err(RecvTimeoutError::Timeout) => {
                return Err(self.failed(&format!(
                    "{} messages were not accepted in time",
                    self.waiting
                )));
            }
            Err(RecvTimeoutError::Disconnected) => return Err(self.failed(&"the client is gone")),
        }
        self.waiting -= 1;
        Ok(())
    }

    fn failed(&self, why: &dyn std::fmt::Display) -> QueueError {
        let fatal = self.connection.producer.client().fatal_error();
        let why = match fatal {
            Some((_, text)) => format!("{why}: {text}"),
            None => why.to_string(),
        };
        let events = self.connection.events();
        events.describe("send to", self.location, &why)
    }
}

/// The thread that takes reports, errors and log lines from the library as they come.
fn serve(
    producer: Arc<BaseProducer<Sending>>,
    is_over: Arc<AtomicBool>,
) -> io::Result<JoinHandle<()>> {
    crate::thread::spawn("kafka-reports".to_owned(), move || {
        while !is_over.load(Ordering::Relaxed) {
            producer.poll(POLL);
        }
    })
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // So that the thread does not wait to pass on a report that nobody reads.
        self.reports = flume::bounded(0).1;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
