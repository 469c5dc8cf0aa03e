//! A body that takes longer than `--request-timeout` gets 408, however its bytes come.

use std::time::{Duration, Instant};

use crate::support::http::BEARER;
use crate::support::{Home, assert_problem, let_pass};

const TIMEOUT: Duration = Duration::from_millis(600);

/// Announces a body of this length and sends it byte by byte, each long before the time is over, all together far too
/// late.
fn a_dripping_body_gets_408(length: usize) {
    let home = Home::new();
    let server = home
        .serve()
        .flag("--request-timeout", &format!("{}ms", TIMEOUT.as_millis()))
        .flag("--idle-timeout", "20s")
        .start();
    let mut client = server.connect();
    let head = format!(
        "POST /posts HTTP/1.1\r\nHost: a\r\n{BEARER}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{{"
    );
    client.send(head.as_bytes()).expect("sent");
    let start = Instant::now();
    let drip = std::thread::scope(|scope| {
        let answer = scope.spawn(|| {
            let mut reader = client.twin();
            let answer = reader.read().expect("whole").expect("an answer");
            (answer, start.elapsed(), reader.is_closed())
        });
        // Ten times as long as allowed, unless the answer comes.
        while !answer.is_finished() && start.elapsed() < TIMEOUT * 10 {
            let _ = client.twin().send(b" ");
            let_pass(Duration::from_millis(50));
        }
        answer.join().expect("an answer came")
    });
    let (answer, took, is_closed) = drip;
    assert_problem(&answer, 408);
    assert!(answer.closes(), "{:?}", answer.headers);
    assert!(is_closed, "the rest of the body is no request");
    assert!(
        took >= TIMEOUT.mul_f64(0.9) && took < TIMEOUT * 8,
        "after {took:?}"
    );
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_large_body_that_drips() {
    a_dripping_body_gets_408(5000);
}

/// The library reads a body of up to 1,024 bytes together with the head.
#[test]
#[ignore = "until bodies are read by us"]
fn a_small_body_that_drips() {
    a_dripping_body_gets_408(500);
}
