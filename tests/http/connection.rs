//! RFC 9112 §9: what keeps a connection and what ends it, and what follows on it.

use super::case::Then::{Ends, Stays};
use super::case::{Case, case, healthz, run};

const SECTION: &str = "9112 9.6";

fn old(lines: &str) -> String {
    format!("GET /healthz HTTP/1.0\r\nHost: a\r\n{lines}\r\n")
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for lines in [
        "Connection: close\r\n",
        "Connection: CLOSE\r\n",
        "connection: Close\r\n",
        "Connection:close\r\n",
        "Connection: \tclose \t\r\n",
        "Connection: keep-alive, close\r\n",
        "Connection: close, keep-alive\r\n",
        "Connection: ,close,\r\n",
        "Connection: x ,\tclose\r\n",
        "Connection: keep-alive\r\nConnection: close\r\n",
        "Connection: close\r\nConnection: keep-alive\r\n",
        "Connection: x\r\nAccept: y\r\nCONNECTION: close\r\n",
        "Connection: upgrade, close\r\nUpgrade: websocket\r\n",
        "Connection:\r\nConnection: close\r\n",
    ] {
        cases.push(case(
            SECTION,
            format!("{lines:?} ends it"),
            healthz(lines),
            [200],
            Ends,
        ));
    }
    for lines in [
        "",
        "Connection: keep-alive\r\n",
        "Connection: Keep-Alive\r\n",
        "Connection:\r\n",
        "Connection: ,\r\n",
        "Connection: closed\r\n",
        "Connection: not-close\r\n",
        "Connection: x-close-y\r\n",
        "Connection: clos, e\r\n",
        "X-Connection: close\r\n",
        "Proxy-Connection: close\r\n",
        "Keep-Alive: timeout=1\r\n",
        "Connection: x\r\nX: close\r\n",
        "Connection: TE\r\nTE: trailers\r\n",
    ] {
        cases.push(case(
            "9112 9.3",
            format!("{lines:?} keeps it"),
            healthz(lines),
            [200],
            Stays,
        ));
    }
    for lines in [
        "Connection: upgrade\r\nUpgrade: websocket\r\n",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        "Upgrade: h2c\r\n",
        "Connection: Upgrades\r\n",
        "Connection: keep-alive, Upgrade\r\nUpgrade: TLS/1.0\r\n",
    ] {
        cases.push(case(
            "9110 7.8",
            format!("{lines:?} is ignored"),
            healthz(lines),
            [200],
            Stays,
        ));
    }
    for lines in [
        "",
        "Connection: close\r\n",
        "Connection: x\r\n",
        "Connection: keep-alives\r\n",
        "Keep-Alive: timeout=9\r\n",
        "Connection: keep-alive, close\r\n",
    ] {
        cases.push(case(
            "9112 9.3",
            format!("HTTP/1.0 with {lines:?}"),
            old(lines),
            [200],
            Ends,
        ));
    }
    for lines in [
        "Connection: keep-alive\r\n",
        "Connection: Keep-Alive\r\n",
        "connection: x, KEEP-ALIVE\r\n",
        "Connection: x\r\nConnection: keep-alive\r\n",
    ] {
        let kept = case(
            "9112 9.3",
            format!("HTTP/1.0 with {lines:?}"),
            old(lines),
            [200],
            Stays,
        );
        cases.push(kept.shows(|answer| match answer.header("Connection") {
            Some(value) if value.eq_ignore_ascii_case("keep-alive") => Ok(()),
            other => Err(format!("it says {other:?} to HTTP/1.0")),
        }));
    }
    let two = [healthz(""), healthz("")].concat();
    cases.push(case("9112 9.3.2", "two at once", two, [200, 200], Stays));
    let mixed = [
        healthz(""),
        healthz("X: y\r\n"),
        old("Connection: keep-alive\r\n").into_bytes(),
        healthz(""),
    ]
    .concat();
    cases.push(case("9112 9.3.2", "four at once", mixed, [200; 4], Stays));
    let last = [healthz(""), healthz("Connection: close\r\n")].concat();
    cases.push(case(
        "9112 9.3.2",
        "two, the second ends it",
        last,
        [200, 200],
        Ends,
    ));
    let broken = [healthz(""), b"GET\r\n\r\n".to_vec()].concat();
    cases.push(case(
        "9112 9.3.2",
        "one, and then none",
        broken,
        [200, 400],
        Ends,
    ));
    let unknown = [
        "GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /b HTTP/1.1\r\nHost: a\r\n\r\n",
    ]
    .concat();
    cases.push(case(
        "9112 9.3.2",
        "two for nothing",
        unknown,
        [404, 404],
        Stays,
    ));
    let between = [healthz(""), b"\r\n\r\n".to_vec(), healthz("")].concat();
    cases.push(case(
        "9112 2.2",
        "empty lines between two",
        between,
        [200, 200],
        Stays,
    ));
    cases
}

#[test]
fn connections_stay_or_end_as_told() {
    run(&cases());
}
