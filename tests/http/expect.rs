//! RFC 9110 §10.1.1: who is told to go on, and who is not.

use super::case::Then::{Either, Ends, Stays};
use super::case::{Case, EDITED, NEVER, case, healthz, in_chunks, put, run};
use crate::support::attack::served;
use crate::support::raw::{Conn, Next, Options};
use crate::support::{Home, until};

const SECTION: &str = "9110 10.1.1";

pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        case(
            SECTION,
            "without a body",
            healthz("Expect: 100-continue\r\n"),
            [200],
            Stays,
        ),
        case(
            SECTION,
            "with a body of no bytes",
            healthz("Expect: 100-continue\r\nContent-Length: 0\r\n"),
            [200],
            Stays,
        ),
        case(
            SECTION,
            "HTTP/1.0 is never told to go on",
            String::from_utf8(put(
                "Expect: 100-continue\r\nContent-Length: 29\r\n",
                EDITED,
            ))
            .expect("ASCII")
            .replace("HTTP/1.1", "HTTP/1.0"),
            [200],
            Ends,
        ),
    ];
    for value in [
        "200-ok",
        "100-continues",
        "x",
        "100-continue, x",
        "100",
        "x=100-continue",
    ] {
        let lines = format!("Expect: {value}\r\n");
        let what = format!("{value:?} is not known, reading");
        cases.push(case(SECTION, what, healthz(&lines), [417], Ends));
        let writing = put(&format!("{lines}Content-Length: 29\r\n"), NEVER);
        cases.push(case(
            SECTION,
            format!("{value:?} is not known, writing"),
            writing,
            [417],
            Ends,
        ));
    }
    cases
}

#[test]
fn expectations_are_met_or_refused() {
    run(&cases());
}

/// A head alone, then whether the client was told to go on, then the body and the final status.
fn waits(head: &[u8], body: &str) -> (bool, u16) {
    let home = Home::new();
    let server = served(&home, &[]);
    crate::support::attack::create(&server, "edited", "b");
    let mut client = Conn::open(server.address, Options::default()).expect("connected");
    client.send(head).expect("sent");
    let first = match client.next(false) {
        Next::Answer(answer) => answer,
        other => panic!("{other:?}"),
    };
    if first.status != 100 {
        return (false, first.status);
    }
    client.send(body.as_bytes()).expect("sent");
    match client.next(false) {
        Next::Answer(answer) => (true, answer.status),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_client_that_waits_with_a_wanted_body_is_told_to_go_on() {
    for value in ["100-continue", "100-Continue", "100-CONTINUE"] {
        let lines = format!("Expect: {value}\r\nContent-Length: 29\r\n");
        assert_eq!(waits(&put(&lines, ""), EDITED), (true, 200), "{value}");
    }
    let lines = "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n";
    let body = in_chunks(EDITED, 10);
    assert_eq!(waits(&put(lines, ""), &body), (true, 200), "chunked");
    let large = format!(r#"{{"title":"Edited","body":"{}"}}"#, "x".repeat(100_000));
    let lines = format!(
        "Expect: 100-continue\r\nContent-Length: {}\r\n",
        large.len()
    );
    assert_eq!(waits(&put(&lines, ""), &large), (true, 200), "large");
}

/// RFC 9110 §10.1.1: a server must answer at once, either to go on or finally.
#[test]
fn a_client_that_waits_with_an_unwanted_body_is_answered_finally() {
    let lines = "Expect: 100-continue\r\nContent-Length: 29\r\n";
    let without = String::from_utf8(put(lines, "")).expect("ASCII");
    let without = without.replace("Authorization", "X-Authorization");
    assert_eq!(waits(without.as_bytes(), NEVER), (false, 401));
    let huge = put("Expect: 100-continue\r\nContent-Length: 1048577\r\n", "");
    assert_eq!(waits(&huge, ""), (false, 413));
    let nowhere = format!("POST /nothing HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
    assert_eq!(waits(nowhere.as_bytes(), ""), (false, 404));
}

/// The body has arrived with the head: saying go on would be of no use, and what is said must not confuse.
#[test]
fn a_client_that_does_not_wait_gets_its_final_status() {
    let home = Home::new();
    let server = served(&home, &[]);
    crate::support::attack::create(&server, "edited", "b");
    let lines = "Expect: 100-continue\r\nContent-Length: 29\r\n";
    let mut client = Conn::open(server.address, Options::default()).expect("connected");
    client.send(&put(lines, EDITED)).expect("sent");
    let mut statuses = Vec::new();
    until("the final status is here", || {
        match client.next(false) {
            Next::Answer(answer) => statuses.push(answer.status),
            other => panic!("{statuses:?} and {other:?}"),
        }
        statuses.last().is_some_and(|&status| status >= 200)
    });
    assert!(matches!(statuses[..], [200] | [100, 200]), "{statuses:?}");
}

/// A case of the table that is to be neither: a final status and then a body that was not to come.
#[test]
fn a_body_that_comes_although_it_was_refused_is_no_request() {
    let smuggled = "GET /posts/canary HTTP/1.1\r\nHost: a\r\n\r\n";
    let lines = format!(
        "Expect: 100-continue\r\nContent-Length: {}\r\n",
        smuggled.len()
    );
    let bytes = [
        format!("POST /nothing HTTP/1.1\r\nHost: a\r\n{lines}\r\n").into_bytes(),
        smuggled.as_bytes().to_vec(),
    ]
    .concat();
    run(&[case(SECTION, "a refused body", bytes, [404], Either)]);
}
