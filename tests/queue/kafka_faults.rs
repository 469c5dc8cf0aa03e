//! Brokers that go, come back, or answer with errors: what was accepted is read, and what failed says why.

use std::time::{Duration, Instant};

use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use viewtally::internals::queue::{Engine, Outgoing, QueueUrl, SendError};

use super::conformance::calls::{
    MANY_BYTES, SEND_LIMIT, SLACK, WAIT, message, messages, read, receive, send,
};
use crate::support::kafka::MockKafka;
use crate::support::until;

use RDKafkaRespErr::{
    RD_KAFKA_RESP_ERR__TRANSPORT as TRANSPORT,
    RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE as NOT_AVAILABLE,
    RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH as INVALID_EPOCH,
    RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE as TOO_LARGE, RD_KAFKA_RESP_ERR_NO_ERROR as NO_ERROR,
    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS as NOT_ENOUGH_REPLICAS,
    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND as NOT_ENOUGH_AFTER_APPEND,
    RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION as NOT_LEADER,
    RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER as OUT_OF_ORDER,
    RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT as TIMED_OUT,
    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED as NOT_AUTHORIZED,
    RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART as UNKNOWN_TOPIC,
};

/// A topic of one partition at brokers in this process, and the engine there.
fn topic(brokers: i32) -> (MockKafka, String, Engine) {
    let kafka = MockKafka::start(brokers);
    let topic = kafka.create_topic(1);
    let engine = connect(&kafka.url(&topic));
    (kafka, topic, engine)
}

fn connect(url: &str) -> Engine {
    url.parse::<QueueUrl>().expect("an address").connect()
}

fn texts(messages: &[Outgoing]) -> Vec<Vec<u8>> {
    messages.iter().map(|one| one.bytes.clone()).collect()
}

/// Sends what is bound to fail, and answers why.
fn fail(engine: &mut Engine, messages: &[Outgoing], limit: Duration) -> String {
    let start = Instant::now();
    match engine.producer.send(messages, start + limit) {
        Err(SendError::Failed(error)) => {
            assert!(start.elapsed() < limit + SLACK, "{:?}", start.elapsed());
            error.to_string()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn brokers_that_come_back_are_sent_to_again() {
    let (kafka, _, mut engine) = topic(3);
    let mut accepted = messages("before", 3);
    send(engine.producer.as_mut(), &accepted);
    let mut reader = read(&engine, 0, None);
    for round in 0..3 {
        kafka.cluster.broker_down(-1).expect("they go");
        let failed = fail(&mut engine, &messages("lost", 3), Duration::from_secs(1));
        assert!(failed.contains("127.0.0.1"), "{failed}");
        kafka.cluster.broker_up(-1).expect("they come");
        let some = messages(&format!("round {round}"), 10);
        send(engine.producer.as_mut(), &some);
        accepted.extend(some);
    }
    let mut received = Vec::new();
    let is_there = |received: &Vec<Vec<u8>>, one: &Outgoing| received.contains(&one.bytes);
    until("all that was accepted has arrived", || {
        // It may not have heard of the brokers' return yet.
        let some = reader.receive(MANY_BYTES, WAIT).unwrap_or_default();
        received.extend(some.into_iter().map(|one| one.bytes));
        accepted.iter().all(|one| is_there(&received, one))
    });
}

#[test]
fn a_reader_that_is_cut_off_says_so_and_goes_on_where_it_was() {
    let (kafka, _, mut engine) = topic(1);
    let first = messages("first", 5);
    send(engine.producer.as_mut(), &first);
    let mut reader = read(&engine, 0, None);
    let mut received = receive(reader.as_mut(), 5);
    kafka.cluster.broker_down(-1).expect("it goes");
    let mut error = String::new();
    until("it fails", || {
        let start = Instant::now();
        let answer = reader.receive(MANY_BYTES, WAIT);
        assert!(start.elapsed() < WAIT + SLACK, "{:?}", start.elapsed());
        answer.is_err_and(|why| {
            error = why.to_string();
            true
        })
    });
    assert!(error.contains("partition 0"), "{error}");
    assert!(
        error.contains("Connection refused") || error.contains("Disconnected"),
        "{error}"
    );
    assert_eq!(reader.lag(), None);
    assert!(
        reader.receive(MANY_BYTES, WAIT).is_err(),
        "it is still away"
    );
    kafka.cluster.broker_up(-1).expect("it comes");
    until("it is no error any more", || {
        reader.receive(MANY_BYTES, WAIT).is_ok()
    });
    let second = messages("second", 5);
    send(engine.producer.as_mut(), &second);
    received.extend(receive(reader.as_mut(), 5));
    let received: Vec<_> = received.into_iter().map(|one| one.bytes).collect();
    assert_eq!(received, [texts(&first), texts(&second)].concat());
    assert_eq!(reader.lag(), Some(0));
}

#[test]
fn errors_that_pass_are_ridden_out() {
    let (kafka, topic, mut engine) = topic(2);
    let mut sent = messages("before", 2);
    send(engine.producer.as_mut(), &sent);
    for (number, errors) in [
        &[NOT_LEADER, NOT_LEADER][..],
        &[TIMED_OUT],
        &[NOT_ENOUGH_REPLICAS, NOT_ENOUGH_AFTER_APPEND],
        &[TRANSPORT, TRANSPORT],
    ]
    .iter()
    .enumerate()
    {
        kafka.cluster.request_errors(RDKafkaApiKey::Produce, errors);
        let some = messages(&format!("errors {number}"), 2);
        send(engine.producer.as_mut(), &some);
        sent.extend(some);
    }
    for leader in [2, 1, 2] {
        kafka
            .cluster
            .partition_leader(&topic, 0, Some(leader))
            .expect("another leader");
        let some = messages(&format!("leader {leader}"), 2);
        send(engine.producer.as_mut(), &some);
        sent.extend(some);
    }
    let received = receive(read(&engine, 0, None).as_mut(), sent.len());
    let received: Vec<_> = received.into_iter().map(|one| one.bytes).collect();
    assert_eq!(received, texts(&sent));
}

#[test]
fn a_producer_that_is_no_longer_believed_is_made_anew() {
    let (kafka, _, mut engine) = topic(1);
    send(engine.producer.as_mut(), &messages("before", 1));
    kafka
        .cluster
        .request_errors(RDKafkaApiKey::Produce, &[OUT_OF_ORDER; 3]);
    let failed = fail(&mut engine, &messages("lost", 1), SEND_LIMIT);
    assert!(failed.contains("sequence"), "{failed}");
    kafka.cluster.clear_request_errors(RDKafkaApiKey::Produce);
    send(engine.producer.as_mut(), &messages("after", 1));
    kafka
        .cluster
        .request_errors(RDKafkaApiKey::Produce, &[INVALID_EPOCH]);
    // Whether the library gets over this one by itself or not.
    let _ = engine.producer.send(
        &messages("perhaps", 1),
        Instant::now() + Duration::from_secs(2),
    );
    send(engine.producer.as_mut(), &messages("last", 1));
}

#[test]
fn what_the_brokers_find_too_long_is_named() {
    let (kafka, _, mut engine) = topic(1);
    let three = messages("one of three", 3);
    // They refuse a request, in which all three were.
    kafka
        .cluster
        .request_errors(RDKafkaApiKey::Produce, &[TOO_LARGE]);
    send(engine.producer.as_mut(), &three);
    kafka
        .cluster
        .request_errors(RDKafkaApiKey::Produce, &[NO_ERROR, TOO_LARGE]);
    let bytes = three[1].bytes.len();
    let refused = engine.producer.send(&three, Instant::now() + SEND_LIMIT);
    assert_eq!(
        refused,
        Err(SendError::TooLong {
            index: 1,
            bytes,
            limit: bytes / 2
        })
    );
    // It is a guess, and no reason to cut everything as short.
    assert_eq!(engine.producer.max_bytes(), 16 << 10);
    send(engine.producer.as_mut(), &[message("short")]);
    let received = receive(read(&engine, 0, None).as_mut(), 5);
    let received: Vec<_> = received.into_iter().map(|one| one.bytes).collect();
    let expected = [texts(&three), texts(&three[..1]), vec![b"short".to_vec()]].concat();
    assert_eq!(received, expected);
}

#[test]
fn a_reader_gets_over_errors_and_skips_nothing() {
    let (kafka, topic, mut engine) = topic(2);
    let mut reader = read(&engine, 0, None);
    let mut sent = Vec::new();
    let mut received = Vec::new();
    for errors in [
        &[NOT_LEADER, TIMED_OUT, NOT_AVAILABLE][..],
        &[TRANSPORT],
        &[UNKNOWN_TOPIC],
        &[NOT_AUTHORIZED],
    ] {
        kafka.cluster.request_errors(RDKafkaApiKey::Fetch, errors);
        let some = messages("message", 4);
        send(engine.producer.as_mut(), &some);
        sent.extend(texts(&some));
        until("they have arrived", || {
            let some = reader.receive(MANY_BYTES, WAIT).unwrap_or_default();
            received.extend(some.into_iter().map(|one| one.bytes));
            received.len() >= sent.len()
        });
        assert_eq!(received, sent);
    }
    kafka
        .cluster
        .partition_leader(&topic, 0, Some(2))
        .expect("another leader");
    let last = messages("last", 2);
    send(engine.producer.as_mut(), &last);
    received.extend(receive(reader.as_mut(), 2).into_iter().map(|one| one.bytes));
    sent.extend(texts(&last));
    assert_eq!(received, sent);
}

#[test]
fn a_topic_that_is_not_there_is_not_made_but_explained() {
    let kafka = MockKafka::start(1);
    let mut engine = connect(&kafka.url("absent"));
    for _ in 0..2 {
        let failed = fail(&mut engine, &messages("lost", 1), SEND_LIMIT);
        assert!(failed.contains("kafka-topics.sh"), "{failed}");
        let error = engine.source.sharing().expect_err("no topic").to_string();
        assert!(error.contains("kafka-topics.sh"), "{error}");
        assert!(engine.source.read(0, None).is_err());
    }
    kafka.cluster.create_topic("absent", 4, 1).expect("a topic");
    send(engine.producer.as_mut(), &messages("message", 1));
    assert!(engine.source.read(3, None).is_ok());
}

#[test]
fn properties_that_contradict_each_other_fail_with_the_librarys_words() {
    let kafka = MockKafka::start(1);
    let topic = kafka.create_topic(1);
    let url = kafka.url(&topic) + "?max.in.flight=6";
    let failed = fail(&mut connect(&url), &messages("lost", 1), SEND_LIMIT);
    assert!(failed.contains("max.in.flight"), "{failed}");
    let url = kafka.url(&topic) + "?security.protocol=ssl&ssl.ca.location=/no/such/file";
    let mut engine = connect(&url);
    let failed = fail(&mut engine, &messages("lost", 1), SEND_LIMIT);
    assert!(failed.contains("ssl.ca.location"), "{failed}");
    assert!(engine.source.sharing().is_err());
}
