//! Which streams there are, and where reading one begins.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::{Value, cmd};

use super::location::RedisLocation;
use super::position::Position;
use super::reader::RedisReader;
use super::servers::Servers;
use crate::queue::engine::{Reader, Sharing, Source};
use crate::queue::error::QueueError;

/// How long asking for the partitions may take: the node that asks must not be taken to be gone meanwhile.
const ANSWER_LIMIT: Duration = Duration::from_millis(1500);

/// The streams of a location.
pub(super) struct RedisSource {
    location: Arc<RedisLocation>,
    servers: Mutex<Servers>,
    /// How many partitions there were when it was last asked.
    partitions: AtomicU32,
}

impl RedisSource {
    pub(super) fn new(location: Arc<RedisLocation>) -> RedisSource {
        RedisSource {
            servers: Mutex::new(Servers::new(Arc::clone(&location))),
            partitions: AtomicU32::new(location.partitions),
            location,
        }
    }
}

impl Source for RedisSource {
    /// As many as the location says, and more where another node was told of more, or this one before: what was sent to
    /// those is read too.
    fn sharing(&self) -> Result<Sharing, QueueError> {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        let deadline = Instant::now() + ANSWER_LIMIT;
        let mut count = self.location.partitions;
        loop {
            let key = self.location.key(count);
            let kind = servers.ask(&key, cmd("TYPE").arg(&key), deadline)?;
            if kind != Value::SimpleString("stream".to_owned()) {
                break;
            }
            count += 1;
        }
        self.partitions.store(count, Ordering::Relaxed);
        Ok(Sharing::Partitions(count))
    }

    fn read(&self, partition: u32, position: Option<&str>) -> Result<Box<dyn Reader>, QueueError> {
        let count = self.partitions.load(Ordering::Relaxed);
        if partition >= count {
            return Err(QueueError(format!(
                "there is no partition {partition}: {} has {count}",
                self.location
            )));
        }
        let position = position
            .map(|text| {
                text.parse::<Position>().map_err(|()| {
                    QueueError(format!(
                        "cannot read partition {partition} from {text:?}, which is no position in a Redis stream"
                    ))
                })
            })
            .transpose()?;
        Ok(Box::new(RedisReader::new(
            Arc::clone(&self.location),
            partition,
            position,
        )))
    }
}
