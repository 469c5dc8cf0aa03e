//! A broker behind a proxy: answers that are lost, a broker that hangs, and what is left of a client that is dropped.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use viewtally::internals::queue::{Engine, QueueUrl, Reader, SendError};

use super::conformance::calls::{
    MANY_BYTES, SEND_LIMIT, SLACK, WAIT, messages, read, receive, send,
};
use crate::support::kafka::{Broker, MISSING, MockKafka};
use crate::support::kafka_proxy::{KafkaFault, KafkaProxy};
use crate::support::postgres::free_port;
use crate::support::{missing, until};

/// Set in the process that counts its own threads.
const ALONE: &str = "VIEWTALLY_TEST_ALONE";

/// A broker that is reached through a proxy, and a topic of one partition; `None`, having said so, where it is absent.
fn behind_a_proxy() -> Option<(KafkaProxy, Broker, Engine)> {
    let port = free_port();
    let proxy = KafkaProxy::start(port);
    let Some(broker) = Broker::start_behind(port, proxy.port()) else {
        missing(MISSING);
        return None;
    };
    let topic = broker.create_topic(1);
    let url = format!("kafka://127.0.0.1:{}/{topic}", proxy.port());
    let engine = url.parse::<QueueUrl>().expect("an address").connect();
    Some((proxy, broker, engine))
}

#[test]
fn an_answer_that_is_cut_off_makes_no_second_message() {
    let Some((proxy, _broker, mut engine)) = behind_a_proxy() else {
        return;
    };
    proxy.set(KafkaFault::CutReplies { one_in: 4 });
    let mut sent: Vec<Vec<u8>> = Vec::new();
    while proxy.cuts() < 8 {
        let some = messages(&format!("send {}", sent.len()), 2);
        send(engine.producer.as_mut(), &some);
        sent.extend(some.into_iter().map(|one| one.bytes));
    }
    proxy.set(KafkaFault::None);
    let received = receive(read(&engine, 0, None).as_mut(), sent.len());
    let received: Vec<_> = received.into_iter().map(|one| one.bytes).collect();
    assert_eq!(received, sent);
}

#[test]
fn a_broker_that_hangs_is_left_by_the_deadline() {
    let Some((proxy, _broker, mut engine)) = behind_a_proxy() else {
        return;
    };
    let first = messages("first", 2);
    send(engine.producer.as_mut(), &first);
    let mut reader = read(&engine, 0, None);
    receive(reader.as_mut(), 2);
    proxy.set(KafkaFault::Hang);
    let limit = Duration::from_secs(1);
    for _ in 0..3 {
        let start = Instant::now();
        let failed = engine.producer.send(&messages("hung", 2), start + limit);
        assert!(matches!(failed, Err(SendError::Failed(_))), "{failed:?}");
        assert!(start.elapsed() < limit + SLACK, "{:?}", start.elapsed());
        let start = Instant::now();
        let _ = reader.receive(MANY_BYTES, WAIT);
        assert!(start.elapsed() < WAIT + SLACK, "{:?}", start.elapsed());
    }
    let start = Instant::now();
    drop(reader);
    assert!(start.elapsed() < SLACK, "{:?}", start.elapsed());
    proxy.set(KafkaFault::None);
    let last = messages("last", 2);
    send(engine.producer.as_mut(), &last);
    let mut reader = read(&engine, 0, None);
    let mut received = Vec::new();
    until("the last have arrived", || {
        received.extend(reader.receive(MANY_BYTES, WAIT).expect("it answers"));
        last.iter()
            .all(|one| received.iter().any(|other| other.bytes == one.bytes))
    });
}

/// The threads of this process, by number.
fn threads() -> BTreeSet<String> {
    std::fs::read_dir("/proc/self/task")
        .expect("this process")
        .filter_map(|task| task.ok()?.file_name().into_string().ok())
        .collect()
}

/// Drops it; how long that takes is bounded.
fn end<T>(what: &str, dropped: T) {
    let start = Instant::now();
    drop(dropped);
    let took = start.elapsed();
    println!("{what}: {took:.1?}");
    assert!(took < SLACK, "{what} took {took:?} to end");
}

#[test]
fn nothing_is_left_of_what_is_dropped() {
    // Other tests have clients as well, in the same process.
    if std::env::var_os(ALONE).is_none() {
        let alone = std::process::Command::new(std::env::current_exe().expect("this executable"))
            .args([
                "--exact",
                "queue::kafka_broker::nothing_is_left_of_what_is_dropped",
            ])
            .arg("--nocapture")
            .env(ALONE, "1")
            .output()
            .expect("the test binary runs again");
        assert!(alone.status.success(), "{alone:?}");
        return;
    }
    let kafka = MockKafka::start(3);
    let topic = kafka.create_topic(3);
    let before = threads();
    let url: QueueUrl = kafka.url(&topic).parse().expect("an address");
    for is_down in [false, true] {
        let mut engine = url.connect();
        send(engine.producer.as_mut(), &messages("message", 3));
        let mut readers: Vec<Box<dyn Reader>> = (0..3)
            .map(|partition| read(&engine, partition, None))
            .collect();
        for reader in &mut readers {
            let _ = reader.receive(MANY_BYTES, WAIT);
        }
        if is_down {
            kafka.cluster.broker_down(-1).expect("they go");
            for _ in 0..3 {
                let deadline = Instant::now() + Duration::from_millis(300);
                assert!(
                    engine
                        .producer
                        .send(&messages("lost", 3), deadline)
                        .is_err()
                );
            }
        }
        assert!(!threads().is_subset(&before));
        for reader in readers {
            end("a reader", reader);
        }
        let Engine { producer, source } = engine;
        end("the producer", producer);
        end("the source", source);
        until("its threads have ended", || threads().is_subset(&before));
    }
    kafka.cluster.broker_up(-1).expect("they come");
    let mut engine = url.connect();
    let deadline = Instant::now() + SEND_LIMIT;
    assert_eq!(engine.producer.send(&[], deadline), Ok(()));
    end("an engine that sent nothing", engine);
}
