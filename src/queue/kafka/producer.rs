//! Sends messages, each to a partition that the library chooses at random, anew every few milliseconds.

use std::time::Instant;

use super::config;
use super::connection::{Connection, Undelivered};
use super::location::KafkaLocation;
use crate::queue::engine::{Outgoing, Producer};
use crate::queue::error::SendError;

/// However little brokers take, batches are not cut shorter than this.
const SHORTEST: usize = 16 << 10;

/// A producer; its client exists from the first send on.
pub struct KafkaProducer {
    location: KafkaLocation,
    connection: Option<Connection>,
    /// One that failed. Ending it takes a moment that the send that failed does not have.
    failed: Option<Connection>,
    max_bytes: usize,
    /// Whether brokers have refused what the library allows. They refuse requests, not messages: each is sent alone
    /// from then on.
    is_one_by_one: bool,
}

impl KafkaProducer {
    /// A producer that has not connected yet.
    pub fn new(location: KafkaLocation) -> KafkaProducer {
        KafkaProducer {
            max_bytes: config::max_bytes(&location),
            location,
            connection: None,
            failed: None,
            is_one_by_one: false,
        }
    }

    fn send_on(
        &mut self,
        connection: &mut Connection,
        messages: &[Outgoing],
        deadline: Instant,
    ) -> Result<(), Undelivered> {
        connection
            .check_topic(&self.location, deadline)
            .map_err(Undelivered::Failed)?;
        if !self.is_one_by_one {
            let refused =
                match connection.deliver(&self.location, messages, 0..messages.len(), deadline) {
                    Err(Undelivered::TooLong(refused)) if messages.len() > 1 => refused,
                    result => return result,
                };
            tracing::warn!(
                topic = self.location.topic,
                "the brokers refused a request that is too long for the topic; messages are sent one by one from now on, \
                 which is slower; try ?message.max.bytes= in the address, with the topic's max.message.bytes"
            );
            self.is_one_by_one = true;
            return one_by_one(
                connection,
                &self.location,
                messages,
                refused.into_iter(),
                deadline,
            );
        }
        one_by_one(
            connection,
            &self.location,
            messages,
            0..messages.len(),
            deadline,
        )
    }
}

fn one_by_one(
    connection: &mut Connection,
    location: &KafkaLocation,
    messages: &[Outgoing],
    mut numbers: impl Iterator<Item = usize>,
    deadline: Instant,
) -> Result<(), Undelivered> {
    numbers.try_for_each(|number| {
        connection.deliver(location, messages, std::iter::once(number), deadline)
    })
}

impl Producer for KafkaProducer {
    fn send(&mut self, messages: &[Outgoing], deadline: Instant) -> Result<(), SendError> {
        // What the library allows. What the brokers take is a guess, and one that is longer may be accepted already.
        let limit = config::max_bytes(&self.location);
        let too_long = |index: usize, limit| SendError::TooLong {
            index,
            bytes: messages[index].bytes.len(),
            limit,
        };
        if let Some(index) = messages.iter().position(|one| one.bytes.len() > limit) {
            return Err(too_long(index, limit));
        }
        self.failed = None;
        let mut connection = match self.connection.take() {
            Some(connection) if !connection.is_fatal() => connection,
            _ => Connection::start(&self.location)?,
        };
        let sent = self.send_on(&mut connection, messages, deadline);
        match sent {
            Err(Undelivered::Failed(error)) => {
                if connection.is_used() {
                    self.failed = Some(connection);
                } else {
                    self.connection = Some(connection);
                }
                Err(error.into())
            }
            Err(Undelivered::TooLong(refused)) => {
                self.connection = Some(connection);
                let index = refused[0];
                // The brokers do not tell their limit, so that a half is as good as any other guess.
                let half = messages[index].bytes.len() / 2;
                self.max_bytes = half.clamp(SHORTEST, self.max_bytes.max(SHORTEST));
                Err(too_long(index, half))
            }
            Ok(()) => {
                self.connection = Some(connection);
                Ok(())
            }
        }
    }

    fn max_bytes(&self) -> usize {
        self.max_bytes
    }
}
