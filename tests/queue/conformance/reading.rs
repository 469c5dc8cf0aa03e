//! Where reading begins, how much it takes, how long it waits.

use std::time::{Duration, Instant};

use viewtally::internals::queue::{Outgoing, Reader, Received, Sharing};

use super::TestEngine;
use super::calls::{
    MANY_BYTES, SLACK, WAIT, assert_received, message, messages, noise, partitions, read, receive,
    send,
};
use crate::support::{WAIT_LIMIT, let_pass, until};

pub fn reading_goes_on_after_what_was_applied(engine: &dyn TestEngine) {
    let url = engine.queue(1);
    let mut queue = url.connect();
    let sent = messages("message", 20);
    send(queue.producer.as_mut(), &sent);
    let mut reader = read(&queue, 0, None);
    let mut received = Vec::new();
    until("all have arrived", || {
        received.extend(reader.receive(MANY_BYTES, WAIT).expect("it answers"));
        received.len() >= sent.len()
    });
    let (done, rest) = received.split_at(8);
    assert_eq!(reader.applied(done), Ok(()));
    let position = done[7].position.clone();
    // As after a crash: another process, which knows what the store knows.
    drop((reader, queue));
    let mut queue = url.connect();
    match queue.source.sharing().expect("it tells") {
        Sharing::Partitions(count) => {
            assert_eq!(count, 1);
            let mut reader = read(&queue, 0, Some(&position));
            assert_eq!(receive(reader.as_mut(), rest.len()), rest);
            let last = rest[rest.len() - 1].position.clone();
            let mut reader = read(&queue, 0, Some(&last));
            assert_eq!(reader.receive(MANY_BYTES, WAIT), Ok(Vec::new()));
            let one = [message("one more")];
            send(queue.producer.as_mut(), &one);
            assert_received(engine, &receive(reader.as_mut(), 1), &one);
        }
        Sharing::Anyone => {
            let start = Instant::now();
            let again = receive(read(&queue, 0, None).as_mut(), rest.len());
            assert!(start.elapsed() < engine.hands_out_again_after() + SLACK);
            let texts = |of: &[Received]| {
                let mut texts: Vec<_> = of.iter().map(|one| one.bytes.clone()).collect();
                texts.sort();
                texts
            };
            assert_eq!(texts(&again), texts(rest));
        }
    }
}

pub fn two_readers_get_every_message(engine: &dyn TestEngine) {
    let mut queue = engine.queue(2).connect();
    // In many sends: a partition may be chosen for each.
    let sent = messages("message", 100);
    for some in sent.chunks(2) {
        send(queue.producer.as_mut(), some);
    }
    let mut readers: Vec<Box<dyn Reader>> = match queue.source.sharing().expect("it tells") {
        Sharing::Partitions(count) => {
            assert_eq!(count, 2);
            vec![read(&queue, 0, None), read(&queue, 1, None)]
        }
        Sharing::Anyone => vec![read(&queue, 0, None), read(&queue, 0, None)],
    };
    let mut received: Vec<Vec<u8>> = Vec::new();
    until("all have arrived", || {
        for reader in &mut readers {
            let some = reader.receive(10, WAIT).expect("it answers");
            assert_eq!(reader.applied(&some), Ok(()));
            received.extend(some.into_iter().map(|one| one.bytes));
        }
        received.len() >= sent.len()
    });
    let mut expected: Vec<Vec<u8>> = sent.into_iter().map(|one| one.bytes).collect();
    received.sort();
    expected.sort();
    assert!(received == expected, "some came twice");
}

pub fn a_reader_takes_no_more_than_it_asks_for(engine: &dyn TestEngine) {
    let mut queue = engine.queue(1).connect();
    let sent: Vec<Outgoing> = (0..20).map(|_| message(noise(10_000))).collect();
    send(queue.producer.as_mut(), &sent);
    let mut reader = read(&queue, 0, None);
    let mut received = Vec::new();
    until("all have arrived", || {
        let some = reader.receive(25_000, WAIT).expect("it answers");
        assert!(some.len() <= 3, "{} times 10,000 bytes", some.len());
        assert_eq!(reader.applied(&some), Ok(()));
        received.extend(some);
        received.len() >= 10
    });
    until("all have arrived, one by one", || {
        let some = reader.receive(1, WAIT).expect("it answers");
        assert!(some.len() <= 1, "{} messages", some.len());
        assert_eq!(reader.applied(&some), Ok(()));
        received.extend(some);
        received.len() >= sent.len()
    });
    assert_received(engine, &received, &sent);
}

pub fn a_waiting_reader_is_woken_by_a_message(engine: &dyn TestEngine) {
    let mut queue = engine.queue(1).connect();
    send(queue.producer.as_mut(), &[message("first")]);
    let mut reader = read(&queue, 0, None);
    receive(reader.as_mut(), 1);
    let late = message("late");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let start = Instant::now();
            let received = reader.receive(MANY_BYTES, WAIT_LIMIT);
            (received.expect("it answers"), start.elapsed())
        });
        let_pass(Duration::from_millis(200));
        send(queue.producer.as_mut(), std::slice::from_ref(&late));
        let (received, took) = waiting.join().expect("it does not panic");
        assert_received(engine, &received, &[late]);
        assert!(took < WAIT_LIMIT / 2, "it took {took:.1?}");
    });
}

pub fn an_empty_queue_is_no_error(engine: &dyn TestEngine) {
    let queue = engine.queue(1).connect();
    assert_eq!(partitions(&queue), [0]);
    let mut reader = read(&queue, 0, None);
    for _ in 0..3 {
        let start = Instant::now();
        assert_eq!(reader.receive(MANY_BYTES, WAIT), Ok(Vec::new()));
        assert!(start.elapsed() < WAIT + SLACK, "{:?}", start.elapsed());
    }
}

pub fn what_is_left_to_read_is_told(engine: &dyn TestEngine) {
    if !engine.tells_lag() {
        return;
    }
    let mut queue = engine.queue(1).connect();
    // Each on its own: not every broker counts what came together.
    for one in messages("message", 10) {
        send(queue.producer.as_mut(), &[one]);
    }
    let mut reader = read(&queue, 0, None);
    until("ten are left", || reader.lag() == Some(10));
    receive(reader.as_mut(), 10);
    until("none is left", || reader.lag() == Some(0));
    for one in messages("more", 3) {
        send(queue.producer.as_mut(), &[one]);
    }
    until("three are left", || reader.lag() == Some(3));
}

pub fn a_position_of_something_else_is_refused(engine: &dyn TestEngine) {
    let queue = engine.queue(1).connect();
    if queue.source.sharing() == Ok(Sharing::Anyone) {
        return;
    }
    let refused = queue.source.read(0, Some("no position of anything"));
    let error = refused.err().expect("it is refused").to_string();
    assert!(error.contains("no position of anything"), "{error}");
    assert!(queue.source.read(1_000, None).is_err_and(|error| {
        let text = error.to_string();
        assert!(text.contains("1000"), "{text}");
        true
    }));
}
