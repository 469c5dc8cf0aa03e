//! Bugs that were found once: a test for each, so that none comes back.
//!
//! Those of `tiny_http` 0.12.0 are the reasons for the maintained fork and for our own accept loop; the tests named in
//! brackets hold each from the side of behaviour, these as closely as possible to the way it was found.

use crate::support::{Client, Home, assert_problem, http, until};

/// `tiny_http` 0.12.0 aborted the process while dropping the body that never came.
#[test]
fn a_length_without_its_body_does_not_end_the_process() {
    let home = Home::new();
    let server = home.serve().start();
    for path in ["/posts", "/posts/1", "/nothing", "/healthz"] {
        let mut client = server.connect();
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000000\r\n\r\n");
        client.send(head.as_bytes()).expect("sent");
        drop(client);
    }
    assert_eq!(server.get("/healthz").status, 200);
}

/// `tiny_http` 0.12.0 left 1 of 5 and 60 of 256 such connections unanswered for ever.
#[test]
fn connections_opened_before_any_of_them_asks_are_all_answered() {
    let home = Home::new();
    let server = home.serve().start();
    for count in [5, 64] {
        let mut clients: Vec<Client> = (0..count).map(|_| server.connect()).collect();
        for client in &mut clients {
            client
                .send(&http::request_bytes("GET", "/healthz", &[], b""))
                .expect("sent");
        }
        for client in &mut clients {
            assert_eq!(
                client.read().expect("whole").expect("an answer").status,
                200
            );
        }
    }
}

/// The library waits for itself, for ever, on a version above 1.1. It never sees one.
#[test]
fn a_request_of_a_higher_version_is_told_so() {
    let home = Home::new();
    let server = home.serve().start();
    for head in ["GET /posts HTTP/2.0", "GET / HTTP/3.0", "PRI * HTTP/2.0"] {
        let mut client = server.connect();
        let request = format!("{head}\r\nHost: a\r\n\r\n");
        client.send(request.as_bytes()).expect("sent");
        let answer = client.read().expect("whole").expect("an answer");
        assert_problem(&answer, 505);
        assert!(client.is_closed());
    }
    until("no thread is left over", || {
        server.metric("http_threads") <= 2
    });
}

/// The same behind another request, which the library used to read ahead.
#[test]
fn a_request_of_a_higher_version_behind_another_costs_no_place_in_the_pool() {
    let home = Home::new();
    let server = home
        .serve()
        .flag("--max-connections", "4")
        .flag("--idle-timeout", "200ms")
        .start();
    let limit = std::time::Duration::from_secs(1);
    let mut sent = Vec::new();
    for version in ["2.0", "3.0", "2.0", "3.0", "2.0", "3.0", "2.0", "3.0"] {
        let mut client = Client::try_connect(server.address, limit).expect("the kernel accepts");
        let first = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
        let request = format!("{first}GET / HTTP/{version}\r\nHost: a\r\n\r\n");
        client.send(request.as_bytes()).expect("sent");
        sent.push(client);
    }
    until("the server answers again", || {
        Client::try_connect(server.address, limit)
            .ok()
            .and_then(|mut client| {
                client
                    .send(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    .ok()?;
                client.read().ok()?
            })
            .is_some_and(|answer| answer.status == 200)
    });
    assert_eq!(server.stop().code, Some(0));
}

/// A post that was not in memory was read once for each client that asked for it; the last ones waited so long for a
/// connection to the store that they were refused.
#[test]
fn a_large_post_asked_for_by_many_at_once_is_served_to_all() {
    let home = Home::new();
    let server = home.serve().start();
    server.create("large", &"x".repeat(900_000));
    for path in ["/posts/large", "/posts/1"] {
        let mut clients: Vec<Client> = (0..150).map(|_| server.connect()).collect();
        let request = http::request_bytes("GET", &format!("{path}?count=false"), &[], b"");
        let edit =
            serde_json::json!({"title": "Large", "slug": "large", "body": "y".repeat(900_000)});
        assert_eq!(server.send_json("PUT", "/posts/1", &edit).status, 200);
        for client in &mut clients {
            client.send(&request).expect("sent");
        }
        for client in &mut clients {
            let answer = client.read().expect("whole").expect("an answer");
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert!(answer.json()["body"] == edit["body"]);
        }
    }
}
