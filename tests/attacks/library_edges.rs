//! Fault 9, as far as it shows outside: bodies on the library's side of a deadline or a queue, links, and tags.

use std::fmt::Write;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::attack::{TOKEN, Usage, ask, assert_back_at, cpu, get, served, writing};
use crate::support::raw::{Conn, Next, Options};
use crate::support::{Home, Lock, assert_problem, let_pass};

fn head(length: usize) -> String {
    format!(
        "PUT /posts/hello HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n"
    )
}

/// A body of up to 1,024 bytes had `--idle-timeout` for its deadline.
#[test]
fn small_bodies_have_the_deadline_of_a_request() {
    let home = Home::new();
    let server = served(
        &home,
        &[("--request-timeout", "1s"), ("--idle-timeout", "20s")],
    );
    for length in [10, 500, 1024, 1025, 20_000, 100_000] {
        let mut client = Conn::open(server.address, Options::default()).expect("connected");
        let sent = Instant::now();
        client.send(head(length).as_bytes()).expect("sent");
        client.send(b"{").expect("sent");
        match client.next(false) {
            Next::Answer(answer) => assert_problem(&answer, 408),
            other => panic!("{length}: {other:?}"),
        }
        let took = sent.elapsed();
        assert!(
            took >= Duration::from_millis(900),
            "{length} after {took:?}"
        );
        assert!(
            took < Duration::from_millis(2500),
            "{length} after {took:?}"
        );
        assert!(matches!(client.next(false), Next::End));
    }
}

/// Requests whose body is not here and who wait for the store were dropped in the order that waits for ever.
#[test]
fn who_waits_for_the_store_with_a_body_to_come_holds_no_stop_up() {
    let home = Home::new();
    let server = served(&home, &[("--request-timeout", "3s")]);
    let lock = Lock::hold(&home.database_file());
    let post = json!({"title": "Other", "body": "b"});
    let mut clients: Vec<Conn> = (0..40)
        .map(|_| Conn::open(server.address, Options::default()).expect("connected"))
        .collect();
    for (number, client) in clients.iter_mut().enumerate() {
        let whole = writing("PUT", "/posts/hello", &post);
        // The first hold the store; those behind them have a body that never comes whole.
        let request = if number < 16 {
            whole
        } else {
            (head(4000) + "{").into_bytes()
        };
        client.send(&request).expect("sent");
    }
    let_pass(Duration::from_secs(1));
    let reading = get("/posts?q=x", "Content-Length: 4000\r\n");
    for _ in 0..30 {
        let mut client = Conn::open(server.address, Options::default()).expect("connected");
        client.send(&reading).expect("sent");
        clients.push(client);
    }
    let_pass(Duration::from_millis(500));
    server.signal(crate::support::Signal::Int);
    let_pass(Duration::from_millis(500));
    drop(lock);
    let finished = server.wait();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(
        finished.took < Duration::from_secs(10),
        "{:?}",
        finished.took
    );
}

/// The same without a stop: those that were sent home leave nothing behind.
#[test]
fn who_is_sent_home_with_a_body_to_come_leaves_no_thread() {
    let home = Home::new();
    let server = served(
        &home,
        &[("--request-timeout", "2s"), ("--idle-timeout", "2s")],
    );
    let before = Usage::at_rest(&server);
    let lock = Lock::hold(&home.database_file());
    let post = json!({"title": "Other", "body": "b"});
    let mut clients: Vec<Conn> = Vec::new();
    for number in 0..60 {
        let mut client = Conn::open(server.address, Options::default()).expect("connected");
        let whole = writing("PUT", "/posts/hello", &post);
        let request = if number < 20 {
            whole
        } else {
            (head(4000) + "{").into_bytes()
        };
        client.send(&request).expect("sent");
        clients.push(client);
    }
    for client in &mut clients[20..] {
        match client.next(false) {
            Next::Answer(answer) => assert!(matches!(answer.status, 408 | 503), "{answer:?}"),
            other => panic!("{other:?}"),
        }
    }
    drop(lock);
    drop(clients);
    assert_back_at(&server, before);
    assert_eq!(
        ask(&server, &writing("PUT", "/posts/hello", &post)).status,
        200
    );
}

/// RFC 8288 §3: a `>` ends the link, so one in the query has to be encoded.
#[test]
fn nothing_of_a_query_breaks_out_of_a_link() {
    let home = Home::new();
    let server = served(&home, &[]);
    let tags = [
        "a>;rel=\"evil\"",
        "a>;rel=evil",
        "<a>,<b>",
        "\">\"",
        ">=1",
        "'\"<>",
    ];
    for slug in ["first", "second"] {
        let post = json!({"slug": slug, "title": slug, "body": "text", "tags": tags});
        assert_eq!(ask(&server, &writing("POST", "/posts", &post)).status, 201);
    }
    for tag in tags {
        let query = format!("limit=1&tag={tag}");
        let answer = ask(&server, &get(&format!("/posts?{query}"), ""));
        assert_eq!(answer.status, 200, "{query}: {answer:?}");
        let link = answer.header("Link").expect("a next page").to_owned();
        let inner = link
            .strip_prefix('<')
            .and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
        let inner = inner.unwrap_or_else(|| panic!("{query}: {link}"));
        assert!(!inner.contains(['<', '>', '"', ' ']), "{query}: {link}");
        let next = ask(&server, &get(inner, ""));
        assert_eq!(next.status, 200, "{query}: the link leads on");
        assert_eq!(next.json()["items"][0]["slug"], "first", "{query}");
    }
}

/// A hundred thousand tags were compared each with each.
#[test]
fn a_hundred_thousand_tags_cost_little() {
    let home = Home::new();
    let server = served(&home, &[]);
    let mut tags = String::new();
    for number in 0..100_000 {
        let _ = write!(tags, "\"{number:x}\",");
    }
    tags.pop();
    let body = format!(r#"{{"slug":"tags","title":"Tags","body":"b","tags":[{tags}]}}"#);
    assert!(body.len() < 1 << 20);
    let request = format!(
        "POST /posts HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let used = cpu(&server);
    let options = Options {
        patience: Some(Duration::from_secs(5)),
        ..Options::default()
    };
    let mut client = Conn::open(server.address, options).expect("connected");
    client.send(request.as_bytes()).expect("sent");
    let answer = client.next(false);
    let cost = cpu(&server) - used;
    println!("100,000 tags cost {cost:?}");
    let Next::Answer(answer) = answer else {
        panic!("after {cost:?} of the processor: {answer:?}");
    };
    assert!(matches!(answer.status, 201 | 422), "{answer:?}");
    // A tenth of what it was, in a build without optimisation as well.
    assert!(cost < Duration::from_millis(950), "{cost:?}");
}
