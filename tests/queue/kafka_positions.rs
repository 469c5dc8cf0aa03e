//! Positions that do not fit the partition any more: nothing is skipped in silence, and nothing hangs.

use std::io;
use std::sync::{Arc, Mutex};

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tracing_subscriber::fmt::MakeWriter;
use viewtally::internals::queue::{Engine, Outgoing, QueueUrl, Received};

use super::conformance::calls::{MANY_BYTES, WAIT, message, messages, noise, read, receive, send};
use super::kafka::broker;
use crate::support::kafka::MockKafka;
use crate::support::{WAIT_LIMIT, until};

fn connect(url: &str) -> Engine {
    url.parse::<QueueUrl>().expect("an address").connect()
}

fn texts(messages: &[Outgoing]) -> Vec<Vec<u8>> {
    messages.iter().map(|one| one.bytes.clone()).collect()
}

fn bytes(received: Vec<Received>) -> Vec<Vec<u8>> {
    received.into_iter().map(|one| one.bytes).collect()
}

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic holds it").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

/// Does this, and answers what was logged meanwhile.
fn logged<T>(work: impl FnOnce() -> T) -> (T, String) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let done = tracing::subscriber::with_default(subscriber, work);
    let text = log.0.lock().expect("no panic holds it").clone();
    (done, String::from_utf8(text).expect("text"))
}

#[test]
fn a_partition_that_ends_before_the_position_is_read_from_its_oldest_message() {
    let kafka = MockKafka::start(1);
    let topic = kafka.create_topic(1);
    let mut engine = connect(&kafka.url(&topic));
    let sent = messages("message", 5);
    send(engine.producer.as_mut(), &sent);
    for position in ["50", "50@1732834500000"] {
        let (received, log) = logged(|| {
            let mut reader = read(&engine, 0, Some(position));
            receive(reader.as_mut(), 5)
        });
        assert_eq!(bytes(received), texts(&sent));
        assert_eq!(log.matches("WARN").count(), 1, "{log}");
        assert!(log.contains("ends before what was counted last"), "{log}");
        assert!(log.contains(&topic), "{log}");
    }
}

#[test]
fn a_partition_with_another_message_at_the_position_is_read_from_its_oldest() {
    let kafka = MockKafka::start(1);
    let topic = kafka.create_topic(1);
    let mut engine = connect(&kafka.url(&topic));
    let sent = messages("message", 5);
    send(engine.producer.as_mut(), &sent);
    // Offset 2 is there, but what was counted had another time.
    let (received, log) = logged(|| {
        let mut reader = read(&engine, 0, Some("2@1732834500000"));
        let received = receive(reader.as_mut(), 5);
        assert_eq!(reader.lag(), Some(0));
        received
    });
    let times: Vec<_> = received.iter().map(|one| one.at).collect();
    assert_eq!(bytes(received), texts(&sent));
    assert_eq!(log.matches("WARN").count(), 1, "{log}");
    assert!(log.contains("another message"), "{log}");
    // The true one is known again, and is not handed on.
    let position = format!("2@{}", times[2].expect("a time").0);
    let (received, log) = logged(|| receive(read(&engine, 0, Some(&position)).as_mut(), 2));
    assert_eq!(bytes(received), texts(&sent[3..]));
    assert_eq!(log, "");
    // Without its time, it is believed.
    let (received, log) = logged(|| receive(read(&engine, 0, Some("2")).as_mut(), 2));
    assert_eq!(bytes(received), texts(&sent[3..]));
    assert_eq!(log, "");
}

#[test]
fn a_partition_that_was_cut_below_the_next_message_is_noticed_when_that_comes() {
    let kafka = MockKafka::start(1);
    let topic = kafka.create_topic(1);
    let mut engine = connect(&kafka.url(&topic));
    let sent = messages("message", 3);
    send(engine.producer.as_mut(), &sent);
    // The offset of the next message is the end: no error of Kafka's, and nothing to read.
    let mut reader = read(&engine, 0, Some("3@1732834500000"));
    assert_eq!(reader.receive(MANY_BYTES, WAIT), Ok(Vec::new()));
    let next = messages("next", 1);
    send(engine.producer.as_mut(), &next);
    let (received, log) = logged(|| receive(reader.as_mut(), 4));
    assert_eq!(bytes(received), [texts(&sent), texts(&next)].concat());
    assert!(log.contains("another message"), "{log}");
}

#[test]
fn messages_removed_unread_are_told() {
    let kafka = MockKafka::start(1);
    let topic = kafka.create_topic(1);
    let mut engine = connect(&kafka.url(&topic));
    send(engine.producer.as_mut(), &messages("message", 2));
    let first = receive(read(&engine, 0, None).as_mut(), 2);
    // These brokers keep 5 MB of a partition.
    for _ in 0..10 {
        send(engine.producer.as_mut(), &[message(noise(900_000))]);
    }
    let ((received, lag), log) = logged(|| {
        let mut reader = read(&engine, 0, Some(&first[0].position));
        let mut received = Vec::new();
        until("the rest has arrived", || {
            received.extend(reader.receive(MANY_BYTES, WAIT).expect("it answers"));
            received.len() >= 4 && reader.lag() == Some(0)
        });
        (received, reader.lag())
    });
    assert_eq!(lag, Some(0));
    assert!(received.iter().all(|one| one.bytes.len() == 900_000));
    assert_eq!(log.matches("WARN").count(), 1, "{log}");
    let lost = 11 - received.len();
    assert!(log.contains(&format!("lost={lost}")), "{log}");
}

#[test]
fn a_topic_that_was_made_anew_is_read_from_its_oldest_message() {
    let Some(broker) = broker() else { return };
    let topic = broker.create_topic(1);
    let mut engine = connect(&broker.url(&topic));
    for one in messages("old", 3) {
        send(engine.producer.as_mut(), &[one]);
    }
    let old = receive(read(&engine, 0, None).as_mut(), 3);
    drop(engine);
    broker.delete(&topic);
    broker.create(&topic, 1);
    let mut engine = connect(&broker.url(&topic));
    let new = messages("new", 5);
    for one in &new {
        send(engine.producer.as_mut(), std::slice::from_ref(one));
    }
    // The store has a position that exists in the new topic as well.
    let (received, log) = logged(|| {
        let mut reader = read(&engine, 0, Some(&old[2].position));
        receive(reader.as_mut(), 5)
    });
    assert_eq!(bytes(received), texts(&new));
    assert!(log.contains("another message"), "{log}");
}

#[test]
fn no_offset_of_kafkas_own_is_written() {
    let kafka = MockKafka::start(1);
    let topic = kafka.create_topic(1);
    let mut engine = connect(&kafka.url(&topic));
    send(engine.producer.as_mut(), &messages("message", 5));
    let mut reader = read(&engine, 0, None);
    let received = receive(reader.as_mut(), 5);
    assert_eq!(reader.applied(&received), Ok(()));
    drop((reader, engine));
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", kafka.cluster.bootstrap_servers())
        .set("group.id", "viewtally")
        .create()
        .expect("a consumer");
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition(&topic, 0);
    let committed = consumer
        .committed_offsets(partitions, WAIT_LIMIT)
        .expect("it is told");
    let offset = committed.find_partition(&topic, 0).expect("one").offset();
    assert_eq!(offset, Offset::Invalid);
}
