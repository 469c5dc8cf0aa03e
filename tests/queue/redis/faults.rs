//! A server that is killed, stands still, refuses, is full, or whose replies are lost.

use std::time::{Duration, Instant};

use viewtally::internals::queue::Sharing;

use super::tools::{
    assert_all_came, connect, numbered, receive_all, send_at_last, server, take, texts,
};
use crate::queue::conformance::calls::{
    MANY_BYTES, SLACK, WAIT, message, noise, read, receive, send,
};
use crate::support::reply_cutter::ReplyCutter;
use crate::support::until;

#[test]
fn nothing_accepted_is_lost_when_the_server_is_killed_while_it_is_sent_to() {
    let Some(server) = server(&[]) else { return };
    let url = server.url("?partitions=2");
    let mut engine = connect(&url);
    let sent = 3000;
    std::thread::scope(|scope| {
        let killer = scope.spawn(|| {
            for _ in 0..3 {
                let before: usize = server
                    .ask(&["XLEN", "viewtally:{0}"])
                    .parse()
                    .expect("a number");
                until("it is sent to", || {
                    let length = server.ask(&["XLEN", "viewtally:{0}"]);
                    length.parse::<usize>().expect("a number") >= before + 100
                });
                server.kill();
                server.start_again();
            }
        });
        for start in (0..sent).step_by(5) {
            send_at_last(&mut engine, &numbered(start..start + 5));
            // Slow enough to be killed in between.
            std::thread::sleep(Duration::from_millis(2));
        }
        killer.join().expect("it does not panic");
    });
    assert_all_came(&receive_all(&connect(&url), 2), sent);
}

#[test]
fn a_server_that_stands_still_delays_nothing_beyond_the_deadline() {
    let Some(server) = server(&[]) else { return };
    let mut engine = connect(&server.url(""));
    send(engine.producer.as_mut(), &[message("before")]);
    let mut reader = read(&engine, 0, None);
    receive(reader.as_mut(), 1);
    server.freeze();
    for _ in 0..2 {
        let start = Instant::now();
        let limit = Duration::from_millis(700);
        // More than a socket takes without the other side's help.
        let long = [message(noise(8 << 20)), message("short")];
        let failed = engine
            .producer
            .send(&long, start + limit)
            .expect_err("nobody answers");
        assert!(start.elapsed() < limit + SLACK, "{:?}", start.elapsed());
        assert!(failed.to_string().contains("in time"), "{failed}");
    }
    let start = Instant::now();
    let failed = reader
        .receive(MANY_BYTES, WAIT)
        .expect_err("nobody answers");
    assert!(start.elapsed() < WAIT + Duration::from_secs(5) + SLACK);
    assert!(failed.to_string().contains("in time"), "{failed}");
    let start = Instant::now();
    assert_eq!(reader.lag(), None);
    assert!(start.elapsed() < Duration::from_secs(2) + SLACK);
    server.go_on();
    send_at_last(&mut engine, &[message("behind")]);
    let received = texts(&take(reader.as_mut(), 1));
    assert!(
        received
            .iter()
            .any(|text| text == "behind" || text.len() > 10),
        "{received:?}"
    );
}

#[test]
fn lost_replies_make_repeats_and_nothing_else() {
    let Some(server) = server(&[]) else { return };
    let cutter = ReplyCutter::start(server.port(), "XADD");
    let mut engine = connect(&format!("redis://127.0.0.1:{}", cutter.port()));
    cutter.cut_one_in(5);
    let (sent, mut tries) = (200, 0);
    for start in (0..sent).step_by(2) {
        tries += send_at_last(&mut engine, &numbered(start..start + 2));
    }
    assert!(cutter.cuts() >= 20, "{} replies cut", cutter.cuts());
    assert_eq!(tries, sent / 2 + cutter.cuts(), "each is noticed");
    let again = assert_all_came(&receive_all(&connect(&server.url("")), 1), sent);
    assert_eq!(again, 2 * cutter.cuts(), "what was sent again came again");
}

#[test]
fn lost_replies_to_a_reader_skip_nothing() {
    let Some(server) = server(&[]) else { return };
    let mut engine = connect(&server.url(""));
    send(engine.producer.as_mut(), &numbered(0..300));
    let cutter = ReplyCutter::start(server.port(), "XREAD");
    cutter.cut_one_in(2);
    let reading = connect(&format!("redis://127.0.0.1:{}", cutter.port()));
    let again = assert_all_came(&receive_all(&reading, 1), 300);
    assert_eq!(again, 0);
    assert!(cutter.cuts() >= 2, "{} replies cut", cutter.cuts());
}

#[test]
fn a_wrong_password_is_told_and_a_right_one_works() {
    let Some(server) = server(&["--requirepass", "s3crt"]) else {
        return;
    };
    let refusal = |login: &str| {
        let mut engine = connect(&format!("redis://{login}127.0.0.1:{}", server.port()));
        let deadline = Instant::now() + Duration::from_secs(5);
        let error = engine
            .producer
            .send(&numbered(0..1), deadline)
            .expect_err("refused")
            .to_string();
        assert!(!error.contains("crt"), "{error}");
        error
    };
    let none = refusal("");
    assert!(
        none.contains("NOAUTH") && none.contains("USER:PASSWORD"),
        "{none}"
    );
    let wrong = refusal(":wrong-crt@");
    assert!(wrong.contains("WRONGPASS"), "{wrong}");
    let other = refusal("ann:s3crt@");
    assert!(other.contains("WRONGPASS"), "{other}");
    let mut engine = connect(&format!("redis://:s3crt@127.0.0.1:{}/3", server.port()));
    send(engine.producer.as_mut(), &numbered(0..1));
    let length = server.ask(&[
        "-a",
        "s3crt",
        "--no-auth-warning",
        "-n",
        "3",
        "XLEN",
        "viewtally:{0}",
    ]);
    assert_eq!(length, "1");
}

#[test]
fn a_user_who_may_only_do_what_is_needed_is_enough() {
    let Some(server) = server(&[]) else { return };
    let rights = [
        "ACL",
        "SETUSER",
        "ann",
        "on",
        ">s3crt",
        "~viewtally:*",
        "+xadd",
        "+xread",
        "+xtrim",
        "+xlen",
        "+xinfo",
        "+type",
        "+exists",
        "+wait",
        "+role",
        "+info",
    ];
    assert_eq!(server.ask(&rights), "OK");
    let mut engine = connect(&format!("redis://ann:s3crt@127.0.0.1:{}", server.port()));
    send(engine.producer.as_mut(), &numbered(0..3));
    assert_eq!(engine.source.sharing(), Ok(Sharing::Partitions(1)));
    let mut reader = read(&engine, 0, None);
    receive(reader.as_mut(), 3);
    assert_eq!(reader.lag(), Some(0));
    assert_eq!(server.ask(&["ACL", "SETUSER", "ann", "-xadd"]), "OK");
    let deadline = Instant::now() + Duration::from_secs(5);
    let error = engine
        .producer
        .send(&numbered(0..1), deadline)
        .expect_err("refused")
        .to_string();
    assert!(
        error.contains("NOPERM") && error.contains("XADD"),
        "{error}"
    );
}

#[test]
fn a_full_server_refuses_until_what_is_applied_is_deleted() {
    let Some(server) = server(&["--maxmemory", "6mb"]) else {
        return;
    };
    let mut engine = connect(&server.url(""));
    let mut accepted = 0;
    let error = loop {
        let some = [message(noise(200_000))];
        match engine
            .producer
            .send(&some, Instant::now() + Duration::from_secs(5))
        {
            Ok(()) => accepted += 1,
            Err(error) => break error.to_string(),
        }
        assert!(accepted < 100, "it takes more than it has");
    };
    assert!(
        error.contains("OOM") && error.contains("maxmemory"),
        "{error}"
    );
    let mut reader = read(&engine, 0, None);
    assert_eq!(receive(reader.as_mut(), accepted).len(), accepted);
    send_at_last(&mut engine, &[message(noise(200_000))]);
    assert_eq!(take(reader.as_mut(), 1).len(), 1);
}

#[test]
fn too_few_replicas_are_told() {
    let Some(server) = server(&[]) else { return };
    let mut engine = connect(&server.url("?replicas=1"));
    let start = Instant::now();
    let failed = engine
        .producer
        .send(&numbered(0..1), start + Duration::from_secs(1));
    let error = failed.expect_err("there is no replica").to_string();
    assert!(error.contains("replicas=1"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(1) + SLACK);
}

#[test]
fn what_others_have_put_there_is_handed_on_and_a_key_of_another_kind_is_told() {
    let Some(server) = server(&[]) else { return };
    let mut engine = connect(&server.url(""));
    server.ask(&["XADD", "viewtally:{0}", "*", "colour", "red", "size", "2"]);
    send(engine.producer.as_mut(), &[message("ours")]);
    server.ask(&["XADD", "viewtally:{0}", "*", "batch", ""]);
    let received = receive(read(&engine, 0, None).as_mut(), 3);
    assert_eq!(texts(&received), ["colour=red\nsize=2\n", "ours", ""]);

    server.ask(&["SET", "other:{0}", "text"]);
    let mut engine = connect(&server.url("?stream=other"));
    let deadline = Instant::now() + Duration::from_secs(5);
    let error = engine
        .producer
        .send(&numbered(0..1), deadline)
        .expect_err("it is none")
        .to_string();
    assert!(
        error.contains("WRONGTYPE") && error.contains("stream=NAME"),
        "{error}"
    );
    let error = read(&engine, 0, None)
        .receive(1, WAIT)
        .expect_err("it is none")
        .to_string();
    assert!(error.contains("WRONGTYPE"), "{error}");
}

#[test]
fn a_replica_is_told() {
    let Some(server) = server(&["--replicaof", "127.0.0.1 1"]) else {
        return;
    };
    let mut engine = connect(&server.url(""));
    let deadline = Instant::now() + Duration::from_secs(5);
    let error = engine
        .producer
        .send(&numbered(0..1), deadline)
        .expect_err("it takes none")
        .to_string();
    assert!(
        error.contains("READONLY") && error.contains("redis+sentinel"),
        "{error}"
    );
}
