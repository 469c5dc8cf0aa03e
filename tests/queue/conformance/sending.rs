//! What is sent arrives, unchanged and in order; what is too long is named.

use std::time::Instant;

use viewtally::internals::queue::SendError;

use super::TestEngine;
use super::calls::{
    MANY_BYTES, SEND_LIMIT, WAIT, assert_received, message, messages, noise, read, receive, send,
};
use crate::support::until;

pub fn messages_come_as_they_were_sent(engine: &dyn TestEngine) {
    let mut queue = engine.queue(1).connect();
    let mut sent = Vec::new();
    for round in 0..3 {
        let some = messages(&format!("round {round}"), 50);
        send(queue.producer.as_mut(), &some);
        sent.extend(some);
    }
    let received = receive(read(&queue, 0, None).as_mut(), sent.len());
    assert_received(engine, &received, &sent);
    let mut positions: Vec<&str> = received.iter().map(|one| &one.position[..]).collect();
    assert!(positions.iter().all(|one| (1..=200).contains(&one.len())));
    positions.sort_unstable();
    positions.dedup();
    assert_eq!(positions.len(), sent.len(), "a position is of one message");
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("a time after 1970")
        .as_millis();
    for at in received.iter().filter_map(|one| one.at) {
        let age = i128::try_from(now).expect("a time") - i128::from(at.0);
        assert!((-60_000..=60_000).contains(&age), "taken {age} ms ago");
    }
}

pub fn any_bytes_come_back_unchanged(engine: &dyn TestEngine) {
    let mut queue = engine.queue(1).connect();
    let sent = [
        message([0]),
        message((0..=255).collect::<Vec<u8>>()),
        message([0xff; 1000]),
        message(*b"\r\n\r\n$-1\r\n<&>\"'\x00\x1b"),
        message("\u{fffe}\u{ffff}{\"a\":1}"),
        message(noise(100_000)),
    ];
    send(queue.producer.as_mut(), &sent);
    let received = receive(read(&queue, 0, None).as_mut(), sent.len());
    assert_received(engine, &received, &sent);
}

pub fn the_longest_message_passes(engine: &dyn TestEngine) {
    let mut queue = engine.queue(1).connect();
    let longest = queue.producer.max_bytes();
    assert!(longest >= 150_000, "{longest} bytes hold no batch");
    let sent = [message(noise(longest)), message("and one more")];
    send(queue.producer.as_mut(), &sent);
    let received = receive(read(&queue, 0, None).as_mut(), sent.len());
    assert_received(engine, &received, &sent);
}

pub fn a_message_that_is_too_long_is_named_and_the_next_send_works(engine: &dyn TestEngine) {
    let mut queue = engine.queue(1).connect();
    let length = engine.too_long();
    let mixed = [message("before"), message(noise(length)), message("behind")];
    match queue
        .producer
        .send(&mixed, Instant::now() + SEND_LIMIT)
        .expect_err("nobody takes this")
    {
        SendError::TooLong {
            index,
            bytes,
            limit,
        } => {
            assert_eq!((index, bytes), (1, length));
            assert!(limit < length, "{limit}");
        }
        error @ SendError::Failed(_) => panic!("{error}"),
    }
    send(queue.producer.as_mut(), &[message("last")]);
    let mut reader = read(&queue, 0, None);
    until("the last has arrived", || {
        let received = reader.receive(MANY_BYTES, WAIT).expect("it answers");
        assert!(received.iter().all(|one| one.bytes.len() < 10));
        received.iter().any(|one| one.bytes == b"last")
    });
}

pub fn many_messages_are_sent_at_once(engine: &dyn TestEngine) {
    let mut queue = engine.queue(1).connect();
    let sent = messages("one of many", engine.many());
    send(queue.producer.as_mut(), &sent);
    let received = receive(read(&queue, 0, None).as_mut(), sent.len());
    assert_received(engine, &received, &sent);
}

pub fn a_batch_may_be_sent_again(engine: &dyn TestEngine) {
    let mut queue = engine.queue(1).connect();
    let again = messages("again", 5);
    send(queue.producer.as_mut(), &again);
    send(queue.producer.as_mut(), &again);
    send(queue.producer.as_mut(), &[message("end")]);
    let mut reader = read(&queue, 0, None);
    let mut received: Vec<Vec<u8>> = Vec::new();
    until("all have arrived", || {
        let some = reader.receive(MANY_BYTES, WAIT).expect("it answers");
        received.extend(some.into_iter().map(|one| one.bytes));
        let has = |bytes: &[u8]| received.iter().any(|one| one == bytes);
        has(b"end") && again.iter().all(|one| has(&one.bytes))
    });
}
