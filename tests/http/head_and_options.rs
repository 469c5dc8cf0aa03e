//! RFC 9110 §9.3.2 and §9.3.7: a HEAD has the fields of its GET and no content; OPTIONS tells what is allowed.

use super::case::Then::{Ends, Stays};
use super::case::{Case, case, healthz, run};
use crate::support::attack::{ask, served};
use crate::support::raw::{Conn, Next, Options};
use crate::support::{Home, Response};

fn with(method: &str, path: &str, lines: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{lines}\r\n")
}

fn allows(answer: &Response) -> Result<(), String> {
    let allow = answer.header("Allow").unwrap_or_default();
    let tokens = allow.split(',').map(str::trim);
    let good =
        |method: &str| !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
    if tokens.clone().all(good) && allow.contains("OPTIONS") {
        Ok(())
    } else {
        Err(format!("Allow: {allow:?}"))
    }
}

pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        case(
            "9110 9.3.2",
            "HEAD of a path of ours",
            with("HEAD", "/healthz", ""),
            [200],
            Stays,
        ),
        case(
            "9110 9.3.2",
            "HEAD of a post",
            with("HEAD", "/posts/hello", ""),
            [200],
            Stays,
        ),
        case(
            "9110 9.3.2",
            "HEAD of a list",
            with("HEAD", "/posts", ""),
            [200],
            Stays,
        ),
        case(
            "9110 9.3.2",
            "HEAD of an unknown path",
            with("HEAD", "/nothing", ""),
            [404],
            Stays,
        ),
        case(
            "9110 9.3.2",
            "HEAD of an unknown post",
            with("HEAD", "/posts/nothing", ""),
            [404],
            Stays,
        ),
        case(
            "9110 9.3.2",
            "HEAD, then the end",
            with("HEAD", "/healthz", "Connection: close\r\n"),
            [200],
            Ends,
        ),
        case(
            "9110 9.3.2",
            "HEAD with a length of nothing",
            with("HEAD", "/healthz", "Content-Length: 0\r\n"),
            [200],
            Stays,
        ),
        case(
            "9110 9.3.2",
            "HEAD without Host",
            "HEAD /healthz HTTP/1.1\r\n\r\n",
            [400],
            Ends,
        ),
        case(
            "9110 9.3.2",
            "HEAD, then GET at once",
            [with("HEAD", "/healthz", "").into_bytes(), healthz("")].concat(),
            [200, 200],
            Stays,
        ),
        case(
            "9110 9.3.7",
            "OPTIONS of an unknown path",
            with("OPTIONS", "/nothing", ""),
            [404],
            Stays,
        ),
        case(
            "9110 9.3.7",
            "OPTIONS without Host",
            "OPTIONS * HTTP/1.1\r\n\r\n",
            [400],
            Ends,
        ),
    ];
    for path in [
        "/healthz",
        "/posts",
        "/posts/hello",
        "/posts/hello/views",
        "/views",
        "/metrics",
    ] {
        let options = case(
            "9110 9.3.7",
            format!("OPTIONS of {path}"),
            with("OPTIONS", path, ""),
            [204],
            Stays,
        );
        cases.push(options.shows(allows));
    }
    let server = case(
        "9110 9.3.7",
        "OPTIONS of the server",
        with("OPTIONS", "*", "Max-Forwards: 0\r\n"),
        [204],
        Stays,
    );
    cases.push(server.shows(|answer| match answer.header("Allow") {
        Some(_) => allows(answer),
        None => Ok(()),
    }));
    cases
}

#[test]
fn head_and_options_are_answered_as_the_rfc_has_them() {
    run(&cases());
}

#[test]
fn a_head_has_the_fields_of_its_get() {
    let home = Home::new();
    let server = served(&home, &[]);
    for path in [
        "/healthz",
        "/posts/hello?count=false",
        "/posts",
        "/nothing",
        "/posts/nothing",
        "/viewtally.js",
    ] {
        let get = ask(&server, with("GET", path, "").as_bytes());
        let mut client = Conn::open(server.address, Options::default()).expect("connected");
        client
            .send(with("HEAD", path, "").as_bytes())
            .expect("sent");
        let Next::Answer(head) = client.next(true) else {
            panic!("no answer to HEAD {path}");
        };
        let fields = |answer: &Response| {
            let fields = answer.headers.iter().filter(|(name, _)| name != "Date");
            fields.cloned().collect::<Vec<_>>()
        };
        assert_eq!(
            (head.status, fields(&head)),
            (get.status, fields(&get)),
            "{path}"
        );
        client.half_close();
        assert!(
            matches!(client.next(false), Next::End),
            "content after HEAD {path}"
        );
    }
}
