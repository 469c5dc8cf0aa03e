//! Appends messages to the streams.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{Value, cmd};

use super::address::Address;
use super::entry::append;
use super::failure::Failure;
use super::location::RedisLocation;
use super::servers::Servers;
use crate::queue::engine::{Outgoing, Producer};
use crate::queue::error::SendError;

/// Any server takes it, and is not held up by it for long: while it copies one message it serves nobody else.
const MAX_BYTES: usize = 16 << 20;

/// What of the time until the deadline is left for the answer itself, once replicas were waited for.
const ANSWER_SHARE: u32 = 8;

/// Appends messages, over connections of its own.
pub(super) struct RedisProducer {
    location: Arc<RedisLocation>,
    servers: Servers,
}

/// A message and the stream that it goes to.
struct Placed<'a> {
    key: String,
    message: &'a Outgoing,
}

impl RedisProducer {
    pub(super) fn new(location: Arc<RedisLocation>) -> RedisProducer {
        RedisProducer {
            servers: Servers::new(Arc::clone(&location)),
            location,
        }
    }

    /// All are sent before the first answer is waited for, to every server.
    fn try_send(&mut self, messages: &[Outgoing], deadline: Instant) -> Result<(), Failure> {
        let mut by_server: BTreeMap<Address, Vec<Placed<'_>>> = BTreeMap::new();
        for message in messages {
            let key = self
                .location
                .key(partition_of(message.id, self.location.partitions));
            let server = self.servers.home(&key, deadline)?;
            let its = by_server.entry(server).or_default();
            its.push(Placed { key, message });
        }
        for (server, its) in &by_server {
            let connection = self.servers.connection(server, deadline)?;
            for Placed { key, message } in its {
                connection.send(&append(key, &message.bytes), deadline)?;
            }
            connection.flush(deadline)?;
        }
        let mut elsewhere = Vec::new();
        for (server, its) in by_server {
            let connection = self.servers.connection(&server, deadline)?;
            for placed in its {
                match connection.answer(deadline) {
                    Ok(_) => {}
                    Err(failure) if failure.moved_to().is_some() => {
                        elsewhere.push((placed, failure));
                    }
                    Err(failure) => return Err(failure),
                }
            }
            self.wait_for_replicas(&server, deadline)?;
        }
        for (placed, failure) in elsewhere {
            self.send_elsewhere(&placed, failure, deadline)?;
        }
        Ok(())
    }

    /// A Cluster moves keys from one node to another while it works.
    fn send_elsewhere(
        &mut self,
        placed: &Placed<'_>,
        failure: Failure,
        deadline: Instant,
    ) -> Result<(), Failure> {
        match failure.moved_to() {
            Some(home) if self.servers.is_cluster() => {
                if failure.code() == "MOVED" {
                    self.servers.move_home(&placed.key, home);
                }
            }
            _ => return Err(failure),
        }
        let append = append(&placed.key, &placed.message.bytes);
        let server = self.servers.ask_where(&placed.key, &append, deadline)?;
        self.wait_for_replicas(&server, deadline)
    }

    /// Waits until as many replicas as were asked for have what this connection has sent.
    fn wait_for_replicas(&mut self, server: &Address, deadline: Instant) -> Result<(), Failure> {
        let wanted = self.location.replicas;
        if wanted == 0 {
            return Ok(());
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let limit = (left - left / ANSWER_SHARE).max(Duration::from_millis(1));
        let mut wait = cmd("WAIT");
        wait.arg(wanted).arg(limit.as_millis().max(1) as u64);
        match self
            .servers
            .connection(server, deadline)?
            .ask(&wait, deadline)?
        {
            Value::Int(have) if have >= i64::from(wanted) => Ok(()),
            have => Err(Failure::Other(format!(
                "{server} has it, but of {wanted} replicas asked for by replicas={wanted} these: {have:?}; see whether \
                 they are connected"
            ))),
        }
    }
}

/// The same for the same message, so that sending it again is a repeat in one stream.
fn partition_of(id: u128, partitions: u32) -> u32 {
    // Whatever numbers are made of, every bit decides.
    let folded = (id ^ (id >> 64)) as u64;
    let mixed = folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    ((mixed * u64::from(partitions)) >> 32) as u32
}

impl Producer for RedisProducer {
    fn send(&mut self, messages: &[Outgoing], deadline: Instant) -> Result<(), SendError> {
        let is_long = |message: &Outgoing| message.bytes.len() > MAX_BYTES;
        if let Some(index) = messages.iter().position(is_long) {
            return Err(SendError::TooLong {
                index,
                bytes: messages[index].bytes.len(),
                limit: MAX_BYTES,
            });
        }
        self.try_send(messages, deadline).map_err(|failure| {
            // Answers to the rest may be under way.
            self.servers.disconnect();
            SendError::Failed(failure.into())
        })
    }

    fn max_bytes(&self) -> usize {
        MAX_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_partition_gets_its_share_of_ids_of_any_making() {
        let random: Vec<u128> = (0..8000).map(|_| fastrand::u128(..)).collect();
        let counted: Vec<u128> = (0..8000).collect();
        let high: Vec<u128> = (0..8000).map(|number| number << 64).collect();
        for ids in [random, counted, high] {
            let mut counts = [0; 8];
            for id in ids {
                counts[partition_of(id, 8) as usize] += 1;
            }
            assert!(
                counts.iter().all(|count| (700..1300).contains(count)),
                "{counts:?}"
            );
        }
        assert_eq!(partition_of(u128::MAX, 1), 0);
    }
}
