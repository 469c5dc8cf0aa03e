//! What the client library tells outside of an answer: its log, and errors of connections.

use std::sync::Mutex;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::location::KafkaLocation;
use crate::queue::error::QueueError;

/// The library's own words for a property that another kind of client has, and for a connection that fails: each client is
/// given all properties of the address, and who asked is told of the failure.
const TOLD_ELSEWHERE: &[&str] = &["CONFWARN", "FAIL"];

/// Keeps the last error, because an answer that does not come has no reason of its own.
#[derive(Default)]
pub struct Events {
    last: Mutex<Option<String>>,
}

impl Events {
    /// An error of what was attempted there, in the words of the library.
    pub fn describe(&self, attempted: &str, location: &KafkaLocation, why: &str) -> QueueError {
        let last = self.last.lock().expect("a holder does not panic").clone();
        let last = last.map_or_else(String::new, |last| format!(" ({last})"));
        QueueError(format!(
            "cannot {attempted} topic {} at {}: {why}{last}",
            location.topic, location.servers
        ))
    }

    /// Forgets the error: there was an answer since.
    pub fn forget(&self) {
        *self.last.lock().expect("a holder does not panic") = None;
    }
}

impl ClientContext for Events {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        match level {
            _ if TOLD_ELSEWHERE.contains(&facility) => {
                tracing::debug!(facility, "librdkafka: {text}")
            }
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error => tracing::warn!(facility, "librdkafka: {text}"),
            // While a broker is away there is one a second, and what fails for it is told by whoever asked.
            _ => tracing::debug!(facility, "librdkafka: {text}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!("librdkafka: {error}: {reason}");
        // "1/1 brokers are down" says less than what came before it.
        if error != KafkaError::Global(RDKafkaErrorCode::AllBrokersDown) {
            *self.last.lock().expect("a holder does not panic") = Some(reason.to_owned());
        }
    }
}

impl ConsumerContext for Events {}
