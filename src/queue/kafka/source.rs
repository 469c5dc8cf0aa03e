//! Where messages come from: the partitions of the topic.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};

use super::client::Events;
use super::config;
use super::location::KafkaLocation;
use super::position::Position;
use super::reader::KafkaReader;
use super::topic::partitions;
use crate::queue::engine::{Reader, Sharing, Source};
use crate::queue::error::QueueError;

/// How long the number of partitions is believed.
const FRESH: Duration = Duration::from_secs(5);

/// How long brokers may take to tell it: who asks has leases to renew.
const LIMIT: Duration = Duration::from_secs(1);

/// How long the client is asked what else it has to tell.
const SERVE: Duration = Duration::from_millis(1);

/// A topic to read.
pub struct KafkaSource {
    location: KafkaLocation,
    topic: Mutex<TopicClient>,
}

/// What is known of the topic, and by whom.
#[derive(Default)]
struct TopicClient {
    client: Option<BaseConsumer<Events>>,
    partitions: Option<(u32, Instant)>,
}

impl KafkaSource {
    /// A source that has not connected yet.
    pub fn new(location: KafkaLocation) -> KafkaSource {
        KafkaSource {
            location,
            topic: Mutex::default(),
        }
    }

    fn partitions(&self) -> Result<u32, QueueError> {
        let mut topic = self.topic.lock().expect("a holder does not panic");
        if let Some((count, at)) = topic.partitions
            && at.elapsed() < FRESH
        {
            return Ok(count);
        }
        if topic.client.is_none() {
            let config = config::of_questions(&self.location);
            let client = BaseConsumer::from_config_and_context(&config, Events::default());
            topic.client = Some(client.map_err(|error| {
                Events::default().describe("ask about", &self.location, &error.to_string())
            })?);
        }
        let client = topic.client.as_ref().expect("a client was made above");
        let deadline = Instant::now() + LIMIT;
        let told = partitions(client.client(), &self.location, deadline);
        // What the client has to tell besides: log lines, and errors, of which the last belongs to this one.
        while client.poll(SERVE).is_some() {}
        let count =
            told.map_err(|why| client.context().describe("ask about", &self.location, &why))?;
        client.context().forget();
        topic.partitions = Some((count, Instant::now()));
        Ok(count)
    }
}

impl Source for KafkaSource {
    fn sharing(&self) -> Result<Sharing, QueueError> {
        self.partitions().map(Sharing::Partitions)
    }

    fn read(&self, partition: u32, position: Option<&str>) -> Result<Box<dyn Reader>, QueueError> {
        let position: Option<Position> =
            position.map(str::parse).transpose().map_err(QueueError)?;
        let count = self.partitions()?;
        let number = i32::try_from(partition)
            .ok()
            .filter(|_| partition < count)
            .ok_or_else(|| {
                QueueError(format!(
                    "topic {} has no partition {partition}, only {count} from 0 on",
                    self.location.topic
                ))
            })?;
        let reader = KafkaReader::open(self.location.clone(), number, position)?;
        Ok(Box::new(reader))
    }
}
