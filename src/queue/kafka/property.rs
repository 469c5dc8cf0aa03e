//! What an address may say about the client library, librdkafka, property by property.

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;

/// What the promises rest on: the values allowed, and the reason.
const FIXED: &[(&str, &[&str], &str)] = &[
    ("bootstrap.servers", &[], "the address names the servers"),
    ("metadata.broker.list", &[], "the address names the servers"),
    (
        "enable.idempotence",
        &["true"],
        "a resend must not be a second message",
    ),
    (
        "acks",
        &["all", "-1"],
        "what is accepted must be on every replica that is in sync",
    ),
    (
        "request.required.acks",
        &["all", "-1"],
        "what is accepted must be on every replica that is in sync",
    ),
    (
        "delivery.report.only.error",
        &["false"],
        "a success must be told, too",
    ),
    (
        "transactional.id",
        &[],
        "messages are in no transaction of Kafka's",
    ),
    (
        "enable.auto.commit",
        &["false"],
        "the store keeps the positions",
    ),
    (
        "auto.commit.enable",
        &["false"],
        "the store keeps the positions",
    ),
    (
        "enable.auto.offset.store",
        &["false"],
        "the store keeps the positions",
    ),
    (
        "auto.offset.reset",
        &[],
        "what is not there any more must be told, not skipped",
    ),
    (
        "enable.partition.eof",
        &["false"],
        "the end of a partition is no event here",
    ),
    (
        "queue.buffering.max.messages",
        &[],
        "it is as many as reports can wait",
    ),
    (
        "queue.buffering.max.ms",
        &[],
        "its name is linger.ms by now",
    ),
    (
        "allow.auto.create.topics",
        &["false"],
        "a topic made by chance has too few replicas",
    ),
    (
        "test.mock.num.brokers",
        &[],
        "brokers in memory keep nothing",
    ),
    ("enabled_events", &[], "this program chooses the events"),
    (
        "log.queue",
        &["true"],
        "the log of the library is in that of this program",
    ),
];

/// Parts of the names of properties whose values nobody may see.
const SECRET: &[&str] = &[
    "password",
    "secret",
    "pem",
    "oauthbearer",
    "assertion",
    "token",
];

/// Whether the value of a property is not to be shown.
pub fn is_secret(key: &str) -> bool {
    SECRET.iter().any(|part| key.contains(part))
}

/// Whether an address may have this property.
///
/// # Errors
/// When it breaks a promise, or the library does not know it: in the library's words.
pub fn check(key: &str, value: &str) -> Result<(), String> {
    if let Some((_, allowed, why)) = FIXED.iter().find(|(fixed, ..)| *fixed == key)
        && !allowed.contains(&value)
    {
        return Err(match allowed {
            [] => format!(
                "the property {key} cannot be set in the address, because {why}; leave it out"
            ),
            [first, ..] => {
                format!("the property {key} is always {first}, because {why}; leave it out")
            }
        });
    }
    match ClientConfig::new().set(key, value).create_native_config() {
        Ok(_) => Ok(()),
        Err(KafkaError::ClientConfig(_, description, ..)) => Err(format!(
            "a property in the address is refused by librdkafka: {description}; try one of its CONFIGURATION.md"
        )),
        Err(error) => Err(format!("the property {key:?} cannot be set: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_a_promise_is_refused() {
        for (key, value) in [
            ("enable.idempotence", "false"),
            ("acks", "1"),
            ("request.required.acks", "0"),
            ("enable.auto.commit", "true"),
            ("auto.offset.reset", "latest"),
            ("bootstrap.servers", "a:1"),
            ("test.mock.num.brokers", "3"),
        ] {
            let error = check(key, value).expect_err(key);
            assert!(error.contains(key) && error.contains("because"), "{error}");
        }
        for (key, value) in [
            ("acks", "all"),
            ("enable.idempotence", "true"),
            ("linger.ms", "9"),
        ] {
            assert_eq!(check(key, value), Ok(()), "{key}");
        }
    }

    #[test]
    fn the_library_knows_what_is_fixed() {
        for (fixed, allowed, _) in FIXED.iter().filter(|(_, allowed, _)| !allowed.is_empty()) {
            assert_eq!(check(fixed, allowed[0]), Ok(()), "{fixed}");
        }
    }
}
