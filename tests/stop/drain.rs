//! Stopping: what is asked of it and what it says at the end.

use std::process::Command;
use std::time::Duration;

use crate::support::http::BEARER;
use crate::support::{Client, Home, Lock, Server, Signal, assert_problem, http, let_pass, until};

fn served(home: &Home, flags: &[(&str, &str)]) -> Server {
    let server = home.serve().flags(flags).start();
    server.create("hello", "text");
    server
}

fn stops_listening(server: &Server) {
    until("nobody listens", || {
        Client::try_connect(server.address, Duration::from_millis(200)).is_err()
    });
}

#[test]
fn every_asking_signal_drains_alike() {
    for signal in [Signal::Int, Signal::Term, Signal::Hup] {
        let home = Home::new();
        let server = served(&home, &[("--flush-every", "10s")]);
        for _ in 0..25 {
            assert_eq!(server.get("/posts/hello").status, 200);
        }
        server.signal(signal);
        let finished = server.wait();
        assert_eq!(finished.code, Some(0), "{signal:?}: {finished:?}");
        assert_eq!(home.database().views(), 25, "{signal:?}");
        let said = finished.stdout + &finished.stderr;
        assert!(
            said.contains("25"),
            "{signal:?}: the closing report names what was served and counted: {said}"
        );
        assert!(
            finished.took < Duration::from_secs(8),
            "{signal:?}: a drain does not wait for the next flush"
        );
    }
}

#[test]
fn an_idle_server_stops_at_once() {
    let home = Home::new();
    let server = served(&home, &[]);
    let mut idle: Vec<Client> = (0..5).map(|_| server.connect()).collect();
    for client in &mut idle {
        assert_eq!(client.get("/posts/hello").status, 200);
    }
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(
        finished.took < Duration::from_secs(5),
        "idle connections hold it up: {:?}",
        finished.took
    );
    assert!(idle.iter_mut().all(Client::is_closed));
}

#[test]
fn a_request_under_way_is_finished() {
    let home = Home::new();
    let server = served(&home, &[]);
    let mut client = server.connect();
    // Large enough that the server has the request in hand while the body arrives: the library reads a body of up
    // to 1 KB together with the head, and what it has not handed over yet is not under way.
    let text = "x".repeat(4096);
    let body = serde_json::json!({"title": "Slow", "slug": "slow", "body": text}).to_string();
    let head = format!(
        "POST /posts HTTP/1.1\r\nHost: localhost\r\n{BEARER}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let (start, end) = body.split_at(10);
    client.send(head.as_bytes()).expect("sent");
    client.send(start.as_bytes()).expect("sent");
    // The first half must have arrived before the signal does; the server shows by serving another in between.
    assert_eq!(server.get("/healthz").status, 200);
    server.signal(Signal::Int);
    stops_listening(&server);
    client.send(end.as_bytes()).expect("sent");
    let answer = client.read().expect("whole").expect("an answer");
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert!(answer.closes(), "{:?}", answer.headers);
    assert_eq!(server.wait().code, Some(0));
    assert_eq!(
        home.database()
            .number("SELECT count(*) AS number FROM posts WHERE slug = 'slow'"),
        1
    );
}

/// More than the store serves at once: most of them are queued when the signal comes.
#[test]
fn queued_requests_are_finished() {
    const MANY: usize = 60;
    let home = Home::new();
    let server = served(&home, &[]);
    let lock = Lock::hold(&home.database_file());
    let mut clients: Vec<Client> = (0..MANY).map(|_| server.connect()).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        let body = format!(r#"{{"title": "a", "slug": "a-{number}", "body": "a"}}"#);
        let json = [("Content-Type", "application/json")];
        let request = http::request_bytes("POST", "/posts", &json, body.as_bytes());
        client.send(&request).expect("sent");
    }
    // And the one that asks.
    until("all have arrived", || {
        server.metric("http_requests_in_flight") == MANY + 1
    });
    server.signal(Signal::Int);
    stops_listening(&server);
    lock.release();
    for (number, client) in clients.iter_mut().enumerate() {
        let answer = client.read().expect("whole").expect("an answer");
        assert_eq!(answer.status, 201, "request {number}: {}", answer.text());
        assert!(answer.closes(), "{:?}", answer.headers);
    }
    assert_eq!(server.wait().code, Some(0));
    assert_eq!(
        home.database()
            .number("SELECT count(*) AS number FROM posts WHERE slug LIKE 'a-%'"),
        i64::try_from(MANY).expect("few")
    );
}

#[test]
fn a_request_while_draining_is_refused_and_its_connection_closed() {
    let home = Home::new();
    let server = served(&home, &[]);
    let mut probe = server.connect();
    assert_eq!(probe.get("/readyz").status, 200);
    let mut clients: Vec<Client> = (0..8).map(|_| server.connect()).collect();
    for client in &mut clients {
        assert_eq!(client.get("/posts/hello?count=false").status, 200);
    }
    let lock = Lock::hold(&home.database_file());
    assert_eq!(server.get("/posts/hello").status, 200);
    server.signal(Signal::Int);
    until("readiness tells that it drains", || {
        probe.get("/readyz").status == 503
    });
    for client in &mut clients {
        let answer = client.get("/posts/hello");
        assert_problem(&answer, 503);
        assert!(
            answer.closes() && answer.header("Retry-After").is_some(),
            "{:?}",
            answer.headers
        );
        assert!(client.is_closed());
    }
    lock.release();
    assert_eq!(server.wait().code, Some(0));
    assert_eq!(home.database().views(), 1, "what was refused is no view");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let home = Home::new();
    let server = served(&home, &[]);
    let lock = Lock::hold(&home.database_file());
    for _ in 0..3 {
        assert_eq!(server.get("/posts/hello").status, 200);
    }
    server.signal(Signal::Int);
    stops_listening(&server);
    // What comes sooner is a repeat of the first.
    let_pass(Duration::from_millis(1100));
    assert!(!server.is_over(), "the drain goes on while the store fails");
    server.signal(Signal::Term);
    let finished = server.wait();
    assert_eq!(finished.code, Some(130), "{finished:?}");
    assert!(
        finished.took < Duration::from_secs(5),
        "{:?}",
        finished.took
    );
    assert!(
        finished.stderr.contains('3'),
        "it says what it leaves: {}",
        finished.stderr
    );
    lock.release();
    let server = home.serve().start();
    assert_eq!(
        server.get("/posts/hello").status,
        200,
        "the database is none the worse"
    );
}

/// `timeout`, a shell's process group and some wrappers send two, and mean one.
#[test]
fn signals_that_come_together_are_one() {
    let home = Home::new();
    let server = served(&home, &[("--flush-every", "10s")]);
    let lock = Lock::hold(&home.database_file());
    for _ in 0..45 {
        assert_eq!(server.get("/posts/hello").status, 200);
    }
    let pid = server.pid();
    let together = format!("kill -INT {pid} && kill -TERM {pid} && kill -HUP {pid}");
    let sent = Command::new("sh").args(["-c", &together]).status();
    assert!(sent.expect("sh runs").success());
    stops_listening(&server);
    assert!(!server.is_over(), "the drain goes on: {}", server.stderr());
    lock.release();
    let finished = server.wait();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(home.database().views(), 45);
}

#[test]
fn the_port_is_free_for_the_next_at_once() {
    let home = Home::new();
    let server = served(&home, &[]);
    let mut client = server.connect();
    assert_eq!(client.get("/posts/hello").status, 200);
    let address = server.address;
    assert_eq!(server.stop().code, Some(0));
    let server = home.serve().flag("--listen", &address.to_string()).start();
    assert_eq!(server.address, address);
    assert_eq!(server.get("/posts/hello").status, 200);
}

#[test]
fn two_servers_on_one_port_do_not_get_along_silently() {
    let home = Home::new();
    let server = served(&home, &[]);
    let other = Home::new();
    let finished = other
        .serve()
        .flag("--listen", &server.address.to_string())
        .run();
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(
        finished.stderr.contains(&server.address.to_string()),
        "{}",
        finished.stderr
    );
    assert!(
        finished.stderr.contains("--listen"),
        "it says what to try: {}",
        finished.stderr
    );
}
