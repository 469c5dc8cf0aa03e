//! Beacons that are answered only once their view is on the disk.

use crate::support::process::Signal;
use crate::support::{Home, Lock, until};

#[test]
fn a_durable_view_is_answered_from_the_journal_though_the_database_is_locked() {
    let home = Home::new();
    let server = home.serve().start();
    server.create("a", "text");
    let lock = Lock::hold(&home.database_file());
    let mut client = server.connect();
    for _ in 0..10 {
        let answer = client.request("POST", "/posts/a/views?durable=true", &[], b"");
        assert_eq!(answer.status, 202, "{}", answer.text());
    }
    server.signal(Signal::Kill);
    server.wait();
    lock.release();
    let server = home.serve().start();
    assert_eq!(server.views("a"), 10);
}

#[test]
fn without_a_journal_it_is_answered_once_it_is_counted() {
    let home = Home::new();
    let server = home
        .serve()
        .flags(&[
            ("--journal", "off"),
            ("--request-timeout", "1s"),
            ("--flush-every", "10s"),
        ])
        .start();
    server.create("a", "text");
    let mut client = server.connect();
    let answer = client.request("POST", "/posts/a/views?durable=true", &[], b"");
    assert_eq!(answer.status, 202, "{}", answer.text());
    assert_eq!(server.views("a"), 1, "it waits for no further view");
    let lock = Lock::hold(&home.database_file());
    let answer = client.request("POST", "/posts/a/views?durable=true", &[], b"");
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.text().contains("not known"), "{}", answer.text());
    lock.release();
    until("it is counted all the same", || server.views("a") == 2);
    let answer = client.request("POST", "/posts/a/views?durable=perhaps", &[], b"");
    assert_eq!(answer.status, 422, "{}", answer.text());
}
