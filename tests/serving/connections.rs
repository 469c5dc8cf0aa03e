//! Many connections: every one gets its answer, in turn if need be; none waits for ever.

use std::time::{Duration, Instant};

use crate::support::{Client, Home, Server, WAIT_LIMIT, http, missing, twice, until};

fn served(flags: &[(&str, &str)], home: &Home) -> Server {
    let server = home.serve().flags(flags).start();
    server.create("hello", "text");
    server
}

/// Raises this process's descriptor limit; `false` where the system does not allow it, and the test is skipped.
fn room_for(connections: u64) -> bool {
    let wanted = connections + 500;
    let raised = rlimit::increase_nofile_limit(wanted).unwrap_or(0);
    if raised < wanted {
        missing(&format!(
            "{wanted} descriptors are needed and the hard limit is {raised} (raise it with `ulimit -Hn`)"
        ));
    }
    raised >= wanted
}

/// Opens that many connections, asks on each, and only then reads the answers; answers how long all of it took.
fn burst(server: &Server, connections: usize) -> (Vec<Client>, Duration) {
    let request = http::request_bytes("GET", "/posts/hello", &[], b"");
    let start = Instant::now();
    let mut clients: Vec<Client> = (0..connections)
        .map(|_| {
            let mut client = Client::connect(server.address);
            client.send(&request).expect("sent");
            client
        })
        .collect();
    let mut kept = Vec::new();
    for (number, mut client) in clients.drain(..).enumerate() {
        let answer = client
            .read()
            .unwrap_or_else(|error| panic!("connection {number}: {error}"));
        let answer = answer.unwrap_or_else(|| panic!("connection {number} was closed unanswered"));
        assert_eq!(answer.status, 200, "connection {number}");
        if !answer.closes() {
            kept.push(client);
        }
    }
    (kept, start.elapsed())
}

fn all_counted(home: &Home, server: Server, answered: usize) {
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(
        home.database().views(),
        i64::try_from(answered).expect("few")
    );
}

fn burst_within(connections: usize, bound: Duration) {
    if !room_for(connections as u64) {
        return;
    }
    twice("a burst of connections", || {
        let home = Home::new();
        let server = served(&[], &home);
        let (mut kept, took) = burst(&server, connections);
        println!(
            "{connections} connections answered in {took:.1?}, {} kept alive",
            kept.len()
        );
        assert_eq!(kept.len(), connections, "there is room for all");
        let mut answered = connections;
        for client in &mut kept {
            assert_eq!(
                client.get("/posts/hello").status,
                200,
                "a kept connection is served again"
            );
            answered += 1;
        }
        drop(kept);
        all_counted(&home, server, answered);
        if took > bound {
            Err(format!("{connections} connections took {took:?}"))
        } else {
            Ok(())
        }
    });
}

#[test]
fn a_burst_of_keep_alive_connections_is_answered() {
    burst_within(300, Duration::from_secs(3));
}

#[test]
#[ignore = "slow: make test-long"]
fn a_thousand_keep_alive_connections_are_answered_within_a_second() {
    burst_within(1000, Duration::from_secs(1));
}

#[test]
fn more_connections_than_allowed_are_answered_in_turn() {
    let home = Home::new();
    let server = served(&[("--max-connections", "16")], &home);
    let (kept, took) = burst(&server, 200);
    println!(
        "200 connections against 16 answered in {took:.1?}, {} kept alive",
        kept.len()
    );
    drop(kept);
    all_counted(&home, server, 200);
}

#[test]
#[ignore = "slow: make test-long"]
fn five_thousand_connections_against_256_are_answered_in_turn() {
    if !room_for(5000) {
        return;
    }
    let home = Home::new();
    let server = served(&[("--max-connections", "256")], &home);
    let (kept, took) = burst(&server, 5000);
    println!(
        "5000 connections against 256 answered in {took:.1?}, {} kept alive",
        kept.len()
    );
    assert!(took < WAIT_LIMIT, "{took:?}");
    drop(kept);
    all_counted(&home, server, 5000);
}

#[test]
fn idle_connections_do_not_keep_others_waiting() {
    let home = Home::new();
    let server = served(
        &[("--max-connections", "4"), ("--idle-timeout", "500ms")],
        &home,
    );
    let mut idle: Vec<Client> = (0..12).map(|_| server.connect()).collect();
    let mut client = server.connect();
    assert_eq!(
        client.get("/posts/hello").status,
        200,
        "served as soon as the idle ones have timed out"
    );
    drop(client);
    for client in &mut idle {
        // The end, however it comes; reading gives up, and fails, after the deadline.
        let start = Instant::now();
        client.read_to_end();
        assert!(start.elapsed() < WAIT_LIMIT, "idle connections are closed");
    }
}

#[test]
fn an_idle_connection_is_closed_without_a_stray_answer() {
    let home = Home::new();
    let server = served(&[("--idle-timeout", "300ms")], &home);
    let mut client = server.connect();
    assert_eq!(client.get("/posts/hello").status, 200);
    let start = Instant::now();
    assert_eq!(String::from_utf8_lossy(&client.read_to_end()), "");
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_request_sent_too_slowly_is_given_up() {
    let home = Home::new();
    let server = served(
        &[("--request-timeout", "500ms"), ("--idle-timeout", "1s")],
        &home,
    );
    let mut client = server.connect();
    let start = Instant::now();
    // A byte every now and then: each in time for a timeout on reads, all together too slow.
    for byte in b"GET /posts/hello HTTP/1.1\r\nHost: localhost\r\nX-Slow: 0123456789012345678901234567890\r\n" {
        if client.send(&[*byte]).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let answer = client.read_to_end();
    assert!(
        start.elapsed() < Duration::from_secs(15),
        "{:?}",
        start.elapsed()
    );
    assert!(
        answer.is_empty()
            || answer.starts_with(b"HTTP/1.1 408")
            || answer.starts_with(b"HTTP/1.1 400")
    );
    assert_eq!(server.get("/posts/hello").status, 200);
}

#[test]
fn a_reader_who_never_reads_harms_only_itself() {
    let home = Home::new();
    let server = served(
        &[("--request-timeout", "500ms"), ("--max-connections", "4")],
        &home,
    );
    server.create("large", &"x".repeat(900_000));
    let mut stuck: Vec<Client> = (0..4).map(|_| server.connect()).collect();
    for client in &mut stuck {
        for _ in 0..20 {
            let _ = client.send(&http::request_bytes(
                "GET",
                "/posts/large?count=false",
                &[],
                b"",
            ));
        }
    }
    assert_eq!(server.get("/posts/hello").status, 200);
}

#[test]
fn few_descriptors_are_respected_and_recovered_from() {
    let home = Home::new();
    let server = home.serve().descriptors(64).start();
    server.create("hello", "text");
    let request = http::request_bytes("GET", "/posts/hello?count=false", &[], b"");
    let limit = Duration::from_secs(10);
    let mut clients: Vec<Client> = (0..200)
        .filter_map(|_| {
            let mut client = Client::try_connect(server.address, limit).ok()?;
            client.send(&request).ok()?;
            Some(client)
        })
        .collect();
    let (mut served, mut refused, mut closed) = (0, 0, 0);
    for client in &mut clients {
        match client.read() {
            Ok(Some(answer)) if answer.status == 200 => served += 1,
            Ok(Some(answer)) if answer.status == 503 => refused += 1,
            Ok(Some(answer)) => panic!("{} {}", answer.status, answer.text()),
            Ok(None) | Err(_) => closed += 1,
        }
        assert!(server.descriptors() <= 64);
    }
    println!(
        "200 connections on 64 descriptors: {served} served, {refused} refused, {closed} closed"
    );
    assert!(served >= 10, "{served}");
    assert_eq!(closed, 0, "closed or left without an answer");
    drop(clients);
    for _ in 0..20 {
        assert_eq!(server.get("/posts/hello").status, 200, "recovered");
    }
    assert!(!server.stderr().contains("panicked"), "{}", server.stderr());
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn threads_and_descriptors_are_given_back_after_a_burst() {
    let home = Home::new();
    let server = served(&[("--idle-timeout", "1s")], &home);
    let before = server.descriptors();
    let (kept, _) = burst(&server, 200);
    drop(kept);
    until("descriptors are given back", || {
        server.descriptors() <= before + 4
    });
    assert_eq!(server.get("/posts/hello").status, 200);
}
