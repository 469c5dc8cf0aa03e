//! A server that has lost what it had accepted, or whose clock has gone back: what comes after is read all the same, and
//! nothing is deleted that was not applied.

use super::tools::{connect, numbered, server, take, take_all, texts};
use crate::queue::conformance::calls::{MANY_BYTES, WAIT, read, receive, send};
use crate::support::redis_server::RedisServer;
use crate::support::until;

const KEY: &str = "viewtally:{0}";

fn add(server: &RedisServer, id: &str) {
    server.ask(&["XADD", KEY, id, "batch", id]);
}

fn length(server: &RedisServer) -> String {
    server.ask(&["XLEN", KEY])
}

/// Kills it and starts it again with nothing.
fn lose_all(server: &RedisServer) {
    server.kill();
    std::fs::remove_dir_all(server.path("appendonlydir")).expect("its file");
    server.start_again();
}

#[test]
fn only_what_is_applied_is_deleted() {
    let Some(server) = server(&[]) else { return };
    let mut engine = connect(&server.url(""));
    send(engine.producer.as_mut(), &numbered(0..10));
    let mut reader = read(&engine, 0, None);
    let received = take(reader.as_mut(), 10);
    assert_eq!(length(&server), "10");
    assert_eq!(reader.applied(&received[..4]), Ok(()));
    assert_eq!(length(&server), "6");
    assert_eq!(reader.lag(), Some(0));
    assert_eq!(reader.applied(&received[..2]), Ok(()));
    assert_eq!(length(&server), "6");
    // Another that is behind deletes nothing that is ahead of it.
    let mut behind = read(&engine, 0, Some(&received[1].position));
    assert_eq!(texts(&take(behind.as_mut(), 6)), texts(&received[4..]));
    assert_eq!(length(&server), "6");
    assert_eq!(reader.applied(&received), Ok(()));
    assert_eq!(length(&server), "0");
}

#[test]
fn what_the_store_had_applied_is_deleted_by_the_next_reader() {
    let Some(server) = server(&[]) else { return };
    let mut engine = connect(&server.url(""));
    send(engine.producer.as_mut(), &numbered(0..10));
    let received = take(read(&engine, 0, None).as_mut(), 10);
    let mut next = read(&engine, 0, Some(&received[6].position));
    assert_eq!(texts(&take(next.as_mut(), 3)), texts(&received[7..]));
    assert_eq!(length(&server), "3");
    assert_eq!(next.lag(), Some(0));
}

#[test]
fn a_stream_that_ends_before_what_was_read_is_read_again() {
    let Some(server) = server(&[]) else { return };
    let engine = connect(&server.url(""));
    add(&server, "5000-0");
    let mut reader = read(&engine, 0, None);
    assert_eq!(texts(&receive(reader.as_mut(), 1)), ["5000-0"]);
    // The server goes on, the key does not.
    server.ask(&["DEL", KEY]);
    add(&server, "4000-0");
    add(&server, "4000-1");
    assert_eq!(texts(&take(reader.as_mut(), 2)), ["4000-0", "4000-1"]);
    server.ask(&["DEL", KEY]);
    until("it is looked at again", || {
        reader.receive(MANY_BYTES, WAIT) == Ok(Vec::new()) && reader.lag() == Some(0)
    });
}

#[test]
fn numbers_given_anew_by_a_server_that_lost_its_data_are_all_read() {
    let Some(server) = server(&[]) else { return };
    let engine = connect(&server.url(""));
    for id in ["1000-0", "2000-0", "3000-0"] {
        add(&server, id);
    }
    let mut reader = read(&engine, 0, None);
    let before = take(reader.as_mut(), 3);
    let position = before[2].position.clone();
    lose_all(&server);
    // Some below the position and some above, so that the stream's end alone tells nothing.
    for id in ["1500-0", "2500-0", "3500-0"] {
        add(&server, id);
    }
    // What was read before the loss says nothing about what is there now.
    until("there is a connection again", || {
        reader.applied(&before).is_ok()
    });
    assert_eq!(length(&server), "3");
    assert_eq!(
        texts(&take(reader.as_mut(), 3)),
        ["1500-0", "2500-0", "3500-0"]
    );
    let mut next = read(&engine, 0, Some(&position));
    let after = take(next.as_mut(), 3);
    assert_eq!(texts(&after), ["1500-0", "2500-0", "3500-0"]);
    assert_eq!(next.applied(&before), Ok(()));
    assert_eq!(length(&server), "3");
    assert_eq!(next.applied(&after), Ok(()));
    assert_eq!(length(&server), "0");
}

#[test]
fn a_restart_repeats_at_most_what_was_not_deleted() {
    let Some(server) = server(&[]) else { return };
    let mut engine = connect(&server.url(""));
    send(engine.producer.as_mut(), &numbered(0..10));
    let mut reader = read(&engine, 0, None);
    let received = take(reader.as_mut(), 10);
    assert_eq!(reader.applied(&received[..7]), Ok(()));
    server.kill();
    server.start_again();
    assert_eq!(texts(&take(reader.as_mut(), 3)), texts(&received[7..]));
    assert_eq!(reader.lag(), Some(0));
}

#[test]
fn partitions_that_another_node_knows_are_read() {
    let Some(server) = server(&[]) else { return };
    let mut many = connect(&server.url("?partitions=4"));
    send(many.producer.as_mut(), &numbered(0..200));
    let few = connect(&server.url("?partitions=2"));
    assert!(
        few.source.read(3, None).is_err(),
        "nobody has told of it yet"
    );
    assert_eq!(few.source.sharing(), many.source.sharing());
    let mut all = 0;
    for partition in 0..4 {
        let some = take_all(read(&few, partition, None).as_mut()).len();
        assert!(
            (20..=90).contains(&some),
            "{some} of 200 are in one of four"
        );
        all += some;
    }
    assert_eq!(all, 200);
}
