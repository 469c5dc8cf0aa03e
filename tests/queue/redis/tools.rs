//! What the tests of Redis share.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use viewtally::internals::queue::{Engine, Outgoing, QueueUrl, Reader, Received};

use crate::queue::conformance::calls::{MANY_BYTES, WAIT, message, read};
use crate::support::redis_server::{self, RedisServer};
use crate::support::{missing, until};

/// A server of the test's own, with these options; where there is none, that was said.
pub fn server(options: &[&str]) -> Option<RedisServer> {
    let server = RedisServer::start_with(options);
    if server.is_none() {
        missing(redis_server::MISSING);
    }
    server
}

/// The engine at an address.
pub fn connect(url: &str) -> Engine {
    let url: QueueUrl = url.parse().unwrap_or_else(|error| panic!("{url}: {error}"));
    url.connect()
}

/// Sends until it succeeds, as the program does; answers how often it had to.
pub fn send_at_last(engine: &mut Engine, messages: &[Outgoing]) -> usize {
    let mut tries = 0;
    until("it is accepted", || {
        tries += 1;
        let deadline = Instant::now() + Duration::from_secs(2);
        engine.producer.send(messages, deadline).is_ok()
    });
    tries
}

/// How often each message comes that is there.
pub fn receive_all(engine: &Engine, partitions: u32) -> BTreeMap<Vec<u8>, usize> {
    let mut counts = BTreeMap::new();
    for partition in 0..partitions {
        let mut reader = read(engine, partition, None);
        for one in take_all(reader.as_mut()) {
            *counts.entry(one.bytes).or_default() += 1;
        }
    }
    counts
}

/// Receives until nothing is left, through errors, and applies none.
pub fn take_all(reader: &mut dyn Reader) -> Vec<Received> {
    let mut all = Vec::new();
    until("nothing is left", || {
        match reader.receive(MANY_BYTES, WAIT) {
            Ok(some) if some.is_empty() => true,
            Ok(some) => {
                all.extend(some);
                false
            }
            Err(_) => false,
        }
    });
    all
}

/// Receives until there are so many, through errors, and applies none.
pub fn take(reader: &mut dyn Reader, count: usize) -> Vec<Received> {
    let mut all = Vec::new();
    until(&format!("{count} messages have arrived"), || {
        all.extend(reader.receive(MANY_BYTES, WAIT).unwrap_or_default());
        all.len() >= count
    });
    all
}

/// What messages say.
pub fn texts(received: &[Received]) -> Vec<String> {
    let text = |one: &Received| String::from_utf8_lossy(&one.bytes).into_owned();
    received.iter().map(text).collect()
}

/// So many messages, each unlike all others.
pub fn numbered(numbers: std::ops::Range<usize>) -> Vec<Outgoing> {
    numbers
        .map(|number| message(format!("message {number:06}")))
        .collect()
}

/// Asserts that every one of these came, once or more, and nothing else; answers how many came again.
pub fn assert_all_came(counts: &BTreeMap<Vec<u8>, usize>, sent: usize) -> usize {
    for message in numbered(0..sent) {
        let text = String::from_utf8_lossy(&message.bytes).into_owned();
        assert!(
            counts.contains_key(&message.bytes),
            "{text} was accepted and is lost"
        );
    }
    assert_eq!(counts.len(), sent, "something else came");
    counts.values().sum::<usize>() - sent
}
