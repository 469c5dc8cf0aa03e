//! What the brokers tell about the topic.

use std::time::Instant;

use rdkafka::client::{Client, ClientContext};
use rdkafka::error::RDKafkaErrorCode;

use super::location::KafkaLocation;

/// How many partitions the topic has.
///
/// # Errors
/// When no broker tells by the deadline, or there is no such topic: the reason, in the library's words where it has any.
pub fn partitions(
    client: &Client<impl ClientContext>,
    location: &KafkaLocation,
    deadline: Instant,
) -> Result<u32, String> {
    let limit = deadline.saturating_duration_since(Instant::now());
    let metadata = client
        .fetch_metadata(Some(&location.topic), limit)
        .map_err(|error| error.to_string())?;
    let topic = metadata
        .topics()
        .iter()
        .find(|topic| topic.name() == location.topic)
        .ok_or_else(|| "the brokers tell nothing of it".to_owned())?;
    match topic.error().map(RDKafkaErrorCode::from) {
        // Without a leader a partition is no less there.
        None | Some(RDKafkaErrorCode::LeaderNotAvailable) if !topic.partitions().is_empty() => {}
        Some(
            RDKafkaErrorCode::UnknownTopicOrPartition
            | RDKafkaErrorCode::UnknownTopic
            | RDKafkaErrorCode::LeaderNotAvailable,
        )
        | None => {
            return Err(format!(
                "it does not exist; try kafka-topics.sh --bootstrap-server {} --create --topic {} \
                 --partitions 12 --replication-factor 3 --config min.insync.replicas=2",
                location.servers, location.topic
            ));
        }
        Some(error) => return Err(error.to_string()),
    }
    u32::try_from(topic.partitions().len()).map_err(|_| "it has too many partitions".to_owned())
}
