//! What a client of the library is configured with: this program's choices, the address's, and what is fixed.

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

use super::location::KafkaLocation;

/// The longest message that brokers take unless they are told otherwise, with some room below their 1,048,588 bytes.
const DEFAULT_MESSAGE_BYTES: usize = 1_000_000;

/// How much of that the library's own framing may need.
const FRAMING: usize = 512;

/// How much a producer holds of what it was given, at most, unless one message is longer.
const PRODUCER_KBYTES: usize = 32 << 10;

/// How many messages a producer holds at most. One that is full is waited for.
pub const PRODUCER_MESSAGES: usize = 10_000;

/// The longest message that is sent there.
pub fn max_bytes(location: &KafkaLocation) -> usize {
    let set = location.properties.get("message.max.bytes");
    set.and_then(|value| value.parse().ok())
        .unwrap_or(DEFAULT_MESSAGE_BYTES)
        .saturating_sub(FRAMING)
}

/// What every client has: this program's choices, those of the address over them, and over both what is fixed.
fn config(
    location: &KafkaLocation,
    chosen: &[(&str, &str)],
    fixed: &[(&str, &str)],
) -> ClientConfig {
    let mut config = ClientConfig::new();
    for (key, value) in COMMON.iter().chain(chosen) {
        config.set(*key, *value);
    }
    if !location.properties.contains_key("ssl.ca.pem") {
        // The OpenSSL that is built in knows no folder of its own.
        config.set("ssl.ca.location", "probe");
    }
    for (key, value) in &location.properties {
        config.set(key, value);
    }
    config.set("bootstrap.servers", &location.servers);
    config.set("allow.auto.create.topics", "false");
    for (key, value) in fixed {
        config.set(*key, *value);
    }
    // Filtered again by this program's own log levels.
    config.set_log_level(if location.properties.contains_key("debug") {
        RDKafkaLogLevel::Debug
    } else {
        RDKafkaLogLevel::Info
    });
    config
}

/// A broker that hangs is left after seconds, and one that is away is tried every 2 s, more or less: the library grows the
/// time from 100 ms, and spreads it at random.
const COMMON: &[(&str, &str)] = &[
    ("client.id", "viewtally"),
    ("socket.keepalive.enable", "true"),
    ("socket.timeout.ms", "10000"),
    ("socket.connection.setup.timeout.ms", "5000"),
    ("reconnect.backoff.max.ms", "2000"),
];

/// Of one that sends.
pub fn of_producer(location: &KafkaLocation) -> ClientConfig {
    let kbytes = PRODUCER_KBYTES.max(max_bytes(location) / 512).to_string();
    let chosen = [
        // Messages of one send meet in one request; nobody else's are waited for.
        ("linger.ms", "1"),
        ("queue.buffering.max.kbytes", kbytes.as_str()),
    ];
    let messages = PRODUCER_MESSAGES.to_string();
    let fixed = [
        ("enable.idempotence", "true"),
        ("acks", "all"),
        ("queue.buffering.max.messages", messages.as_str()),
    ];
    config(location, &chosen, &fixed)
}

/// Of one that reads a partition.
pub fn of_reader(location: &KafkaLocation) -> ClientConfig {
    let chosen = [
        // The library demands a name. Nothing is joined and nothing committed under it.
        ("group.id", "viewtally"),
        // What is read ahead of the one partition; when that is full, a short pause instead of a second's.
        ("queued.max.messages.kbytes", "8192"),
        ("queued.min.messages", "1000"),
        ("fetch.queue.backoff.ms", "20"),
    ];
    let fixed = [
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        // An offset that is not there is an error, for the reader to say so.
        ("auto.offset.reset", "error"),
        ("enable.partition.eof", "false"),
    ];
    config(location, &chosen, &fixed)
}

/// Of one that asks about the topic only.
pub fn of_questions(location: &KafkaLocation) -> ClientConfig {
    let mut config = config(location, &[], &[]);
    // With a group the client would look for the group's coordinator.
    config.remove("group.id");
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_fixed_comes_after_the_address() {
        let location: KafkaLocation = "kafka://a:1/t?linger.ms=9&message.max.bytes=2000000"
            .parse()
            .expect("an address");
        let config = of_producer(&location);
        assert_eq!(config.get("linger.ms"), Some("9"));
        assert_eq!(config.get("acks"), Some("all"));
        assert_eq!(max_bytes(&location), 2_000_000 - FRAMING);
        for made in [
            of_producer(&location),
            of_reader(&location),
            of_questions(&location),
        ] {
            assert!(made.create_native_config().is_ok());
        }
    }
}
