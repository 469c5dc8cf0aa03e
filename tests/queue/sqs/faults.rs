//! A service that stands still, or whose replies are lost; messages that take long to apply.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use viewtally::internals::queue::{Engine, Outgoing, QueueUrl, Reader, Received};

use super::{new_queue, server};
use crate::queue::conformance::calls::{MANY_BYTES, SLACK, WAIT, message, messages, read, send};
use crate::support::moto::{self, Moto};
use crate::support::reply_cutter::ReplyCutter;
use crate::support::{let_pass, missing, until};

fn connect(url: &str) -> Engine {
    let url: QueueUrl = url.parse().unwrap_or_else(|error| panic!("{url}: {error}"));
    url.connect()
}

/// Sends until it succeeds, as the program does; answers how often it had to.
fn send_at_last(engine: &mut Engine, messages: &[Outgoing]) -> usize {
    let mut tries = 0;
    until("it is accepted", || {
        tries += 1;
        let deadline = Instant::now() + Duration::from_secs(5);
        engine.producer.send(messages, deadline).is_ok()
    });
    tries
}

/// Receives and applies until there were so many different ones, through errors; answers how often each came.
fn receive_all(reader: &mut dyn Reader, count: usize) -> BTreeMap<Vec<u8>, usize> {
    let mut counts = BTreeMap::new();
    until("all have arrived", || {
        let some = reader.receive(MANY_BYTES, WAIT).unwrap_or_default();
        for one in &some {
            *counts.entry(one.bytes.clone()).or_default() += 1;
        }
        // What is not deleted comes again.
        let _ = reader.applied(&some);
        counts.len() >= count
    });
    counts
}

#[test]
fn lost_replies_make_repeats_and_nothing_else() {
    for is_fifo in [false, true] {
        let Some(server) = server() else { return };
        let (name, url) = new_queue(server, is_fifo, &[]);
        let cutter = ReplyCutter::start(server.port(), "SendMessageBatch");
        let through = url.replace(
            &format!(":{}/", server.port()),
            &format!(":{}/", cutter.port()),
        );
        let mut engine = connect(&format!(
            "{url}?endpoint=http://127.0.0.1:{}",
            cutter.port()
        ));
        assert_ne!(through, url);
        cutter.cut_one_in(4);
        let sent = 60;
        let mut tries = 0;
        for start in (0..sent).step_by(3) {
            let some: Vec<Outgoing> = (start..start + 3)
                .map(|n| message(format!("message {n}")))
                .collect();
            tries += send_at_last(&mut engine, &some);
        }
        assert!(cutter.cuts() >= 5, "{} replies cut", cutter.cuts());
        assert_eq!(tries, sent / 3 + cutter.cuts(), "each is noticed");
        // A FIFO queue knows them again.
        let repeats = if is_fifo { 0 } else { 3 * cutter.cuts() as u64 };
        assert_eq!(server.messages(&name).0, sent as u64 + repeats);
        let mut reader = read(&connect(&url), 0, None);
        let counts = receive_all(reader.as_mut(), sent);
        assert_eq!(counts.len(), sent, "something else came");
    }
}

#[test]
fn lost_replies_to_a_reader_delay_messages_and_lose_none() {
    let Some(server) = server() else { return };
    let (name, url) = new_queue(server, false, &[]);
    send(connect(&url).producer.as_mut(), &messages("message", 40));
    let cutter = ReplyCutter::start(server.port(), "ReceiveMessage");
    cutter.cut_one_in(3);
    let url = format!(
        "{url}?visibility=3&endpoint=http://127.0.0.1:{}",
        cutter.port()
    );
    let mut reader = read(&connect(&url), 0, None);
    let counts = receive_all(reader.as_mut(), 40);
    assert!(cutter.cuts() >= 1);
    assert_eq!(counts.len(), 40);
    until("all are deleted", || server.messages(&name) == (0, 0));
}

#[test]
fn a_service_that_stands_still_delays_nothing_beyond_the_deadline() {
    let Some(server) = Moto::start() else {
        return missing(moto::MISSING);
    };
    let (_, url) = new_queue(&server, false, &[]);
    let mut engine = connect(&url);
    send(engine.producer.as_mut(), &messages("before", 1));
    let mut reader = read(&engine, 0, None);
    receive_all(reader.as_mut(), 1);
    server.freeze();
    for _ in 0..2 {
        let start = Instant::now();
        let limit = Duration::from_millis(700);
        let failed = engine.producer.send(&messages("during", 3), start + limit);
        let failed = failed.expect_err("nobody answers").to_string();
        assert!(failed.contains("in time"), "{failed}");
        assert!(start.elapsed() < limit + SLACK, "{:?}", start.elapsed());
    }
    let start = Instant::now();
    let failed = reader
        .receive(MANY_BYTES, WAIT)
        .expect_err("nobody answers")
        .to_string();
    assert!(failed.contains("in time"), "{failed}");
    assert!(
        start.elapsed() < Duration::from_secs(11) + SLACK,
        "{:?}",
        start.elapsed()
    );
    server.go_on();
    send_at_last(&mut engine, &messages("behind", 1));
    let counts = receive_all(reader.as_mut(), 1);
    assert!(!counts.is_empty());
}

#[test]
fn what_takes_long_to_apply_is_kept_from_others() {
    let Some(server) = server() else { return };
    let (name, url) = new_queue(server, false, &[]);
    let url = format!("{url}?visibility=4");
    let mut engine = connect(&url);
    send(engine.producer.as_mut(), &messages("message", 15));
    let mut reader = read(&engine, 0, None);
    let mut kept: Vec<Received> = Vec::new();
    until("all have arrived", || {
        kept.extend(reader.receive(MANY_BYTES, WAIT).expect("it answers"));
        kept.len() >= 15
    });
    let mut other = read(&engine, 0, None);
    for _ in 0..4 {
        let_pass(Duration::from_secs(2));
        assert_eq!(reader.keep(&kept), Ok(()));
        assert_eq!(other.receive(MANY_BYTES, Duration::ZERO), Ok(Vec::new()));
    }
    assert_eq!(reader.applied(&kept), Ok(()));
    assert_eq!(server.messages(&name), (0, 0));
}

#[test]
fn a_queue_that_is_not_there_is_told() {
    let Some(server) = server() else { return };
    let url = format!(
        "sqs://us-east-1/nowhere?endpoint=http://127.0.0.1:{}",
        server.port()
    );
    let mut engine = connect(&url);
    let failed = engine
        .producer
        .send(&messages("message", 1), Instant::now() + SLACK);
    let failed = failed.expect_err("there is none").to_string();
    assert!(failed.contains("create it"), "{failed}");
    // It is made while this waits for it.
    server.create_queue("nowhere", &[]);
    assert_eq!(send_at_last(&mut engine, &messages("message", 1)), 1);
}
